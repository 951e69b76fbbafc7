"""Direct identifiers in text: find them and put a mask in their place (paper §3.1, Ethics).

Found by pattern: links and bare domains, e-mail addresses, phone numbers, @handles and names behind "skype:" and the
like, IP addresses, long digit runs and account numbers, the names that the caller gives, and capitalised names behind "my
name is" and the like. NOT found: other names of people, ages, places, employers, and anything else that takes
understanding to see; a person has to read for those.

presidio-analyzer has similar patterns, but brings spaCy and a score model per entity along (20 packages); of it we need
what `phonenumbers` does, and use that. Every pattern starts at a rare character and has bounded repeats, so that a
megabyte of hostile text costs seconds at worst and a usual post some microseconds.
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import phonenumbers

Kind = Literal["link", "email", "ip", "handle", "phone", "number", "name"]

MASKS: dict[Kind, str] = {
    "email": "[email]",
    "link": "[link]",
    "ip": "[address]",
    "handle": "[handle]",
    "phone": "[phone]",
    "number": "[number]",
    "name": "[name]",
}
"""What stands in an identifier's place. The order is the rank: of two that overlap, the earlier kind names both."""

PHONE_REGIONS = ("GB", "IN", "AU", "DE", "FR")
"""Whose national ways of writing a number are known beside North America's; with a leading + any country's is."""

MAX_HOST_CHARS = 253

_TRAILING = ".,;:!?'\"`)]}>*…’”"


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_WORD_LIKE_TLDS = _words("ad ai am as at be ca ch co de do es fi gl id in is it la ly me my no pm pt se so to us")
_TLDS = _words(
    "app au biz blog br cc club cn com cz dev dk edu eu fm fr gg gov gr hu ie info io jp kr mil mx net nl nz online org"
    " pl ro ru shop site tr tv uk wiki ws xyz"
)
_SHORTENERS = frozenset(
    ("about.me", "bit.ly", "fb.me", "goo.gl", "is.gd", "ow.ly", "t.co", "t.me", "wa.me", "youtu.be")
)

_SCHEME = re.compile(r"(?i)(?<![a-z0-9])(?:[a-z][a-z0-9+.-]{1,11}://|www\d?\.(?=\w))[^\s<>\"]+")
_DOMAIN = re.compile(
    rf"(?i)\.(?P<tld>{'|'.join(sorted(_TLDS | _WORD_LIKE_TLDS, key=lambda tld: (-len(tld), tld)))})(?![\w-])"
    r"(?P<path>(?::\d{1,5})?[/?#][^\s<>\"]*)?"
)
_DOT_COM = re.compile(r"(?i)(?<![\w-])[\w-]{2,63}\s?[(\[]?\bdot\b[)\]]?\s?(?:com|net|org)\b")
_EMAIL_DOMAIN = re.compile(r"[@＠](?:[\w-]{1,63}\.)+[^\W\d_][\w-]{1,24}")
_EMAIL_IN_WORDS = re.compile(
    r"(?i)[\w.%+-]{1,64}\s{0,2}[(\[{]\s?at\s?[)\]}]\s{0,2}[\w-]{1,63}"
    r"(?:\s?(?:\.|[(\[{]?dot[)\]}]?)\s?\w{2,24})?"
)
_AT_NAME = re.compile(r"(?<![\w@＠])[@＠](?=\w{0,63}[^\W\d_])\w[\w.-]{0,63}")
_REDDIT_NAME = re.compile(r"(?<![\w/])/?u/[\w-]{3,40}")
_NUMBERED_NAME = re.compile(r"#\d{4}(?!\w)")
_CONTACT = re.compile(
    r"(?i)(?<![a-z])(?:skype|snapchat|snap|kik|instagram|insta|twitter|tumblr|discord|psn|gamertag|aim|msn|telegram|whatsapp"
    r"|user ?name|screen ?name|facebook)(?:\s(?:id|name|handle|account|username|tag|sn))?"
    r"(?:\s?[:=]\s?|(?<=id|ag)\sis\s|(?<=name|ount)\sis\s|(?<=handle)\sis\s|(?<=\ssn)\sis\s"
    # A service alone is mostly spoken about ("Facebook is dead"): what follows has to look like a name.
    r"|\sis\s(?!e\.g|i\.e)(?=[^\W\d])(?=[\w.-]{0,39}(?:[\d_]|\w\.\w|(?-i:[a-z][A-Z]))))(?P<who>[\w.-]{3,40})"
)
_CALLED = re.compile(
    r"(?i)(?<!\w)(?:my\s(?:(?:real|first|full|last)\s)?name(?:\sis|['’]s)|call(?:s|ed)?\sme|i(?:\sa|['’]?)m\scalled)\s"
    r"(?P<who>[^\W\d_](?:['’-]?[^\W\d_]){1,30}(?:\s[^\W\d_](?:['’-]?[^\W\d_]){1,30})?)"
)
_NO_NAMES = _words(
    "an and anything anytime as asap at back because but by cold crazy cynical evil for friday from heartless how if in"
    " insane is it its later lazy mad maybe mean monday my naive names not now of old on or out paranoid please saturday"
    " selfish silly so stupid sunday that the this thursday to today tomorrow tuesday wednesday weird what whatever when"
    " whenever where who why with you your old-fashioned"
)
"""Words that follow "call me" or "my name is", capitalised in a title or for emphasis, and are no name."""
_TYPE = re.compile(r"(?i)[eix][nsx][ftx][jpx]s?")
_QUOTED = re.compile(
    r"(?i)(?:originally posted by\s(?P<poster>[^\s\[\];]{1,60})"
    r"|\[(?:quote|mention|user)=[\"']?(?P<quoted>[^\];\"'|\[\n]{1,60}))"
)
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)")
_IPV6 = re.compile(r"(?i)(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])")
_INTERNATIONAL = re.compile(r"[+＋][ (]{0,2}\d(?:[ \u00a0().\-/]{0,3}\d){6,14}")
_AMERICAN = re.compile(
    r"(?<![\d-])(?:(?:1[ .-]?)?(?:\(\d{3}\)|\d{3})[ .\-/]{0,2}\d{3}[ .-]\d{4}|\d{3}[-.]\d{4})(?![\d-])"
)
_NATIONAL = re.compile(r"(?<![\d.])(?:\(?0\d{1,5}(?:[ \u00a0().\-/]{1,3}\d{2,8}){1,4}|[6-9]\d{4}[ -]\d{5})(?!\d)")
_ACCOUNTS = re.compile(
    r"(?<!\d)\d{7,}"
    r"|(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"
    r"|(?<!\d)\d{4}(?:[ -]\d{4}){2,3}(?:[ -]?\d{1,7})?(?!\d)"
    r"|(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"
    r"|(?<!\w)[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?!\w)"
    r"|(?<!\w)(?=[a-f]{0,40}\d)[0-9a-f]{16,}(?!\w)"
)
_FOUR_DIGITS = re.compile(r"\d(?:\D{0,3}\d){3}")


