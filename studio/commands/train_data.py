"""`kardia train partition`, `examples`, `recipes`: what training reads, and the settings that ship with it (paper §4)."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from studio.console import Exit, Json, give, leave


class By(StrEnum):
    """What the rates of Eq. 4 count."""

    TURNS = "turns"
    ATTEMPTS = "attempts"


class Subset(StrEnum):
    """Which dialogues."""

    EASY = "easy"
    HARD = "hard"
    ALL = "all"


class Per(StrEnum):
    """What one example holds."""

    TURN = "turn"
    CONVERSATION = "conversation"


class HistorySpans(StrEnum):
    """What earlier replies show."""

    RESPONSE = "response"
    ALL = "all"


def partition(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="A directory made by `kardia release build`.")],
    out: Annotated[Path, typer.Option(help="Where easy.jsonl, hard.jsonl and partition.json go.")],
    by: Annotated[By, typer.Option(help="What the rates count; both are always printed.")] = By.TURNS,
    min_hard: Annotated[int, typer.Option(min=0, help="Fewest examples of a hard set.")] = 256,
    min_hard_share: Annotated[
        float, typer.Option(min=0, max=1, help="Smallest share of dialogues that are hard.")
    ] = 0.05,
    as_json: Json = False,
) -> None:
    """Split train dialogues into easy and hard by their decision paths (Eq. 4). Exit 1: the hard set is too small."""
    from train.examples.partition import partition_release
    from train.examples.partition_report import MinHard, report_text

    limits = MinHard(examples=min_hard, share=min_hard_share)
    report = partition_release(release, out, by=by.value, min_hard=limits)
    give(report.model_dump(mode="json"), as_json, lambda: report_text(report))
    if report.findings:
        leave(Exit.FINDINGS)


def examples(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A partition, its easy.jsonl or hard.jsonl, or a release.")
    ],
    out: Annotated[Path, typer.Option(help="The file of examples.")],
    subset: Annotated[Subset | None, typer.Option(help="Which dialogues of a partition; a release gives all.")] = None,
    per: Annotated[Per, typer.Option(help="One example a turn, or a dialogue with every reply as target.")] = Per.TURN,
    pack: Annotated[
        str | None, typer.Option(help="Policy prompt and labels; the dialogues' pack if not given.")
    ] = None,
    persona: Annotated[bool, typer.Option(help="The policy sees who the user is.")] = True,
    situation: Annotated[bool, typer.Option(help="The policy sees what happened, never its label.")] = True,
    history_spans: Annotated[
        HistorySpans, typer.Option(help="Earlier replies show their response, or all four spans with their labels.")
    ] = HistorySpans.RESPONSE,
    tokenizer: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Count tokens by this model's tokenizer, and guard its tokens.")
    ] = None,
    max_length: Annotated[
        int | None, typer.Option(min=1, help="Longest prompt and target in tokens; the oldest turns go first.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write context-response pairs for training, under the pack's policy prompt (Eq. 5)."""
    from graphs.policy_context import PolicySees
    from train.examples.sources import open_source
    from train.examples.token_report import PolicyTokenizer
    from train.examples.writing import ExampleSettings, examples_text, write_examples

    opened = open_source(source, subset.value if subset else None)
    sees = PolicySees(persona=persona, situation=situation, history_spans=history_spans.value)
    report = write_examples(
        opened,
        out,
        pack=pack or opened.pack,
        settings=ExampleSettings(per=per.value, sees=sees, max_length=max_length),
        tokenizer=PolicyTokenizer(tokenizer) if tokenizer else None,
    )
    give(report.model_dump(mode="json"), as_json, lambda: examples_text(report, out))


def recipes(as_json: Json = False) -> None:
    """List the settings that ship with Kardia: one YAML per backbone and stage, for --config."""
    from train.recipe_list import list_recipes, recipes_text

    found = list_recipes()
    give({"recipes": [recipe.model_dump(mode="json") for recipe in found]}, as_json, lambda: recipes_text(found))
