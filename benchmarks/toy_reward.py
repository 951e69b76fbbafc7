"""Whether GRPO finds the optimum of a toy reward: the policy's probability of the rewarded label, before and after, over seeds.

    python -m benchmarks.toy_reward [--seeds 8] [--steps 30]

A tiny policy learns first to answer in four spans with a label drawn evenly from four. Then GRPO rewards one label (Eq. 11
alone, λ_e = 1), or, as control, tosses a coin for every candidate. The probability is exact: the policy's own for that label
after a fixed beginning of the reply, over the four labels. Prints both arms and one-sided Wilcoxon tests.
"""
# pyright: reportMissingTypeStubs=false, reportPrivateImportUsage=false

import argparse
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from scipy.stats import wilcoxon
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig

from graphs.schema import digest
from graphs.spans import Spans, render_spans
from train.groups.trainer import GroupTrainer
from train.models import Policy
from train.outcomes.scoring import Rated, Scorer
from train.rewards import Part
from train.rows import ChatMessage, OutcomeKind, TrainingExample
from train.tiny import make_policy

LABELS = ("joyful", "lonely", "proud", "afraid")
REWARDED = "proud"
_EMOTION = "<|emotion_begin|>"


class Coin:
    """An outcome that says nothing about a candidate: the control's reward."""

    kind: OutcomeKind = "reward_model"

    async def rate(self, examples: Sequence[TrainingExample], completions: Sequence[str]) -> list[Rated]:
        tosses = (
            digest([at, text, example.id]) for at, (example, text) in enumerate(zip(examples, completions, strict=True))
        )
        return [Rated(float(int(toss[:2], 16) < 128), judge="coin") for toss in tosses]


ARMS: Mapping[str, Mapping[Part, float]] = {
    "rewarded": {"format": 0.0, "emotion": 1.0, "outcome": 0.0},
    "coin": {"format": 0.0, "emotion": 0.0, "outcome": 1.0},
}


class Seen(NamedTuple):
    """One seed of one arm."""

    before: float
    after: float


def example(number: int) -> TrainingExample:
    """A context whose gold label is the rewarded one."""
    reply = reply_with(REWARDED)
    return TrainingExample(
        id=f"e{number}",
        dialogue=f"d{number}",
        persona=f"p{number % 4}",
        turn=1,
        prompt=(ChatMessage(role="user", content=f"I am thinking of number {number}."),),
        completion=(ChatMessage(role="assistant", content=reply),),
        emotion=REWARDED,
        emotion_from="dialogue",
        person="(none)",
        situation="(none)",
        dialogue_text="(none)",
        reference="I hear you.",
    )


def reply_with(label: str) -> str:
    """The one reply that the policy knows, with a label."""
    return render_spans(Spans("They tell.", "Warm.", label, "I hear you."))


def warmed_up(folder: Path, examples: Sequence[TrainingExample], seed: int, steps: int = 150) -> Any:
    """A policy that answers in the format, each label as likely as another."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    rows = [(one, label) for one in examples for label in LABELS]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        chosen = [rows[int(at)] for at in torch.randint(len(rows), (16,), generator=generator)]
        batch = tokenizer(
            [_chat(tokenizer, one) + reply_with(label) + tokenizer.eos_token for one, label in chosen],
            return_tensors="pt",
            padding=True,
        )
        targets = batch.input_ids.masked_fill(batch.attention_mask == 0, -100)
        model(**batch, labels=targets).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    return tokenizer


def probability(model: Any, tokenizer: Any, examples: Sequence[TrainingExample]) -> float:
    """The policy's mean probability of the rewarded label among the four, after a fixed beginning of the reply."""
    model.eval()
    found = []
    for one in examples:
        start = _chat(tokenizer, one) + reply_with(REWARDED).partition(_EMOTION)[0] + _EMOTION
        logs = torch.tensor([_log_probability(model, tokenizer, start, f"{label}<|emotion_end|>") for label in LABELS])
        found.append(float(logs.softmax(0)[LABELS.index(REWARDED)]))
    return sum(found) / len(found)


def _log_probability(model: Any, tokenizer: Any, start: str, rest: str) -> float:
    begun, ids = tokenizer(start).input_ids, tokenizer(rest).input_ids
    with torch.no_grad():
        logits = model(torch.tensor([begun + ids])).logits[0, len(begun) - 1 : -1]
    return float(logits.log_softmax(-1).gather(1, torch.tensor(ids)[:, None]).sum())


def _chat(tokenizer: Any, one: TrainingExample) -> str:
    return tokenizer.apply_chat_template([one.prompt[0].model_dump()], tokenize=False, add_generation_prompt=True)


def train_arm(
    folder: Path, tokenizer: Any, examples: Sequence[TrainingExample], arm: str, seed: int, steps: int
) -> Seen:
    """Train one arm from the warmed-up policy in `folder`."""
    model = AutoModelForCausalLM.from_pretrained(folder)
    before = probability(model, tokenizer, examples)
    config = GRPOConfig(
        output_dir=str(folder / arm), max_steps=steps, learning_rate=2e-4, lr_scheduler_type="constant", beta=0.04,
        loss_type="grpo", num_generations=8, per_device_train_batch_size=32, max_completion_length=64, seed=seed,
        use_bias_correction_kl=False, use_cpu=True, bf16=False, gradient_checkpointing=False, report_to="none",
        save_strategy="no", logging_steps=steps, disable_tqdm=True,
    )  # fmt: skip
    scorer = Scorer(Coin(), ARMS[arm], "population", 1e-4, 1.0)
    trainer = GroupTrainer(Policy(model, None), config, tokenizer, examples, scorer, keep=lambda rollouts: None)
    trainer.train()
    return Seen(before, probability(model, tokenizer, examples))


def main() -> None:
    options = argparse.ArgumentParser(description="Toy reward: does GRPO find its optimum?")
    options.add_argument("--seeds", type=int, default=8)
    options.add_argument("--steps", type=int, default=30)
    chosen = options.parse_args()
    torch.set_num_threads(1)
    examples = [example(number) for number in range(16)]
    texts = [text for one in examples for label in LABELS for text in (one.prompt[0].content, reply_with(label))]
    seen: dict[str, list[Seen]] = {arm: [] for arm in ARMS}
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(chosen.seeds):
            folder = make_policy(Path(scratch) / str(seed), texts, seed=seed, vocabulary=512, width=64, positions=512)
            tokenizer = warmed_up(folder, examples, seed)
            for arm in ARMS:
                seen[arm].append(train_arm(folder, tokenizer, examples, arm, seed, chosen.steps))
                print(f"seed {seed} {arm}: {seen[arm][-1].before:.3f} -> {seen[arm][-1].after:.3f}", flush=True)
    for arm, found in seen.items():
        rises = [each.after - each.before for each in found]
        p_value = cast(Any, wilcoxon(rises, alternative="greater")).pvalue
        print(
            f"{arm}: {sum(each.before for each in found) / len(found):.3f} -> {sum(each.after for each in found) / len(found):.3f}"
            f" over {len(found)} seeds, {sum(rise > 0 for rise in rises)} rose, Wilcoxon one-sided p = {p_value:.4f}"
        )


if __name__ == "__main__":
    main()
