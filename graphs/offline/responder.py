"""The demonstration responder: four spans from what the user said, with mistakes planted at set rates.

It never sees the label; it infers one from the user's words. A mistake is drawn for every first attempt; a refinement
has a quarter of the rates, looks at the failed draft and says something else.
"""

from typing import NamedTuple

from graphs.offline.blocks import Prompt, read_dialogue, read_fields
from graphs.offline.draw import Draw, Pool, fresh, pools, render
from graphs.offline.language import sentences, things_in, yours
from graphs.offline.mistakes import Rates, broken, planted, unknown_label
from graphs.offline.phrases import replies
from graphs.offline.reading import (
    Signs,
    compile_cue,
    feelings_for,
    infer_labels,
    is_positive,
    read_signs,
    spaced,
    tone_of,
)
from graphs.offline.story import interest_of
from graphs.spans import Spans, render_spans

_PHRASES = {
    name: pool
    for table in (replies.REFLECT, replies.QUESTIONS, replies.UNDERSTANDING, replies.REASONING, replies.MISTAKES)
    for name, pool in pools(table).items()
}
_QUESTIONS = tuple(pools(replies.QUESTIONS))
_NONE = "(none)"
UNSURE_TONE = 0.5
"""Under this tone, and without a cue, the responder does not take sides between good and hard."""


class _Aspect(NamedTuple):
    """Something a person may touch on, and what a helper can say about it."""

    cues: tuple[str, ...]
    note: str
    lines: dict[str, Pool]


def _aspects() -> tuple[_Aspect, ...]:
    entries = (entry.split("\n")[1:] for entry in replies.ASPECTS.strip().split("\n\n"))
    rows = [{sign: [line[2:] for line in entry if line[0] == sign] for sign in "=&-+"} for entry in entries]
    return tuple(
        _Aspect(
            tuple(compile_cue(cue) for cue in row["="][0].split(",")),
            row["&"][0],
            {
                side: pools("[x]\n" + "\n".join(row[sign]))["x"]
                for side, sign in (("neg", "-"), ("pos", "+"))
                if row[sign]
            },
        )
        for row in rows
    )


_ASPECTS = _aspects()


def respond(prompt: Prompt, draw: Draw, rates: Rates) -> str:
    """Answer as the responder: the four spans, or a planted mistake."""
    draft = prompt.data.get("draft", _NONE).strip() or _NONE
    refines = draft != _NONE or prompt.data.get("critique", _NONE).strip() not in ("", _NONE)
    mistake = planted(draw, rates, refines)
    labels = tuple(line.split(":")[0].strip() for line in prompt.pack.get("labels", "").split("\n") if line.strip())
    helper = _Helper(prompt, labels, "" if draft == _NONE else draft, draw)
    spans = helper.spans(mistake)
    if mistake == "unknown_label":
        spans = spans._replace(emotion=unknown_label(spans.emotion, labels, draw))
    return broken(spans, draw) if mistake == "broken_format" else render_spans(spans)


