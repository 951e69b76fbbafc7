"""`kardia annotate serve`: nothing that was taken is lost, nobody else gets in, and what is wrong is said plainly."""

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import threading
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from annotation.forms import PulledRecord
from annotation.server.home import WORKSPACE
from tests.annotation.server.served import (
    FILLED,
    FORM,
    Annotator,
    Server,
    annotators,
    listed,
    ready,
    serve,
    start,
    turns,
)
from tests.graphs.counting import wait_for
from tests.graphs.runs import kardia

KNOWN = [("argilla", "1234"), ("argilla", "12345678"), ("owner", "12345678"), ("admin", "12345678")]
OLDER, NEWEST = "6ed1b8bf8e08", "580a6553186f"


class Life(NamedTuple):
    """What was seen of one home: started, killed at work, made older, started again."""

    home: Path
    first: Server
    again: Server
    environ: bytes
    arguments: bytes
    modes: dict[str, int]
    taken: dict[tuple[str, str], str]
    """Annotator and record -> the response for which a 201 came back."""
    read: dict[str, PulledRecord]
    """After the second start."""
    complete: dict[str, bool]
    """Record -> whether Argilla holds that it has its answers."""
    signed_in: dict[str, Any]
    """What a token from before the kill opens after it."""
    page: int
    opened: list[tuple[str, str]]
    """Names and passwords, of those that others may know and the owner's own, that sign in."""
    known_key: int
    """How Argilla's documented default API key is answered."""


@pytest.fixture(scope="session")
def life(made: None, tmp_path_factory: pytest.TempPathFactory) -> Life:
    home = tmp_path_factory.mktemp("life") / "a home #1 100%"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARGILLA_DATABASE_URL", "sqlite+aiosqlite:////nowhere/else.db")
        patch.setenv("ARGILLA_BASE_URL", "/elsewhere")
        patch.setenv("OPENAI_API_KEY", "sk-canary-11")
        process = start(home, "--port", "0")
        first = ready(process, home)
    proc = Path(f"/proc/{first.pid}")
    environ, arguments = (proc / "environ").read_bytes(), (proc / "cmdline").read_bytes()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (home, *home.iterdir())}
    taken, token = worked_and_killed(first, process)
    with closing(sqlite3.connect(home / "argilla.db")) as database, database:
        database.execute("UPDATE records SET status = CASE status WHEN 'pending' THEN 'completed' ELSE 'pending' END")
        database.execute("DROP TABLE datasets_users")
        database.execute("UPDATE alembic_version SET version_num = ?", [OLDER])
    with serve(home) as again:
        with again.port() as argilla:
            dataset = argilla.dataset(WORKSPACE, "life")
            read = {record.external_id: record for record in argilla.records(dataset)}
            complete = {task: one["status"] == "completed" for task, one in listed(argilla, dataset).items()}
        signed_in = httpx.get(f"{again.url}/api/v1/me", headers={"Authorization": token}).json()
        page = httpx.get(f"{again.url}/sign-in").status_code
        opened = [pair for pair in [*KNOWN, ("owner", first.told["password"])] if opens(again, *pair)]
        known_key = httpx.get(f"{again.url}/api/v1/me", headers={"X-Argilla-Api-Key": "argilla.apikey"}).status_code
    return Life(
        home, first, again, environ, arguments, modes, taken, read, complete, signed_in, page, opened, known_key
    )


def opens(server: Server, name: str, password: str) -> bool:
    signed = httpx.post(f"{server.url}/api/v1/token", data={"username": name, "password": password}, timeout=30)
    return signed.status_code == 201


