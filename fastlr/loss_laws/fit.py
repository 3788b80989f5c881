"""Laws fitted to measured losses: exact slopes, many starts, and no more constants than the
curves can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Period, Positive, Steps, short_repr, validate_scalar
from fastlr.errors import public
from fastlr.kernels.selection import choose
from fastlr.loss_laws.curves import Curve, Measured, Metrics, measured, metrics
from fastlr.loss_laws.laws import Law
from fastlr.loss_laws.least_squares import HELD, Problem, huber, immediate

__all__ = ["Fit", "fit"]

Array = npt.NDArray[np.float64]
L = TypeVar("L", bound=Law)

_PLAIN = {"beta": 1.0, "gamma": 0.5}  # where they are held


@dataclass(frozen=True)
class Fit(Generic[L]):
    """A fitted law; ``loss``, the sum that was made small; metrics of each curve that it was
    fitted to; what was held.
    """

    law: L
    loss: float
    metrics: tuple[Metrics, ...]
    held: tuple[str, ...]


@public
def fit(
    family: type[L],
    curves: Sequence[Curve],
    held: Sequence[str] | None = None,
    starts: int = 4,
    seed: int = 0,
    delta: float = 1e-3,
) -> Fit[L]:
    """The law of a family, ``MultiPower`` or ``Annealing``, that is nearest to measured losses.

    Each curve is ``(rates, steps, losses)``: a schedule that is no batch, or an array of rates from
    step 0 on; the steps, in the order in which they were logged; the losses there.

    A log may have restarts. Where the steps go back to step ``s``, the earlier rows with ``step >=
    s`` belong to the abandoned attempt and are dropped, whatever their losses. Of a repeated step
    the last loss counts. Rows that are out of order and do not show a restart are refused, as
    ``fastlr.arguments.logs.surviving`` says.

    What is made small is, as in arXiv 2503.12811, the sum over all of them of
    ``huber(log(predicted) - log(measured))``, where ``huber(e) = e^2/2`` up to ``|e| = delta`` and
    ``delta*(|e| - delta/2)`` beyond: by SciPy's trust-region method on exact slopes by the
    logarithms of the constants, ``starts`` times, each from the best of eight guesses; ``seed`` is
    that of the guesses. The same arguments give the same law.

    A few curves seldom tell all constants of a multi-power law from one another; those nearest to
    them then say little about other runs. ``held`` are constants that are not changed: ``()``,
    ``("B",)`` or ``("B", "beta", "gamma")``, B where it is best in a law whose bracket is 1, beta
    at 1 and gamma at 1/2. If it is None and there are two curves or more, each is left out in turn,
    predicted from the others, and what predicts best is held in the fit of all; with one curve
    nothing is held.

    Needs SciPy, ``pip install 'fastlr[fit]'``. Raises ``TypeError`` or ``ValueError`` before work
    starts: for steps that go back without a restart, or go beyond the rates, or begin before the
    first rate above 0; losses that are not finite or not above 0; not as many of both; fewer than
    two a curve or, of all curves together, no more than the law has constants.

    >>> import fastlr as flr
    >>> law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.99)
    >>> run, steps = flr.cosine(1e-2, 1e-3, steps=1_000), range(0, 1_000, 20)
    >>> found = flr.loss_laws.fit(flr.loss_laws.Annealing, [(run, steps, law.curve(run, steps))])
    >>> round(found.law.L0, 4), round(found.law.decay, 4)
    (2.6, 0.99)
    """
    if not isinstance(family, type) or family not in HELD:
        raise TypeError(f"fit: family must be MultiPower or Annealing, got {short_repr(family)}")
    if held is not None and (not isinstance(held, Sequence) or tuple(held) not in HELD[family]):
        raise ValueError(
            f"fit: held must be one of {', '.join(map(repr, HELD[family]))}, or None, "
            f"got {short_repr(held)}"
        )
    scale, count = (
        validate_scalar(Positive, "fit: delta", delta),
        validate_scalar(Period, "fit: starts", starts),
    )
    first = validate_scalar(Steps, "fit: seed", seed)
    runs = _measured(family, curves)
    chosen = _chosen(family, runs, scale, first) if held is None else tuple(held)
    loss, law = _fitted(family, runs, scale, first, chosen, count)
    near = tuple(metrics(_predicted(law, run), run.losses) for run in runs)
    return Fit(law, loss, near, chosen)


def _measured(family: type[Law], curves: Sequence[Curve]) -> list[Measured]:
    if isinstance(curves, str) or not isinstance(curves, Sequence) or not curves:
        raise TypeError(
            "fit: curves must be a sequence of (rates, steps, losses), got "
            f"{type(curves).__name__} {short_repr(curves)}"
        )
    runs = [measured(f"fit: curves[{i}]", curve) for i, curve in enumerate(curves)]
    if (points := sum(run.t.size for run in runs)) <= len(family.kinds):
        raise ValueError(
            "fit: curves must have more losses than the law has constants, "
            f"{len(family.kinds)}, got {points}"
        )
    return runs


def _predicted(law: Law, run: Measured) -> Array:
    return law.at(choose(), run.rates, run.t)


def _fitted(
    family: type[L],
    runs: list[Measured],
    delta: float,
    seed: int,
    held: tuple[str, ...],
    starts: int,
) -> tuple[float, L]:
    """The best of some starts."""
    where = {name: immediate(runs, delta) if name == "B" else _PLAIN[name] for name in held}
    problem = Problem(family, runs, delta, where)
    each = [problem.refined(np.random.default_rng([seed, start])) for start in range(starts)]
    return min(each, key=lambda found: found[0])


def _chosen(family: type[Law], runs: list[Measured], delta: float, seed: int) -> tuple[str, ...]:
    """What to hold, so that each curve is best predicted from the others."""
    if len(runs) < 2 or len(HELD[family]) < 2:
        return ()

    def left_out(held: tuple[str, ...]) -> float:
        total = 0.0
        for i, run in enumerate(runs):
            _, law = _fitted(family, runs[:i] + runs[i + 1 :], delta, seed, held, 1)
            total += float(
                huber(np.log(np.maximum(_predicted(law, run), 1e-12) / run.losses), delta).mean()
            )
        return total

    return min(HELD[family], key=left_out)
