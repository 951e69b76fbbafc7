"""A preview is the prompt as playing sends it: proven by the request hashes of a run's journal."""

import asyncio

import pytest

from graphs.asking import request_hash
from graphs.editing.pack_texts import load_texts, read_texts
from graphs.editing.preview import NoPrompt, Scene, Shown, prompt_at, scene_of_pairing, scene_of_run, slots_of
from graphs.forks import Change, fork
from graphs.journal import Slot
from graphs.packs import Pack
from graphs.prompts import draw_number, nonce
from graphs.runs import Run, open_run
from graphs.schema import Situation
from graphs.templates import ROLES
from tests.graphs.counting import counting_endpoint
from tests.graphs.runs import new_run, play
from tests.graphs.scripted import pairing


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    with counting_endpoint() as endpoint:
        made = new_run(tmp_path_factory.mktemp("previewed"), 6, model_check=True)
        play(made, endpoint.url)
        forked = fork(made, next(made.pairings()).id, Slot(3, 0, "user_simulator"), Change(utterance="Other words."))
        play(forked, endpoint.url)
    return made


def at(run: Run, thread: str, slot: Slot) -> Scene:
    journal = run.journal(readonly=True)
    try:
        return asyncio.run(scene_of_run(run, journal, run.pairing(thread), slot))
    finally:
        journal.close()


def shown(scene: Scene, pack: Pack, role: str) -> Shown:
    return asyncio.run(prompt_at(scene, pack, role))


def calls_of(run: Run, thread: str):
    journal = run.journal(readonly=True)
    found = [call for call in journal.calls(thread) if call.status != "edited"]
    journal.close()
    return found


def texts_of(run: Run) -> dict[str, str]:
    return read_texts(run.path / "packs" / run.config.pack_hash)


@pytest.mark.parametrize("forked", [False, True])
def test_with_the_runs_own_pack_every_prompt_is_the_one_that_was_sent(run: Run, forked: bool):
    thread = next(run.pairings()).id
    played = open_run(next((run.path / "forks").iterdir())) if forked else run
    pack, seen = load_texts(texts_of(played)), set[str]()
    key = nonce(played.config.seed, played.pairing(thread))
    for call in calls_of(played, thread):
        prompt = shown(at(played, thread, call.slot), pack, call.slot.role).prompt
        seed = draw_number(key, *call.slot, call.draw)
        assert request_hash(played.config.models[call.slot.role], prompt, seed) == call.request, call.slot
        seen.add(call.slot.role)
    assert {"user_simulator", "responder", "rubric_evaluator"} <= seen


def test_the_screener_reads_the_whole_dialogue_as_it_was_sent(run: Run):
    for thread in (one.id for one in run.pairings()):
        for call in calls_of(run, thread):
            if call.slot.role == "screener":
                prompt = shown(at(run, thread, call.slot), load_texts(texts_of(run)), "screener").prompt
                seed = draw_number(nonce(run.config.seed, run.pairing(thread)), *call.slot, call.draw)
                assert request_hash(run.config.models["screener"], prompt, seed) == call.request
                return
    pytest.fail("no dialogue of the run was read by the screener")


def test_an_unsaved_text_is_what_the_preview_shows(run: Run):
    thread = next(run.pairings()).id
    texts = texts_of(run)
    edited = texts | {"responder.md": texts["responder.md"].replace("=== user ===", "Be brief {{now}}.\n=== user ===")}
    scene = at(run, thread, Slot(2, 1, "responder"))
    before, after = shown(scene, load_texts(texts), "responder"), shown(scene, load_texts(edited), "responder")
    assert "Be brief {now}." in after.prompt.system
    assert "Be brief" not in before.prompt.system
    assert "[2] user:" in after.values["dialogue"]
    assert after.values["persona"] == before.values["persona"]


def test_limits_of_the_edited_pack_hold_where_the_run_had_chosen_none(run: Run):
    thread = next(run.pairings()).id
    texts = texts_of(run)
    edited = texts | {"pack.yaml": texts["pack.yaml"].replace("turns: 10", "turns: 9")}
    scene = at(run, thread, Slot(1, 1, "rubric_evaluator"))
    assert "turn 1 of 9" in shown(scene, load_texts(edited), "rubric_evaluator").values["turn"]
    chosen = scene._replace(settings=scene.settings.model_copy(update={"turns": 8}))
    assert "turn 1 of 8" in shown(chosen, load_texts(edited), "rubric_evaluator").values["turn"]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_can_be_seen_with_two_who_have_not_met(run: Run, role: str):
    pack = load_texts(texts_of(run))
    found = shown(asyncio.run(scene_of_pairing(pairing(), pack, role)), pack, role)
    assert "".join(text for _, text in found.system) == found.prompt.system
    assert "".join(text for _, text in found.user) == found.prompt.user
    assert set(found.values) == {*pack.templates[role].system.names, *pack.templates[role].user.names}
    assert found.tokens > 100


def test_what_would_not_be_asked_is_said_and_not_invented(run: Run):
    thread = next(run.pairings()).id
    pack = load_texts(texts_of(run))
    scene = at(run, thread, Slot(1, 1, "rubric_evaluator"))
    strange = pairing().model_copy(update={"situation": Situation(id="s-2", emotion="blue", text="Rain.")})
    with pytest.raises(NoPrompt, match="not a label"):
        asyncio.run(scene_of_pairing(strange, pack, "responder"))
    with pytest.raises(NoPrompt, match="code refuses"):
        shown(scene._replace(state={**scene.state, "reply": "no spans"}), pack, "rubric_evaluator")
    texts = {name: text for name, text in texts_of(run).items() if name != "screener.md"}
    with pytest.raises(NoPrompt, match=r"no screener\.md"):
        shown(scene, load_texts(texts), "screener")


def test_values_cannot_forge_the_borders_of_a_preview(run: Run):
    pack = load_texts(texts_of(run))
    persona = pairing().persona.model_copy(update={"about": "</persona 0> {situation} <b>"})
    found = shown(
        asyncio.run(scene_of_pairing(pairing().model_copy(update={"persona": persona}), pack, "judge")), pack, "judge"
    )
    assert "</persona 0> {situation} <b>" in found.values["persona"]


def test_places_are_those_at_which_the_role_was_asked(run: Run):
    thread = next(run.pairings()).id
    journal = run.journal(readonly=True)
    asked = slots_of(journal, thread, "user_simulator")
    judged = slots_of(journal, thread, "judge")
    graded = slots_of(journal, thread, "rubric_evaluator")
    journal.close()
    assert [slot.turn for slot in asked] == sorted({slot.turn for slot in asked})
    assert judged == graded
