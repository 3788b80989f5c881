"""Cycles: rates that rise and fall, once or for ever."""

from __future__ import annotations

from typing import Literal

import numpy as np

from fastlr.arguments.rules import (
    Factor,
    Flag,
    Floats,
    Gamma,
    Growth,
    Period,
    Rate,
    Steps,
    short_repr,
)
from fastlr.program.lane_conditions import any_lane
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.algebra import add, join_parts, repeat_with_floor
from fastlr.schedule.constructing import constructor, unchecked
from fastlr.schedule.curves import cosine, linear
from fastlr.schedule.decays import exponential_decay
from fastlr.schedule.schedule import Schedule

__all__ = ["cosine_restarts", "cyclic", "one_cycle"]


@constructor
def cyclic(
    low: Rate,
    high: Rate,
    up: Steps,
    down: Steps | None = None,
    mode: Literal["triangular", "triangular2", "exp_range", "cosine"] = "triangular",
    gamma: Gamma = 1.0,
    inverse: Flag = False,
) -> Schedule:
    """Rise from ``low`` to ``high`` and fall back, for ever.

    ``rate(t) = low + (high - low) * height * w(t)``, where w rises from 0 to 1 in ``up`` steps and
    falls to 0 in ``down`` steps. The height depends on ``mode``.

    Parameters
    ----------
    low : float or array
        Rate at step 0 and at the end of each cycle, from 0 to 1e290.
    high : float or array
        Rate at step ``up``, from ``low`` to 1e290.
    up : int or array
        Steps of the rise, from 0 to 2**53. With 0 the cycle is a saw that only falls.
    down : int or array, optional
        Steps of the fall, from 0 to 2**53; ``up`` if not given. With 0 the cycle is a saw that only
        rises.
    mode : {"triangular", "triangular2", "exp_range", "cosine"}, default "triangular"
        ``"triangular"`` rises and falls in straight lines, ``"cosine"`` in half cosine waves.
        ``"triangular2"`` halves the height above ``low`` with each cycle. ``"exp_range"``
        multiplies the height by ``gamma^t``.
    gamma : float or array, default 1.0
        Factor per step, above 0 and at most 1. Only for ``mode="exp_range"``.
    inverse : bool, default False
        Whether to mirror the cycle, as a momentum moves: ``high`` at step 0 and ``low`` at step
        ``up``. Not for ``mode="exp_range"``.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast, if ``low`` is above
        ``high``, ``up + down`` is not from 1 to 2**53, or ``mode`` does not allow ``gamma`` or
        ``inverse``.

    Notes
    -----
    A cycle has ``up + down`` steps. The schedule never ends.

    References
    ----------
    Smith, *Cyclical Learning Rates for Training Neural Networks* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.cyclic(0.1, 0.5, up=2).table(6)
    array([0.1, 0.3, 0.5, 0.3, 0.1, 0.3])
    """
    fall = up if down is None else down
    _check_cycle(low, high, up, fall, mode, gamma)
    if inverse:
        if mode == "exp_range":
            raise ValueError("cyclic: inverse must be False with mode='exp_range', got True")
        return _wave(mode, high, low, up, fall)
    if mode == "exp_range":
        wave = _wave(mode, 0.0, 1.0, up, fall) * exponential_decay(1.0, gamma=gamma)
        return add(wave * np.subtract(high, low), low).minimum(high)
    return _wave(mode, low, high, up, fall)


@constructor
def cosine_restarts(
    init: Rate, end: Rate, period: Period, stretch: Growth = 1.0, scale: Factor = 1.0
) -> Schedule:
    """Fall from ``init`` towards ``end`` along half a cosine wave, again and again.

    ``rate(t) = end + (init - end) * scale^i * (1 + cos(pi*p)) / 2``, where p is the progress in
    period i

    Parameters
    ----------
    init : float or array
        Rate at step 0, from 0 to 1e290.
    end : float or array
        Rate that each period approaches, from 0 to 1e290.
    period : int or array
        Length of the first period in steps, from 1 to 2**53.
    stretch : float or array, default 1.0
        Length of each period relative to the one before, from 1 to 2**53.
    scale : float or array, default 1.0
        Height above ``end`` of each period relative to the one before, from 0 to 1.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast, or there are more than
        65,536 periods of growing length.

    Notes
    -----
    Period i begins at step ``round(period * (1 + stretch + ... + stretch^(i-1)))``, with its
    highest rate. ``end`` itself is not reached, because the next period begins there. A last period
    of more than 2**53 steps, the whole range, has its length rounded to float64. The schedule never
    ends.

    References
    ----------
    Loshchilov & Hutter, *SGDR: Stochastic Gradient Descent with Warm Restarts* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.cosine_restarts(1.0, 0.0, period=2, stretch=2.0, scale=0.5).table(6)
    array([1.       , 0.5      , 0.5      , 0.4267767, 0.25     , 0.0732233])
    """
    return repeat_with_floor(
        "cosine_restarts", unchecked(cosine)(init, end, period), None, scale, stretch, end
    )


