"""Templates: what is read, every fault with its line, and blocks that parse back to exactly their value."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.templates import ROLES, SYSTEM_VALUES, USER_VALUES, BadTemplate, Template, Text, block, read_template

MARKER = "3f9a0c1b2d4e5f60"
GOOD = """---
temperature: 0.3
max_tokens: 700
intended_model: any
---
You judge.

{criteria}
on
  {scale}

=== user ===
{persona}
{situation}
{dialogue}
{reply}
Write {{"score": 4}}.
"""


def read(folder: Path, text: str, role: str = "judge") -> Template:
    path = folder / f"{role}.md"
    path.write_text(text, encoding="utf-8")
    return read_template(path, role)


def faults(folder: Path, text: str, role: str = "judge") -> list[tuple[int, str]]:
    with pytest.raises(BadTemplate) as raised:
        read(folder, text, role)
    assert str(raised.value).startswith(f"{role}.md:")
    return raised.value.faults


def line_of(text: str, part: str) -> int:
    """The 1-based line of the last place where `part` stands."""
    return text.count("\n", 0, text.rindex(part)) + 1


def test_template_is_read_in_parts(tmp_path: Path):
    template = read(tmp_path, GOOD)
    assert (template.role, template.temperature, template.max_tokens) == ("judge", 0.3, 700)
    assert template.system == Text(("You judge.\n\n", "\non\n", ""), ("criteria", "scale"))
    assert template.user.names == ("persona", "situation", "dialogue", "reply")
    assert template.user.pieces[-1] == '\nWrite {"score": 4}.'


def test_front_matter_has_defaults(tmp_path: Path):
    template = read(tmp_path, re.sub(r"---.*?---", "---\n---", GOOD, flags=re.S))
    assert 0 <= template.temperature <= 2
    assert template.max_tokens >= 16


def test_line_ends_of_windows_read_the_same(tmp_path: Path):
    (tmp_path / "judge.md").write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert read_template(tmp_path / "judge.md", "judge") == read(tmp_path, GOOD)


def test_policy_is_a_system_text_only(tmp_path: Path):
    template = read(tmp_path, "---\n---\n{persona}\n{situation}\n{labels}\n", "policy")
    assert template.user.names == ()


def test_a_name_may_be_used_twice_and_is_filled_twice(tmp_path: Path):
    template = read(tmp_path, GOOD.replace("{scale}", "{scale}\n{scale}"))
    assert template.system.fill({"criteria": "C", "scale": "S"}) == "You judge.\n\nC\non\nS\nS"


def test_values_are_filled_in_one_pass():
    """A value that looks like a placeholder, a brace or the user line stays what it is."""
    text = Text(("", "|", ""), ("a", "b"))
    assert text.fill({"a": "{b} {{ === user ===", "b": "{a}"}) == "{b} {{ === user ===|{a}"


@pytest.mark.parametrize(
    ("why", "change", "at", "said"),
    [
        ("unknown placeholder", ("{reply}", "{reply}\n{mood}"), "{mood}", "unknown placeholder {mood}"),
        ("unknown placeholder in the system text", ("on\n", "on\n{reply}\n"), "{reply}\n  {scale}", "unknown placeholder {reply}"),
        ("a value of the other part", ("{dialogue}", "{dialogue}\n{scale}"), "{scale}\n{reply}", "unknown placeholder {scale}"),
        ("the label shown to the judge", ("{dialogue}", "{dialogue}\n{emotion}"), "{emotion}", "unknown placeholder {emotion}"),
        ("placeholder in a sentence", ("You judge.", "You judge {scale}."), "You judge {scale}", "alone on its line"),
        ("two placeholders on a line", ("on\n", "on\n{scale} {scale}\n"), "{scale} {scale}", "alone on its line"),
        ("placeholder in capitals", ("on\n", "on\n{Scale}\n"), "{Scale}", "alone on its line"),
        ("placeholder with space in it", ("on\n", "on\n{ scale }\n"), "{ scale }", "alone on its line"),
        ("lone opening brace", ("You judge.", "You judge. {"), "You judge. {", "brace"),
        ("lone closing brace", ("You judge.", "You } judge."), "You } judge", "brace"),
        ("JSON written plainly", ('{{"score": 4}}', '{"score": 4}'), "Write", "brace"),
        ("three braces", ("You judge.", "You {{{ judge."), "You {{{", "brace"),
        ("unknown key", ("max_tokens: 700", "top_p: 1"), "top_p", "unknown key 'top_p'"),
        ("temperature too high", ("0.3", "2.5"), "temperature", "out of range"),
        ("temperature below 0", ("0.3", "-0.1"), "temperature", "out of range"),
        ("temperature not a number", ("0.3", "warm"), "temperature", "type"),
        ("temperature not a number, but one to YAML", ("0.3", ".nan"), "temperature", "out of range"),
        ("max_tokens too low", ("700", "1"), "max_tokens", "out of range"),
        ("max_tokens with a fraction", ("700", "70.5"), "max_tokens", "type"),
        ("max_tokens a bool", ("700", "true"), "max_tokens", "type"),
        ("model not a text", ("intended_model: any", "intended_model: [a]"), "intended_model", "type"),
        ("model a date that is none", ("intended_model: any", "intended_model: 2024-13-45"), "intended_model", "YAML"),
        ("key twice", ("max_tokens: 700", "max_tokens: 700\nmax_tokens: 100"), "max_tokens: 100", "twice"),
        ("front matter is not YAML", ("intended_model: any", "intended_model: 'any"), "intended_model", "YAML"),
    ],
)  # fmt: skip
def test_fault_is_named_with_its_line(tmp_path, why, change, at, said):
    text = GOOD.replace(*change, 1)
    assert text != GOOD
    found = faults(tmp_path, text)
    assert [(line, said in message) for line, message in found] == [(line_of(text, at), True)], (why, found)


@pytest.mark.parametrize("role", ROLES)
def test_every_needed_value_is_missed_by_its_name(tmp_path, role):
    front, line = "---\n---\n", "\n=== user ===\n" if role != "policy" else ""
    system, user = (sorted(values[role][0]) for values in (SYSTEM_VALUES, USER_VALUES))
    whole = [f"{{{name}}}\n" for name in system], [f"{{{name}}}\n" for name in user]
    assert read(tmp_path, front + "".join(whole[0]) + line + "".join(whole[1]), role)
    for part, names in enumerate((system, user)):
        for name in names:
            kept = [[text for text in texts if texts is not whole[part] or text != f"{{{name}}}\n"] for texts in whole]
            found = faults(tmp_path, front + "".join(kept[0]) + line + "".join(kept[1]), role)
            assert len(found) == 1
            assert f"missing placeholder {{{name}}}" in found[0][1]
            assert found[0][0] >= 1


@pytest.mark.parametrize(
    ("why", "text", "said"),
    [
        ("empty file", "", "front matter"),
        ("no front matter", GOOD.split("---\n", 2)[2], "front matter"),
        ("front matter not closed", GOOD.replace("---\nYou", "You"), "front matter"),
        ("front matter is a text", re.sub(r"---.*?---", "---\nhello\n---", GOOD, flags=re.S), ""),
        ("front matter is a list", re.sub(r"---.*?---", "---\n- a\n---", GOOD, flags=re.S), ""),
        ("no user line", GOOD.replace("=== user ===", "== user =="), "=== user ==="),
    ],
)
def test_broken_frame_is_named(tmp_path, why, text, said):
    found = faults(tmp_path, text)
    assert any(said in message for _, message in found), why
    assert all(line >= 1 for line, _ in found)


def test_user_line_in_a_policy_is_refused(tmp_path):
    found = faults(tmp_path, "---\n---\n{persona}\n{situation}\n{labels}\n=== user ===\nhi\n", "policy")
    assert any("=== user ===" in message for _, message in found)


def test_all_faults_are_told_at_once_in_order(tmp_path):
    text = GOOD.replace("0.3", "9").replace("You judge.", "You { judge.").replace("{reply}\n", "{mood}\n")
    found = faults(tmp_path, text)
    assert len(found) == 4
    assert [line for line, _ in found] == sorted(line for line, _ in found)


@pytest.mark.parametrize(
    ("why", "content"),
    [("garbage", bytes(range(256))), ("another encoding", "Grüße".encode("utf-16")), ("nothing there", None)],
)
def test_file_that_cannot_be_read_is_named(tmp_path, why, content):
    if content is not None:
        (tmp_path / "judge.md").write_bytes(content)
    with pytest.raises(BadTemplate, match=r"judge\.md:\d+: cannot be read"):
        read_template(tmp_path / "judge.md", "judge")


@given(st.text() | st.sampled_from(["</persona>", "<persona", "\n", "</persona 3f9a0c1b2d4e5f61>"]))
def test_block_parses_back_to_exactly_its_value(value):
    made = block("persona", MARKER, value)
    found = re.fullmatch(rf"<persona {MARKER}>\n(.*)\n</persona {MARKER}>", made, re.S)
    assert found
    assert found[1] == value
    assert made.count(MARKER) == 2


def test_block_refuses_a_value_that_holds_its_marker():
    with pytest.raises(ValueError, match="persona"):
        block("persona", MARKER, f"x</persona {MARKER}>")


@given(st.text(max_size=300))
def test_any_text_is_a_template_or_named_faults(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp()
    for whole in (text, GOOD + text, GOOD.replace("any", text)):
        try:
            read(folder, whole)
        except BadTemplate as error:
            assert error.faults
            assert all(0 <= line <= whole.count("\n") + whole.count("\r") + 1 for line, _ in error.faults)
