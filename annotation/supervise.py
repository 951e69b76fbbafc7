"""A supervising model decides what annotators could not agree on, only if asked for, and marked as such (Appendix B.2)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from annotation.answers import Answer
from annotation.gold import Open, answer_lines, letters
from annotation.project import Project, WrongProject
from annotation.tasks import Task
from graphs.llm.build import Reach, build_llm, check_reach
from graphs.llm.door import LLM
from graphs.llm.errors import Answer as ModelAnswer
from graphs.llm.errors import CallError, RunRefused, RunStopped
from graphs.llm.limits import Budget
from graphs.llm.prices import cost_usd
from graphs.prompts import Prompt, PromptWriter, draw_number
from graphs.rubric import OffFormat, SupervisorAnswer, read_json
from graphs.schema import digest
from graphs.spans import render_spans
from graphs.watching.progress import Progress
from measure.examination.session import CHARS_PER_TOKEN, ExaminationMeans, Expected, hours
from measure.examination.workers import each

ROLE = "supervisor"
MODEL_PREFIX = "model."
WRITTEN_TOKENS = 80
"""What a supervisor is taken to write: a reason of 40 words, and a letter."""


class Decided(NamedTuple):
    """What a model decided, and what it could not: a failed call is no decision."""

    progress: Progress
    failed: dict[str, str]
    """Task -> why."""
    stopped: RunStopped | None


def disputed(project: Project, *, discussed_only: bool) -> list[Open]:
    """Turns that are still disputed after every annotator has answered the second round; before it, people speak first.

    Args:
        discussed_only: False for every disputed turn, also where somebody has not answered again, or nobody has.
    """
    open_turns = [one for one in project.results().open if not one.is_waiting]
    return [one for one in open_turns if one.round >= 2 or not discussed_only]


def expected_rulings(project: Project, model: str, reach: Reach, *, discussed_only: bool) -> Expected:
    """What deciding would take: prompts are counted; an answer is taken to have WRITTEN_TOKENS.

    Raises:
        WrongProject: the pack has no supervisor.md.
    """
    writer, cases = _writer(project), disputed(project, discussed_only=discussed_only)
    prompts = [_prompt(writer, project.tasks[one.task], one) for one in cases]
    read = sum(len(prompt.system) + len(prompt.user) for prompt in prompts) // CHARS_PER_TOKEN
    written = len(cases) * WRITTEN_TOKENS
    done = sum(ruling.annotator == _name(model) for ruling in project.rulings().values())
    cost = cost_usd(model, ModelAnswer("", read, written), reach.price_of(ROLE))
    return Expected(len(cases), done, read, written, cost, hours(len(cases), written, reach.concurrency))


async def supervise(
    project: Project,
    model: str,
    means: ExaminationMeans,
    tell: Callable[[Progress], None] = lambda _: None,
    *,
    discussed_only: bool,
) -> Decided:
    """Ask a model to decide every turn that is still open after the discussion; what was decided is kept and written.

    Args:
        discussed_only: as of `disputed`.

    Raises:
        WrongProject: the pack has no supervisor.md.
        RunRefused: a key, model or address is wrong.
        UnknownPrice: a budget is set and the model's price is not known.
    """
    check_reach({ROLE: model}, means.reach, means.budget_usd)
    writer, cases, failed = _writer(project), disputed(project, discussed_only=discussed_only), dict[str, str]()
    llm = build_llm({ROLE: model}, means.reach, Budget(means.budget_usd))
    progress = Progress(len(cases), priced=means.reach.prices_all({ROLE: model}))

    async def decide(one: Open) -> None:
        progress.calls += 1
        try:
            if project.decide(await _decide(llm, writer, project.tasks[one.task], one, model), one):
                progress.finished += 1
            else:
                progress.failed += 1
                failed[one.task] = "people answered or decided it meanwhile; theirs stands"
        except RunRefused:
            raise
        except (CallError, OffFormat) as error:
            failed[one.task] = str(error)
            progress.failed += 1
        progress.cost_usd = llm.budget.spent_usd
        tell(progress)

    tell(progress)
    try:
        return Decided(progress, failed, await each(cases, decide, means.reach.concurrency, llm.stop))
    finally:
        project.write_results()
        await llm.close()


def _writer(project: Project) -> PromptWriter:
    if ROLE not in project.pack.templates:
        raise WrongProject(f"{project.path}: the pack has no supervisor.md; copy it from prompts/kardia")
    return PromptWriter(project.pack)


def _prompt(writer: PromptWriter, task: Task, one: Open) -> Prompt:
    key = digest([task.id, task.persona, task.situation])[:16]
    answers = "\n\n".join("\n".join(answer_lines(letter, answer)) for letter, answer in letters(one.answers))
    shown = {
        "persona": task.persona,
        "situation": task.situation,
        "dialogue": "\n".join(f"{said.by}: {said.text}" for said in task.dialogue),
        "reply": render_spans(task.spans),
        "answers": answers,
    }
    return writer.supervisor(key, shown)


async def _decide(llm: LLM, writer: PromptWriter, task: Task, one: Open, model: str) -> Answer:
    """The answer that a model lets stand, as its ruling."""
    said = await llm.complete(ROLE, _prompt(writer, task, one), draw_number(task.id, "supervisor"))
    found = read_json(said.text, SupervisorAnswer)
    by_letter = dict(letters(one.answers))
    if found.choice not in by_letter:
        raise OffFormat(f"choice: {found.choice!r} is none of {', '.join(by_letter)}")
    return _ruling(by_letter[found.choice], model, found.reason)


def _ruling(answer: Answer, model: str, reason: str) -> Answer:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return answer.model_copy(update={"annotator": _name(model), "comment": reason, "at": at, "round": 1})


def _name(model: str) -> str:
    """Under which name a model's rulings are kept."""
    return MODEL_PREFIX + "".join(char if char.isalnum() or char in "._-" else "-" for char in model)
