"""The graph from Python in three lines, another domain's pack, langgraph.json, and the estimate."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from graphs.packs import load_pack
from graphs.records import read_rows
from graphs.schema import Persona, Situation, Trajectory
from graphs.simple import make_graph, play_dialogue
from graphs.spans import parse_spans
from personas.pairing import pair_files
from tests.graphs.counting import counting_endpoint
from tests.graphs.runs import EXAMPLES, ROOT, kardia, paired
from tests.graphs.scripted import pairing


def test_three_lines_play_a_dialogue():
    trajectory = play_dialogue("I am a nurse. I knit.", "My best friend moved away.", "lonely")
    assert 8 <= len(trajectory.turns) <= 10
    assert trajectory.turns[0].response


def test_a_model_by_address_speaks_all_roles():
    with counting_endpoint() as counting:
        trajectory = play_dialogue(
            "I mend clocks.", "The clock I mended stopped.", "sad", model="any", base_url=counting.url, turns=2
        )
    assert len(trajectory.turns) == 2
    assert {json.loads(body)["model"] for body in counting.asked} == {"any"}


def test_a_second_domain_is_played_by_the_same_graph_without_a_code_change(tmp_path):
    pairings, folder = tmp_path / "pairings.jsonl", EXAMPLES / "studycoach"
    pair_files(folder / "personas.jsonl", folder / "situations.jsonl", 10, 0, pairings, test_personas=0.3)
    done = kardia("synth", "run", "--pairings", pairings, "--pack", "studycoach", "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    pack = load_pack("studycoach")
    trajectories = list(read_rows(tmp_path / "run" / "trajectories.jsonl", Trajectory))
    assert len(trajectories) == 10
    for trajectory in trajectories:
        assert len(trajectory.turns) <= pack.settings.limits.turns == 6
        for turn in trajectory.turns:
            standing = turn.attempts[turn.chosen]
            assert standing.violations or parse_spans(turn.reply).emotion in pack.labels
            assert not standing.marks or set(standing.marks) == set(pack.rubric.criteria)
            assert all(1 <= mark.score <= 4 for mark in standing.marks.values())


def test_the_second_pack_shares_no_label_or_criterion_list_with_the_first():
    first, second = load_pack("kardia"), load_pack("studycoach")
    assert set(first.rubric.criteria).isdisjoint(second.rubric.criteria)
    assert first.labels != second.labels
    assert str(second.rubric.scale) == "1-4"


async def test_langgraph_dev_gets_a_graph_that_plays_from_plain_json():
    plain = json.loads(pairing(emotion="lonely").model_dump_json())
    state = await make_graph().ainvoke({"pairing": plain}, {"recursion_limit": 200})
    assert state["end"]
    assert len(state["turns"]) >= 8


def test_langgraph_json_is_valid():
    cli = Path(sys.executable).parent / "langgraph"
    done = subprocess.run([cli, "validate"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout


def test_an_estimate_calls_nothing_and_is_near_what_the_run_takes(tmp_path):
    pairings = paired(tmp_path, 24)
    done = kardia("synth", "estimate", "--pairings", pairings, "--price", "2.5,10", "--json")
    assert done.returncode == 0, done.stderr
    expected = json.loads(done.stdout)
    ran = kardia("synth", "run", "--pairings", pairings, "--out", tmp_path / "run", "--price", "2.5,10", "--json")
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert expected["calls"] == pytest.approx(found["calls"], rel=0.15)
    assert expected["cost_usd"] == pytest.approx(found["cost_usd"], rel=0.25)
    assert expected["cost_usd_range"][0] < found["cost_usd"] < expected["cost_usd_range"][1]


def test_an_estimate_of_a_known_model_has_a_price_and_of_an_unknown_one_says_so(tmp_path):
    pairings = paired(tmp_path, 4)
    known = kardia("synth", "estimate", "--pairings", pairings, "--model", "gpt-4o-2024-11-20")
    assert "money: about $" in known.stdout
    unknown = kardia("synth", "estimate", "--pairings", pairings, "--model", "nobody-knows-me")
    assert "--price IN,OUT" in unknown.stdout


def test_examples_are_records():
    assert len(list(read_rows(EXAMPLES / "personas.jsonl", Persona))) >= 24
    assert len(list(read_rows(EXAMPLES / "situations.jsonl", Situation))) >= 64
