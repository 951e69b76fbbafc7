"""What the tests of training share: tiny models made on the spot, and a few examples to learn from."""

import os
from pathlib import Path

import pytest

from graphs.policy_context import PolicySees
from graphs.records import write_rows
from graphs.schema import digest
from graphs.spans import Spans, render_spans
from tests.train.grpo_material import EXAMPLES
from train.examples.writing import Counts, ExamplesReport
from train.rows import ChatMessage, TrainingExample

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("OMP_NUM_THREADS", "1")

FEELINGS = {"joyful": "the picnic", "lonely": "the empty flat", "proud": "the exam", "afraid": "the storm"}
SYSTEM = "You are a kind listener.\nPersona: {who}\nLabels: " + ", ".join(FEELINGS)


def said(emotion: str, about: str) -> tuple[str, str]:
    """An utterance and its gold reply."""
    reply = Spans(f"They tell of {about}.", "A quiet person needs warmth.", emotion, f"I hear you about {about}.")
    return f"I keep thinking of {about}.", render_spans(reply)


def per_turn(number: int) -> TrainingExample:
    emotion, about = list(FEELINGS.items())[number % len(FEELINGS)]
    utterance, reply = said(emotion, about)
    who = f"Username: p{number % 5}"
    earlier = (
        ChatMessage(role="user", content="Hello there."),
        ChatMessage(role="assistant", content="Hello, I am listening."),
    )
    system = ChatMessage(role="system", content=SYSTEM.format(who=who))
    return TrainingExample(
        id=f"e{number}",
        dialogue=f"d{number}",
        persona=f"p{number % 5}",
        turn=2 if number % 2 else 1,
        prompt=(system, *(earlier if number % 2 else ()), ChatMessage(role="user", content=utterance)),
        completion=(ChatMessage(role="assistant", content=reply),),
        emotion=emotion,
        emotion_from="dialogue",
        person=who,
        situation=f"It is about {about}.",
        dialogue_text=f"[1] user: {utterance}",
        reference=f"I hear you about {about}.",
    )


def whole_conversation(number: int) -> TrainingExample:
    first = per_turn(number)
    exchanges = [said(emotion, about) for emotion, about in list(FEELINGS.items())[:2]]
    turns = [
        message
        for utterance, reply in exchanges
        for message in (ChatMessage(role="user", content=utterance), ChatMessage(role="assistant", content=reply))
    ]
    return first.model_copy(update={"turn": 0, "prompt": first.prompt[:1], "completion": tuple(turns)})


def texts_of(examples: list[TrainingExample]) -> list[str]:
    return [message.content for example in examples for message in (*example.prompt, *example.completion)]


@pytest.fixture(scope="session")
def training_examples() -> list[TrainingExample]:
    """24 per-turn examples of five personas and four emotions; every second one has a history."""
    return [per_turn(number) for number in range(24)]


@pytest.fixture(scope="session")
def conversations() -> list[TrainingExample]:
    """Whole conversations of two exchanges."""
    return [whole_conversation(number) for number in range(4)]


@pytest.fixture(scope="session")
def examples_file(training_examples: list[TrainingExample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The per-turn examples as `kardia train examples` writes them."""
    path = tmp_path_factory.mktemp("examples") / "easy.jsonl"
    header = ExamplesReport(
        pack="kardia",
        pack_hash=digest("pack"),
        played_with=digest("pack"),
        policy_template_sha256=digest("template"),
        subset="easy",
        by="turns",
        per="turn",
        sees=PolicySees(),
        max_length=None,
        sources={},
        demonstration=True,
        counts=Counts(dialogues=len(training_examples), examples=len(training_examples)),
    )
    write_rows(path, header.model_dump(mode="json"), training_examples)
    return path


@pytest.fixture(scope="session")
def tiny_model(training_examples: list[TrainingExample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy of a few hundred thousand parameters whose tokenizer knows the examples' words."""
    from train.tiny import make_policy

    out = tmp_path_factory.mktemp("models") / "tiny"
    return make_policy(out, texts_of(training_examples), vocabulary=768, width=64)


@pytest.fixture(scope="session")
def tiny_reward_model(training_examples: list[TrainingExample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sequence classifier with one logit."""
    from train.tiny import make_reward_model

    return make_reward_model(tmp_path_factory.mktemp("models") / "reward", texts_of(training_examples))


@pytest.fixture(scope="session")
def tiny_embedder(training_examples: list[TrainingExample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model."""
    from train.tiny import make_embedder

    return make_embedder(tmp_path_factory.mktemp("models") / "embedder", texts_of(training_examples))


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("grpo") / "hard.jsonl"
    header = {"kind": "examples", "pack": "kardia", "pack_hash": digest("pack"), "per": "turn", "demonstration": True}
    write_rows(path, header, EXAMPLES)
    return path


@pytest.fixture(scope="module")
def sft_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that answers in the format, more often than not."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.tiny import make_policy

    texts = [message.content for each in EXAMPLES for message in (*each.prompt, *each.completion)]
    path = make_policy(tmp_path_factory.mktemp("sft") / "model", texts, vocabulary=512, width=64, positions=256)
    tokenizer, model = AutoTokenizer.from_pretrained(path), AutoModelForCausalLM.from_pretrained(path)
    chats = [[message.model_dump() for message in (*each.prompt, *each.completion)] for each in EXAMPLES]
    batch = tokenizer(
        [tokenizer.apply_chat_template(chat, tokenize=False) for chat in chats], return_tensors="pt", padding=True
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(120):
        model(**batch, labels=batch.input_ids.masked_fill(batch.attention_mask == 0, -100)).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(path)
    return path
