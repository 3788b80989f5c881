"""Displays for notebooks: a heading, a small picture, facts and a table, as HTML.

Text has the colour of the page around it, so a display can be read on light and dark pages. A
display contains no script, and everything in it that is not ours is escaped.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from fastlr.drawing.drawable import Drawable
from fastlr.drawing.numbers import amount_text, rate_text, steps_text
from fastlr.drawing.sparkline import extent, spread

__all__ = ["BLUE", "Sketch", "RED", "card", "lane_colors", "sketch", "table"]

BLUE, RED = "#2482c4", "#d55e00"
_FEW = (BLUE, RED, "#009e73", "#cc79a7", "#e69f00")
_WIDTH, _HEIGHT = 380, 140
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 12, 20
_POINTS = 240  # rates drawn of a curve
_MOST_DOTS = 40
_LONGEST = 300  # characters of a heading or a value
# every tenth of viridis between the ends that vanish on black or white pages
_VIRIDIS = (
    *("#472d7b", "#3f4788", "#375b8d", "#2c728e", "#23888e", "#1f9e89"),
    *("#35b779", "#5ec962", "#84d44b", "#addc30"),
)
_STYLE = """<style>
.fastlr-card{font:13px/1.45 system-ui,sans-serif;color:inherit;max-width:760px;padding:2px 0}
.fastlr-card .head b{font-size:14px}
.fastlr-card .head span,.fastlr-card .dim,.fastlr-card dt{opacity:.68}
.fastlr-card .body{display:flex;flex-wrap:wrap;gap:4px 20px;align-items:flex-start}
.fastlr-card dl{display:grid;grid-template-columns:max-content auto;gap:1px 12px;margin:8px 0}
.fastlr-card dt,.fastlr-card dd{margin:0;padding:0;font-weight:400;width:auto;float:none}
.fastlr-card dd{overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.fastlr-card table{border-collapse:collapse;margin:4px 0;background:none;color:inherit}
.fastlr-card tr{background:none!important}
.fastlr-card th,.fastlr-card td{padding:1px 14px 1px 0;text-align:left;border:0;color:inherit;
font-size:13px;font-variant-numeric:tabular-nums}
.fastlr-card th{font-weight:400;opacity:.68;border-bottom:1px solid rgba(128,128,128,.4)}
.fastlr-card i.key{display:inline-block;width:14px;height:3px;margin-right:6px;
vertical-align:middle}
.fastlr-card pre{margin:4px 0;white-space:pre;overflow-x:auto;background:none;color:inherit}
.fastlr-card svg text{fill:currentColor;font:11px system-ui,sans-serif}
</style>"""


def card(
    title: str,
    subtitle: str = "",
    facts: Mapping[str, str] | None = None,
    picture: str = "",
    below: str = "",
) -> str:
    """Put a heading, a picture beside facts, and what stands below into one display.

    ``title``, ``subtitle`` and ``facts`` are text; ``picture`` and ``below`` are HTML.

    >>> "a &lt; b" in card("a < b")
    True
    """
    items = "".join(
        f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in (facts or {}).items()
    )
    text = f"<dl>{items}</dl>" if items else ""
    return (
        f'{_STYLE}<div class="fastlr-card"><div class="head"><b>{_text(title)}</b>'
        f' <span>{_text(subtitle)}</span></div><div class="body">{picture}{text}</div>{below}</div>'
    )


def table(
    names: Sequence[str], rows: Iterable[Sequence[str]], count: int, keys: Sequence[str] = ()
) -> str:
    """Return a table of the first rows; a line below says how many of ``count`` rows are missing.

    ``keys`` are the colours of the rows in a picture.
    """
    shown = [list(row) for row in rows]
    head = "".join(f"<th>{_text(name)}</th>" for name in names)
    body = "".join(
        "<tr>"
        + "".join(f"<td>{_key(keys, i, j)}{_text(v)}</td>" for j, v in enumerate(row))
        + "</tr>"
        for i, row in enumerate(shown)
    )
    more = f'<div class="dim">and {count - len(shown):,} more</div>' if count > len(shown) else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _key(keys: Sequence[str], row: int, column: int) -> str:
    """The mark of a row's colour, in its first cell."""
    return f'<i class="key" style="background:{keys[row]}"></i>' if keys and not column else ""


def lane_colors(lanes: int) -> list[str]:
    """Return a colour per lane: a few that differ, or many from dark blue to light green.

    >>> lane_colors(2), lane_colors(100)[::99]
    (['#2482c4', '#d55e00'], ['#472d7b', '#addc30'])
    """
    if lanes <= len(_FEW):
        return list(_FEW[:lanes])
    return [_VIRIDIS[round(i / (lanes - 1) * (len(_VIRIDIS) - 1))] for i in range(lanes)]


Sketch = tuple[Drawable, str]  # a scalar schedule, and its colour


def sketch(curves: Sequence[Sketch], stop: int | None = None) -> str:
    """Draw scalar schedules with labelled axes, as an SVG image.

    Both axes start at 0. A single curve has a dot at each boundary. Without ``stop`` the longest
    curve decides how many steps are shown.
    """
    longest = max((extent(schedule) for schedule, _ in curves), default=0) if stop is None else stop
    if not longest:
        return ""
    drawn = [(_points(schedule, longest), color) for schedule, color in curves]
    top = max(float(rates.max(initial=0.0)) for (_, rates), _ in drawn) or 1.0
    thin = len(curves) > 6
    lines = "".join(
        f'<path d="{_path(*points, longest, top)}" fill="none" stroke="{color}" '
        f'stroke-width="{0.9 if thin else 1.8}" stroke-linejoin="round"/>'
        for points, color in drawn
    )
    dots = _dots(*curves[0], longest, top) if len(curves) == 1 else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
        f"<title>learning rate by step</title>{_frame(longest, top)}{lines}{dots}</svg>"
    )


