"""`kardia annotate push|pull|export|import|status|agreement|adjudicate`: tasks out, answers in, the gold turns."""

from pathlib import Path
from typing import Annotated

import typer

from studio.commands.annotate import HomePath, Url, reach
from studio.commands.evaluate import BudgetUsd, Concurrency, Deadline, DryRun, PriceOption, Retries
from studio.console import Exit, Json, give, leave

ProjectPath = Annotated[Path, typer.Argument(metavar="PROJECT", help="A project's directory, made by `annotate push`.")]


def push(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Runs whose test dialogues are to be looked at.")],
    to: Annotated[Path, typer.Option(help="The project's directory; a later push adds to it.")],
    overlap: Annotated[
        int | None,
        typer.Option(min=1, max=10, help="How many annotators look at each turn; 1, or what the project has."),
    ] = None,
    annotators: Annotated[
        int | None,
        typer.Option(min=1, max=99, help="Let ann-1 to ann-N in, and print the passwords of new accounts, once."),
    ] = None,
    dialogues: Annotated[int | None, typer.Option(min=1, help="The first so many dialogues only.")] = None,
    files_only: Annotated[
        bool, typer.Option("--files-only", help="Talk to no Argilla; see `annotate export`.")
    ] = False,
    url: Url = None,
    home: HomePath = None,
    as_json: Json = False,
) -> None:
    """Make tasks of the test dialogues that passed screening, one a turn, and bring them to Argilla."""
    from annotation.boards import WORKSPACE
    from annotation.project import Project
    from studio.annotate.exchanging import check_overlap, push_runs, push_to
    from studio.workspace import open_workspace

    if annotators and files_only:
        raise ValueError("--annotators: makes accounts in Argilla, and --files-only talks to none; leave one out")
    check_overlap(overlap, annotators)
    is_new = not to.exists()
    added = push_runs(to, runs, overlap, dialogues)
    data = {"project": str(to), "tasks": added.tasks, "new": added.new}
    lines = [f"{to}: {added.tasks} turns, {added.new} of them new"]
    if not files_only:
        with reach(url, home) as argilla:
            sent = push_to(argilla, Project(to), open_workspace(), is_new=is_new)
            passwords = argilla.ensure_annotators(annotators, WORKSPACE) if annotators else {}
        data |= {**sent._asdict(), "passwords": passwords}
        lines.append(f"in Argilla: {sent.tasks} turns, {sent.second_round} to discuss, {sent.returned} sent back")
        lines += [f"{name}: {password}  (printed once)" for name, password in passwords.items()]
    give(data, as_json, lambda: "\n".join(lines))


def pull(project: ProjectPath, url: Url = None, home: HomePath = None, as_json: Json = False) -> None:
    """Take the answers in, settle what is agreed on, and send back what cannot stand or is disputed."""
    from annotation.project import Project
    from studio.annotate.exchanging import pull_from, pulled_text
    from studio.annotate.standing import standing, standing_text
    from studio.workspace import open_workspace

    opened = Project(project)
    with reach(url, home) as argilla:
        pulled = pull_from(argilla, opened, open_workspace())
    data = {**pulled._asdict(), **standing(opened)._asdict()}
    give(data, as_json, lambda: f"{pulled_text(pulled)}\n{standing_text(opened)}")


