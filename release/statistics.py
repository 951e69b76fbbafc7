"""The figures of the paper's Table 3 and Fig. 4 for a release, beside the paper's own (Appendix A)."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from graphs.released import SPLITS, ReleaseError, Row, data_file, read_split
from graphs.schema import Record, Split
from graphs.spans import MalformedReply, Spans, parse_spans

UNIT = "Lengths in words, split at white space: the paper does not name its unit (our choice)."
UNKNOWN_MBTI = "unknown"
_LONG = range(8, 11)


class Figures(Record):
    """One column of Table 3, and the distributions of Fig. 4; an average over nothing is None."""

    dialogues: int
    utterances: int
    """User turns: the paper's 157,790 utterances over 19,533 dialogues are its 8.078 turns."""
    turns: float | None
    query_words: float | None
    understanding_words: float | None
    reasoning_words: float | None
    response_words: float | None
    emotion_labels: int
    user_profiles: int
    share_8_to_10_turns: float | None = None
    """Fig. 4b says over 0.9."""
    turn_counts: dict[int, int] = Field(default_factory=dict)
    """Turns in a dialogue -> dialogues (Fig. 4b)."""
    emotions: dict[str, int] = Field(default_factory=dict)
    mbti: dict[str, int] = Field(default_factory=dict)
    mbti_emotions: dict[str, dict[str, int]] = Field(default_factory=dict)
    """MBTI type -> emotion -> dialogues (Fig. 4a)."""


class Table3(Record):
    """A release in the form of the paper's Table 3."""

    train: Figures
    test: Figures
    all: Figures
    unit: str = UNIT


def _paper(*column: float) -> Figures:
    dialogues, utterances, turns, query, understanding, reasoning, response, labels, profiles = column
    return Figures(
        dialogues=int(dialogues),
        utterances=int(utterances),
        turns=turns,
        query_words=query,
        understanding_words=understanding,
        reasoning_words=reasoning,
        response_words=response,
        emotion_labels=int(labels),
        user_profiles=int(profiles),
    )


PAPER = Table3(
    train=_paper(19533, 157790, 8.078, 51.34, 41.49, 53.21, 26.94, 32, 639),
    test=_paper(2547, 20290, 7.966, 51.57, 41.28, 52.82, 26.83, 32, 32),
    all=_paper(22080, 178080, 8.07, 51.36, 41.46, 53.17, 26.93, 32, 671),
    unit="not named by the paper",
)
ROW_TITLES = {
    "dialogues": "# Dialogues",
    "utterances": "# Utterances",
    "turns": "Avg. Multi-turns",
    "query_words": "Avg. Query Length",
    "understanding_words": "Avg. Understanding Length",
    "reasoning_words": "Avg. Reasoning Length",
    "response_words": "Avg. Response Length",
    "emotion_labels": "Emotion Labels",
    "user_profiles": "User Profiles",
}
COLUMN_TITLES = ("Category", "Train", "Test", "All", "Paper: Train", "Test", "All")


@dataclass
class Tally:
    """Counts that add up over the dialogues of one split or of both."""

    words: Counter[str] = field(default_factory=Counter)
    """Words of all utterances (`query`), and of each span of all replies."""
    replies: int = 0
    """Replies that could be split into their spans: what a span's length is the average over."""
    turns: Counter[int] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(MBTI, emotion) -> dialogues."""
    personas: set[str] = field(default_factory=set)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.words + other.words,
            self.replies + other.replies,
            self.turns + other.turns,
            self.pairs + other.pairs,
            self.personas | other.personas,
        )


def table3(out: Path) -> Table3:
    """Count a release.

    Raises:
        ReleaseError: a file is missing, or a reply in it breaks the four-span format; names the row.
    """
    train, test = (_tally(out, split) for split in SPLITS)
    return tabulate(train, test)


def tabulate(train: Tally, test: Tally) -> Table3:
    """Table 3 of what was counted."""
    return Table3(train=_figures(train), test=_figures(test), all=_figures(train + test))


def printed_rows(table: Table3) -> list[tuple[str, ...]]:
    """The lines of Table 3 as text under COLUMN_TITLES: ours, then the paper's."""
    columns = (table.train, table.test, table.all, PAPER.train, PAPER.test, PAPER.all)
    return [(title, *(_printed(getattr(column, name)) for column in columns)) for name, title in ROW_TITLES.items()] + [
        ("8-10 turns", *(_share(column.share_8_to_10_turns) for column in columns[:3]), "-", "-", "> 90 %")
    ]


def word_count(text: str) -> int:
    """Length in words, split at white space."""
    return len(text.split())


def count_words(queries: Iterable[str], replies: Iterable[Spans]) -> Counter[str]:
    """Words of a dialogue: of its utterances, and of each span of its replies."""
    words = Counter(query=sum(map(word_count, queries)))
    for spans in replies:
        words.update({name: word_count(text) for name, text in zip(Spans._fields, spans, strict=True)})
    return words


def _tally(out: Path, split: Split) -> Tally:
    tally = Tally()
    for number, row in enumerate(read_split(out, split), start=1):
        try:
            _count(tally, row)
        except MalformedReply as error:
            where = f"{data_file(out, split)}, row {number}"
            raise ReleaseError(f"{where}: {error}; `kardia release check` names every such row") from error
    return tally


def _count(tally: Tally, row: Row) -> None:
    queries = [message["content"] for message in row["messages"] if message["role"] == "user"]
    replies = [parse_spans(message["content"]) for message in row["messages"] if message["role"] == "assistant"]
    tally.words += count_words(queries, replies)
    tally.replies += len(replies)
    tally.turns[len(queries)] += 1
    tally.pairs[row["mbti"] or UNKNOWN_MBTI, row["emotion"]] += 1
    tally.personas.add(row["anon_username"])


def _figures(tally: Tally) -> Figures:
    dialogues = tally.turns.total()
    utterances = sum(turns * count for turns, count in tally.turns.items())
    emotions: Counter[str] = Counter()
    mbti: Counter[str] = Counter()
    both: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (kind, emotion), count in sorted(tally.pairs.items()):
        emotions[emotion] += count
        mbti[kind] += count
        both[kind][emotion] = count
    return Figures(
        dialogues=dialogues,
        utterances=utterances,
        turns=_mean(utterances, dialogues),
        query_words=_mean(tally.words["query"], utterances),
        understanding_words=_mean(tally.words["understanding"], tally.replies),
        reasoning_words=_mean(tally.words["reasoning"], tally.replies),
        response_words=_mean(tally.words["response"], tally.replies),
        emotion_labels=len(emotions),
        user_profiles=len(tally.personas),
        share_8_to_10_turns=_mean(sum(tally.turns[turns] for turns in _LONG), dialogues),
        turn_counts=dict(sorted(tally.turns.items())),
        emotions=dict(emotions.most_common()),
        mbti=dict(mbti.most_common()),
        mbti_emotions=dict(both),
    )


def _mean(total: int, count: int) -> float | None:
    return total / count if count else None


def _printed(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"
