"""Fit loss laws to measured losses: exact derivatives, several starts, held constants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Period, Positive, Steps, short_repr, validate_scalar
from fastlr.errors import public
from fastlr.kernels.selection import choose
from fastlr.loss_laws.base_law import Law
from fastlr.loss_laws.fitted_on import FittedOn
from fastlr.loss_laws.least_squares import HELD, Problem, huber, immediate_b
from fastlr.loss_laws.measured_curves import Curve, Measured, Metrics, measured, metrics_of

__all__ = ["Fit", "fit"]

Array = npt.NDArray[np.float64]
L = TypeVar("L", bound=Law)

_HELD_AT = {"beta": 1.0, "gamma": 0.5}  # values of constants that are held


@with_types
@dataclass(frozen=True)
class Fit(Generic[L]):
    """A fitted law, as ``fit`` returns it.

    Parameters
    ----------
    law : Law
        The law.
    loss : float
        The objective that the fit minimized.
    metrics : tuple of Metrics
        How close the law is to each curve that it was fitted to. ``r2`` is NaN for a curve with one
        loss.
    held : tuple of str
        The constants that were held.

    See Also
    --------
    fit : Fit a law. Its example prints a ``Fit``.
    """

    law: L
    loss: float
    metrics: tuple[Metrics, ...]
    held: tuple[str, ...]


@with_types
@public
def fit(
    family: type[L],
    curves: Sequence[Curve],
    held: Sequence[str] | None = None,
    starts: int = 4,
    seed: int = 0,
    delta: float = 1e-3,
) -> Fit[L]:
    """Fit a loss law to measured losses.

    It minimizes ``huber(log(predicted) - log(measured))``, summed over all losses, where
    ``huber(e) = e^2/2`` for ``|e| <= delta`` and ``delta*(|e| - delta/2)`` otherwise.

    Needs SciPy: ``pip install 'fastlr[fit]'``.

    Parameters
    ----------
    family : type
        ``MultiPower``, ``FunctionalScaling`` or ``Annealing``.
    curves : sequence of (rates, steps, losses)
        One tuple per run: a scalar schedule, or an array of rates from step 0 on; the logged
        steps, in the order of the log; the losses there, finite and above 0. A run of which only
        the final loss is known is ``(schedule, [steps - 1], [loss])``.
    held : sequence of str, optional
        The constants that are not fitted. For ``MultiPower``: ``()``, ``("B",)`` or ``("B", "beta",
        "gamma")``; for the other laws ``()``. B is held at its best value in a law whose bracket is
        1, beta at 1 and gamma at 1/2. Default None: with two curves or more, each is left out in
        turn and predicted from the others, and what predicts best is held in the fit of all.
        Nothing is held with one curve, or if a run has one loss.
    starts : int
        How many times to start, each from the best of eight guesses. Default 4.
    seed : int
        Seed of the guesses. Default 0.
    delta : float
        Where the Huber loss becomes linear, above 0. Default 1e-3.

    Returns
    -------
    Fit
        The best law. The same arguments give the same law. Its ``fitted_on`` holds the range of the
        runs.

    Raises
    ------
    TypeError, ValueError
        Before any work: if steps go back without a restart, go beyond the rates, or begin before
        the first rate above 0; a loss is not finite or not above 0; the numbers of steps and losses
        differ; a curve has no loss, or all curves together no more than the law has constants,
        where equal runs count once.

    Notes
    -----
    A log may have restarts. Where the steps go back to step ``s``, the earlier rows with
    ``step >= s`` belong to the abandoned attempt and are dropped, whatever their losses. Of a
    repeated step the last loss counts. Rows that are out of order and do not show a restart are
    refused, as ``fastlr.arguments.logged_rows.surviving`` says.

    A few curves seldom determine all constants of a multi-power law. The closest constants then
    predict other runs badly, which is why some are held.

    SciPy's trust-region method minimizes the sum, with exact derivatives by the logarithms of the
    constants.

    References
    ----------
    Luo et al., *A Multi-Power Law for Loss Curve Prediction Across Learning Rate Schedules*, arXiv
    2503.12811 (2025), for the objective.

    Examples
    --------
    >>> import fastlr as flr
    >>> law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.99)
    >>> run, steps = flr.cosine(1e-2, 1e-3, steps=1_000), range(0, 1_000, 20)
    >>> found = flr.loss_laws.fit(flr.loss_laws.Annealing, [(run, steps, law.curve(run, steps))])
    >>> round(found.law.L0, 4), round(found.law.decay, 4)
    (2.6, 0.99)
    """
    if not isinstance(family, type) or family not in HELD:
        names = ", ".join(law.__name__ for law in HELD)
        raise TypeError(f"fit: family must be one of {names}, got {short_repr(family)}")
    if held is not None and (not isinstance(held, Sequence) or tuple(held) not in HELD[family]):
        raise ValueError(
            f"fit: held must be one of {', '.join(map(repr, HELD[family]))}, or None, "
            f"got {short_repr(held)}"
        )
    scale = validate_scalar(Positive, "fit: delta", delta)
    count = validate_scalar(Period, "fit: starts", starts)
    first = validate_scalar(Steps, "fit: seed", seed)
    runs = _checked_curves(family, curves)
    chosen = _choose_held(family, runs, scale, first) if held is None else tuple(held)
    loss, law = _best_fit(family, runs, scale, first, chosen, count)
    near = tuple(metrics_of(_predicted(law, run), run.losses) for run in runs)
    found = family(**law.constants, fitted_on=_ranges(runs))  # type: ignore[call-arg]
    return Fit(found, loss, near, chosen)


def _ranges(runs: list[Measured]) -> FittedOn:
    """The peaks and lengths of the runs, up to their last measured losses."""
    steps = [int(run.t[-1]) + 1 for run in runs]
    peaks = [float(run.rates[:count].max()) for run, count in zip(runs, steps, strict=True)]
    return FittedOn((min(peaks), max(peaks)), (min(steps), max(steps)))


def _checked_curves(family: type[Law], curves: Sequence[Curve]) -> list[Measured]:
    """The checked curves, or an error that names the first wrong one."""
    if isinstance(curves, str) or not isinstance(curves, Sequence) or not curves:
        raise TypeError(
            "fit: curves must be a sequence of one or more (rates, steps, losses), got "
            f"{type(curves).__name__} {short_repr(curves)}"
        )
    runs = [measured(f"fit: curves[{i}]", curve) for i, curve in enumerate(curves)]
    if (points := _different_points(runs)) <= len(family.kinds):
        raise ValueError(
            "fit: curves must have more losses than the law has constants, "
            f"{len(family.kinds)}, got {points}; equal runs count once"
        )
    return runs


def _different_points(runs: list[Measured]) -> int:
    """How many losses are of different rates or steps; a repeated run determines no constant."""
    steps: dict[bytes, set[int]] = {}
    for run in runs:
        steps.setdefault(run.rates.tobytes(), set()).update(run.t.tolist())
    return sum(map(len, steps.values()))


def _predicted(law: Law, run: Measured) -> Array:
    """The losses that a law predicts where they were measured."""
    return law._losses_at(choose(), run.rates, run.t)


def _best_fit(
    family: type[L],
    runs: list[Measured],
    delta: float,
    seed: int,
    held: tuple[str, ...],
    starts: int,
) -> tuple[float, L]:
    """The lowest objective of several starts, and its law."""
    where = {name: immediate_b(runs, delta) if name == "B" else _HELD_AT[name] for name in held}
    problem = Problem(family, runs, delta, where)
    each = [problem.refined(np.random.default_rng([seed, start])) for start in range(starts)]
    return min(each, key=lambda found: found[0])


def _choose_held(
    family: type[Law], runs: list[Measured], delta: float, seed: int
) -> tuple[str, ...]:
    """The constants to hold so that each curve is predicted best from the others.

    None for final losses: their rates hardly differ, so they do not determine the B that is held.
    """
    final_losses = any(run.t.size == 1 for run in runs)
    if len(runs) < 2 or final_losses or len(HELD[family]) < 2:
        return ()

    def left_out(held: tuple[str, ...]) -> float:
        """The error on the curves that were left out, in total."""
        total = 0.0
        for i, run in enumerate(runs):
            _, law = _best_fit(family, runs[:i] + runs[i + 1 :], delta, seed, held, 1)
            ratios = np.maximum(_predicted(law, run), 1e-12) / run.losses
            total += float(huber(np.log(ratios), delta).mean())
        return total

    return min(HELD[family], key=left_out)
