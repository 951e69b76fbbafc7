"""Runs: one is launched, the page is reloaded in the middle, the run is stopped and goes on to its end."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from graphs.offline import MODEL_NAME
from graphs.runs import open_run
from tests.graphs.counting import Counting, counting_endpoint, wait_for
from tests.studio.browser.reader import Reader
from tests.studio.served import Studio
from tests.studio.workspace_fixture import FAILING, STOPPED

RUNNING, FINISHED = re.compile("Running$"), re.compile("Finished$")
SLOW_S = 1.0
"""What an answer takes, so that there is a middle to reload in."""


@pytest.fixture
def slow(own_studio: Studio) -> Iterator[Counting]:
    """An endpoint named in the workspace's kardia.yaml, the embedded model with a pause before each answer."""
    with counting_endpoint(latency_s=SLOW_S) as endpoint:
        lines = [
            "endpoints:",
            "  slow:",
            f"    model: {MODEL_NAME}",
            f"    base_url: {endpoint.url}",
            '    price: "1,2"',
        ]
        (own_studio.ground.root / "kardia.yaml").write_text("\n".join(lines) + "\n")
        yield endpoint


def choose(page: Page, label: str, option: str) -> None:
    """Pick from a select box."""
    page.get_by_role("dialog").get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option").filter(has_text=option).first.click()


def test_a_run_is_launched_reloaded_stopped_and_resumed(slow: Counting, own_reader: Reader):
    page = own_reader.open("runs")
    own_reader.press("n")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("evening")
    dialog.get_by_label("Name").press("Tab")
    choose(page, "Model", "slow")
    own_reader.rest()
    dialog.get_by_role("button", name="Launch").click()
    expect(page.get_by_text(RUNNING).first).to_be_visible()
    expect(page.get_by_role("button", name="Stop").first).to_be_enabled()
    page.reload()
    own_reader.rest()
    expect(page.get_by_text(RUNNING).first).to_be_visible()
    wait_for(lambda: slow.total > 0)  # it runs before it asks: first it gets its models ready
    page.get_by_role("button", name="Stop").first.click()
    expect(page.get_by_role("button", name="Resume").first).to_be_visible()
    bought, slow.latency_s = slow.total, 0.0
    assert bought > 0
    page.get_by_role("button", name="Resume").first.click()
    expect(page.get_by_text(FINISHED).first).to_be_visible(timeout=60_000)
    run = open_run(own_reader.studio.ground.root / "runs" / "evening")
    journal = run.journal(readonly=True)
    assert set(journal.finished()) == {pairing.id for pairing in run.pairings()}
    journal.close()
    assert slow.total > bought


def test_a_run_that_stopped_elsewhere_says_why_and_offers_to_go_on(reader: Reader):
    page = reader.open("runs", run=STOPPED)
    expect(page.get_by_role("button", name="Resume").first).to_be_visible()
    expect(page.get_by_text("does not exist").first).to_be_visible()


def test_failures_stand_with_their_class(reader: Reader):
    page = reader.open("runs", run=FAILING)
    expect(page.get_by_text(f"Failures of {FAILING}")).to_be_visible()
    expect(page.get_by_role("button", name="Retry failed")).to_be_enabled()


def test_the_estimate_costs_nothing_and_shows_the_command(reader: Reader):
    page = reader.open("runs")
    page.get_by_role("button", name="New run").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Estimate").click()
    expect(dialog.get_by_text("Nothing was called")).to_be_visible()
    dialog.get_by_text("The same on the command line").click()
    expect(dialog.get_by_text("kardia synth run")).to_be_visible()
