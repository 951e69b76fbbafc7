"""`kardia train grpo`: rubric-as-judge RL on the hard set (paper §4, §5.1)."""

from pathlib import Path
from typing import Annotated

import typer

from studio.console import Json, give


def grpo(
    examples: Annotated[Path, typer.Option(help="A file made by `kardia train examples`, one example a turn.")],
    out: Annotated[
        Path | None, typer.Option(help="The run's directory; the same command again goes on with it.")
    ] = None,
    config: Annotated[
        str | None, typer.Option(help="A YAML file, or the name of a recipe; see `kardia train recipes`.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting, over the file's. Repeatable.")
    ] = None,
    price: Annotated[
        str | None, typer.Option(metavar="IN,OUT", help="The judge's price, US dollars per million tokens.")
    ] = None,
    second_judge_price: Annotated[
        str | None, typer.Option(metavar="IN,OUT", help="The second judge's price; looked up if not given.")
    ] = None,
    budget_usd: Annotated[
        float | None, typer.Option(min=0, help="Stop cleanly when the judges have cost so much, over all starts.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show settings, steps, judge calls, money, memory and time; train nothing."),
    ] = False,
    processes: Annotated[int, typer.Option(min=1, help="GPUs to plan for, with --dry-run.")] = 1,
    debug_one: Annotated[
        bool, typer.Option("--debug-one", help="Print one group with rewards, reasons and advantages; train nothing.")
    ] = False,
    example: Annotated[str | None, typer.Option(metavar="ID", help="Which example --debug-one takes.")] = None,
    as_json: Json = False,
) -> None:
    """Train a policy by GRPO from its SFT model. Several GPUs: accelerate launch -m studio train grpo, same options."""
    from studio.options import parse_price
    from train.outcomes.source import JudgePay
    from train.running.command_line import exit_code, overrides_of

    overrides = overrides_of(set_ or ())
    pay = JudgePay(
        parse_price(price) if price else None,
        budget_usd,
        second_judge_price=parse_price(second_judge_price) if second_judge_price else None,
    )
    if dry_run:
        from train.groups.plan import plan_grpo, plan_text

        plan = plan_grpo(config, examples, overrides, processes=processes, cuda=_gpu(), pay=pay)
        give(plan.model_dump(mode="json"), as_json, lambda: plan_text(plan))
        return
    if debug_one:
        from train.groups.debug import group_text, one_group

        group = one_group(config, examples, overrides, pay, example)
        data = {"example": group.example.model_dump(mode="json")}
        rollouts = [rollout.model_dump(mode="json") for rollout in group.rollouts]
        give({**data, "rollouts": rollouts}, as_json, lambda: group_text(group))
        return
    if out is None:
        raise ValueError("--out: name the run's directory")
    from train.grpo import train_grpo

    ended = train_grpo(config, examples, out, overrides, pay)
    give(
        {"run": str(ended.path), "step": ended.step, "of": ended.of, "final": ended.is_done},
        as_json,
        ended.text,
    )
    if code := exit_code(ended):
        raise typer.Exit(code)


def _gpu() -> bool:
    """Whether this machine has a GPU."""
    import torch

    return torch.cuda.is_available()
