"""Being written."""


def demo() -> None:
    """Being written."""
    raise ValueError("being written")
