"""Results of comparisons as notebooks show them."""

from collections.abc import Mapping, Sequence

from fastlr.drawing.cards import BLUE, RED, card, lane_colors, sketch, table
from fastlr.drawing.drawable import Drawable

__all__ = ["curves_html", "options_html"]


def curves_html(
    title: str, subtitle: str, sentence: str, curves: Mapping[str, Drawable], stop: int
) -> str:
    """Return the display of two curves: a picture, what each is, and a sentence."""
    colors = (BLUE, RED)
    facts = {"result": sentence}
    picture = sketch(list(zip(curves.values(), colors, strict=True)), stop)
    keys = table([""], [[name] for name in curves], len(curves), colors)
    return card(title, subtitle, facts, f"{picture}{keys}")


def options_html(
    title: str,
    curves: Mapping[str, Drawable],
    stop: int,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> str:
    """Return the display of several curves: a picture, and a table with one row per curve."""
    colors = lane_colors(len(curves))
    picture = sketch(list(zip(curves.values(), colors, strict=True)), stop)
    return card(title, below=f"{picture}{table(heads, rows, len(rows), colors)}")
