"""What a picture shows of schedules: a curve per lane, its points, and the rates at a place."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from fastlr.arguments.rules import short_repr
from fastlr.drawing.curves import points
from fastlr.drawing.sparkline import extent
from fastlr.explorer.view import View
from fastlr.program.opcodes import LAST_STEP
from fastlr.published_runs import recipe, recipes
from fastlr.schedule.parser import parse
from fastlr.schedule.schedule import Schedule

__all__ = [
    "COLORS",
    "Curve",
    "Source",
    "axis_label",
    "columns",
    "curves",
    "facts",
    "find",
    "label_of",
    "rate_at",
]

_MOST_LANES = 12  # drawn of one batch
_MOST_LABEL = 44
_SEARCHED = 10**7  # steps of a run whose peak is sought among all
# of similar lightness, so that they are read on white and on black; for the colour-blind each has a
# pattern of its own too
COLORS = (
    "#1f77d0", "#d1601f", "#0f9277", "#b85fb0", "#94781a", "#7a6fd6", "#c8475b", "#5f8a3c",
)  # fmt: skip
DASHES = ("solid", "dashed", "dotdash", "dotted", "dashdot")


class Source(NamedTuple):
    """A schedule to draw: what to call it, and its published run's length, if it is one."""

    label: str
    schedule: Schedule
    steps: int | None
    run: str = ""
    stale: bool = False  # whether the text beside it has an error now
    place: int = 0  # which decides the colour
    compared: bool = False  # whether it is a published run beside the user's curves


class Curve(NamedTuple):
    """One line of the picture, over its first ``stop`` steps."""

    label: str
    schedule: Schedule  # scalar
    stop: int
    color: str
    dash: str
    alpha: float
    width: float
    run: int | None = None  # the length of a published run, which has no rates after it


def find(text: str, label: str = "") -> Source:
    """Find the schedule that a user typed: the name of a published run, or an expression.

    The text is parsed, never evaluated, and never taken for the path of a file. Raises
    ``ValueError`` or ``TypeError`` if it names no schedule.

    >>> find("bert-base").steps, find("linear(0.1, 0.0, 30)").label
    (1000000, 'linear(0.1, 0.0, 30)')
    """
    text = text.strip()
    if not text:
        raise ValueError("explore: type an expression, or choose a curve under Add")
    if text in recipes():
        run = recipe(text)
        return Source(label or text, run.schedule, run.steps, text)
    if "(" not in text and ":" not in text:
        from difflib import get_close_matches

        near = get_close_matches(text.lower(), recipes(), n=3)
        raise ValueError(
            f"explore: no published run or expression named {short_repr(text)}"
            + (f"; nearest: {', '.join(near)}" if near else "")
        )
    schedule = parse(text)
    return Source(label or label_of(text), schedule, _length(schedule))


def label_of(text: str) -> str:
    """A text, cut to fit a legend."""
    return text if len(text) <= _MOST_LABEL else f"{text[: _MOST_LABEL - 1]}…"


def _length(schedule: Schedule) -> int | None:
    return None if schedule.steps is None else int(np.max(schedule.steps))


def curves(sources: Sequence[Source], view: View) -> list[Curve]:
    """The lines of a picture; those of published runs are thinner."""
    longest = max((source.steps or 0 for source in sources), default=0)
    return [curve for source in sources for curve in _lanes(source, view.steps or 0, longest)]


def _lanes(source: Source, steps: int, longest: int) -> list[Curve]:
    """A line per lane of a schedule; of a large batch, lanes spread over it."""
    shape = source.schedule.shape
    count = math.prod(shape)
    chosen = np.unique(np.linspace(0, count - 1, min(count, _MOST_LANES)).astype(int))
    found = []
    for rank, flat in enumerate(chosen.tolist()):
        index = tuple(map(int, np.unravel_index(flat, shape))) if shape else ()
        lane = source.schedule[index] if index else source.schedule
        stop = steps or (source.steps if source.run else _stop(lane)) or longest or extent(lane)
        if lane.past_end == "raise":
            stop = min(stop, int(lane.steps or 0))
        alpha = 1.0 if len(chosen) == 1 else 0.35 + 0.65 * rank / (len(chosen) - 1)
        found.append(
            Curve(
                source.label + _index(source.schedule, index),
                lane,
                max(1, min(stop, LAST_STEP)),
                COLORS[source.place % len(COLORS)],
                DASHES[source.place % len(DASHES)],
                alpha * (0.3 if source.stale else 1.0),
                1.6 if source.compared else 2.4,
                source.steps if source.run else None,
            )
        )
    return found


