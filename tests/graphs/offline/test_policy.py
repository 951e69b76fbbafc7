import pytest

from graphs.offline.model import answer
from graphs.offline.policy import read_policy_prompt
from graphs.packs import load_pack
from graphs.prompts import PromptWriter
from graphs.spans import parse_spans


def asked(pack: str, *utterances: str) -> list[dict[str, str]]:
    system = PromptWriter(load_pack(pack)).policy_text("Username: ada_01 About: I keep bees.", "The hive died.")
    messages = [{"role": "system", "content": system}]
    for utterance in utterances[:-1]:
        messages += [{"role": "user", "content": utterance}, {"role": "assistant", "content": "What was it like?"}]
    return [*messages, {"role": "user", "content": utterances[-1]}]


@pytest.mark.parametrize("pack", ["kardia", "studycoach"])
def test_a_policy_prompt_is_answered_in_four_spans_with_a_label_of_the_pack(pack: str) -> None:
    body = {"messages": asked(pack, "I feel so alone since it happened.", "Nobody calls any more."), "temperature": 0}
    reply = answer(body)["choices"][0]["message"]["content"]
    assert parse_spans(reply).emotion in load_pack(pack).settings.labels
    assert answer(body) == answer(body)


@pytest.mark.parametrize("pack", ["kardia", "studycoach"])
def test_the_labels_are_read_from_the_prompt(pack: str) -> None:
    prompt = read_policy_prompt(asked(pack, "Hello."))
    assert prompt and prompt.pack["labels"].split("\n") == list(load_pack(pack).settings.labels)


def test_any_other_chat_is_none_of_its_business() -> None:
    assert read_policy_prompt([{"role": "user", "content": "hello <|response_begin|>"}]) is None
