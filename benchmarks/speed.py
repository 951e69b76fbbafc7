"""How fast dialogues are played, beside a raw loop of the same run: CPU, throughput, memory, disk, growth.

    python -m benchmarks.speed [--quick]

Every figure is one process of its own against benchmarks.endpoint on loopback. `raw` is aiohttp in a plain loop that
sends prompts of the same size; ours is everything: graph, prompts, journal, run directory.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TURNS, CALLS_A_TURN = 8, 5


@contextmanager
def endpoint(latency_ms: float) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.endpoint", "0", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        process.kill()


def measured(kind: str, url: str, dialogues: int, live: int, workers: int = 1) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    arguments = [kind, url, str(dialogues), str(live), str(workers)]
    command = [sys.executable, "-m", "benchmarks.speed", "--one", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def one(kind: str, url: str, dialogues: int, live: int, workers: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return raw(url, dialogues, live) if kind == "raw" else ours(Path(folder), url, dialogues, live, workers)


def raw(url: str, dialogues: int, live: int) -> dict[str, Any]:
    """The floor: the same number of calls with prompts of the same size, in a plain loop."""
    import aiohttp

    from graphs.packs import load_pack
    from graphs.prompts import PromptWriter
    from tests.graphs.scripted import pairing

    prompt = PromptWriter(load_pack("kardia")).responder("0" * 16, pairing(), "x" * 1500, "", "", situation=False)
    messages = [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}]
    body = {"model": "bench", "messages": messages, "temperature": 0.7, "max_tokens": 500}

    async def play() -> None:
        todo = iter(range(dialogues))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def worker() -> None:
                for _ in todo:
                    for _ in range(TURNS * CALLS_A_TURN):
                        async with session.post(f"{url}/chat/completions", json=body) as response:
                            (await response.json())["choices"][0]["message"]["content"]

            await asyncio.gather(*(worker() for _ in range(live)))

    return figures(lambda: asyncio.run(play()), dialogues)


def ours(folder: Path, url: str, dialogues: int, live: int, workers: int) -> dict[str, Any]:
    from graphs.llm.build import Reach
    from graphs.llm.prices import FREE
    from graphs.records import write_rows
    from graphs.runs import start_run
    from graphs.session import Means, play_run
    from studio.running import run_config
    from tests.graphs.scripted import pairing

    pairings = folder / "pairings.jsonl"
    write_rows(pairings, {}, (pairing(number) for number in range(dialogues)))
    config, pack = run_config(pairings, ["bench"], "kardia", [f"turns={TURNS}"], 0, None)
    run = start_run(folder / "run", config, pack, pairings)
    means = Means(Reach(base_url=url, concurrency=live, price=FREE), workers=workers)
    found = figures(lambda: play_run(run, means), dialogues)
    journal, trajectories = (run.path / name for name in ("journal.sqlite", "trajectories.jsonl"))
    found["journal_kib"] = journal.stat().st_size / dialogues / 1024
    found["trajectory_kib"] = trajectories.stat().st_size / dialogues / 1024
    assert sum(1 for _ in trajectories.open()) == dialogues + 1
    return found


def figures(play: Any, dialogues: int) -> dict[str, Any]:
    before, base, started = _cpu(), _peak_mb(), time.perf_counter()
    play()
    wall, calls = time.perf_counter() - started, dialogues * TURNS * CALLS_A_TURN
    return {
        "calls": calls,
        "wall_s": wall,
        "cpu_ms": (_cpu() - before) / calls * 1000,
        "calls_s": calls / wall,
        "base_mb": base,
        "peak_mb": _peak_mb(),
    }


def _cpu() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def line(title: str, found: dict[str, Any], floor: dict[str, Any], latency_ms: float, live: int) -> None:
    calls = found["calls"]
    ideal = calls / live * latency_ms / 1000
    print(
        f"{title:34} {found['cpu_ms']:6.2f} ms CPU a call ({found['cpu_ms'] / floor['cpu_ms']:4.1f} x raw)  "
        f"{found['calls_s']:6.0f} calls/s  {ideal / found['wall_s']:.2f} of ideal  "
        f"{found['peak_mb']:4.0f} MB peak (base {found['base_mb']:.0f})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the dialogues")
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        kind, url, dialogues, live, workers = arguments.one
        print(json.dumps(one(kind, url, int(dialogues), int(live), int(workers))))
        return
    part = 10 if arguments.quick else 1
    with endpoint(50) as url:
        floor = measured("raw", url, 640 // part, 64)
        line("raw loop, 64 live, 50 ms", floor, floor, 50, 64)
        found = measured("ours", url, 640 // part, 64)
        line("ours, 64 live, 50 ms", found, floor, 50, 64)
        print(
            f"{'':34} journal {found['journal_kib']:.1f} KiB, trajectories {found['trajectory_kib']:.1f} KiB a dialogue"
        )
        line("ours, 1,024 live, 50 ms", measured("ours", url, max(1024, 2048 // part), 1024), floor, 50, 1024)
        two = measured("ours", url, 1280 // part, 128, 2)
        line("ours, 2 workers, 128 live, 50 ms", two, floor, 50, 128)
        print(f"{'':34} {two['calls_s'] / found['calls_s']:.2f} times one process")
    with endpoint(500) as url:
        line("ours, 256 live, 500 ms", measured("ours", url, 512 if part == 1 else 256, 256), floor, 500, 256)
    with endpoint(0) as url:
        for dialogues in (100, 1000) if arguments.quick else (100, 1000, 10_000):
            grown = measured("ours", url, dialogues, 64)
            line(f"ours, {dialogues:,} dialogues, 0 ms", grown, floor, 0, 64)


if __name__ == "__main__":
    main()
