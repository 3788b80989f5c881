"""Move a tuned peak from one schedule to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Period, Positive, short_repr, validate, validate_scalar
from fastlr.errors import public
from fastlr.program.tree import ends
from fastlr.reductions.segment_view import naming
from fastlr.schedule.schedule import Schedule

__all__ = ["transfer"]

Array = npt.NDArray[np.float64]

_LANES = 1 << 16  # of a sweep, built at a time


@with_types
@public
def transfer(peak: npt.ArrayLike, old: Any, new: Any, *, steps: int) -> Any:
    """Predict the best peak of a new schedule from the best peak measured with an old one.

    A schedule's best peak by the last-iterate bound is ``(D/G) * c(s)`` with ``c(s) =
    s.best_scale(steps) * s.max(steps)``, where D/G depends on the model and the data. So the new
    peak is ``peak * c(new)/c(old)``.

    Parameters
    ----------
    peak : float or array of float
        The best peak measured with ``old``, above 0: its largest rate, as a learning rate.
    old : Schedule or Sweep
        The schedule of the tuned runs. Only its curve counts: at any peak it gives the same
        answer.
    new : Schedule or Sweep
        The schedule to move to; likewise at any peak.
    steps : int
        The number of steps of both runs, from 1. Steps ``0`` to ``steps - 1`` count.

    Returns
    -------
    float or numpy.ndarray of float64
        The best peak of ``new``, of the shape to which ``peak``, ``old.shape`` and ``new.shape``
        broadcast. A float for scalars. Multiply ``new`` by it over ``new.max(steps)`` to get the
        schedule.

    Raises
    ------
    TypeError, ValueError
        If ``peak`` or ``steps`` is out of range, ``old`` or ``new`` is not a schedule or a sweep,
        the shapes do not broadcast, a run has no rate above 0, or a plan ends after ``steps``, or
        before it at rate 0.

    Notes
    -----
    The bound was compared with 57 runs of a 124M-parameter language model (Hägele et al. 2024):
    cosine to 0 and to 10 %, linear cooldowns over 10 to 90 % of the run and a 1-sqrt cooldown. At
    25,000 steps, measured and transferred peaks of nine curves have a log-log correlation of 0.94
    and a slope of 0.99; six curves at 15,000 steps have 0.98 and 0.87. Single peaks are off by up
    to 19 %; so sweep around the transferred peak if a run is costly.

    It fails across run lengths. There the bound lets the peak fall with the root of the length;
    measured exponents are -0.07 to -0.27. So both runs have one number of steps here. It also says
    nothing of another batch size, model or optimizer, and it is not a law of the loss: use
    ``fastlr.loss_laws`` for that.

    References
    ----------
    Schaipp, Hägele, Taylor, Simsekli and Bach, *The Surprising Agreement Between Convex
    Optimization Theory and Learning-Rate Scheduling for Large Model Training* (2025),
    arXiv:2501.18965, section 5. Hägele et al., *Scaling Laws and Compute-Optimal Training Beyond
    Fixed Training Durations* (2024), arXiv:2405.18392: the runs.

    Examples
    --------
    >>> import fastlr as flr
    >>> cosine = flr.warmup_cosine(1.0, warmup=300, steps=25_000)
    >>> wsd = flr.wsd(1.0, warmup=300, stable=19_700, cooldown=5_000)
    >>> float(f"{flr.transfer(2.3e-3, cosine, wsd, steps=25_000):.3g}")
    0.00123
    """
    best = validate(Positive, "transfer: peak", peak)
    steps = validate_scalar(Period, "transfer: steps", steps)
    scales = {"old": _best_peak("old", old, steps), "new": _best_peak("new", new, steps)}
    try:
        moved = best * (scales["new"] / scales["old"])
    except ValueError:
        raise ValueError(
            f"transfer: peak, old and new must broadcast, got shapes {best.shape}, "
            f"{scales['old'].shape} and {scales['new'].shape}"
        ) from None
    return moved if moved.shape else float(moved)


@naming("transfer", "steps must be fewer")
def _best_peak(which: str, schedule: Any, steps: int) -> Array:
    """Return the best peak for ``distance = gradient``, one per lane."""
    if not all(callable(getattr(schedule, name, None)) for name in ("reduce", "table")):
        raise TypeError(
            f"transfer: {which} must be a Schedule or a Sweep, got "
            f"{type(schedule).__name__} {short_repr(schedule)}"
        )
    _check_reach(which, schedule, steps)
    found = schedule.reduce(["best_scale", "max"], steps)
    peaks: Array = np.asarray(found["best_scale"]) * np.asarray(found["max"])
    return peaks


def _check_reach(which: str, schedule: Any, steps: int) -> None:
    """Refuse a plan that ends elsewhere than the run: one that is cut off, or idle at its end."""
    last = schedule.reduce("max", max(0, steps - 2), steps)["max"]
    if steps > 1 and np.any(np.asarray(last) == 0):
        raise ValueError(
            f"transfer: {which} must train until step {steps - 1}, got rate 0 at the last two "
            "steps; both runs must have the same number of steps, because peaks do not transfer "
            "across lengths"
        )
    latest = max((int(np.max(end)) for end in _ends(schedule)), default=0)
    if latest > steps:
        raise ValueError(
            f"transfer: steps must reach the end of {which}, step {latest}, got "
            f"{steps}; for a run that is stopped there, give fastlr.sampled({which}.table(steps))"
        )


def _ends(schedule: Any) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the ends of a schedule's lanes, those in a stack with lanes that never end too."""
    if isinstance(schedule, Schedule):
        yield from ends(schedule._node)
        return
    for places in schedule.chunks(_LANES):
        for _, batch in schedule.batches(places):
            yield from ends(batch._node)
