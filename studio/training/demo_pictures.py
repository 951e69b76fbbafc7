"""The demonstration's curves as files: a page that needs nothing else, and the first curve of each stage as PNG."""

import html
from collections.abc import Mapping
from pathlib import Path

from graphs.records import replacing
from studio.browse.figures import png, print_tokens, svg
from studio.training.curve_chart import curve
from studio.training.curves import curve_text, panels
from studio.training.measured import Measured

_STYLE = "body{font:15px Inter,sans-serif;margin:2rem;color:#131316}div{display:inline-block;margin:0 2rem 1.5rem 0}h3{font-size:1rem;margin:0}"
_WIDTH, _HEIGHT = 440, 150


def write_curves(stages: Mapping[str, Measured], out: Path) -> list[Path]:
    """curves.html with every curve of every stage, train as a line and held-out dashed; and the first of each as PNG."""
    parts = [f"<!doctype html><meta charset=utf-8><title>Curves</title><style>{_STYLE}</style>"]
    written: list[Path] = []
    for stage, measured in stages.items():
        main, more = panels(stage, measured)
        parts.append(f"<h2>{html.escape(stage.upper())}</h2><p>By optimiser step; held out is dashed.</p>")
        for panel in (*main, *more):
            drawn = svg(curve(measured, panel, print_tokens(), _HEIGHT), _WIDTH).decode()
            parts.append(f"<div><h3>{html.escape(panel.title)}</h3>{drawn}<br><small>{html.escape(curve_text(measured, panel))}</small></div>")  # fmt: skip
        for panel in main[:1]:
            written.append(out / f"{stage}-{panel.metric}.png")
            titled = curve(measured, panel, print_tokens(), _HEIGHT).properties(
                title=f"{stage.upper()}: {panel.title.lower()}"
            )
            _write(written[-1], png(titled, _WIDTH))
    written.append(out / "curves.html")
    _write(written[-1], "\n".join(parts).encode())
    return written


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)
