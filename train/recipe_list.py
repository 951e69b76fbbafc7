"""The settings that ship with Kardia: one YAML per backbone and stage, and the ablations of Table 2 (paper §5.1)."""

from graphs.schema import Record
from graphs.strict_yaml import load_yaml
from train.settings import RECIPES
from train.stages import Stage


class Recipe(Record):
    """One recipe, as it is named to --config."""

    name: str
    stage: Stage
    model: str
    about: str
    """Its first line."""


def list_recipes() -> list[Recipe]:
    """All recipes: the backbones' in the order of the paper's two stages, then the others."""
    found: list[Recipe] = []
    for path in RECIPES.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        fields = load_yaml(text)
        about = text.partition("\n")[0].removeprefix("#").strip()
        found.append(Recipe(name=path.stem, stage=fields["stage"], model=fields["model_name_or_path"], about=about))
    stages = ("sft", "grpo", "reward_model")
    return sorted(found, key=lambda one: ("ablation" in one.name, stages.index(one.stage), one.name))


def recipes_text(recipes: list[Recipe]) -> str:
    """The recipes for people, with the command that takes one."""
    width = max(len(recipe.name) for recipe in recipes)
    lines = [f"{recipe.name:{width}}  {recipe.about}" for recipe in recipes]
    last = (
        f"\nfiles: {RECIPES}; several GPUs: {RECIPES / 'accelerate'}"
        "\nuse: kardia train sft --config NAME, and --set field=value; --dry-run says memory and time first"
    )
    return "\n".join(lines) + last
