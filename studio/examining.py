"""From options to an examination: find release, pack and model, freeze the settings, estimate, ask, judge."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, get_args

from graphs.llm.build import Reach
from graphs.llm.prices import cost_text
from graphs.offline import MODEL_NAME
from graphs.packs import load_pack, pack_folder
from graphs.policy_context import HistorySpans
from graphs.prompts import PromptWriter
from graphs.released import DECISIONS, read_report
from graphs.runs import RunConfig, WrongUse
from graphs.schema import one_line
from graphs.session import Interrupted
from measure.examination.answers import ANSWERS, JudgeSettings, Reply
from measure.examination.folder import (
    CONFIG,
    Examination,
    check_frozen,
    dialogues_digest,
    open_examination,
    start_examination,
)
from measure.examination.judging import expected_judging, open_cases
from measure.examination.questions import (
    HISTORIES,
    ExaminationConfig,
    ExaminedDialogue,
    Place,
    majority,
    places,
    question,
    read_dialogues,
)
from measure.examination.report import SystemReport, examination_report
from measure.examination.session import ROLE, Expected, Outcome, expected, still_open
from measure.judge import JudgeSees
from measure.judge_relation import read_manifest
from measure.table2 import CRITERIA, PAPER, PAPER_JUDGE, SOURCE
from studio.console import Exit, give, leave, talk
from studio.running import reaching


class Asked(NamedTuple):
    """What a person wants examined."""

    release: Path
    model: str
    name: str | None = None
    history: str = "both"
    persona: bool = True
    situation: bool = True
    pack: str | None = None
    limit: int | None = None


class Way(NamedTuple):
    """How a model is reached; free to change at every start."""

    base_url: str | None = None
    concurrency: int = 16
    deadline_s: float = 120.0
    retries: int = 6
    price: str | None = None


class Plan(NamedTuple):
    """An examination that could be started."""

    config: ExaminationConfig
    dialogues: list[ExaminedDialogue]
    pack: Path


def planned(asked: Asked) -> Plan:
    """Read and check everything that an examination needs.

    Raises:
        ReleaseError, BadFile, BadPack: the release or the pack is not what it should be.
        WrongUse: a setting cannot be used.
    """
    report = read_report(asked.release)
    dialogues = read_dialogues(asked.release, asked.limit)
    named = asked.pack or report.pack
    pack, folder = load_pack(named), pack_folder(named)
    if pack.digest != report.pack_hash:
        talk(f"{named}: not the version that the release was made with; labels and policy prompt may differ")
    config = ExaminationConfig(
        release=str(asked.release),
        dialogues_hash=dialogues_digest(dialogues),
        dialogues=len(dialogues),
        limit=asked.limit,
        decisions=(asked.release / DECISIONS).exists(),
        model=asked.model,
        name=one_line(asked.name or asked.model),
        histories=_histories(asked.history),
        persona=asked.persona,
        situation=asked.situation,
        max_tokens=pack.templates[ROLE].max_tokens,
        pack=pack.name,
        pack_hash=pack.digest,
        majority=majority(asked.release, dialogues),
        demonstration=report.demonstration or asked.model == MODEL_NAME,
    )
    return Plan(config, dialogues, folder)


def _histories(history: str) -> tuple[HistorySpans, ...]:
    if history == "both":
        return HISTORIES
    for known in HISTORIES:
        if history == known:
            return (known,)
    raise WrongUse(f"--history {history!r}: response, all or both")


@contextmanager
def reached(model: str, way: Way, roles: Sequence[str] = (ROLE, "judge")) -> Generator[Reach]:
    """How a model is reached; the embedded one is started for as long as this lasts."""
    like = RunConfig.model_construct(models=dict.fromkeys(roles, model), demonstration=model == MODEL_NAME)
    base_url, price = ([given] if given else None for given in (way.base_url, way.price))
    with reaching(like, base_url, way.concurrency, way.deadline_s, way.retries, price, 0) as reach:
        yield reach


def begun(plan: Plan, out: Path) -> Examination:
    """Start an examination, or open the one that is there and say so."""
    there = (out / CONFIG).exists()
    examination = start_examination(out, plan.config, plan.dialogues, plan.pack)
    if there:
        talk(f"{out}: resuming")
    return examination


def estimated(plan: Plan, out: Path, reach: Reach) -> Expected:
    """What is still to be asked; checks what a start would refuse, makes nothing and calls nothing."""
    replies = {}
    if (out / CONFIG).exists():
        examination = open_examination(out)
        check_frozen(examination, plan.config)
        replies = _replies(examination)
    every, writer = list(places(plan.dialogues, plan.config.histories)), PromptWriter(load_pack(str(plan.pack)))
    still, by_id = still_open(every, replies), {dialogue.id: dialogue for dialogue in plan.dialogues}
    asked = (question(plan.config, writer, by_id[place.dialogue], place) for place in still)
    return expected(plan.config.model, plan.dialogues, reach, len(every) - len(still), asked)


def _replies(examination: Examination) -> Mapping[Place, Reply]:
    if not (examination.path / ANSWERS).exists():
        return {}
    with closing(examination.answers(readonly=True)) as answers:
        return answers.replies()


def estimated_judging(examination: Examination, settings: JudgeSettings, reach: Reach) -> Expected:
    """What is still to be judged; calls nothing.

    Raises:
        WrongUse: nothing was answered yet, or the judge's prompt has changed.
    """
    with closing(examination.answers(readonly=True)) as answers:
        cases = open_cases(examination, answers, settings)
        judged = sum(marked.marks is not None for marked in answers.marks(settings.name).values())
        return expected_judging(examination, settings, reach, judged, cases)


def expected_text(found: Expected, what: str) -> str:
    """An estimate for people."""
    cost = "cost unknown; give --price IN,OUT" if found.cost_usd is None else f"about {cost_text(found.cost_usd)}"
    return (
        f"{found.calls:,} calls to {what}, {found.answered:,} done; about {found.tokens_in / 1e6:.2f} M tokens read, "
        f"{found.tokens_out / 1e6:.2f} M written, {cost}, {found.hours * 60:.0f} min; nothing was called"
    )


def give_outcome(out: Path, outcome: Outcome, next_step: str, as_json: bool) -> None:
    """Give the result of a session, and leave with the code that stands for how it ended."""
    progress, stopped = outcome.progress, outcome.stopped
    data = {
        "examination": str(out),
        "total": progress.total,
        "finished": progress.finished,
        "failed": progress.failed,
        "calls": progress.calls,
        "cost_usd": outcome.progress.paid_usd,
        "stopped": str(stopped) if stopped else None,
    }
    text = f"{out}: {progress.finished} of {progress.total} done, {progress.failed} failed; {progress.calls} calls now"
    give(data, as_json, lambda: f"{text}\n{next_step}")
    if stopped:
        talk(f"stopped: {stopped}")
        leave(Exit.INTERRUPTED if isinstance(stopped, Interrupted) else Exit.STOPPED)
    if progress.failed:
        leave(Exit.FINDINGS)


def judge_sight(given: str) -> JudgeSees:
    """What a judge is shown, from what was typed."""
    sights: tuple[JudgeSees, ...] = get_args(JudgeSees)
    for known in sights:
        if given == known:
            return known
    raise WrongUse(f"--judge-sees {given!r}: response or reply")


def reported(directories: Sequence[Path], manifests: Sequence[Path]) -> list[SystemReport]:
    """One report for each examination.

    Raises:
        WrongUse: the manifests do not fit the directories, or nothing was answered.
        BadFile: a directory is no examination.
    """
    if manifests and len(manifests) != len(directories):
        raise WrongUse(f"--manifest: {len(manifests)} for {len(directories)} directories; give one for each, in order")
    if twice := [path for path in directories if [one.resolve() for one in directories].count(path.resolve()) > 1]:
        raise WrongUse(f"{twice[0]}: named twice; one row a system")
    known: list[dict[str, Any] | None] = [read_manifest(path) for path in manifests] or [None] * len(directories)
    found: list[SystemReport] = []
    for path, manifest in zip(directories, known, strict=True):
        examination = open_examination(path)
        if not (path / ANSWERS).exists():
            raise WrongUse(f"{path}: nothing was asked yet; give `kardia evaluate run` again")
        found.append(examination_report(examination, manifest))
    return found


def report_data(reports: Sequence[SystemReport]) -> dict[str, Any]:
    """Reports as data, with their rows and the paper's."""
    return {
        "rows": [row.model_dump(mode="json") for report in reports for row in report.rows()],
        "paper": {"source": SOURCE, "judge": PAPER_JUDGE, "criteria": CRITERIA, "rows": [r._asdict() for r in PAPER]},
        "systems": [report.model_dump(mode="json") for report in reports],
    }
