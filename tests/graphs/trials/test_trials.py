"""Frozen states answered anew: chosen fairly, asked as recorded, drawn apart, never bought twice."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from graphs.asking import request_hash
from graphs.journal import Slot
from graphs.llm.build import Reach
from graphs.llm.prices import FREE, Price
from graphs.packs import pack_digest
from graphs.prompts import draw_number
from graphs.records import BadFile
from graphs.runs import Run, RunInUse, WrongUse
from graphs.session import Means
from graphs.state import dialogue_text
from graphs.trials.estimate import estimate_comparison
from graphs.trials.frozen import freeze
from graphs.trials.results import comparison_standing, read_trials
from graphs.trials.session import play_comparison
from graphs.trials.trials import Comparison, ComparisonConfig, Version, open_comparison, start_comparison
from tests.graphs.counting import Counting, counting_endpoint
from tests.graphs.runs import ROOT, new_run, play

DIALOGUES = 10


@pytest.fixture(scope="module")
def endpoint():
    with counting_endpoint() as counting:
        yield counting


@pytest.fixture(scope="module")
def run(tmp_path_factory, endpoint) -> Run:
    made = new_run(tmp_path_factory.mktemp("runs"), DIALOGUES)
    play(made, endpoint.url)
    return made


@pytest.fixture
def other(tmp_path) -> Path:
    """A pack that asks its responder for less."""
    folder = tmp_path / "prompts" / "brief"
    shutil.copytree(ROOT / "prompts" / "kardia", folder)
    text = (folder / "responder.md").read_text()
    (folder / "responder.md").write_text(text.replace("=== user ===", "Be brief.\n=== user ==="))
    return folder


def version(folder: Path) -> Version:
    return Version(pack="kardia", hash=pack_digest(folder))


def begun(place: Path, run: Run, a: Path, b: Path, **settings: object) -> Comparison:
    config = ComparisonConfig.model_validate(
        {"runs": ["run"], "a": version(a), "b": version(b), "states": 6, "models": run.config.models, **settings}
    )
    return start_comparison(place, config, [run], {version(folder).hash: folder for folder in (a, b)})


def used(run: Run) -> Path:
    return run.path / "packs" / run.config.pack_hash


def means(endpoint: Counting, **how: object) -> Means:
    return Means(Reach(base_url=endpoint.url, concurrency=4, price=how.pop("price", FREE), deadline_s=20), **how)


def test_one_state_a_dialogue_before_a_second_of_the_same(run, tmp_path):
    few, all_once, more = (freeze([run], count, 0, tmp_path) for count in (4, DIALOGUES, DIALOGUES + 5))
    assert len({state.pairing.id for state in few}) == 4
    assert len({state.pairing.id for state in all_once}) == DIALOGUES
    counts = Counter(state.pairing.id for state in more)
    assert len(more) == DIALOGUES + 5 and set(counts.values()) == {1, 2}
    assert len({(state.pairing.id, state.turn) for state in more}) == len(more)


def test_states_are_spread_over_turns_and_depend_on_the_seed_alone(run, tmp_path):
    turns = Counter(state.turn for state in freeze([run], DIALOGUES, 0, tmp_path))
    assert max(turns.values()) - min(turns[turn] for turn in range(1, 8)) <= 1
    again, other = freeze([run], DIALOGUES, 0, tmp_path), freeze([run], DIALOGUES, 1, tmp_path)
    assert again == freeze([run], DIALOGUES, 0, tmp_path) != other


def test_there_are_no_more_states_than_turns_that_were_played(run, tmp_path):
    journal = run.journal(readonly=True)
    played = sum(len(journal.outcome(thread)["turns"]) for thread in journal.finished())
    journal.close()
    assert len(freeze([run], 10_000, 0, tmp_path)) == played


def test_a_run_without_a_finished_dialogue_gives_no_states(tmp_path):
    unplayed = new_run(tmp_path, 2)
    unplayed.journal().close()
    with pytest.raises(WrongUse, match="no dialogue is finished"):
        freeze([unplayed], 3, 0, tmp_path)


def test_under_the_runs_own_pack_the_responder_is_asked_what_the_run_asked(run, endpoint, tmp_path):
    """The very bytes: with the seed of the run's own draw the request's hash is the recorded one."""
    comparison = begun(tmp_path / "c", run, used(run), used(run))
    journal = run.journal(readonly=True)
    for state in comparison.states:
        prompt = run.segments[-1].writer.responder(
            state.key, state.pairing, dialogue_text(state.as_state("x"), latest=True), "", "", situation=False
        )
        slot = Slot(state.turn, 1, "responder")
        seed = draw_number(state.key, *slot, 0)
        recorded = journal.at(state.pairing.id, slot)[0]
        assert recorded.request == request_hash(run.config.models["responder"], prompt, seed)
    journal.close()
    before = endpoint.total
    play_comparison(comparison, means(endpoint))
    sent = [json.loads(body) for body in list(endpoint.asked)[-(endpoint.total - before) :]]
    answered = {body["messages"][1]["content"] for body in sent if "response_format" not in body}
    assert len(answered) == len(comparison.states)


def test_no_two_arms_or_draws_share_a_seed_with_each_other_or_the_run(run, other, endpoint, tmp_path):
    comparison = begun(tmp_path / "c", run, used(run), other, draws=2)
    with counting_endpoint() as own:
        assert play_comparison(comparison, means(own)).stopped is None
    sent = [json.loads(body) for body in own.asked]
    replies = [body for body in sent if "response_format" not in body]
    assert len(replies) == len({body["seed"] for body in replies}) == 6 * 2 * 3
    journal = run.journal(readonly=True)
    slots = {
        (state.key, call.slot, call.draw) for state in comparison.states for call in journal.calls(state.pairing.id)
    }
    journal.close()
    theirs = {draw_number(key, *slot, draw) for key, slot, draw in slots}
    assert not theirs & {body["seed"] for body in sent}


def test_a_budget_stops_it_and_the_same_again_buys_nothing_twice(run, other, tmp_path):
    with counting_endpoint() as counting:
        comparison = begun(tmp_path / "c", run, used(run), other)
        stopped = play_comparison(comparison, means(counting, price=Price(1, 1), budget_usd=0.03))
        assert "budget reached" in str(stopped.stopped)
        assert 0 < stopped.progress.finished < comparison.total
        assert comparison_standing(comparison.path).ended == "budget"
        ended = play_comparison(open_comparison(comparison.path), means(counting))
        assert (ended.stopped, ended.progress.finished) == (None, comparison.total)
        assert counting.repeated == 0
        asked = counting.total
        assert play_comparison(comparison, means(counting)).progress.calls == 0
        assert counting.total == asked
    assert comparison_standing(comparison.path).state == "finished"


def test_a_journal_that_stops_inside_a_trial_goes_on_with_the_answer_it_has(run, other, tmp_path):
    """An evaluator that fails leaves the reply that was bought; only the evaluator is asked again."""

    def no_evaluator(body, reply):
        return {"error": "busy"} if "response_format" in body else reply

    comparison = begun(tmp_path / "c", run, used(run), other, noise_floor=False)
    reach = Reach(concurrency=1, price=FREE, retries=0, deadline_s=20)
    with counting_endpoint(change=no_evaluator) as broken:
        play_comparison(comparison, Means(reach.model_copy(update={"base_url": broken.url})))
    failed = [each for each in read_trials(comparison) if each.fault]
    assert failed and "rubric_evaluator" in failed[0].fault
    with counting_endpoint() as sound:
        play_comparison(comparison, Means(reach.model_copy(update={"base_url": sound.url})))
        assert not set(sound.asked) & {body for body in broken.asked if b"response_format" not in body}
    assert all(each.attempt for each in read_trials(comparison))


def test_whose_evaluator_judges_is_as_asked(run, other, tmp_path):
    (other / "rubric_evaluator.md").write_text((other / "rubric_evaluator.md").read_text() + "Be strict.\n")
    for who, strict in (("a", set()), ("b", {"a", "b"}), ("own", {"b"})):
        comparison = begun(tmp_path / who, run, used(run), other, evaluator=who, noise_floor=False)
        for trial in comparison.trials():
            template = comparison.evaluator_context(trial, None).pack.templates["rubric_evaluator"]
            assert ("Be strict." in template.user.pieces[-1]) == (trial.arm in strict)
            brief = (
                "Be brief." in comparison.responder_context(trial, None).pack.templates["responder"].system.pieces[-1]
            )
            assert brief == (trial.arm == "b")


def test_a_temperature_holds_for_responder_and_evaluator(run, other, endpoint, tmp_path):
    before = set(endpoint.asked)
    play_comparison(begun(tmp_path / "c", run, used(run), other, temperature=0.0), means(endpoint))
    sent = [json.loads(body) for body in endpoint.asked if body not in before]
    assert {body["temperature"] for body in sent} == {0.0}


def test_other_frozen_settings_are_refused_by_name(run, other, tmp_path):
    begun(tmp_path / "c", run, used(run), other)
    with pytest.raises(WrongUse, match=r"draws: 1 there, 2 now"):
        begun(tmp_path / "c", run, used(run), other, draws=2)
    with pytest.raises(WrongUse, match=r"b: kardia@\w{12} there, kardia@\w{12} now"):
        begun(tmp_path / "c", run, used(run), used(run))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(WrongUse, match="exists and is not a comparison"):
        begun(tmp_path / "mine", run, used(run), other)


def test_the_states_outlive_their_run(run, other, endpoint, tmp_path):
    copied = Run(tmp_path / "copy", run.config)
    shutil.copytree(run.path, copied.path)
    comparison = begun(tmp_path / "c", copied, used(run), other, noise_floor=False)
    shutil.rmtree(copied.path)
    assert play_comparison(open_comparison(comparison.path), means(endpoint)).progress.finished == comparison.total


def test_a_pack_that_was_changed_under_a_comparison_is_named(run, other, endpoint, tmp_path):
    comparison = begun(tmp_path / "c", run, used(run), other)
    template = comparison.path / "packs" / comparison.config.b.hash / "responder.md"
    template.write_text(template.read_text() + "More.\n")
    with pytest.raises(BadFile, match="changed since the comparison started"):
        play_comparison(comparison, means(endpoint))


def test_a_second_process_is_refused_and_named(run, other, endpoint, tmp_path):
    comparison = begun(tmp_path / "c", run, used(run), other)
    with comparison.lock(), pytest.raises(RunInUse, match="in use by process"):
        play_comparison(comparison, means(endpoint))


def test_an_estimate_calls_nothing_and_counts_what_is_then_called(run, other, endpoint, tmp_path):
    comparison = begun(tmp_path / "c", run, used(run), other, draws=2)
    before = endpoint.total
    found = estimate_comparison(comparison, Reach(price=Price(1, 1)))
    assert endpoint.total == before
    assert found.noise_floor_usd == pytest.approx(found.cost_usd / 3, rel=0.1)
    ended = play_comparison(comparison, means(endpoint))
    assert ended.progress.calls == pytest.approx(found.calls, rel=0.15)
    assert estimate_comparison(comparison, Reach()).cost_usd == 0
