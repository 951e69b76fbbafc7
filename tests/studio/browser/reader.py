"""A person at a page of the studio: opens, waits until the page has come to rest, and keeps what must not happen."""

import time
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.studio.served import Studio

RESTING = """() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-stale=true]')"""
QUIET_LOOKS, BETWEEN_LOOKS_MS = 2, 120
"""A page rests when nothing runs and nothing of an earlier run stands there, twice in a row."""
IDLE = "() => new Promise(done => requestIdleCallback(() => done(true), { timeout: 5000 }))"
"""Resolves once the browser has nothing left to do: only then does a page listen to its keys, which React ties after painting."""
READY = ".st-key-bar"
LONGEST_WAIT_MS = 60_000
PROBES = ("/_stcore/health", "/_stcore/host-config")
"""Streamlit looks for its server beneath a page's own path first, and finds it at the root after a 404."""


class Faults(NamedTuple):
    """What a page must never do."""

    outside: list[str]
    dialogs: list[str]
    console: list[str]

    def assert_none(self) -> None:
        assert not self.outside, f"requests left the machine: {self.outside}"
        assert not self.dialogs, f"a script of foreign text ran: {self.dialogs}"
        assert not self.console, f"errors on the console: {self.console}"


class Reader:
    """One tab of a browser."""

    def __init__(self, studio: Studio, context: BrowserContext):
        self.studio = studio
        self.context = context
        self.faults = Faults([], [], [])
        _watch(context, self.faults)
        self.page: Page = context.new_page()

    def open(self, view: str = "", /, **query: object) -> Page:
        """Go to a page by its address and wait until it has come to rest."""
        address = f"{self.studio.url}/{view}"
        self.page.goto(f"{address}?{urlencode(query)}" if query else address)
        return self.rest()

    def rest(self) -> Page:
        """Wait until nothing runs and the page's bar is there."""
        self.page.wait_for_selector(READY, timeout=LONGEST_WAIT_MS)
        end = time.monotonic() + LONGEST_WAIT_MS / 1000
        looks = 0
        while looks < QUIET_LOOKS and time.monotonic() < end:
            self.page.wait_for_timeout(BETWEEN_LOOKS_MS)
            looks = looks + 1 if self.page.evaluate(RESTING) else 0
            self.page.evaluate(IDLE)
        self.page.evaluate("document.fonts.ready.then(() => true)")
        return self.page

    def press(self, key: str) -> None:
        """Press a key of the page's own when it has come to rest: while it is drawn anew nobody listens."""
        self.rest()
        self.page.keyboard.press(key)

    def see(self, text: str, **options: Any) -> None:
        """Wait for a text to be visible."""
        self.page.get_by_text(text, **options).first.wait_for(state="visible", timeout=LONGEST_WAIT_MS)


def new_reader(browser: Browser, studio: Studio, *, dark: bool = False, width: int = 1280, height: int = 800) -> Reader:
    """A fresh tab without history, with clipboard and downloads."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        accept_downloads=True,
    )
    context.set_default_timeout(LONGEST_WAIT_MS)
    return Reader(studio, context)


def _watch(context: BrowserContext, faults: Faults) -> None:
    def requested(url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).hostname != "127.0.0.1":
            faults.outside.append(url)

    def opened(page: Page) -> None:
        page.on("websocket", lambda socket: requested(socket.url))

    def dialog(shown: Any) -> None:
        faults.dialogs.append(shown.message)
        shown.dismiss()

    context.on("request", lambda request: requested(request.url))
    context.on("page", opened)
    context.on("dialog", dialog)
    context.on("weberror", lambda error: faults.console.append(str(error.error)))
    context.on("console", lambda said: _said(said, faults))


def _said(said: ConsoleMessage, faults: Faults) -> None:
    if said.type == "error" and not said.location["url"].endswith(PROBES):
        faults.console.append(f"{said.text} {said.location['url']}")
