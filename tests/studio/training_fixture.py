"""Training runs as their folders stand on disk, written by hand: a finished SFT, and a GRPO run with ledger and alarms."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from graphs.packs import load_pack
from graphs.records import write_rows
from graphs.schema import Mark
from graphs.spans import Spans, render_spans
from train.ledger.ledger import LedgerHeader, LedgerWriter
from train.rewards import advantages, emotion_reward, format_bits, format_reward, predicted_emotion, rubric_reward
from train.rows import ChatMessage, Rollout, TrainingExample
from train.running.run_folder import TrainingProgress, TrainingRun, start_training_run

SFT, GRPO = "calm-sft", "calm-grpo"
STEPS, GROUPS, CANDIDATES = 40, 2, 4
PERSON, SAID = "A nurse on nights who keeps bees.", "I waited an hour and nobody came."
WEIGHTS = {"format": 1 / 3, "emotion": 1 / 3, "outcome": 1 / 3}
_STARTED = "2026-11-20T08:00:00.000+00:00"


def make_trainings(root: Path, words: str = "", steps: int = STEPS) -> None:
    """An SFT run and a GRPO run in a workspace's training/.

    Args:
        words: foreign text that stands wherever a model, a judge or a file may put it.
    """
    examples = _examples(root / "examples.jsonl", words)
    _sft(root / "training" / SFT)
    grpo = started(root / "training" / GRPO, "grpo")
    for step in range(1, steps + 1):
        grow(grpo, step, examples, words)
    alarm = {
        "step": steps,
        "rule": "format_alone",
        "finding": f"format rises, the judge stays {words}",
        "value": 0.01,
        "limit": 0.05,
    }
    (grpo.path / "alarms.jsonl").write_text(json.dumps(alarm) + "\n", encoding="utf-8")
    note(grpo, "stopped", steps, steps + 20, reason=f"stopped by hand {words}".strip())


def started(path: Path, stage: str) -> TrainingRun:
    """A training run's directory as its first start makes it."""
    settings = {"model_name_or_path": "tiny", "learning_rate": 1e-3, "seed": 0}
    return start_training_run(path, stage, settings, {"examples": "examples.jsonl"}, {"trl": "1.16.0"})


def note(run: TrainingRun, state: str, step: int, of: int, **more: object) -> None:
    """Say where a run stands."""
    updated = f"2026-11-20T08:{step % 60:02d}:00.000+00:00"
    run.note(
        TrainingProgress(
            state=state, stage=run.stage, step=step, of=of, started=_STARTED, updated=updated, pid=1, **more
        )
    )


def grow(run: TrainingRun, step: int, examples: Sequence[TrainingExample], words: str = "") -> None:
    """One step of GRPO: metrics, held-out every tenth, and a batch of rollouts."""
    rollouts = [rollout for group in range(GROUPS) for rollout in _group(step, group, examples[group], words)]
    LedgerWriter(run.ledger, _header()).add(rollouts)
    mean = {
        part: _mean([getattr(one, f"{part}_reward") for one in rollouts]) for part in ("format", "emotion", "outcome")
    }
    metrics = {f"reward/{part}": value for part, value in mean.items()} | {
        "reward": sum(mean.values()) / 3, "kl": 0.002 * step, "entropy": 2 / (1 + step / 20), "completion_length": 60 + step,
        "clipped_share": 0.0, "judge_failure_share": 0.125, "loss": 0.01, "learning_rate": 1e-6, "grad_norm": 0.4,
        "frac_groups_without_variance": 0.0, "reward_std": 0.2,
    }  # fmt: skip
    run.add_metrics(step, metrics)
    if step % 10 == 0:
        run.add_metrics(step, {name: value * 0.95 for name, value in metrics.items() if "reward" in name}, "held_out")


