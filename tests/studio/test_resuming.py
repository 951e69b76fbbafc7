"""Going on with any run: what was free at its last start holds again, but for what is given now."""

import pytest
import yaml

from graphs.forks import Change, fork
from graphs.journal import Slot
from graphs.llm.prices import Price
from graphs.records import BadFile
from graphs.runs import Run, open_run
from graphs.session import Means, play_run
from studio.commands.jobs import resume
from studio.running import reaching
from studio.runs.resuming import Free, free_again
from tests.graphs.counting import counting_endpoint
from tests.graphs.runs import new_run, play


def last_started(run: Run, **session: object) -> Run:
    """The run, as if a session had used these."""
    raw = yaml.safe_load((run.path / "run.yaml").read_text())
    (run.path / "run.yaml").write_text(yaml.safe_dump(raw | {"sessions": [{"started": "x"}, session]}))
    return open_run(run.path)


def test_a_run_that_was_never_started_uses_the_defaults(tmp_path):
    assert free_again(new_run(tmp_path, 1), {}) == Free([], [])


def test_the_last_session_holds_but_for_what_is_given(tmp_path):
    run = last_started(
        new_run(tmp_path, 1),
        base_url="http://127.0.0.1:1/v1", base_urls={"responder": "http://127.0.0.1:2/v1"}, concurrency=3, retries=0,
        deadline_s=5.0, workers=2, budget_usd=1.5, price=[0.5, 1.5], prices={"responder": [2.0, 8.0]},
    )  # fmt: skip
    addresses = ["http://127.0.0.1:1/v1", "responder=http://127.0.0.1:2/v1"]
    again = free_again(run, {"base_url": None, "concurrency": None})
    assert again == Free(addresses, ["0.5,1.5", "responder=2.0,8.0"], 3, 5.0, 0, 1.5, 2)
    given = free_again(run, {"base_url": ["http://127.0.0.1:3/v1"], "budget_usd": 9.0})
    assert (given.base_url, given.budget_usd, given.concurrency) == (["http://127.0.0.1:3/v1"], 9.0, 3)


def test_the_address_at_which_the_embedded_model_was_started_is_not_used_again(tmp_path):
    run = last_started(new_run(tmp_path, 1), base_urls={"responder": "http://127.0.0.1:2/v1"})
    assert free_again(run, {}).base_url == []


def test_a_new_fork_uses_its_parents_address_but_not_its_budget(tmp_path):
    with counting_endpoint() as endpoint:
        parent = new_run(tmp_path, 1)
        play(parent, endpoint.url, concurrency=3, budget_usd=5.0)
        thread = next(parent.pairings()).id
        forked = fork(parent, thread, Slot(1, 1, "responder"), Change())
        again = free_again(forked, {})
        assert again.base_url == [endpoint.url]
        assert again.budget_usd is None


def test_each_role_may_have_its_own_price(tmp_path):
    run = new_run(tmp_path, 2)
    prices = ["0,0", "responder=0,1000"]
    with counting_endpoint() as endpoint, reaching(run.config, [endpoint.url], 4, 20.0, 0, prices, 0) as reach:
        progress = play_run(run, Means(reach, budget_usd=1000.0)).progress
    journal = run.journal(readonly=True)
    calls = list(journal.all_calls())
    journal.close()
    assert {call.cost_usd for call in calls if call.slot.role != "responder"} == {0}
    spent = sum(call.tokens_out for call in calls if call.slot.role == "responder") * Price(0, 1000).output / 1e6
    assert round(progress.cost_usd, 6) == round(spent, 6) > 0


def test_a_pairings_file_that_was_changed_under_the_run_is_refused(tmp_path):
    run = new_run(tmp_path, 2)
    file = run.path / "pairings.jsonl"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(BadFile, match="changed since the run started"):
        resume(run.path)
