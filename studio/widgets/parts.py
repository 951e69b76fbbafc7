"""The components that Streamlit has no element for. Data goes in as data and is shown by textContent, never as markup."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from streamlit.components import v2

_COMPONENTS = Path(__file__).parent / "components"


def thread(data: dict[str, Any], key: str) -> dict[str, int] | None:
    """A dialogue as a chat; returns the turn and attempt that was picked just now, if one was."""
    return _component("thread")(data=data, key=key, on_pick_change=_nothing).pick


def attempts(data: dict[str, Any], key: str) -> dict[str, int] | None:
    """The graph and the table of turns and attempts; returns what was picked just now."""
    return _component("attempts")(data=data, key=key, on_pick_change=_nothing).pick


def say(data: dict[str, Any], key: str) -> dict[str, Any] | None:
    """A box to speak in; returns the turn and text that were said just now. What is half written outlives reruns."""
    return _component("say")(data=data, key=key, on_said_change=_nothing).said


def spans(data: dict[str, Any], key: str) -> None:
    """A reply by its spans, with notes under it."""
    _component("spans")(data=data, key=key)


def scores(data: list[dict[str, Any]], key: str) -> None:
    """The marks of a decision, with reason and evidence."""
    _component("scores")(data=data, key=key)


def diff(data: dict[str, Any], key: str) -> None:
    """Two texts side by side, by words."""
    _component("diff")(data=data, key=key)


def editor(data: dict[str, Any], key: str, on_text: Callable[[], None], on_save: Callable[[], None]) -> None:
    """A text editor with line numbers; what was typed lies in the session state's `key`, as `text`."""
    _component("editor")(data=data, key=key, on_text_change=on_text, on_save_change=on_save)


def files(data: dict[str, Any], key: str) -> str | None:
    """The files of a pack; returns the one that was picked just now."""
    return _component("files")(data=data, key=key, on_pick_change=_nothing).pick


def findings(data: list[dict[str, Any]], key: str) -> dict[str, Any] | None:
    """What is wrong with a pack; returns file and line that were picked just now."""
    return _component("findings")(data=data, key=key, on_pick_change=_nothing).pick


def filled(data: dict[str, Any], key: str) -> None:
    """A prompt as it would be sent, its values set off."""
    _component("filled")(data=data, key=key)


def variables(data: dict[str, Any], key: str) -> None:
    """The placeholders of a template and what stands in them."""
    _component("variables")(data=data, key=key)


def versions(data: dict[str, Any], key: str) -> dict[str, str] | None:
    """The versions of a pack; returns what is to be compared, reverted to, or which run to open."""
    return _component("versions")(data=data, key=key, on_pick_change=_nothing).pick


def notice(data: dict[str, Any], key: str) -> str | None:
    """Something to know before going on; returns the action that was picked just now."""
    return _component("notice")(data=data, key=key, on_pick_change=_nothing).pick


def queue(data: dict[str, Any], key: str) -> dict[str, int] | None:
    """A list to work through; returns the key of the row that was picked just now, if one was."""
    return _component("queue")(data=data, key=key, on_pick_change=_nothing).pick


def persona(data: dict[str, Any], key: str) -> None:
    """A persona with every field, its source, and the places that a person should look at."""
    _component("persona")(data=data, key=key)


def changes(data: dict[str, Any], key: str) -> dict[str, str] | None:
    """The states that changed most between two versions; returns the one that was picked just now."""
    return _component("changes")(data=data, key=key, on_pick_change=_nothing).pick


def crosstab(data: dict[str, Any], key: str) -> None:
    """Decisions under one version against those under another."""
    _component("crosstab")(data=data, key=key)


def follow_mode() -> None:
    """Draw the page anew when the reader switches between light and dark, for the logo and the charts."""
    _component("mode")(key="mode", on_changed_change=_nothing)


@cache
def _component(name: str) -> Any:
    """Components are registered once in the life of the server."""
    html = _COMPONENTS / f"{name}.html"
    return v2.component(
        f"kardia_{name}",
        html=html.read_text(encoding="utf-8") if html.exists() else None,
        css=_read("base.css") + _read(f"{name}.css"),
        js=_read("base.js") + _read(f"{name}.js"),
    )


def _read(name: str) -> str:
    return (_COMPONENTS / name).read_text(encoding="utf-8")


def _nothing() -> None:
    """A trigger is read from the component's result; Streamlit wants a callback all the same."""
