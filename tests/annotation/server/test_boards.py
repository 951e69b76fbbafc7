"""The whole round trip over a real Argilla: tasks out, answers in, disputes and faults back out."""

import time
from pathlib import Path
from typing import Any

import pytest

from annotation.answers import Answer
from annotation.argilla_port import Argilla, Dataset
from annotation.boards import pull_board, push_again, push_board, returned_name
from annotation.files import SCORE
from annotation.forms import Property, PushedRecord
from annotation.gold import letters
from annotation.naming import new_name, round_name, standing_name
from annotation.project import Project, WrongProject
from annotation.server.home import WORKSPACE
from annotation.shown import first_form, later_form, task_record
from graphs.runs import Run
from tests.annotation.material import played, pushed
from tests.annotation.server.served import Annotator, annotators, fresh, listed, prefilled

SCORES = {SCORE + name: 4 for name in ("relevance", "fluency", "empathy", "persona_consistency", "safety")}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return played(tmp_path_factory.mktemp("boards"))


@pytest.fixture
def project(run, tmp_path) -> Project:
    return pushed(tmp_path / fresh("board"), run, overlap=2)


def values(project: Project, task: str, **changes: Any) -> dict[str, Any]:
    return {**project.tasks[task].spans._asdict(), **SCORES, "verdict": "correct", **changes}


def said(user: str) -> str:
    return f"ann-{user[:8]}"


def theirs(argilla: Argilla, person: Annotator, name: str) -> Dataset:
    """A data set in somebody's own workspace."""
    (own,) = (space for space in argilla.workspaces() if space.startswith(f"{WORKSPACE}-{person.name}-"))
    found = argilla.dataset(own, name)
    assert found
    return found


def boards_of(person: Annotator, name: str) -> list[dict[str, Any]]:
    """The data sets of a name that somebody sees on the page."""
    return [one for one in person.http.get("/me/datasets").json()["items"] if one["name"] == name]


def discussed(project: Project, task: str) -> PushedRecord:
    """A record of a second round as all annotators were shown it once."""
    record = task_record(project.tasks[task])
    return record._replace(fields={"said": "You disagree.", **record.fields})


def recorded(argilla: Argilla, name: str, task: str) -> str:
    """The id of a task's record in the first round."""
    dataset = argilla.dataset(WORKSPACE, round_name(name, 1))
    assert dataset
    return next(record.id for record in argilla.records(dataset) if record.external_id == task)


def test_answers_come_back_disputes_go_to_a_second_round_and_faults_to_their_annotator(server, project):
    name = project.path.name
    anna, otto = annotators(server, fresh("anna"), fresh("otto"))
    with server.port() as argilla:
        assert push_board(argilla, project, name, said).tasks == len(project.tasks)
        first = argilla.dataset(WORKSPACE, round_name(name, 1))
        records = {record["external_id"]: record["id"] for record in anna.pending(first, 100)}
        assert set(records) == set(project.tasks)
        agreed, disputed, faulty = list(project.tasks)[:3]
        changed = {"verdict": "corrected", "response": "I hear <b>you</b> & x<y.\n"}
        for person in (anna, otto):
            assert person.say(records[agreed], "submitted", values(project, agreed, **changed)).status_code == 201
            verdict = "correct" if person is anna else "drop"
            person.say(records[disputed], "submitted", values(project, disputed, verdict=verdict, comment="no sense"))
        anna.say(records[faulty], "submitted", values(project, faulty, verdict="corrected"))
        otto.say(records[faulty], "draft", {"response": "half"})

        assert pull_board(argilla, project, name, said).taken == 6
        results = project.results()
        (settled,) = results.settled
        assert "I hear <b>you</b> & x<y." in settled.reply
        assert settled.by == "agreement"
        (fault,) = results.faults
        assert "nothing is changed" in fault.messages[0]

        sent = push_board(argilla, project, name, said)
        assert (sent.second_round, sent.returned) == (1, 1)
        for person in (anna, otto):
            (again,) = person.pending(theirs(argilla, person, round_name(name, 2)))
            assert "Annotator A" in str(again["fields"])
            assert not any(known in str(again["fields"]) for known in (anna.name, otto.name, "ann-"))
            person.say(again["id"], "submitted", values(project, disputed))
        back = theirs(argilla, anna, returned_name(name))
        assert back.id not in str(otto.http.get("/me/datasets").json())
        assert otto.http.post(f"/me/datasets/{back.id}/records/search", json={}).status_code == 403
        (mine,) = anna.pending(back)
        assert "nothing is changed" in str(mine["fields"])
        assert project.tasks[faulty].response in mine["fields"]["said"]
        anna.say(mine["id"], "submitted", values(project, faulty))

        assert pull_board(argilla, project, name, said).taken == 3
        assert pull_board(argilla, project, name, said).taken == 0
        results = project.results()
        assert results.faults == ()
        assert {turn.by for turn in results.settled} == {"agreement", "discussion"}
        assert push_board(argilla, project, name, said).tasks == len(project.tasks)
        assert pull_board(argilla, project, name, said).taken == 0


