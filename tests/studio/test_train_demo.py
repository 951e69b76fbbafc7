"""`kardia train demo` at its smallest: every part is walked, and the same arguments again go on where they stopped."""

import json

import pytest

from studio.training.curves import sparkline
from studio.training.demo import Sizes, Trained, train_demo
from studio.training.demo_progress import Way
from studio.training.measured import Point, read_measured, thinned
from studio.training.runs import training_names, training_row
from studio.workspace import Workspace
from tests.graphs.runs import all_bytes
from train.ledger.check import check_ledger

SMALLEST = Sizes(dialogues=60, sft_steps=2, grpo_steps=1, test_answers=2)


@pytest.fixture(scope="module")
def walked(tmp_path_factory) -> tuple[Workspace, Trained, list[str]]:
    workspace = Workspace(tmp_path_factory.mktemp("demo"))
    told: list[str] = []
    return workspace, train_demo(workspace.root / "training" / "demo", 0, told.append, SMALLEST), told


def test_every_part_is_walked_and_told(walked):
    _, trained, told = walked
    assert [line[:3] for line in told if line[1:2] == "/"] == ["1/5", "2/5", "3/5", "4/5", "5/5"]
    assert "to go" in told[1]
    assert trained.stopped == 0
    assert set(trained.data["test"]) == {"untrained", "SFT", "GRPO"}


def test_what_it_shows_and_what_not_is_said(walked):
    workspace, trained, _ = walked
    assert "What it does not show: a helper" in " ".join(trained.text.split())
    assert (workspace.root / "training" / "demo" / "README.md").read_text(
        encoding="utf-8"
    ).strip() == trained.text.strip()


def test_its_runs_stand_on_the_page_train(walked):
    workspace, _, _ = walked
    assert set(training_names(workspace)) == {"demo/sft", "demo/grpo"}
    rows = [training_row(workspace, name) for name in ("demo/sft", "demo/grpo")]
    assert [(row.state, row.stage) for row in rows] == [("done", "sft"), ("done", "grpo")]


def test_curves_are_pictures_that_need_nothing_else(walked):
    workspace, trained, _ = walked
    page = (workspace.root / "training" / "demo" / "curves.html").read_text(encoding="utf-8")
    assert page.count("<svg") > 4
    assert "http://" not in page.replace("http://www.w3.org/", "")
    assert [path.endswith((".png", ".html")) for path in trained.data["pictures"]] == [True] * 3


def test_its_ledger_verifies(walked):
    workspace, _, _ = walked
    assert not check_ledger(workspace.root / "training" / "demo" / "grpo").findings


def test_the_same_again_trains_nothing_anew(walked):
    workspace, trained, _ = walked
    finals = [workspace.root / "training" / "demo" / stage / "final" for stage in ("sft", "grpo")]
    before = [all_bytes(final) for final in finals]
    again = train_demo(workspace.root / "training" / "demo", 0, lambda _: None, SMALLEST)
    assert [all_bytes(final) for final in finals] == before
    assert json.dumps(again.data["test"]) == json.dumps(trained.data["test"])


def test_a_long_curve_is_thinned_to_means():
    points = [Point(step, float(step % 2)) for step in range(1000)]
    few = thinned(points, 100)
    assert len(few) == 100
    assert {point.value for point in few} == {0.5}
    assert sum(point.steps for point in few) == 1000
    assert thinned(points[:5], 100) == points[:5]


@pytest.mark.parametrize(("values", "drawn"), [((), ""), ((1.0,), "▁"), ((0.0, 0.5, 1.0), "▁▅█")])
def test_a_curve_is_a_line_of_text(values, drawn):
    assert sparkline([Point(step, value) for step, value in enumerate(values)]) == drawn


def test_a_part_that_fails_ends_the_way():
    told: list[str] = []
    way = Way({"one": 1, "two": 1}, told.append)
    with pytest.raises(ValueError, match="broken"), way.part("one", "first"):
        raise ValueError("broken")
    assert told == ["1/2 first"]


def test_curves_of_nothing_are_empty(tmp_path):
    assert read_measured(tmp_path) == ({}, {}, None)
