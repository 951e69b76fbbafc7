"""Replay: links lead to one attempt, keys walk the turns, and a fork at turn 3 attempt 2 is compared word by word."""

import re

from playwright.sync_api import Page, expect

from tests.graphs.runs import all_bytes
from tests.studio.browser.reader import Reader

PLAYED_AGAIN = "Played again with the edited prompt"


def turn_and_attempt(page: Page) -> tuple[str, str]:
    """What the address says."""
    found = dict(part.split("=") for part in page.url.partition("?")[2].split("&"))
    return found["t"], found["k"]


def shows(page: Page, turn: int, attempt: int) -> None:
    """Wait until the page shows an attempt: in its title, and ringed in the table."""
    expect(page.get_by_text(f"Turn {turn}, attempt {attempt}", exact=True)).to_be_visible()
    cell = page.get_by_role("button", name=re.compile(f"^Turn {turn} attempt {attempt} "))
    expect(cell).to_have_attribute("aria-pressed", "true")


def open_at(reader: Reader, turn: int, attempt: int) -> Page:
    ground = reader.studio.ground
    return reader.open("replay", run=ground.run, d=ground.dialogue, t=turn, k=attempt)


def test_a_link_leads_to_one_attempt_and_survives_a_reload(reader: Reader):
    page = open_at(reader, 3, 2)
    shows(page, 3, 2)
    page.reload()
    reader.rest()
    shows(page, 3, 2)
    assert turn_and_attempt(page) == ("3", "2")


def test_keys_walk_the_turns_and_open_the_fork(reader: Reader):
    page = open_at(reader, 3, 1)
    shows(page, 3, 1)
    reader.press("j")
    expect(page.get_by_text(re.compile(r"^Turn 4, attempt"))).to_be_visible()
    reader.press("k")
    expect(page.get_by_text(re.compile(r"^Turn 3, attempt"))).to_be_visible()
    reader.press("f")
    expect(page.get_by_role("dialog")).to_contain_text("Fork from turn 3")


def test_a_click_on_an_attempt_or_a_turn_shows_it(reader: Reader):
    page = open_at(reader, 1, 1)
    page.get_by_role("button", name=re.compile("^Turn 3 attempt 1 ")).click()
    shows(page, 3, 1)
    assert turn_and_attempt(page) == ("3", "1")
    page.locator("button.turn").nth(1).click()
    expect(page.get_by_text(re.compile(r"^Turn 2, attempt"))).to_be_visible()


def test_the_prompt_as_sent_and_the_record_stand_behind_their_tabs(reader: Reader):
    page = open_at(reader, 3, 1)
    page.get_by_role("tab", name="Scores").click()
    page.get_by_role("tab", name="Prompt as sent").click()
    expect(page.get_by_text("System message")).to_be_visible()
    page.get_by_role("tab", name="Record").click()
    expect(page.get_by_text("calls", exact=False).first).to_be_visible()


def test_a_fork_at_turn_3_attempt_2_is_played_and_compared_and_leaves_its_parent_as_it_was(own_reader: Reader):
    ground = own_reader.studio.ground
    before = all_bytes(ground.run_path)
    page = open_at(own_reader, 3, 2)
    page.get_by_role("button", name="Fork from here").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Fork from turn 3, attempt 2")
    prompt = dialog.get_by_role("textbox")
    expect(prompt).to_have_value(re.compile("=== user ==="))
    text = prompt.input_value()
    prompt.fill(text.replace("=== user ===", "Say it in ten words or fewer.\n\n=== user ==="))
    prompt.press("Tab")
    own_reader.rest()
    dialog.get_by_role("button", name="Run fork").click()
    expect(page.get_by_text(PLAYED_AGAIN).first).to_be_visible()
    diff = page.locator(".item")
    expect(diff.nth(0)).to_contain_text("Same by hash")
    expect(diff.nth(1)).to_contain_text("Same by hash")
    expect(diff.nth(2)).to_contain_text(PLAYED_AGAIN)
    expect(page.locator("ins").first).to_be_visible()
    expect(page.locator("del").first).to_be_visible()
    assert all_bytes(ground.run_path) == before


def test_a_fork_is_kept_or_discarded(own_reader: Reader):
    ground = own_reader.studio.ground
    page = own_reader.open("replay", run=ground.run, d=ground.dialogue)
    page.get_by_text("Branches 1").click()
    expect(page.get_by_text("Only what differs")).to_be_visible()
    page.get_by_role("button", name="Keep branch").click()
    expect(page.get_by_role("button", name="Kept")).to_be_visible()
    page.get_by_role("button", name="Kept").click()
    page.get_by_role("button", name="Discard branch").click()
    expect(page.get_by_text("Branches", exact=True)).to_be_visible()
    assert not (ground.root / "runs" / ground.fork).exists()
