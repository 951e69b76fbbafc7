"""Who plays in what: personas and situations found in a workspace's files, or written by hand."""

import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from graphs.schema import Persona, Record, Situation, digest, one_line

MOST = 200
MBTI = tuple(f"{a}{b}{c}{d}" for a in "EI" for b in "NS" for c in "FT" for d in "JP")

R = TypeVar("R", bound=Record)


class Found(NamedTuple, Generic[R]):
    """Rows that hold all words of a search, as far as a list can show."""

    rows: list[R]
    more: bool
    """There are more than these."""
    unread: list[str]
    """Rows that cannot be read: where, and why."""


def find_personas(files: Sequence[Path], search: str = "", most: int = MOST) -> Found[Persona]:
    """Personas with these words anywhere in them, each id once."""
    return _find(files, Persona, search, most)


def find_situations(
    files: Sequence[Path], search: str = "", labels: Collection[str] = (), most: int = MOST
) -> Found[Situation]:
    """Situations with these words anywhere in them whose emotion is a label of the pack, each id once.

    Args:
        labels: the pack's; empty: any.
    """
    return _find(files, Situation, search, most, labels)


def persona_title(persona: Persona) -> str:
    """A persona on one line of a list."""
    words = (persona.id, persona.mbti, persona.gender, persona.occupation)
    return _short("  ·  ".join(filter(None, words)), 80)


def situation_title(situation: Situation) -> str:
    """A situation on one line of a list."""
    return f"{situation.emotion}  ·  {_short(situation.text, 70)}"


def written_persona(about: str, mbti: str = "", gender: str = "", occupation: str = "", style: str = "") -> Persona:
    """A persona as somebody wrote it now; the same words give the same id.

    Raises:
        ValueError: nothing is said about it.
    """
    said = {"about": about, "mbti": mbti, "gender": gender, "occupation": occupation, "style": style}
    fields = {name: line for name, text in said.items() if (line := one_line(text))}
    if not fields.keys() - {"mbti", "gender"}:
        raise ValueError("the persona is empty; write something about this person")
    return Persona.model_validate(
        {"id": f"user_{digest(fields)[:8]}", **fields, "sources": dict.fromkeys(fields, "stated")}
    )


def written_situation(text: str, emotion: str) -> Situation:
    """A situation as somebody wrote it now.

    Raises:
        ValueError: nothing happened in it.
    """
    if not one_line(text):
        raise ValueError("the situation is empty; write what happened")
    return Situation(id=f"s-{digest([one_line(text), emotion])[:8]}", emotion=emotion, text=text)


def _find(files: Sequence[Path], kind: type[R], search: str, most: int, labels: Collection[str] = ()) -> Found[R]:
    rows: dict[str, R] = {}
    unread: list[str] = []
    for where, raw in _matching(files, search):
        if labels and raw.get("emotion") not in labels:
            continue
        try:
            row = kind.model_validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            unread.append(f"{where}: {'.'.join(map(str, first['loc']))}: {first['msg']}")
            continue
        if len(rows) == most and str(raw["id"]) not in rows:
            return Found(list(rows.values()), True, unread)
        rows.setdefault(str(raw["id"]), row)
    return Found(list(rows.values()), False, unread)


def _matching(files: Sequence[Path], search: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Rows of files whose text holds every word of a search, case apart."""
    wanted = search.casefold().split()
    for path in files:
        with path.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, start=1):
                raw = _object(line)
                if raw and "header" not in raw and all(word in _text(raw) for word in wanted):
                    yield f"{path.name}:{number}", raw


def _object(line: str) -> dict[str, object] | None:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) else None


def _text(raw: dict[str, object]) -> str:
    return json.dumps(raw, ensure_ascii=False).casefold()


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
