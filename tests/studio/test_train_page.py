"""The page Train without a browser: what it shows of runs, where it leads, what it refuses; on folders as they stand on disk."""

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from studio.training.runs import training_names, training_row
from studio.workspace import Workspace
from tests.studio.hostile import PLANT
from tests.studio.training_fixture import CANDIDATES, GROUPS, GRPO, SFT, STEPS, make_trainings, note, started


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("training") / "workspace"
    make_trainings(root)
    return root


@pytest.fixture
def own(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "own"))


def settled(test: AppTest) -> AppTest:
    done = test.run()
    assert not done.exception
    return done


def words(test: AppTest) -> str:
    shown = [*test.markdown, *test.caption, *test.text, *test.metric, *test.code, *test.subheader]
    return "\n".join(f"{getattr(one, 'label', '')} {one.value}" for one in shown).replace("\\", "")


def buttons(test: AppTest) -> dict[str, bool]:
    return {button.label: not button.disabled for button in test.button}


def press(test: AppTest, label: str) -> AppTest:
    return next(button for button in test.button if button.label == label).click().run()


def numbers(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value.replace("\\", "") for metric in test.metric}


def test_all_runs_stand_in_a_table(view, made):
    page = settled(view("train", made))
    table = page.dataframe[0].value
    assert dict(zip(table["run"], table["state"], strict=True)) == {SFT: "done", GRPO: "stopped"}
    assert list(table["alarms"]) == [len(read) for read in ([1], [])]
    assert "2 runs" in words(page)


def test_an_empty_workspace_says_the_way_out(view, tmp_path):
    page = settled(view("train", tmp_path))
    assert "No training run yet" in words(page)
    assert "kardia train demo" in words(page)


@pytest.mark.parametrize(
    ("run", "figures"),
    [
        (GRPO, {"Reward": "0.833", "Left": "20", "Judge failed": "12.5 %", "Alarms": "1"}),
        (SFT, {"Loss": "0.100", "Token accuracy": "0.968", "Left": "0", "Learning rate": "–"}),
    ],
)
def test_a_link_shows_a_run_with_its_figures_and_curves(view, made, run, figures):
    page = settled(view("train", made, run=run))
    assert numbers(page).items() >= figures.items()
    assert "held out" in words(page)


@pytest.mark.parametrize("name", ["nowhere", "../..", "calm-sft/../..", "<img src=x>", "\0"])
def test_a_link_to_no_run_is_told_above_the_table(view, made, name):
    page = settled(view("train", made, run=name))
    assert "choose one of the table" in words(page)
    assert len(page.dataframe[0].value) == 2


def test_a_sample_is_shown_with_rewards_and_reasons_by_its_link(view, made):
    page = settled(view("train", made, run=GRPO, show="Samples", step="11", prompt="2", candidate="2"))
    assert "Step 11, candidate 3" in words(page)
    assert "example e1" in words(page)
    assert numbers(page).items() >= {"Format": "0.000", "Reward": "0.000"}.items()
    page = settled(view("train", made, run=GRPO, show="Samples"))
    assert f"Step {STEPS}, candidate 1" in words(page)


@pytest.mark.parametrize(
    "query", [{"step": "999"}, {"step": "-1"}, {"step": "x"}, {"prompt": "99"}, {"candidate": "77"}]
)
def test_a_sample_that_is_not_there_is_the_nearest(view, made, query):
    page = settled(view("train", made, run=GRPO, show="Samples", **query))
    assert "candidate 1" in words(page)


def test_a_failed_judge_is_a_dash_with_its_reason(view, made):
    page = settled(view("train", made, run=GRPO, show="Samples", step="39", candidate="3"))
    assert numbers(page).items() >= {"Outcome": "–", "Reward": "–", "Advantage": "0"}.items()
    assert "timed out after 120 s" in next(metric.help for metric in page.metric if metric.label == "Reward")


def test_choosing_a_step_writes_the_address(view, made):
    page = settled(view("train", made, run=GRPO, show="Samples"))
    page.selectbox[0].set_value(5)
    page = settled(page)
    assert "Step 5, candidate 1" in words(page)
    assert page.query_params["step"] in ("5", ["5"])
    page = press(page, "Earlier")
    assert "Step 4, candidate 1" in words(page)
    assert page.query_params["step"] in ("4", ["4"])


