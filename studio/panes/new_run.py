"""The dialog that plans a run: who talks about what, which prompts, which model, how much; estimated before it is launched."""

from pathlib import Path
from typing import Any

import streamlit as st

from graphs.estimate import Estimate
from graphs.journal import PLAYING
from graphs.packs import load_pack
from graphs.state import DialogueSettings
from studio.prompts.packs import history
from studio.runs.endpoints import Endpoint, endpoints, most_at_once
from studio.runs.planning import NewPairs, Plan, argv, choices, free_name, launch, pairing_count, plan_estimate
from studio.widgets.page import faults, number
from studio.wording import duration, money
from studio.workspace import Workspace

_FILE, _NEW = "From a file of pairings", "Pair anew"
_ROLES = {
    "user_simulator": "User simulator",
    "responder": "Responder",
    "rubric_evaluator": "Evaluator",
    "screener": "Screener",
}
_SETTINGS = {
    "length": ("Length", "paper: SOLVED may stand from the pack's floor on. natural: from turn 1."),
    "exhausted": ("When all attempts fail", "The last attempt stands, or the one with the best scores."),
    "history_spans": ("What the responder sees of its replies", "response, or all four spans of its earlier replies."),
    "evaluator_sees": ("What the evaluator scores", "response: that span alone. reply: all four."),
    "critique_to_responder": ("Critique goes to the responder", "Off: it only learns that it failed."),
    "situation_to_responder": ("Responder knows the situation", "Off, as in the paper's Eq. 1."),
    "model_check": ("A screener reads each dialogue", "One more call for each dialogue that passed the rules."),
}  # fmt: skip


_OPEN = "new-run-is-open"


def new_run(workspace: Workspace) -> None:
    """The button that opens the dialog; it stays open when the page is drawn anew behind it."""
    if st.button("New run", icon=":material/add:", type="primary", shortcut="N"):
        st.session_state[_OPEN] = True
    if st.session_state.get(_OPEN):
        _dialog(workspace)


def _close() -> None:
    for key in (_OPEN, "new-name", "new-estimate"):
        st.session_state.pop(key, None)


def _dialog(workspace: Workspace) -> None:
    """Ask for a run, and launch it."""

    @st.dialog("New run", position="right", width=560, on_dismiss=_close)
    def dialog() -> None:
        with faults():
            plan = _plan(workspace)
            _estimate(workspace, plan)

    dialog()


def _plan(workspace: Workspace) -> Plan | None:
    name = st.text_input("Name", value=st.session_state.setdefault("new-name", free_name(workspace)))
    pairs = _pairs(workspace)
    left, right = st.columns(2)
    with left:
        pack = st.selectbox("Pack", list(workspace.packs()), index=_first(list(workspace.packs()), "kardia"))
    with right:
        version = _version(workspace, pack)
    chosen, settings, free = _model_and_more(workspace, pack)
    if pairs is None:
        return None
    return Plan(name=name or "", pairs=pairs, pack=pack, version=version, endpoints=chosen, settings=settings, **free)


def _pairs(workspace: Workspace) -> Path | NewPairs | None:
    files = workspace.files("pairings")
    how = st.segmented_control("Dialogues", [_FILE, _NEW], default=_FILE if files else _NEW, required=True)
    if how == _FILE:
        if not files:
            st.caption("No file of pairings in this workspace; pair anew, or `kardia personas pair` makes one.")
            return None
        titles = {path: f"{_shown(workspace, path)}, {pairing_count(path):,} dialogues" for path in files}
        return st.selectbox("Pairings", files, format_func=titles.__getitem__, label_visibility="collapsed")
    return _new_pairs(workspace)


def _new_pairs(workspace: Workspace) -> NewPairs | None:
    personas, situations = workspace.files("personas"), workspace.files("situations")
    if not personas or not situations:
        st.caption("Import personas and situations first: `kardia personas import`, `kardia situations import`.")
        return None
    left, right = st.columns(2)
    who = left.selectbox("Personas", personas, format_func=lambda path: _shown(workspace, path))
    what = right.selectbox("Situations", situations, format_func=lambda path: _shown(workspace, path))
    count = left.number_input("How many", min_value=1, max_value=1_000_000, value=64)
    seed = right.number_input("Pairing seed", min_value=0, value=0)
    return NewPairs(personas=who, situations=what, dialogues=count, seed=seed)


def _version(workspace: Workspace, pack: str) -> str:
    known = history(workspace, pack).versions()[1:]
    titles = {"": "As it is now"} | {
        version.hash: f"{version.hash[:4]}  {version.note or version.told}"[:80] for version in known
    }
    return st.selectbox("Version", list(titles), format_func=titles.__getitem__, disabled=len(titles) == 1)


