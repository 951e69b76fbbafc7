"""The rows that the steps of training hand each other (paper §4). Decisions have no field here: they only allocate data."""

from typing import Literal

from pydantic import Field, model_validator

from graphs.schema import Id, Line, Mark, Record, Text

EmotionFrom = Literal["dialogue", "correction"]
"""Where a turn's gold label comes from: the dialogue's `emotion` field, or the reply that an annotator corrected."""
OutcomeKind = Literal["rubric", "embedding", "reward_model"]
"""Which outcome reward stands in Eq. 9: the paper's rubric, or an ablation of Table 2."""


class ChatMessage(Record):
    """One message of a chat, in the words of chat templates."""

    role: Literal["system", "user", "assistant"]
    content: Text


class Allocated(Record):
    """A released train dialogue with the subset that Eq. 4 put it in; one line of easy.jsonl or hard.jsonl."""

    id: Id
    """First 16 hex digits of the row's digest."""
    person: Text
    mbti: str
    emotion: str
    situation: Text
    anon_username: str
    messages: tuple[ChatMessage, ...]
    gold_emotions: tuple[str, ...]
    """The label to match per turn (Eq. 11)."""


class TrainingExample(Record):
    """A context-response pair c_t -> y_t (Eq. 5), or a whole conversation (`turn` 0)."""

    id: Id
    dialogue: Id
    persona: str
    """The persona's name: what held-out slices and intervals cluster by."""
    turn: int = Field(ge=0)
    prompt: tuple[ChatMessage, ...] = Field(min_length=1)
    """c_t: the policy prompt, the history and x_t. Of a whole conversation the system message alone."""
    completion: tuple[ChatMessage, ...] = Field(min_length=1)
    """y_t; of a whole conversation every utterance and reply in turn, of which the replies are the targets."""
    emotion: str
    emotion_from: EmotionFrom
    person: Text
    situation: Text
    dialogue_text: Text
    """The dialogue up to x_t as a judge reads it."""
    reference: Text
    """The response span of y_t: what an embedding reward compares with."""

    @model_validator(mode="after")
    def _ends_with_a_reply(self) -> "TrainingExample":
        replies = [message.content for message in self.completion if message.role == "assistant"]
        if self.completion[-1].role != "assistant" or not all(reply.strip() for reply in replies):
            raise ValueError("the completion must end with a reply of the assistant, and no reply may be empty")
        return self


class Rollout(Record):
    """One candidate o_j of a group with its reward and advantage (Eq. 6, 9-12): a line of the reward ledger."""

    step: int = Field(ge=0)
    """The optimiser step that it is for, counted from 1 as in the curves; the first of them where a generation serves several."""
    group: int = Field(ge=0)
    """Which prompt of the step's batch."""
    candidate: int = Field(ge=0)
    """j, from 0."""
    example: Id
    prompt_sha256: str
    completion: Text
    tokens: int = Field(ge=0)
    ended: bool = True
    """Whether the policy stopped by itself within `max_completion_length`."""
    constraint_bits: tuple[int, ...]
    """v_{j,k} of Eq. 10 in the order of `graphs.spans.CONSTRAINTS`: 1 is a violation."""
    emotion: str
    emotion_from: EmotionFrom
    predicted: str
    """The label that the candidate names; empty where it names none."""
    outcome: OutcomeKind
    marks: dict[str, Mark] = Field(default_factory=dict)
    """The judge's evidence, reason and score per criterion; empty for the ablations and where the judge failed."""
    judge: str = ""
    """The model that gave the outcome."""
    judge_prompt_sha256: str = ""
    raw_outcome: float | None = None
    """What an ablation's model said before it was scaled."""
    cost_usd: float | None = None
    failure: Line = ""
    """Why there is no outcome; empty where there is one."""
    weights: dict[Literal["format", "emotion", "outcome"], float]
    format_reward: float
    emotion_reward: float
    outcome_reward: float | None
    reward: float | None
    """r_j; None where the outcome failed: the candidate is left out of its group."""
    advantage: float
    """A_j as it moved the policy; 0 where there is no reward."""

    @model_validator(mode="after")
    def _failure_is_no_score(self) -> "Rollout":
        if (self.reward is None) != bool(self.failure) or (self.reward is None and self.advantage != 0):
            raise ValueError("a failed outcome has a reason, no reward and advantage 0")
        return self
