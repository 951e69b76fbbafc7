"""The core: the vocabulary of the system and the dialogue state machine (paper §3.2)."""
