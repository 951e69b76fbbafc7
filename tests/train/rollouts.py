"""Examples, completions and outcomes for tests of scoring, ledger and sentinel: no model, no network."""

from collections.abc import Callable, Sequence
from pathlib import Path

from graphs.packs import load_pack
from graphs.schema import Mark
from graphs.spans import Spans, render_spans
from train.ledger.ledger import LEDGER, LedgerHeader, LedgerWriter
from train.outcomes.scoring import Rated, Scorer
from train.rewards import Part, rubric_reward
from train.rows import ChatMessage, OutcomeKind, Rollout, TrainingExample

PACK = load_pack("kardia")
THIRDS: dict[Part, float] = {"format": 1 / 3, "emotion": 1 / 3, "outcome": 1 / 3}
LABELS = ("sad", "angry", "proud", "lonely", "grateful", "afraid")
EPSILON = 1e-4
Points = Callable[[str], int | None]
"""Points for a completion, None for a judge that fails."""


def example(number: int = 0, persona: str = "mara") -> TrainingExample:
    label = LABELS[number % len(LABELS)]
    return TrainingExample(
        id=f"d{number}.1",
        dialogue=f"d{number}",
        persona=persona,
        turn=1,
        prompt=(
            ChatMessage(role="system", content="You listen."),
            ChatMessage(role="user", content=f"Cup {number} is gone."),
        ),
        completion=(ChatMessage(role="assistant", content=reply(label, "It is gone.")),),
        emotion=label,
        emotion_from="dialogue",
        person=f"Username: {persona}",
        situation=f"Cup {number} broke.",
        dialogue_text=f"[1] user: Cup {number} is gone.",
        reference="It is gone.",
    )


def reply(label: str, response: str) -> str:
    return render_spans(Spans("They lost a cup.", "It was from home.", label, response))


def marks(points: int) -> dict[str, Mark]:
    return {name: Mark(evidence="e", reason="r", score=points) for name in PACK.rubric.criteria}


class PointsOutcome:
    """A rubric outcome whose judge is a function."""

    kind: OutcomeKind = "rubric"

    def __init__(self, points: Points):
        self.points = points
        self.asked: list[str] = []

    async def rate(self, examples: Sequence[TrainingExample], completions: Sequence[str]) -> list[Rated]:
        self.asked += completions
        return [self._rated(self.points(text)) for text in completions]

    def _rated(self, points: int | None) -> Rated:
        if points is None:
            return Rated(None, "off format: prose", judge="judge", judge_prompt_sha256="p")
        given = marks(points)
        return Rated(rubric_reward(PACK.rubric, given), "", given, "judge", "p", cost_usd=0.001)


def scorer(points: Points, max_failed_share: float = 1.0, weights: dict[Part, float] | None = None) -> Scorer:
    return Scorer(PointsOutcome(points), weights or THIRDS, "population", EPSILON, max_failed_share)


async def scored(
    judge: Scorer, texts_P_N: Sequence[Sequence[str]], step: int = 1, first: int = 0
) -> list[list[Rollout]]:
    """Score groups of completions, each of another example."""
    examples = [example(first + p) for p in range(len(texts_P_N))]
    ended = [[True] * len(texts) for texts in texts_P_N]
    tokens = [[len(text.split()) for text in texts] for texts in texts_P_N]
    return await judge.score_groups(examples, texts_P_N, ended, tokens, step)


def header(candidates: int = 3, weights: dict[Part, float] | None = None) -> LedgerHeader:
    return LedgerHeader(
        pack="kardia",
        pack_hash=PACK.digest,
        rubric=PACK.rubric,
        outcome="rubric",
        outcome_model="judge",
        judge_sees="response",
        judge_prompt_sha256="p",
        weights=weights or THIRDS,
        num_generations=candidates,
        group_std="population",
        advantage_epsilon=EPSILON,
    )


async def a_ledger(run: Path, judge: Scorer, steps: Sequence[Sequence[Sequence[str]]]) -> Path:
    """A run's ledger: for every step its groups of three completions."""
    path = run / LEDGER
    writer = LedgerWriter(path, header())
    for step, texts_P_N in enumerate(steps, 1):
        writer.add(rollout for group in await scored(judge, texts_P_N, step) for rollout in group)
    return path
