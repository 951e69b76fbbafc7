"""An annotation project is a directory: its settings, the tasks, where they come from, and every answer that came.

Answers are appended and never overwritten: a later one of the same annotator takes the place of an earlier one when
they are read. What may be shown to annotators (tasks.jsonl) and what may not (origins.jsonl) are two files.
"""

import fcntl
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from annotation.answer_lines import append_answers, kept_answers
from annotation.answers import Answer, faults
from annotation.gold import Open, settle
from annotation.tasks import Origin, Task
from graphs.corrections import CorrectedTurn
from graphs.packs import Pack, load_pack
from graphs.records import BadFile, read_header, read_rows, replacing, write_rows
from graphs.runs import Run, copy_pack
from graphs.schema import compact

TASKS, ORIGINS, ANSWERS, RULINGS = "tasks.jsonl", "origins.jsonl", "answers.jsonl", "rulings.jsonl"
CORRECTED, RETURNED = "corrected_turns.jsonl", "returned.jsonl"


class WrongProject(ValueError):
    """A project that cannot be used so: says what is wrong and what to do."""


class Added(NamedTuple):
    """What a push brought."""

    tasks: int
    new: int


class Fault(NamedTuple):
    """An answer that cannot stand, and what its annotator is told."""

    answer: Answer
    messages: tuple[str, ...]


class Results(NamedTuple):
    """Where a project stands."""

    settled: tuple[CorrectedTurn, ...]
    open: tuple[Open, ...]
    faults: tuple[Fault, ...]


class Project:
    """A project's directory, opened."""

    def __init__(self, path: Path):
        """Open a project.

        Raises:
            BadFile: there is none.
        """
        self.path = path
        if not (path / TASKS).is_file():
            raise BadFile(f"{path}: no {TASKS} in it; name a directory that `kardia annotate push` made")
        self.header = read_header(path / TASKS)
        self._settled: tuple[object, Results] | None = None

    @property
    def overlap(self) -> int:
        return int(self.header["overlap"])

    @cached_property
    def pack(self) -> Pack:
        return load_pack(str(self.path.resolve() / "packs" / self.header["pack_hash"]))

    @cached_property
    def tasks(self) -> dict[str, Task]:
        return {task.id: task for task in read_rows(self.path / TASKS, Task)}

    @cached_property
    def origins(self) -> dict[str, Origin]:
        return {origin.task: origin for origin in read_rows(self.path / ORIGINS, Origin)}

    def answers(self) -> list[Answer]:
        """The last answer of every annotator to every task in every round; a torn last line is passed over."""
        latest: dict[tuple[str, str, int], Answer] = {}
        for answer in kept_answers(self.path / ANSWERS):
            latest[answer.key] = answer
        return list(latest.values())

    def rulings(self) -> dict[str, Answer]:
        """What a person or a model decided of an open turn; the annotator's name begins with `model.` for a model."""
        return {ruling.task: ruling for ruling in kept_answers(self.path / RULINGS)}

    def take(self, answers: Iterable[Answer]) -> int:
        """Append the answers that are new or changed; returns how many. What stands is never lost.

        An answer that is older than the one on record is passed over: it was mended elsewhere meanwhile.

        Raises:
            WrongProject: an answer is to a task that is not in this project.
        """
        with _locked(self.path):
            have = {row.key: row for row in kept_answers(self.path / ANSWERS)}
            in_time = sorted(answers, key=_standing)
            fresh = [answer for answer in in_time if _is_news(answer, have.get(answer.key))]
            self._refuse_foreign(fresh)
            append_answers(self.path / ANSWERS, fresh)
        return len(fresh)

    def decide(self, ruling: Answer, asked: Open | None = None) -> bool:
        """Append a ruling, unless the very same stands: of a turn the last one counts, whoever made it.

        Args:
            asked: what a model was asked to decide on, and took its time; where people answered or decided meanwhile,
                theirs stands.

        Returns:
            Whether the ruling stands.

        Raises:
            WrongProject: it is on a task that is not in this project.
        """
        with _locked(self.path):
            self._refuse_foreign([ruling])
            if asked and not self._stands_open(asked):
                return False
            known = self.rulings().get(ruling.task)
            if known is None or _differs(ruling, known):
                append_answers(self.path / RULINGS, [ruling])
        return True

    def _stands_open(self, asked: Open) -> bool:
        mine = [one for one in self.answers() if one.task == asked.task and one.status == "submitted"]
        return self._settle({asked.task: [one for one in mine if not self.faults(one)]})[1] == [asked]

    def _refuse_foreign(self, answers: Iterable[Answer]) -> None:
        if unknown := [answer.task for answer in answers if answer.task not in self.tasks]:
            raise WrongProject(f"{self.path}: no task {unknown[0]}; these answers are of another project")

    def older(self, answers: Iterable[Answer]) -> list[Answer]:
        """Those of the answers that `take` passes over because another one on record is later."""
        have = {row.key: row for row in self.answers()}
        return [one for one in answers if (known := have.get(one.key)) and _differs(one, known) and one.at < known.at]

    def results(self) -> Results:
        """Settle what can be settled; anew only where an answer or a ruling came meanwhile."""
        stamp = [_stamp(self.path / name) for name in (ANSWERS, RULINGS)]
        if self._settled is None or self._settled[0] != stamp:
            self._settled = stamp, self._results()
        return self._settled[1]

    def _results(self) -> Results:
        by_task: dict[str, list[Answer]] = {task: [] for task in self.tasks}
        wrong: list[Fault] = []
        for answer in self.answers():
            if answer.status != "submitted":
                continue
            messages = self.faults(answer)
            if messages:
                wrong.append(Fault(answer, tuple(messages)))
            else:
                by_task[answer.task].append(answer)
        settled, still_open = self._settle(by_task)
        return Results(tuple(settled), tuple(still_open), tuple(wrong))

    def faults(self, answer: Answer) -> list[str]:
        """What is wrong with an answer."""
        rubric = self.pack.rubric
        return faults(self.tasks[answer.task], answer, self.pack.labels, list(rubric.criteria), rubric.scale)

    def _settle(self, by_task: Mapping[str, Sequence[Answer]]) -> tuple[list[CorrectedTurn], list[Open]]:
        rulings, settled, still_open = self.rulings(), list[CorrectedTurn](), list[Open]()
        for task, answers in by_task.items():
            ruling = rulings.get(task)
            model = ruling is not None and ruling.annotator.startswith("model.")
            found = settle(self.tasks[task], self.origins[task], answers, self.overlap, ruling, model=model)
            if isinstance(found, Open):
                still_open.append(found)
            else:
                settled.append(found)
        return settled, still_open

    def write_results(self) -> Results:
        """Write corrected_turns.jsonl and returned.jsonl anew, each whole or not at all, while nobody else writes."""
        with _locked(self.path):
            found = self.results()
            header = {
                "kind": "corrected_turns",
                "pack_hash": self.header["pack_hash"],
                "open": len(found.open),
                "tasks": len(self.tasks),
                "sizes": self._sizes(),
            }
            write_rows(self.path / CORRECTED, header, found.settled)
            with replacing(self.path / RETURNED) as file:
                file.writelines(_fault_line(fault) for fault in found.faults)
        return found

    def write_if_behind(self) -> None:
        """Write corrected_turns.jsonl anew where it was written before the last answers: somebody was killed in between."""
        written = self.path / CORRECTED
        if written.is_file() and read_header(written).get("sizes") != self._sizes():
            self.write_results()

    def _sizes(self) -> dict[str, int]:
        """How long the files are that corrections are made from."""
        return {name: _stamp(self.path / name)[1] for name in (ANSWERS, RULINGS)}