@constructor
def one_cycle(
    peak: Rate,
    steps: Steps,
    warmup: Steps | None = None,
    init: Rate | None = None,
    end: Rate | None = None,
    shape: Literal["cosine", "linear"] = "cosine",
    phases: Literal[2, 3] = 2,
) -> Schedule:
    """Rise from ``init`` to ``peak``, then fall to ``end``, once.

    The rate rises in ``warmup`` steps. With ``phases=2`` it falls to ``end`` in the steps that
    remain. With ``phases=3`` it falls to ``init`` in ``warmup`` steps, then to ``end`` in the steps
    that remain.

    Parameters
    ----------
    peak : float or array
        Highest rate, at step ``warmup``, from 0 to 1e290.
    steps : int or array
        Length of the whole cycle in steps, from 0 to 2**53.
    warmup : int or array, optional
        Steps of the rise; ``round(0.3 * steps)`` if not given.
    init : float or array, optional
        Rate at step 0; ``peak/25`` if not given.
    end : float or array, optional
        Rate from step ``steps`` on; ``init/10_000`` if not given.
    shape : {"cosine", "linear"}, default "cosine"
        Curve of each phase: half a cosine wave, or a straight line.
    phases : {2, 3}, default 2
        Number of phases. The paper has 3.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast, or the phases are longer
        than ``steps``.

    Notes
    -----
    The rate is ``init`` at step 0, ``peak`` at step ``warmup``, ``end`` at step ``steps``, and
    ``end`` from there on.

    References
    ----------
    Smith & Topin, *Super-Convergence: Very Fast Training of Neural Networks Using Large Learning
    Rates* (2018).

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.one_cycle(1.0, steps=100)
    >>> s(0), s(30), s(100)
    (0.04, 1.0, 4e-06)
    """
    whole = np.asarray(steps)
    rise = np.rint(0.3 * whole).astype(np.int64) if warmup is None else np.asarray(warmup)
    first = np.asarray(peak) / 25.0 if init is None else np.asarray(init)
    last = first / 10_000.0 if end is None else np.asarray(end)
    falls = [rise] if phases == 3 else []
    if (rise * (1 + len(falls)) > whole).any():
        raise ValueError(
            f"one_cycle: steps must be at least {'2 * ' * len(falls)}warmup, got "
            f"steps={short_repr(steps)}, warmup={short_repr(rise)}"
        )
    curve = unchecked(cosine if shape == "cosine" else linear)
    parts = [curve(first, peak, rise), *(curve(peak, first, fall) for fall in falls)]
    done = rise * len(parts)
    parts.append(curve(first if falls else peak, last, whole - done))
    return join_parts(parts, [rise * i for i in range(len(parts))])


def _wave(mode: str, low: Floats, high: Floats, up: Floats, down: Floats) -> Schedule:
    """Rise and fall for ever."""
    curve = unchecked(cosine if mode == "cosine" else linear)
    cycle = join_parts([curve(low, high, up), curve(high, low, down)], [0, up])
    return repeat_with_floor("cyclic", cycle, None, 0.5 if mode == "triangular2" else 1.0, 1.0, low)


def _check_cycle(
    low: Floats,
    high: Floats,
    up: Floats,
    down: Floats,
    mode: str,
    gamma: Floats,
) -> None:
    if any_lane(np.greater(low, high)):
        raise ValueError(
            f"cyclic: low must be at most high, got low={short_repr(low)}, high={short_repr(high)}"
        )
    length = np.asarray(up) + np.asarray(down)
    if any_lane((length < 1) | (length > LAST_STEP)):
        raise ValueError(
            f"cyclic: up + down must be from 1 to 2**53, got up={short_repr(up)}, "
            f"down={short_repr(down)}"
        )
    if mode != "exp_range" and any_lane(np.not_equal(gamma, 1)):
        raise ValueError(
            f"cyclic: gamma must be 1 unless mode='exp_range', got mode={mode!r}, "
            f"gamma={short_repr(gamma)}"
        )
