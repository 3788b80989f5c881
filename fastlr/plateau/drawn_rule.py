"""What every rule that follows a metric shows: a plot of a run, and a display in notebooks."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from fastlr.errors import public_methods

__all__ = ["DrawnRule"]


@public_methods("Plateau")
class DrawnRule:
    """A rule that can be drawn."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Return the display of a notebook: the parameters, those that differ per lane below."""
        from fastlr.plateau.pictures import rule_html

        return rule_html(self)

    def plot(
        self, metrics: npt.ArrayLike, init: float = 1.0, axes: tuple[Any, Any] | None = None
    ) -> tuple[Any, Any]:
        """Draw a history of metrics, and below it the scale that the rule makes of them.

        Parameters
        ----------
        metrics : array of float
            One row per update, as for ``replay``.
        init : float, default 1.0
            The scale before the first update, or the first learning rate.
        axes : tuple of matplotlib Axes, optional
            Where to draw the metrics and the scales. Default: a new figure.

        Returns
        -------
        tuple of matplotlib Axes
            The axes of the metrics and of the scales. Each change of the scale is marked.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        TypeError, ValueError
            As ``replay``; also if there are more than 10 lanes.
        """
        from fastlr.plateau.pictures import plot_run

        return plot_run(self, metrics, init, axes)
