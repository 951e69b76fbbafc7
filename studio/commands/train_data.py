"""Being written."""


def partition() -> None:
    """Being written."""
    raise ValueError("being written")


def examples() -> None:
    """Being written."""
    raise ValueError("being written")


def recipes() -> None:
    """Being written."""
    raise ValueError("being written")
