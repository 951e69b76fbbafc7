"""Leave the terminal to what this project says: no bars for every shard, no warnings of libraries about their own words."""

import warnings
from collections.abc import Generator
from contextlib import contextmanager

from transformers.utils.logging import disable_progress_bar


@contextmanager
def quietly() -> Generator[None]:
    """Keep libraries quiet for as long as this lasts; bars stay off after it."""
    disable_progress_bar()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning, message=".*gradient_checkpointing.*")
        yield
