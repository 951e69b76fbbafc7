"""What leaves the review of personas: the accepted rows as a file, and the queue as a table."""

from pathlib import Path
from typing import Any

import streamlit as st

from graphs.csv_text import csv_text
from graphs.records import BadFile, read_header
from personas.review import apply
from studio.panes.review import Review
from studio.people.persona_text import apply_text
from studio.people.reviewing import csv_rows, safe_name
from studio.widgets.page import faults

UNDECIDED = {"out": "Leave out", "unflagged": "Take in where nothing was found", "in": "Take in"}


def show_export(review: Review) -> None:
    """A popover that writes the accepted rows beside what was reviewed, and offers the queue as CSV."""
    with st.popover("Export", type="tertiary", icon=":material/download:"):
        path = review.opened.path
        undecided: Any = st.radio("Rows nobody decided on", list(UNDECIDED), format_func=UNDECIDED.get, key="undecided")
        name = st.text_input("File", value=f"{path.stem}.accepted.jsonl", key=f"accepted-{path.name}")
        if st.button("Write the accepted", type="primary"):
            with faults():
                out = _accepted_file(review, name)
                report = apply(path, out, review.opened.log_path, undecided)
                st.text(apply_text(report.model_copy(update={"out": str(out.relative_to(review.workspace.root))})))
        st.download_button(
            "Queue as CSV",
            lambda: csv_text(*csv_rows(review.queue)),
            f"{safe_name(path.stem)}-review.csv",
            "text/csv",
            on_click="ignore",
        )


def _accepted_file(review: Review, name: str) -> Path:
    """Where the accepted go: beside what was reviewed, or in data/; only over a file that a review wrote.

    Raises:
        BadFile: a name that is none, or that other rows have.
    """
    inside = review.opened.path.is_relative_to(review.workspace.root)
    folder = review.opened.path.parent if inside else review.workspace.root / "data"
    if Path(name).name != name or not name.endswith(".jsonl") or name.startswith("."):
        raise BadFile(f"{name}: no name for this; give one without a folder that ends in .jsonl")
    if (folder / name).exists() and "review" not in read_header(folder / name):
        raise BadFile(f"{name}: is there and was not written by a review; give another name")
    return folder / name
