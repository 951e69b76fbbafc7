"""A policy with its tokenizer: whole, with a new adapter (LoRA, QLoRA), or with the adapter that SFT trained (paper §5.1).

The chat template is made fit once, here, and saved with the model: training, examination and serving render alike.
"""
# pyright: reportMissingTypeStubs=false, reportPrivateImportUsage=false

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from peft import LoraConfig, PeftConfig, PeftModel
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    BitsAndBytesConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from graphs.released import Message
from train.control_tokens import control_tokens
from train.policy_tokenizer import UnusableTokenizer, first_line, fit_tokenizer
from train.rows import ChatMessage
from train.settings import ModelSettings
from train.stages import WrongSettings

ADAPTER = "adapter_config.json"


class Policy(NamedTuple):
    """A model ready for a trainer."""

    model: PreTrainedModel | PeftModel
    peft_config: LoraConfig | None
    """A new adapter for the trainer to put on; None for a whole model, and where `model` already wears one."""


def load_tokenizer(settings: ModelSettings) -> PreTrainedTokenizerBase:
    """The tokenizer of a model, its chat template made fit for a system message, its padding set.

    Raises:
        WrongSettings: there is none, it has no chat template, or a span tag is a special token.
    """
    name = settings.model_name_or_path
    where = name if _has_tokenizer(Path(name)) else base_of(name)
    try:
        return fit_tokenizer(where)
    except UnusableTokenizer as error:
        raise WrongSettings(f"model_name_or_path: {error}") from error


def context_of(settings: ModelSettings) -> int | None:
    """The longest sequence that a model takes, in tokens; None where it does not say.

    Raises:
        WrongSettings: its configuration cannot be read.
    """
    where = base_of(settings.model_name_or_path)
    try:
        config: Any = AutoConfig.from_pretrained(where)
    except (OSError, ValueError, KeyError) as error:
        raise WrongSettings(f"model_name_or_path: {where}: {first_line(error)}") from error
    longest = getattr(config.get_text_config(), "max_position_embeddings", None)
    return int(longest) if longest else None


def length_limit(settings: ModelSettings, max_length: int | None) -> int | None:
    """The longest sequence in tokens: what is asked for, but never beyond the model's positions.

    Raises:
        WrongSettings: the model takes less than what is asked for.
    """
    context = context_of(settings)
    if max_length and context and max_length > context:
        raise WrongSettings(f"max_length: {max_length} tokens, but the model takes {context}; make it smaller")
    return max_length or context


def load_model(settings: ModelSettings) -> Policy:
    """A causal model to train: a new adapter is left to the trainer; a trained one comes with its base, trainable.

    Raises:
        WrongSettings: names the field.
    """
    name = settings.model_name_or_path
    if not is_adapter(name):
        return Policy(_pretrained(AutoModelForCausalLM, name, settings), _adapter(settings))
    _refuse_other_adapter(settings)
    base = _pretrained(AutoModelForCausalLM, base_of(name), settings)
    return Policy(PeftModel.from_pretrained(base, name, is_trainable=True), None)


def load_classifier(settings: ModelSettings) -> Policy:
    """A sequence classifier with one logit to train as a reward model.

    Raises:
        WrongSettings: names the field.
    """
    model = _pretrained(AutoModelForSequenceClassification, settings.model_name_or_path, settings, num_labels=1)
    return Policy(model, _adapter(settings, task="SEQ_CLS"))


def plain_messages(messages: Sequence[ChatMessage], tokenizer: PreTrainedTokenizerBase) -> list[Message]:
    """The same chat, no text of which can become a control token: each is broken by a space after its first character.

    Span tags stay: they are no control tokens.
    """
    control = control_tokens(tokenizer)
    return [{"role": message.role, "content": control.parted(message.content)} for message in messages]


def is_adapter(name: str) -> bool:
    """Whether a folder holds an adapter rather than a whole model."""
    return (Path(name) / ADAPTER).is_file()


def base_of(name: str) -> str:
    """The model under an adapter; a whole model is its own.

    Raises:
        WrongSettings: the adapter does not say.
    """
    if not is_adapter(name):
        return name
    try:
        base = json.loads((Path(name) / ADAPTER).read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongSettings(f"model_name_or_path: {name}/{ADAPTER} is damaged: {error}") from error
    return str(base)


def _pretrained(kind: Any, name: str, settings: ModelSettings, **more: int) -> PreTrainedModel:
    four_bits = _four_bits(settings)
    try:
        return kind.from_pretrained(
            name,
            dtype=weights_dtype(settings),
            attn_implementation=settings.attn_implementation,
            quantization_config=four_bits,
            device_map={"": _own_gpu()} if settings.load_in_4bit else None,
            **more,
        )
    except ImportError as error:
        field = "load_in_4bit" if settings.load_in_4bit else "attn_implementation"
        raise WrongSettings(f"{field}: {first_line(error)}") from error
    except (OSError, ValueError, KeyError) as error:
        at_fault = "attn_implementation" if "attn_implementation" in str(error) else "model_name_or_path"
        raise WrongSettings(f"{at_fault}: {name}: {first_line(error)}") from error


def weights_dtype(settings: ModelSettings) -> torch.dtype:
    """The type of the weights as loaded; see `ModelSettings.dtype`."""
    if settings.dtype != "auto":
        return getattr(torch, settings.dtype)
    if not settings.use_peft or not torch.cuda.is_available():
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def _four_bits(settings: ModelSettings) -> BitsAndBytesConfig | None:
    if not settings.load_in_4bit:
        return None
    if not torch.cuda.is_available():
        raise WrongSettings("load_in_4bit: QLoRA needs a CUDA GPU, and this machine has none; set it to false")
    compute = weights_dtype(settings)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute,
        bnb_4bit_quant_storage=compute,
    )


def _own_gpu() -> int:
    from accelerate import PartialState

    return PartialState().local_process_index


def _adapter(settings: ModelSettings, task: str = "CAUSAL_LM") -> LoraConfig | None:
    if not settings.use_peft:
        return None
    targets = settings.lora_target_modules
    return LoraConfig(
        r=settings.lora_r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
        task_type=task,
    )


def _refuse_other_adapter(settings: ModelSettings) -> None:
    """An adapter that is trained on keeps its shape: settings must say the same."""
    name = settings.model_name_or_path
    if not settings.use_peft:
        raise WrongSettings(f"use_peft: {name} holds an adapter; set it to true, or `kardia train merge` it first")
    found: Any = PeftConfig.from_pretrained(name)
    if not isinstance(found, LoraConfig):
        raise WrongSettings(f"model_name_or_path: {name} holds a {found.peft_type} adapter; only LoRA is trained here")
    for field, has, said in (
        ("lora_r", found.r, settings.lora_r),
        ("lora_alpha", found.lora_alpha, settings.lora_alpha),
    ):
        if has != said:
            raise WrongSettings(f"{field}: {said}, but the adapter in {name} has {has}; set that")


def _has_tokenizer(folder: Path) -> bool:
    return (folder / "tokenizer_config.json").is_file()
