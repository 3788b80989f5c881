"""Sweeps and rankings as notebooks show them."""

from typing import Any

import numpy as np

from fastlr.drawing.cards import card, table
from fastlr.drawing.lanes import spread_places
from fastlr.drawing.numbers import argument_text
from fastlr.schedule.display import lanes_html

__all__ = ["ranked_html", "ranked_rows", "sweep_html"]

_MOST_CURVES = 40
_MOST_VALUES = 6  # of an axis
_MOST_RANKED = 20


def sweep_html(sweep: Any) -> str:
    """Return the display of a sweep: its axes, and schedules that are spread over it."""
    axes = [row for axis in sweep.axes for row in _axis_rows(axis)]
    fixed = {name: argument_text(_plain(value)) for name, value in sweep.fixed.items()}
    places = spread_places(sweep.size, _MOST_CURVES)
    columns = {name: values.tolist() for name, values in sweep.parameters(places).items()}
    below = table(["axis", "values", ""], axes, len(axes)) + lanes_html(
        sweep[places], columns or {"lane": places}, sweep.size
    )
    name = str(sweep.describe()["family"])
    return card(name, f"sweep of {sweep.size:,} schedules", fixed, "", below)


def _axis_rows(axis: Any) -> list[list[str]]:
    """A row per parameter of an axis: its name, how many values it has, and some of them."""
    places = spread_places(axis.size, _MOST_VALUES)
    values = axis.values(np.array(places))
    shown = {name: ", ".join(map(argument_text, own.tolist())) for name, own in values.items()}
    return [[name, f"{axis.size:,}", text] for name, text in shown.items()]


def _plain(value: object) -> object:
    return value.tolist() if isinstance(value, np.ndarray) else value


def ranked_rows(
    parameters: dict[str, Any], losses: list[float]
) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of a table of the best schedules: losses and parameters."""
    columns = {name: values.tolist() for name, values in parameters.items()}
    rows = [
        [str(i + 1), f"{loss:.6g}", *(argument_text(values[i]) for values in columns.values())]
        for i, loss in enumerate(losses)
    ]
    return ["", "loss", *columns], rows


def ranked_html(ranked: Any, parameters: dict[str, Any]) -> str:
    """Return the display of a ranking: a table of the best schedules."""
    names, rows = ranked_rows(parameters, ranked.losses.tolist()[:_MOST_RANKED])
    facts = {"law": repr(ranked.law), "judged": f"{ranked.judged:,} of {ranked.size:,}"}
    subtitle = f"by the loss at step {ranked.steps - 1:,}"
    below = table(names, rows, len(ranked.losses))
    return card(f"best of {ranked.judged:,} schedules", subtitle, facts, "", below)
