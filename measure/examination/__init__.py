"""The examination of a served model on the test split (paper §5.1, Table 2)."""
