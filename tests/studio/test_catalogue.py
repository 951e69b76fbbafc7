"""The catalogue holds what the journals hold, whatever happens to it or to them; a search finds what a reader would find."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphs.derived import trajectory
from graphs.runs import JOURNAL, open_run
from graphs.schema import Decision, Trajectory
from studio.browse.catalogue import Catalogue
from studio.browse.exporting import as_csv, as_jsonl
from studio.browse.finding import ORDERS, Found, Search, count, find, find_all, search_for
from studio.workspace import Workspace
from tests.graphs.counting import wait_for
from tests.graphs.runs import kardia
from tests.studio.workspace_fixture import Ground


@pytest.fixture(scope="module")
def played(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """A filled catalogue, which tests only read."""
    root = tmp_path_factory.mktemp("played") / "workspace"
    shutil.copytree(ground.root, root)
    catalogue = Catalogue(Workspace(root))
    catalogue.refresh()
    return catalogue


@pytest.fixture
def own(own_ground: Ground) -> Catalogue:
    """An empty catalogue over a workspace of the test's own."""
    shutil.rmtree(own_ground.workspace.state)
    return Catalogue(own_ground.workspace)


def dialogues(workspace: Workspace) -> list[tuple[str, Trajectory]]:
    """All finished dialogues as the runs themselves tell them, in the catalogue's order."""
    found: list[tuple[str, Trajectory]] = []
    for path in sorted(workspace.runs(), key=workspace.name):
        run, journal = open_run(path), open_run(path).journal(readonly=True)
        played = (trajectory(journal, pairing) for pairing in run.pairings())
        found += [(workspace.name(path), one) for one in played if one]
        journal.close()
    return found


def ids(found: Iterable[Found]) -> list[tuple[str, str]]:
    return [(one.run, one.id) for one in found]


def all_ids(catalogue: Catalogue) -> list[tuple[str, str]]:
    return ids(find_all(catalogue, Search()))


def numbers(catalogue: Catalogue) -> dict[str, int]:
    """Each dialogue's row in the index: another number means that it was read again."""
    return catalogue.ask(lambda db: dict(db.execute("select id || ' ' || run, n from dialogues")))


def expected_ids(catalogue: Catalogue) -> list[tuple[str, str]]:
    return [(run, one.id) for run, one in dialogues(catalogue.workspace)]


def test_every_finished_dialogue_of_every_run_is_in_it_and_no_fork(played: Catalogue, ground: Ground):
    assert all_ids(played) == expected_ids(played)
    assert {run for run, _ in all_ids(played)} == {"winter", "spring", "autumn"}
    assert (ground.run_path / "forks").is_dir()


def test_a_row_tells_what_the_dialogue_is(played: Catalogue):
    for (run, one), found in zip(dialogues(played.workspace), find_all(played, Search()), strict=True):
        attempts = [attempt for turn in one.turns for attempt in turn.attempts]
        assert (found.run, found.persona, found.mbti) == (run, one.persona.id, one.persona.mbti)
        assert (found.emotion, found.split, found.ended) == (one.situation.emotion, one.split, one.end.value)
        assert found.path == "".join(decision.value[0] for decision in one.decisions)
        assert found.fails == sum(attempt.decision is Decision.FAIL for attempt in attempts)
        assert found.screened == (" ".join(dict.fromkeys(r.kind for r in one.removals)) or "passed")
        assert one.turns[0].utterance.startswith(found.opening)
    journal = open_run(played.workspace.run("winter")).journal(readonly=True)
    calls = journal.totals()
    journal.close()
    assert (
        sum(one.tokens for one in find_all(played, Search(runs=("winter",))))
        == calls["tokens_in"] + calls["tokens_out"]
    )


def test_only_what_is_new_is_read(own: Catalogue):
    path = own.workspace.run("winter") / JOURNAL
    later = take_out(path, 3)
    before = own.refresh()
    known = numbers(own)
    put_back(path, later)
    after = own.refresh()
    assert after.indexed == before.indexed + 3
    assert numbers(own).items() > known.items()
    assert all_ids(own) == expected_ids(own)


