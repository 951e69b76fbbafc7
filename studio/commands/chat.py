"""Being written."""


def chat() -> None:
    """Being written."""
    raise ValueError("being written")
