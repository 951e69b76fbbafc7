"""A training run's directory: frozen settings, one process at a time, whole checkpoints, curves cut where a resume begins."""

import json
from pathlib import Path

import pytest

from graphs.records import BadFile
from graphs.runs import RunInUse
from train.running.checkpoints import checkpoints
from train.running.run_folder import TrainingRun, open_training_run, start_training_run
from train.stages import Stage, WrongSettings

SETTINGS = {"learning_rate": 1e-4, "logging_steps": 1, "lora_target_modules": ("a", "b")}
DATA = {"examples": "easy.jsonl", "examples_sha256": "a" * 64, "sees": {"persona": True}}


def start(path: Path, settings: dict | None = None, data: dict | None = None, stage: Stage = "sft") -> TrainingRun:
    return start_training_run(path, stage, settings or SETTINGS, data or DATA, {"torch": "2"})


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_same_start_again_opens_the_run(tmp_path: Path):
    start(tmp_path / "run")
    again = start(tmp_path / "run")
    assert (again.stage, again.frozen["learning_rate"]) == ("sft", 1e-4)


@pytest.mark.parametrize(
    ("settings", "data", "stage", "named"),
    [
        ({**SETTINGS, "learning_rate": 2e-4}, DATA, "sft", r"^learning_rate: 0.0001 in .*, 0.0002 now"),
        ({**SETTINGS, "packing": True}, DATA, "sft", "^packing: None in .*, True now"),
        (SETTINGS, {**DATA, "examples_sha256": "b" * 64}, "sft", r"^data\.examples_sha256: 'aaa"),
        (SETTINGS, {**DATA, "sees": {"persona": False}}, "sft", r"^data\.sees: "),
        (SETTINGS, DATA, "grpo", "^stage: 'sft' in .*, 'grpo' now"),
    ],
)
def test_a_frozen_difference_is_refused_with_field_old_and_new(tmp_path: Path, settings, data, stage, named: str):
    start(tmp_path / "run").add_metrics(1, {"loss": 1.0})
    with pytest.raises(WrongSettings, match=named):
        start(tmp_path / "run", settings, data, stage)


def test_settings_can_be_put_right_until_a_step_was_taken(tmp_path: Path):
    start(tmp_path / "run")
    again = start(tmp_path / "run", {**SETTINGS, "learning_rate": 2e-4})
    assert again.frozen["learning_rate"] == 2e-4


def test_where_things_lie_and_how_they_are_logged_may_differ(tmp_path: Path):
    start(tmp_path / "run").add_metrics(1, {"loss": 1.0})
    again = start(tmp_path / "run", {**SETTINGS, "logging_steps": 5}, {**DATA, "examples": "elsewhere/easy.jsonl"})
    assert (again.frozen["logging_steps"], again.data["examples"]) == (1, "easy.jsonl")


def test_a_second_process_is_refused_and_told_who_trains(tmp_path: Path):
    run = start(tmp_path / "run")
    with run.lock(), pytest.raises(RunInUse, match=r"in use by process \d+ on .* since"):
        start(tmp_path / "run")
    with run.lock():
        pass


def test_a_directory_of_something_else_is_refused(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(WrongSettings, match=r"^out: .* is not a training run"):
        start(tmp_path)


def test_a_start_that_was_killed_before_it_had_begun_starts_anew(tmp_path: Path):
    (tmp_path / "run.lock").touch()
    assert start(tmp_path).stage == "sft"


@pytest.mark.parametrize("text", ["", "- 1", "stage: sft", "{", "stage: other\nsettings: {}"])
def test_a_damaged_train_yaml_is_refused(tmp_path: Path, text: str):
    (tmp_path / "train.yaml").write_text(text)
    with pytest.raises(BadFile, match=r"train\.yaml: damaged"):
        open_training_run(tmp_path)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path):
    with pytest.raises(BadFile, match=r"no train\.yaml in it"):
        open_training_run(tmp_path)


def test_checkpoints_are_ordered_by_step_and_a_half_saved_one_does_not_count(tmp_path: Path):
    run = start(tmp_path / "run")
    for step in (2, 10, 9):
        (run.path / f"checkpoint-{step}").mkdir()
    for step in (2, 9):
        (run.path / f"checkpoint-{step}" / "manifest.json").write_text("{}")
    (run.path / "checkpoint-x").mkdir()
    assert [path.name for path in checkpoints(run.path)] == ["checkpoint-2", "checkpoint-9", "checkpoint-10"]
    assert run.last_checkpoint() == run.path / "checkpoint-9"
    run.begin_session({})
    assert not (run.path / "checkpoint-10").exists()


