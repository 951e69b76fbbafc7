"""Editing packs: versions, previews, variables, changes in place."""
