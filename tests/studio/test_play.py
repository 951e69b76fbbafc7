"""Plays: chosen, started as a job, watched, spoken in, stopped and gone on with; the page says what the functions say."""

import threading

import pytest

from graphs.course import Course
from graphs.derived import trajectory
from graphs.journal import Slot
from graphs.person import Unsayable
from graphs.records import BadFile, write_rows
from graphs.runs import JOURNAL, WrongUse, open_run
from graphs.schema import Decision, Persona, Situation
from studio.play import playing
from studio.play.casting import (
    find_personas,
    find_situations,
    persona_title,
    situation_title,
    written_persona,
    written_situation,
)
from studio.play.outcomes import Look, look, outcome, stamp, trouble, why_stopped
from studio.play.playing import Choice, again, begin, choice_of, go_on, new_place, paired, place, say
from studio.runs import jobs
from studio.widgets import dialogue
from studio.workspace import Workspace
from tests.graphs.counting import wait_for
from tests.graphs.runs import EXAMPLES

PERSONA = Persona(id="user_1", mbti="INFP", occupation="Clock maker", about="I mend clocks. <b>x</b>")
SITUATION = Situation(id="s1", emotion="sad", text="The tower clock stopped for good.")


@pytest.fixture(autouse=True)
def at_full_speed(monkeypatch):
    monkeypatch.setattr(playing, "PACE_MS", 0)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path)


def chosen(**fields) -> Choice:
    return Choice.model_validate(
        {"pairing": paired(PERSONA, SITUATION), "pack": "kardia", "length": "natural"} | fields
    )


def until(workspace, path, holds) -> Look:
    """Look until something holds."""
    found: list[Look] = []

    def seen() -> bool:
        found.append(look(workspace, path))
        return holds(found[-1])

    wait_for(seen, 60)
    return found[-1]


def texts(page) -> str:
    parts = [*page.caption, *page.markdown, *page.subheader, *page.text, *page.code]
    return "\n".join(str(part.value) for part in parts)


def labels(page) -> list[str]:
    return [button.label for button in page.button]


# Who and what happened


def test_rows_are_found_by_any_of_their_words_and_each_id_once():
    files = [EXAMPLES / "personas.jsonl", EXAMPLES / "personas.jsonl"]
    assert len(find_personas(files).rows) == 32
    assert [row.occupation for row in find_personas(files, "crane GDAŃSK").rows] == ["Crane operator"]
    assert not find_personas(files, "crane zzz").rows
    first = find_personas(files, most=3)
    assert (len(first.rows), first.more) == (3, True)
    situations = find_situations([EXAMPLES / "situations.jsonl"], labels=("sad", "proud"))
    assert {row.emotion for row in situations.rows} == {"sad", "proud"}


def test_a_row_that_cannot_be_read_is_named_and_the_others_stand(tmp_path):
    path = tmp_path / "personas.jsonl"
    write_rows(path, {"kind": "personas"}, [PERSONA])
    with path.open("a") as file:
        file.write('{"id": "user_2", "mbti": "WHAT"}\nnot json\n')
    found = find_personas([path])
    assert [row.id for row in found.rows] == ["user_1"]
    assert found.unread[0].startswith("personas.jsonl:3: mbti")


def test_a_persona_and_a_situation_can_be_written_and_the_same_words_are_the_same_person():
    one = written_persona(" I mend\nclocks. ", "INFP", occupation="Clock maker")
    assert one == written_persona("I mend clocks.", "INFP", "", "Clock maker")
    assert (one.about, one.sources) == ("I mend clocks.", dict.fromkeys(("about", "mbti", "occupation"), "stated"))
    assert written_situation("It stopped.", "sad").id != written_situation("It stopped.", "proud").id
    with pytest.raises(ValueError, match="persona is empty"):
        written_persona(" ", "INFP", "Male")
    with pytest.raises(ValueError, match="situation is empty"):
        written_situation("\u2028", "sad")


def test_titles_are_short_and_tell_rows_apart():
    assert persona_title(PERSONA) == "user_1  ·  INFP  ·  Clock maker"
    assert len(situation_title(SITUATION.model_copy(update={"text": "x" * 500}))) < 100


# A play


def test_a_play_is_a_run_that_is_watched_to_its_end_and_played_again_with_another_seed(workspace):
    choice = chosen(seed=3)
    path = begin(workspace, choice)
    assert place(workspace, workspace.name(path)) == path
    before = look(workspace, path)
    assert before.course is not None
    assert before.course.pairing == choice.pairing
    found = until(workspace, path, lambda seen: not seen.standing.is_live)
    assert found.standing.state == "finished", found.standing.reason
    assert found.run is not None
    assert found.course is not None
    assert found.run.config.seed == 3
    assert found.course.trajectory is not None
    assert outcome(found).startswith(("Solved at turn", "Not solved in"))
    assert trouble(found) == ""
    assert choice_of(workspace, path) == choice
    assert again(choice).seed != 3
    assert playing.plays(workspace) == [path]


def test_a_person_speaks_stops_and_goes_on_and_the_words_find_their_turns(workspace):
    path = begin(workspace, chosen(speaks=True))
    listening = until(workspace, path, lambda seen: seen.listens_at == 1)
    assert listening.course is not None
    assert dialogue.thread_data(listening.course, 0)["turns"][0]["utterance"] == ""
    with pytest.raises(Unsayable, match="empty"):
        say(workspace, path, 1, "<|response_begin|>")
    assert say(workspace, path, 1, "It stopped, <script>alert(1)</script> and\u2028nobody noticed.")
    assert not say(workspace, path, 1, "said twice")
    until(workspace, path, lambda seen: seen.listens_at == 2)
    jobs.stop(path)
    stopped = until(workspace, path, lambda seen: not seen.standing.is_live)
    assert outcome(stopped) == "Stopped in turn 2; what came until then is kept."
    assert (trouble(stopped), why_stopped(stopped)) == ("", "")
    say(workspace, path, 2, "I was proud of it.")
    go_on(workspace, path)
    found = until(workspace, path, lambda seen: seen.listens_at == 3)
    assert found.course is not None
    assert [turn.utterance for turn in found.course.turns] == [
        "It stopped, <script>alert(1)</script> and nobody noticed.", "I was proud of it.",
    ]  # fmt: skip
    jobs.stop(path)
    until(workspace, path, lambda seen: not seen.standing.is_live)


