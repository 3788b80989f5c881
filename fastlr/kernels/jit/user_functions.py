"""The functions that a user's own compiled loop calls: ``flr.jit.rate``, ``flr.jit.rates`` and
``flr.jit.update``.

They check their arguments in compiled code, and call by symbol what evaluates a program or updates
a state.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.kernels.jit.compiling import inlined, kernel
from fastlr.kernels.jit.linking import linked_rate, linked_rates, linked_update
from fastlr.kernels.jit.pointers import address_of, counts_of, doubles_of, on_stack
from fastlr.kernels.jit.segments import allows
from fastlr.kernels.jit.user_arguments import (
    extent,
    is_array,
    metrics_at,
    must_be_metric,
    must_be_program,
    must_be_rule,
    must_be_state,
    must_be_step,
    must_take_rates,
)
from fastlr.program.opcodes import (
    FORMAT,
    HEADER,
    HEADER_FORMAT,
    HEADER_LANES,
    HEADER_MAGIC,
    HEADER_SIZE,
    MAGIC,
    PLATEAU_MAGIC,
    RULE_FIELDS,
    RULE_WORDS,
)

__all__ = ["rate", "rates", "update"]

_RULE_SIZE, _RAISES, _WINDOWED, _AXES = (
    RULE_WORDS.index(name) for name in ("size", "raises", "windowed", "axes")
)
_SMALLEST_RULE = len(RULE_WORDS) + 2 * len(RULE_FIELDS)
_HIGHEST = float(np.finfo(np.float64).max)
_PARTS = 7  # of memory that must not overlap: six of a state, and a metric
_ends_of_parts = on_stack(2 * _PARTS)


@inlined
def _check(program: npt.NDArray[np.float64], t: int) -> None:
    must_be_program(program)
    if (
        program.size < HEADER
        or program[HEADER_MAGIC] != MAGIC
        or program[HEADER_FORMAT] != FORMAT
        or program[HEADER_SIZE] != program.size
    ):
        raise ValueError("program must be one that this version of fastlr lowered, and whole")
    must_be_step(t)
    if not allows(program, t):
        raise ValueError(
            "t must be a step from 0 to 2**53, and before the end of a schedule with "
            "past_end='raise'"
        )


@inlined
def _overlap(begin: int, end: int, start: int, stop: int) -> bool:
    """Whether two ranges of addresses do."""
    return begin < stop and start < end


@kernel
def rate(program: npt.NDArray[np.float64], t: int) -> float:
    """Evaluate a program of one lane at step t, from any ``@njit`` function.

    Parameters
    ----------
    program : array of float64
        ``schedule.program``, or the result of ``fastlr.Program.from_array``. An array that can be
        written to does not compile.
    t : int
        The step, 0 <= t <= 2^53. Other types than integers do not compile.

    Returns
    -------
    float
        The rate, with the bits of ``schedule(t)``.

    Raises
    ------
    ValueError
        If the step is negative, above 2^53, or past the end of a schedule with
        ``past_end="raise"``; if the program is of another version of fastlr; or if it has several
        lanes.

    Examples
    --------
    >>> import fastlr as flr
    >>> rate(flr.linear(1.0, 0.0, steps=4).program, 1)
    0.75
    """
    _check(program, t)
    if int(program[HEADER_LANES]) != 1:
        raise ValueError("program must have one lane; for a batch, call flr.jit.rates")
    rate = linked_rate((address_of(doubles_of(program)), t))
    if rate != rate:
        raise RuntimeError("a kernel could not be compiled; the reason is printed above")
    return rate


@kernel
def rates(program: npt.NDArray[np.float64], t: int, out: Any) -> None:
    """Evaluate all lanes at step t into ``out``, from any ``@njit`` function.

    Parameters
    ----------
    program : array of float64
        As for ``rate``.
    t : int
        As for ``rate``.
    out : array of float64
        C-contiguous, with one element per lane. Arrays of other types do not compile.

    Raises
    ------
    ValueError
        As for ``rate``, or if ``out`` has another size or shares memory with the program. Then
        nothing is written.

    Examples
    --------
    >>> import fastlr as flr
    >>> out = np.empty(2)
    >>> rates(flr.linear([1.0, 2.0], 0.0, steps=4).program, 1, out)
    >>> out
    array([0.75, 1.5 ])
    """
    _check(program, t)
    must_take_rates(out)
    if out.size != int(program[HEADER_LANES]):
        raise ValueError("out must have one element for each lane of the program")
    first, at = address_of(doubles_of(program)), address_of(doubles_of(out))
    if _overlap(first, first + 8 * program.size, at, at + 8 * out.size):
        raise ValueError("out must not share memory with the program")
    if linked_rates((first, t, at)) == 0:
        raise RuntimeError("a kernel could not be compiled; the reason is printed above")


@inlined
def _check_rule(rule: Any) -> None:
    must_be_rule(rule)
    if rule.size < _SMALLEST_RULE or rule[0] != PLATEAU_MAGIC or rule[_RULE_SIZE] != rule.size:
        raise ValueError(
            "rule must be the buffer of a Plateau of this version of fastlr, and whole"
        )


@inlined
def _check_shapes(rule: Any, scale: Any, bad: Any, best: Any, cool: Any) -> None:
    """A rule of one lane without axes has as many lanes as the state."""
    axes, differ = int(rule[_AXES]), False
    for axis in range(scale.ndim):
        size = extent(scale, axis)
        if axes > 0 and size != rule[rule.size - axes + axis]:
            differ = True
        if extent(best, axis) != size or extent(bad, axis) != size or extent(cool, axis) != size:
            raise ValueError("state must have parts of the same shape")
    if differ or (axes > 0 and axes != scale.ndim):
        raise ValueError("state must have the rule's lanes, as rule.init() has")


@inlined
def _check_windows(rule: Any, scale: Any, mean: Any, count: Any) -> None:
    windowed = rule[_WINDOWED] != 0.0
    if mean.ndim != count.ndim or mean.ndim != (scale.ndim if windowed else 0):
        raise ValueError("state.mean and state.count must have the shape that rule.init() has")
    for axis in range(mean.ndim):
        if extent(mean, axis) != extent(scale, axis) or extent(count, axis) != extent(scale, axis):
            raise ValueError("state.mean and state.count must have the shape that rule.init() has")


@inlined
def _check_metric(rule: Any, scale: Any, metric: Any) -> None:
    must_be_metric(metric, scale)
    size = 1
    for axis in range(scale.ndim):
        size *= extent(metric, axis)
        if is_array(metric) and extent(metric, axis) != extent(scale, axis):
            raise ValueError("metric must be one number, or have one number per lane")
    if rule[_RAISES] != 0.0:
        metrics = metrics_at(metric)
        for i in range(size):
            if metrics[i] != metrics[i]:
                raise ValueError("metric must not be NaN where nan='raise'")


@inlined
def _check_scales(scale: Any) -> None:
    scales, bad = doubles_of(scale), 0
    for i in range(scale.size):
        bad += 0 if (scales[i] >= 0.0) & (scales[i] <= _HIGHEST) else 1
    if bad > 0:
        raise ValueError("state.scale must be finite and at least 0")


@inlined
def _put_ends(ends: Any, i: int, first: int, size: int) -> None:
    """Where a part begins and ends. Addresses are exact as float64."""
    ends[2 * i], ends[2 * i + 1] = first, first + size


@inlined
def _check_memory(state: Any, metric: Any) -> None:
    scale, best, bad, cool, mean, count = state
    ends, size = _ends_of_parts(), scale.size
    _put_ends(ends, 0, address_of(doubles_of(scale)), 8 * size)
    _put_ends(ends, 1, address_of(doubles_of(best)), 8 * size)
    _put_ends(ends, 2, address_of(counts_of(bad)), 4 * size)
    _put_ends(ends, 3, address_of(counts_of(cool)), 4 * size)
    _put_ends(ends, 4, address_of(doubles_of(mean)), 8 * mean.size)
    _put_ends(ends, 5, address_of(counts_of(count)), 4 * count.size)
    _put_ends(ends, 6, address_of(metrics_at(metric)), 8 * size if is_array(metric) else 0)
    for i in range(_PARTS):
        for j in range(i):
            if _overlap(ends[2 * i], ends[2 * i + 1], ends[2 * j], ends[2 * j + 1]):
                raise ValueError("the parts of state, and metric, must not share memory")


@kernel
def update(rule: Any, state: Any, metric: Any) -> None:
    """Update the state of a plateau rule in place, from any ``@njit`` function.

    Parameters
    ----------
    rule : array of float64
        ``plateau.buffer`` of a ``fastlr.Plateau``. An array that can be written to does not
        compile.
    state : PlateauState
        A state with the rule's lanes; for a rule whose parameters are all numbers, any lanes. Its
        arrays are C-contiguous, and are written.
    metric : float or array of float64
        A metric for all lanes, or an array with one per lane, C-contiguous.

    Raises
    ------
    ValueError
        If the rule is of another version of fastlr; if the state has other lanes, or a scale that
        is negative or not finite; if the metric is NaN with ``nan="raise"``; or if two arrays share
        memory. Then nothing is written.

    Notes
    -----
    The state gets the bits of ``plateau.update(state, metric, out=state)``.

    Examples
    --------
    >>> import fastlr as flr
    >>> plateau = flr.Plateau(patience=0, factor=0.5)
    >>> state = plateau.init()
    >>> for metric in [1.0, 2.0, 3.0]:
    ...     update(plateau.buffer, state, metric)
    >>> float(state.scale)
    0.25
    """
    _check_rule(rule)
    must_be_state(state)
    scale, best, bad, cool, mean, count = state
    _check_shapes(rule, scale, bad, best, cool)
    _check_windows(rule, scale, mean, count)
    _check_metric(rule, scale, metric)
    _check_scales(scale)
    _check_memory(state, metric)
    arguments = (
        address_of(doubles_of(rule)), scale.size, address_of(metrics_at(metric)),
        scale.size if is_array(metric) else 1, address_of(doubles_of(scale)),
        address_of(doubles_of(best)), address_of(counts_of(bad)), address_of(counts_of(cool)),
        address_of(doubles_of(mean)), address_of(counts_of(count)),
    )  # fmt: skip
    if linked_update(arguments) == 0:
        raise RuntimeError("a kernel could not be compiled; the reason is printed above")
