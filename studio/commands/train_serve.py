"""`kardia train serve` and `kardia train reward-model`."""

import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from studio.console import Json, give, talk


def serve(
    model: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="A run of `kardia train`, one of its checkpoints, or a merged model."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 is any that is free.")] = 8000,
    name: Annotated[str | None, typer.Option(help="What clients ask for; the run's name if not given.")] = None,
    engine: Annotated[
        Literal["vllm", "transformers"],
        typer.Option(help="vLLM (with a GPU its CUDA build, else its CPU build), or transformers' own server."),
    ] = "vllm",
    context: Annotated[int, typer.Option(min=64, help="The most tokens of a prompt with its answer.")] = 8192,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Make vLLM's environment, as long as there is a network, and stop.")
    ] = False,
    python: Annotated[
        Path | None, typer.Option("--python", help="The Python to make vLLM's environment with; 3.11 to 3.13.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve a trained policy with an OpenAI-compatible API, on this machine only, until Ctrl+C."""
    from train.running.trained_model import facts, trained_model
    from train.serving.environment import make, serving_environment
    from train.serving.serve import CannotServe, become, free_port, has_gpu, transformers_start, vllm_start

    if prepare:
        build = "cuda" if has_gpu() else "cpu"
        wanted = serving_environment(build, python)
        make(wanted, build, talk)
        give({"environment": str(wanted.path)}, as_json, lambda: f"{wanted.path}: ready")
        return
    if model is None:
        raise CannotServe("DIR: name a run of `kardia train`, one of its checkpoints, or a merged model")
    found = trained_model(model)
    called = name or found.name
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", called):
        raise CannotServe(f"--name {called!r}: write letters, digits, . _ - (at most 64)")
    known, chosen = facts(found), free_port(port)
    if engine == "transformers":
        start = transformers_start(found, known, called, chosen)
    else:
        build = "cuda" if has_gpu() else "cpu"
        wanted = serving_environment(build, python)
        start = vllm_start(found, known, build, wanted.python, called, chosen, context)
        make(wanted, build, talk)
    data = {"base_url": f"http://127.0.0.1:{chosen}/v1", "model": called, "engine": engine}
    ready = "it answers once it says “Application startup complete”"
    give(data, as_json, lambda: f"{data['base_url']}  model {called}; {ready}")
    become(start)


def reward_model(
    preferences: Annotated[Path, typer.Option(help="A file of Preference rows, one a line.")],
    out: Annotated[Path, typer.Option(help="The run's directory; the same command again goes on with it.")],
    config: Annotated[
        str | None, typer.Option(help="A YAML file, or the name of a recipe; see `kardia train recipes`.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting, over the file's. Repeatable.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show settings, steps, memory and time; train nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train a reward model on preferences. Several GPUs: accelerate launch -m studio train reward-model, same options."""
    from train.running.command_line import exit_code, overrides_of

    overrides = overrides_of(set_ or ())
    if dry_run:
        from train.reward_plan import plan_reward_model, plan_text

        plan = plan_reward_model(config, preferences, overrides)
        give(plan, as_json, lambda: plan_text(plan))
        return
    from train.reward_model import train_reward_model

    ended = train_reward_model(config, preferences, out, overrides)
    data = {"run": str(ended.path), "step": ended.step, "of": ended.of, "final": ended.is_done}
    give(data, as_json, ended.text)
    if code := exit_code(ended):
        raise typer.Exit(code)
