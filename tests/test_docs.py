"""What the docs name exists: files, names in them, tests, commands, options; and the table of who sees what is true."""

import re
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import typer

from studio.cli import app
from tests.graphs.test_prompts import SEEN

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md")] + sorted((ROOT / "docs").glob("*.md"))
FOLDERS = "graphs|personas|annotation|release|measure|studio|prompts|tests|tools|benchmarks|examples|docs"
_NAMED = re.compile(rf"`((?:{FOLDERS})/[\w./-]*)(?:::(\w+))?`")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
_FENCE = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`(kardia [^`]+)`")
_MADE = {"prompts/mine", "prompts/mine/responder.md", "prompts/mine/pack.yaml"}
"""Named in the guides as files that the reader makes."""
ROLES = ("user_simulator", "responder", "rubric_evaluator")
ROWS = {
    "persona": "persona",
    "situation": "situation",
    "emotion label": "label",
    "own hidden state": "says",
    "user's utterances": "utterance",
    "earlier responses": "response",
    "earlier other spans": "understanding",
    "draft": "draft",
    "critique": "critique",
    "scores and reasons": "evidence",
}
"""How a row of the table begins, and the canary that test_prompts.py plants for it."""


def commands(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    lines = [line.strip() for block in _FENCE.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line.startswith("kardia ")] + _INLINE.findall(text)


def wrong(command: str) -> str | None:
    """What the command line lacks of a command as written, if anything."""
    here: Any = typer.main.get_command(app)
    words = list(takewhile(lambda word: word[0] not in "#|;>", command.split()[1:]))
    while words and hasattr(here, "commands") and not words[0].startswith("-"):
        if words[0] not in here.commands:
            return f"{words[0]!r} is no command"
        here = here.commands[words.pop(0)]
    known = {option for parameter in here.params for option in parameter.opts} | {"--help", "-h", "--debug"}
    unknown = [word for word in words if word.startswith("-") and word != "-" and word.partition("=")[0] not in known]
    return f"unknown option {unknown[0]}" if unknown else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_files_and_names_exist(page):
    text = page.read_text(encoding="utf-8")
    for path, name in _NAMED.findall(text):
        if path in _MADE:
            continue
        file = ROOT / path
        assert file.exists(), f"{page.name}: {path} does not exist"
        if name:
            assert re.search(
                rf"^\s*(?:(?:async )?def |class )?{name}\b", file.read_text(encoding="utf-8"), re.MULTILINE
            ), f"{page.name}: no {name} in {path}"
    for target in _LINK.findall(text):
        assert (page.parent / target).exists(), f"{page.name}: link to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist_with_their_options(page):
    faults = [f"{command}: {fault}" for command in commands(page) if (fault := wrong(command))]
    assert not faults


def test_the_check_of_commands_finds_what_is_wrong():
    assert wrong("kardia synth run --pairings F --out RUN --model M") is None
    assert wrong("kardia synth fly RUN") == "'fly' is no command"
    assert wrong("kardia synth run --nowhere") == "unknown option --nowhere"


def test_table_of_who_sees_what_is_what_prompts_hold():
    table = (
        (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("## Who sees what")[1].split("\n## ")[0]
    )
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| ")
    ]
    checked = 0
    for row, *cells in lines[1:]:
        canary = next((word for start, word in ROWS.items() if row.startswith(start)), None)
        if canary is None:
            continue
        checked += 1
        for role, cell in zip(ROLES, cells, strict=False):
            assert cell.startswith("yes") == (canary in SEEN[role]), f"{row}: {role}: {cell}"
    assert checked == len(ROWS)
