"""Why the server does not start, for a person to read."""


class Refused(Exception):
    """What was wrong, where, and what to do."""
