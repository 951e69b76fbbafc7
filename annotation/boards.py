"""A project on an Argilla: a data set for the first round, and for each annotator those of what comes back to them.

What comes back stands in a workspace of that annotator alone: Argilla shows a workspace's records to everybody in it.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from annotation.answers import Answer
from annotation.argilla_port import Argilla, Dataset
from annotation.files import SCORE
from annotation.forms import Form, PulledRecord, RawAnswer
from annotation.gold import Open
from annotation.naming import WORKSPACE, round_name
from annotation.project import Fault, Project, Results, WrongProject
from annotation.pseudonyms import Pseudonym
from annotation.shown import OVER, closed_record, discussed_record, first_form, later_form, returned_record, task_record
from graphs.spans import SPAN_NAMES

_OWN = f"{WORKSPACE}-"
"""How the workspace of a single annotator begins; the account's id ends it, for a name may be given again."""
_TALK, _MEND = "What the annotators said", "What is to be mended"


class Pushed(NamedTuple):
    """How many turns went to Argilla for the first time or again, to be discussed, and back to be mended."""

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
    foreign: int
    """Answers to records that are none of this project's; they are passed over."""


def push_board(argilla: Argilla, project: Project, name: str, pseudonym: Pseudonym) -> Pushed:
    """Bring a project's tasks to an Argilla, and what comes back to its annotators.

    Records carry no answers of people, so nothing that was answered there is touched.
    """
    first = argilla.ensure_dataset(WORKSPACE, round_name(name, 1), first_form(project.pack, project.overlap))
    tasks = argilla.upsert(first, map(task_record, project.tasks.values()))
    return push_again(argilla, project, name, pseudonym)._replace(tasks=tasks)


def push_again(argilla: Argilla, project: Project, name: str, pseudonym: Pseudonym) -> Pushed:
    """Bring each annotator the turns on which they disagree with others, and those of their answers that cannot stand.

    What came from files, or from people who are not let in any more, is not sent back there.
    """
    results, inside = project.results(), argilla.members(WORKSPACE)
    common = later_form(project.pack, _TALK)._replace(overlap=project.overlap)
    _close(argilla, project, WORKSPACE, round_name(name, 2), common)
    turns, returned = set[str](), 0
    for user, account in argilla.users(WORKSPACE).items():
        if account in inside:
            talk, mend = _theirs(results, pseudonym(user))
            own = f"{_OWN}{account}-{user[:8]}"
            if talk or mend:
                argilla.let_in(user, account, own)
            _bring(argilla, project, name, own, pseudonym(user), talk, mend)
            turns |= {one.task for one in talk}
            returned += len(mend)
    return Pushed(0, len(turns), returned)


def pull_board(argilla: Argilla, project: Project, name: str, pseudonym: Pseudonym) -> Pulled:
    """Take in every answer from an Argilla; what is no longer there stays in the project.

    Raises:
        WrongProject: the project's data set is not there.
    """
    found, nobodys, foreign = list[Answer](), 0, 0
    for dataset, round_ in _boards(argilla, project, name):
        for record in argilla.records(dataset):
            task, given_in = _meant(record.external_id, round_)
            if task not in project.tasks:
                foreign += len(record.answers)
                continue
            given = _given(record)
            found += (_answer(task, pseudonym, given_in, raw) for raw in given)
            nobodys += sum(raw.user is None for raw in given)
    taken, counts = project.take(found), Counter(answer.status for answer in found)
    kept = {answer.key for answer in project.answers()} - {answer.key for answer in found}
    return Pulled(taken, counts["submitted"], counts["draft"], counts["discarded"], nobodys, len(kept), foreign)


def returned_name(name: str) -> str:
    """The data set of what goes back to an annotator."""
    return f"{name}-returned"


