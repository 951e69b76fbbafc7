"""The words of the demonstration model: phrase tables and lexicons, no logic (syntax: see graphs/offline/draw.py)."""
