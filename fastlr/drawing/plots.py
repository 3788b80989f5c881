"""Schedules drawn with Matplotlib.

A rate is in force until the next step, and is drawn so: a drop is vertical, and no line passes
through rates that no step has. Of a long run only the steps that the eye can distinguish are drawn;
boundaries and extremes are among them.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.atomic_files import check_place, replacing
from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import as_step, short_repr
from fastlr.drawing.drawable import Drawable, is_drawable
from fastlr.drawing.sparkline import spread
from fastlr.errors import public
from fastlr.program.opcodes import LAST_STEP

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["check_path", "empty", "plot", "plot_predicted", "points", "save"]

_DRAWN = 4_000  # a longer run is drawn by the extremes of a quarter as many stretches
_SEARCHED = 2**18  # steps among which the extremes are sought
_MOST_CURVES = 20
_PREDICTED = 500  # losses drawn on a curve
_MOST_BOUNDARIES = 40  # marked on a curve; more dots would hide it
_MOST_CHARACTERS = 88  # of labels in a row of the legend


@with_types
@public
def plot(
    *schedules: Drawable | Mapping[str, Drawable],
    steps: int | Sequence[int | None] | None = None,
    ax: "Axes | None" = None,
    boundaries: bool = True,
    log: bool = False,
) -> "Axes":
    """Draw schedules on one axes.

    Parameters
    ----------
    *schedules : Schedule or mapping of str to Schedule
        From 1 to 20 curves. A mapping gives their labels. Each lane of a batch is a curve, and
        is labelled by its index. Several curves have a legend; the label of a single one is the
        title.
    steps : int or sequence of int, optional
        The number of steps shown, of all schedules or of each. By default each is shown to its
        end; one that never ends has as many steps as the longest of the others. A schedule with
        ``past_end="raise"`` is never drawn past its end.
    ax : matplotlib.axes.Axes, optional
        The axes to draw on. By default those of a new ``pyplot`` figure.
    boundaries : bool, default True
        Whether each boundary has a dot. A curve with more than 40 boundaries has none.
    log : bool, default False
        Whether rates have a logarithmic scale, which leaves out rates of 0.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    TypeError
        If an argument is not a schedule, or ``steps`` is not an integer.
    ValueError
        If there are no curves or too many; if ``steps`` is out of range, or missing where no
        schedule ends.

    Examples
    --------
    >>> import fastlr as flr
    >>> slow, fast = flr.linear(1.0, 0.0, steps=90), flr.linear(1.0, 0.0, steps=60)
    >>> axes = plot({"slow": slow, "fast": fast}, ax=empty())
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['slow', 'fast']
    """
    named = _named(schedules)
    lengths = _lengths(steps, len(named))
    curves = [
        (*curve, length)
        for pair, length in zip(named, lengths, strict=True)
        for curve in _lanes(*pair)
    ]
    longest = _longest(curves)
    axes = empty(pyplot=True) if ax is None else ax
    if log:
        axes.set_yscale("log", nonpositive="mask")
    for (label, schedule, length), color in zip(curves, _colors(len(curves)), strict=True):
        stop = length or int(schedule.steps or 0) or longest
        _draw(
            axes,
            schedule,
            stop,
            boundaries,
            label=label or _shortened(repr(schedule), len(curves)),
            color=color,
        )
    _finish(axes, title=curves[0][0] if len(curves) == 1 else "")
    return axes


@with_types
@public
def plot_predicted(
    law: Any, schedules: Mapping[str, Drawable], steps: int, axes: "tuple[Axes, Axes] | None" = None
) -> "tuple[Axes, Axes]":
    """Draw the rates of schedules, and below them the losses that a law predicts.

    Parameters
    ----------
    law : loss law of fastlr.loss_laws
        Its ``curve(schedule, steps)`` gives the losses.
    schedules : mapping of str to Schedule
        Scalar schedules by label.
    steps : int
        The number of steps shown. Losses are shown after the first twentieth of them, since
        earlier losses would set the scale.
    axes : pair of matplotlib.axes.Axes, optional
        The axes for rates and for losses. By default those of a new figure.

    Returns
    -------
    tuple of matplotlib.axes.Axes
        The axes of the rates, and of the losses.

    Raises
    ------
    ImportError, TypeError, ValueError
        As ``plot``.
    """
    above, below = _rows(2) if axes is None else axes
    plot(dict(schedules), steps=steps, ax=above)
    along = np.unique(np.linspace(max(1, steps // 20), steps - 1, _PREDICTED).astype(np.int64))
    for (label, schedule), color in zip(schedules.items(), _colors(len(schedules)), strict=True):
        below.plot(along, law.curve(schedule, along), linewidth=1.6, label=label, color=color)
    below.set_xlabel("step")
    below.set_ylabel("predicted loss")
    below.xaxis.set_major_formatter(above.xaxis.get_major_formatter())
    above.set_xlabel("")
    return above, below


def empty(pyplot: bool = False) -> "Axes":
    """Return empty axes on a figure of their own.

    Parameters
    ----------
    pyplot : bool, default False
        Whether the figure is a new one of ``pyplot``, which a notebook shows.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    """
    return _rows(1, pyplot)[0]


def _rows(count: int, pyplot: bool = False) -> "tuple[Axes, ...]":
    """Return ``count`` axes, one below the other, that share the axis of steps."""
    module, maker = ("matplotlib.pyplot", "figure") if pyplot else ("matplotlib.figure", "Figure")
    try:
        make = getattr(import_module(module), maker)
    except ImportError as error:
        raise ImportError("plot needs Matplotlib: pip install 'fastlr[plot]'") from error
    rows = make(figsize=(7.2, 0.8 + 2.8 * count), layout="constrained").subplots(
        count, sharex=True, squeeze=False
    )[:, 0]
    for axes in rows:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="0.5", alpha=0.2, linewidth=0.6)
    return tuple(rows)


def points(schedule: Drawable, stop: int) -> npt.NDArray[np.int64]:
    """Choose the steps at which a scalar schedule is drawn.

    Parameters
    ----------
    schedule : Schedule
        A scalar schedule.
    stop : int
        The number of steps shown.

    Returns
    -------
    numpy.ndarray of int64
        Steps from 0 to ``stop - 1``, in order.

    Notes
    -----
    A run of at most 4,000 steps is drawn step by step. A longer one is divided into 1,000 equal
    stretches. Drawn are the first and the last step, each boundary, the steps of the lowest and
    the highest rate of each stretch, and the steps beside all of these. So drops are where they
    belong, and peaks are as high as they are. In a run of more than 2^18 steps the extremes are
    sought among 2^18 steps spread over it.

    Examples
    --------
    >>> import fastlr as flr
    >>> steps = points(flr.milestones(0.1, 0.1, at=[123_456]), stop=200_000)
    >>> [step in steps for step in (0, 123_455, 123_456, 199_999)]
    [True, True, True, True]
    """
    steps = spread(stop, _SEARCHED)
    if stop <= _DRAWN:
        return steps
    stretches = zip(
        np.array_split(steps, _DRAWN // 4),
        np.array_split(schedule(steps), _DRAWN // 4),
        strict=True,
    )
    extremes = [stretch[[rates.argmin(), rates.argmax()]] for stretch, rates in stretches]
    boundaries = [boundary for boundary in schedule.boundaries if boundary < stop]
    chosen = np.concatenate([[0, stop - 1], boundaries, *extremes]).astype(np.int64)
    return np.unique(np.clip(chosen[:, np.newaxis] + [-1, 0, 1], 0, stop - 1))


def check_path(path: str | Path) -> None:
    """Raise ``ValueError`` unless ``save`` can write to this path.

    Call it before a long computation whose result is saved.
    """
    if Path(path).suffix not in (".png", ".svg"):
        raise ValueError(f"save: path must end in .png or .svg, got {str(path)!r}")
    check_place("save: path", Path(path))


def save(axes: "Axes", path: str | Path) -> None:
    """Write the figure of some axes to a .png or .svg file.

    The file is written whole or not at all. The same picture gives the same SVG.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Any axes of the figure.
    path : str or pathlib.Path
        The file. Its suffix, .png or .svg, decides the format.

    Raises
    ------
    ValueError
        If the suffix is another, or the folder does not exist.
    OSError
        If the file cannot be written.
    """
    from matplotlib import rc_context

    check_path(path)
    suffix = Path(path).suffix
    figure: Any = axes.get_figure(root=True)
    with replacing("save: path", path) as file, rc_context({"svg.hashsalt": "fastlr"}):
        figure.savefig(
            file, format=suffix[1:], dpi=200, metadata={"Date": None} if suffix == ".svg" else None
        )


def _named(schedules: tuple[Drawable | Mapping[str, Drawable], ...]) -> list[tuple[str, Drawable]]:
    """Return every schedule with its label; the label is empty if it has none."""
    named = [
        pair
        for given in schedules
        for pair in (given.items() if isinstance(given, Mapping) else [("", given)])
    ]
    for _, schedule in named:
        if not is_drawable(schedule):
            raise TypeError(
                f"plot: schedules must be Schedules, got {type(schedule).__name__} "
                f"{short_repr(schedule)}"
            )
    count = sum(int(np.prod(schedule.shape)) for _, schedule in named)
    if not 1 <= count <= _MOST_CURVES:
        raise ValueError(
            f"plot: schedules must have 1 to {_MOST_CURVES} curves, one per lane, got {count}"
        )
    return [(str(label), schedule) for label, schedule in named]


def _lanes(label: str, schedule: Drawable) -> Iterator[tuple[str, Drawable]]:
    """Yield the curves of a schedule; those of a batch are labelled by their index."""
    if not schedule.shape:
        yield label, schedule
    for index in np.ndindex(schedule.shape) if schedule.shape else ():
        yield f"{label}{list(index)}", schedule[index]


def _lengths(steps: int | Sequence[int | None] | None, count: int) -> list[int]:
    """Return the number of steps to show of each schedule; 0 if its own end decides."""
    each = list(steps) if isinstance(steps, Sequence) else [steps] * count
    if len(each) != count:
        raise ValueError(
            f"plot: steps must be one number, or one for each of {count} schedules, got "
            f"{short_repr(steps)}"
        )
    return [0 if length is None else _checked(length) for length in each]


def _longest(curves: list[tuple[str, Drawable, int]]) -> int:
    """Return the number of steps of the longest curve."""
    longest = max(length or int(schedule.steps or 0) for _, schedule, length in curves)
    if not longest:
        raise ValueError(
            "plot: steps must be given where no schedule ends after step 0, got "
            f"{short_repr(curves[0][1])}"
        )
    return longest


def _checked(steps: object) -> int:
    """Return a number of steps to show."""
    count = as_step("plot: steps must be an integer", steps)
    if not 1 <= count <= LAST_STEP:
        raise ValueError(f"plot: steps must be from 1 to 2**53, got {short_repr(steps)}")
    return count


def _colors(count: int) -> list[Any]:
    """Return a colour per curve: the style's own, or from one scale for more than 10 curves."""
    from matplotlib import colormaps

    return [None] * count if count <= 10 else [*colormaps["viridis"](np.linspace(0.0, 0.9, count))]


