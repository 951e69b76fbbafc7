"""The whole round trip over a real Argilla: tasks out, answers in, disputes and faults back out."""

from typing import Any

import pytest

from annotation.boards import WORKSPACE, board_name, pull_board, push_board
from annotation.files import SCORE
from annotation.project import Project
from graphs.runs import Run
from tests.annotation.material import played, pushed
from tests.annotation.server.served import annotators, fresh

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


def test_answers_come_back_disputes_go_to_a_second_round_and_faults_to_their_annotator(server, project):
    name = project.path.name
    anna, otto = annotators(server, fresh("anna"), fresh("otto"))
    with server.port() as argilla:
        assert push_board(argilla, project, name, said).tasks == len(project.tasks)
        first = argilla.dataset(WORKSPACE, board_name(name, 1))
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
        second = argilla.dataset(WORKSPACE, board_name(name, 2))
        (again,) = otto.pending(second)
        assert "Annotator A" in str(again["fields"])
        assert anna.name not in str(again["fields"])
        for person in (anna, otto):
            person.say(again["id"], "submitted", values(project, disputed))
        (own,) = (space for space in argilla.workspaces() if space.startswith(f"{WORKSPACE}-{anna.name}-"))
        back = argilla.dataset(own, board_name(name, "returned"))
        assert back.id not in str(otto.http.get("/me/datasets").json())
        assert otto.http.post(f"/me/datasets/{back.id}/records/search", json={}).status_code == 403
        (mine,) = anna.pending(back)
        assert "nothing is changed" in str(mine["fields"])
        anna.say(mine["id"], "submitted", values(project, faulty))

        assert pull_board(argilla, project, name, said).taken == 3
        assert pull_board(argilla, project, name, said).taken == 0
        results = project.results()
        assert results.faults == ()
        assert {turn.by for turn in results.settled} == {"agreement", "discussion"}
        assert push_board(argilla, project, name, said).tasks == len(project.tasks)
        assert pull_board(argilla, project, name, said).taken == 0


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
        records = anna.pending(argilla.dataset(WORKSPACE, board_name(name, 1)))
        for record, response in zip(records, wrong, strict=False):
            answer = values(project, record["external_id"], verdict="corrected", response=response)
            assert anna.say(record["id"], "submitted", answer).status_code == 201
        assert pull_board(argilla, project, name, said).submitted == len(wrong)
        faults = project.write_results().faults
        assert push_board(argilla, project, name, said).returned == len(wrong)
    for fault, message in zip(faults, wrong.values(), strict=True):
        assert message in fault.messages[0]
