"""Laws fitted to measured losses: exact slopes, and many starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from fastlr.backends import choose
from fastlr.laws.families import Annealing, Law, MultiPower
from fastlr.laws.runs import asked, count_of, runs
from fastlr.parameters import Positive, checked, shown, single
from fastlr.schedule import Schedule

__all__ = ["Curve", "Fit", "Metrics", "averaged", "fit", "metrics"]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]
L = TypeVar("L", bound=Law)
Curve = tuple["Schedule | npt.ArrayLike", npt.ArrayLike, npt.ArrayLike]  # the rates of a run, steps, and the losses there

_OUTER = {MultiPower: ("L0", "A", "B"), Annealing: ("L0", "A", "C")}  # of which the loss is linear: a start needs no guess of them
_MOST = 4.0  # of an exponent, in a fit: no more is to be told from a loss
_SCREENED = 8  # starts that are tried for one that is refined
_TINY = 1e-300


class Metrics(NamedTuple):
    """How near predicted losses are to measured ones; the relative errors are shares of what was measured."""

    r2: float
    mae: float
    rmse: float
    mean_relative: float
    worst_relative: float


def metrics(predicted: npt.ArrayLike, measured: npt.ArrayLike) -> Metrics:
    """The metrics of one curve: with ``e = predicted - measured``, ``1 - sum(e^2)/sum((measured - mean)^2)``, ``mean(|e|)``,
    ``sqrt(mean(e^2))``, and the mean and the largest of ``|e|/measured``.

    Raises ``ValueError`` for losses of different lengths, measured ones that are not above 0, and fewer than two that differ.

    >>> metrics([3.0, 2.5, 2.1], [3.0, 2.5, 2.0]).mae.__round__(4)
    0.0333
    """
    losses = _losses("metrics: measured", measured)
    guesses = np.asarray(predicted, dtype=np.float64)
    if guesses.shape != losses.shape:
        raise ValueError(f"metrics: predicted must be as many as measured, {losses.shape}, got {guesses.shape}")
    if not np.isfinite(guesses).all():
        raise ValueError(f"metrics: predicted must be finite, got {shown(guesses[~np.isfinite(guesses)][0])}")
    if np.ptp(losses) == 0:
        raise ValueError(f"metrics: measured must have at least two losses that differ, got {shown(losses)}")
    errors = np.abs(guesses - losses)
    squares, relative = errors**2, errors / losses
    r2 = 1.0 - squares.sum() / ((losses - losses.mean()) ** 2).sum()
    return Metrics(*map(float, (r2, errors.mean(), np.sqrt(squares.mean()), relative.mean(), relative.max())))


def averaged(each: Sequence[Metrics]) -> Metrics:
    """The mean of the metrics of several curves, each of which counts the same.

    >>> averaged([metrics([3.0, 2.0], [3.0, 2.0]), metrics([3.0, 2.0], [3.0, 1.0])]).mae
    0.25
    """
    return Metrics(*np.mean(each, axis=0).tolist())


@dataclass(frozen=True)
class Fit(Generic[L]):
    """A fitted law; ``loss``, what was made small; and the metrics of each curve that it was fitted to."""

    law: L
    loss: float
    metrics: tuple[Metrics, ...]


def fit(family: type[L], curves: Sequence[Curve], starts: int = 4, seed: int = 0, delta: float = 1e-3) -> Fit[L]:
    """The law of a family, ``MultiPower`` or ``Annealing``, that is nearest to measured losses.

    Each curve is ``(rates, steps, losses)``: a schedule that is no batch, or an array of rates from step 0 on; steps, which rise
    strictly; the losses there. What is made small is, as in arXiv 2503.12811, the sum over all of them of ``huber(log(predicted) -
    log(measured))``, where ``huber(e) = e^2/2`` up to ``|e| = delta`` and ``delta*(|e| - delta/2)`` beyond. It is made small by
    SciPy's trust-region method on exact slopes in the logarithms of the constants, from the best of eight guesses ``starts`` times
    over; ``seed`` is that of the guesses. The same arguments give the same law.

    Needs SciPy, ``pip install 'fastlr[fit]'``. Raises ``TypeError`` or ``ValueError`` before work starts: for steps that do not rise
    or go beyond the rates or before the first rate above 0, losses that are not finite or not above 0, as many of both, fewer than
    two a curve or, in all, no more than the law has constants.

    >>> import fastlr as flr
    >>> law = flr.laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.99)
    >>> run, steps = flr.cosine(1e-2, 1e-3, steps=1_000), range(0, 1_000, 20)
    >>> found = flr.laws.fit(flr.laws.Annealing, [(run, steps, law.curve(run, steps))])
    >>> round(found.law.L0, 4), round(found.law.decay, 4)
    (2.6, 0.99)
    """
    if family not in _OUTER:
        raise TypeError(f"fit: family must be MultiPower or Annealing, got {shown(family)}")
    scale, count, first = single(Positive, "fit: delta", delta), count_of("fit: starts", starts), _seed(seed)
    measured = _all_measured(family, curves)
    with np.errstate(over="ignore", invalid="ignore"):
        best = min(_refined(_Problem(family, measured, scale), np.random.default_rng([first, i])) for i in range(count))
    law = _law(family, np.array(best[1]))
    near = tuple(metrics(law.at(choose(), run.rates, run.t), run.losses) for run in measured)
    return Fit(law, best[0], near)


class _Measured(NamedTuple):
    """One curve: the rates of a run, rising steps, and the losses there."""

    rates: Array
    t: Steps
    losses: Array


def _losses(where: str, losses: npt.ArrayLike) -> Array:
    array: Array = checked(Positive, where, losses)
    if array.ndim != 1 or array.size < 2:
        raise ValueError(f"{where} must be a sequence of at least two losses, got an array of shape {array.shape}")
    return array


def _all_measured(family: type[Law], curves: Sequence[Curve]) -> list[_Measured]:
    if isinstance(curves, str) or not isinstance(curves, Sequence) or not curves:
        raise TypeError(f"fit: curves must be a sequence of (rates, steps, losses), got {type(curves).__name__} {shown(curves)}")
    measured = [_measured(f"fit: curves[{i}]", curve) for i, curve in enumerate(curves)]
    if (points := sum(run.t.size for run in measured)) <= len(family.kinds):
        raise ValueError(f"fit: curves must have more losses than the law has constants, {len(family.kinds)}, got {points}")
    return measured


def _measured(where: str, curve: Curve) -> _Measured:
    if not isinstance(curve, tuple | list) or len(curve) != 3:
        raise TypeError(f"{where} must be (rates, steps, losses), got {type(curve).__name__} {shown(curve)}")
    rates, steps, losses = curve[0], np.asarray(curve[1]), _losses(f"{where}: losses", curve[2])
    if steps.shape != losses.shape:
        raise ValueError(f"{where}: steps must be as many as losses, {losses.shape}, got {steps.shape}")
    t, _ = asked(where, curve[1])
    if not np.array_equal(t, steps):
        at = int(np.argmax(np.diff(steps.astype(np.int64)) <= 0))
        raise ValueError(f"{where}: steps must rise strictly, got {steps[at + 1]} after {steps[at]}")
    of = runs(where, rates, int(t[-1]) + 1)
    if of.shape:
        raise ValueError(f"{where}: rates must be those of one run, got batch shape {of.shape}")
    [(_, row)] = of.each(choose(), range(1))
    if not row[: t[0] + 1].any():
        raise ValueError(f"{where}: steps must come after a rate above 0, got {t[0]}, up to which all are 0")
    return _Measured(row, t, losses)


def _seed(seed: object) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"fit: seed must be an integer from 0, got {type(seed).__name__} {shown(seed)}")
    return int(seed)


class _Problem(NamedTuple):
    """What is made small: a family's residuals, of which those beyond ``delta`` count less."""

    family: type[Law]
    measured: list[_Measured]
    delta: float

    def slopes(self, law: Law) -> tuple[Array, Array]:
        """The losses that a law predicts of all curves, and their slopes by its constants."""
        each = [law.slopes(choose(), run.rates, run.t) for run in self.measured]
        return np.concatenate([losses for losses, _ in each]), np.concatenate([slopes for _, slopes in each])

    @property
    def losses(self) -> Array:
        """Those that were measured."""
        return np.concatenate([run.losses for run in self.measured])

    def guess(self, random: np.random.Generator) -> tuple[float, tuple[float, ...]]:
        """Constants, and how far off they are: those within powers by chance, those before them by least squares."""
        from scipy.optimize import nnls

        names, outer = list(self.family.kinds), _OUTER[self.family]  # type: ignore[index]
        constants = {**dict.fromkeys(outer, 1.0), **self._inner(random)}
        _, slopes = self.slopes(self.family(*[constants[name] for name in names]))
        losses = self.losses
        basis = slopes[:, [names.index(name) for name in outer]] / losses[:, np.newaxis]
        found, left = nnls(basis, np.ones_like(losses))
        constants |= dict(zip(outer, np.maximum(found, 1e-6).tolist(), strict=True))
        return float(left), tuple(_free(self.family, np.array([constants[name] for name in names])).tolist())

    def _inner(self, random: np.random.Generator) -> dict[str, float]:
        """A ratio within the bracket, at the peak and by the end of a run, says what C may be at any scale of the rates."""

        def between(low: float, high: float) -> float:
            return float(np.exp(random.uniform(np.log(low), np.log(high))))

        if self.family is Annealing:
            return {"alpha": between(0.1, 1.0), "decay": 1.0 - between(1e-4, 1e-1)}
        gamma = between(0.2, 1.0)
        rates = max((run.rates for run in self.measured), key=len)
        ratio = between(10.0, 1e4)
        c = np.clip(ratio * rates.max() ** gamma / rates.sum(), 1e-12, 1e12)
        return {"alpha": between(0.2, 1.0), "C": float(c), "beta": between(0.2, 1.0), "gamma": gamma}


