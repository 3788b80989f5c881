"""The least-squares problem of a fit: objective, guesses, and minimization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from fastlr.kernels.selection import choose
from fastlr.loss_laws.base_law import Law
from fastlr.loss_laws.laws import Annealing, FunctionalScaling, MultiPower
from fastlr.loss_laws.measured_curves import Measured

__all__ = ["HELD", "Problem", "huber", "immediate_b"]

Array = npt.NDArray[np.float64]
L = TypeVar("L", bound=Law)

# The constants that a fit may hold, fewest first. Similar curves seldom determine all constants.
HELD: dict[type[Law], tuple[tuple[str, ...], ...]] = {
    MultiPower: ((), ("B",), ("B", "beta", "gamma")),
    Annealing: ((),),
    FunctionalScaling: ((),),
}

# The constants in which the loss is linear. Linear least squares finds them without a guess.
_LINEAR: dict[type[Law], tuple[str, ...]] = {
    MultiPower: ("L0", "A", "B"),
    Annealing: ("L0", "A", "C"),
    FunctionalScaling: ("L0", "A", "B"),
}
_MAX_EXPONENT = 4.0  # in a fit; measured losses do not distinguish larger exponents
_GUESSES = 8  # per start; the best one is refined
# The least value of a constant, and of a predicted loss, which may be below 0 during a fit.
_TINY = 1e-12


def huber(errors: Array, delta: float) -> Array:
    """The Huber loss: ``e^2/2`` if ``|e| <= delta``, otherwise ``delta*(|e| - delta/2)``."""
    size = np.abs(errors)
    return np.where(size <= delta, size * size / 2.0, delta * (size - delta / 2.0))


class Problem(NamedTuple, Generic[L]):
    """Find the constants of a family that fit measured losses best, with some held."""

    family: type[L]
    measured: list[Measured]
    delta: float
    held: dict[str, float]

    @property
    def names(self) -> list[str]:
        """The names of all constants."""
        return list(self.family.kinds)

    @property
    def free(self) -> npt.NDArray[np.bool_]:
        """Per constant, whether it is fitted."""
        return np.array([name not in self.held for name in self.names])

    @property
    def losses(self) -> Array:
        """The measured losses of all curves."""
        return np.concatenate([run.losses for run in self.measured])

    def law(self, at: Array) -> L:
        """Return the law at a point of the search space.

        Its coordinates are the logarithms of the free constants, and of ``1 - decay`` for decay.
        """
        found = np.clip(np.exp(at), *self._limits)
        numbers = iter(np.where(self._is_share, 1.0 - found, found).tolist())
        return self.family(
            *[self.held[name] if name in self.held else next(numbers) for name in self.names]
        )

    def place(self, constants: dict[str, float]) -> Array:
        """Return the point of the search space for these constants."""
        numbers = np.array([constants[name] for name in self.names])[self.free]
        place: Array = np.log(
            np.clip(np.where(self._is_share, 1.0 - numbers, numbers), *self._limits)
        )
        return place

    def slopes(self, law: Law) -> tuple[Array, Array]:
        """Return the losses that a law predicts, and their derivatives by its constants."""
        each = [law._slopes(choose(), run.rates, run.t) for run in self.measured]
        return np.concatenate([losses for losses, _ in each]), np.concatenate(
            [slopes for _, slopes in each]
        )

    def refined(self, random: np.random.Generator) -> tuple[float, L]:
        """Refine the best of some guesses; return the objective and the law.

        Plain least squares comes first: its gradient stays large far from the minimum.
        """
        least_squares = _scipy_optimize().least_squares
        _, start = min((self._guess(random) for _ in range(_GUESSES)), key=lambda guess: guess[0])
        low, high = (np.log(limit) for limit in self._limits)
        errors, by_place = self._errors()
        options: dict[str, Any] = {
            "jac": by_place,
            "bounds": (low, high),
            "x_scale": "jac",
            "max_nfev": 100,
        }
        near = np.clip(least_squares(errors, start, ftol=1e-4, **options).x, low, high)
        found = least_squares(errors, near, loss="huber", ftol=1e-7, f_scale=self.delta, **options)
        return float(found.cost), self.law(found.x)

    def _errors(self) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
        """Two functions of a point: the errors of the logarithms, and their derivatives.

        SciPy calls one after the other at the same point, so the last result is kept.
        """
        known: dict[bytes, tuple[Array, Array]] = {}

        def both(at: Array) -> tuple[Array, Array]:
            if at.tobytes() not in known:
                known.clear()
                predicted, slopes = self.slopes(self.law(at))
                safe = np.maximum(predicted, _TINY)
                by_place = slopes[:, self.free] * np.where(self._is_share, -np.exp(at), np.exp(at))
                known[at.tobytes()] = (
                    np.log(safe) - np.log(self.losses),
                    by_place / safe[:, np.newaxis],
                )
            return known[at.tobytes()]

        return lambda at: both(at)[0], lambda at: both(at)[1]

    def _guess(self, random: np.random.Generator) -> tuple[float, Array]:
        """The error of a guess, and its point.

        Nonlinear constants are random; linear ones follow by nonnegative least squares.
        """
        nnls, outer = _scipy_optimize().nnls, _LINEAR[self.family]
        constants = {**dict.fromkeys(outer, 1.0), **self._guess_nonlinear(random), **self.held}
        _, slopes = self.slopes(self.family(*[constants[name] for name in self.names]))
        columns = {name: slopes[:, self.names.index(name)] / self.losses for name in outer}
        rest = 1.0 - sum(self.held[name] * columns.pop(name) for name in outer if name in self.held)
        found, left = nnls(
            np.stack(list(columns.values()), axis=1), rest * np.ones_like(self.losses)
        )
        return float(left), self.place(
            {**constants, **dict(zip(columns, found.tolist(), strict=True))}
        )

    def _guess_nonlinear(self, random: np.random.Generator) -> dict[str, float]:
        """Random values of the nonlinear constants.

        C is guessed by the ratio inside the bracket at the end of a run, which is independent of
        the scale of the rates.
        """

        def between(low: float, high: float) -> float:
            return float(np.exp(random.uniform(np.log(low), np.log(high))))

        if self.family is Annealing:
            return {"alpha": between(0.1, 1.0), "decay": 1.0 - between(1e-4, 1e-1)}
        guess = {"alpha": between(0.2, 1.0), "beta": between(0.2, 1.0), "gamma": between(0.2, 1.0)}
        if self.family is FunctionalScaling:
            guess["gamma"] = 0.0
        rates = max((run.rates for run in self.measured), key=len)
        c = between(10.0, 1e4) * rates.max() ** self.held.get("gamma", guess["gamma"]) / rates.sum()
        return {**guess, "C": float(np.clip(c, _TINY, 1.0 / _TINY))}

    @property
    def _is_share(self) -> npt.NDArray[np.bool_]:
        """Per free constant, whether it is searched by ``1 - constant``, as decay is."""
        return np.array([name == "decay" for name in self.names])[self.free]

    @property
    def _limits(self) -> tuple[Array, Array]:
        """The bounds of the free constants."""
        exponents = np.isin(self.names, ["alpha", "beta", "gamma"])[self.free]
        low, high = (
            np.where(exponents, 1e-3, _TINY),
            np.where(exponents, _MAX_EXPONENT, 1.0 / _TINY),
        )
        return np.where(self._is_share, 1e-9, low), np.where(self._is_share, 1.0, high)


def _scipy_optimize() -> Any:
    """SciPy's optimizers, or an error that says how to install them."""
    try:
        from scipy import optimize
    except ImportError:
        raise ImportError(
            "fit needs SciPy, which is not installed: pip install 'fastlr[fit]'"
        ) from None
    return optimize


