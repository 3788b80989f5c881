"""Identification: from a logged column of rates back to the schedule: its pieces, their shapes, and the code that builds it.

From the first rate on, each family of curves is fitted to as long a stretch as it can explain within the tolerance; the one that
goes furthest is a piece, and the next begins where it stops. Fits take any phase, so that a log of every hundredth step will do;
seams are where neighbours meet. What no family explains is kept as it is, as a table, and said so.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.constructors import (
    constant,
    cosine,
    exponential,
    exponential_decay,
    inverse_power,
    join,
    linear,
    milestones,
    piecewise_constant,
    polynomial,
    rex,
    sampled,
    step_decay,
    tanh,
)
from fastlr.parameters import Period, Rates, Unit, checked, single
from fastlr.schedule import Schedule

__all__ = ["Identified", "identify"]

Array = npt.NDArray[np.float64]
Curve = Callable[[Any], Any]  # of the step, a number or an array

_FITTED = 48  # samples of a stretch that a fit looks at
_CHECKED = 512  # and that it must explain, before all are looked at
_FEWEST = 6  # samples that make a curve
_SMOOTH = 8  # samples that must turn at most once, for a search to be worth it
_SHORT = 4  # pieces of fewer samples say nothing
_TELLING = 12  # and of so many something
_MOST_SHORT = 20  # pieces of fewer in a row, after which the rest is noise


@dataclass(frozen=True)
class Identified:
    """A schedule found in a log: ``error`` is the largest difference from it, as a share of the largest rate.

    ``kept`` are the stretches ``(start, stop)`` in steps that no curve explains, which the schedule holds as tables. ``str`` is
    the code that builds it.
    """

    schedule: Schedule
    error: float
    kept: tuple[tuple[int, int], ...] = ()

    def __str__(self) -> str:
        return repr(self.schedule)


def identify(rates: npt.ArrayLike, every: int = 1, tolerance: float = 1e-6) -> Identified:
    """The schedule that a log's rates are of: ``rates[i]`` was the rate of step ``i * every``.

    Every rate is explained to within ``tolerance`` of the largest one: 1e-6 suits a log in float32, 1e-3 one of four digits; what
    is noise beyond it is kept as a table. Needs SciPy. Raises ``ValueError`` for fewer than two rates, and for any that is no
    rate.

    >>> import fastlr as flr
    >>> log = flr.warmup_cosine(6e-4, warmup=200, steps=10_000, end=6e-5).table(0, 10_000, 10, dtype="float32")
    >>> print(identify(log, every=10))
    linear(init=0.0, end=0.0006, steps=200).then(cosine(init=0.0006, end=6e-05, steps=9800))
    """
    if importlib.util.find_spec("scipy") is None:
        raise ImportError("identify needs SciPy: pip install 'fastlr[fit]'")
    column = checked(Rates, "identify: rates", rates).astype(np.float64)
    stride, share = single(Period, "identify: every", every), single(Unit, "identify: tolerance", tolerance)
    if column.ndim != 1 or column.size < 2:
        raise ValueError(f"identify: rates must be those of one run, at least two, got an array of shape {column.shape}")
    log = _Log(np.arange(column.size, dtype=np.float64) * stride, column, stride, share * float(column.max()))
    again = _period(log)
    pieces = _merged(list(_pieces(log if again is None else log.part(0, again))))
    period = None if again is None else int(log.steps[again])
    for coarse in (0.5, 1e-2, 1e-4, 0.0):  # numbers as short as the tolerance allows
        found = _built(log, pieces, _Rounding(coarse * log.within), period)
        if found.error <= share:
            return found
    return _built(log, [_Piece(0, pieces[-1].stop, None)], _Rounding(0.0), period)  # pieces that each hold, but not together


class _Log(NamedTuple):
    """Rates at steps, ``stride`` apart, which are explained where a curve is ``within`` of them."""

    steps: Array
    rates: Array
    stride: int
    within: float

    def part(self, start: int, stop: int) -> _Log:
        return self._replace(steps=self.steps[start:stop], rates=self.rates[start:stop])

    def some(self, count: int) -> _Log:
        """So many of its samples, evenly spread, the ends among them."""
        if self.rates.size <= count:
            return self
        picked = np.unique(np.linspace(0, self.rates.size - 1, count).round().astype(np.int64))
        return self._replace(steps=self.steps[picked], rates=self.rates[picked])

    def holds(self, curve: Curve) -> bool:
        """Whether a curve explains every one of its samples."""
        with np.errstate(all="ignore"):
            return bool(np.all(np.abs(curve(self.steps) - self.rates) <= self.within))


class _Rounding(NamedTuple):
    """Numbers with as few digits as there is room for."""

    within: float

    def rate(self, value: Any) -> float:
        return _short(max(float(value), 0.0), self.within)

    def number(self, value: float) -> float:
        """One that is no rate."""
        return _short(value, 1e-4 if self.within else 0.0)


class _Fit(NamedTuple):
    """A curve; where it begins by itself and where it ends, if it does; ``built`` makes the schedule of it between two steps."""

    curve: Curve
    built: Callable[[_Rounding, int, int], Schedule]
    begin: float | None = None
    end: float | None = None
    flat: bool = False


class _Piece(NamedTuple):
    """A fit, and the samples from ``start`` to before ``stop`` that it explains."""

    start: int
    stop: int
    fit: _Fit | None


# -- families of curves ----------------------------------------------------------------------------------------------------


def _constant(log: _Log) -> _Fit:
    level = float(log.rates.min() + log.rates.max()) / 2
    return _Fit(lambda t: level + 0.0 * t, lambda rounding, start, stop: constant(rounding.rate(level)), flat=True)


def _linear(log: _Log) -> _Fit:
    return _between(linear, _line(log.steps, log.rates))


def _between(build: Callable[..., Schedule], curve: Curve, begin: float | None = None, end: float | None = None) -> _Fit:
    """A curve that is known by its two ends."""

    def built(rounding: _Rounding, start: int, stop: int) -> Schedule:
        return build(rounding.rate(curve(start)), rounding.rate(curve(stop)), stop - start)

    return _Fit(curve, built, begin, end)


def _exponential(log: _Log) -> _Fit | None:
    """A decay, by its factor a step, which has no end of its own; a growth, by its ends."""
    if log.rates.min() <= 0:
        return None
    line = _line(log.steps, np.log(log.rates))
    gamma = float(np.exp(line(1.0) - line(0.0)))

    def curve(t: Any) -> Any:
        return np.exp(line(t))

    def built(rounding: _Rounding, start: int, stop: int) -> Schedule:
        level = rounding.rate(curve(start))
        return exponential_decay(level, gamma=_short(gamma, rounding.within / level / (stop - start)))

    return _Fit(curve, built) if gamma <= 1 else _between(exponential, curve)


def _inverse(power: float) -> Callable[[_Log], _Fit | None]:
    """``init * ((t + shift)/shift)^-power``: of its ``-1/power``-th power a line, which crosses 0 at ``-shift``."""

    def fit(log: _Log) -> _Fit | None:
        if log.rates.min() <= 0:
            return None
        top = log.rates.max()
        line = _line(log.steps, (log.rates / top) ** (-1 / power))
        slope = line(1.0) - line(0.0)
        if slope <= 0:
            return None
        pole = float(-line(0.0) / slope)

        def curve(t: Any) -> Any:
            return top * np.maximum(line(t), 0.0) ** -power

        def built(rounding: _Rounding, start: int, stop: int) -> Schedule:
            return inverse_power(rounding.rate(curve(start)), power, max(round(start - pole), 1))

        return _Fit(curve, built)

    return fit


def _line(steps: Array, values: Array) -> Curve:
    """The line of least squares."""
    middle, level = steps.mean(), values.mean()
    slope = ((steps - middle) @ (values - level)) / max((steps - middle) @ (steps - middle), 1e-300)
    return lambda t: level + slope * (t - middle)


def _left(basis: Array, rates: Array) -> Array:
    """What the best mix of some curves leaves of the rates, as a share of the largest."""
    left: Array = (basis @ np.linalg.lstsq(basis, rates, rcond=None)[0] - rates) / rates.max()
    return left


def _cosine(log: _Log) -> _Fit | None:
    """``a + b*cos(pi*(t - begin)/length)``: of three equidistant samples the outer two make a line over the middle one."""
    few = log.some(_FITTED)
    reach = few.rates.size // 4
    if few.rates.size < _FEWEST or np.ptp(few.rates) == 0:
        return None
    middle, outer = few.rates[reach:-reach], few.rates[: -2 * reach] + few.rates[2 * reach :]
    slope = float(np.clip(np.polyfit(middle, outer, 1)[0] / 2, -1.0, 1.0)) if np.ptp(middle) else 1.0
    guess = np.arccos(slope) / (reach * (few.steps[1] - few.steps[0]))
    return _waves(few, max(guess, 0.05 / (few.steps[-1] - few.steps[0])))


def _waves(log: _Log, guess: float) -> _Fit | None:
    """The cosine of least squares whose half period is near to ``pi/guess``."""
    from scipy.optimize import least_squares

    x = log.steps - log.steps[0]

    def parts(speed: float) -> Array:
        return np.column_stack([np.ones_like(x), np.cos(speed * x), np.sin(speed * x)])

    def apart(speed: Any) -> Array:
        basis = parts(float(speed[0]))
        return _left(basis, log.rates)

    speed = float(least_squares(apart, [guess], bounds=(guess / 3, guess * 3), xtol=1e-15, ftol=1e-15, gtol=1e-15).x[0])
    level, b, c = np.linalg.lstsq(parts(speed), log.rates, rcond=None)[0]
    height, half = np.hypot(b, c), np.pi / speed
    top = np.arctan2(c, b) / speed + log.steps[0]  # where it is highest
    near = max(log.stride / 2, half / 100)
    begin = float(top + half * np.floor((log.steps[0] + near - top) / half))  # the last turn before the stretch

    def curve(t: Any) -> Any:  # from one turn to the next
        return np.where(np.abs(t - begin - half / 2) <= half / 2 + near, level + height * np.cos(speed * (t - top)), np.nan)

    return _between(cosine, curve, begin, begin + half)


def _power(log: _Log) -> _Fit | None:
    """``a + b*(end - t)^power``, or ``a + b*(t - begin)^power``."""
    few = log.some(_FITTED)
    if few.rates.size < _FEWEST:
        return None
    length = few.steps[-1] - few.steps[0]
    for power, beyond, ends in ((2.0, 0.02, True), (0.5, 0.02, True), (0.5, 1e-4, False), (2.0, 1.0, True), (2.0, 1e-4, False)):
        edge = few.steps[-1] + beyond * length if ends else few.steps[0] - beyond * length
        fit = _powers(few, power, edge, ends)
        if few.holds(fit.curve):
            return fit
    return None


def _powers(log: _Log, power: float, edge: float, ends: bool) -> _Fit:
    """The power law of least squares near to this one, which ends or begins at ``edge``."""
    from scipy.optimize import least_squares

    length, outer = log.steps[-1] - log.steps[0], log.steps[-1] if ends else log.steps[0]

    def basis(numbers: Any) -> Array:
        z = np.abs(outer - log.steps) / length + np.exp(numbers[1])
        return np.column_stack([np.ones_like(z), z ** np.exp(numbers[0])])

    def apart(numbers: Any) -> Array:
        return _left(basis(numbers), log.rates)

    guess = [np.log(power), np.log(max(abs(edge - outer) / length, 1e-4))]
    bounds = ([np.log(0.2), -25.0], [np.log(8.0), 3.0])
    number, far = least_squares(apart, guess, bounds=bounds, xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=40).x
    level, height = np.linalg.lstsq(basis([number, far]), log.rates, rcond=None)[0]
    at, q = float(outer + (1 if ends else -1) * np.exp(far) * length), float(np.exp(number))

    def curve(t: Any) -> Any:
        return level + height * (np.maximum((at - t) if ends else (t - at), 0.0) / length) ** q

    def built(rounding: _Rounding, start: int, stop: int) -> Schedule:
        first, last, origin = rounding.rate(curve(start)), rounding.rate(curve(stop)), "end" if ends else "start"
        return polynomial(first, last, stop - start, power=rounding.number(q), origin=origin)  # type: ignore[arg-type]

    return _Fit(curve, built, None if ends else at, at if ends else None)


def _tanh(log: _Log) -> _Fit | None:
    """``a + b/(1 + exp(k*(t - middle)))``."""
    from scipy.optimize import least_squares

    few = log.some(_FITTED)
    if few.rates.size < _FEWEST or np.ptp(few.rates) == 0:
        return None
    p = (few.steps - few.steps[0]) / (few.steps[-1] - few.steps[0])

    def basis(numbers: Any, p: Any = p) -> Array:
        return np.column_stack([np.ones_like(p), 1 / (1 + np.exp(np.clip(numbers[0] * (p - numbers[1]), -700, 700)))])

    def apart(numbers: Any) -> Array:
        return _left(basis(numbers), few.rates)

    numbers = least_squares(apart, [12.0, 0.6], bounds=([1e-2, -5.0], [400.0, 6.0]), xtol=1e-14, ftol=1e-14, max_nfev=60).x
    level, height = np.linalg.lstsq(basis(numbers), few.rates, rcond=None)[0]
    length = few.steps[-1] - few.steps[0]

    def curve(t: Any) -> Any:
        return level + height / (1 + np.exp(np.clip(numbers[0] * ((t - few.steps[0]) / length - numbers[1]), -700, 700)))

    speed, middle = float(numbers[0] / length), float(few.steps[0] + numbers[1] * length)

    def built(rounding: _Rounding, start: int, stop: int) -> Schedule:
        lower, upper = (rounding.number(speed * (step - middle) / 2) for step in (start, stop))
        return tanh(rounding.rate(level + height), rounding.rate(level), stop - start, lower, upper)

    return _Fit(curve, built)


def _rex(log: _Log) -> _Fit | None:
    """``a + b/(pole - t)``, whose pole lies beyond the end: ``y = a' + b'*t + t*y/pole`` is linear in its numbers."""
    few = log.some(_FITTED)
    if few.rates.size < _FEWEST or np.ptp(few.rates) == 0:
        return None
    p, y = (few.steps - few.steps[0]) / (few.steps[-1] - few.steps[0]), few.rates / few.rates.max()
    a, b, c = map(float, np.linalg.lstsq(np.column_stack([np.ones_like(p), p, p * y]), y, rcond=None)[0])
    if not 0 < c < 1:
        return None
    length, top = few.steps[-1] - few.steps[0], float(few.rates.max())

    def curve(t: Any) -> Any:
        at = (t - few.steps[0]) / length
        return np.where(c * at < 1, top * (a + b * at) / (1 - c * at), np.nan)

    def built(rounding: _Rounding, start: int, stop: int) -> Schedule:
        beta = rounding.number((stop - start) / (few.steps[0] + length / c - start))
        return rex(rounding.rate(curve(start)), rounding.rate(curve(stop)), stop - start, beta=beta)

    return _Fit(curve, built)


_FAMILIES: tuple[Callable[[_Log], _Fit | None], ...] = (
    _constant, _linear, _exponential, _inverse(0.5), _inverse(1.0), _cosine, _rex, _power, _tanh,
)  # fmt: skip
_PLAIN = 3  # of them, that need no search


# -- pieces ----------------------------------------------------------------------------------------------------------------


def _pieces(log: _Log) -> Iterator[_Piece]:
    """One stretch after another, each explained by the family that goes furthest; the simplest, where several do."""
    start, whole, short = 0, log.rates.size, 0
    while start < whole:
        best = _Piece(start, start, None)
        families = _FAMILIES if _smooth(log.part(start, start + _SMOOTH)) else _FAMILIES[:_PLAIN]
        for family in families:
            stop, fit = _reach(log, start, family)
            if stop > best.stop:
                best = _Piece(start, stop, fit)
            if stop == whole:
                break
        flat = best.fit is not None and best.fit.flat
        short = short + 1 if best.stop - start < _TELLING and not flat else 0
        if short > _MOST_SHORT:
            yield _Piece(start, whole, None)
            return
        yield best
        start = best.stop


def _smooth(log: _Log) -> bool:
    """Whether it turns at most once: what does not is no curve, and is not worth a search."""
    slopes = np.diff(log.rates)
    signs = np.sign(slopes[np.abs(slopes) > log.within])
    return int(np.count_nonzero(np.diff(signs))) <= 1


def _merged(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Pieces of few samples, three or more of them in a row, as one that nothing explains."""
    merged: list[_Piece] = []
    few = [piece.fit is None or piece.stop - piece.start < _SHORT for piece in pieces]
    i = 0
    while i < len(pieces):
        j = next((j for j in range(i, len(pieces)) if not few[j]), len(pieces))
        if j - i > 2:
            merged.append(_Piece(pieces[i].start, pieces[j - 1].stop, None))
        merged += pieces[i:j] if j - i <= 2 else []
        merged += pieces[j : j + 1]
        i = j + 1
    return merged


