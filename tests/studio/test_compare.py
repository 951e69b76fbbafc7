"""Comparing prompts: the command line, the words for what was found, the jobs, and the page."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from graphs.llm.build import Reach
from graphs.llm.prices import FREE, Price
from graphs.packs import pack_digest
from graphs.runs import WrongUse, open_run
from graphs.session import Means
from graphs.trials.frozen import FrozenState
from graphs.trials.results import comparison_standing
from graphs.trials.trials import Comparison
from measure.paired import Difference
from measure.prompt_report import Report, report
from studio.cli import app
from studio.compare import jobs as comparing_jobs
from studio.compare.comparing import Asked, begun, planned, played
from studio.compare.figures import four_numbers
from studio.compare.form import difference
from studio.compare.pairs import answers, change_rows, diff_data, replay_query
from studio.compare.text import amount, floor_text, left_out_text, p_text, span, verdict, yardstick_text
from studio.compare.versions import Choice, choices, defaults, find_version
from studio.prompts.packs import history
from studio.workspace import Workspace
from tests.graphs.counting import counting_endpoint, wait_for
from tests.graphs.runs import ROOT
from tests.studio.conftest import copied
from tests.studio.workspace_fixture import Ground

STATES = 10


@pytest.fixture(scope="module")
def place(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A workspace whose pack has changed since its run was played."""
    own = copied(ground, tmp_path_factory.mktemp("compare") / "workspace")
    text = (own.root / "prompts" / "mine" / "responder.md").read_text()
    (own.root / "prompts" / "mine" / "responder.md").write_text(text.replace("=== user ===", "Be brief.\n=== user ==="))
    return own


@pytest.fixture(scope="module")
def endpoint():
    with counting_endpoint() as counting:
        yield counting


@pytest.fixture(scope="module")
def found(place: Ground, endpoint) -> tuple[Comparison, Report]:
    """A finished comparison of the page's workspace, two draws each."""
    return compared(place, "found", endpoint.url, b="mine", draws=2)


def compared(place: Ground, name: str, url: str, **asked: object) -> tuple[Comparison, Report]:
    """Compare as the command does, against an endpoint of the test's own."""
    out = place.root / "comparisons" / name
    wanted = Asked(**{"runs": [place.run_path], "a": "run", "states": STATES, **asked})
    with planned(wanted, out, place.workspace) as plan:
        comparison = begun(plan, out)
    means = Means(Reach(base_url=url, concurrency=4, price=FREE, deadline_s=20, retries=0))
    return comparison, played(comparison, means)[1]


def off_format(state: FrozenState):
    """The embedded model, but its evaluator talks instead of judging at one state."""

    def change(body, reply):
        asked = body["messages"][1]["content"]
        if "response_format" in body and state.key in asked and f"turn {state.turn} of" in asked:
            reply["choices"][0]["message"]["content"] = "I would rather not say."
        return reply

    return change


