"""The demonstration: every step of the way of the data, on examples that ship with the project."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from graphs.derived import trajectory
from graphs.runs import Run, RunConfig
from graphs.schema import Trajectory, digest
from personas.pairing import pair_files
from release.statistics import table3
from studio.looking import dialogue_text, run_summary, summary_text
from studio.progress_line import progress_line
from studio.releasing import build_from_runs, report_text, table_text
from studio.running import reaching, run_config, start

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


class Shown(NamedTuple):
    """The demonstration's results, and as text."""

    data: dict[str, Any]
    text: str


def play_demo(out: Path, dialogues: int, seed: int, talk: Callable[[str], None]) -> Shown:
    """Pair, play, screen, build and count; the same arguments again find everything done."""
    from graphs.session import Means, play_run

    talk(f"1/4 pairing {dialogues} dialogues from {EXAMPLES.name}/")
    path, config, pack, pairings = _demo(out, dialogues, seed)
    talk(f"2/4 playing them into {path}: user simulator, responder and rubric evaluator, over HTTP")
    run = start(path, config, pack, pairings)
    with reaching(config, None, 32, 120.0, 6, None, seed) as reach, progress_line() as tell:
        play_run(run, Means(reach), tell)
    talk("3/4 building the data set in KardiaBench's six fields")
    data_set = path / "release"
    report = build_from_runs([path], data_set)
    talk("4/4 counting")
    return _shown(run, data_set, report_text(report, data_set))


def prepare_demo(out: Path, dialogues: int, seed: int) -> Path:
    """Pair the examples and say where the demonstration will play."""
    return _demo(out, dialogues, seed)[0]


def _demo(out: Path, dialogues: int, seed: int) -> tuple[Path, RunConfig, Path, Path]:
    pairings = out / f"demo-pairings-{dialogues}-{seed}.jsonl"
    pair_files(EXAMPLES / "personas.jsonl", EXAMPLES / "situations.jsonl", dialogues, seed, pairings, test_personas=0.2)
    config, pack = run_config(pairings, None, "kardia", None, seed, None)
    return out / f"demo-{digest(config.model_dump(mode='json'))[:8]}", config, pack, pairings


def _shown(run: Run, data_set: Path, built: str) -> Shown:
    journal = run.journal(readonly=True)
    summary = run_summary(run, journal)
    found = (trajectory(journal, pairing) for pairing in run.pairings())
    example = next((one for one in found if one and _tells_much(one)), None)
    journal.close()
    table = table3(data_set)
    parts = [
        "One dialogue, with every attempt and decision:\n\n" + dialogue_text(example) if example else "",
        "The run:\n" + summary_text(summary),
        "The data set:\n" + built,
        table_text(table),
        _next_steps(run, example),
    ]
    data = {
        "run": summary,
        "release": str(data_set),
        "table3": table.model_dump(mode="json"),
        "dialogue": example.id if example else None,
    }
    return Shown(data, "\n\n".join(part for part in parts if part))


def _tells_much(one: Trajectory) -> bool:
    """A dialogue worth showing: it passed screening, was solved, and a reply had to be refined early."""
    return not one.removals and one.end.value == "solved" and any(len(turn.attempts) > 1 for turn in one.turns[:3])


def _next_steps(run: Run, example: Trajectory | None) -> str:
    shown = example.id if example else "DIALOGUE"
    return "\n".join(
        [
            "What next:",
            f"  kardia synth show {run.path} {shown}                     this dialogue again",
            f"  kardia synth fork {run.path} {shown} --turn 3 --attempt 1  leave it at turn 3 with a new draw",
            "  kardia synth estimate --pairings FILE --model gpt-4o-2024-11-20   what a real run would cost",
            "  cp -r prompts/kardia prompts/mine; kardia packs check mine        your own prompts and rubric",
            "  docs/guide-engineer.md                                            the way from here to real data",
            "The embedded model is a demonstration: its dialogues show the machinery, not what a language model can do.",
        ]
    )


def serve_embedded(port: int, seed: int, latency_ms: float, fault_rate: float, fault: list[str] | None) -> None:
    """Serve the embedded model until interrupted."""
    from graphs.offline.faults import MALFORMED, TRANSIENT, Faults
    from graphs.offline.server import run_server

    faults = (
        Faults(rate=fault_rate, kinds=tuple(fault) if fault else TRANSIENT + MALFORMED, seed=seed)
        if fault_rate
        else None
    )
    run_server(port, seed=seed, latency_ms=latency_ms, faults=faults)