def _model_and_more(
    workspace: Workspace, pack: str
) -> tuple[dict[str, str], dict[str, str | int | bool], dict[str, Any]]:
    known = endpoints(workspace)
    titles = {name: _endpoint(name, endpoint) for name, endpoint in known.items()}
    model = st.selectbox(
        "Model", list(known), format_func=titles.__getitem__, help="From kardia.yaml; see the guide for designers."
    )
    left, right = st.columns(2)
    free: dict[str, Any] = {
        "budget_usd": left.number_input(
            "Budget, US dollars", min_value=0.0, value=None, placeholder="none", help="It stops cleanly when this is spent."
        )
    }  # fmt: skip
    with st.expander("More"):
        chosen = _roles(model, list(known), titles)
        settings = _settings(workspace, pack)
        _numbers(free)
    if settings.get("model_check"):
        chosen["screener"] = model
    default = most_at_once({role: known[name] for role, name in chosen.items()})
    free["concurrency"] = right.number_input(
        "Dialogues at once", min_value=1, max_value=20_000, value=default, key=f"concurrency-{default}"
    )
    return chosen, settings, free


def _roles(model: str, names: list[str], titles: dict[str, str]) -> dict[str, str]:
    same = "as above"
    columns = st.columns(len(PLAYING))
    picked = {
        role: column.selectbox(_ROLES[role], [same, *names], format_func=(titles | {same: same}).__getitem__)
        for role, column in zip(PLAYING, columns, strict=True)
    }
    return {role: model if name == same else name for role, name in picked.items()}


def _settings(workspace: Workspace, pack: str) -> dict[str, str | int | bool]:
    """Settings of a dialogue that differ from their defaults."""
    limits = load_pack(str(workspace.packs()[pack])).settings.limits
    left, middle, right = st.columns(3)
    found: dict[str, str | int | bool] = {
        "turns": left.number_input("Most turns", 1, 100, limits.turns, key=f"turns-{pack}"),
        "attempts": middle.number_input("Most attempts", 1, 20, limits.attempts, key=f"attempts-{pack}"),
        "draws": right.number_input("Answers a call", 1, 20, 3, help="Bought before a dialogue is given up."),
    }
    usual: dict[str, Any] = {"turns": limits.turns, "attempts": limits.attempts}
    words = st.columns(2)
    for number_, (name, (label, why)) in enumerate(_SETTINGS.items()):
        default = DialogueSettings.model_fields[name].default
        usual[name] = default
        options = choices(name)
        with words[number_ % 2]:
            found[name] = (
                st.selectbox(label, options, help=why) if options else st.toggle(label, value=default, help=why)
            )
    return {name: value for name, value in found.items() if value != usual.get(name, 3)}


def _numbers(free: dict[str, Any]) -> None:
    left, middle, right = st.columns(3)
    free["seed"] = left.number_input("Seed", min_value=0, value=0, help="Of every draw; pairings have their own.")
    free["workers"] = middle.number_input("Processes", min_value=1, max_value=64, value=1)
    free["accepted"] = right.number_input(
        "Stop at accepted", min_value=1, value=None, placeholder="all", help="Stops when so many passed screening."
    )
    free["deadline_s"] = left.number_input("Seconds a call", min_value=1.0, value=120.0)
    free["retries"] = middle.number_input("Tries again", min_value=0, value=6, help="After a transient failure.")


def _estimate(workspace: Workspace, plan: Plan | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.space("stretch")
        wants = st.button("Estimate", shortcut="E", disabled=plan is None, type="tertiary")
        go = st.button("Launch", type="primary", shortcut="Ctrl+Enter", disabled=plan is None)
    if plan is None:
        return
    if go:
        run = launch(workspace, plan)
        _close()
        st.query_params["run"] = workspace.name(run)
        st.rerun()
    if wants:
        with st.spinner("Playing a few of these dialogues on the embedded model"):
            st.session_state["new-estimate"] = (plan, plan_estimate(workspace, plan))
    earlier: tuple[Plan, Estimate] | None = st.session_state.get("new-estimate")
    if earlier and earlier[0] == plan:
        _show(earlier[1])
        with st.expander("The same on the command line"):
            st.code(" ".join(["kardia", *argv(workspace, plan)]), language=None, wrap_lines=True)


def _show(found: Estimate) -> None:
    data = found.as_data()
    read, written = (sum(role[key] for role in data["roles"].values()) for key in ("tokens_in", "tokens_out"))
    costs, hours = data["cost_usd_range"], data["hours_range"]
    left, right = st.columns(2)
    with left:
        number("Calls", f"{found.calls:,}", f"{found.dialogues:,} dialogues of about {found.turns:.1f} turns")
        note = f"{money(costs[0])} to {money(costs[1])}" if costs else "a price is not known; see kardia.yaml"
        note = "the embedded model is free" if found.cost_usd == 0 else note
        number("Money", money(found.cost_usd), note)
    with right:
        number("Tokens", f"{(read + written) / 1e6:.2f} M", f"{read / 1e6:.2f} M read, {written / 1e6:.2f} M written")
        number("Time", duration(found.hours * 3600), f"{duration(hours[0] * 3600)} to {duration(hours[1] * 3600)}")
    st.caption(f"From {found.sampled} of these pairings, played on the embedded model. Nothing was called.")


def _endpoint(name: str, endpoint: Endpoint) -> str:
    return f"{name}  ·  {endpoint.model}"


def _shown(workspace: Workspace, path: Path) -> str:
    own = path.is_relative_to(workspace.root)
    return path.relative_to(workspace.root).as_posix() if own else f"{path.parent.name}/{path.name}"


def _first(names: list[str], wanted: str) -> int:
    return names.index(wanted) if wanted in names else 0
