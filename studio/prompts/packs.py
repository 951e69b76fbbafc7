"""Packs of a workspace: where their versions lie, which runs used them, and new ones made from old."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from graphs.editing.versions import History, Version, copy_to
from graphs.editing.yaml_edit import put
from graphs.packs import PACK_NAME, pack_folder
from graphs.schema import digest
from studio.workspace import Workspace


def history(workspace: Workspace, pack: str) -> History:
    """The versions of a pack that is named as in the workspace or in prompts/, or by its folder.

    Raises:
        LookupError: there is no such pack.
    """
    packs = workspace.packs()
    folder = packs.get(pack, pack_folder(pack)).resolve()
    if not folder.is_dir():
        raise LookupError(f"{pack}: no such pack; name one of {', '.join(packs)}, or a folder")
    known = next((name for name, path in packs.items() if path.resolve() == folder), None)
    return History(folder, workspace.state / "packs" / (known or f"{folder.name}-{digest(str(folder))[:8]}"))


def runs_using(workspace: Workspace) -> dict[str, list[str]]:
    """Names of runs, forks included, by the hash of every pack that they played with."""
    found: dict[str, list[str]] = {}
    for run in workspace.runs():
        for path in _with_forks(run):
            for used in sorted((path / "packs").glob("*")):
                if re.fullmatch(r"[0-9a-f]{64}", used.name):
                    found.setdefault(used.name, []).append(workspace.name(path))
    return found


def new_pack(workspace: Workspace, name: str, texts: Mapping[str, str], author: str, note: str) -> Version:
    """Make a pack in the workspace's prompts/ from the texts of another one.

    Raises:
        ValueError: the name cannot be used, or is taken. BadPack: the texts cannot be played.
    """
    if not re.fullmatch(PACK_NAME, name):
        raise ValueError(f"{name!r}: a pack's name has lower-case letters, digits, - and _, and begins with no - or _")
    if name in workspace.packs():
        raise ValueError(f"{name}: there is a pack of this name already; choose another one")
    renamed = {**texts, "pack.yaml": put(texts["pack.yaml"], ("name",), name)}
    made = History(workspace.root / "prompts" / name, workspace.state / "packs" / name)
    return copy_to(made, renamed, author, note)


def _with_forks(run: Path) -> Iterator[Path]:
    yield run
    for fork in sorted(run.glob("forks/*/run.yaml")):
        yield from _with_forks(fork.parent)
