"""The optional model check of screening: a screener reads a finished dialogue that passed the rules (paper §3.2)."""

from typing import Literal

from graphs.journal import Slot
from graphs.rubric import OffFormat, ScreenerAnswer, ScreenerFinding, read_json
from graphs.schema import Removal
from graphs.state import Dialogue, DialogueState, dialogue_text, turn_number


async def check_with_model(state: DialogueState, context: Dialogue) -> tuple[Removal, ...]:
    """Ask the screener once about identity drift and emotional jumps; () lets the dialogue pass."""
    turns = len(state["turns"])

    def read(text: str) -> ScreenerAnswer:
        answer = read_json(text, ScreenerAnswer)
        if any(finding.found and not 1 <= finding.turn <= turns for finding in (answer.drift, answer.jump)):
            raise OffFormat(f"a finding must name a turn of 1 to {turns}")
        return answer

    answer = await context.ask(
        state["pairing"].id,
        state["key"],
        Slot(turn_number(state), 0, "screener"),
        lambda writer: writer.screener(state["key"], state["pairing"], dialogue_text(state, latest=False)),
        read,
    )
    found: tuple[tuple[Literal["drift", "jump"], ScreenerFinding], ...] = (
        ("drift", answer.drift),
        ("jump", answer.jump),
    )
    return tuple(
        Removal(kind=kind, rule="model", turn=finding.turn, finding=f"{finding.quote}: {finding.reason}")
        for kind, finding in found
        if finding.found
    )
