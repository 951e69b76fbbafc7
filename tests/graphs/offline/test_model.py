import copy
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.offline import MODEL_NAME
from graphs.offline.model import answer, body_key
from tests.graphs.offline.conftest import DATA, PACK, make_body, make_plan

ROLES = ("user_simulator", "responder", "rubric_evaluator", "judge")
JSON_ROLES = ("user_simulator", "rubric_evaluator", "judge")


@pytest.mark.parametrize("role", [*ROLES, "stranger"])
def test_an_answer_is_a_function_of_body_and_seed(role: str) -> None:
    asked = make_body(role, plan=make_plan())
    before = copy.deepcopy(asked)
    first = answer(asked, 5)
    for other in range(20):
        answer(make_body(role, seed=other), 5)
    turned = dict(reversed(asked.items()))
    assert answer(asked, 5) == first == answer(turned, 5)
    assert asked == before
    assert json.loads(json.dumps(first)) == first


@pytest.mark.parametrize("role", ROLES)
def test_another_seed_of_body_or_server_gives_another_answer(role: str) -> None:
    def text(server_seed: int, seed: int) -> str:
        asked = make_body(
            role, seed=seed, plan=make_plan(words=40), dialogue="[1] user: My jaw is tight.", reply="I hear how it is."
        )
        return answer(asked, server_seed)["choices"][0]["message"]["content"]

    assert len({text(0, seed) for seed in range(8)}) > 2
    assert len({text(seed, 0) for seed in range(8)}) > 2


def test_an_answer_is_the_same_in_another_process() -> None:
    asked = make_body("responder", dialogue="[1] user: My jaw is tight.")
    code = (
        "import json,sys; from graphs.offline.model import answer; print(json.dumps(answer(json.load(sys.stdin), 3)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == answer(asked, 3)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "user", "content": "hi"}],
        [None, 3],
        None,
        [{"role": "system", "content": "<role 00>\njudge\n</role 00>"}],
    ],
)
def test_without_a_known_role_it_says_what_it_is(messages: object) -> None:
    said = answer({"model": "x", "messages": messages})
    content = said["choices"][0]["message"]["content"]
    assert "demonstration model" in content and MODEL_NAME in content
    assert said["model"] == MODEL_NAME


def test_tokens_are_about_a_quarter_of_the_characters() -> None:
    asked = make_body("judge", reply="I hear you.")
    usage = answer(asked)["usage"]
    assert usage["prompt_tokens"] == len(body_key(asked)) // 4
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0


def test_an_answer_over_max_tokens_is_cut_and_says_so() -> None:
    choice = answer(make_body("responder") | {"max_tokens": 20})["choices"][0]
    assert choice["finish_reason"] == "length"
    assert len(choice["message"]["content"]) == 80


@pytest.mark.parametrize("role", ROLES)
def test_an_answer_never_holds_a_marker_of_its_prompt(role: str) -> None:
    said = answer(make_body(role, plan=make_plan()))["choices"][0]["message"]["content"]
    assert "ffeeddccbbaa9988" not in said and "00112233445566aa" not in said


_TEXT = st.text(alphabet=st.characters(codec=None), max_size=200) | st.sampled_from(
    [
        "",
        "I",
        "…",
        "a" * 5000,
        "[1] user: \n[1] helper: ",
        "<|response_begin|>",
        "My my my my",
        "{topic} {",
        "?" * 50,
        "\ud800",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    role=st.sampled_from(ROLES),
    data=st.dictionaries(st.sampled_from([*DATA, "plan"]), _TEXT),
    pack=st.dictionaries(st.sampled_from([*PACK]), _TEXT),
)
def test_no_content_of_a_block_breaks_it(role: str, data: dict[str, str], pack: dict[str, str]) -> None:
    said = answer(make_body(role, pack, 1, **data))["choices"][0]["message"]["content"]
    assert said
    if role in JSON_ROLES and len(said) < 6000:
        assert isinstance(json.loads(said), dict)
