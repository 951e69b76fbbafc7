"""The page before a comparison: two versions, how many states, what it would take; and the earlier ones."""

from typing import Any

import streamlit as st

from graphs.journal import PLAYING
from graphs.runs import open_run
from graphs.trials.estimate import TrialEstimate
from studio.compare.form import Form, begin, difference, expected, runs_with_states
from studio.compare.jobs import Listed, comparisons, read_report
from studio.compare.text import amount, span, verdict
from studio.compare.versions import Choice, choices, defaults
from studio.runs.endpoints import Endpoint, endpoints
from studio.widgets.page import bar, empty, faults, heading, number, plain, tools
from studio.workspace import Workspace

_JUDGES = {"a": "A's evaluator", "b": "B's evaluator", "own": "Each its own"}
_DECIMALS = 1


def ask(workspace: Workspace) -> None:
    """Draw the choice, and start a comparison when asked to."""
    runs = runs_with_states(workspace)
    estimating = starting = False
    with bar("Compare", "two versions of the prompts on the same recorded states"):
        if runs:
            estimating = st.button("Estimate", type="tertiary", shortcut="E")
            starting = st.button("Compare", type="primary", icon=":material/difference:", shortcut="Ctrl+Enter")
    if not runs:
        _no_run()
        return
    earlier = comparisons(workspace)
    form = _form(workspace, runs, earlier)
    with faults():
        _say_difference(workspace, form)
        if estimating:
            st.session_state["compare-estimate"] = (form, expected(workspace, form))
        if starting:
            st.query_params.from_dict({"c": begin(workspace, form)})
            st.rerun()
    asked, found = st.session_state.get("compare-estimate", (None, None))
    if asked == form and found:
        _show_estimate(found)
    _earlier(earlier)


def _no_run() -> None:
    with empty(
        "No dialogues to compare on", "States are taken from finished dialogues: play the demo, or a run of yours."
    ):
        if st.button("Open the runs", type="primary"):
            st.switch_page("views/runs.py")


def _form(workspace: Workspace, runs: dict[str, int], earlier: list[Listed]) -> Form:
    offered = {choice.spec: choice for choice in choices(workspace)}
    used = open_run(workspace.run(next(iter(runs)))).config.pack_hash
    first, second = (choice.spec for choice in defaults(list(offered.values()), used))
    left, right, states, draws = st.columns([5, 5, 2, 2], gap="medium")
    a = left.selectbox("Version A", list(offered), _at(offered, "a", first), format_func=lambda s: offered[s].label)
    b = right.selectbox("Version B", list(offered), _at(offered, "b", second), format_func=lambda s: offered[s].label)
    count = states.number_input("States", 1, 10_000, 50, step=10, help="One a dialogue first, over all turns.")
    each = draws.number_input("Draws", 1, 20, 1, help="Replies to each state under each version.")
    with tools():
        chosen = _runs(runs)
        ends = _models(workspace, chosen[0])
        judge = _judge()
        temperature, seed = _sampling(len(earlier))
        floor = st.toggle(
            "Noise floor", value=True, help="A answers a second time: what chance alone does. Half as much again."
        )
    return Form(chosen, offered[a], offered[b], int(count), int(each), judge, floor, temperature, seed, ends)


def _at(offered: dict[str, Choice], parameter: str, otherwise: str) -> int:
    """Which of the versions stands there at first: what the address says, else the default."""
    asked = st.query_params.get(parameter, otherwise)
    return list(offered).index(asked if asked in offered else otherwise)


def _runs(runs: dict[str, int]) -> tuple[str, ...]:
    names = list(runs)
    asked = st.query_params.get("run")
    first = asked if asked in runs else names[0]
    now = st.session_state.get("compare-runs") or [first]
    label = f"From {now[0]}" + (f" +{len(now) - 1}" if len(now) > 1 else "")
    with st.popover(plain(label), type="secondary"):
        picked = st.pills(
            "Runs", names, default=[first], selection_mode="multi", key="compare-runs",
            format_func=lambda name: f"{plain(name)}, {runs[name]:,} dialogues",
        )  # fmt: skip
    return tuple(picked) or (first,)


