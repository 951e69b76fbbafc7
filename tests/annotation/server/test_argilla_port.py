"""The port against a real Argilla: records in, answers out, whatever annotators and owners do meanwhile."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from annotation.argilla_http import ArgillaError
from annotation.argilla_port import Argilla, DatasetDiffers
from annotation.forms import Field, NotShowable, Property, PushedRecord, Question
from annotation.server.home import WORKSPACE
from tests.annotation.server.served import FILLED, FORM, annotators, listed, prefilled, turns
from tests.graphs.counting import wait_for


def test_pushing_twice_adds_nothing_and_loses_no_answer(server, pushed):
    records = turns(200)
    dataset = pushed(records)
    [anna] = annotators(server, "twice-1")
    for record in anna.pending(dataset, 3):
        assert anna.say(record["id"], "submitted", FILLED).status_code == 201
    with server.port() as argilla:
        before = list(argilla.records(dataset))
        assert argilla.upsert(dataset, records) == 200
        after = list(argilla.records(dataset))
        sixth = listed(argilla, dataset)["t-5"]
    assert after == before
    assert [record.external_id for record in after] == [record.external_id for record in records]
    assert [record.answers[0].values for record in after[:3]] == [FILLED] * 3
    assert {record.external_id: record.fields for record in after} == {r.external_id: r.fields for r in records}
    assert prefilled(sixth, dataset) == records[5].prefilled
    assert sixth["metadata"] == records[5].metadata


def test_a_later_push_adds_records_and_leaves_answers_alone(server, pushed):
    dataset = pushed(turns(3))
    [anna] = annotators(server, "later-1")
    record = anna.pending(dataset, 1)[0]
    anna.say(record["id"], "submitted", FILLED)
    with server.port() as argilla:
        argilla.upsert(dataset, turns(5, said="My cat died."))
        read = list(argilla.records(dataset))
    assert len(read) == 5
    assert read[0].fields["dialogue"] == [{"role": "user", "content": "My cat died. (0)"}]
    assert [(answer.user, answer.values) for answer in read[0].answers] == [("later-1", FILLED)]


def test_three_annotators_at_once_lose_nothing(server, pushed):
    dataset = pushed(turns(30))
    people = annotators(server, "atonce-1", "atonce-2", "atonce-3")

    def work(person):
        said = {}
        for number, record in enumerate(person.pending(dataset)):
            status = ("submitted", "draft", "discarded", "discarded")[number % 4]
            values = {**FILLED, "response": f"{person.name} {number}"} if number % 4 < 3 else None
            answer = person.say(record["id"], status, values)
            assert answer.status_code == 201, answer.text
            said[record["external_id"]] = (status, values or {})
        return said

    with ThreadPoolExecutor(3) as pool:
        said = dict(zip([person.name for person in people], pool.map(work, people), strict=True))
    with server.port() as argilla:
        read = list(argilla.records(dataset))
        complete = {task: one["status"] == "completed" for task, one in listed(argilla, dataset).items()}
    for record in read:
        found = {answer.user: (answer.status, dict(answer.values)) for answer in record.answers}
        assert found == {name: answers[record.external_id] for name, answers in said.items()}
        enough = sum(status == "submitted" for status, _ in found.values()) >= FORM.overlap
        assert complete[record.external_id] == enough
    assert len(read) == 30


def test_an_answer_without_a_user_is_read_as_nobodys(server, pushed):
    """A remote server may keep answers of a deleted user; here the row is taken out under the server's feet."""
    dataset = pushed(turns(1))
    gone, stays = annotators(server, "gone-1", "stays-1")
    for person in (gone, stays):
        person.say(person.pending(dataset)[0]["id"], "submitted", FILLED)
    with closing(sqlite3.connect(server.home / "argilla.db", timeout=30)) as database, database:
        database.execute("DELETE FROM users WHERE username = 'gone-1'")
    with server.port() as argilla:
        [record] = argilla.records(dataset)
    assert {answer.user: answer.values for answer in record.answers} == {None: FILLED, "stays-1": FILLED}
    assert all(answer.user_id for answer in record.answers)


def test_a_user_with_answers_is_not_deleted_but_closed(server, pushed):
    dataset = pushed(turns(2))
    [left] = annotators(server, "left-1")
    left.say(left.pending(dataset)[0]["id"], "submitted", FILLED)
    with server.port() as argilla:
        number = {name: user for user, name in argilla.users(WORKSPACE).items()}["left-1"]
        with pytest.raises(ArgillaError, match="gave 1 answers, which would be deleted too"):
            argilla._door.ask("DELETE", f"/users/{number}")
        argilla.close_account("left-1")
        record = next(argilla.records(dataset))
        assert left.say(record.id, "submitted", FILLED).status_code == 403
    assert [(answer.user, answer.values) for answer in record.answers] == [("left-1", FILLED)]


