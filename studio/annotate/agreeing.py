"""How far the annotators of a project agree, as tables: what `kardia annotate agreement` prints and the page shows."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import combinations
from typing import Any, NamedTuple

from annotation.answer_lines import kept_answers
from annotation.answers import Answer
from annotation.project import ANSWERS, Project
from measure.agreement import Agreement, Rating, alpha, weighted_kappas
from measure.annotators import Habit, Score, Work, biases, doubts, habits, seconds
from measure.paired import Difference
from studio.annotate.scoring import ScoreReport, score_report, score_text

TOGETHER = 4
"""So many answers with one time came in one file: how long each took is not known, and is not 0."""
ALIKE = 10
"""So many answers that are the same in every word and score are worth a look."""


class AgreementReport(NamedTuple):
    """Agreement by what was judged, what each annotator is like, what should be looked at, and how they score."""

    rows: list[dict[str, Any]]
    people: list[dict[str, Any]]
    warnings: list[str]
    scores: ScoreReport


def agreement_report(project: Project) -> AgreementReport:
    """Agreement in the first round, before anybody has seen what another one said."""
    answers, late = _before_discussion(project)
    dialogues = {task: origin.trajectory for task, origin in project.origins.items()}
    rows = [*_criteria(project, answers, dialogues), *_choices(project, answers, dialogues)]
    works = list(_works(project, answers))
    return AgreementReport(
        [row for row in rows if row["units"]],
        _people(answers, works, dialogues),
        [
            *(f"{doubt.annotator}: {doubt.message}" for doubt in doubts(works)),
            *_alike(answers),
            *_beyond(project, answers),
            *_late(late),
        ],
        score_report(project),
    )


def agreement_text(report: AgreementReport) -> str:
    """The same for a terminal."""
    if not report.rows:
        why = "nothing to compare: no turn was answered by two annotators"
        return "\n".join([why, *report.warnings, score_text(report.scores)])
    lines = [f"{'':<22}{'alpha':>22}{'weighted kappa':>24}{'turns':>8}"]
    for row in report.rows:
        lines.append(
            f"{row['judged']:<22}{row['alpha'] or '-':>22}{row['kappa'] or '-':>24}{row['units']:>8}  {row['why']}"
        )
    for person in report.people:
        lines.append(", ".join(f"{name} {value}" for name, value in person.items() if value not in (None, "")))
    return "\n".join([*lines, *report.warnings, score_text(report.scores)])


def _before_discussion(project: Project) -> tuple[list[Answer], int]:
    """Each annotator's last faultless answer before the discussion of its turn, and how many later ones are left out.

    The discussion begins with anybody's first answer of the second round (our choice): no file says when it was shown.
    """
    counted: dict[tuple[str, str, int], Answer] = {}
    discussed, late = set[str](), set[tuple[str, str, int]]()
    for one in sorted(kept_answers(project.path / ANSWERS), key=lambda one: one.at):
        if one.round > 1:
            discussed.add(one.task)
        elif one.task not in discussed and not project.faults(one):
            counted[one.key] = one
        elif one.task in discussed and one.status == "submitted":
            late.add(one.key)
    return [one for one in counted.values() if one.status == "submitted"], len(late)


def _late(count: int) -> Iterable[str]:
    if count:
        yield f"{count} answers of the first round were given after the discussion of their turn had begun; they are left out"


def _criteria(project: Project, answers: list[Answer], dialogues: dict[str, str]) -> Iterable[dict[str, Any]]:
    scale = project.pack.rubric.scale
    values = list(range(scale.min, scale.max + 1))
    for name in project.pack.rubric.criteria:
        ratings = [Rating(one.task, one.annotator, one.scores.get(name)) for one in answers]
        kappas = weighted_kappas(ratings, values, clusters=dialogues)
        yield _row(name.replace("_", " "), alpha(ratings, values, "ordinal", dialogues), kappas.mean)


def _choices(project: Project, answers: list[Answer], dialogues: dict[str, str]) -> Iterable[dict[str, Any]]:
    labels = [Rating(one.task, one.annotator, one.emotion or None) for one in answers if one.verdict != "drop"]
    verdicts = [Rating(one.task, one.annotator, one.verdict) for one in answers]
    yield _row("emotion", alpha(labels, list(project.pack.settings.labels), "nominal", dialogues), None)
    yield _row("verdict", alpha(verdicts, ["correct", "corrected", "drop"], "nominal", dialogues), None)


def _row(judged: str, found: Agreement, kappa: Agreement | None) -> dict[str, Any]:
    return {
        "judged": judged,
        "alpha": _text(found),
        "kappa": _text(kappa) if kappa else "",
        "units": found.units,
        "why": found.why_not,
    }


def _text(found: Agreement) -> str:
    if found.value is None:
        return ""
    interval = f" [{found.low:.2f}, {found.high:.2f}]" if found.low is not None and found.high is not None else ""
    return f"{found.value:.2f}{interval}"


def _works(project: Project, answers: list[Answer]) -> Iterable[Work]:
    """Each answer with how long it took and whether it took the reply as it was; a drop is no such one."""
    by_person: dict[str, list[Answer]] = {}
    for one in answers:
        by_person.setdefault(one.annotator, []).append(one)
    for name, given in by_person.items():
        stamps = Counter(one.at for one in given)
        timed = sorted((one for one in given if one.at and stamps[one.at] < TOGETHER), key=lambda one: one.at)
        took = dict(
            zip((one.key for one in timed), seconds([datetime.fromisoformat(one.at) for one in timed]), strict=True)
        )
        for one in given:
            yield Work(name, one.verdict == "correct", took.get(one.key))


def _alike(answers: list[Answer]) -> Iterable[str]:
    """Pairs of annotators whose answers are the same throughout."""
    said: dict[str, dict[str, object]] = {}
    for one in answers:
        said.setdefault(one.annotator, {})[one.task] = one.model_dump(exclude={"annotator", "at"})
    for first, second in combinations(sorted(said), 2):
        shared = said[first].keys() & said[second].keys()
        if len(shared) >= ALIKE and all(said[first][task] == said[second][task] for task in shared):
            yield f"{first} and {second}: the same in every word and score of {len(shared)} turns; was one file imported twice?"


def _beyond(project: Project, answers: list[Answer]) -> Iterable[str]:
    """Turns that more people answered than were asked to."""
    more = sum(count > project.overlap for count in Counter(one.task for one in answers).values())
    if more:
        yield f"{more} turns have more answers than the overlap of {project.overlap} that was asked for; all of them count"


def _people(answers: list[Answer], works: list[Work], dialogues: dict[str, str]) -> list[dict[str, Any]]:
    leaning = biases(
        Score(dialogues[one.task], one.task, name, one.annotator, score)
        for one in answers
        for name, score in one.scores.items()
    )
    return [_person(habit, leaning.get(habit.annotator)) for habit in habits(works)]


def _person(habit: Habit, bias: Difference | None) -> dict[str, Any]:
    return {
        "annotator": habit.annotator,
        "answers": habit.answers,
        "unchanged": f"{habit.unchanged:.0%}",
        "seconds": None if habit.median_s is None else round(habit.median_s),
        "scores higher by": None if bias is None else _signed(bias),
    }


def _signed(bias: Difference) -> str:
    if bias.low is None or bias.high is None:
        return f"{bias.difference:+.2f}"
    return f"{bias.difference:+.2f} [{bias.low:+.2f}, {bias.high:+.2f}]"
