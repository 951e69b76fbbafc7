"""Argilla's own page in a real Chromium: an annotator at work with the keyboard, and hostile text that stays text."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, Request, expect, sync_playwright

from annotation.argilla_port import Dataset
from annotation.forms import PushedRecord
from annotation.server.home import WORKSPACE
from tests.annotation.server.served import FORM, Server, fresh, serve, turns
from tests.studio.browser.chromium import MISSING, find_chromium, launch

HOSTILE = (
    "<script>window.ran=1</script><img src=x onerror='window.ran=1'><svg onload=window.ran=1> <think>hidden</think> "
    "x<y & y>z &lt;b&gt; &amp; </p></div> two  spaces\n**bold** # [a](javascript:window.ran=1) ![i](https://x.example/p.png) "
    "{{ 1+1 }} ${x} \"q\" 'q' <|response_begin|>"
)


class Opened(NamedTuple):
    """A data set on the page, and what the browser wanted from elsewhere."""

    page: Page
    dataset: Dataset
    server: Server
    outside: dict[str, str | None]
    """Address -> why nothing was sent; None if it was."""


@pytest.fixture(scope="module")
def server(made: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One of its own: the only annotator there begins with the first record."""
    with serve(tmp_path_factory.mktemp("page") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def opened(server: Server) -> Iterator[Opened]:
    """An annotator who signed in and opened a data set, of which the first record is hostile."""
    program = find_chromium()
    if program is None:
        pytest.skip(MISSING)
    hostile = PushedRecord(
        "hostile", {"persona": HOSTILE, "dialogue": [{"role": "user", "content": HOSTILE}]}, {"response": HOSTILE}
    )
    with server.port() as argilla:
        annotator, dataset = fresh("page"), argilla.ensure_dataset(WORKSPACE, fresh("page"), FORM)
        argilla.upsert(dataset, [hostile, *turns(3)])
        password = argilla.add_annotator(annotator, WORKSPACE)
    with sync_playwright() as playwright:
        browser = launch(playwright, program)
        page = browser.new_context(viewport={"width": 1440, "height": 1200}).new_page()
        outside: dict[str, str | None] = {}

        def note(request: Request) -> None:
            if not request.url.startswith((server.url, "data:", "blob:")):
                outside[request.url] = request.failure

        for event in ("request", "requestfailed"):
            page.on(event, note)
        page.goto(f"{server.url}/sign-in")
        page.get_by_label("Username").fill(annotator)
        page.get_by_label("Password").fill(password)
        page.keyboard.press("Enter")
        page.get_by_text(dataset.name, exact=True).first.click(timeout=60_000)
        expect(page.get_by_label("Question: response")).to_be_visible(timeout=60_000)
        yield Opened(page, dataset, server, outside)
        browser.close()


def answers(opened: Opened) -> dict[str, tuple[str, dict[str, object]]]:
    with opened.server.port() as argilla:
        read = list(argilla.records(opened.dataset))
    return {r.external_id: (a.status, dict(a.values)) for r in read for a in r.answers}


def test_hostile_text_is_shown_exactly_and_runs_nothing(opened):
    page = opened.page
    assert page.get_by_label("Question: response").locator("[contenteditable]").inner_text() == HOSTILE
    shown = page.locator("body").inner_text()
    assert shown.count(HOSTILE) == 3
    assert page.evaluate("window.ran") is None
    assert page.locator("img[src=x], svg[onload], think").count() == 0
    assert set(opened.outside.values()) <= {"csp"}  # Argilla's page asks Google for fonts: it is not let


def test_even_unescaped_text_runs_nothing(opened):
    """A record that somebody else pushed without escaping: the page's policy stops what it would run or load."""
    page = opened.page
    page.evaluate(
        """() => { const box = document.createElement('div'); document.body.append(box);
                   box.innerHTML = '<img src=x onerror="window.ran=1"><img src="https://x.example/p.png">'; }"""
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert opened.outside["https://x.example/p.png"] == "csp"


def test_with_the_keyboard_alone_a_turn_is_corrected_and_another_discarded(opened):
    page, keys = opened.page, opened.page.keyboard
    response = page.get_by_label("Question: response").locator("[contenteditable]")
    response.locator("xpath=ancestor::*[@tabindex='0'][1]").focus()
    keys.press("Backspace")
    expect(page.get_by_text("Person 0 knits.")).to_be_visible()
    expect(response).to_have_text("That hurts (0).")
    keys.press("Shift+Enter")
    keys.press("Control+End")
    keys.type(" I am here, x<y & z.")
    keys.press("Escape")
    keys.press("ArrowDown")
    keys.press("2")  # emotion: proud
    expect(page.locator("#empathy_1")).to_be_focused()
    keys.press("4")  # empathy
    expect(page.locator("#verdict_correct")).to_be_focused()
    keys.press("2")  # verdict: corrected
    expect(page.get_by_label("Question: comment").locator("[tabindex='0']").first).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_text("Person 1 knits.")).to_be_visible()
    found = answers(opened)
    corrected = {
        "response": "That hurts (0). I am here, x<y & z.",
        "emotion": "proud",
        "empathy": 4,
        "verdict": "corrected",
    }
    assert found["t-0"] == ("submitted", corrected)
    assert found["hostile"] == ("discarded", {"response": HOSTILE})
    assert set(found) == {"t-0", "hostile"}


def test_of_two_tabs_the_first_answer_stands_and_the_second_is_told(opened):
    first = opened.page
    second = first.context.new_page()
    second.goto(first.url.split("?")[0])
    expect(second.get_by_text("Person 1 knits.")).to_be_visible(timeout=60_000)
    for page, word in ((first, " First."), (second, " Second.")):
        page.get_by_label("Question: response").locator("[contenteditable]").click()
        page.keyboard.press("Control+End")
        page.keyboard.type(word)
        page.keyboard.press("Escape")
        page.locator("label[for=emotion_proud]").click()
        page.locator("label[for=empathy_4]").click()
        page.locator("label[for=verdict_corrected]").click()
        page.get_by_role("button", name="Submit").click()
        expect(page.get_by_text("already exists" if page is second else "Person 2 knits.").first).to_be_visible()
    assert answers(opened)["t-1"][1]["response"] == "That hurts (1). First."


def test_an_empty_response_cannot_be_submitted(opened):
    page = opened.page
    response = page.get_by_label("Question: response").locator("[contenteditable]")
    response.click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Escape")
    page.locator("label[for=empathy_4]").click()
    page.locator("label[for=verdict_corrected]").click()
    expect(page.get_by_role("button", name="Submit")).to_be_disabled()


def test_what_was_given_before_is_chosen_already_and_can_be_submitted_as_it_is(opened):
    """As with an answer that goes back to be mended: its scores and verdict need not be given anew."""
    gave = {"response": "I hear you.", "emotion": "proud", "empathy": 2, "verdict": "drop"}
    again = turns(1, said="Again.", name="again")[0]._replace(prefilled=gave)
    with opened.server.port() as argilla:
        argilla.upsert(opened.dataset, [again])
    page = opened.page
    page.goto(page.url.split("?")[0])
    expect(page.get_by_text("Person 2 knits.")).to_be_visible(timeout=60_000)
    page.get_by_label("Question: response").locator("xpath=descendant::*[@tabindex='0'][1]").focus()
    page.keyboard.press("Backspace")
    expect(page.get_by_text("Again. (0)")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Again. (0)")).not_to_be_visible()
    assert answers(opened)[again.external_id] == ("submitted", gave)
