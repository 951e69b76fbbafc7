"""Pictures and tables as files: SVG and PNG of a chart in the look of the light page, CSV and LaTeX of a table."""

import io
import tomllib
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from graphs.csv_text import csv_text
from graphs.records import replacing
from release.statistics import PAPER, ROW_TITLES, UNKNOWN_MBTI, Figures, Table3
from studio.browse.finding import MBTI
from studio.widgets.charts import heat, look, turn_bars

_STUDIO = Path(__file__).resolve().parents[1]
_COLUMNS = ("Category", "Train", "Test", "All", "Paper train", "Paper test", "Paper all")
_TEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "–": "--",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


class Table(NamedTuple):
    """A table as it is shown and given out: names of columns, and rows of text or numbers."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def shown(self) -> list[tuple[str, ...]]:
        """The rows as people read them."""
        return [tuple(map(shown, row)) for row in self.rows]

    def csv(self) -> str:
        return csv_text(self.columns, self.rows)

    def latex(self) -> str:
        """A tabular with booktabs' rules; every sign stands for itself."""
        lines = [" & ".join(map(_tex, row)) + r" \\" for row in (self.columns, *self.shown())]
        spec = "l" + "r" * (len(self.columns) - 1)
        return "\n".join(
            [
                rf"\begin{{tabular}}{{{spec}}}",
                r"\toprule",
                lines[0],
                r"\midrule",
                *lines[1:],
                r"\bottomrule",
                r"\end{tabular}",
                "",
            ]
        )


def figure_4a(figures: Figures, labels: Sequence[str]) -> Any:
    """The heat map of MBTI types and emotions; types outside the sixteen get a row where they occur."""
    rows = [*MBTI, *([UNKNOWN_MBTI] if UNKNOWN_MBTI in figures.mbti else [])]
    return heat(figures.mbti_emotions, rows, labels)


def figure_4b(figures: Figures, height: int = 240) -> Any:
    """The bars of turns."""
    return turn_bars(figures.turn_counts, height)


def table_3(table: Table3) -> Table:
    """Table 3, ours beside the paper's."""
    ours, papers = (table.train, table.test, table.all), (PAPER.train, PAPER.test, PAPER.all)
    rows = [(title, *(getattr(column, name) for column in (*ours, *papers))) for name, title in ROW_TITLES.items()]
    long = ("8-10 turns", *(_percent(column.share_8_to_10_turns) for column in ours), None, None, "> 90 %")
    return Table(_COLUMNS, [*rows, long])


def svg(chart: Any, width: int = 900) -> bytes:
    """A chart as SVG, on white."""
    return _exporter().vegalite_to_svg(_spec(chart, width)).encode()


def png(chart: Any, width: int = 900) -> bytes:
    """A chart as PNG, on white, twice the size of the page."""
    return _exporter().vegalite_to_png(_spec(chart, width), scale=2)


def figure_files(table: Table3, labels: Sequence[str]) -> dict[str, bytes]:
    """Fig. 4a, Fig. 4b and Table 3 in all their formats, by file name."""
    pictures = {"figure-4a": (figure_4a(table.all, labels), 900), "figure-4b": (figure_4b(table.all), 480)}
    files = {f"{name}.svg": svg(*picture) for name, picture in pictures.items()}
    files |= {f"{name}.png": png(*picture) for name, picture in pictures.items()}
    counted = table_3(table)
    return files | {"table-3.csv": counted.csv().encode(), "table-3.tex": counted.latex().encode()}


def zipped(table: Table3, labels: Sequence[str]) -> bytes:
    """The same as one archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in figure_files(table, labels).items():
            file.writestr(name, content)
    return archive.getvalue()


def write_figures(table: Table3, labels: Sequence[str], folder: Path) -> list[Path]:
    """The same as files of a folder; returns them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (files := figure_files(table, labels)).items():
        with replacing(folder / name) as file:
            file.write(content)
    return [folder / name for name in files]


def _spec(chart: Any, width: int) -> str:
    return look(chart.properties(width=width), print_tokens(), background="#ffffff").to_json()


@cache
def print_tokens() -> dict[str, Any]:
    """The light theme's tokens, read from config.toml: a picture for a page of paper."""
    return tomllib.loads((_STUDIO / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]["light"]


@cache
def _exporter() -> Any:
    """vl-convert, with our font: it leaves out text whose font it does not find."""
    import vl_convert

    vl_convert.register_font_directory(str(_STUDIO / "static"))
    return vl_convert


def shown(cell: float | str | None) -> str:
    """A cell as people read it; a missing value is a dash, never 0."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:.2f}"


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.1f} %"


def _tex(cell: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in " ".join(cell.split()))
