"""`kardia synth`: play dialogues, look at them, replay and fork them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from studio.console import Exit, Json, give, leave

app = typer.Typer(no_args_is_help=True)

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory.")]
Pairings = Annotated[Path, typer.Option(help="Pairings to play, from `kardia personas pair`.")]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model", help="Model of all roles, or ROLE=MODEL for one; the embedded one if not given. Repeatable."
    ),
]
BaseUrl = Annotated[
    list[str] | None,
    typer.Option("--base-url", help="OpenAI-compatible address, or ROLE=URL for one role. Repeatable."),
]
PackName = Annotated[str, typer.Option("--pack", help="A pack's name in prompts/, or its folder.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="A dialogue setting as NAME=VALUE, for example length=natural or turns=6. Repeatable."),
]
PriceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--price",
        help="US dollars per million tokens, IN,OUT, or ROLE=IN,OUT, for a model of unknown price. Repeatable.",
    ),
]


@app.command("run")
def run_(
    pairings: Pairings,
    out: Annotated[Path, typer.Option(help="The run's directory; the same command again resumes it.")],
    model: Models = None,
    base_url: BaseUrl = None,
    pack: PackName = "kardia",
    settings: Settings = None,
    seed: Annotated[int, typer.Option(help="Seed of every draw.")] = 0,
    concurrency: Annotated[int, typer.Option(min=1, help="Dialogues live at once.")] = 16,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    budget_usd: Annotated[float | None, typer.Option(min=0, help="Stop cleanly when so much is spent.")] = None,
    price: PriceOption = None,
    accepted: Annotated[int | None, typer.Option(min=1, help="Stop when so many passed screening.")] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try refused calls again too.")] = False,
    deadline: Annotated[float, typer.Option(min=0.1, help="Longest time of one call, in seconds.")] = 120.0,
    retries: Annotated[int, typer.Option(min=0, help="Tries after a transient failure.")] = 6,
    user_words: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Speak as the user yourself, in one dialogue: a line a turn as FILE grows; - is the terminal.",
        ),
    ] = None,
    user_wait: Annotated[float, typer.Option(min=0.01, help="Minutes to wait for the user's next line.")] = 30.0,
    pace_ms: Annotated[float, typer.Option(min=0, help="Slow the embedded model down, to watch it.", hidden=True)] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and estimate; call nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Play dialogues. The same command again goes on where it stopped; nothing that was bought is bought again."""
    from graphs.runs import refuse_if_in_use

    refuse_if_in_use(out)
    from graphs.llm.build import check_reach
    from graphs.session import Means, play_run
    from studio.play.speaking import speaking, spoken
    from studio.running import check_start, give_outcome, reaching, run_config, start

    config, folder = run_config(pairings, model, pack, settings, seed, accepted)
    config = spoken(config, user_words, workers)
    with reaching(config, base_url, concurrency, deadline, retries, price, seed, pace_ms) as reach:
        check_reach(config.models, reach, budget_usd)
        if dry_run:
            check_start(out, config)
            estimate(pairings, model, base_url, pack, settings, concurrency, price, as_json)
            return
        run = start(out, config, folder, pairings)
        with speaking(run, user_words, user_wait) as (person, tell):
            outcome = play_run(run, Means(reach, budget_usd, workers, retry_failed, person), tell)
    give_outcome(run, outcome, as_json)


@app.command("estimate")
def estimate(
    pairings: Pairings,
    model: Models = None,
    base_url: BaseUrl = None,
    pack: PackName = "kardia",
    settings: Settings = None,
    concurrency: Annotated[int, typer.Option(min=1)] = 16,
    price: PriceOption = None,
    as_json: Json = False,
) -> None:
    """Say calls, tokens, money and time before a cent is spent. Calls no endpoint."""
    from graphs.estimate import estimate_run
    from graphs.llm.build import Reach
    from studio.options import parse_prices
    from studio.running import run_config

    config, folder = run_config(pairings, model, pack, settings, 0, None)
    whole, single = parse_prices(price)
    found = estimate_run(pairings, folder, config, Reach(concurrency=concurrency, price=whole, prices=single))
    give(found.as_data(), as_json, found.as_text)


