"""A comparison on the page: how far it is, and what it found."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import streamlit as st

from graphs.trials.trials import CONFIG, Comparison, ComparisonConfig, open_comparison
from graphs.watching.standing import Standing
from measure.prompt_report import Report
from studio.compare.figures import criteria_note, decisions_note, four_numbers
from studio.compare.jobs import comparison_path, go_on, read_report, standing
from studio.compare.text import amount, floor_text, left_out_text, verdict, yardstick_text
from studio.panes.changed import show_changes
from studio.panes.contrast_chart import chart_text, contrast_chart
from studio.runs import jobs
from studio.widgets import parts
from studio.widgets.page import bar, faults, heading, number, plain
from studio.widgets.theme import section
from studio.workspace import Workspace

LOOK_EVERY_S = 1.0
_BADGES: dict[str, Literal["blue", "gray", "orange", "red"]] = {
    "running": "blue",
    "starting": "blue",
    "finished": "gray",
    "stopped": "orange",
    "lost": "red",
}


def show(workspace: Workspace, name: str) -> None:
    """Draw a comparison: while it plays how far it is, then what it found."""
    path = comparison_path(workspace, name)
    now = standing(workspace, path)
    comparison = open_comparison(path) if (path / CONFIG).exists() else None
    with bar("Compare", *_facts(name, comparison)):
        st.button("All comparisons", type="tertiary", icon=":material/arrow_back:", on_click=_leave)
        again = st.button("New comparison", type="primary", icon=":material/add:", shortcut="N", on_click=_leave)
    if again:
        return
    if now.state != "finished":
        every = LOOK_EVERY_S if now.is_live else None
        st.fragment(_job, run_every=every)(workspace, path, now.state)
    if comparison and not now.is_live:
        _result(workspace, comparison, read_report(path, now))


def _leave() -> None:
    st.query_params.clear()


def _facts(name: str, comparison: Comparison | None) -> list[str]:
    if comparison is None:
        return [name]
    config = comparison.config
    heat = f"temperature {config.temperature:g}" if config.temperature is not None else ""
    models = ", ".join(dict.fromkeys(config.models.values()))
    return [
        f"B {config.b.called} against A {config.a.called}",
        models,
        heat,
        "demonstration" if config.demonstration else "",
    ]


def _job(workspace: Workspace, path: Path, was: str) -> None:
    """The card of a comparison that is not done: what it does, or why it does nothing."""
    now = standing(workspace, path)
    if now.state != was:
        st.rerun()
    figures, eta = now.progress, now.progress.eta_s
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(path.name)}**", width="content")
            st.badge("Stopping" if now.stopping else now.state.capitalize(), color=_BADGES[now.state])
            st.caption(plain(f"process {now.pid}, since {now.since[11:16]} UTC" if now.pid else ""), width="content")
            st.space("stretch")
            _actions(workspace, path, now)
        if not now.is_live and now.reason:
            st.text(now.reason)
        st.progress(figures.share if figures.total else 0.0, text=f"{figures.finished:,} of {figures.total:,} replies")
        columns = st.columns(4)
        with columns[0]:
            number("Rate", f"{figures.per_minute:,.0f} / min" if figures.per_minute else "–")
        with columns[1]:
            number("Left", _duration(eta))
        with columns[2]:
            number(
                "Cost", amount(figures.cost_usd, 4, "$"), f"of ${figures.budget_usd:g}" if figures.budget_usd else ""
            )
        with columns[3]:
            number(
                "Failed", f"{figures.failed:,}", ", ".join(f"{count} {kind}" for kind, count in figures.errors.items())
            )


def _duration(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _actions(workspace: Workspace, path: Path, now: Standing) -> None:
    if now.is_live:
        blocked = now.state == "starting"
        _act("Pause", "pause", lambda: jobs.pause(path), disabled=blocked or now.stopping)
        _act("Stop", "stop", lambda: jobs.stop(path), disabled=blocked)
    else:
        _act("Resume", "play_arrow", lambda: go_on(workspace, path), shortcut="G")


def _act(label: str, icon: str, do: Callable[[], None], *, disabled: bool = False, shortcut: str | None = None) -> None:
    if st.button(label, type="tertiary", icon=f":material/{icon}:", disabled=disabled, shortcut=shortcut):
        with faults():
            do()
            st.rerun()


def _result(workspace: Workspace, comparison: Comparison, found: Report) -> None:
    """What was found: a sentence, four numbers, the criteria, the decisions, and the states that changed most."""
    config, result = comparison.config, found.result
    _verdict(found, config)
    if not result.pairs or result.identical:
        return
    _numbers(found)
    left, right = st.columns([7, 5], gap="medium")
    with left.container(border=True, height="stretch"):
        heading("Criteria", "B minus A, 95 % intervals")
        chart = contrast_chart(found, section())
        st.altair_chart(chart, theme=None, width="stretch", alt=chart_text(found))
        st.caption(plain(criteria_note(result)))
    with right.container(border=True, height="stretch"):
        heading("Decisions", f"{result.pairs:,} pairs of replies")
        names = list(result.table)
        counts = [[result.table[a][b] for b in names] for a in names]
        rows, columns = f"A {config.a.called}", f"B {config.b.called}"
        parts.crosstab({"names": names, "counts": counts, "rows": rows, "columns": columns}, key="crosstab")
        st.caption(plain(decisions_note(result)))
    show_changes(workspace, comparison, found)


def _verdict(found: Report, config: ComparisonConfig) -> None:
    with st.container(gap="xxsmall"):
        st.markdown(f"#### {plain(verdict(found))}")
        if yardstick := yardstick_text(found, config.evaluator):
            st.markdown(f":orange[{plain(yardstick)}]")
        draws = f", {found.draws} draws each" if found.draws > 1 else ""
        states = f"{found.states:,} states of {found.persons:,} persons{draws}; a person counts once"
        st.caption(plain("; ".join(filter(None, (states, left_out_text(found.result))))))
        if chance := floor_text(found):
            st.caption(plain(chance))
        if found.result.excluded:
            with st.expander(f"{len(found.result.excluded)} left out"):
                for each in found.result.excluded:
                    st.text(f"{each.state}, {each.arm.upper()}, draw {each.draw + 1}: {each.reason}")


def _numbers(found: Report) -> None:
    for column, shown in zip(st.columns(4, gap="medium"), four_numbers(found), strict=True):
        with column.container(gap=None):
            number(shown.label, shown.value, shown.sure, shown.why_not or None)
            st.caption(plain(shown.means))
            if shown.beside:
                st.caption(plain(shown.beside))
