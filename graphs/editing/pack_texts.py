"""A pack as texts: read from a folder for an editor, checked and loaded before anything is written."""

import hashlib
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from graphs.packs import FILES, Finding, Pack, check_pack, digest_of, load_pack
from graphs.records import BadFile


def read_bytes(folder: Path) -> dict[str, bytes]:
    """The files of a pack that lie in a folder, also of one that lacks some."""
    return {name: path.read_bytes() for name in FILES if (path := folder / name).is_file()}


def read_texts(folder: Path) -> dict[str, str]:
    """The files of a pack as an editor shows them.

    Raises:
        BadFile: a file is not UTF-8.
    """
    return {name: as_text(name, data) for name, data in read_bytes(folder).items()}


def as_text(name: str, data: bytes) -> str:
    """A file's text; its lines end as browsers end them."""
    try:
        return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise BadFile(f"{name}: not UTF-8 ({error}); convert the file, then reload") from error


def as_bytes(text: str) -> bytes:
    """A text as it is written; what UTF-8 cannot carry is dropped."""
    return text.encode("utf-8", "ignore")


def hash_of(data: bytes) -> str:
    """Hex SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def folder_digest(folder: Path) -> str:
    """The hash of what lies in a folder; of a whole pack, that is its hash."""
    return digest_of({name: hash_of(data) for name, data in read_bytes(folder).items()})


@contextmanager
def laid_out(content: Mapping[str, bytes]) -> Generator[Path]:
    """Files as a folder, for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="kardia-") as scratch:
        for name, data in content.items():
            (Path(scratch) / name).write_bytes(data)
        yield Path(scratch)


def check_texts(texts: Mapping[str, str]) -> list[Finding]:
    """Everything that is wrong with a pack of these texts."""
    with laid_out({name: as_bytes(text) for name, text in texts.items()}) as scratch:
        return check_pack(scratch)


def load_texts(texts: Mapping[str, str]) -> Pack:
    """The pack of these texts; raises BadPack."""
    with laid_out({name: as_bytes(text) for name, text in texts.items()}) as scratch:
        return load_pack(str(scratch))
