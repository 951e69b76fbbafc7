"""Prompts: an edit is seen in the preview at once, is saved with its author, and two editors do not overwrite each other."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.studio.browser.reader import Reader
from tests.studio.served import Studio

SENTENCE = "Say it in ten words or fewer."


def write(page: Page, sentence: str) -> None:
    """Add a sentence at the end of the system text."""
    editor = page.get_by_role("textbox", name="responder.md")
    editor.fill(editor.input_value().replace("=== user ===", f"{sentence}\n\n=== user ==="))


def open_template(reader: Reader) -> Page:
    return reader.open("prompts", pack=reader.studio.ground.pack, file="responder.md")


def save(page: Page, author: str) -> None:
    page.get_by_role("button", name="Save Shortcut").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").first.fill(author)
    dialog.get_by_role("textbox").first.press("Tab")
    dialog.get_by_role("textbox").last.fill("shorter answers")
    dialog.get_by_role("textbox").last.press("Tab")
    dialog.get_by_role("button", name="Save", exact=False).last.click()


def test_an_edit_is_seen_in_the_preview_and_saved_with_its_author(own_reader: Reader):
    page = open_template(own_reader)
    write(page, SENTENCE)
    preview = page.get_by_role("tabpanel", name="Preview")
    expect(preview.get_by_text(SENTENCE)).to_be_visible()
    save(page, "Ines")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("tab", name="Versions").click()
    expect(page.get_by_text("shorter answers")).to_be_visible()
    ground = own_reader.studio.ground
    assert SENTENCE in (ground.root / "prompts" / ground.pack / "responder.md").read_text(encoding="utf-8")


def test_what_is_wrong_is_named_as_one_types(own_reader: Reader):
    page = open_template(own_reader)
    write(page, "{nowhere}")
    page.get_by_role("tab", name="Checks").click()
    expect(page.get_by_text("unknown placeholder").first).to_be_visible()


def test_two_editors_do_not_overwrite_each_other(own_studio: Studio, browse: Callable[..., Reader]):
    one, other = browse(own_studio), browse(own_studio)
    first, second = open_template(one), open_template(other)
    write(first, "The first editor's sentence.")
    expect(first.get_by_text("unsaved").first).to_be_visible()
    save(first, "Ines")
    expect(first.get_by_role("dialog")).to_be_hidden()
    write(second, "The second editor's sentence.")
    expect(second.get_by_role("button", name="Overwrite").first).to_be_visible()
    ground = own_studio.ground
    text = (ground.root / "prompts" / ground.pack / "responder.md").read_text(encoding="utf-8")
    assert "The first editor's sentence." in text and "The second" not in text
