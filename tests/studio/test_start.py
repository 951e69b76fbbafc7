"""The start page: what is here, and one thing to do next."""

from studio.starting import here, next_step
from studio.workspace import Workspace


def test_an_empty_workspace_offers_the_demonstration_and_nothing_else_to_do(view, tmp_path):
    step = next_step(Workspace(tmp_path))
    assert (step.action, step.page) == ("Play the demo", "")
    page = view("start", root=tmp_path).run()
    assert not page.exception
    assert [button.label for button in page.button if button.proto.type == "primary"] == ["Play the demo"]


def test_what_is_here_names_runs_packs_and_files_with_counts(ground):
    found = here(ground.workspace)
    facts = {fact.title: fact for fact in (*found.runs, *found.packs, *found.files)}
    assert "8 of 8 dialogues" in facts["winter"].detail
    assert facts["mine"].page == "prompts"
    assert facts["personas.jsonl"].page == "personas"
    assert "32 personas" in facts["personas.jsonl"].detail


def test_the_page_shows_the_same(view, ground):
    page = view("start").run()
    assert not page.exception
    assert {"winter", "mine"} <= {button.label for button in page.button}
