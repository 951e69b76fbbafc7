"""Annotation projects as commands and pages use them."""
