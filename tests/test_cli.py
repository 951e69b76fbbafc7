"""The command line as people meet it: help, JSON, exit codes, rubbish in, a full disk."""

import json
import shutil
import subprocess
import sys

import pytest

from graphs.offline.server import start_process
from graphs.runs import open_run
from tests.graphs.runs import ROOT, kardia, paired
from tests.small_disk import grow

HEAVY = ("langgraph", "langchain_openai", "openai", "pydantic", "pyarrow", "datasets", "yaml")


def test_help_imports_nothing_heavy():
    code = f"import sys, studio.cli; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "noun", [(), ("personas",), ("situations",), ("synth",), ("release",), ("packs",), ("synth", "run"), ("demo",)]
)
def test_every_noun_has_help(noun):
    done = kardia(*noun, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_demo_goes_the_whole_way_and_its_json_is_json(tmp_path):
    done = kardia("demo", "--out", tmp_path, "--dialogues", "24", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["run"]["dialogues"]["finished"] == 24
    assert data["table3"]["all"]["dialogues"] > 0
    assert data["dialogue"]
    again = kardia("demo", "--out", tmp_path, "--dialogues", "24")
    assert again.returncode == 0, again.stderr
    assert "What next" in again.stdout
    assert "[1] user" in again.stdout


def test_the_model_check_is_played_on_the_embedded_model_and_replayed(tmp_path):
    run = tmp_path / "run"
    done = kardia("synth", "run", "--pairings", paired(tmp_path, 4), "--out", run, "--set", "model_check=true")
    assert done.returncode == 0, done.stderr
    assert kardia("synth", "replay", run).returncode == 0


def test_dry_run_checks_the_key_and_makes_no_directory_and_no_call(tmp_path, monkeypatch):
    command = [
        "synth", "run", "--pairings", paired(tmp_path, 4), "--out", tmp_path / "run", "--dry-run",
        "--model", "gpt-4o-2024-11-20",
    ]  # fmt: skip
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    refused = kardia(*command)
    assert refused.returncode == 2
    assert "OPENAI_API_KEY" in refused.stderr
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    done = kardia(*command)
    assert done.returncode == 0, done.stderr
    assert "money" in done.stdout
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--model", "gpt-4o"], "OPENAI_API_KEY"),
        (["--model", "nobody", "--base-url", "http://127.0.0.1:9/v1", "--budget-usd", "1"], "--price"),
        (["--model", "x", "--base-url", "ftp://127.0.0.1/v1"], "--base-url"),
    ],
)
def test_what_cannot_be_reached_is_refused_before_a_run_is_made(tmp_path, monkeypatch, options, named):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    done = kardia("synth", "run", "--pairings", paired(tmp_path, 2), "--out", tmp_path / "run", *options)
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_start_that_was_killed_half_way_is_begun_again(tmp_path):
    command = ["synth", "run", "--pairings", paired(tmp_path, 2), "--out", tmp_path / "run"]
    assert kardia(*command).returncode == 0
    shutil.move(tmp_path / "run" / "run.yaml", tmp_path / "run" / ".run.yaml.half")
    (tmp_path / "run" / "journal.sqlite").unlink()
    for name in ("trajectories.jsonl", "failures.jsonl", "progress.json"):
        (tmp_path / "run" / name).unlink()
    assert kardia(*command).returncode == 0


def test_a_pack_that_was_changed_under_its_run_is_named(tmp_path):
    command = ["synth", "run", "--pairings", paired(tmp_path, 2), "--out", tmp_path / "run"]
    assert kardia(*command).returncode == 0
    template = next((tmp_path / "run" / "packs").glob("*/responder.md"))
    template.write_text(template.read_text() + "Be brief.\n")
    done = kardia(*command)
    assert done.returncode == 2
    assert "changed since the run started" in done.stderr


