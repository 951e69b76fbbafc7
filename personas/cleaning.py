"""Text of people made safe to keep and to prompt with: no identifiers, no markup, no token that steers a model (§3.1).

Tokens are neutralised rather than cut: `<|im_end|>` becomes `(im_end)`, so that a text about them still reads. Nothing
is ever deleted between two characters after this has been done, so no new token can close up.
"""

import html
import re
from collections.abc import Sequence

from graphs.schema import one_line
from graphs.spans import SPAN_NAMES
from measure.identifiers import mask_identifiers

MBTI_TYPES = tuple(a + b + c + d for a in "EI" for b in "NS" for c in "FT" for d in "JP")
TYPE_MASK = "[type]"
TEST_MASK = "[type test]"

_UNKNOWN = {"", "-", "--", "?", ".", "n/a", "na", "none", "none given", "not given", "not stated", "unknown", "null"}

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]|(?<=[!-~])[\u200c\u200d]+(?=[!-~])"
)
_BAR_OPENS = re.compile(r"<[|｜]")
_BAR_CLOSES = re.compile(r"[|｜]>")
_CONTROL_WORDS = (
    "s|bos|eos|pad|unk|sep|cls|mask|sop|eop|sys|start_of_turn|end_of_turn|start_of_image|think|thinking|answer|system"
    "|user|assistant|tool_call|tool_response|tools|function_calls|invoke|unused\\d{1,5}|extra_id_\\d{1,3}"
)
_ANGLED = re.compile(rf"(?i)<{{1,2}}\s{{0,3}}(/?)\s{{0,3}}({'|'.join(SPAN_NAMES)}|{_CONTROL_WORDS})\s{{0,3}}/?>{{1,2}}")
_BRACKETED = re.compile(
    r"\[(/?(?:INST|CLS|SEP|MASK|PAD|UNK|gMASK|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|SYSTEM_PROMPT))\]"
)

_BBCODE = re.compile(
    r"(?i)\[/?(?:quote|url|img|b|i|u|s|size|color|font|center|left|right|media|video|youtube|mention|user|spoiler"
    r"|list|attach|indent|highlight)(?:=[^\[\]\n]{0,200})?\]"
    r"|\[/email\]|\[email=[^\[\]\n]{0,200}\]|\[email\](?=[^\[\]\n]{0,200}\[/email\])"
)
"""Forum tags. `[email]` by itself is our own mask, which stands in a file that is cleaned a second time."""
_QUOTE_OPENS = re.compile(r"(?i)\[quote[^\[\]]{0,200}\]")
_QUOTE_CLOSES = re.compile(r"(?i)\[/quote\]")

_TYPE = re.compile(
    r"(?<![A-Za-z])(?:"
    r"(?:[EIXx][NSXx][FTXx][JPXx]|[NS][FT][JP])(?P<many>[sS]?)(?![A-Z])"
    r"|(?i:[eix][nsx][ftx][jpx])(?P<more>[sS]?)(?![A-Za-z])"
    r"|(?i:[ei][ns][ft][jp])[A-Za-z]{2,}"
    r"|[EI][ ./-][NS][ ./-][FT][ ./-][JP](?![A-Za-z])"
    r")(?:-[AT](?![A-Za-z]))?"
)
_TEST = re.compile(r"(?i)(?<![a-z])(?:mbtis?(?![a-z])|myers[\s-]{0,3}briggs?(?:\stype\sindicator)?|16\s?personalities)")
_ARTICLE = re.compile(r"\b([Aa])n (?=\[type)")


def clean_text(text: str, names: Sequence[str] = ()) -> str:
    """Fold a text to one line without identifiers, forum markup, hidden characters or special tokens.

    Args:
        text: what a person wrote, as it came.
        names: the person's own user names, taken out wherever they stand.
    """
    text = visible(text)
    text = mask_identifiers(_BBCODE.sub(" ", without_quotes(text)), names)
    return one_line(neutralise(text))


def visible(text: str) -> str:
    """Undo HTML's escapes and take out what a reader cannot see: controls, zero widths, direction marks."""
    if "&" in text:
        text = html.unescape(text)
    return _INVISIBLE.sub("", _CONTROL.sub(" ", text))


def neutralise(text: str) -> str:
    """Write span tags and the special tokens of chat models in round brackets, where they are only words."""
    if "<" in text or ">" in text:
        text = _BAR_CLOSES.sub(")", _BAR_OPENS.sub("(", text))
        text = _ANGLED.sub(r"(\1\2)", text)
    return _BRACKETED.sub(r"(\1)", text) if "[" in text else text


def without_quotes(text: str) -> str:
    """Take what others said out of a post: `[quote=name]…[/quote]`, or the opening tag where the end is cut off."""
    if "[" not in text:
        return text
    kept, at = [], 0
    while opened := _QUOTE_OPENS.search(text, at):
        kept.append(text[at : opened.start()])
        closed = _QUOTE_CLOSES.search(text, opened.end())
        at = closed.end() if closed else opened.end()
        if not closed:
            break
    return " ".join([*kept, text[at:]])


def hide_types(text: str) -> str:
    """Mask the sixteen types and the name of their test in free text; the `mbti` field alone states them.

    Function names (Fe, Ni), enneagram numbers and words such as "introvert" stay: they are not the label.
    """
    text = _TEST.sub(TEST_MASK, _TYPE.sub(_type_mask, text))
    return _ARTICLE.sub(r"\1 ", text).replace(f"[{TYPE_MASK}]", TYPE_MASK)


def _type_mask(match: re.Match[str]) -> str:
    if match[0].lower().count("x") > 2:
        return match[0]
    return "[types]" if match["many"] or match["more"] else TYPE_MASK


def known(text: str) -> str:
    """The text, or nothing where it only says that there is nothing to say ("n/a")."""
    return "" if text.strip().casefold() in _UNKNOWN else text


def clip(text: str, most: int) -> str:
    """Shorten a line to `most` characters, at the end of a sentence if one is near, else of a word."""
    if len(text) <= most:
        return text
    head = text[:most]
    sentence = max(head.rfind(mark) for mark in (". ", "! ", "? "))
    if sentence >= most // 2:
        return head[: sentence + 1]
    return head[: head.rfind(" ") if " " in head[most // 2 :] else most - 1].rstrip() + "…"
