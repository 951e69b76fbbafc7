"""The page Annotation in the browser: what a refused decision looks like, and how far annotators are."""

import pytest

from annotation.project import Project
from studio.annotate.exchanging import push_runs
from tests.annotation.material import answer
from tests.studio.browser.reader import Reader


@pytest.fixture
def project(own_reader: Reader) -> Project:
    """Three annotators who disagree on the first turn."""
    ground = own_reader.studio.ground
    path = ground.root / "annotations" / "winter"
    push_runs(path, [ground.run_path], overlap=3)
    made = Project(path)
    first, second, *_ = made.tasks.values()
    made.take(answer(first, name, verdict="drop", comment="no sense") for name in ("ann-1", "ann-2"))
    made.take([answer(first, "ann-3"), answer(second), answer(second, "ann-2", status="draft")])
    made.take([answer(first, round=2)])
    return made


def test_a_refused_decision_is_told_beneath_the_buttons_over_the_whole_width(own_reader, project):
    page = own_reader.open("annotation")
    page.get_by_role("radio", name="Disputed").click()
    own_reader.rest()
    page.get_by_placeholder("Your pseudonym").fill("Jane Doe")
    page.keyboard.press("Enter")
    own_reader.rest()
    page.get_by_role("button", name="Let B stand").click()
    own_reader.see("write a pseudonym of small letters")
    own_reader.rest()
    fault, tools = page.locator(".st-key-fault").bounding_box(), page.locator(".st-key-tools").bounding_box()
    buttons = [one.bounding_box() for one in page.get_by_role("button", name="stand").all()]
    assert fault
    assert tools
    assert len(buttons) == 3
    assert all(one and one["y"] + one["height"] <= fault["y"] for one in buttons)
    assert fault["width"] == pytest.approx(tools["width"], abs=2)
    assert Project(project.path).rulings() == {}


def test_progress_is_shown_for_each_round_by_itself(own_reader, project):
    page = own_reader.open("annotation")
    frame = page.get_by_test_id("stDataFrame").first
    frame.wait_for()
    cells = frame.locator("table").first.inner_text()
    for text in ("First round", "Second round", "2 of ", "1 of 1"):
        assert text in cells
