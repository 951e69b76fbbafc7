"""Audit figures: counted as by hand, and no word of the persons but masked contexts. And masking anew."""

from pathlib import Path

import pytest

from graphs.records import read_header, read_rows, write_rows
from graphs.schema import Pairing, Persona, Situation
from personas.anonymity import anonymity, meaning
from personas.audit import Audit, audit, audit_file, contexts
from personas.dedupe import doubles
from personas.remasking import remask, remask_file
from tests.personas.people import someone, write_people

MAIL, PHONE = "zebra@example.org", "+49 30 1234567"


def figures(*people: Persona) -> Audit:
    return audit(people, doubles(people))


def people_of(*values: tuple[str, str]) -> list[Persona]:
    return [someone(n, mbti=mbti, gender=gender) for n, (mbti, gender) in enumerate(values)]


def test_masked_and_standing_identifiers_are_counted_by_kind_and_row() -> None:
    found = figures(
        someone(1, signature="[link] and [link], said [name]"),
        someone(2, signature=f"mail {MAIL}", activities=(f"or {MAIL}, or call {PHONE}",)),
        someone(3, signature="as an [type] I took the [type test] with [types]"),
    )
    assert (found.personas, found.touched, found.exposed, found.types_masked) == (3, 1, 1, 3)
    link, mail, phone = (found.identifiers[kind] for kind in ("link", "email", "phone"))
    assert (link.masked, link.masked_rows, link.standing) == (2, 1, 0)
    assert (mail.standing, mail.standing_rows, phone.standing) == (2, 1, 1)
    assert not found.is_clean


def test_nothing_that_stands_is_printed() -> None:
    found = figures(someone(1, signature=f"I am at {MAIL}, {PHONE} and www.zebra.example.com", occupation=MAIL))
    printed = found.model_dump_json()
    assert MAIL not in printed
    assert "1234567" not in printed
    assert "zebra" not in printed
    assert {leftover.kind for leftover in found.leftovers} == {"email", "phone", "link"}


@pytest.mark.parametrize(
    ("text", "context"),
    [
        (f"mail {MAIL} now", "mail [email] now"),
        (f"{MAIL}", "[email]"),
        (f"{'a ' * 40}{MAIL}{' b' * 40}", f"…{'a ' * 15}[email]{' b' * 15}…"),
        (f"{MAIL}\n{PHONE}", "[email] [phone]"),
    ],
)
def test_a_context_is_short_on_one_line_and_masked(text: str, context: str) -> None:
    assert contexts(text)[0][1] == context


def test_fields_are_counted_by_their_source() -> None:
    stated = someone(1, occupation="Baker", style="Short.", sources={"occupation": "stated", "style": "inferred"})
    found = figures(stated, someone(2, occupation="Nurse"), someone(3)).filled
    occupation, style = found["occupation"], found["style"]
    assert (occupation.filled, occupation.stated, occupation.inferred, occupation.unmarked) == (2, 1, 0, 1)
    assert (style.filled, style.inferred) == (1, 1)
    assert found["gender"].filled == 0


def test_values_of_one_person_alone_are_counted_and_not_shown() -> None:
    found = figures(
        someone(1, occupation="Prison librarian"),
        someone(2, occupation="Nurse"),
        someone(3, occupation=" nurse"),
        someone(4, occupation=f"reach me at {MAIL}"),
        someone(5, occupation=f"reach me at {MAIL}"),
    )
    assert found.values["occupation"] == {"Nurse": 2, "reach me at [email]": 2}
    assert found.rare["occupation"] == 1


@pytest.mark.parametrize(
    ("values", "groups", "smallest", "unique", "few"),
    [
        ([], 0, 0, 0, 0),
        ([("INFP", "Female")], 1, 1, 1, 1),
        ([("INFP", "Female"), ("INFP", "female ")], 1, 2, 0, 2),
        ([("INFP", ""), ("INFP", "Male"), ("INFP", "")], 2, 1, 1, 3),
        ([("INFP", "Male")] * 5 + [("ENTJ", "Male")] * 6, 2, 5, 0, 0),
    ],
)
def test_groups_of_people_who_share_their_values(
    values: list[tuple[str, str]], groups: int, smallest: int, unique: int, few: int
) -> None:
    found = anonymity(people_of(*values), ("mbti", "gender"))
    assert (found.groups, found.smallest, found.unique, found.few) == (groups, smallest, unique, few)


