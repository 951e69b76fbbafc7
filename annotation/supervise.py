"""A supervising model decides what annotators could not agree on, only if asked for, and marked as such (Appendix B.2)."""

from datetime import UTC, datetime
from typing import NamedTuple

from annotation.answers import Answer
from annotation.gold import Open, answer_lines, letters
from annotation.project import RULINGS, Project, WrongProject
from annotation.tasks import Task
from graphs.llm.door import LLM
from graphs.llm.errors import CallError, RunRefused
from graphs.prompts import Prompt, PromptWriter, draw_number
from graphs.rubric import OffFormat, SupervisorAnswer, read_json
from graphs.schema import digest
from graphs.spans import render_spans

ROLE = "supervisor"
MODEL_PREFIX = "model."


class Decided(NamedTuple):
    """What a model decided, and what it could not: a failed call is no decision."""

    rulings: int
    failed: dict[str, str]
    """Task -> why."""


def disputed(project: Project, *, discussed_only: bool = True) -> list[Open]:
    """Turns that are still disputed after every annotator has answered the second round; before it, people speak first.

    Args:
        discussed_only: False for every disputed turn, also where somebody has not answered again, or nobody has.
    """
    open_turns = [one for one in project.results().open if not one.is_waiting]
    return [one for one in open_turns if one.round >= 2 or not discussed_only]


async def supervise(project: Project, llm: LLM, model: str, *, discussed_only: bool = True) -> Decided:
    """Ask a model to decide every turn that is still open after the discussion; what was decided is kept and written.

    Args:
        discussed_only: as of `disputed`.

    Raises:
        WrongProject: the pack has no supervisor.md.
        RunStopped, RunRefused: the budget is spent, the endpoint is gone or refuses us.
    """
    if "supervisor" not in project.pack.templates:
        raise WrongProject(f"{project.path}: the pack has no supervisor.md; copy it from prompts/kardia")
    writer, failed, rulings = PromptWriter(project.pack), dict[str, str](), 0
    try:
        for one in disputed(project, discussed_only=discussed_only):
            try:
                ruling = await _decide(llm, writer, project.tasks[one.task], one, model)
                rulings += project.take([ruling], RULINGS)
            except RunRefused:
                raise
            except (CallError, OffFormat) as error:
                failed[one.task] = str(error)
    finally:
        project.write_results()
    return Decided(rulings, failed)


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
    name = "".join(char if char.isalnum() or char in "._-" else "-" for char in model)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return answer.model_copy(update={"annotator": f"{MODEL_PREFIX}{name}", "comment": reason, "at": at, "round": 1})
