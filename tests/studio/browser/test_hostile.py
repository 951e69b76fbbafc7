"""Planted scripts, beacons, markup and formulas: nothing leaves, nothing runs, and each text is seen as it was written."""

import csv
import io
import re
from collections.abc import Callable, Iterator

import pytest

from measure.identifiers import mask_identifiers
from tests.studio.browser.reader import Reader
from tests.studio.browser.sights import SIGHTS, see_all
from tests.studio.hostile import LABEL, PACK, PLANTS, RUN
from tests.studio.served import Studio, serve
from tests.studio.workspace_fixture import Ground

WORDS = PLANTS | {"zqrun": RUN, "zqpack": PACK, "zqlabel": LABEL}
TEXT = """() => {
  const texts = [];
  const walk = root => {
    const nodes = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = nodes.nextNode(); node; node = nodes.nextNode())
      if (node.nodeType === Node.TEXT_NODE && !['SCRIPT', 'STYLE'].includes(node.parentElement?.tagName)) texts.push(node.textContent);
      else if (node.shadowRoot) walk(node.shadowRoot);
  };
  walk(document.body);
  return texts.join('');
}"""
EXCERPTS = {"Audit"}
"""Sights whose tables show a finding with a few words around it."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[-+]?[\d.]+")
MARKUP = (
    "img[src*=beacon], img[onerror], a[href^='javascript'], a[href*=beacon], iframe[src*=beacon], .katex, [src*=beacon]"
)


@pytest.fixture(scope="session")
def hostile_studio(hostile_ground: Ground) -> Iterator[Studio]:
    with serve(hostile_ground) as running:
        yield running


def misread(text: str, *, excerpts: bool) -> list[str]:
    """Plants of which a word is seen, but not all that stands before it.

    Args:
        excerpts: whether the page shows pieces after an ellipsis, with identifiers under their masks.
    """
    return [
        f"{word}: {text[max(0, at - 60) : at + 20]!r}"
        for word, plant in WORDS.items()
        for at in found_at(text, word)
        if not text[:at].endswith(plant[: plant.index(word)])
        and not (
            excerpts and any(is_excerpt(text[:at], of[: of.index(word)]) for of in (plant, mask_identifiers(plant)))
        )
    ]


def is_excerpt(before: str, start: str) -> bool:
    """Whether a plant's start stands there whole, or as much of it as follows an ellipsis."""
    cut, _, shown = before.rpartition("…")
    return before.endswith(start) or (bool(cut) and len(shown) < len(start) and start.endswith(shown))


def found_at(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


@pytest.mark.parametrize("name", SIGHTS)
def test_foreign_text_is_seen_as_it_was_written_and_nothing_else_happens(
    hostile_studio: Studio, browse: Callable[..., Reader], name: str
):
    reader = browse(hostile_studio)
    for sight in see_all(reader, name):
        assert reader.page.locator(MARKUP).count() == 0, sight
        found = misread(reader.page.evaluate(TEXT), excerpts=sight in EXCERPTS)
        assert not found, f"{sight}: {found[:4]}"
        reader.faults.assert_none()


TAKEN_AWAY = (
    ("runs", {"run": RUN}, ("CSV",)),
    ("data", {}, ("Export", "CSV")),
    ("personas", {}, ("Export", "Queue as CSV")),
    ("personas", {"view": "audit"}, ("CSV",)),
)
"""Where tables are downloaded: page, address and the buttons on the way."""


@pytest.mark.parametrize(("view", "query", "buttons"), TAKEN_AWAY, ids=["failures", "dialogues", "queue", "audit"])
def test_no_cell_of_a_download_is_a_formula(
    hostile_studio: Studio, browse: Callable[..., Reader], view: str, query: dict[str, str], buttons: tuple[str, ...]
):
    page = (reader := browse(hostile_studio)).open(view, **query)
    for name in buttons[:-1]:
        page.get_by_role("button", name=name).first.click()
        reader.rest()
    with page.expect_download() as taken:
        page.get_by_role("button", name=buttons[-1], exact=True).first.click()
    rows = list(csv.reader(io.StringIO(taken.value.path().read_text(encoding="utf-8-sig"))))
    assert len(rows) > 1
    assert not [cell for row in rows for cell in row if cell.startswith(FORMULA) and not _NUMBER.fullmatch(cell)]
