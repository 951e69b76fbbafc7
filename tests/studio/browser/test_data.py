"""Data: search and filters live in the address, a row opens its dialogue, and the figures can be taken away."""

import re

from playwright.sync_api import expect

from tests.studio.browser.reader import Reader


def test_search_narrows_the_list_and_a_reload_keeps_it(reader: Reader):
    page = reader.open("data", run=reader.studio.ground.run)
    expect(page.get_by_text("8 of 8 dialogues")).to_be_visible()
    search = page.get_by_role("textbox", name="Search")
    search.fill(reader.studio.ground.dialogue)
    search.press("Enter")
    expect(page.get_by_text("1 of 8 dialogues")).to_be_visible()
    page.reload()
    reader.rest()
    expect(page.get_by_text("1 of 8 dialogues")).to_be_visible()


def test_the_figures_are_downloaded_as_pictures_and_tables(reader: Reader):
    page = reader.open("data", show="Statistics")
    buttons = page.get_by_role("button", name="SVG")
    expect(buttons.first).to_be_visible()
    with page.expect_download() as taken:
        buttons.first.click()
    assert taken.value.path().read_text(encoding="utf-8").lstrip().startswith("<svg")


def test_a_picture_is_described_in_words(reader: Reader):
    page = reader.open("data", show="Statistics")
    expect(page.get_by_label("Dialogues by MBTI type and emotion", exact=True)).to_be_visible()
    expect(page.get_by_label("Share of dialogues by number of turns", exact=True)).to_be_visible()


def test_a_table_is_taken_away_by_our_own_download_alone(reader: Reader):
    page = reader.open("data")
    page.get_by_test_id("stDataFrame").first.hover()
    expect(page.get_by_role("button", name="Fullscreen").first).to_be_visible()
    expect(page.get_by_role("button", name="Download as CSV")).to_have_count(0)


def test_back_from_a_dialogue_leads_to_the_same_list(reader: Reader):
    page = reader.open("data", run=reader.studio.ground.run, split="train", order="fails")
    shown = page.get_by_text(re.compile(r"of 8 dialogues"))
    expect(shown).to_be_visible()
    said = shown.inner_text()
    table = page.locator("[data-testid=stDataFrame]").bounding_box()
    assert table
    page.mouse.click(table["x"] + 50, table["y"] + 48)
    page.wait_for_url(re.compile("/replay"))
    reader.rest()
    page.go_back()
    page.wait_for_url(re.compile("/data.*split=train"))
    reader.rest()
    expect(page.get_by_text(said, exact=True)).to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text("8 of 8 dialogues")).to_be_visible()
    page.go_back()
    expect(page.get_by_text(said, exact=True)).to_be_visible()


def test_what_was_cleared_does_not_come_back(reader: Reader):
    page = reader.open("data", run=reader.studio.ground.run)
    page.locator(".st-key-data-chip-split button").click()
    page.locator("[data-testid=stPopoverBody]").get_by_text("Test", exact=True).click()
    expect(page.get_by_text("8 of 8 dialogues")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_text("8 of 8 dialogues")).to_be_visible()
    for view in ("Statistics", "Dialogues"):
        page.get_by_text(view, exact=True).first.click()
        reader.rest()
    expect(page.get_by_text("8 of 8 dialogues")).to_be_visible()
