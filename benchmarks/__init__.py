"""Figures that anyone can repeat: each file runs with `python -m benchmarks.NAME`."""
