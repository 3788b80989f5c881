"""A curve of the explorer's page: its expression, its sliders, and what is wrong with it."""

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np

from fastlr.explorer.chart_data import COLORS, Source, find, label_of
from fastlr.explorer.parameter_control import ParameterControl
from fastlr.explorer.parameters import Parameter, changed, parameters
from fastlr.explorer.styles import error_html, stylesheet, wide
from fastlr.explorer.view import MOST_CHARACTERS, Entry
from fastlr.schedule.schedule import Schedule

__all__ = ["CurveRow"]

_PLACEHOLDER = "an expression, or the name of a published run"


class CurveRow:
    """The widgets of one curve.

    ``source`` is the last schedule without an error; ``None`` before there is one. A schedule that
    no expression can hold is ``fixed``: its text cannot be changed.
    """

    def __init__(
        self, entry: Entry, on_change: Callable[[], None], fixed: Schedule | None = None
    ) -> None:
        self.source: Source | None = None
        self.fixed = fixed
        self._on_change = on_change
        self._settings: list[ParameterControl] = []
        self._quiet = False  # while the page itself sets a widget
        self._make_widgets(entry)
        self.layout = self._laid_out()
        self._text.param.watch(self._typed, "value_input")
        self._name.param.watch(self._named, "value_input")
        self.read()

    def _make_widgets(self, entry: Entry) -> None:
        import panel as pn

        self._swatch = pn.pane.HTML(margin=(6, 0), width=34, stylesheets=[stylesheet()])
        self._name = pn.widgets.TextInput(
            value=entry.name, value_input=entry.name, placeholder="name", margin=(0, 4), **wide()
        )
        self.remove = pn.widgets.Button(
            name="Remove", button_type="light", width=76, margin=0, stylesheets=[stylesheet()]
        )
        text = entry.text if self.fixed is None else label_of(repr(self.fixed))
        self._text = pn.widgets.TextAreaInput(
            value=text,
            value_input=text,
            placeholder=_PLACEHOLDER,
            auto_grow=True,
            rows=2,
            max_rows=8,
            max_length=MOST_CHARACTERS,
            disabled=self.fixed is not None,
            margin=(6, 0),
            css_classes=["explorer-text"],
            **wide(),
        )
        self._error = pn.pane.HTML(margin=0, **wide())
        self._sliders = pn.Column(margin=0, **wide())

    def _laid_out(self) -> Any:
        import panel as pn

        return pn.Column(
            pn.Row(self._swatch, self._name, self.remove, margin=0, **wide()),
            self._text,
            self._error,
            self._sliders,
            css_classes=["explorer-card"],
            margin=0,
            **wide(),
        )

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
        self._settings = [ParameterControl(each, scale, self._set, self._refused) for each in found]
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
