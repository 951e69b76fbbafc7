"""Tasks out and answers in: from runs to a project, to an Argilla and back, and by files."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from annotation.answers import Answer
from annotation.project import TASKS, Added, Project, Results, WrongProject, push
from annotation.pseudonyms import check_pseudonym, is_account
from annotation.tasks import only, tasks_of
from graphs.runs import TRAJECTORIES, open_run
from studio.annotate.accounts import names_of
from studio.workspace import Workspace

if TYPE_CHECKING:
    from annotation.argilla_port import Argilla
    from annotation.boards import Pulled, Pushed


def push_runs(project: Path, runs: Iterable[Path], overlap: int | None, dialogues: int | None = None) -> Added:
    """Add the test dialogues of runs to a project.

    Args:
        overlap: how many annotators look at each turn; None for a project's own, and 1 for a new one.
    """
    added, there = Added(0, 0), _overlap(project)
    if overlap and there and overlap != there:
        raise WrongProject(
            f"{project}: holds turns for {there} annotators each; give --overlap {there} to add to it, or name another directory with --to"
        )
    opened = [(path, open_run(path)) for path in runs]
    for path, run in opened:
        if run.config.person_spoke:
            raise WrongProject(f"{path}: a person spoke as the user here; their words are shown to nobody")
        if not (run.path / TRAJECTORIES).is_file():
            raise WrongProject(f"{path}: no {TRAJECTORIES} yet; finish the run, or write it with `kardia synth export`")
    for path, run in opened:
        now = push(project, only(tasks_of(run, path.name), dialogues), run, overlap or there or 1)
        added = Added(added.tasks + now.tasks, added.new + now.new)
    if not added.tasks:
        raise WrongProject("no test dialogue of these runs passed screening; nothing to annotate")
    Project(project).write_results()  # what was settled before is not all any more
    return added


def _overlap(project: Path) -> int | None:
    return Project(project).overlap if (project / TASKS).is_file() else None


def push_to(argilla: "Argilla", project: Project, workspace: Workspace, *, is_new: bool = False) -> "Pushed":
    """Bring a project to an Argilla, under a name that it keeps.

    Args:
        is_new: it was made just now, so that nothing of it can stand there.
    """
    from annotation.boards import push_board
    from annotation.naming import new_name, standing_name

    name = (None if is_new else standing_name(argilla, project)) or new_name(project)
    return push_board(argilla, project, name, names_of(argilla, project, workspace))


def pull_from(argilla: "Argilla", project: Project, workspace: Workspace) -> "Pulled":
    """Take answers in, settle what can be settled, and send back what is disputed or cannot stand."""
    from annotation.boards import pull_board, push_again
    from annotation.naming import standing_name

    name = standing_name(argilla, project)
    if name is None:
        raise WrongProject(f"{project.path}: was pushed to no Argilla yet; do that with `kardia annotate push`")
    names = names_of(argilla, project, workspace)
    pulled = pull_board(argilla, project, name, names)
    project.write_results()
    push_again(argilla, project, name, names)
    return pulled


def pulled_text(pulled: "Pulled") -> str:
    """What a pull did, for a terminal and a page."""
    said = f"{pulled.submitted} submitted, {pulled.drafts} drafts, {pulled.discarded} discarded"
    gone = f"; {pulled.gone} of accounts that are gone: they count as before" if pulled.gone else ""
    kept = (
        f"\n{pulled.kept} answers that this Argilla does not have (deleted, or from files) stay" if pulled.kept else ""
    )
    foreign = f"\n{pulled.foreign} answers to records of other projects are passed over" if pulled.foreign else ""
    return f"{pulled.taken} answers new or changed, of {said}{gone}{kept}{foreign}"


def check_overlap(overlap: int | None, annotators: int | None) -> None:
    """Refuse an overlap for which there are too few annotators.

    Raises:
        WrongProject: names the option.
    """
    if annotators is not None and overlap is not None and overlap > annotators:
        raise WrongProject(
            f"--overlap: {overlap} annotators for each turn, and --annotators says {annotators}; lower the one or raise the other"
        )


def write_discussed(project: Project, out: Path, annotator: str) -> int:
    """Write the disputed turns in which somebody has a part, with what all said and their own answers.

    Raises:
        WrongProject: nobody of this name has answered.
    """
    from annotation.files import write_tasks
    from annotation.shown import discussed

    if annotator not in {answer.annotator for answer in project.answers()}:
        raise WrongProject(
            f"{project.path}: no answers of {annotator!r}; `kardia annotate status` lists who has answered"
        )
    disputed = (one for one in project.results().open if not one.is_waiting)
    theirs = [one for one in disputed if annotator in {answer.annotator for answer in one.answers}]
    again = {one.task: discussed(project, one, annotator) for one in theirs}
    return write_tasks(project, out, (project.tasks[task] for task in again), again)


class Imported(NamedTuple):
    """What a file brought."""

    taken: int
    older: int
    """Rows that were passed over because a later answer is on record."""
    results: Results


def take_file(project: Project, path: Path, annotator: str, round_: int) -> Imported:
    """Take in what an annotator filled in.

    Raises:
        ValueError: the name is no pseudonym, or an account's in Argilla, whose answers stand under another one; or
            the second round of somebody who has no part in it.
    """
    from annotation.files import read_answers

    check_pseudonym(annotator)
    if is_account(annotator):
        raise WrongProject(
            f"{annotator}: is called like an account in Argilla, whose answers stand under another name; see "
            "`kardia annotate annotator list`, and give that name if it is the same person, or a new one"
        )
    answers = read_answers(path, annotator, round_=round_)
    _check_heard(project, answers)
    taken = project.take(answers)
    return Imported(taken, len(project.older(answers)), project.write_results())


def _check_heard(project: Project, answers: Iterable[Answer]) -> None:
    """Refuse a second round of who has no first answer that stands: nobody would hear it."""
    stands = {
        (one.task, one.annotator)
        for one in project.answers()
        if one.round == 1 and one.status == "submitted" and not project.faults(one)
    }
    for one in answers:
        if one.round > 1 and one.task in project.tasks and (one.task, one.annotator) not in stands:
            raise WrongProject(
                f"{one.annotator} has no answer to {one.task} that stands from the first round, so none in the second; "
                "check --annotator, take the first round in before, or empty the verdict of this row"
            )
