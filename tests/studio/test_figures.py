"""The figures of runs are what a release of them counts; pictures and tables as files hold their words."""

import io
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import altair as alt
import pytest
import yaml
from PIL import Image

from graphs.derived import export
from graphs.packs import load_pack
from graphs.runs import open_run
from release.statistics import PAPER, Table3, table3
from studio.browse.catalogue import Catalogue
from studio.browse.counting import Counted, count_up
from studio.browse.figures import Table, figure_4a, figure_4b, figure_files, png, print_tokens, svg, table_3, zipped
from studio.browse.finding import MBTI, Search, count, labels_in
from studio.releasing import build_from_runs
from studio.widgets.charts import look
from studio.workspace import Workspace
from tests.graphs.runs import kardia
from tests.studio.workspace_fixture import Ground

LABELS = list(load_pack("kardia").settings.labels)


@pytest.fixture
def own(own_ground: Ground) -> Catalogue:
    return Catalogue(own_ground.workspace)


def counted(catalogue: Catalogue, *runs: str) -> Counted:
    catalogue.refresh()
    return count_up(catalogue, runs)


def released(workspace: Workspace, *runs: str) -> Table3:
    out = workspace.root / "released"
    build_from_runs([workspace.run(name) for name in runs], out)
    return table3(out)


def rewrite(path: Path, **changes: object) -> None:
    config = yaml.safe_load((path / "run.yaml").read_text())
    (path / "run.yaml").write_text(yaml.safe_dump(config | changes))


def stop_at_three(workspace: Workspace) -> tuple[str, ...]:
    """A run that was to hold three dialogues, though more were under way when the third had passed."""
    rewrite(workspace.run("winter"), accepted=3)
    run = open_run(workspace.run("winter"))
    journal = run.journal()
    export(run, journal)
    journal.close()
    return ("winter",)


def twice(workspace: Workspace) -> tuple[str, ...]:
    """A run and its copy: each dialogue is released once."""
    shutil.copytree(workspace.run("winter"), workspace.root / "runs" / "winter-again")
    return ("winter", "winter-again")


@pytest.mark.parametrize("prepare", [lambda _: ("winter",), stop_at_three, twice], ids=["one", "stopped", "twice"])
def test_what_is_counted_is_what_a_release_of_the_runs_counts(own: Catalogue, prepare: Callable[..., tuple[str, ...]]):
    runs = prepare(own.workspace)
    found = counted(own, *runs)
    assert found.table == released(own.workspace, *runs)
    assert found.table.all.dialogues + sum(found.left_out.values()) == count(own, Search(runs=runs))


def test_a_removed_dialogue_is_counted_only_with_all(hostile_ground: Ground, tmp_path: Path):
    shutil.copytree(hostile_ground.root, tmp_path / "hostile")
    catalogue = Catalogue(Workspace(tmp_path / "hostile"))
    catalogue.refresh()
    removed = count(catalogue, Search(screened=("structure", "jump", "drift")))
    everything, passed = count_up(catalogue, released=False), count_up(catalogue)
    assert removed > 0
    assert everything.table.all.dialogues == count(catalogue, Search())
    assert everything.left_out == {}
    assert passed.table.all.dialogues <= everything.table.all.dialogues - removed


def test_nothing_counted_is_no_number(own: Catalogue):
    found = counted(own, "no-such-run")
    assert (found.table.all.dialogues, found.table.all.turns, found.solved, found.fails) == (0, None, None, None)
    assert "–" in table_3(found.table).shown()[2]


def test_figure_4a_has_every_type_and_label_in_fixed_order(own: Catalogue):
    table = counted(own).table
    labels = labels_in(own)
    assert labels == LABELS
    cells = figure_4a(table.all, labels).to_dict()["data"]["values"]
    assert [cell["emotion"] for cell in cells[:32]] == LABELS
    assert list(dict.fromkeys(cell["mbti"] for cell in cells)) == list(MBTI)
    assert sum(cell["n"] for cell in cells) == table.all.dialogues


def test_a_type_nobody_knows_has_a_row_of_its_own(own: Catalogue):
    figures = counted(own).table.all.model_copy(
        update={"mbti": {"unknown": 1}, "mbti_emotions": {"unknown": {"sad": 1}}}
    )
    cells = figure_4a(figures, ["sad"]).to_dict()["data"]["values"]
    assert cells[-1] == {"mbti": "unknown", "emotion": "sad", "n": 1}


