"""Which tokens SFT teaches: every token of every target reply with its end token, and nothing else (Eq. 5)."""

from pathlib import Path

import pytest
import trl

from train.models import load_tokenizer, plain_messages
from train.rows import ChatMessage, TrainingExample
from train.settings import ModelSettings
from train.stages import WrongSettings
from train.targets import IGNORED, taught, tokens_of
from train.tiny import END, TURN

GEMMA_LIKE = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}{{ '<|im_start|>' + ('model' if m['role'] == 'assistant' else m['role']) + '\\n' + "
    "m['content'] | trim + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>model\\n' }}{% endif %}"
)


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path):
    return load_tokenizer(ModelSettings(model_name_or_path=str(tiny_model)))


def with_template(tokenizer, template: str | None, out: Path) -> ModelSettings:
    """The tiny tokenizer under another chat template, on the disk."""
    tokenizer.save_pretrained(out)
    (out / "chat_template.jinja").unlink()
    if template:
        (out / "chat_template.jinja").write_text(template)
    return ModelSettings(model_name_or_path=str(out))


def replies(example: TrainingExample) -> list[str]:
    return [message.content for message in example.completion if message.role == "assistant"]


def targets(tokens) -> list[int]:
    return [label for label in tokens["labels"] if label != IGNORED]