def test_a_second_round_is_for_those_who_disagree_alone(server, project):
    name = project.path.name
    people = anna, otto, stranger = annotators(server, fresh("anna"), fresh("otto"), fresh("stranger"))
    task = next(iter(project.tasks))
    with server.port() as argilla:
        push_board(argilla, project, name, said)
        record = recorded(argilla, name, task)
        anna.say(record, "submitted", values(project, task))
        otto.say(record, "submitted", values(project, task, verdict="drop", comment="no sense"))
        pull_board(argilla, project, name, said)
        assert push_again(argilla, project, name, said).second_round == 1
        assert [bool(boards_of(person, round_name(name, 2))) for person in people] == [True, True, False]
        (mine,) = otto.pending(theirs(argilla, otto, round_name(name, 2)))
        assert stranger.say(mine["id"], "submitted", values(project, task)).status_code == 403
        assert anna.say(mine["id"], "submitted", values(project, task)).status_code == 403
        (open_,) = (one for one in project.results().open if one.task == task)
        (letter,) = (letter for letter, one in letters(open_.answers) if one.verdict == "drop")
        assert f"You are annotator {letter}." in mine["fields"]["said"]

        project.decide(Answer(**project.answers()[0].model_dump(exclude={"annotator"}), annotator="chief"))
        push_again(argilla, project, name, said)
        (left,) = otto.pending(theirs(argilla, otto, round_name(name, 2)))
        assert "need not answer this any more" in left["fields"]["said"]


def test_a_second_round_that_was_open_to_all_still_counts_for_those_who_disagree_and_is_closed(server, project):
    name = project.path.name
    people = annotators(server, fresh("anna"), fresh("otto"), fresh("stranger"), fresh("stranger"))
    task, other = list(project.tasks)[:2]
    with server.port() as argilla:
        push_board(argilla, project, name, said)
        record = recorded(argilla, name, task)
        people[0].say(record, "submitted", values(project, task))
        people[1].say(record, "submitted", values(project, task, verdict="drop", comment="no sense"))
        pull_board(argilla, project, name, said)
        common = later_form(project.pack, "What the annotators said")._replace(overlap=4)
        dataset = argilla.ensure_dataset(WORKSPACE, round_name(name, 2), common)
        argilla.upsert(dataset, [discussed(project, one) for one in (task, other)])
        given = next(record.id for record in argilla.records(dataset) if record.external_id == task)
        for person in people:
            verdict = "drop" if person is people[1] else "correct"
            assert (
                person.say(given, "submitted", values(project, task, verdict=verdict, comment="x")).status_code == 201
            )
        pull_board(argilla, project, name, said)
        (open_,) = (one for one in project.results().open if one.task == task)
        assert sorted(answer.annotator for answer in open_.answers) == sorted(
            said(user)
            for user, account in argilla.users(WORKSPACE).items()
            if account in (people[0].name, people[1].name)
        )
        push_again(argilla, project, name, said)
        fields = {record.external_id: record.fields for record in argilla.records(dataset)}
    assert "need not answer this any more" in str(fields[other]["said"])


