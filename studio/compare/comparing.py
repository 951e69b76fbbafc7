"""From options to a comparison of prompts: find the versions, freeze the states, estimate, play, and write the result."""

import os
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from graphs.llm.build import Reach, check_reach
from graphs.offline import MODEL_NAME
from graphs.runs import Run, RunConfig, WrongUse, open_run
from graphs.session import Means
from graphs.trials.estimate import TrialEstimate, estimate_comparison
from graphs.trials.session import Ended, play_comparison
from graphs.trials.trials import ROLES, Comparison, ComparisonConfig, check_frozen, open_comparison, start_comparison
from graphs.watching.progress import Progress
from measure.prompt_report import Report, save_report
from studio.compare.versions import Found, find_version
from studio.console import talk
from studio.options import by_role
from studio.running import reaching
from studio.workspace import Workspace

PLACE = "comparisons"
"""Where a workspace keeps them."""


class Asked(NamedTuple):
    """What a person wants compared; None leaves it to the runs."""

    runs: Sequence[Path]
    a: str
    b: str
    states: int
    draws: int = 1
    seed: int = 0
    evaluator: str = "a"
    noise_floor: bool = True
    temperature: float | None = None
    model: list[str] | None = None


class Way(NamedTuple):
    """How models are reached; free to change at every start."""

    base_url: list[str] | None = None
    concurrency: int = 16
    deadline_s: float = 120.0
    retries: int = 6
    price: list[str] | None = None
    pace_ms: float = 0.0


class Plan(NamedTuple):
    """A comparison that could be started: what it freezes, its runs, and where its packs lie."""

    config: ComparisonConfig
    runs: list[Run]
    folders: dict[str, Path]


@contextmanager
def planned(asked: Asked, out: Path, workspace: Workspace) -> Generator[Plan]:
    """Find and check everything that a comparison needs; old versions are laid out for as long as the context lasts.

    Raises:
        WrongUse: a version, model or setting cannot be used.
        BadFile, BadPack: a run or pack is not what it should be.
    """
    runs = [open_run(path) for path in asked.runs]
    if not runs:
        raise WrongUse("--runs: name at least one run; its dialogues are answered anew")
    with tempfile.TemporaryDirectory(prefix="kardia-") as scratch:
        a, b = (find_version(spec, runs, workspace, Path(scratch)) for spec in (asked.a, asked.b))
        config = _config(asked, out, runs, a, b)
        yield Plan(config, runs, {found.version.hash: found.folder for found in (a, b)})


def _config(asked: Asked, out: Path, runs: list[Run], a: Found, b: Found) -> ComparisonConfig:
    models = _models(runs, asked.model)
    try:
        return ComparisonConfig.model_validate(
            {
                "runs": [_from(out, run.path) for run in runs],
                "a": a.version,
                "b": b.version,
                "models": models,
                "demonstration": MODEL_NAME in models.values(),
                **{name: getattr(asked, name) for name in _AS_ASKED},
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise WrongUse(f"--{'-'.join(map(str, first['loc']))}: {first['msg']}") from error


_AS_ASKED = ("states", "draws", "seed", "evaluator", "noise_floor", "temperature")


def _from(home: Path, run: Path) -> str:
    """A run's directory as seen from another one."""
    return os.path.relpath(run.resolve(), home.resolve())


def _models(runs: list[Run], given: list[str] | None) -> dict[str, str]:
    """The models of both roles: as given, else as the runs had them."""
    whole, single = by_role(given, "--model")
    models: dict[str, str] = {}
    for role in ROLES:
        recorded = sorted({run.config.models[role] for run in runs})
        if role not in single and whole is None and len(recorded) > 1:
            raise WrongUse(f"the runs had several models as {role} ({', '.join(recorded)}); say which with --model")
        models[role] = single.get(role, whole or recorded[0])
    return models


@contextmanager
def reached(config: ComparisonConfig, way: Way) -> Generator[Reach]:
    """How the comparison's models are reached; the embedded model is started for as long as this lasts."""
    like = RunConfig.model_construct(models=config.models, demonstration=config.demonstration)
    with reaching(
        like, way.base_url, way.concurrency, way.deadline_s, way.retries, way.price, config.seed, way.pace_ms
    ) as reach:
        yield reach


def estimated(plan: Plan, reach: Reach, out: Path) -> TrialEstimate:
    """What it would take; checks what a start would refuse, makes nothing and calls nothing."""
    if (out / "comparison.yaml").exists():
        check_frozen(open_comparison(out), plan.config)
    with tempfile.TemporaryDirectory(prefix="kardia-") as scratch:
        trial = start_comparison(Path(scratch) / "estimate", plan.config, plan.runs, plan.folders)
        return estimate_comparison(trial, reach)


def begun(plan: Plan, out: Path) -> Comparison:
    """Start a comparison, or open the one that is there and say so."""
    there = (out / "comparison.yaml").exists()
    comparison = start_comparison(out, plan.config, plan.runs, plan.folders)
    if there:
        talk(f"{out}: resuming")
    elif len(comparison.states) < plan.config.states:
        talk(f"{out}: the runs have {len(comparison.states)} states; all of them are taken")
    return comparison


def played(
    comparison: Comparison, means: Means, tell: Callable[[Progress], None] = lambda _: None
) -> tuple[Ended, Report]:
    """Play what is not done and write the result, also when it stops early."""
    check_reach(comparison.config.models, means.reach, means.budget_usd)
    written: list[Report] = []
    ended = play_comparison(comparison, means, tell, lambda: written.append(save_report(comparison)))
    return ended, written[-1]
