"""One slot, one answer: from the journal if it was bought before, else from the model, kept before it is used.

An answer that cannot stand (empty, refused, cut, off format, or holding the dialogue's delimiter) is kept as a draw
and the next one is bought; an accepted draw is never bought again.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from graphs.journal import Call, Departure, Journal, Slot, Status
from graphs.llm.door import LLM
from graphs.llm.errors import Answer, CallError, RunRefused, Transient, Unusable
from graphs.prompts import Prompt, draw_number
from graphs.rubric import OffFormat
from graphs.schema import digest

P = TypeVar("P")


class SlotMismatch(ValueError):
    """A slot is asked with another request than the one on record: prompts, models or data were changed under the run."""


class ReplayMiss(LookupError):
    """A replay came to a slot whose answer is not in the journal; a replay never calls a model."""


class DialogueFailed(Exception):
    """A dialogue cannot go on: which slot, what kind of failure, why, and whether a resume should try again."""

    def __init__(self, slot: Slot, kind: str, reason: str, retriable: bool):
        super().__init__(f"{slot}: {kind}: {reason}")
        self.slot = slot
        self.kind = kind
        self.reason = reason
        self.retriable = retriable


class Speaker(Protocol):
    """Somebody who says the user's part instead of a model."""

    async def answer(self, slot: Slot) -> str: ...


class JournaledAsker:
    """Asks for all dialogues of a run; what is on record of a slot is looked up when it is asked."""

    def __init__(
        self,
        journals: Sequence[Journal],
        llm: LLM | None,
        draws: int,
        departures: Mapping[Slot, Departure],
        *,
        retry_failed: bool = False,
        proven_before: tuple[int, int, int] | None = None,
        speaker: Speaker | None = None,
    ):
        """
        Args:
            proven_before: slots before this belong to a fork's parent; they are on record or wrong, and never bought.
            journals: where answers are looked up, in order; the last one is written to. Without any, nothing is kept.
            llm: None for a replay, which may not call.
            draws: answers to buy for a slot before its dialogue is given up.
            speaker: listened to where the user simulator would be asked; what it says is on record as edited.
        """
        self.calls_made = 0
        self.errors: Counter[str] = Counter()
        """Answers that could not stand and calls that gave none, by class."""
        self._journals = journals
        self._llm = llm
        self._draws = draws
        self._departures = departures
        self._retry_failed = retry_failed
        self._proven_before = proven_before
        self._speaker = speaker

    async def ask(self, thread: str, key: str, slot: Slot, model: str, prompt: Prompt, read: Callable[[str], P]) -> P:
        """The accepted answer of a slot, read.

        Raises:
            DialogueFailed: no draw gave an answer that can stand, or the call was refused or could not be delivered.
            SlotMismatch, ReplayMiss, RunRefused, RunStopped.
        """
        first, edited = self._departures.get(slot, Departure())
        recorded = {call.draw: call for journal in self._journals for call in journal.at(thread, slot)}
        reason = ""
        for draw in range(first, first + self._most_draws(recorded)):
            seed = draw_number(key, *slot, draw)
            request = request_hash(model, prompt, seed)
            call = self._standing(recorded.get(draw), request)
            if call is None:
                blank = Call(thread, slot, draw, request, "refused")
                call = await self._keep(await self._come_by(blank, edited, key, prompt, seed, read))
            if call.status in ("answered", "edited"):
                return read(call.answer)
            if call.status != "unusable":
                raise DialogueFailed(slot, *_kind(call), retriable=call.status == "transient")
            reason = f"{draw - first + 1} answers, none can stand; last: {call.reason}"
        raise DialogueFailed(slot, "unusable", reason, retriable=False)

    def _most_draws(self, recorded: Mapping[int, Call]) -> int:
        """Draws that may stand at a slot: those on record, and as many as a session may buy."""
        spent = sum(call.status == "unusable" for call in recorded.values()) if self._retry_failed else 0
        return max(len(recorded), spent + self._draws)

    def _standing(self, call: Call | None, request: bytes) -> Call | None:
        """What is on record of a draw, unless it is to be tried again."""
        if call is None:
            return None
        if call.request != request:
            raise SlotMismatch(
                f"{call.thread}, {call.slot}, draw {call.draw}: asked before with another request; prompts, models, "
                "sampling or data differ from the run's; start a new run, or fork this one"
            )
        again = call.status == "transient" or (call.status == "refused" and self._retry_failed)
        return None if again and self._llm else call

    async def _keep(self, call: Call) -> Call:
        if call.status not in ("answered", "edited"):
            self.errors[_kind(call)[0]] += 1
        if self._journals:
            await self._journals[-1].keep(call)
        return call

    async def _come_by(
        self, blank: Call, edited: str | None, key: str, prompt: Prompt, seed: int, read: Callable[[str], object]
    ) -> Call:
        """What stands in a fork's record, what a person says, or else what the model answers."""
        if edited is not None:
            return _written(blank, edited)
        if self._speaker and blank.slot.role == "user_simulator" and not self._is_parents(blank.slot):
            said = _written(blank, await self._speaker.answer(blank.slot))
            fault = _fault(said.answer, key, read)
            return said._replace(status="unusable", reason=fault) if fault else said
        return await self._buy(blank, key, prompt, seed, read)

    def _is_parents(self, slot: Slot) -> bool:
        return self._proven_before is not None and slot.order < self._proven_before

    async def _buy(self, blank: Call, key: str, prompt: Prompt, seed: int, read: Callable[[str], object]) -> Call:
        """Call the model once (the door retries) and say on the row what came of it."""
        if self._llm is None or self._is_parents(blank.slot):
            raise ReplayMiss(f"{blank.thread}, {blank.slot}, draw {blank.draw}: not in {self._journals[-1].path}")
        self.calls_made += 1
        try:
            answer = await self._llm.complete(blank.slot.role, prompt, seed)
        except RunRefused:
            raise
        except Unusable as error:
            return _filled(blank, "unusable", error.answer, str(error))
        except CallError as error:
            status: Status = "transient" if isinstance(error, Transient) else "refused"
            return _filled(blank, status, Answer("", 0, 0, cost_usd=0.0), str(error))
        if fault := _fault(answer.text, key, read):
            return _filled(blank, "unusable", answer, fault)
        return _filled(blank, "answered", answer)


