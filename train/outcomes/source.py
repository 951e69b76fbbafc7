"""Where the outcome reward comes from: the pack's rubric by a judge behind the model door, or an ablation's model (Eq. 12, Table 2)."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from graphs.llm.build import Reach
from graphs.llm.errors import RunRefused
from graphs.llm.limits import Budget
from graphs.llm.prices import FREE, Price
from graphs.offline import MODEL_NAME
from graphs.packs import Pack, load_pack
from measure.judge import Judge, open_judge, prompt_sha256
from train.ledger.ledger import LedgerHeader
from train.outcomes.scoring import Outcome, RubricOutcome
from train.outcomes.second_judge import SecondJudge
from train.settings import GrpoSettings

CACHE = "judge.sqlite"


class JudgePay(NamedTuple):
    """How the judges are paid: free to change at every resume."""

    price: Price | None = None
    """Of the reward's judge, in US dollars per million tokens; None looks it up."""
    budget_usd: float | None = None
    """Of the whole run: both judges, all of its sessions, all processes."""
    second_judge_price: Price | None = None
    """Of the second judge; None looks it up."""


class OutcomeSource(NamedTuple):
    """An outcome, with the judge behind it if there is one."""

    outcome: Outcome
    judge: Judge | None

    async def close(self) -> None:
        """Give the judge's connections back; in the loop that they were made in."""
        if self.judge:
            await self.judge.close()


@contextmanager
def outcome_source(
    settings: GrpoSettings, run: Path, device: str, pay: JudgePay, budget: Budget | None = None
) -> Generator[OutcomeSource]:
    """The outcome that a run's settings name; the embedded judge is started for as long as this lasts.

    Args:
        budget: of the run; of what is no run, one of its own.

    Raises:
        RunRefused, UnknownPrice: the judge cannot be reached or paid as told.
        WrongSettings, ValueError: the ablation's model cannot be loaded.
    """
    if settings.outcome != "rubric":
        yield OutcomeSource(_ablation(settings, device), None)
        return
    budget = budget or Budget(pay.budget_usd)
    with _judge(settings, settings.judge_model, settings.judge_base_url, run, pay.price, budget) as judge:
        yield OutcomeSource(RubricOutcome(judge), judge)


@contextmanager
def second_judge(settings: GrpoSettings, run: Path, pay: JudgePay, budget: Budget) -> Generator[SecondJudge | None]:
    """The second judge, where settings name one.

    Raises:
        RunRefused, UnknownPrice: it cannot be reached or paid as told.
    """
    if not settings.second_judge_model or not settings.second_judge_share or settings.outcome != "rubric":
        yield None
        return
    model, url = settings.second_judge_model, settings.second_judge_base_url
    with _judge(settings, model, url, run, pay.second_judge_price, budget) as judge:
        yield SecondJudge(judge, settings.second_judge_share)


@contextmanager
def _judge(
    settings: GrpoSettings, model: str, given: str | None, run: Path, price: Price | None, budget: Budget
) -> Generator[Judge]:
    with _in_words_of_settings(), judge_url(model, given, settings.seed) as url:
        reach = Reach(
            base_url=url,
            concurrency=settings.judge_concurrency,
            retries=settings.judge_retries,
            deadline_s=settings.judge_deadline_s,
            price=price_of(model, price),
        )
        yield open_judge(load_pack(settings.pack), model, reach, run / CACHE, budget, sees=settings.judge_sees)


@contextmanager
def _in_words_of_settings() -> Generator[None]:
    """Let a refusal speak of settings, where the door to all models speaks of the options of other commands."""
    try:
        yield
    except RunRefused as error:
        said = error.reason.replace("--model", "judge_model").replace("--base-url", "judge_base_url")
        raise RunRefused(error.kind, said) from error


def price_of(model: str, given: Price | None) -> Price | None:
    """The price to reckon with; None is to be looked up. The embedded model costs nothing."""
    return FREE if model == MODEL_NAME and given is None else given


@contextmanager
def judge_url(model: str, given: str | None, seed: int) -> Generator[str | None]:
    """The judge's address; the embedded model without one is started in a process of its own."""
    if model != MODEL_NAME or given:
        yield given
        return
    from graphs.offline.server import start_process

    with start_process(seed=seed) as url:
        yield url


def ledger_header(settings: GrpoSettings) -> LedgerHeader:
    """What the rewards of a run are computed from."""
    pack: Pack = load_pack(settings.pack)
    judged = settings.outcome == "rubric"
    return LedgerHeader(
        pack=pack.name,
        pack_hash=pack.digest,
        rubric=pack.rubric,
        outcome=settings.outcome,
        outcome_model=settings.outcome_name,
        judge_sees=settings.judge_sees if judged else None,
        judge_prompt_sha256=prompt_sha256(pack) if judged else "",
        weights=settings.weights,
        num_generations=settings.num_generations,
        group_std=settings.group_std,
        advantage_epsilon=settings.advantage_epsilon,
    )


def _ablation(settings: GrpoSettings, device: str) -> Outcome:
    if settings.outcome == "embedding":
        from train.outcomes.embedding import EmbeddingOutcome

        return EmbeddingOutcome(settings.outcome_name, device=device)
    from train.outcomes.reward_model import RewardModelOutcome

    return RewardModelOutcome(settings.outcome_name, device=device)
