"""Trials: frozen states answered anew under versions A and B of a pack. A comparison is a directory, as a run is one.

NAME/
  comparison.yaml     what is frozen, then one entry for each start
  states.jsonl        the states, whole: the runs they came from may go
  packs/HASH/         both versions as they were used
  journal.sqlite      every answer; the one truth
  result.json         derived: see measure/contrast.py
  run.lock            who plays it now
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import Field, ValidationError

from graphs.journal import Departure, Journal, Slot
from graphs.packs import Pack, load_pack
from graphs.prompts import PromptWriter
from graphs.records import BadFile, read_rows, replacing, write_rows
from graphs.runs import JOURNAL, LOCK, Hash, Run, WrongUse, copy_pack, holding, note_session
from graphs.schema import SCHEMA_VERSION, Record
from graphs.state import Asker, Dialogue, Segment
from graphs.trials.frozen import FrozenState, freeze

CONFIG = "comparison.yaml"
STATES = "states.jsonl"
RESULT = "result.json"
ROLES = ("responder", "rubric_evaluator")
"""Who is asked anew; the user's words are recorded."""
MOST_DRAWS = 100
_DRAWS_OF_ITS_OWN = 1000
"""Numbers of draws that belong to one draw of one arm: more than a slot will ever take, also after bad answers."""
_BEGUN = {"packs", STATES, LOCK}
"""What stands in a directory whose comparison was killed before it had started."""

Arm = Literal["a", "b", "a2"]
ARMS: tuple[Arm, ...] = ("a", "b", "a2")


class Version(Record):
    """A pack as it stood at one moment."""

    pack: str
    hash: Hash
    called: str = ""
    """What the person called it."""


class ComparisonConfig(Record):
    """What is frozen when a comparison starts."""

    schema_version: int = SCHEMA_VERSION
    runs: tuple[str, ...]
    """Directories of the runs that the states come from, relative to the comparison's."""
    a: Version
    b: Version
    evaluator: Literal["a", "b", "own"] = "a"
    """Whose evaluator, rubric and gates judge: A's for both, B's for both, or each its own."""
    states: int = Field(ge=1, le=100_000)
    draws: int = Field(default=1, ge=1, le=MOST_DRAWS)
    seed: int = Field(default=0, ge=0, le=2**31)
    noise_floor: bool = True
    """Whether A answers a second time, with draws of its own."""
    models: dict[str, str]
    temperature: float | None = Field(default=None, ge=0, le=2)
    """Sampling of responder and evaluator; None leaves the templates' own."""
    demonstration: bool = False

    @property
    def arms(self) -> tuple[Arm, ...]:
        return ARMS if self.noise_floor else ARMS[:2]

    def answering(self, arm: Arm) -> Version:
        """Whose responder answers in an arm."""
        return self.b if arm == "b" else self.a

    def judging(self, arm: Arm) -> Version:
        """Whose evaluator judges in an arm."""
        return self.answering(arm) if self.evaluator == "own" else self.b if self.evaluator == "b" else self.a


class Trial(NamedTuple):
    """One state, answered once in one arm."""

    state: FrozenState
    arm: Arm
    draw: int

    @property
    def thread(self) -> str:
        return f"{self.state.id}.{self.arm}.{self.draw}"

    def departures(self, seed: int) -> dict[Slot, Departure]:
        """Where its draws begin: no two arms or draws, nor the run itself, ever ask with the same seed."""
        nth = 1 + ARMS.index(self.arm) + len(ARMS) * (self.draw + MOST_DRAWS * seed)
        return {Slot(self.state.turn, 1, role): Departure(nth * _DRAWS_OF_ITS_OWN) for role in ROLES}


class Comparison:
    """An opened comparison."""

    def __init__(self, path: Path, config: ComparisonConfig):
        self.path = path
        self.config = config
        self._writers: dict[str, PromptWriter] = {}

    @cached_property
    def states(self) -> list[FrozenState]:
        return list(read_rows(self.path / STATES, FrozenState))

    def trials(self) -> Iterator[Trial]:
        """All of them, arms of a state side by side, so that what is done of them can be compared at any time."""
        return (
            Trial(state, arm, draw)
            for draw in range(self.config.draws)
            for state in self.states
            for arm in self.config.arms
        )

    @property
    def total(self) -> int:
        return len(self.states) * self.config.draws * len(self.config.arms)

    def responder_context(self, trial: Trial, asker: Asker) -> Dialogue:
        return self._context(self.config.answering(trial.arm), trial, asker)

    def evaluator_context(self, trial: Trial, asker: Asker) -> Dialogue:
        return self._context(self.config.judging(trial.arm), trial, asker)

    def pack(self, version: Version) -> Pack:
        """A version as it is played: with the comparison's temperature, if it has one."""
        return self._writer(version.hash).pack

    def _context(self, version: Version, trial: Trial, asker: Asker) -> Dialogue:
        writer = self._writer(version.hash)
        segment = Segment(None, writer, self.config.models)
        return Dialogue(writer.pack, trial.state.settings, asker, segments=(segment,))

    def _writer(self, pack_hash: str) -> PromptWriter:
        if pack_hash not in self._writers:
            pack = load_pack(str(self.path.resolve() / "packs" / pack_hash))
            if pack.digest != pack_hash:
                raise BadFile(
                    f"{self.path}/packs/{pack_hash}: changed since the comparison started; put the files back"
                )
            self._writers[pack_hash] = PromptWriter(sampled(pack, self.config.temperature))
        return self._writers[pack_hash]

    def journal(self, *, readonly: bool = False) -> Journal:
        return Journal(self.path / JOURNAL, readonly=readonly)

    @contextmanager
    def lock(self) -> Generator[None]:
        """Keep every other process off; raises RunInUse."""
        with holding(self.path):
            yield

    def note_session(self, free: Mapping[str, Any]) -> None:
        """Record what was free to choose at this start."""
        note_session(self.path / CONFIG, free)

    def sessions(self) -> list[dict[str, Any]]:
        """Every start so far, the last one last."""
        return yaml.safe_load((self.path / CONFIG).read_text(encoding="utf-8")).get("sessions", [])


