"""What can be heard in a text by its words: the marks of a reply, the signs of an utterance, the feeling in it.

The simulated user, the responder and the graders all read with these eyes and no others: none is told what was planted.
"""

from functools import lru_cache
from typing import NamedTuple

from graphs.offline.language import content_words, sentences
from graphs.offline.phrases import feelings
from graphs.offline.phrases.grading import CUES
from graphs.valence import read_valence

_SPACED = str.maketrans(dict.fromkeys('.,;:!?()[]"\n…', " ") | {"’": "'"})
CLEAR_TONE = 0.5
"""From this tone on, a label of the other side is not believed."""
SHORT_CUE = 4
"""Single words up to this length are cues as whole words only; longer ones also as a word's beginning."""


def spaced(text: str) -> str:
    """Lower case, punctuation as spaces, a space at both ends: ready to look for cues."""
    return f" {text.lower().translate(_SPACED)} ".replace("  ", " ")


def compile_cue(cue: str) -> str:
    """Make a cue ready to be looked for in a spaced text."""
    cue = cue.strip()
    return f" {cue} " if len(cue) <= SHORT_CUE and cue.isalpha() else f" {cue}"


_CUES = {
    kind: tuple(compile_cue(cue) for cue in text.replace("\n", "|").split("|") if cue.strip())
    for kind, text in CUES.items()
}


class Feeling(NamedTuple):
    """A label's lexicon: how it is told, heard, guessed behind and recognised."""

    label: str
    family: str
    told: tuple[str, ...]
    heard: tuple[str, ...]
    beneath: tuple[str, ...]
    cues: tuple[str, ...]


class Marks(NamedTuple):
    """What stands out in a response, for whoever reads it."""

    cold: bool
    unsafe: bool
    stock: bool
    advice: bool
    repeated: bool
    feeling: bool
    unsaid: bool
    question: bool
    shared: int
    """Content words that the response takes up from the dialogue."""

    @property
    def generic(self) -> bool:
        return self.stock and self.shared < 2


class Signs(NamedTuple):
    """What the user's latest message shows."""

    relief: str
    """The sentence that shows relief or a plan, or ""."""
    question: bool
    pain: bool
    pushes_back: bool
    crisis: bool


def has_cue(text: str, kind: str) -> bool:
    """Whether a spaced text holds one of the phrases of a kind."""
    return any(cue in text for cue in _CUES[kind])


def read_response(response: str, utterances: tuple[str, ...], earlier: tuple[str, ...]) -> Marks:
    """Read a helper's response against what the user said and the helper's earlier responses."""
    low, own = spaced(response), content_words(response)
    return Marks(
        cold=has_cue(low, "cold"),
        unsafe=has_cue(low, "unsafe"),
        stock=has_cue(low, "stock"),
        advice=has_cue(low, "advice"),
        repeated=_repeats(response.lower(), earlier),
        feeling=has_cue(low, "feeling"),
        unsaid=has_cue(low, "unsaid"),
        question="?" in response,
        shared=len({word for utterance in utterances for word in own & content_words(utterance)}),
    )


def _repeats(response: str, earlier: tuple[str, ...]) -> bool:
    """The first four words of one of the last two responses, or most of the words of any."""
    opening = response.split()[:4]
    if any(opening == said.lower().split()[:4] for said in earlier[-2:]):
        return True
    now = content_words(response)
    return any(len(now & content_words(said)) > 0.8 * max(4, len(now)) for said in earlier)


def read_signs(utterance: str) -> Signs:
    """Read the user's latest message for what Eq. 2's SOLVED rests on."""
    low = spaced(utterance)
    relief = next(
        (sentence for sentence in sentences(utterance) if has_cue(_with_apostrophes(spaced(sentence)), "relief")), ""
    )
    return Signs(relief, "?" in utterance, has_cue(low, "pain"), has_cue(low, "wrong_way"), has_cue(low, "crisis"))


def _with_apostrophes(text: str) -> str:
    """Put back what people leave out of the two contractions that a plan begins with."""
    return text.replace(" im ", " i'm ").replace(" ive ", " i've ")


