"""A run on a rule as a picture: its metrics, and the scales that the rule made of them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.drawing.cards import card, table
from fastlr.drawing.lanes import Columns, labels_of
from fastlr.drawing.numbers import argument_text
from fastlr.drawing.panels import plot_history

__all__ = ["lane_columns", "plot_run", "rule_html"]

_MOST_LANES = 10
_MOST_ROWS = 8  # lanes in a table


def lane_columns(rule: Any) -> Columns:
    """Return the parameters that differ between the lanes of a rule, as columns by name."""
    return {
        name: np.broadcast_to(value, rule.shape).ravel().tolist()
        for name, value in rule.parameters.items()
        if isinstance(value, np.ndarray) and value.size > 1
    }


def plot_run(
    rule: Any, metrics: npt.ArrayLike, init: float, axes: tuple[Any, Any] | None
) -> tuple[Any, Any]:
    """Draw the metrics of a run, and below them the scale of each lane of a rule."""
    scales = rule.replay(metrics, rule.init(scale=init, shape=np.shape(metrics)[1:]))
    lanes = int(np.prod(scales.shape[1:]))
    if not scales.size:
        raise ValueError(
            f"plot: metrics must have at least one update and one lane, got shape {scales.shape}"
        )
    if lanes > _MOST_LANES:
        raise ValueError(
            f"plot: the rule and the metrics must have at most {_MOST_LANES} lanes, got {lanes}"
        )
    columns = lane_columns(rule) if scales.shape[1:] == rule.shape and lanes > 1 else {}
    labels = labels_of(columns or {"lane": [[i] for i in range(lanes)]})
    label = "scale" if init == 1.0 else "learning rate"
    levels = dict(zip(labels, scales.reshape(len(scales), lanes).T, strict=True))
    return plot_history(metrics, levels, label, axes)


def rule_html(rule: Any) -> str:
    """Return the display of a rule: its parameters, and a table of those that differ."""
    columns = lane_columns(rule)
    shared = {
        name: argument_text(value.ravel()[0].item() if isinstance(value, np.ndarray) else value)
        for name, value in rule.parameters.items()
        if name not in columns
    }
    lanes = int(np.prod(rule.shape))
    rows = [
        [argument_text(values[i]) for values in columns.values()]
        for i in range(min(lanes, _MOST_ROWS))
    ]
    below = table(list(columns), rows, lanes) if columns else ""
    subtitle = f"{lanes:,} lanes" if rule.shape else "a rule that follows a metric"
    return card(type(rule).__name__, subtitle, shared, "", below)
