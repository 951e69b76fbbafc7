"""Searching on the page: words, filters and orders over Argilla's own tables."""

import pytest

from annotation.forms import PushedRecord
from annotation.server.embedded.words import scorer, text_of
from annotation.server.home import WORKSPACE
from tests.annotation.server.served import AS_PUSHED, FILLED, FORM, annotators, fresh, serve, turns


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("dog", True),
        ("DOG died", True),
        ("dog cat", False),
        ('"dog died"', True),
        ('"died dog"', False),
        ("yest*", True),
        ("yest", False),
        ("dog -cat", True),
        ("dog -died", False),
        ("cat | dog", True),
        ("cat | bird yesterday", False),
        ("| dog", True),
        ("*", False),
        ("", False),
        ("möwe", True),
    ],
)
def test_words_are_found_as_in_the_search_box(query, found):
    assert bool(scorer(query)("My dog died yesterday. Möwe!")) == found


def test_more_often_is_more():
    score = scorer("dog")
    assert score("dog dog cat") > score("dog cat cat") > score("cat cat cat") == 0


def test_all_text_of_a_chat_counts():
    assert (
        text_of([{"role": "user", "content": "a dog"}, {"role": "helper", "content": None}]) == "user\na dog\nhelper\n"
    )


def scoped(kind: str, entity: str, **more: object) -> dict[str, object]:
    values = {name: more.pop(name) for name in ("values", "ge", "le") if name in more}
    return {"type": kind, "scope": {"entity": entity, **more}, **values}


@pytest.fixture(scope="session")
def ground(server):
    """Twelve records; the first three answered by one annotator, the first by two."""
    records = [
        *turns(11),
        PushedRecord("odd", {"persona": "knits <b>", "dialogue": []}, {"emotion": "proud"}, {"turn": 9}),
    ]
    with server.port() as argilla:
        dataset = argilla.ensure_dataset(WORKSPACE, fresh("search"), FORM)
        argilla.upsert(dataset, records)
    one, two = annotators(server, fresh("search"), fresh("search"))
    first = one.pending(dataset, 3)
    one.say(first[0]["id"], "submitted", FILLED)
    one.say(first[1]["id"], "submitted", {**FILLED, "empathy": 2, "emotion": "proud"})
    one.say(first[2]["id"], "discarded")
    two.say(first[0]["id"], "submitted", {**FILLED, "empathy": 5})
    return dataset, one


def names(ground, **body) -> list[str]:
    dataset, person = ground
    ordered = body if "query" in body else {"sort": AS_PUSHED, **body}
    return [item["record"]["external_id"] for item in person.search(dataset, **ordered)["items"]]


TERMS = [
    (scoped("terms", "response", property="status", values=["pending"]), [f"t-{n}" for n in range(3, 11)] + ["odd"]),
    (scoped("terms", "response", property="status", values=["submitted"]), ["t-0", "t-1"]),
    (scoped("terms", "response", property="status", values=["submitted", "discarded"]), ["t-0", "t-1", "t-2"]),
    (scoped("terms", "record", property="status", values=["completed"]), ["t-0"]),
    (scoped("terms", "record", property="external_id", values=["odd", "t-4"]), ["t-4", "odd"]),
    (scoped("terms", "record", property="id", values=["no-id"]), []),
    (scoped("terms", "metadata", metadata_property="mbti", values=["INTJ"]), ["t-1", "t-3", "t-5", "t-7", "t-9"]),
    (scoped("range", "metadata", metadata_property="turn", ge=6), ["t-6", "odd"]),
    (scoped("range", "metadata", metadata_property="turn", ge=2, le=3), ["t-2", "t-3", "t-9", "t-10"]),
    (scoped("terms", "suggestion", question="emotion", property="value", values=["proud"]), ["odd"]),
    (scoped("terms", "suggestion", question="emotion", property="agent", values=["x"]), []),
    (scoped("terms", "response", question="emotion", values=["proud"]), ["t-1"]),
    (scoped("terms", "response", question="empathy", values=["5"]), []),
    (scoped("range", "response", question="empathy", ge=3), ["t-0"]),
    (scoped("range", "record", property="inserted_at", ge="2020-01-01T00:00:00", le="2020-01-02"), []),
]


@pytest.mark.parametrize(("wanted", "found"), TERMS, ids=lambda value: str(value)[:70])
def test_filters_let_through_what_they_say(ground, wanted, found):
    assert names(ground, filters={"and": [wanted]}) == found


