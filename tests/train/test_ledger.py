"""The ledger: every candidate stands in it, a crash costs at most a line, and whatever was changed is found."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from graphs.records import BadFile, write_rows
from studio.cli import app
from tests.train.rollouts import a_ledger, example, header, reply, scored, scorer
from train.ledger.check import check_ledger
from train.ledger.ledger import LedgerWriter, OtherLedger, groups, ledger_header, read_ledger
from train.running.run_lines import Metrics, add_line, cut_lines

SAD, ANGRY, OTHER = reply("sad", "What did it hold?"), reply("angry", "Buy one."), reply("proud", "I see.")
BROKEN = SAD.replace("<|response_end|>", "")
POINTS = {SAD: 5, ANGRY: 2, OTHER: None}
STEPS = [[[SAD, ANGRY, BROKEN], [SAD, OTHER, ANGRY]], [[SAD, SAD, ANGRY], [BROKEN, ANGRY, SAD]]]


@pytest.fixture
async def run(tmp_path: Path) -> Path:
    await a_ledger(tmp_path, scorer(POINTS.get), STEPS)
    return tmp_path


def lines(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "ledger.jsonl").read_text().splitlines()]


def rewrite(run: Path, rows: list[dict[str, Any]]) -> None:
    (run / "ledger.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_every_candidate_of_every_step_stands_in_it_with_reasons_and_failures(run: Path) -> None:
    rollouts = list(read_ledger(run / "ledger.jsonl"))
    assert [(each.step, each.group, each.candidate) for each in rollouts] == [
        (step, group, candidate) for step in (1, 2) for group in range(2) for candidate in range(3)
    ]
    assert rollouts[0].marks["empathy"].reason == "r" and rollouts[4].failure == "off format: prose"
    assert rollouts[4].advantage == 0 and rollouts[2].outcome_reward == 0
    assert len(groups(rollouts)) == 4


def test_an_untouched_ledger_has_no_findings(run: Path) -> None:
    assert check_ledger(run) == (12, [])


def change(field: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda row: row.__setitem__(field, value)


@pytest.mark.parametrize(
    ("line", "fault", "field"),
    [
        (1, change("advantage", 0.5), "advantage"),
        (1, change("advantage", 1e9), "advantage"),
        (1, change("reward", 0.999998), "reward"),
        (1, change("format_reward", 0.9), "format_reward"),
        (1, change("emotion_reward", 0.0), "emotion_reward"),
        (1, change("outcome_reward", 0.75), "outcome_reward"),
        (1, change("predicted", "angry"), "predicted"),
        (1, change("emotion", "angry"), "emotion"),
        (1, change("constraint_bits", [1] + [0] * 8), "constraint_bits"),
        (1, change("completion", ANGRY), "predicted"),
        (1, lambda row: row["marks"]["empathy"].__setitem__("score", 4), "outcome_reward"),
        (1, lambda row: row["marks"]["empathy"].__setitem__("score", 9), "marks"),
        (1, lambda row: row["marks"].pop("safety"), "marks"),
        (1, change("judge", "another"), "judge"),
        (1, change("judge_prompt_sha256", "q"), "judge_prompt_sha256"),
        (1, change("weights", {"format": 1.0, "emotion": 0.0, "outcome": 0.0}), "weights"),
        (1, change("outcome", "embedding"), "outcome"),
        (1, change("prompt_sha256", "q"), "prompt_sha256"),
        (1, change("candidate", 2), "candidate"),
        (1, change("step", 7), "candidate"),
        (2, change("reward", None), "row"),
        (3, change("outcome_reward", 0.5), "outcome_reward"),
        (3, change("failure", "no"), "row"),
        (5, change("outcome_reward", 0.0), "outcome_reward"),
        (5, change("advantage", -2.47), "row"),
        (5, lambda row: row.update(failure="", reward=1 / 3, outcome_reward=0.0), "marks"),
        (5, change("surprise", 1), "row"),
    ],
)  # fmt: skip
def test_whatever_is_changed_in_a_row_is_found(
    run: Path, line: int, fault: Callable[[dict[str, Any]], None], field: str
) -> None:
    rows = lines(run)
    fault(rows[line])
    rewrite(run, rows)
    findings = check_ledger(run).findings
    assert field in {finding.field for finding in findings if finding.line == line + 1 or field == "candidate"}
    assert all(str(finding).startswith(f"line {finding.line}, ") for finding in findings)


def test_differences_under_a_millionth_are_none(run: Path) -> None:
    rows = lines(run)
    rows[1]["advantage"] += 9e-7
    rewrite(run, rows)
    assert check_ledger(run).findings == []


@pytest.mark.parametrize(
    ("keep", "field"),
    [(lambda at: at != 2, "candidate"), (lambda at: at not in (1, 2, 3), "group")],
    ids=["a candidate", "a group"],
)
def test_whoever_was_taken_out_is_missed(run: Path, keep: Callable[[int], bool], field: str) -> None:
    rewrite(run, [row for at, row in enumerate(lines(run)) if keep(at)])
    [finding, *_] = check_ledger(run).findings
    assert (finding.step, finding.field) == (1, field)


@pytest.mark.parametrize(("taken", "said"), [(1, "steps 1 to 1 are missing"), (2, "steps 2 to 2 are missing")])
async def test_a_step_that_was_taken_out_is_missed(tmp_path: Path, taken: int, said: str) -> None:
    await a_ledger(tmp_path, scorer(POINTS.get), [*STEPS, *STEPS])
    head, *rows = lines(tmp_path)
    rewrite(tmp_path, [head, *(row for row in rows if row["step"] != taken)])
    assert [finding.message for finding in check_ledger(tmp_path).findings] == [said]


async def test_a_ledger_whose_steps_were_counted_from_0_is_held_against_its_curve_and_not_gone_on_with(
    tmp_path: Path,
) -> None:
    old = header().model_copy(update={"first_step": 0})
    writer = LedgerWriter(tmp_path / "ledger.jsonl", old)
    texts_by_step = [[[SAD, ANGRY, BROKEN]], [[SAD, SAD, ANGRY]], [[SAD, SAD, SAD]]]
    for step, texts_P_N in enumerate(texts_by_step):
        [rollouts] = await scored(scorer(POINTS.get), texts_P_N, step)
        writer.add(rollouts)
        mean = sum(rollout.reward or 0 for rollout in rollouts) / 3
        add_line(tmp_path / "metrics.jsonl", Metrics(step=step + 1, at="", metrics={"reward": mean}))
    head, *rows = lines(tmp_path)
    del head["header"]["first_step"]  # nobody wrote it then
    rewrite(tmp_path, [head, *rows])
    assert check_ledger(tmp_path).findings == []
    with pytest.raises(OtherLedger, match="begun by an earlier version, which counted steps otherwise"):
        LedgerWriter(tmp_path / "ledger.jsonl", header())


async def test_a_damaged_line_outlives_a_resume_and_is_reported(run: Path) -> None:
    path = run / "ledger.jsonl"
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*whole[:2], whole[2][:-40] + b"\n", *whole[3:]]))
    cut_lines(path, 2)
    LedgerWriter(path, header())
    assert [(each.line, each.field) for each in check_ledger(run).findings if each.field == "row"] == [(3, "row")]


async def test_a_run_that_generates_every_other_step_misses_none(tmp_path: Path) -> None:
    writer = LedgerWriter(tmp_path / "ledger.jsonl", header())
    for step in (1, 3, 5):
        writer.add(rollout for group in await scored(scorer(POINTS.get), STEPS[0], step) for rollout in group)
    assert check_ledger(tmp_path).findings == []


def test_steps_out_of_order_are_found(run: Path) -> None:
    head, *rows = lines(run)
    rewrite(run, [head, *rows[6:], *rows[:6]])
    assert [finding.field for finding in check_ledger(run).findings] == ["step"]


def test_changed_settings_in_the_header_are_found(run: Path) -> None:
    rows = lines(run)
    rows[0]["header"]["group_std"] = "sample"
    rewrite(run, rows)
    assert {finding.field for finding in check_ledger(run).findings} == {"advantage"}


async def test_prompts_and_gold_labels_are_compared_with_the_examples(run: Path, tmp_path: Path) -> None:
    examples = tmp_path / "examples.jsonl"
    write_rows(examples, {"kind": "examples"}, [example(0), example(1)])
    assert check_ledger(run, examples).findings == []
    other = example(1).model_copy(update={"emotion": "afraid"})
    write_rows(examples, {"kind": "examples"}, [other])
    found = {(finding.group, finding.field) for finding in check_ledger(run, examples).findings}
    assert found == {(0, "example"), (1, "emotion")}


async def test_a_resumed_run_goes_on_in_the_same_file_and_steps_after_the_checkpoint_are_cut(run: Path) -> None:
    path = run / "ledger.jsonl"
    whole = path.read_bytes()
    cut_lines(path, 2)
    assert {rollout.step for rollout in read_ledger(path)} == {1}
    again = [rollout for group in await scored(scorer(POINTS.get), STEPS[1], 2) for rollout in group]
    LedgerWriter(path, header()).add(again)
    assert path.read_bytes() == whole


async def test_a_line_that_a_crash_cut_is_not_read_and_dropped_at_the_next_opening(run: Path) -> None:
    path = run / "ledger.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    assert len(list(read_ledger(path))) == 11
    LedgerWriter(path, header())
    assert path.read_bytes() == whole[: whole.rstrip(b"\n").rfind(b"\n") + 1]


def test_a_header_that_a_crash_cut_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b'{"header": {"ki')
    LedgerWriter(path, header())
    assert ledger_header(path) == header()


def test_a_ledger_keeps_its_rewards(run: Path) -> None:
    other = header().model_copy(update={"weights": {"format": 0.5, "emotion": 0.5, "outcome": 0.0}})
    with pytest.raises(OtherLedger, match=r"weights was .*0.333.* and is now .*0.5"):
        LedgerWriter(run / "ledger.jsonl", other)


@pytest.mark.parametrize("text", ["", "{}\n", '{"header": {"kind": "examples"}}\n', "no JSON\n"])
def test_what_is_no_ledger_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "ledger.jsonl").write_text(text)
    with pytest.raises(BadFile):
        check_ledger(tmp_path)


def test_an_empty_run_is_refused(tmp_path: Path) -> None:
    LedgerWriter(tmp_path / "ledger.jsonl", header())
    with pytest.raises(BadFile, match="no rollout"):
        check_ledger(tmp_path)


def test_the_command_says_what_it_found(run: Path) -> None:
    sound = CliRunner().invoke(app, ["train", "verify-ledger", str(run)])
    assert (sound.exit_code, "12 rollouts recomputed, no findings" in sound.output) == (0, True)
    rows = lines(run)
    rows[1]["advantage"] = 0.0
    rewrite(run, rows)
    found = CliRunner().invoke(app, ["train", "verify-ledger", str(run)])
    assert found.exit_code == 1 and "step 1, group 0, candidate 0, advantage: 0.0 stands there" in found.output
    as_json = CliRunner().invoke(app, ["train", "verify-ledger", str(run), "--json"])
    assert json.loads(as_json.output)["findings"][0]["field"] == "advantage"
