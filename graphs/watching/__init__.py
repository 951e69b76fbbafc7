"""Where a run stands, for whoever looks: its process, its notes, its progress."""
