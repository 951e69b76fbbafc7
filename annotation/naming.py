"""How a project is called in Argilla: by a mark of its own, chosen once and kept with it.

Its folder's name is not used: annotators see the name, and folders are called after models; and two projects in two
places may be called alike.
"""

import re
import secrets

from annotation.argilla_port import Argilla
from annotation.project import Project, WrongProject
from annotation.server.home import WORKSPACE
from graphs.once import write_once

NAME = "argilla-name"
_MARK = re.compile(r"turns-[0-9a-f]{6}")


def standing_name(argilla: Argilla, project: Project) -> str | None:
    """The name that a project's data sets begin with; None if it was never pushed to an Argilla.

    A project that was pushed before projects had marks goes on under its folder's name.

    Raises:
        WrongProject: it has no mark, and its turns stand there under a name that may be its folder's of that time.
    """
    path = project.path / NAME
    if path.exists():
        return path.read_text(encoding="utf-8").strip()
    folder = project.path.resolve().name
    if _stands(argilla, project, folder):
        return _keep(project, folder)
    if unmarked := [name for name in _unmarked(argilla) if _stands(argilla, project, name)]:
        raise WrongProject(
            f"{project.path}: its turns stand in this Argilla already, as {' and '.join(unmarked)}; if that is this project "
            f"under its folder's old name, write that name into {path} to go on there; if not, write a new name like "
            f"turns-{secrets.token_hex(3)} there, and annotators get these turns once more"
        )
    return None


def new_name(project: Project) -> str:
    """Give a project its name; of two commands at once, both get the first's."""
    return _keep(project, f"turns-{secrets.token_hex(3)}")


def round_name(name: str, round_: int) -> str:
    """The data set of a project's round."""
    return f"{name}-round-{round_}"


def _unmarked(argilla: Argilla) -> list[str]:
    """Names of projects that were pushed before projects had marks."""
    end = round_name("", 1)
    names = (dataset.removesuffix(end) for dataset in argilla.datasets(WORKSPACE) if dataset.endswith(end))
    return [name for name in names if not _MARK.fullmatch(name)]


def _stands(argilla: Argilla, project: Project, name: str) -> bool:
    there = argilla.dataset(WORKSPACE, round_name(name, 1)) if name else None
    return there is not None and any(record.external_id in project.tasks for record in argilla.records(there))


def _keep(project: Project, name: str) -> str:
    return write_once(project.path / NAME, name.encode()).decode()
