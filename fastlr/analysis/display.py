"""Results of comparisons as notebooks show them."""

from collections.abc import Mapping

from fastlr.drawing.cards import BLUE, RED, card, sketch, table
from fastlr.drawing.drawable import Drawable

__all__ = ["curves_html"]


def curves_html(
    title: str, subtitle: str, sentence: str, curves: Mapping[str, Drawable], stop: int
) -> str:
    """Return the display of two curves: a picture, what each is, and a sentence."""
    colors = (BLUE, RED)
    facts = {"result": sentence}
    picture = sketch(list(zip(curves.values(), colors, strict=True)), stop)
    keys = table([""], [[name] for name in curves], len(curves), colors)
    return card(title, subtitle, facts, f"{picture}{keys}")
