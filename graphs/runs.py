"""A run is a directory: run.yaml (what is frozen, and each session), the pack as used, the pairings, the journal.

A second process on it is refused; a resume with other settings is refused by the field's name.
"""

import fcntl
import json
import shutil
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from operator import not_
from pathlib import Path
from typing import Annotated, Any, TextIO, cast

import yaml
from pydantic import Field, StringConstraints, ValidationError

from graphs.journal import Departure, Journal, Slot
from graphs.packs import Pack, files_of, load_pack, pack_digest
from graphs.prompts import PromptWriter
from graphs.records import BadFile, find_row, read_header, read_rows, replacing, write_rows
from graphs.schema import SCHEMA_VERSION, Pairing, Record, digest
from graphs.state import DialogueSettings, Segment
from graphs.watching.processes import this_process

TRAJECTORIES = "trajectories.jsonl"
FAILURES = "failures.jsonl"
JOURNAL = "journal.sqlite"
PAIRINGS = "pairings.jsonl"
LOCK = "run.lock"
_BEGUN = {PAIRINGS, "packs", LOCK}
"""What stands in a directory whose run was killed before it had started."""
_TRY_S, _TRIES = 0.02, 10
"""How long to wait for a lock that somebody may keep, and how often: whoever takes it for a moment is not in the way."""
_LONGEST_LOOK_S = 10.0
"""Far longer than anybody looks at a lock, also in a busy page whose threads wait for each other."""


class WrongUse(ValueError):
    """Settings that cannot be used; says which and what to do."""


class RunInUse(RuntimeError):
    """Another process plays this run."""


Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class SegmentRecord(Record):
    """Prompts and models that hold for slots before `until` (turn, attempt, role index); None is the end."""

    until: tuple[int, int, int] | None = None
    pack_hash: Hash
    models: dict[str, str]


class ForkRecord(Record):
    """Where a run left its parent."""

    parent: str
    """The parent's directory, relative to this run's."""
    thread: str
    turn: int
    attempt: int
    role: str
    first_draw: int = 0
    edited: str | None = None
    changes: dict[str, str] = Field(default_factory=dict)
    """What was changed, for a person to read."""

    @property
    def slot(self) -> Slot:
        return Slot(self.turn, self.attempt, self.role)

    @property
    def departure(self) -> Departure:
        return Departure(self.first_draw, self.edited)


class RunConfig(Record):
    """What is frozen when a run starts (DESIGN: a difference at resume is refused)."""

    schema_version: int = SCHEMA_VERSION
    pack: str
    pack_hash: Hash
    pairings_hash: Hash
    pairings: int
    seed: int
    models: dict[str, str]
    dialogue: DialogueSettings
    accepted: int | None = None
    """Stop when so many trajectories have passed screening."""
    demonstration: bool = False
    """Played by the embedded model: not data to publish."""
    person_spoke: bool = Field(default=False, exclude_if=not_)
    """A person speaks as the user: their words are theirs, and no release takes them. Forks keep it."""
    lineage: tuple[ForkRecord, ...] = ()
    """The forks that led here, the oldest first; empty for a run that is no fork."""
    segments: tuple[SegmentRecord, ...] = ()
    """Earlier prompts and models of a fork, in order; the run's own come last."""


