"""The server's environment: made by itself, whole or not there, and said plainly when it cannot be."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from annotation.server.environment import PINS, environment, make
from graphs.own_environment import CannotMake, OwnEnvironment, cache_folder, own_environment
from tests.graphs.counting import wait_for
from tests.graphs.runs import ROOT

MAKE = (
    "import sys; from pathlib import Path; from annotation.server.environment import make;"
    "from graphs.own_environment import own_environment;"
    "make(own_environment('birds', 'the aviary', Path(sys.argv[1])), lambda text: print(text, flush=True))"
)


@pytest.fixture
def pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two packages that exist only here, a pip that looks nowhere else, and a cache of the test's own."""
    monkeypatch.setenv("KARDIA_CACHE", str(tmp_path / "cache"))
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for name in ("kestrel", "plover"):
        wheel(shelf, name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    path = tmp_path / "pins.txt"
    path.write_text("# birds\nkestrel==1.0\nplover==1.0\n")
    return path


def wheel(shelf: Path, name: str) -> None:
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": f"NAME = {name!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: nowhere\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(shelf / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)


def of_birds(pins: Path) -> OwnEnvironment:
    return own_environment("birds", "the aviary", pins)


def maker(pins: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", MAKE, str(pins)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ)


def test_killed_half_way_it_is_made_anew_and_two_at_once_make_it_once(pins):
    wanted = of_birds(pins)
    killed = maker(pins)
    wait_for(wanted.path.exists)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait(60)
    (wanted.path / "half").touch()
    assert not wanted.is_ready
    both = [maker(pins) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("made in" in text for text in said) == 1
    assert wanted.is_ready
    assert not (wanted.path / "half").exists()
    importing = [wanted.python, "-c", "import kestrel; print(kestrel.NAME)"]
    done = subprocess.run(importing, capture_output=True, text=True, check=False)
    assert done.stdout == "kestrel\n"
    assert json.loads((wanted.path / "made.json").read_text())["packages"] == ["kestrel==1.0", "plover==1.0"]
    told: list[str] = []
    make(wanted, told.append)
    assert told == []


def test_without_a_network_it_says_so_and_leaves_nothing_that_passes_for_made(pins, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    pins.write_text("absent==1.0\n")
    wanted = of_birds(pins)
    with pytest.raises(CannotMake, match=r"(?s)cannot be fetched: .*absent==1.0.*Check the network.*PIP_INDEX_URL"):
        make(wanted, lambda _: None)
    assert not wanted.is_ready


def test_other_versions_are_another_environment(pins):
    one = of_birds(pins)
    pins.write_text("kestrel==1.1\n")
    assert of_birds(pins).path != one.path
    assert PINS.read_text().count("==") > 60


@pytest.mark.parametrize(
    ("prints", "message"),
    [
        ("3 10", r"Python 3\.10, and the Argilla server needs 3\.11 to 3\.13; name one with --python"),
        ("3 15", r"Python 3\.15, and the Argilla server needs"),
        ("nonsense", "not a Python that starts"),
    ],
)
def test_a_python_that_does_not_fit_is_refused(tmp_path, prints, message):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho {prints}\n")
    python.chmod(0o755)
    with pytest.raises(CannotMake, match=message):
        environment(python)


def test_a_python_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CannotMake, match="not a Python that starts"):
        environment(tmp_path / "nowhere")


def test_the_cache_can_be_moved(monkeypatch, tmp_path):
    monkeypatch.setenv("KARDIA_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("KARDIA_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "kardia"


def test_pins_name_no_host():
    assert not [
        line for line in PINS.read_text().splitlines() if "://" in line or " @ " in line or line.startswith("-")
    ]
