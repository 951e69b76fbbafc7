"""Where an annotation project stands: numbers, disputes, corrections, for the command line and the page."""

from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple, TypedDict

from annotation.answers import Answer, changed_spans
from annotation.gold import Open, answer_lines, letters
from annotation.project import CORRECTED, Project, Results
from graphs.word_diff import word_ops

ROUNDS = {"first_round": "First round", "second_round": "Second round"}
"""The rounds by name, and as people read them."""


class RoundShare(TypedDict):
    """What an annotator has done of a round."""

    submitted: int
    of: int
    """Turns that they have answered in it, or that it still asks of them."""
    drafts: int
    discarded: int


class Standing(NamedTuple):
    """Where a project stands, in numbers."""

    tasks: int
    settled: dict[str, int]
    """By verdict."""
    waiting: int
    """Turns whose annotators have not all answered."""
    disputed: int
    returned: int
    by_annotator: dict[str, dict[str, RoundShare]]
    """Annotator -> round -> what they have done of it."""


def standing(project: Project) -> Standing:
    """Where a project stands."""
    results = project.results()
    return Standing(
        tasks=len(project.tasks),
        settled=dict(Counter(turn.verdict for turn in results.settled)),
        waiting=sum(one.is_waiting for one in results.open),
        disputed=sum(not one.is_waiting for one in results.open),
        returned=len(results.faults),
        by_annotator=_by_annotator(project, results),
    )


def _by_annotator(project: Project, results: Results) -> dict[str, dict[str, RoundShare]]:
    by_person: dict[str, list[Answer]] = {}
    for answer in project.answers():
        by_person.setdefault(answer.annotator, []).append(answer)
    lacking = _lacking(project)
    return {
        name: {
            "first_round": _share([one for one in given if one.round == 1], lacking),
            "second_round": _share([one for one in given if one.round > 1], _disputed_with(results, name)),
        }
        for name, given in sorted(by_person.items())
    }


def is_asked(share: RoundShare) -> bool:
    """Whether somebody has or had a part in a round."""
    return any((share["of"], share["drafts"], share["discarded"]))


def _share(given: list[Answer], asked: Collection[str]) -> RoundShare:
    """What one annotator has done of one round that asks these turns of them."""
    counts = Counter(one.status for one in given)
    submitted = {one.task for one in given if one.status == "submitted"}
    return RoundShare(
        submitted=len(submitted),
        of=len(submitted.union(asked)),
        drafts=counts["draft"],
        discarded=counts["discarded"],
    )


def _lacking(project: Project) -> set[str]:
    """Turns that fewer people than were asked for have answered in the first round."""
    counts = Counter(one.task for one in project.answers() if one.round == 1 and one.status == "submitted")
    return {task for task in project.tasks if counts[task] < project.overlap}


def _disputed_with(results: Results, who: str) -> set[str]:
    """Disputed turns in which somebody has a part."""
    disputed = (one for one in results.open if not one.is_waiting)
    return {one.task for one in disputed if who in {answer.annotator for answer in one.answers}}


def share_text(share: RoundShare) -> str:
    """What somebody has done of a round, for people."""
    beside = ((share["drafts"], "in draft"), (share["discarded"], "discarded"))
    told = ", ".join(f"{count} {word}" for count, word in beside if count)
    return f"{share['submitted']:,} of {share['of']:,}" + (f" ({told})" if told else "")


def standing_text(project: Project) -> str:
    """The same for a terminal."""
    now = standing(project)
    settled = ", ".join(f"{count} {verdict}" for verdict, count in now.settled.items()) or "none"
    lines = [
        f"{project.path}: {now.tasks} turns; settled: {settled}; {now.waiting} wait for answers, {now.disputed} disputed, "
        f"{now.returned} answers go back"
    ]
    for name, rounds in now.by_annotator.items():
        done = [f"{title.lower()} {share_text(rounds[key])}" for key, title in ROUNDS.items() if is_asked(rounds[key])]
        lines.append(f"  {name}: {', '.join(done)}")
    written = [f"corrections: {project.path / CORRECTED}"] if (project.path / CORRECTED).is_file() else []
    return "\n".join([*lines, *written])


def disputes(project: Project) -> list[dict[str, Any]]:
    """What annotators disagree on, with what each of them said."""
    return [_dispute(one) for one in project.results().open if not one.is_waiting]


def _dispute(one: Open) -> dict[str, Any]:
    said = {letter: answer.model_dump(mode="json", exclude={"task"}) for letter, answer in letters(one.answers)}
    return {"task": one.task, "reasons": list(one.reasons), "round": one.round, "answers": said}


def dispute_text(project: Project, one: dict[str, Any]) -> str:
    """A disputed turn as whoever decides it reads it: the dialogue, the reply as found, and what each annotator said."""
    task = project.tasks[one["task"]]
    lines = [f"{task.id}: {'; '.join(one['reasons'])}", "", task.persona, "", task.situation, ""]
    lines += [f"{said.by}: {said.text}" for said in task.dialogue]
    lines += ["", "The reply as it was found:", *(f"{name}: {text}" for name, text in task.spans._asdict().items())]
    for letter, answer in one["answers"].items():
        lines += ["", *answer_lines(letter, Answer.model_validate({"task": task.id, **answer}))]
    return "\n".join(lines)


def corrections(project: Project) -> list[Answer]:
    """Every answer that changed a span and can stand, and every such ruling that counts, the last given first."""
    found = [answer for answer in project.answers() if answer.status == "submitted" and not project.faults(answer)]
    given = (*found, *project.rulings().values())
    changing = [answer for answer in given if changed_spans(project.tasks[answer.task], answer)]
    return sorted(changing, key=lambda answer: answer.at, reverse=True)


def correction_diff(project: Project, answer: Answer) -> dict[str, Any]:
    """The words that a correction changed, by span."""
    task = project.tasks[answer.task]
    ops = {name: word_ops(getattr(task, name), getattr(answer, name)) for name in changed_spans(task, answer)}
    part = "decided" if project.rulings().get(task.id) == answer else f"round {answer.round}"
    return {"task": task.id, "annotator": answer.annotator, "part": part, "at": answer.at, "ops": ops}
