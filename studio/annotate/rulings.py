"""Deciding what annotators cannot agree on, as a named person (Appendix B.2)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import get_args

from annotation.answers import Answer, changed_spans, faults
from annotation.gold import letters
from annotation.project import Project, Results, WrongProject
from annotation.pseudonyms import check_pseudonym
from graphs.corrections import Verdict


def rule(project: Project, task: str, who: str, verdict: Verdict, changes: Mapping[str, str], comment: str) -> Results:
    """Decide a disputed turn as a named person (Appendix B.2), or decide anew what a ruling decided; the last one counts.

    Args:
        changes: span -> text, of what is corrected; the other spans stay.

    Raises:
        WrongProject: nobody disagrees on the task, or the ruling has faults.
        ValueError: the name is no pseudonym.
    """
    check_pseudonym(who)
    check_disputed(project, task)
    spans = {**project.tasks[task].spans._asdict(), **changes}
    ruling = Answer.model_validate(
        {"task": task, "annotator": who, "verdict": verdict, "comment": comment, "at": _now(), **spans}
    )
    if messages := ruling_faults(project, ruling):
        raise WrongProject(f"{task}: {'; '.join(messages)}")
    project.decide(ruling)
    return project.write_results()


def let_stand(project: Project, task: str, letter: str, who: str, comment: str) -> Results:
    """Decide a disputed turn by letting one annotator's answer stand.

    Raises:
        WrongProject: nobody disagrees on the task, or no answer has this letter.
    """
    check_disputed(project, task)
    open_ = next((dict(letters(one.answers)) for one in project.results().open if one.task == task), {})
    if letter not in open_:
        known = f"there are {', '.join(open_)}" if open_ else "it is decided, and is decided anew by a verdict"
        raise WrongProject(f"{project.path}: {task} has no open answer {letter}; {known}")
    answer = open_[letter]
    assert answer.verdict is not None
    changes = {} if answer.verdict == "drop" else answer.spans._asdict()
    return rule(project, task, who, answer.verdict, changes, comment or answer.comment)


def check_verdict(said: str | None) -> Verdict:
    """A verdict as it was typed.

    Raises:
        WrongProject: it is none.
    """
    verdicts: tuple[Verdict, ...] = get_args(Verdict)
    for known in verdicts:
        if said == known:
            return known
    raise WrongProject("say how with --verdict correct, corrected or drop, or with --let-stand and an answer's letter")


def check_disputed(project: Project, task: str) -> None:
    """Refuse a turn on which nobody disagrees; one that a ruling decided may be decided anew.

    Raises:
        WrongProject: says where the turn stands.
    """
    if task in project.rulings():
        return
    found = next((one for one in project.results().open if one.task == task), None)
    if found is None:
        raise WrongProject(f"{project.path}: {task} is not open; `kardia annotate status` lists what is")
    if found.is_waiting:
        raise WrongProject(f"{project.path}: {task} is not disputed: {'; '.join(found.reasons)}; wait for the others")


def ruling_faults(project: Project, ruling: Answer) -> list[str]:
    """What keeps a ruling from standing; it needs no scores, and what is typed must count."""
    task, rubric = project.tasks[ruling.task], project.pack.rubric
    changed = changed_spans(task, ruling)
    if ruling.verdict == "drop" and changed:
        return [f"verdict: says drop, but {', '.join(changed)} changed; choose corrected, or leave the change out"]
    return faults(task, ruling, project.pack.labels, list(rubric.criteria), rubric.scale, scores_wanted=False)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
