"""The colours of the page that is being drawn, from config.toml, for charts and pictures."""

from typing import Any

import streamlit as st

CHART_TOKENS = (
    "textColor", "grayTextColor", "grayColor", "borderColor", "backgroundColor",
    "chartCategoricalColors", "chartSequentialColors", "chartDivergingColors",
)  # fmt: skip


def is_dark() -> bool:
    """Whether the reader's page is dark."""
    return st.context.theme.type == "dark"


def section() -> dict[str, Any]:
    """The theme's tokens as they hold for this reader."""
    return tokens("dark" if is_dark() else "light")


def tokens(mode: str) -> dict[str, Any]:
    """The theme's tokens of one mode, `light` or `dark`."""
    return {name: st.get_option(f"theme.{mode}.{name}") for name in CHART_TOKENS}
