"""The real Argilla server, embedded: one process on SQLite, in an environment of its own.

`embedded/` is what runs inside that environment and imports nothing of ours; `environment.py`, `home.py` and `start.py`
make the environment, keep the data and start it.
"""