def test_a_dialogue_that_was_played_otherwise_is_read_again_and_no_other(own: Catalogue):
    own.refresh()
    known, path = numbers(own), own.workspace.run("winter") / JOURNAL
    [(thread, position, accepted, turns)] = take_out(path, 1, order="position")
    was = Trajectory.model_validate(open_run(path.parent).pairing(thread).model_dump() | unpacked(turns))
    opening = was.turns[0].model_copy(update={"utterance": "A zeppelin landed in the garden."})
    put_back(path, [(thread, position, accepted, packed(was.model_copy(update={"turns": (opening, *was.turns[1:])})))])
    own.refresh()
    assert [one.id for one in find(own, Search(words="zeppelin"))] == [thread]
    now = numbers(own)
    [again] = [name for name in now if now[name] != known.get(name)]
    assert again.startswith(thread)


@pytest.mark.parametrize("gone", ["run", "journal"])
def test_what_is_deleted_is_found_no_more(own: Catalogue, gone: str):
    own.refresh()
    path = own.workspace.run("winter")
    shutil.rmtree(path) if gone == "run" else (path / JOURNAL).unlink()
    own.refresh()
    assert "winter" not in {run for run, _ in all_ids(own)}
    words = own.ask(lambda db: db.execute("select count(*) from words").fetchone()[0])
    assert words == len(all_ids(own))


def test_a_run_of_another_under_the_same_name_takes_its_place(own: Catalogue):
    own.refresh()
    runs = own.workspace.root / "runs"
    shutil.rmtree(runs / "winter")
    shutil.move(runs / "spring", runs / "winter")
    own.refresh()
    assert all_ids(own) == expected_ids(own)


def garbage(path: Path) -> None:
    path.write_bytes(b"this was a catalogue" * 900)


def half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def hole(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))


