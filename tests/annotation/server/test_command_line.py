"""The round trip by the command line alone, over an Argilla named by --url: accounts, answers, and people who leave."""

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from annotation.argilla_port import Dataset
from annotation.boards import push_board
from annotation.files import SCORE
from annotation.naming import NAME, round_name
from annotation.project import Project
from annotation.server.home import WORKSPACE
from graphs.runs import Run
from studio.workspace import VARIABLE
from tests.annotation.material import played
from tests.annotation.server.served import Annotator, Server, fresh, serve
from tests.graphs.runs import kardia

SCORES = {SCORE + name: 4 for name in ("relevance", "fluency", "empathy", "persona_consistency", "safety")}


class Elsewhere(NamedTuple):
    """A server that the commands know by its address and key only."""

    server: Server
    workspace: Path

    def kardia(self, *arguments: str | Path, key: str | None = None):
        environment = {**os.environ, VARIABLE: str(self.workspace), "ARGILLA_API_KEY": key or self.server.key}
        return kardia("annotate", *arguments, env=environment)

    def told(self, *arguments: str | Path) -> dict[str, Any]:
        done = self.kardia(*arguments, "--url", self.server.url, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def dataset(self, project: Path) -> Dataset:
        with self.server.port() as argilla:
            found = argilla.dataset(WORKSPACE, round_name((project / NAME).read_text(), 1))
        assert found
        return found


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return played(tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture
def elsewhere(made: None, tmp_path):
    with serve(tmp_path / "argilla") as server:
        yield Elsewhere(server, tmp_path / "workspace")


def answer_all(project: Path, dataset: Dataset, people: list[Annotator]) -> None:
    """Everybody by turns submits the first that the page shows them, until nothing is left."""
    tasks, working = Project(project).tasks, list(people)
    while working:
        person = working.pop(0)
        open_ = {"type": "terms", "scope": {"entity": "record", "property": "status"}, "values": ["pending"]}
        mine = {"type": "terms", "scope": {"entity": "response", "property": "status"}, "values": ["pending"]}
        for item in person.search(dataset, 1, filters={"and": [mine, open_]})["items"]:
            external, record = item["record"]["external_id"], item["record"]["id"]
            values = {**tasks[external].spans._asdict(), **SCORES, "verdict": "correct"}
            assert person.say(record, "submitted", values).status_code == 201
            working.append(person)


def test_push_lets_annotators_in_and_each_turn_is_answered_by_as_many_as_the_overlap(elsewhere, run, tmp_path):
    project = tmp_path / fresh("spread")
    push = ("push", run.path, "--to", project, "--overlap", "2", "--annotators", "3")
    passwords = elsewhere.told(*push)["passwords"]
    assert list(passwords) == ["ann-1", "ann-2", "ann-3"]
    assert elsewhere.told(*push)["passwords"] == {}
    people = [Annotator(elsewhere.server.url, name, word) for name, word in passwords.items()]
    answer_all(project, elsewhere.dataset(project), people)
    pulled = elsewhere.told("pull", project)
    opened = Project(project)
    by_task = Counter(answer.task for answer in opened.answers())
    by_person = Counter(answer.annotator for answer in opened.answers())
    assert set(by_task.values()) == {2}
    assert len(by_task) == len(opened.tasks) == pulled["settled"]["correct"]
    assert max(by_person.values()) - min(by_person.values()) <= 1
    assert pulled["submitted"] == 2 * len(opened.tasks)
    assert (pulled["gone"], pulled["kept"], pulled["waiting"]) == (0, 0, 0)


def test_a_person_is_the_same_from_wherever_their_answers_are_pulled(elsewhere, run, tmp_path):
    project = tmp_path / fresh("moving")
    passwords = elsewhere.told("push", run.path, "--to", project, "--overlap", "2", "--annotators", "2")["passwords"]
    first, *_ = (Annotator(elsewhere.server.url, name, word) for name, word in passwords.items())
    answer_all(project, elsewhere.dataset(project), [first])
    assert elsewhere.told("pull", project)["waiting"] == len(Project(project).tasks)
    other = Elsewhere(elsewhere.server, tmp_path / "another-workspace")
    again = other.told("pull", project)
    assert (again["taken"], again["waiting"]) == (0, len(Project(project).tasks))

    told = {one["account"]: one for one in other.told("annotator", "list", project)["annotators"]}
    (name,) = again["by_annotator"]
    assert told["ann-1"] == {"account": "ann-1", "pseudonym": name, "submitted": len(Project(project).tasks)}
    assert told["ann-2"]["submitted"] == 0
    kept = b"".join(path.read_bytes() for path in project.rglob("*") if path.is_file())
    assert not re.search(rb"\bann-1\b", kept)

    elsewhere.kardia("export", project, "--out", tmp_path / "tasks.jsonl")
    refused = elsewhere.kardia("import", project, tmp_path / "tasks.jsonl", "--annotator", "ann-1")
    assert refused.returncode == 2
    assert "annotate annotator list" in " ".join(refused.stderr.split())


def test_a_project_that_was_never_pushed_is_not_put_before_annotators_by_a_pull(elsewhere, run, tmp_path):
    project = tmp_path / fresh("never")
    elsewhere.kardia("push", run.path, "--to", project, "--files-only")
    done = elsewhere.kardia("pull", project, "--url", elsewhere.server.url)
    assert done.returncode == 2
    assert "annotate push" in done.stderr
    with elsewhere.server.port() as argilla:
        assert argilla.workspaces() in ([], [WORKSPACE])


def test_a_project_without_a_mark_in_a_renamed_folder_is_not_pushed_a_second_time(elsewhere, run, tmp_path):
    path, to = tmp_path / "old-name", ("--url", elsewhere.server.url)
    elsewhere.kardia("push", run.path, "--to", path, "--files-only")
    with elsewhere.server.port() as argilla:
        push_board(argilla, Project(path), path.name, str)  # under the folder's name, as before there were marks
    path = path.rename(tmp_path / "new-name")
    for command in (("push", run.path, "--to", path), ("pull", path)):
        done = elsewhere.kardia(*command, *to)
        assert done.returncode == 2
        assert (
            f"as old-name; if that is this project under its folder's old name, write that name into {path / NAME}"
            in done.stderr
        )
    with elsewhere.server.port() as argilla:
        assert argilla.datasets(WORKSPACE) == [round_name("old-name", 1)]
        (path / NAME).write_text("old-name\n")
        assert elsewhere.told("push", run.path, "--to", path)["tasks"] == len(Project(path).tasks)
        assert elsewhere.told("pull", path)["taken"] == 0
        assert argilla.datasets(WORKSPACE) == [round_name("old-name", 1)]


def test_another_project_of_the_same_run_is_pushed_by_itself_also_beside_one_that_has_no_mark(elsewhere, run, tmp_path):
    old, new, newer = (tmp_path / name for name in ("old", "new", "newer"))
    elsewhere.kardia("push", run.path, "--to", old, "--files-only")
    assert elsewhere.told("push", run.path, "--to", new)["new"]
    assert elsewhere.told("push", run.path, "--to", newer)["new"]
    with elsewhere.server.port() as argilla:
        assert len(argilla.datasets(WORKSPACE)) == 2
        push_board(argilla, Project(old), old.name, str)
        assert elsewhere.told("push", run.path, "--to", tmp_path / "second")["new"]
        third = tmp_path / "third"
        elsewhere.kardia("push", run.path, "--to", third, "--files-only")
        assert elsewhere.kardia("push", run.path, "--to", third, "--url", elsewhere.server.url).returncode == 2
        (third / NAME).write_text("turns-abc123")
        elsewhere.told("push", run.path, "--to", third)
        assert round_name("turns-abc123", 1) in argilla.datasets(WORKSPACE)


def test_somebody_who_was_kept_out_stays_out(elsewhere, run, tmp_path):
    project = tmp_path / fresh("closed")
    push = ("push", run.path, "--to", project, "--annotators")
    assert list(elsewhere.told(*push, "2")["passwords"]) == ["ann-1", "ann-2"]
    elsewhere.told("annotator", "close", "ann-1")
    assert list(elsewhere.told(*push, "2")["passwords"]) == ["ann-3"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--overlap", "3", "--annotators", "2"), "--overlap: 3 annotators for each turn, and --annotators says 2"),
        (("--files-only", "--annotators", "2"), "--annotators: makes accounts"),
        (("--annotators", "0"), "--annotators"),
    ],
)
def test_too_few_annotators_are_refused_before_anything_is_made(run, tmp_path, options, message):
    done = kardia("annotate", "push", run.path, "--to", tmp_path / "none", *options)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert not (tmp_path / "none").exists()


def test_a_pull_survives_drafts_discards_and_deleted_users_and_says_so(elsewhere, run, tmp_path):
    project = tmp_path / fresh("leavers")
    passwords = elsewhere.told("push", run.path, "--to", project, "--annotators", "3")["passwords"]
    stays, leaves, drafts = (Annotator(elsewhere.server.url, name, word) for name, word in passwords.items())
    dataset, tasks = elsewhere.dataset(project), Project(project).tasks
    first, second, third, fourth, *_ = stays.pending(dataset)

    def whole(record: dict[str, Any]) -> dict[str, Any]:
        return {**tasks[record["external_id"]].spans._asdict(), **SCORES, "verdict": "correct"}

    answers = [
        stays.say(first["id"], "submitted", whole(first)),
        leaves.say(second["id"], "submitted", whole(second)),
        drafts.say(third["id"], "draft", {"response": "half"}),
        drafts.say(first["id"], "draft"),
        drafts.say(fourth["id"], "discarded"),
        leaves.say(fourth["id"], "discarded", {"verdict": "drop"}),
    ]
    assert [answer.status_code for answer in answers] == [201] * 6
    before = elsewhere.told("pull", project)
    assert {name: before[name] for name in ("taken", "submitted", "drafts", "discarded", "kept")} == {
        "taken": 6, "submitted": 2, "drafts": 2, "discarded": 2, "kept": 0,
    }  # fmt: skip
    assert before["settled"] == {"correct": 2}

    with elsewhere.server.port() as argilla:
        ask, users = argilla._door.ask, {name: user for user, name in argilla.users(WORKSPACE).items()}
        for answer in (
            answers[1],
            answers[5],
        ):  # a remote Argilla takes them away with the user, the embedded one first
            ask("DELETE", f"/responses/{answer.json()['id']}")
        ask("DELETE", f"/users/{users['ann-2']}")
    after = elsewhere.told("pull", project)
    assert (after["taken"], after["submitted"], after["kept"]) == (0, 1, 2)
    assert after["settled"] == {"correct": 2}
    text = elsewhere.kardia("pull", project, "--url", elsewhere.server.url).stdout
    assert "0 answers new or changed, of 1 submitted, 2 drafts, 1 discarded" in text
    assert "2 answers that this Argilla does not have (deleted, or from files) stay" in text
    assert list(elsewhere.told("push", run.path, "--to", project, "--annotators", "3")["passwords"]) == ["ann-2"]


def test_a_wrong_key_or_address_is_told(server, run, tmp_path):
    elsewhere = Elsewhere(server, tmp_path / "workspace")
    push = ("push", run.path, "--to", tmp_path / "wrong")
    wrong = elsewhere.kardia(*push, "--url", elsewhere.server.url, key="nobody's")
    assert wrong.returncode == 2
    assert "API key is not accepted" in wrong.stderr
    gone = elsewhere.kardia(*push, "--url", "http://127.0.0.1:9")
    assert gone.returncode != 0
    assert "is Argilla running there?" in gone.stderr