def export(
    project: ProjectPath,
    out: Annotated[Path, typer.Option(help="A file ending in .csv or .jsonl.")],
    disputed: Annotated[bool, typer.Option("--disputed", help="Only turns that are to be discussed again.")] = False,
    annotator: Annotated[
        str | None, typer.Option(help="With --disputed: whose turns, under the pseudonym of their answers.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the tasks to a file that an annotator fills in."""
    from annotation.files import write_tasks
    from annotation.project import Project
    from studio.annotate.exchanging import write_discussed

    if disputed != (annotator is not None):
        raise ValueError(
            "--disputed and --annotator NAME go together: each gets their own answers back to keep or change"
        )
    opened = Project(project)
    written = write_discussed(opened, out, annotator) if annotator else write_tasks(opened, out, opened.tasks.values())
    give({"file": str(out), "tasks": written}, as_json, lambda: f"{out}: {written} tasks")


def import_(
    project: ProjectPath,
    file: Annotated[Path, typer.Argument(help="What the annotator filled in.")],
    annotator: Annotated[str, typer.Option(help="The annotator's pseudonym.")],
    round_: Annotated[int, typer.Option("--round", min=1, max=2, help="2 for turns that were discussed.")] = 1,
    as_json: Json = False,
) -> None:
    """Take in a file that an annotator filled in; what cannot stand is listed, and the rest is kept."""
    from annotation.project import Project
    from studio.annotate.exchanging import take_file
    from studio.annotate.standing import standing_text

    opened = Project(project)
    taken, older, results = take_file(opened, file, annotator, round_)
    mine = [fault for fault in results.faults if fault.answer.annotator == annotator]
    lines = [f"{older} rows are older than what is on record and were passed over"] if older else []
    lines += [f"{fault.answer.task}: {message}" for fault in mine for message in fault.messages]
    data = {
        "taken": taken,
        "older": older,
        "faults": [{"task": f.answer.task, "messages": list(f.messages)} for f in mine],
    }
    give(data, as_json, lambda: "\n".join([f"{taken} answers new or changed", *lines, standing_text(opened)]))
    if mine:
        leave(Exit.FINDINGS)


def status(project: ProjectPath, as_json: Json = False) -> None:
    """Show where a project stands: settled, waiting, disputed, and each annotator's answers."""
    from annotation.project import Project
    from studio.annotate.standing import disputes, standing, standing_text

    opened = Project(project)
    opened.write_if_behind()
    found = disputes(opened)
    lines = [f"  disputed {one['task']}: {'; '.join(one['reasons'])}" for one in found]
    lines += [f"see one: kardia annotate adjudicate {project} TASK"] if found else []
    data = {**standing(opened)._asdict(), "disputes": found}
    give(data, as_json, lambda: "\n".join([standing_text(opened), *lines]))


def agreement(project: ProjectPath, as_json: Json = False) -> None:
    """Show how far annotators agree, what looks odd about single ones, and how they score with and without turns after a correction."""
    from annotation.project import Project
    from studio.annotate.agreeing import agreement_report, agreement_text

    report = agreement_report(Project(project))
    data = {**report._asdict(), "scores": report.scores._asdict()}
    give(data, as_json, lambda: agreement_text(report))


def adjudicate(
    project: ProjectPath,
    task: Annotated[
        str | None, typer.Argument(help="A disputed turn, from `annotate status`; alone, to see what is said of it.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who decides: a pseudonym.")] = None,
    let_stand: Annotated[str | None, typer.Option(metavar="LETTER", help="The annotator whose answer stands.")] = None,
    verdict: Annotated[str | None, typer.Option(help="correct, corrected or drop.")] = None,
    understanding: Annotated[str | None, typer.Option(help="The understanding, if it is corrected.")] = None,
    reasoning: Annotated[str | None, typer.Option(help="The reasoning, if it is corrected.")] = None,
    emotion: Annotated[str | None, typer.Option(help="The label, if it is corrected.")] = None,
    response: Annotated[str | None, typer.Option(help="The response, if it is corrected.")] = None,
    comment: Annotated[str, typer.Option(help="Why.")] = "",
    model: Annotated[
        str | None,
        typer.Option(help="Let a model decide what is still disputed when everybody has discussed it, marked so."),
    ] = None,
    undiscussed: Annotated[
        bool, typer.Option("--undiscussed", help="With --model: also turns whose second round is not over.")
    ] = False,
    base_url: Annotated[str | None, typer.Option(help="OpenAI-compatible address of the model.")] = None,
    concurrency: Concurrency = 16,
    budget_usd: BudgetUsd = None,
    price: PriceOption = None,
    deadline: Deadline = 120.0,
    retries: Retries = 6,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Decide what annotators could not agree on: one turn as a named person, or all by a model (Appendix B.2)."""
    from annotation.project import Project
    from studio.annotate.deciding import Ruling, by_model, by_person, show_dispute
    from studio.examining import Way

    opened = Project(project)
    spans = {"understanding": understanding, "reasoning": reasoning, "emotion": emotion, "response": response}
    changes = {name: text for name, text in spans.items() if text is not None}
    said = Ruling(task, by, let_stand, verdict, changes, comment)
    if model and said != Ruling():
        raise ValueError("--model: decides every disputed turn; leave out the TASK and what a person would say of it")
    if dry_run and not model:
        raise ValueError("--dry-run: says what a --model would take; name one, or leave it out")
    if model:
        way = Way(base_url, concurrency, deadline, retries, price)
        by_model(opened, model, way, budget_usd, discussed_only=not undiscussed, dry_run=dry_run, as_json=as_json)
    elif task and said == Ruling(task):
        show_dispute(opened, task, as_json)
    else:
        by_person(opened, said, as_json)
