"""The embedded Argilla with many records and three annotators at once: python -m benchmarks.annotation [--records 5000].

Prints seconds for push, pull and pages, and the latency of submits; everything happens on 127.0.0.1, in a directory that is
deleted afterwards.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from annotation.server.home import WORKSPACE
from tests.annotation.server.served import FILLED, FORM, Annotator, annotators, serve, turns

SUBMITS = 40
R = TypeVar("R")


def timed(what: str, act: Callable[[], R]) -> R:
    started = time.perf_counter()
    result = act()
    print(f"{what:<44}{time.perf_counter() - started:8.2f} s")
    return result


def submits(person: Annotator, dataset) -> list[float]:
    took = []
    for record in person.pending(dataset, SUBMITS):
        started = time.perf_counter()
        assert person.say(record["id"], "submitted", FILLED).status_code == 201
        took.append(time.perf_counter() - started)
    return took


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=5_000)
    count = parser.parse_args().records
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder) / "home") as server, server.port() as argilla:
        dataset = argilla.ensure_dataset(WORKSPACE, "many", FORM)
        timed(f"push {count:,} records", lambda: argilla.upsert(dataset, turns(count)))
        timed("push the same again", lambda: argilla.upsert(dataset, turns(count)))
        people = annotators(server, "one", "two", "three")
        timed("a page of 50 that are pending", lambda: people[0].pending(dataset, 50))
        timed("a text search", lambda: people[0].search(dataset, query={"text": {"q": "dog"}}))
        with ThreadPoolExecutor(3) as pool:
            took = [s for each in pool.map(lambda person: submits(person, dataset), people) for s in each]
        took.sort()
        print(f"{len(took)} submits by three annotators at once:   p50 {statistics.median(took):.2f} s, "
              f"p95 {took[int(0.95 * len(took))]:.2f} s, longest {took[-1]:.2f} s, no error")  # fmt: skip
        answers = timed(f"pull {count:,} records", lambda: sum(len(one.answers) for one in argilla.records(dataset)))
        assert answers == len(took)


if __name__ == "__main__":
    main()
