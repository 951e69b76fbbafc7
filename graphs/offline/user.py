"""The demonstration user simulator: one message in the person's manner, and what the last response did to them."""

import json
import re
from typing import NamedTuple

from graphs.offline.blocks import Prompt, Said, read_dialogue, read_fields
from graphs.offline.draw import Draw, Phrase, Pool, fresh, pools, render
from graphs.offline.impressions import Kinds, events_of, kind_of, marks_of_last
from graphs.offline.language import capital, clip, lower_start, sentences
from graphs.offline.phrases import user_talk
from graphs.offline.reading import Marks, feelings_for
from graphs.offline.story import Story, in_manner, read_manner, read_story, retell, untold

_TALK = {
    name: pool
    for table in (
        user_talk.OPENING, user_talk.REACTIONS, user_talk.ANSWERS, user_talk.TELLING, user_talk.FAMILY, user_talk.CLOSING,
        user_talk.BRIEF,
    )
    for name, pool in pools(table).items()
}  # fmt: skip

NOTHING = "nothing"
BRIEF_WORDS = 10
"""Up to this target a message is one short line."""
EASING_MOOD = 55
ROLE_SWAP_RATE = 0.002
"""How often an utterance after the first slips into the helper's part: a planted mistake for screening to find."""
OPENING_WORDS = 12
"""An opening has at least this many, so that it can be understood."""

_QUESTIONS = (
    ("best", "best part|best bit|favourite|enjoy"), ("hardest", "hardest|heaviest|worst"), ("body", "in your body|feel it"),
    ("moment", "picture|moment|first notice"), ("who", "anyone|who else|who,"), ("before", "before|another time"),
    ("next", "next|go from here"), ("wish", "wish|want|hoping"), ("mean", "mean|matter|say about"), ("now", "right now|today"),
)  # fmt: skip
_QUESTION_KINDS = tuple((kind, tuple(cues.split("|"))) for kind, cues in _QUESTIONS)

_STAGE_KINDS: Kinds = (
    ("deep", re.compile(r"hard|least|unsaid|secret|shame|admit|deep|never|afraid|fear|hidden")),
    ("why", re.compile(r"why|matter|mean|person|reason|stake|weigh")),
    ("detail", re.compile(r"detail|circumstance|concrete|moment|how it|where|more")),
    ("event", re.compile(r"event|happen|fact|what|situation|problem")),
)


class Plan(NamedTuple):
    """The plan block: what code lets this turn be."""

    action: str
    stage: str
    stage_says: str
    mood: int
    words: int


def simulate_user(prompt: Prompt, draw: Draw) -> str:
    """Answer as the simulated user: JSON with `events`, `tells` and `message`."""
    dialogue = read_dialogue(prompt.data.get("dialogue", ""))
    persona = prompt.data.get("persona", "")
    story = read_story(persona, prompt.data.get("situation", ""), prompt.data.get("emotion", ""))
    plan = read_plan(prompt.data.get("plan", ""))
    marks = marks_of_last(dialogue)
    teller = _Teller(story, plan, dialogue, prompt.pack.get("disclosure", ""), draw)
    message, tells = teller.message(marks)
    if marks and draw.chance(ROLE_SWAP_RATE):
        message = draw.pick(user_talk.ROLE_SWAPS).format(topic=story.slots["topic"])
    manner = read_manner(persona)
    bright = story.side == "pos" or plan.action == "wind_down"
    spoken = in_manner(message, manner, story.side, bright, draw)
    events = events_of(prompt.pack.get("events", ""), marks, story.side, draw) if marks else []
    return json.dumps({"events": events, "tells": tells, "message": spoken}, ensure_ascii=False)


def read_plan(block: str) -> Plan:
    """Read the plan's lines; what is missing gets a middling value."""
    fields = read_fields(block)
    stage, _, says = fields.get("may tell", NOTHING).partition(" - ")
    mood = re.search(r"\((\d+) of 100\)", fields.get("mood", ""))
    words = re.search(r"\d+", fields.get("words", ""))
    return Plan(
        action=fields.get("action", "go_on").partition(" ")[0],
        stage="" if stage.startswith(NOTHING) else stage.strip(),
        stage_says=says,
        mood=int(mood[1]) if mood else 50,
        words=int(words[0]) if words else 25,
    )