def test_filters_and_words_hold_together(ground):
    wanted = [TERMS[6][0], TERMS[0][0]]
    assert names(ground, filters={"and": wanted}) == ["t-3", "t-5", "t-7", "t-9"]
    assert names(ground, filters={"and": wanted}, query={"text": {"q": "person 5"}}) == ["t-5"]
    two = {"and": [TERMS[4][0]]}
    turn = {"scope": {"entity": "metadata", "metadata_property": "turn"}, "order": "asc"}
    knits = {"text": {"q": "knits", "field": "persona"}}
    assert names(ground, query=knits, filters=two) == ["odd", "t-4"]  # the shorter text is more about it
    assert names(ground, query=knits, filters=two, sort=[turn]) == ["t-4", "odd"]
    assert names(ground, query={"text": {"q": "knits", "field": "dialogue"}}) == []


def test_orders_put_missing_values_last_and_keep_turns_in_the_order_of_the_push(ground):
    by_turn = {"scope": {"entity": "metadata", "metadata_property": "order"}, "order": "desc"}
    assert names(ground, sort=[by_turn])[:3] == ["t-10", "t-9", "t-8"]
    assert names(ground, sort=[by_turn])[-1] == "odd"
    assert names(ground, limit=4) == ["t-0", "t-1", "t-2", "t-3"]


def test_pages_add_up(ground):
    dataset, person = ground
    path = f"/me/datasets/{dataset.id}/records/search"
    pages = [person.http.post(path, params={"limit": 5, "offset": at}, json={}).json() for at in (0, 5, 10)]
    assert [page["total"] for page in pages] == [12] * 3
    found = [item["record"]["external_id"] for page in pages for item in page["items"]]
    pushed = names(ground)
    begin = pushed.index(found[0])
    assert found == pushed[begin:] + pushed[:begin]


def test_annotators_begin_as_far_apart_as_they_can_and_go_round(made, tmp_path):
    with serve(tmp_path / "home") as server:
        with server.port() as argilla:
            dataset = argilla.ensure_dataset(WORKSPACE, "apart", FORM)
            argilla.upsert(dataset, turns(7))
        people = annotators(server, *(fresh("apart") for _ in range(3)))
        orders = [[one["record"]["external_id"] for one in person.search(dataset)["items"]] for person in people]
        with server.port() as argilla:
            argilla.close_account(people[1].name)
        assert people[2].search(dataset)["items"][0]["record"]["external_id"] == "t-3"
    pushed = [f"t-{number}" for number in range(7)]
    assert orders == [pushed[begin:] + pushed[:begin] for begin in (0, 2, 4)]


def test_what_filters_offer_is_counted(ground):
    dataset, person = ground
    listed = person.http.get(f"/me/datasets/{dataset.id}/metadata-properties").json()["items"]
    properties = {one["name"]: one["id"] for one in listed}
    assert set(properties) == {"mbti", "turn"}
    metrics = {name: person.http.get(f"/metadata-properties/{key}/metrics").json() for name, key in properties.items()}
    assert [(value["term"], value["count"]) for value in metrics["mbti"]["values"]] == [("ENFP", 6), ("INTJ", 5)]
    assert (metrics["turn"]["min"], metrics["turn"]["max"]) == (0, 9)
    mine = person.http.get(f"/me/datasets/{dataset.id}/metrics").json()["responses"]
    assert mine == {"total": 12, "submitted": 2, "discarded": 1, "draft": 0, "pending": 9}


def test_annotators_see_neither_hidden_metadata_nor_the_answers_of_others(ground):
    dataset, person = ground
    items = person.search(dataset)["items"]
    assert {name for item in items for name in item["record"]["metadata"]} == {"mbti", "turn"}
    assert person.http.get(f"/datasets/{dataset.id}/records").status_code == 403
    whole = person.http.post(
        f"/me/datasets/{dataset.id}/records/search", params={"include": "responses"}, json={}
    ).json()
    answers = [answer for item in whole["items"] for answer in item["record"].get("responses", [])]
    assert len(answers) == 3
    assert len({answer["user_id"] for answer in answers}) == 1
    assert person.http.get(f"/records/{items[0]['record']['id']}").status_code == 403


def test_a_date_that_is_none_is_told(ground):
    dataset, person = ground
    wanted = scoped("range", "record", property="inserted_at", ge="yesterday")
    answer = person.http.post(f"/me/datasets/{dataset.id}/records/search", json={"filters": {"and": [wanted]}})
    assert answer.status_code == 422
    assert "not a date" in answer.text


def test_vectors_are_refused_where_they_are_asked_for(server, ground):
    dataset, _ = ground
    with server.port() as argilla, pytest.raises(ValueError, match="keeps no vectors"):
        argilla._door.ask(
            "POST", f"/datasets/{dataset.id}/vectors-settings", {"name": "v", "title": "V", "dimensions": 3}
        )
