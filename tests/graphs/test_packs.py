"""Packs: the one in prompts/ plays, and every way to break it is named with file and line."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.packs import FILES, OPTIONAL, PACKS, BadPack, Finding, check_pack, load_pack, pack_digest
from graphs.templates import ROLES

SOURCE = PACKS / "kardia"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SOURCE, tmp_path / "mine"))


def rewrite(path: Path, old: str, new: str) -> int:
    """Replace the first `old` and return the 1-based line on which `new` ends."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer holds {old!r}: mend this test"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + new.rstrip("\n").count("\n") + 1


def found(folder: Path) -> list[Finding]:
    findings = check_pack(folder)
    with pytest.raises(BadPack) as raised:
        load_pack(str(folder))
    assert raised.value.findings == findings
    assert str(raised.value) == "\n".join(f"{f.file}:{f.line}: {f.message}" for f in findings)
    return findings


def test_pack_of_the_paper_is_whole():
    pack = load_pack("kardia")
    assert check_pack(SOURCE) == []
    assert len(pack.labels) == 32
    assert len(pack.rubric.criteria) == 5
    assert str(pack.rubric.scale) == "1-5"
    assert (pack.settings.limits.turns, pack.settings.limits.attempts) == (10, 5)
    assert set(pack.templates) == set(ROLES)


@pytest.mark.parametrize(
    ("why", "file", "old", "new", "said"),
    [
        ("label's valence out of range", "pack.yaml", "angry: {valence: -0.65", "angry: {valence: -1.65", "labels.angry.valence"),
        ("label's arousal out of range", "pack.yaml", "arousal: 0.9}", "arousal: 1.9}", "arousal"),
        ("label without a place", "pack.yaml", "angry: {valence: -0.65, arousal: 0.7}", "angry: {valence: -0.65}", "labels.angry.arousal"),
        ("label in capitals", "pack.yaml", "  angry: {", "  Angry: {", "Angry"),
        ("an anchor off the scale", "pack.yaml", "      1: Answers something else", "      0: Answers something else", "relevance.anchors"),
        ("fail_below outside the scale", "pack.yaml", "fail_below: 3", "fail_below: 9", "fail_below"),
        ("solved_from outside the scale", "pack.yaml", "solved_from: 4", "solved_from: 0", "solved_from"),
        ("a scale without room", "pack.yaml", "{min: 1, max: 5}", "{min: 5, max: 5}", "scale"),
        ("no turns", "pack.yaml", "limits: {turns: 10", "limits: {turns: 0", "limits.turns"),
        ("a key stands twice", "pack.yaml", "language: en\n", "language: en\nlanguage: de\n", "'language' stands twice"),
        ("a label stands twice", "pack.yaml", "  annoyed:", "  angry: {valence: 0, arousal: 0}\n  angry:", "'angry' stands twice"),
        ("unknown key", "pack.yaml", "language: en\n", "language: en\ncolour: red\n", "colour"),
        ("unknown key within", "pack.yaml", "  mood_step: 10", "  mood_stop: 10", "user.mood_stop"),
        ("unknown action", "pack.yaml", "    savour:", "    savor:", "savor"),
        ("a word for a number", "pack.yaml", "mood_step: 10", "mood_step: ten", "user.mood_step"),
        ("not YAML", "pack.yaml", "language: en\n", "language: en: de\n", "YAML"),
        ("a date that is none", "pack.yaml", "language: en\n", "language: 2024-13-45\n", "YAML"),
        ("a list as a key", "pack.yaml", "language: en\n", "? [a, b]\n: c\n", ""),
        ("an alias to nothing", "pack.yaml", "language: en\n", "language: *nothing\n", "YAML"),
        ("a python object", "pack.yaml", "language: en\n", "language: !!python/object/apply:os.getcwd []\n", "YAML"),
        ("a mood that is none", "pack.yaml", "negative: 40", "negative: 400", "mood_start"),
        ("unknown screening rule", "pack.yaml", "without: []", "without: [taste]", "screening.without"),
        ("bad regular expression", "safety.yaml", "  # thinking of it\n", "  - 'I (want'\n", "regular expression"),
        ("unknown key in safety.yaml", "safety.yaml", "risk:\n", "danger: []\nrisk:\n", "danger"),
        ("key twice in safety.yaml", "safety.yaml", "refers:\n", "asks: []\nrefers:\n", "twice"),
        ("unknown placeholder", "responder.md", "{labels}\n", "{labels}\n{mood}\n", "{mood}"),
        ("the label shown to the responder", "responder.md", "{persona}\n", "{persona}\n{emotion}\n", "{emotion}"),
        ("inline placeholder", "judge.md", "The scale is:", "The scale {scale} is:", "alone on its line"),
        ("lone brace", "user_simulator.md", "# Task 2", "# Task { 2", "brace"),
        ("unknown front matter key", "rubric_evaluator.md", "max_tokens:", "tokens:", "'tokens'"),
        ("temperature out of range", "policy.md", "temperature: 0", "temperature: 7", "temperature"),
        ("the front matter is a list", "policy.md", "temperature: 0\nmax_tokens: 600\n", "- 0\n", "YAML"),
    ],
)  # fmt: skip
def test_break_is_named_with_file_and_line(pack, why, file, old, new, said):
    line = rewrite(pack / file, old, new)
    findings = found(pack)
    assert [f.file for f in findings] == [file] * len(findings)
    assert any(f.line in range(max(line - 1, 1), line + 2) and said in f.message for f in findings), (line, findings)