def saved(run: TrainingRun, step: int, **sizes: int) -> Path:
    """A checkpoint of one file whose manifest says these sizes."""
    folder = run.path / f"checkpoint-{step}"
    folder.mkdir()
    (folder / "weights").write_bytes(bytes(1100))
    (folder / "manifest.json").write_text(json.dumps({"files": sizes}))
    return folder


@pytest.mark.parametrize(
    ("sizes", "fault"),
    [
        ({"weights": 4194304}, "weights has 1,100 of 4,194,304 bytes"),
        ({"weights": 1099}, "weights has 1,100 of 1,099 bytes"),
        ({"weights": 1100, "optimizer": 7}, "optimizer is missing"),
    ],
)
def test_a_damaged_checkpoint_is_put_aside_by_name_and_an_older_one_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sizes: dict[str, int], fault: str
):
    run = start(tmp_path / "run")
    whole, damaged = saved(run, 2, weights=1100), saved(run, 4, **sizes)
    run.add_metrics(2, {"loss": 1.0})
    run.add_metrics(4, {"loss": 1.0})
    assert run.last_checkpoint() == whole
    assert run.begin_session({}) is None
    assert capsys.readouterr().err == (
        f"checkpoint-4: {fault}; going on from checkpoint-2, and the damaged one is kept as damaged-checkpoint-4\n"
    )
    assert (run.path / "damaged-checkpoint-4" / "weights").exists() and not damaged.exists()
    assert [line.step for line in run.metrics()] == [2]
    assert run.last_checkpoint() == whole


def test_a_checkpoint_damaged_again_takes_the_place_of_the_first(tmp_path: Path):
    run = start(tmp_path / "run")
    for size in (5, 6):
        saved(run, 4, weights=size)
        run.begin_session({})
    kept = json.loads((run.path / "damaged-checkpoint-4" / "manifest.json").read_text())
    assert kept["files"] == {"weights": 6} and checkpoints(run.path) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 3}', '{"files": {"weights": "x"}}'])
def test_a_checkpoint_whose_manifest_cannot_be_read_does_not_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
):
    run = start(tmp_path / "run")
    (saved(run, 4) / "manifest.json").write_text(text)
    assert run.last_checkpoint() is None
    run.begin_session({})
    assert capsys.readouterr().err.startswith("checkpoint-4: manifest.json cannot be read; training begins anew")


def test_a_resume_cuts_every_curve_at_its_checkpoint(tmp_path: Path):
    run = start(tmp_path / "run")
    for step in range(1, 8):
        run.add_metrics(step, {"loss": 1.0 / step})
    alarms = [json.dumps({"step": step, "rule": "x"}) for step in range(1, 8)]
    (run.path / "alarms.jsonl").write_text("\n".join(alarms) + "\n")
    rollouts = [json.dumps({"header": {"kind": "ledger"}}), *(json.dumps({"step": step}) for step in range(1, 8))]
    run.ledger.write_text("\n".join(rollouts) + '\n{"step": 8, "half')
    (run.path / "checkpoint-5").mkdir()
    (run.path / "checkpoint-5" / "manifest.json").write_text("{}")
    assert run.begin_session({"device": "cpu"}) is None
    assert run.last_checkpoint() == run.path / "checkpoint-5"
    assert [line.step for line in run.metrics()] == [1, 2, 3, 4, 5]
    assert [line["step"] for line in lines(run.path / "alarms.jsonl")] == [1, 2, 3, 4, 5]
    assert [line.get("step") for line in lines(run.ledger)] == [None, 1, 2, 3, 4, 5]


def test_without_a_checkpoint_what_an_earlier_session_wrote_is_set_aside(tmp_path: Path):
    run = start(tmp_path / "run")
    assert run.begin_session({}) is None
    written: list[bytes] = []
    for number in (1, 2):
        run.add_metrics(0, {"reward": 0.5}, "held_out")
        run.ledger.write_text(f'{{"header": {{}}}}\n{{"step": {number}}}\n')
        written.append(run.ledger.read_bytes())
        assert run.begin_session({}) == run.path / f"set-aside-{number}"
        assert list(run.metrics()) == [] and not run.ledger.exists()
    for number in (1, 2):
        aside = run.path / f"set-aside-{number}"
        assert {path.name for path in aside.iterdir()} == {"metrics.jsonl", "ledger.jsonl"}
        assert (aside / "ledger.jsonl").read_bytes() == written[number - 1]


def test_a_figure_that_could_not_be_taken_is_none_and_a_torn_line_is_passed_over(tmp_path: Path):
    run = start(tmp_path / "run")
    run.add_metrics(1, {"loss": None})
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 2, "at"')
    assert [line.metrics for line in run.metrics()] == [{"loss": None}]
