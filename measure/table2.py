"""The paper's Table 2 (§5.2) as data, and a row of ours in the same columns.

The paper's rows were scored on its own test split by GPT-5-mini (§5.1) under prompts that it does not print; ours stand beside
them, not against them.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from graphs.schema import Record
from measure.intervals import Estimate

SOURCE = "arXiv 2512.01282, Table 2"
PAPER_JUDGE = "GPT-5-mini"
CRITERIA = ("relevance", "fluency", "empathy", "persona_consistency", "safety")
"""The columns after emotion accuracy, by the names that the pack gives the paper's criteria."""


class PaperRow(NamedTuple):
    """One row: emotion accuracy in percent, None where the system names no label, and criteria on 1-5."""

    group: str
    system: str
    emotion_accuracy: float | None
    scores: tuple[float, float, float, float, float]


class OurRow(Record):
    """One system of ours in the columns of Table 2."""

    system: str
    judge: str = ""
    """Who scored the criteria; empty where nobody did."""
    turns: str = "all"
    """Which turns count, where not all do."""
    emotion_accuracy: Estimate
    """A share in [0, 1]; the table shows percent."""
    scores: dict[str, Estimate]


_SPECIALIZED = "Specialized empathetic dialogue baselines"
_RAW = "Large foundation models (raw)"
_QWEN_3B, _QWEN_7B = "Qwen2.5-3B-Instruct", "Qwen2.5-7B-Instruct"
_GEMMA_2B, _GEMMA_7B = "Gemma-2B", "Gemma-7B"
_BASE, _KARDIA, _SFT = "Base model", "Kardia-R1", "SFT only"
_EMBEDDING, _RLHF = "w/ embedding reward", "w/ RLHF reward"

PAPER = (
    PaperRow(_SPECIALIZED, "Harnessing", 7.79, (3.146, 4.971, 2.453, 3.826, 3.382)),
    PaperRow(_SPECIALIZED, "ReflectDiffu", 30.43, (1.753, 2.886, 1.813, 1.157, 3.620)),
    PaperRow(_SPECIALIZED, "PsyLLM", None, (3.155, 4.747, 3.407, 3.912, 3.466)),
    PaperRow(_RAW, "GPT-4o", 15.14, (3.082, 4.947, 3.291, 4.304, 4.910)),
    PaperRow(_RAW, "DeepSeek-V3", 3.18, (1.262, 3.149, 1.207, 1.383, 4.790)),
    PaperRow(_RAW, "DeepSeek-R1", 14.37, (3.068, 4.807, 2.446, 3.697, 3.146)),
    PaperRow(_RAW, "Qwen2.5-72B-Instruct", 4.19, (1.209, 3.102, 1.175, 1.282, 4.893)),
    PaperRow(_RAW, "Gemini-2.0-flash", 12.93, (2.669, 4.264, 2.162, 3.384, 4.018)),
    PaperRow(_QWEN_3B, _BASE, 9.56, (3.070, 4.667, 2.635, 3.891, 4.335)),
    PaperRow(_QWEN_3B, _KARDIA, 65.78, (3.630, 4.945, 3.650, 4.406, 4.653)),
    PaperRow(_QWEN_3B, _SFT, 65.45, (3.590, 4.926, 3.616, 4.360, 4.616)),
    PaperRow(_QWEN_3B, _EMBEDDING, 65.61, (3.583, 4.933, 3.597, 4.330, 4.513)),
    PaperRow(_QWEN_3B, _RLHF, 35.08, (3.303, 4.950, 2.910, 4.156, 4.530)),
    PaperRow(_QWEN_7B, _BASE, 9.54, (3.216, 4.861, 2.588, 3.750, 4.488)),
    PaperRow(_QWEN_7B, _KARDIA, 66.53, (3.751, 4.947, 3.786, 4.638, 4.657)),
    PaperRow(_QWEN_7B, _SFT, 66.41, (3.673, 4.936, 3.736, 4.390, 4.543)),
    PaperRow(_QWEN_7B, _EMBEDDING, 66.31, (3.653, 4.950, 3.743, 4.420, 4.556)),
    PaperRow(_QWEN_7B, _RLHF, 44.90, (3.433, 4.943, 3.100, 4.117, 4.513)),
    PaperRow(_GEMMA_2B, _BASE, 1.21, (2.458, 3.701, 2.302, 2.827, 4.431)),
    PaperRow(_GEMMA_2B, _KARDIA, 64.27, (3.579, 4.938, 3.677, 4.426, 4.530)),
    PaperRow(_GEMMA_2B, _SFT, 64.07, (3.610, 4.877, 3.653, 4.353, 4.582)),
    PaperRow(_GEMMA_2B, _EMBEDDING, 64.12, (3.567, 4.903, 3.641, 4.343, 4.500)),
    PaperRow(_GEMMA_2B, _RLHF, 43.18, (3.576, 4.893, 3.660, 4.330, 4.523)),
    PaperRow(_GEMMA_7B, _BASE, 2.46, (2.821, 4.142, 2.409, 3.344, 4.159)),
    PaperRow(_GEMMA_7B, _KARDIA, 64.48, (3.683, 4.943, 3.753, 4.521, 4.747)),
    PaperRow(_GEMMA_7B, _SFT, 63.87, (3.650, 4.960, 3.676, 4.496, 4.670)),
    PaperRow(_GEMMA_7B, _EMBEDDING, 62.91, (3.606, 4.920, 3.731, 4.437, 4.593)),
    PaperRow(_GEMMA_7B, _RLHF, 29.37, (3.333, 4.936, 2.823, 3.903, 4.680)),
)


def columns(rows: Sequence[OurRow]) -> tuple[str, ...]:
    """The criteria of a table: the paper's where no system of ours has others, else ours in their order."""
    ours = dict.fromkeys(name for row in rows for name in row.scores)
    return CRITERIA if set(ours) <= set(CRITERIA) else tuple(ours)


def paper_scores(row: PaperRow) -> Mapping[str, float]:
    """A row's criteria by name."""
    return dict(zip(CRITERIA, row.scores, strict=True))
