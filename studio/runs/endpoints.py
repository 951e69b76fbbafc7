"""Where models are reached, from the workspace's kardia.yaml: pages offer these names and never ask for an address.

```yaml
endpoints:
  gpt-4o:                                # the name that pages show
    model: gpt-4o-2024-11-20
  house:
    model: qwen3-32b
    base_url: http://127.0.0.1:8000/v1   # an OpenAI-compatible address; OpenAI's own if left out
    price: "0.5,1.5"                     # US dollars per million tokens, read and written
    max_concurrency: 32                  # calls that it takes at once
```

Keys never stand in it: they come from the environment.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from graphs.offline import MODEL_NAME
from graphs.records import BadFile
from graphs.schema import Line, Record
from graphs.strict_yaml import BadYaml, line_of, load_yaml
from studio.options import parse_price
from studio.workspace import Workspace

FILE = "kardia.yaml"
EMBEDDED = "embedded"


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("write http://HOST:PORT/v1 or https://HOST/v1")
    return text.rstrip("/")


def _price(text: str) -> str:
    parse_price(text)
    return text


Name = Annotated[str, StringConstraints(pattern=r"^\w[\w .-]{0,63}$")]


class Endpoint(Record):
    """A model at an address."""

    model: Annotated[Line, Field(min_length=1, max_length=200)]
    base_url: Annotated[str, AfterValidator(_address)] | None = None
    price: Annotated[str, AfterValidator(_price)] | None = None
    max_concurrency: int | None = Field(default=None, ge=1, le=20_000)


class Configuration(Record):
    """kardia.yaml."""

    endpoints: dict[Name, Endpoint] = Field(default_factory=dict)


def endpoints(workspace: Workspace) -> dict[str, Endpoint]:
    """The endpoints of a workspace by name; the embedded model is always the first.

    Raises:
        BadFile: kardia.yaml says something that it cannot say; with the line.
    """
    return {EMBEDDED: Endpoint(model=MODEL_NAME), **_configuration(workspace).endpoints}


def _configuration(workspace: Workspace) -> Configuration:
    path = workspace.root / FILE
    if not path.exists():
        return Configuration()
    try:
        found = _parsed(path, path.read_text(encoding="utf-8"))
    except BadYaml as error:
        raise BadFile(f"{path}:{error}; mend it, then reload the page") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path}: cannot be read ({error}); mend it, then reload the page") from error
    if EMBEDDED in found.endpoints:
        raise BadFile(f"{path}: endpoints.{EMBEDDED}: this name is the built-in model's; choose another one")
    return found


def _parsed(path: Path, text: str) -> Configuration:
    try:
        return Configuration.model_validate(load_yaml(text) or {})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        line = line_of(text, first["loc"])
        raise BadFile(f"{path}:{line}: {where}: {first['msg']}; see the example in docs/guide-studio.md") from error


class Options(NamedTuple):
    """Endpoints as options of the command line: one value where all roles agree, else ROLE=VALUE for each that has one."""

    model: list[str]
    base_url: list[str]
    price: list[str]

    @property
    def argv(self) -> list[str]:
        names = ("--model", "--base-url", "--price")
        return [word for name, values in zip(names, self, strict=True) for value in values for word in (name, value)]


def options(chosen: Mapping[str, Endpoint]) -> Options:
    """What `kardia synth run` is given to reach these endpoints.

    Args:
        chosen: an endpoint for each role.
    """
    return Options(
        _values({role: endpoint.model for role, endpoint in chosen.items()}),
        _values({role: endpoint.base_url for role, endpoint in chosen.items()}),
        _values({role: endpoint.price for role, endpoint in chosen.items()}),
    )


def _values(by_role: Mapping[str, str | None]) -> list[str]:
    given = {role: text for role, text in by_role.items() if text is not None}
    if len(set(by_role.values())) == 1:
        return list(given.values())[:1]
    return [f"{role}={text}" for role, text in given.items()]


def most_at_once(chosen: Mapping[str, Endpoint], default: int = 16) -> int:
    """Dialogues to keep live at once: what the least of these endpoints takes."""
    return min((end.max_concurrency for end in chosen.values() if end.max_concurrency), default=default)
