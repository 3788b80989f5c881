"""Reductions: a number for each lane of what its rates add up to, or reach, over a range of
steps, without a table of them.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Rate, Steps, short_repr, validate
from fastlr.errors import did_you_mean, public_methods
from fastlr.program.opcodes import LAST_STEP
from fastlr.reductions import extrema, sums
from fastlr.reductions.extrema import NEVER, Reach
from fastlr.reductions.segment_view import SegmentView, segment_views
from fastlr.reductions.sums import Progression
from fastlr.reductions.weight_decay import retained, timescale
from fastlr.schedule.value import Value

__all__ = ["REDUCTIONS", "Reductions"]

Array = npt.NDArray[np.float64]
Found = Callable[[SegmentView, npt.NDArray[np.int64]], Array]

# by name, and what each is asked with beside the steps
REDUCTIONS = {
    **dict.fromkeys(("sum", "mean", "max", "min", "argmax", "argmin", "total_variation"), ""),
    **dict.fromkeys(("first_below", "first_above"), "rate"),
    **dict.fromkeys(("retained", "timescale"), "decay"),
}


@public_methods("Schedule")
class Reductions(Value):
    """A schedule that is asked for more than rates.

    All take steps ``start`` to ``stop - 1``, or 0 to ``start - 1`` where it is alone, as ``table``
    does, up to step 2^53. Where the formula is known, the time does not hang on how many steps
    there are.
    """

    __slots__ = ()

    def sum(self, start: int, stop: int | None = None) -> Any:
        """The sum of the rates, within 1e-13 of the exact one: a float, or an array of ``s.shape``.

        Every curve is summed by its formula, in closed form or, where there is none, by a rule
        whose error is bounded; so are joins, repeats, clocks, sums, and products and limits of two
        curves. Of two curves that both rise or fall the larger or the smaller, and a repeated one
        times a curve or limited by one, are looked at step by step.

        Raises ``TypeError`` or ``ValueError`` for steps that are no integers, out of range, or past
        the end of a schedule with ``past_end="raise"``; and, some ten seconds later, for more than
        2^29 steps of a piece that is looked at step by step.

        >>> import fastlr as flr
        >>> s = flr.wsd(1.0, warmup=10, stable=970, cooldown=20)
        >>> s.sum(1_000), s.sum(10, 1_000), s.sum(10**12)
        (985.0, 980.5, 985.0)
        """
        steps = self._range("sum", start, stop, least=0)
        return self._plain(self._summed(steps))

    def mean(self, start: int, stop: int | None = None) -> Any:
        """The mean of the rates, ``sum/(stop - start)``; raises as ``sum`` does, and
        ``ValueError`` for no steps at all.
        """
        steps = self._range("mean", start, stop, least=1)
        return self._plain(self._summed(steps) / len(steps))

    def cumsum(self, steps: npt.ArrayLike) -> Any:
        """The sum of the rates before each of these steps: a float64 array of shape ``s.shape +
        steps.shape``.

        ``steps`` are integers from 0 to 2^53 in any order. Raises as ``sum`` does.

        >>> import fastlr as flr
        >>> flr.linear(1.0, 0.0, steps=4).cumsum([0, 1, 2, 100])
        array([0.  , 1.  , 1.75, 2.5 ])
        """
        asked = validate(Steps, "cumsum: steps", steps)
        stops, place = np.unique(asked, return_inverse=True)
        self._range("cumsum", 0, int(stops[-1]), least=0)
        sums_to = [self._summed(range(int(stop))) for stop in stops]
        return self._plain(np.stack(sums_to, axis=-1)[..., place.reshape(asked.shape)])

    def max(self, start: int, stop: int | None = None) -> Any:
        """The largest rate, to the bit; raises as ``mean`` does."""
        return self._plain(self._extreme("max", start, stop)[0])

    def min(self, start: int, stop: int | None = None) -> Any:
        """The smallest rate, to the bit; raises as ``mean`` does."""
        return self._plain(self._extreme("min", start, stop)[0])

    def argmax(self, start: int, stop: int | None = None) -> Any:
        """The first step that has the largest rate: an int, or an int64 array; raises as ``mean``
        does.

        >>> import fastlr as flr
        >>> flr.wsd([0.1, 0.3], warmup=[10, 20], stable=50, cooldown=20).argmax(100)
        array([10, 20])
        """
        return self._first_extreme("argmax", start, stop)

    def argmin(self, start: int, stop: int | None = None) -> Any:
        """The first step that has the smallest rate: an int, or an int64 array; raises as
        ``mean`` does.
        """
        return self._first_extreme("argmin", start, stop)

    def first_below(self, rate: Rate, start: int = 0, stop: int | None = None) -> Any:
        """The first step, from ``start`` up to ``stop``, whose rate is below ``rate``, or -1: an
        int, or an int64 array.

        Without ``stop`` all steps are meant that may be asked for. ``rate`` broadcasts to
        ``s.shape``. Raises as ``sum`` does, and for a rate that is negative or no number, or of
        another shape.

        >>> import fastlr as flr
        >>> flr.exponential_decay(1.0, gamma=0.5, every=10).first_below([0.5, 1e-3])
        Traceback (most recent call last):
        ValueError: first_below: rate must broadcast to batch shape (), got (2,)
        >>> flr.exponential_decay([1.0, 1.0], gamma=0.5, every=10).first_below([0.5, 1e-3])
        array([ 11, 100])
        """
        return self._passes("first_below", rate, start, stop, above=False)

    def first_above(self, rate: Rate, start: int = 0, stop: int | None = None) -> Any:
        """The first step, from ``start`` up to ``stop``, whose rate is above ``rate``, or -1;
        as ``first_below``.
        """
        return self._passes("first_above", rate, start, stop, above=True)

    def total_variation(self, start: int, stop: int | None = None) -> Any:
        """How far the rate goes, up and down: the sum of ``|s(t+1) - s(t)|``, both steps in the
        range; raises as ``mean`` does.

        >>> import fastlr as flr
        >>> flr.cyclic(0.0, 1.0, up=10).total_variation(1_000_001)
        100000.0
        """
        steps = self._range("total_variation", start, stop, least=1)
        first, last = _ends(steps)
        return self._plain(self._found(lambda part, _: extrema.variation(part, first, last)))

    def retained(self, decay: Rate, start: int, stop: int | None = None) -> Any:
        """What is left of a weight: the product of ``1 - decay*s(t)``, by which AdamW's decoupled
        decay shrinks it at each step.

        Loshchilov and Hutter, *Decoupled Weight Decay Regularization* (2019). It is the exponential
        of a sum of logarithms; ``decay`` broadcasts to ``s.shape``. Raises as ``sum`` does, and
        ``ValueError`` where ``decay`` times a rate is above 1.

        >>> import fastlr as flr
        >>> flr.constant(0.5).retained(0.5, 2)
        0.5625
        """
        steps = self._range("retained", start, stop, least=0)
        decays = self._decays("retained", decay, steps)
        first, last = _ends(steps)
        return self._plain(
            self._found(lambda part, places: retained(part, first, last, decays[places]))
        )

    def timescale(self, decay: Rate, start: int, stop: int | None = None) -> Any:
        """Over how many updates the weights are an average at their end: ``sum_t prod_{t<u<stop} (1
        - decay*s(u))``.

        With weight decay, weights are an exponential moving average of ``-update/decay``, in which
        that of step t weighs ``w_t = decay*s(t) * prod_{t<u<stop} (1 - decay*s(u))``. The sum
        above, over all steps asked for, is how many updates have their part, each counted by what
        later steps have left of it: n without decay, ``(1 - r^n)/(decay*rate)`` for n steps of a
        constant rate, ``r = 1 - decay*rate``. For a long run that is the time scale
        ``1/(decay*rate)`` in steps of Wang and Aitchison, *How to set AdamW's weight decay as you
        scale model and dataset size* (2024). Steps are gone through from the last on, until no more
        than 1e-17 is left. Raises as ``retained`` does.

        >>> import fastlr as flr
        >>> round(flr.constant(1e-3).timescale(0.1, 1_000_000))
        10000
        """
        steps = self._range("timescale", start, stop, least=1)
        decays = self._decays("timescale", decay, steps)
        return self._plain(self._found(lambda part, places: timescale(part, steps, decays[places])))

    def reduce(
        self,
        names: str | Iterable[str],
        start: int,
        stop: int | None = None,
        *,
        rate: Rate | None = None,
        decay: Rate | None = None,
    ) -> dict[str, Any]:
        """Several of them by name: ``sum``, ``mean``, ``max``, ``min``, ``argmax``, ``argmin``,
        ``total_variation``; with a ``rate``, ``first_below`` and ``first_above``; with a ``decay``,
        ``retained`` and ``timescale``.

        Raises as these do, and ``ValueError`` for another name, or where what it needs is not
        given.

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

    # -- what they are made of ---------------------------------------------------------------------

    def _found(self, reduction: Found) -> Array:
        """What a reduction finds for each lane, some lanes at a time, in their order."""
        found = np.empty(int(np.prod(self.shape)))
        # lanes that have no such clock are computed with all the same
        with np.errstate(all="ignore"):
            for places, part in segment_views(self._lowered()):
                found[places] = reduction(part, places)
        return found.reshape(self.shape)

    def _summed(self, steps: range) -> Array:
        progression = Progression(
            np.full(1, float(steps.start)), np.ones(1), np.full(1, float(len(steps)))
        )
        return self._found(lambda part, _: sums.total(part, progression))

    def _extreme(self, name: str, start: int, stop: int | None) -> tuple[Array, range]:
        steps = self._range(name, start, stop, least=1)
        first, last = _ends(steps)
        extreme = extrema.largest if name.endswith("max") else extrema.smallest
        return self._found(lambda part, _: extreme(part, first, last)), steps

    def _first_extreme(self, name: str, start: int, stop: int | None) -> Any:
        levels, steps = self._extreme(name, start, stop)
        return self._first(levels, steps, above=name.endswith("max"), beyond=False)

    def _passes(self, name: str, rate: Rate, start: int, stop: int | None, above: bool) -> Any:
        end = min(LAST_STEP + 1, int(self._lowered()[3])) if stop is None else stop
        steps = self._range(name, start, end, least=0, most=LAST_STEP + 1)
        return self._first(self._levels(name, "rate", rate), steps, above, beyond=True)

    def _first(self, levels: Array, steps: range, above: bool, beyond: bool) -> Any:
        flat, (first, last) = levels.reshape(-1), _ends(steps)
        found = self._found(
            lambda part, places: extrema.first(
                part, first, last, Reach(flat[places], above, beyond)
            )
        )
        at = np.where(found < NEVER, found, -1.0).astype(np.int64)
        return at if self.shape else int(at)

    def _levels(self, name: str, what: str, value: Rate) -> Array:
        """Numbers that broadcast to the batch shape, one a lane."""
        numbers = validate(Rate, f"{name}: {what}", value)
        try:
            return np.broadcast_to(numbers, self.shape)
        except ValueError:
            raise ValueError(
                f"{name}: {what} must broadcast to batch shape {self.shape}, got {numbers.shape}"
            ) from None

    def _decays(self, name: str, decay: Rate, steps: range) -> Array:
        """Those of which no rate is left less than nothing."""
        decays = self._levels(name, "decay", decay)
        if steps:
            first, last = _ends(steps)
            with np.errstate(over="ignore"):  # what is infinite is refused
                most = decays * self._found(lambda part, _: extrema.largest(part, first, last))
            if np.any(most > 1):
                raise ValueError(
                    f"{name}: decay times the largest rate must be at most 1, got "
                    f"{short_repr(np.max(most))}"
                )
        return decays.reshape(-1)

    def _range(
        self, name: str, start: object, stop: object, least: int, most: int = LAST_STEP
    ) -> range:
        """The steps asked for, at least so many, every one of them allowed."""
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
    last = "2**53" if most == LAST_STEP else "2**53 + 1"
    rule = f"{where} must be an integer from {least} to {last}"
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{rule}, got {type(value).__name__} {short_repr(value)}")
    if not least <= value <= most:
        raise ValueError(f"{rule}, got {short_repr(value)}")
    return int(value)


def _ends(steps: range) -> tuple[Array, Array]:
    """The first and the last step as float64 numbers, which are exact; 0 and -1 where there are
    none.
    """
    first, last = (steps[0], steps[-1]) if steps else (0, -1)
    return np.full(1, float(first)), np.full(1, float(last))
