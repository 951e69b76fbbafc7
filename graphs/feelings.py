"""The simulated user's hidden state: mood, openness and a disclosure plan, kept by code (our choice, §3.2 is silent).

The model only names events of the helper's last response; what they do to the mood, what may be told and how the
user behaves is decided here from the pack's numbers, so that no user is cured in one turn or tells all at once.
"""

from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import Field, model_validator

from graphs.schema import Feelings, Line, Record

Length = Literal["paper", "natural"]
Action = Literal["open", "go_on", "push_back", "savour", "wind_down"]
ACTIONS: tuple[Action, ...] = get_args(Action)
NOTHING_NEW = "nothing"


Mood = Annotated[int, Field(ge=0, le=100)]


class Event(Record):
    """Something a response can do to the user, with its effect."""

    mood: int = 0
    openness: int = 0
    means: Line


class Stage(Record):
    """One step of disclosure and what must hold before it may be told."""

    name: str
    says: Line
    from_turn: int = Field(default=1, ge=1)
    openness: int = Field(default=1, ge=1, le=3)
    mood_gain: int = Field(default=0, ge=-100, le=100)


class MoodStart(Record):
    """Mood at the first turn, by the valence of the situation's label."""

    negative: Mood = 40
    mixed: Mood = 50
    positive: Mood = 65


class WindDown(Record):
    """How far the mood must have risen before the user winds down, by length mode."""

    paper: int = 0
    natural: int = 15


class UserRules(Record):
    """The `user:` section of a pack."""

    mood_start: MoodStart = MoodStart()
    mood_step: int = Field(default=10, ge=0, le=100)
    events: dict[str, Event]
    disclosure: tuple[Stage, ...] = Field(min_length=1)
    actions: dict[Action, Line]
    words: tuple[Annotated[int, Field(ge=1, le=400)], ...] = Field(min_length=1)
    wind_down: WindDown = WindDown()

    @model_validator(mode="after")
    def _whole(self) -> "UserRules":
        if missing := [name for name in ACTIONS if name not in self.actions]:
            raise ValueError(f"actions: {', '.join(missing)} missing")
        if NOTHING_NEW in (names := [stage.name for stage in self.disclosure]) or len(set(names)) < len(names):
            raise ValueError(f"disclosure: names must differ, and none may be {NOTHING_NEW!r}")
        return self

    def start(self, valence: float) -> int:
        """Mood (0-100) at the first turn."""
        if valence < -0.2:
            return self.mood_start.negative
        return self.mood_start.mixed if valence <= 0.2 else self.mood_start.positive


class Plan(NamedTuple):
    """What the user simulator is told for one turn."""

    action: Action
    stage: Stage | None
    words: int


def react(before: Feelings, events: tuple[str, ...], rules: UserRules) -> Feelings:
    """Move mood and openness by the events of the last response; an event the pack does not know counts nothing."""
    known = [rules.events[name] for name in dict.fromkeys(events) if name in rules.events]
    mood = before.mood + _clip(sum(event.mood for event in known), -rules.mood_step, rules.mood_step)
    openness = before.openness + _clip(sum(event.openness for event in known), -1, 1)
    return Feelings(mood=_clip(mood, 0, 100), openness=_clip(openness, 1, 3), told=before.told)


def tell(feelings: Feelings, stage: str, rules: UserRules) -> Feelings:
    """Remember a stage that was told."""
    names = {stage.name for stage in rules.disclosure} - set(feelings.told)
    return feelings.model_copy(update={"told": (*feelings.told, stage)}) if stage in names else feelings


def plan(feelings: Feelings, turn: int, start: int, rules: UserRules, length: Length, floor: int, draw: int) -> Plan:
    """Choose how the user behaves in a turn (1-based), what may be told and about how many words it takes.

    Args:
        start: mood at the first turn.
        floor: the first turn at which SOLVED may stand.
        draw: a number that picks the length from `rules.words`.
    """
    return Plan(
        _action(feelings, turn, start, rules, length, floor),
        _stage(feelings, turn, start, rules),
        rules.words[draw % len(rules.words)],
    )


def _action(feelings: Feelings, turn: int, start: int, rules: UserRules, length: Length, floor: int) -> Action:
    gain = feelings.mood - start
    if turn == 1:
        return "open"
    if gain < -rules.mood_step // 2:
        return "push_back"
    told_enough = len(feelings.told) >= len(rules.disclosure) - 1 or length == "paper"
    if turn >= max(floor, 2) and told_enough and gain >= getattr(rules.wind_down, length):
        return "wind_down"
    return "savour" if start >= rules.mood_start.positive else "go_on"


def _stage(feelings: Feelings, turn: int, start: int, rules: UserRules) -> Stage | None:
    """The first stage not yet told, if its time has come."""
    for stage in rules.disclosure:
        if stage.name not in feelings.told:
            ready = turn >= stage.from_turn and feelings.openness >= stage.openness
            return stage if ready and feelings.mood - start >= stage.mood_gain else None
    return None


def mood_band(mood: int) -> str:
    """The mood in a word, for the prompt."""
    return ("very low", "low", "mixed", "lighter", "good")[min(mood // 20, 4)]


def _clip(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))
