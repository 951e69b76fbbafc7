"""The views of an annotation project: progress, disputes, agreement, corrections."""

from typing import Any

import streamlit as st

from annotation.project import Project
from annotation.tasks import Task
from graphs.spans import SPAN_NAMES
from studio.annotate.rulings import let_stand
from studio.annotate.scoring import ScoreReport, counts_text, score_lines
from studio.annotate.standing import (
    ROUNDS,
    RoundShare,
    Standing,
    correction_diff,
    corrections,
    disputes,
    is_asked,
    share_text,
)
from studio.widgets import parts
from studio.widgets.page import empty, faults, heading, number, plain

PAGE = 20


def show_progress(project: Project, now: Standing) -> None:
    """Five numbers, and how far each annotator is in each round."""
    settled = sum(now.settled.values())
    said = ", ".join(f"{count} {verdict}" for verdict, count in sorted(now.settled.items()))
    figures = (
        ("Settled", f"{settled:,}", said),
        ("Waiting for answers", f"{now.waiting:,}", ""),
        ("Disputed", f"{now.disputed:,}", "to discuss, then to decide"),
        ("Sent back", f"{now.returned:,}", "answers that cannot stand"),
        ("Annotators", str(len(now.by_annotator)), ""),
    )
    for column, (label, value, note) in zip(st.columns(len(figures)), figures, strict=True):
        with column:
            number(label, value, note)
    st.progress(settled / max(now.tasks, 1), text=f"{settled:,} of {now.tasks:,} turns settled")
    if not now.by_annotator:
        with empty(
            "No answers yet",
            "Let annotators in with kardia annotate annotator add and pull, or export files for them and import what they fill in.",
        ):
            return
    _show_annotators(now)


def _show_annotators(now: Standing) -> None:
    """One row an annotator; who has no part in the second round has an empty cell there."""
    rows = [{"Annotator": name, **_round_cells(rounds)} for name, rounds in now.by_annotator.items()]
    columns: dict[str, Any] = {}
    for title in ROUNDS.values():
        columns[title] = st.column_config.TextColumn(width=230)
        columns[f"{title}, done"] = st.column_config.ProgressColumn(
            format="%d%%", min_value=0, max_value=100, width=130
        )
    st.dataframe(rows, hide_index=True, row_height=32, placeholder="–", key="annotators", column_config=columns)


def _round_cells(rounds: dict[str, RoundShare]) -> dict[str, Any]:
    """What somebody has done of each round, in words and as a share."""
    cells: dict[str, Any] = {}
    for name, title in ROUNDS.items():
        share = rounds[name]
        cells[title] = share_text(share) if is_asked(share) else None
        cells[f"{title}, done"] = 100 * share["submitted"] // share["of"] if share["of"] else None
    return cells


def show_disputes(project: Project, now: Standing) -> None:
    """What annotators disagree on, one turn at a time, and who decides it."""
    found = disputes(project)
    if not found:
        with empty(
            "Nothing is disputed",
            "Turns on which annotators disagree stand here until they agree, or somebody decides.",
        ):
            return
    names = [one["task"] for one in found]
    with st.container(key="tools", horizontal=True, vertical_alignment="center", gap="small"):
        chosen = st.selectbox("Turn", names, label_visibility="collapsed", width=280)
        one = found[names.index(chosen)]
        st.caption(plain(f"{len(found)} disputed  ·  {'; '.join(one['reasons'])}"), width="stretch")
        who = st.text_input(
            "Your pseudonym", key="adjudicator", placeholder="Your pseudonym", label_visibility="collapsed", width=160
        )
        buttons = {
            letter: st.button(f"Let {letter} stand", disabled=not who, key=f"stand-{chosen}-{letter}")
            for letter in one["answers"]
        }
    with faults():  # beneath the buttons, where there is room for what it says
        for letter in (letter for letter, pressed in buttons.items() if pressed):
            let_stand(project, one["task"], letter, who, "")
            st.rerun()
    _dispute(project, one)


