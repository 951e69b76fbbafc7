"""The demonstration's curves as files."""

from collections.abc import Mapping
from pathlib import Path

import altair as alt

from graphs.records import replacing
from studio.browse.figures import png, print_tokens, svg
from studio.training.curve_chart import curve
from studio.training.curves import REWARDS, panels
from studio.training.measured import Measured

_WIDTH = 340


def write_curves(stages: Mapping[str, Measured], out: Path) -> list[Path]:
    """One picture a stage, as PNG and SVG: train as a line, held-out dashed."""
    written: list[Path] = []
    for stage, measured in stages.items():
        main, more = panels(stage, measured)
        shown = main if main and main[0] in REWARDS else [*main, *more]
        if not shown:
            continue
        charts = [
            curve(measured, panel, print_tokens(), 150).properties(width=_WIDTH, title=panel.title) for panel in shown
        ]
        picture = alt.concat(*charts, columns=2)
        for ending, content in (("png", png(picture)), ("svg", svg(picture))):
            path = out / f"curves-{stage}.{ending}"
            with replacing(path) as file:
                file.write(content)
            written.append(path)
    return written
