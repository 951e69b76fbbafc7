"""Go on with any run: what was free at its last start holds again, but for what is given now."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from graphs.offline import MODEL_NAME
from graphs.runs import Run, open_run


class Free(NamedTuple):
    """What may differ from start to start, as options of the command line hold it."""

    base_url: list[str]
    price: list[str]
    concurrency: int = 16
    deadline_s: float = 120.0
    retries: int = 6
    budget_usd: float | None = None
    workers: int = 1


def free_again(run: Run, given: Mapping[str, Any]) -> Free:
    """What the next session of a run uses: what is given, else what the last one used; a new fork asks its parent.

    Args:
        given: fields of `Free`; None and empty mean not given.
    """
    last = _last_session(run)
    base = Free(_base_urls(run, last), _prices(last))
    kept = {name: last[name] for name in Free._fields[2:] if last.get(name) is not None}
    return base._replace(**kept)._replace(**{name: value for name, value in given.items() if value})


def _last_session(run: Run) -> dict[str, Any]:
    raw: Any = yaml.safe_load((run.path / "run.yaml").read_text(encoding="utf-8"))
    if sessions := raw.get("sessions"):
        return sessions[-1]
    if run.config.lineage and (parent := _parent(run)):
        return {**_last_session(parent), "budget_usd": None}
    return {}


def _parent(run: Run) -> Run | None:
    path = Path(run.path.resolve(), run.config.lineage[-1].parent).resolve()
    return open_run(path) if (path / "run.yaml").exists() else None


def _base_urls(run: Run, last: Mapping[str, Any]) -> list[str]:
    """Addresses; that of the embedded model, which is started anew each time, is left out."""
    if whole := last.get("base_url"):
        return [whole, *(f"{role}={url}" for role, url in last.get("base_urls", {}).items())]
    models = run.config.models
    return [f"{role}={url}" for role, url in last.get("base_urls", {}).items() if models.get(role) != MODEL_NAME]


def _prices(last: Mapping[str, Any]) -> list[str]:
    whole, single = last.get("price"), last.get("prices", {})
    return [*([_price(whole)] if whole else []), *(f"{role}={_price(price)}" for role, price in single.items())]


def _price(pair: list[float]) -> str:
    return ",".join(map(repr, pair))
