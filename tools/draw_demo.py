"""Draw an excerpt of a played dialogue as an SVG picture: python -m tools.draw_demo RUN DIALOGUE [--turns 2] [--out F]."""

import argparse
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.table import Table
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from graphs.records import read_rows
from graphs.schema import Attempt, Trajectory, Turn
from graphs.spans import MalformedReply, parse_spans, response_of

OUT = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "demo.svg"
WIDTH = 100
DECISION = {"FAIL": "bold red", "PASS": "bold green", "SOLVED": "bold cyan"}
PAPER = TerminalTheme(
    (253, 252, 249), (45, 42, 38),
    [(45, 42, 38), (178, 58, 46), (62, 122, 74), (156, 108, 20), (52, 92, 150), (126, 70, 130), (22, 112, 120), (120, 114, 104)],
)  # fmt: skip


def draw(one: Trajectory, turns: int) -> str:
    """The first turns of a dialogue with every attempt, as SVG; no font is fetched from anywhere."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(_row(0, "persona", Text.assemble((one.persona.mbti, "bold"), f"  {_shortly(one.persona.about)}")))
    console.print(_row(0, "situation", Text.assemble((one.situation.emotion, "bold"), f"  {one.situation.text}")))
    for number, turn in enumerate(one.turns[:turns], start=1):
        console.print()
        for row in _turn(number, turn):
            console.print(row)
    console.print()
    console.print(Text(f"… {len(one.turns)} turns in all, ended: {one.end.value}", "dim"))
    return console.export_svg(
        title=f"kardia synth show RUN {one.id}", theme=PAPER, code_format=_own_fonts(), unique_id="kardia"
    )


def _turn(number: int, turn: Turn) -> Iterator[Table]:
    yield _row(
        0, Text(f"[{number}] user", "bold blue"), Text.assemble((f"mood {turn.feelings.mood}  ", "dim"), turn.utterance)
    )
    for k, attempt in enumerate(turn.attempts, start=1):
        yield _row(4, f"attempt {k}", _decision(attempt))
        for name, text in _spans(attempt, whole=number == 1 and k - 1 == turn.chosen).items():
            stands = name == "response" and k - 1 == turn.chosen
            yield _row(8, Text(name, "magenta"), Text(text, "bold" if stands else "" if name == "response" else "dim"))
        if attempt.decision.value == "FAIL":
            yield _row(8, Text("critique", "yellow"), Text(attempt.critique, "italic"))


def _decision(attempt: Attempt) -> Text:
    scores = "  ".join(f"{name.replace('_consistency', '')} {mark.score}" for name, mark in attempt.marks.items())
    decision = attempt.decision.value
    return Text.assemble((decision, DECISION[decision]), (f"  {scores or attempt.because}", "dim"))


def _spans(attempt: Attempt, *, whole: bool) -> dict[str, str]:
    """All four spans of a reply, or its response alone."""
    with suppress(MalformedReply):
        if whole:
            return parse_spans(attempt.reply)._asdict()
    return {"response": response_of(attempt.reply)}


def _row(indent: int, label: Text | str, text: Text) -> Table:
    """A label and its text, which keeps to its own column."""
    row = Table.grid(expand=True)
    for width in [indent] * bool(indent) + [15 if indent == 8 else 11]:
        row.add_column(width=width, style="dim" if isinstance(label, str) else "")
    row.add_column(ratio=1)
    row.add_column(width=2)
    row.add_row(*[""] * bool(indent), label, text, "")
    return row


def _own_fonts() -> str:
    """Rich's frame with fonts that machines have, instead of one from the web."""
    frame = re.sub(r"\s*@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return frame.replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")


def _shortly(about: str, most: int = 180) -> str:
    """The first sentences that fit."""
    return about if len(about) <= most else about[: about.rfind(". ", 0, most) + 1] or about[:most]


def main() -> None:
    """Read a run's dialogue and write its picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("dialogue")
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    rows = read_rows(given.run / "trajectories.jsonl", Trajectory)
    found = next((one for one in rows if one.id == given.dialogue), None)
    if found is None:
        raise SystemExit(f"{given.run}: {given.dialogue} is not finished")
    lines = (line.rstrip() for line in draw(found, given.turns).splitlines())
    given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
