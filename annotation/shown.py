"""What annotators see of a project in Argilla: the form, and the records of each round.

Of a dialogue no record says how long it is: one that ended before its last possible turn was solved (paper §3.1).
"""

from collections.abc import Mapping
from typing import Any

from annotation.files import SCORE, Again
from annotation.forms import Field, Form, Property, PushedRecord, Question
from annotation.gold import Open, letters, said_text
from annotation.guidelines import guidelines
from annotation.project import Fault, Project
from annotation.tasks import Task
from graphs.packs import Pack
from graphs.schema import canonical, digest
from graphs.spans import SPAN_NAMES

OVER = (
    "You need not answer this any more: it was decided, you have mended it elsewhere, or it stands in a list of your own "
    "now. Discard it (Backspace)."
)


def first_form(pack: Pack, overlap: int) -> Form:
    """The form of the first round."""
    texts = {name: Question(name, name.capitalize(), "text") for name in SPAN_NAMES if name != "emotion"}
    label = Question("emotion", "Emotion", "label_selection", tuple(pack.settings.labels))
    scale = range(pack.rubric.scale.min, pack.rubric.scale.max + 1)
    scores = (
        Question(SCORE + name, name.replace("_", " ").capitalize(), "rating", tuple(scale), criterion.question)
        for name, criterion in pack.rubric.criteria.items()
    )
    return Form(
        guidelines=guidelines(pack),
        fields=(Field("persona", "The person"), Field("situation", "What happened"), Field("dialogue", "Dialogue so far", "chat")),
        questions=(
            *(texts.get(name, label) for name in SPAN_NAMES),
            *scores,
            Question("verdict", "Verdict", "label_selection", ("correct", "corrected", "drop")),
            Question("comment", "Comment", "text", required=False),
        ),
        properties=(Property("turn", "Turn", "integer"), Property("mbti", "MBTI")),
        overlap=overlap,
    )  # fmt: skip


def later_form(pack: Pack, title: str) -> Form:
    """The form of what comes back to one annotator: what was said before stands above everything else."""
    form = first_form(pack, 1)
    return form._replace(fields=(Field("said", title), *form.fields))


def task_record(task: Task) -> PushedRecord:
    """A turn as it is shown first: the spans are prefilled, and nothing that would be agreed to."""
    dialogue = [{"role": one.by, "content": one.text or "(nothing)"} for one in task.dialogue]
    fields: dict[str, Any] = {"persona": task.persona, "situation": task.situation, "dialogue": dialogue}
    prefilled = {name: text for name, text in task.spans._asdict().items() if text}
    return PushedRecord(task.id, fields, prefilled, {"turn": task.turn, "mbti": task.mbti or "unknown"})


def discussed(project: Project, one: Open, who: str) -> Again:
    """What each annotator said of a disputed turn under a letter, and the answer of the one who reads it."""
    letter, mine = next((letter, answer) for letter, answer in letters(one.answers) if answer.annotator == who)
    said = [said_text(one), "", f"You are annotator {letter}.", *_as_found(project.tasks[one.task])]
    return Again("\n".join(said), mine)


def discussed_record(project: Project, one: Open, who: str) -> PushedRecord:
    """A task on which an annotator disagrees with others, with what each of them said and their own answer."""
    return _again(project, discussed(project, one, who), one.task)


def returned_record(project: Project, fault: Fault) -> PushedRecord:
    """An answer that cannot stand, as its annotator gave it, with what is to be mended."""
    answer = fault.answer
    said = ["This answer of yours cannot stand:", *(f"- {message}" for message in fault.messages)]
    same = digest([answer.task, answer.annotator, canonical(answer.model_dump(mode="json")).decode()])[:12]
    external_id = f"{answer.task}.{answer.round}.{same}"
    told = "\n".join([*said, *_as_found(project.tasks[answer.task])])
    return _again(project, Again(told, answer), external_id)


def closed_record(task: Task, external_id: str) -> PushedRecord:
    """A turn that came back once and needs no answer any more."""
    record = task_record(task)
    return record._replace(external_id=external_id, fields={"said": OVER, **record.fields})


def _again(project: Project, again: Again, external_id: str) -> PushedRecord:
    """A task that comes back to an annotator, with all that they answered before."""
    answer = again.answer
    record = task_record(project.tasks[answer.task])
    given = {
        **answer.spans._asdict(),
        **{SCORE + name: score for name, score in answer.scores.items()},
        "verdict": answer.verdict,
        "comment": answer.comment,
    }
    return record._replace(
        external_id=external_id,
        fields={"said": again.said, **record.fields},
        prefilled={**record.prefilled, **_answerable(project.pack, given)},
    )


def _answerable(pack: Pack, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the form can take of an answer; files may bring other labels and scores."""
    options = {question.name: question.options for question in first_form(pack, 1).questions}
    return {
        name: value
        for name, value in given.items()
        if value and name in options and (not options[name] or value in options[name])
    }


def _as_found(task: Task) -> list[str]:
    spans = [f"{name.capitalize()}: {text or '(nothing)'}" for name, text in task.spans._asdict().items()]
    return ["", "The reply as you found it:", *spans]
