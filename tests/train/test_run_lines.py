"""Files that grow by lines: a cut keeps what stands before it byte by byte, and hides nothing."""

import json
import tracemalloc
from pathlib import Path

import pytest

from train.running.run_lines import Metrics, add_line, cut_lines, mend_end

HEADER = '{"header": {"kind": "ledger"}}\n'


def line(step: int, **more: object) -> str:
    return json.dumps({"step": step, **more}) + "\n"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (HEADER + line(1) + line(2) + line(3), HEADER + line(1)),
        (HEADER + '{"step":   1 }\n' + line(2), HEADER + '{"step":   1 }\n'),
        (HEADER + '{"step": 1, "dama\n' + line(1) + line(2), HEADER + '{"step": 1, "dama\n' + line(1)),
        (HEADER + "[1]\n" + line(1, step_of="x") + line(2), HEADER + "[1]\n" + line(1, step_of="x")),
        (HEADER + line(1) + '{"step": 1, "ha', HEADER + line(1)),
        (HEADER + line(1).rstrip(), HEADER + line(1)),
        (HEADER + line(2).rstrip(), HEADER),
        ('{"header": {"ki', ""),
        ("", ""),
    ],
    ids=["later steps", "bytes", "damaged", "no object", "torn", "without its end", "later, without its end", "torn header", "empty"],
)  # fmt: skip
def test_a_cut_takes_later_steps_and_a_torn_end_and_nothing_else(tmp_path: Path, text: str, kept: str) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text(text)
    cut_lines(path, 2)
    assert path.read_text() == kept


def test_a_cut_of_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text("".join(line(step, text="x" * 1000) for step in range(5000)))
    tracemalloc.start()
    cut_lines(path, 4000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 500_000 < path.stat().st_size
    assert json.loads(path.read_text().splitlines()[-1])["step"] == 3999


@pytest.mark.parametrize("torn", ["", '{"step": 2, "at"', '{"step": 2, "x": "' + "y" * 200_000])
def test_the_end_of_a_file_is_mended_whatever_a_crash_left(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text(line(1) + torn)
    mend_end(path)
    assert path.read_text() == line(1)


def test_a_line_is_added_on_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    add_line(path, Metrics(step=1, at="", metrics={}))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:-10])
    add_line(path, Metrics(step=2, at="", metrics={}))
    assert [json.loads(each)["step"] for each in path.read_bytes().splitlines()] == [1, 2]
