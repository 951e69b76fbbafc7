"""An adapter added into its base: a whole model, for servers and for stages that want no adapter (paper §5.1)."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from train.quiet import quietly
from train.running.manifest import Manifest, read_manifest, write_manifest
from train.running.run_folder import CARD, MANIFEST
from train.running.trained_model import trained_model
from train.stages import WrongSettings


def merge(given: Path, out: Path) -> Path:
    """Write base plus adapter as one model; returns `out`, which holds all of it or was not made.

    A 4-bit base is never merged into: the adapter goes onto the base's full weights.

    Args:
        given: a folder with an adapter, or a run, whose best/ or else final/ is taken.

    Raises:
        WrongSettings: it holds no adapter, `out` exists, or the base cannot be loaded.
        NoModel: there is no model in it.
    """
    model = trained_model(given)
    if model.base is None:
        raise WrongSettings(f"{model.folder}: a whole model already; use it as it is")
    if out.exists():
        raise WrongSettings(f"out: {out} exists; name a new directory")
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        with quietly():
            _write(model.folder, model.base, fresh)
        fresh.chmod(0o777 & ~_umask())
        fresh.rename(out)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return out


def _write(folder: Path, base: str, out: Path) -> None:
    try:
        whole: Any = AutoModelForCausalLM.from_pretrained(base, dtype="auto")
    except (OSError, ValueError, KeyError) as error:
        raise WrongSettings(f"{folder}: its base {base} cannot be loaded: {str(error).splitlines()[0]}") from error
    merged: Any = PeftModel.from_pretrained(whole, str(folder)).merge_and_unload(safe_merge=True)
    merged.save_pretrained(out)
    AutoTokenizer.from_pretrained(folder).save_pretrained(out)
    if (folder / MANIFEST).is_file():
        write_manifest(out, _merged(read_manifest(folder)))
    else:
        (out / CARD).unlink(missing_ok=True)


def _merged(manifest: Manifest) -> Manifest:
    return manifest.model_copy(update={"adapter": False})


def _umask() -> int:
    """The process's own; it can only be read by setting it."""
    before = os.umask(0o022)
    os.umask(before)
    return before
