"""The embedding reward of Table 2: how near a response is to the reference response (§5.1, App. B.1).

The paper names the model and says "aligned with reference empathetic responses", no more. The reward is the cosine, shifted
and halved to [0, 1] (our choice): it keeps the order of all candidates, where cutting at 0 would tie a contrary response with
one that is missing. No instruction stands before either text, for neither is a search.
"""

import asyncio
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphs.policy_context import plain
from graphs.spans import span_of
from train.outcomes.scoring import Rated
from train.rewards import has_response, scaled_outcome
from train.rows import OutcomeKind, TrainingExample

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class NoEmbeddingModel(ValueError):
    """A model that gives no sentence embeddings: which, why, what to do."""


class EmbeddingOutcome:
    """Rates a response span by its cosine to the reference response."""

    kind: OutcomeKind = "embedding"

    def __init__(self, name: str, *, device: str | None = None, batch: int = 32):
        """
        Args:
            name: a folder or a name on the Hub (App. B.1: Qwen/Qwen3-Embedding-0.6B).
            device: where it runs; None takes the accelerator if there is one.

        Raises:
            NoEmbeddingModel: it cannot be loaded.
        """
        self.name = name
        self._batch = batch
        self._model = _load(name, device)

    async def rate(self, examples: Sequence[TrainingExample], completions: Sequence[str]) -> list[Rated]:
        """Rate completions, one example each: shape (B,). A missing response span is 0; a text that is too long, a failure."""
        return await asyncio.to_thread(self._rate, examples, completions)

    def _rate(self, examples: Sequence[TrainingExample], completions: Sequence[str]) -> list[Rated]:
        pairs = [
            (plain(span_of(completion, "response")), plain(example.reference)) if has_response(completion) else None
            for example, completion in zip(examples, completions, strict=True)
        ]
        texts = list(dict.fromkeys(text for pair in pairs if pair for text in pair))
        too_long = self._too_long(texts)
        fitting = [text for text in texts if text not in too_long]
        cosines = self._cosines(fitting, [pair for pair in pairs if pair and too_long.keys().isdisjoint(pair)])
        return [self._rated(pair, too_long, cosines) for pair in pairs]

    def _cosines(self, texts: list[str], pairs: list[tuple[str, str]]) -> dict[tuple[str, str], float]:
        """The cosine of every pair; each text is read once, in batches."""
        if not pairs:
            return {}
        vectors_T_D = self._model.encode(
            texts, batch_size=self._batch, normalize_embeddings=True, convert_to_tensor=True, show_progress_bar=False
        ).double()
        at = {text: number for number, text in enumerate(texts)}
        return {(a, b): float(vectors_T_D[at[a]] @ vectors_T_D[at[b]]) for a, b in pairs}

    def _too_long(self, texts: list[str]) -> dict[str, str]:
        """Texts that the model would cut, and why: a part of a response is not rated as the whole."""
        most = self._model.max_seq_length
        if most is None or not texts:
            return {}
        counts = [len(ids) for ids in self._model.tokenizer(texts, truncation=False)["input_ids"]]
        return {
            text: f"{count} tokens, and {self.name} reads {most}"
            for text, count in zip(texts, counts, strict=True)
            if count > most
        }

    def _rated(
        self, pair: tuple[str, str] | None, too_long: dict[str, str], cosines: dict[tuple[str, str], float]
    ) -> Rated:
        if pair is None:
            return Rated(0.0, judge=self.name)
        for what, text in zip(("response", "reference response"), pair, strict=True):
            if text in too_long:
                return Rated(None, failure=f"the {what} has {too_long[text]}", judge=self.name)
        raw = cosines[pair]
        if not math.isfinite(raw):
            return Rated(None, failure=f"{self.name} gave no number", judge=self.name)
        return Rated(scaled_outcome(self.kind, raw), judge=self.name, raw=raw)


def _load(name: str, device: str | None) -> "SentenceTransformer":
    try:
        from sentence_transformers import SentenceTransformer
    except ModuleNotFoundError as error:
        raise NoEmbeddingModel(f"outcome: embedding needs {error.name}; pip install -e '.[train]'") from error
    try:
        return SentenceTransformer(name, device=device)
    except (OSError, ValueError, KeyError) as error:
        raise NoEmbeddingModel(
            f"outcome_model: {name} cannot be loaded as a sentence-embedding model ({error}); name another"
        ) from error
