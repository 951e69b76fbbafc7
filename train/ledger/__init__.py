"""Every candidate on record, recomputed on demand, and the sentinel that reads along."""