class _Teller:
    """Puts one message together, sentence by sentence, until its length is reached."""

    def __init__(self, story: Story, plan: Plan, dialogue: list[Said], disclosure: str, draw: Draw):
        self.story, self.plan, self.draw = story, plan, draw
        self.disclosure = list(read_fields(disclosure))
        self.own = tuple(said.text for said in dialogue if said.speaker == "user")
        self.said = " ".join(self.own).lower()
        self.asked = _question_in(dialogue[-1].text) if dialogue and dialogue[-1].speaker == "helper" else ""
        self.parts: list[str] = []
        self.used: set[Phrase] = set()
        self.left = plan.words

    def message(self, marks: Marks | None) -> tuple[str, str]:
        """The message and the stage it tells."""
        if marks is None or self.plan.action == "open":
            self._open()
            return self._joined(), self.plan.stage or NOTHING
        brief = self.plan.words <= BRIEF_WORDS
        action = self.plan.action if self.plan.action in ("wind_down", "push_back", "savour") else "go_on"
        tells = bool(self.plan.stage) and action != "wind_down" and not (brief and self.draw.chance(0.5))
        if brief and not tells:
            self._brief(action)
            return self._joined(), NOTHING
        self._react(marks)
        if action == "wind_down":
            self._wind_down()
        else:
            if tells:
                self._tell()
            self._go_on(action)
        return self._joined(), self.plan.stage if tells else NOTHING

    def _joined(self) -> str:
        """The message; a lone sentence that could be anybody's gets a breath before it."""
        if (
            len(self.parts) == 1
            and self.said != self.parts[0].lower()
            and self.story.slots["topic"] not in self.parts[0]
        ):
            self._add("plain")
            self.parts.reverse()
        return " ".join(self.parts)

    def _add(self, *names: str, most: int = 99) -> bool:
        """Add a phrase from the named pools that was not said yet; False if none fits."""
        pool: Pool = tuple(phrase for name in names for phrase in _TALK.get(name, ()) if phrase not in self.used)
        phrase = fresh(pool, self.draw, self.story.slots, self.said, most)
        if phrase is None:
            return False
        self.used.add(phrase)
        self._append(render(phrase, self.draw, self.story.slots))
        return True

    def _append(self, text: str) -> None:
        self.parts.append(text)
        self.said = f"{self.said} {text.lower()}"
        self.left -= len(text.split())

    def _side(self, name: str) -> str:
        return f"{name}.{self.story.side}"

    def _open(self) -> None:
        """Retell the situation: the event first, then a feeling or a closing line where there is room."""
        self.left = max(self.left, OPENING_WORDS)
        brief = self.plan.words <= BRIEF_WORDS
        sentences_told = [retell(part, self.draw) for part in self.story.sentences]
        first = (
            clip(sentences_told[0], max(self.plan.words, OPENING_WORDS) + 5)
            or f"It's about {self.story.slots['topic']}"
        )
        if brief:
            self._append(f"{first.rstrip('.!')}.")
            self._add(self._side("brief"))
            return
        room = self.plan.words - len(first.split())
        if room > 8 and self.draw.chance(0.75):
            self._add(self._side("lead"), most=room)
        elif self.draw.chance(0.65):
            first = f"{render(_TALK['start'][0], self.draw, {})} {lower_start(first)}"
        first = first if first[-1] in ".!?…" else f"{first}."
        self._append(first)
        for part in sentences_told[1:]:
            if self.left >= len(part.split()) - 4:
                self._append(part)
        if self.left > 5:
            self._feel()
        while self.left > 6 and self._add(self._side("tail"), most=self.left + 3):
            pass
        if set(self.parts) <= {first, *sentences_told}:
            self._add(self._side("brief"))

    def _feel(self) -> None:
        """A sentence that shows the label's feeling without its name."""
        options = [line for feeling in feelings_for(self.story.label) for line in feeling.told]
        pool = _told_pool(tuple(options))
        phrase = fresh(pool, self.draw, self.story.slots, self.said, self.left + 6)
        if phrase:
            self._append(render(phrase, self.draw, self.story.slots))

    def _react(self, marks: Marks) -> None:
        """Answer the helper's question, or take the response as it was meant or landed."""
        if marks.cold or marks.unsafe:
            self._add("cold")
        elif marks.advice:
            self._add("advice")
        elif marks.generic:
            self._add("generic")
        elif marks.repeated:
            self._add("repeat")
        elif self.plan.action == "wind_down":
            self._add(self._side("heard"), most=max(6, self.plan.words - 14))
        elif (
            self.plan.action != "push_back"
            and self.asked
            and self._add(self._side(self.asked), f"{self.asked}.any", most=self.left)
        ):
            return
        elif self.plan.action != "push_back" and self.draw.chance(0.6):
            self._add(self._side("heard") if marks.feeling or marks.unsaid else "plain", most=self.left // 2 + 2)

    def _tell(self) -> None:
        """Tell the stage that the plan allows: a part of the situation still untold, or what goes with the feeling."""
        kind = kind_of(_STAGE_KINDS, self.plan.stage, self.plan.stage_says) or self._kind_by_place()
        rest = untold(self.story, self.own)
        if kind in ("event", "detail") and rest and self.left > 8:
            clause = clip(retell(rest[0], self.draw).rstrip("."), self.left + 6)
            lead = fresh(_TALK[self._side("left")], self.draw, {"clause": ""}, self.said)
            if clause and lead:
                self._append(render(lead, self.draw, {"clause": lower_start(clause)}))
                return
        kind = "detail" if kind == "event" else kind
        names = (f"{self.story.family}.{kind}", self._side(kind))
        self._add(*names, most=max(14, self.left + 4))

    def _kind_by_place(self) -> str:
        """A stage's kind by its place in the pack's plan, when its words say nothing."""
        order = self.disclosure.index(self.plan.stage) if self.plan.stage in self.disclosure else 0
        share = order / max(1, len(self.disclosure) - 1)
        return ("event", "detail", "why", "deep")[min(3, round(share * 3))]

    def _go_on(self, action: str) -> None:
        """Fill up to the length: push back, savour or go on, with the feeling shown once in a while."""
        if action == "push_back":
            self._add("push", most=self.left + 8)
        elif action == "savour" and self.draw.chance(0.7):
            self._add("savour", most=self.left + 6)
        if not self.parts or (self.left > 12 and self.draw.chance(0.5)):
            self._feel()
        easing = self.story.side == "neg" and self.plan.mood >= EASING_MOOD
        while self.left > 6 or not self.parts:
            names = (
                ("easing.neg",) if easing and self.draw.chance(0.5) else (f"{self.story.family}.go", self._side("go"))
            )
            if not self._add(*names, most=self.left + 5):
                break
        if self.left > 3 and self.draw.chance(0.12):
            self._add(self._side("asks"))

    def _wind_down(self) -> None:
        """Relief or a plan in own words; nothing new, nothing asked."""
        self._add(self._side("wind"), most=max(16, self.left + 3))
        if self.left > 8:
            self._add(self._side("plan"), most=self.left + 6)
        while self.left > 9 and self._add("ease.any", self._side("wind"), most=self.left + 4):
            pass

    def _brief(self, action: str) -> None:
        names = {"wind_down": self._side("brief_wind"), "push_back": "brief_push", "savour": "brief_savour"}
        if action == "savour" and self.draw.chance(0.5):
            action = "go_on"
        slots = {**self.story.slots, "topic": self._one_topic()}
        pool = _TALK[names.get(action, self._side("brief_go"))]
        for _ in range(6):
            phrase = fresh(pool, self.draw, slots)
            if phrase and (line := render(phrase, self.draw, slots)).lower().strip(".!?") not in self.said:
                self._append(line)
                return
        self._append(capital(f"{slots['topic']}. {self._one_topic()}."))

    def _one_topic(self) -> str:
        """The first thing of the situation, or now and then the second."""
        slots = self.story.slots
        return slots["other"] if "other" in slots and self.draw.chance(0.4) else slots["topic"]


def _question_in(response: str) -> str:
    """Which kind of question the helper asked last, "" if none."""
    asked = next((part.lower() for part in reversed(sentences(response)) if part.endswith("?")), "")
    return next((kind for kind, cues in _QUESTION_KINDS if asked and any(cue in asked for cue in cues)), "")


_POOLS_OF_FEELINGS: dict[tuple[str, ...], Pool] = {}


def _told_pool(lines: tuple[str, ...]) -> Pool:
    if lines not in _POOLS_OF_FEELINGS:
        _POOLS_OF_FEELINGS[lines] = pools("[feel]\n" + "\n".join(lines or ("It {sits|stays} with me.",)))["feel"]
    return _POOLS_OF_FEELINGS[lines]


__all__ = ["Plan", "read_plan", "simulate_user"]