def test_each_further_field_makes_groups_no_larger() -> None:
    found = figures(
        *(someone(n, mbti="INFP", gender="MF"[n % 2], occupation=f"job {n % 3}") for n in range(12))
    ).anonymity
    assert [len(each.fields) for each in found] == [1, 2, 3, 4]
    assert [each.groups for each in found] == [1, 2, 2, 6]
    assert [each.smallest for each in found] == [12, 6, 6, 2]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([], "No personas"),
        ([("INFP", "")], "1 persona is alone"),
        ([("INFP", ""), ("ENFP", "")], "2 personas are alone"),
        ([("INFP", "")] * 3, "shared by 3 personas or more"),
    ],
)
def test_a_sentence_says_what_the_groups_mean(values: list[tuple[str, str]], says: str) -> None:
    assert says in meaning(anonymity(people_of(*values), ("mbti", "gender")))


def pairings(path: Path, *sides: tuple[Persona, str]) -> Path:
    situation = Situation(id="s-1", emotion="sad", text="It rained all day")
    rows = (
        Pairing.model_validate({"id": f"d{n}", "persona": persona, "situation": situation, "split": split})
        for n, (persona, split) in enumerate(sides)
    )
    write_rows(path, {"kind": "pairings"}, rows)
    return path


def test_splits_are_counted_and_a_near_duplicate_across_them_is_a_leak(tmp_path: Path) -> None:
    one, two, three, copy = someone(1), someone(2), someone(3), someone(1, id="copy")
    source = write_people(tmp_path / "p.jsonl", one, two, three, copy)
    sides = ((one, "train"), (copy, "test"), (two, "train"), (two, "test"))
    found = audit_file(source, pairings(tmp_path / "pairings.jsonl", *sides))
    assert found.sides == {"train": 1, "test": 1, "both": 1, "neither": 1}
    assert (found.straddling, found.duplicates, found.duplicate_groups) == (1, 1, 1)
    assert not found.is_clean


def test_without_pairings_the_split_is_not_known(tmp_path: Path) -> None:
    found = audit_file(write_people(tmp_path / "p.jsonl", someone(1)))
    assert (found.sides, found.straddling, found.is_clean) == (None, None, True)


def test_masking_anew_masks_every_text_and_keeps_the_rest() -> None:
    before = someone(
        1,
        signature=f"mail {MAIL}",
        activities=(f"call {PHONE}", "<|im_start|> as an INTJ", "\u200b"),
        occupation="Baker",
        style="Ours",
        sources={"signature": "stated", "activities": "stated", "style": "inferred"},
    )
    after = remask(before)
    assert (after.signature, after.activities) == ("mail [email]", ("call [phone]", "(im_start) as a [type]"))
    assert (after.id, after.mbti, after.occupation, after.style) == (before.id, "INFP", "Baker", "Ours")
    assert after.sources == before.sources
    assert remask(after) == after


def test_a_field_that_masking_empties_has_no_source_left() -> None:
    before = Persona(id="p", mbti="INFP", signature="\u200b\u200b", sources={"mbti": "stated", "signature": "stated"})
    assert remask(before).sources == {"mbti": "stated"}


def test_a_file_masked_anew_passes_the_audit(tmp_path: Path) -> None:
    source = write_people(tmp_path / "p.jsonl", someone(1, signature=f"{MAIL} {PHONE}"), someone(2))
    report = remask_file(source, tmp_path / "out.jsonl")
    assert (report.personas, report.changed, report.masked) == (2, 1, {"email": 1, "phone": 1})
    assert audit_file(tmp_path / "out.jsonl").is_clean
    assert len(list(read_rows(tmp_path / "out.jsonl", Persona))) == 2
    assert read_header(tmp_path / "out.jsonl")["pseudonym_key"] == "0a0b0c0d"
