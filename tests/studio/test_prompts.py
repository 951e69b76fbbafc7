"""The prompts page without a browser: an edit is checked, previewed, saved with its author, compared and brought back."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from graphs.packs import pack_digest
from studio.panes.prompt_saving import COMPARE
from studio.prompts.editing import Editing
from tests.studio.workspace_fixture import Ground

PLANT = "<img src=x onerror=alert(1)> :red[x] $x$ =1+1"


def data_of(page: AppTest, component: str) -> Any:
    """What a component of ours was given."""
    found = [each.proto for each in page.get("bidi_component")]
    return next(json.loads(each.json) for each in found if each.component_name == f"kardia_{component}")


def drawn(page: AppTest) -> set[str]:
    return {each.proto.component_name.removeprefix("kardia_") for each in page.get("bidi_component")}


def editing_of(page: AppTest, pack: str) -> Editing:
    return page.session_state["prompts"][pack]


def click(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click()


def press(page: AppTest, label: str) -> AppTest:
    click(page, label)
    return page.run()


def tab(page: AppTest, name: str) -> AppTest:
    page.session_state["prompts-tab"] = name
    return page.run()


def sign(page: AppTest, opener: str, word: str, author: str, note: str) -> AppTest:
    """Open a dialog, fill it in and press its button: without a browser it is drawn only with its opener pressed."""
    press(page, opener)
    page.text_input[0].set_value(author)
    page.text_area[0].set_value(note)
    [button for button in page.button if button.label == word][-1].click()
    click(page, opener)
    return page.run()


@pytest.fixture
def page(view, own_ground: Ground) -> AppTest:
    return view("prompts", root=own_ground.root, pack=own_ground.pack, file="responder.md").run()


def test_the_address_says_which_pack_and_file_is_shown(page: AppTest, own_ground: Ground):
    assert not page.exception
    assert page.subheader[0].value == own_ground.pack
    assert data_of(page, "editor")["name"] == "responder.md"
    assert {"files", "editor", "filled"} <= drawn(page)
    assert page.query_params["file"] == "responder.md"


def test_an_edit_is_checked_and_previewed_mended_and_saved_and_then_listed(page: AppTest, own_ground: Ground):
    editing = editing_of(page, own_ground.pack)
    text = editing.texts["responder.md"]
    editing.write("responder.md", text.replace("=== user ===", "{nowhere}\n=== user ==="))
    tab(page, "Checks")
    assert "1 finding" in page.markdown[0].value
    assert "unknown placeholder {nowhere}" in data_of(page, "findings")[0]["message"]
    assert data_of(page, "editor")["marks"][0]["line"] == data_of(page, "findings")[0]["line"]
    press(page, "Save")
    assert not page.text_input
    editing.write("responder.md", text.replace("=== user ===", "Be brief.\n=== user ==="))
    tab(page, "Preview")
    assert any("Be brief." in piece for _, piece in data_of(page, "filled")["parts"][0]["pieces"])
    assert "draft" in page.query_params
    sign(page, "Save", "Save", "Ana", "shorter")
    tab(page, "Versions")
    newest = data_of(page, "versions")["rows"][0]
    folder = own_ground.root / "prompts" / own_ground.pack
    assert (newest["hash"], newest["said"], newest["by"]) == (pack_digest(folder), "shorter", "Ana")
    assert "Be brief." in (folder / "responder.md").read_text(encoding="utf-8")
    assert "draft" not in page.query_params
    assert own_ground.run in [name for name, _ in data_of(page, "versions")["rows"][1]["runs"]]


def test_a_name_is_needed_to_save(page: AppTest, own_ground: Ground):
    editing = editing_of(page, own_ground.pack)
    editing.write("judge.md", editing.texts["judge.md"] + "Be fair.\n")
    sign(page.run(), "Save", "Save", "", "no name")
    assert "Your name is missing" in page.text[0].value
    assert editing.changed


def test_somebody_who_saved_before_you_is_named_and_nothing_is_overwritten(page: AppTest, own_ground: Ground):
    editing = editing_of(page, own_ground.pack)
    path = own_ground.root / "prompts" / own_ground.pack / "judge.md"
    path.write_text(path.read_text() + "By hand.\n")
    assert "notice" not in drawn(page.run())
    editing.write("judge.md", editing.texts["judge.md"] + "Mine.\n")
    path.write_text(path.read_text() + "By hand again.\n")
    notice = data_of(page.run(), "notice")
    assert [name for name, _ in notice["actions"]] == ["compare", "overwrite", "discard"]
    assert "You have changed judge.md too" in notice["text"]
    sign(page, "Save", "Save", "Ana", "")
    assert "compare" in page.text[0].value
    assert path.read_text().endswith("By hand again.\n")


def test_versions_are_compared_word_by_word_and_brought_back(page: AppTest, own_ground: Ground):
    editing = editing_of(page, own_ground.pack)
    first = editing.base
    editing.write("judge.md", editing.texts["judge.md"] + f"{PLANT}\n")
    editing.save("Ana", PLANT)
    page.session_state[COMPARE] = {"a": first, "b": ""}
    page.run()
    assert not page.exception
    changed = data_of(page, "diff")["items"]
    assert [item["why"] for item in changed] == ["Added"]
    assert changed[0]["parts"][0]["ops"][0] == [1, PLANT]
    sign(page, f"Revert to {first[:8]}", "Revert", "Ben", "")
    assert editing.base == first


@pytest.mark.parametrize(("view_name", "rows"), [("Rubric", 5), ("Anchors", 25), ("Labels", 32), ("Limits", 6)])
def test_pack_yaml_is_shown_as_tables(view, own_ground: Ground, view_name: str, rows: int):
    page = view("prompts", root=own_ground.root, pack=own_ground.pack, file="pack.yaml").run()
    page.segmented_control(key="prompts-view").set_value(view_name).run()
    assert not page.exception
    assert len(page.dataframe[0].value) == rows
    assert not editing_of(page, own_ground.pack).changed


@pytest.mark.parametrize(
    "file", ["user_simulator.md", "rubric_evaluator.md", "screener.md", "judge.md", "policy.md", "safety.yaml"]
)
def test_every_file_opens_with_every_tab(view, ground: Ground, file: str):
    page = view("prompts", pack=ground.pack, file=file).run()
    for name in ("Variables", "Checks", "Versions", "Preview"):
        tab(page, name)
        assert not page.exception, name
    assert data_of(page, "editor")["name"] == file
    assert ("filled" in drawn(page)) == (file != "safety.yaml")


def test_two_who_have_not_met_stand_in_where_nothing_was_played(view, tmp_path: Path):
    page = view("prompts", root=tmp_path, pack="studycoach", file="responder.md").run()
    assert not page.exception
    assert "embedded model" in "".join(each.value for each in page.caption)
    assert "filled" in drawn(page)


def test_a_pack_that_is_not_there_leads_to_one_that_is(view, tmp_path: Path):
    page = view("prompts", root=tmp_path, pack="../nowhere").run()
    assert not page.exception
    press(page, "Open kardia")
    assert page.query_params["pack"] == "kardia"


def test_an_unreadable_file_is_named_with_what_to_do(view, own_ground: Ground):
    (own_ground.root / "prompts" / own_ground.pack / "judge.md").write_bytes(b"\xff\xfe")
    page = view("prompts", root=own_ground.root, pack=own_ground.pack).run()
    assert not page.exception
    assert "judge.md: not UTF-8" in page.text[0].value
    assert page.subheader[0].value == own_ground.pack
