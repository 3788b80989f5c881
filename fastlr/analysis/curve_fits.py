"""The families of curves that are fitted to a stretch of logged rates.

A fit takes any phase. It reports where its curve begins and ends by itself, and builds the schedule
of the curve between two steps, with numbers as short as the tolerance allows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from fastlr.analysis.separable_fits import search
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    eden,
    exponential,
    exponential_decay,
    inverse_power,
    linear,
    polynomial,
    rex,
    tanh,
)
from fastlr.schedule.schedule import Schedule

__all__ = ["CLOSED", "FAMILIES", "FITTED", "CurveFit", "Log", "Rounding", "short"]

Array = npt.NDArray[np.float64]
Curve = Callable[[Any], Any]  # of the step, a number or an array

FITTED = 48  # samples of a stretch that a fit looks at
_FEWEST = 6  # samples that make a curve
_STEEP = 0.6  # of its height, the largest rise of a sigmoid from one sample to the next


class Log(NamedTuple):
    """Rates at steps that rise by multiples of ``stride``.

    A curve explains them where it is ``within`` of them. Fits count from the first logged step:
    ``steps`` begins with 0, which is step ``start`` of the run.
    """

    steps: Array
    rates: Array
    stride: int
    within: float
    start: int = 0

    def part(self, start: int, stop: int) -> Log:
        """Its samples from ``start`` to before ``stop``."""
        return self._replace(steps=self.steps[start:stop], rates=self.rates[start:stop])

    def some(self, count: int) -> Log:
        """At most this many of its samples, evenly spread, with both ends."""
        if self.rates.size <= count:
            return self
        picked = np.unique(np.linspace(0, self.rates.size - 1, count).round().astype(np.int64))
        return self._replace(steps=self.steps[picked], rates=self.rates[picked])

    def evenly(self) -> Log:
        """As many samples at equal distances, on lines where the log has gaps."""
        if np.ptp(np.diff(self.steps)) <= self.stride:  # ``some`` rounds to a sample
            return self
        steps = np.linspace(self.steps[0], self.steps[-1], self.steps.size)
        return self._replace(steps=steps, rates=np.interp(steps, self.steps, self.rates))

    def holds(self, curve: Curve) -> bool:
        """Whether a curve explains every one of its samples."""
        with np.errstate(all="ignore"):
            return bool(np.all(np.abs(curve(self.steps) - self.rates) <= self.within))


class Rounding(NamedTuple):
    """Rounds numbers to as few digits as the tolerance allows."""

    within: float

    def rate(self, value: Any) -> float:
        """A rounded rate, at least 0."""
        return short(max(float(value), 0.0), self.within)

    def number(self, value: float) -> float:
        """A rounded number that is not a rate."""
        return short(value, 1e-4 if self.within else 0.0)


class CurveFit(NamedTuple):
    """A fitted curve, and the steps at which it begins and ends by itself, if it does.

    ``built`` makes its schedule between two steps. If it ``reaches``, the schedule has the curve's
    rate at the second step.
    """

    curve: Curve
    built: Callable[[Rounding, int, int], Schedule]
    begin: float | None = None
    end: float | None = None
    flat: bool = False
    reaches: bool = True


def short(value: float, within: float) -> float:
    """Return the number with the fewest digits that is ``within`` of a value."""
    if abs(value) <= within:
        return 0.0
    for digits in range(1, 17):
        rounded = float(f"{value:.{digits}g}")
        if abs(rounded - value) <= within:
            return rounded
    return value


def _constant(log: Log) -> CurveFit:
    level = float(log.rates.min() + log.rates.max()) / 2
    return CurveFit(
        lambda t: level + 0.0 * t,
        lambda rounding, start, stop: constant(rounding.rate(level)),
        flat=True,
    )


def _linear(log: Log) -> CurveFit:
    return _between(linear, _line(log.steps, log.rates))


def _between(
    build: Callable[..., Schedule],
    curve: Curve,
    begin: float | None = None,
    end: float | None = None,
) -> CurveFit:
    """Return the fit of a curve that its two ends determine."""

    def built(rounding: Rounding, start: int, stop: int) -> Schedule:
        return build(rounding.rate(curve(start)), rounding.rate(curve(stop)), stop - start)

    return CurveFit(curve, built, begin, end)


def _exponential(log: Log) -> CurveFit | None:
    """Fit a decay, which its factor per step determines, or a growth, which its ends determine."""
    if log.rates.min() <= 0:
        return None
    line = _line(log.steps, np.log(log.rates))
    gamma = float(np.exp(line(1.0) - line(0.0)))

    def curve(t: Any) -> Any:
        return np.exp(line(t))

    def built(rounding: Rounding, start: int, stop: int) -> Schedule:
        level = rounding.rate(curve(start))
        return exponential_decay(
            level, gamma=short(gamma, rounding.within / level / (stop - start))
        )

    return CurveFit(curve, built) if gamma <= 1 else _between(exponential, curve)


def _inverse(power: float) -> Callable[[Log], CurveFit | None]:
    """``init * ((t + shift)/shift)^-power``: of its ``-1/power``-th power a line, which crosses
    0 at ``-shift``.
    """

    def fit(log: Log) -> CurveFit | None:
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

        def built(rounding: Rounding, start: int, stop: int) -> Schedule:
            return inverse_power(rounding.rate(curve(start)), power, max(round(start - pole), 1))

        return CurveFit(curve, built)

    return fit


def _eden(power: float) -> Callable[[Log], CurveFit | None]:
    """``init * (1 + ((t - begin)/width)^2)^-power``: of its ``-1/power``-th power a parabola, which
    is lowest where the curve begins.
    """

    def fit(log: Log) -> CurveFit | None:
        if log.rates.size < _FEWEST or log.rates.min() <= 0:
            return None
        top, length = float(log.rates.max()), float(log.steps[-1] - log.steps[0])
        share, x = log.rates / top, (log.steps - log.steps[0]) / length
        weights = share ** (1 + 1 / power)  # so that errors of the rates count, not of the powers
        columns = np.column_stack([np.ones_like(x), x, x * x]) * weights[:, None]
        a, b, c = np.linalg.lstsq(columns, share, rcond=None)[0]
        lowest = float(a - b * b / (4 * c)) if c > 0 else 0.0
        if lowest <= 0:
            return None
        begin = float(log.steps[0] - b / (2 * c) * length)
        first, width = top * lowest**-power, float(np.sqrt(lowest / c)) * length

        def curve(t: Any) -> Any:
            after = t - begin
            rates = first * (1 + (after / width) ** 2) ** -power
            return np.where(after >= -log.stride / 2, rates, np.nan)

        def built(rounding: Rounding, start: int, stop: int) -> Schedule:
            return eden(rounding.rate(first), rounding.number(width), power)

        return CurveFit(curve, built, begin)

    return fit


def _line(steps: Array, values: Array) -> Curve:
    """The line of least squares."""
    middle, level = steps.mean(), values.mean()
    slope = ((steps - middle) @ (values - level)) / max((steps - middle) @ (steps - middle), 1e-300)
    return lambda t: level + slope * (t - middle)


def _cosine(log: Log) -> CurveFit | None:
    """``a + b*cos(pi*(t - begin)/length)``: of three equidistant samples the outer two make a
    line over the middle one.
    """
    few = log.some(FITTED)
    reach = few.rates.size // 4
    if few.rates.size < _FEWEST or np.ptp(few.rates) == 0:
        return None
    return _waves(few, max(_speed(few.evenly(), reach), 0.05 / (few.steps[-1] - few.steps[0])))


def _speed(few: Log, reach: int) -> float:
    """The angle per step of a cosine through equidistant samples."""
    middle, outer = few.rates[reach:-reach], few.rates[: -2 * reach] + few.rates[2 * reach :]
    apart = (middle - middle.mean()) / few.rates.max()
    slope = (
        float(np.clip(apart @ outer / (apart @ apart) / few.rates.max() / 2, -1.0, 1.0))
        if np.any(apart @ apart)
        else 1.0
    )
    return float(np.arccos(slope) / (reach * (few.steps[1] - few.steps[0])))


def _waves(log: Log, guess: float) -> CurveFit | None:
    """The cosine of least squares whose half period is near to ``pi/guess``."""
    x = log.steps - log.steps[0]
    middle = x[-1] / 2

    def parts(speed: float) -> Array:
        return np.column_stack([np.ones_like(x), np.cos(speed * x), np.sin(speed * x)])

    def columns(numbers: Array) -> tuple[Array, Array]:
        y = x - middle
        angle = numbers * y
        cosines = -2 * np.sin(angle / 2) ** 2  # less 1, so that no digits cancel
        slopes = [-y * np.sin(angle), y * np.cos(angle)]
        return np.stack([cosines, np.sin(angle)]), np.stack(slopes)[None]

    bounds = (np.array([guess / 3]), np.array([guess * 3]))
    found = search(columns, log.rates, np.array([[guess]]), bounds, log.within)
    speed = float(found.numbers[0, 0])
    level, b, c = np.linalg.lstsq(parts(speed), log.rates, rcond=None)[0]
    height, half = np.hypot(b, c), np.pi / speed
    top = np.arctan2(c, b) / speed + log.steps[0]  # where it is highest
    near = max(log.stride / 2, half / 100)
    # the last turn before the stretch
    begin = float(top + half * np.floor((log.steps[0] + near - top) / half))

    def curve(t: Any) -> Any:  # from one turn to the next
        return np.where(
            np.abs(t - begin - half / 2) <= half / 2 + near,
            level + height * np.cos(speed * (t - top)),
            np.nan,
        )

    return _between(cosine, curve, begin, begin + half)


# guesses of a power law: the power, how far its end or its start lies beyond the stretch, as a
# share of its length, and whether it is the end
_POWERS = (
    (2.0, 0.02, True),
    (0.5, 0.02, True),
    (0.5, 1e-4, False),
    (2.0, 1.0, True),
    (2.0, 1e-4, False),
)


def _power(log: Log) -> CurveFit | None:
    """``a + b*(end - t)^power``, or ``a + b*(t - begin)^power``: those of least squares that are
    near to the guesses.
    """
    few = log.some(FITTED)
    if few.rates.size < _FEWEST:
        return None
    length = few.steps[-1] - few.steps[0]
    inner = np.stack(
        [
            (few.steps[-1] - few.steps if ends else few.steps - few.steps[0]) / length
            for _, _, ends in _POWERS
        ]
    )

    def columns(numbers: Array) -> tuple[Array, Array]:
        power, beyond = np.exp(numbers.T)[..., None]
        z = inner + beyond
        values = z**power
        return values[None], np.stack([[values * np.log(z) * power], [values / z * power * beyond]])

    guesses = np.log([[power, beyond] for power, beyond, _ in _POWERS])
    bounds = np.array([[np.log(0.2), -25.0], [np.log(8.0), 3.0]])
    found = search(columns, few.rates, guesses, (bounds[0], bounds[1]), few.within)
    for numbers, apart, (_, _, ends) in zip(found.numbers, found.apart, _POWERS, strict=True):
        if apart <= 2 * few.within:
            fit = _power_law(few, numbers, ends)
            if few.holds(fit.curve):
                return fit
    return None


def _power_law(log: Log, numbers: Array, ends: bool) -> CurveFit:
    """The power law of these numbers: the logarithms of its power, and of how far it ends beyond
    the stretch, or begins before it.
    """
    number, far = map(float, numbers)
    length, outer = log.steps[-1] - log.steps[0], log.steps[-1] if ends else log.steps[0]

    def basis(numbers: Any) -> Array:
        z = np.abs(outer - log.steps) / length + np.exp(numbers[1])
        return np.column_stack([np.ones_like(z), z ** np.exp(numbers[0])])

    level, height = np.linalg.lstsq(basis([number, far]), log.rates, rcond=None)[0]
    at, q = float(outer + (1 if ends else -1) * np.exp(far) * length), float(np.exp(number))

    def curve(t: Any) -> Any:
        return level + height * (np.maximum((at - t) if ends else (t - at), 0.0) / length) ** q

    def built(rounding: Rounding, start: int, stop: int) -> Schedule:
        first, last, origin = (
            rounding.rate(curve(start)),
            rounding.rate(curve(stop)),
            "end" if ends else "start",
        )
        power, origin_ = rounding.number(q), cast(Literal["start", "end"], origin)
        return polynomial(first, last, stop - start, power=power, origin=origin_)

    return CurveFit(curve, built, None if ends else at, at if ends else None)


# guesses of a sigmoid: its speed, and its middle as a share of the stretch
_SIGMOIDS = ((12.0, 0.6), (6.0, 1.0), (3.0, 0.0), (3.0, 2.0))


def _tanh(log: Log) -> CurveFit | None:
    """``a + b/(1 + exp(k*(t - middle)))``."""
    few = log.some(FITTED)
    if few.rates.size < _FEWEST or np.ptp(few.rates) == 0:
        return None
    p = (few.steps - few.steps[0]) / (few.steps[-1] - few.steps[0])

    def columns(numbers: Array) -> tuple[Array, Array]:
        speed, middle = numbers.T[..., None]
        values = 1 / (1 + np.exp(np.clip(speed * (p - middle), -700, 700)))
        slope = values * (1 - values)
        return values[None], np.stack([[-slope * (p - middle)], [slope * speed]])

    def basis(numbers: Any) -> Array:
        return np.column_stack([np.ones_like(p), columns(numbers[None])[0][0, 0]])

    bounds = (np.array([1e-2, -5.0]), np.array([400.0, 6.0]))
    found = search(columns, few.rates, np.array(_SIGMOIDS), bounds, few.within)
    numbers = found.numbers[np.nanargmin(found.apart)]
    level, height = np.linalg.lstsq(basis(numbers), few.rates, rcond=None)[0]
    if np.abs(np.diff(few.rates)).max() > _STEEP * abs(height):
        return None  # a jump between two levels
    length = few.steps[-1] - few.steps[0]

    def curve(t: Any) -> Any:
        return level + height / (
            1 + np.exp(np.clip(numbers[0] * ((t - few.steps[0]) / length - numbers[1]), -700, 700))
        )

    speed, middle = float(numbers[0] / length), float(few.steps[0] + numbers[1] * length)

    def built(rounding: Rounding, start: int, stop: int) -> Schedule:
        lower, upper = (rounding.number(speed * (step - middle) / 2) for step in (start, stop))
        return tanh(rounding.rate(level + height), rounding.rate(level), stop - start, lower, upper)

    return CurveFit(curve, built, reaches=False)


def _rex(log: Log) -> CurveFit | None:
    """``a + b/(pole - t)``, whose pole lies beyond the end: ``y = a' + b'*t + t*y/pole`` is
    linear in its numbers.
    """
    few = log.some(FITTED)
    if few.rates.size < _FEWEST or np.ptp(few.rates) == 0:
        return None
    p, y = (few.steps - few.steps[0]) / (few.steps[-1] - few.steps[0]), few.rates / few.rates.max()
    a, b, c = map(
        float, np.linalg.lstsq(np.column_stack([np.ones_like(p), p, p * y]), y, rcond=None)[0]
    )
    if not 0 < c < 1:
        return None
    length, top = few.steps[-1] - few.steps[0], float(few.rates.max())

    def curve(t: Any) -> Any:
        at = (t - few.steps[0]) / length
        return np.where(c * at < 1, top * (a + b * at) / (1 - c * at), np.nan)

    def built(rounding: Rounding, start: int, stop: int) -> Schedule:
        beta = rounding.number((stop - start) / (few.steps[0] + length / c - start))
        beta = min(beta, float(np.nextafter(1.0, 0.0)))  # a pole at the end, after rounding
        return rex(rounding.rate(curve(start)), rounding.rate(curve(stop)), stop - start, beta=beta)

    return CurveFit(curve, built)


FAMILIES: tuple[Callable[[Log], CurveFit | None], ...] = (
    _constant,
    _linear,
    _exponential,
    _inverse(0.5),
    _inverse(1.0),
    _rex,
    _eden(0.25),
    _eden(0.5),
    _cosine,
    _power,
    _tanh,
)
CLOSED = 8  # of them, that have closed forms, and may have a pole; the others are searched
