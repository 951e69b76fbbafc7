"""Being written."""


def serve() -> None:
    """Being written."""
    raise ValueError("being written")


def reward_model() -> None:
    """Being written."""
    raise ValueError("being written")
