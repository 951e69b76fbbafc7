"""`kardia train demo`: the whole way of training in small, on two cores, in minutes."""

from pathlib import Path
from typing import Annotated

import typer

from studio.console import Json, give, talk


def demo(
    out: Annotated[Path, typer.Option(help="Where all of it goes; the same command again goes on.")] = Path(
        "training/demo"
    ),
    seed: Annotated[int, typer.Option(min=0, help="Seed of every draw.")] = 0,
    as_json: Json = False,
) -> None:
    """Train a model of a million parameters on the embedded model's dialogues: SFT, then GRPO. No key, no GPU, no network."""
    from studio.training.demo import train_demo

    trained = train_demo(out, seed, talk)
    give(trained.data, as_json, lambda: trained.text)
    if trained.stopped:
        raise typer.Exit(trained.stopped)
