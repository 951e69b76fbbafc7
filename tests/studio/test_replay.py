"""The replay page without a browser: what the address says is what is shown."""

from graphs.branches import branches
from graphs.runs import open_run


def texts(page) -> str:
    parts = [*page.caption, *page.markdown, *page.subheader, *page.text, *page.code]
    return "\n".join(str(part.value) for part in parts)


def test_nothing_chosen_offers_the_data(view, tmp_path):
    page = view("replay", root=tmp_path).run()
    assert not page.exception
    assert "No dialogue chosen" in texts(page)
    assert [button.label for button in page.button] == ["Open the data"]


def test_a_deep_link_shows_the_turn_and_attempt_with_the_prompt_as_sent(view, ground):
    page = view("replay", run=ground.run, d=ground.dialogue, t="3", k="1").run()
    assert not page.exception
    shown = texts(page)
    assert "Turn 3, attempt 1" in shown
    situation = open_run(ground.run_path).pairing(ground.dialogue).situation.text
    page.segmented_control(key="prompt-role").set_value("User simulator").run()
    assert situation in texts(page)


def test_next_and_previous_move_by_turns_and_stop_at_the_ends(view, own_ground):
    page = view("replay", root=own_ground.root, run=own_ground.run, d=own_ground.dialogue, t="1", k="1").run()
    next(button for button in page.button if button.label == "Next").click().run()
    assert page.query_params["t"] == "2"
    for _ in range(3):
        next(button for button in page.button if button.label == "Previous").click().run()
    assert page.query_params["t"] == "1"


def test_numbers_out_of_range_show_the_nearest_attempt(view, ground):
    page = view("replay", run=ground.run, d=ground.dialogue, t="99", k="0").run()
    assert not page.exception
    assert "attempt 1" in texts(page)


def test_branches_are_listed_and_a_kept_one_is_not_discarded(view, own_ground):
    page = view("replay", root=own_ground.root, run=own_ground.run, d=own_ground.dialogue).run()
    page.segmented_control(key="view").set_value("Branches").run()
    assert not page.exception
    next(button for button in page.button if button.label == "Keep branch").click().run()
    assert branches(open_run(own_ground.run_path), own_ground.dialogue)[1].kept
    next(button for button in page.button if button.label == "Kept").click().run()
    next(button for button in page.button if button.label == "Discard branch").click().run()
    assert len(branches(open_run(own_ground.run_path), own_ground.dialogue)) == 1
