"""The page Runs, without a browser, and the rows that it and `kardia synth runs` show."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from streamlit.testing.v1 import AppTest

from graphs.watching.standing import standing
from studio.runs import jobs
from studio.runs.rows import failure_rows, headline, kinds, live_names, numbers, run_names, run_row, run_rows
from tests.graphs.counting import counting_endpoint, wait_for
from tests.graphs.runs import kardia, new_run, paired, play
from tests.studio.workspace_fixture import FAILING, RUN, STOPPED


def words(test: AppTest) -> str:
    """All that stands on the page, but tables and buttons."""
    shown = [*test.markdown, *test.caption, *test.text, *test.metric, *test.code, *test.subheader]
    return "\n".join(f"{getattr(one, 'label', '')} {one.value}" for one in shown).replace("\\", "")


def buttons(test: AppTest) -> dict[str, bool]:
    """Buttons that can be seen, and whether they can be pressed."""
    return {button.label: not button.disabled for button in test.button}


def press(test: AppTest, label: str) -> AppTest:
    return next(button for button in test.button if button.label == label).click().run()


def settled(test: AppTest) -> AppTest:
    done = test.run()
    assert not done.exception
    return done


def test_rows_tell_state_progress_pack_and_model_the_newest_first(ground):
    rows = {row.name: row for row in run_rows(ground.workspace, run_names(ground.workspace))}
    assert {name: row.state for name, row in rows.items()}.items() >= {
        RUN: "finished", FAILING: "finished", STOPPED: "refused",
    }.items()  # fmt: skip
    assert rows[RUN].pack.startswith("kardia@")
    assert rows[RUN].models == "kardia-demo-1"
    assert headline(rows[RUN].standing) == "8 of 8 dialogues"
    assert live_names(ground.workspace) == []


def test_a_fork_is_a_run_too(ground):
    assert run_row(ground.workspace, ground.fork).state == "finished"


def test_failures_tell_class_slot_and_reason(ground):
    found = failure_rows(ground.root / "runs" / FAILING)
    assert sum(kinds(found).values()) == len(found) > 0
    for failure in found:
        assert failure.role in ("user simulator", "responder", "rubric evaluator")
        assert failure.turn
        assert failure.reason
        assert not failure.again


def test_what_nobody_counted_is_a_dash_with_its_reason(tmp_path):
    figures = numbers(standing(new_run(tmp_path, 3).path))
    assert {figure.label: figure.value for figure in figures} == {
        "Rate": "–", "Left": "3", "Cost": "–", "Solved": "–", "Fails a turn": "–", "Errors": "–",
    }  # fmt: skip
    assert all(figure.why for figure in figures if figure.value == "–")


def test_the_command_line_lists_the_same(ground):
    done = kardia("synth", "runs", "--workspace", ground.root, "--json")
    rows = {row["run"].rsplit("/", 1)[1]: row for row in json.loads(done.stdout)["runs"]}
    assert (rows[RUN]["state"], rows[RUN]["finished"]) == ("finished", 8)
    assert (rows[STOPPED]["state"], rows[STOPPED]["why"]) == ("stopped", "refused")


def test_an_empty_workspace_offers_a_new_run(view, tmp_path):
    page = settled(view("runs", tmp_path))
    assert "No runs yet" in words(page)
    assert buttons(page) == {"New run": True}


def test_the_newest_run_is_shown_and_the_table_lists_all(view, ground):
    page = settled(view("runs"))
    table = page.dataframe[0].value
    assert list(table["run"]) == run_names(ground.workspace)
    assert set(table["state"]) <= {"finished", "refused", "stopped"}
    assert "All runs" in words(page)


@pytest.mark.parametrize(
    ("run", "seen", "offered"),
    [
        (RUN, "Finished", {"Open": True}),
        (FAILING, f"Failures of {FAILING}", {"Open": True, "Retry failed": True}),
        (STOPPED, "does not exist", {"Resume": True, "Open": True}),
    ],
)
def test_a_link_shows_its_run_with_what_can_be_done(view, run, seen, offered):
    page = settled(view("runs", run=run))
    assert seen in words(page)
    assert buttons(page) == {"New run": True, **offered}


@pytest.mark.parametrize("name", ["nowhere", "../..", "", "winter/../../..", "<img src=x>"])
def test_a_link_to_no_run_is_told_above_the_table(view, ground, name):
    page = settled(view("runs", run=name))
    assert len(page.dataframe[0].value) == len(run_names(ground.workspace))
    assert "choose one of the table" in words(page) or not name


def test_failures_are_filtered_by_class(view, own_ground):
    run = own_ground.root / "runs" / FAILING
    with closing(sqlite3.connect(run / "journal.sqlite")) as db, db:
        db.execute("update failures set kind = 'deadline' where thread = ?", (failure_rows(run)[0].dialogue,))
    page = settled(view("runs", own_ground.root, run=FAILING))
    assert len(page.dataframe[1].value) == len(failure_rows(run))
    page.segmented_control[0].set_value("deadline")
    page = settled(page)
    assert list(page.dataframe[1].value["class"]) == ["deadline"]


def test_a_run_is_watched_paused_and_resumed_from_the_page(view, own_ground):
    workspace = own_ground.workspace
    run = workspace.root / "runs" / "evening"
    with counting_endpoint(latency_s=0.1) as endpoint:
        argv = ["synth", "run", "--pairings", paired(own_ground.root, 16), "--out", run, "--base-url", endpoint.url]
        jobs.launch(workspace, run, [*map(str, argv), "--concurrency", "4"])
        page = settled(view("runs", own_ground.root))
        assert "evening" in words(page)
        wait_for(lambda: jobs.standing(run, workspace).progress.finished > 0, timeout_s=60)
        endpoint.latency_s = 1.0  # however long the page takes, it finds the run in its middle
        page = settled(page)
        assert "Running" in words(page)
        assert " live, " in words(page)
        assert buttons(page).items() >= {"Pause": True, "Stop": True}.items()
        press(page, "Pause")
        wait_for(lambda: not jobs.standing(run, workspace).is_live, timeout_s=60)
        page = settled(view("runs", own_ground.root))
        assert "Stopped" in words(page)
        assert endpoint.repeated == 0
    with counting_endpoint() as again:
        text = (run / "run.yaml").read_text()
        (run / "run.yaml").write_text(text.replace(endpoint.url, again.url))
        press(page, "Resume")
        wait_for(lambda: jobs.standing(run, workspace).state == "finished", timeout_s=60)
    assert "Finished" in words(settled(page))


def test_a_refused_start_stands_with_its_reason_and_what_its_process_said(view, own_ground, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    workspace, run = own_ground.workspace, own_ground.root / "runs" / "unkeyed"
    pairings = str(own_ground.root / f"pairings-{RUN}.jsonl")
    jobs.launch(
        workspace, run, ["synth", "run", "--pairings", pairings, "--out", str(run), "--model", "gpt-4o-2024-11-20"]
    )
    wait_for(lambda: not jobs.standing(run, workspace).is_live, timeout_s=60)
    page = settled(view("runs", own_ground.root))
    assert "OPENAI_API_KEY" in words(page)
    assert buttons(page) == {"New run": True, "Forget": True, "Try again": True}
    press(page, "Forget")
    assert "unkeyed" not in run_names(workspace)


def test_the_dialog_plans_estimates_and_launches(view, own_ground):
    page = press(settled(view("runs", own_ground.root)), "New run")
    assert not page.exception
    page = press(page, "Estimate")
    assert "Nothing was called" in words(page)
    assert "kardia synth run --pairings" in words(page)
    next(field for field in page.text_input if field.label == "Name").set_value("night")
    page = press(page.run(), "Launch")
    assert not page.exception
    run = own_ground.root / "runs" / "night"
    wait_for(lambda: jobs.standing(run, own_ground.workspace).state == "finished", timeout_s=60)
    assert page.query_params["run"] in ("night", ["night"])


def test_the_dialog_says_what_is_wrong_instead_of_launching(view, own_ground):
    page = press(settled(view("runs", own_ground.root)), "New run")
    next(field for field in page.text_input if field.label == "Name").set_value(RUN)
    page = press(page.run(), "Launch")
    assert "there is a run of this name" in words(page)
    (own_ground.root / "kardia.yaml").write_text("endpoints:\n  a: {}\n")
    page = settled(page)
    assert "kardia.yaml:2" in words(page)


def test_a_thousand_runs_are_a_page_of_fifty(view, tmp_path):
    run = new_run(tmp_path / "runs", 2, "run-000")
    with counting_endpoint() as endpoint:
        play(run, endpoint.url)
    for number in range(1, 120):
        shutil.copytree(run.path, tmp_path / "runs" / f"run-{number:03d}")
    page = settled(view("runs", tmp_path))
    assert len(page.dataframe[0].value) == 50
    assert "120 runs" in words(page)
