"""Figures, colours, scales, legends and notes of a plot."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from fastlr.arguments.rules import short_repr
from fastlr.drawing.lanes import Columns
from fastlr.drawing.numbers import amount_text, rate_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "BLUE",
    "GREEN",
    "MOST_NAMED",
    "RED",
    "Unit",
    "add_color_bar",
    "add_legend",
    "add_scales",
    "color_scale",
    "curve_styles",
    "dark_style",
    "figure_rows",
    "unit_of",
]

MOST_NAMED = 10  # curves in a legend; more have a colour bar
_MOST_CHARACTERS = 88  # of labels in a row of the legend
# Okabe and Ito's colours, which colour-blind readers can tell apart, for white and black pages:
# the blue is lighter, there is no yellow, and grey stands for black
BLUE, RED, GREEN = "#2482c4", "#d55e00", "#009e73"
_COLORS = (BLUE, RED, GREEN, "#cc79a7", "#e69f00", "#56b4e9", "#8a8a8a")
_LINES = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.6, 1.2, 1.6)))
_TICKS = 6


@dataclass(frozen=True)
class Unit:
    """The unit of the axis of steps: its label, and how much of it a step is.

    ``per_step`` is None for a share of the run, which depends on the length of each curve.
    """

    label: str = "step"
    per_step: float | None = 1.0

    def of(self, stop: int) -> float:
        """How much of the unit a step of a curve of ``stop`` steps is."""
        return 1.0 / stop if self.per_step is None else self.per_step


def unit_of(tokens_per_step: object, steps_per_epoch: object, share: bool) -> Unit:
    """Return the unit that the options of ``plot`` name.

    >>> unit_of(None, 500, share=False)
    Unit(label='epoch', per_step=0.002)
    """
    given = {
        "tokens_per_step": tokens_per_step,
        "steps_per_epoch": steps_per_epoch,
        "share": share or None,
    }
    chosen = [name for name, value in given.items() if value is not None]
    if len(chosen) > 1:
        raise ValueError(f"plot: {chosen[-1]} must be left out where {chosen[0]} is given")
    for name in chosen:
        value: Any = given[name]
        if name != "share" and not _is_amount(value):
            raise ValueError(f"plot: {name} must be a number above 0, got {short_repr(value)}")
        if name == "tokens_per_step":
            return Unit("tokens", float(value))
        return Unit("share of the run", None) if share else Unit("epoch", 1.0 / float(value))
    return Unit()


def _is_amount(value: object) -> bool:
    """Whether a value is a number above 0."""
    number = isinstance(value, int | float | np.integer | np.floating)
    return number and not isinstance(value, bool) and 0 < value < np.inf  # type: ignore[operator]


def figure_rows(count: int, pyplot: bool = False, height: float = 2.8) -> "tuple[Axes, ...]":
    """Return ``count`` axes, one below the other, that share the axis of steps."""
    module, maker = ("matplotlib.pyplot", "figure") if pyplot else ("matplotlib.figure", "Figure")
    try:
        make = getattr(import_module(module), maker)
    except ImportError as error:
        raise ImportError("plot needs Matplotlib: pip install 'fastlr[plot]'") from error
    rows = make(figsize=(7.2, 0.8 + height * count), layout="constrained").subplots(
        count, sharex=True, squeeze=False
    )[:, 0]
    for axes in rows:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="0.5", alpha=0.2, linewidth=0.6)
    return tuple(rows)


def dark_style(dark: bool) -> AbstractContextManager[Any]:
    """Return a context in which new figures are dark, or as they are."""
    if not dark:
        return nullcontext()
    style = import_module("matplotlib.style")
    colors = {"figure.facecolor": "#111418", "axes.facecolor": "#111418"}
    context: AbstractContextManager[Any] = style.context(
        ["dark_background", {**colors, "savefig.facecolor": "#111418"}]
    )
    return context


def curve_styles(count: int) -> list[dict[str, Any]]:
    """Return a colour and a line style per curve, for at most ``MOST_NAMED`` of them."""
    return [
        {"color": _COLORS[i % len(_COLORS)], "linestyle": _LINES[i % len(_LINES)]}
        for i in range(count)
    ]


def color_scale(columns: Columns, name: str | None) -> tuple[str, list[Any], list[Any], Any]:
    """Choose the parameter that colours stand for.

    Returns its name, its values, a colour per curve, and Matplotlib's mappable for a colour bar.
    Without a name it is the first parameter that is a number; if there is none, the place of the
    curve.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, LogNorm, Normalize

    key = _numeric(columns) if name is None else name
    size = len(next(iter(columns.values())))
    values = columns.get("" if key is None else key, list(range(size)))
    numbers = values if key in columns and _are_numbers(values) else list(range(size))
    # the ends of viridis vanish on a black or a white page
    viridis = import_module("matplotlib").colormaps["viridis"](np.linspace(0.12, 0.92, 256))
    wide = min(numbers) > 0 and max(numbers) > 20 * min(numbers)
    norm = (LogNorm if wide else Normalize)(min(numbers), max(numbers))
    scale = ScalarMappable(norm, ListedColormap(viridis))
    label = key if key in columns and key else ("" if "" in columns else "lane")
    return str(label), values, list(scale.to_rgba(np.asarray(numbers))), scale


