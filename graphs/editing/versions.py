"""Versions of a pack: every state that was saved, or found on disk, kept by content hash outside the pack's folder.

A pack's history lies in one directory: `files/HASH` holds bytes, `log/NUMBER.json` says what a version is made of, and
`pending.json` a save under way. A save is written there before it touches the pack, so that a process may be killed at
any point: the save has not begun, or whoever looks next finishes it.
"""

import fcntl
import os
import re
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, ValidationError

from graphs.editing.pack_texts import as_bytes, as_text, check_texts, hash_of, laid_out, read_bytes
from graphs.packs import FILES, OPTIONAL, BadPack, check_pack, digest_of
from graphs.records import BadFile, replacing
from graphs.schema import Record, compact, one_line

LOCK_S = 5.0
SHORTEST_PREFIX = 4
LONGEST_NOTE = 400
Origin = Literal["found", "disk", "saved", "reverted", "copied"]
"""How a version came: there at the first look, changed on disk by other means, or made here."""
Remark = Annotated[str, AfterValidator(lambda text: one_line(text)[:LONGEST_NOTE])]


class Version(Record):
    """One state of a pack: its files by content hash, what it followed, and who says what of it."""

    number: int
    hash: str
    parent: str | None = None
    origin: Origin
    author: Remark = ""
    note: Remark = ""
    time: str
    files: dict[str, str]

    @property
    def told(self) -> str:
        """What happened and when, as part of a sentence."""
        if self.origin in ("found", "disk"):
            return f"changed on disk (seen {self.time})"
        return f"{self.origin} by {self.author or 'somebody'} at {self.time}"


class Conflict(ValueError):
    """A pack is no longer what an editor started from; `found` is the version that lies there now."""

    def __init__(self, folder: Path, base: str, found: Version):
        super().__init__(
            f"{folder}: {found.told}, after {base[:8]} from which you started; compare with {found.hash[:8]}, then "
            "take it in or save over it"
        )
        self.found = found


