"""What lies in a workspace."""

import pytest

from graphs.records import BadFile
from studio.workspace import Workspace


@pytest.mark.parametrize("name", ["../../etc", "nowhere", "", "winter/../../x", "/etc", "winter/packs"])
def test_only_runs_of_the_workspace_are_opened_by_name(ground, name):
    with pytest.raises(BadFile, match="no such run"):
        ground.workspace.run(name)


def test_names_lead_back_to_runs_and_forks(ground):
    for name in (ground.run, ground.fork):
        assert ground.workspace.name(ground.workspace.run(name)) == name


def test_packs_of_the_workspace_stand_beside_the_shipped_ones_and_before_them(ground):
    packs = ground.workspace.packs()
    assert {"kardia", "studycoach", ground.pack} <= set(packs)
    assert packs[ground.pack].is_relative_to(ground.root)


def test_files_are_found_by_what_their_header_says(ground, tmp_path):
    names = {kind: [path.name for path in ground.workspace.files(kind)] for kind in ("personas", "pairings")}
    assert "personas.jsonl" in names["personas"]
    assert f"pairings-{ground.run}.jsonl" in names["pairings"]
    (tmp_path / "odd.jsonl").write_text("not json\n")
    assert tmp_path / "odd.jsonl" not in Workspace(tmp_path).files("personas")