def _boards(argilla: Argilla, project: Project, name: str) -> Iterator[tuple[Dataset, int]]:
    """A project's data sets, and to which round an answer there belongs; the second round was open to all once."""
    first = argilla.dataset(WORKSPACE, round_name(name, 1))
    if first is None:
        raise WrongProject(
            f"{project.path}: no data set {round_name(name, 1)} in this Argilla; name the one that it was pushed to with --url, "
            "or push it here first"
        )
    yield first, 1
    own = (workspace for workspace in argilla.workspaces() if workspace.startswith(_OWN))
    for workspace in (WORKSPACE, *own):
        for board, round_ in ((round_name(name, 2), 2), (returned_name(name), 1)):
            if dataset := argilla.dataset(workspace, board):
                yield dataset, round_


def _theirs(results: Results, who: str) -> tuple[list[Open], list[Fault]]:
    """The disputes that somebody has a part in, and their answers that cannot stand."""
    disputed = [one for one in results.open if not one.is_waiting]
    talk = [one for one in disputed if who in {answer.annotator for answer in one.answers}]
    return talk, [fault for fault in results.faults if fault.answer.annotator == who]


def _bring(
    argilla: Argilla, project: Project, name: str, workspace: str, who: str, talk: Sequence[Open], mend: Sequence[Fault]
) -> None:
    talks = [discussed_record(project, one, who) for one in talk]
    mends = [returned_record(project, fault) for fault in mend]
    for board, title, records in ((round_name(name, 2), _TALK, talks), (returned_name(name), _MEND, mends)):
        form = later_form(project.pack, title)
        if records:
            argilla.upsert(argilla.ensure_dataset(workspace, board, form), records)
        _close(argilla, project, workspace, board, form, {record.external_id for record in records})


def _close(
    argilla: Argilla, project: Project, workspace: str, board: str, form: Form, still: Collection[str] = ()
) -> None:
    """Say of what came back, and is asked no more, that it needs no answer; what was answered there stays as it is."""
    if argilla.dataset(workspace, board) is None:
        return
    dataset = argilla.ensure_dataset(workspace, board, form)
    asked = {record.external_id for record in argilla.records(dataset) if _asks(record)}
    over = ((project.tasks.get(_meant(external_id, 1)[0]), external_id) for external_id in asked.difference(still))
    argilla.upsert(dataset, [closed_record(task, external_id) for task, external_id in over if task])


def _asks(record: PulledRecord) -> bool:
    """Whether a record that came back still waits for an answer; a draft is none."""
    return not _is_over(record) and all(raw.status != "submitted" for raw in record.answers)


def _is_over(record: PulledRecord) -> bool:
    """Whether its annotator was told that a record needs no answer any more."""
    return record.fields.get("said") == OVER


def _given(record: PulledRecord) -> list[RawAnswer]:
    """The answers to a record.

    A draft or discard takes nothing back where the record is over, as its text asks, nor where an answer came back:
    until it is mended, here or where it was given, it stands and is told.
    """
    is_final = _is_over(record) or _came_back(record.external_id)
    return [raw for raw in record.answers if raw.status == "submitted" or not is_final]


def _came_back(external_id: str) -> bool:
    return "." in external_id


def _meant(external_id: str, round_: int) -> tuple[str, int]:
    """The task that a record is of, and the round to which answers belong; a returned answer's record says its own."""
    task, _, rest = external_id.partition(".")
    said = rest.partition(".")[0]
    return task, int(said) if said.isdecimal() else round_


def _answer(task: str, pseudonym: Pseudonym, round_: int, raw: RawAnswer) -> Answer:
    values = raw.values
    return Answer(
        task=task,
        annotator=pseudonym(raw.user_id or raw.user or "gone"),
        round=round_,
        status=raw.status,
        **{name: str(values.get(name) or "").strip() for name in SPAN_NAMES},  # the page leaves a line break behind
        scores={name[len(SCORE) :]: value for name, value in values.items() if name.startswith(SCORE)},
        verdict=values.get("verdict"),
        comment=str(values.get("comment") or ""),
        at=min(raw.at, datetime.now(UTC)).isoformat(timespec="seconds"),  # a server's clock may be ahead
    )
