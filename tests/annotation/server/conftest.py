"""One embedded server for all tests that only add to it."""

from collections.abc import Callable, Iterator

import pytest

from annotation.argilla_port import Dataset
from annotation.forms import PushedRecord
from annotation.server.environment import environment
from annotation.server.home import WORKSPACE
from tests.annotation.server.served import FORM, Server, fresh, serve


@pytest.fixture(scope="session")
def made() -> None:
    """The server's environment: tests reach no package index, so it is made before."""
    if not environment().is_ready:
        pytest.fail("the Argilla server's environment is not made: run `kardia annotate prepare` (`make test` does)")


@pytest.fixture(scope="session")
def server(made: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("argilla") / "home") as running:
        yield running


@pytest.fixture
def pushed(server: Server) -> Callable[[list[PushedRecord]], Dataset]:
    """A new data set with these records in it."""

    def push(records: list[PushedRecord]) -> Dataset:
        with server.port() as argilla:
            dataset = argilla.ensure_dataset(WORKSPACE, fresh("test"), FORM)
            argilla.upsert(dataset, records)
            return dataset

    return push
