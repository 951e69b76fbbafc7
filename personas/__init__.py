"""Who and what happened: importing, anonymising and pairing personas with situations (paper §3.1)."""