def worked_and_killed(server: Server, process: subprocess.Popen[str]) -> tuple[dict[tuple[str, str], str], str]:
    """Two annotators submit until the server is killed; what it took, and one's token."""
    with server.port() as argilla:
        dataset = argilla.ensure_dataset(WORKSPACE, "life", FORM)
        argilla.upsert(dataset, turns(60))
    people = annotators(server, "life-1", "life-2")
    taken: dict[tuple[str, str], str] = {}

    def work(person: Annotator) -> None:
        for number, record in enumerate(person.pending(dataset, 60)):
            said = {**FILLED, "response": f"{person.name} {number}"}
            try:
                answer = person.say(record["id"], "submitted", said)
            except httpx.TransportError:
                return
            assert answer.status_code == 201, answer.text
            taken[person.name, record["external_id"]] = said["response"]

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(taken) >= 20)
    os.kill(server.pid, signal.SIGKILL)
    process.wait(60)
    for thread in threads:
        thread.join(30)
    return taken, people[0].http.headers["Authorization"]


def rows(database: Path, question: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(question).fetchall()


def test_every_answer_that_was_taken_survives_kill_and_migration(life):
    assert 20 <= len(life.taken) < 120
    for (name, task), said in life.taken.items():
        assert said in [answer.values["response"] for answer in life.read[task].answers if answer.user == name]


def test_a_kill_between_an_answer_and_its_record_is_put_right(life):
    done = {task: len(record.answers) >= FORM.overlap for task, record in life.read.items()}
    assert len(set(done.values())) == 2
    assert life.complete == done


def test_who_had_signed_in_goes_on_after_a_restart(life):
    assert life.signed_in["username"] == "life-1"


def test_an_older_database_is_kept_as_it_was(life):
    [backup] = (life.home / "backups").iterdir()
    assert backup.name.startswith(f"argilla-{OLDER}-")
    assert rows(backup, "SELECT count(*) FROM records") == [(60,)]
    assert rows(backup, "SELECT version_num FROM alembic_version") == [(OLDER,)]
    assert rows(life.home / "argilla.db", "SELECT version_num FROM alembic_version") == [(NEWEST,)]


def test_an_answer_is_on_the_disk_before_it_is_confirmed(life):
    assert rows(life.home / "argilla.db", "PRAGMA journal_mode") == [("wal",)]
    source = (Path(__file__).parents[3] / "annotation" / "server" / "embedded" / "database.py").read_text()
    assert '"PRAGMA synchronous = FULL"' in source


def test_credentials_are_made_for_this_home_and_told_once(life):
    assert life.first.told["username"] == "owner"
    assert len(life.first.told["password"]) >= 20
    assert life.first.told["api_key"] == life.first.key
    assert life.again.told.keys() == {"url", "home", "username"}


def test_no_known_default_opens_anything_and_the_told_password_does(life):
    assert life.opened == [("owner", life.first.told["password"])]
    assert life.known_key == 401
    names = rows(life.home / "argilla.db", "SELECT username FROM users WHERE role <> 'annotator'")
    assert names == [("owner",)]


def test_nobody_else_reads_a_home(life):
    folders = {"a home #1 100%", "tmp"}
    assert {name: mode for name, mode in life.modes.items() if name in folders} == dict.fromkeys(folders, 0o700)
    assert {mode for name, mode in life.modes.items() if name not in folders} == {0o600}


def test_keys_and_settings_of_others_do_not_reach_the_server(life):
    assert b"sk-canary-11" not in life.environ
    assert b"elsewhere" not in life.environ
    secrets = json.loads((life.home / "credentials.json").read_text())
    for name in ("password", "api_key", "secret"):
        assert secrets[name].encode() not in life.environ + life.arguments
    assert life.page == 200


def test_a_database_of_a_newer_server_and_a_damaged_one_are_left_alone(life, tmp_path):
    kept = (life.home / "credentials.json").read_bytes()
    for name, message in (("newer", "made by a newer Argilla server (revision fffffffffff0)"), ("damaged", "backups")):
        home = tmp_path / name
        home.mkdir()
        (home / "credentials.json").write_bytes(kept)
        (home / "serve.lock").touch()
        if name == "newer":
            with closing(sqlite3.connect(home / "argilla.db")) as database, database:
                database.execute("CREATE TABLE alembic_version AS SELECT 'fffffffffff0' AS version_num")
        else:
            (home / "argilla.db").write_bytes(b"no database" * 1_000)
        before = (home / "argilla.db").read_bytes()
        refused = kardia("annotate", "serve", "--home", home, "--port", "0")
        assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr
        assert "Traceback" not in refused.stderr
        assert (home / "argilla.db").read_bytes() == before


def test_it_listens_on_this_machine_only_and_answers_to_its_names_only(server):
    port = int(server.url.rpartition(":")[2])
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert [row[1] for row in listening if row[1].endswith(f":{port:04X}") and row[3] == "0A"] == [
        f"0100007F:{port:04X}"
    ]
    assert httpx.get(f"{server.url}/sign-in", headers={"Host": "rebound.example.com"}).status_code == 400
    asked = {"Origin": "http://elsewhere.example.com", "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" not in httpx.options(f"{server.url}/api/v1/me", headers=asked).headers
    policy = httpx.get(f"{server.url}/sign-in").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]


def test_a_second_server_on_the_same_home_leaves_with_4(server):
    second = kardia("annotate", "serve", "--home", server.home, "--port", "0")
    assert second.returncode == 4
    assert f"process {server.pid}" in second.stderr
    assert server.url in second.stderr


def test_a_taken_port_is_named(made, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = kardia("annotate", "serve", "--home", tmp_path / "home", "--port", str(port))
    assert refused.returncode == 2
    assert f"--port {port}: Address already in use" in refused.stderr


def test_a_directory_with_other_things_is_no_home(made, tmp_path):
    (tmp_path / "thesis.tex").touch()
    refused = kardia("annotate", "serve", "--home", tmp_path)
    assert refused.returncode == 2
    assert "holds other files" in refused.stderr


def test_without_a_server_annotators_cannot_be_added(tmp_path):
    refused = kardia("annotate", "annotator", "add", "ann-1", "--home", tmp_path / "nowhere")
    assert refused.returncode == 2
    assert "no server runs here; start it with `kardia annotate serve`" in refused.stderr


@pytest.mark.parametrize("name", ["Anna Muster", "anna@example.org"])
def test_annotators_are_pseudonyms(server, name):
    refused = kardia("annotate", "annotator", "add", name, "--home", server.home)
    assert refused.returncode == 2
    assert "write a pseudonym" in refused.stderr


def test_an_annotator_is_added_gets_a_new_password_and_is_closed(server):
    def told(*words: str) -> dict[str, str]:
        done = kardia("annotate", "annotator", *words, "--home", server.home, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    first = told("add", "cli-1")["password"]
    assert Annotator(server.url, "cli-1", first).http.get("/me/workspaces").json()["items"][0]["name"] == WORKSPACE
    twice = kardia("annotate", "annotator", "add", "cli-1", "--home", server.home)
    assert (twice.returncode, "not unique" in twice.stderr) == (2, True)
    environment = {**os.environ, "ARGILLA_API_URL": server.url, "ARGILLA_API_KEY": server.key}
    renewed = kardia("annotate", "annotator", "password", "cli-1", "--json", env=environment)
    second = json.loads(renewed.stdout)["password"]
    assert second != first
    person = Annotator(server.url, "cli-1", second)
    assert told("close", "cli-1") == {"closed": "cli-1"}
    assert person.http.get("/me/workspaces").json()["items"] == []
    body = {"username": "cli-1", "password": second}
    assert httpx.post(f"{server.url}/api/v1/token", data=body).status_code == 401


def test_an_address_with_a_wrong_key_gives_no_access(server):
    refused = kardia(
        "annotate", "annotator", "add", "x-1", "--url", server.url, env={**os.environ, "ARGILLA_API_KEY": "x"}
    )
    assert refused.returncode == 2
    assert "the API key is not accepted; set ARGILLA_API_KEY" in refused.stderr
