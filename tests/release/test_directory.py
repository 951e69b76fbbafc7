"""A release is replaced whole: crashes, full disks, foreign directories and second builders change nothing."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from graphs.released import ReleaseError
from release import directory
from release.directory import rebuilding
from release.layout import NoRoom, ReleaseBusy
from tests.release.invented import build, files_of, mixed, trajectory, write_run

ROOT = Path(__file__).parents[2]
BUILD = """
    import os, resource, signal, sys
    from pathlib import Path
    from release import assemble, directory
    from graphs.released import ReleaseError
    from tests.release.invented import build, render_policy
    def die(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)
    calls = []
    def policy(persona, situation):
        calls.append(persona)
        if sys.argv[3] == "rows" and len(calls) == 2:
            die()
        return render_policy(persona, situation)
    if sys.argv[3] == "before the card":
        assemble.write_card = die
    if sys.argv[3] == "before the swap":
        directory._put_in_place = die
    if sys.argv[3] == "after the swap":
        directory._sync_folder = lambda path: die() if path == Path(sys.argv[2]).parent else None
    if sys.argv[3] == "between two renames":
        directory._exchanged = lambda *_: False
        rename = Path.rename
        Path.rename = lambda self, to: rename(self, to) if not self.name.endswith(".building") else die()
    if sys.argv[3] == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
    try:
        build(Path(sys.argv[2]), Path(sys.argv[1]), render_policy=policy)
    except ReleaseError as error:
        sys.exit(f"{type(error).__name__}: {error}")
"""


def build_apart(run: Path, out: Path, fault: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(BUILD), str(run), str(out), fault]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    build(tmp_path / "out", write_run(tmp_path / "run", mixed()))
    return tmp_path / "out"


@pytest.fixture
def larger(tmp_path: Path) -> Path:
    return write_run(tmp_path / "larger", mixed(train=8, test=4))


@pytest.mark.parametrize("fault", ["rows", "before the card", "before the swap"])
def test_a_kill_before_the_swap_leaves_the_old_release(release: Path, larger: Path, fault: str):
    before = files_of(release)
    assert build_apart(larger, release, fault).returncode == -signal.SIGKILL
    assert files_of(release) == before
    assert build(release, larger).dialogues["train"] == 8
    assert sorted(path.name for path in release.parent.iterdir()) == ["larger", "out", "run"]


def test_a_kill_after_the_swap_leaves_the_new_release(release: Path, larger: Path):
    assert build_apart(larger, release, "after the swap").returncode == -signal.SIGKILL
    after = files_of(release)
    build(release.with_name("wanted"), larger)
    assert after == files_of(release.with_name("wanted"))


def test_without_an_exchange_in_one_step_the_next_build_puts_the_old_release_back(release: Path, larger: Path):
    before = files_of(release)
    assert build_apart(larger, release, "between two renames").returncode == -signal.SIGKILL
    assert not release.exists()
    with pytest.raises(ReleaseError, match="no such run"):
        build(release, larger.with_name("nowhere"))
    with pytest.raises(RuntimeError), rebuilding(release):
        raise RuntimeError
    assert files_of(release) == before


def test_a_directory_is_exchanged_in_two_steps_where_one_is_not_to_be_had(release, larger, monkeypatch):
    monkeypatch.setattr(directory, "_exchanged", lambda *_: False)
    assert build(release, larger).dialogues["train"] == 8
    assert sorted(path.name for path in release.parent.iterdir()) == ["larger", "out", "run"]


@pytest.mark.parametrize("there", [True, False], ids=["over an old one", "fresh"])
def test_a_full_disk_is_named_and_leaves_what_was(release: Path, larger: Path, there: bool):
    out = release if there else release.with_name("fresh")
    before = files_of(release)
    done = build_apart(larger, out, "full")
    assert done.returncode == 1
    assert done.stderr.startswith("NoRoom: ")
    assert "make room or name another directory" in done.stderr
    assert files_of(release) == before
    assert out.exists() is there


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda out: (out.mkdir(), (out / "thesis.txt").write_text("x")), "holds thesis.txt, no part of a release"),
        (lambda out: (out.mkdir(), (out / "README.md").write_text("x")), r"is no whole release \(data/"),
        (lambda out: out.write_text("x"), "is a file; name a directory"),
        (lambda out: (out.mkdir(), (out / "data").symlink_to("/")), "holds data, no part of a release"),
    ],
    ids=["foreign", "a README alone", "file", "link"],
)
def test_what_is_no_release_is_never_replaced(tmp_path: Path, make, words: str):
    run = write_run(tmp_path / "run", mixed())
    make(tmp_path / "out")
    with pytest.raises(ReleaseError, match=words):
        build(tmp_path / "out", run)
    assert (tmp_path / "out").exists()


def test_a_run_is_not_taken_for_a_release(tmp_path: Path):
    run = write_run(tmp_path / "run", mixed())
    with pytest.raises(ReleaseError, match=r"holds trajectories\.jsonl, no part of a release"):
        build(run, run)


def test_a_release_with_a_note_in_it_is_not_replaced(release: Path, larger: Path):
    (release / "notes.md").write_text("mine")
    with pytest.raises(ReleaseError, match=r"holds notes\.md"):
        build(release, larger)
    assert (release / "notes.md").read_text() == "mine"


def test_an_empty_directory_and_missing_parents_are_fine(tmp_path: Path):
    run = write_run(tmp_path / "run", [trajectory(1)])
    (tmp_path / "empty").mkdir()
    build(tmp_path / "empty", run)
    build(tmp_path / "a" / "b" / "c", run)
    assert files_of(tmp_path / "empty") == files_of(tmp_path / "a" / "b" / "c")


def test_a_second_builder_is_refused_at_once(release: Path, larger: Path):
    with rebuilding(release), pytest.raises(ReleaseBusy, match="another process builds a release here"):
        build(release, larger)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, larger: Path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(ReleaseError, match="name a directory that can be written"):
        build(tmp_path / "locked" / "out", larger)


def test_no_room_is_a_release_error():
    assert issubclass(NoRoom, ReleaseError)
