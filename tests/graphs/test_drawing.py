"""The drawing of Fig. 2 in docs/graph.md is the one that the code gives."""

from tools.draw_graph import PAGE, drawing, drawn


def test_docs_show_the_graph_as_it_is_compiled():
    assert drawn(PAGE.read_text(encoding="utf-8")) == drawing(), "run: python -m tools.draw_graph"


def test_drawing_has_the_four_nodes_of_figure_2_and_no_tags():
    text = drawing()
    for node in ("simulate_user", "respond", "evaluate", "close_turn"):
        assert f"{node}({node})" in text
    assert "<p>" not in text
