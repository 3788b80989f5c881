"""The control of one parameter of a curve: a slider beside the exact number, or a choice."""

from collections.abc import Callable
from typing import Any

from fastlr.explorer.parameters import Parameter, positions
from fastlr.explorer.styles import stylesheet

__all__ = ["ParameterControl"]


class ParameterControl:
    """The control of a parameter: a slider beside the exact number, or a choice."""

    def __init__(
        self,
        parameter: Parameter,
        scale: float,
        on_set: Callable[[Parameter, object], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self.parameter = parameter
        self._scale = scale
        self._on_set = on_set
        self._on_error = on_error
        self._quiet = False
        self.layout = self._number() if parameter.is_number else self._choice()

    def _number(self) -> Any:
        import panel as pn

        self._stops = positions(self.parameter, self._scale)
        self._slider = pn.widgets.IntSlider(
            name=self.parameter.label,
            start=0,
            end=max(1, len(self._stops) - 1),
            value=self._stops.index(self.parameter.value),
            show_value=False,
            margin=(2, 8, 2, 4),
            sizing_mode="stretch_width",
            stylesheets=[stylesheet()],
        )
        self._value = pn.widgets.TextInput(
            value=repr(self.parameter.value),
            width=112,
            margin=(14, 0, 0, 0),
            css_classes=["explorer-value"],
            stylesheets=[stylesheet()],
        )
        self._slider.param.watch(self._slid, "value")
        self._value.param.watch(self._typed, "value")
        return pn.Row(self._slider, self._value, margin=0, sizing_mode="stretch_width")

    def _choice(self) -> Any:
        import panel as pn

        self._select = pn.widgets.Select(
            name=self.parameter.label,
            options={str(option): option for option in self.parameter.options},
            value=self.parameter.value,
            margin=(2, 4),
            sizing_mode="stretch_width",
            stylesheets=[stylesheet()],
        )
        self._select.param.watch(self._chosen, "value")
        return self._select

    def update(self, parameter: Parameter) -> None:
        """Show another value of the parameter."""
        self.parameter = parameter
        self._quiet = True
        if parameter.is_number:
            self._show_number()
        else:
            self._select.value = parameter.value
        self._quiet = False

    def _show_number(self) -> None:
        value = self.parameter.value
        self._value.value = repr(value)
        if value not in self._stops:
            self._stops = positions(self.parameter, self._scale)
            self._slider.end = max(1, len(self._stops) - 1)
        self._slider.value = self._stops.index(value)

    def _slid(self, event: Any) -> None:
        if not self._quiet and event.new < len(self._stops):
            self._on_set(self.parameter, self._stops[event.new])

    def _typed(self, event: Any) -> None:
        if self._quiet:
            return
        try:
            value = self.parameter.read(str(event.new))
        except ValueError as error:
            self._on_error(error)
            return
        self._on_set(self.parameter, value)

    def _chosen(self, event: Any) -> None:
        if not self._quiet:
            self._on_set(self.parameter, event.new)
