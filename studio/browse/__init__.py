"""Finding dialogues among many: the index, searches, figures, exports."""
