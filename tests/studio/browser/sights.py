"""What there is to see: every page with its views, tabs and dialogs, each reached as a reader reaches it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Literal

from playwright.sync_api import Page

from annotation.project import WrongProject
from studio.annotate.exchanging import push_runs
from studio.compare.comparing import PLACE
from studio.panes.train_address import VIEWS
from tests.graphs.runs import kardia
from tests.studio.browser.reader import Reader
from tests.studio.hostile import PLANT
from tests.studio.hostile import RUN as HOSTILE_RUN
from tests.studio.training_fixture import GRPO, SFT, make_trainings
from tests.studio.workspace_fixture import Ground

Role = Literal["button", "radio", "tab"]
Step = tuple[str, Callable[[Reader], Page]]
COMPARISON = "brief"


def _open(view: str = "", **query: object) -> Callable[[Reader], Page]:
    return lambda reader: reader.open(view, **query)


def _press(role: Role, name: str) -> Callable[[Reader], Page]:
    """Click what is called so, wherever it stands."""

    def press(reader: Reader) -> Page:
        reader.page.get_by_role(role, name=name).first.click()
        return reader.rest()

    return press


def compared(ground: Ground, states: int = 6) -> str:
    """The name of a comparison in the workspace: the run's prompts against the same with one sentence more."""
    place = ground.root / PLACE / COMPARISON
    if not place.exists():
        pack = ground.root / "prompts" / ground.pack
        template = pack / "responder.md"
        text = template.read_text(encoding="utf-8")
        template.write_text(text.replace("=== user ===", "Be brief.\n\n=== user ==="), encoding="utf-8")
        done = kardia("compare", "run", "--runs", ground.run_path, "--b", pack, "--out", place, "--states", str(states),
                      "--workspace", ground.root)  # fmt: skip
        template.write_text(text, encoding="utf-8")
        assert done.returncode == 0, done.stderr
    return COMPARISON


def _start(_: Reader) -> Iterator[Step]:
    yield "start", _open()


def _prompts(reader: Reader) -> Iterator[Step]:
    pack = reader.studio.ground.pack
    yield "a template", _open("prompts", pack=pack, file="responder.md")
    for tab in ("Variables", "Checks", "Versions"):
        yield tab, _press("tab", tab)
    yield "the rules", _open("prompts", pack=pack, file="pack.yaml")


def _play(_: Reader) -> Iterator[Step]:
    yield "choose", _open("play")
    yield "write a person", _press("radio", "Written here")


def _compare(reader: Reader) -> Iterator[Step]:
    yield "choose", _open("compare")
    yield "result", _open("compare", c=compared(reader.studio.ground))


def _runs(reader: Reader) -> Iterator[Step]:
    yield "one run", _open("runs", run=reader.studio.ground.run)
    yield "failures", _open("runs", run=reader.studio.ground.failing)
    yield "new run", _press("button", "New run")


def _data(_: Reader) -> Iterator[Step]:
    yield "dialogues", _open("data")
    yield "export", _press("button", "Export")
    yield "statistics", _open("data", show="Statistics")


def _replay(reader: Reader) -> Iterator[Step]:
    ground = reader.studio.ground
    yield "dialogue", _open("replay", run=ground.run, d=ground.dialogue, t=3, k=1)
    for tab in ("Scores", "Prompt as sent", "Record"):
        yield tab, _press("tab", tab)
    yield "last turn", _open("replay", run=ground.run, d=ground.dialogue)
    yield "branches", _press("radio", "Branches")
    yield "fork", _press("button", "Fork from here")


def _personas(_: Reader) -> Iterator[Step]:
    yield "queue", _open("personas")
    for view in ("Duplicates", "Audit"):
        yield view, _press("radio", view)


def annotated(ground: Ground) -> None:
    """Give the workspace an annotation project of its run, as `kardia annotate push` makes it, on no server."""
    place = ground.root / "annotations" / "first"
    if not place.exists():
        with suppress(WrongProject):
            push_runs(place, [ground.run_path], overlap=2)


def _annotation(reader: Reader) -> Iterator[Step]:
    annotated(reader.studio.ground)
    yield "progress", _open("annotation")
    if reader.studio.ground.workspace.projects():
        for view in ("Disputed", "Agreement", "Corrections"):
            yield view, _press("radio", view)


def trained(ground: Ground) -> None:
    """Give the workspace training runs, with its own foreign words in them if it has any."""
    if not (ground.root / "training" / GRPO).exists():
        make_trainings(ground.root, PLANT if ground.run == HOSTILE_RUN else "")


def _train(reader: Reader) -> Iterator[Step]:
    trained(reader.studio.ground)
    yield "all runs", _open("train")
    for view in VIEWS:
        yield view.lower(), _open("train", run=GRPO, show=view)
    yield "sft", _open("train", run=SFT)
    yield "new training", _press("button", "New training")


SIGHTS: dict[str, Callable[[Reader], Iterator[Step]]] = {
    "start": _start, "prompts": _prompts, "play": _play, "compare": _compare, "runs": _runs, "data": _data,
    "replay": _replay, "personas": _personas, "annotation": _annotation, "train": _train,
}  # fmt: skip
"""By page: the sights in an order in which each leads to the next."""


def see_all(reader: Reader, page: str) -> Iterator[str]:
    """Go from sight to sight of a page; yields where we are."""
    for name, go in SIGHTS[page](reader):
        go(reader)
        yield name
