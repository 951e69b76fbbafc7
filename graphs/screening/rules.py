"""What screening removes and from which thresholds on: the pack's `screening:` mapping (§3.2)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

StructureRule = Literal[
    "few_turns", "too_long", "too_short", "malformed", "leak", "foreign", "garbled", "loop",
    "repeated_utterance", "repeated_response", "copied_utterance", "copied_response",
    "user_as_helper", "helper_as_user",
]  # fmt: skip
JumpRule = Literal["leap", "flip"]
DriftRule = Literal[
    "name", "gender", "age", "mbti", "relationship", "spouse", "occupation", "children", "siblings", "fate", "outcome"
]
RuleName = StructureRule | JumpRule | DriftRule

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class _Thresholds(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StructureThresholds(_Thresholds):
    """When a dialogue's form counts as broken."""

    min_turns: Count = 3
    """Fewer turns are no dialogue; 1 lets all pass."""
    max_chars: Count = 4000
    """A longer utterance or reply is a model that did not stop; of it only this much is looked at."""
    min_words: Count = 3
    """An utterance or response with fewer words is short; people write short ones, so a share of turns counts."""
    short_share: Share = 0.5
    """Removed when more than this share of the utterances, or of the responses, is short."""
    overlap: Share = 0.6
    """Share of word trigrams from which on a text is the same as an earlier one: of the shorter text's, but of the whole
    response's where the helper takes up the user's words, as helpers do."""
    overlap_words: Count = 8
    """A text with fewer words is the same as another only if they are equal word for word."""
    exact_words: Count = 5
    """A text with fewer words than this ("Thank you so much") may be said again."""
    loop_share: Share = 0.2
    """Share of a text's four-word sequences that were there before from which on it goes in circles."""
    foreign_share: Share = 0.2
    """Share of letters outside the Latin script from which on a text is another language, or garbage."""
    helper_voice: float = Field(default=2.0, gt=0)
    """Weight of speaking about "you" from which an utterance is a helper's (graphs/screening/voices.py): 3 of 100 ESConv
    dialogues hold one, 92 of 100 with their roles swapped."""
    user_voice: float = Field(default=3.0, gt=0)
    """Weight of speaking about "I" from which a response is a user's. People who help tell of themselves; a model has
    nothing to tell. A pack whose helper is a person raises it, or does without `helper_as_user`."""


class JumpThresholds(_Thresholds):
    """When the step from the user's feeling so far to an utterance is no longer a person's (graphs/screening/jumps.py).

    Measured on people's messages by `python -m benchmarks.valence_on_people` with the `reach` and `min_words` below.
    """

    flip: float = Field(default=0.6, gt=0)
    """Step with a change of sign that needs a bridge: people's 95th percentile is 0.61 (ESConv) and 0.67 (ED)."""
    leap: float = Field(default=0.9, gt=0)
    """Step that no bridge excuses: people's 99th percentile is 0.80 (ESConv) and 0.90 (ED)."""
    reach: Count = 4
    """How many readable utterances make up the feeling so far."""
    min_words: Count = 3
    """Feeling words that an utterance must hold to be judged; with fewer the reading is mostly noise."""


class DriftThresholds(_Thresholds):
    """When two statements about the same fact contradict each other."""

    age_slack: int = Field(default=2, ge=0)
    """Years by which a stated age may differ: profiles grow old."""


class ScreeningRules(_Thresholds):
    """All of it; a pack writes down what differs from here."""

    without: tuple[RuleName, ...] = ()
    """Rules that this pack does without, by name."""
    structure: StructureThresholds = StructureThresholds()
    jump: JumpThresholds = JumpThresholds()
    drift: DriftThresholds = DriftThresholds()
