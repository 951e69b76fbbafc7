"""Settings of a training stage: one flat YAML in TRL's field names, with fields of our own beside them (paper §5.1, App. B.1).

Defaults are the paper's; where it is silent they are our choice, said at the field.
"""

import difflib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

from pydantic import Field, ValidationError, model_validator

from graphs.schema import Record
from graphs.strict_yaml import BadYaml, load_yaml
from train.rewards import Part
from train.rows import OutcomeKind
from train.stages import Stage, WrongSettings
from train.trl_fields import checked_fields, defaults, names

RECIPES = Path(__file__).parent / "recipes"

EMBEDDING_MODEL = "Qwen/Qwen3-Embedding-0.6B"
REWARD_MODEL = "Skywork/Skywork-Reward-V2-Llama-3.1-8B"
"""What the ablations of Table 2 use (App. B.1)."""


class ModelSettings(Record):
    """Which model is trained, and how much of it; names are those of TRL's ModelConfig."""

    model_name_or_path: str = Field(min_length=1)
    """A folder, a name on the Hub, or a folder that holds an adapter, whose base is then loaded with it."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Of the weights as loaded. `auto` is bfloat16 under an adapter on a GPU, else float32: whole models keep
    float32 weights under mixed precision (our choice)."""
    attn_implementation: str | None = None
    use_peft: bool = False
    lora_r: int = Field(default=16, ge=1)
    lora_alpha: int = Field(default=32, ge=1)
    lora_dropout: float = Field(default=0.0, ge=0, lt=1)
    lora_target_modules: str | tuple[str, ...] = "all-linear"
    load_in_4bit: bool = False
    """QLoRA: the frozen base in 4-bit NF4."""

    @model_validator(mode="after")
    def _four_bits_need_an_adapter(self) -> "ModelSettings":
        if self.load_in_4bit and not self.use_peft:
            raise ValueError("load_in_4bit: a 4-bit base cannot be trained itself; set use_peft: true")
        return self


class StageSettings(Record):
    """What every stage has: the model, TRL's own fields, and the global batch."""

    model: ModelSettings
    trl: dict[str, Any] = Field(default_factory=dict)
    """Fields of TRL's config as given, the paper's defaults filled in. What the machine decides (bf16, use_cpu) is
    left open here unless given."""
    global_batch: int = Field(default=128, ge=1)
    """Sequences per optimiser step over all processes; gradient_accumulation_steps follows from it."""

    @property
    def per_optimiser_step(self) -> int:
        """Sequences that go through the model per optimiser step, over all processes."""
        return self.global_batch

    @property
    def seed(self) -> int:
        return int(self.trl["seed"])

    def accumulation(self, processes: int) -> int:
        """gradient_accumulation_steps for so many processes.

        Raises:
            WrongSettings: the batch does not divide.
        """
        at_once = int(self.trl["per_device_train_batch_size"]) * processes
        if self.per_optimiser_step % at_once:
            raise WrongSettings(
                f"global_batch: {self.per_optimiser_step} sequences a step are not divisible by "
                f"per_device_train_batch_size {at_once // processes} x {processes} processes; change one of them"
            )
        return self.per_optimiser_step // at_once

    def flat(self) -> dict[str, Any]:
        """All settings in one mapping, as a YAML file would give them."""
        own = self.model_dump(mode="json", exclude={"model", "trl"})
        return {**self.model.model_dump(mode="json"), **own, **dict(sorted(self.trl.items()))}


class SftSettings(StageSettings):
    """Cold-start SFT (Eq. 5, §5.1): two epochs, AdamW, 1e-4, global batch 128."""

    @model_validator(mode="after")
    def _packs_into_a_length(self) -> "SftSettings":
        if self.trl.get("packing") and not self.trl.get("max_length"):
            raise ValueError("max_length: packing fills sequences of a length; give one")
        return self


class RewardModelSettings(StageSettings):
    """A reward model from preferences (the RLHF row of Table 2); the paper gives no numbers, these are our choice."""

    global_batch: int = Field(default=64, ge=1)


