"""`kardia`: nouns and verbs, one shape everywhere."""

import os
import sys

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"
os.environ.setdefault("LANGGRAPH_CLI_NO_ANALYTICS", "1")

import typer

from studio.commands import (
    annotate,
    branches,
    chat,
    compare,
    corrections,
    demo,
    evaluate,
    finding,
    jobs,
    packs,
    personas,
    release,
    situations,
    studio,
    synth,
    train_data,
    train_demo,
    train_grpo,
    train_ledger,
    train_serve,
    train_sft,
)
from studio.console import plain_errors

app = typer.Typer(
    name="kardia",
    help="Play, correct, train on and examine dialogues that understand a particular person.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("serve-offline")(demo.serve_offline)
app.command("studio")(studio.studio)
app.add_typer(personas.app, name="personas", help="Who: import profiles, pair them with situations.")
app.add_typer(situations.app, name="situations", help="What happened: import situations.")
for command in (
    branches.branches,
    branches.keep,
    branches.discard,
    jobs.resume,
    jobs.pause,
    jobs.stop,
    jobs.runs,
    finding.find,
    finding.index,
):
    synth.app.command(command.__name__)(command)
app.add_typer(synth.app, name="synth", help="Dialogues: estimate, run, look, replay, fork.")
app.add_typer(compare.app, name="compare", help="Prompts: two versions on the same recorded states.")
for command in (
    corrections.push,
    corrections.pull,
    corrections.export,
    corrections.import_,
    corrections.status,
    corrections.agreement,
    corrections.adjudicate,
):
    annotate.app.command(command.__name__.strip("_"))(command)
app.add_typer(annotate.app, name="annotate", help="People's words: serve Argilla, let annotators in.")
app.add_typer(release.app, name="release", help="The data set: build, check, figures.")
train = typer.Typer(no_args_is_help=True)
for command in (
    train_data.partition,
    train_data.examples,
    train_data.recipes,
    train_sft.sft,
    train_grpo.grpo,
    train_serve.reward_model,
    train_sft.merge,
    train_serve.serve,
    train_ledger.verify_ledger,
    train_ledger.watch,
    train_demo.demo,
):
    train.command(command.__name__.replace("_", "-"))(command)
app.add_typer(train, name="train", help="The policy: difficulty split, examples, SFT, GRPO, its ledger, serving.")
app.add_typer(evaluate.app, name="evaluate", help="The examination: ask a served model, judge, report.")
app.command("chat")(chat.chat)
app.add_typer(packs.app, name="packs", help="Prompts and rubric: check a pack, keep and compare its versions.")


def main() -> None:
    """Run the command line; `--debug` anywhere shows tracebacks."""
    debug = "--debug" in sys.argv or bool(os.environ.get("KARDIA_DEBUG"))
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    with plain_errors(debug):
        app()


if __name__ == "__main__":
    main()
