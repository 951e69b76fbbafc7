"""A real embedded Argilla on a free port of this machine, its annotators over HTTP, and the form that tests push with."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from annotation.argilla_port import Argilla, Dataset
from annotation.forms import Field, Form, Property, PushedRecord, Question
from annotation.server.home import WORKSPACE
from tests.graphs.runs import ROOT

FORM = Form(
    "Correct what the helper said. *Keep* its words where they are right.",
    (Field("persona", "Persona"), Field("dialogue", "Dialogue", "chat")),
    (
        Question("response", "Response", "text"),
        Question("emotion", "Emotion", "label_selection", ("sad", "proud", "afraid", "grateful")),
        Question("empathy", "Empathy", "rating", (1, 2, 3, 4, 5)),
        Question("verdict", "Verdict", "label_selection", ("correct", "corrected", "drop")),
        Question("comment", "Comment", "text", required=False),
    ),
    (
        Property("mbti", "MBTI"),
        Property("turn", "Turn", "integer"),
        Property("order", "Order", "integer", visible=False),
    ),
    overlap=2,
)
AS_PUSHED = [{"scope": {"entity": "record", "property": "inserted_at"}, "order": "asc"}]
"""Without an order asked for, each annotator begins elsewhere."""
FILLED = {"response": "I hear you.", "emotion": "sad", "empathy": 4, "verdict": "corrected"}


_numbers = count()


def fresh(name: str) -> str:
    """A name that nobody has yet on the servers of this process: a module's fixtures may be set up twice."""
    return f"{name}-{next(_numbers)}"


ENDED = (130, -signal.SIGINT, 0)
"""How a server says that Ctrl+C ended it; 0 where the shell that began the tests in the background ignores that signal."""


class Server(NamedTuple):
    """A running server, as its command said."""

    url: str
    home: Path
    pid: int
    told: dict[str, Any]

    @property
    def key(self) -> str:
        return json.loads((self.home / "credentials.json").read_text())["api_key"]

    def port(self) -> Argilla:
        return Argilla(self.url, self.key)


def start(home: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "studio.cli", "annotate", "serve", "--home", str(home), "--json", *options]
    log = (home.parent / f"{home.name}.log").open("a")
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ)


def ready(process: subprocess.Popen[str], home: Path) -> Server:
    """Wait until a server that was started answers."""
    assert process.stdout
    line = process.stdout.readline()
    assert line, (home.parent / f"{home.name}.log").read_text()
    told = json.loads(line)
    return Server(told["url"], home, process.pid, told)


@contextmanager
def serve(home: Path) -> Iterator[Server]:
    """A server for as long as a test needs it; ended with Ctrl+C."""
    process = start(home, "--port", "0")
    try:
        yield ready(process, home)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in ENDED


class Annotator:
    """Somebody who signed in, as Argilla's own page does it."""

    def __init__(self, url: str, name: str, password: str):
        signed = httpx.post(f"{url}/api/v1/token", data={"username": name, "password": password}, timeout=30)
        signed.raise_for_status()
        token = signed.json()["access_token"]
        self.name = name
        self.http = httpx.Client(
            base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
        )

    def search(self, dataset: Dataset, limit: int = 50, **body: Any) -> dict[str, Any]:
        path = f"/me/datasets/{dataset.id}/records/search"
        found = self.http.post(path, params={"limit": limit}, json=body)
        found.raise_for_status()
        return found.json()

    def pending(self, dataset: Dataset, limit: int = 50) -> list[dict[str, Any]]:
        """What is still to be answered, in the order of the push."""
        scope = {"type": "terms", "scope": {"entity": "response", "property": "status"}, "values": ["pending"]}
        found = self.search(dataset, limit, filters={"and": [scope]}, sort=AS_PUSHED)
        return [item["record"] for item in found["items"]]

    def say(self, record: str, status: str, values: dict[str, Any] | None = None) -> httpx.Response:
        body: dict[str, Any] = {"status": status}
        if values is not None:
            body["values"] = {name: {"value": value} for name, value in values.items()}
        return self.http.post(f"/records/{record}/responses", json=body)

    def change(self, response: str, values: dict[str, Any]) -> httpx.Response:
        """Submit an answer anew where it was given."""
        body = {"status": "submitted", "values": {name: {"value": value} for name, value in values.items()}}
        return self.http.put(f"/responses/{response}", json=body)


def annotators(server: Server, *names: str) -> list[Annotator]:
    with server.port() as argilla:
        return [Annotator(server.url, name, argilla.add_annotator(name, WORKSPACE)) for name in names]


def listed(argilla: Argilla, dataset: Dataset) -> dict[str, dict[str, Any]]:
    """Records as Argilla itself lists them, by their external ids, with what is prefilled and whether they have their answers."""
    path = f"/datasets/{dataset.id}/records"
    found = argilla._door.ask("GET", path, limit=1000, include=["responses", "suggestions"])["items"]
    return {record["external_id"]: record for record in found}


def prefilled(record: dict[str, Any], dataset: Dataset) -> dict[str, Any]:
    """What a record is prefilled with, by question."""
    names = {number: name for name, number in dataset.questions.items()}
    return {names[one["question_id"]]: one["value"] for one in record["suggestions"]}


def turns(count: int, said: str = "My dog died.", name: str = "t") -> list[PushedRecord]:
    return [
        PushedRecord(
            f"{name}-{number}",
            {"persona": f"Person {number} knits.", "dialogue": [{"role": "user", "content": f"{said} ({number})"}]},
            {"response": f"That hurts ({number}).", "emotion": "sad"},
            {"mbti": "INTJ" if number % 2 else "ENFP", "turn": number % 7, "order": number},
        )
        for number in range(count)
    ]
