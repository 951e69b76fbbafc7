"""A run that is being planned: from what somebody chose to the command line that plays it, checked and estimated first."""

import re
import shutil
import tempfile
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import Field

from graphs.editing.versions import History, Version
from graphs.estimate import Estimate, estimate_run
from graphs.llm.build import Reach, check_reach
from graphs.llm.prices import FREE
from graphs.offline import MODEL_NAME
from graphs.packs import pack_digest
from graphs.records import BadFile
from graphs.runs import RunConfig, WrongUse
from graphs.schema import Record, digest
from graphs.state import DialogueSettings
from personas.pairing import pair_files
from studio.options import by_role, parse_prices
from studio.prompts.packs import history
from studio.running import run_config
from studio.runs import jobs
from studio.runs.endpoints import Endpoint, Options, endpoints, options
from studio.workspace import Workspace

NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}")
_ANYWHERE = "http://127.0.0.1/v1"
"""Stands for the embedded model's address, which is known when it is started."""


class NewPairs(Record):
    """Pairings that are still to be laid out."""

    personas: Path
    situations: Path
    dialogues: int
    seed: int = 0


class Plan(Record):
    """What somebody chose for a run. Everything has the command line's default."""

    name: str
    pairs: Path | NewPairs
    """A file of pairings, or what to pair."""
    pack: str = "kardia"
    version: str = ""
    """Hash of an older version of the pack; empty is what lies in its folder."""
    endpoints: dict[str, str]
    """The name of an endpoint for each role."""
    settings: dict[str, str | int | bool] = Field(default_factory=dict)
    """Settings of a dialogue that differ from the defaults."""
    concurrency: int = 16
    workers: int = 1
    budget_usd: float | None = None
    accepted: int | None = None
    seed: int = 0
    deadline_s: float = 120.0
    retries: int = 6


def free_name(workspace: Workspace, now: datetime | None = None) -> str:
    """A name that no run has yet."""
    base = f"{now or datetime.now().astimezone():run-%Y-%m-%d}"
    names = (base, *(f"{base}-{number}" for number in range(2, 10_000)))
    return next(name for name in names if not _taken(workspace, name))


def plan_config(workspace: Workspace, plan: Plan) -> RunConfig:
    """What the run would freeze.

    Raises:
        WrongUse, BadFile, BadPack: what was chosen cannot be played. RunRefused: a key is missing.
        UnknownPrice: a budget is set and a price is not known.
    """
    if not NAME.fullmatch(plan.name):
        raise WrongUse(f"name {plan.name!r}: write letters, digits, - _ and ., beginning with a letter or digit")
    if _taken(workspace, plan.name):
        raise WrongUse(f"{plan.name}: there is a run of this name; resume it, or choose another name")
    config = _config(workspace, plan)
    check_reach(config.models, _reach(workspace, plan), plan.budget_usd)
    if plan.accepted is not None and plan.workers > 1:
        raise WrongUse("a number of accepted dialogues needs the order of one process; take one process")
    return config


def plan_estimate(workspace: Workspace, plan: Plan) -> Estimate:
    """What the run will take; plays a few of its dialogues on the embedded model and calls nothing. Raises as `plan_config`."""
    config = _config(workspace, plan)
    return estimate_run(_pairings(workspace, plan), pack_of(workspace, plan), config, _reach(workspace, plan))


def argv(workspace: Workspace, plan: Plan) -> list[str]:
    """The command line that plays it."""
    given = {
        "--concurrency": plan.concurrency,
        "--workers": plan.workers,
        "--budget-usd": plan.budget_usd,
        "--accepted": plan.accepted,
        "--seed": plan.seed,
        "--deadline": plan.deadline_s,
        "--retries": plan.retries,
    }
    defaults = {"--workers": 1, "--seed": 0, "--deadline": 120.0, "--retries": 6}
    numbers = [(name, str(value)) for name, value in given.items() if value is not None and value != defaults.get(name)]
    return [
        *("synth", "run", "--pairings", str(_pairings(workspace, plan)), "--out", str(_run(workspace, plan.name))),
        *("--pack", str(pack_of(workspace, plan))),
        *_options(workspace, plan).argv,
        *(word for setting in _settings(plan) for word in ("--set", setting)),
        *(word for number in numbers for word in number),
    ]


