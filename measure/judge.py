"""The judge: five criteria on the pack's scale for one response, by a model behind the door (paper §4, Eq. 12; §5.1).

One judge for training and examination. Its temperature is the pack's (0); a judgement is kept by its content, so equal
candidates get equal scores and nothing is bought twice. An answer that cannot stand is drawn again with another seed,
warmer (our choice: at temperature 0 most endpoints would say the same again). Texts of users and policies are data:
they stand between delimiters that are a digest of their own content, with control tokens of chat formats broken.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from graphs.asking import request_hash
from graphs.llm.build import Reach, build_llm, check_reach
from graphs.llm.door import LLM
from graphs.llm.errors import Answer, CallError, RunRefused, RunStopped, Unusable
from graphs.llm.limits import Budget
from graphs.packs import Pack
from graphs.policy_context import plain
from graphs.prompts import Prompt, PromptWriter, draw_number
from graphs.rubric import OffFormat
from graphs.schema import Mark, digest, one_line, printable
from graphs.spans import MalformedReply, Spans, parse_spans, render_spans, response_of
from measure.score_cache import ScoreCache

ROLE = "judge"
DRAWS = 2
REDRAW_TEMPERATURE = 0.5

JudgeSees = Literal["response", "reply"]
"""The response span alone (Eq. 12 assesses "the final response span"), or all four spans."""


class Shown(NamedTuple):
    """What is to be judged: texts as a release holds them, and the policy's whole reply."""

    person: str
    situation: str
    dialogue: str
    """Up to and with x_t, one message a line (graphs.policy_context.dialogue_lines)."""
    reply: str


class Judged(NamedTuple):
    """Scores with their reasons, or why there are none."""

    marks: dict[str, Mark] | None
    failure: str
    cost_usd: float | None
    """Paid now: 0 from the cache, None where the model's price is not known."""
    cached: bool
    latency_s: float


class Judge:
    """A judge model with its pack's rubric. All of its calls belong into one event loop, for connections are kept."""

    def __init__(
        self,
        pack: Pack,
        llm: LLM,
        cache: ScoreCache,
        *,
        model: str,
        sees: JudgeSees = "response",
        draws: int = DRAWS,
    ):
        """
        Args:
            llm: has a voice for the role `judge`.
            draws: answers to buy for one judgement before it is given up.
        """
        self.model = model
        self.sees: JudgeSees = sees
        self.rubric = pack.rubric
        self.prompt_sha256 = prompt_sha256(pack)
        self._writer = PromptWriter(pack)
        self._llm = llm
        self._cache = cache
        self._draws = draws

    async def score(self, shown: Shown) -> Judged:
        """Judge one reply.

        Raises:
            RunStopped, RunRefused: the budget is spent, the endpoint is gone or refuses us; nothing more is asked then.
        """
        key, prompt = self._prompt(shown)
        request = request_hash(self.model, prompt, draw_number(key, ROLE, 0))
        if marks := self._kept(request, key):
            return Judged(marks, "", 0.0, cached=True, latency_s=0.0)
        try:
            return await self._buy(request, key, prompt)
        except RunStopped as stop:
            self._llm.stop(stop)
            raise

    async def score_all(self, shown: Sequence[Shown]) -> list[Judged]:
        """Judge many at once, as many as the door lets through; what is shown twice is asked once.

        Raises:
            RunStopped, RunRefused: as `score`, after the calls under way came back and were kept.
        """
        asked = list(dict.fromkeys(shown))
        came = await asyncio.gather(*map(self.score, asked), return_exceptions=True)
        judged: dict[Shown, Judged] = {}
        for one, each in zip(asked, came, strict=True):
            if isinstance(each, BaseException):
                raise each
            judged[one] = each
        paid = set[Shown]()
        return [_once_paid(judged[one], one, paid) for one in shown]

    async def close(self) -> None:
        """Give connections and the cache back."""
        await self._llm.close()
        self._cache.close()

    def _prompt(self, shown: Shown) -> tuple[str, Prompt]:
        """The delimiter of what is shown, and the prompt."""
        reply = shown_reply(shown.reply, self.sees)
        texts = [plain(printable(text)) for text in (shown.person, shown.situation, shown.dialogue)] + [reply]
        key = digest([ROLE, *texts])[:16]
        return key, self._writer.judge_text(key, *texts)

    def _kept(self, request: bytes, key: str) -> dict[str, Mark] | None:
        answer = self._cache.get(request)
        if answer is None:
            return None
        marks, _ = self._read(answer, key)
        if marks is None:
            self._cache.drop(request)
        return marks

    async def _buy(self, request: bytes, key: str, prompt: Prompt) -> Judged:
        """Ask until an answer can stand, and keep it; every answer is paid."""
        paid, fault = Answer("", 0, 0, cost_usd=0.0), ""
        for draw in range(self._draws):
            warmth = max(prompt.temperature, REDRAW_TEMPERATURE) if draw else prompt.temperature
            try:
                answer = await self._llm.complete(
                    ROLE, prompt._replace(temperature=warmth), draw_number(key, ROLE, draw)
                )
                marks, fault = self._read(answer.text, key)
            except Unusable as error:
                answer, marks, fault = error.answer, None, str(error)
            except RunRefused:
                raise
            except CallError as error:
                return Judged(None, one_line(str(error)), paid.cost_usd, cached=False, latency_s=paid.latency_s)
            paid = _added(paid, answer)
            if marks:
                self._cache.put(request, self.model, answer.text)
                return Judged(marks, "", paid.cost_usd, cached=False, latency_s=paid.latency_s)
        failure = one_line(f"unusable: none of {self._draws} answers can stand; the last: {fault}")
        return Judged(None, failure, paid.cost_usd, cached=False, latency_s=paid.latency_s)

    def _read(self, text: str, key: str) -> tuple[dict[str, Mark] | None, str]:
        """The marks of an answer, or why it cannot stand."""
        if key in text:
            return None, "delimiter: the answer holds the delimiter of the judged texts"
        try:
            return self.rubric.read_scores(text).criteria, ""
        except OffFormat as error:
            return None, f"off format: {error}"


