"""Personas: the queue is worked through by keys, each verdict is kept with its reviewer, and the last one is taken back."""

from playwright.sync_api import expect

from tests.studio.browser.reader import Reader


def test_verdicts_are_given_by_keys_and_taken_back(own_reader: Reader):
    page = own_reader.open("personas")
    name = page.get_by_label("Your name")
    name.fill("Ines")
    name.press("Enter")
    own_reader.rest()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("1 of 32 looked at")).to_be_visible()
    own_reader.press("x")
    expect(page.get_by_text("2 of 32 looked at")).to_be_visible()
    own_reader.press("u")
    expect(page.get_by_text("1 of 32 looked at")).to_be_visible()
    page.reload()
    own_reader.rest()
    expect(page.get_by_text("1 of 32 looked at")).to_be_visible()