def launch(workspace: Workspace, plan: Plan) -> Path:
    """Check the plan and start its run as a job; returns the run's directory. Raises as `plan_config`, and RunInUse."""
    plan_config(workspace, plan)
    run = _run(workspace, plan.name)
    jobs.launch(workspace, run, argv(workspace, plan))
    return run


def pack_of(workspace: Workspace, plan: Plan) -> Path:
    """The folder of the pack; an older version is laid out beside its history.

    Raises:
        WrongUse: there is no such pack.
    """
    if plan.pack not in workspace.packs():
        raise WrongUse(f"{plan.pack}: no such pack; there are {', '.join(workspace.packs())}")
    if not plan.version:
        return workspace.packs()[plan.pack]
    kept = history(workspace, plan.pack)
    return _laid_out(kept, kept.version(plan.version))


def _laid_out(kept: History, version: Version) -> Path:
    """A version's files in a folder of their own, byte for byte."""
    target = kept.kept / "laid-out" / version.hash
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".") as scratch:
            fresh = Path(scratch) / "pack"
            fresh.mkdir()
            for name, content in version.files.items():
                shutil.copyfile(kept.kept / "files" / content, fresh / name)
            fresh.rename(target)
    if pack_digest(target) != version.hash:
        raise BadFile(f"{target}: differs from the version it was laid out from; delete it and try again")
    return target


def choices(name: str) -> tuple[str, ...] | None:
    """The words that a setting may be; None for numbers and switches."""
    kind = DialogueSettings.model_fields[name].annotation
    return get_args(kind) if get_origin(kind) is Literal else None


def pairing_count(path: Path) -> int:
    """How many rows a file of pairings has."""
    return _lines(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _lines(path: Path, stamp: int) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) - 1


def _config(workspace: Workspace, plan: Plan) -> RunConfig:
    pairings, pack = _pairings(workspace, plan), pack_of(workspace, plan)
    model = _options(workspace, plan).model
    return run_config(pairings, model, str(pack), _settings(plan), plan.seed, plan.accepted)[0]


def _pairings(workspace: Workspace, plan: Plan) -> Path:
    """The file of pairings; laid out under a name that its making gives, if it is not there yet."""
    if isinstance(plan.pairs, Path):
        return plan.pairs
    new = plan.pairs
    stamps = [path.stat().st_mtime_ns for path in (new.personas, new.situations)]
    known = digest([new.model_dump(mode="json"), stamps])[:8]
    path = workspace.state / "pairings" / f"{new.dialogues}-{new.seed}-{known}.jsonl"
    if not path.exists():
        pair_files(new.personas, new.situations, new.dialogues, new.seed, path)
    return path


def _settings(plan: Plan) -> list[str]:
    words: dict[Any, str] = {True: "true", False: "false"}
    return [
        f"{name}={words[value] if isinstance(value, bool) else value}" for name, value in sorted(plan.settings.items())
    ]


def _chosen(workspace: Workspace, plan: Plan) -> dict[str, Endpoint]:
    known = endpoints(workspace)
    if unknown := [name for name in plan.endpoints.values() if name not in known]:
        raise WrongUse(f"{unknown[0]}: no such endpoint in kardia.yaml; there are {', '.join(known)}")
    return {role: known[name] for role, name in plan.endpoints.items()}


def _options(workspace: Workspace, plan: Plan) -> Options:
    return options(_chosen(workspace, plan))


def _reach(workspace: Workspace, plan: Plan) -> Reach:
    """How its models will be reached, with a stand-in for the embedded model's address."""
    given, chosen = _options(workspace, plan), _chosen(workspace, plan)
    whole, single = by_role(given.base_url, "--base-url")
    price, prices = parse_prices(given.price)
    own = [role for role, end in chosen.items() if end.model == MODEL_NAME and end.base_url is None]
    return Reach(
        base_url=whole,
        base_urls=dict.fromkeys(own, _ANYWHERE) | single,
        concurrency=plan.concurrency,
        price=price,
        prices=dict.fromkeys(own, FREE) | prices,
    )


def _run(workspace: Workspace, name: str) -> Path:
    return workspace.root / "runs" / name


def _taken(workspace: Workspace, name: str) -> bool:
    run = _run(workspace, name)
    return run.exists() or (NAME.fullmatch(name) is not None and jobs.is_unmade(workspace, run))
