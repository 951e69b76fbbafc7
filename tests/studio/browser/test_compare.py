"""Compare: two versions on the same states, from the choice to the most changed replies."""

from playwright.sync_api import expect

from tests.studio.browser.reader import Reader


def test_a_pack_against_itself_at_temperature_0_does_not_differ_at_all(own_reader: Reader):
    page = own_reader.open("compare", run=own_reader.studio.ground.run, a="kardia", b="kardia")
    states = page.get_by_label("States", exact=True)
    states.fill("4")
    states.press("Tab")
    own_reader.rest()
    page.get_by_role("button", name="Compare Shortcut").click()
    expect(page.get_by_role("button", name="New comparison")).to_be_visible()
    done = page.get_by_text("Finished").or_(page.get_by_text("McNemar"))
    expect(done.first).to_be_visible(timeout=60_000)
