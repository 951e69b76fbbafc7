"""Asking a served model every scored test turn through the model door: temperature 0, teacher-forced history (App. B.1)."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from graphs.estimate import CALL_S, WRITTEN_TOKENS_PER_S
from graphs.llm.build import Reach, build_llm, check_reach
from graphs.llm.door import LLM
from graphs.llm.errors import Answer, CallError, RunRefused, Transient, Unusable
from graphs.llm.limits import Budget
from graphs.llm.prices import cost_usd
from graphs.policy_context import turns_of
from graphs.prompts import Prompt
from graphs.watching.progress import Progress
from measure.examination.answers import Answers, Ended, Reply
from measure.examination.folder import Examination
from measure.examination.questions import ExaminedDialogue, Place, Question, places, question
from measure.examination.workers import each

ROLE = "policy"
SEED = 0
"""Sent with every call; at temperature 0 it decides nothing."""
CHARS_PER_TOKEN = 4
_OWN_END: dict[str, Ended] = {"cut": "cut", "empty": "empty", "refused": "refused"}
"""Answers that the door takes for unusable but that are what the model has to say: findings, not failures."""


class ExaminationMeans(NamedTuple):
    """What a session may use; free to change at every start."""

    reach: Reach
    budget_usd: float | None = None
    retry_failed: bool = False


class Outcome(NamedTuple):
    """How a session ended: where it stands, and why it stopped early, if it did."""

    progress: Progress
    stopped: Exception | None


class Expected(NamedTuple):
    """What is still to be asked, before a cent is spent; the cost is None where the price is unknown."""

    calls: int
    answered: int
    tokens_in: int
    tokens_out: int
    cost_usd: float | None
    hours: float


def chat_prompt(asked: Question, max_tokens: int, temperature: float) -> Prompt:
    """A question as the door takes it: a chat of the system's message, what was said, and x_t."""
    system, *said, last = asked.messages
    earlier: list[tuple[Literal["user", "assistant"], str]] = [
        ("assistant" if message["role"] == "assistant" else "user", message["content"]) for message in said
    ]
    return Prompt(system["content"], last["content"], temperature, max_tokens, earlier=tuple(earlier))


def still_open(every: Iterable[Place], replies: Mapping[Place, Reply], *, retry_failed: bool = False) -> list[Place]:
    """What is not answered yet; calls that were refused for good only where they are to be tried again."""
    done = {
        place for place, reply in replies.items() if reply.text is not None or not (reply.retriable or retry_failed)
    }
    return [place for place in every if place not in done]


def expected(
    model: str, dialogues: Sequence[ExaminedDialogue], reach: Reach, answered: int, asked: Iterable[Question]
) -> Expected:
    """What asking would take: prompts are counted, replies are taken to be as long as the release's own.

    Args:
        answered: calls that are done.
        asked: calls that are not.
    """
    gold = [reply for dialogue in dialogues for _, reply in turns_of(dialogue.row)]
    lengths = [sum(len(said["content"]) for said in each.messages) for each in asked]
    calls, read = len(lengths), sum(lengths) // CHARS_PER_TOKEN
    written = round(calls * sum(map(len, gold)) / len(gold) / CHARS_PER_TOKEN)
    cost = cost_usd(model, Answer("", read, written), reach.price_of(ROLE))
    return Expected(calls, answered, read, written, cost, hours(calls, written, reach.concurrency))


def hours(calls: int, written: int, at_once: int) -> float:
    """How long calls take together, as `kardia synth estimate` takes it."""
    return (calls * CALL_S + written / WRITTEN_TOKENS_PER_S) / at_once / 3600


def examine(
    examination: Examination, means: ExaminationMeans, tell: Callable[[Progress], None] = lambda _: None
) -> Outcome:
    """Ask what is not answered yet.

    Raises:
        RunInUse: another process writes it.
        RunRefused: a key, model or address is wrong.
        UnknownPrice: a budget is set and the model's price is not known.
    """
    config, reach = examination.config, means.reach
    check_reach({ROLE: config.model}, reach, means.budget_usd)
    with examination.lock():
        answers = examination.answers()
        try:
            examination.note_session({"base_url": reach.url(ROLE), "concurrency": reach.concurrency})
            every = places(examination.dialogues, config.histories)
            asked = still_open(every, answers.replies(), retry_failed=means.retry_failed)
            return asyncio.run(_examine(examination, answers, asked, means, tell))
        finally:
            answers.close()


async def _examine(
    examination: Examination,
    answers: Answers,
    asked: Sequence[Place],
    means: ExaminationMeans,
    tell: Callable[[Progress], None],
) -> Outcome:
    config, reach = examination.config, means.reach
    before = answers.replies()
    replied = sum(reply.text is not None for reply in before.values())
    still, by_id = set(asked), {dialogue.id: dialogue for dialogue in examination.dialogues}
    left = sum(reply.text is None and place not in still for place, reply in before.items())
    budget = Budget(means.budget_usd, sum(reply.cost_usd or 0.0 for reply in before.values()))
    llm = build_llm({ROLE: config.model}, reach, budget)
    progress = Progress(
        replied + left + len(asked),
        finished=replied,
        finished_before=replied,
        failed=left,
        cost_usd=budget.spent_usd,
        priced=reach.prices_all({ROLE: config.model}),
    )

    async def ask(place: Place) -> None:
        progress.calls += 1
        asked = question(config, examination.writer, by_id[place.dialogue], place)
        reply = await _ask(llm, asked, config.max_tokens, config.temperature)
        answers.keep(reply)
        progress.finished += reply.text is not None
        progress.failed += reply.text is None
        progress.cost_usd = budget.spent_usd
        tell(progress)

    tell(progress)
    try:
        stopped = await each(asked, ask, reach.concurrency, llm.stop)
        return Outcome(progress, stopped)
    finally:
        await llm.close()


async def _ask(llm: LLM, asked: Question, max_tokens: int, temperature: float) -> Reply:
    """One call and what came of it; raises RunStopped and RunRefused."""
    try:
        answer = await llm.complete(ROLE, chat_prompt(asked, max_tokens, temperature), SEED)
        return _came(asked.place, answer, "stop")
    except RunRefused:
        raise
    except Unusable as error:
        ended = _OWN_END.get(error.kind)
        if ended:
            return _came(asked.place, error.answer, ended)
        return _came(asked.place, error.answer, "failed")._replace(text=None, failure=str(error))
    except CallError as error:
        return Reply(asked.place, None, "failed", str(error), retriable=isinstance(error, Transient), cost_usd=0.0)


def _came(place: Place, answer: Answer, ended: Ended) -> Reply:
    return Reply(
        place,
        answer.text,
        ended,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        cost_usd=answer.cost_usd,
        latency_s=answer.latency_s,
    )