class GrpoSettings(StageSettings):
    """Rubric-as-judge RL (Eq. 6-12, §5.1): two epochs, 1e-6, N = 8, global batch 32."""

    pack: str = "kardia"
    """The pack whose judge prompt and rubric score the candidates."""
    global_batch: int = Field(default=32, ge=1)
    global_batch_counts: Literal["completions", "prompts"] = "completions"
    """The paper does not say what its 32 counts."""
    lambda_format: float = Field(default=1 / 3, ge=0, le=1)
    lambda_emotion: float = Field(default=1 / 3, ge=0, le=1)
    lambda_outcome: float = Field(default=1 / 3, ge=0, le=1)
    outcome: OutcomeKind = "rubric"
    outcome_model: str = ""
    """The ablation's model; empty is the paper's (App. B.1)."""
    judge_model: str = Field(default="Qwen/Qwen3-8B", min_length=1)
    judge_base_url: str | None = None
    judge_sees: Literal["response", "reply"] = "response"
    """§4 scores "the final response span"; its fluency criterion also speaks of the reasoning."""
    judge_concurrency: int = Field(default=16, ge=1, le=4096)
    judge_retries: int = Field(default=6, ge=0)
    judge_deadline_s: float = Field(default=120.0, gt=0, allow_inf_nan=False)
    """Longest time of one call, of either judge."""
    second_judge_model: str = ""
    """Scores a share of the candidates too, for agreement only: it never moves the policy."""
    second_judge_base_url: str | None = None
    second_judge_share: float = Field(default=0.1, ge=0, le=1)
    max_failed_share: float = Field(default=0.2, ge=0, le=1)
    """Above this share of failed outcomes the run stops with the reason."""
    held_out: float = Field(default=0.05, ge=0, lt=1)
    """Share of the personas, at least one, whose examples choose the best checkpoint; 0 holds none out."""
    held_out_every: int = Field(default=50, ge=1)
    """Steps between two looks at the held-out slice."""
    group_std: Literal["population", "sample"] = "population"
    """Eq. 6 divides by N; TRL takes Bessel's correction."""
    advantage_epsilon: float = Field(default=1e-4, gt=0, le=1)
    """ε of Eq. 6, which the paper leaves open; TRL's value. Above 1, the whole range of rewards, it would flatten them all."""
    ratio: Literal["generation", "reference"] = "generation"
    """Which policy stands below in ρ: that at generation time, as GRPO has it, or π_θ0 as Eq. 8 writes."""

    @property
    def num_generations(self) -> int:
        """N: candidates per prompt."""
        return int(self.trl["num_generations"])

    @property
    def beta(self) -> float:
        return float(self.trl["beta"])

    @property
    def per_optimiser_step(self) -> int:
        return self.global_batch * (self.num_generations if self.global_batch_counts == "prompts" else 1)

    @property
    def weights(self) -> dict[Part, float]:
        """λ of Eq. 9 by reward part."""
        return {"format": self.lambda_format, "emotion": self.lambda_emotion, "outcome": self.lambda_outcome}

    @property
    def outcome_name(self) -> str:
        """The model that gives the outcome reward."""
        ablation = EMBEDDING_MODEL if self.outcome == "embedding" else REWARD_MODEL
        return self.judge_model if self.outcome == "rubric" else self.outcome_model or ablation

    @model_validator(mode="after")
    def _fits(self) -> "GrpoSettings":
        if not math.fsum(self.weights.values()):
            raise ValueError("lambda_format: all three weights are 0, so no candidate is better than another")
        if self.num_generations < 2:
            raise ValueError("num_generations: a group of one has no variance; give 2 or more")
        if self.per_optimiser_step % self.num_generations:
            raise ValueError(
                f"global_batch: {self.global_batch} completions hold no whole number of groups of num_generations "
                f"{self.num_generations}"
            )
        return self


S = TypeVar("S", bound=StageSettings)
STAGES: dict[Stage, type[StageSettings]] = {
    "sft": SftSettings,
    "grpo": GrpoSettings,
    "reward_model": RewardModelSettings,
}


@overload
def read_settings(stage: Literal["sft"], config: str | None, overrides: Mapping[str, str]) -> SftSettings: ...
@overload
def read_settings(stage: Literal["grpo"], config: str | None, overrides: Mapping[str, str]) -> GrpoSettings: ...
@overload
def read_settings(
    stage: Literal["reward_model"], config: str | None, overrides: Mapping[str, str]
) -> RewardModelSettings: ...
def read_settings(stage: Stage, config: str | None, overrides: Mapping[str, str]) -> StageSettings:
    """Read a stage's settings: a file or a recipe's name, then the overrides, each value read as YAML.

    Raises:
        WrongSettings: names the field, or the file that cannot be read.
    """
    given = (_read(config) if config else {}) | {name: _yaml(name, text) for name, text in overrides.items()}
    if (said := given.pop("stage", stage)) != stage:
        raise WrongSettings(f"stage: {config or '--set'} is for {said!r}, not {stage!r}; name another --config")
    return settings_of(stage, given)


def settings_of(stage: Stage, given: Mapping[str, Any]) -> StageSettings:
    """The settings of a stage from one flat mapping.

    Raises:
        WrongSettings: names the field.
    """

    kind = STAGES[stage]
    own = set(kind.model_fields) - {"model", "trl"}
    _refuse_unknown(given, {*ModelSettings.model_fields, *own, *names(stage)})
    model = _record(ModelSettings, {name: given[name] for name in ModelSettings.model_fields if name in given})
    ours = {name: given[name] for name in own if name in given}
    trl = {name: value for name, value in given.items() if name not in own and name not in ModelSettings.model_fields}
    return _record(kind, {"model": model, "trl": defaults(stage) | checked_fields(stage, trl), **ours})


def config_path(config: str) -> Path:
    """The file that `--config` means: a path, or the name of a recipe.

    Raises:
        WrongSettings: there is neither.
    """
    for path in (Path(config), RECIPES / f"{config}.yaml"):
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in RECIPES.glob("*.yaml")))
    raise WrongSettings(f"config: no file {config} and no recipe of that name; recipes: {known or 'none'}")


def _read(config: str) -> dict[str, Any]:
    path = config_path(config)
    try:
        raw = load_yaml(path.read_text(encoding="utf-8"))
    except BadYaml as error:
        raise WrongSettings(f"{path}:{error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSettings(f"{path}: cannot be read ({error})") from error
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise WrongSettings(f"{path}: a {type(raw).__name__} instead of fields; write `name: value` lines")
    return {str(name): value for name, value in raw.items()}


def _yaml(name: str, text: str) -> Any:
    try:
        return load_yaml(text)
    except BadYaml as error:
        raise WrongSettings(f"{name}: {text!r} is {error.message}") from error


def _refuse_unknown(given: Mapping[str, Any], known: set[str]) -> None:
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise WrongSettings(f"{name}: unknown" + (f"; did you mean {close[0]}?" if close else "; drop it"))


R = TypeVar("R", bound=Record)


def _record(kind: type[R], values: Mapping[str, Any]) -> R:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        what = first["msg"].removeprefix("Value error, ")
        where = ".".join(map(str, first["loc"]))
        raise WrongSettings(f"{where}: {what}" if where else what) from error
