"""Plays: one dialogue, played to be watched or spoken in. Each is a run of its own, started as a job.

What was chosen and what a person says lie in the workspace's .kardia/plays/NAME/; everything else is the run's.
"""

import random
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from graphs.feelings import Length
from graphs.person import WordsFile
from graphs.records import BadFile, replacing, write_rows
from graphs.runs import PAIRINGS, Run, WrongUse, open_run
from graphs.schema import Pairing, Persona, Record, Situation, digest
from studio.runs import jobs
from studio.runs.endpoints import EMBEDDED, endpoints, options
from studio.workspace import Workspace

PREFIX = "play-"
PACE_MS = 350
"""How long an answer of the embedded model takes here, so that a dialogue can be watched."""
LARGEST_SEED = 999_999


class Choice(Record):
    """What is played: who, what happened, under which pack and model, and whether a person speaks as the user."""

    pairing: Pairing
    pack: str
    endpoint: str = EMBEDDED
    length: Length = "paper"
    seed: int = 0
    speaks: bool = False


def paired(persona: Persona, situation: Situation) -> Pairing:
    """Who meets what, under an id that is theirs."""
    return Pairing(
        id=f"play-{digest([persona.id, situation.id])[:8]}", persona=persona, situation=situation, split="train"
    )


def begin(workspace: Workspace, choice: Choice) -> Path:
    """Start a play; returns the directory that its run will have.

    Raises:
        WrongUse: the pack or the endpoint is not there any more.
    """
    argv = _options(workspace, choice)
    run = new_place(workspace)
    folder = _folder(workspace, run)
    write_rows(folder / PAIRINGS, {"kind": "pairings"}, [choice.pairing])
    with replacing(folder / "choice.json") as file:
        file.write(choice.model_dump_json().encode())
    start = ["synth", "run", "--pairings", str(folder / PAIRINGS), "--out", str(run), "--concurrency", "1"]
    jobs.launch(workspace, run, [*start, *argv, *_watched(workspace, run, choice.speaks)])
    return run


def go_on(workspace: Workspace, run: Path) -> None:
    """Go on with a play that was stopped; what failed is tried again.

    Raises:
        RunInUse: it is playing.
    """
    if not (run / "run.yaml").exists() and (job := jobs.read_job(workspace, run)):
        jobs.launch(workspace, run, job.argv)
        return
    jobs.resume(workspace, run, ["--retry-failed", *_watched(workspace, run, listens(open_run(run)))])


def listens(run: Run) -> bool:
    """Whether a person speaks in a run; its forks go on with the user simulator."""
    return run.config.person_spoke and not run.config.lineage


def say(workspace: Workspace, run: Path, turn: int, text: str) -> bool:
    """Say a turn's words as the user; False where that turn was said already.

    Raises:
        Unsayable: they are empty or too long.
    """
    return words_of(workspace, run).say(turn, text)


def words_of(workspace: Workspace, run: Path) -> WordsFile:
    """What a person says in a play, a line a turn."""
    return WordsFile(_folder(workspace, run) / "words.txt")


def choice_of(workspace: Workspace, run: Path) -> Choice | None:
    """What was chosen for a play; None for a run that was not begun here."""
    try:
        return Choice.model_validate_json((_folder(workspace, run) / "choice.json").read_bytes())
    except (OSError, ValidationError):
        return None


def again(choice: Choice) -> Choice:
    """The same with another seed."""
    return choice.model_copy(update={"seed": another_seed(choice.seed)})


def another_seed(seed: int) -> int:
    """Any seed but this one."""
    return next(n for n in iter(lambda: random.randint(1, LARGEST_SEED), 0) if n != seed)


def place(workspace: Workspace, name: str) -> Path:
    """The directory of a play, or of any run with one dialogue, whether its process has made it yet or not.

    Raises:
        BadFile: there is no such play.
    """
    top = (workspace.root / "runs").resolve()
    path = (top / name).resolve()
    if path.is_relative_to(top) and path != top:
        made = (path / "run.yaml").is_file()
        if (made and open_run(path).config.pairings == 1) or (not made and jobs.read_job(workspace, path)):
            return path
    raise BadFile(f"runs/{name}: no such play in {workspace.root}; begin a new one")


def plays(workspace: Workspace, most: int = 6) -> list[Path]:
    """The plays of a workspace, the one that was written to last first."""
    return [run for run in workspace.runs() if run.name.startswith(PREFIX)][:most]


def _options(workspace: Workspace, choice: Choice) -> list[str]:
    packs, ends = workspace.packs(), endpoints(workspace)
    if choice.pack not in packs:
        raise WrongUse(f"pack {choice.pack}: not in {workspace.root}/prompts any more; choose another one")
    if choice.endpoint not in ends:
        raise WrongUse(f"endpoint {choice.endpoint}: not in kardia.yaml any more; choose another one")
    roles = ("user_simulator", "responder", "rubric_evaluator")
    reached = options(dict.fromkeys(roles, ends[choice.endpoint])).argv if choice.endpoint != EMBEDDED else []
    return ["--pack", str(packs[choice.pack]), "--seed", str(choice.seed), "--set", f"length={choice.length}", *reached]


def _watched(workspace: Workspace, run: Path, speaks: bool) -> Sequence[str]:
    words = ["--user-words", words_of(workspace, run).name] if speaks else []
    return ["--pace-ms", str(PACE_MS), *words]


def new_place(workspace: Workspace) -> Path:
    """A directory that no play has, named by the time; a folder of its own holds it until its run is made."""
    now = f"{PREFIX}{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    for name in (now, *(f"{now}-{number}" for number in range(2, 1000))):
        run = workspace.root / "runs" / name
        if not run.exists():
            try:
                _folder(workspace, run).mkdir(parents=True, mode=0o700)
            except FileExistsError:
                continue
            return run
    raise WrongUse(f"{workspace.root}/runs: too many plays begun in this second; wait a moment")


def _folder(workspace: Workspace, run: Path) -> Path:
    return workspace.state / "plays" / workspace.name(run)