def push(path: Path, found: Iterable[tuple[Task, Origin]], run: Run, overlap: int) -> Added:
    """Add tasks to a project, making it if there is none; a task that is there already stays as it is.

    Raises:
        WrongProject: the project is of another pack, or has another overlap.
    """
    rows = list(found)
    path.mkdir(parents=True, exist_ok=True)
    with _locked(path):
        old = Project(path) if (path / TASKS).exists() else None
        if old and (old.header["pack_hash"], old.overlap) != (run.config.pack_hash, overlap):
            raise WrongProject(
                f"{path}: holds tasks of pack {old.header['pack_hash'][:8]} with overlap {old.overlap}; name another project"
            )
        copy_pack(run.path / "packs" / run.config.pack_hash, path)
        tasks = dict(old.tasks) if old else {}
        origins = dict(old.origins) if old else {}
        new = [(task, origin) for task, origin in rows if task.id not in tasks]
        tasks |= {task.id: task for task, _ in new}
        origins |= {origin.task: origin for _, origin in new}
        header = {"pack_hash": run.config.pack_hash, "overlap": overlap}
        write_rows(path / ORIGINS, {"kind": "annotation_origins", **header}, origins.values())
        write_rows(path / TASKS, {"kind": "annotation_tasks", **header}, tasks.values())
    return Added(len(rows), len(new))


@contextmanager
def _locked(path: Path) -> Generator[None]:
    """Keep every other writer of a project off; waits until it is done."""
    with (path / "project.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _stamp(path: Path) -> tuple[int, int]:
    """Time and size of a file that is only appended to; zeros where there is none."""
    found = path.stat() if path.exists() else None
    return (found.st_mtime_ns, found.st_size) if found else (0, 0)


def _fault_line(fault: Fault) -> bytes:
    return compact({"answer": fault.answer.model_dump(mode="json"), "messages": fault.messages}) + b"\n"


def _is_news(answer: Answer, known: Answer | None) -> bool:
    return known is None or (_differs(answer, known) and _standing(answer) >= _standing(known))


def _standing(answer: Answer) -> tuple[str, bool]:
    """What of two answers stands: the later one, and of one second the submitted one, in whatever order they come."""
    return answer.at, answer.status == "submitted"


def _differs(answer: Answer, known: Answer) -> bool:
    """Whether an answer says something else than a known one, whenever it was given."""
    return answer.model_copy(update={"at": known.at}) != known
