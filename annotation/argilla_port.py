"""What we ask of any Argilla, embedded or remote: users, a data set with its form, records in, answers out.

Plain calls to its REST API instead of the `argilla` client 2.8, whose objects are built for notebooks: it fails on a
discarded answer without values and on answers of deleted users, needs `requests` without saying so, and brings its own
`datasets` and `rich`. The API's second version is frozen, and twelve of its routes are all that we need. Records are sent without
answers, always: what annotators said is theirs, and a second push cannot touch it.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from itertools import count as count_from
from itertools import islice
from types import TracebackType
from typing import Any, NamedTuple, Self

from annotation.argilla_http import ArgillaError, Door
from annotation.argilla_rows import fits, incoming, outgoing, parts_of, settings_of
from annotation.forms import Form, PulledRecord, PushedRecord, check_form, check_record

AT_ONCE = 100
"""Records in one request: Argilla takes 500, SQLite 32,766 values, and a record has up to a dozen prefilled answers."""
_PAGE = 200
_PASSES = 3


class DatasetDiffers(ValueError):
    """A data set of this name stands there with another form."""


class Dataset(NamedTuple):
    """A data set in Argilla, ready to take records."""

    id: str
    name: str
    workspace: str
    questions: Mapping[str, str]
    """Ids by name."""


class Argilla:
    """An Argilla, reached under an owner's API key; to be closed, or used in a `with`.

    Raises (every method):
        ArgillaError: not reachable, or refused.
    """

    def __init__(self, url: str, api_key: str):
        self._door = Door(url, api_key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._door.close()

    def workspace(self, name: str) -> str:
        """The id of a workspace, which is made if it is not there."""
        if found := self._workspaces().get(name):
            return found
        return self._door.ask("POST", "/workspaces", {"name": name})["id"]

    def users(self, workspace: str) -> dict[str, str]:
        """Names of users by their ids: all of them, or those of a workspace where only they may be listed."""
        try:
            listed = self._door.ask("GET", "/users")
        except ArgillaError as error:
            if error.status != 403:
                raise
            listed = self._door.ask("GET", f"/workspaces/{self.workspace(workspace)}/users")
        return {user["id"]: user["username"] for user in listed["items"]}

    def members(self, workspace: str) -> set[str]:
        """Names of those who are let into a workspace."""
        listed = self._door.ask("GET", f"/workspaces/{self.workspace(workspace)}/users")
        return {user["username"] for user in listed["items"]}

    def workspaces(self) -> list[str]:
        """Names of the workspaces that the key's user sees."""
        return list(self._workspaces())

    def let_in(self, user_id: str, name: str, workspace: str) -> None:
        """Let somebody into a workspace, which is made if it is not there."""
        if name not in self.members(workspace):
            self._door.ask("POST", f"/workspaces/{self.workspace(workspace)}/users", {"user_id": user_id})

    def ensure_annotators(self, count: int, workspace: str) -> dict[str, str]:
        """Let `ann-1` and so on into a workspace until so many are in it; returns the passwords of accounts made now.

        Somebody who was kept out stays out: the next number takes the place.
        """
        known, inside = set(self.users(workspace).values()), self.members(workspace)
        made, numbers = dict[str, str](), count_from(1)
        while count > 0:
            name = f"ann-{next(numbers)}"
            if name not in known:
                made[name] = self.add_annotator(name, workspace)
            count -= name in made or name in inside
        return made

    def add_annotator(self, name: str, workspace: str) -> str:
        """Make an annotator's account, let it into a workspace, and give back its new password."""
        password = secrets.token_urlsafe(12)
        body = {"username": name, "first_name": name, "role": "annotator", "password": password}
        self.let_in(self._door.ask("POST", "/users", body)["id"], name, workspace)
        return password

    def renew_password(self, name: str) -> str:
        """Give an account a new password, which is returned."""
        password = secrets.token_urlsafe(12)
        self._door.ask("PATCH", f"/users/{self._user(name)}", {"password": password})
        return password

    def close_account(self, name: str) -> None:
        """Keep an annotator out from now on, and all answers of theirs; deleting the user would delete these."""
        user = self._user(name)
        self.renew_password(name)
        for workspace in self._door.ask("GET", f"/users/{user}/workspaces")["items"]:
            self._door.ask("DELETE", f"/workspaces/{workspace['id']}/users/{user}")

    def datasets(self, workspace: str) -> list[str]:
        """Names of a workspace's data sets."""
        workspace_id = self._workspaces().get(workspace)
        if workspace_id is None:
            return []
        return [found["name"] for found in self._door.ask("GET", "/me/datasets", workspace_id=workspace_id)["items"]]

    def dataset(self, workspace: str, name: str) -> Dataset | None:
        """A data set that is ready to take records, if it is there."""
        found = self._listed(workspace, name)
        return self._opened(found, workspace) if found and found["status"] == "ready" else None

    def ensure_dataset(self, workspace: str, name: str, form: Form) -> Dataset:
        """Make a data set with a form; go on with one that a kill left half made; take the one that is there.

        Guidelines and overlap of one that is there are set anew, and what it is not to be filtered by any more is taken away;
        its fields and questions cannot be changed.

        Raises:
            DatasetDiffers: one of this name has other fields or questions.
            NotShowable: the form is not one that Argilla takes.
        """
        check_form(form)
        workspace_id = self.workspace(workspace)
        found = self._listed(workspace, name) or self._door.ask(
            "POST", "/datasets", {"name": name, "workspace_id": workspace_id, **settings_of(form)}
        )
        self._drop_properties(found, form)
        missing = self._missing(found, form)
        if found["status"] == "ready" and missing:
            raise DatasetDiffers(
                f"data set {name!r} in {workspace!r}: has other {' and '.join(missing)}; give the new one another name"
            )
        for part, bodies in missing.items():
            for body in bodies:
                self._door.ask("POST", f"/datasets/{found['id']}/{part}", body)
        if found["status"] != "ready":
            self._door.ask("PUT", f"/datasets/{found['id']}/publish")
        elif any(found[key] != value for key, value in settings_of(form).items()):
            self._door.ask("PATCH", f"/datasets/{found['id']}", settings_of(form))
        return self._opened(found, workspace)

    def upsert(self, dataset: Dataset, records: Iterable[PushedRecord]) -> int:
        """Put records in, or anew in the place of those with the same external id; answers stay as they are.

        Returns:
            How many were sent.

        Raises:
            NotShowable: a record that Argilla cannot show; those before it are in.
        """
        waiting, sent = iter(records), 0
        while batch := list(islice(waiting, AT_ONCE)):
            for record in batch:
                check_record(record)
            items = [outgoing(record, dataset.questions) for record in batch]
            try:
                self._door.ask("PUT", f"/datasets/{dataset.id}/records/bulk", {"items": items})
            except ArgillaError as error:
                ids = f"{batch[0].external_id} to {batch[-1].external_id}"
                raise ArgillaError(f"{error} (records {ids}, counted from 0)") from error
            sent += len(batch)
        return sent

    def records(self, dataset: Dataset) -> Iterator[PulledRecord]:
        """Every record once, with everybody's answers, in the order in which they came.

        Raises:
            ArgillaError: records were added or taken away all the while.
        """
        users = self.users(dataset.workspace)
        seen: set[str] = set()
        for _ in range(_PASSES):
            for raw in self._listing(dataset):
                if raw["id"] not in seen:
                    seen.add(raw["id"])
                    yield incoming(raw, users)
            if len(seen) >= self._door.ask("GET", f"/datasets/{dataset.id}/records", limit=1)["total"]:
                return
        raise ArgillaError(f"{dataset.name}: changed while it was read; run it again when nobody pushes")

    def _workspaces(self) -> dict[str, str]:
        return {found["name"]: found["id"] for found in self._door.ask("GET", "/me/workspaces")["items"]}

    def _user(self, name: str) -> str:
        for user in self._door.ask("GET", "/users")["items"]:
            if user["username"] == name:
                return user["id"]
        raise ArgillaError(f"{self._door.url}: no user {name!r}")

    def _listed(self, workspace: str, name: str) -> dict[str, Any] | None:
        workspace_id = self._workspaces().get(workspace)
        if workspace_id is None:
            return None
        found = self._door.ask("GET", "/me/datasets", workspace_id=workspace_id, name=name)["items"]
        return next((dataset for dataset in found if dataset["name"] == name), None)

    def _opened(self, found: dict[str, Any], workspace: str) -> Dataset:
        questions = self._door.ask("GET", f"/datasets/{found['id']}/questions")["items"]
        return Dataset(
            found["id"], found["name"], workspace, {question["name"]: question["id"] for question in questions}
        )

    def _drop_properties(self, found: dict[str, Any], form: Form) -> None:
        wanted = {one.name for one in form.properties}
        for one in self._door.ask("GET", f"/me/datasets/{found['id']}/metadata-properties")["items"]:
            if one["name"] not in wanted:
                self._door.ask("DELETE", f"/metadata-properties/{one['id']}")

    def _missing(self, found: dict[str, Any], form: Form) -> dict[str, list[dict[str, Any]]]:
        """What a data set lacks of a form, by part; also what it has more, as an empty list."""
        lacks: dict[str, list[dict[str, Any]]] = {}
        for part, path, wanted in parts_of(form):
            there = {
                one["name"]: one["settings"] for one in self._door.ask("GET", f"/{path.format(found['id'])}")["items"]
            }
            new = [body for body in wanted if not fits(there.get(body["name"]), body["settings"])]
            if new or len(there) != len(wanted):
                lacks[part] = [body for body in new if body["name"] not in there]
        return lacks

    def _listing(self, dataset: Dataset) -> Iterator[dict[str, Any]]:
        offset, path = 0, f"/datasets/{dataset.id}/records"
        while page := self._door.ask("GET", path, offset=offset, limit=_PAGE, include=["responses"]):
            yield from page["items"]
            offset += _PAGE
            if offset >= page["total"]:
                return
