"""Reductions: one number per lane over a range of steps, such as a sum, without a table.

The methods import what computes a reduction when they need it. Most runs reduce nothing, and
``import fastlr`` stays fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Floats, Ints, Rate, Steps, as_step, short_repr, validate
from fastlr.errors import did_you_mean, public_methods
from fastlr.program.opcodes import HEADER_LIMIT, LAST_STEP
from fastlr.schedule.value import Value

if TYPE_CHECKING:
    from fastlr.reductions.segment_view import SegmentView

__all__ = ["REDUCTIONS", "Reductions", "ends_of"]

Array = npt.NDArray[np.float64]
Found = Callable[["SegmentView", npt.NDArray[np.int64]], Array]

# the argument that each reduction needs beside the range of steps
REDUCTIONS = {
    **dict.fromkeys(("sum", "mean", "max", "min", "argmax", "argmin", "total_variation"), ""),
    **dict.fromkeys(("bound", "best_scale"), ""),
    **dict.fromkeys(("first_below", "first_above"), "rate"),
    **dict.fromkeys(("retained", "timescale"), "decay"),
}


@with_types
@public_methods("Schedule")
class Reductions(Value):
    """A value that is reduced to one number per lane.

    All methods take steps ``start`` to ``stop - 1``; with ``start`` alone, steps 0 to ``start -
    1``, as ``table`` does. Steps go up to 2^53. Where the formula is known, the time is independent
    of the number of steps.
    """

    __slots__ = ()

    def sum(self, start: int, stop: int | None = None) -> Any:
        """Sum the rates over a range of steps, within 1e-13 of the exact sum.

        Parameters
        ----------
        start : int
            The first step; the number of steps from 0 on if ``stop`` is not given.
        stop : int, optional
            The step after the last, at most 2^53.

        Returns
        -------
        float or numpy.ndarray of float64
            A float for a scalar schedule, otherwise an array of shape ``s.shape``. 0.0 for an empty
            range.

        Raises
        ------
        TypeError
            If ``start`` or ``stop`` is not an integer.
        ValueError
            If steps are out of range, or past the end of a schedule with ``past_end="raise"``; and
            if a piece needs more than 2^29 steps to be summed one by one. That is reported before
            the piece is evaluated. A piece of 2^29 steps takes about 10 seconds.

        Notes
        -----
        Each curve is summed in closed form, or by a rule with a bounded error. So are joins,
        repeats, time maps, sums, and products and limits of two curves. Two cases are summed step
        by step: the minimum or maximum of two curves that both rise or both fall, and a repeated
        schedule that is multiplied or limited by a curve.

        Examples
        --------
        >>> import fastlr as flr
        >>> s = flr.wsd(1.0, warmup=10, stable=970, cooldown=20)
        >>> s.sum(1_000), s.sum(10, 1_000), s.sum(10**12)
        (985.0, 980.5, 985.0)
        """
        steps = self._range("sum", start, stop, least=0)
        return self._plain(self._summed("sum", steps))

    def mean(self, start: int, stop: int | None = None) -> Any:
        """Average the rates over a range of steps: ``sum(start, stop)/(stop - start)``.

        Parameters
        ----------
        start, stop : int
            The range, as in ``sum``; at least one step.

        Returns
        -------
        float or numpy.ndarray of float64
            A float for a scalar schedule, otherwise an array of shape ``s.shape``.

        Raises
        ------
        TypeError, ValueError
            As ``sum``; ``ValueError`` also for an empty range.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.wsd(1.0, warmup=10, stable=970, cooldown=20).mean(1_000)
        0.985
        """
        steps = self._range("mean", start, stop, least=1)
        return self._plain(self._summed("mean", steps) / len(steps))

    def cumsum(self, steps: Ints) -> Any:
        """Sum the rates before each of several steps.

        Parameters
        ----------
        steps : int or array of int
            Steps from 0 to 2^53, in any order.

        Returns
        -------
        float or numpy.ndarray of float64
            The sum over steps 0 to ``t - 1`` for each step ``t``, of shape ``s.shape +
            steps.shape``.

        Raises
        ------
        TypeError, ValueError
            As ``sum``.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).cumsum([0, 1, 2, 100])
        array([0.  , 1.  , 1.75, 2.5 ])
        """
        ends = validate(Steps, "cumsum: steps", steps)
        stops, place = np.unique(ends, return_inverse=True)
        self._range("cumsum", 0, int(stops[-1]), least=0)
        from fastlr.reductions.segment_view import naming

        with naming("cumsum", "steps must be nearer to 0"):
            sums_to = [self._summed("cumsum", range(int(stop))) for stop in stops]
        return self._plain(np.stack(sums_to, axis=-1)[..., place.reshape(ends.shape)])

    def max(self, start: int, stop: int | None = None) -> Any:
        """Find the largest rate in a range of steps; it has the bits of that rate.

        Parameters
        ----------
        start, stop : int
            The range, as in ``sum``; at least one step.

        Returns
        -------
        float or numpy.ndarray of float64
            A float for a scalar schedule, otherwise an array of shape ``s.shape``.

        Raises
        ------
        TypeError, ValueError
            As ``mean``.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear([1.0, 2.0], 0.0, steps=4).max(2, 10)
        array([0.5, 1. ])
        """
        return self._plain(self._extreme("max", start, stop)[0])

    def min(self, start: int, stop: int | None = None) -> Any:
        """Find the smallest rate in a range of steps; it has the bits of that rate.

        Parameters
        ----------
        start, stop : int
            The range, as in ``sum``; at least one step.

        Returns
        -------
        float or numpy.ndarray of float64
            A float for a scalar schedule, otherwise an array of shape ``s.shape``.

        Raises
        ------
        TypeError, ValueError
            As ``mean``.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).min(3)
        0.5
        """
        return self._plain(self._extreme("min", start, stop)[0])

    def argmax(self, start: int, stop: int | None = None) -> Any:
        """Find the first step that has the largest rate of a range.

        Parameters
        ----------
        start, stop : int
            The range, as in ``sum``; at least one step.

        Returns
        -------
        int or numpy.ndarray of int64
            An int for a scalar schedule, otherwise an array of shape ``s.shape``.

        Raises
        ------
        TypeError, ValueError
            As ``mean``.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.wsd([0.1, 0.3], warmup=[10, 20], stable=50, cooldown=20).argmax(100)
        array([10, 20])
        """
        return self._first_extreme("argmax", start, stop)

    def argmin(self, start: int, stop: int | None = None) -> Any:
        """Find the first step that has the smallest rate of a range.

        Parameters
        ----------
        start, stop : int
            The range, as in ``sum``; at least one step.

        Returns
        -------
        int or numpy.ndarray of int64
            An int for a scalar schedule, otherwise an array of shape ``s.shape``.

        Raises
        ------
        TypeError, ValueError
            As ``mean``.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).argmin(100)
        4
        """
        return self._first_extreme("argmin", start, stop)

    def first_below(self, rate: Floats, start: int = 0, stop: int | None = None) -> Any:
        """Find the first step whose rate is below ``rate``.

        Parameters
        ----------
        rate : float or array of float
            The limit, from 0 to 1e290, one or one per lane: it broadcasts to ``s.shape``.
        start : int, default 0
            The first step of the search.
        stop : int, optional
            The step after the last. By default the search takes all steps that can be evaluated.

        Returns
        -------
        int or numpy.ndarray of int64
            The step, or -1 if there is none: an int for a scalar schedule, otherwise an array of
            shape ``s.shape``.

        Raises
        ------
        TypeError, ValueError
            As ``sum``; also if ``rate`` is negative or not a number, or does not broadcast to
            ``s.shape``.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.exponential_decay(1.0, gamma=0.5, every=10).first_below([0.5, 1e-3])
        Traceback (most recent call last):
        ValueError: first_below: rate must broadcast to batch shape (), got (2,)
        >>> flr.exponential_decay([1.0, 1.0], gamma=0.5, every=10).first_below([0.5, 1e-3])
        array([ 11, 100])
        """
        return self._passes("first_below", rate, start, stop, above=False)

    def first_above(self, rate: Floats, start: int = 0, stop: int | None = None) -> Any:
        """Find the first step whose rate is above ``rate``.

        Parameters
        ----------
        rate : float or array of float
            The limit, from 0 to 1e290, one or one per lane: it broadcasts to ``s.shape``.
        start : int, default 0
            The first step of the search.
        stop : int, optional
            The step after the last. By default the search takes all steps that can be evaluated.

        Returns
        -------
        int or numpy.ndarray of int64
            The step, or -1 if there is none: an int for a scalar schedule, otherwise an array of
            shape ``s.shape``.

        Raises
        ------
        TypeError, ValueError
            As ``first_below``.

        Examples
        --------
        >>> import fastlr as flr
        >>> s = flr.linear(0.0, 1.0, steps=10)
        >>> s.first_above(0.5), s.first_above(1.0)
        (6, -1)
        """
        return self._passes("first_above", rate, start, stop, above=True)

    def total_variation(self, start: int, stop: int | None = None) -> Any:
        """Sum how far the rate moves, up and down: the sum of ``|s(t+1) - s(t)|``.

        Parameters
        ----------
        start, stop : int
            The range, as in ``sum``; at least one step. Both steps of each difference are in it.

        Returns
        -------
        float or numpy.ndarray of float64
            A float for a scalar schedule, otherwise an array of shape ``s.shape``.

        Raises
        ------
        TypeError, ValueError
            As ``mean``.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.cyclic(0.0, 1.0, up=10).total_variation(1_000_001)
        100000.0
        """
        from fastlr.reductions.extrema import variation

        steps = self._range("total_variation", start, stop, least=1)
        first, last = ends_of(steps)
        moved = self._found("total_variation", lambda part, _: variation(part, first, last))
        return self._plain(moved)

    def reduce(
        self,
        names: str | Iterable[str],
        start: int,
        stop: int | None = None,
        *,
        rate: Floats | None = None,
        decay: Floats | None = None,
    ) -> dict[str, Any]:
        """Compute several reductions by name.

        Parameters
        ----------
        names : str or iterable of str
            ``"sum"``, ``"mean"``, ``"max"``, ``"min"``, ``"argmax"``, ``"argmin"``,
            ``"total_variation"``, ``"bound"``, ``"best_scale"``; with ``rate``,
            ``"first_below"`` and ``"first_above"``; with ``decay``, ``"retained"`` and
            ``"timescale"``.
        start, stop : int
            The range, as in ``sum``.
        rate : float or array of float, optional
            The limit of ``first_below`` and ``first_above``.
        decay : float or array of float, optional
            The weight decay of ``retained`` and ``timescale``.

        Returns
        -------
        dict of str to float, int or numpy.ndarray
            What the method of each name returns.

        Raises
        ------
        TypeError, ValueError
            As these methods; ``ValueError`` also for an unknown name, or for a name that needs
            ``rate`` or ``decay`` if that is not given.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).reduce(["sum", "argmin"], 10)
        {'sum': 2.5, 'argmin': 4}
        """
        if not isinstance(names, Iterable) or isinstance(names, Value):
            raise TypeError(
                "reduce: names must be a name or a sequence of names, got "
                f"{type(names).__name__} {short_repr(names)}"
            )
        wanted, given = (
            [names] if isinstance(names, str) else list(names),
            {"": (), "rate": (rate,), "decay": (decay,)},
        )
        for name in wanted:
            if not isinstance(name, str) or name not in REDUCTIONS:
                known = ", ".join(REDUCTIONS)
                raise ValueError(
                    f"reduce: names must be of {known}, got "
                    f"{short_repr(name)}{did_you_mean(name, REDUCTIONS)}"
                )
            if any(value is None for value in given[REDUCTIONS[name]]):
                raise ValueError(f"reduce: {REDUCTIONS[name]} must be given for {name}, got None")
        steps = (0, start) if stop is None else (start, stop)
        return {name: getattr(self, name)(*given[REDUCTIONS[name]], *steps) for name in wanted}

    # -- helpers -----------------------------------------------------------------------------------

    def _found(self, name: str, reduction: Found) -> Array:
        """Return a reduction of every lane; lanes of equal structure are reduced together.

        ``name`` is that of the method that the user called, with which an error begins.
        """
        from fastlr.reductions.segment_view import naming, segment_views

        shape = self.shape
        found = np.empty(prod(shape))
        # some lanes have no such step; they are computed along with the others, and dropped
        with naming(name), np.errstate(all="ignore"):
            for places, part in segment_views(self._lowered()):
                found[places] = reduction(part, places)
        return found.reshape(shape)

    def _summed(self, name: str, steps: range) -> Array:
        """Return the sum over a range that is known to be allowed."""
        from fastlr.reductions.sums import Progression, total

        progression = Progression(
            np.full(1, float(steps.start)), np.ones(1), np.full(1, float(len(steps)))
        )
        return self._found(name, lambda part, _: total(part, progression))

    def _extreme(self, name: str, start: int, stop: int | None) -> tuple[Array, range]:
        """Return the largest or smallest rates, and the range of steps."""
        from fastlr.reductions.extrema import largest, smallest

        steps = self._range(name, start, stop, least=1)
        first, last = ends_of(steps)
        extreme = smallest if name.endswith("min") else largest
        return self._found(name, lambda part, _: extreme(part, first, last)), steps

    def _first_extreme(self, name: str, start: int, stop: int | None) -> Any:
        """Return the first steps that have the largest or smallest rates."""
        levels, steps = self._extreme(name, start, stop)
        return self._first(name, levels, steps, above=name.endswith("max"), beyond=False)

    def _passes(self, name: str, rate: Floats, start: int, stop: int | None, above: bool) -> Any:
        """Return the first steps whose rates pass a limit."""
        end = min(LAST_STEP + 1, int(self._lowered()[HEADER_LIMIT])) if stop is None else stop
        steps = self._range(name, start, end, least=0, most=LAST_STEP + 1)
        return self._first(name, self._levels(name, "rate", rate), steps, above, beyond=True)

    def _first(self, name: str, levels: Array, steps: range, above: bool, beyond: bool) -> Any:
        """Return the first steps that reach a level, or go beyond it; -1 if there is none."""
        from fastlr.reductions.extrema import NEVER, Reach, first

        flat, (start, last) = levels.reshape(-1), ends_of(steps)
        found = self._found(
            name,
            lambda part, places: first(part, start, last, Reach(flat[places], above, beyond)),
        )
        at = np.where(found < NEVER, found, -1.0).astype(np.int64)
        return at if self.shape else int(at)

    def _levels(self, name: str, what: str, value: Floats, rule: Any = Rate) -> Array:
        """Return numbers broadcast to the batch shape."""
        numbers = validate(rule, f"{name}: {what}", value)
        try:
            return np.broadcast_to(numbers, self.shape)
        except ValueError:
            raise ValueError(
                f"{name}: {what} must broadcast to batch shape {self.shape}, got {numbers.shape}"
            ) from None

    def _range(
        self, name: str, start: object, stop: object, least: int, most: int = LAST_STEP
    ) -> range:
        """Return the range of steps, at least ``least`` of them, all of them allowed."""
        first = 0 if stop is None else _step(f"{name}: start", start, 0, most)
        last = _step(f"{name}: stop", start if stop is None else stop, least, most)
        if last < first + least:
            raise ValueError(
                f"{name}: stop must be at least {first + least}, where start is {first}, got {last}"
            )
        if last > first:
            self._reach(f"{name}: steps", first, last - 1)
        return range(first, last)

    def _plain(self, value: npt.NDArray[Any]) -> Any:
        return value if value.shape else float(value)


def _step(where: str, value: object, least: int, most: int) -> int:
    """Return a step as an int, or raise an error that begins with ``where``."""
    last = "2**53" if most == LAST_STEP else "2**53 + 1"
    rule = f"{where} must be an integer from {least} to {last}"
    step = as_step(rule, value)
    if not least <= step <= most:
        raise ValueError(f"{rule}, got {short_repr(value)}")
    return step


def ends_of(steps: range) -> tuple[Array, Array]:
    """Return the first and last step as float64, which is exact; 0 and -1 for an empty range."""
    first, last = (steps[0], steps[-1]) if steps else (0, -1)
    return np.full(1, float(first)), np.full(1, float(last))
