"""GRPO's inside: trainer, held-out slice, plan (Eq. 6-8)."""
