"""Who serves a home: looks disturb nobody, and only a live server's address is given out."""

import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from annotation.server.home import Access, Home, HomeInUse, NoServer, access, hold, note_address, open_home
from tests.graphs.runs import ROOT

STARTED = """
import sys
from pathlib import Path
from annotation.server.home import hold, note_address, open_home
lock = hold(open_home(Path(sys.argv[1])))
note_address(lock, 6900)
"""


@pytest.fixture
def home(tmp_path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture
def dead(home) -> Home:
    """A home whose server was killed: its address still stands there."""
    subprocess.run([sys.executable, "-c", STARTED, home.root], cwd=ROOT, check=True)
    assert json.loads(home.lock.read_text())["url"] == "http://127.0.0.1:6900"
    return home


@contextmanager
def looked_at(home: Home) -> Iterator[list[Access]]:
    """Four who look again and again; gives what they were told."""
    told: list[Access] = []
    stop = Event()

    def look() -> None:
        while not stop.is_set():
            with suppress(NoServer):
                told.append(access(home))

    lookers = [Thread(target=look) for _ in range(4)]
    for looker in lookers:
        looker.start()
    try:
        yield told
    finally:
        stop.set()
        for looker in lookers:
            looker.join()


def test_a_running_server_is_found_with_its_key(home):
    with hold(home) as lock:
        note_address(lock, 6901)
        key = json.loads(home.credentials.read_text())["api_key"]
        assert access(home) == Access("http://127.0.0.1:6901", key)
        with pytest.raises(HomeInUse, match=r"at http://127\.0\.0\.1:6901"):
            hold(home)


def test_one_who_looks_does_not_take_another_one_for_a_server(dead):
    with dead.lock.open() as looker:
        fcntl.flock(looker, fcntl.LOCK_SH)
        with pytest.raises(NoServer):
            access(dead)


def test_a_dead_servers_address_is_not_given_out_while_the_next_one_starts(dead):
    with dead.lock.open() as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        with pytest.raises(NoServer):
            access(dead)


def test_a_server_that_starts_clears_what_an_earlier_one_wrote(dead):
    with hold(dead), pytest.raises(HomeInUse, match="another process"):
        hold(dead)


def test_looks_keep_no_server_from_starting(dead):
    with looked_at(dead) as told:
        for _ in range(50):
            hold(dead).close()
    assert told == []


def test_a_home_that_is_none_has_no_server(tmp_path):
    with pytest.raises(NoServer, match="kardia annotate serve"):
        access(Home(Path(tmp_path / "nowhere")))
