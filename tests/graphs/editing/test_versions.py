"""Versions of a pack: nothing is overwritten in silence, nothing is lost, and a kill at any point does no harm."""

import os
import shutil
from pathlib import Path

import pytest

from graphs.editing.pack_texts import folder_digest, read_texts
from graphs.editing.versions import Conflict, History, copy_to
from graphs.packs import BadPack, check_pack, pack_digest
from graphs.records import BadFile
from tests.graphs.runs import ROOT, all_bytes

SAVE_RENAMES = 8
"""More renames than a save of two files makes, so that the last kill comes too late."""


@pytest.fixture
def history(tmp_path: Path) -> History:
    shutil.copytree(ROOT / "prompts" / "kardia", tmp_path / "prompts" / "kardia")
    return History(tmp_path / "prompts" / "kardia", tmp_path / ".kardia" / "packs" / "kardia")


def edited(history: History, *files: str, by: str = "Be brief.") -> dict[str, str]:
    return {name: f"{text}{by}\n" if name in files else text for name, text in read_texts(history.folder).items()}


def test_a_save_becomes_the_newest_version_and_names_the_one_before(history: History):
    first = history.look()
    made = history.save(edited(history, "responder.md"), first.hash, "Ana", "shorter\nanswers")
    assert [version.hash for version in history.versions()] == [made.hash, first.hash]
    assert (made.parent, made.author, made.note, made.origin) == (first.hash, "Ana", "shorter answers", "saved")
    assert made.hash == pack_digest(history.folder) == folder_digest(history.folder)
    assert history.texts(made)["responder.md"].endswith("Be brief.\n")
    assert sorted(path.name for path in history.folder.iterdir()) == sorted(made.files)


def test_nothing_is_saved_over_what_somebody_saved_meanwhile(history: History):
    began = history.look()
    theirs = history.save(edited(history, "judge.md"), began.hash, "Ana", "first")
    before = all_bytes(history.folder)
    with pytest.raises(Conflict, match="saved by Ana") as refused:
        history.save(edited(history, "judge.md", by="Mine."), began.hash, "Ben", "second")
    assert refused.value.found == theirs
    assert all_bytes(history.folder) == before
    mine = history.save(edited(history, "judge.md", by="Mine."), theirs.hash, "Ben", "second")
    assert history.texts(theirs)["judge.md"] != history.texts(mine)["judge.md"]


def test_an_edit_by_hand_counts_as_somebody_elses_and_is_kept(history: History):
    began = history.look()
    path = history.folder / "screener.md"
    path.write_text(path.read_text() + "By hand.\n")
    by_hand = path.read_bytes()
    with pytest.raises(Conflict, match="changed on disk") as refused:
        history.save(edited(history, "judge.md"), began.hash, "Ana", "")
    assert refused.value.found.origin == "disk"
    history.revert(began, refused.value.found.hash, "Ana")
    assert path.read_bytes() != by_hand
    history.revert(refused.value.found, began.hash, "Ana")
    assert path.read_bytes() == by_hand


def test_a_text_with_findings_is_refused_and_nothing_is_written(history: History):
    began, before = history.look(), all_bytes(history.folder)
    broken = edited(history) | {"responder.md": "no front matter"}
    with pytest.raises(BadPack, match="front matter"):
        history.save(broken, began.hash, "Ana", "")
    assert all_bytes(history.folder) == before
    assert history.versions() == [began]


def test_revert_is_a_new_version_and_takes_back_a_file_that_came_or_went(history: History):
    whole = history.look()
    texts = edited(history, "responder.md")
    (history.folder / "screener.md").unlink()
    without = history.look()
    assert "screener.md" not in without.files
    made = history.revert(whole, without.hash, "Ana", "it was better")
    assert (made.hash, made.parent, made.origin) == (whole.hash, without.hash, "reverted")
    assert pack_digest(history.folder) == whole.hash
    history.revert(without, made.hash, "Ana")
    assert not (history.folder / "screener.md").exists()
    assert len(history.versions()) == 4
    assert texts != history.texts(without)


def test_an_unchanged_text_makes_no_version_and_keeps_its_bytes(history: History):
    path = history.folder / "policy.md"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    began = history.look()
    assert history.save(read_texts(history.folder), began.hash, "Ana", "") == began
    history.save(edited(history, "judge.md"), began.hash, "Ana", "")
    assert b"\r\n" in path.read_bytes()