def test_other_packs_have_their_own_labels(tmp_path: Path, ground: Ground):
    workspace = Workspace(tmp_path)
    shutil.copytree(ground.run_path, tmp_path / "runs" / "coach")
    pack = load_pack("studycoach")
    shutil.copytree(Path("prompts/studycoach").resolve(), tmp_path / "runs/coach/packs" / pack.digest)
    rewrite(tmp_path / "runs" / "coach", pack_hash=pack.digest, pack="studycoach")
    catalogue = Catalogue(workspace)
    catalogue.refresh()
    labels = labels_in(catalogue)
    assert labels[: len(pack.settings.labels)] == list(pack.settings.labels)
    assert set(labels) > set(pack.settings.labels)
    assert count_up(catalogue).left_out["label outside the pack"] > 0


def test_a_picture_holds_its_words(own: Catalogue):
    table = counted(own).table
    words = set(re.findall(r">([^<>]+)</text>", svg(figure_4a(table.all, LABELS)).decode()))
    assert words >= {*LABELS, *MBTI, "Dialogues"}
    assert "Share of dialogues" in svg(figure_4b(table.all)).decode()


def test_a_png_is_drawn_with_our_font_on_white(own: Catalogue):
    text = (
        alt.Chart(alt.Data(values=[{"word": "WWWW"}]))
        .mark_text(fontSize=40)
        .encode(text="word:N")
        .properties(height=60)
    )
    drawn, blank = (
        Image.open(io.BytesIO(png(chart, 200))).convert("L") for chart in (text, text.encode(text=alt.value("")))
    )
    assert drawn.getpixel((0, 0)) == 255
    ink = sum(drawn.histogram()[:160])
    assert blank.size == drawn.size
    assert sum(blank.histogram()[:160]) == 0
    assert ink > 1000


def test_a_picture_takes_every_colour_from_the_theme_and_a_page_its_own_text_colour(own: Catalogue):
    tokens, chart = print_tokens(), figure_4b(counted(own).table.all)
    alone, around = (look(chart, tokens, ground).to_dict()["config"] for ground in ("#ffffff", None))
    assert alone["range"]["heatmap"] == around["range"]["heatmap"] == tokens["chartSequentialColors"]
    assert (alone["axis"]["labelColor"], around["axis"]["labelColor"]) == (tokens["grayTextColor"], "currentColor")
    assert (alone["background"], around["background"]) == ("#ffffff", "transparent")
    assert alone["font"].startswith("Inter")


def test_a_table_as_text_escapes_what_latex_and_spreadsheets_would_run():
    table = Table(("a_b", "n"), [("=1+1 & 50 %", 1234), (r"\input{x}", None), ("#x", 0.125)])
    assert table.csv().splitlines() == ["a_b,n", "'=1+1 & 50 %,1234", r"\input{x},", "#x,0.125"]
    body = table.latex()
    assert r"a\_b & n \\" in body
    assert r"=1+1 \& 50 \% & 1,234 \\" in body
    assert r"\textbackslash{}input\{x\} & -- \\" in body
    assert r"\#x & 0.12 \\" in body


def test_table_3_stands_beside_the_papers(own: Catalogue):
    rows = {row[0]: row[1:] for row in table_3(counted(own).table).shown()}
    assert rows["# Dialogues"][3:] == ("19,533", "2,547", "22,080")
    assert rows["8-10 turns"][-1] == "> 90 %"
    assert rows["User Profiles"][-1] == str(PAPER.all.user_profiles)


def test_all_files_of_a_release_are_written_whole(own: Catalogue, tmp_path: Path):
    table = released(own.workspace, "winter")
    told = kardia("release", "stats", own.workspace.root / "released", "--figures", tmp_path / "out")
    assert told.returncode == 0, told.stderr
    files = figure_files(table, LABELS)
    written = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert {name: unnumbered(content) for name, content in written.items()} == {
        name: unnumbered(content) for name, content in files.items()
    }
    assert set(files) == {f"figure-4{part}.{kind}" for part in "ab" for kind in ("svg", "png")} | {
        "table-3.csv",
        "table-3.tex",
    }
    assert set(zipfile.ZipFile(io.BytesIO(zipped(table, LABELS))).namelist()) == set(files)


def unnumbered(picture: bytes) -> bytes:
    """An SVG's inner names carry a number that counts up with every picture of a process."""
    return re.sub(rb"((?:gradient|clip)_?)\d+", rb"\1", picture)
