"""What runs inside the Argilla server's own environment (pydantic 2.9): it imports nothing of our other packages.

Started as `python -P -m embedded` with this package's parent folder on PYTHONPATH; see `start.py` beside it.
"""
