"""Being written."""


def verify_ledger() -> None:
    """Being written."""
    raise ValueError("being written")


def watch() -> None:
    """Being written."""
    raise ValueError("being written")
