"""A project on an Argilla: a data set for each round, and one for each annotator whose answers go back.

What goes back stands in a workspace of that annotator alone: Argilla shows a workspace's records to everybody in it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from annotation.answers import Answer
from annotation.argilla_port import Argilla
from annotation.files import SCORE
from annotation.forms import Field, Form, Property, PulledRecord, PushedRecord, Question, RawAnswer
from annotation.gold import Open, answer_lines, letters
from annotation.guidelines import guidelines
from annotation.project import Fault, Project
from annotation.tasks import Task
from graphs.packs import Pack
from graphs.schema import canonical, digest
from graphs.spans import SPAN_NAMES

WORKSPACE = "kardia"
RETURNED = "returned"
_OWN = f"{WORKSPACE}-"
"""How the workspace of a single annotator begins; the account's id ends it, for a name may be given again."""
Pseudonym = Callable[[str], str]
"""From an Argilla user's id to the name under which their answers are kept."""


class Pushed(NamedTuple):
    """How many records went to each data set."""

    tasks: int
    second_round: int
    returned: int


class Pulled(NamedTuple):
    """What a pull found in Argilla, and what it made of it."""

    taken: int
    """Answers that are new or changed."""
    submitted: int
    drafts: int
    discarded: int
    gone: int
    """Of these, answers of accounts that are no longer there; they count as they did."""
    kept: int
    """Answers that the project has and Argilla has not: of users deleted there, or imported from files. They stay."""


def push_board(argilla: Argilla, project: Project, name: str, pseudonym: Pseudonym) -> Pushed:
    """Bring a project's tasks to an Argilla: all of them, those to be discussed, and answers that cannot stand.

    Records carry no answers of people, so nothing that was answered there is touched. What came from files, or from
    people who are not let in any more, is not sent back there.
    """
    form = _form(project.pack, project.overlap)
    first = argilla.ensure_dataset(WORKSPACE, board_name(name, 1), form)
    tasks = argilla.upsert(first, (_record(task) for task in project.tasks.values()))
    results = project.results()
    disputed = [one for one in results.open if not one.is_waiting]
    discussed = [_discussed(project, one) for one in disputed]
    more = _more(form, "What the annotators said")
    second = _push_more(argilla, WORKSPACE, board_name(name, 2), more, discussed)
    return Pushed(tasks, second, _push_back(argilla, project, name, form, results.faults, pseudonym))


def pull_board(argilla: Argilla, project: Project, name: str, pseudonym: Pseudonym) -> Pulled:
    """Take in every answer from an Argilla; what is no longer there stays in the project."""
    found: list[Answer] = []
    nobodys = 0
    own = [(space, RETURNED, 1) for space in argilla.workspaces() if space.startswith(_OWN)]
    for workspace, part, round_ in ((WORKSPACE, 1, 1), (WORKSPACE, 2, 2), *own):
        dataset = argilla.dataset(workspace, board_name(name, part))
        for record in argilla.records(dataset) if dataset else ():
            found += _of_record(record, pseudonym, round_)
            nobodys += sum(raw.user is None for raw in record.answers)
    taken, counts = project.take(found), Counter(answer.status for answer in found)
    kept = {answer.key for answer in project.answers()} - {answer.key for answer in found}
    return Pulled(taken, counts["submitted"], counts["draft"], counts["discarded"], nobodys, len(kept))


def board_name(name: str, part: int | str) -> str:
    """The data set of a project's round, or of what goes back."""
    return f"{name}-{RETURNED}" if part == RETURNED else f"{name}-round-{part}"


def _push_more(argilla: Argilla, workspace: str, name: str, form: Form, records: Sequence[PushedRecord]) -> int:
    if not records and argilla.dataset(workspace, name) is None:
        return 0
    return argilla.upsert(argilla.ensure_dataset(workspace, name, form), records)


def _push_back(
    argilla: Argilla, project: Project, name: str, form: Form, faults: Sequence[Fault], pseudonym: Pseudonym
) -> int:
    if not faults:
        return 0
    mended, inside, sent = _more(form._replace(overlap=1), "What is to be mended"), argilla.members(WORKSPACE), 0
    for user, account in argilla.users(WORKSPACE).items():
        theirs = [_returned(project, fault) for fault in faults if fault.answer.annotator == pseudonym(user)]
        if theirs and account in inside:
            own = f"{_OWN}{account}-{user[:8]}"
            argilla.let_in(user, account, own)
            sent += _push_more(argilla, own, board_name(name, RETURNED), mended, theirs)
    return sent


def _form(pack: Pack, overlap: int) -> Form:
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
        properties=(Property("turn", "Turn", "integer"), Property("turns", "Turns", "integer"), Property("mbti", "MBTI")),
        overlap=overlap,
    )  # fmt: skip


def _more(form: Form, title: str) -> Form:
    """The form of a later round: what was said before stands above everything else."""
    return form._replace(fields=(Field("said", title), *form.fields))


def _record(task: Task, external_id: str | None = None, said: str | None = None) -> PushedRecord:
    dialogue = [{"role": one.by, "content": one.text or "(nothing)"} for one in task.dialogue]
    fields: dict[str, Any] = {"persona": task.persona, "situation": task.situation, "dialogue": dialogue}
    metadata: dict[str, Any] = {"turn": task.turn, "turns": task.turns, "mbti": task.mbti or "unknown"}
    if said is not None:
        fields = {"said": said, **fields}
    prefilled = {name: text for name, text in task.spans._asdict().items() if text}
    return PushedRecord(external_id or task.id, fields, prefilled, metadata)


def _discussed(project: Project, one: Open) -> PushedRecord:
    """A task on which annotators disagree, with what each of them said under a letter."""
    lines = [f"You disagree on {'; '.join(one.reasons)}."]
    for letter, answer in letters(one.answers):
        lines += ["", *answer_lines(letter, answer)]
    return _record(project.tasks[one.task], said="\n".join(lines))


def _returned(project: Project, fault: Fault) -> PushedRecord:
    """An answer that cannot stand, with what its annotator wrote and what is to be mended."""
    answer, task = fault.answer, project.tasks[fault.answer.task]
    mine = task.model_copy(update={name: text for name, text in answer.spans._asdict().items() if text})
    said = "\n".join(["This answer of yours cannot stand:", *(f"- {message}" for message in fault.messages)])
    same = digest([answer.task, answer.annotator, canonical(answer.model_dump(mode="json")).decode()])[:12]
    return _record(mine, f"{answer.task}.{answer.round}.{same}", said)


def _of_record(record: PulledRecord, pseudonym: Pseudonym, round_: int) -> Iterable[Answer]:
    task, _, rest = record.external_id.partition(".")
    for raw in record.answers:
        who = pseudonym(raw.user_id or raw.user or "gone")
        yield _answer(task, who, int(rest.split(".")[0]) if rest else round_, raw)


def _answer(task: str, who: str, round_: int, raw: RawAnswer) -> Answer:
    values = raw.values
    return Answer(
        task=task,
        annotator=who,
        round=round_,
        status=raw.status,
        **{name: str(values.get(name) or "").strip() for name in SPAN_NAMES},  # the page leaves a line break behind
        scores={name[len(SCORE) :]: value for name, value in values.items() if name.startswith(SCORE)},
        verdict=values.get("verdict"),
        comment=str(values.get("comment") or ""),
        at=raw.last_at.isoformat(timespec="seconds"),
    )
