"""`kardia train sft` and `merge`: cold-start SFT of a policy, and an adapter added into its base (paper §4, §5.1)."""

from pathlib import Path
from typing import Annotated

import typer

from studio.console import Json, give

Config = Annotated[str | None, typer.Option(help="A YAML file, or the name of a recipe; see `kardia train recipes`.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting, over the file's. Repeatable.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show settings, steps, memory and time; train nothing.")]


def sft(
    examples: Annotated[Path, typer.Option(help="A file made by `kardia train examples`.")],
    out: Annotated[
        Path | None, typer.Option(help="The run's directory; the same command again goes on with it.")
    ] = None,
    config: Config = None,
    set_: Sets = None,
    dry_run: DryRun = False,
    processes: Annotated[int, typer.Option(min=1, help="GPUs to plan for, with --dry-run.")] = 1,
    as_json: Json = False,
) -> None:
    """Fine-tune a policy on context-response pairs. Several GPUs: accelerate launch -m studio train sft, same options."""
    from train.running.command_line import exit_code, overrides_of

    overrides = overrides_of(set_ or ())
    if dry_run:
        from train.sft_plan import plan_sft, plan_text

        plan = plan_sft(config, examples, overrides, processes)
        give(plan, as_json, lambda: plan_text(plan))
        return
    if out is None:
        raise ValueError("--out: name the run's directory")
    from train.sft import train_sft

    ended = train_sft(config, examples, out, overrides)
    data = {"run": str(ended.path), "step": ended.step, "of": ended.of, "final": ended.is_done}
    give(data, as_json, ended.text)
    if code := exit_code(ended):
        raise typer.Exit(code)


def merge(
    model: Annotated[Path, typer.Argument(metavar="DIR", help="A folder with an adapter, or the run that made it.")],
    out: Annotated[Path, typer.Option(help="Where the whole model goes; must not exist.")],
    as_json: Json = False,
) -> None:
    """Add an adapter into its base and write the whole model."""
    from train.merge import merge as merge_adapter

    merge_adapter(model, out)
    give({"model": str(out)}, as_json, lambda: f"{out}: written")
