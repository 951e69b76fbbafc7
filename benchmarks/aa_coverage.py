"""How often a comparison of A with itself claims a difference, and how often a true one is found.

    python -m benchmarks.aa_coverage [--quick]

First simulated data: decisions that rarely change sides, scores of 1 to 5 that keep to the upper end, token counts, several
states of one person, one or three draws. Then real A/A comparisons: the embedded model answers recorded states twice.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from measure.paired import Difference, Row, Test, compare

SHARE, SCALE = 0.85, (1, 5)
MEASURES: tuple[Test, ...] = ("mcnemar", "wilcoxon", "none")
NAMES = {"mcnemar": "acceptable", "wilcoxon": "score", "none": "tokens"}


class Design(NamedTuple):
    """How a comparison is laid out."""

    states: int
    draws: int
    each: int
    """States of one person."""


DESIGNS = [Design(*each) for each in ((12, 1, 1), (20, 3, 1), (50, 1, 1), (50, 1, 2), (50, 3, 2), (200, 1, 3))]


class Effect(NamedTuple):
    """What B truly does: to the share of acceptable replies, to the mean score, to the length."""

    acceptable: float = 0.0
    score: float = 0.0
    tokens: float = 0.0


NOTHING = Effect()


def simulated(design: Design, rng: np.random.Generator, effect: Effect = NOTHING) -> dict[Test, list[Row]]:
    """One comparison's rows for every measure; persons differ, states of a person less, draws least."""
    persons = -(-design.states // design.each)
    of = np.repeat(np.arange(persons), design.each)[: design.states]
    level = rng.normal(0, 0.35, persons)[of] + rng.normal(0, 0.35, design.states)
    ease = rng.beta(SHARE * 0.7, (1 - SHARE) * 0.7, design.states)

    def mean_of(draw: Callable[[], Any]) -> Any:
        return np.mean([draw() for _ in range(design.draws)], axis=0)

    def arm(shift: Effect) -> dict[Test, Any]:
        chance = ease + (1 - ease) * shift.acceptable / (1 - SHARE)
        return {
            "mcnemar": mean_of(lambda: rng.random(design.states) < chance),
            "wilcoxon": mean_of(
                lambda: np.clip(np.rint(4.2 + shift.score + level + rng.normal(0, 0.5, design.states)), *SCALE)
            ),
            "none": mean_of(lambda: (90 + shift.tokens + 8 * level) * rng.lognormal(0, 0.3, design.states)),
        }

    a, b = arm(NOTHING), arm(effect)
    return {
        test: [Row(str(who), float(x), float(y)) for who, x, y in zip(of, a[test], b[test], strict=True)]
        for test in MEASURES
    }


def excludes_zero(found: Difference) -> bool:
    return found.low is not None and found.high is not None and (found.low > 0 or found.high < 0)


class Shares(NamedTuple):
    """Of some comparisons: how often the interval excludes zero, and how often p is under 5 %."""

    interval: float
    p: float | None


def shares(found: Sequence[Difference]) -> Shares:
    ps = [each.p < 0.05 for each in found if each.p is not None]
    return Shares(fmean(excludes_zero(each) for each in found), fmean(ps) if ps else None)


def many(design: Design, count: int, seed: int = 0, effect: Effect = NOTHING) -> dict[Test, list[Difference]]:
    """Many simulated comparisons of one design."""
    rng = np.random.default_rng([seed, *design])
    found: dict[Test, list[Difference]] = {test: [] for test in MEASURES}
    for _ in range(count):
        for test, rows in simulated(design, rng, effect).items():
            found[test].append(compare(rows, test))
    return found


def bootstrap_excludes_zero(design: Design, count: int, seed: int = 0) -> dict[Test, float]:
    """What a percentile bootstrap over persons would have claimed: the interval that we did not choose."""
    from measure.paired import cluster_means

    rng = np.random.default_rng([seed, *design])
    hits: dict[Test, int] = dict.fromkeys(MEASURES, 0)
    for _ in range(count):
        for test, rows in simulated(design, rng).items():
            d = np.array([row.b - row.a for row in cluster_means(rows)])
            low, high = np.percentile(d[rng.integers(0, len(d), (500, len(d)))].mean(axis=1), [2.5, 97.5])
            hits[test] += bool(low > 0 or high < 0)
    return {test: number / count for test, number in hits.items()}


def played(count: int, states: int, draws: int) -> dict[str, list[Difference]]:
    """Real A/A comparisons on the embedded model, each with its own choice of states and draws."""
    from graphs.runs import open_run
    from graphs.simple import EmbeddedEndpoint
    from graphs.trials.trials import ComparisonConfig, Version, start_comparison
    from tests.graphs.runs import kardia

    found: dict[str, list[Difference]] = {}
    with tempfile.TemporaryDirectory() as folder:
        shown = json.loads(kardia("demo", "--out", folder, "--dialogues", "96", "--json").stdout)
        run = open_run(Path(shown["run"]["run"]))
        pack = run.path / "packs" / run.config.pack_hash
        version = Version(pack=run.config.pack, hash=run.config.pack_hash)
        for seed in range(count):
            config = ComparisonConfig(
                runs=("run",), a=version, b=version, states=states, draws=draws, seed=seed,
                models=dict.fromkeys(("responder", "rubric_evaluator"), EmbeddedEndpoint.model),
            )  # fmt: skip
            comparison = start_comparison(Path(folder) / f"c{seed}", config, [run], {version.hash: pack})
            for name, difference in asyncio.run(_against_itself(comparison)).items():
                found.setdefault(name, []).append(difference)
    return found


async def _against_itself(comparison: Any) -> dict[str, Difference]:
    from graphs.asking import JournaledAsker
    from graphs.llm.door import LLM, Voice
    from graphs.llm.limits import Budget, Gate
    from graphs.llm.prices import FREE
    from graphs.simple import EmbeddedEndpoint
    from graphs.trials.results import Played
    from graphs.trials.session import play_trial
    from graphs.trials.trials import ROLES
    from measure.contrast import contrast

    llm = LLM({role: Voice(EmbeddedEndpoint(), Gate(8), FREE) for role in ROLES}, Budget())
    done: list[Played] = []
    for trial in comparison.trials():
        if trial.arm != "b":
            asker = JournaledAsker([], llm, 3, trial.departures(comparison.config.seed))
            attempt = await play_trial(comparison, trial, asker)
            done.append(Played(trial, attempt, "", 0, len(attempt.reply) // 4, 0.0, 0.0))
    criteria = list(comparison.pack(comparison.config.a).rubric.criteria)
    result = contrast(comparison, done, "a2", criteria)
    return {
        "acceptable": result.acceptable,
        "score": result.score,
        **result.criteria,
        "tokens": result.tokens_written,
    }


def line(title: str, found: Mapping[Any, list[Difference]], sep: str = "  ") -> None:
    cells = []
    for name, each in found.items():
        share = shares(each)
        cells.append(
            f"{NAMES.get(name, name)} {share.interval:.1%}" + ("" if share.p is None else f" (p {share.p:.1%})")
        )
    print(f"{title:38}" + sep.join(["", *cells] if not title else cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the comparisons")
    part = 10 if parser.parse_args().quick else 1
    count = 2000 // part
    print(f"A/A, {count} simulated comparisons each: the 95 % interval excludes zero (p under 5 %)")
    for design in DESIGNS:
        line(_title(design), many(design, count))
    print("the same with a percentile bootstrap over persons, which we do not use")
    for design in DESIGNS[:3]:
        rates = bootstrap_excludes_zero(design, count)
        print(f"{_title(design):38}" + "  ".join(f"{NAMES[name]} {rate:.1%}" for name, rate in rates.items()))
    print("a true effect: 10 points more acceptable, 0.2 higher, 8 tokens longer; found in")
    for design in DESIGNS:
        line(_title(design), many(design, count // 4, 1, Effect(0.1, 0.2, 8)))
    print(f"A/A, {200 // part} real comparisons on the embedded model, 24 states, 1 draw")
    line("", played(200 // part, 24, 1), sep="\n    ")


def _title(design: Design) -> str:
    return f"{design.states} states, {design.each} a person, {design.draws} draw{'s' * (design.draws > 1)}"


if __name__ == "__main__":
    main()