class History(NamedTuple):
    """A pack's folder, and the directory in which its versions are kept."""

    folder: Path
    kept: Path

    def versions(self) -> list[Version]:
        """Every version, the newest first."""
        return [_read(path) for path in sorted((self.kept / "log").glob("*.json"), reverse=True)]

    def version(self, prefix: str) -> Version:
        """The newest version whose hash begins so.

        Raises:
            LookupError: none does, or several different ones do.
        """
        found = [version for version in self.versions() if version.hash.startswith(prefix.lower())]
        if len(prefix) < SHORTEST_PREFIX or len({version.hash for version in found}) > 1:
            raise LookupError(f"{prefix!r}: several versions may begin so; give more of the hash")
        if not found:
            raise LookupError(f"{prefix!r}: no such version of {self.folder.name}; `kardia packs versions` lists them")
        return found[0]

    def texts(self, version: Version) -> dict[str, str]:
        """The files of a version."""
        return {name: as_text(name, self._bytes(each)) for name, each in version.files.items()}

    def look(self) -> Version:
        """What lies in the folder, recorded if it was not yet: nothing that was changed by hand is lost."""
        with self._locked():
            return self._look()

    def save(self, texts: Mapping[str, str], base: str, author: str = "", note: str = "") -> Version:
        """Put texts in the place of the pack's files.

        Args:
            base: hash of the version that the texts were made from.

        Raises:
            Conflict: the folder holds another version by now. BadPack: the texts cannot be played.
        """
        with self._from(base) as now:
            content = {name: self._same_or_new(name, texts[name], now) for name in FILES if name in texts}
            return self._save(content, now, "saved", author, note)

    def revert(self, version: Version, base: str, author: str = "", note: str = "") -> Version:
        """Make an old version the newest one; raises as `save` does."""
        with self._from(base) as now:
            content = {name: self._bytes(each) for name, each in version.files.items()}
            return self._save(content, now, "reverted", author, note or f"Back to {version.hash[:8]}")

    def sign(self, author: str, note: str, origin: Origin = "saved") -> Version:
        """Give what was found or changed on disk an author and a note; raises BadPack as `save` does."""
        with self._locked():
            now = self._look()
            if findings := check_pack(self.folder):
                raise BadPack(findings)
            if now.origin not in ("found", "disk"):
                raise ValueError(f"{self.folder}: nothing to save, it is {now.hash[:8]}, {now.told}")
            words = {"origin": origin, "author": author, "note": note, "time": _now()}
            return self._log(Version.model_validate(now.model_dump() | words))

    @contextmanager
    def _from(self, base: str) -> Generator[Version]:
        with self._locked():
            if (now := self._look()).hash != base:
                raise Conflict(self.folder, base, now)
            yield now

    def _look(self) -> Version:
        self._finish()
        content, last = read_bytes(self.folder), self._last()
        hashes = {name: hash_of(data) for name, data in content.items()}
        if last and last.files == hashes:
            return last
        self._keep(content)
        return self._log(_version(hashes, last, "disk" if last else "found"))

    def _save(self, content: Mapping[str, bytes], now: Version, origin: Origin, author: str, note: str) -> Version:
        with laid_out(content) as scratch:
            if findings := check_pack(scratch):
                raise BadPack(findings)
        version = _version({name: hash_of(data) for name, data in content.items()}, now, origin, author, note)
        if version.files == now.files:
            return now
        if not os.access(self.folder, os.W_OK):
            raise PermissionError(f"{self.folder}: cannot be written; make a new pack from it and change that")
        self._keep(content)
        _write(self.kept / "pending.json", compact(version.model_dump(mode="json")))
        self._finish()
        return version

    def _finish(self) -> None:
        """Finish a save that has begun: put its files in place unless somebody else's came there since, and log it."""
        pending = self.kept / "pending.json"
        if not pending.is_file():
            return
        version, last = _read(pending), self._last()
        if last is None or version.number > last.number:
            if self._is_between(last, version):
                self._put(version)
            self._log(version)
        pending.unlink()

    def _is_between(self, last: Version | None, version: Version) -> bool:
        """Whether every file in the folder is as it was before a save, or as it is after it."""
        before = last.files if last else {}
        there = {name: hash_of(data) for name, data in read_bytes(self.folder).items()}
        return all(there.get(name) in (before.get(name), version.files.get(name)) for name in FILES)

    def _put(self, version: Version) -> None:
        for name in FILES:
            path, wanted = self.folder / name, version.files.get(name)
            if wanted and not (path.is_file() and hash_of(path.read_bytes()) == wanted):
                _write(path, self._bytes(wanted))
            elif wanted is None and name in OPTIONAL:
                path.unlink(missing_ok=True)
            _sweep(path)

    def _same_or_new(self, name: str, text: str, now: Version) -> bytes:
        """A text's bytes; those on disk where nothing but the ends of lines differs."""
        there = self._bytes(now.files[name]) if name in now.files else None
        return there if there is not None and as_text(name, there) == text else as_bytes(text)

    def _last(self) -> Version | None:
        newest = max((self.kept / "log").glob("*.json"), default=None)
        return _read(newest) if newest else None

    def _log(self, version: Version) -> Version:
        _write(self.kept / "log" / f"{version.number:06d}.json", compact(version.model_dump(mode="json")))
        return version

    def _keep(self, content: Mapping[str, bytes]) -> None:
        for data in content.values():
            if not (path := self.kept / "files" / hash_of(data)).is_file():
                _write(path, data)

    def _bytes(self, content_hash: str) -> bytes:
        path = self.kept / "files" / content_hash
        data = path.read_bytes() if path.is_file() else b""
        if hash_of(data) != content_hash:
            raise BadFile(f"{path}: missing or damaged; restore it from a copy, or choose another version")
        return data

    @contextmanager
    def _locked(self) -> Generator[None]:
        """Keep every other editor off the folder itself: workspaces that share a pack meet there."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            _wait_for(handle, self.folder)
            yield
        finally:
            os.close(handle)


def copy_to(new: History, texts: Mapping[str, str], author: str, note: str) -> Version:
    """Make a new pack of texts.

    Raises:
        ValueError: there is something already. BadPack: the texts cannot be played.
    """
    if findings := check_texts(texts):
        raise BadPack(findings)
    if new.folder.exists():
        raise ValueError(f"{new.folder}: exists already; choose another name")
    new.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-pack-", dir=new.folder.parent) as scratch:
        fresh = Path(scratch) / new.folder.name
        fresh.mkdir()
        for name, text in texts.items():
            (fresh / name).write_bytes(as_bytes(text))
        fresh.rename(new.folder)
    return new.sign(author, note, "copied")


def _version(
    hashes: dict[str, str], after: Version | None, origin: Origin, author: str = "", note: str = ""
) -> Version:
    return Version(
        number=after.number + 1 if after else 1,
        hash=digest_of(hashes),
        parent=after.hash if after else None,
        origin=origin,
        author=author,
        note=note,
        time=_now(),
        files=hashes,
    )


def _read(path: Path) -> Version:
    try:
        return Version.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise BadFile(f"{path}: damaged; restore it from a copy, or move it out of the way") from error


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as file:
        file.write(data)


def _sweep(path: Path) -> None:
    """Remove what a killed save left beside a file."""
    for left in path.parent.glob(f".{path.name}.*"):
        if re.fullmatch(r"[a-z0-9_]{8}", left.name.rsplit(".", 1)[1]):
            left.unlink(missing_ok=True)


def _wait_for(handle: int, folder: Path) -> None:
    until = time.monotonic() + LOCK_S
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise TimeoutError(f"{folder}: another process is saving it; try again") from error
            time.sleep(0.02)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
