"""A planned run becomes the command line that plays it; what cannot be played is refused before anything is made."""

import shutil
from datetime import datetime

import pytest

from graphs.llm.errors import RunRefused
from graphs.llm.prices import UnknownPrice
from graphs.packs import pack_digest
from graphs.runs import WrongUse, open_run
from studio.prompts.packs import history
from studio.runs.planning import (
    NewPairs,
    Plan,
    argv,
    free_name,
    launch,
    pack_of,
    pairing_count,
    plan_config,
    plan_estimate,
)
from studio.workspace import Workspace
from tests.graphs.counting import wait_for
from tests.graphs.runs import EXAMPLES, ROOT

ROLES = ("user_simulator", "responder", "rubric_evaluator")
YAML = """endpoints:
  hosted: {model: gpt-4o-2024-11-20}
  house: {model: nobody-knows-me, base_url: http://127.0.0.1:9/v1}
"""


@pytest.fixture
def workspace(tmp_path):
    for name in ("personas.jsonl", "situations.jsonl"):
        shutil.copyfile(EXAMPLES / name, tmp_path / name)
    shutil.copytree(ROOT / "prompts" / "kardia", tmp_path / "prompts" / "mine")
    (tmp_path / "kardia.yaml").write_text(YAML)
    (tmp_path / "runs").mkdir()
    return Workspace(tmp_path)


def planned(workspace, model="embedded", **change):
    pairs = NewPairs(
        personas=workspace.root / "personas.jsonl", situations=workspace.root / "situations.jsonl", dialogues=4, seed=3
    )
    return Plan(**{"name": "one", "pairs": pairs, "pack": "mine", "endpoints": dict.fromkeys(ROLES, model)} | change)


def test_what_is_planned_is_what_is_played(workspace):
    plan = planned(workspace, settings={"turns": 2, "length": "natural", "critique_to_responder": False}, seed=7)
    frozen = plan_config(workspace, plan)
    run = launch(workspace, plan)
    wait_for((run / "trajectories.jsonl").exists, timeout_s=60)
    assert open_run(run).config == frozen
    assert (frozen.seed, frozen.pairings, frozen.dialogue.turns) == (7, 4, 2)
    assert not frozen.dialogue.critique_to_responder
    assert pairing_count(run / "pairings.jsonl") == 4
    with pytest.raises(WrongUse, match="resume it"):
        launch(workspace, plan)


def test_only_what_differs_from_the_command_lines_defaults_is_given(workspace):
    words = argv(workspace, planned(workspace))
    assert words[:3] == ["synth", "run", "--pairings"]
    assert words[-4:] == ["--model", "kardia-demo-1", "--concurrency", "16"]
    assert pairing_count(workspace.state / "pairings" / words[3].rsplit("/", 1)[1]) == 4


@pytest.mark.parametrize(
    ("change", "error", "named"),
    [
        ({"name": "../out"}, WrongUse, "name"),
        ({"name": "-x"}, WrongUse, "name"),
        ({"pack": "nothing"}, WrongUse, "nothing"),
        ({"version": "abcd"}, LookupError, "abcd"),
        ({"settings": {"turns": 0}}, WrongUse, "turns"),
        ({"model": "nowhere"}, WrongUse, "nowhere"),
        ({"model": "hosted"}, RunRefused, "OPENAI_API_KEY"),
        ({"model": "house", "budget_usd": 1.0}, UnknownPrice, "nobody-knows-me"),
        ({"accepted": 2, "workers": 2}, WrongUse, "one process"),
    ],
)
def test_what_cannot_be_played_is_refused_before_anything_is_made(workspace, monkeypatch, change, error, named):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(error, match=named):
        launch(workspace, planned(workspace, **change))
    assert not list((workspace.root / "runs").iterdir())
    assert not (workspace.state / "jobs").exists()


def test_the_estimate_needs_no_key_and_prices_each_role_by_its_own_endpoint(workspace, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    free = plan_estimate(workspace, planned(workspace))
    assert (free.dialogues, free.cost_usd) == (4, 0)
    hosted = plan_estimate(
        workspace, planned(workspace, endpoints=dict.fromkeys(ROLES[:2], "embedded") | {ROLES[2]: "hosted"})
    )
    assert hosted.roles["responder"].cost_usd == 0
    assert hosted.roles["rubric_evaluator"].cost_usd
    assert hosted.hours > free.hours
    assert plan_estimate(workspace, planned(workspace, "house")).cost_usd is None


def test_an_older_version_of_a_pack_is_played_byte_for_byte(workspace):
    kept = history(workspace, "mine")
    first = kept.look()
    texts = kept.texts(first)
    kept.save({**texts, "responder.md": texts["responder.md"] + "\nBe brief.\n"}, first.hash, "me", "shorter")
    newest = plan_config(workspace, planned(workspace))
    older = planned(workspace, version=first.hash)
    assert plan_config(workspace, older).pack_hash == first.hash != newest.pack_hash
    assert pack_digest(pack_of(workspace, older)) == first.hash


def test_a_free_name_is_not_taken(workspace):
    now = datetime(2026, 11, 21, 12, 0).astimezone()
    assert free_name(workspace, now) == "run-2026-11-21"
    (workspace.root / "runs" / "run-2026-11-21").mkdir()
    assert free_name(workspace, now) == "run-2026-11-21-2"