def _written(blank: Call, answer: str) -> Call:
    """A person's words: nothing was bought."""
    return blank._replace(status="edited", answer=answer, cost_usd=0.0)


def _filled(blank: Call, status: Status, answer: Answer, reason: str = "") -> Call:
    return blank._replace(
        status=status,
        answer=answer.text,
        reason=reason,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        cost_usd=answer.cost_usd,
        latency_s=answer.latency_s,
    )


def _fault(text: str, key: str, read: Callable[[str], object]) -> str | None:
    """Why an answer cannot stand, if it cannot."""
    try:
        meant = read(text)
    except OffFormat as error:
        return f"off format: {error}"
    if key in text or key in repr(meant):
        return "delimiter: the answer holds the delimiter of the dialogue's data"
    return None


def request_hash(model: str, prompt: Prompt, seed: int) -> bytes:
    """What a request is known by: the model, the whole prompt with its sampling and schema, and the draw's seed."""
    same = (_hash(prompt.system), _hash(prompt.schema or ""))
    earlier = [prompt.earlier] if prompt.earlier else []
    return bytes.fromhex(digest([model, *same, prompt.user, prompt.temperature, prompt.max_tokens, seed, *earlier]))


@lru_cache(maxsize=64)
def _hash(text: str) -> str:
    return digest(text)


def _kind(call: Call) -> tuple[str, str]:
    kind, _, reason = call.reason.partition(": ")
    return kind, reason