def _refined(problem: _Problem, random: np.random.Generator) -> tuple[float, tuple[float, ...]]:
    """The sum that was made small, and where: from the best of some guesses, first by squares, which pull from afar."""
    from scipy.optimize import least_squares

    _, x = min(problem.guess(random) for _ in range(_SCREENED))
    low, high = _bounds(problem.family)
    seen: dict[bytes, tuple[Array, Array]] = {}

    def residuals(at: Array) -> tuple[Array, Array]:
        """These and their slopes, which are asked for one after the other."""
        if at.tobytes() not in seen:
            seen.clear()
            predicted, slopes = problem.slopes(_law(problem.family, at))
            safe = np.maximum(predicted, _TINY)
            by_free = slopes * _by_free(problem.family, at) / safe[:, np.newaxis]
            seen[at.tobytes()] = np.log(safe) - np.log(problem.losses), by_free
        return seen[at.tobytes()]

    options: dict[str, Any] = {"jac": lambda at: residuals(at)[1], "bounds": (low, high), "x_scale": "jac"}
    squares = least_squares(lambda at: residuals(at)[0], np.clip(x, low, high), max_nfev=40, ftol=1e-4, **options)
    found = least_squares(
        lambda at: residuals(at)[0], np.clip(squares.x, low, high), loss="huber", f_scale=problem.delta, max_nfev=200, **options
    )
    return float(found.cost), tuple(found.x.tolist())


def _is_share(family: type[Law]) -> npt.NDArray[np.bool_]:
    return np.array([name == "decay" for name in family.kinds])


def _free(family: type[Law], constants: Array) -> Array:
    """The numbers that a fit changes: logarithms, of ``1 - decay`` for decay."""
    return np.log(np.where(_is_share(family), 1.0 - constants, constants))


def _law(family: type[L], free: Array) -> L:
    return family(*np.where(_is_share(family), 1.0 - np.exp(free), np.exp(free)).tolist())


def _by_free(family: type[Law], free: Array) -> Array:
    """The slopes of the constants by the numbers."""
    return np.where(_is_share(family), -np.exp(free), np.exp(free))


def _bounds(family: type[Law]) -> tuple[Array, Array]:
    exponents, decay = np.isin(list(family.kinds), ["alpha", "beta", "gamma"]), _is_share(family)
    low = np.select([exponents, decay], [1e-3, 1e-9], 1e-12)
    high = np.select([exponents, decay], [_MOST, 1.0], 1e12)
    return np.log(low), np.log(high)
