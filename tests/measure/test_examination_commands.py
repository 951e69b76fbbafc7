"""`kardia evaluate`, as a person types it, on the embedded model."""

import json

import pytest
from typer.testing import CliRunner

from studio.commands.evaluate import app
from tests.graphs.runs import kardia
from tests.measure.examined import released

EMBEDDED = "kardia-demo-1"


@pytest.fixture(scope="module")
def examined(tmp_path_factory):
    """A release, and an examination of it that was asked and judged."""
    folder = tmp_path_factory.mktemp("examined")
    release = released(folder)
    ran = kardia("evaluate", "run", release, "--model", EMBEDDED, "--out", folder / "ex", "--json")
    judged = kardia("evaluate", "judge", folder / "ex", "--judge-model", EMBEDDED, "--json")
    return release, folder / "ex", ran, judged


def test_run_judge_and_report_end_with_a_row_of_table_2(examined, tmp_path):
    _, out, ran, judged = examined
    assert (ran.returncode, judged.returncode) == (0, 0), ran.stderr + judged.stderr
    assert json.loads(ran.stdout)["finished"] == 10
    assert json.loads(judged.stdout)["finished"] == 6
    found = kardia("evaluate", "report", out, "--json", "--markdown", tmp_path / "report.md")
    data = json.loads(found.stdout)
    (row,) = data["rows"]
    assert (row["system"], row["judge"]) == (EMBEDDED, EMBEDDED)
    assert row["scores"]["empathy"]["value"] >= 1
    assert len(data["paper"]["rows"]) == 28
    assert data["systems"][0]["judgings"][0]["relation"]["kind"] == "itself"
    assert "these figures mean nothing" in (tmp_path / "report.md").read_text()


def test_the_same_command_again_asks_nothing(examined):
    release, out, *_ = examined
    again = kardia("evaluate", "run", release, "--model", EMBEDDED, "--out", out, "--json")
    assert json.loads(again.stdout)["calls"] == 0
    assert "resuming" in again.stderr


def test_a_dry_run_counts_what_is_left_and_makes_nothing(examined, tmp_path):
    release, out, *_ = examined
    options = ["--model", "m", "--base-url", "http://127.0.0.1:9/v1", "--out", str(tmp_path / "ex"), "--price", "1,2"]
    fresh = CliRunner().invoke(app, ["run", str(release), *options, "--dry-run", "--json"])
    assert json.loads(fresh.stdout)["calls"] == 10
    assert json.loads(fresh.stdout)["cost_usd"] > 0
    assert not (tmp_path / "ex").exists()
    address = ["--judge-base-url", "http://127.0.0.1:9/v1"]
    rest = CliRunner().invoke(app, ["judge", str(out), "--judge-model", "other", *address, "--dry-run"])
    assert "6 calls to other, 0 done" in rest.stdout
    assert "cost unknown; give --price" in rest.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "{release}", "--model", "other", "--base-url", "http://127.0.0.1:9/v1", "--out", "{out}"), "model: kardia-demo-1 there"),
        (("run", "{out}", "--model", "m", "--out", "x"), "name a directory made by `kardia release build`"),
        (("judge", "{release}", "--judge-model", EMBEDDED), "name a directory that `kardia evaluate run --out` made"),
        (("judge", "{out}", "--judge-model", EMBEDDED, "--judge-sees", "all"), "--judge-sees 'all'"),
        (("report", "{release}"), "name a directory that `kardia evaluate run --out` made"),
        (("report", "{out}", "--manifest", "{release}", "--manifest", "{release}"), "2 for 1 directories"),
        (("report", "{out}", "--manifest", "{release}"), "manifest.json"),
    ],
)  # fmt: skip
def test_wrong_use_names_what_is_wrong(examined, arguments, says):
    release, out, *_ = examined
    found = CliRunner().invoke(app, [word.format(release=release, out=out) for word in arguments])
    assert isinstance(found.exception, ValueError)
    assert says in str(found.exception)


def test_wrong_use_exits_2(tmp_path):
    found = kardia("evaluate", "report", tmp_path)
    assert (found.returncode, found.stdout) == (2, "")
    assert "examination.yaml" in found.stderr