@lru_cache(maxsize=1)
def lexicon() -> dict[str, Feeling]:
    """The labels of the feelings table."""
    return {feeling.label: feeling for feeling in map(_read_feeling, feelings.TABLE.strip().split("\n\n"))}


def _read_feeling(entry: str) -> Feeling:
    head, *lines = entry.split("\n")
    label, family = head.strip("[]").split()
    rows = {sign: tuple(line[2:] for line in lines if line[0] == sign) for sign in "~>?="}
    cues = tuple(compile_cue(cue) for row in rows["="] for cue in row.split(","))
    return Feeling(label, family, rows["~"], rows[">"], rows["?"], cues)


@lru_cache(maxsize=1024)
def family_of(label: str) -> str:
    """The family of a label, of the table or of the synonyms; "plain" for an unknown one."""
    name = label.strip().lower().replace(" ", "_").replace("-", "_")
    if name in lexicon():
        return lexicon()[name].family
    return next((family for family, names in feelings.FAMILY_OF.items() if name in names.split()), "plain")


@lru_cache(maxsize=1024)
def feelings_for(label: str) -> tuple[Feeling, ...]:
    """The lexicon entries that serve a label: its own, or those of its family."""
    name = label.strip().lower()
    if name in lexicon():
        return (lexicon()[name],)
    family = family_of(label)
    return tuple(feeling for feeling in lexicon().values() if feeling.family == family)


def is_positive(label: str) -> bool:
    """Whether a label belongs to the good feelings."""
    return family_of(label) in feelings.POSITIVE_FAMILIES


def infer_labels(utterances: tuple[str, ...], labels: tuple[str, ...]) -> tuple[str, ...]:
    """Labels of the list whose cues stand in the user's words, the likeliest first; the latest message counts twice.

    The tone of the words decides between labels with the same number of cues; () when no cue was found.
    """
    votes = [0] * len(labels)
    for utterance in (*utterances, *utterances[-1:]):
        votes = [before + now for before, now in zip(votes, _votes(utterance, labels), strict=True)]
    best = max(votes, default=0)
    likely = tuple(label for label, vote in zip(labels, votes, strict=True) if vote == best) if best else ()
    tone = tone_of(utterances)
    fitting = tuple(label for label in likely if tone == 0 or is_positive(label) == (tone > 0))
    return fitting or (likely if abs(tone) < CLEAR_TONE else ())


def tone_of(utterances: tuple[str, ...]) -> float:
    """Whether the user's words are pleasant or painful (graphs/valence.py); negations count as pain a little."""
    return sum(_tone(utterance) for utterance in utterances)


_NEGATIONS = tuple(
    f" {word} " for word in ("not", "nobody", "no", "never", "without", "didn't", "can't", "won't", "nothing")
)


@lru_cache(maxsize=8192)
def _tone(utterance: str) -> float:
    reading, low = read_valence(utterance), spaced(utterance)
    said = sum(cue in low for cue in _CUES["bright"]) - sum(cue in low for cue in _CUES["heavy"])
    return (reading.valence if reading else 0.0) + 0.3 * said - 0.08 * sum(word in low for word in _NEGATIONS)


@lru_cache(maxsize=8192)
def _votes(utterance: str, labels: tuple[str, ...]) -> tuple[int, ...]:
    low = spaced(utterance)
    return tuple(sum(cue in low for cue in _cues_of(label)) for label in labels)


@lru_cache(maxsize=1024)
def _cues_of(label: str) -> tuple[str, ...]:
    own = {cue for feeling in feelings_for(label) for cue in feeling.cues}
    return tuple(sorted(own | {compile_cue(label.lower())}))


__all__ = [
    "Feeling",
    "Marks",
    "Signs",
    "compile_cue",
    "family_of",
    "feelings_for",
    "has_cue",
    "infer_labels",
    "is_positive",
    "lexicon",
    "read_response",
    "read_signs",
    "spaced",
    "tone_of",
]
