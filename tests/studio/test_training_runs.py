"""Training runs of a workspace: planned, launched, stopped and resumed for real; and the look-up of a long ledger."""

import json
import shutil
from pathlib import Path

import pytest

from graphs.records import BadFile
from graphs.runs import WrongUse
from studio.runs.endpoints import Endpoint
from studio.training.launching import Plan, argv, configs, dry_run, free_name, further, judge_changes, launch
from studio.training.ledger_index import LedgerIndex, Sought
from studio.training.runs import held_by, resume, stop, training_names, training_path, training_row
from studio.training.sources import source_files
from studio.workspace import Workspace
from tests.graphs.counting import wait_for
from tests.studio.training_fixture import CANDIDATES, GROUPS, GRPO, STEPS, make_trainings
from train.running.run_lines import cut_lines
from train.tiny import make_policy

ALL = STEPS * GROUPS * CANDIDATES


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("trainings")
    make_trainings(root)
    make_policy(root / "model", ["An hour, and nobody."], vocabulary=300, width=32, layers=1)
    return root


@pytest.fixture
def workspace(made, tmp_path) -> Workspace:
    return Workspace(shutil.copytree(made, tmp_path / "own"))


@pytest.fixture
def ledger(workspace) -> LedgerIndex:
    return LedgerIndex(workspace.root / "training" / GRPO, workspace.state / "ledgers" / "one.sqlite")


def plan_of(workspace: Workspace, name: str, **changes: str) -> Plan:
    config = next(config for config in configs(workspace, "sft") if config.name == "qwen2.5-3b-sft")
    small = {
        "model_name_or_path": "model",
        "use_peft": "false",
        "global_batch": "2",
        "per_device_train_batch_size": "2",
    }
    return Plan(name, config, workspace.root / "examples.jsonl", small | changes)


def test_a_run_is_launched_stopped_and_resumed(workspace):
    def state() -> str:
        return training_row(workspace, "evening").state

    launch(workspace, plan_of(workspace, "evening", max_steps="4000", save_steps="4000"))
    wait_for(lambda: state() == "training", timeout_s=120)
    stop(training_row(workspace, "evening"))
    assert state() in ("stopping", "stopped")
    wait_for(lambda: state() == "stopped", timeout_s=60)
    reached = training_row(workspace, "evening").progress.step
    assert 0 < reached < 4000
    resume(workspace, training_row(workspace, "evening"))
    wait_for(
        lambda: state() == "training" and training_row(workspace, "evening").progress.step > reached, timeout_s=120
    )
    assert held_by(training_path(workspace, "evening"))
    stop(training_row(workspace, "evening"))
    wait_for(lambda: state() == "stopped", timeout_s=60)


def test_a_refused_start_stands_with_its_reason(workspace):
    launch(workspace, plan_of(workspace, "odd", learning_rat="1e-3"))
    wait_for(lambda: not training_row(workspace, "odd").is_live, timeout_s=60)
    row = training_row(workspace, "odd")
    assert (row.state, "did you mean learning_rate" in row.reason) == ("refused", True)
    assert "odd" in training_names(workspace)


def test_a_dry_run_says_what_it_will_take_and_writes_nothing(workspace):
    said = dry_run(workspace, plan_of(workspace, "night", max_steps="3"))
    assert not said.refused
    assert "3" in said.text
    assert not (workspace.root / "training" / "night").exists()


def test_the_command_line_says_what_was_changed_alone(workspace):
    plan = plan_of(workspace, "night")._replace(changes={"learning_rate": "2e-6"})
    words = argv(plan)
    assert words[:2] == ["train", "sft"]
    assert words[-2:] == ["--set", "learning_rate=2e-6"]


def test_price_and_budget_are_options_of_the_command(workspace):
    plan = plan_of(workspace, "night")._replace(options={"--price": "1,2", "--budget-usd": "5"})
    assert argv(plan)[-4:] == ["--price", "1,2", "--budget-usd", "5"]


def test_settings_of_the_workspace_come_before_the_recipes(workspace):
    (workspace.root / "recipes").mkdir()
    (workspace.root / "recipes" / "ours.yaml").write_text("stage: grpo\nmodel_name_or_path: m\n")
    (workspace.root / "recipes" / "other.yaml").write_text("a: [1\n")
    names = [config.name for config in configs(workspace, "grpo")]
    assert names[0] == "recipes/ours.yaml"
    assert "qwen2.5-3b-grpo" in names
    assert names[-1].startswith("ablation")


