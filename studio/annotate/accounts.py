"""Annotators' accounts in Argilla, and the pseudonyms under which a project keeps their answers."""

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotation.project import Project
from annotation.pseudonyms import STATED, Pseudonym, pseudonyms
from annotation.server.home import WORKSPACE
from personas.anonymise import KEY_FILE, KEY_VARIABLE, MIN_KEY_CHARS
from studio.workspace import Workspace

if TYPE_CHECKING:
    from annotation.argilla_port import Argilla


def names_of(argilla: "Argilla", project: Project, workspace: Workspace) -> Pseudonym:
    """The pseudonyms of a project's annotators."""
    stated, of_people = (os.environ.get(name, "").encode() for name in (STATED, KEY_VARIABLE))
    earlier = [of_people, *workspace_keys(project.path, workspace)]
    return pseudonyms(project, argilla.users(WORKSPACE), earlier, stated if len(stated) >= MIN_KEY_CHARS else b"")


def workspace_keys(project: Path, workspace: Workspace) -> list[bytes]:
    """Keys of the workspaces that a project lies in, and of the one where a command runs: these named annotators once."""
    keys: list[bytes] = []
    for folder in (project.resolve(), *project.resolve().parents, workspace.root):
        with suppress(OSError):
            keys.append((folder / KEY_FILE).read_bytes().strip())
    return keys


def who_is_who(argilla: "Argilla", project: Project, workspace: Workspace) -> list[dict[str, Any]]:
    """Which account's answers stand under which pseudonym, for whoever made the accounts; it is kept nowhere."""
    names, inside = names_of(argilla, project, workspace), argilla.members(WORKSPACE)
    given = Counter(answer.annotator for answer in project.answers() if answer.status == "submitted")
    accounts = sorted(argilla.users(WORKSPACE).items(), key=lambda account: account[1])
    found = [
        {"account": account, "pseudonym": names(user), "submitted": given[names(user)]} for user, account in accounts
    ]
    return [one for one in found if one["submitted"] or one["account"] in inside]
