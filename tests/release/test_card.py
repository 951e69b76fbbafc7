"""The card: what `datasets` reads of it, the warning, and what it must not say."""

from pathlib import Path

import yaml

from graphs.released import SPLITS, data_file, read_report
from release.card import write_card
from release.layout import CARD
from release.statistics import table3
from tests.release.invented import build, mixed, trajectory, write_run


def card_of(tmp_path: Path, **header: object) -> str:
    build(tmp_path / "out", write_run(tmp_path / "run", mixed(), **header))
    return (tmp_path / "out" / CARD).read_text(encoding="utf-8")


def test_demonstration_data_is_called_so_in_capitals_before_anything_else(tmp_path: Path):
    card = card_of(tmp_path, demonstration=True)
    title, first = card.split("---\n", 2)[2].strip().split("\n\n")[:2]
    assert title.startswith("# ")
    assert "DEMONSTRATION DATA" in first
    assert "DO NOT PUBLISH" in first


def test_data_of_a_real_model_carries_no_warning(tmp_path: Path):
    assert "DEMONSTRATION" not in card_of(tmp_path, demonstration=False)


def test_front_matter_names_the_data_files_and_the_licence(tmp_path: Path):
    front = yaml.safe_load(card_of(tmp_path).split("---\n")[1])
    assert front["license"] == "cc-by-nc-4.0"
    assert front["configs"][0]["data_files"] == [
        {"split": split, "path": f"data/{data_file(tmp_path / 'out', split).name}"} for split in SPLITS
    ]


def test_counts_hash_and_models_are_told(tmp_path: Path):
    card = card_of(tmp_path, seed=4711)
    for told in ("ab" * 32, "m-2", "4711", "5 dialogues from 5 played", "19,533", "CC BY-NC 4.0", "white space"):
        assert told in card


def test_no_address_and_no_path_is_told(tmp_path: Path):
    card = card_of(
        tmp_path, base_url="http://gpu-box:8000/v1", models={"responder": "/srv/secret/qwen"}, pack="/srv/secret/p"
    )
    assert "gpu-box" not in card
    assert "/srv" not in card
    assert str(tmp_path) not in card
    assert "qwen" in card


def test_a_header_cannot_end_its_block(tmp_path: Path):
    card = card_of(tmp_path, models={"responder": "x\n---\n\n# Free money\n```"})
    assert "\n# Free money" not in card
    assert "\n```\n" not in card.split("The runs, as their headers say")[1]


def test_what_was_left_out_and_what_is_shared_is_told(tmp_path: Path):
    rows = [trajectory(1), trajectory(2, situation="One."), trajectory(3, split="test", situation="One.")]
    run = write_run(tmp_path / "run", rows)
    build(tmp_path / "out", run)
    assert "Left out: situation stands in test (1)." in (tmp_path / "out" / CARD).read_text()
    build(tmp_path / "out", run, drop_shared_situations=False)
    assert "1 train dialogues share their situation" in (tmp_path / "out" / CARD).read_text()


def test_the_card_can_be_written_again_from_the_release(tmp_path: Path):
    card = card_of(tmp_path)
    write_card(tmp_path / "out", read_report(tmp_path / "out"), table3(tmp_path / "out"))
    assert (tmp_path / "out" / CARD).read_text(encoding="utf-8") == card
