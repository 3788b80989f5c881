"""Laws of the loss: values that predict the training loss of a run from its rates alone."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from fastlr.arguments.outputs import allocate, check_threads
from fastlr.arguments.rules import Number, Period, Positive, Rate, Unit, validate_scalar
from fastlr.errors import public_methods
from fastlr.kernels.selection import Backend, choose
from fastlr.kernels.threads import split_over_threads
from fastlr.loss_laws.exponential_sums import nodes
from fastlr.loss_laws.runs import asked, runs
from fastlr.schedule.schedule import Schedule

__all__ = ["Annealing", "Law", "MultiPower"]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

_Exponent = Annotated[npt.ArrayLike, Number("a number from 0 to 10", 0.0, 10.0)]
_Steepness = Annotated[npt.ArrayLike, Number("a number from 1e-3 to 10", 1e-3, 10.0)]

# a logarithm of a power that is still a number, and so is one of what it is made from
_STEEPEST = 600.0
_WIDEST = 1e40  # a range of r that is spanned by exponentials; beyond it every term is added up
# nanoseconds, to choose by: what an exponential takes, a term of a sum, and a step
_A_NODE, _A_TERM, _A_STEP = 2.5, 10.0, 1.5


@public_methods()
class Law(ABC):
    """A family of laws of the loss: what its members have in common.

    A law is an immutable value of a few constants, ``constants`` by name. ``rates`` are a schedule
    of any batch shape, or an array of rates whose last axis are the steps of a run. Step 0 is the
    first update.
    """

    kinds: ClassVar[dict[str, Any]]

    def __post_init__(self) -> None:
        for name, kind in self.kinds.items():
            object.__setattr__(
                self,
                name,
                validate_scalar(kind, f"{type(self).__name__}: {name}", getattr(self, name)),
            )

    @property
    def constants(self) -> dict[str, float]:
        """The constants of the law by their names."""
        return {name: getattr(self, name) for name in self.kinds}

    def final(self, rates: Schedule | npt.ArrayLike, steps: int, threads: int = 1) -> Any:
        """The loss after so many steps, that is at step ``steps - 1``: a float, or one a lane, an
        array of the batch shape.

        It is added up term by term in float64, in O(steps) a lane, most of it where the rate
        changes; the rates stand in memory one lane at a time. ``threads`` divides the lanes over so
        many, and gives the same bits. ``inf`` for a run whose rates are all 0. Raises ``TypeError``
        or ``ValueError`` before work starts: for fewer than 1 step, more than there are rates for,
        rates that are negative or not finite.
        """
        count = validate_scalar(Period, "final: steps", steps)
        losses = self._losses(
            "final", rates, np.array([count - 1]), check_threads("final", threads)
        )[..., 0]
        return losses if losses.ndim else float(losses)

    def curve(
        self, rates: Schedule | npt.ArrayLike, steps: int | npt.ArrayLike, threads: int = 1
    ) -> Array:
        """The loss at steps 0 to ``steps - 1``, or at each of an array of steps in any order: shape
        ``(*lanes, len(steps))``.

        In O(steps) a lane, whatever the number of steps that are asked for, to 1e-10 of B times the
        sum of all changes of the rate. ``inf`` before the first rate above 0, unless A or alpha is
        0. ``threads`` and errors as in ``final``.
        """
        rising, places = asked("curve", steps)
        losses = self._losses("curve", rates, rising, check_threads("curve", threads))
        return (
            losses
            if places.size == rising.size and (places[1:] > places[:-1]).all()
            else losses[..., places]
        )

    def _losses(self, where: str, rates: object, t: Steps, threads: int) -> Array:
        """At rising steps."""
        of, backend = runs(where, rates, int(t[-1]) + 1), choose()
        losses = allocate(where, (*of.shape, t.size), np.dtype(np.float64))
        rows = losses.reshape(-1, t.size)

        def work(lanes: range, _: range) -> None:
            for lane, row in of.each(backend, lanes):
                rows[lane] = self.at(backend, row, t)

        split_over_threads(work, of.lanes, of.steps, threads, by_lanes=True)
        return losses

    @abstractmethod
    def at(self, backend: Backend, rates: Array, t: Steps) -> Array:
        """The loss of one run at rising steps ``t``, by a backend's sums, all of it known to be
        right.
        """

    @abstractmethod
    def slopes(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """The same, and its slopes by each of the constants, ``(steps, constants)``."""


@public_methods()
@dataclass(frozen=True)
class MultiPower(Law):
    """The multi-power law.

    With ``eta_k`` the rate at step k and ``S_j = eta_0 + ... + eta_j``, ``S_(-1) = 0``, the loss at
    step t is

        L0 + A*S_t^-alpha + B * sum over k = 1..t of
            (eta_k - eta_(k-1)) * [1 - (1 + C*eta_k^-gamma * (S_t - S_(k-1)))^-beta].

    A rate that falls lowers the loss, ever more as the run goes on. Where ``eta_k = 0`` the bracket
    is 1, its limit, as soon as a rate above 0 follows, and 0 before. Luo et al., *A Multi-Power Law
    for Loss Curve Prediction Across Learning Rate Schedules*, arXiv 2503.12811 (2025).

    The constants are numbers: ``L0, A, B >= 0``; C from 1e-18 to 1e18; alpha and gamma from 0 to
    10, beta from 1e-3 to 10. Raises ``TypeError`` or ``ValueError`` for any other.

    >>> import fastlr as flr
    >>> law = flr.loss_laws.MultiPower(L0=3.04, A=0.525, alpha=0.508, B=364.0, C=2.07, beta=0.583, gamma=0.641)
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
        """The loss of one run at rising steps ``t``, by a backend's sums, all of it known to be
        right.
        """
        low, high = self._range(rates[: t[-1] + 1]) if t.size > 1 else (0.0, 0.0)
        if self._is_spanned(low, high) and not self._is_sooner_done(rates, t, high / low):
            by, sums = nodes(self.beta, low, high), np.empty((t.size, 3))
            backend.multi_power_exponentials(
                rates, t, self._inner, by, np.empty((1, by.shape[1])), sums
            )
            return self._loss(sums[:, 0], sums[:, 1] - sums[:, 2])
        sums = np.empty((t.size, 2))
        backend.multi_power_terms(rates, t, self._inner, sums)
        return self._loss(sums[:, 0], sums[:, 1])

    def slopes(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """The same, and its slopes by each of the constants, ``(steps, constants)``.

        ``(1 + a_k*x)^-beta = r_k^beta * (r_k + x)^-beta`` with ``r_k = eta_k^gamma/C``: its slopes
        by beta, by ``log(C)`` and by gamma are sums of the same exponentials, times ``r_k`` and
        ``log(eta_k)``.
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
        return self.C, self.beta, self.gamma

    def _loss(self, total: Array, drop: Array) -> Array:
        return self.L0 + _power(self.A, total, self.alpha) + self.B * drop

    def _range(self, rates: Array) -> tuple[float, float]:
        """What ``r_k``, and it with the rates that follow, are between; the first above 0."""
        top = float(rates.max())
        if top == 0.0:
            return 1.0, 1.0
        least = float(rates.min()) or float(rates[rates > 0].min())
        with np.errstate(over="ignore"):  # an infinite range is not spanned
            low, high = np.array([least, top]) ** self.gamma / self.C
        return float(low), float(high + rates.sum())

    def _is_spanned(self, low: float, high: float) -> bool:
        """Whether the range, and its power of -beta, are within what exponentials span."""
        return (
            high < _WIDEST * low
            and self.beta * max(abs(math.log(low)), abs(math.log(high))) < _STEEPEST
        )

    def _is_sooner_done(self, rates: Array, t: Steps, ratio: float) -> bool:
        """Term by term, rather than by exponentials."""
        changes = np.cumsum(np.diff(rates[: t[-1] + 1], prepend=rates[0]) != 0)
        terms = _A_TERM * float(changes[t].sum()) + _A_STEP * float((t + 1).sum())
        return terms < _A_NODE * (3.0 * math.log(ratio) + 25.0) * (int(changes[-1]) + t.size)


@public_methods()
@dataclass(frozen=True)
class Annealing(Law):
    """The annealing law.

    With ``eta_i`` the rate at step i, the loss at step t is

        L0 + A*S1^-alpha - C*S2,   S1 = eta_0 + ... + eta_t,   S2 = m_0 + ... + m_t,
        m_0 = 0,   m_i = decay*m_(i-1) + (eta_(i-1) - eta_i).

    S1 is the area under the rates, S2 that of the momentum of their fall. A warm-up counts as a
    negative fall; a schedule that begins at its peak has none. Tissue, Wang and Wang, *Scaling Law
    with Learning Rate Annealing*, arXiv 2408.11029 (2024), where ``S2 = sum over i, and over k <=
    i, of (eta_(k-1) - eta_k) * decay^(i-k)`` and ``decay`` is from 0.99 to 0.999.

    The constants are numbers: ``L0, A, C >= 0``; ``alpha`` from 0 to 10; ``decay`` from 0 to below
    1. Raises ``TypeError`` or ``ValueError`` for any other.

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

    kinds: ClassVar[dict[str, Any]] = {
        "L0": Rate,
        "A": Rate,
        "alpha": _Exponent,
        "C": Rate,
        "decay": Unit,
    }

    def at(self, backend: Backend, rates: Array, t: Steps) -> Array:
        """The loss of one run at rising steps ``t``, by a backend's sums, all of it known to be
        right.
        """
        sums = np.empty((t.size, 3))
        backend.annealing_momenta(rates, t, self.decay, sums)
        return self.L0 + _power(self.A, sums[:, 0], self.alpha) - self.C * sums[:, 1]

    def slopes(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """The same, and its slopes by each of the constants, ``(steps, constants)``."""
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
    """``factor * total^-alpha``, infinite where there was no rate above 0 yet."""
    with np.errstate(divide="ignore", over="ignore"):
        return factor * total**-alpha if factor else np.zeros_like(total)