Points = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]


def _points(schedule: Drawable, longest: int) -> Points:
    """The steps at which a curve is drawn, boundaries among them, and its rates there."""
    stop = longest
    if schedule.past_end == "raise":
        stop = min(stop, int(schedule.steps))
    if not stop:
        return np.empty(0, dtype=np.int64), np.empty(0)
    inside = [b for b in schedule.boundaries if b < stop][: _POINTS // 2]
    beside = [b - 1 for b in inside if b]
    steps = np.union1d(spread(stop, _POINTS), [*inside, *beside]).astype(np.int64)
    return steps, schedule(steps)


def _path(
    steps: npt.NDArray[np.int64], rates: npt.NDArray[np.float64], longest: int, top: float
) -> str:
    """The path through rates; a drop between neighbouring steps is all but vertical."""
    if not steps.size:
        return ""
    ends = np.append(steps, min(int(steps[-1]) + 1, longest))
    x, y = _place(ends, longest), _height(np.append(rates, rates[-1]), top)
    points = [f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True)]
    return f"M{' L'.join(points)}"


def _place(steps: npt.NDArray[np.int64], longest: int) -> npt.NDArray[np.float64]:
    x: npt.NDArray[np.float64] = _LEFT + (_WIDTH - _LEFT - _RIGHT) * (steps / longest)
    return x


def _height(rates: npt.NDArray[np.float64], top: float) -> npt.NDArray[np.float64]:
    y: npt.NDArray[np.float64] = _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - rates / top)
    return y


def _dots(schedule: Drawable, color: str, longest: int, top: float) -> str:
    """A dot on each boundary of a curve, unless they are many."""
    steps = np.array([b for b in schedule.boundaries if b < longest], dtype=np.int64)
    if not 0 < steps.size <= _MOST_DOTS:
        return ""
    x, y = _place(steps, longest), _height(schedule(steps), top)
    return "".join(
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.6" fill="{color}"/>'
        for a, b in zip(x, y, strict=True)
    )


def _frame(longest: int, top: float) -> str:
    """The axes, with labels at their ends and in the middle."""
    floor, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    levels = [(_TOP, top), ((_TOP + floor) / 2, top / 2), (floor, 0.0)]
    rules = "".join(
        f'<path d="M{_LEFT} {y}H{right}" stroke="currentColor" stroke-opacity=".15"/>'
        f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{rate_text(rate, 3)}</text>'
        for y, rate in levels
    )
    middle = longest / 2 if longest < 10 else longest // 2  # of 1 step, 0 would stand twice
    ticks = [(_LEFT, "start", 0.0), ((_LEFT + right) / 2, "middle", middle)]
    labels = "".join(
        f'<text x="{x}" y="{_HEIGHT - 5}" text-anchor="{anchor}">{_text(amount_text(step))}</text>'
        for x, anchor, step in ticks
    )
    end = steps_text(longest, amount_text(longest))
    last = f'<text x="{right}" y="{_HEIGHT - 5}" text-anchor="end">{end}</text>'
    axes = (
        f'<path d="M{_LEFT} {_TOP}V{floor}H{right}" fill="none" stroke="currentColor" '
        'stroke-opacity=".5"/>'
    )
    return rules + labels + last + axes


def _text(value: object) -> str:
    """Any text as HTML that can be shown: cut, without characters that no page may hold."""
    text = str(value)
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return escape("".join(c if c.isprintable() else " " for c in shown))
