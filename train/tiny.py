"""Models of about a million parameters, made on the spot from a seed and some texts: for tests and the demonstration.

A Qwen2-type policy with a byte-level BPE tokenizer and a ChatML template, a sequence-classification reward model and a
sentence-embedding model. They know nothing: their weights are random.
"""
# pyright: reportMissingTypeStubs=false, reportPrivateImportUsage=false

from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen2ForSequenceClassification,
    Qwen2Model,
)

PAD, TURN, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHATML = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'assistant' -%}"
    "{{- '<|im_start|>assistant\\n' -}}{%- generation -%}{{- message['content'] + '<|im_end|>' -}}{%- endgeneration -%}{{- '\\n' -}}"
    "{%- else -%}{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' -}}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)
"""ChatML with generation markers; the newline after the end token is no target."""


def make_policy(
    out: Path,
    texts: Iterable[str],
    *,
    seed: int = 0,
    vocabulary: int = 2048,
    width: int = 128,
    layers: int = 2,
    positions: int = 4096,
) -> Path:
    """Make a causal model with its tokenizer in `out`; the same texts and seed give the same files.

    Args:
        texts: what the tokenizer is trained on.
        vocabulary: the most tokens; fewer where the texts give no more merges. At least 259: bytes and control tokens.
        width: hidden size, in heads of 32.
        positions: the longest sequence, in tokens.
    """
    tokenizer = _tokenizer(texts, vocabulary, positions)
    torch.manual_seed(seed)
    model = Qwen2ForCausalLM(_config(tokenizer, width, layers, positions))
    model.generation_config = GenerationConfig(eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out


def make_reward_model(
    out: Path, texts: Iterable[str], *, seed: int = 0, vocabulary: int = 1024, width: int = 64
) -> Path:
    """Make a reward model in `out`: a sequence classifier with one logit."""
    tokenizer = _tokenizer(texts, vocabulary, 4096)
    config = _config(tokenizer, width, 1, 4096)
    config.num_labels = 1
    torch.manual_seed(seed)
    Qwen2ForSequenceClassification(config).save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out


def make_embedder(out: Path, texts: Iterable[str], *, seed: int = 0, vocabulary: int = 1024, width: int = 64) -> Path:
    """Make a sentence-transformers model in `out`: mean-pooled, normalised embeddings."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    tokenizer = _tokenizer(texts, vocabulary, 4096)
    encoder = out / "encoder"
    torch.manual_seed(seed)
    Qwen2Model(_config(tokenizer, width, 1, 4096)).save_pretrained(encoder)
    tokenizer.save_pretrained(encoder)
    words = Transformer(str(encoder), max_seq_length=512)
    whole = SentenceTransformer(modules=[words, Pooling(width), Normalize()], device="cpu")
    whole.save(str(out), create_model_card=False)
    return out


def _config(tokenizer: PreTrainedTokenizerFast, width: int, layers: int, positions: int) -> Qwen2Config:
    heads = max(1, width // 32)  # vLLM on a CPU wants heads of 32 or more
    return Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=positions,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.get_vocab()[END],
        pad_token_id=tokenizer.get_vocab()[PAD],
    )


def _tokenizer(texts: Iterable[str], vocabulary: int, positions: int) -> PreTrainedTokenizerFast:
    """Byte-level BPE. Span tags are plain text to it: special ones would vanish from decoded completions."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, TURN, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token=END, pad_token=PAD, additional_special_tokens=[TURN], padding_side="left"
    )
    tokenizer.chat_template = CHATML
    tokenizer.model_max_length = positions
    return tokenizer