def test_what_comes_back_holds_all_that_its_annotator_gave_and_the_reply_as_they_found_it(server, project):
    name = project.path.name
    (anna,) = annotators(server, fresh("again"))
    task = next(iter(project.tasks))
    gave = values(project, task, response="I hear you.", comment="hm", **{SCORE + "empathy": 2})
    with server.port() as argilla:
        push_board(argilla, project, name, said)
        anna.say(recorded(argilla, name, task), "submitted", gave)
        pull_board(argilla, project, name, said)
        assert push_again(argilla, project, name, said).returned == 1
        board = theirs(argilla, anna, returned_name(name))
        (record,) = listed(argilla, board).values()
    assert "says correct, but response changed" in record["fields"]["said"]
    assert f"Response: {project.tasks[task].response}" in record["fields"]["said"]
    assert prefilled(record, board) == gave


def test_an_answer_that_was_mended_where_it_was_given_is_not_asked_for_a_second_time(server, project):
    name = project.path.name
    (anna,) = annotators(server, fresh("mends"))
    first, second, third = list(project.tasks)[:3]
    with server.port() as argilla:
        push_board(argilla, project, name, said)
        given = {
            task: anna.say(
                recorded(argilla, name, task), "submitted", values(project, task, verdict="corrected")
            ).json()
            for task in (first, second, third)
        }
        pull_board(argilla, project, name, said)
        assert push_again(argilla, project, name, said).returned == 3
        back = theirs(argilla, anna, returned_name(name))
        sent = {one["external_id"].partition(".")[0]: one["id"] for one in anna.pending(back)}
        anna.say(sent[second], "draft", {"response": "half"})

        for task in (first, second):
            assert anna.change(given[task]["id"], values(project, task)).status_code == 200
        pull_board(argilla, project, name, said)
        assert push_again(argilla, project, name, said).returned == 1
        told = {one["id"]: one["fields"]["said"] for one in listed(argilla, back).values()}
        over = "need not answer this any more"
        assert [over in told[sent[task]] for task in (first, second, third)] == [True, True, False]
        for task in (first, second):
            anna.say(sent[task], "discarded")
        pull_board(argilla, project, name, said)
        assert push_again(argilla, project, name, said).returned == 1
    assert {one.task for one in project.answers() if one.verdict == "correct"} == {first, second}
    assert [fault.answer.task for fault in project.results().faults] == [third]


def test_a_draft_or_discard_where_an_answer_came_back_takes_back_neither_it_nor_what_mended_it(server, project):
    name = project.path.name
    (anna,) = annotators(server, fresh("drafts"))
    tasks = list(project.tasks)[:3]
    with server.port() as argilla:
        push_board(argilla, project, name, said)
        wrong = {task: values(project, task, verdict="corrected") for task in tasks}
        given = {task: anna.say(recorded(argilla, name, task), "submitted", wrong[task]).json() for task in tasks}
        pull_board(argilla, project, name, said)
        push_again(argilla, project, name, said)
        back = theirs(argilla, anna, returned_name(name))
        sent = {one["external_id"].partition(".")[0]: one["id"] for one in anna.pending(back)}
        for task in tasks[:2]:
            anna.change(given[task]["id"], values(project, task))
        time.sleep(1.1)  # the moments of answers are whole seconds
        anna.say(sent[tasks[0]], "discarded")
        anna.say(sent[tasks[1]], "draft", {"response": "half"})
        anna.say(sent[tasks[2]], "discarded")
        for _ in range(2):
            pull_board(argilla, project, name, said)
            assert {one.task for one in project.answers() if one.verdict == "correct"} == set(tasks[:2])
            assert [fault.answer.task for fault in project.results().faults] == [tasks[2]]
            assert push_again(argilla, project, name, said).returned == 1


