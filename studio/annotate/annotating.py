"""Annotation projects as the command line and the pages use them: tasks out, answers in, where it stands, what is open."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from annotation.answers import Answer, changed_spans
from annotation.gold import letters
from annotation.project import CORRECTED, RULINGS, Added, Project, Results, WrongProject, push
from annotation.tasks import only, tasks_of
from graphs.corrections import Verdict
from graphs.runs import TRAJECTORIES, open_run
from graphs.spans import SPAN_NAMES
from graphs.word_diff import word_ops
from personas.anonymise import pseudonym_key
from studio.workspace import Workspace

if TYPE_CHECKING:
    from annotation.argilla_port import Argilla
    from annotation.boards import Pulled, Pushed
    from annotation.supervise import Decided


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


def push_runs(project: Path, runs: Iterable[Path], overlap: int, dialogues: int | None = None) -> Added:
    """Add the test dialogues of runs to a project."""
    added = Added(0, 0)
    opened = [(path, open_run(path)) for path in runs]
    for path, run in opened:
        if run.config.person_spoke:
            raise WrongProject(f"{path}: a person spoke as the user here; their words are shown to nobody")
        if not (run.path / TRAJECTORIES).is_file():
            raise WrongProject(f"{path}: no {TRAJECTORIES} yet; finish the run, or write it with `kardia synth export`")
    for path, run in opened:
        now = push(project, only(tasks_of(run, path.name), dialogues), run, overlap)
        added = Added(added.tasks + now.tasks, added.new + now.new)
    if not added.tasks:
        raise WrongProject("no test dialogue of these runs passed screening; nothing to annotate")
    return added


def push_to(argilla: "Argilla", project: Project, workspace: Workspace) -> "Pushed":
    """Bring a project to an Argilla, under the project's name."""
    from annotation.boards import push_board

    return push_board(argilla, project, project.path.name, pseudonyms(workspace))


def pull_from(argilla: "Argilla", project: Project, workspace: Workspace) -> "Pulled":
    """Take answers in, settle what can be settled, and send back what is disputed or cannot stand."""
    from annotation.boards import pull_board

    pulled = pull_board(argilla, project, project.path.name, pseudonyms(workspace))
    results = project.write_results()
    if results.faults or any(not one.is_waiting for one in results.open):
        push_to(argilla, project, workspace)
    return pulled


def pulled_text(pulled: "Pulled") -> str:
    """What a pull did, for a terminal and a page."""
    said = f"{pulled.submitted} submitted, {pulled.drafts} drafts, {pulled.discarded} discarded"
    gone = f"; {pulled.gone} of accounts that are gone: they count as before" if pulled.gone else ""
    kept = (
        f"\n{pulled.kept} answers that this Argilla does not have (deleted, or from files) stay" if pulled.kept else ""
    )
    return f"{pulled.taken} answers new or changed, of {said}{gone}{kept}"


def check_overlap(overlap: int, annotators: int | None) -> None:
    """Refuse an overlap for which there are too few annotators.

    Raises:
        WrongProject: names the option.
    """
    if annotators is not None and overlap > annotators:
        raise WrongProject(
            f"--overlap: {overlap} annotators for each turn, and --annotators says {annotators}; lower the one or raise the other"
        )


def pseudonyms(workspace: Workspace) -> Callable[[str], str]:
    """Names under which answers are kept: the same for the same person, and nobody's to undo without the key."""
    key = pseudonym_key(workspace.root)
    return lambda user: f"ann-{hmac.new(key, f'annotator {user}'.encode(), hashlib.sha256).hexdigest()[:8]}"


def take_file(project: Project, path: Path, annotator: str, round_: int) -> tuple[int, Results]:
    """Take in what an annotator filled in."""
    from annotation.files import read_answers

    taken = project.take(read_answers(path, annotator, round_=round_, at=_now()))
    return taken, project.write_results()


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
    return "\n".join([*lines, f"corrections: {project.path / CORRECTED}"])


def rule(project: Project, task: str, who: str, verdict: Verdict, changes: dict[str, str], comment: str) -> Results:
    """Decide an open turn as a named person (Appendix B.2).

    Args:
        changes: span -> text, of what is corrected; the other spans stay.

    Raises:
        WrongProject: the task is not open, or the ruling has faults.
    """
    open_tasks = {one.task for one in project.results().open}
    if task not in open_tasks:
        raise WrongProject(f"{project.path}: {task} is not open; `kardia annotate status` lists what is")
    spans = project.tasks[task].spans._asdict() | changes
    ruling = Answer(task=task, annotator=who, verdict=verdict, comment=comment, at=_now()).model_copy(update=spans)
    messages = [message for message in project.faults(ruling) if "score" not in message]
    if messages:
        raise WrongProject(f"{task}: {'; '.join(messages)}")
    project.take([ruling], RULINGS)
    return project.write_results()


def let_stand(project: Project, task: str, letter: str, who: str, comment: str) -> Results:
    """Decide a disputed turn by letting one annotator's answer stand."""
    disputed = {one.task: dict(letters(one.answers)) for one in project.results().open}
    if letter not in disputed.get(task, {}):
        raise WrongProject(f"{project.path}: {task} has no open answer {letter}; look at it again")
    answer = disputed[task][letter]
    changes = {name: getattr(answer, name) for name in SPAN_NAMES}
    assert answer.verdict is not None
    return rule(project, task, who, answer.verdict, changes, comment or answer.comment)


def rule_by_model(
    project: Project, model: str, base_url: str | None, budget_usd: float | None, price: list[str] | None
) -> "Decided":
    """Let a supervising model decide what is still disputed after the discussion (Appendix B.2)."""
    import asyncio

    from annotation.supervise import ROLE, supervise
    from graphs.llm.build import Reach, build_llm, check_reach
    from graphs.llm.limits import Budget
    from graphs.llm.prices import FREE
    from graphs.offline import MODEL_NAME
    from graphs.offline.server import start_process
    from studio.options import parse_prices

    async def ask(reach: Reach) -> "Decided":
        llm = build_llm({ROLE: model}, reach, Budget(budget_usd))
        try:
            return await supervise(project, llm, model)
        finally:
            await llm.close()

    with ExitStack() as stack:
        embedded = model == MODEL_NAME and base_url is None
        url = stack.enter_context(start_process()) if embedded else base_url
        reach = Reach(base_url=url, concurrency=1, price=FREE if embedded else parse_prices(price)[0])
        check_reach({ROLE: model}, reach, budget_usd)
        return asyncio.run(ask(reach))


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


def correction_diffs(project: Project) -> list[dict[str, Any]]:
    """Every answer that changed a span and can stand, with the words that changed, the last given first."""
    rows: list[dict[str, Any]] = []
    for answer in project.answers():
        task = project.tasks[answer.task]
        if answer.status != "submitted" or project.faults(answer):
            continue
        if changed := changed_spans(task, answer):
            ops = {name: word_ops(getattr(task, name), getattr(answer, name)) for name in changed}
            rows.append({"task": task.id, "annotator": answer.annotator, "at": answer.at, "ops": ops})
    return sorted(rows, key=lambda row: row["at"], reverse=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
