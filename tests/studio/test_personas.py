"""The page Personas and the commands under it: the queue by keys, duplicates, the audit; hostile text and torn files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from graphs.records import read_header, read_rows
from graphs.schema import Persona
from graphs.word_diff import word_ops
from personas.decisions import Log, decide, read_decisions
from personas.review import cases, decisions_file, examine
from studio.commands.personas import app
from studio.people.reviewing import after, card, compared, csv_rows, decide_all, default_reason, kept_findings, log_file
from studio.workspace import Workspace
from tests.graphs.runs import kardia
from tests.personas.people import someone, write_people
from tests.studio.hostile import PLANT

View = Callable[..., AppTest]
PEOPLE = (
    someone(1, id="calm"),
    someone(2, id="young", signature="I'm 15."),
    someone(3, id="ill", signature="I was diagnosed with bipolar disorder."),
    someone(1, id="calm-copy", occupation="Baker"),
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    write_people(tmp_path / "data" / "p.jsonl", *PEOPLE)
    return tmp_path


@pytest.fixture
def source(here: Path) -> Path:
    return here / "data" / "p.jsonl"


@pytest.fixture
def page(view: View, here: Path) -> View:
    """The page on the workspace of this test, as Ann."""

    def opened(**query: str) -> AppTest:
        test = view("personas", here, file="data/p.jsonl", **query)
        test.session_state["reviewer"] = "Ann"
        return test.run()

    return opened


def press(test: AppTest, label: str) -> AppTest:
    assert not test.exception
    return next(button for button in test.button if button.label == label).click().run()


def said(source: Path) -> list[tuple[str, str, str, str]]:
    return [(v.persona, v.verdict, v.reason, v.reviewer) for v in read_decisions(decisions_file(source)).verdicts]


def texts(test: AppTest) -> str:
    return " ".join(
        element.value for kind in ("caption", "markdown", "text", "subheader") for element in test.get(kind)
    )


def test_accept_reject_and_undo_go_through_the_queue(page: View, source: Path) -> None:
    test = page()
    assert "0 of 4 looked at" in texts(test)
    assert "**young**" in texts(test)
    press(test, "Accept")
    assert "**ill**" in texts(test)
    press(test, "Reject")
    assert "2 of 4 looked at" in texts(test)
    press(test, "Undo")
    assert "**ill**" in texts(test)
    assert said(source) == [
        ("young", "accept", "", "Ann"),
        ("ill", "reject", "sensitive", "Ann"),
        ("ill", "undo", "", "Ann"),
    ]


def test_the_actions_have_their_keys(page: View) -> None:
    keys = {button.label: button.proto.shortcut.upper() for button in page().button}
    assert keys["Accept"] == "A"
    assert keys["Reject"] == "X"
    assert keys["Undo"] == "U"
    assert (keys["Next"], keys["Previous"]) == ("J", "K")


def test_the_reviewers_note_is_the_reason(page: View, source: Path) -> None:
    test = page()
    test.text_input(key="note-1").set_value("names her school").run()
    press(test, "Reject")
    assert said(source) == [("young", "reject", "names her school", "Ann")]


def test_next_and_previous_change_nothing_but_what_is_shown(page: View, source: Path) -> None:
    test = press(page(), "Next")
    assert "**ill**" in texts(test)
    assert "**young**" in texts(press(test, "Previous"))
    assert said(source) == []


def test_without_a_name_nothing_is_decided_and_the_name_is_kept(view: View, here: Path, source: Path) -> None:
    test = view("personas", here, file="data/p.jsonl").run()
    assert all(button.disabled for button in test.button if button.label in ("Accept", "Reject", "Undo"))
    test.text_input(key="reviewer-name").set_value(" Ann  Lee ").run()
    press(test, "Accept")
    assert said(source) == [("young", "accept", "", "Ann Lee")]
    again = view("personas", here, file="data/p.jsonl").run()
    assert not next(button for button in again.button if button.label == "Accept").disabled


def test_filters_choose_by_reason_and_by_what_is_decided(page: View, source: Path) -> None:
    decide(decisions_file(source), PEOPLE[1], "accept", "Bob")
    test = page()
    test.pills(key="personas-reasons").set_value(["sensitive"]).run()
    assert "1 to 1 of 1" in texts(test)
    test.pills(key="personas-reasons").set_value([]).run()
    test.segmented_control(key="personas-stands").set_value("Decided").run()
    assert "**young**" in texts(test)
    assert "Accepted by Bob" in texts(test)


def test_when_all_is_decided_the_page_says_so(page: View, source: Path) -> None:
    for persona in PEOPLE:
        decide(decisions_file(source), persona, "accept", "Ann")
    assert "Every row was looked at" in texts(page())


def test_another_reviewers_verdicts_appear_at_the_next_look(page: View, source: Path) -> None:
    test = page()
    decide(decisions_file(source), PEOPLE[2], "reject", "Bob", "why")
    assert "1 of 4 looked at" in texts(test.run())


def test_a_torn_decisions_file_is_shown_and_goes_on(page: View, source: Path) -> None:
    decide(decisions_file(source), PEOPLE[1], "accept", "Bob")
    log = decisions_file(source)
    log.write_bytes(log.read_bytes() + b'{"persona": "il')
    test = page()
    assert "1 lines of the decisions cannot be read" in texts(test)
    press(test, "Reject")
    assert said(source)[-1] == ("ill", "reject", "sensitive", "Ann")


def test_a_deep_link_shows_its_persona(page: View) -> None:
    assert "**calm**" in texts(page(p="calm"))
    assert "**ill**" in texts(page(n="3"))
    assert "**young**" in texts(page(n="999", p="nobody"))


def test_duplicates_stand_side_by_side_and_are_decided_there(page: View, source: Path) -> None:
    test = page(view="duplicates")
    press(test, "Reject the right one")
    assert said(source) == [("calm", "reject", "near-identical text as calm-copy", "Ann")]
    press(test, "Undo")
    press(test, "Keep both")
    assert [verdict[:2] for verdict in said(source)[1:]] == [
        ("calm", "undo"),
        ("calm-copy", "accept"),
        ("calm", "accept"),
    ]


def test_without_duplicates_the_page_says_what_was_compared(page: View, source: Path) -> None:
    write_people(source, *PEOPLE[:3])
    test = page(view="duplicates")
    assert "No two rows say the same" in texts(test)
    assert not test.exception


def test_the_audit_shows_figures_and_the_split_once_pairings_are_chosen(view: View, ground: Any) -> None:
    test = view("personas", file="personas.jsonl", view="audit").run()
    assert not test.exception
    values = {metric.label: metric.value for metric in test.metric}
    assert values["Personas"] == "32"
    assert values["In test"] == "–"
    assert "32 personas are alone" in texts(test)
    test.selectbox(key="audit-pairings").set_value(f"pairings-{ground.run}.jsonl").run()
    assert next(metric.value for metric in test.metric if metric.label == "In test").isdecimal()


def test_a_workspace_without_the_file_says_so(view: View, here: Path) -> None:
    test = view("personas", here, file="data/none.jsonl").run()
    assert "No personas file" in texts(test)
    press(test, "Show the others")
    assert not test.exception
    assert "looked at" in texts(test)


def test_the_accepted_are_written_beside_and_never_over_other_rows(page: View, source: Path) -> None:
    test = press(page(), "Accept")
    press(test, "Write the accepted")
    out = source.with_name("p.accepted.jsonl")
    assert [persona.id for persona in read_rows(out, Persona)] == ["young"]
    assert read_header(out)["review"]["accepted"] == 1
    before = source.read_bytes()
    for name in ("p.jsonl", "../p.jsonl", "p.txt", ".p.jsonl"):
        test.text_input(key="accepted-p.jsonl").set_value(name).run()
        press(test, "Write the accepted")
        assert "This could not be done" in texts(test), name
    assert source.read_bytes() == before


def test_hostile_text_reaches_the_page_as_data_alone(page: View, source: Path) -> None:
    told = dict.fromkeys(("gender", "relationship", "occupation", "about", "signature", "style"), PLANT)
    people = [someone(n, id=f"user_{n}", activities=(PLANT, PLANT), **told) for n in range(2)]
    write_people(source, *people)
    decide(decisions_file(source), people[0], "reject", PLANT[:60], PLANT[:400])
    for which in ("queue", "duplicates", "audit"):
        test = page(view=which, n="1")
        assert not test.exception
        labels = [element.value for kind in ("caption", "markdown", "subheader") for element in test.get(kind)]
        assert not any("<script>" in label or "![zq" in label for label in labels)


def test_the_card_marks_what_flags_point_at_and_loses_no_sign(source: Path) -> None:
    people = [someone(1, about=f"{PLANT} I'm 15 and mail zebra@example.org", sources={"about": "stated"})]
    write_people(source, *people)
    (case,) = cases(people, examine(source), Log())
    shown = card(case)
    about = next(field for field in shown["fields"] if field["title"] == "About")
    assert "".join(text for text, _ in about["pieces"]) == people[0].about
    assert {"says an age under 18", "an e-mail address still stands"} <= {says for _, says in about["pieces"]}
    assert about["source"] == "stated"
    assert len({(flag["title"], flag["says"]) for flag in shown["flags"]}) == len(shown["flags"])


def test_two_personas_are_compared_field_by_field_what_differs_first() -> None:
    one, other = someone(1, about="I bake bread", occupation="Baker"), someone(1, about="I bake cakes", gender="Male")
    items = compared(one, other)
    assert [(item["name"], item["why"]) for item in items] == [
        ("Gender", "Only right"),
        ("Occupation", "Only left"),
        ("About", "Differs"),
        ("Type", "Same"),
    ]
    assert items[2]["parts"][0]["ops"] == word_ops("I bake bread", "I bake cakes")


@pytest.mark.parametrize(("row", "then"), [(2, 1), (1, 0), (3, 0), (99, 2)])
def test_what_follows_a_verdict_is_the_next_of_the_list(source: Path, row: int, then: int) -> None:
    queue = cases(list(PEOPLE), examine(source), Log())
    by_row = {case.row: case for case in queue}
    assert after([by_row[2], by_row[1], by_row[0], by_row[3]], row) == then
    assert after([], row) is None
    assert default_reason(by_row[0].flags) == "near-duplicate"


def test_the_queue_as_csv_holds_no_word_of_the_persons(source: Path) -> None:
    columns, rows = csv_rows(cases(list(PEOPLE), examine(source), Log()))
    assert [len(row) for row in rows] == [len(columns)] * 4
    assert "bipolar" not in json.dumps(rows)


def test_findings_are_found_once_for_the_same_bytes(here: Path, source: Path) -> None:
    workspace = Workspace(here)
    found = kept_findings(workspace, source, "digest")
    write_people(source, *PEOPLE[:1])
    assert kept_findings(workspace, source, "digest") == found
    store = next((workspace.state / "findings").iterdir())
    store.write_text("torn {")
    assert len(kept_findings(workspace, source, "digest").flags) == 1


def test_verdicts_on_files_from_elsewhere_are_kept_in_the_workspace(
    here: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    workspace, elsewhere = Workspace(here), tmp_path_factory.mktemp("elsewhere") / "p.jsonl"
    assert log_file(workspace, elsewhere).is_relative_to(workspace.state)
    assert log_file(workspace, here / "data" / "p.jsonl") == decisions_file(here / "data" / "p.jsonl")


def test_verdicts_of_one_command_are_taken_all_or_none(source: Path) -> None:
    log = decisions_file(source)
    with pytest.raises(ValueError, match="no persona nobody"):
        decide_all(source, log, {"accept": ["calm"], "reject": ["nobody"]}, "Ann", "why")
    with pytest.raises(ValueError, match="needs its reason"):
        decide_all(source, log, {"accept": ["calm"], "reject": ["ill"]}, "Ann", "")
    assert not log.exists()


def test_the_command_line_reviews_decides_and_applies(source: Path) -> None:
    done = kardia("personas", "review", source, "--accept", "calm", "--reviewer", "Ann")
    assert done.returncode == 0, done.stderr
    assert "1 of 4 looked at" in done.stdout
    assert "young: says an age under 18 (signature)" in done.stdout
    done = kardia(
        "personas",
        "review",
        source,
        "--apply",
        "--out",
        source.with_name("in.jsonl"),
        "--undecided",
        "unflagged",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kept"] == 1


def test_the_command_line_dedupes_masks_and_audits(source: Path) -> None:
    write_people(source, *PEOPLE, someone(9, signature="mail zebra@example.org"))
    done = kardia("personas", "dedupe", source, "--out", source.with_name("one.jsonl"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["dropped"] == {"near-identical text": 1}
    found = kardia("personas", "anonymise", source, "--audit")
    assert found.returncode == 1
    assert "mail [email]" in found.stdout
    assert "zebra" not in found.stdout
    masked = kardia("personas", "anonymise", source, "--out", source.with_name("masked.jsonl"))
    assert masked.returncode == 0, masked.stderr
    assert "1 masked: email" in masked.stdout


@pytest.mark.parametrize(
    "command",
    [
        ("review", "FILE", "--out", "FILE.in"),
        ("review", "FILE", "--apply"),
        ("anonymise", "FILE"),
        ("anonymise", "FILE", "--audit", "--out", "FILE.in"),
    ],
)
def test_options_that_do_not_go_together_are_refused(source: Path, command: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [word.replace("FILE", str(source)) for word in command])
    assert isinstance(done.exception, ValueError)
    assert "--out FILE" in str(done.exception)
