"""From options to a run: parse what was given, start or resume the run, reach its models, show how it goes."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from graphs.journal import PLAYING, ROLE_ORDER
from graphs.llm.build import Reach
from graphs.llm.prices import FREE, cost_text
from graphs.offline import MODEL_NAME
from graphs.packs import load_pack, pack_folder
from graphs.runs import Run, RunConfig, WrongUse, check_resume, open_run, pairings_digest, start_run
from graphs.session import Interrupted, Outcome
from graphs.state import DialogueSettings
from studio.console import Exit, give, leave, talk
from studio.options import by_role, pairs, parse_prices


def run_config(
    pairings: Path, model: list[str] | None, pack: str, settings: list[str] | None, seed: int, accepted: int | None
) -> tuple[RunConfig, Path]:
    """What a run freezes, and the folder of its pack."""
    loaded = load_pack(pack)
    whole, single = by_role(model, "--model")
    limits = loaded.settings.limits
    given: dict[str, Any] = {"turns": limits.turns, "attempts": limits.attempts} | dict(pairs(settings, "--set"))
    try:
        dialogue = DialogueSettings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        known = ", ".join(DialogueSettings.model_fields)
        raise WrongUse(f"--set {'.'.join(map(str, first['loc']))}: {first['msg']}; settings: {known}") from error
    if dialogue.model_check and "screener" not in loaded.templates:
        raise WrongUse(f"--set model_check=true: the pack {pack} has no screener.md; copy it from prompts/kardia")
    roles = ROLE_ORDER if dialogue.model_check else PLAYING
    models = {role: single.get(role, whole or MODEL_NAME) for role in roles}
    hashed, count = pairings_digest(pairings)
    config = RunConfig(
        pack=loaded.name,
        pack_hash=loaded.digest,
        pairings_hash=hashed,
        pairings=count,
        seed=seed,
        models=models,
        dialogue=dialogue,
        accepted=accepted,
        demonstration=MODEL_NAME in models.values(),
    )
    return config, pack_folder(pack)


def start(out: Path, config: RunConfig, pack: Path, pairings: Path) -> Run:
    """Start the run, or resume it and say so."""
    resumed = (out / "run.yaml").exists()
    run = start_run(out, config, pack, pairings)
    if resumed:
        talk(f"{out}: resuming")
    return run


def check_start(out: Path, config: RunConfig) -> None:
    """Refuse what a start would refuse, without making anything."""
    if (out / "run.yaml").exists():
        check_resume(open_run(out), config)


@contextmanager
def reaching(
    config: RunConfig,
    base_url: list[str] | None,
    concurrency: int,
    deadline_s: float,
    retries: int,
    price: list[str] | None,
    seed: int,
    pace_ms: float = 0.0,
) -> Generator[Reach]:
    """How the run's models are reached; the embedded model is started for as long as this lasts.

    Args:
        pace_ms: how long each answer of the embedded model takes.
    """
    whole, single = by_role(base_url, "--base-url")
    price_of_all, prices = parse_prices(price)
    with ExitStack() as stack:
        if config.demonstration and whole is None:
            from graphs.offline.server import start_process

            embedded = stack.enter_context(start_process(seed=seed, latency_ms=pace_ms))
            own = [role for role, model in config.models.items() if model == MODEL_NAME]
            single = dict.fromkeys(own, embedded) | single
            prices = prices if price_of_all else dict.fromkeys(own, FREE) | prices
        yield Reach(
            base_url=whole,
            base_urls=single,
            concurrency=concurrency,
            deadline_s=deadline_s,
            retries=retries,
            price=price_of_all,
            prices=prices,
        )


def give_outcome(run: Run, outcome: Outcome, as_json: bool) -> None:
    """Give the result of a session, and leave with the code that stands for how it ended."""
    data = show_outcome(run, outcome)
    give(data, as_json, lambda: data["text"])
    if outcome.stopped:
        talk(f"stopped: {outcome.stopped}")
        leave(Exit.INTERRUPTED if isinstance(outcome.stopped, Interrupted) else Exit.STOPPED)
    if outcome.exported.failures:
        leave(Exit.FINDINGS)


def show_outcome(run: Run, outcome: Outcome) -> dict[str, Any]:
    """The result of a session, as data with a text for people."""
    progress, exported = outcome.progress, outcome.exported
    lines = [
        f"{run.path}: {exported.trajectories} dialogues finished, {progress.accepted} pass screening, "
        f"{exported.failures} failed; {progress.calls} calls in this session, {cost_text(progress.paid_usd)} in all",
        f"look at one: kardia synth show {run.path} DIALOGUE"
        + (
            "" if run.config.person_spoke else f"; build the data set: kardia release build --runs {run.path} --out DIR"
        ),
    ]
    if exported.failures:
        lines.insert(1, f"why some failed: kardia synth failures {run.path}")
    return {
        "run": str(run.path),
        "finished": exported.trajectories,
        "accepted": progress.accepted,
        "failed": exported.failures,
        "calls": progress.calls,
        "cost_usd": progress.cost_usd,
        "stopped": str(outcome.stopped) if outcome.stopped else None,
        "text": "\n".join(lines),
    }