@pytest.mark.parametrize("name", ["", "../up", "a/b", "-x", GRPO])
def test_a_name_that_cannot_be_is_refused(workspace, name):
    with pytest.raises((WrongUse, BadFile)):
        launch(workspace, plan_of(workspace, "x")._replace(name=name))


def test_further_settings_are_lines_of_name_and_value():
    assert further("use_peft: true\n\n seed:  7 ") == {"use_peft": "true", "seed": "7"}
    with pytest.raises(WrongUse, match="one setting a line"):
        further("use_peft")


def test_a_judge_is_taken_from_the_endpoints():
    assert judge_changes(Endpoint(model="m", base_url="http://h/v1")) == {
        "judge_model": "m",
        "judge_base_url": "http://h/v1",
    }
    assert judge_changes(Endpoint(model="m"))["judge_base_url"] == "null"


def test_a_free_name_is_not_taken(workspace):
    name = free_name(workspace, "grpo")
    (workspace.root / "training" / name).mkdir()
    assert free_name(workspace, "grpo") == f"{name}-2"


def test_a_ledger_is_found_by_all_that_was_asked_for(ledger):
    assert ledger.refresh(60) == (ALL, ledger.refresh(0).read, ledger.refresh(0).size, 0, STEPS, True)
    sought = Sought(steps=(10, 20), example="e1", candidate=0, rewards=(0.5, 1.0), order="best")
    found = ledger.find(sought)
    assert {(one.example, one.candidate) for one in found} == {("e1", 0)}
    assert [one.reward for one in found] == sorted((one.reward for one in found), reverse=True)
    assert ledger.count(sought) == len(found)
    assert ledger.read(found[0]).reward == found[0].reward
    assert all(one.reward is None for one in ledger.find(Sought(failed=True)))


def test_an_index_grows_and_is_cut_with_its_ledger(ledger, workspace):
    path = workspace.root / "training" / GRPO / "ledger.jsonl"
    whole = path.read_bytes()
    ledger.refresh(60)
    entry = ledger.find(Sought(steps=(30, 30)))[0]
    cut_lines(path, 21)
    assert ledger.refresh(60)[0] == 20 * GROUPS * CANDIDATES
    with pytest.raises(BadFile, match="changed on disk"):
        ledger.read(entry)
    later = [json.loads(line) for line in whole.splitlines()[1 + 20 * GROUPS * CANDIDATES :]]
    with path.open("ab") as file:
        file.writelines(json.dumps(row | {"predicted": "lonely"}).encode() + b"\n" for row in later)
        file.write(b'{"half": ')
    reach = ledger.refresh(60)
    assert (reach.rows, reach.is_whole) == (ALL, True)
    assert {one.predicted for one in ledger.find(Sought(steps=(21, 40)), ALL)} == {"lonely"}
    assert {one.predicted for one in ledger.find(Sought(steps=(1, 20)), ALL)} >= {"furious"}


def test_a_ledger_replaced_by_another_is_read_anew(ledger, workspace):
    path = workspace.root / "training" / GRPO / "ledger.jsonl"
    ledger.refresh(60)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0].replace(b"kardia-demo-1", b"another-judge") + lines[5])
    assert ledger.refresh(60).rows == 1


def test_damaged_lines_are_counted_and_passed_over(ledger, workspace):
    path = workspace.root / "training" / GRPO / "ledger.jsonl"
    with path.open("ab") as file:
        file.write(b'not json\n{"step": 3}\n[]\n\n')
    reach = ledger.refresh(60)
    assert (reach.rows, reach.damaged) == (ALL, 4)


def test_a_long_ledger_is_taken_in_slice_by_slice(ledger, workspace):
    path = workspace.root / "training" / GRPO / "ledger.jsonl"
    header, *rows = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(header + b"".join(rows * 5))
    first = ledger.refresh(0)
    assert (first.rows, first.is_whole) == (0, False)
    assert ledger.refresh(60).rows == 5 * ALL


def test_preferences_are_found_with_a_header_and_without(tmp_path):
    row = '{"id": "p1", "dialogue": [], "chosen": "a", "rejected": "b"}'
    (tmp_path / "bare.jsonl").write_text(row + "\n")
    (tmp_path / "headed.jsonl").write_text('{"header": {"kind": "preferences"}}\n' + row + "\n")
    (tmp_path / "other.jsonl").write_text('{"id": "x"}\n[1]\n')
    found = source_files(Workspace(tmp_path), "preferences")
    assert {path.name for path in found} == {"bare.jsonl", "headed.jsonl"}
