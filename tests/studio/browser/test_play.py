"""Play: a dialogue is watched to its end, stopped on the way, and spoken in by a person."""

import re

from playwright.sync_api import expect

from tests.studio.browser.reader import Reader


def test_a_dialogue_is_played_and_opened_in_replay(own_reader: Reader):
    page = own_reader.open("play")
    page.get_by_role("combobox", name="Length").click()
    page.get_by_role("option").filter(has_text="As long as it needs").click()
    own_reader.rest()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("button", name="Stop Shortcut S")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Turn 1 attempt 1 "))).to_be_visible()
    expect(page.get_by_role("button", name="Open in Replay")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Open in Replay").click()
    expect(page.get_by_role("button", name="Fork from here")).to_be_visible()


def test_a_person_speaks_as_the_user_and_stops(own_reader: Reader):
    page = own_reader.open("play")
    page.get_by_text("You speak as the user").click()
    own_reader.rest()
    page.get_by_role("button", name="Start").click()
    box = page.get_by_label("Your words as the user")
    expect(page.get_by_text("waits for your words").first).to_be_visible()
    box.fill("My brother took my bicycle and I am furious.")
    box.press("Enter")
    expect(page.locator(".said").filter(has_text="My brother took my bicycle")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Turn 1 attempt 1 "))).to_be_visible()
    page.get_by_role("button", name="Stop Shortcut S").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
