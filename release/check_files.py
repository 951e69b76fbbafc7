"""What is wrong with the files of a release: which lie there, who may read them, what the card lists, and their schema."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from graphs.released import DECISIONS, SPLITS, data_file
from graphs.schema import Split
from release.decisions import PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE
from release.directory import files_in
from release.finding import Finding
from release.layout import CARD, ROW_SCHEMA, amiss, content_name

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_ODD_FRONT_MATTER = (yaml.YAMLError, AttributeError, KeyError, RecursionError, TypeError, ValueError)
"""What reading YAML that somebody else wrote may raise."""


def file_findings(out: Path) -> Iterator[Finding]:
    """Files that are missing, and whatever else lies there; a link is no part of a release."""
    if not out.is_dir():
        yield Finding("files", str(out), "no such directory; name one made by `kardia release build`")
        return
    missing, foreign = amiss(files_in(out))
    for path in missing:
        yield Finding("files", path, "is missing; build the release again")
    for path in foreign:
        yield Finding("files", path, "is no part of a release; move it away, or it is published with it")


def private_findings(out: Path) -> Iterator[Finding]:
    """The side file and its folder are their owner's alone."""
    for path, wanted in ((DECISIONS, PRIVATE_FILE_MODE), (DECISIONS.parent, PRIVATE_FOLDER_MODE)):
        mode = stat.S_IMODE((out / path).stat().st_mode)
        if mode != wanted:
            yield Finding("private", str(path), f"mode is {mode:04o}; set it with `chmod {wanted:o}`")


def card_findings(out: Path) -> Iterator[Finding]:
    """The front matter must name the two data files and nothing else, or `datasets` loads what it finds."""
    try:
        listed = set(_listed(out / CARD))
    except _ODD_FRONT_MATTER as error:
        what = f"its front matter cannot be read ({type(error).__name__}); run `kardia release card`"
        yield Finding("card", str(CARD), what)
        return
    if not listed:
        yield Finding("card", str(CARD), "names no data files under `configs`; run `kardia release card`")
    for path in sorted(listed - {data_file(out, split).relative_to(out).as_posix() for split in SPLITS}):
        yield Finding("card", str(CARD), f"lists {path!r} as data; run `kardia release card`")


def _listed(card: Path) -> Iterator[str]:
    match = _FRONT_MATTER.match(card.read_text(encoding="utf-8", errors="replace"))
    for config in (yaml.safe_load(match[1]) or {}).get("configs", []) if match else []:
        for files in config["data_files"]:
            path = files["path"]
            yield from [path] if isinstance(path, str) else map(str, path)


def name_findings(out: Path, split: Split) -> Iterator[Finding]:
    """A data file's name carries the digits of its content, by which caches tell builds apart."""
    path = data_file(out, split)
    if path.name != (name := content_name(path, split)):
        what = f"by its content it is {name}: changed since it was named; build the release again"
        yield Finding("name", path.relative_to(out).as_posix(), what)


def schema_findings(out: Path, split: Split) -> Iterator[Finding]:
    """A data file has the six fields, and no seventh."""
    path = data_file(out, split)
    where = str(path.relative_to(out))
    try:
        found = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        yield Finding("schema", where, f"cannot be read ({error}); build the release again")
        return
    if not found.equals(ROW_SCHEMA):
        wanted = ", ".join(ROW_SCHEMA.names)
        yield Finding("schema", where, f"has {', '.join(found.names)}; wanted exactly {wanted}")
