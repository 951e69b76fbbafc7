"""Runs become rows: the six fields, read by `datasets`, the same bytes from the same input."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphs.prompts import person_string
from graphs.released import SPLITS, ReleaseError, data_file, read_report, read_split
from graphs.schema import Removal, Trajectory
from graphs.spans import SPAN_NAMES, Spans, parse_spans, render_spans, span_violations
from release.assemble import public_header, row_of
from release.corrected import Corrections
from release.layout import FIXED_FILES, ROW_SCHEMA
from tests.release.invented import (
    build,
    files_of,
    mixed,
    persona,
    render_policy,
    reply,
    trajectory,
    turn,
    write_run,
)

LOAD = """
import json, sys, datasets
loaded = datasets.load_dataset(sys.argv[1], cache_dir=sys.argv[2])
print(json.dumps({split: [list(rows.features), rows.to_list()] for split, rows in loaded.items()}))
"""


def loaded(out: Path, cache: Path) -> dict[str, tuple[list[str], list[dict]]]:
    """What a user gets from load_dataset, offline and in a process of its own."""
    offline = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(cache), "HF_HUB_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(out), str(cache)], env=offline, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_load_dataset_gives_both_splits_with_exactly_six_fields(tmp_path: Path):
    rows = mixed()
    build(tmp_path / "out", write_run(tmp_path / "run", rows))
    splits = loaded(tmp_path / "out", tmp_path / "cache")
    assert list(splits) == ["train", "test"]
    for split, (fields, found) in splits.items():
        assert fields == ["person", "mbti", "emotion", "situation", "anon_username", "messages"]
        assert found == [
            row_of(Corrections().gold(row), render_policy, person_string) for row in rows if row.split == split
        ]


def test_load_dataset_reads_a_release_without_test_dialogues(tmp_path: Path):
    build(tmp_path / "out", write_run(tmp_path / "run", mixed(test=0)))
    assert list(loaded(tmp_path / "out", tmp_path / "cache")) == ["train"]


def test_a_rebuilt_release_is_loaded_anew_from_the_same_cache(tmp_path: Path):
    for name, rows in (("a", mixed()), ("b", [trajectory(50), trajectory(150, split="test")])):
        build(tmp_path / "out", write_run(tmp_path / name, rows))
        splits = loaded(tmp_path / "out", tmp_path / "cache")
        for split, (_, found) in splits.items():
            assert found == [
                row_of(Corrections().gold(row), render_policy, person_string) for row in rows if row.split == split
            ]


def test_decisions_are_not_in_what_is_loaded(tmp_path: Path):
    build(tmp_path / "out", write_run(tmp_path / "run", mixed()))
    text = json.dumps(loaded(tmp_path / "out", tmp_path / "cache"))
    assert "FAIL" not in text
    assert "row_sha256" not in text
    assert "d00001" not in text


def test_a_row_is_system_then_utterance_and_chosen_reply_in_the_papers_tags():
    card = "<understanding>You fell.</understanding><reasoning>It hurts.</reasoning>\n<emotion>sad</emotion><response>Oh.</response>"
    dialogue = trajectory(1, turns=[turn("I fell.", reply("first"), card, decisions="FAIL PASS")])
    row = row_of(Corrections().gold(dialogue), render_policy, person_string)
    assert list(row) == ROW_SCHEMA.names
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]
    assert row["messages"][2]["content"] == render_spans(Spans("You fell.", "It hurts.", "sad", "Oh."))
    assert row["anon_username"] == dialogue.persona.id
    assert row["person"].startswith("Username: user_00000001 MBTI: INFP About: ")


def test_the_same_input_gives_the_same_bytes(tmp_path: Path):
    first, second = write_run(tmp_path / "a", mixed()), write_run(tmp_path / "b", [trajectory(50)], seed=8)
    for out in ("one", "two"):
        build(tmp_path / out, first, second)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    build(tmp_path / "one", first, second)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_rows_keep_the_order_of_runs_and_pairings_over_many_row_groups(tmp_path: Path):
    rows = [trajectory(n) for n in range(300)]
    build(tmp_path / "out", write_run(tmp_path / "a", rows[200:]), write_run(tmp_path / "b", rows[:200]))
    names = [row["anon_username"] for row in read_split(tmp_path / "out", "train")]
    assert names == [row.persona.id for row in rows[200:] + rows[:200]]


def test_what_is_left_out_is_counted_by_reason(tmp_path: Path):
    drift = Removal(kind="drift", rule="stated_fact", turn=2, finding="says another age")
    rows = [
        trajectory(1),
        trajectory(2, removals=(drift,)),
        trajectory(3, turns=[turn("Oh.", "no spans at all", decisions="FAIL")]),
        trajectory(4, turns=[turn("Oh.", reply(emotion="sadness"))]),
        trajectory(5, emotion="hopping"),
    ]
    report = build(tmp_path / "out", write_run(tmp_path / "run", rows), write_run(tmp_path / "again", rows[:1]))
    assert report.read == 6
    assert report.dialogues == {"train": 1, "test": 0}
    assert report.left_out == {
        "label outside the pack": 2,
        "malformed reply": 1,
        "repeated": 1,
        "screening: drift": 1,
    }
    assert read_report(tmp_path / "out") == report


def test_labels_are_not_checked_where_none_are_given(tmp_path: Path):
    run = write_run(tmp_path / "run", [trajectory(1, emotion="hopping")])
    assert build(tmp_path / "out", run, labels=()).dialogues["train"] == 1


@pytest.mark.parametrize(
    ("drop", "train", "left_out"), [(True, 1, {"situation stands in test": 2}), (False, 3, {})], ids=["drop", "keep"]
)
def test_a_situation_of_test_is_dropped_from_train_unless_told_otherwise(tmp_path: Path, drop, train, left_out):
    rows = [trajectory(1), trajectory(2, situation="my kite  got LOST"), trajectory(3, situation="My kite got lost.")]
    rows.append(trajectory(9, split="test", situation="My kite got lost!"))
    report = build(tmp_path / "out", write_run(tmp_path / "run", rows), drop_shared_situations=drop)
    assert (report.dialogues["train"], report.shared_situations, report.left_out) == (train, 2, left_out)


def test_a_run_played_in_part_by_the_embedded_model_makes_a_demonstration(tmp_path: Path):
    real = write_run(tmp_path / "a", [trajectory(1)], demonstration=False)
    demo = write_run(tmp_path / "b", [trajectory(2)], demonstration=True)
    assert not build(tmp_path / "out", real).demonstration
    assert build(tmp_path / "out", real, demo).demonstration


def test_a_run_in_which_a_person_spoke_is_refused_by_name_and_an_earlier_release_stays(tmp_path: Path):
    build(tmp_path / "out", write_run(tmp_path / "a", [trajectory(1)]))
    before = files_of(tmp_path / "out")
    spoken = write_run(tmp_path / "mine", [trajectory(2)], person_spoke=True)
    with pytest.raises(ReleaseError, match=r"mine/trajectories.jsonl: a person speaks.*leave this run out"):
        build(tmp_path / "out", tmp_path / "a", spoken)
    assert files_of(tmp_path / "out") == before


def test_a_public_header_names_no_address_and_no_folder():
    header = {
        "models": {"responder": "/srv/models/qwen", "judge": "Qwen/Qwen3-8B"},
        "base_url": "localhost:8000",
        "via": "http://10.0.0.1/v1",
        "seen": ["https://a.example/x", 3],
        "pack": "../packs/mine",
    }
    assert public_header(header) == {
        "models": {"responder": "qwen", "judge": "Qwen/Qwen3-8B"},
        "seen": [3],
        "pack": "mine",
    }


TAGS = [f"<|{name}_{edge}|>" for name in SPAN_NAMES for edge in ("begin", "end")]
HOSTILE = st.lists(
    st.sampled_from(
        [*TAGS, "<emotion>", "</response>", "<|im_start|>", "<|endoftext|>", "=1+1", "{x}", "\n---\n", "\x00", "SOLVED"]
    )
    | st.text(max_size=12),
    min_size=1,
    max_size=6,
).map(" ".join)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(utterances=st.lists(HOSTILE, min_size=1, max_size=3), inside=HOSTILE, situation=HOSTILE, about=HOSTILE)
def test_hostile_text_comes_through_as_it_was(tmp_path: Path, utterances, inside, situation, about):
    spoken = reply(inside)
    turns = [turn(utterance, spoken) for utterance in utterances]
    played = Trajectory.model_validate(
        trajectory(1, turns=turns, who=persona(1, about=about)).model_dump()
        | {"situation": {"id": "s1", "emotion": "sad", "text": f"kite {situation}"}}
    )
    run = write_run(tmp_path / "run", [played, trajectory(2)])
    report = build(tmp_path / "out", run)
    rows = list(read_split(tmp_path / "out", "train"))
    if span_violations(spoken):
        assert report.left_out == {"malformed reply": 1}
        return
    assert rows[0] == row_of(Corrections().gold(played), render_policy, person_string)
    said = [message["content"] for message in rows[0]["messages"] if message["role"] == "user"]
    assert said == [turn.utterance for turn in played.turns]
    assert all(parse_spans(m["content"]) for m in rows[0]["messages"] if m["role"] == "assistant")


def test_a_release_is_its_files_and_nothing_else(tmp_path: Path):
    build(tmp_path / "out", write_run(tmp_path / "run", mixed()))
    data = {f"data/{data_file(tmp_path / 'out', split).name}" for split in SPLITS}
    assert set(files_of(tmp_path / "out")) == data | set(map(str, FIXED_FILES))
    for split in SPLITS:
        file = data_file(tmp_path / "out", split)
        assert file.name == f"{split}-{hashlib.sha256(file.read_bytes()).hexdigest()[:12]}.parquet"
    assert [len(list(read_split(tmp_path / "out", split))) for split in SPLITS] == [3, 2]
