"""A GRPO run that cannot go on: it is refused with the file or the field, and not a byte of it is changed."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from graphs.offline.server import start_process
from tests.train.grpo_material import settings_of
from train.running.run_folder import open_training_run


@pytest.fixture(scope="module")
def judge() -> Iterator[str]:
    with start_process(seed=42) as url:
        yield url


@pytest.fixture(scope="module")
def begun(sft_model: Path, hard: Path, judge: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was killed after its third step, with a checkpoint of the second."""
    from train.grpo import train_grpo

    out = tmp_path_factory.mktemp("grpo") / "begun"
    train_grpo(None, hard, out, settings_of(sft_model, judge_base_url=judge, max_steps="3"))
    for name in ("final", "checkpoint-3"):
        shutil.rmtree(out / name)
    return out


def curve_damaged(run: Path) -> None:
    lines = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
    (run / "metrics.jsonl").write_text("".join([lines[0], '{"step": 1, \n', *lines[2:]]))


def ledger_damaged(run: Path) -> None:
    lines = (run / "ledger.jsonl").read_text().splitlines(keepends=True)
    (run / "ledger.jsonl").write_text("".join([*lines[:2], "half of a row\n", *lines[3:]]))


def ledger_counts_from_0(run: Path) -> None:
    header, *rows = map(json.loads, (run / "ledger.jsonl").read_text().splitlines())
    del header["header"]["first_step"]
    earlier = [header, *({**row, "step": row["step"] - 1} for row in rows)]
    (run / "ledger.jsonl").write_text("".join(json.dumps(row) + "\n" for row in earlier))


def spending_damaged(run: Path) -> None:
    (run / "spending.jsonl").write_text("a lot\n")


def two_processes(run: Path) -> None:
    raw = yaml.safe_load((run / "train.yaml").read_text())
    raw["sessions"][-1]["processes"] = 2
    (run / "train.yaml").write_text(yaml.safe_dump(raw))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(curve_damaged, r"metrics\.jsonl:2: no line of metrics", id="a damaged line of the curve"),
        pytest.param(ledger_damaged, r"ledger\.jsonl:3: .*restore this ledger", id="a damaged line of the ledger"),
        pytest.param(ledger_counts_from_0, "begun by an earlier version", id="an earlier version's ledger"),
        pytest.param(spending_damaged, r"spending\.jsonl: .*is no cost", id="a damaged line of spending"),
        pytest.param(two_processes, "processes: 2 in .*, 1 now", id="another number of processes"),
    ],
)
def test_a_refused_resume_changes_nothing(
    begun: Path, sft_model: Path, hard: Path, judge: str, tmp_path: Path, change: Callable[[Path], None], said: str
) -> None:
    from train.grpo import train_grpo

    run = tmp_path / "run"
    shutil.copytree(begun, run)
    (run / "checkpoint-9").mkdir()  # half-saved when the run was killed
    change(run)
    before = contents(run)
    with pytest.raises(ValueError, match=said):
        train_grpo(None, hard, run, settings_of(sft_model, judge_base_url=judge, max_steps="3"))
    assert contents(run) == before


def test_what_is_damaged_after_the_checkpoint_is_cut_when_the_run_goes_on(
    begun: Path, sft_model: Path, hard: Path, judge: str, tmp_path: Path
) -> None:
    from train.grpo import train_grpo

    run = tmp_path / "run"
    shutil.copytree(begun, run)
    for name in ("metrics.jsonl", "ledger.jsonl"):
        with (run / name).open("a") as file:
            file.write("half of a row\n")
    ended = train_grpo(None, hard, run, settings_of(sft_model, judge_base_url=judge, max_steps="3"))
    assert ended.is_done and [line.step for line in open_training_run(run).metrics() if line.split == "train"] == [
        1,
        2,
        3,
    ]


def contents(run: Path) -> dict[str, bytes | None]:
    """Every file and folder of a run but its lock."""
    found = {path.relative_to(run).as_posix(): path for path in run.rglob("*") if path.name != "run.lock"}
    return {name: path.read_bytes() if path.is_file() else None for name, path in found.items()}
