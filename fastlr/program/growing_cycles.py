"""The cycles of a growing loop: where each begins, how long it is, and its body.

A loop whose cycles change in length becomes one body per cycle. Thousands of cycles are handled as
arrays with a last axis of cycles. ``lowering`` turns the bodies into segments.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fastlr.program import double_double
from fastlr.program.curve_lowering import as_floats
from fastlr.program.lane_conditions import all_lanes
from fastlr.program.opcodes import LAST_STEP
from fastlr.program.rescaling import add_axis, scale_levels, stretch_steps
from fastlr.program.tree import Node, Numbers, cycles

__all__ = ["FOREVER", "count_to_last", "cycled_steps", "iter_bodies"]

Floats = npt.NDArray[np.float64]

FOREVER = 2.0**53
_MOST_AT_ONCE = 1 << 16  # cycles times lanes per batch: 512 KiB per number


def iter_bodies(node: Node) -> Iterator[tuple[Floats, Node]]:
    """Yield the first steps of some cycles, and a body with one lane per cycle.

    The last axis of all numbers is that of the cycles, behind the axes of the batch.
    """
    numbers = node.numbers
    body, period, floor = (
        add_axis(node.parts[0]),
        as_floats(numbers["period"])[..., None],
        numbers["floor"][..., None],
    )
    for start, length, factor in _iter_cycles(
        numbers["period"], numbers["times"], numbers["scale"], numbers["stretch"]
    ):
        yield start, scale_levels(stretch_steps(body, length, period, np.asarray(0)), factor, floor)


def _iter_cycles(
    period: Numbers, times: Numbers, scale: Numbers, stretch: Numbers
) -> Iterator[tuple[Floats, Floats, double_double.DoubleDouble]]:
    """Yield first step, length and scale of some cycles at a time, along a last axis.

    Cycle i begins at the integer nearest to the exact ``period * (1 + stretch + ... +
    stretch^(i-1))``. A lane that has no more cycles gets cycles that never begin.
    """
    period, times, scale, stretch = (
        as_floats(number)[..., None] for number in (period, times, scale, stretch)
    )
    zero = double_double.pair(period * 0.0 + stretch * 0.0)
    count = _batch_of_cycles(
        period, times, stretch, np.broadcast_shapes(zero[0].shape, times.shape, scale.shape)
    )
    # numbers may overflow beyond the last step, where no cycle begins
    with np.errstate(all="ignore"):
        sums, growths, powers = _geometric_sums(
            double_double.pair(period),
            double_double.pair(stretch),
            double_double.pair(scale),
            count + 1,
        )
    begin, power, i = zero, double_double.pair(scale * 0.0 + 1.0), 0
    while True:
        with np.errstate(all="ignore"):
            begins, factors = (
                double_double.add(double_double.multiply(begin, growths), sums),
                double_double.multiply(power, powers),
            )
            nearest = double_double.nearest(begins)
            lengths = _differences(nearest)
        runs = (begins[0][..., :-1] <= LAST_STEP) & ((times < 0) | (i + np.arange(count) < times))
        chosen = count_to_last(runs)
        if chosen:
            runs, (high, low) = runs[..., :chosen], _columns_of_pair(factors, 0, chosen)
            start = np.where(runs, nearest[0][..., :chosen], 2 * FOREVER)
            yield (
                start,
                np.where(runs, lengths[..., :chosen], 0.0),
                (np.where(runs, high, 1.0), np.where(runs, low, 0.0)),
            )
        if chosen < count:
            return
        begin, power, i = (
            _columns_of_pair(begins, -1, None),
            _columns_of_pair(factors, -1, None),
            i + count,
        )


def count_to_last(condition: npt.NDArray[np.bool_]) -> int:
    """Return the number of columns up to the last in which the condition holds for some lane."""
    columns = condition.any(axis=tuple(range(condition.ndim - 1)))
    return int(np.max(np.flatnonzero(columns), initial=-1)) + 1


def _differences(numbers: double_double.DoubleDouble) -> Floats:
    """Return the difference of each column and the one before it."""
    later, earlier = _columns_of_pair(numbers, 1, None), _columns_of_pair(numbers, 0, -1)
    return double_double.subtract(later, earlier)[0]


def _columns_of_pair(
    pair: double_double.DoubleDouble, first: int, stop: int | None
) -> double_double.DoubleDouble:
    """Return some columns of a number in two words."""
    return pair[0][..., first:stop], pair[1][..., first:stop]


def _batch_of_cycles(period: Floats, times: Floats, stretch: Floats, shape: tuple[int, ...]) -> int:
    """Return how many cycles to lay out together: all and one more, unless lanes are many."""
    with np.errstate(divide="ignore", invalid="ignore"):
        about = np.max(
            np.where(stretch == 1, np.maximum(times, 1.0), cycles(period, times, stretch))
        )
    return int(min(1.001 * about + 4, max(1, _MOST_AT_ONCE // int(np.prod(shape)))))


def _geometric_sums(
    first: double_double.DoubleDouble,
    growth: double_double.DoubleDouble,
    scale: double_double.DoubleDouble,
    count: int,
) -> tuple[double_double.DoubleDouble, double_double.DoubleDouble, double_double.DoubleDouble]:
    """Return sums and powers for each i < ``count``, by doubling.

    They are ``first * (1 + growth + ... + growth^(i-1))``, ``growth^i`` and ``scale^i``.
    """
    one = double_double.pair(np.ones_like(first[0] + growth[0]))
    sums, growths, powers = (
        double_double.multiply(one, double_double.pair(np.zeros(1))),
        one,
        double_double.pair(np.ones_like(scale[0])),
    )
    # sum, growth and scale over the cycles so far
    total, grown, scaled = double_double.multiply(one, first), growth, scale
    while growths[0].shape[-1] < count:
        sums = _concatenate(sums, double_double.add(double_double.multiply(sums, grown), total))
        growths, powers = (
            _concatenate(growths, double_double.multiply(growths, grown)),
            _concatenate(powers, double_double.multiply(powers, scaled)),
        )
        total = double_double.add(double_double.multiply(total, grown), total)
        grown, scaled = double_double.multiply(grown, grown), double_double.multiply(scaled, scaled)
    return (
        _columns_of_pair(sums, 0, count),
        _columns_of_pair(growths, 0, count),
        _columns_of_pair(powers, 0, count),
    )


def _concatenate(
    chosen: double_double.DoubleDouble, more: double_double.DoubleDouble
) -> double_double.DoubleDouble:
    """Append columns of a number in two words."""
    return np.concatenate([chosen[0], more[0]], axis=-1), np.concatenate(
        [chosen[1], more[1]], axis=-1
    )


def cycled_steps(period: Numbers, times: Numbers, stretch: Numbers) -> npt.NDArray[np.int64]:
    """Return the length of ``times`` cycles together."""
    equal, most = stretch == 1, as_floats(period) * times
    if not all_lanes(equal):
        for start, length, _ in _iter_cycles(
            period, np.where(equal, 0, times), np.asarray(1.0), stretch
        ):
            runs = ~equal[..., None] & (start <= LAST_STEP)
            ends = np.max(np.where(runs, start + length, 0.0), axis=-1)
            most = np.where(runs.any(axis=-1), ends, most)
    return most.astype(np.int64)
