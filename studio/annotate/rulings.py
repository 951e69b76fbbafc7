"""Deciding what annotators cannot agree on: a named person, or a model where it is asked for (Appendix B.2)."""

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from annotation.answers import Answer, changed_spans, faults
from annotation.gold import letters
from annotation.project import RULINGS, Project, Results, WrongProject
from annotation.pseudonyms import check_pseudonym
from graphs.corrections import Verdict

if TYPE_CHECKING:
    from annotation.supervise import Decided


def rule(project: Project, task: str, who: str, verdict: Verdict, changes: dict[str, str], comment: str) -> Results:
    """Decide a disputed turn as a named person (Appendix B.2), or decide anew what a ruling decided; the last one counts.

    Args:
        changes: span -> text, of what is corrected; the other spans stay.

    Raises:
        WrongProject: nobody disagrees on the task, or the ruling has faults.
        ValueError: the name is no pseudonym.
    """
    check_pseudonym(who)
    check_disputed(project, task)
    spans = project.tasks[task].spans._asdict() | changes
    ruling = Answer.model_validate(
        {"task": task, "annotator": who, "verdict": verdict, "comment": comment, "at": _now(), **spans}
    )
    if messages := ruling_faults(project, ruling):
        raise WrongProject(f"{task}: {'; '.join(messages)}")
    project.take([ruling], RULINGS)
    return project.write_results()


def let_stand(project: Project, task: str, letter: str, who: str, comment: str) -> Results:
    """Decide a disputed turn by letting one annotator's answer stand."""
    disputed = {one.task: dict(letters(one.answers)) for one in project.results().open}
    if letter not in disputed.get(task, {}):
        raise WrongProject(f"{project.path}: {task} has no open answer {letter}; look at it again")
    answer = disputed[task][letter]
    assert answer.verdict is not None
    changes = {} if answer.verdict == "drop" else answer.spans._asdict()
    return rule(project, task, who, answer.verdict, changes, comment or answer.comment)


def rule_by_model(
    project: Project,
    model: str,
    base_url: str | None,
    budget_usd: float | None,
    price: list[str] | None,
    *,
    discussed_only: bool = True,
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
            return await supervise(project, llm, model, discussed_only=discussed_only)
        finally:
            await llm.close()

    with ExitStack() as stack:
        embedded = model == MODEL_NAME and base_url is None
        url = stack.enter_context(start_process()) if embedded else base_url
        reach = Reach(base_url=url, concurrency=1, price=FREE if embedded else parse_prices(price)[0])
        check_reach({ROLE: model}, reach, budget_usd)
        return asyncio.run(ask(reach))


def check_disputed(project: Project, task: str) -> None:
    """Refuse a turn on which nobody disagrees; one that a ruling decided may be decided anew.

    Raises:
        WrongProject: says where the turn stands.
    """
    if task in project.rulings():
        return
    found = next((one for one in project.results().open if one.task == task), None)
    if found is None:
        raise WrongProject(f"{project.path}: {task} is not open; `kardia annotate status` lists what is")
    if found.is_waiting:
        raise WrongProject(f"{project.path}: {task} is not disputed: {'; '.join(found.reasons)}; wait for the others")


def ruling_faults(project: Project, ruling: Answer) -> list[str]:
    """What keeps a ruling from standing; it needs no scores, and what is typed must count."""
    task, rubric = project.tasks[ruling.task], project.pack.rubric
    changed = changed_spans(task, ruling)
    if ruling.verdict == "drop" and changed:
        return [f"verdict: says drop, but {', '.join(changed)} changed; choose corrected, or leave the change out"]
    return faults(task, ruling, project.pack.labels, list(rubric.criteria), rubric.scale, scores_wanted=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
