"""Tiny models are what they say: small, the same by seed, loadable by everybody, and without special span tags."""

from pathlib import Path

import pytest

from graphs.spans import SPAN_NAMES
from train.rows import TrainingExample
from train.tiny import END, make_policy


def tokenizer_of(path: Path):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(path)


def test_the_same_texts_and_seed_give_the_same_files_and_another_seed_other_weights(tmp_path: Path):
    texts = [f"word {number} again and again" for number in range(50)]
    made = [make_policy(tmp_path / name, texts, seed=seed, width=32) for name, seed in (("a", 0), ("b", 0), ("c", 1))]
    weights = [(path / "model.safetensors").read_bytes() for path in made]
    assert weights[0] == weights[1] != weights[2]
    assert len({(path / "tokenizer.json").read_bytes() for path in made}) == 1


def test_a_policy_has_about_a_million_parameters_and_heads_that_vllm_takes(tmp_path: Path):
    from transformers import AutoModelForCausalLM

    texts = [f"{chr(97 + a)}{chr(97 + b)}{chr(97 + c)} word" for a in range(26) for b in range(26) for c in range(5)]
    model = AutoModelForCausalLM.from_pretrained(make_policy(tmp_path / "m", texts))
    assert 500_000 < model.num_parameters() < 1_500_000
    assert model.config.model_type == "qwen2"
    assert model.config.hidden_size // model.config.num_attention_heads >= 32


@pytest.mark.parametrize("name", SPAN_NAMES)
def test_span_tags_survive_decoding_without_special_tokens(tiny_model: Path, name: str):
    tokenizer = tokenizer_of(tiny_model)
    text = f"<|{name}_begin|>é quiet  word<|{name}_end|>"
    assert tokenizer.decode(tokenizer(text + END).input_ids, skip_special_tokens=True) == text
    assert not any(name in token for token in tokenizer.all_special_tokens)


def test_the_template_marks_the_reply_and_its_end_token_as_generated(
    tiny_model: Path, training_examples: list[TrainingExample]
):
    tokenizer = tokenizer_of(tiny_model)
    example = training_examples[1]
    messages = [message.model_dump() for message in (*example.prompt, *example.completion)]
    seen = tokenizer.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
    taught = [token for token, mask in zip(seen["input_ids"], seen["assistant_masks"], strict=True) if mask]
    assert tokenizer.decode(taught) == "Hello, I am listening." + END + example.completion[0].content + END


def test_the_reward_model_gives_one_number(tiny_reward_model: Path):
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(tiny_reward_model)
    assert model(**tokenizer_of(tiny_reward_model)("hello", return_tensors="pt")).logits.shape == (1, 1)


def test_the_embedder_gives_unit_vectors(tiny_embedder: Path):
    from sentence_transformers import SentenceTransformer

    vectors = SentenceTransformer(str(tiny_embedder), device="cpu").encode(["a", "something longer"])
    assert [float((vector**2).sum()) for vector in vectors] == pytest.approx([1, 1], abs=1e-5)
