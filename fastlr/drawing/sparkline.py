"""Small pictures of rates that need no drawing library: a line as SVG, and blocks of text.

In both, the lowest edge is a rate of 0, the upper edge is the highest rate shown, and a rate fills
its share of the width from edge to edge, as it stays in force until the next step.
"""

from collections.abc import Iterator
from html import escape

import numpy as np
import numpy.typing as npt

from fastlr.drawing.drawable import Drawable
from fastlr.program.opcodes import LAST_STEP

__all__ = ["blocks", "extent", "spread", "svg"]

_WIDTH, _HEIGHT, _PADDING = 240, 60, 3
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ENDLESS = 1_000  # steps shown of a schedule that has neither an end nor a boundary
_GOLDEN = 0.6180339887498949

Rates = npt.NDArray[np.float64]


def extent(schedule: Drawable) -> int:
    """How many steps a picture of a scalar schedule shows: all of them, or twice those to the last
    boundary if it never ends.

    >>> import fastlr as flr
    >>> extent(flr.linear(1.0, 0.0, steps=30)), extent(flr.cyclic(0.1, 0.5, up=20)), extent(flr.constant(0.1))
    (30, 80, 1000)
    """
    if schedule.steps is None:
        return min(2 * max(schedule.boundaries, default=0), LAST_STEP) or _ENDLESS
    return int(schedule.steps) or (0 if schedule.past_end == "raise" else _ENDLESS)


def spread(stop: int, count: int) -> npt.NDArray[np.int64]:
    """At most ``count`` of the steps 0 to ``stop - 1``, in order: the first, the last, and one from
    each equal stretch between.

    Where in its stretch a step lies goes by the golden ratio, so that no cycle of the rates can
    keep time with them.

    >>> spread(4, count=10), spread(1_000, count=5)
    (array([0, 1, 2, 3]), array([  0, 323, 447, 770, 999]))
    """
    if stop <= count:
        return np.arange(stop)
    edges = np.linspace(0, stop, count + 1).astype(np.int64)
    steps = edges[:-1] + (np.arange(count) * _GOLDEN % 1 * np.diff(edges)).astype(np.int64)
    steps[-1] = stop - 1
    return steps


def svg(rates: npt.ArrayLike, title: str = "") -> str:
    """One line through the rates, as an SVG image that stands by itself.

    >>> image = svg([1.0, 0.5], title="half")
    >>> image[image.index("<title>") :].partition(" fill=")[0]
    '<title>half</title><path d="M3 3.0H120.0V30.0H237.0"'
    """
    shares = _shares(rates)
    x = _PADDING + (_WIDTH - 2 * _PADDING) * np.arange(1, shares.size + 1) / max(1, shares.size)
    y = _PADDING + (_HEIGHT - 2 * _PADDING) * (1 - shares)
    line = "V".join(f"{height:.1f}H{right:.1f}" for height, right in zip(y, x, strict=True))
    words = escape("".join(character if character.isprintable() else " " for character in title))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}">'
        f"<title>{words}</title>"
        f'<path d="{line and f"M{_PADDING} {line}"}" fill="none" stroke="#4c8dd6" '
        'stroke-width="1.5" stroke-linejoin="round"/>'
        "</svg>"
    )


def blocks(rates: npt.ArrayLike, width: int, height: int) -> str:
    """The rates as ``height`` rows of ``width`` block characters; a column shows the mean of its
    share of them.

    Raises ``ValueError`` where there are no rates.

    >>> print(blocks([4.0, 4.0, 3.0, 2.0, 1.0, 0.0], width=6, height=2))
    ██▄
    ████▄▁
    """
    shares = _shares(rates)
    if not shares.size:
        raise ValueError("blocks: rates must hold at least one rate, got none")
    columns = np.array([share.mean() for share in _split(shares, width)])
    filled = np.maximum(1, np.rint(columns * height * 8)).astype(int)
    rows = (np.clip(filled - 8 * row, 0, 8) for row in reversed(range(height)))
    return "\n".join("".join(_EIGHTHS[eighths] for eighths in row).rstrip() for row in rows)


def _shares(rates: npt.ArrayLike) -> Rates:
    """The rates as shares of the highest."""
    array = np.asarray(rates, dtype=np.float64)
    return array / (array.max(initial=0.0) or 1.0)


def _split(shares: Rates, width: int) -> Iterator[Rates]:
    """What of ``shares`` falls into each of ``width`` columns; where there are fewer of them,
    one fills several columns.
    """
    for column in range(width):
        first, last = column * shares.size // width, (column + 1) * shares.size // width
        yield shares[first : max(first + 1, last)]
