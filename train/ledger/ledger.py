"""The reward ledger: every candidate of every step, and its recomputation (Eq. 6, 9-12).

A file of records that grows: a header with what the rewards were computed from, then one `Rollout` a line. A step is
written in one piece and forced to disk; a line that a crash cut is dropped at the next opening.
"""

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from graphs.records import BadFile, NoSpace, read_header, row_bytes
from graphs.rubric import Rubric
from graphs.schema import SCHEMA_VERSION, Record, compact, digest
from train.rewards import GroupStd, Part
from train.rows import OutcomeKind, Rollout, TrainingExample
from train.running.run_lines import mend_end, whole_lines

LEDGER = "ledger.jsonl"


class LedgerHeader(Record):
    """What the rewards of a run are computed from."""

    kind: Literal["ledger"] = "ledger"
    schema_version: int = SCHEMA_VERSION
    pack: str
    pack_hash: str
    rubric: Rubric
    """Criteria and scale, so that a ledger can be verified without its pack."""
    outcome: OutcomeKind
    outcome_model: str
    """The judge, or the ablation's model."""
    judge_sees: Literal["response", "reply"] | None = None
    judge_prompt_sha256: str = ""
    weights: dict[Part, float]
    num_generations: int
    group_std: GroupStd
    advantage_epsilon: float
    first_step: int = 1
    """What the run's first step is called: 1 as in the curves. Older ledgers, which do not say it, count from 0."""


class OtherLedger(ValueError):
    """A ledger that was begun under other settings: names the field, old and new."""


class LedgerWriter:
    """Appends rollouts to a ledger, making it where there is none."""

    def __init__(self, path: Path, header: LedgerHeader):
        """
        Raises:
            OtherLedger: the file was begun with another header.
            BadFile: the file is no ledger.
        """
        self.path = path
        mend_end(path)
        require_same_header(path, header)
        if not path.exists() or not path.stat().st_size:
            self._append(compact({"header": header.model_dump(mode="json")}) + b"\n")

    def add(self, rollouts: Iterable[Rollout]) -> None:
        """Write rollouts in one piece; they are on disk when this returns."""
        self._append(b"".join(row_bytes(rollout) + b"\n" for rollout in rollouts))

    def _append(self, lines: bytes) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise NoSpace(self.path) from error
            raise


def require_same_header(path: Path, header: LedgerHeader) -> None:
    """Refuse to go on with a ledger of other rewards; one that is not there yet can be begun. Nothing is written.

    Raises:
        OtherLedger: the file was begun with another header.
        BadFile: the file is no ledger.
    """
    if path.exists() and path.stat().st_size:
        _require_same(path, ledger_header(path), header)


def ledger_header(path: Path) -> LedgerHeader:
    """The header of a ledger.

    Raises:
        BadFile: there is no such file, or it is no ledger.
    """
    raw = read_header(path)
    if raw.get("kind") != "ledger":
        raise BadFile(f"{path}: no ledger of a GRPO run; name a directory made by `kardia train grpo`")
    try:
        return LedgerHeader.model_validate({"first_step": 0} | raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadFile(f"{path}:1: {'.'.join(map(str, first['loc']))}: {first['msg']}; restore this ledger") from error


def read_ledger(path: Path) -> Iterator[Rollout]:
    """Stream the rollouts of a ledger; a last line that is not whole yet is left out.

    Raises:
        BadFile: with file, line and reason.
    """
    ledger_header(path)
    for number, line in whole_lines(path):
        if number > 1:
            rollout = parse_rollout(line)
            if isinstance(rollout, str):
                raise BadFile(f"{path}:{number}: {rollout}; restore this ledger")
            yield rollout


def parse_rollout(line: bytes) -> Rollout | str:
    """A line of a ledger, or what is wrong with it."""
    try:
        return Rollout.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'row'}: {first['msg']}"


def prompt_sha256(example: TrainingExample) -> str:
    """The hash of c_t as the policy saw it, before the chat template."""
    return digest([message.model_dump() for message in example.prompt])


def groups(rollouts: Iterable[Rollout]) -> dict[tuple[int, int], list[Rollout]]:
    """Rollouts by step and group, in the order of their file."""
    found: dict[tuple[int, int], list[Rollout]] = {}
    for rollout in rollouts:
        found.setdefault((rollout.step, rollout.group), []).append(rollout)
    return found


def _require_same(path: Path, old: LedgerHeader, new: LedgerHeader) -> None:
    was: Mapping[str, object] = old.model_dump(mode="json")
    now: Mapping[str, object] = new.model_dump(mode="json")
    if old.first_step != new.first_step:
        raise OtherLedger(
            f"{path}: begun by an earlier version, which counted steps otherwise; begin anew in another --out"
        )
    for name in was:
        if was[name] != now[name]:
            raise OtherLedger(
                f"{path}: {name} was {_short(was[name])} and is now {_short(now[name])}; a run keeps its rewards: "
                "take the old setting, or another --out"
            )


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"