def test_a_data_set_with_another_form_is_refused_by_what_differs(server, pushed):
    dataset = pushed(turns(1))
    others = {
        "fields": FORM._replace(fields=(*FORM.fields, Field("situation", "Situation"))),
        "questions": FORM._replace(questions=(Question("empathy", "Empathy", "rating", (1, 2, 3)),)),
        "metadata-properties": FORM._replace(properties=(*FORM.properties, Property("mood", "Mood"))),
    }
    with server.port() as argilla:
        for part, form in others.items():
            with pytest.raises(DatasetDiffers, match=part):
                argilla.ensure_dataset(WORKSPACE, dataset.name, form)
        assert argilla.ensure_dataset(WORKSPACE, dataset.name, FORM) == dataset


def test_guidelines_and_overlap_can_change_later(server, pushed):
    dataset = pushed(turns(1))
    [anna] = annotators(server, "overlap-1")
    anna.say(anna.pending(dataset)[0]["id"], "submitted", FILLED)
    with server.port() as argilla:
        assert listed(argilla, dataset)["t-0"]["status"] == "pending"
        changed = FORM._replace(guidelines="Be kind.", overlap=1)
        assert argilla.ensure_dataset(WORKSPACE, dataset.name, changed) == dataset
        assert argilla._listed(WORKSPACE, dataset.name)["guidelines"] == "Be kind."
        wait_for(lambda: listed(argilla, dataset)["t-0"]["status"] == "completed")


def test_a_half_made_data_set_is_finished(server):
    with server.port() as argilla:
        body = {"name": "half", "workspace_id": argilla.workspace(WORKSPACE), "guidelines": FORM.guidelines}
        made = argilla._door.ask("POST", "/datasets", body)
        settings = {"type": "text", "use_markdown": False}
        field = {"name": "persona", "title": "Persona", "required": True, "settings": settings}
        argilla._door.ask("POST", f"/datasets/{made['id']}/fields", field)
        assert argilla.dataset(WORKSPACE, "half") is None
        dataset = argilla.ensure_dataset(WORKSPACE, "half", FORM)
        assert argilla.dataset(WORKSPACE, "half") == dataset
        assert argilla.upsert(dataset, turns(1)) == 1


@pytest.mark.parametrize(
    ("content", "reason"), [("", "message 1: 0 characters"), ("<" * 5_001, "message 1: 20,004 characters")]
)
def test_what_argilla_cannot_show_is_refused_by_its_record(server, pushed, content, reason):
    dataset = pushed(turns(1))
    record = PushedRecord("bad-7", {"persona": "p", "dialogue": [{"role": "user", "content": content}]})
    with server.port() as argilla, pytest.raises(NotShowable, match=f"bad-7: dialogue, {reason}"):
        argilla.upsert(dataset, [record])


def test_a_refused_record_is_told_by_where_it_stands(server, pushed):
    dataset = pushed(turns(1))
    record = PushedRecord("bad-8", {"persona": "p", "dialogue": []}, {"emotion": "furious"})
    with server.port() as argilla, pytest.raises(ArgillaError, match=r"(?s)position 1 .*'furious'.*t-1 to bad-8"):
        argilla.upsert(dataset, [turns(2)[1], record])


def test_text_that_utf8_cannot_carry_is_cleaned(server, pushed):
    dataset = pushed([PushedRecord("surrogate", {"persona": "a\ud800b", "dialogue": []})])
    with server.port() as argilla:
        assert next(argilla.records(dataset)).fields["persona"] == "ab"


@pytest.mark.parametrize(
    ("url", "key", "message"),
    [
        ("ftp://127.0.0.1", "k", "not the address of an Argilla"),
        ("http://127.0.0.1:9", "", "set ARGILLA_API_KEY"),
        ("{server}", "wrong", "401: the API key is not accepted"),
        ("{server}/nowhere", "{key}", "answers, but not as an Argilla"),
    ],
)
def test_wrong_addresses_and_keys_say_what_to_do(server, url, key, message):
    with (
        pytest.raises(ArgillaError, match=message),
        Argilla(url.format(server=server.url), key.format(key=server.key)) as argilla,
    ):
        argilla.workspace(WORKSPACE)


def test_nothing_is_pushed_to_the_hub_and_a_job_tells_how_it_ended(server, pushed):
    """Argilla's page offers owners to push a data set to the Hub: here it ends on this machine."""
    dataset = pushed(turns(1))
    with server.port() as argilla:
        ask = argilla._door.ask
        job = ask("POST", f"/datasets/{dataset.id}/export", {"name": "someone/data", "token": "hf_canary"})
        wait_for(lambda: ask("GET", f"/jobs/{job['id']}")["status"] != "started")
        assert ask("GET", f"/jobs/{job['id']}")["status"] == "failed"
        with pytest.raises(ArgillaError, match="404"):
            ask("GET", "/jobs/nobodys")
