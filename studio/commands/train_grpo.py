"""Being written."""


def grpo() -> None:
    """Being written."""
    raise ValueError("being written")
