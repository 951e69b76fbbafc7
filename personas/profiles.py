"""Who the user is: profile rows and forum posts turned into personas (paper §3.1).

Three kinds of row: a user's posts; KardiaBench's one `person` string; separate fields. What nobody said stays empty,
what we concluded is marked `inferred`, and no text keeps an identifier, the user's own name or the MBTI type.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graphs.schema import Persona
from personas.anonymise import pseudonym
from personas.cleaning import MBTI_TYPES, clean_text, clip, hide_types, known
from personas.names import NO_NAMES, USER_KEYS, KnownNames, mask_names, split_person
from personas.posts import MAX_POSTS, choose_posts, describe_style
from personas.rows import Fields, RawRow, UnusableRow

MBTI_KEYS = ("mbti", "type")
LINE_KEYS = ("gender", "relationship", "occupation", "about", "signature")
ACTIVITY_KEYS = ("activities", "recent_activities")
KEYS = frozenset((*USER_KEYS, *MBTI_KEYS, *LINE_KEYS, *ACTIVITY_KEYS, "posts", "person"))

MAX_LINE_CHARS = 1_000
"""A longer field is cut at the end of a sentence (our choice): it stands in every prompt of the dialogue."""

_UNKNOWN_MBTI = {"", "-", "?", "n/a", "na", "none", "unknown", "null", "not stated"}
_MBTI = re.compile(r"([EI][NS][FT][JP])(?:\s?-?\s?[AT])?")
_POST_BREAK = re.compile(r"\s*\|\|\|\s*|\s*\n\s*")
_ACTIVITY_BREAK = re.compile(r"(?:^|\s)[-•]\s+(?=\S)")
_CAPITAL_ACTIVITY_BREAK = re.compile(r"(?:^|\s)[-•]\s+(?=[A-Z])")


class _Profile(NamedTuple):
    """A row sorted into the fields of a persona, text as it came."""

    user: str
    names: tuple[str, ...]
    known: KnownNames
    mbti: str
    lines: Mapping[str, str]
    activities: Sequence[str]
    posts: Sequence[str]


def persona_from_row(row: RawRow, key: bytes, known: KnownNames = NO_NAMES) -> Persona:
    """Turn a raw row into a persona under its user's pseudonym, without the `known` names of other users.

    Raises:
        UnusableRow: no user, a field of the wrong type, an MBTI type that is none, or nothing said at all.
    """
    profile = _profile({**_person_fields(row.fields), **_without(row.fields, "person")}, known)
    stated = {name: _line(text, profile) for name, text in profile.lines.items()}
    posts = [_cleaned(post, profile) for post in profile.posts]
    told: dict[str, Any] = {
        **stated,
        "mbti": profile.mbti,
        "activities": _activities(profile, posts),
    }
    told = {name: value for name, value in told.items() if value}
    if not told:
        raise UnusableRow("nothing known of the user")
    style = describe_style(posts)
    sources = dict.fromkeys(told, "stated") | ({"style": "inferred"} if style else {})
    return Persona.model_validate({"id": pseudonym(profile.user, key), **told, "style": style, "sources": sources})


def split_activities(text: str) -> list[str]:
    """Split a list in one string: one a line, `|||` between them, or ` - ` before each."""
    if _POST_BREAK.search(text.strip()):
        parts = _POST_BREAK.split(text.strip())
    else:
        breaks = _CAPITAL_ACTIVITY_BREAK if _CAPITAL_ACTIVITY_BREAK.search(text) else _ACTIVITY_BREAK
        parts = breaks.split(text)
    return [part for part in (part.strip().removeprefix("- ").strip() for part in parts) if part]


def _person_fields(fields: Fields) -> dict[str, str]:
    if "person" not in fields:
        return {}
    found = split_person(_text(fields, "person"))
    if not found:
        raise UnusableRow("not a person string", "no `Username:`, `MBTI:`, `About:` … in it")
    return found


def _without(fields: Fields, key: str) -> Fields:
    return {name: value for name, value in fields.items() if name != key}


def _profile(fields: Fields, known_names: KnownNames) -> _Profile:
    names = tuple(dict.fromkeys(name for key in USER_KEYS if (name := _user(fields, key))))
    if not names:
        raise UnusableRow("missing key", "user")
    mbti = next((_mbti(fields, key) for key in MBTI_KEYS if key in fields), "")
    activities = next((_list(fields, key) for key in ACTIVITY_KEYS if key in fields), [])
    lines = {key: known(_text(fields, key)) for key in LINE_KEYS if key in fields}
    posts = _list(fields, "posts") if "posts" in fields else []
    return _Profile(names[0], names, known_names, mbti, lines, activities, posts)


def _user(fields: Fields, key: str) -> str:
    value = fields.get(key, "")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UnusableRow("wrong type", f"{key}: {type(value).__name__} instead of text")
    return str(value).strip()


def _mbti(fields: Fields, key: str) -> str:
    stated = _text(fields, key).strip()
    if stated.casefold() in _UNKNOWN_MBTI:
        return ""
    found = _MBTI.fullmatch(stated.upper())
    if not found:
        raise UnusableRow("not an MBTI type", f"{key}: one of {', '.join(MBTI_TYPES)}, or empty")
    return found[1]


def _text(fields: Fields, key: str) -> str:
    if not isinstance(fields[key], str):
        raise UnusableRow("wrong type", f"{key}: {type(fields[key]).__name__} instead of text")
    return fields[key]


def _list(fields: Fields, key: str) -> list[str]:
    value = fields[key]
    if isinstance(value, str):
        value = _json_list(value) if value.lstrip().startswith('["') else split_activities(value)
    if not isinstance(value, list):
        raise UnusableRow("wrong type", f"{key}: {type(value).__name__} instead of a list of texts")
    for number, item in enumerate(value):
        if not isinstance(item, str):
            raise UnusableRow("wrong type", f"{key}[{number}]: {type(item).__name__} instead of text")
    return value


def _json_list(text: str) -> list[Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return split_activities(text)
    return value if isinstance(value, list) else [text]


def _activities(profile: _Profile, posts: Sequence[str]) -> tuple[str, ...]:
    """Activities as the source lists them, else the posts that say most."""
    if not profile.activities:
        return choose_posts(posts)
    cleaned = (_line(text, profile) for text in profile.activities)
    return tuple(dict.fromkeys(text for text in cleaned if text))[:MAX_POSTS]


def _cleaned(text: str, profile: _Profile) -> str:
    return hide_types(mask_names(clean_text(text, profile.names), profile.known))


def _line(text: str, profile: _Profile) -> str:
    return clip(_cleaned(text, profile), MAX_LINE_CHARS)
