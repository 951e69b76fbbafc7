"""What an examination's judge has to do with the model it judges: its reward came from the same judge, or not.

A policy learns what its reward's judge likes, so the same judge must not have the last word (our choice; the paper trains with
Qwen3-8B and evaluates with GPT-5-mini, §5.1 and App. B.1).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from graphs.records import BadFile
from graphs.schema import Record, one_line

PAPER_REWARD_JUDGE = "Qwen3-8B"
Kind = Literal["same", "other", "itself", "none", "unknown"]


class Relation(Record):
    """Whether a judge is the reward's judge, and how that is known."""

    kind: Kind
    says: str


def relation(judge: str, model: str, manifest: Mapping[str, Any] | None) -> Relation:
    """Compare names, without folders and in any case.

    Args:
        manifest: the examined model's manifest.json; None where none was given.
    """
    if _bare(judge) == _bare(model):
        return Relation(kind="itself", says="the judge is the examined model itself: these scores are its own praise")
    if manifest is None:
        return _by_name(judge)
    rewarding = reward_judge(manifest)
    if not rewarding:
        return Relation(kind="none", says="by its manifest no judge rewarded this model")
    if _bare(rewarding) == _bare(judge):
        return Relation(kind="same", says=f"the judge is the reward's judge ({one_line(rewarding)}): take another one")
    return Relation(kind="other", says=f"the reward's judge was another one ({one_line(rewarding)})")


def _by_name(judge: str) -> Relation:
    if _bare(judge) == _bare(PAPER_REWARD_JUDGE):
        says = f"by its name the judge is the one that the paper rewards with ({PAPER_REWARD_JUDGE}); give --manifest to know"
        return Relation(kind="unknown", says=says)
    return Relation(kind="unknown", says="whether the judge also rewarded this model is not known; give --manifest")


def reward_judge(manifest: Mapping[str, Any]) -> str:
    """The judge model that a manifest's settings name for the rubric reward, at whatever depth; empty where there is none."""
    if manifest.get("outcome", "rubric") == "rubric" and isinstance(manifest.get("judge_model"), str):
        return manifest["judge_model"]
    inner = (cast(Mapping[str, Any], value) for value in manifest.values() if isinstance(value, Mapping))
    return next((found for each in inner if (found := reward_judge(each))), "")


def read_manifest(path: Path) -> dict[str, Any]:
    """A model's manifest: the file, or the directory that holds it.

    Raises:
        BadFile: it is missing or no JSON object.
    """
    file = path / "manifest.json" if path.is_dir() else path
    try:
        found = json.loads(file.read_bytes())
    except OSError as error:
        raise BadFile(
            f"{file}: {error.strerror}; name the manifest.json of a trained model, or its directory"
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadFile(f"{file}: not JSON ({error}); name the manifest.json of a trained model") from error
    if not isinstance(found, dict):
        raise BadFile(f"{file}: no JSON object; name the manifest.json of a trained model")
    return found


def _bare(name: str) -> str:
    return name.strip().rstrip("/").rsplit("/", 1)[-1].casefold()
