"""kardia.yaml: endpoints by name, refused with file and line where it says what it cannot say."""

import re
from pathlib import Path

import pytest

from graphs.records import BadFile
from graphs.strict_yaml import load_yaml
from studio.runs import endpoints as module
from studio.runs.endpoints import Configuration, Endpoint, endpoints, most_at_once, options
from studio.workspace import Workspace

HOUSE = Endpoint(model="qwen3-32b", base_url="http://127.0.0.1:8000/v1", price="0.5,1.5", max_concurrency=32)
HOSTED = Endpoint(model="gpt-4o-2024-11-20")


def found(root: Path, text: str) -> dict[str, Endpoint]:
    (root / "kardia.yaml").write_text(text)
    return endpoints(Workspace(root))


def test_the_embedded_model_is_always_the_first(tmp_path):
    assert list(endpoints(Workspace(tmp_path))) == ["embedded"]
    assert list(found(tmp_path, "")) == ["embedded"]
    assert list(found(tmp_path, "endpoints: {a b.c-d: {model: m}}")) == ["embedded", "a b.c-d"]


def test_the_example_of_the_docstring_is_one(tmp_path):
    example = re.search(r"```yaml\n(.*?)```", module.__doc__ or "", re.DOTALL)
    assert example
    Configuration.model_validate(load_yaml(example[1]))
    assert found(tmp_path, example[1])["house"] == HOUSE


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("endpoints: [", "kardia.yaml"),
        ("endpoints:\n  a: {model: m}\n  a: {model: n}\n", ":3: not YAML: key 'a' stands twice"),
        ("endpoints:\n  a: {base_url: http://127.0.0.1/v1}\n", ":2: endpoints.a.model"),
        ("endpoints:\n  a:\n    model: m\n    base_url: file:///etc/passwd\n", ":4: endpoints.a.base_url"),
        ("endpoints:\n  a:\n    model: m\n    price: cheap\n", ":4: endpoints.a.price"),
        ("endpoints:\n  a:\n    model: m\n    api_key: sk-x\n", ":4: endpoints.a.api_key"),
        ("endpoints:\n  a:\n    model: m\n    max_concurrency: 0\n", ":4: endpoints.a.max_concurrency"),
        ("endpoints:\n  '*a*': {model: m}\n", "endpoints"),
        ("endpoints:\n  embedded: {model: m}\n", "built-in"),
        ("endpoint:\n  a: {model: m}\n", ":1: endpoint"),
        ("- a\n", "kardia.yaml"),
    ],
)
def test_what_it_cannot_say_is_named_with_file_and_line(tmp_path, text, named):
    with pytest.raises(BadFile, match=re.escape(named)):
        found(tmp_path, text)


def test_options_name_roles_only_where_they_differ():
    assert options({"user_simulator": HOUSE, "responder": HOUSE}).argv == [
        "--model", "qwen3-32b", "--base-url", "http://127.0.0.1:8000/v1", "--price", "0.5,1.5",
    ]  # fmt: skip
    mixed = options({"user_simulator": HOUSE, "responder": HOSTED})
    assert mixed.model == ["user_simulator=qwen3-32b", "responder=gpt-4o-2024-11-20"]
    assert mixed.base_url == ["user_simulator=http://127.0.0.1:8000/v1"]
    assert mixed.price == ["user_simulator=0.5,1.5"]


def test_the_least_of_what_endpoints_take_at_once_is_asked_for():
    assert most_at_once({"user_simulator": HOUSE, "responder": HOSTED}) == 32
    assert most_at_once({"responder": HOSTED}) == 16
