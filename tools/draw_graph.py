"""Draw the paper's Fig. 2 from the compiled graph into docs/graph.md: python -m tools.draw_graph [--check]."""

import re
import sys
from pathlib import Path

from graphs.dialogue import build_graph

PAGE = Path(__file__).resolve().parents[1] / "docs" / "graph.md"
_BLOCK = re.compile(r"(?<=```mermaid\n).*?(?=\n```)", re.DOTALL)


def drawing() -> str:
    """The graph as mermaid text, without LangGraph's paragraph tags, which many viewers show as text."""
    return re.sub(r"</?p>", "", build_graph().get_graph().draw_mermaid()).strip().replace("\t", "    ")


def drawn(page: str) -> str:
    """The drawing that stands in a page."""
    found = _BLOCK.search(page)
    return found[0] if found else ""


def main() -> None:
    """Put the drawing into the page; with --check only say whether it stands there."""
    page = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        sys.exit(
            None
            if drawn(page) == drawing()
            else f"{PAGE.name}: not what the code gives; run python -m tools.draw_graph"
        )
    PAGE.write_text(_BLOCK.sub(lambda _: drawing(), page, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
