"""Loss laws: immutable values that predict the training loss of a run from its rates alone."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.output_arrays import allocate, check_threads
from fastlr.arguments.rules import BelowOne, Number, Period, Positive, Rate, validate_scalar
from fastlr.errors import public_methods
from fastlr.kernels.selection import Backend, choose
from fastlr.kernels.threads import split_over_threads
from fastlr.loss_laws.exponential_sums import nodes
from fastlr.loss_laws.run_rates import FEWER_LANES, Parts, parts_of, rising_steps, runs
from fastlr.schedule.schedule import Schedule

__all__ = ["Annealing", "FittedOn", "Law", "MultiPower"]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

_Exponent = Annotated[npt.ArrayLike, Number("a number from 0 to 10", 0.0, 10.0)]
_Steepness = Annotated[npt.ArrayLike, Number("a number from 1e-3 to 10", 1e-3, 10.0)]

# The largest logarithm of a power that stays finite in float64, with room for its factors.
_MAX_LOG_POWER = 600.0
_MAX_RATIO = 1e40  # of the range of r; beyond it the terms are added one by one
# Nanoseconds that a node of the exponential sum, a term of the direct sum and a step take.
_NODE_NS, _TERM_NS, _STEP_NS = 2.5, 10.0, 1.5


@with_types
class FittedOn(NamedTuple):
    """The runs that a law was fitted to. Outside their range its predictions are extrapolations.

    Parameters
    ----------
    peaks : tuple of float
        The smallest and the largest peak of the runs.
    steps : tuple of int
        The smallest and the largest number of steps to the last measured loss.
    """

    peaks: tuple[float, float]
    steps: tuple[int, int]


@with_types
@public_methods()
class Law(ABC):
    """The base class of loss laws.

    A law is an immutable value with a few constants. It predicts losses from ``rates``: a schedule
    of any batch shape, or an array whose last axis is the step. Step 0 is the first update.

    See Also
    --------
    MultiPower, Annealing : The laws.
    fit : Fit the constants to measured losses.
    """

    kinds: ClassVar[dict[str, Any]]
    fitted_on: FittedOn | None

    def __post_init__(self) -> None:
        for name, kind in self.kinds.items():
            object.__setattr__(
                self,
                name,
                validate_scalar(kind, f"{type(self).__name__}: {name}", getattr(self, name)),
            )

    @property
    def constants(self) -> dict[str, float]:
        """The constants of the law by name."""
        return {name: getattr(self, name) for name in self.kinds}

    def identity(self) -> list[list[str]]:
        """Return plain JSON data that differs whenever a constant differs."""
        return [[name, float(value).hex()] for name, value in self.constants.items()]

    def final(self, rates: Schedule | npt.ArrayLike, steps: int, threads: int = 1) -> Any:
        """Predict the loss at the last step of a run, step ``steps - 1``.

        Parameters
        ----------
        rates : Schedule, Sweep or array_like
            A schedule of any batch shape, a sweep, or rates whose last axis is the step; finite, at
            least 0. Of a Zarr or Dask array a part at a time is read.
        steps : int
            The length of the run, from 1; at most the number of rates.
        threads : int
            How many threads share the lanes. Default 1. The bits do not depend on it.

        Returns
        -------
        float or array
            The loss: a float for one run, otherwise one per lane, of the shape of the batch or the
            sweep. It is ``inf`` for a run whose rates are all 0.

        Raises
        ------
        TypeError, ValueError
            Before any work, if an argument breaks its rule.

        Notes
        -----
        The terms are added one by one in float64, in O(steps) per lane. The rates of one lane at a
        time are in memory.

        Examples
        --------
        >>> import fastlr as flr
        >>> law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)
        >>> law.final(flr.linear([0.1, 0.2], 0.0, steps=100), 100).round(4)
        array([2.4395, 1.9119])
        """
        count = validate_scalar(Period, "final: steps", steps)
        losses = self._losses(
            "final", rates, np.array([count - 1]), check_threads("final", threads)
        )[..., 0]
        return losses if losses.ndim else float(losses)

    def curve(
        self, rates: Schedule | npt.ArrayLike, steps: int | npt.ArrayLike, threads: int = 1
    ) -> Array:
        """Predict the losses at many steps of a run.

        Parameters
        ----------
        rates : Schedule, Sweep or array_like
            A schedule of any batch shape, a sweep, or rates whose last axis is the step; finite, at
            least 0. Of a Zarr or Dask array a part at a time is read.
        steps : int or array_like of int
            The steps ``range(steps)``, or an array of steps in any order.
        threads : int
            How many threads share the lanes. Default 1. The bits do not depend on it.

        Returns
        -------
        array
            The losses, of shape ``(*batch shape, number of steps)``. They are ``inf`` before the
            first rate above 0, unless A or alpha is 0.

        Raises
        ------
        TypeError, ValueError
            Before any work, if an argument breaks its rule.

        Notes
        -----
        The time is O(last step) per lane, whatever the number of steps given. The absolute error is
        at most 1e-10 of B times the sum of all changes of the rate.

        Examples
        --------
        >>> import fastlr as flr
        >>> law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)
        >>> law.curve(flr.linear(0.1, 0.0, steps=100), [99, 0]).round(4)
        array([2.4395, 4.291 ])
        """
        rising, places = rising_steps("curve", steps)
        losses = self._losses("curve", rates, rising, check_threads("curve", threads))
        return (
            losses
            if places.size == rising.size and (places[1:] > places[:-1]).all()
            else losses[..., places]
        )

    def _losses(self, where: str, rates: object, t: Steps, threads: int) -> Array:
        """The losses at rising steps."""
        if (parts := parts_of(rates)) is not None:
            return self._losses_of_parts(where, parts, t, threads)
        batch, backend = runs(where, rates, int(t[-1]) + 1), choose()
        losses = allocate(where, (*batch.shape, t.size), np.dtype(np.float64))
        rows = losses.reshape(-1, t.size)

        def work(lanes: range, _: range) -> None:
            for lane, row in batch.each(backend, lanes):
                rows[lane] = self.at(backend, row, t)

        split_over_threads(work, batch.lanes, batch.steps, threads, by_lanes=True)
        return losses

    def _losses_of_parts(self, where: str, whole: Parts, t: Steps, threads: int) -> Array:
        """The losses of a sweep or a stored array, a part at a time."""
        losses = allocate(where, (*whole.shape, t.size), np.dtype(np.float64), FEWER_LANES)
        rows = losses.reshape(-1, t.size)
        for lanes, part in whole.each():
            rows[lanes] = self._losses(where, part, t, threads).reshape(-1, t.size)
        return losses

    @abstractmethod
    def at(self, backend: Backend, rates: Array, t: Steps) -> Array:
        """Predict the loss of one run at rising steps ``t``, with a backend. Nothing is checked."""

    @abstractmethod
    def slopes(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """Return ``at`` and its derivatives by each constant, of shape ``(steps, constants)``."""


@with_types
@public_methods()
@dataclass(frozen=True)
class MultiPower(Law):
    """Predict losses by the multi-power law.

    With ``eta_k`` the rate at step k and ``S_j = eta_0 + ... + eta_j``, ``S_(-1) = 0``, the loss at
    step t is

        L0 + A*S_t^-alpha + B * sum over k = 1..t of
            (eta_k - eta_(k-1)) * [1 - (1 + C*eta_k^-gamma * (S_t - S_(k-1)))^-beta].

    A falling rate lowers the loss, and more so the longer the run continues.

    Parameters
    ----------
    L0, A, B : float
        At least 0.
    alpha, gamma : float
        From 0 to 10.
    C : float
        From 1e-18 to 1e18.
    beta : float
        From 1e-3 to 10.
    fitted_on : FittedOn, optional
        The runs that the law was fitted to, as ``fit`` sets it. It takes no part in equality.

    Raises
    ------
    TypeError, ValueError
        If a constant is not a number in its range.

    Notes
    -----
    Where ``eta_k = 0`` the bracket is 1, its limit, as soon as a rate above 0 follows, and 0 before
    that.

    References
    ----------
    Luo et al., *A Multi-Power Law for Loss Curve Prediction Across Learning Rate Schedules*, arXiv
    2503.12811 (2025).

    Examples
    --------
    >>> import fastlr as flr
    >>> law = flr.loss_laws.MultiPower(
    ...     L0=3.04, A=0.525, alpha=0.508, B=364.0, C=2.07, beta=0.583, gamma=0.641
    ... )
    >>> cosine = flr.warmup_cosine(peak=3e-4, warmup=2_160, steps=24_000, end=3e-5)
    >>> wsd = flr.wsd(3e-4, warmup=2_160, stable=17_840, cooldown=4_000, end=3e-5)
    >>> round(law.final(cosine, 24_000), 3), round(law.final(wsd, 24_000), 3)
    (3.315, 3.265)
    >>> law.curve(wsd, [2_160, 19_999, 23_999]).round(2)
    array([4.07, 3.37, 3.27])
    """

    L0: float
    A: float
    alpha: float
    B: float
    C: float
    beta: float
    gamma: float
    fitted_on: FittedOn | None = field(default=None, compare=False, repr=False, kw_only=True)

    kinds: ClassVar[dict[str, Any]] = {
        "L0": Rate,
        "A": Rate,
        "alpha": _Exponent,
        "B": Rate,
        "C": Positive,
        "beta": _Steepness,
        "gamma": _Exponent,
    }

    def at(self, backend: Backend, rates: Array, t: Steps) -> Array:
        """Predict the loss of one run at rising steps ``t``, with a backend. Nothing is checked."""
        low, high = self._range(rates[: t[-1] + 1]) if t.size > 1 else (0.0, 0.0)
        if self._has_exponential_sum(low, high) and not self._is_direct_faster(
            rates, t, high / low
        ):
            by, sums = nodes(self.beta, low, high), np.empty((t.size, 3))
            backend.multi_power_exponentials(
                rates, t, self._inner, by, np.empty((1, by.shape[1])), sums
            )
            return self._loss(sums[:, 0], sums[:, 1] - sums[:, 2])
        sums = np.empty((t.size, 2))
        backend.multi_power_terms(rates, t, self._inner, sums)
        return self._loss(sums[:, 0], sums[:, 1])

    def slopes(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """Return ``at`` and its derivatives by each constant, of shape ``(steps, constants)``.

        ``(1 + a_k*x)^-beta = r_k^beta * (r_k + x)^-beta`` with ``r_k = eta_k^gamma/C``. Its
        derivatives by beta, ``log(C)`` and gamma are sums of the same exponentials, times ``r_k``
        and ``log(eta_k)``.
        """
        by, sums = (
            nodes(self.beta, *self._range(rates[: t[-1] + 1]), slopes=True),
            np.empty((t.size, 7)),
        )
        backend.multi_power_exponentials(
            rates, t, self._inner, by, np.empty((4, by.shape[1])), sums
        )
        total, level, held, by_weight, by_ratio, logs, logs_by_ratio = sums.T
        drop = level - held
        by_beta = math.log(self.C) * held - by_weight - self.gamma * logs
        by_c, by_gamma = (self.beta * held - by_ratio) / self.C, logs_by_ratio - self.beta * logs
        power = total**-self.alpha
        columns = [
            np.ones(t.size),
            power,
            -self.A * np.log(total) * power,
            drop,
            self.B * by_c,
            self.B * by_beta,
            self.B * by_gamma,
        ]
        return self._loss(total, drop), np.stack(columns, axis=1)

    @property
    def _inner(self) -> tuple[float, float, float]:
        """The constants inside the bracket."""
        return self.C, self.beta, self.gamma

    def _loss(self, total: Array, drop: Array) -> Array:
        """The loss from the area under the rates and the sum over their changes."""
        return self.L0 + _power(self.A, total, self.alpha) + self.B * drop

    def _range(self, rates: Array) -> tuple[float, float]:
        """Bounds of ``r_k``, the first above 0, and of ``r_k`` plus all rates that follow."""
        top = float(rates.max())
        if top == 0.0:
            return 1.0, 1.0
        least = float(rates.min()) or float(rates[rates > 0].min())
        with np.errstate(over="ignore"):  # an infinite range has no exponential sum
            low, high = np.array([least, top]) ** self.gamma / self.C
        return float(low), float(high + rates.sum())

    def _has_exponential_sum(self, low: float, high: float) -> bool:
        """Whether an exponential sum exists for this range and its power of -beta."""
        return (
            high < _MAX_RATIO * low
            and self.beta * max(abs(math.log(low)), abs(math.log(high))) < _MAX_LOG_POWER
        )

    def _is_direct_faster(self, rates: Array, t: Steps, ratio: float) -> bool:
        """Whether to add the terms one by one is faster than the exponential sum."""
        changes = np.cumsum(np.diff(rates[: t[-1] + 1], prepend=rates[0]) != 0)
        terms = _TERM_NS * float(changes[t].sum()) + _STEP_NS * float((t + 1).sum())
        return terms < _NODE_NS * (3.0 * math.log(ratio) + 25.0) * (int(changes[-1]) + t.size)


@with_types
@public_methods()
@dataclass(frozen=True)
class Annealing(Law):
    """Predict losses by the annealing law.

    With ``eta_i`` the rate at step i, the loss at step t is

        L0 + A*S1^-alpha - C*S2,   S1 = eta_0 + ... + eta_t,   S2 = m_0 + ... + m_t,
        m_0 = 0,   m_i = decay*m_(i-1) + (eta_(i-1) - eta_i).

    S1 is the area under the rates, S2 the area under the momentum of their fall.

    Parameters
    ----------
    L0, A, C : float
        At least 0.
    alpha : float
        From 0 to 10.
    decay : float
        From 0 up to, not including, 1. Default 0.999.
    fitted_on : FittedOn, optional
        The runs that the law was fitted to, as ``fit`` sets it. It takes no part in equality.

    Raises
    ------
    TypeError, ValueError
        If a constant is not a number in its range.

    Notes
    -----
    A warm-up counts as a negative fall; a schedule that begins at its peak has none.

    References
    ----------
    Tissue, Wang and Wang, *Scaling Law with Learning Rate Annealing*, arXiv 2408.11029 (2024).
    There ``S2 = sum over i, and over k <= i, of (eta_(k-1) - eta_k) * decay^(i-k)``, and ``decay``
    is from 0.99 to 0.999.

    Examples
    --------
    >>> import fastlr as flr
    >>> law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)
    >>> law.curve([0.1, 0.1, 0.05, 0.05], steps=4).round(4)
    array([4.291 , 3.8379, 3.6946, 3.5839])
    >>> round(law.final(flr.linear(0.1, 0.0, steps=100), 100), 4)
    2.4395
    """

    L0: float
    A: float
    alpha: float
    C: float
    decay: float = 0.999
    fitted_on: FittedOn | None = field(default=None, compare=False, repr=False, kw_only=True)

    kinds: ClassVar[dict[str, Any]] = {
        "L0": Rate,
        "A": Rate,
        "alpha": _Exponent,
        "C": Rate,
        "decay": BelowOne,
    }

    def at(self, backend: Backend, rates: Array, t: Steps) -> Array:
        """Predict the loss of one run at rising steps ``t``, with a backend. Nothing is checked."""
        sums = np.empty((t.size, 3))
        backend.annealing_momenta(rates, t, self.decay, sums)
        return self.L0 + _power(self.A, sums[:, 0], self.alpha) - self.C * sums[:, 1]

    def slopes(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """Return ``at`` and its derivatives by each constant, of shape ``(steps, constants)``."""
        sums = np.empty((t.size, 3))
        backend.annealing_momenta(rates, t, self.decay, sums)
        total, momenta, by_decay = sums.T
        power = total**-self.alpha
        columns = [
            np.ones(t.size),
            power,
            -self.A * np.log(total) * power,
            -momenta,
            -self.C * by_decay,
        ]
        return self.L0 + self.A * power - self.C * momenta, np.stack(columns, axis=1)


def _power(factor: float, total: Array, alpha: float) -> Array:
    """``factor * total^-alpha``, infinite before the first rate above 0."""
    with np.errstate(divide="ignore", over="ignore"):
        return factor * total**-alpha if factor else np.zeros_like(total)
