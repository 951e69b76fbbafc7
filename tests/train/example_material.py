"""Sources of examples as tests take them."""

from pathlib import Path
from typing import Any

from graphs.records import read_rows
from graphs.released import Row
from tests.release.invented import build, reply, trajectory, turn, write_run
from train.examples.partition import allocated
from train.examples.sources import Source, open_source
from train.examples.token_report import PolicyTokenizer
from train.examples.writing import ExampleSettings, write_examples
from train.rows import Allocated, TrainingExample


def played(number: int, turns: int = 3, **fields: Any):
    said = [turn(f"My kite {t} is gone.", reply(response=f"Tell me of kite {t}.")) for t in range(1, turns + 1)]
    return trajectory(number, turns=said, **fields)


def played_release(folder: Path) -> Path:
    """A release of five training dialogues, one of them hard, and one for the test."""
    hard = [turn("It tore.", decisions="FAIL FAIL FAIL"), turn("Still.", decisions="SOLVED")]
    rows = [*(played(n) for n in range(4)), trajectory(20, turns=hard), played(90, split="test")]
    build(folder / "release", write_run(folder / "run", rows))
    return folder / "release"


def write(
    source: Path | Source, out: Path, *, subset: Any = None, tokenizer: PolicyTokenizer | None = None, **given: Any
):
    opened = source if isinstance(source, Source) else open_source(source, subset)
    report = write_examples(opened, out, pack="kardia", settings=ExampleSettings(**given), tokenizer=tokenizer)
    return report, list(read_rows(out, TrainingExample))


def of(*rows: Allocated) -> Source:
    return Source(lambda: iter(rows), "all", "", "kardia", "", False, {})


def a_dialogue(utterance: str = "It flew.", answer: str | None = None, **fields: Any) -> Allocated:
    """A dialogue of two turns, whose first turn holds the given texts."""
    replies = (answer or reply(), reply(response="And then?"))
    row: Row = {
        "person": "Username: user_1 About: I fold kites.",
        "mbti": "INFP",
        "emotion": "sad",
        "situation": "My kite flew off.",
        "anon_username": "user_1",
        "messages": [
            {"role": "system", "content": "You help."},
            {"role": "user", "content": utterance},
            {"role": "assistant", "content": replies[0]},
            {"role": "user", "content": "Blue it was."},
            {"role": "assistant", "content": replies[1]},
        ],
    }
    gold = fields.pop("gold_emotions", ())
    return allocated(row | fields, gold)