def kardia(*arguments: object) -> Result:
    """The command line, in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_at_temperature_0_a_differs_from_itself_in_nothing(place, tmp_path):
    done = kardia(
        "compare", "run", "--runs", place.run_path, "--a", "run", "--b", "run", "--temperature", "0", "--states", "8",
        "--draws", "2", "--out", tmp_path / "zero", "--workspace", place.root, "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    data = json.loads(done.stdout)["report"]
    for contrast in (data["result"], data["floor"]):
        assert contrast["identical"] and contrast["pairs"] == 16
        for each in [contrast["acceptable"], contrast["score"], *contrast["criteria"].values()]:
            assert (each["difference"], each["low"], each["high"], each["p"]) == (0, 0, 0, 1)
        assert contrast["words"] == 0
    shown = kardia("compare", "show", tmp_path / "zero")
    assert "No difference at all" in shown.stdout
    assert "most changed" not in shown.stdout


def test_a_stop_in_the_middle_and_a_resume_buy_nothing_twice(place, tmp_path):
    with counting_endpoint(latency_s=0.02) as counting:
        out = tmp_path / "c"
        way = ["--base-url", counting.url, "--concurrency", "2"]
        command = ["compare", "run", "--runs", place.run_path, "--b", "mine", "--out", out, "--workspace", place.root]
        started = subprocess.Popen(
            [sys.executable, "-m", "studio.cli", *map(str, [*command, "--states", "20", *way])],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        wait_for(lambda: counting.total > 12)
        started.send_signal(signal.SIGINT)
        text, _ = started.communicate(timeout=60)
        assert started.returncode == 130
        assert "not played yet" in text
        done = kardia("compare", "resume", out, *way)
        assert done.exit_code == 0, done.stderr
        assert counting.repeated == 0
    assert comparison_standing(out).state == "finished"


def test_a_dry_run_says_what_it_would_take_and_makes_nothing(place, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    done = kardia(
        "compare", "run", "--runs", place.run_path, "--b", "mine", "--out", tmp_path / "c", "--workspace", place.root,
        "--model", "gpt-4o-2024-11-20", "--dry-run",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "calls" in done.stdout and "noise floor: $" in done.stdout
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--b", "nowhere"], "no such pack"),
        (["--b", "mine@00"], "at least 4 signs"),
        (["--b", "mine@0000"], "no such version"),
        (["--b", "mine", "--evaluator", "c"], "--evaluator"),
        (["--b", "mine", "--model", "judge=x"], "unknown role"),
    ],
)
def test_what_cannot_be_compared_is_named(place, tmp_path, options, named):
    single = dict(zip(options[::2], options[1::2], strict=True))
    asked = Asked([place.run_path], "run", single["--b"], 4, evaluator=single.get("--evaluator", "a"))
    asked = asked._replace(model=[single["--model"]] if "--model" in single else None)
    with pytest.raises(Exception, match=named), planned(asked, tmp_path / "c", place.workspace):
        pass


def test_a_judge_that_talks_is_left_out_named_and_no_zero(place, endpoint):
    comparison, sound = compared(place, "sound", endpoint.url, b="mine")
    victim = comparison.states[0]
    with counting_endpoint(change=off_format(victim)) as talking:
        broken, result = compared(place, "broken", talking.url, b="mine")
    assert broken.states == comparison.states
    left_out = result.result.excluded
    assert {each.state for each in left_out} == {victim.id}
    assert all("off format" in each.reason and "rubric_evaluator" in each.reason for each in left_out)
    assert result.result.pairs == sound.result.pairs - 1
    assert result.result.acceptable.states == sound.result.acceptable.states - 1
    assert victim.id not in {change.state for change in result.changes}
    assert "gave no answer that can stand" in left_out_text(result.result)


def test_a_reply_against_a_hard_rule_is_a_decision_without_scores(place):
    def no_tags(body, reply):
        if "response_format" not in body:
            reply["choices"][0]["message"]["content"] = "Sorry to hear."
        return reply

    with counting_endpoint(change=no_tags) as broken:
        comparison, result = compared(place, "tagless", broken.url, b="mine", states=6)
    assert result.result.table["FAIL"]["FAIL"] == result.result.pairs == result.result.unscored == 6
    assert result.result.score.difference is None and result.result.score.why_not
    assert result.result.acceptable.difference == 0
    assert span(result.result.score).startswith("–")
    assert change_rows(result.changes, 3)[0]["again"] == "hard rule"
    assert diff_data(*[answers(comparison, "s0001")[0].attempt(arm) for arm in ("a", "b")], ("A", "B"))["items"]


def test_the_yardstick_is_named_where_it_differs(place, endpoint):
    pack = place.root / "prompts" / "strict"
    shutil.copytree(place.root / "prompts" / "mine", pack)
    (pack / "rubric_evaluator.md").write_text((pack / "rubric_evaluator.md").read_text() + "Be strict.\n")
    _, same = compared(place, "judged-a", endpoint.url, b="strict", states=6)
    assert same.yardstick == ("the evaluator's template",)
    assert "judged by A's" in yardstick_text(same, "a")
    assert "may lie in the judging" in yardstick_text(same, "own")
    offered = {choice.spec: choice for choice in choices(place.workspace)}
    said = difference(place.workspace, offered["strict"], offered["mine"])
    assert said.files == ["rubric_evaluator.md"] and said.yardstick
    shutil.rmtree(pack)


def test_a_result_says_no_more_than_its_intervals(found):
    _, result = found
    base = result.result
    assert base.pairs == 2 * STATES
    assert verdict(result.model_copy(update={"result": base.model_copy(update={"pairs": 0})})).startswith("Nothing")
    sure = Difference(states=9, units=9, a=0.5, b=0.7, difference=0.2, low=0.1, high=0.3, p=0.01)
    unsure = sure.model_copy(update={"low": -0.1})
    for acceptable, score, said in (
        (unsure, unsure, "No difference that 20 pairs of replies can show."),
        (sure, unsure, "B's replies are acceptable more often."),
        (unsure, sure.model_copy(update={"difference": -0.2, "low": -0.3, "high": -0.1}), "B's replies score lower."),
    ):
        changed = base.model_copy(update={"acceptable": acceptable, "score": score, "identical": False})
        assert verdict(result.model_copy(update={"result": changed})) == said
    moved = result.model_copy(update={"floor": base.model_copy(update={"score": sure, "acceptable": unsure})})
    assert "Chance does that" in floor_text(moved)
    assert floor_text(result.model_copy(update={"floor": None})) == ""


def test_figures_are_written_for_people(found):
    assert amount(-0.004, 2, "$") == "$0.00" and amount(None) == "–"
    assert amount(-12.5, 1, " points", signed=True) == "−12.5 points"
    assert (p_text(0.0004), p_text(0.031), p_text(0.5)) == ("p < 0.001", "p = 0.031", "p = 0.50")
    shown = four_numbers(found[1])
    assert [each.label for each in shown][:2] == ["Acceptable replies", "Mean score"]
    assert all("95 %" in each.sure and each.beside.startswith("A against itself") for each in shown)


def test_the_saved_result_is_what_show_counts_again(found):
    comparison, result = found
    assert report(comparison) == result
    assert comparing_jobs.read_report(comparison.path, comparison_standing(comparison.path)) == result
    weights = [abs(change.score) for change in result.changes if change.score is not None]
    assert weights == sorted(weights, reverse=True)


def test_versions_are_found_by_every_name_they_have(place, tmp_path):
    workspace, folder = place.workspace, place.root / "prompts" / "mine"
    now = pack_digest(folder)
    run = open_run(place.run_path)
    run_hash = run.config.pack_hash
    assert find_version("run", [run], workspace, tmp_path).version.hash == run_hash
    for spec, expected in (
        ("mine", now),
        (str(folder), now),
        (f"@{run_hash[:8]}", run_hash),
        (f"kardia@{run_hash}", run_hash),
    ):
        assert find_version(spec, [], workspace, tmp_path).version.hash == expected
    kept = history(workspace, "mine")
    saved = kept.look()
    (folder / "responder.md").write_text((folder / "responder.md").read_text() + "And kind.\n")
    assert pack_digest(folder) != saved.hash
    assert find_version(f"mine@{saved.hash[:6]}", [], workspace, tmp_path).version.hash == saved.hash
    assert saved.hash in {choice.hash for choice in choices(workspace)}
    kept.revert(saved, kept.look().hash)
    with pytest.raises(WrongUse, match="belongs to the pack kardia"):
        find_version(f"other@{run_hash}", [], workspace, tmp_path)


def test_first_offered_are_what_was_played_and_the_same_pack_as_it_is_now():
    offered = [Choice("x", "x", "1", "other"), Choice("kardia", "k", "2", "kardia"), Choice("mine", "m", "3", "kardia")]
    assert [choice.spec for choice in defaults(offered, "2")] == ["kardia", "mine"]
    assert [choice.spec for choice in defaults(offered[:1], "9")] == ["x", "x"]


def test_a_name_tells_what_is_compared_and_is_free(place, found):
    assert comparing_jobs.free_name(place.workspace, "mine@1a2b", "Other Pack") == "other-pack-against-mine-1a2b"
    (place.root / "comparisons" / "b-against-a").mkdir()
    assert comparing_jobs.free_name(place.workspace, "a", "b") == "b-against-a-2"


def test_what_a_budget_stopped_goes_on_as_a_job_and_is_listed(place, endpoint):
    workspace, path = place.workspace, comparing_jobs.comparison_path(place.workspace, "budgeted")
    with planned(Asked([place.run_path], "run", "mine", 6), path, workspace) as plan:
        comparison = begun(plan, path)
    reach = Reach(base_url=endpoint.url, concurrency=2, price=Price(1, 1))
    played(comparison, Means(reach, budget_usd=0.02))
    assert comparing_jobs.standing(workspace, path).ended == "budget"
    comparing_jobs.go_on(workspace, path)
    assert comparing_jobs.standing(workspace, path).is_live
    wait_for(lambda: not comparing_jobs.standing(workspace, path).is_live)
    now = comparing_jobs.standing(workspace, path)
    assert (now.state, now.progress.finished) == ("finished", comparison.total)
    assert comparing_jobs.read_report(path, now).result.pairs == 6
    assert "budgeted" in {each.name for each in comparing_jobs.comparisons(workspace)}


def test_a_job_that_cannot_begin_says_why(place):
    workspace = place.workspace
    comparing_jobs.launch(workspace, "lost", ["--runs", str(place.run_path), "--nonsense"])
    path = comparing_jobs.comparison_path(workspace, "lost")
    wait_for(lambda: not comparing_jobs.standing(workspace, path).is_live)
    now = comparing_jobs.standing(workspace, path)
    assert now.state == "stopped" and "--nonsense" in now.reason


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".hidden", "x" * 99, "<b>"])
def test_a_name_is_no_way_out_of_the_workspace(tmp_path: Path, name: str):
    with pytest.raises(WrongUse):
        comparing_jobs.comparison_path(Workspace(tmp_path), name)


def test_a_state_leads_back_to_the_dialogue_it_came_from(place, found, tmp_path):
    comparison, _ = found
    state = comparison.states[0]
    query = {"run": place.run, "d": state.pairing.id, "t": str(state.turn), "k": "1"}
    assert replay_query(place.workspace, comparison, state) == query
    assert replay_query(Workspace(tmp_path), comparison, state) is None


def test_the_page_offers_two_versions_and_says_in_what_they_differ(view, place):
    page = view("compare", root=place.root).run()
    assert not page.exception
    a, b = page.selectbox[0], page.selectbox[1]
    assert (a.label, b.label) == ("Version A", "Version B")
    assert b.value == "mine" and a.value != b.value
    assert any("responder" in caption.value for caption in page.caption)
    next(button for button in page.button if button.label == "Estimate").click()
    page.run()
    assert not page.exception
    assert {"Calls", "Tokens", "Cost", "Time"} <= {metric.label for metric in page.metric}


def test_the_page_shows_what_was_found(view, place, found):
    comparison, result = found
    page = view("compare", root=place.root, c="found").run()
    assert not page.exception
    assert any(verdict(result).split()[0] in text.value for text in page.markdown)
    assert len(page.metric) == 4
    page = view("compare", root=place.root, c="found", s=comparison.states[3].id).run()
    assert not page.exception
    assert any(comparison.states[3].pairing.id.replace("-", "\\-") in text.value for text in page.markdown)


def test_the_page_says_identical_in_a_sentence_without_a_chart(view, place, endpoint):
    compared(place, "same", endpoint.url, b="run", temperature=0.0, states=6)
    page = view("compare", root=place.root, c="same").run()
    assert not page.exception
    assert any("No difference at all" in text.value for text in page.markdown)
    assert not page.metric


def test_the_page_without_runs_says_where_to_begin(view, tmp_path):
    page = view("compare", root=tmp_path).run()
    assert not page.exception
    assert [button.label for button in page.button] == ["Open the runs"]


def test_the_page_of_an_unknown_comparison_says_so(view, place):
    page = view("compare", root=place.root, c="nowhere").run()
    assert page.exception
