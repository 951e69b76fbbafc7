"""Packs: load, check and hash what a designer edits (labels, criteria, limits, prompts), with file and line."""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, ValidationError, model_validator

from graphs.feelings import UserRules
from graphs.rubric import Criterion, Rubric, Scale
from graphs.safety import SafetyRules
from graphs.schema import Line, Record
from graphs.screening import ScreeningRules
from graphs.strict_yaml import BadYaml, line_of, load_yaml
from graphs.templates import ROLES, BadTemplate, Template, read_template

PACKS = Path(__file__).resolve().parents[1] / "prompts"
FILES = ("pack.yaml", "safety.yaml", *(f"{role}.md" for role in ROLES))
OPTIONAL = ("screener.md", "supervisor.md")
"""Only needed where the model check is on, or where a model decides what annotators disagree on."""
PACK_NAME = r"^[a-z0-9][a-z0-9_-]*$"


class Finding(NamedTuple):
    """Something wrong with a pack: where, what, and what to do."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class BadPack(ValueError):
    """A pack that cannot be used; `findings` names everything that is wrong with it."""

    def __init__(self, findings: list[Finding]):
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


_BAD_IN_LABEL = frozenset("<>|\n")


def _plain_label(label: str) -> str:
    if not label or label != label.strip().lower() or not _BAD_IN_LABEL.isdisjoint(label):
        raise ValueError("write a label in lower case, on one line, without spaces around it and without < > |")
    return label


LabelName = Annotated[str, StringConstraints(max_length=64), AfterValidator(_plain_label)]
"""A label as it is written and compared."""


class Label(Record):
    """An emotion label and its place on the circumplex, each coordinate in [-1, 1]."""

    valence: float = Field(ge=-1, le=1)
    arousal: float = Field(ge=-1, le=1)


class Limits(Record):
    """T_max and K_max (Algorithm 1)."""

    turns: int = Field(default=10, ge=1, le=100)
    attempts: int = Field(default=5, ge=1, le=20)


class Floors(Record):
    """The first turn at which SOLVED may stand, by length mode (our choice; paper Fig. 4b)."""

    paper: int = Field(default=8, ge=1)
    natural: int = Field(default=1, ge=1)


class PackSettings(Record):
    """pack.yaml."""

    name: str = Field(pattern=PACK_NAME)
    title: Line
    language: str = "en"
    scale: Scale = Scale()
    limits: Limits = Limits()
    labels: dict[LabelName, Label] = Field(min_length=2)
    criteria: dict[str, Criterion] = Field(min_length=1)
    length: Floors = Floors()
    user: UserRules
    screening: ScreeningRules = Field(default_factory=ScreeningRules)

    @model_validator(mode="after")
    def _consistent(self) -> "PackSettings":
        Rubric(scale=self.scale, criteria=self.criteria)
        for mode, floor in self.length:
            if floor > self.limits.turns:
                raise ValueError(f"length.{mode}: SOLVED could never stand, for limits.turns is {self.limits.turns}")
        return self


class Pack:
    """A checked pack: settings, rubric and templates, with the hash of all its files."""

    def __init__(self, settings: PackSettings, safety: SafetyRules, templates: dict[str, Template], digest: str):
        self.settings = settings
        self.safety = safety
        self.templates = templates
        self.digest = digest
        self.rubric = Rubric(scale=settings.scale, criteria=settings.criteria)
        self.labels = frozenset(settings.labels)

    @property
    def name(self) -> str:
        return self.settings.name


def pack_folder(name: str) -> Path:
    """The folder of a pack, named as in prompts/ or by a path."""
    return Path(name) if "/" in name or name.startswith(".") else PACKS / name


def files_of(folder: Path) -> list[str]:
    """Names of the files that a pack is made of."""
    return [name for name in FILES if name not in OPTIONAL or (folder / name).is_file()]


def pack_digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of a pack's files."""
    return digest_of({name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files_of(folder)})


def digest_of(hashes: Mapping[str, str]) -> str:
    """The hash of a pack whose files, in the order of FILES, have these hashes."""
    return hashlib.sha256("".join(f"{name}\0{each}\n" for name, each in hashes.items()).encode()).hexdigest()


def load_pack(name: str) -> Pack:
    """Load a pack by name or path.

    Raises:
        BadPack: with a finding (file, line, message) for everything that is wrong.
    """
    folder = pack_folder(name)
    findings = check_pack(folder)
    if findings:
        raise BadPack(findings)
    return _load(folder, pack_digest(folder))


@lru_cache(maxsize=32)
def _load(folder: Path, digest: str) -> Pack:
    settings = PackSettings.model_validate(_yaml(folder / "pack.yaml"))
    safety = SafetyRules.model_validate(_yaml(folder / "safety.yaml"))
    roles = [role for role in ROLES if f"{role}.md" in files_of(folder)]
    return Pack(settings, safety, {role: read_template(folder / f"{role}.md", role) for role in roles}, digest)


def check_pack(folder: Path) -> list[Finding]:
    """Everything that is wrong with the pack in a folder; an empty list when it can be played."""
    if not folder.is_dir():
        known = ", ".join(sorted(path.parent.name for path in PACKS.glob("*/pack.yaml")))
        return [Finding(str(folder), 0, f"no such pack; name one of {known}, or a folder")]
    missing = [name for name in files_of(folder) if not (folder / name).is_file()]
    if missing:
        return [Finding(name, 0, "missing; copy it from prompts/kardia") for name in missing]
    findings = _check_yaml(folder / "pack.yaml", PackSettings) + _check_yaml(folder / "safety.yaml", SafetyRules)
    for role in (role for role in ROLES if f"{role}.md" in files_of(folder)):
        try:
            read_template(folder / f"{role}.md", role)
        except BadTemplate as error:
            findings += [Finding(f"{role}.md", line, message) for line, message in error.faults]
    return findings


def _yaml(path: Path) -> Any:
    return load_yaml(path.read_text(encoding="utf-8-sig"))


def _check_yaml(path: Path, kind: type[BaseModel]) -> list[Finding]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return [Finding(path.name, 0, f"not UTF-8: {error}")]
    try:
        kind.model_validate(load_yaml(text))
    except BadYaml as error:
        return [Finding(path.name, error.line, error.message)]
    except ValidationError as error:
        return [_finding(path.name, text, fault) for fault in error.errors()]
    return []


def _finding(file: str, text: str, fault: Any) -> Finding:
    """A fault at its line. A message that begins with a path (`criteria.fluency.anchors: …`) leads further than its loc."""
    message = re.sub(r"^Value error, ", "", fault["msg"])
    path = tuple(part for part in fault["loc"] if part != "[key]")
    if match := _PATH.match(message):
        path, message = (*path, *match[1].split(".")), match[2]
    where = ".".join(map(str, path))
    return Finding(file, line_of(text, path), f"{where}: {message}" if where else message)


_PATH = re.compile(r"([\w-]+(?:\.[\w-]+)*): (.*)", re.DOTALL)