def _sft(path: Path) -> None:
    run = started(path, "sft")
    for step in range(1, 31):
        run.add_metrics(step, {"loss": 3 / step, "mean_token_accuracy": 1 - 1 / (step + 1), "num_tokens": 900.0 * step})
    run.add_metrics(30, {"loss": 0.2, "mean_token_accuracy": 0.9}, "held_out")
    note(run, "done", 30, 30)


def _examples(path: Path, words: str) -> list[TrainingExample]:
    found = [
        TrainingExample(
            id=f"e{number}", dialogue=f"d{number}", persona=f"persona {words}", turn=1,
            prompt=(ChatMessage(role="system", content="s"), ChatMessage(role="user", content=SAID)),
            completion=(ChatMessage(role="assistant", content=reply("furious", words)),), emotion="furious",
            emotion_from="dialogue", person=f"{PERSON} {words}", situation=f"The bus never came. {words}",
            dialogue_text=f"[1] user: {SAID} {words}", reference=f"An hour in the rain. {words}",
        )
        for number in range(GROUPS)
    ]  # fmt: skip
    write_rows(path, {"kind": "examples"}, found)
    return found


def reply(emotion: str, words: str = "") -> str:
    """A well-formed completion."""
    return render_spans(
        Spans(f"They waited. {words}", f"It is about being left. {words}", emotion, f"An hour, and nobody. {words}")
    )


def _group(step: int, group: int, example: TrainingExample, words: str) -> list[Rollout]:
    texts = [
        reply("furious", words),
        reply(f"sad {words}".strip(), words),
        f"no tags at all {words}" if step <= STEPS / 2 else reply("furious", words),
        reply("furious", words),
    ]
    failures = ["", "", "", "timed out after 120 s" if step % 2 else ""]
    marks = [
        _marks(3 + (step + j) % 3, words) if not failures[j] and "<|response" in texts[j] else {}
        for j in range(CANDIDATES)
    ]
    rubric = _header().rubric
    outcomes = [
        None if failures[j] else rubric_reward(rubric, marks[j]) if marks[j] else 0.0 for j in range(CANDIDATES)
    ]
    formats, emotions = format_reward(texts), emotion_reward(texts, ["furious"] * CANDIDATES)
    rewards = [
        None if outcome is None else (formats[j] + emotions[j] + outcome) / 3 for j, outcome in enumerate(outcomes)
    ]
    [moved] = advantages([rewards], std="population", epsilon=1e-4)
    return [
        Rollout(
            step=step, group=group, candidate=j, example=example.id, prompt_sha256="a" * 64, completion=texts[j], tokens=60 + j,
            constraint_bits=format_bits(texts[j]), emotion="furious", emotion_from="dialogue", predicted=predicted_emotion(texts[j]),
            outcome="rubric", marks=marks[j], judge="kardia-demo-1", judge_prompt_sha256="b" * 64, cost_usd=0.0,
            failure=failures[j], weights=WEIGHTS, format_reward=formats[j], emotion_reward=emotions[j], outcome_reward=outcomes[j],
            reward=rewards[j], advantage=moved[j],
        )
        for j in range(CANDIDATES)
    ]  # fmt: skip


def _marks(score: int, words: str) -> dict[str, Mark]:
    mark = Mark(evidence=f"An hour, and nobody. {words}", reason=f"It says the wait back. {words}", score=score)
    return dict.fromkeys(_header().rubric.criteria, mark)


@cache
def _header() -> LedgerHeader:
    pack = load_pack("kardia")
    return LedgerHeader(
        pack="kardia", pack_hash=pack.digest, rubric=pack.rubric, outcome="rubric", outcome_model="kardia-demo-1",
        judge_sees="response", judge_prompt_sha256="b" * 64, weights=WEIGHTS, num_generations=CANDIDATES,
        group_std="population", advantage_epsilon=1e-4,
    )  # fmt: skip


def _mean(values: Sequence[float | None]) -> float:
    there = [value for value in values if value is not None]
    return sum(there) / len(there)
