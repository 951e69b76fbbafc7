"""Comparisons of two prompt versions: what is asked for, how it is played and shown."""