def _reach(log: _Log, start: int, family: Callable[[_Log], _Fit | None]) -> tuple[int, _Fit | None]:
    """How far from ``start`` on a family explains every sample, and its fit to them."""

    def fitted(size: int) -> _Fit | None:
        part = log.part(start, start + size)
        fit = family(part.some(_FITTED))
        return fit if fit is not None and part.some(_CHECKED).holds(fit.curve) and part.holds(fit.curve) else None

    most = log.rates.size - start
    if (whole := fitted(most)) is not None:
        return log.rates.size, whole
    low, fit = 0, None
    for size in [2**i for i in range(most.bit_length())]:
        if (longer := fitted(size)) is not None:
            low, fit = size, longer
        elif low and size > 64 * low:  # a fit of few samples may fail where one of more does not, but not for ever
            break
    high = min(2 * low, most)
    while high - low > 1:
        middle = (low + high) // 2
        longer = fitted(middle)
        low, high, fit = (middle, high, longer) if longer is not None else (low, middle, fit)
    return start + low, fit


def _period(log: _Log) -> int | None:
    """After how many samples, not all alike, the log begins again, at least twice."""
    count = log.rates.size
    for period in np.flatnonzero(np.abs(log.rates[1 : count // 2 + 1] - log.rates[0]) <= log.within) + 1:
        ahead = np.abs(log.rates[period:] - log.rates[:-period]) <= log.within
        if ahead[0] and np.ptp(log.rates[: period + 1]) > 4 * log.within and ahead.all():
            return int(period)
    return None


# -- from pieces to a schedule ---------------------------------------------------------------------------------------------


def _built(log: _Log, pieces: Sequence[_Piece], rounding: _Rounding, period: int | None) -> Identified:
    """The schedule of these pieces, and how far it is from the log."""
    starts = [0, *(_seam(log, before, after) for before, after in pairwise(pieces))]
    stops = [*starts[1:], int(log.steps[-1]) if period is None else period]
    parts, begins, kept = list[Schedule](), list[int](), list[tuple[int, int]]()
    for run in _runs(pieces):
        start, stop = starts[run[0]], stops[run[-1]]
        if len(run) > 1:
            part = _stairs(log, [pieces[i] for i in run], [starts[i] - start for i in run[1:]], rounding)
        else:
            part = _part(log, pieces[run[0]], start, stop, rounding, last=run[-1] == len(pieces) - 1 and period is None)
        kept += [(start, stop)] if pieces[run[0]].fit is None else []
        parts.append(part)
        begins.append(start)
    schedule = _chain(parts, begins)
    if period is not None:
        schedule = _closed(schedule, period).repeat()
    apart = np.abs(schedule(log.steps.astype(np.int64)) - log.rates)
    return Identified(schedule, float(apart.max() / max(log.rates.max(), np.finfo(np.float64).tiny)), tuple(kept))


def _seam(log: _Log, before: _Piece, after: _Piece) -> int:
    """The step at which one piece takes over from another: where the next begins, or the two meet, or the round step between."""
    last, first = int(log.steps[after.start - 1]), int(log.steps[after.start])
    if before.fit is None or after.fit is None:
        return first
    begin = after.fit.begin
    if begin is not None and log.steps[before.start] < begin <= first and _meet(log, before.fit, after.fit, round(begin)):
        return round(begin)
    steps = np.arange(int(log.steps[max(before.start, after.start - 8)]) + 1, first + 1)
    apart = np.abs(before.fit.curve(steps) - after.fit.curve(steps))
    nearest = int(steps[np.nanargmin(apart)]) if not np.isnan(apart).all() else first
    return nearest if _meet(log, before.fit, after.fit, nearest) else _roundest(last + 1, first)


def _meet(log: _Log, before: _Fit, after: _Fit, step: int) -> bool:
    slope = abs(float(after.curve(step + 1) - after.curve(step)))  # the true seam may lie between two steps
    return bool(abs(float(before.curve(step) - after.curve(step))) <= 4 * log.within + slope)


def _roundest(low: int, high: int) -> int:
    """The number from ``low`` to ``high`` with the most zeros at its end."""
    for power in range(len(str(high)), -1, -1):
        if high // 10**power * 10**power >= low:
            return int(high // 10**power * 10**power)
    return high


def _runs(pieces: Sequence[_Piece]) -> Iterator[list[int]]:
    """Pieces one by one, but constants that follow one another together."""
    run: list[int] = []
    for i, piece in enumerate(pieces):
        flat = piece.fit is not None and piece.fit.flat
        if run and not flat:
            yield run
            run = []
        if flat:
            run.append(i)
        else:
            yield [i]
    if run:
        yield run


def _part(log: _Log, piece: _Piece, start: int, stop: int, rounding: _Rounding, last: bool) -> Schedule:
    """One piece on its own clock, which begins at step ``start``; the last goes on to its own end."""
    fit = piece.fit
    if fit is None:
        return sampled(log.rates[piece.start : piece.stop], every=log.stride)
    begin = start if fit.begin is None else min(round(fit.begin), start)
    until = round(fit.end) if fit.end is not None else _end(log, fit, stop, rounding) if last else stop
    part = fit.built(rounding, begin, until)
    return part.skip(start - begin) if start > begin else part


def _end(log: _Log, fit: _Fit, stop: int, rounding: _Rounding) -> int:
    """Where the last line ends: at the last sample, or at the next, which a log of steps 0 to n - 1 leaves out."""
    following = stop + log.stride
    beyond = float(fit.curve(following))
    shorter = len(repr(rounding.rate(beyond))) < len(repr(rounding.rate(fit.curve(stop))))
    return following if beyond >= -2 * log.within and (shorter or abs(beyond) <= 2 * log.within) else stop


def _stairs(log: _Log, pieces: Sequence[_Piece], at: Sequence[int], rounding: _Rounding) -> Schedule:
    """Levels that follow one another: in equal steps by an equal factor, or by an equal factor, or as they are."""
    levels = [float(log.rates[piece.start : piece.stop].mean()) for piece in pieces]
    factor = levels[1] / levels[0] if levels[0] else 0.0
    powers = levels[0] * factor ** np.arange(len(levels))
    if len(levels) > 2 and 0 < factor < 1 and np.abs(powers - levels).max() <= log.within:
        first, ratio = rounding.rate(levels[0]), _short(factor, rounding.within / levels[0] / len(levels))
        gaps = np.diff([0, *at])
        return step_decay(first, ratio, int(gaps[0])) if np.ptp(gaps) == 0 else milestones(first, ratio, list(at))
    return piecewise_constant([rounding.rate(value) for value in levels], list(at))


def _short(value: float, within: float) -> float:
    """The number of fewest digits that is near enough."""
    if abs(value) <= within:
        return 0.0
    for digits in range(1, 17):
        rounded = float(f"{value:.{digits}g}")
        if abs(rounded - value) <= within:
            return rounded
    return value


def _chain(parts: Sequence[Schedule], begins: Sequence[int]) -> Schedule:
    """Parts that each begin where the one before ends, or is cut off."""
    lengths = [after - before for before, after in pairwise(begins)]
    if any(part.steps != length for part, length in zip(parts, lengths, strict=False)):
        return join(list(parts), list(begins[1:]))
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.then(part)
    return whole


def _closed(schedule: Schedule, period: int) -> Schedule:
    """The schedule with its end at ``period``."""
    if schedule.steps == period:
        return schedule
    last = schedule(period - 1)
    return join([schedule, linear(last, last, 0)], [period])
