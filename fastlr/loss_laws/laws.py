"""Loss laws: immutable values that predict the training loss of a run from its rates alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import BelowOne, Number, Numbers, Positive, Rate
from fastlr.errors import public_methods
from fastlr.kernels.selection import Backend
from fastlr.loss_laws.base_law import Law
from fastlr.loss_laws.fitted_on import FittedOn
from fastlr.loss_laws.rate_drops import Inner, drop_slopes, drops

__all__ = ["Annealing", "FunctionalScaling", "MultiPower"]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

_Exponent = Annotated[Numbers, Number("a number from 0 to 10", 0.0, 10.0)]
_Steepness = Annotated[Numbers, Number("a number from 1e-3 to 10", 1e-3, 10.0)]

_TINY_RATE = float(np.finfo(np.float64).tiny)


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
        If a constant is not a number in its range, or ``fitted_on`` does not have two ranges.

    Notes
    -----
    Where ``eta_k = 0`` the bracket is 1, its limit, as soon as a rate above 0 follows, and 0 before
    that.

    The paper measured it on language models with 25M to 400M parameters and one peak: fitted to
    three curves it predicts six others with a mean relative error of 0.0011. On 58 final losses of
    a 124M-parameter model with peaks from 1e-4 to 2e-3 (Hägele et al. 2024) it predicts shapes that
    it was not fitted to with a mean error of 0.012 and one of up to 0.055. It fails across peaks:
    fitted to few of them, it prefers the highest. It knows no optimizer, batch size or model.

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

    def _sums(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """Return the area under the rates of one run, and its drop, at rising steps ``t``."""
        return drops(backend, self._inner, rates, t)

    def _losses_of(self, area: Array, other: Array) -> Array:
        """Return the losses of these areas and drops."""
        return self.L0 + _power(self.A, area, self.alpha) + self.B * other

    def _slopes(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """Return the losses at steps ``t``, and their derivatives by each constant."""
        total, drop, *by_inner = drop_slopes(backend, self._inner, rates, t)
        power = total**-self.alpha
        columns = [
            np.ones(t.size),
            power,
            -self.A * np.log(total) * power,
            drop,
            *(self.B * each for each in by_inner),
        ]
        return self.L0 + self.A * power + self.B * drop, np.stack(columns, axis=1)

    @property
    def _inner(self) -> Inner:
        """The constants inside the bracket."""
        return Inner(self.C, self.beta, self.gamma)


@with_types
@public_methods()
@dataclass(frozen=True)
class FunctionalScaling(Law):
    """Predict losses by the functional scaling law.

    With ``eta_k`` the rate at step k, ``S_j = eta_0 + ... + eta_j`` and ``S_(-1) = 0``, the
    *intrinsic time*, the loss at step t is

        L0 + A*S_t^-alpha + B * sum over k = 0..t of
            eta_k * integral from S_(k-1) to S_k of beta*C * (1 + C*(S_t - u))^-(1 + beta) du.

    The second term is what remains to be learned. The third is the noise of the updates: it is
    ``B*eta`` for a rate eta that is held for ever, and is forgotten as training continues.

    Parameters
    ----------
    L0, A, B : float
        At least 0.
    alpha : float
        From 0 to 10. In the paper s, the exponent of the source.
    C : float
        From 1e-18 to 1e18.
    beta : float
        From 1e-3 to 10. In the paper ``1 - 1/beta``, so below 1, with its exponent of capacity.
    fitted_on : FittedOn, optional
        The runs that the law was fitted to, as ``fit`` sets it. It takes no part in equality.

    Raises
    ------
    TypeError, ValueError
        If a constant is not a number in its range, or ``fitted_on`` does not have two ranges.

    Notes
    -----
    The integral has a closed form, so the sum equals that of ``MultiPower`` with ``gamma = 0``, and
    with a change of the rate from 0 at step 0.

    The paper derives the law for stochastic gradient descent on kernel regression, and fits it to
    language models with 100M to 1B parameters. This is its form for one model and one batch size:
    ``L0`` holds the term of the model's size, and the part of the noise that is in proportion to
    the remaining loss is left out.

    It was measured on 58 final losses of a 124M-parameter language model (Hägele et al. 2024), with
    peaks from 1e-4 to 2e-3 and 15,000 or 25,000 steps. It predicts the losses of a shape that it
    was not fitted to with a mean error of 0.014, and ranks shapes of one peak and length better
    than that. The shape that it prefers has a loss above the best one by 0.001 on average if each
    shape is predicted from the others, by 0.003 if one law is fitted to all runs, and by at most
    0.006. It fails for single losses: the error is as large as the difference between most shapes,
    and up to 0.055 at the highest peak. It knows no optimizer, batch size or model.

    References
    ----------
    Li, Chen, Huang, Wang and Wu, *Functional Scaling Laws in Kernel Regression: Loss Dynamics and
    Learning Rate Schedules* (2025), arXiv:2509.19189. Hägele et al., *Scaling Laws and
    Compute-Optimal Training Beyond Fixed Training Durations* (2024), arXiv:2405.18392: the runs.

    Examples
    --------
    >>> import fastlr as flr
    >>> law = flr.loss_laws.FunctionalScaling(L0=2.6, A=0.6, alpha=0.5, B=400.0, C=4.0, beta=0.5)
    >>> wsd = flr.wsd(1e-3, warmup=300, stable=19_700, cooldown=5_000)
    >>> law.curve(wsd, [1_000, 19_999, 24_999]).round(3)
    array([3.455, 3.09 , 2.921])
    """

    L0: float
    A: float
    alpha: float
    B: float
    C: float
    beta: float
    fitted_on: FittedOn | None = field(default=None, compare=False, repr=False, kw_only=True)

    kinds: ClassVar[dict[str, Any]] = {
        "L0": Rate,
        "A": Rate,
        "alpha": _Exponent,
        "B": Rate,
        "C": Positive,
        "beta": _Steepness,
    }

    def _sums(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """Return the area under the rates of one run, and its noise, at rising steps ``t``."""
        area, noise = drops(backend, self._inner, _from_rest(rates), t + 1)
        first = int(np.argmax(rates > 0)) if rates.any() else rates.size
        area[t < first] = 0.0
        return area, noise

    def _losses_of(self, area: Array, other: Array) -> Array:
        """Return the losses of these areas and noises."""
        return self.L0 + _power(self.A, area, self.alpha) + self.B * other

    def _slopes(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """Return the losses at steps ``t``, and their derivatives by each constant."""
        total, noise, by_c, by_beta, _ = drop_slopes(backend, self._inner, _from_rest(rates), t + 1)
        power = total**-self.alpha
        columns = [
            np.ones(t.size),
            power,
            -self.A * np.log(total) * power,
            noise,
            self.B * by_c,
            self.B * by_beta,
        ]
        return self.L0 + self.A * power + self.B * noise, np.stack(columns, axis=1)

    @property
    def _inner(self) -> Inner:
        """The constants inside the bracket."""
        return Inner(self.C, self.beta, 0.0)


def _from_rest(rates: Array) -> Array:
    """The rates after one step at rest, with the smallest normal number in place of 0.

    A kernel takes a rate of 0 for the limit of ``eta^-gamma``, which is 1 if gamma is 0. The
    smallest number changes no sum.
    """
    moved = np.empty(rates.size + 1)
    moved[0] = _TINY_RATE
    np.maximum(rates, _TINY_RATE, out=moved[1:])
    return moved


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
        If a constant is not a number in its range, or ``fitted_on`` does not have two ranges.

    Notes
    -----
    A warmup counts as a negative fall; a schedule that begins at its peak has none.

    Fitted to three loss curves of language models with 25M and 100M parameters and one peak, it
    predicts six others with a mean relative error of 0.0014 and 0.0012. On 58 final losses of a
    124M-parameter model with peaks from 1e-4 to 2e-3 (Hägele et al. 2024) it predicts shapes that
    it was not fitted to with a mean error of 0.017 and one of up to 0.052. It fails where lengths
    of cooldowns are compared: the one that it prefers there is 0.007 worse than the best on
    average. It knows no optimizer, batch size or model.

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

    def _sums(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """Return the areas under the rates of one run and under its momentum, at steps ``t``."""
        sums = np.empty((t.size, 3))
        backend.annealing_momenta(rates, t, self.decay, sums)
        return sums[:, 0], sums[:, 1]

    def _losses_of(self, area: Array, other: Array) -> Array:
        """Return the losses of these areas."""
        return self.L0 + _power(self.A, area, self.alpha) - self.C * other

    def _slopes(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """Return the losses at steps ``t``, and their derivatives by each constant."""
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
