"""Before a GRPO run starts: configurations that are refused by name, how far it goes, who is held out, what best/ is."""

import json
from pathlib import Path

import pytest

from graphs.llm.prices import Price
from graphs.records import write_rows
from train.groups.checks import check_grpo, trainable
from train.groups.held_out import Best, Look, split_by_persona
from train.groups.plan import plan_grpo, plan_text
from train.outcomes.source import JudgePay
from train.rows import TrainingExample
from train.schedule import schedule
from train.settings import read_settings
from train.stages import WrongSettings

BASE = {"model_name_or_path": "m", "num_generations": "4", "global_batch": "8", "per_device_train_batch_size": "8"}


@pytest.mark.parametrize(
    ("changed", "processes", "said"),
    [
        ({"use_vllm": "true"}, 1, "use_vllm: colocate mode needs a GPU"),
        ({"use_vllm": "true", "vllm_mode": "server"}, 1, "use_vllm: server mode needs a GPU"),
        (
            {"per_device_train_batch_size": "2"},
            4,
            "per_device_train_batch_size: 2 x 1 micro-batches .* steps_per_generation: 2",
        ),
        ({"per_device_train_batch_size": "3"}, 1, "global_batch: 8 sequences a step are not divisible"),
        ({"ratio": "reference", "beta": "0.0"}, 1, "ratio: reference needs the SFT model"),
        ({"sync_ref_model": "true"}, 1, "sync_ref_model: True cannot be; the reference is the SFT model"),
        ({"judge_base_url": "nonsense"}, 1, "judge_base_url: 'nonsense' is no address"),
        ({"outcome": "embedding", "outcome_model": "/nope"}, 1, "outcome_model: no folder /nope"),
        ({"scale_rewards": "none"}, 1, "scale_rewards: 'none' cannot be; advantages are Eq. 6's"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused_by_its_field(
    changed: dict[str, str], processes: int, said: str
) -> None:
    with pytest.raises(WrongSettings, match=said):
        check_grpo(read_settings("grpo", None, BASE | changed), cuda=False, processes=processes)


def test_completions_that_fill_the_whole_context_are_refused(tiny_model: Path) -> None:
    changed = {"model_name_or_path": str(tiny_model), "max_completion_length": "100000"}
    with pytest.raises(WrongSettings, match="max_completion_length: 100000 tokens, and the model takes"):
        check_grpo(read_settings("grpo", None, BASE | changed), cuda=False, processes=1)


def test_whole_conversations_and_empty_files_are_refused(conversations: list[TrainingExample]) -> None:
    with pytest.raises(WrongSettings, match=r"whole conversation.*--per turn"):
        trainable(conversations)
    with pytest.raises(WrongSettings, match="none in the file"):
        trainable([])


@pytest.mark.parametrize(
    ("changed", "processes", "wanted"),
    [
        ({}, 1, (10, 80, 2, 3)),  # 11 examples, 2 a round: 5 rounds an epoch, one example left over
        ({"global_batch_counts": "prompts"}, 1, (2, 64, 8, 2)),
        ({"num_iterations": "2"}, 1, (20, 80, 2, 5)),
        ({"max_steps": "3"}, 1, (3, 24, 2, 2)),
        ({"per_device_train_batch_size": "2", "steps_per_generation": "2"}, 4, (8, 64, 4, 3)),
    ],
)
def test_how_far_a_run_goes(changed: dict[str, str], processes: int, wanted: tuple[int, ...]) -> None:
    settings = read_settings("grpo", None, BASE | {"held_out_every": "5"} | changed)
    assert schedule(settings, 11, processes, held_out=1) == wanted


def test_fewer_examples_than_a_round_takes_are_refused() -> None:
    with pytest.raises(WrongSettings, match="global_batch: one round of generation takes 2 prompts, and 1 are there"):
        schedule(read_settings("grpo", None, BASE), 1, 1, 0)


def test_no_persona_stands_on_both_sides_and_the_same_seed_parts_alike(
    training_examples: list[TrainingExample],
) -> None:
    train, held_out = split_by_persona(training_examples, 0.3, 1)
    assert len({each.persona for each in held_out}) == 2
    assert not {each.persona for each in train} & {each.persona for each in held_out}
    assert split_by_persona(list(reversed(training_examples)), 0.3, 1)[1] == list(reversed(held_out))
    assert split_by_persona(training_examples, 0.0, 1) == (training_examples, [])
    with pytest.raises(WrongSettings, match="held_out: 1 persona"):
        split_by_persona([each for each in training_examples if each.persona == "p1"], 0.05, 1)


def look(*rewards: float | None) -> Look:
    """A look that scored some of a slice's examples."""
    return Look({f"e{at}": reward for at, reward in enumerate(rewards) if reward is not None}, len(rewards))


def kept(best: Best, step: int, seen: Look) -> bool:
    """Whether a checkpoint becomes the best."""
    if not best.is_beaten_by(seen):
        return False
    best.begin()
    (best.fresh / "weights").write_text(str(step))
    best.end(step, seen)
    return True


def test_best_is_replaced_whole_by_a_better_one_only_and_mended_after_a_kill(tmp_path: Path) -> None:
    best = Best(tmp_path / "best")
    assert [kept(best, step, look(reward)) for step, reward in ((2, 0.5), (4, 0.5), (6, 0.7))] == [True, False, True]
    assert (best.path / "weights").read_text() == "6"
    noted = {"step": 6, "reward": 0.7, "scored": 1, "examples": 1, "rewards": {"e0": 0.7}}
    assert json.loads((best.path / "best.json").read_text()) == noted
    best.path.rename(tmp_path / ".best.old")  # killed between the two renames
    best.begin()
    Best(best.path).mend()
    assert best.look() == look(0.7)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best"]


@pytest.mark.parametrize(
    ("stands", "later", "is_better"),
    [
        (look(0.1, 0.1, 0.9, 0.9), look(None, 0.1, 0.9, 0.9), False),
        (look(0.1, 0.1, 0.9, 0.9), look(None, 0.1, 0.9, 1.0), True),
        (look(None, 0.1, 0.9, 0.9), look(0.1, 0.1, 0.9, 0.9), False),
        (look(None, 0.1, 0.9, 0.9), look(0.0, 0.1, 0.9, 1.0), True),
        (look(0.1, 0.1, 0.9, 0.9), look(None, None, 1.0, 1.0), False),
        (look(None, 0.1, 0.2, 0.2), look(1.0, None, None, 1.0), False),
    ],
    ids=["a failed judge beats nobody", "better on what both scored", "equal on what both scored",
         "better, and more scored", "half of the slice is not compared", "nor a quarter"],
)  # fmt: skip
def test_two_checkpoints_are_compared_on_the_examples_that_both_looks_scored(
    tmp_path: Path, stands: Look, later: Look, is_better: bool
) -> None:
    best = Best(tmp_path / "best")
    assert kept(best, 2, stands)
    assert kept(best, 4, later) == is_better


def test_a_look_that_scored_half_of_the_slice_is_no_best(tmp_path: Path) -> None:
    assert not kept(Best(tmp_path / "best"), 2, look(0.5, 0.5, None, None))
    assert not kept(Best(tmp_path / "best"), 4, look(None))


@pytest.fixture
def examples(training_examples: list[TrainingExample], tmp_path: Path) -> Path:
    write_rows(tmp_path / "hard.jsonl", {"kind": "examples", "pack": "kardia", "per": "turn"}, training_examples)
    return tmp_path / "hard.jsonl"


def kardia(*arguments: str) -> dict:
    from typer.testing import CliRunner

    from studio.cli import app

    done = CliRunner().invoke(app, ["train", "grpo", *arguments, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def sets(**given: str) -> list[str]:
    return [part for name, value in (BASE | given).items() for part in ("--set", f"{name}={value}")]


def test_a_dry_run_says_steps_judge_calls_and_money(examples: Path, tiny_model: Path) -> None:
    given = sets(model_name_or_path=str(tiny_model), judge_model="some/judge")
    plan = kardia("--examples", str(examples), "--dry-run", "--price", "1,2", *given)
    assert plan["settings"]["group_std"] == "population"
    looked_at = plan["held_out"] * plan["held_out_looks"]
    assert (plan["sizing"]["steps"], plan["sizing"]["completions"]) == (plan["steps"], plan["completions"] + looked_at)
    assert (plan["examples"] + plan["held_out"], plan["steps"]) == (24, 2 * (plan["examples"] // 2))
    assert plan["judge"]["calls"] == plan["completions"] + plan["held_out_looks"] * plan["held_out"]
    money = (plan["judge"]["tokens_in"] + 2 * plan["judge"]["tokens_out"]) / 1e6
    assert plan["judge"]["cost_usd"] == pytest.approx(money)
    assert kardia("--examples", str(examples), "--dry-run", *given)["judge"]["cost_usd"] is None


def test_a_plan_tells_the_second_judges_share_at_its_own_price(examples: Path, tiny_model: Path) -> None:
    given = {"model_name_or_path": str(tiny_model), "judge_model": "some/judge", "second_judge_model": "other/judge"}
    pay = JudgePay(price=Price(1, 2), second_judge_price=Price(10, 20))
    plan = plan_grpo(None, examples, BASE | given | {"second_judge_share": "0.5"}, processes=1, cuda=False, pay=pay)
    assert plan.judge and plan.second_judge
    assert plan.second_judge["calls"] == plan.completions / 2
    a_call, first = (each["cost_usd"] / each["calls"] for each in (plan.second_judge, plan.judge))
    assert a_call == pytest.approx(10 * first, rel=0.01)
    assert f"second judge other/judge: at most {plan.second_judge['calls']} calls" in plan_text(plan)


def test_debug_one_shows_a_group_with_rewards_and_keeps_nothing(examples: Path, tiny_model: Path) -> None:
    given = sets(model_name_or_path=str(tiny_model), judge_model="kardia-demo-1", max_completion_length="8")
    shown = kardia("--examples", str(examples), "--debug-one", "--example", "e3", *given)
    assert shown["example"]["id"] == "e3"
    assert [rollout["candidate"] for rollout in shown["rollouts"]] == [0, 1, 2, 3]
    assert all(rollout["reward"] is not None for rollout in shown["rollouts"])
    assert [path.name for path in examples.parent.iterdir()] == ["hard.jsonl"]