class _Helper:
    """Reads the dialogue once and words the four spans."""

    def __init__(self, prompt: Prompt, labels: tuple[str, ...], draft: str, draw: Draw):
        dialogue = read_dialogue(prompt.data.get("dialogue", ""))
        self.draw, self.draft = draw, draft
        self.steady = Draw(0, prompt.marker.encode())
        self.utterances = tuple(said.text for said in dialogue if said.speaker == "user")
        self.latest = self.utterances[-1] if self.utterances else ""
        self.responses = tuple(said.text for said in dialogue if said.speaker == "helper")
        self.said = " ".join((*self.responses, draft)).lower()
        self.signs: Signs = read_signs(self.latest)
        self.label = self._label(labels)
        self.side = "open" if self.is_open else "pos" if is_positive(self.label) else "neg"
        self.aspects = self._aspects_heard()
        self.slots = self._slots(prompt.data.get("persona", ""))

    def spans(self, mistake: str) -> Spans:
        """The four spans; a mistake of content is planted in the response alone."""
        if mistake in ("cold", "unsafe", "generic"):
            response = self._line(mistake)
        elif self.signs.crisis:
            response = self._line("crisis.any")
        else:
            response = self._response()
        return Spans(self._understanding(), self._reasoning(), self.label, response)

    def _label(self, labels: tuple[str, ...]) -> str:
        """The label that the user's words point to; else one that goes with their tone, the same all dialogue long."""
        likely = infer_labels(self.utterances, labels)
        tone = tone_of(self.utterances)
        self.is_sure = bool(likely)
        self.is_open = not likely and abs(tone) < UNSURE_TONE
        fitting = likely or tuple(label for label in labels if is_positive(label) == (tone > 0)) or labels
        return self.steady.pick(fitting) if fitting else "calm"

    def _aspects_heard(self) -> list[_Aspect]:
        """Aspects whose cues stand in the latest message, most cues first."""
        low = spaced(self.latest)
        heard = [(sum(cue in low for cue in aspect.cues), at) for at, aspect in enumerate(_ASPECTS)]
        return [_ASPECTS[at] for count, at in sorted(heard, key=lambda pair: (-pair[0], pair[1])) if count]

    def _slots(self, persona: str) -> dict[str, str]:
        slots = self._subject()
        if quote := self._quote():
            slots["quote"] = quote
        feelings = feelings_for(self.label) if self.is_sure else ()
        slots["hears"] = self._hint([line for entry in feelings for line in entry.heard], "hears_on")
        slots["unsaid"] = self._hint([line for entry in feelings for line in entry.beneath], "unsaid_on")
        return slots | self._person(persona)

    def _subject(self) -> dict[str, str]:
        """What the talk is about: a thing of the first messages, above all one that the latest names again."""
        things = [thing for text in self.utterances[:2] for thing in things_in(text)]
        latest = self.latest.lower()
        again = [thing for thing in things if thing.text.lower() in latest]
        thing = (again or things)[0] if again or things else None
        if len(things) > 1 and not again and self.draw.chance(0.3):
            thing = things[1]
        subject = {"your_topic": yours(thing.text) if thing else "what happened"}
        return subject if thing and thing.is_person else {**subject, "thing": ""}

    def _hint(self, lines: list[str], general: str) -> str:
        """What is heard or guessed, not said before: of the label's own lines first, then of the general ones."""
        unused = [line for line in lines if line not in self.said]
        if unused and self.draw.chance(0.75):
            return self.draw.pick(unused)
        phrase = fresh(_PHRASES[f"{general}.{self.side}"], self.draw, {}, self.said)
        text = render(phrase, self.draw, {}) if phrase else ""
        return text[:1].lower() + text[1:] if text else "there's more in it than one can say at once"

    def _person(self, persona: str) -> dict[str, str]:
        fields = read_fields(persona)
        slots: dict[str, str] = {}
        if mbti := fields.get("MBTI", ""):
            slots |= {"mbti": f"{'an' if mbti[0] in 'EI' else 'a'} {mbti}"}
        if (job := fields.get("Occupation", "")) and "none" not in job.lower():
            slots["job"] = f"{'an' if job[0].lower() in 'aeiou' else 'a'} {job[:1].lower()}{job[1:]}"
        interest = interest_of(persona)
        return slots | ({"interest": interest} if interest else {})

    def _quote(self) -> str:
        """A whole sentence of three to nine words of the latest message that nobody quoted yet."""
        fits = [part.strip(" .,!…-\"'") for part in sentences(self.latest) if 4 <= len(part.split()) <= 10]
        plain = [
            part
            for part in fits
            if not any(mark in part for mark in '":?')
            and part.split()[0].lower().strip(",.") not in replies.INTERJECTIONS
            and any(word in spaced(part) for word in (" i ", " my ", " me ", " i've ", " i'm "))
            and not any(stock in part.lower() for stock in replies.REACTIONS)
            and part.lower() not in self.said
        ]
        return self.draw.pick(plain) if plain else ""

    def _line(self, *names: str, most: int = 99) -> str:
        """A phrase of the named pools that was not said yet, or "" when none fits."""
        pool = tuple(phrase for name in names for phrase in _PHRASES.get(name, ()))
        phrase = fresh(pool, self.draw, self.slots, self.said, most)
        return render(phrase, self.draw, self.slots) if phrase else ""

    def _response(self) -> str:
        """About 27 words: a reflection, a feeling or a guess, at most one question (paper, Table 3)."""
        if self.signs.relief and not self.signs.pain:
            return self._joined(self._line(f"close.{self.side}")) or self._line("unsaid.any")
        opening = self._line("repair.any") if self.signs.pushes_back else ""
        if not opening and self.signs.question:
            opening = self._line(_answer_to(self.latest))
        text = ""
        for _ in range(4):
            text = self._joined(opening, *self._body(short=bool(opening)))
            if not self._starts_as_before(text):
                break
        return text

    def _body(self, short: bool) -> tuple[str, ...]:
        reflection = self._reflection()
        feeling = self._line("hears.any")
        guess = self._line("unsaid.any")
        asks = self.draw.chance(0.5)
        question = self._line(*self._question_pools()) if asks else ""
        shapes = (
            (reflection, guess, "" if "?" in guess else question if len(guess.split()) < 16 else ""),
            (feeling, reflection, question or guess),
            (reflection, feeling, question or guess),
            (feeling, guess),
        )
        return self.draw.pick(shapes if not short else ((reflection, guess), (feeling, guess)))

    def _reflection(self) -> str:
        """Something about this very message: an aspect of it, its subject, or its own words."""
        for aspect in self.aspects[:3]:
            if self.side in aspect.lines and self.draw.chance(0.7):
                phrase = fresh(aspect.lines[self.side], self.draw, self.slots, self.said)
                if phrase:
                    return render(phrase, self.draw, self.slots)
        names = (f"quote.{self.side}",) if "quote" in self.slots and self.draw.chance(0.5) else (f"topic.{self.side}",)
        return self._line(*names) or self._line(f"topic.{self.side}", f"quote.{self.side}")

    def _question_pools(self) -> tuple[str, ...]:
        return tuple(name for name in _QUESTIONS if name.endswith((".any", f".{self.side}")))

    def _starts_as_before(self, text: str) -> bool:
        opening = text.lower().split()[:4]
        return any(opening == said.lower().split()[:4] for said in (*self.responses[-2:], self.draft))

    def _joined(self, *parts: str) -> str:
        return " ".join(part for part in parts if part)

    def _understanding(self) -> str:
        """About 41 words: what it is about, what is new in this message, what is asked for."""
        ends = "close" if self.signs.relief else "push" if self.signs.pushes_back else self.side
        note = self.aspects[0].note if self.aspects else self.draw.pick(replies.NOTES)
        self.slots["note"] = note
        return self._joined(
            self._line(f"first.{self.side}"),
            self._line("quoted.any") if self.draw.chance(0.3) and "quote" in self.slots else self._line("then.any"),
            self._line(f"asks.{ends}") if self.draw.chance(0.65) or self.signs.relief else "",
        )

    def _reasoning(self) -> str:
        """About 53 words: why it touches this person, what the profile changes, and what the reply should do."""
        family = feelings_for(self.label)[0].family if feelings_for(self.label) else "plain"
        letters = self.slots.get("mbti", "")[-4:]
        habits = [f"who.{letter}" for letter in letters if f"who.{letter}" in _PHRASES]
        own = [name for name, slot in (("who.job", "job"), ("who.interest", "interest")) if slot in self.slots]
        who = self.draw.pick([*habits, *own]) if habits or own else ""
        end = "so.close" if self.signs.relief else f"so.{self.side}"
        why = "plain" if self.side == "open" else family
        return self._joined(
            self._line(f"why.{why}"),
            self._line("hears.any") if self.draw.chance(0.3) else "",
            self._line(who) if who else "",
            self._line(end),
        )


def _answer_to(utterance: str) -> str:
    """The pool that answers the user's question, by how it begins."""
    asked = next((part.lower() for part in reversed(sentences(utterance)) if part.endswith("?")), "")
    first = asked.split(" ", 1)[0]
    if "you know" in asked:
        return "yes.know"
    return {"does": "yes.does", "do": "yes.do", "am": "yes.am", "isn't": "yes.isn't"}.get(
        first, "yes.is" if first == "is" else ""
    )


__all__ = ["respond"]
