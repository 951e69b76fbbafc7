"""The page Data without a browser: filters, order, pages, links, statistics, and what foreign text may do there."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from graphs.schema import digest
from studio.browse.catalogue import Catalogue
from studio.browse.finding import Search, count, find
from studio.workspace import Workspace
from tests.studio.hostile import LABEL, PLANT, RUN
from tests.studio.workspace_fixture import Ground, new_run

View = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _fresh() -> None:
    """A page asks at most every two seconds what is new."""
    import streamlit as st

    st.cache_data.clear()


@pytest.fixture
def catalogue(ground: Ground) -> Catalogue:
    catalogue = Catalogue(ground.workspace)
    catalogue.refresh()
    return catalogue


def table(test: AppTest) -> Any:
    [frame] = test.dataframe
    return frame.value


def texts(test: AppTest) -> str:
    return "\n".join(element.value for element in (*test.caption, *test.markdown)).replace("\\", "")


def healthy(test: AppTest) -> AppTest:
    assert not test.exception, test.exception
    assert "could not be done" not in texts(test)
    return test


def test_all_dialogues_stand_there_with_run_and_count(view: View, catalogue: Catalogue):
    test = healthy(view("data").run())
    total = count(catalogue, Search())
    assert list(table(test)["id"]) == [one.id for one in find(catalogue, Search())]
    assert set(table(test)["run"]) == {"winter", "spring", "autumn"}
    assert f"{total} of {total} dialogues  ·  rows 1 to {total}" in texts(test)


def test_chips_and_search_narrow_the_list_and_clear_widens_it(view: View, catalogue: Catalogue):
    test = healthy(view("data").run())
    test.text_input(key="data-q").set_value("the").run()
    test.pills(key="data-difficulty").set_value(["some", "smooth"]).run()
    wanted = Search(words="the", difficulty=("some", "smooth"))
    assert list(healthy(test).dataframe[0].value["id"]) == [one.id for one in find(catalogue, wanted)]
    assert 0 < count(catalogue, wanted) < count(catalogue, Search())
    assert test.query_params["difficulty"] == ["some", "smooth"]
    [clear] = [button for button in test.button if button.label == "Clear"]
    clear.click().run()
    assert len(table(healthy(test))) == count(catalogue, Search())
    assert not test.query_params
    assert "Clear" not in [button.label for button in test.button]


def test_the_order_is_the_chosen_one(view: View, catalogue: Catalogue):
    test = view("data").run()
    test.selectbox(key="data-order").set_value("fails").run()
    assert list(table(healthy(test))["fails"]) == sorted(table(test)["fails"], reverse=True)


def test_a_link_shows_what_it_names(view: View, catalogue: Catalogue):
    emotion = find(catalogue, Search(runs=("winter",)))[0].emotion
    test = healthy(view("data", run="winter", emotion=emotion, order="turns").run())
    wanted = Search(runs=("winter",), emotion=(emotion,), order="turns")
    assert list(table(test)["id"]) == [one.id for one in find(catalogue, wanted)]
    assert "run" not in table(test)
    assert test.selectbox(key="data-run").value == "winter"


def test_a_link_with_nonsense_shows_what_can_be_shown(view: View, catalogue: Catalogue):
    test = healthy(view("data", run="no such run", mbti="XXXX", ended="' or 1=1", order="x", show="y").run())
    assert len(table(test)) == count(catalogue, Search())
    hostile = healthy(view("data", emotion=LABEL, q='" AND NEAR(').run())
    assert "No dialogue matches" in texts(hostile)


def test_the_way_back_from_replay_leads_to_what_was_shown(view: View):
    test = view("data").run()
    test.pills(key="data-split").set_value(["test"]).run()
    shown = list(table(test)["id"])
    test.query_params.clear()
    test.query_params["run"], test.query_params["d"] = "winter", shown[0]
    test.run()
    assert list(table(healthy(test))["id"]) == shown
    assert dict(test.query_params) == {"split": "test"}


def test_a_long_list_has_pages_and_a_filter_begins_at_the_first(
    view: View, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("studio.browse.finding.PAGE", 4)
    test = healthy(view("data").run())
    assert "rows 1 to 4" in texts(test)
    test.session_state[f"data-page-{digest(Search())[:12]}"] = 2
    test.run()
    assert list(table(healthy(test))["id"]) == [one.id for one in find(catalogue, Search(), limit=4, offset=4)]
    test.pills(key="data-split").set_value(["train"]).run()
    assert "rows 1 to 4" in texts(test)


def test_nothing_that_matches_says_the_way_out(view: View, catalogue: Catalogue):
    test = view("data").run()
    test.text_input(key="data-q").set_value("nobodysaysthis").run()
    assert "No dialogue matches" in texts(healthy(test))
    assert "Take a filter away" in texts(test)
    assert not test.dataframe


def test_an_empty_workspace_says_the_way_out(view: View, tmp_path: Path):
    assert "No finished dialogue yet" in texts(healthy(view("data", root=tmp_path).run()))
    assert "No finished dialogue yet" in texts(healthy(view("data", root=tmp_path, show="Statistics").run()))


def test_a_single_run_is_named_and_not_chosen(view: View, own_ground: Ground):
    for name in ("spring", "autumn"):
        shutil.rmtree(own_ground.root / "runs" / name)
    test = healthy(view("data", root=own_ground.root).run())
    assert "winter" in texts(test)
    assert [box.key for box in test.selectbox] == ["data-order"]
    assert "run" not in table(test)


def test_a_run_nobody_played_and_one_that_is_damaged_harm_no_other(view: View, own_ground: Ground):
    shutil.rmtree(own_ground.workspace.state)
    new_run(own_ground.root, "summer", 2)
    (own_ground.root / "runs" / "spring" / "journal.sqlite").write_bytes(b"no journal" * 900)
    Catalogue(own_ground.workspace).refresh()  # the page reads runs for a moment only, then in the background
    test = healthy(view("data", root=own_ground.root).run())
    assert "spring" in texts(test)
    assert set(table(test)["run"]) == {"winter", "autumn"}


def test_statistics_stand_beside_the_papers(view: View, catalogue: Catalogue):
    test = healthy(view("data", run="winter", show="Statistics").run())
    passed = count(catalogue, Search(runs=("winter",), screened=("passed",)))
    assert [metric.label.replace("\\", "") for metric in test.metric] == [
        "Dialogues",
        "Turns, mean",
        "Solved",
        "Fails a dialogue",
        "User profiles",
    ]
    assert test.metric[0].value == str(passed)
    assert "paper 22,080" in texts(test)
    assert "without its numbers" in texts(test)
    assert table(test)["Paper all"][0] == "22,080"
    test.segmented_control(key="data-scope").set_value("all").run()
    assert healthy(test).metric[0].value == str(count(catalogue, Search(runs=("winter",))))


def test_foreign_text_is_text(view: View, hostile_ground: Ground, tmp_path: Path):
    shutil.copytree(hostile_ground.root, tmp_path / "hostile")
    root = tmp_path / "hostile"
    test = healthy(view("data", root=root).run())
    found = find(Catalogue(Workspace(root)), Search())
    assert list(table(test)["text"]) == [one.opening for one in found]
    assert any(plant in table(test)["text"][0] for plant in PLANT.split())
    healthy(view("data", root=root, run=RUN, show="Statistics").run())
    test.pills(key="data-emotion").set_value([LABEL]).run()
    [chip] = [name for name in chip_labels(healthy(test)) if "zqlabel" in name]
    assert r"\!\[zqlabel\]\(http\:" in chip


def chip_labels(test: AppTest) -> list[str]:
    return [block.proto.popover.label for block in test.main.children.values() for block in _blocks(block)]


def _blocks(block: Any) -> list[Any]:
    inner = [found for child in getattr(block, "children", {}).values() for found in _blocks(child)]
    return [
        *([block] if getattr(getattr(block, "proto", None), "popover", None) and block.proto.popover.label else []),
        *inner,
    ]
