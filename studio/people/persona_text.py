"""Personas' duplicates, review queue and audit figures as text for people; no word of the persons in it but masked contexts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from personas.audit import Audit, Leftover
from personas.dedupe import DedupeReport
from personas.flag_rules import REASONS
from personas.remasking import RemaskReport
from personas.review import ApplyReport, Case, counts, looked_at

SHOWN = 5


def dedupe_text(report: DedupeReport) -> str:
    """How many rows were like another, and which were kept."""
    head = f"{report.out}: {report.kept} of {report.read} personas kept"
    if not report.written:
        head = f"{report.kept} of {report.read} personas would be kept; nothing was written (--dry-run)"
    lines = [head, *(f"  {count} left out: {reason}" for reason, count in report.dropped.items())]
    lines += [
        f"  row {each.row} {each.id}: {each.similarity:.2f} like row {each.kept_row} {each.kept}"
        for each in report.first[:SHOWN]
    ]
    if report.dropped and report.written:
        lines.append(f"  every row left out is named in {report.duplicates}")
    return "\n".join(lines)


def queue_data(path: Path, decisions: Path, queue: Sequence[Case], damaged: int) -> dict[str, Any]:
    """A review queue as JSON."""
    return {
        "file": str(path),
        "decisions": str(decisions),
        "personas": len(queue),
        "looked_at": looked_at(queue),
        "flagged": sum(bool(case.flags) for case in queue),
        "damaged_lines": damaged,
        "reasons": counts(queue),
        "queue": [_case(case) for case in queue],
    }


def queue_text(data: dict[str, Any], top: int) -> str:
    """A review queue for people: the reasons, then the rows to look at first."""
    head = f"{data['file']}: {data['looked_at']} of {data['personas']} looked at, {data['flagged']} flagged"
    lines = [head, *(f"  {count:>5} {REASONS[reason]}" for reason, count in data["reasons"].items())]
    waiting = [case for case in data["queue"] if case["stands"] == "undecided" and case["flags"]]
    lines += [f"first of {len(waiting)} flagged and undecided:"] if waiting[:top] else []
    lines += [f"  {case['persona']}: {_said(case['flags'])}" for case in waiting[:top]]
    if data["damaged_lines"]:
        lines.append(f"  {data['damaged_lines']} lines of {data['decisions']} cannot be read and count for nothing")
    lines.append("decide on the page Personas of `kardia studio`, or with --accept, --reject, --undo ID")
    return "\n".join(lines)


def apply_text(report: ApplyReport) -> str:
    """What went into the accepted file."""
    undecided = {"out": "left out", "unflagged": "in where nothing was found", "in": "in"}[report.undecided_rows]
    lines = [
        f"{report.out}: {report.kept} of {report.read} personas",
        f"  {report.accepted} accepted, {report.rejected} rejected, {report.disputed} disputed (left out)",
        f"  {report.undecided} undecided: {undecided}",
    ]
    if report.changed:
        lines.append(f"  {report.changed} of these were decided, and have changed since")
    if report.damaged:
        lines.append(f"  {report.damaged} lines of the decisions cannot be read and count for nothing")
    return "\n".join(lines)


def remask_text(report: RemaskReport) -> str:
    """What masking anew changed."""
    lines = [f"{report.out}: {report.personas} personas, {report.changed} changed"]
    return "\n".join(lines + [f"  {count} masked: {kind}" for kind, count in report.masked.items()])


def audit_text(figures: Audit) -> str:
    """The audit figures, a block for each question."""
    blocks = [_identifiers(figures), _fields(figures), _values(figures), _anonymity(figures), _duplicates(figures)]
    return "\n".join(line for block in blocks for line in block)


def field_name(field: str) -> str:
    """How a place is called for people: `activities.2` is the third post."""
    _, _, number = field.partition(".")
    return f"post {int(number) + 1}" if number else field


def _case(case: Case) -> dict[str, Any]:
    flags = [flag.model_dump(mode="json", exclude_defaults=True) for flag in case.flags]
    decided = [verdict.model_dump(mode="json", exclude={"row", "persona"}) for verdict in case.standing.by]
    standing = {"stands": case.standing.stands, "changed": case.standing.changed, "decided": decided}
    return {"row": case.row + 1, "persona": case.persona.id, **standing, "flags": flags}


def _said(flags: Sequence[dict[str, Any]]) -> str:
    """The first of what was found, each once, with its first place."""
    told: dict[str, str] = {}
    for flag in flags:
        told.setdefault(flag["says"], f" ({field_name(flag['field'])})" if "field" in flag else "")
    return "; ".join(f"{says}{where}" for says, where in list(told.items())[:3])


def _identifiers(figures: Audit) -> list[str]:
    lines = [
        f"{figures.personas} personas; identifiers masked in {figures.touched}, still standing in {figures.exposed}; "
        f"{figures.types_masked} mentions of types masked"
    ]
    lines += [
        f"  {kind:<8} {found.masked:>6} masked in {found.masked_rows} rows, {found.standing} standing in {found.standing_rows}"
        for kind, found in figures.identifiers.items()
        if found.masked or found.standing
    ]
    return lines + [f"  {_leftover(each)}" for each in figures.leftovers[:SHOWN]]


def _leftover(each: Leftover) -> str:
    return f"{each.persona}, {field_name(each.field)}: {each.context}"


def _fields(figures: Audit) -> list[str]:
    lines = ["fields filled (stated, inferred, not said which)"]
    for name, found in figures.filled.items():
        share = f"{found.filled / figures.personas:>4.0%}" if figures.personas else "   –"
        lines.append(f"  {name:<13}{found.filled:>6} {share}  ({found.stated}, {found.inferred}, {found.unmarked})")
    return lines


def _values(figures: Audit) -> list[str]:
    lines = ["values that two personas or more have"]
    for name, found in figures.values.items():
        said = ", ".join(f"{value} {count}" for value, count in list(found.items())[:16]) or "none"
        alone = f"; {figures.rare[name]} said by one only" if figures.rare[name] else ""
        lines.append(f"  {name}: {said}{alone}")
    return lines


def _anonymity(figures: Audit) -> list[str]:
    lines = ["told apart by (k: size of the smallest group)"]
    lines += [
        f"  {', '.join(each.fields)}: k = {each.smallest}, {each.unique} unique, {each.few} in groups under five"
        for each in figures.anonymity
    ]
    return [*lines, f"  {figures.meaning}"]


def _duplicates(figures: Audit) -> list[str]:
    lines = [f"{figures.duplicates} rows nearly the same as another, of {figures.duplicate_groups} people"]
    if figures.sides is not None:
        sides = ", ".join(f"{count} {side}" for side, count in figures.sides.items())
        lines.append(f"split: {sides}; {figures.straddling} near-duplicates across train and test")
    return lines
