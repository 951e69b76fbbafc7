"""Having the replies of an examination judged: five criteria for every scored turn, by a judge behind the door (paper §5.1).

The main history setting's replies are judged, with the release's own dialogue before them. An empty reply is not shown to
anybody: it gets the lowest score of every criterion, as a finding (our choice).
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from graphs.llm.build import Reach, build_llm, check_reach
from graphs.llm.errors import Answer
from graphs.llm.limits import Budget
from graphs.llm.prices import cost_usd
from graphs.offline import MODEL_NAME
from graphs.policy_context import dialogue_lines
from graphs.rubric import Rubric
from graphs.runs import WrongUse
from graphs.schema import Mark
from graphs.spans import response_of
from graphs.watching.progress import Progress
from measure.examination.answers import NOTHING_SAID, Answers, JudgeSettings, Marked
from measure.examination.folder import Examination
from measure.examination.questions import asked_at
from measure.examination.session import CHARS_PER_TOKEN, ExaminationMeans, Expected, Outcome, hours
from measure.examination.workers import each
from measure.judge import ROLE, Judge, JudgeSees, Shown, prompt_sha256, shown_reply
from measure.score_cache import ScoreCache

CACHE = "judge.sqlite"
WRITTEN_TOKENS = 60
"""What a judge is taken to write for each criterion: evidence, reason, score."""


class Case(NamedTuple):
    """One reply to judge."""

    dialogue: str
    turn: int
    shown: Shown


def judge_settings(examination: Examination, model: str, sees: JudgeSees) -> JudgeSettings:
    """What is frozen for a judge."""
    own = prompt_sha256(examination.pack)
    return JudgeSettings(model=model, sees=sees, prompt_sha256=own, demonstration=model == MODEL_NAME)


def open_cases(examination: Examination, answers: Answers, settings: JudgeSettings) -> list[Case]:
    """Replies that this judge has not scored yet; those on which it failed are shown again.

    Raises:
        WrongUse: nothing was answered yet, or this judge's prompt has changed.
    """
    for before in answers.judges():
        if before.name == settings.name and before != settings:
            raise WrongUse(
                f"{examination.path}: {before.name} judged before under another prompt "
                f"({before.prompt_sha256[:12]} there, {settings.prompt_sha256[:12]} now); start a new examination"
            )
    done = {place for place, marked in answers.marks(settings.name).items() if marked.marks is not None}
    cases = list(_cases(examination, answers))
    if not cases:
        raise WrongUse(f"{examination.path}: nothing was answered yet; give `kardia evaluate run` again first")
    return [case for case in cases if (case.dialogue, case.turn) not in done]


def _cases(examination: Examination, answers: Answers) -> Iterator[Case]:
    replies, histories = answers.replies(), examination.config.histories
    for dialogue in examination.dialogues:
        row = dialogue.row
        for turn in dialogue.scored:
            reply = replies.get(asked_at(dialogue.id, turn, histories[0], histories))
            if reply and reply.text is not None:
                shown = Shown(dialogue.person, dialogue.situation, dialogue_lines(row, turn), reply.text)
                yield Case(dialogue.id, turn, shown)


def expected_judging(
    examination: Examination, settings: JudgeSettings, reach: Reach, judged: int, cases: Sequence[Case]
) -> Expected:
    """What judging would take: prompts are counted; an answer is taken to have WRITTEN_TOKENS a criterion."""
    asked = [case for case in cases if _says_something(case)]
    prompts = (
        examination.writer.judge_text("0" * 16, *case.shown[:3], shown_reply(case.shown.reply, settings.sees))
        for case in asked
    )
    read = sum(len(prompt.system) + len(prompt.user) for prompt in prompts) // CHARS_PER_TOKEN
    written = len(asked) * WRITTEN_TOKENS * len(examination.pack.rubric.criteria)
    price = cost_usd(settings.model, Answer("", read, written), reach.price_of(ROLE))
    return Expected(len(asked), judged, read, written, price, hours(len(asked), written, reach.concurrency))


def have_judged(
    examination: Examination,
    settings: JudgeSettings,
    means: ExaminationMeans,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Outcome:
    """Have everything judged that this judge has not scored yet.

    Raises:
        RunInUse: another process writes it.
        WrongUse: nothing was answered yet, or the judge's prompt has changed.
        RunRefused: a key, model or address is wrong.
        UnknownPrice: a budget is set and the model's price is not known.
    """
    check_reach({ROLE: settings.model}, means.reach, means.budget_usd)
    with examination.lock():
        answers = examination.answers()
        try:
            cases = open_cases(examination, answers, settings)
            answers.keep_judge(settings)
            return asyncio.run(_judge(examination, settings, answers, cases, means, tell))
        finally:
            answers.close()


async def _judge(
    examination: Examination,
    settings: JudgeSettings,
    answers: Answers,
    cases: Sequence[Case],
    means: ExaminationMeans,
    tell: Callable[[Progress], None],
) -> Outcome:
    marks = answers.marks(settings.name)
    scored = sum(marked.marks is not None for marked in marks.values())
    budget = Budget(means.budget_usd, sum(marked.cost_usd or 0.0 for marked in marks.values()))
    llm = build_llm({ROLE: settings.model}, means.reach, budget)
    cache = ScoreCache(examination.path / CACHE)
    judge = Judge(examination.pack, llm, cache, model=settings.model, sees=settings.sees)
    progress = Progress(
        scored + len(cases),
        finished=scored,
        finished_before=scored,
        cost_usd=budget.spent_usd,
        priced=means.reach.prices_all({ROLE: settings.model}),
    )

    async def score(case: Case) -> None:
        marked = await _scored(judge, case)
        answers.keep_marks(settings.name, marked)
        progress.calls += 1
        progress.finished += marked.marks is not None
        progress.failed += marked.marks is None
        progress.cost_usd = budget.spent_usd
        tell(progress)

    tell(progress)
    try:
        stopped = await each(cases, score, means.reach.concurrency, llm.stop)
        return Outcome(progress, stopped)
    finally:
        await judge.close()


async def _scored(judge: Judge, case: Case) -> Marked:
    if not _says_something(case):
        return Marked(case.dialogue, case.turn, _lowest(judge.rubric), cost_usd=0.0)
    judged = await judge.score(case.shown)
    return Marked(case.dialogue, case.turn, judged.marks, judged.failure, judged.cost_usd)


def _says_something(case: Case) -> bool:
    return bool(response_of(case.shown.reply).strip())


def _lowest(rubric: Rubric) -> dict[str, Mark]:
    mark = Mark(evidence="none", reason=NOTHING_SAID, score=rubric.scale.min)
    return dict.fromkeys(rubric.criteria, mark)
