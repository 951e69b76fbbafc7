"""A directory that is replaced whole: a crash at any moment leaves the old release or the new one."""

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphs.released import ReleaseError
from release.layout import NoRoom, ReleaseBusy, amiss

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def rebuilding(out: Path) -> Iterator[Path]:
    """Fill an empty directory beside `out`; it takes the place of `out` when all went well.

    Raises:
        ReleaseError: `out` holds anything but a release, or cannot be written.
        NoRoom: the disk is full.
        ReleaseBusy: another process builds beside `out`.
    """
    out = out.resolve()
    building = out.with_name(f".{out.name}.building")
    retired = out.with_name(f".{out.name}.retired")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _locked(out.parent):
            _recover(out, building, retired)
            refuse_foreign(out)
            building.mkdir()
            try:
                yield building
                _sync(building)
                _put_in_place(building, out, retired)
            finally:
                shutil.rmtree(building, ignore_errors=True)
    except OSError as error:
        raise _explained(error, out) from error


def refuse_foreign(out: Path) -> None:
    """Let only an empty or absent directory, or a whole release and nothing else, be replaced.

    Raises:
        ReleaseError: naming what stands in the way.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise ReleaseError(f"{out}: is a file; name a directory for the release")
    found = files_in(out)
    missing, foreign = amiss(found)
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise ReleaseError(f"{out}: holds {foreign[0]}{more}, no part of a release; name another directory")
    if found and missing:
        raise ReleaseError(f"{out}: is no whole release ({missing[0]} is missing); name another directory")


def files_in(out: Path) -> set[Path]:
    """Every file under a directory, by its path there; a link counts as a file, wherever it leads."""
    return {path.relative_to(out) for path in out.rglob("*") if path.is_symlink() or not path.is_dir()}


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise ReleaseBusy(f"{folder}: another process builds a release here; wait until it is done") from error
    try:
        yield
    finally:
        os.close(handle)


def _recover(out: Path, building: Path, retired: Path) -> None:
    """Clear away what a killed build left, after putting back a release that it had moved aside."""
    if retired.exists() and not out.exists():
        retired.rename(out)
    for leftover in (building, retired):
        if leftover.exists():
            shutil.rmtree(leftover)


def _put_in_place(building: Path, out: Path, retired: Path) -> None:
    if not out.exists():
        building.rename(out)
    elif not _exchanged(building, out):
        out.rename(retired)
        building.rename(out)
        shutil.rmtree(retired)
    _sync_folder(out.parent)


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two directories in one step where system and file system can (Linux); False where they cannot."""
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None)
    if renameat2 is None:
        return False
    return renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0


def _sync(folder: Path) -> None:
    """Bring every file to the disk before the rename can make it count."""
    for path in [*folder.rglob("*"), folder]:
        _sync_folder(path)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _explained(error: OSError, out: Path) -> ReleaseError:
    where = error.filename or out
    if error.errno in _FULL:
        free_mib = shutil.disk_usage(out.parent).free // 2**20
        return NoRoom(f"{where}: {error.strerror} ({free_mib} MiB free); make room or name another directory")
    return ReleaseError(f"{where}: {error.strerror or error}; name a directory that can be written")