@pytest.mark.parametrize(
    ("only", "found"),
    [
        ([], STEPS * GROUPS * CANDIDATES),
        (["failed"], STEPS // 2 * GROUPS),
        (["broken"], STEPS // 2 * GROUPS),
        (["broken", "failed"], 0),
    ],
)
def test_the_ledger_is_looked_up(view, made, only, found):
    page = settled(view("train", made, run=GRPO, show="Ledger"))
    page.pills[0].set_value(only)
    page = settled(page)
    if found:
        assert f"{found} of {STEPS * GROUPS * CANDIDATES} rollouts" in words(page)
        assert len(page.dataframe[0].value) == min(found, 50)
    else:
        assert "No rollout matches" in words(page)


def test_the_ledger_is_found_by_example_step_and_candidate(view, made):
    page = settled(view("train", made, run=GRPO, show="Ledger"))
    page.text_input[0].set_value("e1")
    fields = {field.key: field for field in page.number_input}
    fields["ledger-steps-from"].set_value(30)
    fields["ledger-candidate"].set_value(2)
    page = settled(page)
    table = page.dataframe[0].value
    assert set(table["example"]) == {"e1"}
    assert set(table["candidate"]) == {2}
    assert min(table["step"]) == 30


def test_an_alarm_says_what_to_do_and_leads_to_its_samples(view, made):
    page = settled(view("train", made, run=GRPO, show="Alarms"))
    assert "format rises, the judge stays" in words(page)
    assert "lambda_format" in words(page)
    page = press(page, "Samples of that step")
    assert not page.exception
    assert f"Step {STEPS}, candidate 1" in words(page)


def test_settings_are_shown_as_frozen(view, made):
    assert "learning_rate: 0.001" in words(settled(view("train", made, run=SFT, show="Settings")))


def test_an_unknown_view_is_the_curves(view, made):
    assert "by optimiser step" in words(settled(view("train", made, run=SFT, show="Ledger")))


@pytest.mark.parametrize(
    ("state", "told"),
    [("training", "lost"), ("done", "done"), ("stopped", "stopped"), ("failed", "failed")],
)
def test_a_run_that_nobody_holds_is_not_training(own, state, told):
    note(started(own / "training" / "evening", "grpo"), state, 3, 9, reason="the judge is gone")
    row = training_row(Workspace(own), "evening")
    assert row.state == told
    assert row.reason


def test_damaged_files_take_nothing_down(view, own):
    run = own / "training" / GRPO
    (run / "progress.json").write_text("{")
    (run / "metrics.jsonl").write_text(
        '{"step": "x"}\n[1]\nnot json\n{"step": 1, "metrics": {"reward": null, "kl": NaN}}\n{"step": 2, "met'
    )
    (run / "alarms.jsonl").write_text("{}\n[]\n")
    for show in ("Curves", "Samples", "Alarms", "Settings"):
        settled(view("train", own, run=GRPO, show=show))


def test_a_run_without_its_examples_says_so(view, own):
    (own / "examples.jsonl").unlink()
    page = settled(view("train", own, run=GRPO, show="Samples"))
    assert "examples.jsonl" in words(page)
    assert "candidate 1" in words(page)


def test_foreign_text_stays_text(view, tmp_path):
    make_trainings(tmp_path, PLANT, steps=4)
    for show in ("Curves", "Samples", "Ledger", "Alarms", "Settings"):
        page = settled(view("train", tmp_path, run=GRPO, show=show))
        labels = [*page.markdown, *page.caption, *page.metric]
        assert not [one for one in labels if "<img" in one.value or "![" in one.value or "$x" in one.value]


def test_the_dialog_shows_its_command_and_refuses_a_name_that_is_taken(view, own):
    page = press(settled(view("train", own)), "New training")
    assert not page.exception
    assert "kardia train sft --examples" in words(page)
    next(field for field in page.text_input if field.label == "Epochs").set_value("5")
    next(field for field in page.text_input if field.label == "Name").set_value(GRPO)
    page = settled(page)
    assert "--set num_train_epochs=5" in words(page)
    page = press(page, "Launch")
    assert "there is a training run of this name" in words(page)


def test_without_examples_the_dialog_says_how_to_make_some(view, tmp_path):
    page = press(settled(view("train", tmp_path)), "New training")
    assert "kardia train examples" in words(page)
    assert not buttons(page)["Launch"]


def test_a_demonstration_lies_one_folder_deeper(own):
    shutil.copytree(own / "training" / SFT, own / "training" / "demo" / "sft")
    assert "demo/sft" in training_names(Workspace(own))
    assert json.loads((own / "training" / "demo" / "sft" / "progress.json").read_text())["state"] == "done"
