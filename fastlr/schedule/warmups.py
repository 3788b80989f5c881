"""Warmups, and what follows: the schedules of most language models."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Floats, Period, Power, Rate, Steps, short_repr
from fastlr.program import double_double
from fastlr.program.lane_conditions import any_lane
from fastlr.schedule.algebra import join_parts
from fastlr.schedule.constructing import constructor, unchecked
from fastlr.schedule.curves import constant, cosine, linear
from fastlr.schedule.decays import inverse_power
from fastlr.schedule.plan_changes import Cooldown, cooldown_node
from fastlr.schedule.schedule import Schedule, curve_schedule, from_node

__all__ = ["inverse_sqrt", "noam", "warmup_constant", "warmup_cosine", "warmup_linear", "wsd"]


@constructor
def warmup_constant(peak: Rate, warmup: Steps, init: Rate = 0.0) -> Schedule:
    """Rise in a straight line to ``peak``, then hold it.

    ``rate(t) = init + (peak - init) * t/warmup`` for ``t < warmup``, then ``peak``

    Parameters
    ----------
    peak : float or array
        Rate from step ``warmup`` on, from 0 to 1e290.
    warmup : int or array
        Length of the warmup in steps, from 0 to 2**53.
    init : float or array, default 0.0
        Rate at step 0, from 0 to 1e290.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast.

    Notes
    -----
    The rate is ``init`` at step 0, ``peak`` at step ``warmup``, and ``peak`` from there on.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.warmup_constant(1.0, warmup=4).table(6)
    array([0.  , 0.25, 0.5 , 0.75, 1.  , 1.  ])
    """
    return unchecked(linear)(init, peak, warmup)


@constructor
def warmup_linear(
    peak: Rate, warmup: Steps, steps: Steps, end: Rate = 0.0, init: Rate = 0.0
) -> Schedule:
    """Rise in a straight line to ``peak``, then fall in a straight line to ``end``.

    ``rate(t) = init + (peak - init) * t/warmup`` for ``t < warmup``, then
    ``peak + (end - peak) * (t - warmup)/(steps - warmup)``

    Parameters
    ----------
    peak : float or array
        Rate at step ``warmup``, from 0 to 1e290.
    warmup : int or array
        Length of the warmup in steps, from 0 to ``steps``.
    steps : int or array
        Length of the whole schedule in steps, warmup included, from 0 to 2**53.
    end : float or array, default 0.0
        Rate from step ``steps`` on, from 0 to 1e290.
    init : float or array, default 0.0
        Rate at step 0, from 0 to 1e290.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast, or ``warmup`` is longer
        than ``steps``.

    Notes
    -----
    The rate is ``init`` at step 0, ``peak`` at step ``warmup``, ``end`` at step ``steps``, and
    ``end`` from there on.

    References
    ----------
    Devlin et al., *BERT: Pre-training of Deep Bidirectional Transformers for Language
    Understanding* (2019).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.warmup_linear(1.0, warmup=2, steps=6).table(7)
    array([0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  ])
    """
    down = unchecked(linear)(peak, end, _after("warmup_linear", warmup, steps))
    return join_parts([unchecked(linear)(init, peak, warmup), down], [0, warmup])


@constructor
def warmup_cosine(
    peak: Rate, warmup: Steps, steps: Steps, end: Rate = 0.0, init: Rate = 0.0
) -> Schedule:
    """Rise in a straight line to ``peak``, then fall along half a cosine wave to ``end``.

    ``rate(t) = init + (peak - init) * t/warmup`` for ``t < warmup``, then
    ``end + (peak - end) * (1 + cos(pi * (t - warmup)/(steps - warmup))) / 2``

    Parameters
    ----------
    peak : float or array
        Rate at step ``warmup``, from 0 to 1e290.
    warmup : int or array
        Length of the warmup in steps, from 0 to ``steps``.
    steps : int or array
        Length of the whole schedule in steps, warmup included, from 0 to 2**53.
    end : float or array, default 0.0
        Rate from step ``steps`` on, from 0 to 1e290.
    init : float or array, default 0.0
        Rate at step 0, from 0 to 1e290.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast, or ``warmup`` is longer
        than ``steps``.

    Notes
    -----
    The rate is ``init`` at step 0, ``peak`` at step ``warmup``, ``end`` at step ``steps``, and
    ``end`` from there on. Most language models since GPT-3 were trained with it.

    References
    ----------
    Brown et al., *Language Models are Few-Shot Learners* (2020).

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.warmup_cosine(6e-4, warmup=2_000, steps=600_000, end=6e-5)
    >>> s(1_000), s(2_000), s(600_000)
    (0.0003, 0.0006, 6e-05)
    """
    down = unchecked(cosine)(peak, end, _after("warmup_cosine", warmup, steps))
    return join_parts([unchecked(linear)(init, peak, warmup), down], [0, warmup])


@constructor
def wsd(
    peak: Rate,
    warmup: Steps,
    stable: Steps,
    cooldown: Steps,
    end: Rate = 0.0,
    init: Rate = 0.0,
    shape: Cooldown = "linear",
    power: Power = 2.0,
) -> Schedule:
    """Rise to ``peak``, hold it, then cool down to ``end``: warmup, stable, decay.

    ``rate(t) = end + (peak - end) * w(p)`` in the cooldown, where p is its progress from 0 to 1.
    The weight w depends on ``shape``.

    Parameters
    ----------
    peak : float or array
        Rate of the stable phase, from 0 to 1e290.
    warmup : int or array
        Length of the warmup in steps, from 0 to 2**53.
    stable : int or array
        Length of the stable phase in steps, from 0 to 2**53.
    cooldown : int or array
        Length of the cooldown in steps, from 0 to 2**53.
    end : float or array, default 0.0
        Rate from the end of the cooldown on, from 0 to 1e290.
    init : float or array, default 0.0
        Rate at step 0, from 0 to 1e290.
    shape : str, default "linear"
        Curve of the cooldown, by the weight of ``peak``:

        - ``"linear"``: ``1 - p``
        - ``"cosine"``: ``(1 + cos(pi*p)) / 2``
        - ``"1-sqrt"``: ``1 - sqrt(p)``
        - ``"sqrt"``: ``sqrt(1 - p)``
        - ``"polynomial"``: ``(1 - p)^power``
        - ``"exponential"``: the rate is ``peak * (end/peak)^p``; ``end`` must be above 0
    power : float or array, default 2.0
        Exponent of ``shape="polynomial"``, from 1e-3 to 1e3.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast, if the three lengths exceed
        2**53 steps together, or a level is 0 with ``shape="exponential"``.

    Notes
    -----
    The rate is ``init`` at step 0, ``peak`` at step ``warmup``, and ``peak`` up to step
    ``warmup + stable``, where the cooldown begins. It is ``end`` at step
    ``warmup + stable + cooldown``, and ``end`` from there on.

    References
    ----------
    Hu et al., *MiniCPM: Unveiling the Potential of Small Language Models with Scalable Training
    Strategies* (2024).

    Hagele et al., *Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations*
    (2024), for the curves of the cooldown.

    Examples
    --------
    >>> import fastlr as flr
    >>> s = flr.wsd(1.0, warmup=10, stable=80, cooldown=10, shape="1-sqrt")
    >>> s(5), s(90), round(s(95), 4), s(100)
    (0.5, 1.0, 0.2929, 0.0)
    """
    begin = np.asarray(warmup) + np.asarray(stable)
    down = from_node(cooldown_node("wsd", peak, end, cooldown, shape, power))
    up, top = unchecked(linear)(init, peak, warmup), unchecked(constant)(peak)
    return join_parts([up, top, down], [0, warmup, begin])


@constructor
def inverse_sqrt(peak: Rate, warmup: Period, init: Rate = 0.0) -> Schedule:
    """Rise in a straight line to ``peak``, then decay by the inverse square root of the step.

    ``rate(t) = init + (peak - init) * t/warmup`` for ``t < warmup``, then ``peak * sqrt(warmup/t)``

    Parameters
    ----------
    peak : float or array
        Rate at step ``warmup``, from 0 to 1e290.
    warmup : int or array
        Length of the warmup in steps, from 1 to 2**53.
    init : float or array, default 0.0
        Rate at step 0, from 0 to 1e290.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast.

    Notes
    -----
    The rate is ``init`` at step 0 and ``peak`` at step ``warmup``. The schedule never ends. fairseq
    and T5 specify the schedule by its peak, as here; ``noam`` specifies it by the width of the
    model.

    References
    ----------
    Vaswani et al., *Attention Is All You Need* (2017).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.inverse_sqrt(1.0, warmup=100)(50), flr.inverse_sqrt(1.0, warmup=100)(400)
    (0.5, 0.5)
    """
    up, down = unchecked(linear)(init, peak, warmup), unchecked(inverse_power)(peak, 0.5, warmup)
    return join_parts([up, down], [0, warmup])


@constructor
def noam(width: Period, warmup: Period, factor: Rate = 1.0) -> Schedule:
    """Warm up and decay as the original Transformer does.

    ``rate(t) = factor * width^-0.5 * min(n^-0.5, n * warmup^-1.5)``, where ``n = t + 1``

    Parameters
    ----------
    width : int or array
        Width of the model, from 1 to 2**53.
    warmup : int or array
        Length of the warmup in updates, from 1 to 2**53.
    factor : float or array, default 1.0
        Factor of all rates, from 0 to 1e290.

    Returns
    -------
    Schedule
        Its batch shape is what the parameters broadcast to.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range or batch shapes do not broadcast.

    Notes
    -----
    The paper counts updates from 1, so n is the number of the update at step t. The peak is
    ``factor / sqrt(width * warmup)``, at step ``warmup - 1``. The schedule never ends.

    References
    ----------
    Vaswani et al., *Attention Is All You Need* (2017), section 5.3.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.noam(width=512, warmup=4000)(3999)
    0.0006987712429686843
    """
    product = np.asarray(width, dtype=np.float64) * np.asarray(warmup)
    peak = double_double.divide(
        double_double.pair(factor), double_double.sqrt(double_double.pair(product))
    )
    first = double_double.divide(peak, double_double.pair(warmup))[0]
    gain = np.asarray(width, dtype=np.float64)
    decay = curve_schedule(
        "inverse", None, peak[0], init=peak[0], gain=gain, shift=product, unit=product, power=0.5
    )
    rise = np.asarray(warmup) - 1
    return join_parts([unchecked(linear)(first, peak[0], rise), decay], [0, rise])


def _after(where: str, warmup: Floats, steps: Floats) -> npt.NDArray[np.int64]:
    """The steps that remain after the warmup."""
    left: npt.NDArray[np.int64] = np.asarray(steps) - np.asarray(warmup)
    if any_lane(left < 0):
        raise ValueError(
            f"{where}: steps must be at least warmup, got steps={short_repr(steps)}, "
            f"warmup={short_repr(warmup)}"
        )
    return left