@pytest.mark.parametrize(
    ("criterion", "old", "new"),
    [
        ("fluency", "      5: As 4, and it sounds spoken", "      6: As 4, and it sounds spoken"),
        ("safety", "    fail_below: 3\n\n", "    fail_below: 6\n\n"),
    ],
)
def test_fault_of_a_criterion_stands_within_it(pack, criterion, old, new):
    last = rewrite(pack / "pack.yaml", old, new)
    lines = (pack / "pack.yaml").read_text(encoding="utf-8").splitlines()
    first = lines.index(f"  {criterion}:") + 1
    (finding,) = found(pack)
    assert criterion in finding.message
    assert first <= finding.line <= last


@pytest.mark.parametrize("file", [file for file in FILES if file not in OPTIONAL])
def test_missing_file_is_named(pack, file):
    (pack / file).unlink()
    (finding,) = found(pack)
    assert finding.file == file
    assert "missing" in finding.message


def test_a_pack_without_a_screener_plays(pack):
    (pack / "screener.md").unlink()
    assert check_pack(pack) == []
    assert "screener" not in load_pack(str(pack)).templates


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    ("why", "content"),
    [
        ("all bytes", bytes(range(256)) * 4),
        ("nul bytes", b"\0" * 64),
        ("nothing", b""),
        ("a list", b"- a\n- b\n"),
        ("another encoding", "name: kärdia".encode("utf-16")),
        ("brackets without end", b"[" * 3_000),
        ("brackets, deep", b"a: " + b"[" * 3_000 + b"]" * 3_000),
    ],
)
def test_garbage_is_a_finding_for_its_file(pack, file, why, content):
    (pack / file).write_bytes(content)
    assert {f.file for f in found(pack)} == {file}, why


def test_breaks_in_several_files_are_told_at_once(pack):
    rewrite(pack / "pack.yaml", "mood_step: 10", "mood_step: ten")
    rewrite(pack / "judge.md", "{reply}", "")
    rewrite(pack / "policy.md", "temperature: 0", "temperature: 7")
    assert [f.file for f in found(pack)] == ["pack.yaml", "judge.md", "policy.md"]


def test_screening_rule_is_switched_off_by_its_name(pack):
    rewrite(pack / "pack.yaml", "without: []", "without: [few_turns]")
    assert check_pack(pack) == []
    assert load_pack(str(pack)).settings.screening.without == ("few_turns",)


def test_anchor_shared_by_merge_key_is_read(pack):
    rewrite(
        pack / "pack.yaml", "  afraid: {valence: -0.70, arousal: 0.6}", "  afraid: &fear {valence: -0.70, arousal: 0.6}"
    )
    rewrite(pack / "pack.yaml", "  annoyed: {", "  alarmed: {<<: *fear, arousal: 0.9}\n  annoyed: {")
    assert check_pack(pack) == []
    alarmed = load_pack(str(pack)).settings.labels["alarmed"]
    assert (alarmed.valence, alarmed.arousal) == (-0.70, 0.9)


@pytest.mark.parametrize("name", ["nobody", "./nobody", "", "../kardia/pack.yaml", "/"])
def test_unknown_pack_is_refused_by_name(name):
    with pytest.raises(BadPack):
        load_pack(name)


def test_unknown_pack_names_the_known_ones():
    with pytest.raises(BadPack, match="kardia"):
        load_pack("nobody")


def test_pack_is_loaded_by_path_and_has_the_same_digest(pack):
    assert load_pack(str(pack)).digest == load_pack("kardia").digest == pack_digest(SOURCE)


@pytest.mark.parametrize("file", FILES)
def test_digest_follows_every_file(pack, file):
    before = pack_digest(pack)
    with (pack / file).open("a") as out:
        out.write("\n")
    assert pack_digest(pack) != before


def test_digest_leaves_other_files_alone(pack):
    before = pack_digest(pack)
    (pack / "notes.txt").write_text("mine")
    assert pack_digest(pack) == before


def test_edited_pack_is_read_anew(pack):
    assert load_pack(str(pack)).settings.language == "en"
    rewrite(pack / "pack.yaml", "language: en", "language: de")
    assert load_pack(str(pack)).settings.language == "de"


def test_other_scale_is_played_when_the_anchors_follow_it(pack):
    text = (pack / "pack.yaml").read_text(encoding="utf-8").replace("max: 5}", "max: 4}", 1)
    kept = [line for line in text.splitlines() if not line.startswith("      5: ")]
    (pack / "pack.yaml").write_text("\n".join(kept), encoding="utf-8")
    assert str(load_pack(str(pack)).rubric.scale) == "1-4"


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_line_may_be_lost_without_an_error(tmp_path_factory, data):
    """A slip of the hand gives a pack that plays, or findings; never a traceback."""
    folder = tmp_path_factory.mktemp("pack") / "mine"
    shutil.copytree(SOURCE, folder)
    file = folder / data.draw(st.sampled_from(FILES))
    lines = file.read_text(encoding="utf-8").split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at : at + 1] = data.draw(st.sampled_from([[], [lines[at]] * 2, [lines[at][1:]], [lines[at] + " {x}"]]))
    file.write_text("\n".join(lines), encoding="utf-8")
    assert {f.file for f in check_pack(folder)} <= {file.name}
