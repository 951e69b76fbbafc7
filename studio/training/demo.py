"""The demonstration of training: from played dialogues to a trained policy and its first figures, in minutes on two cores.

Every step is the one that `kardia` has for it; only sizes are small. It shows that the mechanism works and what its files
look like. It does not show a good helper: the model has a million parameters and has read nothing else.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from graphs.offline import MODEL_NAME
from studio.training.curves import REWARDS, figure, sparkline
from studio.training.demo_data import LABELS, Data, make_data, play_dialogues
from studio.training.demo_progress import Way
from studio.training.demo_test import Answers, answered
from studio.training.measured import HELD_OUT, Measured, read_measured

SHARES = {"dialogues": 8, "data": 8, "sft": 24, "grpo": 56, "test": 4}
"""What each part takes of the whole way, about; times to go are told by it."""
_TOLD = (
    "What this shows: the way works, SFT teaches the four spans, and GRPO moves the reward that it is given. What it does not "
    f"show: a helper. The model has a million parameters and knows {len(LABELS)} feelings and six situations. The judge is the "
    "embedded rule-based model, and it is the one that gave the reward. Unseen personas share their situations with the "
    "others, and so few answers leave wide intervals. An examination of a real policy: kardia evaluate (docs/guide-training.md)."
)


class Sizes(NamedTuple):
    """How small the demonstration is."""

    dialogues: int = 240
    sft_steps: int = 130
    grpo_steps: int = 40
    test_answers: int = 48


class Trained(NamedTuple):
    """The demonstration's results, and as text."""

    data: dict[str, Any]
    text: str
    stopped: int
    """The exit code of a stage that was stopped; 0 where all went to its end."""


def train_demo(out: Path, seed: int, talk: Callable[[str], None], sizes: Sizes | None = None) -> Trained:
    """Play, split, train by SFT and GRPO, and test; the same arguments again go on where they stopped."""
    from train.running.command_line import exit_code

    _quiet()
    sizes, way = sizes or Sizes(), Way(SHARES, talk)
    with way.part("dialogues", f"playing {sizes.dialogues} dialogues of {len(LABELS)} feelings on the embedded model"):
        run = play_dialogues(out, sizes.dialogues, seed)
    with way.part("data", "release, easy and hard by Eq. 4, examples, and a model made on the spot"):
        data = make_data(out, run, lambda folder, texts: _make_model(folder, texts, seed))
    talk(_split(data))
    for stage, train in (("sft", _sft), ("grpo", _grpo)):
        with way.part(stage, f"{stage.upper()} into {out / stage}", out / stage):
            ended = train(out, data, seed, sizes)
        if code := exit_code(ended):
            return Trained({"stopped": stage}, f"stopped in {stage}; the same command goes on", code)
    with way.part("test", "answering turns of personas that neither stage has seen"):
        found = _tested(out, data, seed, sizes)
    pictures = draw_curves(out, talk)
    text = report(out, data, found, pictures, way.told())
    (out / "README.md").write_text(text + "\n", encoding="utf-8")
    return Trained(_data(out, found, pictures), text, 0)


def _make_model(folder: Path, texts: list[str], seed: int) -> None:
    from train.tiny import make_policy

    make_policy(folder, texts, seed=seed, vocabulary=1536, width=128, layers=2, positions=1024)


def _sft(out: Path, data: Data, seed: int, sizes: Sizes) -> Any:
    from train.sft import train_sft

    settings = {"model_name_or_path": out / "model", "max_steps": sizes.sft_steps, "learning_rate": 5e-3,
                "warmup_steps": 20, "global_batch": 8, "per_device_train_batch_size": 8, "max_length": 1024,
                "adam_beta2": 0.95, "logging_steps": 10, **_SMALL, "seed": seed}  # fmt: skip
    return train_sft(None, data.easy, out / "sft", _texts(settings))


def _grpo(out: Path, data: Data, seed: int, sizes: Sizes) -> Any:
    from train.grpo import train_grpo

    return train_grpo(None, data.hard, out / "grpo", _texts(_grpo_settings(out, data, seed, sizes)))


