"""A curve of the explorer's page: its expression, its sliders, and what is wrong with it."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from fastlr.explorer.drawn import COLORS, Source, find, label_of
from fastlr.explorer.parameters import Parameter, changed, parameters, positions
from fastlr.explorer.view import MOST_CHARACTERS, Entry
from fastlr.schedule.schedule import Schedule

__all__ = ["Row", "error_html", "stylesheet"]

_PLACEHOLDER = "an expression, or the name of a published run"


def stylesheet() -> str:
    """The styles inside each widget."""
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def error_html(error: Exception | str) -> str:
    """An error as HTML: whatever a user typed stays text."""
    text = " ".join(str(error).split()).removeprefix("explore: ")
    return f'<div class="explorer-error" role="alert">{escape(text)}</div>' if text else ""


class Row:
    """The widgets of one curve.

    ``source`` is the last schedule without an error; ``None`` before there is one. A schedule that
    no expression can hold is ``fixed``: its text cannot be changed.
    """

    def __init__(
        self, entry: Entry, on_change: Callable[[], None], fixed: Schedule | None = None
    ) -> None:
        import panel as pn

        self.source: Source | None = None
        self.fixed = fixed
        self._on_change = on_change
        self._settings: list[_Setting] = []
        self._quiet = False  # while the page itself sets a widget
        self._look = {"stylesheets": [stylesheet()], "sizing_mode": "stretch_width"}
        self._swatch = pn.pane.HTML(margin=(6, 0), width=34, stylesheets=[stylesheet()])
        self._name = pn.widgets.TextInput(
            value=entry.name,
            value_input=entry.name,
            placeholder="name",
            margin=(0, 4),
            **self._look,
        )
        self.remove = pn.widgets.Button(
            name="Remove", button_type="light", width=76, margin=0, stylesheets=[stylesheet()]
        )
        text = entry.text if fixed is None else label_of(repr(fixed))
        self._text = pn.widgets.TextAreaInput(
            value=text,
            value_input=text,
            placeholder=_PLACEHOLDER,
            auto_grow=True,
            rows=2,
            max_rows=8,
            max_length=MOST_CHARACTERS,
            disabled=fixed is not None,
            margin=(6, 0),
            css_classes=["explorer-text"],
            **self._look,
        )
        self._error = pn.pane.HTML(margin=0, **self._look)
        self._sliders = pn.Column(margin=0, **self._look)
        self.layout = pn.Column(
            pn.Row(self._swatch, self._name, self.remove, margin=0, **self._look),
            self._text,
            self._error,
            self._sliders,
            css_classes=["explorer-card"],
            margin=0,
            **self._look,
        )
        self._text.param.watch(self._typed, "value_input")
        self._name.param.watch(self._named, "value_input")
        self.read()

    @property
    def entry(self) -> Entry:
        """What the address holds of this curve."""
        return Entry(str(self._text.value_input), self.name)

    @property
    def name(self) -> str:
        """The name that the user gave, if any."""
        return str(self._name.value_input or "").strip()[:80]

    def paint(self, i: int) -> None:
        """Show the colour of the line."""
        color = COLORS[i % len(COLORS)]
        bar = f'<rect y="3" width="26" height="4" rx="2" fill="{color}"/>'
        self._swatch.object = f'<svg width="28" height="10">{bar}</svg>'

    def read(self) -> None:
        """Read the text; if it has an error, show that, and keep the last schedule as stale."""
        try:
            if self.fixed is not None:
                source = Source(self.name or label_of(repr(self.fixed)), self.fixed, None)
            else:
                source = find(self.entry.text, self.name)
            source.schedule(0)  # lowers it: what no kernel can evaluate is an error here
        except Exception as error:
            self._refuse(error)
            return
        self._accept(source)

    def _accept(self, source: Source) -> None:
        self.source = source
        self._error.object = ""
        self._show_settings(parameters(source.schedule))

    def _refuse(self, error: Exception) -> None:
        self._error.object = error_html(error)
        if self.source is not None:
            self.source = self.source._replace(stale=True)

    def _typed(self, _: Any) -> None:
        if not self._quiet:
            self.read()
            self._on_change()

    def _named(self, _: Any) -> None:
        self.read()
        self._on_change()

    def _set(self, parameter: Parameter, value: object) -> None:
        """Change a parameter; the text becomes the expression of the changed schedule."""
        if self.source is None:
            return
        try:
            schedule = changed(self.source.schedule, parameter, value)
            schedule(0)
        except (ValueError, TypeError) as error:
            self._refuse(error)
            self._on_change()
            return
        self._quiet = True
        if self.fixed is not None:
            self.fixed = schedule
        else:
            self._text.value = self._text.value_input = repr(schedule)
        self._quiet = False
        self.read()
        self._on_change()

    def _show_settings(self, found: list[Parameter]) -> None:
        """Give each parameter its control; those that are there keep theirs while one drags."""
        same = [(each.call, each.place) for each in found] == [
            (each.parameter.call, each.parameter.place) for each in self._settings
        ]
        if same:
            for setting, parameter in zip(self._settings, found, strict=True):
                setting.update(parameter)
            return
        assert self.source is not None
        scale = _scale(self.source.schedule)
        self._settings = [_Setting(each, scale, self._set, self._refused) for each in found]
        self._sliders.objects = [
            part
            for i, setting in enumerate(self._settings)
            for part in (
                *(
                    []
                    if i and found[i].place[:-1] == found[i - 1].place[:-1]
                    else [_heading(found[i])]
                ),
                setting.layout,
            )
        ]

    def _refused(self, error: Exception) -> None:
        self._refuse(error)
        self._on_change()


def _scale(schedule: Schedule) -> float:
    """A rate of the size of the schedule's, for the slider of a rate of 0."""
    ends = [0] if schedule.steps is None else np.ravel(schedule.steps).tolist()
    last = max(0, min(ends) - 1)
    places = {0, *(min(end // 2, last) for end in (min(ends), max(ends))), min(9, last)}
    return float(np.max(schedule(sorted(places))))


def _heading(parameter: Parameter) -> Any:
    import panel as pn

    return pn.pane.HTML(
        f'<div class="explorer-call">{escape(parameter.call)}</div>',
        margin=0,
        stylesheets=[stylesheet()],
    )


class _Setting:
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
