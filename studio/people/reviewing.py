"""The review of personas as the page and the command line do it: findings kept by file, verdicts, what is shown of a row."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from graphs.records import replacing
from graphs.schema import Persona
from graphs.word_diff import word_ops
from personas.cleaning import clip
from personas.decisions import BadDecision, Log, Standing, Word, decide, read_decisions, verdict_on
from personas.dedupe import Double, own_words
from personas.flag_rules import REASONS
from personas.flags import Flag, rules_digest
from personas.review import Case, Findings, cases, decisions_file, examine, file_digest
from personas.rewriting import read_personas
from studio.people.persona_text import field_name, queue_data
from studio.workspace import Workspace

TITLES = {
    "mbti": "Type",
    "gender": "Gender",
    "relationship": "Relationship",
    "occupation": "Occupation",
    "about": "About",
    "signature": "Signature",
    "activities": "Posts",
    "style": "Style",
}
GLYPHS = {"accepted": "✓", "rejected": "✕", "disputed": "≠", "undecided": "○"}
MOST_COMPARED = 4_000
"""Characters of a field that two personas are compared over, word by word."""
MOST_TEASED = 90
MOST_PLACES = 4

_NAME = re.compile(r"[^\w. -]+")


class Opened(NamedTuple):
    """A personas file with what was found in it."""

    path: Path
    log_path: Path
    personas: list[Persona]
    findings: Findings


def decide_all(file: Path, log: Path, words: Mapping[Word, Sequence[str]], reviewer: str, because: str) -> None:
    """Give verdicts on personas by their ids; all of them or none.

    Raises:
        BadDecision: an id that the file does not have, no reviewer, or a rejection without a reason.
    """
    verdicts: list[tuple[Word, str]] = [(word, name) for word, names in words.items() for name in names]
    if not verdicts:
        return
    personas = {persona.id: persona for persona in read_personas(file)}
    for word, name in verdicts:
        if name not in personas:
            raise BadDecision(
                f"{file}: no persona {name}; see `kardia personas review {file}` for those that are there"
            )
        verdict_on(personas[name], word, reviewer, because)
    for word, name in verdicts:
        decide(log, personas[name], word, reviewer, because)


def looked(file: Path, log: Path) -> dict[str, Any]:
    """The review queue of a file as data."""
    said = read_decisions(log)
    queue = cases(read_personas(file), examine(file), said)
    return queue_data(file, log, queue, said.damaged)


def open_file(workspace: Workspace, path: Path) -> Opened:
    """A personas file with its findings, found once for the same bytes and rules."""
    digest = file_digest(path)
    return Opened(path, log_file(workspace, path), read_personas(path), kept_findings(workspace, path, digest))


def log_file(workspace: Workspace, path: Path) -> Path:
    """Where the verdicts on a file stand: beside it, or with the workspace's own where the file is not of the workspace."""
    if path.resolve().is_relative_to(workspace.root):
        return decisions_file(path)
    return decisions_file(workspace.state / "reviews" / path.name)


def kept_findings(workspace: Workspace, file: Path, digest: str) -> Findings:
    """A file's findings, from the workspace's store where the same bytes were read by the same rules before."""
    store = workspace.state / "findings" / f"{digest}-{rules_digest()}.json"
    with suppress(OSError, ValidationError):
        return Findings.model_validate_json(store.read_bytes())
    found = examine(file)
    with suppress(OSError), replacing(store, mode=0o600) as page:
        page.write(found.model_dump_json(exclude_defaults=True).encode())
    return found


def queue_of(opened: Opened, log: Log) -> list[Case]:
    """The review queue of an opened file."""
    return cases(opened.personas, opened.findings, log)


def after(queue: Sequence[Case], row: int) -> int | None:
    """The row to look at when one is done: the next of the list, at its end the one before; None where it was the only one."""
    rows = [case.row for case in queue]
    if row not in rows:
        return rows[0] if rows else None
    at = rows.index(row)
    rest = rows[at + 1 :] or rows[:at][-1:]
    return rest[0] if rest else None


def default_reason(flags: Sequence[Flag]) -> str:
    """Why a row is rejected, where the reviewer does not say."""
    return ", ".join(dict.fromkeys(REASONS[flag.reason] for flag in flags)) or "on reading"


def standing_text(standing: Standing) -> str:
    """What was decided, by whom and when; empty while nothing is."""
    if standing.changed:
        return "Decided before its words changed: look again."
    said = [f"{_past(each.verdict)} by {each.reviewer}, {each.at[:16].replace('T', ' ')} UTC" for each in standing.by]
    reasons = [f": {each.reason}" if each.reason else "" for each in standing.by]
    return "; ".join(map("".join, zip(said, reasons, strict=True)))