def _dispute(project: Project, one: dict[str, Any]) -> None:
    task = project.tasks[one["task"]]
    left, right = st.columns([5, 7], gap="medium")
    with left:
        heading("As found", "what annotators were asked about")
        about = [{"title": "The person", "text": task.persona, "quiet": True}]
        found = {"spans": [[name, text] for name, text in task.spans._asdict().items()], "notes": about}
        parts.spans(found, key=f"found-{task.id}")
        thread = {"situation": task.situation, "selected": task.turn - 1, "turns": _turns(task), "height": "auto"}
        parts.thread(thread, key=f"disputed-{task.id}")
    with right:
        for letter, answer in one["answers"].items():
            scores = ", ".join(f"{name.replace('_', ' ')} {score}" for name, score in answer["scores"].items())
            heading(f"Annotator {letter}", answer["verdict"], answer["emotion"], scores)
            notes = [{"title": "Comment", "text": answer["comment"], "quiet": True}] if answer["comment"] else []
            parts.spans(
                {"spans": [[name, answer[name]] for name in SPAN_NAMES], "notes": notes}, key=f"answer-{letter}"
            )


def _turns(task: Task) -> list[dict[str, Any]]:
    """The dialogue as the annotators saw it: every turn before, and the message that the reply under dispute answers."""
    said = [one.text for one in task.dialogue]
    blank = {"decision": None, "emotion": "", "attempts": 0, "waiting": ""}
    earlier = [
        {"utterance": user, "response": helper, **blank} for user, helper in zip(said[::2], said[1::2], strict=False)
    ]
    return [*earlier, {"utterance": said[-1], "response": None, **blank, "waiting": "the reply above answers this"}]


def show_agreement(project: Project, now: Standing) -> None:
    """Scores with and without turns after a correction, agreement by criterion, and what looks odd about annotators."""
    from studio.annotate.agreeing import agreement_report

    report = agreement_report(project)
    if report.scores.rows:
        _show_scores(report.scores)
    for warning in report.warnings:
        parts.spans({"spans": [], "notes": [{"title": "Worth a look", "text": warning, "quiet": True}]}, key=warning)
    if not report.rows:
        with empty(
            "Nothing to compare yet", "Agreement needs two annotators on the same turns: push with --overlap 2."
        ):
            return
    heading("Agreement", "first round only, before any discussion; 95 % intervals over dialogues")
    st.dataframe(_named(report.rows), hide_index=True, row_height=32, placeholder="–", key="agreement")
    heading("Annotators", "difference from the others' mean on the same turns")
    st.dataframe(_named(report.people), hide_index=True, row_height=32, placeholder="–", key="people")


def _show_scores(scores: ScoreReport) -> None:
    heading("Scores", f"annotators' means with 95 % intervals over dialogues; {counts_text(scores)}")
    names = {"criterion": "Criterion", "all": "All turns", "without": "Without turns after a correction"}
    rows = [{names[name]: value or None for name, value in row.items()} for row in score_lines(scores)]
    st.dataframe(rows, hide_index=True, row_height=32, placeholder="–", key="scores")


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows under headers as people write them."""
    names = {"judged": "What was judged", "kappa": "Weighted kappa", "units": "Turns", "why": "Note"}
    return [{names.get(name, name.capitalize()): value or None for name, value in row.items()} for row in rows]


def show_corrections(project: Project, now: Standing) -> None:
    """What annotators changed, by words."""
    given = corrections(project)
    if not given:
        with empty("Nothing was changed yet", "Every answer that changes a span stands here, word by word."):
            return
    pages = -(-len(given) // PAGE)
    with st.container(key="tools", horizontal=True, vertical_alignment="center"):
        st.caption(f"{len(given):,} corrections", width="content")
        st.space("stretch")
        page = st.pagination(pages, key="corrections-page") if pages > 1 else 1
    rows = (correction_diff(project, answer) for answer in given[(page - 1) * PAGE : page * PAGE])
    items = [
        {"name": row["annotator"], "mark": "edited", "why": f"{row['part']}  ·  {row['task']}  ·  {row['at'][:16]}",
         "parts": [{"name": name, "ops": ops} for name, ops in row["ops"].items()]}
        for row in rows
    ]  # fmt: skip
    parts.diff({"heads": [["As found", ""], ["As corrected", ""]], "items": items}, key="corrections")
