"""The families of curves that are fitted to a stretch of logged rates.

A fit takes any phase. It reports where its curve begins and ends by itself, and builds the schedule
of the curve between two steps, with numbers as short as the tolerance allows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    exponential,
    exponential_decay,
    inverse_power,
    linear,
    polynomial,
    rex,
    tanh,
)
from fastlr.schedule.schedule import Schedule

__all__ = ["FAMILIES", "FITTED", "PLAIN", "CurveFit", "Log", "Rounding", "short"]

Array = npt.NDArray[np.float64]
Curve = Callable[[Any], Any]  # of the step, a number or an array

FITTED = 48  # samples of a stretch that a fit looks at
_FEWEST = 6  # samples that make a curve


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
        """So many of its samples, evenly spread, the ends among them."""
        if self.rates.size <= count:
            return self
        picked = np.unique(np.linspace(0, self.rates.size - 1, count).round().astype(np.int64))
        return self._replace(steps=self.steps[picked], rates=self.rates[picked])

    def evenly(self) -> Log:
        """As many samples at equal distances, joined by lines where the log has gaps."""
        if np.ptp(np.diff(self.steps)) <= self.stride:  # ``some`` rounds to a sample
            return self
        steps = np.linspace(self.steps[0], self.steps[-1], self.steps.size)
        return self._replace(steps=steps, rates=np.interp(steps, self.steps, self.rates))

    def holds(self, curve: Curve) -> bool:
        """Whether a curve explains every one of its samples."""
        with np.errstate(all="ignore"):
            return bool(np.all(np.abs(curve(self.steps) - self.rates) <= self.within))


class Rounding(NamedTuple):
    """Numbers with as few digits as there is room for."""

    within: float

    def rate(self, value: Any) -> float:
        """A rate, and none below 0."""
        return short(max(float(value), 0.0), self.within)

    def number(self, value: float) -> float:
        """One that is no rate."""
        return short(value, 1e-4 if self.within else 0.0)


class CurveFit(NamedTuple):
    """A curve; where it begins by itself and where it ends, if it does; ``built`` makes the
    schedule of it between two steps.
    """

    curve: Curve
    built: Callable[[Rounding, int, int], Schedule]
    begin: float | None = None
    end: float | None = None
    flat: bool = False


def short(value: float, within: float) -> float:
    """The number of fewest digits that is near enough."""
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
    """A curve that is known by its two ends."""

    def built(rounding: Rounding, start: int, stop: int) -> Schedule:
        return build(rounding.rate(curve(start)), rounding.rate(curve(stop)), stop - start)

    return CurveFit(curve, built, begin, end)


def _exponential(log: Log) -> CurveFit | None:
    """A decay, by its factor a step, which has no end of its own; a growth, by its ends."""
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


def _line(steps: Array, values: Array) -> Curve:
    """The line of least squares."""
    middle, level = steps.mean(), values.mean()
    slope = ((steps - middle) @ (values - level)) / max((steps - middle) @ (steps - middle), 1e-300)
    return lambda t: level + slope * (t - middle)


def _left(basis: Array, rates: Array) -> Array:
    """What the best mix of some curves leaves of the rates, as a share of the largest."""
    left: Array = (basis @ np.linalg.lstsq(basis, rates, rcond=None)[0] - rates) / rates.max()
    return left


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
    from scipy.optimize import least_squares

    x = log.steps - log.steps[0]

    def parts(speed: float) -> Array:
        return np.column_stack([np.ones_like(x), np.cos(speed * x), np.sin(speed * x)])

    def apart(speed: Any) -> Array:
        basis = parts(float(speed[0]))
        return _left(basis, log.rates)

    speed = float(
        least_squares(
            apart, [guess], bounds=(guess / 3, guess * 3), xtol=1e-15, ftol=1e-15, gtol=1e-15
        ).x[0]
    )
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


def _power(log: Log) -> CurveFit | None:
    """``a + b*(end - t)^power``, or ``a + b*(t - begin)^power``."""
    few = log.some(FITTED)
    if few.rates.size < _FEWEST:
        return None
    length = few.steps[-1] - few.steps[0]
    for power, beyond, ends in (
        (2.0, 0.02, True),
        (0.5, 0.02, True),
        (0.5, 1e-4, False),
        (2.0, 1.0, True),
        (2.0, 1e-4, False),
    ):
        edge = few.steps[-1] + beyond * length if ends else few.steps[0] - beyond * length
        fit = _powers(few, power, edge, ends)
        if few.holds(fit.curve):
            return fit
    return None


def _powers(log: Log, power: float, edge: float, ends: bool) -> CurveFit:
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
    number, far = least_squares(
        apart, guess, bounds=bounds, xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=40
    ).x
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


def _tanh(log: Log) -> CurveFit | None:
    """``a + b/(1 + exp(k*(t - middle)))``."""
    from scipy.optimize import least_squares

    few = log.some(FITTED)
    if few.rates.size < _FEWEST or np.ptp(few.rates) == 0:
        return None
    p = (few.steps - few.steps[0]) / (few.steps[-1] - few.steps[0])

    def basis(numbers: Any, p: Any = p) -> Array:
        return np.column_stack(
            [np.ones_like(p), 1 / (1 + np.exp(np.clip(numbers[0] * (p - numbers[1]), -700, 700)))]
        )

    def apart(numbers: Any) -> Array:
        return _left(basis(numbers), few.rates)

    numbers = least_squares(
        apart, [12.0, 0.6], bounds=([1e-2, -5.0], [400.0, 6.0]), xtol=1e-14, ftol=1e-14, max_nfev=60
    ).x
    level, height = np.linalg.lstsq(basis(numbers), few.rates, rcond=None)[0]
    length = few.steps[-1] - few.steps[0]

    def curve(t: Any) -> Any:
        return level + height / (
            1 + np.exp(np.clip(numbers[0] * ((t - few.steps[0]) / length - numbers[1]), -700, 700))
        )

    speed, middle = float(numbers[0] / length), float(few.steps[0] + numbers[1] * length)

    def built(rounding: Rounding, start: int, stop: int) -> Schedule:
        lower, upper = (rounding.number(speed * (step - middle) / 2) for step in (start, stop))
        return tanh(rounding.rate(level + height), rounding.rate(level), stop - start, lower, upper)

    return CurveFit(curve, built)


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
        return rex(rounding.rate(curve(start)), rounding.rate(curve(stop)), stop - start, beta=beta)

    return CurveFit(curve, built)


FAMILIES: tuple[Callable[[Log], CurveFit | None], ...] = (
    _constant,
    _linear,
    _exponential,
    _inverse(0.5),
    _inverse(1.0),
    _cosine,
    _rex,
    _power,
    _tanh,
)
PLAIN = 3  # of them, that need no search