def other_version(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("pragma user_version = 999")
    db.close()


def lost_table(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("drop table dialogues")
    db.close()


def emptied(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize("damage", [garbage, half, hole, other_version, lost_table, emptied])
@pytest.mark.parametrize("first", ["refresh", "count"])
def test_a_damaged_index_is_made_again(own: Catalogue, damage: Callable[[Path], None], first: str):
    own.refresh()
    damage(own.path)
    if first == "count":
        count(own, Search())
    assert own.refresh().is_whole
    assert all_ids(own) == expected_ids(own)
    assert find(own, Search(words="the"))


def test_a_run_that_cannot_be_read_is_named_and_the_others_are_there(own: Catalogue):
    path = own.workspace.run("winter") / JOURNAL
    sound = path.read_bytes()
    path.write_bytes(b"no journal" * 1000)
    backlog = own.refresh()
    assert backlog.is_whole
    assert list(backlog.faults) == ["winter"]
    assert {run for run, _ in all_ids(own)} == {"spring", "autumn"}
    path.write_bytes(sound)
    assert not own.refresh().faults
    assert all_ids(own) == expected_ids(own)


def test_pairings_that_were_changed_under_a_run_are_named(own: Catalogue):
    path = own.workspace.run("winter") / "pairings.jsonl"
    header, first, second, *rest = path.read_text().splitlines()
    path.write_text("\n".join([header, second, first, *rest]) + "\n")
    assert "put the run's own file back" in own.refresh().faults["winter"]


def test_filling_goes_on_where_it_was_left(own: Catalogue, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("studio.browse.indexing.BATCH", 2)
    seen = [own.refresh(seconds=0)]
    while not seen[-1].is_whole:
        seen.append(own.refresh(seconds=0))
    assert len(seen) > 4
    assert [each.indexed for each in seen] == sorted(each.indexed for each in seen)
    assert all_ids(own) == expected_ids(own)


def test_a_killed_filler_leaves_an_index_that_goes_on(own: Catalogue):
    script = (
        "import os, signal, sys; from pathlib import Path; from studio.browse import indexing; indexing.BATCH = 2\n"
        "from studio.browse.catalogue import Catalogue; from studio.workspace import Workspace\n"
        "def tell(now):\n    if now.indexed >= 4: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Catalogue(Workspace(Path(sys.argv[1]))).refresh(tell=tell)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(own.workspace.root)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert 4 <= len(all_ids(own)) < len(expected_ids(own))
    own.refresh()
    assert all_ids(own) == expected_ids(own)


def test_one_process_fills_and_the_others_are_told(own: Catalogue):
    with own.path.with_name("catalogue.filling").open("a") as lock:
        flock(lock, LOCK_EX)
        assert own.refresh() == (0, 0, False, {})
        told = kardia("synth", "find", "--workspace", str(own.workspace.root))
        assert "another process fills the index" in told.stderr
    assert own.refresh().is_whole


def test_a_process_of_its_own_fills_it_while_this_one_reads(own: Catalogue):
    own.fill_in_background()
    wait_for(
        lambda: own.ask(lambda db: db.execute("select count(*) from dialogues").fetchone()[0]) == len(expected_ids(own))
    )
    wait_for(lambda: own.refresh().is_whole)
    assert all_ids(own) == expected_ids(own)


MAKE = """
import sys
from pathlib import Path
from studio.browse.catalogue import Catalogue
from studio.workspace import Workspace
print("ready", flush=True)
for number in sys.stdin:
    Catalogue(Workspace(Path(sys.argv[1]) / number.strip())).state()
    print("made", flush=True)
"""


def test_many_who_make_it_at_once_wait_for_each_other(tmp_path):
    many = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    try:
        assert {answer(one) for one in many} == {"ready"}
        for number in range(50):
            for one in many:
                assert one.stdin
                print(number, file=one.stdin, flush=True)
            assert {answer(one) for one in many} == {"made"}
    finally:
        for one in many:
            one.communicate()


def answer(one: "subprocess.Popen[str]") -> str:
    assert one.stdout
    return one.stdout.readline().strip()


def test_many_readers_and_fillers_agree(own: Catalogue):
    def look(turn: int) -> int:
        if turn == 5:
            garbage(own.path)
        own.refresh(seconds=0.01)
        return count(own, Search(words="the"))

    with ThreadPoolExecutor(8) as readers:
        list(readers.map(look, range(40)))
    own.refresh()
    assert all_ids(own) == expected_ids(own)


def test_dialogues_of_workers_are_found_before_and_after_they_are_taken_in(own: Catalogue):
    path = own.workspace.run("winter")
    expected = expected_ids(own)
    shutil.copyfile(path / JOURNAL, path / "shard-1.sqlite")
    take_out(path / "shard-1.sqlite", 4)
    with sqlite3.connect(path / JOURNAL) as db:
        db.execute("attach ? as shard", (str(path / "shard-1.sqlite"),))
        for table in ("dialogues", "calls"):
            db.execute(f"delete from {table} where thread in (select thread from shard.dialogues)")
    db.close()
    own.refresh()
    known, costs = numbers(own), [one.tokens for one in find_all(own, Search())]
    assert all_ids(own) == expected
    run, journal = open_run(path), open_run(path).journal()
    run.merge_shards(journal)
    journal.close()
    own.refresh()
    assert numbers(own) == known
    assert [one.tokens for one in find_all(own, Search())] == costs


SEARCHES = [
    search_for(),
    search_for(["winter"]),
    search_for(["winter", "autumn"], order="fails"),
    search_for(words="i"),
    search_for(words="th wh"),
    search_for(words='"i was"'),
    search_for(words="THE", order="tokens"),
    search_for(words="nobodysaysthis"),
    search_for(filters={"split": ["test"]}),
    search_for(filters={"ended": ["solved"], "difficulty": ["many", "smooth"]}, order="turns"),
    search_for(filters={"difficulty": ["some"], "screened": ["passed"]}),
    search_for(filters={"screened": ["structure", "jump", "drift"]}, order="cost"),
    search_for(filters={"mbti": ["INFP", "ISFJ", "ISTP"]}, words="a"),
    search_for(filters={"emotion": ["faithful", "ashamed", "excited"]}),
    search_for(filters={"difficulty": ["hard"]}),
]


@pytest.mark.parametrize("search", SEARCHES, ids=range(len(SEARCHES)))
def test_a_search_finds_what_reading_everything_finds_page_by_page(played: Catalogue, search: Search):
    expected = [(run, one.id) for run, one in read_through(played.workspace, search)]
    pages = [find(played, search, limit=3, offset=offset) for offset in range(0, len(expected) + 3, 3)]
    assert [pair for page in pages for pair in ids(page)] == expected
    assert count(played, search) == len(expected)


def test_the_searches_tell_something(played: Catalogue):
    sizes = [count(played, search) for search in SEARCHES]
    assert sum(0 < size < sizes[0] for size in sizes) > len(sizes) / 2


def test_an_id_finds_its_dialogue_and_a_personas_id_hers(played: Catalogue):
    one = find(played, Search())[3]
    assert one.id in {found.id for found in find(played, Search(words=f" {one.id} "))}
    theirs = {(run, each.id) for run, each in dialogues(played.workspace) if each.persona.id == one.persona}
    assert theirs <= set(ids(find(played, Search(words=one.persona))))


def test_the_beginning_of_an_id_finds_those_that_begin_so_but_a_word_is_a_word(played: Catalogue):
    one = find(played, Search())[0]
    assert {found.id[:6] for found in find(played, Search(words=one.id[:6]))} == {one.id[:6]}
    begins = {
        (run, each.id) for run, each in dialogues(played.workspace) if re.search(r"\b(user|d)", said(each).lower())
    }
    assert set(ids(find(played, Search(words="user")))) <= begins
    assert set(ids(find(played, Search(words="d")))) <= begins


def test_the_passage_shows_what_was_found(played: Catalogue):
    for found in find(played, Search(words="phone")):
        assert "phone" in found.passage.lower()[:60]
        assert "\x02" not in found.passage


HOSTILE = [
    '"', '""', '"a', 'a"b', "' or 1=1 --", "a AND", "OR", "NOT a", "NEAR(a b)", "said:a", "{said}: a", "^a", "a*", "*", "-a",
    "+a", "(", ")", "a)", "\\", "\0", "a\0b", "%", "_", ";", "a" * 5000, "a " * 500, '"' * 999, "\ud800", "😀", "é", "日本", "…",
    "{a b} : c", 'a "b c" d*', "- : ^ * ( ) { }", "\x02", "a\nb\tc", "\u202e", "=cmd()",
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_is_typed_is_syntax(played: Catalogue, words: str):
    found = list(find_all(played, Search(words=words)))
    assert count(played, Search(words=words)) == len(found)
    assert set(ids(found)) <= set(all_ids(played))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(alphabet=st.characters(codec=None), max_size=30))
def test_no_text_at_all_breaks_a_search(played: Catalogue, words: str):
    assert count(played, Search(words=words)) == len(find(played, Search(words=words), limit=1000))


def test_operators_are_words(played: Catalogue):
    spoken = [one for _, one in dialogues(played.workspace) if re.search(r"\bnot", said(one).lower())]
    assert count(played, Search(words="NOT")) == len(spoken)
    assert count(played, Search(words="phone OR nobodysaysthis")) == 0


@pytest.mark.parametrize(
    ("field", "value"), [("ended", "x"), ("difficulty", "1=1"), ("screened", "%"), ("order", "cost; drop")]
)
def test_a_choice_that_there_is_not_is_refused_by_name(field: str, value: str):
    filters, order = ({}, value) if field == "order" else ({field: [value]}, "run")
    with pytest.raises(ValueError, match=f"{field} .*take one of"):
        search_for(filters=filters, order=order)


def test_the_command_line_finds_the_same(played: Catalogue):
    place = ["--workspace", str(played.workspace.root)]
    shown = kardia("synth", "find", "winter", "--search", "the", "--order", "fails", "--limit", "3", *place, "--json")
    assert shown.returncode == 0, shown.stderr
    found = json.loads(shown.stdout)
    search = Search(runs=("winter",), words="the", order="fails")
    assert found["total"] == count(played, search)
    assert [row["id"] for row in found["dialogues"]] == [one.id for one in find(played, search, limit=3)]
    by_path = kardia("synth", "find", played.workspace.run("winter"), "--difficulty", "some", *place)
    assert f"of {count(played, search_for(['winter'], filters={'difficulty': ['some']}))} dialogues" in by_path.stdout
    wrong = kardia("synth", "find", "summer", *place)
    assert (wrong.returncode, "no such run" in wrong.stderr) == (2, True)
    indexed = kardia("synth", "index", *place, "--json")
    assert json.loads(indexed.stdout)["indexed"] == len(all_ids(played))


def test_files_hold_all_rows_of_a_search_and_no_formula(hostile_ground: Ground, tmp_path: Path):
    shutil.copytree(hostile_ground.root, tmp_path / "hostile")
    catalogue = Catalogue(Workspace(tmp_path / "hostile"))
    catalogue.refresh()
    rows = [json.loads(line) for line in as_jsonl(catalogue, Search()).splitlines()]
    assert [(row["run"], row["id"]) for row in rows] == all_ids(catalogue)
    text = as_csv(catalogue, Search())
    assert text.startswith("\ufeffrun,id,")
    assert rows[0]["run"].startswith("=")
    assert not re.search(r'(^|,|\n)"?[=+@]', text.removeprefix("\ufeff"))


def said(one: Trajectory) -> str:
    return "\n".join(line for turn in one.turns for line in (turn.utterance, turn.response))


def read_through(workspace: Workspace, search: Search) -> list[tuple[str, Trajectory]]:
    """What a search must find, by reading every dialogue."""
    found = [(run, one) for run, one in dialogues(workspace) if holds(search, run, one)]
    assert set(ORDERS) == {"run", "turns", "fails", "cost", "tokens"}
    tokens = {(one.run, one.id): one.tokens for one in find_all(Catalogue(workspace), Search())}
    keys: dict[str, Callable[[tuple[str, Trajectory]], float]] = {
        "turns": lambda item: -len(item[1].turns),
        "fails": lambda item: -fails(item[1]),
        "tokens": lambda item: -tokens[item[0], item[1].id],
    }
    return sorted(found, key=keys.get(search.order, lambda _: 0))


def holds(search: Search, run: str, one: Trajectory) -> bool:
    words = re.findall(r"\w+", said(one).lower())
    terms = [search.words.strip('"')] if search.words.startswith('"') else search.words.lower().split()
    spoken = (
        " ".join(terms) in " ".join(words)
        if search.words.startswith('"')
        else all(any(word.startswith(term) for word in words) for term in terms)
    )
    grades = {
        "smooth": fails(one) == 0,
        "some": 1 <= fails(one) <= 2,
        "many": fails(one) >= 3,
        "hard": fails(one) >= sum(len(turn.attempts) for turn in one.turns) - fails(one),
    }
    kinds = {removal.kind for removal in one.removals} or {"passed"}
    chosen = [
        (search.runs, run), (search.emotion, one.situation.emotion), (search.mbti, one.persona.mbti),
        (search.ended, one.end.value), (search.split, one.split),
    ]  # fmt: skip
    return (
        all(not values or value in values for values, value in chosen)
        and spoken
        and (not search.difficulty or any(grades[grade] for grade in search.difficulty))
        and (not search.screened or not kinds.isdisjoint(search.screened))
    )


def fails(one: Trajectory) -> int:
    return sum(attempt.decision is Decision.FAIL for turn in one.turns for attempt in turn.attempts)


Row = tuple[str, int, int, bytes]


def take_out(path: Path, how_many: int, order: str = "position desc") -> list[Row]:
    """Remove finished dialogues from a journal, as if they had not been played yet."""
    with sqlite3.connect(path) as db:
        rows = db.execute(f"select * from dialogues order by {order} limit ?", (how_many,)).fetchall()
        db.executemany("delete from dialogues where thread = ?", [(row[0],) for row in rows])
    db.close()
    return rows


def put_back(path: Path, rows: list[Row]) -> None:
    with sqlite3.connect(path) as db:
        db.executemany("insert into dialogues values (?,?,?,?)", rows)
    db.close()


def unpacked(turns: bytes) -> dict[str, object]:
    return json.loads(zlib.decompress(turns, wbits=-15))


def packed(whole: Trajectory) -> bytes:
    packer = zlib.compressobj(6, wbits=-15)
    outcome = whole.model_dump(mode="json", exclude_defaults=True, include={"turns", "end", "removals"})
    return packer.compress(json.dumps(outcome).encode()) + packer.flush()
