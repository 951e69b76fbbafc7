"""The same person has the same name wherever a command runs, also in projects whose key was a workspace's."""

import pytest

from annotation.project import Project, WrongProject
from annotation.pseudonyms import KEY, by_key, pseudonyms
from graphs.runs import Run
from tests.annotation.material import answer, played, pushed

MARIA, OTTO = "0b7c-maria", "91aa-otto"
OLD, OTHER = b"the key of that earlier time", b"another workspace's key"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return played(tmp_path_factory.mktemp("pseudonyms"))


@pytest.fixture
def project(run, tmp_path) -> Project:
    return pushed(tmp_path / "winter", run)


def answered(project: Project, name: str) -> Project:
    project.take([answer(next(iter(project.tasks.values())), name)])
    return project


def test_a_person_has_one_name_in_a_project_whatever_keys_are_around(project, tmp_path, monkeypatch):
    here = pseudonyms(project, [MARIA, OTTO], [], b"")
    monkeypatch.chdir(tmp_path)
    there = pseudonyms(Project(project.path.relative_to(tmp_path)), [MARIA, OTTO], [OTHER], OTHER)
    assert (there(MARIA), there(OTTO)) == (here(MARIA), here(OTTO))
    assert here(MARIA) != here(OTTO)
    assert "maria" not in here(MARIA)


def test_projects_have_keys_of_their_own_whatever_keys_are_around(run, tmp_path):
    one, other = (pseudonyms(pushed(tmp_path / name, run), [MARIA], [OLD], OLD) for name in ("one", "other"))
    assert len({one(MARIA), other(MARIA), by_key(OLD)(MARIA)}) == 3


def test_the_key_is_private_and_ignored_by_git(project):
    pseudonyms(project, [MARIA], [], b"")
    path = project.path / KEY
    assert path.stat().st_mode & 0o777 == 0o600
    assert (path.parent / ".gitignore").read_text() == "*\n"
    assert len(path.read_bytes()) == 64


def test_an_earlier_project_goes_on_with_the_key_that_gave_its_names_and_keeps_it(project):
    answered(project, by_key(OLD)(MARIA))
    assert pseudonyms(project, [OTTO, MARIA], [OTHER, OLD], OTHER)(MARIA) == by_key(OLD)(MARIA)
    assert pseudonyms(Project(project.path), [], [], b"")(MARIA) == by_key(OLD)(MARIA)


def test_without_the_key_of_earlier_names_nobody_is_taken_for_somebody_new(project):
    answered(project, by_key(OLD)(MARIA))
    with pytest.raises(WrongProject, match=r"copy \.kardia/annotators\.key"):
        pseudonyms(project, [MARIA], [OTHER], b"")
    assert not (project.path / KEY).exists()
    assert pseudonyms(project, [MARIA], [OTHER], b"a new one")(MARIA) == by_key(b"a new one")(MARIA)


def test_names_from_files_ask_for_no_earlier_key(project):
    answered(project, "ann-1")
    pseudonyms(project, [MARIA], [], b"")
    assert (project.path / KEY).exists()
