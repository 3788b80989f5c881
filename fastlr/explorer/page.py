"""The page of the explorer, built with Panel: curves on the left, their picture on the right."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from fastlr.explorer.axis_settings import AxisSettings
from fastlr.explorer.chart import Chart
from fastlr.explorer.chart_data import Source, curves, facts, find
from fastlr.explorer.code_panel import CodePanel
from fastlr.explorer.config_card import ConfigCard
from fastlr.explorer.curve_row import CurveRow
from fastlr.explorer.examples import constructor_choices, example_of, preset_names
from fastlr.explorer.rates_table import about_run, notes_html, rates_html
from fastlr.explorer.styles import error_html, stylesheet, wide
from fastlr.explorer.view import MOST_CURVES, UNITS, Entry, View
from fastlr.published_runs import recipes
from fastlr.schedule.schedule import Schedule

__all__ = ["Page"]

_MOST_LINES = 60


class Page:
    """The widgets of one page, or of one cell of a notebook.

    Each page has its own view. ``on_view`` is called with every view that the user makes.
    """

    def __init__(
        self,
        view: View,
        fixed: Sequence[tuple[str, Schedule]] = (),
        error: Exception | None = None,
        in_page: bool = False,
        on_view: Callable[[View], None] | None = None,
    ) -> None:
        import panel as pn

        self.view = view
        self._on_view = on_view or (lambda _: None)
        self._drawing = True  # whether the newest curves are about to be drawn
        self._rows = [CurveRow(entry, self._changed) for entry in view.entries]
        self._rows += [CurveRow(Entry("", name), self._changed, each) for name, each in fixed]
        self._note = pn.pane.HTML(margin=0, **wide())
        self._problem = pn.pane.HTML(error_html(error or ""), margin=0, **wide())
        self._table = pn.pane.HTML(margin=(4, 0), **wide())
        self._cards = pn.Column(margin=0, **wide())
        self._runs = _published_runs(view.runs)
        self._runs.param.watch(lambda _: self._changed(), "value")
        self._axes = AxisSettings(view, self._changed)
        self._chart = Chart(self._pointed)
        self._code = CodePanel(in_page)
        self.layout = pn.FlexBox(
            self._left(), self._right(), gap="22px", margin=0, sizing_mode="stretch_width"
        )
        for row in self._rows:
            self._watch_removal(row)
        self._list_cards()
        self._changed()
        self._draw_now()

    # -- the parts of the page ---------------------------------------------------------------------

    def _left(self) -> Any:
        import panel as pn

        title = "<h1>fastlr <small>explore learning-rate schedules</small></h1>"
        return pn.Column(
            pn.pane.HTML(title, margin=(0, 0, 10, 0), **wide()),
            self._problem,
            self._cards,
            self._add(),
            ConfigCard(self._append).layout,
            self._runs,
            margin=0,
            styles={"flex": "1 1 330px", "min-width": "min(100%, 300px)"},
        )

    def _right(self) -> Any:
        import panel as pn

        return pn.Column(
            self._axes.layout,
            self._chart.pane,
            self._table,
            self._note,
            self._code.layout,
            margin=0,
            styles={"flex": "3 1 560px", "min-width": "min(100%, 300px)"},
        )

    def _add(self) -> Any:
        """A field that finds constructors and presets by any part of their names."""
        import panel as pn

        self._found = pn.widgets.AutocompleteInput(
            name="Add a curve",
            options=[*constructor_choices(), *preset_names()],
            placeholder="wsd, torch.OneCycleLR, ...",
            case_sensitive=False,
            search_strategy="includes",
            min_characters=1,
            restrict=True,
            margin=(0, 8, 8, 0),
            **wide(),
        )
        blank = pn.widgets.Button(
            name="Add an empty one", margin=(18, 0, 8, 0), stylesheets=[stylesheet()]
        )
        self._found.param.watch(self._picked, "value")
        blank.on_click(lambda _: self._append(Entry("")))
        return pn.Row(self._found, blank, margin=0, **wide())

    # -- what the user does ------------------------------------------------------------------------

    def _picked(self, event: Any) -> None:
        if not event.new:
            return
        self._found.value = ""
        try:
            self._append(Entry(example_of(event.new)))
        except ValueError as error:
            self._problem.object = error_html(error)

    def _append(self, entry: Entry, fixed: Schedule | None = None) -> None:
        if len(self._rows) >= MOST_CURVES:
            self._problem.object = error_html(
                f"at most {MOST_CURVES} curves fit: remove one, or compare published runs"
            )
            return
        self._problem.object = ""
        row = CurveRow(entry, self._changed, fixed)
        self._watch_removal(row)
        self._rows.append(row)
        self._list_cards()
        self._changed()

    def _watch_removal(self, row: CurveRow) -> None:
        def removed(_: Any) -> None:
            self._rows = [other for other in self._rows if other is not row]
            self._problem.object = ""
            self._list_cards()
            self._changed()

        row.remove.on_click(removed)

    def _list_cards(self) -> None:
        for i, row in enumerate(self._rows):
            row.paint(i)
        self._cards.objects = [row.layout for row in self._rows]

    def _pointed(self, place: float) -> None:
        """Read the rates where the pointer is."""
        if place is None or place < 0:
            return
        at = float(int(place)) if self.view.unit == "steps" else float(f"{place:.6g}")
        self.view = replace(self.view, at=at)
        self._axes.show_place(at)
        self._show_rates()
        self._tell()

    # -- what the page shows -----------------------------------------------------------------------

    def _changed(self) -> None:
        """Show everything again. A field with an error leaves the picture as it was."""
        entries = tuple(row.entry for row in self._rows if row.fixed is None)
        view = self._axes.read(entries, tuple(self._runs.value))
        if view is None:
            return
        self.view = view
        sources = self._sources()
        drawn = curves(sources, self.view)
        self._curves = drawn[:_MOST_LINES]
        self._facts = [facts(curve) for curve in self._curves]
        self._note.object = notes_html(self._remarks(sources, len(drawn)))
        self._show_rates()
        self._code.show(sources)
        self._tell()

    def _sources(self) -> list[Source]:
        own = [
            row.source._replace(place=place)
            for place, row in enumerate(self._rows)
            if row.source is not None
        ]
        runs = [] if self._without_runs() else self.view.runs
        return own + [
            find(run)._replace(place=place, compared=True)
            for place, run in enumerate(runs, len(self._rows))
        ]

    def _without_runs(self) -> bool:
        """Whether published runs are left out: their batches and data sets are their own."""
        return bool(UNITS[self.view.unit])

    def _remarks(self, sources: Sequence[Source], lines: int) -> Iterable[str]:
        """What the picture leaves out, and what a published run assumes."""
        if UNITS[self.view.unit] and self.view.per is None:
            yield f"Type the {UNITS[self.view.unit]}: the axis takes 1 until then."
        if self._without_runs() and self.view.runs:
            yield (
                f"Published runs have their own {UNITS[self.view.unit]}, and are left out. Choose "
                "steps, or the share of the run."
            )
        lanes = sum(math.prod(source.schedule.shape) for source in sources)
        if lanes > min(lines, _MOST_LINES):
            yield f"{min(lines, _MOST_LINES)} of {lanes:,} lanes are drawn, spread over the batch."
        if any(row.fixed is not None for row in self._rows):
            yield "A schedule with a long array is in no link: save its spec."
        if any(source.stale for source in sources):
            yield "A pale line is the last schedule without an error."
        lengths = [curve.stop for curve in self._curves]
        if self.view.unit == "steps" and lengths and max(lengths) > 8 * min(lengths):
            yield "The lengths differ much. The axis can show the share of each run instead."
        for source in sources:
            if source.run:
                yield about_run(source.run)

    def _show_rates(self) -> None:
        """The rates of every curve at the place where they are read."""
        self._draw()
        self._table.object = rates_html(self._curves, self._facts, self.view)

    def _draw(self) -> None:
        """Draw at the next tick, which holds the lock that Bokeh wants: once for all changes."""
        import panel as pn

        if not self._drawing:
            self._drawing = True
            pn.state.execute(self._draw_now, schedule=True)

    def _draw_now(self) -> None:
        self._drawing = False
        self._chart.show(self._curves, self.view)
        self._chart.mark(self.view.at)

    def _tell(self) -> None:
        self._code.link_to(self.view.query)
        self._on_view(self.view)


def _published_runs(chosen: Sequence[str]) -> Any:
    """A field that chooses published runs to compare with."""
    import panel as pn

    return pn.widgets.MultiChoice(
        name="Published runs",
        options=list(recipes()),
        value=list(chosen),
        max_items=MOST_CURVES,
        placeholder="compare with ...",
        margin=(0, 0, 8, 0),
        **wide(),
    )
