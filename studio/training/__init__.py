"""Training as the page Train and `kardia train` share it: runs and where they stand, curves, the ledger's look-up, the demonstration."""
