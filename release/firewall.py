"""Which trajectories make the release, and what must never stand on both sides of the split (§3.1, §3.2).

Table 3 counts 639 personas in train and 32 others in test: a persona on both sides is refused, by id and by text. The
paper says nothing of situations; we also keep those of the test split out of train.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from graphs.records import read_header
from graphs.released import ReleaseError
from graphs.schema import Persona, Split, Trajectory, digest
from graphs.spans import MalformedReply, parse_spans
from release.corrected import Corrections, Gold

TRAJECTORIES = "trajectories.jsonl"
REPEATED = "repeated"
MALFORMED = "malformed reply"
UNKNOWN_LABEL = "label outside the pack"
SHARED_SITUATION = "situation stands in test"


class Run(NamedTuple):
    """A run's file of trajectories and its header."""

    path: Path
    header: dict[str, Any]


@dataclass
class Choice:
    """What reading all runs found: the trajectories that stand, and what was compared between them."""

    kept: dict[str, tuple[Path, Split]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    read: int = 0
    shared: int = 0
    """Train dialogues whose situation also stands in test."""
    contents: dict[str, tuple[str, Path]] = field(default_factory=dict)
    personas: dict[str, tuple[Split, str]] = field(default_factory=dict)
    situations: dict[str, str] = field(default_factory=dict)

    def of(self, split: Split) -> list[str]:
        return [id_ for id_, (_, at) in self.kept.items() if at == split]


def open_run(run: Path) -> Run:
    """Find a run's trajectories.

    Raises:
        ReleaseError: no such run, or its file is none of played trajectories.
        BadFile: the file's first line cannot be read.
    """
    path = run / TRAJECTORIES
    if not run.is_dir():
        raise ReleaseError(f"{run}: no such run directory; name one made by `kardia synth run`")
    if not path.is_file():
        raise ReleaseError(
            f"{run}: no {TRAJECTORIES}; finish the run with `kardia synth run`, or `kardia synth export`"
        )
    header = read_header(path)
    if header.get("kind") != "trajectories" or not isinstance(header.get("pack_hash"), str):
        raise ReleaseError(f"{path}:1: no header of played trajectories; name a run made by `kardia synth run`")
    return Run(path, header)


def refuse_mixed_packs(runs: Sequence[Run]) -> None:
    """One release has one system prompt, one list of labels and one rubric behind its decisions."""
    if not runs:
        raise ReleaseError("no runs given; name at least one run directory")
    first = runs[0]
    for run in runs[1:]:
        if run.header["pack_hash"] != first.header["pack_hash"]:
            raise ReleaseError(
                f"{run.path}: played with another pack ({run.header['pack_hash'][:12]}) than {first.path} "
                f"({first.header['pack_hash'][:12]}); build one release per pack"
            )


def choose(
    runs: Sequence[Run], labels: Collection[str], corrections: Corrections, *, drop_shared_situations: bool
) -> Choice:
    """Read every trajectory and decide which stand.

    Raises:
        ReleaseError: nothing stands, an id has two meanings, or a persona is in both splits.
        BadFile: a row cannot be read; names file and line.
    """
    choice = Choice()
    for run in runs:
        for gold in corrections.read(run.path):
            choice.read += 1
            if reason := _repeats(choice, run.path, gold.trajectory) or why_left_out(gold, labels):
                choice.left_out[reason] += 1
            else:
                _keep(choice, run.path, gold.trajectory)
    corrections.refuse_strangers(set(choice.contents))
    _count_shared(choice, drop=drop_shared_situations)
    if not choice.kept:
        raise ReleaseError(_nothing_left(runs, choice))
    return choice


def why_left_out(gold: Gold, labels: Collection[str]) -> str | None:
    """What keeps a dialogue out of any release: screening, people, or a reply that cannot be a training target."""
    if gold.trajectory.removals:
        return f"screening: {gold.trajectory.removals[0].kind}"
    if gold.dropped:
        return f"annotators: {gold.dropped}"
    try:
        named = {parse_spans(turn.reply).emotion for turn in gold.turns} | {gold.trajectory.situation.emotion}
    except MalformedReply:
        return MALFORMED
    return UNKNOWN_LABEL if labels and not named <= set(labels) else None


def persona_keys(persona: Persona) -> list[str]:
    """What must not stand in both splits: the id, and the text of a persona that has text."""
    keys = [f"id {persona.id}"]
    if persona.about or persona.activities:
        told = persona.model_dump_json(exclude={"id", "sources", "style"})
        keys.append("text " + digest(told.replace(persona.id, "")))
    return keys


def situation_key(text: str) -> str:
    """Two situations with one key are the same situation: case and punctuation do not count."""
    words = "".join(char if char.isalnum() else " " for char in text.casefold()).split()
    return " ".join(words) or text


def _repeats(choice: Choice, path: Path, trajectory: Trajectory) -> str | None:
    content = digest(trajectory.model_dump(mode="json"))
    if trajectory.id not in choice.contents:
        choice.contents[trajectory.id] = (content, path)
        return None
    known, first = choice.contents[trajectory.id]
    if known != content:
        raise ReleaseError(
            f"{path}: trajectory {trajectory.id} differs from the one of that id in {first}; name only one of the runs"
        )
    return REPEATED


def _keep(choice: Choice, path: Path, trajectory: Trajectory) -> None:
    for key in persona_keys(trajectory.persona):
        split, first = choice.personas.setdefault(key, (trajectory.split, trajectory.id))
        if split != trajectory.split:
            raise ReleaseError(
                f"{path}: persona {trajectory.persona.id} is in {trajectory.split} with {trajectory.id} and in {split} "
                f"with {first}; pair again with one split per persona (`kardia personas pair`)"
            )
    choice.kept[trajectory.id] = (path, trajectory.split)
    choice.situations[trajectory.id] = situation_key(trajectory.situation.text)


def _count_shared(choice: Choice, *, drop: bool) -> None:
    tested = {choice.situations[id_] for id_ in choice.of("test")}
    shared = [id_ for id_ in choice.of("train") if choice.situations[id_] in tested]
    choice.shared = len(shared)
    if drop and shared:
        choice.left_out[SHARED_SITUATION] = len(shared)
        for id_ in shared:
            del choice.kept[id_]


def _nothing_left(runs: Sequence[Run], choice: Choice) -> str:
    where = ", ".join(str(run.path) for run in runs)
    if not choice.read:
        return f"{where}: no trajectories; play the run first (`kardia synth run`)"
    reasons = ", ".join(f"{reason} {count}" for reason, count in choice.left_out.most_common())
    return f"{where}: all {choice.read} trajectories were left out ({reasons}); `kardia synth show` tells more"
