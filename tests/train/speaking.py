"""A tiny policy that says one thing by heart, and an adapter that makes it say another: for servers and chat."""

from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from graphs.packs import load_pack
from graphs.policy_context import PolicySees, policy_context
from graphs.prompts import PromptWriter
from graphs.released import Row
from graphs.spans import Spans, render_spans
from train.tiny import make_policy

UTTERANCE = "My dog ran off this morning."
WHOLE = render_spans(Spans("You miss your dog.", "It is family to you.", "sad", "That sounds hard. I am here."))
ADAPTED = render_spans(Spans("A dog is gone.", "Hope helps.", "hopeful", "Dogs often come home by evening."))


def context(utterance: str = UTTERANCE) -> list[Any]:
    """What the policy is asked."""
    row: Row = {
        "person": "", "mbti": "", "emotion": "sad", "situation": "", "anon_username": "u",
        "messages": [{"role": "user", "content": utterance}, {"role": "assistant", "content": ""}],
    }  # fmt: skip
    return list(policy_context(PromptWriter(load_pack("kardia")), row, 1, PolicySees()))


def make_speaking(folder: Path) -> tuple[Path, Path]:
    """A whole model that says WHOLE to UTTERANCE and knows ADAPTED too, and an adapter that makes it say that."""
    whole, adapter = folder / "whole", folder / "adapter"
    make_policy(whole, [*(message["content"] for message in context()), WHOLE, ADAPTED] * 2, width=64, vocabulary=1024)
    tokenizer: Any = AutoTokenizer.from_pretrained(whole)
    model: Any = AutoModelForCausalLM.from_pretrained(whole, dtype="float32")
    _learn(model, tokenizer, {UTTERANCE: WHOLE, "Hello there.": ADAPTED}, 3e-3)
    model.save_pretrained(whole)
    settings = LoraConfig(r=12, lora_alpha=24, target_modules="all-linear", task_type="CAUSAL_LM")
    adapted = get_peft_model(model, settings)
    _learn(adapted, tokenizer, {UTTERANCE: ADAPTED}, 3e-3)
    adapted.save_pretrained(adapter)
    tokenizer.save_pretrained(adapter)
    return whole, adapter


def _learn(model: Any, tokenizer: Any, replies: dict[str, str], rate: float) -> None:
    """Until every token of the replies is far likelier than any other."""
    optimizer = torch.optim.AdamW([each for each in model.parameters() if each.requires_grad], lr=rate)
    pairs = [_tokens(tokenizer, *pair) for pair in replies.items()]
    for _ in range(400):
        chances = [_chances(model, *pair) for pair in pairs]
        if min(float(chance.detach().min()) for chance in chances) > 0.8:
            return
        torch.stack([-chance.log().mean() for chance in chances]).sum().backward()
        optimizer.step()
        optimizer.zero_grad()
    raise AssertionError("it did not learn its words")


def _tokens(tokenizer: Any, utterance: str, reply: str) -> tuple[Any, int]:
    """Prompt and reply as one sequence, and where the reply begins."""
    chat = context(utterance)
    prompt = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    prompt = prompt["input_ids"]
    target = torch.tensor([[*tokenizer(reply, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]])
    return torch.cat([prompt, target], dim=1), prompt.shape[1]


def _chances(model: Any, tokens: Any, begin: int) -> Any:
    """How likely the model holds each token of the reply."""
    logits = model(input_ids=tokens).logits[0, begin - 1 : -1]
    return logits.softmax(-1).gather(1, tokens[0, begin:, None])[:, 0]