def _models(workspace: Workspace, run: str) -> dict[str, Endpoint]:
    """An endpoint for each role; the run's own models first, where they can be reached."""
    ends, used = endpoints(workspace), open_run(workspace.run(run)).config.models
    names = list(ends)
    found: dict[str, Endpoint] = {}
    now = [st.session_state.get(f"compare-{role}") for role in PLAYING[1:]]
    label = " / ".join(dict.fromkeys(name for name in now if name)) or _end_of(ends, used["responder"])
    with st.popover(plain(f"Model {label}"), type="secondary"):
        for role, title in zip(PLAYING[1:], ("Answers", "Judges"), strict=True):
            at = names.index(_end_of(ends, used[role]))
            found[role] = ends[st.selectbox(title, names, at, key=f"compare-{role}")]
        st.caption("Names and addresses stand in kardia\\.yaml\\.")
    return found


def _end_of(ends: dict[str, Endpoint], model: str) -> str:
    return next((name for name, end in ends.items() if end.model == model), next(iter(ends)))


def _judge() -> str:
    now = st.session_state.get("compare-judge", "a")
    with st.popover(_JUDGES[now], type="secondary" if now != "a" else "tertiary"):
        return st.radio(
            "Who judges", list(_JUDGES), format_func=_JUDGES.__getitem__, key="compare-judge",
            captions=["Both by the same yardstick", "Both by the same yardstick", "A difference may lie in the judging"],
        )  # fmt: skip


def _sampling(earlier: int) -> tuple[float | None, int]:
    """A temperature for both roles, if not the templates' own, and the seed of the choice and of every draw."""
    on = st.session_state.get("compare-hot", False)
    now = st.session_state.get("compare-temperature", 0.0)
    with st.popover(
        plain(f"Temperature {now:g}" if on else "Sampling as written"), type="secondary" if on else "tertiary"
    ):
        st.toggle(
            "One temperature for all",
            key="compare-hot",
            help="Of responder and evaluator, instead of the templates' own.",
        )
        value = st.number_input("Temperature", 0.0, 2.0, step=0.1, key="compare-temperature", disabled=not on)
        seed = st.number_input("Seed", 0, 2**31, earlier, help="Another seed takes other states and draws anew.")
    return float(value) if on else None, int(seed)


def _say_difference(workspace: Workspace, form: Form) -> None:
    found = difference(workspace, form.a, form.b)
    with st.container(gap="xxsmall"):
        st.caption(plain(found.text))
        if found.yardstick:
            st.markdown(f":orange[{plain(f'The yardstick differs too: {_listed(found.yardstick)}.')}]")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _show_estimate(found: TrialEstimate) -> None:
    low, high = found.hours * 0.65 * 60, found.hours * 1.35 * 60
    cost, floor = found.cost_usd, found.noise_floor_usd
    with st.container(border=True):
        heading("Estimate", "from the very states, answered by the embedded model; nothing was called")
        calls, tokens, money, time, _ = st.columns([1, 1, 1, 1, 1])
        with calls:
            number("Calls", f"{found.calls:,}", f"{found.states:,} states, {len(found.arms)} rounds")
        with tokens:
            number("Tokens", f"{found.tokens / 1e6:.2f} M")
        with money:
            note = f"{amount(floor, 2, '$')} of it for the noise floor" if floor else ""
            number(
                "Cost",
                amount(cost, 2, "$"),
                note,
                None if cost is not None else "The price is not known; see kardia.yaml.",
            )
        with time:
            number("Time", f"{found.hours * 60:.0f} min", f"{low:.0f} to {high:.0f} min on a hosted model")


def _earlier(found: list[Listed]) -> None:
    if not found:
        return
    st.space("small")
    heading("Earlier comparisons", str(len(found)))
    rows = [_row(each) for each in found]
    column = st.column_config
    st.dataframe(
        rows, hide_index=True, row_height=34, key="compare-earlier",
        column_config={
            "Comparison": column.ButtonColumn("Comparison", type="tertiary", alignment="left", key="compare-open", width=240),
            "Found": column.TextColumn("Found", width=330), "Acceptable": column.TextColumn("Acceptable, points", width=150),
            "Score": column.TextColumn("Mean score", width=150), "States": column.NumberColumn("States", width=60, alignment="left"),
            "State": column.TextColumn("State", width=80),
        },
    )  # fmt: skip
    if opened := st.session_state.get("compare-open"):
        st.query_params.from_dict({"c": found[opened["row"]].name})
        st.rerun()


def _row(each: Listed) -> dict[str, Any]:
    about = {
        "Comparison": each.name,
        "Found": "",
        "Acceptable": "",
        "Score": "",
        "States": None,
        "State": each.standing.state,
    }
    if each.config is None or each.standing.is_live:
        return about
    result = read_report(each.path, each.standing)
    return about | {
        "Found": verdict(result),
        "Acceptable": span(result.result.acceptable, 100, 1),
        "Score": span(result.result.score),
        "States": result.states,
    }
