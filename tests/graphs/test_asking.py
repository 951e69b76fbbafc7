"""One slot, one answer: what is on record is never bought again, and what cannot stand is drawn again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from graphs.asking import Departure, DialogueFailed, JournaledAsker, ReplayMiss, SlotMismatch
from graphs.journal import Call, Journal, Slot
from graphs.llm.errors import Answer, BudgetReached, CallRefused, RunRefused, Transient, Unusable
from graphs.nodes.user_simulator import read_utterance
from graphs.packs import load_pack
from graphs.prompts import Prompt
from graphs.rubric import OffFormat
from tests.graphs.scripted import decision_answer, user_answer

KEY = "3f9a0c1b2d4e5f60"
PROMPT = Prompt("system", "user", 0.7, 100)
SLOT = Slot(2, 1, "responder")
USER = Slot(2, 0, "user_simulator")


class Model:
    """Stands where the door stands: says or raises what it is told, in order, and counts the calls."""

    def __init__(self, *outcomes: str | Answer | BaseException):
        self.outcomes = list(outcomes)
        self.asked: list[tuple[str, Prompt, int]] = []

    async def complete(self, role: str, prompt: Prompt, seed: int) -> Answer:
        self.asked.append((role, prompt, seed))
        await asyncio.sleep(0)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return Answer(outcome, 10, 5, 0, 0.25, 1.5) if isinstance(outcome, str) else outcome


def even(text: str) -> str:
    """A reader that wants a text of even length."""
    if len(text) % 2:
        raise OffFormat("odd")
    return text.upper()


@pytest.fixture
async def path(tmp_path: Path) -> AsyncIterator[Path]:
    yield tmp_path / "journal.sqlite"


@contextmanager
def session(path: Path, model: Model | None, *earlier: Path, departures: Any = (), **options: Any) -> Iterator[Any]:
    """One start of a run: an asker on a journal that is opened and closed again."""
    journals = [Journal(other, readonly=True) for other in earlier] + [Journal(path)]
    asker = JournaledAsker(journals, model, options.pop("draws", 3), dict(departures), **options)  # pyright: ignore[reportArgumentType]

    async def ask(slot: Slot = SLOT, prompt: Prompt = PROMPT, read: Callable[[str], Any] = str, **change: str) -> Any:
        return await asker.ask("d1", change.get("key", KEY), slot, change.get("model", "m"), prompt, read)

    ask.asker = asker  # pyright: ignore[reportFunctionMemberAccess]
    ask.rows = lambda: journals[-1].calls("d1")  # pyright: ignore[reportFunctionMemberAccess]
    yield ask
    for journal in journals:
        journal.close()


async def failure(ask: Any, **given: Any) -> DialogueFailed:
    with pytest.raises(DialogueFailed) as raised:
        await ask(**given)
    assert raised.value.slot == given.get("slot", SLOT)
    assert str(raised.value.slot) in str(raised.value)
    return raised.value


# Bought once


async def test_accepted_answer_is_never_bought_again(path):
    model = Model("hello!")
    with session(path, model) as ask:
        assert await ask(read=even) == "HELLO!"
        assert await ask(read=even) == "HELLO!"
        assert ask.asker.calls_made == 1
    with session(path, model) as ask:
        assert await ask(read=even) == "HELLO!"
        assert ask.asker.calls_made == 0
    assert len(model.asked) == 1


async def test_answer_is_committed_with_its_cost_before_it_is_used(path):
    with session(path, Model("hi")) as ask:
        await ask()
        other = Journal(path, readonly=True)
        (row,) = other.calls("d1")
        other.close()
    assert (row.slot, row.draw, row.status, row.answer, row.reason) == (SLOT, 0, "answered", "hi", "")
    assert (row.tokens_in, row.tokens_out, row.cost_usd, row.latency_s) == (10, 5, 0.25, 1.5)
    assert len(row.request) == 32


async def test_model_is_asked_for_the_role_with_the_prompt_and_a_seed(path):
    model = Model("hi", "ho")
    with session(path, model) as ask:
        await ask()
        await ask(slot=USER)
    assert [(role, prompt) for role, prompt, _ in model.asked] == [("responder", PROMPT), ("user_simulator", PROMPT)]
    assert len({seed for *_, seed in model.asked}) == 2


async def test_seed_is_the_same_wherever_the_dialogue_is_played(path, tmp_path):
    models = Model("hi"), Model("hi"), Model("hi")
    for number, (model, key) in enumerate(zip(models, (KEY, KEY, "0" * 16), strict=True)):
        with session(tmp_path / str(number), model) as ask:
            await ask(key=key)
    seeds = [model.asked[0][2] for model in models]
    assert seeds[0] == seeds[1] != seeds[2]


async def test_many_slots_at_once_are_each_bought_once(path):
    model = Model(*(["hi"] * 50))
    with session(path, model) as ask:
        await asyncio.gather(*(ask(slot=Slot(turn, 1, "responder")) for turn in range(1, 51)))
        assert [row.slot.turn for row in ask.rows()] == list(range(1, 51))
    assert len({seed for *_, seed in model.asked}) == 50


# Answers that cannot stand


@pytest.mark.parametrize(
    ("why", "first", "status", "reason"),
    [
        ("off format", "odd", "unusable", "off format: odd"),
        ("refused", Unusable("refused", "no", Answer("I can't.", 7, 3, 0, 0.5)), "unusable", "refused: no"),
        ("cut", Unusable("cut", "max_tokens", Answer("abc", 7, 3, 0, 0.5)), "unusable", "cut: max_tokens"),
        ("empty", Unusable("empty", "no text", Answer("", 7, 0, 0, 0.5)), "unusable", "empty: no text"),
        ("holds the delimiter", f"<x {KEY}>", "unusable", "delimiter: "),
        ("holds the delimiter, even length", f"{KEY}{KEY}", "unusable", "delimiter: "),
    ],
)
async def test_unusable_answer_is_kept_and_the_next_one_bought(path, why, first, status, reason):
    model = Model(first, "good")
    with session(path, model) as ask:
        assert await ask(read=even) == "GOOD"
        bad, good = ask.rows()
    assert (bad.draw, bad.status, good.draw, good.status) == (0, status, 1, "answered"), why
    assert bad.reason.startswith(reason)
    assert bad.answer == (first if isinstance(first, str) else first.answer.text)
    assert bad.cost_usd
    assert model.asked[0][2] != model.asked[1][2]
    assert bad.request != good.request
    with session(path, Model()) as ask:
        assert await ask(read=even) == "GOOD"


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("plainly", user_answer(f"what is {KEY}?")),
        ("in JSON escapes", user_answer(f"what is {KEY}?").replace("3f9a", "3\\u00669a")),
        ("all in JSON escapes", user_answer("what is #?").replace("#", "".join(f"\\u{ord(c):04x}" for c in KEY))),
        ("parted by what is dropped", user_answer("what is #?").replace("#", f"{KEY[:8]}\\ud800{KEY[8:]}")),
    ],
)
async def test_utterance_that_holds_the_delimiter_is_drawn_again(path, why, said):
    """However it is written: what is read must not hold it, for it would end the block it is put into."""
    with session(path, Model(said, user_answer("The cup is gone."))) as ask:
        answer = await ask(slot=USER, read=read_utterance)
        assert KEY not in answer.message, why
        assert [row.status for row in ask.rows()] == ["unusable", "answered"]


async def test_critique_that_holds_the_delimiter_is_drawn_again(path):
    slot, said = (
        Slot(2, 1, "rubric_evaluator"),
        decision_answer("FAIL", critique=f"change: {KEY}").replace("3f9a", "3\\u00669a"),
    )
    with session(path, Model(said, decision_answer("FAIL"))) as ask:
        answer = await ask(slot=slot, read=load_pack("kardia").rubric.read_decision)
        assert KEY not in answer.critique


async def test_delimiter_of_another_dialogue_is_just_text(path):
    with session(path, Model("0" * 16)) as ask:
        assert await ask() == "0" * 16


@pytest.mark.parametrize("draws", [1, 3])
async def test_dialogue_is_given_up_when_its_draws_are_spent(path, draws):
    model = Model(*(["odd"] * 9))
    with session(path, model, draws=draws) as ask:
        failed = await failure(ask, read=even)
        assert (failed.kind, failed.retriable) == ("unusable", False)
        assert "odd" in failed.reason
        assert len(model.asked) == draws
        assert [row.draw for row in ask.rows()] == list(range(draws))
    with session(path, model, draws=draws) as ask:
        assert (await failure(ask, read=even)).kind == "unusable"
    assert len(model.asked) == draws


# Calls that gave no answer


async def test_transient_failure_is_tried_again_at_the_next_session(path):
    with session(path, Model(Transient("http 503", "busy: later"))) as ask:
        failed = await failure(ask)
        assert (failed.kind, failed.reason, failed.retriable) == ("http 503", "busy: later", True)
        (row,) = ask.rows()
        assert (row.status, row.cost_usd, row.answer) == ("transient", 0.0, "")
    with session(path, Model("hi")) as ask:
        assert await ask() == "hi"
        (row,) = ask.rows()
        assert (row.status, row.draw) == ("answered", 0)


async def test_transient_failure_does_not_spend_a_draw(path):
    with session(path, Model("odd", Transient("connection", "gone")), draws=2) as ask:
        assert (await failure(ask, read=even)).retriable
    with session(path, Model("good"), draws=2) as ask:
        assert await ask(read=even) == "GOOD"


async def test_refused_call_is_tried_again_only_if_asked_for(path):
    with session(path, Model(CallRefused("http 413", "too long"))) as ask:
        failed = await failure(ask)
        assert (failed.kind, failed.reason, failed.retriable) == ("http 413", "too long", False)
        assert [row.status for row in ask.rows()] == ["refused"]
    with session(path, Model()) as ask:
        assert (await failure(ask)).kind == "http 413"
    with session(path, Model("hi"), retry_failed=True) as ask:
        assert await ask() == "hi"
    with session(path, Model(), retry_failed=True) as ask:
        assert await ask() == "hi"


@pytest.mark.parametrize("stop", [RunRefused("key", "check the key"), BudgetReached("spent"), asyncio.CancelledError()])
async def test_what_ends_the_run_leaves_no_row(path, stop):
    with session(path, Model(stop)) as ask:
        with pytest.raises(type(stop)):
            await ask()
        assert ask.rows() == []
    with session(path, Model("hi")) as ask:
        assert await ask() == "hi"


@pytest.mark.parametrize(
    "outcome",
    [
        CallRefused("http 400", "bad \ud800 words \0"),
        Transient("http 503", "bad \ud800 words"),
        Unusable("refused", "\udfff no", Answer("no", 1, 1)),
    ],
)
async def test_reason_that_utf8_cannot_carry_is_kept_and_takes_nobody_along(path, outcome):
    with session(path, Model(outcome, "hi", "hi")) as ask:
        await asyncio.gather(ask(), ask(slot=USER), return_exceptions=True)
        rows = {row.slot: row.status for row in ask.rows()}
    assert set(rows) == {SLOT, USER}
    assert "answered" in rows.values()


async def test_answer_with_a_key_that_utf8_cannot_carry_is_off_format(path):
    said = '{"criteria": {"\\ud800": {"evidence": "e"}}, "decision": "PASS"}'
    with session(path, Model(said, decision_answer("PASS"))) as ask:
        answer = await ask(slot=Slot(1, 1, "rubric_evaluator"), read=load_pack("kardia").rubric.read_decision)
        assert answer.decision == "PASS"


# Another request at the same place


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": PROMPT._replace(user="other")},
        {"prompt": PROMPT._replace(system="other")},
        {"prompt": PROMPT._replace(temperature=0.8)},
        {"prompt": PROMPT._replace(max_tokens=101)},
        {"prompt": PROMPT._replace(schema='{"type":"object"}')},
        {"model": "other"},
        {"key": "0" * 16},
    ],
)
async def test_slot_asked_with_another_request_is_refused_by_its_name(path, change):
    with session(path, Model("hi")) as ask:
        await ask()
    with session(path, Model("ho")) as ask:
        with pytest.raises(SlotMismatch, match=r"d1, turn 2, attempt 1, responder, draw 0"):
            await ask(**change)
        assert ask.asker.calls_made == 0


async def test_mismatch_is_seen_at_an_unusable_draw_as_well(path):
    with session(path, Model("odd", "good")) as ask:
        await ask(read=even)
    with session(path, Model()) as ask, pytest.raises(SlotMismatch, match="draw 0"):
        await ask(read=even, model="other")


# Replay and forks


async def test_replay_reads_and_never_calls(path):
    with session(path, Model("odd", "good")) as ask:
        await ask(read=even)
    with session(path, None) as ask:
        assert await ask(read=even) == "GOOD"
        with pytest.raises(ReplayMiss, match=r"d1, turn 2, attempt 0, user_simulator, draw 0"):
            await ask(slot=USER)
        assert len(ask.rows()) == 2


@pytest.mark.parametrize("outcome", [Transient("http 503", "busy"), CallRefused("http 400", "no")])
async def test_replay_of_a_failed_call_fails_as_it_did(path, outcome):
    with session(path, Model(outcome)) as ask:
        first = await failure(ask)
    with session(path, None) as ask:
        again = await failure(ask)
    assert (first.kind, first.reason, first.retriable) == (again.kind, again.reason, again.retriable)


async def test_departure_buys_anew_from_its_first_draw(path, tmp_path):
    model = Model("odd", "from parent", "from child")
    with session(path, model) as ask:
        await ask(read=str)
        assert [row.answer for row in ask.rows()] == ["odd"]
    with session(path, model, departures={SLOT: Departure(first_draw=1)}) as ask:
        assert await ask() == "from parent"
        assert await ask() == "from parent"
        assert [(row.draw, row.answer) for row in ask.rows()] == [(0, "odd"), (1, "from parent")]
    assert model.asked[0][2] != model.asked[1][2]
    with session(path, Model(), departures={SLOT: Departure(first_draw=1)}) as ask:
        assert await ask() == "from parent"


async def test_departure_has_as_many_draws_as_any_slot(path):
    model = Model(*(["odd"] * 9))
    with session(path, model, draws=2, departures={SLOT: Departure(first_draw=5)}) as ask:
        await failure(ask, read=even)
        assert [row.draw for row in ask.rows()] == [5, 6]


async def test_departure_leaves_other_slots_alone(path):
    with session(path, Model("user")) as ask:
        await ask(slot=USER)
    with session(path, Model(), departures={SLOT: Departure(first_draw=1)}) as ask:
        assert await ask(slot=USER) == "user"


async def test_edited_answer_is_taken_in_place_of_a_call(path):
    departures = {SLOT: Departure(first_draw=1, edited="mine")}
    for model in (Model(), None):
        with session(path, model, departures=departures) as ask:
            assert await ask(read=even) == "MINE"
            (row,) = ask.rows()
            assert (row.draw, row.status, row.answer, row.tokens_out) == (1, "edited", "mine", 0)
            assert ask.asker.calls_made == 0
    with session(path, None) as ask, pytest.raises(ReplayMiss):
        await ask(read=even)


async def test_parents_journal_is_looked_up_and_never_written(path, tmp_path):
    parent = tmp_path / "parent.sqlite"
    with session(parent, Model("old")) as ask:
        await ask()
    before = parent.read_bytes()
    with session(path, Model("new"), parent) as ask:
        assert await ask() == "old"
        assert await ask(slot=USER) == "new"
        assert [row.slot for row in ask.rows()] == [USER]
    assert parent.read_bytes() == before


async def test_last_journal_has_the_last_word(path, tmp_path):
    earlier = tmp_path / "earlier.sqlite"
    with session(earlier, Model(Transient("connection", "gone"))) as ask:
        await failure(ask)
    for model in (Model("hi"), Model()):
        with session(path, model, earlier) as ask:
            assert await ask() == "hi"


async def test_rows_of_another_dialogue_are_not_taken(path):
    with session(path, Model("hi")) as ask:
        await ask()
        (row,) = ask.rows()
    journal = Journal(path)
    journal.put_now([Call("d2", USER, 0, row.request, "answered", "of d2")])
    journal.close()
    with session(path, Model("of d1")) as ask:
        assert await ask(slot=USER) == "of d1"


async def test_order_of_a_schemas_fields_is_part_of_the_request(path):
    """A server writes fields in the schema's order, so another order is another request."""
    with session(path, Model("hi")) as ask:
        await ask(prompt=PROMPT._replace(schema='{"a":{},"b":{}}'))
    with session(path, Model("ho")) as ask, pytest.raises(SlotMismatch):
        await ask(prompt=PROMPT._replace(schema='{"b":{},"a":{}}'))


async def test_answer_that_a_retry_bought_stands_in_every_later_session(path):
    refused = Unusable("refused", "no", Answer("no", 1, 1))
    with session(path, Model(refused, refused, refused)) as ask:
        assert not (await failure(ask)).retriable
    with session(path, Model("at last"), retry_failed=True) as ask:
        assert await ask() == "at last"
    for model in (Model(), None):
        with session(path, model) as ask:
            assert await ask() == "at last"
