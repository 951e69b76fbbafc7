"""Debian's Chromium at the studio. What leaves the machine, a dialog or an error on the console fails the test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.studio.browser.chromium import MISSING, find_chromium, launch
from tests.studio.browser.reader import LONGEST_WAIT_MS, Reader, new_reader
from tests.studio.served import Studio
from tests.studio.workspace_fixture import Ground


@pytest.fixture(scope="package")
def browser(ground: Ground, hostile_ground: Ground) -> Iterator[Browser]:
    """Closed with this folder. While its event loop lives no other runs here, so the workspaces are played before."""
    program = find_chromium()
    if program is None:
        pytest.skip(MISSING)
    expect.set_options(timeout=LONGEST_WAIT_MS)
    with sync_playwright() as playwright:
        launched = launch(playwright, program)
        yield launched
        launched.close()


@pytest.fixture
def browse(browser: Browser) -> Iterator[Callable[..., Reader]]:
    """`browse(studio, dark=True, width=1920)`: a fresh tab on a running studio."""
    readers: list[Reader] = []

    def opened(studio: Studio, **look: Any) -> Reader:
        readers.append(new_reader(browser, studio, **look))
        return readers[-1]

    yield opened
    for reader in readers:
        reader.context.close()
        reader.faults.assert_none()


@pytest.fixture
def reader(studio: Studio, browse: Callable[..., Reader]) -> Reader:
    """A tab on the studio that tests only read."""
    return browse(studio)


@pytest.fixture
def own_reader(own_studio: Studio, browse: Callable[..., Reader]) -> Reader:
    """A tab on a studio that this test may change."""
    return browse(own_studio)
