"""What lies in a workspace: the directory in which somebody works, with its runs, packs and files of rows."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from graphs.packs import PACKS
from graphs.records import BadFile, read_header, read_rows
from graphs.schema import Pairing, Persona, Situation

VARIABLE = "KARDIA_WORKSPACE"
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
_FOLDERS = (".", "data", "data/*", "examples", "examples/*")
"""Where files of rows are looked for."""


class Workspace(NamedTuple):
    """A directory with runs/, prompts/ and JSONL files; what the studio itself keeps lies in .kardia/."""

    root: Path

    @property
    def state(self) -> Path:
        """Where jobs, indexes and drafts are kept; ignored by git."""
        path = self.root / ".kardia"
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def runs(self) -> list[Path]:
        """Run directories, the one that was written to last first."""
        found = [path.parent for path in (self.root / "runs").glob("*/run.yaml")]
        return sorted(found, key=lambda path: written_at(path / "run.yaml"), reverse=True)

    def run(self, name: str) -> Path:
        """A run's directory by its name; forks by the way to them (`winter/forks/d00001-t3k2-…`).

        Raises:
            BadFile: there is no such run here.
        """
        top = (self.root / "runs").resolve()
        path = (top / name.replace("\0", "")).resolve()
        if not path.is_relative_to(top) or not (path / "run.yaml").is_file():
            raise BadFile(f"runs/{name}: no such run in {self.root}; see the page Runs for those that are there")
        return path

    def name(self, run: Path) -> str:
        """How a run is called in addresses and lists."""
        return run.resolve().relative_to((self.root / "runs").resolve()).as_posix()

    def projects(self) -> dict[str, Path]:
        """Annotation projects by name."""
        return {path.parent.name: path.parent for path in sorted((self.root / "annotations").glob("*/tasks.jsonl"))}

    def packs(self) -> dict[str, Path]:
        """Folders of packs by name: the workspace's own, and those that ship with the project."""
        shipped = {path.parent.name: path.parent for path in sorted(PACKS.glob("*/pack.yaml"))}
        own = {path.parent.name: path.parent for path in sorted((self.root / "prompts").glob("*/pack.yaml"))}
        return shipped | own

    def files(self, kind: str) -> list[Path]:
        """Files of rows of a kind (`personas`, `situations`, `pairings`), by their header or, without one, the first row."""
        return [path for path in self._jsonl() if _kind(path) == kind]

    def _jsonl(self) -> Iterator[Path]:
        seen: set[Path] = set()
        folders = [*(self.root / folder for folder in _FOLDERS), EXAMPLES, EXAMPLES / "*"]
        for folder in folders:
            for path in sorted(Path("/").glob(str((folder / "*.jsonl").absolute())[1:])):
                if path.resolve() not in seen:
                    seen.add(path.resolve())
                    yield path


def written_at(path: Path) -> float:
    """When a file was written last, in seconds since 1970; 0 where it has vanished meanwhile."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def open_workspace() -> Workspace:
    """The workspace that `kardia studio` was started for; the current directory if it was not."""
    return Workspace(Path(os.environ.get(VARIABLE) or ".").resolve())


_LONGEST_ROW = 1_000_000
"""A first line longer than this, in bytes, is none of ours; reading it would hold every page up."""


def _kind(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            if len(file.readline(_LONGEST_ROW)) == _LONGEST_ROW:
                return None
        return read_header(path).get("kind") or _kind_of_rows(path)
    except (BadFile, OSError):
        return None


def _kind_of_rows(path: Path) -> str | None:
    """What the rows of a file without a header are, such as the shipped examples; none is read as a whole."""
    for kind, record in (("situations", Situation), ("personas", Persona), ("pairings", Pairing)):
        with suppress(BadFile):
            return kind if next(read_rows(path, record), None) else None
    return None