def test_records_do_not_tell_how_long_a_dialogue_is_also_where_they_did_before(server, project):
    name = project.path.name
    (anna,) = annotators(server, fresh("turns"))
    form = first_form(project.pack, 2)
    before = form._replace(properties=(*form.properties, Property("turns", "Turns", "integer")))
    with server.port() as argilla:
        dataset = argilla.ensure_dataset(WORKSPACE, round_name(name, 1), before)
        old = [task_record(task) for task in project.tasks.values()]
        argilla.upsert(dataset, [one._replace(metadata={**one.metadata, "turns": 8}) for one in old])
        push_board(argilla, project, name, said)
    listed = anna.http.get(f"/me/datasets/{dataset.id}/metadata-properties").json()["items"]
    assert {one["name"] for one in listed} == {"turn", "mbti"}
    assert {name for record in anna.pending(dataset, 100) for name in record["metadata"]} == {"turn", "mbti"}


def test_answers_to_foreign_records_are_passed_over_and_counted(server, project):
    name = project.path.name
    (anna,) = annotators(server, fresh("foreign"))
    known = next(iter(project.tasks.values()))
    with server.port() as argilla:
        push_board(argilla, project, name, said)
        dataset = argilla.dataset(WORKSPACE, round_name(name, 1))
        assert dataset
        argilla.upsert(dataset, [task_record(known)._replace(external_id=other) for other in ("t-other", "by-hand.x")])
        for task in (known.id, "t-other", "by-hand.x"):
            given = anna.say(recorded(argilla, name, task), "submitted", values(project, known.id))
            assert given.status_code == 201
        pulled = pull_board(argilla, project, name, said)
    assert (pulled.taken, pulled.foreign) == (1, 2)


def test_a_project_that_is_not_there_is_not_pulled_as_empty(server, project):
    with server.port() as argilla, pytest.raises(WrongProject, match="--url"):
        pull_board(argilla, project, fresh("nowhere"), said)


def test_projects_of_one_folder_name_stand_apart_and_a_moved_one_keeps_its_name(server, run, tmp_path):
    one, other = (pushed(tmp_path / folder / "gpt-4o", run) for folder in ("a", "b"))
    with server.port() as argilla:
        name = new_name(one)
        assert name == new_name(one) != new_name(other)
        assert "gpt" not in name
        one.path.rename(tmp_path / "moved")
        assert standing_name(argilla, Project(tmp_path / "moved")) == name


def test_a_project_that_was_pushed_under_its_folders_name_goes_on_there(server, project, tmp_path, monkeypatch):
    with server.port() as argilla:
        push_board(argilla, project, project.path.name, said)
        monkeypatch.chdir(project.path)
        assert standing_name(argilla, Project(Path())) == project.path.name
        like = pushed(tmp_path / "other" / project.path.name, played(tmp_path / "run", 30))
        for task in project.tasks:
            like.tasks.pop(task, None)
        assert like.tasks
        assert standing_name(argilla, like) is None


def test_what_the_page_does_not_stop_goes_back_with_a_sentence(server, project):
    """A huge text first: it takes no time that grows with it."""
    name = project.path.name
    (anna,) = annotators(server, fresh("wrong"))
    wrong = {
        "x<y & lots of words. " * 15_000: "314,999 characters; shorten it to 2,000",
        "   ": "response: is empty",
        "Fine. <|response_end|>": "response: holds a span tag",
        "a\0b": "nobody sees (U+0000)",
        "\u202ekcab": "nobody sees (U+202E)",
    }
    with server.port() as argilla:
        push_board(argilla, project, name, said)
        records = anna.pending(argilla.dataset(WORKSPACE, round_name(name, 1)))
        for record, response in zip(records, wrong, strict=False):
            answer = values(project, record["external_id"], verdict="corrected", response=response)
            assert anna.say(record["id"], "submitted", answer).status_code == 201
        assert pull_board(argilla, project, name, said).submitted == len(wrong)
        faults = project.write_results().faults
        assert push_board(argilla, project, name, said).returned == len(wrong)
    for fault, message in zip(faults, wrong.values(), strict=True):
        assert message in fault.messages[0]
