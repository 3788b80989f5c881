"""The chart of the explorer, drawn with Bokeh: lines whose points are replaced when they change."""

from collections.abc import Callable, Sequence
from typing import Any

from fastlr.explorer.chart_data import Curve, axis_label, columns
from fastlr.explorer.view import View

__all__ = ["Chart"]

_GREY = "#7b828b"  # is read on white and on black
_STEPS = """
const units = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]];
for (const [size, letter] of units) {
  if (Math.abs(tick) >= size) return String(Number((tick / size).toPrecision(6))) + letter;
}
return String(Number(tick.toPrecision(6)));
"""
_RATES = """
if (tick == 0) return "0";
const size = Math.abs(tick);
if (size >= 0.01 && size < 1e5) return String(Number(tick.toPrecision(6)));
return Number(tick.toPrecision(6)).toExponential().replace("e+", "e");
"""


class Chart:
    """A figure of lines. ``on_place`` is called with the place on the axis under the pointer."""

    def __init__(self, on_place: Callable[[float], None]) -> None:
        import panel as pn

        self._on_place = on_place
        self._kept: dict[Any, dict[str, Any]] = {}  # the points of curves that were drawn before
        self._lines: list[Any] = []
        self._shown: list[tuple[Any, ...]] | None = None
        self._log: bool | None = None
        self.figure: Any = None
        self.pane = pn.pane.Bokeh(sizing_mode="stretch_width", margin=0)

    def show(self, curves: Sequence[Curve], view: View) -> None:
        """Draw these curves in place of those that are drawn; of the same ones nothing is sent."""
        keys = [(self._key(curve, view), curve.label, *curve[3:]) for curve in curves]
        if keys == self._shown and self._log == view.log:
            return
        drawn = [self._columns(curve, view) for curve in curves]
        self._kept = {key[0]: points for key, points in zip(keys, drawn, strict=True)}
        if self._log != view.log or len(self._lines) != len(curves):
            self._begin(len(curves), view.log)
        for line, curve, points in zip(self._lines, curves, drawn, strict=True):
            line.data_source.data = {**points, "name": [curve.label] * len(points["x"])}
            line.glyph.update(
                line_color=curve.color,
                line_dash=curve.dash,
                line_alpha=curve.alpha,
                line_width=curve.width,
            )
        self._shown = keys
        self.figure.xaxis.axis_label = axis_label(view)
        self.figure.yaxis.axis_label = "share of the peak" if view.peaks else "learning rate"
        self._set_ranges(drawn, view.log)

    def mark(self, place: float | None) -> None:
        """Draw a vertical line at the place where the rates are read."""
        self._span.visible = place is not None
        if place is not None:
            self._span.location = place

    def _columns(self, curve: Curve, view: View) -> dict[str, Any]:
        key = self._key(curve, view)
        return self._kept[key] if key in self._kept else columns(curve, view)

    def _key(self, curve: Curve, view: View) -> tuple[Any, ...]:
        return curve.schedule, curve.stop, view.unit, view.per, view.log, view.peaks

    def _begin(self, lines: int, log: bool) -> None:
        """Make an empty figure: the scale of an axis is fixed when it is made."""
        from bokeh.events import MouseMove, Tap
        from bokeh.models import Span
        from bokeh.plotting import figure

        self._log = log
        self.figure = figure(
            height=430,
            sizing_mode="stretch_width",
            y_axis_type="log" if log else "linear",
            x_range=(0.0, 1.0),
            y_range=(0.1, 1.0),
            tools="pan,box_zoom,wheel_zoom,reset,save",
            active_drag="box_zoom",
            active_scroll=None,
            output_backend="canvas",
        )
        self._lines = [
            self.figure.line(x="x", y="y", source={"x": [], "y": []}) for _ in range(lines)
        ]
        self._span = Span(dimension="height", line_color=_GREY, line_dash="dotted", visible=False)
        self.figure.add_layout(self._span)
        self._add_hover()
        _style(self.figure)
        for event in (MouseMove, Tap):
            self.figure.on_event(event, lambda at: self._on_place(at.x))
        self.pane.object = self.figure

    def _add_hover(self) -> None:
        from bokeh.models import HoverTool

        self.figure.add_tools(
            HoverTool(
                renderers=self._lines,
                tooltips=[("", "@name"), ("step", "@step"), ("rate", "@rate")],
                line_policy="prev",
                point_policy="snap_to_data",
                mode="mouse",
            )
        )

    def _set_ranges(self, drawn: Sequence[dict[str, Any]], log: bool) -> None:
        """Show all rates. A logarithmic axis leaves out the lowest share of them.

        A warmup from 1e-8 has few steps so low, and would take half of the axis.
        """
        import numpy as np

        xs = [points["x"] for points in drawn if len(points["x"])]
        stop = max((float(x[-1]) for x in xs), default=1.0) or 1.0
        self.figure.x_range.update(start=0.0, end=stop, reset_start=0.0, reset_end=stop)
        rates = [
            np.interp(np.linspace(0, x[-1], 400), x, points["y"])
            for points, x in zip(drawn, xs, strict=False)
        ]
        found = np.concatenate([*[points["y"] for points in drawn], [np.nan]])
        top = float(np.nanmax(found)) if np.isfinite(found).any() else 1.0
        low, high = 0.0, (top or 1.0) * 1.05
        if log:
            spread = np.concatenate(rates) if rates else np.array([1.0])
            spread = spread[np.isfinite(spread) & (spread > 0)]
            low = float(np.quantile(spread, 0.01)) / 1.5 if spread.size else top / 10
            high = top * 1.5
        self.figure.y_range.update(start=low, end=high, reset_start=low, reset_end=high)


def _style(figure: Any) -> None:
    """Colours that fit a light page and a dark one, and ticks that people read."""
    from bokeh.models import CustomJSTickFormatter

    figure.update(
        background_fill_alpha=0.0,
        border_fill_alpha=0.0,
        outline_line_color=None,
        min_border_right=20,
        toolbar_location="above",
    )
    figure.toolbar.logo = None
    figure.toolbar.autohide = True
    for axis, code in ((figure.xaxis, _STEPS), (figure.yaxis, _RATES)):
        axis.formatter = CustomJSTickFormatter(code=code)
        axis.major_label_text_color = axis.axis_label_text_color = _GREY
        axis.major_label_text_font_size = axis.axis_label_text_font_size = "13px"
        axis.axis_label_text_font_style = "normal"
        axis.axis_line_color = axis.major_tick_line_color = _GREY
        axis.minor_tick_line_color = None
    figure.grid.grid_line_color = _GREY
    figure.grid.grid_line_alpha = 0.2
