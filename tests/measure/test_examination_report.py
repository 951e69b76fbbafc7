"""The report of an examination, from its rows to a table."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from graphs.packs import load_pack
from graphs.policy_context import HistorySpans
from graphs.schema import Mark
from measure.examination.answers import Answers, JudgeSettings, Marked, Reply
from measure.examination.folder import dialogues_digest, start_examination
from measure.examination.questions import ExaminationConfig, ExaminedDialogue, Majority, SaidMessage, asked_at, places
from measure.examination.report import SystemReport, examination_report
from measure.examination.text import report_markdown, report_text
from tests.graphs.runs import ROOT
from tests.measure.examined import CRITERIA, reply

JUDGE = JudgeSettings(model="judge-1", prompt_sha256="0" * 64)
SAD = reply(emotion="sad")
HISTORIES: tuple[HistorySpans, ...] = ("response", "all")


def dialogue(number: int, persona: str, turns: int = 2, **given: Any) -> ExaminedDialogue:
    said = [
        SaidMessage(role=role, content=text)
        for t in range(turns)
        for role, text in (("user", f"Hi {t}"), ("assistant", reply()))
    ]
    return ExaminedDialogue(
        id=f"d{number}", person="p", emotion="sad", situation="s", persona=persona, messages=tuple(said), gold=("sad",) * turns, **given
    )  # fmt: skip


def report_of(
    tmp_path: Any,
    dialogues: Sequence[ExaminedDialogue],
    replies: dict[tuple[str, int, str], Reply] | str = SAD,
    score: int | None = 4,
    asked: bool = True,
    manifest: dict[str, Any] | None = None,
    **config: Any,
) -> SystemReport:
    """Replies are the same everywhere, but for those given by place; a missing score is a judge that failed."""
    frozen = ExaminationConfig(
        release="data/release", dialogues_hash=dialogues_digest(dialogues), dialogues=len(dialogues), decisions=True, model="m",
        name=config.pop("name", "ours"), max_tokens=9, pack="kardia", pack_hash=load_pack("kardia").digest, majority=Majority(label="proud", of="train"), **config,
    )  # fmt: skip
    examination = start_examination(tmp_path / "ex", frozen, dialogues, ROOT / "prompts" / "kardia")
    answers = Answers(examination.path / "answers.sqlite")
    answers.keep_judge(JUDGE)
    for place in places(dialogues, HISTORIES) if asked else ():
        same = replies if isinstance(replies, str) else SAD
        other = {} if isinstance(replies, str) else replies
        answers.keep(other.get(tuple(place), Reply(place, same, "stop", cost_usd=0.5)))
        if place.history == "response":
            marks = None if score is None else {name: Mark(evidence="e", reason="r", score=score) for name in CRITERIA}
            answers.keep_marks(
                JUDGE.name, Marked(place.dialogue, place.turn, marks, "" if marks else "off format: prose", 0.25)
            )
    answers.close()
    return examination_report(examination, manifest)


def at(
    number: int, turn: int, history: HistorySpans, text: str | None, **given: Any
) -> dict[tuple[str, int, str], Reply]:
    place = asked_at(f"d{number}", turn, history, HISTORIES)
    return {tuple(place): Reply(place, text, "stop" if text is not None else "failed", **given)}


def test_a_system_has_one_row_in_the_columns_of_table_2(tmp_path):
    (row,) = report_of(tmp_path, [dialogue(n, f"p{n}") for n in range(8)]).rows()
    assert (row.system, row.judge, row.turns) == ("ours", "judge-1", "all")
    assert (row.emotion_accuracy.value, row.emotion_accuracy.low, row.emotion_accuracy.personas) == (1.0, None, 8)
    assert {name: found.value for name, found in row.scores.items()} == dict.fromkeys(CRITERIA, 4)


def test_one_persona_has_figures_and_no_intervals(tmp_path):
    report = report_of(tmp_path, [dialogue(1, "p1"), dialogue(2, "p1")])
    assert report.personas == 1
    assert report.emotion["response"].overall.low is None
    assert "1 persona: too few for an interval" in report_text([report])


def test_both_history_settings_are_reported_and_turn_one_is_shared(tmp_path):
    report = report_of(tmp_path, [dialogue(1, "p1")], at(1, 2, "all", reply(emotion="proud")))
    assert report.emotion["response"].overall.value == 1
    assert report.emotion["all"].overall.value == 0.5
    assert report.emotion["all"].first_turn.value == 1
    assert report.baselines["response"].copy_later_turns.value == 1
    assert report.baselines["response"].majority.value == 0
    assert report.cost_usd is None


def test_less_copying_can_be_taken_off_by_hand_where_turns_are_missing_under_one_setting(tmp_path):
    report = report_of(tmp_path, [dialogue(n, f"p{n}") for n in range(3)], at(1, 2, "all", None, failure="lost"))
    for history, found in report.emotion.items():
        copied, base = found.later_turns.value - found.over_copying.value, report.baselines[history]
        assert copied == pytest.approx(base.copy_later_turns.value)
    text = report_text([report])
    assert text.count("copy the last label, where") == 2 and "2     3 / 2 " in text


def test_failed_calls_are_left_out_and_counted_by_kind(tmp_path):
    lost = at(1, 2, "response", None, failure="http 400: no") | at(
        2, 1, "all", None, failure="deadline: no whole answer"
    )
    report = report_of(tmp_path, [dialogue(1, "p1"), dialogue(2, "p2")], lost)
    assert report.failures == {"http 400": 1, "deadline": 1}
    assert (report.emotion["response"].overall.turns, report.emotion["response"].overall.missing) == (2, 2)
    assert (report.malformed.turns, report.malformed.missing) == (2, 2)
    assert "Without a reply, and left out: http 400 1, deadline 1." in report_text([report])


def test_malformed_replies_are_counted_by_constraint_and_scored_by_their_label(tmp_path):
    broken = "<emotion>sad</emotion><response></response>"
    report = report_of(tmp_path, [dialogue(1, "p1")], at(1, 1, "response", broken) | at(1, 2, "response", "no spans"))
    assert report.malformed.value == 1
    assert report.malformed_replies == 2
    assert report.violations["response: empty"] == 2
    assert report.emotion["response"].overall.value == 0.5
    assert report.emotion["response"].without_label == 1


def test_turns_after_a_correction_are_reported_with_and_without(tmp_path):
    marked = dialogue(1, "p1", turns=3, verdicts=("corrected", None, "drop"), after_correction=(False, True, True))
    report = report_of(tmp_path, [marked, dialogue(2, "p2")], at(1, 2, "response", reply(emotion="proud")))
    assert (report.turns, report.dropped, report.after_correction) == (4, 1, 1)
    whole, kept = report.rows()
    assert (whole.emotion_accuracy.value, kept.emotion_accuracy.value) == (0.75, 1.0)
    assert (whole.turns, kept.turns) == ("all", "before any correction")
    assert kept.scores["safety"].turns == 3


def test_without_corrections_there_is_no_second_row(tmp_path):
    report = report_of(tmp_path, [dialogue(1, "p1")])
    assert report.before_corrections == {}
    assert len(report.rows()) == 1


def test_a_failed_judge_leaves_no_score_and_is_counted(tmp_path):
    report = report_of(tmp_path, [dialogue(1, "p1")], score=None)
    (judging,) = report.judgings
    assert judging.failures == {"off format": 2}
    assert {found.value for found in judging.scores.values()} == {None}
    assert "Without marks: off format 2." in report_text([report])


def test_criteria_that_never_vary_have_no_correlation(tmp_path):
    (judging,) = report_of(tmp_path, [dialogue(n, f"p{n}") for n in range(3)]).judgings
    assert set(judging.correlations) == set(CRITERIA)
    assert {each for row in judging.correlations.values() for each in row.values()} == {None}


def test_the_report_says_whose_judge_it_is(tmp_path):
    rewarded = {"settings": {"outcome": "rubric", "judge_model": "judge-1"}}
    report = report_of(tmp_path, [dialogue(1, "p1")], manifest=rewarded)
    assert report.judgings[0].relation.kind == "same"
    assert "ours, judged by judge-1: the judge is the reward's judge (judge-1): take another one." in report_text(
        [report]
    )


def test_what_was_not_asked_yet_is_no_zero(tmp_path):
    report = report_of(tmp_path, [dialogue(1, "p1")], asked=False)
    assert report.emotion["response"].overall.value is None
    assert report.failures == {"not asked yet": 3}
    assert report.judgings[0].failures == {"not judged": 2}
    assert "–" in report_text([report])


@pytest.mark.parametrize("name", ["a|b", "x\n| --- |", "<img src=x onerror=alert(1)>", "[click](http://x)", "`code`"])
def test_a_name_cannot_forge_markdown(tmp_path, name):
    written = report_markdown([report_of(tmp_path, [dialogue(1, "p1")], name=name)])
    rows = [line for line in written.splitlines() if "judge\\-1" in line or "judge-1" in line]
    assert "<img" not in written.replace("\\<img", "")
    assert "](http" not in written.replace("\\]", "")
    (row,) = (line for line in rows if line.startswith("|"))
    assert row.replace("\\|", "").count("|") == 4 + len(CRITERIA) + 1


def test_the_paper_stands_beside_with_its_source(tmp_path):
    text = report_text(
        [report_of(tmp_path, [dialogue(1, "p1")], name="one"), report_of(tmp_path / "b", [dialogue(1, "p1")])]
    )
    assert text.index("one ") < text.index("ours ") < text.index("paper: Qwen2.5-7B-Instruct, Kardia-R1")
    assert "arXiv 2512.01282, Table 2" in text


def test_systems_that_were_asked_other_dialogues_are_not_compared_silently(tmp_path):
    one, same = (report_of(tmp_path / name, [dialogue(1, "p1")]) for name in "ab")
    other = report_of(tmp_path / "c", [dialogue(2, "p2")])
    assert "not asked the same dialogues" in report_text([one, other])
    assert "not asked the same dialogues" not in report_text([one, same])


def test_a_report_is_data_too(tmp_path):
    report = report_of(tmp_path, [dialogue(1, "p1")])
    assert SystemReport.model_validate(json.loads(report.model_dump_json())) == report
