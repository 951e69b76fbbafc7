"""Where an annotation project stands: numbers, disputes, corrections, for the command line and the page."""

from collections import Counter
from typing import Any, NamedTuple

from annotation.answers import Answer, changed_spans
from annotation.gold import letters
from annotation.project import CORRECTED, Project
from graphs.word_diff import word_ops


class Standing(NamedTuple):
    """Where a project stands, in numbers."""

    tasks: int
    settled: dict[str, int]
    """By verdict."""
    waiting: int
    """Turns whose annotators have not all answered."""
    disputed: int
    returned: int
    by_annotator: dict[str, dict[str, int]]
    """Annotator -> status -> answers."""


def standing(project: Project) -> Standing:
    """Where a project stands."""
    results = project.results()
    people: dict[str, Counter[str]] = {}
    for answer in project.answers():
        people.setdefault(answer.annotator, Counter())[answer.status] += 1
    return Standing(
        tasks=len(project.tasks),
        settled=dict(Counter(turn.verdict for turn in results.settled)),
        waiting=sum(one.is_waiting for one in results.open),
        disputed=sum(not one.is_waiting for one in results.open),
        returned=len(results.faults),
        by_annotator={name: dict(counts) for name, counts in sorted(people.items())},
    )


def standing_text(project: Project) -> str:
    """The same for a terminal."""
    now = standing(project)
    settled = ", ".join(f"{count} {verdict}" for verdict, count in now.settled.items()) or "none"
    lines = [
        f"{project.path}: {now.tasks} turns; settled: {settled}; {now.waiting} wait for answers, {now.disputed} disputed, "
        f"{now.returned} answers go back"
    ]
    for name, counts in now.by_annotator.items():
        lines.append(f"  {name}: " + ", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    written = [f"corrections: {project.path / CORRECTED}"] if (project.path / CORRECTED).is_file() else []
    return "\n".join([*lines, *written])


def disputes(project: Project) -> list[dict[str, Any]]:
    """What annotators disagree on, with what each of them said."""
    return [
        {
            "task": one.task,
            "reasons": list(one.reasons),
            "round": one.round,
            "answers": {
                letter: answer.model_dump(mode="json", exclude={"task"}) for letter, answer in letters(one.answers)
            },
        }
        for one in project.results().open
        if not one.is_waiting
    ]


def corrections(project: Project) -> list[Answer]:
    """Every answer that changed a span and can stand, the last given first."""
    found = (answer for answer in project.answers() if answer.status == "submitted" and not project.faults(answer))
    changing = [answer for answer in found if changed_spans(project.tasks[answer.task], answer)]
    return sorted(changing, key=lambda answer: answer.at, reverse=True)


def correction_diff(project: Project, answer: Answer) -> dict[str, Any]:
    """The words that a correction changed, by span."""
    task = project.tasks[answer.task]
    ops = {name: word_ops(getattr(task, name), getattr(answer, name)) for name in changed_spans(task, answer)}
    return {"task": task.id, "annotator": answer.annotator, "at": answer.at, "ops": ops}
