"""Draw every page of the studio into docs/pictures/: python -m tools.draw_pages [PAGE …].

The dialogues come from the built-in examples and the embedded model under a fixed seed, the browser is Debian's Chromium.
Pictures are made for people and looked at by people: fonts differ from machine to machine, so no test compares them.
"""

import argparse
import io
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from annotation.project import Project
from studio.annotate.exchanging import push_runs
from studio.training.demo import train_demo
from tests.annotation.material import answer
from tests.studio.browser.chromium import find_chromium, launch
from tests.studio.browser.reader import Reader, new_reader
from tests.studio.browser.sights import compared
from tests.studio.served import Studio, serve
from tests.studio.workspace_fixture import make_workspace

OUT = Path(__file__).resolve().parents[1] / "docs" / "pictures"
DIALOGUES = 64
SETTLES_MS = 1800
EXACT = 128
"""Half of the palette: the most frequent colours as they are. The other half is spread over all others."""


class Picture(NamedTuple):
    """A page as it is drawn: its file, the way to it, and how it is looked at."""

    name: str
    go: Callable[[Reader], object]
    dark: bool = False
    size: tuple[int, int] = (1280, 800)


def _replay(reader: Reader) -> Page:
    ground = reader.studio.ground
    return reader.open("replay", run=ground.run, d=ground.dialogue, t=3, k=1)


def _branches(reader: Reader) -> None:
    _replay(reader).get_by_role("radio", name="Branches").first.click()
    reader.rest()
    reader.page.get_by_text("Only what differs").click()


def _prompts(reader: Reader) -> Page:
    return reader.open("prompts", pack=reader.studio.ground.pack, file="responder.md")


def _play(reader: Reader) -> None:
    """A dialogue in its middle."""
    page = reader.open("play")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name=re.compile("^Turn 3 attempt 1 ")).wait_for()


def _annotation(reader: Reader) -> None:
    """A project that two annotators worked on, who corrected some replies and disagree on one."""
    ground = reader.studio.ground
    path = ground.root / "annotations" / ground.run
    push_runs(path, [ground.run_path], overlap=2)
    project = Project(path)
    for number, task in enumerate(project.tasks.values()):
        mended = {"verdict": "corrected", "response": f"{task.response} I am listening."} if number % 5 == 0 else {}
        for name in ("ann-1", "ann-2"):
            dropped = {"verdict": "drop", "comment": "no sense"} if (number, name) == (3, "ann-2") else {}
            project.take([answer(task, name, **(dropped or mended))])
    reader.open("annotation").get_by_text("Corrections").click()


def _train(reader: Reader) -> None:
    """The demonstration's GRPO run; training it takes three minutes."""
    train_demo(reader.studio.ground.root / "training" / "demo", 0, print)
    _demonstrated(reader)


def _demonstrated(reader: Reader) -> None:
    reader.open("train", run="demo/grpo")
    reader.page.get_by_text("Reward").first.wait_for()


PICTURES = (
    Picture("studio-start", lambda reader: reader.open()),
    Picture("studio-prompts", _prompts),
    Picture("studio-play", _play),
    Picture("studio-compare", lambda reader: reader.open("compare", c=compared(reader.studio.ground, states=40))),
    Picture("studio-runs", lambda reader: reader.open("runs", run=reader.studio.ground.failing)),
    Picture("studio-data", lambda reader: reader.open("data", run=reader.studio.ground.run)),
    Picture("studio-statistics", lambda reader: reader.open("data", show="Statistics")),
    Picture("studio-replay", _replay),
    Picture("studio-branches", _branches),
    Picture("studio-personas", lambda reader: reader.open("personas")),
    Picture("studio-annotation", _annotation),
    Picture("studio-train", _train),
    Picture("studio-replay-wide", _replay, dark=True, size=(1920, 1080)),
)


def draw(browser: Browser, studio: Studio, picture: Picture) -> Path:
    """Go there, wait until all stands still, and write the picture."""
    width, height = picture.size
    reader = new_reader(browser, studio, dark=picture.dark, width=width, height=height)
    picture.go(reader)
    reader.page.mouse.move(width - 1, height - 1)
    reader.page.wait_for_timeout(SETTLES_MS)
    reader.page.wait_for_selector("[data-stale=true]", state="detached")
    out = OUT / f"{picture.name}.png"
    out.write_bytes(small(reader.page.screenshot()))
    reader.context.close()
    return out


def small(png: bytes) -> bytes:
    """The same picture with a palette: grounds keep their exact colour, and rare hues, which carry meaning, stay apart."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    pixels = np.asarray(image, dtype=np.int32)
    codes = pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2]
    found, places, counts = np.unique(codes, return_inverse=True, return_counts=True)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1)
    spread = image.quantize(EXACT, method=Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = np.concatenate([colours[np.argsort(-counts)[:EXACT]], np.array(spread[: 3 * EXACT]).reshape(-1, 3)])
    nearest = ((colours[:, None] - palette[None]) ** 2).sum(axis=2).argmin(axis=1)
    packed = io.BytesIO()
    few = Image.fromarray(nearest[places].reshape(codes.shape).astype(np.uint8), mode="P")
    few.putpalette(palette.astype(np.uint8).tobytes())
    few.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def main() -> None:
    """Play a workspace, serve it, and draw what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="names of pictures, all if none is given")
    asked = parser.parse_args().pages
    chosen = [picture for picture in PICTURES if not asked or picture.name in asked]
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("no Chromium here: run tools/system_packages.sh")
    OUT.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp())
    try:
        ground = make_workspace(folder / "support", dialogues=DIALOGUES)
        with serve(ground) as studio, sync_playwright() as playwright:
            browser = launch(playwright, chromium)
            for picture in chosen:
                out = draw(browser, studio, picture)
                print(f"{out.relative_to(OUT.parents[1])}  {out.stat().st_size / 1024:.0f} KB")
            browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
