"""``fastlr.explore``: schedules in the browser or in a notebook."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.installed_packages import all_installed
from fastlr.arguments.rules import Number, Period, short_repr, validate_scalar
from fastlr.configs import from_config
from fastlr.errors import public, public_methods
from fastlr.explorer.chart_data import find
from fastlr.explorer.code import is_written
from fastlr.explorer.view import Entry, View
from fastlr.published_runs import Recipe, recipes
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.schedule import Schedule

__all__ = ["Explorer", "explore"]

_Port = Annotated[int, Number("an integer from 1 to 65535", 1, 65_535, whole=True)]
_FIRST = View((Entry("warmup_cosine(peak=0.001, warmup=500, steps=10000, end=1e-05)"),))


@with_types
@public_methods()
class Explorer:
    """Schedules to look at and to change: a page in the browser, or a cell of a notebook.

    ``explore`` builds it. As the last value of a cell, a notebook shows its widgets. Elsewhere
    ``serve`` opens the page.

    Parameters
    ----------
    view : View
        What is shown; ``explore`` builds it.
    fixed : sequence of (str, Schedule)
        Schedules by name that no expression can hold, because they have a long array.

    Notes
    -----
    Schedules are parsed, never evaluated as code. The page is served on 127.0.0.1 alone, and only
    to a browser that has opened the printed address with its token.

    Examples
    --------
    >>> from fastlr.explorer.view import Entry, View
    >>> Explorer(View((Entry("cosine(0.1, 0.0, 90)"),)))
    Explorer('?curve=cosine%280.1%2C+0.0%2C+90%29')
    """

    def __init__(self, view: View, fixed: Any = ()) -> None:
        self._view = view
        self._fixed = fixed
        self._page: Any = None

    def __repr__(self) -> str:
        return f"Explorer({self.link!r})"

    @property
    def link(self) -> str:
        """The view as the query of an address, which ``explore`` takes.

        It follows what you change in a notebook. It leaves out schedules with a long array.
        """
        return f"?{self._view.query}"

    @property
    def schedules(self) -> list[Schedule]:
        """The schedules that the view shows, published runs last.

        It follows what you change in a notebook. Raises ``ValueError`` if an expression has an
        error.

        Examples
        --------
        >>> from fastlr.explorer.view import Entry, View
        >>> Explorer(View((Entry("cosine(0.1, 0.0, 90)"),))).schedules
        [cosine(init=0.1, end=0.0, steps=90)]
        """
        texts = [*(entry.text for entry in self._view.entries), *self._view.runs]
        fixed = [schedule for _, schedule in self._fixed]
        own = [find(text).schedule for text in texts[: len(self._view.entries)]]
        return [*own, *fixed, *(find(run).schedule for run in self._view.runs)]

    def serve(self, port: int | None = None, open_browser: bool = True) -> None:
        """Serve the page on 127.0.0.1 until Ctrl-C, and print its address.

        Parameters
        ----------
        port : int, optional
            The port. By default 5007, or a free one if that is taken.
        open_browser : bool, default True
            Whether to open the address in the browser.

        Raises
        ------
        ValueError
            If ``port`` is not from 1 to 65,535.
        OSError
            If the port is taken.
        """
        from fastlr.explorer.server import serve

        if port is not None:
            port = validate_scalar(_Port, "serve: port", port)
        serve(self._build, self._view.query, port, open_browser)

    def _build(self, query: str) -> Any:
        """The widgets of a page whose address has this query; of a wrong one, its error."""
        from fastlr.explorer.page import Page

        try:
            view, error = View.from_address(f"?{query}"), None
        except ValueError as wrong:
            view, error = View(), wrong
        return Page(view, () if error else self._fixed, error, in_page=True).layout

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Show the widgets in a notebook. Every cell that shows this object shows the same ones."""
        import panel as pn

        from fastlr.explorer.page import Page

        if not getattr(pn.extension, "_loaded", False):
            pn.extension(inline=True)  # the scripts of the page come from this machine
        if self._page is None:
            self._page = Page(self._view, self._fixed, on_view=self._followed)
        return self._page.layout._repr_mimebundle_(include, exclude)

    def _followed(self, view: View) -> None:
        self._view = view