def list_row(case: Case) -> dict[str, Any]:
    """A row of the queue for the page."""
    persona, flags = case.persona, case.flags
    reasons = list(dict.fromkeys(REASONS[flag.reason] for flag in flags))
    return {
        "key": case.row,
        "name": persona.id,
        "facts": " · ".join(filter(None, (persona.mbti, clip(persona.occupation, 40)))),
        "tease": clip(own_words(persona).replace("\n", " "), MOST_TEASED),
        "reasons": reasons,
        "state": case.standing.stands,
        "glyph": GLYPHS[case.standing.stands],
    }


def pair_row(number: int, double: Double, standing: Standing) -> dict[str, Any]:
    """A row of the list of duplicates for the page."""
    return {
        "key": number,
        "name": double.id,
        "facts": f"{double.similarity:.2f}",
        "tease": f"like {double.kept}",
        "reasons": [double.reason],
        "state": standing.stands,
        "glyph": GLYPHS[standing.stands],
    }


def card(case: Case) -> dict[str, Any]:
    """A persona with every field, its source, and where a flag points."""
    persona, flags = case.persona, case.flags
    return {
        "flags": _grouped(flags),
        "fields": [_field(persona, name, title, flags) for name, title in TITLES.items() if name != "activities"],
        "posts": {
            "title": TITLES["activities"],
            "source": persona.sources.get("activities", ""),
            "texts": [_marked(text, f"activities.{n}", flags) for n, text in enumerate(persona.activities)],
        },
    }


def compared(kept: Persona, other: Persona) -> list[dict[str, Any]]:
    """Two personas field by field, as the word diff shows them: what differs first; fields that neither has are left out."""
    filled = [name for name in TITLES if _text(kept, name) or _text(other, name)]
    told = [_compared(name, TITLES[name], kept, other) for name in filled]
    return sorted(told, key=lambda item: item["mark"] == "same")


def csv_rows(queue: Sequence[Case]) -> tuple[list[str], list[list[Any]]]:
    """The queue as a table: no word of the persons, so that it may be passed on."""
    columns = ["row", "persona", "stands", "decided", "reasons", "found"]
    return columns, [
        [
            case.row + 1,
            case.persona.id,
            case.standing.stands,
            standing_text(case.standing),
            ", ".join(dict.fromkeys(REASONS[flag.reason] for flag in case.flags)),
            "; ".join(flag.says for flag in case.flags),
        ]
        for case in queue
    ]


def safe_name(name: str) -> str:
    """A name for a file that is downloaded."""
    return _NAME.sub("_", name).strip(". ") or "personas"


def _grouped(flags: Sequence[Flag]) -> list[dict[str, str]]:
    """What was found, each once, with all the places where it was."""
    places: dict[tuple[str, str], list[str]] = {}
    for flag in flags:
        places.setdefault((REASONS[flag.reason], flag.says), []).append(field_name(flag.field))
    return [{"title": title, "says": says, "where": _places(names)} for (title, says), names in places.items()]


def _places(names: Sequence[str]) -> str:
    shown = [name.replace(" ", "\u00a0") for name in dict.fromkeys(names) if name]
    return ", ".join(shown[:MOST_PLACES]) + (
        f" and {len(shown) - MOST_PLACES} more" if len(shown) > MOST_PLACES else ""
    )


def _past(word: Word) -> str:
    return {"accept": "Accepted", "reject": "Rejected", "undo": "Taken back"}[word]


def _field(persona: Persona, name: str, title: str, flags: Sequence[Flag]) -> dict[str, Any]:
    text = getattr(persona, name)
    return {"title": title, "source": persona.sources.get(name, ""), "pieces": _marked(text, name, flags)}


def _marked(text: str, field: str, flags: Sequence[Flag]) -> list[list[Any]]:
    """A text cut where flags point: pieces of text, each with what is said of it, or nothing."""
    pieces: list[list[Any]] = []
    at = 0
    here = (flag for flag in flags if flag.field == field and flag.end > flag.start)
    for flag in sorted(here, key=lambda flag: (flag.start, -flag.end)):
        if flag.start >= at:
            pieces += [[text[at : flag.start], ""], [text[flag.start : flag.end], flag.says]]
            at = flag.end
    return [piece for piece in [*pieces, [text[at:], ""]] if piece[0]]


def _compared(name: str, title: str, kept: Persona, other: Persona) -> dict[str, Any]:
    left, right = _text(kept, name), _text(other, name)
    same = left == right
    ops = [(0, left)] if same else word_ops(left, right)
    why = "Same" if same else "Only left" if not right else "Only right" if not left else "Differs"
    return {"name": title, "mark": "same" if same else "", "why": why, "parts": [{"name": "", "ops": ops}]}


def _text(persona: Persona, name: str) -> str:
    value = getattr(persona, name)
    return clip("\n".join(value) if isinstance(value, tuple) else value, MOST_COMPARED)
