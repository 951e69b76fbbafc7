"""A pack in somebody's hands: unsaved texts outlive a reload, and what others save meanwhile is never overwritten unseen."""

import shutil
from pathlib import Path

import pytest

from graphs.editing.versions import Conflict
from studio.prompts import drafts
from studio.prompts.editing import Editing, begin, open_draft
from studio.workspace import Workspace
from tests.graphs.runs import ROOT


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    shutil.copytree(ROOT / "prompts" / "kardia", tmp_path / "prompts" / "mine")
    return Workspace(tmp_path)


def add(editing: Editing, file: str, words: str) -> None:
    editing.write(file, editing.texts[file] + words)


def test_what_is_typed_and_typed_back_is_no_change(workspace: Workspace):
    editing = begin(workspace, "mine", "one")
    text = editing.texts["judge.md"]
    add(editing, "judge.md", "x")
    assert list(editing.changed) == ["judge.md"]
    editing.write("judge.md", text)
    assert not editing.changed
    assert not drafts.drafts_of(workspace, "mine")


def test_unsaved_text_outlives_a_reload_and_is_gone_once_saved(workspace: Workspace):
    editing = begin(workspace, "mine", "one")
    add(editing, "judge.md", "Be fair.\n")
    again = begin(workspace, "mine", "another session", editing.draft)
    assert again.texts["judge.md"].endswith("Be fair.\n")
    again.save("Ana", "fairer")
    assert not drafts.drafts_of(workspace, "mine")
    assert begin(workspace, "mine", "third", editing.draft).changed == {}


def test_two_windows_with_one_draft_do_not_write_over_each_other(workspace: Workspace):
    first = begin(workspace, "mine", "one")
    add(first, "judge.md", "First.\n")
    second = begin(workspace, "mine", "two", first.draft)
    add(second, "judge.md", "Second.\n")
    add(first, "judge.md", "First again.\n")
    texts = {draft.texts["judge.md"][-13:] for draft in drafts.drafts_of(workspace, "mine")}
    assert first.draft != second.draft
    assert texts == {"irst.\nSecond.\n"[-13:], "First again.\n"[-13:]}


def test_what_somebody_saved_is_followed_where_nothing_is_lost(workspace: Workspace):
    editing, other = begin(workspace, "mine", "one"), begin(workspace, "mine", "two")
    add(other, "judge.md", "Theirs.\n")
    other.save("Ben", "")
    assert editing.moved() is None
    assert editing.texts["judge.md"].endswith("Theirs.\n")
    assert editing.round == 1


def test_what_somebody_saved_in_another_file_can_be_taken_in(workspace: Workspace):
    editing, other = begin(workspace, "mine", "one"), begin(workspace, "mine", "two")
    add(editing, "policy.md", "Mine.\n")
    add(other, "judge.md", "Theirs.\n")
    saved = other.save("Ben", "stricter")
    with pytest.raises(Conflict):
        editing.save("Ana", "")
    moved = editing.moved()
    assert moved is not None
    assert (moved.version, moved.files, moved.clash) == (saved, ("judge.md",), ())
    editing.take_in(moved.version)
    editing.save("Ana", "")
    texts = editing.history.texts(editing.history.look())
    assert texts["judge.md"].endswith("Theirs.\n")
    assert texts["policy.md"].endswith("Mine.\n")


def test_what_somebody_saved_in_the_same_file_is_a_clash_and_stays_in_the_versions(workspace: Workspace):
    editing = begin(workspace, "mine", "one")
    add(editing, "judge.md", "Mine.\n")
    path = workspace.root / "prompts" / "mine" / "judge.md"
    path.write_text(path.read_text() + "By hand.\n")
    moved = editing.moved()
    assert moved is not None
    assert moved.clash == ("judge.md",)
    assert editing.moved() is not None
    editing.take_in(moved.version)
    editing.save("Ana", "")
    assert path.read_text().endswith("Mine.\n")
    assert editing.history.texts(moved.version)["judge.md"].endswith("By hand.\n")


def test_a_revert_drops_nothing_that_is_not_kept(workspace: Workspace):
    editing = begin(workspace, "mine", "one")
    first = editing.history.look()
    add(editing, "judge.md", "Worse.\n")
    worse = editing.save("Ana", "worse")
    editing.revert(first, "Ana", "")
    assert editing.base == first.hash
    assert [version.hash for version in editing.history.versions()] == [first.hash, worse.hash, first.hash]


def test_a_draft_that_was_left_is_opened_as_a_copy(workspace: Workspace):
    left = begin(workspace, "mine", "one")
    add(left, "judge.md", "Left.\n")
    editing = begin(workspace, "mine", "two")
    open_draft(editing, drafts.drafts_of(workspace, "mine")[0])
    assert editing.texts["judge.md"].endswith("Left.\n")
    assert len(drafts.drafts_of(workspace, "mine")) == 2


@pytest.mark.parametrize("draft_id", ["", "../../etc/passwd", "0123456789ab", "x" * 12])
def test_an_id_that_is_none_opens_nothing(workspace: Workspace, draft_id: str):
    assert drafts.read(workspace, draft_id) is None
    drafts.drop(workspace, draft_id)
    assert begin(workspace, "mine", "one", draft_id).changed == {}
