"""The reward-model reward of Table 2: a sequence-classification model with one output reads the dialogue (§5.1, App. B.1).

Its number has no unit, so it goes through the sigmoid to [0, 1] (our choice; Bradley-Terry's own link). A conversation that
the model cannot read whole is a failure with its reason, never cut.
"""

import asyncio
import math
from collections.abc import Sequence
from typing import Any

from train.outcomes.conversation import conversation_ids, rated_conversation
from train.outcomes.scoring import Rated
from train.rewards import has_response, scaled_outcome
from train.rows import OutcomeKind, TrainingExample
from train.settings import ModelSettings
from train.stages import WrongSettings


class NoRewardModel(ValueError):
    """A model that cannot give a reward: which, why, what to do."""


class RewardModelOutcome:
    """Rates a response span by a reward model that sees persona, situation and dialogue before it."""

    kind: OutcomeKind = "reward_model"

    def __init__(self, name: str, *, device: str | None = None, batch: int = 8):
        """
        Args:
            name: a folder or a name on the Hub (App. B.1: Skywork/Skywork-Reward-V2-Llama-3.1-8B).
            device: where it runs; None takes the accelerator if there is one.
            batch: conversations read at once; 1 where the model names no padding token.

        Raises:
            NoRewardModel: it cannot be loaded, has not one output, or no chat template.
        """
        self.name = name
        self._model, self._tokenizer = _load(name, device)
        config = self._model.config.get_text_config()
        self._pad: int | None = config.pad_token_id
        self._most: int = config.max_position_embeddings
        self._batch = 1 if self._pad is None else batch

    async def rate(self, examples: Sequence[TrainingExample], completions: Sequence[str]) -> list[Rated]:
        """Rate completions, one example each: shape (B,). A missing response span is 0; what is too long, a failure."""
        return await asyncio.to_thread(self._rate, examples, completions)

    def _rate(self, examples: Sequence[TrainingExample], completions: Sequence[str]) -> list[Rated]:
        ids_B = [
            conversation_ids(self._tokenizer, rated_conversation(example, completion))
            if has_response(completion)
            else []
            for example, completion in zip(examples, completions, strict=True)
        ]
        fitting = [number for number, ids in enumerate(ids_B) if 0 < len(ids) <= self._most]
        raw = dict(zip(fitting, self._raw([ids_B[number] for number in fitting]), strict=True))
        return [self._rated(len(ids), raw.get(number)) for number, ids in enumerate(ids_B)]

    def _raw(self, ids_B: list[list[int]]) -> list[float]:
        """The model's number for each conversation. Lengths go together, so that little is padded."""
        import torch

        order = sorted(range(len(ids_B)), key=lambda number: len(ids_B[number]))
        found = [0.0] * len(ids_B)
        with torch.inference_mode():
            for start in range(0, len(order), self._batch):
                numbers = order[start : start + self._batch]
                logits_B = self._model(**self._padded([ids_B[number] for number in numbers])).logits.squeeze(-1)
                for number, value in zip(numbers, logits_B.float().tolist(), strict=True):
                    found[number] = value
        return found

    def _padded(self, ids_B: list[list[int]]) -> dict[str, Any]:
        """A batch padded on the right with the model's own padding token: it is what the model knows the end by."""
        import torch

        longest = max(map(len, ids_B))
        tokens = [ids + [self._pad or 0] * (longest - len(ids)) for ids in ids_B]
        mask = [[1] * len(ids) + [0] * (longest - len(ids)) for ids in ids_B]
        device = self._model.device
        return {
            "input_ids": torch.tensor(tokens, device=device),
            "attention_mask": torch.tensor(mask, device=device),
        }

    def _rated(self, tokens: int, raw: float | None) -> Rated:
        if not tokens:
            return Rated(0.0, judge=self.name)
        if raw is None:
            too_long = f"the conversation has {tokens} tokens, and {self.name} reads {self._most}"
            return Rated(None, failure=too_long, judge=self.name)
        if not math.isfinite(raw):
            return Rated(None, failure=f"{self.name} gave {raw}", judge=self.name)
        return Rated(scaled_outcome(self.kind, raw), judge=self.name, raw=raw)


def _load(name: str, device: str | None) -> tuple[Any, Any]:
    """The model in its own precision on its device, and its tokenizer; an adapter is merged into its base."""
    import torch

    from train.models import is_adapter, load_tokenizer

    try:
        tokenizer = load_tokenizer(ModelSettings(model_name_or_path=name))
        model = _adapter(name, tokenizer.pad_token_id) if is_adapter(name) else _whole(name)
    except (OSError, KeyError, WrongSettings) as error:
        why = str(error).removeprefix("model_name_or_path: ")
        raise NoRewardModel(
            f"outcome_model: {name} cannot be loaded as a reward model ({why}); name another"
        ) from error
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return model.to(place).eval(), tokenizer


def _whole(name: str) -> Any:
    from transformers import AutoConfig, AutoModelForSequenceClassification

    labels = AutoConfig.from_pretrained(name).num_labels
    if labels != 1:
        raise NoRewardModel(f"outcome_model: {name} has {labels} outputs, and a reward model has one; name another")
    return AutoModelForSequenceClassification.from_pretrained(name, dtype="auto")


def _adapter(name: str, padding: Any) -> Any:
    """A LoRA reward model as `kardia train reward-model` leaves it: its head lies beside the adapter, and the padding
    token that it knows the end by with its tokenizer."""
    from peft import AutoPeftModelForSequenceClassification, PeftConfig

    if PeftConfig.from_pretrained(name).task_type != "SEQ_CLS":
        raise NoRewardModel(f"outcome_model: {name} is an adapter of another kind, no reward model; name another")
    model = AutoPeftModelForSequenceClassification.from_pretrained(name, num_labels=1, dtype="auto")
    merged: Any = model.merge_and_unload()
    merged.config.get_text_config().pad_token_id = padding
    return merged