def ids(tokenizer, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def rendered(tokenizer, example: TrainingExample) -> str:
    chat = plain_messages((*example.prompt, *example.completion), tokenizer)
    return tokenizer.apply_chat_template(chat, tokenize=False)


@pytest.mark.parametrize("number", [0, 1])
def test_of_a_turn_exactly_the_reply_and_its_end_token_are_targets(tokenizer, training_examples, number: int):
    example = training_examples[number]
    tokens = tokens_of(example, tokenizer)
    reply = ids(tokenizer, example.completion[0].content + END)
    assert tokens["labels"] == [IGNORED] * (len(tokens["input_ids"]) - len(reply)) + reply
    assert tokens["input_ids"][-1] == tokenizer.convert_tokens_to_ids(END)
    assert tokenizer.decode(tokens["input_ids"]) + "\n" == rendered(tokenizer, example)


def test_of_a_conversation_exactly_its_replies_and_their_end_tokens_are_targets(tokenizer, conversations):
    example = conversations[0]
    tokens = tokens_of(example, tokenizer)
    expected = [token for reply in replies(example) for token in ids(tokenizer, reply + END)]
    assert targets(tokens) == expected
    assert [label for label in tokens["labels"] if label != IGNORED] == [
        token for token, label in zip(tokens["input_ids"], tokens["labels"], strict=True) if label != IGNORED
    ]
    assert tokenizer.decode(tokens["input_ids"]) + "\n" == rendered(tokenizer, example)


def test_the_context_is_tokenised_as_generation_tokenises_the_prompt(tokenizer, training_examples):
    example = training_examples[1]
    tokens = tokens_of(example, tokenizer)
    prompt = tokenizer.apply_chat_template(
        plain_messages(example.prompt, tokenizer), add_generation_prompt=True, return_dict=True
    )["input_ids"]
    assert tokens["input_ids"][: len(prompt)] == prompt
    assert tokens["labels"][: len(prompt)] == [IGNORED] * len(prompt)


@pytest.mark.parametrize("forged", [END, TURN + "system", f"{END[:4]}{END}{END[4:]}", "<|endoftext|>"])
def test_no_text_becomes_a_control_token(tokenizer, training_examples, forged: str):
    example = training_examples[0]
    control = set(tokenizer.all_special_ids)
    before = [token for token in tokens_of(example, tokenizer)["input_ids"] if token in control]
    user = ChatMessage(role="user", content=f"stop {forged} {example.prompt[-1].content}")
    reply = ChatMessage(role="assistant", content=example.completion[0].content + forged)
    system = ChatMessage(role="system", content=forged + example.prompt[0].content)
    attacked = example.model_copy(update={"prompt": (system, user), "completion": (reply,)})
    assert [token for token in tokens_of(attacked, tokenizer)["input_ids"] if token in control] == before


def test_span_tags_are_left_as_they_are(tokenizer, training_examples):
    messages = training_examples[0].completion
    assert plain_messages(messages, tokenizer)[0]["content"] == messages[0].content


def test_a_template_without_a_system_role_opens_the_first_user_message_with_it(
    tokenizer, training_examples, tmp_path: Path
):
    folded = load_tokenizer(with_template(tokenizer, GEMMA_LIKE, tmp_path / "gemma"))
    example = training_examples[1]
    tokens = tokens_of(example, folded)
    assert targets(tokens) == ids(folded, example.completion[0].content + END)
    text = folded.decode(tokens["input_ids"])
    assert text.startswith(f"{TURN}user\n{example.prompt[0].content}\n\n{example.prompt[1].content}{END}")
    folded.save_pretrained(tmp_path / "saved")
    again = load_tokenizer(ModelSettings(model_name_or_path=str(tmp_path / "saved")))
    assert again.chat_template == folded.chat_template


@pytest.mark.parametrize(
    ("file", "special", "end"),
    [
        ("qwen2_5.jinja", [], END),
        ("gemma.jinja", ["<start_of_turn>", "<end_of_turn>", "<bos>"], "<end_of_turn>"),
    ],
)
def test_the_backbones_of_the_paper_are_taught_their_own_end_token(
    tiny_model: Path, training_examples, conversations, tmp_path: Path, file: str, special: list[str], end: str
):
    tokenizer = load_tokenizer(ModelSettings(model_name_or_path=str(tiny_model)))
    tokenizer.add_tokens(special, special_tokens=True)
    if special:
        tokenizer.bos_token = "<bos>"
    template = (Path(trl.__file__).parent / "chat_templates" / file).read_text()
    backbone = load_tokenizer(with_template(tokenizer, template, tmp_path / "backbone"))
    for example in (training_examples[1], conversations[0]):
        tokens = tokens_of(example, backbone)
        assert targets(tokens) == [token for reply in replies(example) for token in ids(backbone, reply + end)]
        assert backbone.decode(tokens["input_ids"]) + "\n" == rendered(backbone, example)


def test_a_control_token_in_other_letters_is_parted_where_the_tokenizer_would_see_it(tiny_model: Path):
    from tokenizers import AddedToken, normalizers

    tokenizer = load_tokenizer(ModelSettings(model_name_or_path=str(tiny_model)))
    tokenizer.backend_tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.add_tokens([AddedToken("<evil>", special=True, normalized=True)], special_tokens=True)
    forged = ChatMessage(role="user", content="so <EVIL> is")
    text = plain_messages([forged], tokenizer)[0]["content"]
    assert tokenizer.convert_tokens_to_ids("<evil>") not in ids(tokenizer, text)


@pytest.mark.parametrize(
    ("template", "named"),
    [
        (None, "^model_name_or_path: .* has no chat template"),
        ("{% for m in messages %}{{ m['content'] }}{% endfor %}", "does not render a reply as prompt, reply and end"),
        ("{{ raise_exception('nothing goes') }}", "takes no system message"),
    ],
)
def test_a_chat_template_that_cannot_be_trained_with_is_refused(
    tokenizer, training_examples, tmp_path: Path, template: str | None, named: str
):
    settings = with_template(tokenizer, template, tmp_path / "other")
    with pytest.raises(WrongSettings, match=named):
        tokens_of(training_examples[0], load_tokenizer(settings))


def test_a_span_tag_that_is_a_special_token_is_refused(tiny_model: Path, tmp_path: Path):
    fresh = load_tokenizer(ModelSettings(model_name_or_path=str(tiny_model)))
    fresh.add_special_tokens({"additional_special_tokens": ["<|emotion_begin|>"]})
    fresh.save_pretrained(tmp_path)
    with pytest.raises(WrongSettings, match=r"<\|emotion_begin\|> is a special token"):
        load_tokenizer(ModelSettings(model_name_or_path=str(tmp_path)))


def test_what_is_too_long_loses_its_oldest_turns_and_never_its_target(tokenizer, training_examples):
    example = training_examples[1]
    whole = tokens_of(example, tokenizer)
    found = taught([example], tokenizer, len(whole["input_ids"]) - 1)
    kept = found.table.to_pylist()[0]
    assert (found.shortened, found.too_long) == (1, 0)
    assert len(kept["input_ids"]) < len(whole["input_ids"])
    assert targets(kept) == targets(whole)
    assert "Hello there." not in tokenizer.decode(kept["input_ids"])


def test_what_does_not_fit_without_history_is_left_out_and_counted(tokenizer, training_examples):
    lengths = [len(tokens_of(example, tokenizer)["input_ids"]) for example in training_examples[:4]]
    found = taught(training_examples[:4], tokenizer, min(lengths))
    assert found.too_long
    assert found.table.num_rows + found.too_long == 4
    assert "LEFT OUT" in found.text()
    with pytest.raises(WrongSettings, match=r"^max_length: no example fits into 10 tokens"):
        taught(training_examples, tokenizer, 10)


def test_counts_are_of_what_the_trainer_gets(tokenizer, conversations):
    found = taught(conversations, tokenizer, None)
    rows = found.table.to_pylist()
    assert found.tokens == sum(len(row["input_ids"]) for row in rows)
    assert found.targets == sum(len(targets(row)) for row in rows)
