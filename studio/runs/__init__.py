"""Runs as jobs: which models may be used, what a run will take, starting, stopping, resuming."""