@pytest.mark.parametrize("renames", range(SAVE_RENAMES))
def test_a_save_killed_at_any_point_has_not_begun_or_is_finished(history: History, renames: int):
    began = history.look()
    before, after = read_texts(history.folder), edited(history, "responder.md", "judge.md")
    if (child := os.fork()) == 0:
        _save_and_die(history, after, began.hash, renames)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    now = history.look()
    assert read_texts(history.folder) in (before, after)
    assert (read_texts(history.folder) == after) == (now.note == "killed")
    assert pack_digest(history.folder) == now.hash
    assert not [path for path in history.folder.iterdir() if path.name.startswith(".")]
    assert all(history.texts(version) for version in history.versions())
    assert history.save(edited(history, "policy.md"), now.hash, "Ana", "goes on").parent == now.hash


def _save_and_die(history: History, texts: dict[str, str], base: str, renames: int) -> None:
    """Save, and be gone instead of the next rename after so many."""
    real, left = Path.replace, [renames]

    def replace(self: Path, target: Path) -> Path:
        if left[0] == 0:
            os._exit(9)
        left[0] -= 1
        return real(self, target)

    Path.replace = replace
    history.save(texts, base, "Ana", "killed")
    os._exit(9)


def test_a_hand_edit_after_a_killed_save_stands_and_the_save_is_kept_as_a_version(history: History):
    began = history.look()
    wanted = edited(history, "responder.md", "judge.md")
    if (child := os.fork()) == 0:
        _save_and_die(history, wanted, began.hash, 3)
    os.waitpid(child, 0)
    assert (history.kept / "pending.json").exists()
    path = history.folder / "judge.md"
    path.write_text(path.read_text() + "By hand.\n")
    now = history.look()
    assert now.origin == "disk"
    assert path.read_text().endswith("By hand.\n")
    saved = next(version for version in history.versions() if version.note == "killed")
    assert history.texts(saved) == wanted


def test_a_folder_that_lacks_a_file_is_recorded_and_can_be_mended(history: History):
    whole = history.look()
    (history.folder / "responder.md").unlink()
    broken = history.look()
    assert broken.hash != whole.hash
    history.revert(whole, broken.hash, "Ana")
    assert check_pack(history.folder) == []


def test_a_hand_edit_is_signed_with_author_and_note_once(history: History):
    history.look()
    path = history.folder / "judge.md"
    path.write_text(path.read_text() + "By hand.\n")
    signed = history.sign("Ana", "stricter")
    assert [(v.author, v.origin) for v in history.versions()] == [("Ana", "saved"), ("", "found")]
    with pytest.raises(ValueError, match="nothing to save"):
        history.sign("Ana", "again")
    assert signed.hash == pack_digest(history.folder)


def test_a_damaged_file_of_the_store_is_named_and_not_taken_for_a_version(history: History):
    first = history.look()
    now = history.save(edited(history, "judge.md"), first.hash, "Ana", "")
    (history.kept / "files" / first.files["judge.md"]).write_text("rubbish")
    with pytest.raises(BadFile, match="damaged"):
        history.revert(first, now.hash, "Ana")
    assert pack_digest(history.folder) == now.hash


@pytest.mark.parametrize("prefix", ["", "zzzz", "abc"])
def test_a_version_is_named_by_enough_of_its_hash(history: History, prefix: str):
    first = history.look()
    assert history.version(first.hash[:8]) == first
    with pytest.raises(LookupError):
        history.version(prefix)


def test_a_copy_is_whole_or_not_there(history: History, tmp_path: Path):
    new = History(tmp_path / "prompts" / "mine", tmp_path / ".kardia" / "packs" / "mine")
    made = copy_to(new, read_texts(history.folder), "Ana", "to try")
    assert (made.origin, made.author, made.hash) == ("copied", "Ana", pack_digest(new.folder))
    with pytest.raises(ValueError, match="exists already"):
        copy_to(new, read_texts(history.folder), "Ana", "again")
    other = History(tmp_path / "prompts" / "other", tmp_path / "kept")
    with pytest.raises(BadPack):
        copy_to(other, read_texts(history.folder) | {"judge.md": "broken"}, "Ana", "")
    assert not other.folder.exists()


def test_of_two_who_save_at_once_one_is_refused(history: History):
    base = history.look().hash
    children = [os.fork() or _save_once(history, base, f"Writer {number}.") for number in range(3)]
    codes = sorted(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)
    assert codes == [0, 3, 3]
    assert len(history.versions()) == 2
    assert pack_digest(history.folder) == history.versions()[0].hash


def _save_once(history: History, base: str, sentence: str) -> int:
    try:
        history.save(edited(history, "judge.md", by=sentence), base, "Ana", sentence)
    except Conflict:
        os._exit(3)
    os._exit(0)