class Run:
    """An opened run directory."""

    def __init__(self, path: Path, config: RunConfig):
        self.path = path
        self.config = config

    @cached_property
    def pack(self) -> Pack:
        return self._pack(self.config.pack_hash)

    def _pack(self, pack_hash: str) -> Pack:
        pack = load_pack(str(self.path.resolve() / "packs" / pack_hash))
        if pack.digest != pack_hash:
            raise BadFile(f"{self.path}/packs/{pack_hash}: changed since the run started; put the files back")
        return pack

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """Which prompts and models hold where; the last segment is the run's own."""
        earlier = (Segment(s.until, PromptWriter(self._pack(s.pack_hash)), s.models) for s in self.config.segments)
        return (*earlier, Segment(None, PromptWriter(self.pack), self.config.models))

    @property
    def proven_before(self) -> tuple[int, int, int] | None:
        """Where a fork left its parent: what lies before was copied and is proven by hash."""
        return self.config.lineage[-1].slot.order if self.config.lineage else None

    @property
    def departures(self) -> dict[Slot, Departure]:
        """Slots at which this run, or a run it came from, left its parent."""
        return {record.slot: record.departure for record in self.config.lineage}

    def pairings(self) -> Iterator[Pairing]:
        return read_rows(self.path / PAIRINGS, Pairing)

    def pairing(self, thread: str) -> Pairing:
        if found := find_row(self.path / PAIRINGS, Pairing, thread):
            return found
        raise WrongUse(f"{self.path}: no dialogue {thread!r}; `kardia synth show {self.path}` lists them")

    def journal(self, *, readonly: bool = False) -> Journal:
        return Journal(self.path / JOURNAL, readonly=readonly)

    @contextmanager
    def shard(self, worker: int) -> Generator[Journal]:
        """A worker's own journal, locked for as long as it is written."""
        path = self.path / f"shard-{worker}.sqlite"
        with path.with_suffix(".lock").open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            journal = Journal(path)
            try:
                yield journal
            finally:
                journal.close()

    def merge_shards(self, journal: Journal) -> None:
        """Take in every worker's shard that stands in the directory, also those that a killed run left."""
        for shard in sorted(self.path.glob("shard-*.sqlite")):
            with shard.with_suffix(".lock").open("a+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # a worker whose parent was killed ends by itself; wait for it
                Journal(shard).close()
                journal.merge(shard)
            for name in (shard.name, f"{shard.name}-wal", f"{shard.name}-shm", shard.with_suffix(".lock").name):
                (self.path / name).unlink(missing_ok=True)

    def header(self, kind: str) -> dict[str, Any]:
        """The header of a derived file: settings and hashes, nothing that differs between two plays of the same run."""
        frozen = self.config.model_dump(
            mode="json", exclude={"schema_version", "lineage", "segments"}, exclude_none=True
        )
        return {"kind": kind, **frozen}

    @contextmanager
    def lock(self) -> Generator[None]:
        """Keep every other process off this run.

        Raises:
            RunInUse: names pid, host and since when.
        """
        with holding(self.path):
            yield

    @staticmethod
    @contextmanager
    def locked(path: Path) -> Generator[TextIO]:
        """Hold the lock file of a run directory, as long as the context lasts."""
        with (path / LOCK).open("a+") as file:
            if not _taken(file):
                raise RunInUse(_held(path))
            yield file

    def note_session(self, free: dict[str, Any]) -> None:
        """Record what was free to choose at this start of the run."""
        note_session(self.path / "run.yaml", free)


def note_session(config: Path, free: Mapping[str, Any]) -> None:
    """Record in a frozen configuration what was free to choose at this start."""
    raw = yaml.safe_load(config.read_text(encoding="utf-8"))
    earlier = raw.get("sessions", [])
    raw["sessions"] = [*(earlier if isinstance(earlier, list) else []), {"started": _now(), **free}]
    _write_yaml(config, raw)


@contextmanager
def holding(path: Path) -> Generator[None]:
    """Keep every other process off a directory, and say in its lock file who holds it.

    Raises:
        RunInUse: names pid, host and since when.
    """
    with Run.locked(path) as file:
        file.seek(0)
        file.truncate()
        file.write(json.dumps({**this_process()._asdict(), "since": _now()}))
        file.flush()
        yield


def refuse_if_in_use(path: Path) -> None:
    """Raise RunInUse at once, before anything is loaded, where another process plays the run in a directory."""
    if (path / LOCK).exists():
        with Run.locked(path):
            pass


def open_run(path: Path) -> Run:
    """Open a run directory.

    Raises:
        BadFile: it is not one.
    """
    try:
        raw: Any = yaml.safe_load((path / "run.yaml").read_text(encoding="utf-8"))
        return Run(path, RunConfig.model_validate({k: v for k, v in raw.items() if k != "sessions"}))
    except OSError as error:
        raise BadFile(f"{path}: no run.yaml in it; name a directory that `kardia synth run --out` made") from error
    except ValidationError as error:
        first = error.errors()[0]
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise BadFile(f"{path}/run.yaml: damaged ({what}); restore it, or start a new run") from error
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError) as error:
        raise BadFile(f"{path}/run.yaml: damaged, not the YAML of a run; restore it, or start a new run") from error