def _numeric(columns: Columns) -> str | None:
    """The first parameter that is a number in every curve; group names come before it."""
    return next((n for n, values in columns.items() if n == "" or _are_numbers(values)), None)


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def add_color_bar(axes: "Axes", name: str, values: list[Any], scale: Any) -> None:
    """Add a colour bar with the values of the parameter, or the names of the groups."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    figure: Any = axes.get_figure()
    bar = figure.colorbar(scale, ax=axes, pad=0.015, aspect=30)
    bar.outline.set_visible(False)
    bar.set_label(name)
    if not _are_numbers(values):
        places = np.unique(np.linspace(0, len(values) - 1, _TICKS + 2).round().astype(int))
        bar.ax.yaxis.set_major_locator(FixedLocator(places.tolist()))
        bar.ax.set_yticklabels([str(values[place]) for place in places])
        return
    counted = all(isinstance(value, int) for value in values)
    write = amount_text if counted else rate_text
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))
    bar.ax.yaxis.set_minor_formatter(NullFormatter())


def add_scales(axes: "Axes", unit: Unit, label: str = "learning rate") -> None:
    """Label both axes, and write their ticks in few characters."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

    axes.set_xlabel(unit.label)
    axes.set_ylabel(label)
    whole = unit.label == "step"
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=whole))
    axes.xaxis.set_major_formatter(
        PercentFormatter(1.0, decimals=0)
        if unit.per_step is None
        else FuncFormatter(lambda amount, _: amount_text(amount))
    )
    if axes.get_yscale() == "log":
        axes.yaxis.set_major_formatter(FuncFormatter(lambda rate, _: rate_text(rate)))
        axes.yaxis.set_minor_formatter(_minor_formatter())
    else:
        plain = 0.01 <= axes.get_ylim()[1] < 1e5
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda rate, _: f"{rate:g}" if plain else rate_text(rate, 6))
        )


def _minor_formatter() -> Any:
    """A formatter for the ticks between powers of 10: Matplotlib's choice of them, our numbers."""
    from matplotlib.ticker import LogFormatter

    class Minor(LogFormatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return rate_text(x) if super().__call__(x, pos) else ""

    return Minor()


def add_legend(axes: "Axes") -> None:
    """Add a legend for several curves.

    It stands above the axes if the figure has a layout engine; otherwise Matplotlib places it.
    """
    labels = axes.get_legend_handles_labels()[1]
    if len(labels) < 2:
        return
    columns = max(1, _MOST_CHARACTERS // (8 + max(map(len, labels))))
    above = {
        "loc": "lower left",
        "bbox_to_anchor": (0.0, 1.0),
        "ncols": columns,
        "borderaxespad": 0.2,
    }
    axes.legend(
        frameon=False,
        fontsize="small",
        handlelength=2.6,
        **(above if axes.figure.get_layout_engine() else {"loc": "best"}),
    )
