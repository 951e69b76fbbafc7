"""Being written."""


def sft() -> None:
    """Being written."""
    raise ValueError("being written")


def merge() -> None:
    """Being written."""
    raise ValueError("being written")
