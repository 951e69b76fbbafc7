"""Versions of packs as people name them: a pack, a pack at a hash, or the pack as a run used it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from graphs.editing.pack_texts import as_bytes
from graphs.packs import check_pack, load_pack, pack_folder
from graphs.runs import Run, WrongUse, open_run
from graphs.trials.trials import Version
from studio.prompts.packs import history
from studio.workspace import Workspace

AS_PLAYED = "run"
"""The pack as the runs used it."""
SHORTEST = 4


class Found(NamedTuple):
    """A version and where its files lie."""

    version: Version
    folder: Path


class Choice(NamedTuple):
    """A version that a page offers: how it is named on the command line, and what it is."""

    spec: str
    label: str
    hash: str
    pack: str
    """Its name in pack.yaml."""


def find_version(spec: str, runs: Sequence[Run], workspace: Workspace, scratch: Path) -> Found:
    """Find what `PACK`, `FOLDER`, `PACK@HASH`, `@HASH` or `run` names.

    Args:
        scratch: where versions are laid out that lie in no folder of their own.

    Raises:
        WrongUse: nothing is named so, or more than one thing.
        BadPack: it cannot be played.
    """
    if spec == AS_PLAYED:
        return _as_played(runs)
    name, at, prefix = spec.rpartition("@")
    if not at or "/" in prefix:
        return _found(_folder(spec, workspace), Path(spec).name)
    if len(prefix) < SHORTEST:
        raise WrongUse(f"{spec}: give at least {SHORTEST} signs of the hash")
    found = {path.name: path for path in _copies(runs, workspace) if path.name.startswith(prefix.lower())}
    found |= _kept(name, prefix, workspace, scratch)
    if len(found) != 1:
        many = "several versions begin so; give more of the hash" if found else "no such version in packs or runs"
        raise WrongUse(f"{spec}: {many}")
    (folder,) = found.values()
    pack = load_pack(str(folder.resolve()))
    if name and name != pack.name and name not in workspace.packs():
        raise WrongUse(f"{spec}: that version belongs to the pack {pack.name}")
    return _found(folder, Path(name).name or pack.name)


def _as_played(runs: Sequence[Run]) -> Found:
    hashes = sorted({run.config.pack_hash for run in runs})
    if len(hashes) > 1:
        raise WrongUse(f"run: the runs used several packs; say which with @HASH: {', '.join(h[:8] for h in hashes)}")
    config = runs[0].config
    return _found(runs[0].path / "packs" / config.pack_hash, config.pack)


def _found(folder: Path, called: str) -> Found:
    pack = load_pack(str(folder.resolve()))
    return Found(Version(pack=pack.name, hash=pack.digest, called=f"{called}@{pack.digest[:4]}"), folder)


def _folder(name: str, workspace: Workspace) -> Path:
    return workspace.packs().get(name) or pack_folder(name)


def _copies(runs: Sequence[Run], workspace: Workspace) -> Iterator[Path]:
    """Packs that runs keep, named by their hash; those of the runs in question first."""
    for run in (*(run.path for run in runs), *workspace.runs()):
        yield from sorted(path for path in (run / "packs").glob("*") if path.suffix != ".new")


def _kept(name: str, prefix: str, workspace: Workspace, scratch: Path) -> dict[str, Path]:
    """Versions that were saved in the workspace, laid out."""
    found: dict[str, Path] = {}
    for pack in [name] if name in workspace.packs() else workspace.packs():
        kept = history(workspace, pack)
        for version in kept.versions():
            if version.hash.startswith(prefix.lower()):
                found[version.hash] = _laid_out(kept.texts(version), scratch / version.hash)
    return found


def _laid_out(texts: dict[str, str], folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for file, text in texts.items():
        (folder / file).write_bytes(as_bytes(text))
    return folder


def choices(workspace: Workspace) -> list[Choice]:
    """Versions to offer: packs as they lie in their folders, what was saved of them, and what else runs used."""
    offered: dict[str, Choice] = {}
    for choice in (*_folders(workspace), *_saved(workspace), *_used(workspace)):
        offered.setdefault(choice.hash, choice)
    return list(offered.values())


def _folders(workspace: Workspace) -> Iterator[Choice]:
    for name, folder in workspace.packs().items():
        if not check_pack(folder):
            pack = load_pack(str(folder.resolve()))
            yield Choice(name, f"{name} as it is now, {pack.digest[:4]}", pack.digest, pack.name)


def _saved(workspace: Workspace) -> Iterator[Choice]:
    for name in workspace.packs():
        for version in history(workspace, name).versions():
            words = " ".join(filter(None, (version.note, version.author and f"by {version.author}")))
            label = f"{name}@{version.hash[:4]} {words or version.time[:10]}"
            yield Choice(f"{name}@{version.hash[:12]}", label, version.hash, name)


def _used(workspace: Workspace) -> Iterator[Choice]:
    for run in workspace.runs():
        config = open_run(run).config
        label = f"{config.pack}@{config.pack_hash[:4]} as {workspace.name(run)} used it"
        yield Choice(f"{config.pack}@{config.pack_hash[:12]}", label, config.pack_hash, config.pack)


def defaults(offered: Sequence[Choice], used: str) -> tuple[Choice, Choice]:
    """Which two to offer first: what was used last, and that pack as it lies there now, or again the same."""
    a = next((one for one in offered if one.hash == used), offered[0])
    others = [one for one in offered if one.hash != a.hash and one.pack == a.pack]
    return a, min(others, key=lambda one: "@" in one.spec, default=a)
