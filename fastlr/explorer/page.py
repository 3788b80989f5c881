"""The page of the explorer, built with Panel: curves on the left, their picture on the right."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastlr.configs import from_config
from fastlr.explorer.chart import Chart
from fastlr.explorer.code import is_written, python_code, spec_code, torch_code
from fastlr.explorer.drawn import Curve, Source, curves, facts, find, rate_at
from fastlr.explorer.examples import constructor_choices, example_of, preset_names
from fastlr.explorer.rows import Row, error_html, stylesheet
from fastlr.explorer.view import MOST_CURVES, UNITS, Entry, View, number, whole
from fastlr.published_runs import recipe, recipes
from fastlr.schedule.schedule import Schedule

__all__ = ["Page"]

_MOST_LINES = 60
_MOST_CONFIG = 2**20  # bytes of a config file
_COPY = """
const done = () => { const text = cb_obj.label; cb_obj.label = "Copied";
  setTimeout(() => { cb_obj.label = text }, 1200) };
const text = TEXT;
if (navigator.clipboard) navigator.clipboard.writeText(text).then(done);
else window.prompt("Copy:", text);
"""
_LINK = 'IN_PAGE ? location.origin + location.pathname + "?" + query.value : "?" + query.value'


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
        self._in_page = in_page
        self._on_view = on_view or (lambda _: None)
        self._quiet = False
        self._drawing = True  # whether the newest curves are about to be drawn
        self._look: dict[str, Any] = {
            "stylesheets": [stylesheet()],
            "sizing_mode": "stretch_width",
        }
        self._rows = [Row(entry, self._changed) for entry in view.entries]
        self._rows += [Row(Entry("", name), self._changed, each) for name, each in fixed]
        self._note = pn.pane.HTML(margin=0, **self._look)
        self._problem = pn.pane.HTML(error_html(error or ""), margin=0, **self._look)
        self._table = pn.pane.HTML(margin=(4, 0), **self._look)
        self._query = pn.widgets.TextInput(visible=False)
        self._cards = pn.Column(margin=0, **self._look)
        self._runs = pn.widgets.MultiChoice(
            name="Published runs",
            options=list(recipes()),
            value=list(view.runs),
            max_items=MOST_CURVES,
            placeholder="compare with ...",
            margin=(0, 0, 8, 0),
            **self._look,
        )
        self._runs.param.watch(self._shown, "value")
        self._chart = Chart(self._pointed)
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
            pn.pane.HTML(title, margin=(0, 0, 10, 0), **self._look),
            self._problem,
            self._cards,
            self._add(),
            self._open(),
            self._runs,
            margin=0,
            styles={"flex": "1 1 330px", "min-width": "min(100%, 300px)"},
        )

    def _right(self) -> Any:
        import panel as pn

        return pn.Column(
            self._settings(),
            self._chart.pane,
            self._table,
            self._note,
            self._code(),
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
            **self._look,
        )
        blank = pn.widgets.Button(
            name="Add an empty one", margin=(18, 0, 8, 0), stylesheets=[stylesheet()]
        )
        self._found.param.watch(self._picked, "value")
        blank.on_click(lambda _: self._append(Entry("")))
        return pn.Row(self._found, blank, margin=0, **self._look)

    def _open(self) -> Any:
        """A field for a config file, and what a config may leave to its program."""
        import panel as pn

        self._file = pn.widgets.FileInput(margin=(0, 0, 6, 0), **self._look)
        self._given = {
            key: pn.widgets.TextInput(
                name=name, placeholder="if needed", margin=(0, 6, 4, 0), **self._look
            )
            for key, name in (
                ("lr", "Base rate"),
                ("steps", "Steps"),
                ("steps_per_epoch", "Steps per epoch"),
            )
        }
        self._file_error = pn.pane.HTML(margin=0, **self._look)
        for widget in (self._file, *self._given.values()):
            widget.param.watch(self._opened, "value")
        return pn.Card(
            self._file,
            self._file_error,
            pn.Row(*self._given.values(), margin=0, **self._look),
            title="Open a config file",
            collapsed=True,
            hide_header=False,
            header_background="transparent",
            header_color="inherit",
            active_header_background="transparent",
            css_classes=["explorer-card"],
            margin=(0, 0, 8, 0),
            **self._look,
        )

    def _settings(self) -> Any:
        """What the axes show."""
        import panel as pn

        self._unit = pn.widgets.Select(
            name="Axis", options=list(UNITS), value=self.view.unit, width=92, **self._bar()
        )
        self._numbers = {
            key: pn.widgets.TextInput(
                name=name,
                value="" if (given := getattr(self.view, key)) is None else f"{given:.12g}",
                placeholder=hint,
                width=width,
                **self._bar(),
            )
            for key, name, hint, width in (
                ("per", "Steps per epoch", "", 130),
                ("steps", "Steps shown", "all", 110),
                ("at", "Read off at", "hover, or type", 120),
            )
        }
        self._log = pn.widgets.Checkbox(name="Log axis", value=self.view.log, **self._bar(22))
        self._peaks = pn.widgets.Checkbox(
            name="Share of the peak", value=self.view.peaks, **self._bar(22)
        )
        widgets = (self._unit, *self._numbers.values(), self._log, self._peaks)
        for widget in widgets:
            widget.param.watch(self._shown, "value")
        self._wrong = pn.pane.HTML(margin=0, **self._look)
        return pn.Column(
            pn.FlexBox(*widgets, margin=0, sizing_mode="stretch_width"),
            self._wrong,
            margin=0,
            **self._look,
        )

    def _bar(self, above: int = 0) -> dict[str, Any]:
        return {"margin": (above, 12, 4, 0), "stylesheets": [stylesheet()]}

    def _code(self) -> Any:
        """Code for one curve, with buttons that copy it."""
        import panel as pn

        self._of = pn.widgets.Select(name="Code of", margin=(0, 12, 4, 0), **self._look)
        self._as = pn.widgets.RadioButtonGroup(
            options=["Python", "torch", "Spec"], margin=(18, 12, 4, 0), stylesheets=[stylesheet()]
        )
        self._text = pn.widgets.TextAreaInput(
            disabled=True,
            auto_grow=True,
            rows=4,
            max_rows=16,
            margin=(4, 0),
            max_length=10**8,
            css_classes=["explorer-code"],
            **self._look,
        )
        self._of.param.watch(lambda _: self._show_code(), "value")
        self._as.param.watch(lambda _: self._show_code(), "value")
        self._copy = self._copies("Copy code", "code.value", code=self._text)
        in_page = "true" if self._in_page else "false"
        link = self._copies("Copy link", _LINK.replace("IN_PAGE", in_page), query=self._query)
        if self._in_page:
            self._query.jscallback(
                value='history.replaceState(null, "", "?" + cb_obj.value)', args={}
            )
        return pn.Column(
            pn.FlexBox(self._of, self._as, self._copy, link, self._query, margin=0),
            self._text,
            margin=(10, 0),
            **self._look,
        )

    def _copies(self, name: str, text: str, **arguments: Any) -> Any:
        import panel as pn

        button = pn.widgets.Button(name=name, margin=(18, 8, 4, 0), stylesheets=[stylesheet()])
        button.js_on_click(args=arguments, code=_COPY.replace("TEXT", text))
        return button

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
        row = Row(entry, self._changed, fixed)
        self._watch_removal(row)
        self._rows.append(row)
        self._list_cards()
        self._changed()

    def _watch_removal(self, row: Row) -> None:
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

    def _opened(self, _: Any) -> None:
        """Read a config that the browser sent; its curve is an expression like any other."""
        if not self._file.value:
            return
        name = Path(str(self._file.filename)).name
        try:
            options = {
                "lr": number("base rate", self._given["lr"].value, above=True),
                "steps": whole("steps", self._given["steps"].value),
                "steps_per_epoch": whole("steps per epoch", self._given["steps_per_epoch"].value),
            }
            schedule = _read_config(name, self._file.value, options)
        except Exception as error:
            self._file_error.object = error_html(error)
            return
        self._file_error.object = ""
        written = is_written(schedule)
        label = Path(name).stem[:80]
        self._append(Entry(repr(schedule) if written else "", label), None if written else schedule)

    def _shown(self, _: Any) -> None:
        if not self._quiet:
            self._changed()

    def _pointed(self, place: float) -> None:
        """Read the rates where the pointer is."""
        if place is None or place < 0:
            return
        at = float(int(place)) if self.view.unit == "steps" else float(f"{place:.6g}")
        self.view = replace(self.view, at=at)
        self._quiet = True
        self._numbers["at"].value = f"{at:.15g}"
        self._quiet = False
        self._show_rates()
        self._tell()

    # -- what the page shows -----------------------------------------------------------------------

    def _changed(self) -> None:
        """Show everything anew. A field with an error leaves the picture as it was."""
        try:
            self.view = self._read()
        except ValueError as error:
            self._wrong.object = error_html(error)
            return
        self._wrong.object = ""
        self._numbers["per"].visible = bool(UNITS[self.view.unit])
        self._numbers["per"].name = UNITS[self.view.unit].capitalize()
        sources = self._sources()
        drawn = curves(sources, self.view)
        self._curves = drawn[:_MOST_LINES]
        self._facts = [facts(curve) for curve in self._curves]
        self._note.object = _notes(self._remarks(sources, len(drawn)))
        self._show_rates()
        self._list_code(sources)
        self._tell()

    def _read(self) -> View:
        """The view that the widgets describe."""
        unit = str(self._unit.value)
        per = number(UNITS[unit] or "per", self._numbers["per"].value, above=True)
        return View(
            tuple(row.entry for row in self._rows if row.fixed is None),
            tuple(self._runs.value),
            whole("steps shown", self._numbers["steps"].value),
            bool(self._log.value),
            bool(self._peaks.value),
            unit,
            per if UNITS[unit] else None,
            number("read off at", self._numbers["at"].value),
        )

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
        lanes = sum(int(_size(source.schedule)) for source in sources)
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
                yield _about(source.run)

    def _show_rates(self) -> None:
        """The rates of every curve at the place where they are read."""
        at = self.view.at
        self._draw()
        heads = ["curve", "" if at is None else _place(self.view), "peak", "last shown", "steps"]
        cells = "".join(f"<th>{escape(head)}</th>" for head in heads)
        lines = "".join(
            _line(curve, curve_facts, self.view)
            for curve, curve_facts in zip(self._curves, self._facts, strict=True)
        )
        self._table.object = (
            f'<div class="explorer-table"><table><tr>{cells}</tr>{lines}</table></div>'
        )

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

    def _list_code(self, sources: Sequence[Source]) -> None:
        self._coded = sources
        options = {f"{i + 1}. {source.label}": i for i, source in enumerate(sources)}
        chosen = self._of.value
        self._of.options = options
        self._of.value = (
            chosen if chosen in options.values() else next(iter(options.values()), None)
        )
        self._show_code()

    def _show_code(self) -> None:
        """The code of the chosen curve; none while its text has an error."""
        i = self._of.value
        source = self._coded[i] if i is not None and i < len(self._coded) else None
        self._copy.disabled = source is None or source.stale
        if source is None or source.stale:
            self._text.value = "" if source is None else "# correct the expression first"
            return
        makers = {"Python": python_code, "torch": torch_code}
        try:
            maker = makers.get(self._as.value)
            code = maker(source.schedule, source.run) if maker else spec_code(source.schedule)
        except ValueError as error:
            self._copy.disabled = True
            code = f"# {str(error).removeprefix('explore: ')}"
        self._text.value = code

    def _tell(self) -> None:
        self._query.value = self.view.query
        self._on_view(self.view)


def _size(schedule: Schedule) -> int:
    import math

    return math.prod(schedule.shape)


def _read_config(name: str, data: bytes, options: dict[str, Any]) -> Schedule:
    """The schedule of a config file, read as data in a folder of its own."""
    if len(data) > _MOST_CONFIG:
        raise ValueError(f"{name}: a config must have at most 1 MiB, got {len(data):,} bytes")
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            found = from_config(path, **options)
        except (ValueError, TypeError, OSError) as error:
            raise ValueError(str(error).replace(f"{folder}/", "")) from None
    if not isinstance(found, Schedule):
        raise ValueError(f"{name}: a plateau rule has no rates without metrics: {found!r:.200}")
    return found


def _place(view: View) -> str:
    at = view.at or 0.0
    if view.unit == "share":
        return f"at {at:.6g} % of the run"
    return f"at {'step' if view.unit == 'steps' else view.unit.rstrip('s')} {at:,.15g}"


def _line(curve: Curve, curve_facts: dict[str, str], view: View) -> str:
    """A curve's row of the table."""
    step, rate = ("", "") if view.at is None else rate_at(curve, view)
    title = f' title="step {step:,}"' if view.at is not None else ""
    dash = {"dashed": "6 3", "dotted": "2 3", "dotdash": "2 3 6 3", "dashdot": "6 3 2 3"}
    svg = (
        f'<svg class="explorer-line" width="26" height="8"><path d="M0 4H26" '
        f'stroke="{curve.color}" '
        f'stroke-opacity="{curve.alpha:.2f}" stroke-width="{curve.width}" '
        f'stroke-dasharray="{dash.get(curve.dash, "none")}"/></svg>'
    )
    cells = "".join(f"<td>{escape(curve_facts[key])}</td>" for key in ("peak", "last", "steps"))
    return (
        f'<tr><td class="explorer-name">{svg}{escape(curve.label)}</td>'
        f'<td class="explorer-rate"{title}>{escape(rate)}</td>{cells}</tr>'
    )


def _notes(remarks: Iterable[str]) -> str:
    return "".join(f'<div class="explorer-note">{escape(remark)}</div>' for remark in remarks)


def _about(name: str) -> str:
    run = recipe(name)
    counted = "" if run.unit == "steps" else f"Counted in {run.unit}, shown in optimizer steps."
    source = f"{run.source.rstrip('.')}."
    return " ".join(filter(None, [f"{name}: {run.title}.", source, counted, run.assumption]))
