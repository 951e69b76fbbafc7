"""The prompts page without a browser: drafts, editing, tables, scenes to preview with."""
