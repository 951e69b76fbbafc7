"""A training run that is being planned: from a recipe or file and what somebody changed to the command line that trains it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, get_args

from graphs.records import BadFile
from graphs.runs import WrongUse
from graphs.strict_yaml import BadYaml, load_yaml
from studio.runs.endpoints import Endpoint
from studio.training import runs
from studio.training.runs import FOLDER, training_names, training_path, training_row
from studio.workspace import Workspace
from train.recipe_list import list_recipes
from train.running.run_folder import FINAL
from train.settings import RECIPES
from train.stages import Stage

_PROJECT = Path(__file__).resolve().parents[2]
_FOLDERS = (".", "recipes", FOLDER)
"""Where a workspace's own settings are looked for."""
_LONGEST_DRY_RUN_S = 180
_COMMANDS: dict[str, str] = {"sft": "sft", "grpo": "grpo", "reward_model": "reward-model"}
_SOURCES: dict[str, str] = {"sft": "--examples", "grpo": "--examples", "reward_model": "--preferences"}
STAGES: tuple[Stage, ...] = get_args(Stage)


class Config(NamedTuple):
    """Settings to begin from: one that ships, or a file of the workspace."""

    name: str
    """As it is given to --config."""
    stage: Stage
    fields: dict[str, Any]


class Plan(NamedTuple):
    """What somebody chose."""

    name: str
    config: Config
    source: Path
    """The file of examples, or of preferences."""
    changes: Mapping[str, str]
    """Settings that differ from the config's, as YAML."""
    options: Mapping[str, str] = MappingProxyType({})
    """Options of the command beside its settings, such as `--budget-usd`."""


class DryRun(NamedTuple):
    """What `--dry-run` said."""

    text: str
    refused: bool


def configs(workspace: Workspace, stage: Stage) -> list[Config]:
    """Settings of a stage: the workspace's own files first, then the recipes."""
    own = [path for folder in _FOLDERS for path in sorted((workspace.root / folder).glob("*.yaml"))]
    found = [_config(path, path.relative_to(workspace.root).as_posix()) for path in own]
    found += [_config(RECIPES / f"{recipe.name}.yaml", recipe.name) for recipe in list_recipes()]
    return [config for config in found if config and config.stage == stage]


def trained_models(workspace: Workspace) -> list[str]:
    """Finished runs' models, as a new run may begin from them."""
    rows = runs.training_rows(workspace, training_names(workspace)[:100])
    found = [row.path / FINAL for row in rows if (row.path / FINAL).is_dir()]
    return [path.relative_to(workspace.root.resolve()).as_posix() for path in found]


def judge_changes(end: Endpoint) -> dict[str, str]:
    """The judge's settings for an endpoint of kardia.yaml."""
    return {
        "judge_model": end.model,
        **({"judge_base_url": end.base_url} if end.base_url else {"judge_base_url": "null"}),
    }


def further(text: str) -> dict[str, str]:
    """`name: value` lines as settings.

    Raises:
        WrongUse: a line is none.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if line.strip() and not (colon and name.strip() and value.strip()):
            raise WrongUse(f"{line.strip()!r}: write `name: value`, one setting a line")
        if line.strip():
            found[name.strip()] = value.strip()
    return found


def free_name(workspace: Workspace, stage: Stage, now: datetime | None = None) -> str:
    """A name that no training run has yet."""
    base = f"{_COMMANDS[stage]}-{now or datetime.now().astimezone():%Y-%m-%d}"
    names = (base, *(f"{base}-{number}" for number in range(2, 10_000)))
    return next(name for name in names if not _is_there(workspace, name))


def argv(plan: Plan) -> list[str]:
    """The command line, without where it writes."""
    changes = [word for name, value in plan.changes.items() for word in ("--set", f"{name}={value}")]
    options = [word for pair in plan.options.items() for word in pair]
    stage = plan.config.stage
    return [
        "train",
        _COMMANDS[stage],
        _SOURCES[stage],
        str(plan.source),
        "--config",
        plan.config.name,
        *changes,
        *options,
    ]


def dry_run(workspace: Workspace, plan: Plan) -> DryRun:
    """Let the same command check everything and estimate; nothing is trained and nothing is written.

    Raises:
        WrongUse: it takes too long.
    """
    words = [*argv(plan), "--out", str(training_path(workspace, plan.name)), "--dry-run"]
    here = os.pathsep.join(filter(None, [str(_PROJECT), os.environ.get("PYTHONPATH")]))
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "studio.cli", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            cwd=workspace.root, env={**os.environ, "PYTHONPATH": here}, timeout=_LONGEST_DRY_RUN_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise WrongUse(f"the dry run took longer than {_LONGEST_DRY_RUN_S} s; try it on the command line") from error
    said = done.stderr.strip().removeprefix("error: ") if done.returncode else done.stdout.strip()
    return DryRun(said or done.stdout.strip() or "It said nothing.", done.returncode != 0)


def launch(workspace: Workspace, plan: Plan) -> str:
    """Start it; returns its name. Raises as `studio.training.runs.launch`."""
    return runs.training_row(workspace, runs.launch(workspace, plan.name, argv(plan)).name).name


def _is_there(workspace: Workspace, name: str) -> bool:
    try:
        return bool(training_row(workspace, name))
    except BadFile:
        return training_path(workspace, name).exists()


def _config(path: Path, name: str) -> Config | None:
    """A YAML file that names a stage; None for any other."""
    try:
        fields = load_yaml(path.read_text(encoding="utf-8"))
    except (BadYaml, OSError, UnicodeDecodeError):
        return None
    if not isinstance(fields, dict) or fields.get("stage") not in STAGES:
        return None
    return Config(name, fields["stage"], fields)