def test_the_demonstration_model_answers_to_its_own_name_only(tmp_path):
    with start_process() as url:
        done = kardia(
            "synth", "run", "--pairings", paired(tmp_path, 2), "--out", tmp_path / "run", "--model", "gpt-4o",
            "--base-url", url,
        )  # fmt: skip
    assert done.returncode == 2
    assert "kardia-demo-1" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["synth", "run", "--pairings", "nowhere.jsonl", "--out", "{tmp}/r"], "nowhere.jsonl"),
        (["synth", "run", "--pairings", "{tmp}/empty.jsonl", "--out", "{tmp}/r"], "holds no pairings"),
        (["synth", "run", "--pairings", "{tmp}/rubbish.jsonl", "--out", "{tmp}/r"], "rubbish.jsonl:1"),
        (["synth", "run", "--pairings", "{pairs}", "--out", "{tmp}/r", "--set", "turns=many"], "--set turns"),
        (["synth", "run", "--pairings", "{pairs}", "--out", "{tmp}/r", "--set", "nonsense=1"], "settings: turns"),
        (["synth", "run", "--pairings", "{pairs}", "--out", "{tmp}/r", "--price", "cheap"], "--price"),
        (["synth", "run", "--pairings", "{pairs}", "--out", "{tmp}/r", "--model", "judge=x"], "unknown role"),
        (["synth", "run", "--pairings", "{pairs}", "--out", "{tmp}/r", "--pack", "nowhere"], "no such pack"),
        (["synth", "run", "--pairings", "{pairs}", "--out", "{tmp}"], "is not a run"),
        (["synth", "show", "{tmp}"], "run.yaml"),
        (["synth", "show", "{tmp}/nowhere"], "run.yaml"),
        (["synth", "fork", "{tmp}", "d1", "--turn", "1"], "run.yaml"),
        (["release", "stats", "{tmp}"], "release"),
        (["release", "build", "--runs", "{tmp}", "--out", "{tmp}/r"], "run.yaml"),
        (["personas", "import", "{tmp}/nowhere.csv", "--out", "{tmp}/p"], "nowhere.csv"),
        (
            [
                "personas",
                "pair",
                "--personas",
                "{tmp}/empty.jsonl",
                "--situations",
                "{tmp}/empty.jsonl",
                "--out",
                "{tmp}/p",
            ],
            "persona",
        ),
    ],
)
def test_wrong_use_exits_2_with_one_message_that_names_it(tmp_path, arguments, named):
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "rubbish.jsonl").write_bytes(b"\xff\xfe\x00 not json\n")
    values = {"tmp": tmp_path, "pairs": paired(tmp_path, 2)}
    done = kardia(*(argument.format(**values) for argument in arguments))
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr


def test_a_damaged_journal_is_named(tmp_path):
    done = kardia("synth", "run", "--pairings", paired(tmp_path, 2), "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    (tmp_path / "run" / "journal.sqlite").write_bytes(b"not a database at all, but long enough to be looked at" * 50)
    shown = kardia("synth", "show", tmp_path / "run")
    assert shown.returncode == 2
    assert "journal.sqlite" in shown.stderr


def test_a_full_disk_stops_cleanly_and_goes_on_when_there_is_room(tmp_path, small_disk):
    pairings = paired(tmp_path, 40)
    command = ["synth", "run", "--pairings", pairings, "--out", small_disk / "run", "--concurrency", "8"]
    stopped = kardia(*command)
    assert stopped.returncode == 3, stopped.stderr
    assert "free some space" in stopped.stderr or "No space left" in stopped.stderr
    assert str(small_disk) in stopped.stderr
    assert "Traceback" not in stopped.stderr
    grow(small_disk)
    done = kardia(*command)
    assert done.returncode == 0, done.stderr
    journal = open_run(small_disk / "run").journal(readonly=True)
    assert len(journal.finished()) == 40
    journal.close()


def test_packs_check_names_file_and_line(tmp_path):
    mine = tmp_path / "mine"
    shutil.copytree(ROOT / "prompts" / "kardia", mine)
    text = (mine / "responder.md").read_text().replace("{labels}", "{lables}", 1)
    (mine / "responder.md").write_text(text)
    line = text[: text.index("{lables}")].count("\n") + 1
    done = kardia("packs", "check", mine)
    assert done.returncode == 1
    assert f"responder.md:{line}: unknown placeholder {{lables}}" in done.stdout
