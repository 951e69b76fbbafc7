"""How fast the studio is on a run of 20,000 dialogues: a real server, a real Chromium, each action as a reader feels it.

    python -m benchmarks.studio [--dialogues 20000] [--times 15] [--workspace DIR]

Seconds are from the click to the moment at which the new content stands there and nothing runs any more. A workspace that
is named is kept, and used again the next time.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from benchmarks.studio_material import multiplied
from graphs.runs import open_run
from tests.studio.browser.chromium import MISSING, find_chromium, launch
from tests.studio.browser.reader import READY, RESTING
from tests.studio.served import Studio, serve
from tests.studio.workspace_fixture import Ground

CHIPS = ("caring", "sad", "joyful", "proud", "angry", "hopeful")
VIEWPORT: ViewportSize = {"width": 1280, "height": 800}
ROWS = re.compile(r"rows [\d,]+ to")
WORDS = ("phone", "friend", "today", "think", "know", "letter")


class Measured(NamedTuple):
    """Seconds of one action, all its times."""

    action: str
    wanted: str
    seconds: list[float]

    def __str__(self) -> str:
        middle, worst = statistics.median(self.seconds), max(self.seconds)
        return f"| {self.action} | {middle:.2f} | {worst:.2f} | {len(self.seconds)} | {self.wanted} |"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--dialogues", type=int, default=20_000)
    options.add_argument("--times", type=int, default=15)
    options.add_argument("--workspace", type=Path)
    given = options.parse_args()
    if given.workspace:
        return measure(given.workspace, given.dialogues, given.times)
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder), given.dialogues, given.times)


def measure(workspace: Path, dialogues: int, times: int) -> None:
    program = find_chromium()
    if program is None:
        raise SystemExit(MISSING)
    run = workspace / "runs" / f"many-{dialogues}"
    if not (run / "run.yaml").exists():
        multiplied(workspace, dialogues)
    thread = [pairing.id for pairing in open_run(run).pairings()][-1]
    for line in index(workspace):
        print(line, flush=True)
    ground = Ground(workspace, run.name, thread, "", "", "")
    with sync_playwright() as playwright, serve(ground) as studio:
        browser = launch(playwright, program)
        print(f"server after its start: {memory(studio.pid)}\n")
        print("| action | median s | worst s | n | wanted |\n|---|---|---|---|---|")
        for measured in act(browser, studio, times):
            print(measured, flush=True)
        print(f"\nserver at the end: {memory(studio.pid)}")
        browser.close()


def index(workspace: Path) -> list[str]:
    """Fill the catalogue from nothing, in a process of its own, and once more when nothing is new."""
    for file in (workspace / ".kardia").glob("catalogue*"):
        file.unlink()
    lines = []
    for title in ("index from nothing", "index again, nothing new"):
        started = time.perf_counter()
        command = [sys.executable, "-m", "studio.cli", "synth", "index", "--workspace", str(workspace)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        assert status == 0
        took = f"{time.perf_counter() - started:.1f} s ({used.ru_utime + used.ru_stime:.1f} s of CPU)"
        lines.append(f"{title}: {took}, {used.ru_maxrss / 1024:.0f} MB at most")
    size = (workspace / ".kardia" / "catalogue.sqlite").stat().st_size / 2**20
    return [*lines, f"index on disk: {size:.0f} MB"]


def act(browser: Browser, studio: Studio, times: int) -> Iterator[Measured]:
    """Every action, each after one that nobody counts."""
    for title, opened in (("a browser that was never here", fresh_browser), ("a new tab", new_tab)):
        yield measured(
            f"empty page in {title}, for comparison", "", times, partial(first_seen, opened, browser, empty, studio)
        )
        yield measured(f"Data in {title}", "under 2", times, partial(first_seen, opened, browser, open_data, studio))
    page = new_tab(browser)
    open_data(page, studio)
    yield change_page(page, times)
    yield search(page, times)
    yield choose(page, times)
    yield figures(page, times)
    yield replay(page, studio, times)
    title = "the same replay by its address, in a new tab"
    yield measured(title, "under 2", times, partial(first_seen, new_tab, browser, open_replay, studio))


def fresh_browser(browser: Browser) -> Page:
    """With nothing in its cache."""
    return browser.new_context(viewport=VIEWPORT).new_page()


def new_tab(browser: Browser) -> Page:
    """Of a browser that has what it loaded before."""
    used = next((context for context in browser.contexts if context.pages), None)
    return (used or browser.new_context(viewport=VIEWPORT)).new_page()


def first_seen(
    opened: Callable[[Browser], Page], browser: Browser, see: Callable[[Page, Studio], None], studio: Studio
) -> float:
    page = opened(browser)
    started = time.perf_counter()
    see(page, studio)
    took = time.perf_counter() - started
    if len(page.context.pages) > 1:
        page.close()
    elif opened is fresh_browser:
        page.context.close()
    return took


def empty(page: Page, studio: Studio) -> None:
    """What Streamlit and the browser take for any page at all."""
    page.goto(f"{studio.url}/replay")
    page.locator(READY).wait_for(state="visible", timeout=60_000)
    rests(page)


def open_data(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/data?run={studio.ground.run}")
    stands(page, "rows 1 to 50")


def change_page(page: Page, times: int) -> Measured:
    def turn() -> float:
        first = int(rows(page).split("rows ")[1].split(" ")[0].replace(",", ""))
        started = time.perf_counter()
        page.get_by_role("button", name="Next page").click()
        stands(page, f"rows {first + 50:,} to ")
        return time.perf_counter() - started

    return measured("another page of 50", "under 1", times, turn)


def search(page: Page, times: int) -> Measured:
    words = cycle(WORDS)

    def type_one() -> float:
        field = page.get_by_placeholder("Search words or an id")
        before = rows(page)
        field.fill(next(words))
        started = time.perf_counter()
        field.press("Enter")
        changes(page, before)
        return time.perf_counter() - started

    found = measured("search for a word", "under 1", times, type_one)
    clear(page)
    return found


def choose(page: Page, times: int) -> Measured:
    labels = cycle(CHIPS)
    page.locator(".st-key-data-chip-emotion button").click()

    def press() -> float:
        before = rows(page)
        pill = page.locator("[data-testid=stPopoverBody]").get_by_text(next(labels), exact=True)
        started = time.perf_counter()
        pill.click()
        changes(page, before)
        return time.perf_counter() - started

    found = measured("one filter more, or one less", "under 1", times, press)
    page.keyboard.press("Escape")
    clear(page)
    return found


def figures(page: Page, times: int) -> Measured:
    def there_and_back() -> float:
        started = time.perf_counter()
        page.get_by_text("Statistics", exact=True).first.click()
        expect(page.locator("[data-testid=stVegaLiteChart] svg")).to_have_count(2, timeout=30_000)
        rests(page)
        took = time.perf_counter() - started
        page.get_by_text("Dialogues", exact=True).first.click()
        stands(page, "rows ")
        settles(page)
        return took

    return measured("statistics with both figures and Table 3", "under 2", times, there_and_back)


def replay(page: Page, studio: Studio, times: int) -> Measured:
    def open_row() -> float:
        page.get_by_placeholder("Search words or an id").fill(studio.ground.dialogue)
        page.get_by_placeholder("Search words or an id").press("Enter")
        stands(page, "1 of ")
        settles(page)
        table = page.locator("[data-testid=stDataFrame]").bounding_box()
        assert table
        started = time.perf_counter()
        page.mouse.click(table["x"] + 50, table["y"] + 48)
        shows_turns(page)
        took = time.perf_counter() - started
        page.get_by_role("link", name="Data", exact=True).click()
        stands(page, "rows ")
        settles(page)
        clear(page)
        return took

    return measured("from a row to the replay of its 8 turns", "under 1", times, open_row)


def open_replay(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/replay?run={studio.ground.run}&d={studio.ground.dialogue}")
    shows_turns(page)


def measured(action: str, wanted: str, times: int, do: Callable[[], float]) -> Measured:
    do()
    return Measured(action, wanted, [do() for _ in range(times)])


def clear(page: Page) -> None:
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_role("button", name="Clear", exact=True)).to_have_count(0, timeout=30_000)
    settles(page)


def rows(page: Page) -> str:
    return page.get_by_text(ROWS).inner_text()


def stands(page: Page, text: str) -> None:
    page.get_by_text(text).first.wait_for(state="visible", timeout=60_000)
    page.locator("[data-testid=stDataFrame] canvas").first.wait_for(state="visible", timeout=60_000)
    rests(page)


def changes(page: Page, before: str) -> None:
    expect(page.get_by_text(ROWS)).not_to_have_text(before, timeout=30_000)
    rests(page)


def shows_turns(page: Page) -> None:
    expect(page.locator("button.turn")).to_have_count(8, timeout=60_000)
    rests(page)


def settles(page: Page) -> None:
    """Wait, where nobody counts, until the page has surely come to rest."""
    page.wait_for_timeout(400)
    rests(page)


def rests(page: Page) -> None:
    page.wait_for_function(f"({RESTING})()", polling="raf", timeout=60_000)


def memory(pid: int) -> str:
    """What the server holds now, and at most held."""
    told = Path(f"/proc/{pid}/status").read_text()
    now, peak = (int(told.split(f"{name}:")[1].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return f"{now:.0f} MB resident, {peak:.0f} MB at most"


if __name__ == "__main__":
    main()
