"""Schedules as notebooks show them."""

from html import escape
from typing import Any

import numpy as np

from fastlr.drawing.cards import BLUE, card, lane_colors, sketch, table
from fastlr.drawing.lanes import lanes_of
from fastlr.drawing.numbers import argument_text, rate_text, steps_text
from fastlr.drawing.sparkline import extent
from fastlr.schedule.recorded_calls import Call

__all__ = ["facts_of", "html_of", "lanes_html", "length_of", "quantities_html"]

Schedule = Any  # whose module imports this one

_MOST_CURVES = 40  # lanes in the picture of a batch
_MOST_ROWS = 8  # lanes in its table
_MOST_SEARCHED = 10**7  # steps of a run whose peak is shown
_MOST_BOUNDARIES = 8


def html_of(schedule: Schedule) -> str:
    """Return the display of a schedule or a batch."""
    call = schedule._call
    if schedule.shape:
        lanes = " x ".join(f"{size:,}" for size in schedule.shape)
        return card(_title(call), f"batch of {lanes} lanes", None, "", lanes_html(schedule))
    facts = {**_arguments(call), **facts_of(schedule, extent(schedule))}
    return card(_title(call), length_of(schedule), facts, sketch([(schedule, BLUE)]))


def _title(call: Call) -> str:
    """The constructor of a schedule; of one that a method made, those that it was made of."""
    receiver, other = call.arguments.get("self"), call.arguments.get("other")
    if not isinstance(receiver, Call):
        return call.name
    inside = _title(other) if isinstance(other, Call) else ""
    return f"{_title(receiver)}.{call.name}({inside})"


def _arguments(call: Call) -> dict[str, str]:
    """The arguments of a constructor; of a schedule that is made of others, its whole text."""
    if any(isinstance(value, Call | tuple) for value in call.arguments.values()):
        return {"schedule": repr(call)}
    return {
        name: argument_text(value.tolist() if isinstance(value, np.ndarray) else value)
        for name, value in call.arguments.items()
    }


def length_of(schedule: Schedule) -> str:
    """The length of a scalar schedule in words, and what holds past its end."""
    if schedule.steps is None:
        return "for ever"
    past = {
        "hold": "then the last rate",
        "raise": "an error past the end",
        "repeat": "then again from step 0",
        "zero": "then 0",
    }
    length = steps_text(schedule.steps)
    if schedule._node.steps is None and schedule._node.has_preset:
        return f"{length}, then what its framework does"
    return f"{length}, {past[schedule.past_end]}"


def facts_of(schedule: Schedule, stop: int) -> dict[str, str]:
    """The peak, the last rate and the boundaries of the first steps of a scalar schedule."""
    if not stop:
        return {}
    boundaries = [f"{step:,}" for step in schedule.boundaries]
    if len(boundaries) > _MOST_BOUNDARIES:
        more = f"and {len(boundaries) - _MOST_BOUNDARIES:,} more"
        boundaries = [*boundaries[:_MOST_BOUNDARIES], more]
    peak: dict[str, str] = {}
    if stop <= _MOST_SEARCHED:
        at = int(schedule.argmax(stop))
        peak = {"peak": f"{rate_text(schedule(at))} at step {at:,}"}
    return {
        **peak,
        "last rate": f"{rate_text(schedule(stop - 1))} at step {stop - 1:,}",
        **({"boundaries": ", ".join(boundaries)} if boundaries else {}),
    }


def lanes_html(schedule: Any, columns: dict[str, list[Any]] | None = None, size: int = 0) -> str:
    """Return the picture of a batch, and a table of its first lanes.

    ``columns`` and ``size`` are for a batch that is a part of a sweep.
    """
    lanes, found = lanes_of(schedule, _MOST_CURVES)
    chosen_columns = found if columns is None else columns
    colors = lane_colors(len(lanes))
    chosen = _rows_of(len(lanes))
    names = [name or "group" for name in chosen_columns]
    rows = [
        [*(argument_text(values[i]) for values in chosen_columns.values()), *_numbers(lanes[i])]
        for i in chosen
    ]
    whole = size or int(np.prod(schedule.shape))
    return sketch(list(zip(lanes, colors, strict=True))) + table(
        [*names, "highest rate", "last rate", "length"], rows, whole, [colors[i] for i in chosen]
    )


def quantities_html(quantities: dict[str, Schedule]) -> str:
    """Return the display of a bundle: for each quantity its picture and its facts."""
    longest = max(_extent_of(quantity) for quantity in quantities.values())
    parts = [
        f"<b>{escape(name)}</b>"
        + (
            lanes_html(quantity)
            if quantity.shape
            else card("", "", facts_of(quantity, longest), sketch([(quantity, BLUE)], longest))
        )
        for name, quantity in quantities.items()
    ]
    return card("bundle", ", ".join(quantities), None, "", "".join(parts))


def _extent_of(quantity: Schedule) -> int:
    """The steps shown of a quantity; a constant follows the others."""
    if quantity.shape:
        return 0
    return extent(quantity) if quantity.steps != 0 else 0


def _rows_of(lanes: int) -> list[int]:
    """The lanes in the table: spread over those in the picture."""
    return sorted({round(i * (lanes - 1) / (_MOST_ROWS - 1)) for i in range(_MOST_ROWS)})


def _numbers(lane: Schedule) -> list[str]:
    """The peak, the last rate and the length of a lane."""
    stop, steps = extent(lane), lane.steps
    length = "for ever" if steps is None else f"{steps:,}"
    if not stop:
        return ["", "", length]
    peak = rate_text(float(lane.max(stop))) if stop <= _MOST_SEARCHED else ""
    return [peak, rate_text(lane(stop - 1)), length]
