"""What the page Compare asks for: the choices it offers, the command they come to, and what that would take."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from graphs.editing.file_diff import files_that_differ
from graphs.editing.pack_texts import read_texts
from graphs.llm.build import Reach
from graphs.packs import load_pack
from graphs.records import BadFile
from graphs.runs import JOURNAL, open_run
from graphs.trials.estimate import TrialEstimate
from graphs.trials.trials import yardstick_differences
from studio.compare.comparing import PLACE, Asked, estimated, planned
from studio.compare.jobs import free_name, launch
from studio.compare.versions import Choice, find_version
from studio.options import parse_prices
from studio.runs.endpoints import Endpoint, most_at_once, options
from studio.workspace import Workspace


class Form(NamedTuple):
    """What was chosen."""

    runs: tuple[str, ...]
    a: Choice
    b: Choice
    states: int
    draws: int
    evaluator: str
    noise_floor: bool
    temperature: float | None
    seed: int
    endpoints: Mapping[str, Endpoint]

    def asked(self, workspace: Workspace) -> Asked:
        runs = [workspace.run(name) for name in self.runs]
        model = options(self.endpoints).model
        return Asked(
            runs, self.a.spec, self.b.spec, self.states, self.draws, self.seed, self.evaluator, self.noise_floor,
            self.temperature, model,
        )  # fmt: skip

    def argv(self, workspace: Workspace) -> list[str]:
        """The options of `kardia compare run`, but for --out."""
        words = [word for name in self.runs for word in ("--runs", str(workspace.run(name)))]
        words += ["--a", self.a.spec, "--b", self.b.spec, "--states", str(self.states), "--draws", str(self.draws)]
        words += ["--seed", str(self.seed)]
        words += ["--evaluator", self.evaluator, "--noise-floor" if self.noise_floor else "--no-noise-floor"]
        words += [] if self.temperature is None else ["--temperature", str(self.temperature)]
        return [*words, *options(self.endpoints).argv, "--concurrency", str(most_at_once(self.endpoints))]


class Difference(NamedTuple):
    """In what two versions differ."""

    files: list[str]
    yardstick: tuple[str, ...]

    @property
    def text(self) -> str:
        """The same for a person, before a cent is spent."""
        if not self.files:
            return "A and B are the same version: this shows what chance alone does."
        differ = f"{', '.join(self.files)} {'differs' if len(self.files) == 1 else 'differ'}."
        read = {"responder.md", "rubric_evaluator.md", "pack.yaml", "safety.yaml"}
        if not read & set(self.files):
            return f"{differ} Neither responder nor evaluator reads that: a difference will be chance."
        return differ


def runs_with_states(workspace: Workspace) -> dict[str, int]:
    """Runs that states can be taken from, with their finished dialogues: the newest first, runs of one dialogue last."""
    found: dict[str, int] = {}
    for path in workspace.runs():
        try:
            if (path / JOURNAL).exists() and (count := _finished(path)):
                found[workspace.name(path)] = count
        except BadFile:
            continue
    return dict(sorted(found.items(), key=lambda one: one[1] == 1))


def _finished(path: Path) -> int:
    journal = open_run(path).journal(readonly=True)
    try:
        return len(journal.finished())
    finally:
        journal.close()


def difference(workspace: Workspace, a: Choice, b: Choice) -> Difference:
    """In what two versions differ; raises WrongUse or BadPack where one cannot be used."""
    with tempfile.TemporaryDirectory(prefix="kardia-") as scratch:
        folders = [find_version(each.spec, [], workspace, Path(scratch)).folder for each in (a, b)]
        packs = [load_pack(str(folder.resolve())) for folder in folders]
        texts = [read_texts(folder) for folder in folders]
    return Difference(files_that_differ(*texts), yardstick_differences(*packs))


def expected(workspace: Workspace, form: Form) -> TrialEstimate:
    """What a comparison would take; calls nothing."""
    whole, single = parse_prices(options(form.endpoints).price)
    reach = Reach(price=whole, prices=single, concurrency=most_at_once(form.endpoints))
    nowhere = workspace.root / PLACE / ".estimate"
    with planned(form.asked(workspace), nowhere, workspace) as plan:
        return estimated(plan, reach, nowhere)


def begin(workspace: Workspace, form: Form) -> str:
    """Start a comparison as a job; returns its name."""
    name = free_name(workspace, _short(form.a), _short(form.b))
    launch(workspace, name, form.argv(workspace))
    return name


def _short(choice: Choice) -> str:
    return f"{choice.spec.partition('@')[0]}-{choice.hash[:4]}"
