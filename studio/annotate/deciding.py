"""From the options of `kardia annotate adjudicate` to a decision: a person's, a model's, or a look at what is said."""

from collections.abc import Mapping
from typing import NamedTuple

from annotation.project import Project, Results, WrongProject
from annotation.supervise import Decided
from graphs.llm.prices import cost_text
from graphs.session import Interrupted
from studio.annotate.rulings import check_verdict, let_stand, rule
from studio.annotate.standing import dispute_text, disputes, standing, standing_text
from studio.annotate.supervising import estimated_rulings, rule_by_model
from studio.console import Exit, give, leave, plainly, talk
from studio.examining import Way, expected_text
from studio.progress_line import progress_line


class Ruling(NamedTuple):
    """What a person said of a turn, as it was typed."""

    task: str | None = None
    by: str | None = None
    letter: str | None = None
    """Of the answer that is to stand."""
    verdict: str | None = None
    changes: Mapping[str, str] = {}
    """Span -> text, of what is corrected."""
    comment: str = ""


def by_person(project: Project, said: Ruling, as_json: bool) -> None:
    """Decide one turn as a named person.

    Raises:
        WrongProject: something is missing, or contradicts something else; or the ruling cannot stand.
    """
    _rule(project, said)
    give(standing(project)._asdict(), as_json, lambda: standing_text(project))


def _rule(project: Project, said: Ruling) -> Results:
    if not said.task or not said.by:
        raise WrongProject(
            "name a TASK with --by NAME and --verdict correct, corrected or drop, or --let-stand LETTER; or a --model for all"
        )
    if said.letter is None:
        return rule(project, said.task, said.by, check_verdict(said.verdict), said.changes, said.comment)
    if said.verdict or said.changes:
        given = ", ".join(f"--{name}" for name in (*(["verdict"] if said.verdict else []), *said.changes))
        raise WrongProject(f"--let-stand: takes an answer as it is; leave out {given}, or --let-stand")
    return let_stand(project, said.task, said.letter.upper(), said.by, said.comment)


def show_dispute(project: Project, task: str, as_json: bool) -> None:
    """Show what annotators said of a disputed turn, under letters.

    Raises:
        WrongProject: nobody disagrees on it.
    """
    found = {one["task"]: one for one in disputes(project)}
    if task not in found:
        raise WrongProject(f"{project.path}: {task} is not disputed; `kardia annotate status` lists what is")
    give(found[task], as_json, lambda: plainly(dispute_text(project, found[task])))


def by_model(
    project: Project,
    model: str,
    way: Way,
    budget_usd: float | None,
    *,
    discussed_only: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Let a model decide, or say what that would take; leaves with the code that stands for how it ended."""
    if dry_run:
        found = estimated_rulings(project, model, way, budget_usd, discussed_only=discussed_only)
        give(found._asdict(), as_json, lambda: expected_text(found, model))
        return
    with progress_line("turns") as tell:
        decided = rule_by_model(project, model, way, budget_usd, tell, discussed_only=discussed_only)
    _give_decided(project, model, decided, as_json)


def _give_decided(project: Project, model: str, decided: Decided, as_json: bool) -> None:
    progress, stopped = decided.progress, decided.stopped
    data = {
        "rulings": progress.finished,
        "failed": decided.failed,
        "calls": progress.calls,
        "cost_usd": progress.paid_usd,
        "stopped": str(stopped) if stopped else None,
    }
    said = (
        f"{progress.finished} turns decided by {model}, {progress.failed} not; {progress.calls} calls, "
        f"{cost_text(progress.paid_usd)}"
    )
    lines = [said, *(f"{task}: {why}" for task, why in decided.failed.items())]
    give({**data, **standing(project)._asdict()}, as_json, lambda: "\n".join([*lines, standing_text(project)]))
    if stopped:
        talk(f"stopped: {stopped}")
        leave(Exit.INTERRUPTED if isinstance(stopped, Interrupted) else Exit.STOPPED)
    if decided.failed:
        leave(Exit.FINDINGS)
