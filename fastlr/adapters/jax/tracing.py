"""A schedule as a function that JAX traces: its segments, in sequence and inside each other."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import numpy as np
import numpy.typing as npt
from jax import Array
from jax import numpy as jnp

from fastlr.adapters._values import the_schedule
from fastlr.adapters.jax.curves import curve, exponential, sampled
from fastlr.program.lowering import families
from fastlr.program.opcodes import HEADER_LIMIT, LAST_STEP, OPCODES
from fastlr.program.segments import Family, Segment, Segments, expand_cycles
from fastlr.schedule.schedule import Schedule

__all__ = ["Function", "function"]

Floats = npt.NDArray[np.float64]
Rates = Callable[[Array], Array]  # steps to rates, each of shape (lanes or 1, steps)


# -- segments that contain others ------------------------------------------------------------------


def _loop(
    segment: Segment, c: Array, period: Array, times: Array, high: Array, low: Array, floor: Array
) -> Array:
    """A sequence that repeats, scaled around a floor at each turn."""
    turn = jnp.minimum(jnp.floor_divide(c, period), times - 1)
    factor = exponential(turn, jnp.ones_like(turn), high, low)
    rates = _evaluator(segment.a)(c - turn * period)
    moved = factor * rates + (1.0 - factor) * floor
    return jnp.where((rates >= floor) == (moved >= floor), moved, floor)


def _time_map(segment: Segment, c: Array, base: Array, pace: Array, every: Any = 1.0) -> Array:
    """A sequence at another pace, in steps of ``every``."""
    return _evaluator(segment.a)(
        jnp.minimum(base + pace * jnp.floor_divide(c, every), float(LAST_STEP))
    )


def _combination(combined: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    """An operation on the rates of the two parts of a segment."""
    return lambda segment, c: combined(_evaluator(segment.a)(c), _evaluator(segment.b)(c))


_COMPOSITES: dict[str, Callable[..., Array]] = {
    "sampled": sampled,
    "loop": _loop,
    "time_map": _time_map,
    "multiply": _combination(jnp.multiply),
    "add": _combination(jnp.add),
    "minimum": _combination(jnp.minimum),
    "maximum": _combination(jnp.maximum),
}


# -- segments in sequence --------------------------------------------------------------------------


def _kind_of(segment: Segment) -> object:
    """What segments must share, besides their numbers, to be evaluated together."""
    held = tuple(
        tuple((_kind_of(inner), _numbers_as_bytes(inner)) for inner in expand_cycles(part))
        for part in (segment.a, segment.b)
    )
    return segment.opcode, held, None if segment.samples is None else segment.samples.tobytes()


def _numbers_as_bytes(segment: Segment) -> bytes:
    """The start and the fields of a segment, to compare them by their bits."""
    return b"".join(number.tobytes() for number in (segment.start, *segment.fields))


def _stack_numbers(per_segment: list[Floats]) -> Floats:
    """One number of several segments, of shape (segments, lanes or 1)."""
    lanes = max(numbers.size for numbers in per_segment)
    return np.stack([np.broadcast_to(numbers.ravel(), (lanes,)) for numbers in per_segment])


def _evaluator_of_kind(
    segments: list[Segment], local: npt.NDArray[np.int64]
) -> Callable[[Array, Array], Array]:
    """A function that evaluates segments of one kind.

    ``local`` is the place of each segment of the sequence among them.
    """
    numbers = [
        _stack_numbers(list(per_segment))
        for per_segment in zip(
            *((segment.start, *segment.fields) for segment in segments), strict=True
        )
    ]
    name = OPCODES[segments[0].opcode].name

    def picked(stacked: Floats, at: Array) -> Array:
        lanes = np.arange(stacked.shape[1])[:, np.newaxis]
        return jnp.asarray(stacked)[jnp.asarray(local)[at], lanes]

    def rates(c: Array, at: Array) -> Array:
        start, *fields = (
            picked(stacked, at) if len(segments) > 1 else jnp.asarray(stacked[0])[:, jnp.newaxis]
            for stacked in numbers
        )
        own = jnp.maximum(c - start, 0.0)
        return (
            _COMPOSITES[name](segments[0], own, *fields)
            if name in _COMPOSITES
            else curve(name)(own, *fields)
        )

    return rates


def _evaluator(parts: Segments) -> Rates:
    """A function that evaluates a sequence of segments.

    It evaluates each kind once, and picks the segment in force at each step.
    """
    segments = expand_cycles(parts)
    kinds: dict[object, list[int]] = {}
    for i, segment in enumerate(segments):
        kinds.setdefault(_kind_of(segment), []).append(i)
    starts = _stack_numbers([segment.start for segment in segments])
    groups = []
    places = np.arange(len(segments))
    for members in kinds.values():
        local = np.minimum(np.searchsorted(members, places), len(members) - 1)
        evaluate = _evaluator_of_kind([segments[i] for i in members], local)
        groups.append((np.isin(places, members), evaluate))

    def rates(c: Array) -> Array:
        at = jnp.sum(jnp.asarray(starts)[1:, :, jnp.newaxis] <= c, axis=0)
        found = groups[0][1](c, at)
        for here, group in groups[1:]:
            found = jnp.where(jnp.asarray(here)[at], group(c, at), found)
        return found

    return rates


def _all_lanes(all_of: list[Family]) -> Rates:
    """A function that evaluates all lanes, in their order."""
    tracks = [(family.positions.size, _evaluator(family.segments)) for family in all_of]
    order = np.argsort(np.concatenate([family.positions for family in all_of]))

    def rates(c: Array) -> Array:
        each = [jnp.broadcast_to(track(c), (size, c.shape[1])) for size, track in tracks]
        return jnp.concatenate(each)[order] if len(each) > 1 or order.size > 1 else each[0]

    return rates


@lru_cache(maxsize=256)
def _compiled(schedule: Schedule) -> Rates:
    """A compiled function of int64 steps. In a traced function it becomes a part of that one."""
    rates, limit = (
        _all_lanes(families(schedule._node, schedule.past_end)),
        float(schedule.program[HEADER_LIMIT]),
    )

    def at(steps: Array) -> Array:
        c = steps.astype(np.float64).reshape(1, -1)
        allowed = (c >= 0) & (c <= LAST_STEP) & (c < limit)
        found = jnp.where(allowed, rates(jnp.where(allowed, c, 0.0)), jnp.nan)
        return found.reshape(schedule.shape + steps.shape)

    compiled: Rates = jax.jit(at, inline=True)
    return compiled


@dataclass(frozen=True)
class Function:
    """A schedule as a function that JAX traces. Build one with ``function``.

    It is equal and hashable as its schedule is, so it may be a static argument.

    Parameters
    ----------
    schedule : Schedule
        The schedule, of any batch shape.
    """

    schedule: Schedule

    def __call__(self, t: Any) -> Array:
        """Return the rates at integer steps.

        Parameters
        ----------
        t : int, array_like of int or jax.Array of int
            Steps from 0 to 2**53.

        Returns
        -------
        jax.Array
            Rates of shape ``schedule.shape + t.shape``, in JAX's default float. In a JAX array, a
            step that ``s(t)`` refuses has the rate NaN.

        Raises
        ------
        TypeError, ValueError
            If ``t`` is not of integers; for a number or NumPy array also as ``s(t)`` does.
        """
        dtype = jnp.asarray(0.0).dtype
        if not isinstance(t, jax.Array):
            self.schedule(t)  # raises for a step that is not allowed
        with jax.enable_x64(True):
            steps = jnp.asarray(t)
            if not jnp.issubdtype(steps.dtype, jnp.integer):
                raise TypeError(
                    "function: t must be an integer or an array of integers, got dtype "
                    f"{steps.dtype}"
                )
            return _compiled(self.schedule)(steps).astype(dtype)


def function(schedule: Schedule) -> Function:
    """Return the schedule as a function of the step that JAX can trace.

    Parameters
    ----------
    schedule : Schedule
        The schedule, of any batch shape.

    Returns
    -------
    Function
        A function for ``jax.jit``, ``jax.vmap``, ``jax.lax.scan`` and ``jax.grad``.

    Raises
    ------
    TypeError
        If ``schedule`` is not a Schedule.

    Notes
    -----
    In float32 the rates are those of ``s(t)``, rounded once. With 64 bits enabled in JAX they
    differ from ``s(t)`` by at most 6 ulp, and by about 2 ulp per unit of a cosine's ``exponent``.
    XLA flushes rates below the smallest normal number.

    Examples
    --------
    >>> import jax
    >>> import fastlr as flr
    >>> rate = jax.jit(function(flr.linear(1.0, 0.0, steps=4)))
    >>> float(rate(1)), jax.vmap(rate)(jax.numpy.arange(3)).tolist()
    (0.75, [1.0, 0.75, 0.5])
    """
    return Function(the_schedule("function: schedule", schedule))
