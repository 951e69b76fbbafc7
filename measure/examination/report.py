"""What an examination found, as pure functions over its rows: one system's figures and its rows of Table 2 (paper §5.2)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from graphs.policy_context import HistorySpans
from graphs.schema import Mark, Record
from graphs.spans import CONSTRAINTS, span_violations
from measure.emotion_accuracy import Baselines, EmotionAccuracy, Labelled, baselines, emotion_accuracy, label_of
from measure.examination.answers import NOTHING_SAID, JudgeSettings, Marked, Reply
from measure.examination.folder import Examination
from measure.examination.questions import ExaminationConfig, ExaminedDialogue, Place, asked_at, copied_label
from measure.intervals import Estimate, clustered_mean, correlations
from measure.judge_relation import Relation, relation
from measure.table2 import OurRow

NOT_ASKED = "not asked yet"


class ScoredTurn(NamedTuple):
    """One scored turn with everything that came of it."""

    dialogue: str
    persona: str
    turn: int
    gold: str
    copied: str
    after_correction: bool
    replies: Mapping[HistorySpans, Reply | None]


class Judging(Record):
    """The criteria by one judge; scores on the pack's scale."""

    judge: str
    prompt_sha256: str
    relation: Relation
    demonstration: bool
    """Judged by the embedded model: these scores mean nothing."""
    scores: dict[str, Estimate]
    before_corrections: dict[str, Estimate]
    """Without turns after a correction; empty where there are none."""
    correlations: dict[str, dict[str, float | None]]
    judged: int
    """Turns with marks."""
    empty: int
    """Of them empty replies, which got the lowest scores unread."""
    failures: dict[str, int]
    """Why turns have no marks, by kind."""
    cost_usd: float | None


class SystemReport(Record):
    """Everything about one system."""

    directory: str
    config: ExaminationConfig
    personas: int
    turns: int
    """Scored turns."""
    dropped: int
    """Turns that annotators dropped: history, not scored."""
    after_correction: int
    """Scored turns that follow a corrected reply."""
    emotion: dict[HistorySpans, EmotionAccuracy]
    before_corrections: dict[HistorySpans, EmotionAccuracy]
    """Without turns after a correction; empty where there are none."""
    baselines: dict[HistorySpans, Baselines]
    """On the turns that were answered under each history setting."""
    malformed: Estimate
    """Share of replies with a violated format constraint, under the main history setting."""
    malformed_replies: int
    violations: dict[str, int]
    """Replies that break each constraint of Eq. 10."""
    ended: dict[str, int]
    """Calls by how their reply ended."""
    failures: dict[str, int]
    """Why calls gave no reply, by kind."""
    cost_usd: float | None
    judgings: tuple[Judging, ...]

    def rows(self) -> list[OurRow]:
        """This system in the columns of Table 2: one row, or one for each judge; each again without turns after a correction."""
        main = self.config.histories[0]
        found = [_row(self, judging, "all", self.emotion[main]) for judging in self.judgings or (None,)]
        if self.before_corrections:
            kept = self.before_corrections[main]
            found += [_row(self, judging, "before any correction", kept) for judging in self.judgings or (None,)]
        return found


def _row(system: SystemReport, judging: Judging | None, turns: str, emotion: EmotionAccuracy) -> OurRow:
    scores = {} if judging is None else judging.scores if turns == "all" else judging.before_corrections
    judge = judging.judge if judging else ""
    return OurRow(system=system.config.name, judge=judge, turns=turns, emotion_accuracy=emotion.overall, scores=scores)


def examination_report(examination: Examination, manifest: Mapping[str, Any] | None = None) -> SystemReport:
    """Report what was answered and judged so far.

    Args:
        manifest: the examined model's, to know its reward's judge.
    """
    answers = examination.answers(readonly=True)
    try:
        replies, judges = answers.replies(), answers.judges()
        marks = {judge.name: answers.marks(judge.name) for judge in judges}
    finally:
        answers.close()
    config, names = examination.config, list(examination.pack.rubric.criteria)
    turns = scored_turns(examination.dialogues, replies, config.histories)
    judgings = [_judging(judge, config.model, marks[judge.name], turns, names, manifest) for judge in judges]
    return system_report(
        config, turns, replies, examination.pack.labels, judgings, examination.dialogues, str(examination.path)
    )


def scored_turns(
    dialogues: Iterable[ExaminedDialogue], replies: Mapping[Place, Reply], histories: Sequence[HistorySpans]
) -> list[ScoredTurn]:
    """Every turn that counts, answered or not."""
    return [
        ScoredTurn(
            dialogue.id,
            dialogue.persona,
            turn,
            dialogue.gold[turn - 1],
            copied_label(dialogue, turn),
            bool(dialogue.after_correction) and dialogue.after_correction[turn - 1],
            {history: replies.get(asked_at(dialogue.id, turn, history, histories)) for history in histories},
        )
        for dialogue in dialogues
        for turn in dialogue.scored
    ]