def open_judge(
    pack: Pack,
    model: str,
    reach: Reach,
    cache_path: Path,
    budget: Budget,
    *,
    sees: JudgeSees = "response",
    draws: int = DRAWS,
) -> Judge:
    """A judge from settings.

    Raises:
        RunRefused: a key is missing, or the address is none.
        UnknownPrice: a budget is set and the model's price is not known.
        BadFile: `cache_path` is no judge's cache.
    """
    models = {ROLE: model}
    check_reach(models, reach, budget.ceiling_usd)
    return Judge(pack, build_llm(models, reach, budget), ScoreCache(cache_path), model=model, sees=sees, draws=draws)


def prompt_sha256(pack: Pack) -> str:
    """What a pack's judge is told whatever it judges: system text, user text around the blocks, sampling and schema."""
    blank = PromptWriter(pack).judge_text("0" * 16, "", "", "", "")
    return digest(list(blank))


def shown_reply(reply: str, sees: JudgeSees) -> str:
    """The reply as the judge gets it: without control tokens, and with no tags but those of its own four spans."""
    reply = printable(reply)
    if sees == "response":
        return plain(response_of(reply))
    try:
        return render_spans(Spans(*map(plain, parse_spans(reply))))
    except MalformedReply:
        return plain(reply)


def _added(paid: Answer, answer: Answer) -> Answer:
    """Costs and seconds of two answers; one unknown cost makes the sum unknown."""
    known = paid.cost_usd is not None and answer.cost_usd is not None
    cost = (paid.cost_usd or 0.0) + (answer.cost_usd or 0.0) if known else None
    return paid._replace(cost_usd=cost, latency_s=paid.latency_s + answer.latency_s)


def _once_paid(judged: Judged, shown: Shown, paid: set[Shown]) -> Judged:
    """A judgement that several share is paid by the first."""
    if shown in paid:
        return judged._replace(cost_usd=0.0, cached=True, latency_s=0.0)
    paid.add(shown)
    return judged


__all__ = ["DRAWS", "ROLE", "Judge", "JudgeSees", "Judged", "Shown", "open_judge", "prompt_sha256", "shown_reply"]
