"""The studio's test ground: a played workspace, copies of it to write in, pages without a browser, real servers."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from studio.workspace import VARIABLE
from tests.graphs.runs import ROOT
from tests.studio.hostile import make_hostile
from tests.studio.served import Studio, serve
from tests.studio.workspace_fixture import Ground, make_workspace


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A played workspace; tests only read it."""
    return make_workspace(tmp_path_factory.mktemp("ground") / "workspace")


@pytest.fixture(scope="session")
def hostile_ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A played workspace of people who wish us ill."""
    return make_hostile(tmp_path_factory.mktemp("hostile") / "workspace")


@pytest.fixture
def own_ground(ground: Ground, tmp_path: Path) -> Ground:
    """A copy of the workspace that a test may change."""
    return copied(ground, tmp_path / "workspace")


def copied(ground: Ground, root: Path) -> Ground:
    shutil.copytree(ground.root, root)
    return ground.at(root)


@pytest.fixture(scope="session")
def studio(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A running studio whose workspace tests only read."""
    with serve(copied(ground, tmp_path_factory.mktemp("studio") / "workspace")) as running:
        yield running


@pytest.fixture
def own_studio(own_ground: Ground) -> Iterator[Studio]:
    """A running studio whose workspace this test may change."""
    with serve(own_ground) as running:
        yield running


@pytest.fixture
def view(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """`view("data", run="winter")`: a page without a browser, under the studio's own config, not yet run."""
    monkeypatch.setenv(VARIABLE, str(ground.root))
    monkeypatch.setattr(config, "_main_script_path", str(ROOT / "studio" / "app.py"))
    config.get_config_options(force_reparse=True)

    def page(name: str, root: Path | None = None, **query: str) -> AppTest:
        if root is not None:
            monkeypatch.setenv(VARIABLE, str(root))
        test = AppTest.from_file(str(ROOT / "studio" / "views" / f"{name}.py"), default_timeout=90)
        for key, value in query.items():
            test.query_params[key] = value
        return test

    return page
