"""Labels are Markdown: what is put into them stands for itself."""

import pytest
from markdown_it import MarkdownIt

from studio.widgets.page import plain

HOSTILE = [
    "<img src=http://beacon.invalid/x>", "![x](http://beacon.invalid/y)", "[a](javascript:alert(1))", "**bold** _it_ `code`",
    ":material/home: $x$ ~gone~", "# title", "- item", "http://beacon.invalid", "www.beacon.invalid", "me@beacon.invalid", "a|b",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup_or_a_link(text):
    markdown = MarkdownIt("commonmark", {"linkify": False, "html": True}).enable(["strikethrough", "table"])
    (paragraph,) = [token for token in markdown.parse(plain(text)) if token.type == "inline"]
    assert {child.type for child in paragraph.children or ()} <= {"text", "text_special"}
    shown = "".join(child.content for child in paragraph.children or ())
    assert shown.replace("\u2060", "") == text
    assert "http://" not in shown
    assert "www." not in shown
    assert "me@" not in shown


def test_names_with_dots_and_numbers_stay_as_they_are():
    assert "\u2060" not in plain("kardia.yaml 1.5 d00001-4321c427")


def test_lines_are_folded():
    assert plain("a\n\n# b") == "a \\# b"
