"""Rubric-as-judge RL: GRPO on the hard set with the unified reward (paper §4 Eq. 6-12, §5.1), by TRL's GRPOTrainer.

Two epochs, 1e-6, N = 8, global batch 32, KL to the SFT model.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from train.examples.writing import read_examples
from train.groups.callbacks import Keeper
from train.groups.checks import check_grpo, trainable
from train.groups.set_up import Judges, load, run_session
from train.outcomes.source import JudgePay, ledger_header, outcome_source, second_judge
from train.outcomes.spending import RunBudget
from train.rows import TrainingExample
from train.running.run_folder import SPENDING
from train.running.session import Ended, Session, examples_data, training_session
from train.settings import GrpoSettings, read_settings

UNPRICED = JudgePay()


def train_grpo(
    config: str | None, examples: Path, out: Path, overrides: Mapping[str, str], pay: JudgePay = UNPRICED
) -> Ended:
    """Train on a file of examples from the SFT model, or go on with the run in `out`.

    Raises:
        WrongSettings: names the field.
        BadFile, WrongExamples: the examples cannot be read.
        RunInUse: another process trains in `out`.
        RunStopped: too many outcomes failed, the budget is spent, or the judge is gone; the same command resumes.
        RunRefused: the judge will answer nothing until a setting changes.
    """
    settings = read_settings("grpo", config, overrides)
    check_grpo(settings, cuda=torch.cuda.is_available())
    rows = list(read_examples(examples)[1])
    trainable(rows)
    data = examples_data(examples, settings.model.model_name_or_path)
    return training_session(out, "grpo", settings, data, lambda session: _train(session, settings, rows, pay))


def _train(session: Session, settings: GrpoSettings, rows: Sequence[TrainingExample], pay: JudgePay) -> Ended:
    out, args = session.run.path, session.args
    budget = RunBudget(out / SPENDING, pay.budget_usd)
    budget.total_usd()  # a damaged line is refused before anything is loaded
    keeper = Keeper(session.run, ledger_header(settings), session.from_step, is_main=args.process_index == 0)
    loaded = load(settings, rows, args.world_size, int(args.seed))
    with (
        outcome_source(settings, out, str(args.device), pay, budget) as source,
        second_judge(settings, out, pay, budget) as second,
    ):
        return run_session(settings, session, loaded, Judges(source, second), budget, keeper)
