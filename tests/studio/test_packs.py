"""`kardia packs`: versions, differences, revert and copy from the command line, and which runs used a version."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from graphs.packs import pack_digest
from studio.cli import app
from studio.prompts.packs import history, new_pack, runs_using
from studio.workspace import Workspace
from tests.graphs.runs import ROOT, kardia


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    shutil.copytree(ROOT / "prompts" / "kardia", tmp_path / "prompts" / "mine")
    return Workspace(tmp_path)


def packs(workspace: Workspace, *arguments: str) -> Any:
    done = CliRunner().invoke(app, ["packs", *arguments, "--workspace", str(workspace.root), "--json"])
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def test_a_version_is_saved_compared_and_brought_back(workspace: Workspace):
    first = packs(workspace, "versions", "mine")["versions"][0]["hash"]
    path = workspace.root / "prompts" / "mine" / "judge.md"
    before = path.read_bytes()
    path.write_text(path.read_text() + "Be fair.\n")
    saved = packs(workspace, "save", "mine", "--note", "fairer", "--author", "Ana")
    found = packs(workspace, "diff", "mine")
    assert (found["a"], found["b"], found["files"]) == (first, saved["hash"], ["judge.md"])
    assert "+Be fair." in found["diff"]
    made = packs(workspace, "revert", "mine", first[:8], "--author", "Ben")
    assert path.read_bytes() == before
    rows = packs(workspace, "versions", "mine")["versions"]
    assert [(row["hash"], row["author"]) for row in rows] == [(first, "Ben"), (saved["hash"], "Ana"), (first, "")]
    assert made["parent"] == saved["hash"]


def test_a_pack_is_copied_under_a_name_that_can_be_one(workspace: Workspace):
    made = packs(workspace, "copy", "mine", "other", "--author", "Ana")
    folder = workspace.root / "prompts" / "other"
    assert made["hash"] == pack_digest(folder)
    assert "name: other" in (folder / "pack.yaml").read_text()
    assert "other" in packs(workspace, "list")
    texts = history(workspace, "mine").texts(history(workspace, "mine").look())
    for name in ("../evil", "Upper", "", "other", "kardia"):
        with pytest.raises(ValueError, match="name"):
            new_pack(workspace, name, texts, "Ana", "")
    assert sorted(path.name for path in (workspace.root / "prompts").iterdir()) == ["mine", "other"]


def test_what_is_no_pack_and_no_version_is_named_with_exit_2(workspace: Workspace):
    for arguments in (("versions", "nowhere"), ("revert", "mine", "00000000"), ("copy", "mine", "A B")):
        done = CliRunner().invoke(app, ["packs", *arguments, "--workspace", str(workspace.root)])
        assert isinstance(done.exception, (ValueError, LookupError)), arguments
    done = kardia("packs", "versions", "nowhere", "--workspace", workspace.root)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "nowhere: no such pack" in done.stderr


def test_two_packs_of_one_name_have_two_histories(workspace: Workspace, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere" / "mine"
    shutil.copytree(ROOT / "prompts" / "studycoach", elsewhere)
    assert history(workspace, "mine").kept != history(workspace, str(elsewhere)).kept
    assert history(workspace, str(workspace.root / "prompts" / "mine")) == history(workspace, "mine")


def test_a_version_names_the_runs_and_forks_that_used_it(ground):
    used = runs_using(ground.workspace)
    own = pack_digest(ground.root / "prompts" / ground.pack)
    assert {ground.run, ground.fork, ground.failing} <= set(used[own])
