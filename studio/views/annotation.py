"""Annotation: how far annotators are, what they disagree on, how far they agree, and what they changed."""

from pathlib import Path

import streamlit as st

from annotation.project import Project
from studio.annotate.exchanging import pull_from, pulled_text
from studio.annotate.standing import standing
from studio.commands.annotate import reach
from studio.panes.annotated import show_agreement, show_corrections, show_disputes, show_progress
from studio.widgets.page import bar, empty, fault, faults, plain
from studio.wording import counted
from studio.workspace import Workspace, open_workspace

VIEWS = {
    "Progress": show_progress,
    "Disputed": show_disputes,
    "Agreement": show_agreement,
    "Corrections": show_corrections,
}


def _pull(workspace: Workspace, project: Project) -> None:
    with faults(), reach(None, None) as argilla:
        st.toast(plain(pulled_text(pull_from(argilla, project, workspace))))


def _page() -> None:
    workspace = open_workspace()
    projects = workspace.projects()
    if not projects:
        with bar("Annotation"):
            pass
        with empty(
            "No annotation project yet",
            "Start the server with kardia annotate serve, then kardia annotate push RUN --to annotations/NAME.",
        ):
            return
    asked = st.query_params.get("project", "")
    name = asked if asked in projects else next(iter(projects))
    project = Project(Path(projects[name]))
    now = standing(project)
    if asked and asked != name:
        fault(f"annotations/{asked}: no such project here; this is {name}")
    with bar(name, counted(now.tasks, "turn"), f"overlap {project.overlap}", f"pack {project.header['pack_hash'][:4]}"):
        view = st.segmented_control(
            "View", list(VIEWS), default="Progress", required=True, label_visibility="collapsed", key="view"
        )
        if len(projects) > 1:
            chosen = st.selectbox(
                "Project", list(projects), index=list(projects).index(name), label_visibility="collapsed", width=160
            )
            if chosen != name:
                st.query_params["project"] = chosen
                st.rerun()
        st.button(
            "Pull answers",
            icon=":material/download:",
            on_click=_pull,
            args=(workspace, project),
            type="primary",
            shortcut="P",
        )
    VIEWS[view](project, now)


_page()
