"""The theme is what the look says: every text can be read, every meaning told apart, and the server keeps to itself."""

import tomllib
from typing import Any

import pytest

from studio.widgets.theme import CHART_TOKENS
from tests.graphs.runs import ROOT
from tests.studio.colours import closest, contrast, distance

CONFIG: dict[str, Any] = tomllib.loads((ROOT / "studio" / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
MODES = ("light", "dark")
NAMES = ("green", "gray", "red", "blue", "violet", "yellow", "orange")
DECISIONS, SPANS = ("green", "gray", "red"), ("blue", "violet", "yellow")
TEXT, MARK, APART = 4.5, 3.0, 10.0
"""WCAG 2.2 AA for text and for marks; the smallest CIEDE2000 distance at which we call two meanings apart."""


def grounds(mode: str) -> dict[str, str]:
    """Every ground that text stands on, but the tints."""
    theme = CONFIG["theme"][mode]
    wide = {f"{mode}.{name}": theme[name] for name in ("backgroundColor", "secondaryBackgroundColor")}
    return wide | {f"{mode}.sidebar.{name}": colour for name, colour in theme["sidebar"].items()}


def unreadable(pairs: dict[str, tuple[str, str]], least: float) -> list[str]:
    return [f"{name}: {ratio:.2f}" for name, (a, b) in pairs.items() if (ratio := contrast(a, b)) < least]


@pytest.mark.parametrize("mode", MODES)
def test_text_of_a_meaning_is_readable_on_its_tint_and_on_every_ground(mode: str):
    theme = CONFIG["theme"][mode]
    on_tint = {name: (theme[f"{name}TextColor"], theme[f"{name}BackgroundColor"]) for name in NAMES}
    on_ground = {
        f"{name} on {place}": (theme[f"{name}TextColor"], ground)
        for name in NAMES
        for place, ground in grounds(mode).items()
    }
    assert not unreadable(on_tint | on_ground, TEXT)


@pytest.mark.parametrize("mode", MODES)
def test_running_text_and_links_are_readable_on_every_ground_and_tint(mode: str):
    theme = CONFIG["theme"][mode]
    tints = {f"{name} tint": theme[f"{name}BackgroundColor"] for name in NAMES}
    pairs = {f"text on {place}": (theme["textColor"], ground) for place, ground in (grounds(mode) | tints).items()}
    pairs |= {f"link on {place}": (theme["linkColor"], ground) for place, ground in grounds(mode).items()}
    pairs["code"] = (theme["codeTextColor"], theme["codeBackgroundColor"])
    pairs["table head"] = (theme["dataframeHeaderTextColor"], theme["dataframeHeaderBackgroundColor"])
    pairs["primary button"] = ("#ffffff", theme["primaryColor"])
    assert not unreadable(pairs, TEXT)


@pytest.mark.parametrize("mode", MODES)
def test_marks_stand_out_from_every_ground(mode: str):
    theme = CONFIG["theme"][mode]
    marks = {name: theme[f"{name}Color"] for name in NAMES} | {"accent": theme["primaryColor"]}
    pairs = {
        f"{name} on {place}": (mark, ground) for name, mark in marks.items() for place, ground in grounds(mode).items()
    }
    assert not unreadable(pairs, MARK)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("meanings", [DECISIONS, SPANS], ids=["decisions", "spans"])
def test_colour_blind_eyes_tell_meanings_apart(mode: str, meanings: tuple[str, ...]):
    nearest, which = closest({name: CONFIG["theme"][mode][f"{name}Color"] for name in meanings})
    assert nearest >= APART, which


@pytest.mark.parametrize("mode", MODES)
def test_charts_have_every_token_and_as_many_steps_as_streamlit_wants(mode: str):
    theme = CONFIG["theme"][mode]
    assert set(CHART_TOKENS) <= set(theme)
    assert len(theme["chartSequentialColors"]) == len(theme["chartDivergingColors"]) == 10


def test_both_modes_set_the_same_tokens():
    light, dark = (CONFIG["theme"][mode] for mode in MODES)
    assert set(light) == set(dark)


def test_fonts_are_our_own_files():
    faces = CONFIG["theme"]["fontFaces"]
    assert {face["family"] for face in faces} == {"Inter", "JetBrains Mono"}
    for face in faces:
        assert face["url"].startswith("app/static/")
        assert (ROOT / "studio" / face["url"].removeprefix("app/")).is_file()


def test_the_server_keeps_to_this_machine_and_tells_nobody():
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert set(CONFIG["server"]["allowedHosts"]) == {"localhost", "127.0.0.1"}
    assert CONFIG["server"]["showEmailPrompt"] is False
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"] == {"toolbarMode": "viewer", "showErrorDetails": "none", "showErrorLinks": False}
    assert CONFIG["runner"]["magicEnabled"] is False
    assert CONFIG["server"].get("enableXsrfProtection", True) and CONFIG["server"].get("enableCORS", True)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_distances_are_those_of_the_published_table(one, other, apart):
    assert distance(one, other) == pytest.approx(apart, abs=5e-5)
    assert distance(other, one) == pytest.approx(apart, abs=5e-5)


def test_contrast_runs_from_1_to_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#0f8a6d", "#0f8a6d") == 1
