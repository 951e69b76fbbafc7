"""Making and playing runs in tests."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from graphs.llm.build import Reach
from graphs.llm.prices import FREE
from graphs.runs import Run, start_run
from graphs.session import Means, Outcome, play_run
from personas.pairing import pair_files
from studio.running import run_config

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def paired(folder: Path, count: int, seed: int = 0) -> Path:
    """Pairings of the built-in examples."""
    out = folder / f"pairings-{count}-{seed}.jsonl"
    if not out.exists():
        pair_files(EXAMPLES / "personas.jsonl", EXAMPLES / "situations.jsonl", count, seed, out, test_personas=0.2)
    return out


def new_run(folder: Path, count: int, name: str = "run", pack: str = "kardia", **settings: Any) -> Run:
    chosen = [f"{key}={value}" for key, value in settings.items()]
    pairings = paired(folder, count)
    config, pack_folder = run_config(pairings, None, pack, chosen, 0, None)
    return start_run(folder / name, config, pack_folder, pairings)


def play(run: Run, url: str, *, concurrency: int = 8, workers: int = 1, **means: Any) -> Outcome:
    reach = Reach(base_url=url, concurrency=concurrency, price=FREE, deadline_s=20)
    return play_run(run, Means(reach, workers=workers, **means))


def kardia(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """The command line, as a person runs it."""
    command = [sys.executable, "-m", "studio.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300, check=False, **options)


def derived_bytes(run: Run) -> tuple[bytes, bytes]:
    return (run.path / "trajectories.jsonl").read_bytes(), (run.path / "failures.jsonl").read_bytes()


def all_bytes(folder: Path) -> dict[str, bytes]:
    """Every file of a run but its forks."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in files if "forks" not in p.relative_to(folder).parts}