@with_types
@public
def explore(
    *things: "Schedule | str | Path | Recipe | Bundle | Mapping[str, Any]",
    runs: "str | list[str] | tuple[str, ...]" = (),
    steps: int | None = None,
    log: bool = False,
) -> Explorer:
    """Explore schedules with sliders, in a notebook or in the browser.

    Parameters
    ----------
    *things : Schedule, str, pathlib.Path, Recipe, Bundle or mapping of str to these
        At most 8 curves. A string is an expression as for ``parse``, the name of a published run,
        or a link that the explorer gave; a ``Path`` is a file with a spec or a framework's config.
        A mapping gives names. Each quantity of a bundle is a curve. By default one curve to begin
        with.
    runs : str or sequence of str, optional
        Published runs to compare with, at most 8.
    steps : int, optional
        The number of steps shown. By default each curve is shown to its end; one that never ends
        has as many steps as the longest of the others.
    log : bool, default False
        Whether rates have a logarithmic axis.

    Returns
    -------
    Explorer
        A notebook shows it. ``explore(...).serve()`` opens the page in the browser.

    Raises
    ------
    ImportError
        If Panel is not installed: ``pip install 'fastlr[explore]'``.
    TypeError
        If an argument has no rates, as a plateau rule has not.
    ValueError
        If an expression, a link or a name is wrong, or there are too many curves.

    Notes
    -----
    Nothing that is typed is evaluated as code. Sliders build the schedule again, so every rule of
    its constructor holds. Each step has the rate that the schedule gives; step 0 is the first
    update. A batch shows up to 12 of its lanes.

    Examples
    --------
    ``flr.explore(flr.wsd(6e-4, 2_000, 8_000, 2_000), runs="llama3-405b")`` compares a plan with a
    published run. On the command line: ``fastlr explore llama3-405b``.
    """
    if links := [thing for thing in things if isinstance(thing, str) and _is_link(thing)]:
        if len(things) > 1 or runs or steps is not None or log:
            raise ValueError(
                f"explore: a link must be the only argument, got more beside {short_repr(links[0])}"
            )
        return _explorer(View.from_address(links[0]))
    named = [pair for thing in things for pair in _named(thing)]
    entries, fixed = [], []
    for name, thing in named:
        text, schedule = _read(thing)
        if schedule is None or is_written(schedule):
            entries.append(Entry(text or repr(schedule), name))
        else:
            fixed.append((name, schedule))
    shown = None if steps is None else validate_scalar(Period, "explore: steps", steps)
    compared = (runs,) if isinstance(runs, str) else tuple(runs)
    first = _FIRST.entries if not named and not compared else tuple(entries)
    return _explorer(View(first, compared, shown, bool(log)), tuple(fixed))


def _explorer(view: View, fixed: tuple[tuple[str, Schedule], ...] = ()) -> Explorer:
    if not all_installed("panel"):
        raise ImportError("explore needs Panel: pip install 'fastlr[explore]'")
    return Explorer(view, fixed)


def _is_link(text: str) -> bool:
    return text.startswith(("?", "http://127.0.0.1", "http://localhost"))


def _named(thing: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The curves of an argument, by name."""
    if isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from _named(value, str(key))
    elif isinstance(thing, Bundle):
        for quantity in thing.names:
            yield f"{name} {quantity}".strip(), thing[quantity]
    elif isinstance(thing, Path):
        yield name or thing.stem, from_config(thing)
    else:
        yield name, thing


def _read(thing: Any) -> tuple[str, Schedule | None]:
    """The text of a curve, or its schedule if it came as one."""
    if isinstance(thing, Recipe):
        return (thing.name, None) if thing.name in recipes() else ("", thing.schedule)
    if isinstance(thing, str):
        find(thing)  # raises if it has an error
        return thing, None
    if not isinstance(thing, Schedule):
        raise TypeError(
            "explore: things must be schedules, expressions or names of published runs, got "
            f"{type(thing).__name__} {short_repr(thing)}; a plateau rule or a sweep has no rates "
            "until it has metrics, or an index"
        )
    return "", thing