def _draw(axes: "Axes", schedule: Drawable, stop: int, boundaries: bool, **style: Any) -> None:
    """Draw one curve, whose last rate is in force up to ``stop``, and its boundaries."""
    stop = min(stop, int(schedule.steps or 0)) if schedule.past_end == "raise" else stop
    steps = points(schedule, stop)
    rates = schedule(steps)
    held = np.append(rates, rates[-1:])
    stairs = "steps-post" if stop <= _DRAWN else "default"
    drawn = axes.plot(
        np.append(steps, stop)[: held.size], held, linewidth=1.6, drawstyle=stairs, **style
    )[0]
    drawn.sticky_edges.x.extend((0, stop))
    drawn.sticky_edges.y.append(0)
    if axes.get_yscale() == "linear":
        axes.update_datalim([(0, 0)])  # show 0, so that heights can be compared
    marked = np.array(
        [boundary for boundary in schedule.boundaries if boundary < stop] if boundaries else [],
        dtype=np.int64,
    )
    if 0 < marked.size <= _MOST_BOUNDARIES:
        axes.plot(
            marked,
            schedule(marked),
            ".",
            markersize=7,
            color=drawn.get_color(),
            label="_boundaries",
        )


def _finish(axes: "Axes", title: str) -> None:
    """Add labels, ticks, and a legend for several curves.

    The legend stands above the axes if the figure has a layout engine; otherwise Matplotlib places
    it.
    """
    from matplotlib.ticker import EngFormatter, FuncFormatter, MaxNLocator

    axes.set_xlabel("step")
    axes.set_ylabel("rate")
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.autoscale_view()
    if axes.get_yscale() == "linear":
        # Matplotlib leaves a margin below a line at 0
        axes.set_ylim(bottom=max(0.0, axes.get_ylim()[0]), auto=None)
        plain = 0.01 <= axes.get_ylim()[1] < 1e5
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda rate, _: f"{rate:g}" if plain else _scientific(rate))
        )
    if title:
        axes.set_title(title, loc="left", fontsize="medium")
    labels = axes.get_legend_handles_labels()[1]
    if len(labels) > 1:
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
            **(above if axes.figure.get_layout_engine() else {"loc": "best"}),
        )


def _scientific(rate: float) -> str:
    """Return a rate in as few characters as possible: ``1.5e-4``."""
    digits, power = f"{rate:.5e}".split("e")
    return f"{float(digits):g}e{int(power)}" if rate else "0"


def _shortened(text: str, curves: int) -> str:
    """Cut a ``repr`` to fit a legend of so many curves: one row of it, or half a row."""
    most = _MOST_CHARACTERS - 8 if curves <= 8 else _MOST_CHARACTERS // 2 - 8
    return text if len(text) <= most else f"{text[: most - 1]}…"