def immediate_b(measured: list[Measured], delta: float) -> float:
    """Fit B in a law whose bracket is 1: the loss is ``L0 + A*S_t^-alpha + B*(eta_t - eta_0)``."""
    least_squares, nnls = _scipy_optimize().least_squares, _scipy_optimize().nnls
    total = np.concatenate([np.cumsum(run.rates)[run.t] for run in measured])
    change = np.concatenate([run.rates[run.t] - run.rates[0] for run in measured])
    losses = np.concatenate([run.losses for run in measured])

    def residuals(at: Array) -> Array:
        level, height, alpha, b = np.exp(at)
        errors: Array = np.log(level + height * total**-alpha + b * change) - np.log(losses)
        return errors

    def fitted(alpha: float) -> tuple[float, float]:
        basis = (
            np.stack([np.ones_like(total), total**-alpha, change], axis=1) / losses[:, np.newaxis]
        )
        level, height, b = np.maximum(nnls(basis, np.ones_like(losses))[0], _TINY)
        least, most = (
            np.log([_TINY, _TINY, 1e-3, _TINY]),
            np.log([1 / _TINY, 1 / _TINY, _MAX_EXPONENT, 1 / _TINY]),
        )
        found = least_squares(
            residuals,
            np.log([level, height, alpha, b]),
            bounds=(least, most),
            loss="huber",
            f_scale=delta,
            x_scale="jac",
        )
        return float(found.cost), float(np.exp(found.x[3]))

    return min(map(fitted, (0.25, 0.5, 1.0)))[1]