class Identifier(NamedTuple):
    """Where in a text an identifier stands: characters `start` to `end`."""

    kind: Kind
    start: int
    end: int


def find_identifiers(text: str, extra_names: Sequence[str] = ()) -> list[Identifier]:
    """Find the identifiers of a text, in order, none overlapping.

    Args:
        text: any text, of any length.
        extra_names: user names to find as well, in any casing and with any of space, `_`, `.` and `-` between words.
    """
    found: list[Identifier] = []
    if "." in text or "://" in text:
        found += _links(text)
    if "@" in text or "＠" in text:
        found += _emails(text)
        found += _whole("handle", _AT_NAME, text)
    found += _named(text)
    if _FOUR_DIGITS.search(text):
        found += _numbers(text)
    if ":" in text:
        found += [item for item in _whole("ip", _IPV6, text) if _is_ip(text[item.start : item.end])]
    if pattern := _names(tuple(extra_names)):
        found += _whole("name", pattern, text)
    return _merged(found)


def mask_identifiers(text: str, extra_names: Sequence[str] = ()) -> str:
    """Put a mask such as `[link]` in the place of every identifier that `find_identifiers` finds."""
    for _ in range(4):
        found = find_identifiers(text, extra_names)
        if not found:
            break
        text = _masked(text, found)
    return text


def _masked(text: str, found: Sequence[Identifier]) -> str:
    parts, at = [], 0
    for kind, start, end in found:
        parts += [text[at:start], MASKS[kind]]
        at = end
    return "".join([*parts, text[at:]])


def _whole(kind: Kind, pattern: re.Pattern[str], text: str) -> Iterator[Identifier]:
    for match in pattern.finditer(text):
        yield Identifier(kind, match.start(), match.start() + len(match[0].rstrip(_TRAILING)))


def _links(text: str) -> Iterator[Identifier]:
    yield from _whole("link", _SCHEME, text)
    start = before = 0
    for match in _DOMAIN.finditer(text):
        reached = _host_start(text, match.start(), before)
        start = max(start, match.start() - MAX_HOST_CHARS) if reached == before else reached
        if _is_host(text[start : match.end("tld")], match["tld"], bool(match["path"])):
            yield Identifier("link", start, match.start() + len(match[0].rstrip(_TRAILING)))
        before = match.end("tld")


def _host_start(text: str, dot: int, before: int) -> int:
    """Where the host name that ends at `dot` begins, at the earliest where the one `before` ended (`.co` of `.co.uk`).

    The dots of an ellipsis are not part of it.
    """
    at = dot
    while at > before and (text[at - 1].isalnum() or text[at - 1] in "-_" or _is_single_dot(text, at - 1)):
        at -= 1
    return at


def _is_single_dot(text: str, at: int) -> bool:
    return text[at] == "." and text[at + 1] != "." and at > 0 and text[at - 1].isalnum()


