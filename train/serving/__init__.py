"""A trained policy on this machine: served, or asked in this process."""