def _grpo_settings(out: Path, data: Data, seed: int, sizes: Sizes) -> dict[str, Any]:
    return {"model_name_or_path": out / "sft" / "final", "pack": data.pack, "max_steps": sizes.grpo_steps,
            "learning_rate": 4e-4, "warmup_steps": 3, "adam_beta2": 0.95, "lr_scheduler_type": "constant_with_warmup", "num_generations": 8, "global_batch": 32,
            "per_device_train_batch_size": 32, "beta": 0.01, "max_completion_length": 112, "judge_model": MODEL_NAME,
            "held_out": 0.25, "held_out_every": max(1, sizes.grpo_steps // 5), **_SMALL, "seed": seed}  # fmt: skip


_SMALL = {"gradient_checkpointing": False, "save_steps": 1000}


def _texts(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings as `--set` gives them."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in settings.items()}


def _tested(out: Path, data: Data, seed: int, sizes: Sizes) -> dict[str, Answers]:
    from train.settings import read_settings

    settings = read_settings("grpo", None, _texts(_grpo_settings(out, data, seed, sizes)))
    models = {"untrained": out / "model", "SFT": out / "sft" / "final", "GRPO": out / "grpo" / "final"}
    return answered(models, data.unseen, settings, sizes.test_answers, out / "test")


def _split(data: Data) -> str:
    sizes = data.partition.sizes["turns"]
    small = " (fewer than a real run needs)" if data.partition.findings else ""
    return f"   {sizes.easy.examples:,} easy examples for SFT, {sizes.hard.examples:,} hard ones for GRPO{small}"


def draw_curves(out: Path, talk: Callable[[str], None]) -> list[Path]:
    """The curves of both stages as a page and as PNG in `out`; none where the studio's libraries are not installed."""
    try:
        from studio.training.demo_pictures import write_curves
    except ModuleNotFoundError as error:
        talk(f"   no pictures: they need {error.name}; pip install -e '.[studio]'")
        return []
    return write_curves({stage: read_measured(out / stage) for stage in ("sft", "grpo")}, out)


def report(out: Path, data: Data, found: Mapping[str, Answers], pictures: list[Path], took: str) -> str:
    """What came of it: curves as text, the figures on test, what they mean, where things lie."""
    sft, grpo = read_measured(out / "sft"), read_measured(out / "grpo")
    lines = ["Curves, from the first step to the last:", _line("SFT loss", sft, "loss")]
    for panel in REWARDS:
        lines += [_line(f"GRPO {panel.title.lower()}", grpo, panel.metric, (0, 1)), *_held_out(grpo, panel.metric)]
    some = next(iter(found.values()), None)
    lines += [
        "",
        f"On {some.answers if some else 0} turns of personas that neither stage has seen, temperature 0:",
        *_table(found),
    ]
    lines += ["", _TOLD, took, "", "What next:"]
    lines += [f"  kardia train verify-ledger {out / 'grpo'}      every reward and advantage, recomputed"]
    lines += [
        "  kardia studio                                   the page Train: curves, samples with the judge's reasons"
    ]
    lines += [f"  pictures: {', '.join(path.name for path in pictures)} in {out}"] if pictures else []
    return "\n".join(lines)


def _line(title: str, measured: Measured, name: str, domain: tuple[float, float] | None = None) -> str:
    points = measured.train.get(name, [])
    if not points:
        return f"  {title:14} nothing measured"
    few = max(1, len(points) // 5)
    first, last = (sum(point.value for point in part) / few for part in (points[:few], points[-few:]))
    return f"  {title:14} {figure(first)} to {figure(last)}  {sparkline(points, 36, domain)}"


def _held_out(measured: Measured, name: str) -> list[str]:
    points = measured.of(HELD_OUT).get(name, [])
    told = ", ".join(f"{figure(point.value)} at step {point.step:.0f}" for point in points)
    return [f"  {'  held out':14} {told}"] if told else []


def _table(found: Mapping[str, Answers]) -> list[str]:
    head = f"  {'':10} {'format kept':>12} {'gold label':>12} {'judge':>12} {'reward':>12}"
    rows = [
        f"  {name:10} {figure(one.format):>12} {figure(one.emotion):>12} {figure(one.outcome):>12} {figure(one.reward):>12}"
        for name, one in found.items()
    ]
    return [head, *rows]


def _data(out: Path, found: Mapping[str, Answers], pictures: list[Path]) -> dict[str, Any]:
    curves = {stage: read_measured(out / stage).train for stage in ("sft", "grpo")}
    ends = {
        stage: {name: [points[0].value, points[-1].value] for name, points in metrics.items()}
        for stage, metrics in curves.items()
    }
    tested = {name: one._asdict() for name, one in found.items()}
    return {"out": str(out), "first_and_last": ends, "test": tested, "pictures": [str(path) for path in pictures]}


def _quiet() -> None:
    """No bars and no advice of the libraries between our own lines."""
    import warnings

    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    warnings.filterwarnings("ignore", category=FutureWarning)