def _is_host(host: str, tld: str, has_path: bool) -> bool:
    """Whether `a.b` is a domain rather than two sentences without a space ("love it.me too")."""
    name = host[: -len(tld) - 1]
    if not name or not name[-1].isalnum():
        return False
    if tld.lower() in _WORD_LIKE_TLDS:
        return has_path or host.lower() in _SHORTENERS or (name.count(".") > 0 and min(map(len, name.split("."))) > 1)
    return True


def _emails(text: str) -> Iterator[Identifier]:
    for match in _EMAIL_DOMAIN.finditer(text):
        start = match.start()
        while start and (text[start - 1].isalnum() or text[start - 1] in "._%+-'"):
            start -= 1
        if start < match.start():
            yield Identifier("email", start, match.end())


def _named(text: str) -> Iterator[Identifier]:
    """Names that are known for names by what stands round them."""
    if "/" in text:
        yield from _whole("handle", _REDDIT_NAME, text)
    if ":" in text or "=" in text or " is " in text:
        yield from _groups(_CONTACT, text)
    if "osted by" in text or "[" in text:
        yield from _groups(_QUOTED, text)
    lowered = text.lower()
    if "call" in lowered or "name" in lowered:
        yield from _people(text)
    if "#" in text:
        yield from _numbered_names(text)
    if "at" in text and any(mark in text for mark in "([{"):
        yield from _whole("email", _EMAIL_IN_WORDS, text)
    if "dot" in lowered:
        yield from _whole("link", _DOT_COM, text)


def _groups(pattern: re.Pattern[str], text: str) -> Iterator[Identifier]:
    for match in pattern.finditer(text):
        start, end = match.span(match.lastgroup or 0)
        yield Identifier("handle", start, start + len(text[start:end].rstrip(_TRAILING)))


def _people(text: str) -> Iterator[Identifier]:
    """Names that people give as theirs ("call me Ada"): the capitalised words, as far as they are no common ones."""
    for match in _CALLED.finditer(text):
        if text[match.start() : match.start("who")].isupper() and "CALL" in match[0]:
            continue
        start = end = match.start("who")
        for word in re.finditer(r"\S+", match["who"]):
            if not word[0][0].isupper() or word[0].lower() in _NO_NAMES or _TYPE.fullmatch(word[0]):
                break
            end = start + word.end()
        if end > start:
            yield Identifier("name", start, end)


def _numbered_names(text: str) -> Iterator[Identifier]:
    for match in _NUMBERED_NAME.finditer(text):
        start = match.start()
        while start > match.start() - 32 and start and (text[start - 1].isalnum() or text[start - 1] in "._"):
            start -= 1
        if start < match.start():
            yield Identifier("handle", start, match.end())


def _numbers(text: str) -> Iterator[Identifier]:
    yield from (item for item in _whole("ip", _IPV4, text) if _is_ip(text[item.start : item.end]))
    yield from _whole("phone", _INTERNATIONAL, text)
    yield from _whole("phone", _AMERICAN, text)
    yield from _whole("number", _ACCOUNTS, text)
    yield from _national_phones(text)


def _national_phones(text: str) -> Iterator[Identifier]:
    """Phone numbers as a country writes them; grouped as it groups them, so that a list of figures is none."""
    at = 0
    while candidate := _NATIONAL.search(text, at):
        phone = _first_phone(candidate[0])
        if phone:
            yield Identifier("phone", candidate.start() + phone.start, candidate.start() + phone.end)
        at = candidate.start() + (phone.end if phone else 2)


@lru_cache(maxsize=4096)
def _first_phone(text: str) -> phonenumbers.PhoneNumberMatch | None:
    strict = phonenumbers.Leniency.STRICT_GROUPING
    matchers = (phonenumbers.PhoneNumberMatcher(text, region, strict, 5) for region in PHONE_REGIONS)
    return next((match for matcher in matchers for match in matcher), None)


def _is_ip(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text)) and any(char.isdigit() for char in text)
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def _names(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """One pattern for all the names, longest first; under three letters a name would take common words along."""
    spellings = {spelling for name in names for spelling in _spellings(name) if len(spelling) > 2}
    patterns = [r"[\s_.-]{0,3}".join(map(re.escape, re.split(r"[\s_.-]+", name))) for name in spellings]
    if not patterns:
        return None
    return re.compile(rf"(?i)(?<![^\W_])(?:{'|'.join(sorted(patterns, key=len, reverse=True))})(?![^\W_])")


def _spellings(name: str) -> set[str]:
    """A user name, and the word in it when only digits were added to a long one."""
    whole = name.strip(" _.-@")
    stem = whole.rstrip("0123456789").strip(" _.-")
    return {whole, stem} if len(stem) > 5 else {whole}


def _merged(found: list[Identifier]) -> list[Identifier]:
    """Make one identifier of those that overlap, so that no end of any of them is left standing."""
    rank = list(MASKS).index
    merged: list[Identifier] = []
    for item in sorted(found, key=lambda item: (item.start, -item.end)):
        if merged and item.start < merged[-1].end:
            last = merged.pop()
            merged.append(Identifier(min(last.kind, item.kind, key=rank), last.start, max(last.end, item.end)))
        elif item.end > item.start:
            merged.append(item)
    return merged
