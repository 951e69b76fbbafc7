"""A rollout of the ledger as the page shows it: in the list of its group, by spans, by rewards, by the judge's marks."""

from typing import Any

from graphs.rubric import Rubric
from graphs.spans import CONSTRAINTS, response_of
from studio.runs.rows import Number
from studio.training.curves import figure
from studio.training.ledger_index import Entry
from studio.widgets.dialogue import reply_spans
from studio.wording import money
from train.rows import Rollout, TrainingExample

_TEASE = 140
_FROM = {"dialogue": "the dialogue's label", "correction": "an annotator's correction"}
_OUTCOMES = {"rubric": "judge", "embedding": "embedding", "reward_model": "reward model"}


def queue_row(entry: Entry, rollout: Rollout) -> dict[str, Any]:
    """A candidate as the queue component wants it."""
    glyph, state = ("–", "disputed") if entry.failed else ("✓", "accepted") if not _faults(entry) else ("✕", "rejected")
    return {
        "key": entry.candidate,
        "name": f"Candidate {entry.candidate + 1}",
        "facts": f"reward {figure(entry.reward)}  ·  advantage {signed(entry.advantage)}",
        "tease": " ".join(response_of(rollout.completion).split())[:_TEASE] or "empty",
        "reasons": _faults(entry),
        "state": state,
        "glyph": glyph,
    }


def spans_data(rollout: Rollout) -> dict[str, Any]:
    """A completion by its spans, with what is wrong with it under them."""
    notes: list[dict[str, Any]] = []
    broken = [text for text, bit in zip(CONSTRAINTS, rollout.constraint_bits, strict=False) if bit]
    if broken:
        notes.append({"title": f"Format: {len(broken)} of {len(CONSTRAINTS)} constraints broken", "text": "\n".join(broken), "quiet": False})  # fmt: skip
    if rollout.failure:
        text = f"{rollout.failure}\nLeft out of its group's mean and spread; advantage 0."
        notes.append({"title": f"The {_OUTCOMES[rollout.outcome]} failed", "text": text, "quiet": False})
    if not rollout.ended:
        notes.append({"title": "Cut off", "text": "It did not end by itself within the length allowed.", "quiet": True})
    return {"spans": reply_spans(rollout.completion), "notes": notes}


def marks_data(rollout: Rollout, rubric: Rubric) -> list[dict[str, Any]]:
    """The judge's marks, as the scores component wants them; those under the rubric's gate are low."""
    gates = {name: criterion.fail_below for name, criterion in rubric.criteria.items()}
    return [
        {
            "name": name.replace("_", " ").capitalize(),
            "score": mark.score,
            "low": (gate := gates.get(name)) is not None and mark.score < gate,
            "top": rubric.scale.max,
            "reason": mark.reason,
            "evidence": mark.evidence,
        }
        for name, mark in rollout.marks.items()
    ]


def reward_numbers(rollout: Rollout) -> list[Number]:
    """Format, emotion, outcome, reward and advantage of a candidate."""
    kept = len(rollout.constraint_bits) - sum(rollout.constraint_bits)
    named = rollout.predicted or "no label"
    why = rollout.failure and f"There is none: {rollout.failure}"
    return [
        Number("Format", figure(rollout.format_reward), f"{kept} of {len(rollout.constraint_bits)} kept"),
        Number("Emotion", figure(rollout.emotion_reward), named if rollout.emotion_reward else f"{named}, not {rollout.emotion}"),
        Number("Outcome", figure(rollout.outcome_reward), _OUTCOMES[rollout.outcome], why),
        Number("Reward", figure(rollout.reward), _weighed(list(rollout.weights.values())), why),
        Number("Advantage", signed(rollout.advantage), "in its group"),
    ]  # fmt: skip


def facts(rollout: Rollout) -> list[str]:
    """Length, judge and cost of a candidate."""
    return [
        f"{rollout.tokens:,} tokens",
        f"{rollout.judge} {rollout.judge_prompt_sha256[:8]}".strip(),
        money(rollout.cost_usd) if rollout.cost_usd is not None else "",
        f"gold from {_FROM[rollout.emotion_from]}",
    ]


def context_data(example: TrainingExample) -> dict[str, Any]:
    """What the candidates answer, as the spans component wants it."""
    shown = [["situation", example.situation], ["the dialogue so far", example.dialogue_text]]
    return {"spans": [pair for pair in shown if pair[1]], "notes": []}


def signed(value: float) -> str:
    """With its sign; 0 has none."""
    return "0" if value == 0 else f"{value:+.3f}".replace("-", "−")


def _weighed(weights: list[float]) -> str:
    return "a third each" if len(set(weights)) == 1 else " ".join(f"{weight:.2f}" for weight in weights)


def _faults(entry: Entry) -> list[str]:
    found = [f"{entry.violations} of {len(CONSTRAINTS)} constraints broken"] if entry.violations else []
    if not entry.emotion:
        found.append(f"named {entry.predicted or 'no label'}, not {entry.gold}")
    return [*found, *(["no reward: judge failed"] if entry.failed else [])]
