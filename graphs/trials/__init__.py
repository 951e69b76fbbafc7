"""Recorded states played again under two versions of the prompts."""
