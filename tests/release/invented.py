"""Invented personas, dialogues and run directories for the tests of release/."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from graphs.prompts import person_string
from graphs.records import write_rows
from graphs.released import ReleaseReport
from graphs.schema import (
    Attempt,
    Decision,
    End,
    Feelings,
    Persona,
    Removal,
    Situation,
    Split,
    Trajectory,
    Turn,
)
from graphs.spans import Spans, render_spans
from release.assemble import build_release

LABELS = ("afraid", "proud", "sad")
HEADER: dict[str, Any] = {
    "kind": "trajectories",
    "pack": "kardia",
    "pack_hash": "ab" * 32,
    "seed": 7,
    "models": {"user_simulator": "m-1", "responder": "m-2", "rubric_evaluator": "m-3"},
}


def render_policy(persona: Persona, situation: Situation) -> str:
    return f"You help {persona.id}.\n{situation.text}"


def reply(understanding: str = "You lost it.", emotion: str = "sad", response: str = "What was it like?") -> str:
    return render_spans(Spans(understanding, "It was dear to you.", emotion, response))


def turn(utterance: str = "The kite is gone.", *replies: str, decisions: str = "PASS") -> Turn:
    """A turn with one attempt per decision; the last of `replies` stands for all further attempts."""
    texts = replies or (reply(),)
    named = [Decision(name) for name in decisions.split()]
    attempts = tuple(Attempt(reply=texts[min(k, len(texts) - 1)], decision=named[k]) for k in range(len(named)))
    return Turn(utterance=utterance, feelings=Feelings(mood=40, openness=1), attempts=attempts, chosen=len(named) - 1)


def persona(number: int, **fields: Any) -> Persona:
    known = {"mbti": "INFP", "about": f"I fold kites, {number} so far."}
    return Persona.model_validate({"id": f"user_{number:08x}"} | known | fields)


def trajectory(
    number: int,
    *,
    split: Split = "train",
    who: Persona | None = None,
    situation: str | None = None,
    emotion: str = "sad",
    turns: Iterable[Turn] = (),
    removals: tuple[Removal, ...] = (),
) -> Trajectory:
    return Trajectory(
        id=f"d{number:05d}",
        split=split,
        persona=who or persona(number + (1000 if split == "test" else 0)),
        situation=Situation(id=f"s{number}", emotion=emotion, text=situation or f"My kite number {number} flew off."),
        turns=tuple(turns)
        or (turn(f"Kite {number} is gone.", decisions="FAIL PASS"), turn("Blue it was.", decisions="SOLVED")),
        end=End.SOLVED,
        removals=removals,
    )


def mixed(train: int = 3, test: int = 2) -> list[Trajectory]:
    return [trajectory(n) for n in range(train)] + [trajectory(100 + n, split="test") for n in range(test)]


def write_run(path: Path, rows: Iterable[Trajectory], **header: Any) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    write_rows(path / "trajectories.jsonl", HEADER | header, rows)
    return path


def build(out: Path, *runs: Path, **settings: Any) -> ReleaseReport:
    return build_release(
        runs, out, **{"render_policy": render_policy, "person_string": person_string, "labels": LABELS} | settings
    )


def files_of(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
