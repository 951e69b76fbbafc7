"""`kardia demo` and `kardia serve-offline`: the whole way on the built-in examples, and its model by itself."""

from pathlib import Path
from typing import Annotated

import typer

from studio.console import Json, give, talk


def demo(
    out: Annotated[Path, typer.Option(help="Where runs and data go.")] = Path("runs"),
    dialogues: Annotated[int, typer.Option(min=1, help="How many dialogues to play.")] = 64,
    seed: Annotated[int, typer.Option(help="Seed of every draw.")] = 0,
    as_json: Json = False,
) -> None:
    """Play the built-in examples on the embedded model: dialogues, screening, data set, figures. No key, no GPU."""
    from studio.showing import play_demo

    shown = play_demo(out, dialogues, seed, talk)
    give(shown.data, as_json, lambda: shown.text)


def serve_offline(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 8077,
    seed: Annotated[int, typer.Option(help="Answers are a pure function of the request and this.")] = 0,
    latency_ms: Annotated[float, typer.Option(min=0, help="Wait so long before every answer.")] = 0.0,
    fault_rate: Annotated[float, typer.Option(min=0, max=1, help="Share of requests that go wrong on purpose.")] = 0.0,
    fault: Annotated[
        list[str] | None, typer.Option(help="Kinds of faults; all transient and malformed ones if not given.")
    ] = None,
) -> None:
    """Serve the embedded demonstration model as an OpenAI-compatible endpoint on this machine."""
    from studio.showing import serve_embedded

    serve_embedded(port, seed, latency_ms, fault_rate, fault)
