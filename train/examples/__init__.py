"""Examples for training: which dialogues are easy or hard (Eq. 4), and context-response pairs (Eq. 5)."""
