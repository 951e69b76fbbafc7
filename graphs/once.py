"""Small private files, such as keys, that are written once and stand from then on."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_once(path: Path, content: bytes) -> bytes:
    """Write a file that only its owner may read, unless it is there; gives back what stands.

    It is written beside its place and linked there: of two processes at once, both get the first's.
    """
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()
    return path.read_bytes()