def sampled(pack: Pack, temperature: float | None) -> Pack:
    """A pack whose responder and evaluator are sampled at another temperature."""
    if temperature is None:
        return pack
    others = {role: pack.templates[role]._replace(temperature=float(temperature)) for role in ROLES}
    return Pack(pack.settings, pack.safety, pack.templates | others, pack.digest)


def yardstick_differences(a: Pack, b: Pack) -> tuple[str, ...]:
    """What of the measuring itself differs between two packs; empty where only the answering does."""
    pairs = {
        "the evaluator's template": (a.templates["rubric_evaluator"], b.templates["rubric_evaluator"]),
        "the criteria": (a.rubric.criteria, b.rubric.criteria),
        "the scale": (a.rubric.scale, b.rubric.scale),
        "the labels": (a.labels, b.labels),
        "the safety rules": (a.safety, b.safety),
        "the floor of SOLVED": (a.settings.length, b.settings.length),
    }
    return tuple(name for name, (one, other) in pairs.items() if one != other)


def open_comparison(path: Path) -> Comparison:
    """Open a comparison's directory.

    Raises:
        BadFile: it is not one.
    """
    try:
        raw: Any = yaml.safe_load((path / CONFIG).read_text(encoding="utf-8"))
        return Comparison(path, ComparisonConfig.model_validate({k: v for k, v in raw.items() if k != "sessions"}))
    except OSError as error:
        raise BadFile(f"{path}: no {CONFIG} in it; name a directory that `kardia compare run --out` made") from error
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError, AttributeError) as error:
        raise BadFile(f"{path}/{CONFIG}: damaged ({error}); restore it, or start a new comparison") from error


def start_comparison(
    path: Path, config: ComparisonConfig, runs: Sequence[Run], folders: Mapping[str, Path]
) -> Comparison:
    """Freeze the states and make a comparison's directory, or open the one that is there if nothing frozen differs.

    Args:
        folders: where the pack of each hash lies.

    Raises:
        WrongUse: a frozen setting differs, the directory is something else, or no dialogue is finished.
    """
    if (path / CONFIG).exists():
        comparison = open_comparison(path)
        check_frozen(comparison, config)
        return comparison
    if path.exists() and not (path.is_dir() and all(e.name in _BEGUN or e.name[0] == "." for e in path.iterdir())):
        raise WrongUse(f"{path}: exists and is not a comparison; name another directory with --out")
    states = freeze(runs, config.states, config.seed, path)
    path.mkdir(parents=True, exist_ok=True)
    with Run.locked(path):
        for folder in folders.values():
            copy_pack(folder, path)
        write_rows(path / STATES, {"kind": "states"}, states)
        _write_yaml(path / CONFIG, config.model_dump(mode="json", exclude_none=True))
    return open_comparison(path)


def check_frozen(comparison: Comparison, config: ComparisonConfig) -> None:
    """Refuse to go on with other settings than those that the comparison was started with."""
    before, after = _named(comparison.config), _named(config)
    differing = [f"{name}: {before[name]} there, {after[name]} now" for name in before if before[name] != after[name]]
    if differing:
        raise WrongUse(
            f"{comparison.path}: frozen settings differ ({'; '.join(differing)}); give its own, or another --out"
        )


def _named(config: ComparisonConfig) -> dict[str, Any]:
    """Settings as a person names them; what a version is called does not count."""
    versions = {name: f"{version.pack}@{version.hash[:12]}" for name, version in (("a", config.a), ("b", config.b))}
    return config.model_dump(mode="json") | versions


def _write_yaml(path: Path, value: Mapping[str, Any]) -> None:
    with replacing(path) as file:
        file.write(yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True).encode())
