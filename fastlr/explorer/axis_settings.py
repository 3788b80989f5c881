"""What the axes show: the unit of a step, the range, the place that is read off, the scales."""

from collections.abc import Callable
from typing import Any

from fastlr.explorer.styles import error_html, stylesheet, wide
from fastlr.explorer.view import UNITS, Entry, View, number, whole

__all__ = ["AxisSettings"]


class AxisSettings:
    """The widgets above the chart. ``on_change`` is called when the user changes one."""

    def __init__(self, view: View, on_change: Callable[[], None]) -> None:
        import panel as pn

        self._on_change = on_change
        self._quiet = False  # while the page itself sets a widget
        self._unit = pn.widgets.Select(
            name="Axis", options=list(UNITS), value=view.unit, width=92, **_bar()
        )
        self._numbers = {
            key: pn.widgets.TextInput(
                name=name,
                value="" if (given := getattr(view, key)) is None else f"{given:.12g}",
                placeholder=hint,
                width=width,
                **_bar(),
            )
            for key, name, hint, width in (
                ("per", "Steps per epoch", "", 130),
                ("steps", "Steps shown", "all", 110),
                ("at", "Read off at", "hover, or type", 120),
            )
        }
        self._log = pn.widgets.Checkbox(name="Log axis", value=view.log, **_bar(22))
        self._peaks = pn.widgets.Checkbox(name="Share of the peak", value=view.peaks, **_bar(22))
        widgets = (self._unit, *self._numbers.values(), self._log, self._peaks)
        for widget in widgets:
            widget.param.watch(self._changed, "value")
        self._wrong = pn.pane.HTML(margin=0, **wide())
        self.layout = pn.Column(
            pn.FlexBox(*widgets, margin=0, sizing_mode="stretch_width"),
            self._wrong,
            margin=0,
            **wide(),
        )

    def _changed(self, _: Any) -> None:
        if not self._quiet:
            self._on_change()

    def read(self, entries: tuple[Entry, ...], runs: tuple[str, ...]) -> View | None:
        """The view of these curves that the widgets describe, or none while a field is wrong."""
        try:
            view = self._view(entries, runs)
        except ValueError as error:
            self._wrong.object = error_html(error)
            return None
        self._wrong.object = ""
        self._numbers["per"].visible = bool(UNITS[view.unit])
        self._numbers["per"].name = UNITS[view.unit].capitalize()
        return view

    def _view(self, entries: tuple[Entry, ...], runs: tuple[str, ...]) -> View:
        unit = str(self._unit.value)
        per = number(UNITS[unit] or "per", self._numbers["per"].value, above=True)
        return View(
            entries,
            runs,
            whole("steps shown", self._numbers["steps"].value),
            bool(self._log.value),
            bool(self._peaks.value),
            unit,
            per if UNITS[unit] else None,
            number("read off at", self._numbers["at"].value),
        )

    def show_place(self, at: float) -> None:
        """Show the place that the user points at."""
        self._quiet = True
        self._numbers["at"].value = f"{at:.15g}"
        self._quiet = False


def _bar(above: int = 0) -> dict[str, Any]:
    return {"margin": (above, 12, 4, 0), "stylesheets": [stylesheet()]}
