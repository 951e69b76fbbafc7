"""What the rules share: how phrases become one pattern, how a text is made plain, how a finding quotes it."""

import re

QUOTED_CHARS = 70
_QUOTED = re.compile(r"[\"“][^\"”]{0,400}[\"”]")


def any_of(*phrases: str) -> re.Pattern[str]:
    """Compile phrases, each a small pattern, into one that finds any of them as whole words in any case."""
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE)


def plain(text: str) -> str:
    """Write typographic apostrophes as typed ones, so that a phrase is found however it was set."""
    return text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def unquoted(text: str) -> str:
    """Take out what stands between double quotation marks: somebody else's words."""
    return _QUOTED.sub(" ", text)


def excerpt(text: str, limit: int = QUOTED_CHARS) -> str:
    """Quote the beginning of a text, so that a list of removals stays readable."""
    return f'"{text if len(text) <= limit else text[: limit - 1].rstrip() + "…"}"'
