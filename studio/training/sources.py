"""What a training run learns from: its examples file, and the files and recipes that a new one may be started with."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from graphs.records import BadFile, find_row, read_header
from studio.training.runs import FOLDER, TrainingRow
from studio.workspace import Workspace
from train.rows import TrainingExample
from train.running.run_lines import object_of

_FOLDERS = (".", "*", "*/*", f"{FOLDER}/*/*")
"""Where files of examples are looked for."""
_LONGEST_LINE = 1_000_000


def example_of(workspace: Workspace, row: TrainingRow, example: str) -> TrainingExample:
    """The example that a rollout answers.

    Raises:
        BadFile: the run does not say where its examples lie, or they are not there any more.
    """
    named = row.data.get("examples")
    if not isinstance(named, str) or not named:
        raise BadFile("the run does not say which file its examples stand in")
    path = Path(named) if Path(named).is_absolute() else workspace.root / named
    found = _example(path, path.stat().st_mtime_ns if path.is_file() else 0, example)
    if found is None:
        raise BadFile(f"{named}: no example {example}; the file has changed since this run was trained")
    return found


@lru_cache(maxsize=512)
def _example(path: Path, stamp: int, example: str) -> TrainingExample | None:
    return find_row(path, TrainingExample, example)


def source_files(workspace: Workspace, kind: str) -> list[Path]:
    """Files of `examples` or `preferences` in the workspace, by what their header says, the newest first."""
    found = {path.resolve(): path for folder in _FOLDERS for path in _jsonl(workspace.root, folder)}
    chosen = [path for path in found.values() if _kind(path, path.stat().st_mtime_ns) == kind]
    return sorted(chosen, key=lambda path: -path.stat().st_mtime_ns)


def _jsonl(root: Path, folder: str) -> Iterator[Path]:
    pattern = "*.jsonl" if folder == "." else f"{folder}/*.jsonl"
    yield from (path for path in root.glob(pattern) if not path.relative_to(root).parts[0].startswith((".", "runs")))


@lru_cache(maxsize=2048)
def _kind(path: Path, stamp: int) -> str:
    try:
        kind = str(read_header(path).get("kind", ""))
    except (BadFile, OSError):
        return ""
    return kind or ("preferences" if _is_preference(path) else "")


def _is_preference(path: Path) -> bool:
    """Whether a file without a header begins with a preference: others than we write such files."""
    try:
        with path.open("rb") as file:
            first = object_of(file.readline(_LONGEST_LINE))
    except OSError:
        return False
    return first is not None and {"dialogue", "chosen", "rejected"} <= first.keys()