def start_run(path: Path, config: RunConfig, pack: Path, pairings: Path) -> Run:
    """Make a run directory, or open the one that is there and check that nothing frozen differs.

    Raises:
        WrongUse: a frozen setting differs, or a pairing does not fit the pack.
        BadFile: the pairings cannot be read.
    """
    if (path / "run.yaml").exists():
        run = open_run(path)
        check_resume(run, config)
        return run
    if path.exists() and not _is_begun(path):
        raise WrongUse(f"{path}: exists and is not a run; name another directory with --out")
    path.mkdir(parents=True, exist_ok=True)
    with Run.locked(path):
        copy_pack(pack, path)
        labels = load_pack(str(pack.resolve())).labels
        write_rows(path / PAIRINGS, {"kind": "pairings"}, _playable(pairings, labels))
        _write_yaml(path / "run.yaml", config.model_dump(mode="json", exclude_none=True))
    return open_run(path)


def _is_begun(path: Path) -> bool:
    """Whether a directory holds nothing but what a start leaves that was killed; hidden files are half-written ones."""
    return path.is_dir() and all(entry.name in _BEGUN or entry.name.startswith(".") for entry in path.iterdir())


def check_resume(run: Run, config: RunConfig) -> None:
    """Refuse to go on with other frozen settings, or with pairings that were changed under the run."""
    _check_frozen(run.config, config, run.path)
    if pairings_digest(run.path / PAIRINGS)[0] != run.config.pairings_hash:
        raise BadFile(f"{run.path / PAIRINGS}: changed since the run started; put it back")


def copy_pack(pack: Path, run: Path) -> str:
    """Copy a pack into a run under its hash, which is returned."""
    pack_hash = pack_digest(pack)
    target = run / "packs" / pack_hash
    if not target.exists():
        fresh = target.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name in files_of(pack):
            shutil.copyfile(pack / name, fresh / name)
        fresh.rename(target)
    return pack_hash


def pairings_digest(path: Path) -> tuple[str, int]:
    """A hash over the rows of a pairings file, and how many there are; the header does not count."""
    read_header(path)
    rows = [digest(pairing.model_dump(mode="json")) for pairing in read_rows(path, Pairing)]
    if not rows:
        raise BadFile(f"{path}: holds no pairings; make some with `kardia personas pair`")
    return digest(rows), len(rows)


def _playable(path: Path, labels: frozenset[str]) -> Iterator[Pairing]:
    seen: set[str] = set()
    for number, pairing in enumerate(read_rows(path, Pairing), start=1):
        if pairing.situation.emotion not in labels:
            label = pairing.situation.emotion
            raise WrongUse(
                f"{path}: row {number} ({pairing.id}): emotion {label!r} is not a label of the pack; see pack.yaml"
            )
        if pairing.id in seen:
            raise WrongUse(f"{path}: row {number}: the id {pairing.id} stands twice; pair again")
        seen.add(pairing.id)
        yield pairing


def _check_frozen(old: RunConfig, new: RunConfig, path: Path) -> None:
    before, after = _flat(old.model_dump(mode="json")), _flat(new.model_dump(mode="json"))
    differing = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    if differing:
        what = "; ".join(f"{name}: {before.get(name)} in the run, {after.get(name)} now" for name in differing)
        raise WrongUse(f"{path}: frozen settings differ ({what}); give the run's own, or another --out")


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, inner in value.items():
        nested = cast(dict[str, Any], inner) if isinstance(inner, dict) else None
        flat |= _flat(nested, f"{prefix}{name}.") if nested else {prefix + name: inner}
    return flat


def _taken(file: TextIO) -> bool:
    """Take a lock, unless somebody keeps it; those who only look whether it is taken share it, and are waited for."""
    tries, until = 0, time.monotonic() + _LONGEST_LOOK_S
    while tries < _TRIES and time.monotonic() < until:
        if _flocked(file, fcntl.LOCK_EX):
            return True
        tries += not _flocked(file, fcntl.LOCK_SH)
        fcntl.flock(file, fcntl.LOCK_UN)
        time.sleep(_TRY_S)
    return False


def _flocked(file: TextIO, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _held(path: Path) -> str:
    try:
        holder = json.loads((path / LOCK).read_text())
        who = f"process {holder['pid']} on {holder['host']} since {holder['since']}"
    except (OSError, ValueError, KeyError):
        who = "another process"
    return f"{path}: in use by {who}; wait for it or stop it"


def _write_yaml(path: Path, value: dict[str, Any]) -> None:
    with replacing(path) as file:
        file.write(yaml.safe_dump(value, sort_keys=False, allow_unicode=True).encode())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