@app.command("show")
def show(
    run: RunPath,
    dialogue: Annotated[str | None, typer.Argument(help="A dialogue's id; the run's figures if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Show where a run stands, or one dialogue with every attempt and decision."""
    from graphs.runs import open_run
    from studio.looking import dialogue_text, run_summary, summary_text

    opened = open_run(run)
    journal = opened.journal(readonly=True)
    try:
        if dialogue is None:
            summary = run_summary(opened, journal)
            give(summary, as_json, lambda: summary_text(summary))
            return
        from graphs.derived import trajectory

        found = trajectory(journal, opened.pairing(dialogue))
        if found is None:
            raise ValueError(f"{run}: {dialogue} is not finished; `kardia synth failures {run}` says why, if it failed")
        give(found.model_dump(mode="json"), as_json, lambda: dialogue_text(found))
    finally:
        journal.close()


@app.command("failures")
def failures(run: RunPath, as_json: Json = False) -> None:
    """List the dialogues that could not be finished, with class and reason."""
    from graphs.runs import open_run

    journal = open_run(run).journal(readonly=True)
    found = journal.failures()
    journal.close()
    rows = [failure._asdict() for failure in found]
    lines = [
        f"{f.thread}  {f.slot}  {f.kind}: {f.reason}{'  (will be tried again)' if f.retriable else ''}" for f in found
    ]
    give({"failures": rows}, as_json, lambda: "\n".join(lines) or "no failures")


@app.command("export")
def export_(run: RunPath, as_json: Json = False) -> None:
    """Write trajectories.jsonl and failures.jsonl anew from the journal."""
    from graphs.derived import export
    from graphs.runs import open_run

    opened = open_run(run)
    with opened.lock():
        journal = opened.journal()
        opened.merge_shards(journal)
        written = export(opened, journal)
        journal.close()
    give(written._asdict(), as_json, lambda: f"{run}: {written.trajectories} trajectories, {written.failures} failures")


@app.command("replay")
def replay_(
    run: RunPath,
    dialogue: Annotated[str | None, typer.Argument(help="A dialogue's id; all finished ones if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Play finished dialogues again from the journal, at no model call, and compare with what is on record."""
    import asyncio

    from graphs.derived import trajectory
    from graphs.replay import replay
    from graphs.runs import open_run

    opened = open_run(run)
    journal = opened.journal(readonly=True)
    differing: list[str] = []
    checkpoints = 0
    finished, replayed = journal.finished(), 0
    for pairing in [opened.pairing(dialogue)] if dialogue else (p for p in opened.pairings() if p.id in finished):
        again = asyncio.run(replay(opened, journal, pairing))
        replayed += 1
        checkpoints += len(again.checkpoints)
        if again.trajectory != trajectory(journal, pairing):
            differing.append(pairing.id)
    journal.close()
    data: dict[str, Any] = {
        "replayed": replayed,
        "differing": differing,
        "checkpoints": checkpoints,
        "model_calls": 0,
    }
    text = f"{replayed} dialogues replayed at no model call, {len(differing)} differ, {checkpoints} checkpoints"
    give(data, as_json, lambda: "\n".join([text, *differing]))
    if differing:
        leave(Exit.FINDINGS)


@app.command("fork")
def fork_(
    run: RunPath,
    dialogue: Annotated[str, typer.Argument(help="The dialogue to leave.")],
    turn: Annotated[int, typer.Option(min=1, help="The turn at which the fork leaves, from 1.")],
    attempt: Annotated[int, typer.Option(min=0, help="The attempt, from 1; 0 is the user's turn itself.")] = 1,
    role: Annotated[str | None, typer.Option(help="user_simulator, responder or rubric_evaluator.")] = None,
    template: Annotated[
        list[str] | None, typer.Option(help="ROLE=FILE: another template from there on. Repeatable.")
    ] = None,
    utterance: Annotated[str | None, typer.Option(help="Other words of the user at that turn.")] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="ROLE=MODEL: another model from there on. Repeatable.")
    ] = None,
    base_url: BaseUrl = None,
    price: PriceOption = None,
    as_json: Json = False,
) -> None:
    """Leave a dialogue at a turn and attempt, with changes or only a new draw, as a run of its own."""
    from graphs.forks import Change, fork
    from graphs.journal import Slot
    from graphs.runs import open_run
    from graphs.session import Interrupted, Means, play_run
    from studio.looking import compare_text
    from studio.progress_line import progress_line
    from studio.running import pairs, reaching

    parent = open_run(run)
    at = 0 if utterance is not None else attempt
    slot = Slot(turn, at, role or ("user_simulator" if at == 0 else "responder"))
    change = Change({r: Path(f) for r, f in pairs(template, "--template")}, utterance, dict(pairs(model, "--model")))
    forked = fork(parent, dialogue, slot, change)
    with reaching(forked.config, base_url, 1, 120.0, 6, price, forked.config.seed) as reach, progress_line() as tell:
        outcome = play_run(forked, Means(reach), tell)
    data, text = compare_text(parent, forked, dialogue, slot, outcome)
    give(data, as_json, lambda: text)
    if isinstance(outcome.stopped, Interrupted):
        leave(Exit.INTERRUPTED)
    if outcome.stopped or outcome.exported.failures:
        leave(Exit.STOPPED if outcome.stopped else Exit.FINDINGS)
