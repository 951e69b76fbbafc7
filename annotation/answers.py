"""What annotators answer, and what is wrong with an answer: faults go back to who gave it, with a sentence."""

import re
from collections.abc import Collection
from typing import Literal

from pydantic import Field

from annotation.moments import Moment
from annotation.tasks import Task
from graphs.chat_tokens import chat_tokens
from graphs.corrections import Verdict
from graphs.rubric import Scale
from graphs.schema import Id, Line, Record, Text, one_line
from graphs.spans import SPAN_NAMES, Spans, strip_tags
from measure.identifiers import find_identifiers

Status = Literal["submitted", "draft", "discarded"]
LONGEST = 2_000
"""Characters that a changed text may have, or twice what stood there (our choice): to compare far longer ones takes minutes."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
    "\U000e0000-\U000e007f]|(?<![^\x00-\x7f])[\u200c\u200d]"
)
"""Control characters, those without width, and those that turn the reading direction round: what is read would not be
what is trained on. Joiners stay where they join: after an emoji, or a letter of a script that needs them."""


class Answer(Record):
    """One annotator's answer to one task, in one round. The annotator is a pseudonym."""

    task: Id
    annotator: Id
    round: int = Field(default=1, ge=1)
    status: Status = "submitted"
    understanding: Text = ""
    reasoning: Text = ""
    emotion: str = ""
    response: Text = ""
    scores: dict[str, int] = Field(default_factory=dict)
    verdict: Verdict | None = None
    comment: Line = ""
    at: Moment = ""
    """When it was given, ISO 8601; empty where the way it came by does not say."""

    @property
    def spans(self) -> Spans:
        return Spans(self.understanding, self.reasoning, self.emotion, self.response)

    @property
    def key(self) -> tuple[str, str, int]:
        """One annotator answers a task once in a round; a later answer takes the place of an earlier one."""
        return self.task, self.annotator, self.round


def changed_spans(task: Task, answer: Answer) -> tuple[str, ...]:
    """Names of the spans that an answer changes; white space at the ends and line breaks do not count."""
    pairs = zip(SPAN_NAMES, task.spans, answer.spans, strict=True)
    return tuple(name for name, old, new in pairs if one_line(old) != one_line(new))


def faults(
    task: Task,
    answer: Answer,
    labels: Collection[str],
    criteria: Collection[str],
    scale: Scale,
    *,
    scores_wanted: bool = True,
) -> list[str]:
    """Everything that keeps a submitted answer from standing, each as a sentence to its annotator.

    Args:
        scores_wanted: whether every criterion needs a score; a ruling goes without.
    """
    if answer.status != "submitted":
        return []
    if answer.verdict is None:
        return ["verdict: choose correct, corrected or drop"]
    if unusable := _endless(task, answer) + _unseen(task, answer) + _unfit(task, answer):
        return unusable
    odd = _odd_scores(answer, criteria, scale)
    if answer.verdict == "drop":
        return ([] if answer.comment else ["comment: say in a few words why the turn is dropped"]) + odd
    missing = [name for name in criteria if scores_wanted and name not in answer.scores]
    found = _span_faults(answer, labels) + [f"{name}: no score from {scale.min} to {scale.max}" for name in missing]
    return found + odd or _contradictions(task, answer)


def _span_faults(answer: Answer, labels: Collection[str]) -> list[str]:
    texts = answer.spans._asdict()
    found = [f"{name}: is empty; write it, or choose drop" for name, text in texts.items() if not text.strip()]
    found += [
        f"{name}: holds a span tag; take it out" for name, text in texts.items() if strip_tags(text) != text.strip()
    ]
    if answer.emotion and answer.emotion not in labels:
        found.append(f"emotion: {answer.emotion!r} is not one of the labels")
    return found


def _contradictions(task: Task, answer: Answer) -> list[str]:
    """Where the verdict says otherwise than the spans."""
    changed = changed_spans(task, answer)
    if answer.verdict == "correct" and changed:
        return [f"verdict: says correct, but {', '.join(changed)} changed; choose corrected, or undo the change"]
    if answer.verdict == "corrected" and not changed:
        return ["verdict: says corrected, but nothing is changed; correct it, or choose correct"]
    return []


def _written(task: Task, answer: Answer) -> dict[str, tuple[str, str]]:
    """What the annotator wrote: by name, what stood there before, and what stands there now."""
    spans = {name: (getattr(task, name), getattr(answer, name)) for name in changed_spans(task, answer)}
    return {**spans, "comment": ("", answer.comment)}


def _endless(task: Task, answer: Answer) -> list[str]:
    """Texts that are too long; what stood there before may stay as it is."""
    return [
        f"{name}: {len(text):,} characters; shorten it to {LONGEST:,}"
        for name, (before, text) in _written(task, answer).items()
        if len(text) > max(LONGEST, 2 * len(before))
    ]


def _unseen(task: Task, answer: Answer) -> list[str]:
    return [
        f"{name}: holds signs that nobody sees (U+{ord(found[0]):04X}); write it anew"
        for name, (_, text) in _written(task, answer).items()
        if (found := _UNSEEN.search(text))
    ]


def _unfit(task: Task, answer: Answer) -> list[str]:
    """What the check of a release would find in the words of people, when nothing can be sent back any more."""
    written = {name: text for name, (_, text) in _written(task, answer).items()}
    tokens = [
        f"{name}: holds {found[0]}, which a model may obey; write it otherwise"
        for name, text in written.items()
        if (found := chat_tokens(strip_tags(text)))
    ]
    return tokens + [
        f"{name}: holds an identifier ({found[0].kind}) at character {found[0].start}; write it without what leads to a person"
        for name, text in written.items()
        if (found := [one for one in find_identifiers(text) if one.kind != "name"])
    ]


def _odd_scores(answer: Answer, criteria: Collection[str], scale: Scale) -> list[str]:
    outside = [name for name, score in answer.scores.items() if not scale.min <= score <= scale.max]
    unknown = [name for name in answer.scores if name not in criteria]
    return [f"{name}: {answer.scores[name]} is outside {scale.min} to {scale.max}" for name in outside] + [
        f"{name}: is no criterion of the pack" for name in unknown
    ]
