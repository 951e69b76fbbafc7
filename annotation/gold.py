"""From answers to the gold turn: agreement, a second round, and who decides what stays open (Appendix B.2)."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from string import ascii_uppercase
from typing import NamedTuple

from annotation.answers import Answer, changed_spans
from annotation.tasks import Origin, Task
from graphs.corrections import By, CorrectedTurn, Judgement, reply_sha256
from graphs.schema import digest
from graphs.spans import render_spans
from graphs.word_diff import marked_words

TOLERANCE = 1
"""Scores of one criterion may lie so far apart before it counts as a disagreement (our choice; B.2 gives no figure)."""


class Open(NamedTuple):
    """A turn that is not settled yet, and why."""

    task: str
    reasons: tuple[str, ...]
    answers: tuple[Answer, ...]
    round: int
    """The last round that every annotator has answered; 0 where answers are still missing in the first."""

    @property
    def is_waiting(self) -> bool:
        return self.round == 0


def settle(
    task: Task,
    origin: Origin,
    answers: Sequence[Answer],
    overlap: int,
    ruling: Answer | None = None,
    *,
    model: bool = False,
) -> CorrectedTurn | Open:
    """The gold turn, or why there is none yet.

    Args:
        answers: submitted and without faults, at most one for each annotator and round.
        overlap: how many annotators look at each turn.
        ruling: what a named person or a model decided; it ends the matter.
        model: whether that was a model.
    """
    latest = tuple(_latest(_heard(answers)).values())
    if ruling is not None:
        return _gold(task, origin, ruling, "model" if model else "person", [*answers, ruling])
    if len(latest) < overlap:
        return Open(task.id, (f"{len(latest)} of {overlap} annotators have answered",), latest, 0)
    if reasons := disagreements(latest):
        return Open(task.id, reasons, latest, min(answer.round for answer in latest))
    by: By = "one" if len(latest) == 1 else "agreement" if all(a.round == 1 for a in latest) else "discussion"
    return _gold(task, origin, _central(latest), by, answers)


def disagreements(answers: Sequence[Answer]) -> tuple[str, ...]:
    """On what annotators disagree: the verdict, the label, or a criterion by more than the tolerance."""
    verdicts = sorted({str(answer.verdict) for answer in answers})
    if len(verdicts) > 1:
        return (f"verdict: {', '.join(verdicts)}",)
    if verdicts == ["drop"]:
        return ()
    labels = sorted({answer.emotion for answer in answers})
    found = [f"emotion: {', '.join(labels)}"] if len(labels) > 1 else []
    for name in sorted({name for answer in answers for name in answer.scores}):
        scores = sorted(answer.scores[name] for answer in answers if name in answer.scores)
        if scores[-1] - scores[0] > TOLERANCE:
            found.append(f"{name}: {scores[0]} to {scores[-1]}")
    return tuple(found)


def letters(answers: Sequence[Answer]) -> list[tuple[str, Answer]]:
    """Answers under letters instead of names, for whoever discusses or decides.

    The order tells nothing, and stays when somebody answers anew: a letter that was read yesterday means the same today.
    """
    drawn = sorted(answers, key=lambda answer: digest([answer.task, answer.annotator]))
    return [(_letter(place), answer) for place, answer in enumerate(drawn)]


def answer_lines(letter: str, answer: Answer) -> list[str]:
    """What one annotator said, without who it was."""
    scores = ", ".join(f"{name} {score}" for name, score in answer.scores.items())
    lines = [
        f"Annotator {letter}: {answer.verdict}; emotion {answer.emotion}; {scores}",
        *(f"{name.capitalize()}: {text}" for name, text in answer.spans._asdict().items() if name != "emotion"),
    ]
    return [*lines, f"Comment: {answer.comment}"] if answer.comment else lines


def said_text(one: Open) -> str:
    """What a turn is disputed for, and what each annotator said of it under a letter."""
    lines = [f"You disagree on {'; '.join(one.reasons)}."]
    for letter, answer in letters(one.answers):
        lines += ["", *answer_lines(letter, answer)]
    return "\n".join(lines)


def _letter(place: int) -> str:
    """A to Z, then AA, AB and so on without end, as a spreadsheet names its columns."""
    before, last = divmod(place, len(ascii_uppercase))
    return (_letter(before - 1) if before else "") + ascii_uppercase[last]


def _heard(answers: Sequence[Answer]) -> list[Answer]:
    """Answers of those who answered the first round: the discussion is between those who disagree."""
    first = {answer.annotator for answer in answers if answer.round == 1}
    return [answer for answer in answers if answer.annotator in first]


def _latest(answers: Sequence[Answer]) -> Mapping[str, Answer]:
    """Each annotator's last word: the answer of the highest round."""
    return {answer.annotator: answer for answer in sorted(answers, key=lambda answer: (answer.round, answer.at))}


def _central(answers: Sequence[Answer]) -> Answer:
    """Of several corrections the one that is nearest to all others; the first given of equals."""
    texts = [render_spans(answer.spans).split() for answer in answers]
    near = [sum(_likeness(text, other) for other in texts) for text in texts]
    return min(zip(near, answers, strict=True), key=lambda pair: (-pair[0], pair[1].at, pair[1].annotator))[1]


def _likeness(text: list[str], other: list[str]) -> float:
    """How alike two texts are by their words, from 0 to 1."""
    return 1.0 if text == other else SequenceMatcher(None, text, other, autojunk=False).ratio()


def _gold(task: Task, origin: Origin, standing: Answer, by: By, answers: Sequence[Answer]) -> CorrectedTurn:
    assert standing.verdict is not None
    corrected = standing.verdict == "corrected"
    return CorrectedTurn(
        trajectory=origin.trajectory,
        turn=origin.turn,
        original_sha256=reply_sha256(origin.reply),
        verdict=standing.verdict,
        reply=render_spans(standing.spans) if corrected else origin.reply,
        by=by,
        history=tuple(_judgement(task, answer, by_model=by == "model" and answer is standing) for answer in answers),
    )


def _judgement(task: Task, answer: Answer, *, by_model: bool) -> Judgement:
    assert answer.verdict is not None
    changed = changed_spans(task, answer) if answer.verdict == "corrected" else ()
    return Judgement(
        who=answer.annotator,
        round=answer.round,
        verdict=answer.verdict,
        reply=render_spans(answer.spans),
        changed={name: marked_words(getattr(task, name), getattr(answer, name)) for name in changed},
        scores=answer.scores,
        comment=answer.comment,
        at=answer.at,
        by_model=by_model,
    )
