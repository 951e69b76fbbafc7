"""Names under which annotators' answers are kept: nobody's to undo without the key, which lies in the project.

So the same person has the same name wherever a command runs. Which account is which name is computed when it is asked
for, and kept nowhere.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from annotation.project import Project, WrongProject
from graphs.once import write_once

Pseudonym = Callable[[str], str]
"""From an Argilla user's id to the name under which their answers are kept."""

KEY = Path(".kardia/annotators.key")
STATED = "KARDIA_ANNOTATORS_KEY"
"""The environment variable that states a lost key; no other one is taken without a name on record that it gave."""
_PSEUDONYM = re.compile(r"[a-z][a-z0-9-]{1,30}")
_ACCOUNT = re.compile(r"ann-[0-9]{1,4}")
"""What `kardia annotate push --annotators` calls the accounts that it makes."""
_MADE_HERE = re.compile(r"ann-[0-9a-f]{8}")


def check_pseudonym(name: str) -> None:
    """Refuse a name that may be a person's or a model's.

    Raises:
        ValueError: says how to write one.
    """
    if not _PSEUDONYM.fullmatch(name):
        raise ValueError(
            f"{name!r}: write a pseudonym of small letters, digits and hyphens, like ann-1; no personal data"
        )


def is_account(name: str) -> bool:
    """Whether somebody is called like an account that we make, as ann-1 is."""
    return _ACCOUNT.fullmatch(name) is not None


def pseudonyms(project: Project, users: Collection[str], earlier: Iterable[bytes], stated: bytes) -> Pseudonym:
    """The names of a project's annotators, by its own key, which is made if there is none.

    Args:
        users: ids of the annotators in Argilla.
        earlier: keys that may have given the names on record, before projects had keys of their own.
        stated: the key to take where none of these did; empty for none.

    Raises:
        WrongProject: answers stand there under names of another key, and it is not found.
    """
    path = project.path.resolve() / KEY
    if path.exists():
        return by_key(path.read_bytes())
    named = {answer.annotator for answer in project.answers() if _MADE_HERE.fullmatch(answer.annotator)}
    if not named:
        return by_key(_keep(path, secrets.token_hex(32).encode()))
    found = (key for key in earlier if any(by_key(key)(user) in named for user in users))
    if key := next(found, stated):
        return by_key(_keep(path, key))
    raise WrongProject(
        f"{project.path}: its answers are under names of a key that is not here; copy {KEY} from where they were pulled, run this "
        f"once in the workspace of that time, or state the key in {STATED} (a new one, if it is lost: nobody is known by it)"
    )


def by_key(key: bytes) -> Pseudonym:
    """The names that a key gives."""
    return lambda user: f"ann-{hmac.new(key, f'annotator {user}'.encode(), hashlib.sha256).hexdigest()[:8]}"


def _keep(path: Path, key: bytes) -> bytes:
    path.parent.mkdir(exist_ok=True, mode=0o700)
    (path.parent / ".gitignore").write_text("*\n")
    return write_once(path, key)