def test_a_play_that_its_model_refuses_says_why_and_how_to_go_on(workspace, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    (workspace.root / "kardia.yaml").write_text("endpoints:\n  real:\n    model: gpt-4o-2024-11-20\n")
    path = begin(workspace, chosen(endpoint="real"))
    found = until(workspace, path, lambda seen: not seen.standing.is_live)
    assert "OPENAI_API_KEY" in trouble(found)
    assert not (path / "run.yaml").exists()
    assert found.course is not None
    assert found.course.pairing.persona == PERSONA


@pytest.mark.parametrize(
    ("change", "named"), [({"pack": "gone"}, "pack gone"), ({"endpoint": "gone"}, "endpoint gone")]
)
def test_what_is_not_there_any_more_is_named_before_anything_is_made(workspace, change, named):
    with pytest.raises(WrongUse, match=named):
        begin(workspace, chosen(**change))
    assert not (workspace.root / "runs").exists()


@pytest.mark.parametrize("name", ["play-nowhere", "../.kardia", "../../etc", ".", "winter"])
def test_only_a_run_of_one_dialogue_inside_of_the_runs_is_a_play(ground, name):
    with pytest.raises(BadFile, match="no such play"):
        place(ground.workspace, name)
    assert place(ground.workspace, ground.fork).is_dir()


def test_two_plays_of_one_second_have_places_of_their_own(workspace):
    assert len({new_place(workspace) for _ in range(3)}) == 3


def test_a_look_at_a_journal_whose_other_file_goes_just_now_finds_the_one_that_stays(tmp_path):
    (tmp_path / JOURNAL).write_bytes(b"x")
    beside, over = tmp_path / f"{JOURNAL}-wal", threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            beside.touch()
            beside.unlink()

    writer = threading.Thread(target=come_and_go)
    writer.start()
    try:
        assert {len(stamp(tmp_path)) for _ in range(3000)} <= {1, 2}
    finally:
        over.set()
        writer.join()


# The panes


def test_the_open_turn_shows_its_refused_draft_until_the_next_one_is_there(ground):

    run = open_run(ground.run_path)
    journal = run.journal(readonly=True)
    done = trajectory(journal, run.pairing(ground.dialogue))
    journal.close()
    assert done is not None
    turn, pairing = done.turns[2], run.pairing(ground.dialogue)
    writes = Course(pairing, (), done.turns[:2], turn.utterance, turn.attempts[:1], waiting_for=Slot(3, 2, "responder"))
    shown = dialogue.thread_data(writes, 0)["turns"][2]
    assert (shown["decision"], shown["waiting"]) == (Decision.FAIL.value, "responder writes, attempt 2")
    reads = Course(
        pairing,
        (),
        done.turns[:2],
        turn.utterance,
        turn.attempts[:1],
        turn.attempts[1].reply,
        Slot(3, 2, "rubric_evaluator"),
    )
    shown = dialogue.thread_data(reads, 0)["turns"][2]
    assert (shown["decision"], shown["waiting"]) == (None, "evaluator reads attempt 2")
    table = dialogue.attempts_data(reads, 3, 1, most=5, criteria=5, live=True, user="You")
    assert (table["node"], table["edge"], len(table["turns"])) == ("rubric_evaluator", "grade", 3)
    assert dialogue.latest(reads) == (3, 1)


# The page


def test_the_page_starts_what_was_chosen_and_shows_it_to_its_end(view, own_ground):
    page = view("play", root=own_ground.root).run()
    assert not page.exception
    page.text_input(key="play-who-search").set_value("crane gdańsk").run()
    page.selectbox(key="play-length").set_value("natural").run()
    next(button for button in page.button if button.label == "Start").click().run()
    assert not page.exception
    name = page.query_params["run"]
    assert "user\\_5db9804a" in texts(page)
    until(own_ground.workspace, own_ground.root / "runs" / name, lambda seen: not seen.standing.is_live)
    page.run()
    assert not page.exception
    assert {"Play again", "Open in Replay", "New play"} <= set(labels(page))
    assert "Stop" not in labels(page)
    next(button for button in page.button if button.label == "New play").click().run()
    assert name in labels(page)


def test_the_page_says_what_a_persona_or_situation_lacks(view, own_ground):
    page = view("play", root=own_ground.root).run()
    for key in ("play-who-from", "play-what-from"):
        page.segmented_control(key=key).set_value("Written here").run()
    next(button for button in page.button if button.label == "Start").click().run()
    assert "persona is empty" in texts(page)
    assert "situation is empty" in texts(page)
    assert "run" not in page.query_params


def test_the_page_names_a_row_that_cannot_be_read(view, own_ground):
    with (own_ground.root / "personas.jsonl").open("a") as file:
        file.write('{"id": "user_2", "mbti": "WHAT"}\n')
    page = view("play", root=own_ground.root).run()
    assert not page.exception
    assert "personas\\.jsonl\\:33\\: mbti" in texts(page)


def test_an_address_of_no_play_offers_a_new_one(view, ground):
    page = view("play", run="play-nowhere").run()
    assert not page.exception
    assert labels(page) == ["New play"]
