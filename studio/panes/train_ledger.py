"""The look-up of a reward ledger: rollouts by step, example, candidate and reward; a row opens its sample."""

import streamlit as st

from studio.panes.train_address import go
from studio.training.curves import figure
from studio.training.ledger_index import ORDERS, PAGE, Entry, LedgerIndex, Order, Reach, Sought
from studio.training.runs import TrainingRow
from studio.widgets.page import empty, tools
from studio.wording import counted

_FLAGS = {"failed": "Judge failed", "broken": "Format broken", "misnamed": "Wrong label"}


def train_ledger(row: TrainingRow, ledger: LedgerIndex, reach: Reach) -> None:
    """Draw filters, count and pager, and a page of rollouts."""
    with tools():
        sought = _sought(reach)
    total = ledger.count(sought)
    if not total:
        with empty("No rollout matches", "Take a filter away, or widen the range."):
            return
    first = _pager(total, reach, sought)
    _table(row, ledger, ledger.find(sought, PAGE, first))


def _sought(reach: Reach) -> Sought:
    last = reach.last_step or 1
    example = st.text_input(
        "Example", placeholder="An example's id", icon=":material/search:", label_visibility="collapsed", width=190,
        key="ledger-example",
    )  # fmt: skip
    steps = _range("Steps", "ledger-steps", 1, last)
    rewards = _rewards()
    candidate = _candidate()
    flags = st.pills(
        "Only", list(_FLAGS), selection_mode="multi", format_func=_FLAGS.__getitem__, label_visibility="collapsed",
        key="ledger-only",
    )  # fmt: skip
    st.space("stretch")
    order: Order = st.selectbox(
        "Order", ORDERS, format_func=str.capitalize, label_visibility="collapsed", width=130, key="ledger-order"
    )
    wanted = {flag: flag in flags for flag in _FLAGS}
    return Sought(steps=steps, example=example.strip(), candidate=candidate, rewards=rewards, order=order, **wanted)


def _range(name: str, key: str, low: int, high: int) -> tuple[int, int] | None:
    start, end = st.session_state.get(f"{key}-from"), st.session_state.get(f"{key}-to")
    said = f"{name}: {start or low:,} to {high if end is None else end:,}"
    given = start is not None or end is not None
    with st.popover(said if given else name, type="secondary" if given else "tertiary", key=f"{key}-chip"):
        left, right = st.columns(2)
        first = left.number_input("From", min_value=low, value=None, placeholder=str(low), key=f"{key}-from")
        last = right.number_input("To", min_value=low, value=None, placeholder=str(high), key=f"{key}-to")
    if first is None and last is None:
        return None
    return int(first or low), int(high if last is None else last)


def _rewards() -> tuple[float, float] | None:
    now: tuple[float, float] = st.session_state.get("ledger-rewards", (0.0, 1.0))
    given = now != (0.0, 1.0)
    label = f"Reward: {now[0]:.2f} to {now[1]:.2f}" if given else "Reward"
    with st.popover(label, type="secondary" if given else "tertiary", key="ledger-rewards-chip"):
        low, high = st.slider("Reward", 0.0, 1.0, (0.0, 1.0), 0.05, key="ledger-rewards")
    return (low, high) if (low, high) != (0.0, 1.0) else None


def _candidate() -> int | None:
    now = st.session_state.get("ledger-candidate")
    label = "Candidate" if now is None else f"Candidate: {now}"
    with st.popover(label, type="tertiary" if now is None else "secondary", key="ledger-candidate-chip"):
        number = st.number_input("Candidate", min_value=1, value=None, placeholder="any", key="ledger-candidate")
    return int(number) - 1 if number else None


def _pager(total: int, reach: Reach, sought: Sought) -> int:
    """How many there are, and the pages; returns how many rows stand before the page. Each search has its own pager."""
    pages = -(-total // PAGE)
    with st.container(horizontal=True, vertical_alignment="center"):
        line = st.empty()
        st.space("stretch")
        page = st.pagination(pages, key=f"ledger-page-{hash(sought)}", max_visible_pages=7) if pages > 1 else 1
    first = (min(page, pages) - 1) * PAGE
    damaged = f"  ·  {counted(reach.damaged, 'line')} cannot be read" if reach.damaged else ""
    shown = f"rows {first + 1:,} to {min(total, first + PAGE):,}"
    line.caption(f"{total:,} of {counted(reach.rows, 'rollout')}  ·  {shown}{damaged}", width="content")
    return first


def _table(row: TrainingRow, ledger: LedgerIndex, found: list[Entry]) -> None:
    columns = st.column_config
    shown = {
        "example": ([one.example for one in found], columns.ButtonColumn("Example", width=190, type="tertiary", alignment="left", key="ledger-open")),
        "step": ([one.step for one in found], columns.NumberColumn("Step", width=60, alignment="left")),
        "candidate": ([one.candidate + 1 for one in found], columns.NumberColumn("Candidate", width=72, alignment="left")),
        "reward": ([figure(one.reward) for one in found], columns.TextColumn("Reward", width=70, help="A dash where the judge failed.")),
        "advantage": ([one.advantage for one in found], columns.NumberColumn("Advantage", width=80, format="%+.3f", alignment="left")),
        "format": ([one.format for one in found], columns.NumberColumn("Format", width=64, format="%.2f", alignment="left")),
        "emotion": ([one.emotion for one in found], columns.NumberColumn("Emotion", width=64, format="%.0f", alignment="left")),
        "outcome": ([figure(one.outcome) for one in found], columns.TextColumn("Outcome", width=70)),
        "named": ([one.predicted or "–" for one in found], columns.TextColumn("Named", width=110)),
        "gold": ([one.gold for one in found], columns.TextColumn("Gold", width=110)),
        "tokens": ([one.tokens for one in found], columns.NumberColumn("Tokens", width=60, alignment="left")),
    }  # fmt: skip
    st.dataframe(
        {name: cells for name, (cells, _) in shown.items()},
        hide_index=True,
        height="content",
        row_height=32,
        key="ledger-table",
        column_config={name: column for name, (_, column) in shown.items()},
        alt="Rollouts",
    )
    if hit := st.session_state.get("ledger-open"):
        one = found[hit["row"]]
        prompt = ledger.groups(one.step).index(one.group) + 1
        go({"run": row.name, "show": "Samples", "step": one.step, "prompt": prompt, "candidate": one.candidate})
