"""The checkpoints of a run: which are whole, which a kill left half-saved, which were damaged later (§5.1).

A checkpoint counts once its manifest stands in it, which is written last, and as long as its files have the sizes that it says.
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from train.running.saying import say

MANIFEST = "manifest.json"


def checkpoints(path: Path) -> list[Path]:
    """The `checkpoint-N` folders of a run, by N."""
    found = [entry for entry in path.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+", entry.name)]
    return sorted(found, key=step_of)


def damage_of(checkpoint: Path) -> str:
    """The first file that is not as large as the checkpoint's manifest says, after a power cut for one; empty where none is.

    A manifest that keeps no sizes, as older ones do, vouches for the folder by standing there.
    """
    try:
        raw: Any = json.loads((checkpoint / MANIFEST).read_bytes())
        sizes = {str(name): int(size) for name, size in raw.get("files", {}).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return f"{MANIFEST} cannot be read"
    for name, size in sizes.items():
        if not (file := checkpoint / name).is_file():
            return f"{name} is missing"
        if (found := file.stat().st_size) != size:
            return f"{name} has {found:,} of {size:,} bytes"
    return ""


def put_damaged_aside(path: Path) -> None:
    """Rename every damaged checkpoint of a run and say so: somebody may have changed a file of it by hand."""
    faults = {checkpoint: damage_of(checkpoint) for checkpoint in checkpoints(path)}
    whole = [checkpoint.name for checkpoint, fault in faults.items() if not fault]
    goes_on = f"going on from {whole[-1]}" if whole else "training begins anew"
    for checkpoint, fault in faults.items():
        if not fault:
            continue
        aside = path / f"damaged-{checkpoint.name}"
        shutil.rmtree(aside, ignore_errors=True)
        checkpoint.rename(aside)
        say(f"{checkpoint.name}: {fault}; {goes_on}, and the damaged one is kept as {aside.name}")


def step_of(checkpoint: Path) -> int:
    """N of checkpoint-N."""
    return int(checkpoint.name.rpartition("-")[2])


def last_whole(path: Path) -> Path | None:
    """The newest checkpoint of a run that was saved whole and is as it was saved."""
    whole = [each for each in checkpoints(path) if (each / MANIFEST).is_file() and not damage_of(each)]
    return whole[-1] if whole else None


def remove_half_saved(path: Path) -> None:
    """Remove the checkpoints of a run that were being saved when it was killed."""
    for checkpoint in checkpoints(path):
        if not (checkpoint / MANIFEST).is_file():
            shutil.rmtree(checkpoint)
