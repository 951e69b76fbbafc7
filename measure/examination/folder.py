"""Starting and opening an examination's directory: what is frozen stays, and one process writes at a time."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from graphs.packs import Pack, load_pack
from graphs.prompts import PromptWriter
from graphs.records import BadFile, read_rows, replacing, write_rows
from graphs.runs import LOCK, Run, WrongUse, copy_pack, holding, note_session
from graphs.schema import digest
from measure.examination.answers import ANSWERS, Answers
from measure.examination.questions import ExaminationConfig, ExaminedDialogue

CONFIG = "examination.yaml"
DIALOGUES = "dialogues.jsonl"
_BEGUN = {"packs", DIALOGUES, LOCK}
"""What stands in a directory whose examination was killed before it had started."""
_FREE = {"release", "name"}
"""Where the release lies and what the system is called may differ: its content is known by its hash."""


class Examination:
    """An opened examination."""

    def __init__(self, path: Path, config: ExaminationConfig):
        self.path = path
        self.config = config

    @cached_property
    def dialogues(self) -> list[ExaminedDialogue]:
        """The test dialogues.

        Raises:
            BadFile: they were changed since the start.
        """
        found = list(read_rows(self.path / DIALOGUES, ExaminedDialogue))
        if dialogues_digest(found) != self.config.dialogues_hash:
            raise BadFile(f"{self.path / DIALOGUES}: changed since the examination started; put it back")
        return found

    @cached_property
    def pack(self) -> Pack:
        """The pack as it was used.

        Raises:
            BadFile: it was changed since the start.
        """
        folder = self.path.resolve() / "packs" / self.config.pack_hash
        pack = load_pack(str(folder))
        if pack.digest != self.config.pack_hash:
            raise BadFile(f"{folder}: changed since the examination started; put the files back")
        return pack

    @cached_property
    def writer(self) -> PromptWriter:
        return PromptWriter(self.pack)

    def answers(self, *, readonly: bool = False) -> Answers:
        return Answers(self.path / ANSWERS, readonly=readonly)

    @contextmanager
    def lock(self) -> Generator[None]:
        """Keep every other process off; raises RunInUse."""
        with holding(self.path):
            yield

    def note_session(self, free: Mapping[str, Any]) -> None:
        """Record what was free to choose at this start."""
        note_session(self.path / CONFIG, free)


def dialogues_digest(dialogues: Sequence[ExaminedDialogue]) -> str:
    """A hash over everything that is asked and scored."""
    return digest([dialogue.model_dump(mode="json") for dialogue in dialogues])


def open_examination(path: Path) -> Examination:
    """Open an examination's directory.

    Raises:
        BadFile: it is not one.
    """
    try:
        raw: Any = yaml.safe_load((path / CONFIG).read_text(encoding="utf-8"))
        known = {name: value for name, value in raw.items() if name != "sessions"}
        return Examination(path, ExaminationConfig.model_validate(known))
    except OSError as error:
        raise BadFile(f"{path}: no {CONFIG} in it; name a directory that `kardia evaluate run --out` made") from error
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError, AttributeError) as error:
        raise BadFile(f"{path}/{CONFIG}: damaged ({error}); restore it, or start a new examination") from error


def start_examination(
    path: Path, config: ExaminationConfig, dialogues: Sequence[ExaminedDialogue], pack: Path
) -> Examination:
    """Make an examination's directory, or open the one that is there if nothing frozen differs.

    Raises:
        WrongUse: a frozen setting differs, or the directory is something else.
    """
    if (path / CONFIG).exists():
        examination = open_examination(path)
        check_frozen(examination, config)
        return examination
    if path.exists() and not (path.is_dir() and all(e.name in _BEGUN or e.name[0] == "." for e in path.iterdir())):
        raise WrongUse(f"{path}: exists and is not an examination; name another directory with --out")
    path.mkdir(parents=True, exist_ok=True)
    with Run.locked(path):
        copy_pack(pack, path)
        write_rows(path / DIALOGUES, {"kind": "examined_dialogues"}, dialogues)
        _write_yaml(path / CONFIG, config.model_dump(mode="json"))
    return open_examination(path)


def check_frozen(examination: Examination, config: ExaminationConfig) -> None:
    """Refuse to go on with other settings than those that the examination was started with.

    Raises:
        WrongUse: names each that differs, with what it was and is.
    """
    before, after = (one.model_dump(mode="json", exclude=_FREE) for one in (examination.config, config))
    differing = [f"{name}: {before[name]} there, {after[name]} now" for name in before if before[name] != after[name]]
    if differing:
        raise WrongUse(
            f"{examination.path}: frozen settings differ ({'; '.join(differing)}); give its own, or another --out"
        )


def _write_yaml(path: Path, value: Mapping[str, Any]) -> None:
    with replacing(path) as file:
        file.write(yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True).encode())
