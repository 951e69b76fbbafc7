"""A small workspace as a designer has one: a played run with a fork, a pack of their own, files of rows."""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from graphs.forks import Change, fork
from graphs.journal import Slot
from graphs.llm.build import Reach
from graphs.llm.errors import RunRefused
from graphs.llm.prices import FREE
from graphs.offline.faults import Faults
from graphs.offline.server import start_process
from graphs.records import read_rows
from graphs.runs import Run, open_run, start_run
from graphs.schema import Trajectory
from graphs.session import Means, Outcome, play_run
from personas.pairing import pair_files
from studio.running import run_config
from studio.workspace import Workspace
from tests.graphs.runs import EXAMPLES, ROOT

DIALOGUES = 8
RUN, FAILING, STOPPED = "winter", "spring", "autumn"
"""Played to its end; played with refused calls; stopped in the middle by an endpoint that lost its model."""
PACK = "mine"


class Ground(NamedTuple):
    """Where the workspace lies, and what tests point at in it."""

    root: Path
    run: str
    dialogue: str
    """A finished dialogue whose turn 3 took two attempts or more."""
    fork: str
    """The run name of a fork that leaves `dialogue` at turn 2 with other words of the user."""
    pack: str
    failing: str
    """A run of which some calls were refused."""

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root)

    @property
    def run_path(self) -> Path:
        return self.root / "runs" / self.run

    def at(self, root: Path) -> "Ground":
        """The same workspace, copied to another place."""
        return self._replace(root=root)


def make_workspace(root: Path, dialogues: int = DIALOGUES) -> Ground:
    """Pair, play, fork, with the functions that the command line calls."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("personas.jsonl", "situations.jsonl"):
        shutil.copyfile(EXAMPLES / name, root / name)
    shutil.copytree(ROOT / "prompts" / "kardia", root / "prompts" / PACK)
    run = new_run(root, RUN, dialogues)
    with start_process() as url:
        play(run, url)
        dialogue = refined_at(run, turn=3)
        words = "I said it wrong. It was my own fault and I know it."
        forked = fork(run, dialogue, Slot(2, 0, "user_simulator"), Change(utterance=words))
        play(forked, url)
    with start_process(faults=Faults(each={"400_context": 0.03})) as url:
        play(new_run(root, FAILING, 4), url)
    with start_process(faults=Faults(each={"404_model": 0.01})) as url, suppress(RunRefused):
        play(new_run(root, STOPPED, 6), url, concurrency=1)
    return Ground(root, RUN, dialogue, Workspace(root).name(forked.path), PACK, FAILING)


def play(run: Run, url: str, concurrency: int = 8) -> Outcome:
    """Play a run at the embedded model's address, which the run does not keep: whoever resumes it starts the model anew."""
    own = dict.fromkeys(run.config.models, url)
    return play_run(run, Means(Reach(base_urls=own, concurrency=concurrency, price=FREE, deadline_s=20)))


def new_run(root: Path, name: str, dialogues: int) -> Run:
    """A run that nobody has played yet; its pairings stand in the workspace under its name."""
    pairings = root / f"pairings-{name}.jsonl"
    pair_files(root / "personas.jsonl", root / "situations.jsonl", dialogues, 0, pairings, test_personas=0.2)
    config, pack = run_config(pairings, None, str(root / "prompts" / PACK), None, 0, None)
    return start_run(root / "runs" / name, config, pack, pairings)


def refined_at(run: Run, turn: int) -> str:
    """The first dialogue whose reply at that turn had to be refined."""
    rows = read_rows(open_run(run.path).path / "trajectories.jsonl", Trajectory)
    return next(row.id for row in rows if len(row.turns) >= turn and len(row.turns[turn - 1].attempts) > 1)
