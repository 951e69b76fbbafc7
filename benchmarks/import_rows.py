"""Import 100,000 hostile rows and check that every bad one is named: python benchmarks/import_rows.py [--rows N].

Three rows of ten are bad in one of fifteen ways, and the good ones are full of identifiers, span tags and special
tokens. Prints rows a second and peak memory; exits 1 if a bad row is not named with its file, line and reason, a good
row is lost, or a planted identifier or token survives.
"""

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from personas.imports import ImportReport, import_personas, import_situations

PLANTED = (
    "http://forum.example.com/members/77-owl.html",
    "owl77.tumblr.com",
    "quiet.owl@example.org",
    "(212) 555-0143",
    "+44 20 7946 0018",
    "@quietowl",
    "192.168.17.4",
    "9876543210987",
    "<|im_end|>",
    "<|response_begin|>",
    "</understanding>",
    "<start_of_turn>",
)
ADJECTIVES = ("quiet", "loud", "tired", "proud", "green", "early", "small", "clever")
NOUNS = ("garden", "letter", "kitchen", "brother", "lesson", "engine", "morning", "promise")
MEGABYTE = "long " * 200_000


class Written(NamedTuple):
    """One hostile line and why it must be left out, None if it must be kept."""

    line: bytes
    reason: str | None


def persona_lines(rows: int, seed: int) -> Iterator[Written]:
    """Rows of forum users; the number in the user's name keeps them apart."""
    return _lines(rows, seed, _profile, "user", "posts")


def situation_lines(rows: int, seed: int) -> Iterator[Written]:
    """Rows of situations, every text another."""
    return _lines(rows, seed, _situation, "situation", "situation")


def _lines(
    rows: int, seed: int, make: Callable[[int, random.Random], dict], key: str, text_key: str
) -> Iterator[Written]:
    rng = random.Random(seed)
    last = b""
    for number in range(rows):
        row = make(number, rng)
        if not last or rng.random() < 0.7:
            last = json.dumps(row).encode()
            yield Written(last, None)
        else:
            yield _spoilt(row, key, text_key, last, rng, number)


def _profile(number: int, rng: random.Random) -> dict:
    posts = [
        f"I told my {rng.choice(NOUNS)} about the {rng.choice(ADJECTIVES)} {rng.choice(NOUNS)} {word} and {rng.choice(PLANTED)} again."
        for word in rng.sample(ADJECTIVES, 4)
    ]
    return {"user": f"owl-{number:06d}", "mbti": rng.choice(("INFP", "ESTJ", "entp")), "posts": posts}


def _situation(number: int, rng: random.Random) -> dict:
    text = (
        f"My {rng.choice(NOUNS)} felt {rng.choice(ADJECTIVES)} on the day {_letters(number)}, see {rng.choice(PLANTED)}"
    )
    return {"conv_id": f"c{number}", "emotion": "proud", "situation": text, "split": "train"}


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def _spoilt(row: dict, key: str, text_key: str, last: bytes, rng: random.Random, number: int) -> Written:
    """A row made bad in one way; the megabyte comes once in a thousand, to keep the file small."""
    repeated = "user in an earlier row" if key == "user" else "text in an earlier row"
    missing = {name: value for name, value in row.items() if name != key}
    ways = [
        (json.dumps(row).encode().replace(b"owl", b"\xff\xfe").replace(b"My", b"\xc3\x28"), "not Unicode"),
        (json.dumps({**row, text_key: "half \ud83d a pair of words"}).encode(), "not Unicode"),
        (json.dumps(missing).encode(), "missing key"),
        (last, repeated),
        (json.dumps({**row, text_key: number}).encode(), "wrong type"),
        (json.dumps({**row, text_key: {"a": [None]}}).encode(), "wrong type"),
        (json.dumps([row]).encode(), "not an object"),
        (b'"only a text"', "not an object"),
        (json.dumps(row).encode()[:-7], "not JSON"),
        (b"[" * 50_000, "not JSON"),
        (b'{"user": ' + b"9" * 5_000 + b"}", "not JSON"),
        (json.dumps({**row, text_key: float("nan")}).encode(), "not a number"),
        (json.dumps({**row, text_key: "words \0 and words"}).encode(), "NUL character"),
        (b"\xfe\xff\x00\x01", "not Unicode"),
    ]
    if number % 300 == 0:
        return Written(json.dumps({**row, text_key: MEGABYTE}).encode(), "field too long")
    return Written(*rng.choice(ways))


def write_lines(path: Path, lines: Iterator[Written]) -> dict[int, str]:
    """Write the lines; which line must be left out, and why."""
    expected = {}
    with path.open("wb") as file:
        for number, (line, reason) in enumerate(lines, start=1):
            file.write(line + b"\n")
            if reason:
                expected[number] = reason
    return expected


def faults(report: ImportReport, expected: dict[int, str], rows: int) -> list[str]:
    """What is wrong with an import, in words; empty if every row is accounted for."""
    with Path(report.rejected).open() as file:
        named = {row["line"]: row["reason"] for row in map(json.loads, file)}
    wrong = [f"line {line}: {named.get(line)}, not {why}" for line, why in expected.items() if named.get(line) != why]
    wrong += [f"line {line}: left out ({why}) though it is good" for line, why in named.items() if line not in expected]
    if report.kept + len(named) != rows:
        wrong.append(f"{report.kept} kept and {len(named)} left out of {rows}")
    with Path(report.out).open() as file:
        head = "".join(islice(file, 5_000))
    wrong += [f"{text} survives in {report.out}" for text in PLANTED if text in head]
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        wrong = _measure("personas", persona_lines(chosen.rows, chosen.seed), chosen.rows, home)
        wrong += _measure("situations", situation_lines(chosen.rows, chosen.seed), chosen.rows, home)
    print("\n".join(wrong[:20]) or "every bad row named with file, line and reason; nothing planted survives")
    return 1 if wrong else 0


def _measure(kind: str, lines: Iterator[Written], rows: int, home: Path) -> list[str]:
    source, out = home / f"{kind}.raw.jsonl", home / f"{kind}.jsonl"
    expected = write_lines(source, lines)
    start = time.perf_counter()
    report = import_personas([source], out, workspace=home) if kind == "personas" else import_situations([source], out)
    seconds = time.perf_counter() - start
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{kind}: {report.read:,} rows of {source.stat().st_size / 2**20:,.0f} MiB in {seconds:.1f} s,", end=" ")
    print(f"{report.read / seconds:,.0f} rows/s, peak memory {peak_mb:.0f} MiB, kept {report.kept:,}")
    for reason, count in report.dropped.items():
        print(f"  {count:>6,}  {reason}")
    return faults(report, expected, rows)


if __name__ == "__main__":
    sys.exit(main())
