"""Whether a judge is the reward's judge."""

import json

import pytest

from graphs.records import BadFile
from measure.judge_relation import read_manifest, relation

REWARDED = {"stage": "grpo", "settings": {"outcome": "rubric", "judge_model": "Qwen/Qwen3-8B"}}


@pytest.mark.parametrize(
    ("judge", "model", "manifest", "kind"),
    [
        pytest.param("qwen3-8b", "ours", REWARDED, "same", id="the same by name, without folder and case"),
        pytest.param("gpt-5-mini", "ours", REWARDED, "other", id="another one"),
        pytest.param("ours", "team/ours", REWARDED, "itself", id="the model judges itself"),
        pytest.param("gpt-5-mini", "ours", {"stage": "sft", "settings": {}}, "none", id="no judge in a manifest"),
        pytest.param(
            "Qwen3-8B",
            "ours",
            {"settings": {"outcome": "embedding", "judge_model": "Qwen3-8B"}},
            "none",
            id="a judge that did not reward",
        ),
        pytest.param("gpt-5-mini", "ours", None, "unknown", id="no manifest"),
        pytest.param("Qwen/Qwen3-8B", "ours", None, "unknown", id="no manifest, but the paper's reward judge"),
    ],
)
def test_a_judge_is_known_by_the_models_manifest_or_by_name(judge, model, manifest, kind):
    assert relation(judge, model, manifest).kind == kind


def test_without_a_manifest_the_papers_reward_judge_is_named():
    assert "Qwen3-8B" in relation("Qwen/Qwen3-8B", "ours", None).says
    assert "--manifest" in relation("gpt-5-mini", "ours", None).says


def test_a_manifest_is_read_from_its_file_or_folder(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps(REWARDED))
    assert read_manifest(tmp_path) == read_manifest(tmp_path / "manifest.json") == REWARDED


@pytest.mark.parametrize(("text", "says"), [(None, "No such file"), ("{", "not JSON"), ("[1]", "no JSON object")])
def test_what_is_no_manifest_is_refused(tmp_path, text, says):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BadFile, match=says):
        read_manifest(tmp_path)
