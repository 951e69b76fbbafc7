"""A small annotation project, and answers to it."""

from pathlib import Path
from typing import Any

from annotation.answers import Answer
from annotation.project import Project, push
from annotation.tasks import Task, tasks_of
from graphs.runs import Run
from tests.graphs.counting import counting_endpoint
from tests.graphs.runs import new_run, play


def played(folder: Path, count: int = 12) -> Run:
    run = new_run(folder, count)
    with counting_endpoint() as endpoint:
        play(run, endpoint.url)
    return run


def pushed(path: Path, run: Run, overlap: int = 1) -> Project:
    push(path, tasks_of(run, run.path.name), run, overlap)
    return Project(path)


def answer(task: Task, annotator: str = "ann-1", **changes: Any) -> Answer:
    """An answer that leaves the turn as it is, but for the changes."""
    given: dict[str, Any] = {
        "task": task.id, "annotator": annotator, "verdict": "correct", **task.spans._asdict(),
        "scores": dict.fromkeys(("relevance", "fluency", "empathy", "persona_consistency", "safety"), 4),
        "at": "2026-11-01T10:00:00Z",
    }  # fmt: skip
    return Answer(**{**given, **changes})
