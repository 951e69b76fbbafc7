"""How fast GRPO goes here, beside TRL's own trainer with the same model, prompts and settings.

    python -m benchmarks.grpo_speed [--shape tiny|0.5b] [--steps 4] [--repeats 3] [--set NAME=VALUE]

Random weights, made on the spot; rewards that cost nothing, so that what differs is our part of a step: scoring, advantages,
metrics, ledger. `tiny` is for a CPU, `0.5b` has the dimensions of Qwen2.5-0.5B for a GPU (`--set use_vllm=true` generates
with vLLM). The two trainers take turns; the first step of each run is warm-up and left out. Every candidate is generated to
its full length. Prints s/step and generated tokens/s: median, with the lowest and the highest run.
"""
# pyright: reportPrivateImportUsage=false, reportMissingTypeStubs=false

import argparse
import gc
import json
import os
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, cast

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from datasets import Dataset
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PrinterCallback,
    Qwen2Config,
    Qwen2ForCausalLM,
    TrainerCallback,
)
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from graphs.packs import load_pack
from train.groups.trainer import GroupTrainer
from train.ledger.ledger import LedgerHeader, LedgerWriter
from train.models import Policy
from train.outcomes.scoring import Rated, Scorer
from train.rows import ChatMessage, OutcomeKind, TrainingExample
from train.settings import read_settings
from train.tiny import make_policy
from train.trl_config import trl_config

WORDS = ("the exam", "a flat", "the storm", "some friend", "that letter", "our garden", "night train", "quiet music")


class Shape(NamedTuple):
    """Dimensions, prompt and completion lengths."""

    settings: dict[str, str]
    prompt_words: int
    config: Qwen2Config | None = None


SHAPES = {
    "tiny": Shape({"max_completion_length": "64", "global_batch": "32", "per_device_train_batch_size": "8"}, 60),
    "0.5b": Shape(
        {"max_completion_length": "256", "global_batch": "64", "per_device_train_batch_size": "16", "dtype": "bfloat16"},
        500,
        Qwen2Config(
            vocab_size=151936, hidden_size=896, intermediate_size=4864, num_hidden_layers=24, num_attention_heads=14,
            num_key_value_heads=2, max_position_embeddings=4096, tie_word_embeddings=True,
        ),
    ),
}  # fmt: skip


class Clock(TrainerCallback):
    """When each step ended, by the clock and by this process's own time, with the device's queue empty."""

    def __init__(self) -> None:
        self.ends: list[tuple[float, float]] = []

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ends.append((time.perf_counter(), time.process_time()))

    def step_s(self) -> "Took":
        """The median step after the first."""
        steps = list(pairwise(self.ends))
        return Took(*(median(after[by] - before[by] for before, after in steps) for by in (0, 1)))


class Took(NamedTuple):
    """Seconds of a step."""

    wall: float
    cpu: float
    """Of this process: what other programs on the machine take does not count."""


class Free:
    """An outcome that costs nothing."""

    kind: OutcomeKind = "reward_model"

    async def rate(self, examples: Sequence[TrainingExample], completions: Sequence[str]) -> list[Rated]:
        return [Rated(len(set(text)) / 256, judge="free") for text in completions]


def free_reward(completions: list[Any], **_: object) -> list[float]:
    """The same for TRL."""
    return [len(set(completion[-1]["content"])) / 256 for completion in completions]


def example(number: int, words: int) -> TrainingExample:
    text = " ".join(WORDS[(number * 7 + at * at) % len(WORDS)] for at in range(words))
    said = ChatMessage(role="assistant", content="(none)")
    return TrainingExample(
        id=f"e{number}", dialogue=f"d{number}", persona="p", turn=1, prompt=(ChatMessage(role="user", content=text),),
        completion=(said,), emotion="joyful", emotion_from="dialogue", person="-", situation="-", dialogue_text="-", reference="-",
    )  # fmt: skip


def made(shape: Shape, folder: Path, examples: Sequence[TrainingExample]) -> Path:
    """A model with random weights and its tokenizer."""
    make_policy(folder, [each.prompt[0].content for each in examples], vocabulary=1024)
    if shape.config:
        torch.manual_seed(0)
        model: Any = Qwen2ForCausalLM(shape.config).bfloat16()
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model.generation_config.eos_token_id, model.generation_config.pad_token_id = (
            tokenizer.eos_token_id,
            tokenizer.pad_token_id,
        )
        model.save_pretrained(folder)
    return folder


