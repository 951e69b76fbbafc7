"""Context-response pairs: what the policy sees, which label is gold, and what is refused."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from graphs.packs import load_pack
from graphs.policy_context import PolicySees, policy_context
from graphs.prompts import PromptWriter
from graphs.records import read_header, write_rows
from graphs.released import read_split
from graphs.spans import parse_spans
from studio.cli import app
from tests.release.invented import build, persona, write_run
from tests.train.example_material import a_dialogue, of, played, played_release, write
from train.examples.example_rows import WrongExamples, clean_row, turn_example
from train.examples.partition import partition_release
from train.examples.partition_report import PartitionError
from train.examples.sources import open_source
from train.examples.token_report import quantiles
from train.examples.writing import ExamplesReport, read_examples
from train.rows import Allocated

LABELS = ("afraid", "proud", "sad")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return played_release(tmp_path_factory.mktemp("played"))


@pytest.fixture(scope="module")
def partition(release: Path) -> Path:
    partition_release(release, release.parent / "partition")
    return release.parent / "partition"


def test_every_turn_is_the_pair_of_its_context_and_its_reply(release: Path, tmp_path: Path):
    _, examples = write(release, tmp_path / "x.jsonl")
    writer = PromptWriter(load_pack("kardia"))
    rows = {row["anon_username"]: row for row in read_split(release, "train")}
    assert len(examples) == sum(len(row["messages"]) // 2 for row in rows.values())
    for example in examples:
        row = rows[example.persona]
        shown = policy_context(writer, row, example.turn, PolicySees())
        assert [message.model_dump() for message in example.prompt] == shown
        assert example.completion[0].content == row["messages"][2 * example.turn]["content"]
        assert example.reference == parse_spans(example.completion[0].content).response
        assert example.dialogue_text.endswith(f"[{example.turn}] user: {shown[-1]['content']}")
    assert len({example.id for example in examples}) == len(examples)


def test_the_gold_label_reaches_no_prompt():
    writer = PromptWriter(load_pack("kardia"))
    prompts = []
    for emotion in ("sad", "proud"):
        dialogue = a_dialogue(emotion=emotion)
        prompts.append(turn_example(writer, dialogue, clean_row(dialogue, str.strip), 2, PolicySees()).prompt)
    assert prompts[0] == prompts[1]


def test_history_shows_responses_alone_unless_told_otherwise(release: Path, tmp_path: Path):
    _, shown = write(release, tmp_path / "x.jsonl")
    _, everything = write(release, tmp_path / "y.jsonl", sees=PolicySees(history_spans="all"))
    for some, all_ in zip(shown, everything, strict=True):
        said = [message.content for message in some.prompt if message.role == "assistant"]
        told = [message.content for message in all_.prompt if message.role == "assistant"]
        assert [parse_spans(text).response for text in told] == said
        assert not [text for text in said if "emotion" in text]


@pytest.mark.parametrize(
    ("sees", "hidden", "seen"),
    [
        (PolicySees(persona=False), "I fold kites", "flew off"),
        (PolicySees(situation=False), "flew off", "I fold kites"),
    ],
)
def test_what_the_policy_sees_is_a_setting(tmp_path: Path, sees: PolicySees, hidden: str, seen: str):
    _, examples = write(of(a_dialogue()), tmp_path / "x.jsonl", sees=sees)
    for example in examples:
        text = " ".join(message.content for message in example.prompt)
        assert hidden not in text
        assert seen in text
        assert hidden in example.person + example.situation  # the judge is told all the same


def test_a_whole_conversation_has_every_reply_as_target(release: Path, tmp_path: Path):
    report, examples = write(release, tmp_path / "x.jsonl", per="conversation", sees=PolicySees(history_spans="all"))
    assert report.counts.examples == report.counts.dialogues == len(examples) == 5
    for example, row in zip(examples, read_split(release, "train"), strict=True):
        assert example.turn == 0
        assert [message.role for message in example.prompt] == ["system"]
        assert [message.model_dump() for message in example.completion] == row["messages"][1:]


def test_a_whole_conversation_that_hides_earlier_labels_is_refused_with_the_reason(release: Path, tmp_path: Path):
    with pytest.raises(WrongExamples, match="--history-spans all"):
        write(release, tmp_path / "x.jsonl", per="conversation")


def test_the_gold_label_of_a_corrected_turn_is_the_corrections(tmp_path: Path):
    dialogue = a_dialogue(gold_emotions=("sad", "proud"))
    report, examples = write(of(dialogue), tmp_path / "x.jsonl")
    assert [(one.emotion, one.emotion_from) for one in examples] == [("sad", "dialogue"), ("proud", "correction")]
    assert report.counts.from_correction == 1
    assert report.counts.target_names_another_label == 1


def test_a_release_gives_the_dialogues_own_label_and_reads_no_decision(release: Path, tmp_path: Path):
    (release / "private/decisions.jsonl").rename(tmp_path / "away")
    try:
        report, examples = write(release, tmp_path / "x.jsonl")
    finally:
        (tmp_path / "away").rename(release / "private/decisions.jsonl")
    assert {(one.emotion, one.emotion_from) for one in examples} == {("sad", "dialogue")}
    assert list(report.sources) == ["train"]
    assert report.subset == "all"


@pytest.mark.parametrize(("subset", "dialogues"), [("easy", 4), ("hard", 1), ("all", 5)])
def test_a_partition_gives_its_subsets(partition: Path, tmp_path: Path, subset: str, dialogues: int):
    report, _ = write(partition, tmp_path / "x.jsonl", subset=subset)
    assert (report.counts.dialogues, report.subset, report.by) == (dialogues, subset, "turns")
    if subset != "all":
        assert write(partition / f"{subset}.jsonl", tmp_path / "y.jsonl")[0].counts == report.counts


def test_no_decision_stands_in_a_file_of_examples(partition: Path, tmp_path: Path):
    write(partition, tmp_path / "x.jsonl", subset="all")
    text = (tmp_path / "x.jsonl").read_text()
    assert not [word for word in ("FAIL", "PASS", "SOLVED", "verdict", "critique") if f'"{word}' in text]


@pytest.mark.parametrize(
    ("place", "subset", "message"),
    [
        ("release", "hard", "a release has no hard set"),
        ("partition", None, "--subset easy, hard or all"),
        ("partition/easy.jsonl", "hard", "holds the easy set"),
        ("nowhere", None, "name a directory"),
        ("release/release.json", None, "no dialogues of a partition"),
    ],
)
def test_a_wrong_source_is_refused_with_what_to_do(release: Path, partition: Path, place: str, subset, message: str):
    with pytest.raises(PartitionError, match=message):
        open_source(release.parent / place, subset)


def test_a_partition_that_was_changed_by_hand_is_refused(release: Path, tmp_path: Path):
    partition_release(release, tmp_path / "p")
    with (tmp_path / "p/easy.jsonl").open("a") as file:
        file.write("\n")
    with pytest.raises(PartitionError, match="is not what"):
        open_source(tmp_path / "p", "easy")


@pytest.mark.parametrize(
    ("dialogue", "message"),
    [
        (a_dialogue(emotion="wistful"), "'wistful' is no label of pack kardia"),
        (a_dialogue(gold_emotions=("sad", "meh")), "'meh' is no label"),
        (a_dialogue(answer="Only words."), "turn 1: understanding"),
        (a_dialogue(gold_emotions=("sad",)), "take turns"),
    ],
)
def test_a_dialogue_that_cannot_be_taught_is_refused_by_name(tmp_path: Path, dialogue: Allocated, message: str):
    with pytest.raises(WrongExamples, match=message):
        write(of(dialogue), tmp_path / "x.jsonl")
    assert not (tmp_path / "x.jsonl").exists()


def test_an_empty_subset_is_refused_and_leaves_no_file(tmp_path: Path):
    with pytest.raises(WrongExamples, match="holds no dialogue"):
        write(of(), tmp_path / "x.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_kind_is_not_overwritten(partition: Path):
    before = (partition / "easy.jsonl").read_bytes()
    with pytest.raises(WrongExamples, match="name another file"):
        write(partition, partition / "easy.jsonl", subset="easy")
    assert (partition / "easy.jsonl").read_bytes() == before


def test_the_header_says_what_was_made_from_what_and_the_bytes_repeat(partition: Path, tmp_path: Path):
    for name in ("x", "y"):
        write(partition, tmp_path / f"{name}.jsonl", subset="easy")
    header, examples = read_examples(tmp_path / "x.jsonl")
    report = ExamplesReport.model_validate(header)
    assert set(report.sources) == {"train", "decisions", "easy"}
    assert report.pack_hash == load_pack("kardia").digest
    assert report.counts.examples == len(list(examples))
    assert (tmp_path / "x.jsonl").read_bytes() == (tmp_path / "y.jsonl").read_bytes()


def test_a_file_of_something_else_is_refused(tmp_path: Path):
    write_rows(tmp_path / "x.jsonl", {"kind": "personas"}, [])
    with pytest.raises(WrongExamples, match="kardia train examples"):
        read_examples(tmp_path / "x.jsonl")


@pytest.mark.parametrize(
    ("values", "p50", "p95"), [([7], 7, 7), ([1, 2], 1, 2), (range(1, 101), 50, 95), (range(1, 21), 10, 19)]
)
def test_quantiles_are_lengths_that_occur(values, p50: int, p95: int):
    found = quantiles(list(values))
    assert (found.p50, found.p95, found.max) == (p50, p95, max(values))


def test_the_command_writes_and_reports(partition: Path, tiny_model: Path, tmp_path: Path):
    out = tmp_path / "x.jsonl"
    command = ["train", "examples", str(partition), "--subset", "easy", "--out", str(out), "--no-situation"]
    done = CliRunner().invoke(app, [*command, "--tokenizer", str(tiny_model), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == read_header(out)
    assert json.loads(done.stdout)["sees"] == {"persona": True, "situation": False, "history_spans": "response"}
    told = CliRunner().invoke(app, [*command, "--tokenizer", str(tiny_model)])
    assert "12 examples of 4 dialogues (easy)" in told.stdout
    assert "prompt mean" in told.stdout


def test_a_persona_of_a_release_is_what_examples_cluster_by(tmp_path: Path):
    who = persona(7)
    build(tmp_path / "release", write_run(tmp_path / "run", [played(1, who=who), played(2, who=who)]))
    _, examples = write(tmp_path / "release", tmp_path / "x.jsonl")
    assert {one.persona for one in examples} == {who.id}
    assert len({one.dialogue for one in examples}) == 2
