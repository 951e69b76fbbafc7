from studio.opened import MOST, last_opened, remember
from studio.workspace import Workspace


def test_the_last_thing_opened_stands_first_and_once(tmp_path):
    workspace = Workspace(tmp_path)
    for title in ("a", "b", "a"):
        remember(workspace, "replay", title, {"d": title})
    assert [one.title for one in last_opened(workspace)] == ["a", "b"]
    assert last_opened(workspace)[0].query == {"d": "a"}


def test_the_list_stays_short(tmp_path):
    workspace = Workspace(tmp_path)
    for number in range(3 * MOST):
        remember(workspace, "prompts", str(number), {})
    assert len(last_opened(workspace)) == MOST


def test_a_damaged_list_is_begun_anew(tmp_path):
    workspace = Workspace(tmp_path)
    (workspace.state / "opened.json").write_text('[{"page": 1}, "torn')
    assert last_opened(workspace) == []
    remember(workspace, "replay", "x", {})
    assert [one.title for one in last_opened(workspace)] == ["x"]