def _stop(lane: Schedule) -> int | None:
    return None if lane.steps is None else int(lane.steps)


def _index(schedule: Schedule, index: tuple[int, ...]) -> str:
    """The place of a lane, by name where the lanes have names."""
    if not index:
        return ""
    if schedule.names:
        rest = "".join(f"[{i}]" for i in index[1:])
        return f" {schedule.names[index[0]]}{rest}"
    return f" {list(index)}"


def columns(curve: Curve, view: View) -> dict[str, Any]:
    """The points of a line: places on both axes, steps, and rates as text."""
    steps = points(curve.schedule, curve.stop)
    rates = np.asarray(curve.schedule(steps), dtype=np.float64)
    x, y = _place(steps, curve, view), _height(rates, curve, view)
    if steps.size == curve.stop:  # each rate is in force until the next step
        ends = _place(steps + 1, curve, view)
        x = np.stack([x, ends], axis=-1).ravel()
        y, steps, rates = np.repeat(y, 2), np.repeat(steps, 2), np.repeat(rates, 2)
    if view.log:
        y = np.where(y > 0, y, np.nan)
    return {
        "x": x,
        "y": y,
        "step": [f"{step:,}" for step in steps.tolist()],
        "rate": [f"{rate!r}" for rate in rates.tolist()],
    }


def _place(steps: Any, curve: Curve, view: View) -> Any:
    """Steps in the unit of the axis."""
    if view.unit == "share":
        return 100.0 * steps / curve.stop
    if view.unit == "epochs":
        return steps / (view.per or 1.0)
    return steps * (view.per or 1.0) if view.unit == "tokens" else steps * 1.0


def step_at(curve: Curve, view: View) -> int:
    """The step of a curve at the place where the rates are read."""
    at = view.at or 0.0
    if view.unit == "share":
        found = at / 100.0 * curve.stop
    elif view.unit == "epochs":
        found = at * (view.per or 1.0)
    else:
        found = at / (view.per or 1.0) if view.unit == "tokens" else at
    # a place that was computed from a step may be rounded to just below it
    return max(0, min(int(found + 1e-9 * max(1.0, found)), LAST_STEP))


def _height(rates: Any, curve: Curve, view: View) -> Any:
    peak = float(np.max(rates, initial=0.0))
    return rates / peak if view.peaks and peak > 0 else rates


def rate_at(curve: Curve, view: View) -> tuple[int, str]:
    """The step at the place where rates are read, and the rate there as its shortest text."""
    step = step_at(curve, view)
    if curve.run is not None and step >= curve.run:
        return step, "ended"
    try:
        return step, repr(float(curve.schedule(step)))
    except (ValueError, IndexError):  # past_end="raise"
        return step, "ended"


def facts(curve: Curve) -> dict[str, str]:
    """The peak of a curve, its last rate shown, and its length."""
    ends = curve.schedule.steps if curve.run is None else curve.run
    last = repr(float(curve.schedule(curve.stop - 1)))
    length = "for ever" if ends is None else f"{int(ends):,}"
    return {"peak": _peak(curve), "last": last, "steps": length}


def _peak(curve: Curve) -> str:
    """The highest rate; of a very long run the highest that is drawn."""
    if curve.stop <= _SEARCHED:
        return repr(float(curve.schedule.max(curve.stop)))
    return f"≥ {float(np.max(curve.schedule(points(curve.schedule, curve.stop))))!r}"


def axis_label(view: View) -> str:
    """What the axis of steps shows."""
    if view.unit == "share":
        return "share of the run (%)"
    if view.unit == "steps":
        return "step"
    per = f"{view.per or 1.0:,.12g}"
    return f"epoch ({per} steps each)" if view.unit == "epochs" else f"tokens ({per} per step)"