def run(which: str, model: Path, args: GRPOConfig, examples: Sequence[TrainingExample], ledger: LedgerWriter) -> Took:
    """Seconds of a step."""
    clock = Clock()
    tokenizer = AutoTokenizer.from_pretrained(model)
    policy = AutoModelForCausalLM.from_pretrained(model, dtype=torch.bfloat16 if args.bf16 else torch.float32)
    if which == "ours":
        scorer = Scorer(Free(), {"format": 1 / 3, "emotion": 1 / 3, "outcome": 1 / 3}, "population", 1e-4, 1.0)
        trainer = GroupTrainer(Policy(policy, None), args, tokenizer, examples, scorer, ledger.add, callbacks=[clock])
    else:
        rows = Dataset.from_list([{"prompt": [each.prompt[0].model_dump()]} for each in examples])
        reward: Any = free_reward
        trainer = GRPOTrainer(
            policy, reward, args=args, train_dataset=rows, processing_class=tokenizer, callbacks=[clock]
        )
        trainer.remove_callback(PrinterCallback)
    trainer.train()
    del trainer, policy
    gc.collect()
    return clock.step_s()


def main() -> None:
    options = argparse.ArgumentParser(description="Speed of GRPO beside plain TRL.")
    options.add_argument("--shape", choices=sorted(SHAPES), default="tiny")
    options.add_argument("--steps", type=int, default=4)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    chosen = options.parse_args()
    shape = SHAPES[chosen.shape]
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    examples = [example(number, shape.prompt_words) for number in range(64)]
    rubric, found = load_pack("kardia").rubric, cast(dict[str, list[Took]], {"ours": [], "TRL": []})
    with tempfile.TemporaryDirectory() as scratch:
        model = made(shape, Path(scratch) / "model", examples)
        given = {
            "max_steps": str(chosen.steps + 1),
            "save_strategy": "no",
            "gradient_checkpointing": "false",
            "disable_tqdm": "true",
        }
        given |= shape.settings | dict(each.split("=", 1) for each in chosen.set)
        settings = read_settings("grpo", None, given | {"model_name_or_path": str(model)})
        full = {"min_new_tokens": int(settings.trl["max_completion_length"])}
        header = LedgerHeader(
            pack="kardia", pack_hash="", rubric=rubric, outcome="reward_model", outcome_model="free", weights={"format": 1 / 3, "emotion": 1 / 3, "outcome": 1 / 3},
            num_generations=settings.num_generations, group_std="population", advantage_epsilon=1e-4,
        )  # fmt: skip
        for repeat in range(chosen.repeats):
            for which in ("ours", "TRL") if repeat % 2 else ("TRL", "ours"):
                args: Any = trl_config("grpo", settings, Path(scratch) / which, 1)
                args.generation_kwargs = {"min_tokens": full["min_new_tokens"]} if args.use_vllm else full
                ledger = LedgerWriter(Path(scratch) / f"{repeat}.jsonl", header)
                found[which].append(run(which, model, args, examples, ledger))
    tokens = settings.per_optimiser_step * int(settings.trl["max_completion_length"])
    device = torch.cuda.get_device_name(0) if torch.cuda.is_available() else f"CPU, {torch.get_num_threads()} thread"
    print(
        f"{chosen.shape} on {device}: {settings.per_optimiser_step} candidates of {tokens // settings.per_optimiser_step} tokens a step"
    )
    for which, took in found.items():
        wall = median(each.wall for each in took)
        spread = f"{min(took).wall:.3f} to {max(took).wall:.3f}"
        cpu = median(each.cpu for each in took)
        print(f"{which:5} {wall:7.3f} s/step ({spread}), {cpu:.3f} CPU s/step, {tokens / wall:.0f} generated tokens/s")
    ratios = {
        name: [getattr(a, name) / getattr(b, name) for a, b in zip(*found.values(), strict=True)]
        for name in Took._fields
    }
    print(json.dumps({f"ours over TRL, {name}": round(median(ratio), 3) for name, ratio in ratios.items()}))


if __name__ == "__main__":
    main()
