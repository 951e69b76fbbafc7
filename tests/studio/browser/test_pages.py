"""Every page: opens by its address, keeps to this machine, is readable in both modes, and its bar takes clicks."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.studio.browser.reader import Reader
from tests.studio.browser.sights import SIGHTS, see_all
from tests.studio.served import Studio

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
LOOKS, BETWEEN_LOOKS_MS = 4, 400
"""What is faint for a moment, while a page draws itself, is none; what stays so is a fault."""
SHOWN = 8
"""Faults of a sight that a failed test names."""
SEEN = (
    "() => [...document.querySelectorAll('p, label, input, h2, h3, option, td')].map(e => e.value || e.innerText || '')"
)
_GUARDED = re.compile(r"\\[-_.,:*\[\]()<>]")
EXCEPTIONS: dict[str, str] = {}
"""Texts that may stand under WCAG AA, by a word of where they stand, each with its reason."""


def too_faint(reader: Reader) -> list[dict[str, Any]]:
    """Visible texts whose contrast is under the limit once the page has come to rest, but those that are excepted."""
    found: list[dict[str, Any]] = []
    for _ in range(LOOKS):
        walked = reader.page.evaluate(CONTRAST.partition("\n")[2].strip().rstrip(";"))
        found = [fault for fault in walked if not any(word in fault["where"] for word in EXCEPTIONS)]
        if not found:
            break
        reader.page.wait_for_timeout(BETWEEN_LOOKS_MS)
        reader.rest()
    return found


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", SIGHTS)
def test_page_is_readable_and_says_things_plainly(studio: Studio, browse: Callable[..., Reader], name: str, mode: str):
    reader = browse(studio, dark=mode == "dark")
    faults: list[str] = []
    for sight in see_all(reader, name):
        guarded = {text for text in reader.page.evaluate(SEEN) if _GUARDED.search(text)}
        faint = {f"{fault['text']!r} {fault['ratio']}:1, {fault['where']}" for fault in too_faint(reader)}
        faults += [f"{sight}: {fault}" for fault in sorted(guarded | faint)[:SHOWN]]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", SIGHTS)
def test_every_button_of_the_bar_takes_a_click(reader: Reader, name: str):
    next(see_all(reader, name))
    for button in reader.page.locator(".st-key-bar button:visible:enabled").all():
        button.click(trial=True)


def test_the_walk_finds_a_faint_text_in_a_shadow_root(reader: Reader):
    reader.open()
    reader.page.evaluate(
        "() => { const host = document.createElement('div'); document.querySelector('.stApp').append(host);"
        " host.attachShadow({mode: 'open'}).innerHTML = '<p style=\"color: #999; background: #fff\">planted</p>'; }"
    )
    assert [fault["text"] for fault in too_faint(reader)] == ["planted"]
