import json
from collections import Counter

import pytest

from graphs.offline.faults import KINDS, Faults, spoil
from graphs.offline.model import answer
from tests.graphs.offline.conftest import make_body


def test_the_draw_is_a_function_of_seed_body_and_try() -> None:
    faults = Faults(0.5, seed=3)
    draws = [faults.draw(str(n).encode(), 0) for n in range(50)]
    assert draws == [Faults(0.5, seed=3).draw(str(n).encode(), 0) for n in range(50)]
    assert draws != [faults.draw(str(n).encode(), 1) for n in range(50)]
    assert draws != [Faults(0.5, seed=4).draw(str(n).encode(), 0) for n in range(50)]


def test_the_rate_is_shared_by_the_kinds_and_each_adds_its_own() -> None:
    faults = Faults(0.2, kinds=("429", "hang"), each={"empty": 0.1})
    found = Counter(faults.draw(str(n).encode(), 0) for n in range(10000))
    assert set(found) == {"", "429", "hang", "empty"}
    assert all(abs(found[kind] / 10000 - 0.1) < 0.015 for kind in ("429", "hang", "empty"))


@pytest.mark.parametrize(
    "wrong", [{"kinds": ("flood",)}, {"each": {"flood": 0.1}}, {"rate": 0.9, "each": {"500": 0.2}}, {"rate": -0.1}]
)
def test_wrong_rates_and_kinds_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match="faults:"):
        Faults(**wrong)


def test_settings_survive_their_json() -> None:
    faults = Faults(0.3, kinds=("429", "500"), seed=9, each={"hang": 0.1}, hang_s=2.5)
    assert Faults.from_json(faults.to_json()) == faults


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_told_from_a_right_answer(kind: str) -> None:
    right = answer(make_body("judge", reply="I hear you."))
    reply = spoil(kind, right, Faults(retry_after_s=7))
    if reply.manner:
        assert reply.manner in ("hang", "drip", "reset", "short_body")
    elif reply.status != 200:
        assert str(reply.status) == kind[:3]
        assert (("retry-after", "7") in reply.headers) == (kind == "429")
    else:
        assert reply.body != json.dumps(right, ensure_ascii=False, separators=(",", ":")).encode()


def test_an_off_schema_answer_holds_no_decision_that_counts() -> None:
    right = answer(make_body("rubric_evaluator", reply="I hear you."))
    content = json.loads(spoil("wrong_schema", right, Faults()).body)["choices"][0]["message"]["content"]
    assert "criteria" not in content