def system_report(
    config: ExaminationConfig,
    turns: Sequence[ScoredTurn],
    replies: Mapping[Place, Reply],
    labels: frozenset[str],
    judgings: Sequence[Judging],
    dialogues: Sequence[ExaminedDialogue],
    directory: str,
) -> SystemReport:
    """Put one system's figures together."""
    main, kept = config.histories[0], [turn for turn in turns if not turn.after_correction]
    corrected = len(kept) < len(turns)
    said = [(turn.persona, reply.text) for turn in turns if (reply := turn.replies[main]) and reply.text is not None]
    broken = [(persona, span_violations(text)) for persona, text in said]
    return SystemReport(
        directory=directory,
        config=config,
        personas=len({turn.persona for turn in turns}),
        turns=len(turns),
        dropped=sum(len(dialogue.gold) - len(dialogue.scored) for dialogue in dialogues),
        after_correction=len(turns) - len(kept),
        emotion=_emotion(turns, config.histories, labels),
        before_corrections=_emotion(kept, config.histories, labels) if corrected else {},
        baselines={each: baselines(labelled(turns, each), config.majority.label) for each in config.histories},
        malformed=clustered_mean(((who, float(bool(found))) for who, found in broken), missing=len(turns) - len(said)),
        malformed_replies=sum(bool(found) for _, found in broken),
        violations=_counted((each for _, found in broken for each in found), CONSTRAINTS),
        ended=dict(Counter(reply.ended for reply in replies.values()).most_common()),
        failures=_failures(turns, config.histories),
        cost_usd=_sum(reply.cost_usd for reply in replies.values()),
        judgings=tuple(judgings),
    )


def labelled(turns: Iterable[ScoredTurn], history: HistorySpans) -> list[Labelled]:
    """What was said under a history setting beside what should have been."""
    return [
        Labelled(turn.persona, turn.turn, turn.gold, _predicted(turn.replies[history]), turn.copied) for turn in turns
    ]


def _predicted(reply: Reply | None) -> str | None:
    return None if reply is None or reply.text is None else label_of(reply.text)


def _emotion(
    turns: Sequence[ScoredTurn], histories: Sequence[HistorySpans], labels: frozenset[str]
) -> dict[HistorySpans, EmotionAccuracy]:
    return {history: emotion_accuracy(labelled(turns, history), labels) for history in histories}


def _failures(turns: Iterable[ScoredTurn], histories: Sequence[HistorySpans]) -> dict[str, int]:
    """Calls without a reply by kind; turn 1 is one call."""
    found = [
        NOT_ASKED if reply is None else reply.failure.partition(":")[0]
        for turn in turns
        for history in (histories if turn.turn > 1 else histories[:1])
        if (reply := turn.replies[history]) is None or reply.text is None
    ]
    return dict(Counter(found).most_common())


def _judging(
    judge: JudgeSettings,
    model: str,
    marks: Mapping[tuple[str, int], Marked],
    turns: Sequence[ScoredTurn],
    names: Sequence[str],
    manifest: Mapping[str, Any] | None,
) -> Judging:
    found = [(turn, marks.get((turn.dialogue, turn.turn))) for turn in turns]
    scored = [(turn, marked.marks) for turn, marked in found if marked and marked.marks is not None]
    missing = [marked.failure.partition(":")[0] if marked else "not judged" for _, marked in found if not _has(marked)]
    kept = [(turn, each) for turn, each in scored if not turn.after_correction]
    left = sum(not turn.after_correction for turn in turns) - len(kept)
    return Judging(
        judge=judge.name,
        prompt_sha256=judge.prompt_sha256,
        relation=relation(judge.model, model, manifest),
        demonstration=judge.demonstration,
        scores=_means(scored, names, len(missing)),
        before_corrections=_means(kept, names, left) if any(turn.after_correction for turn in turns) else {},
        correlations=correlations([{name: each[name].score for name in names} for _, each in scored], names),
        judged=len(scored),
        empty=sum(each[names[0]].reason == NOTHING_SAID for _, each in scored),
        failures=dict(Counter(missing).most_common()),
        cost_usd=_sum(marked.cost_usd for marked in marks.values()),
    )


def _has(marked: Marked | None) -> bool:
    return marked is not None and marked.marks is not None


def _means(
    scored: Sequence[tuple[ScoredTurn, Mapping[str, Mark]]], names: Sequence[str], missing: int
) -> dict[str, Estimate]:
    return {
        name: clustered_mean(((turn.persona, each[name].score) for turn, each in scored), missing=missing)
        for name in names
    }


def _counted(found: Iterable[str], order: Sequence[str]) -> dict[str, int]:
    counts = Counter(found)
    return {name: counts[name] for name in order if counts[name]}


def _sum(costs: Iterable[float | None]) -> float | None:
    found = list(costs)
    return None if None in found else sum(cost for cost in found if cost is not None)
