"""AllenNLP's schedulers: ``allennlp.training.learning_rate_schedulers`` of 2.10 (2022), in float64.

Step t is an update. For ``CosineWithRestarts``, and the schedulers of torch that AllenNLP wraps, it
is an epoch.

>>> PolynomialDecay(1.0, num_epochs=2, num_steps_per_epoch=3, warmup_steps=2).table(7)
array([0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  ])
"""

from __future__ import annotations  # help() replaces rules in the text

from fractions import Fraction
from functools import partial
from typing import Literal

import numpy as np

from fastlr.arguments.rules import BelowOne, Rate
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import (
    cut,
    cycles,
    drops,
    fraction,
    geometric,
    lowered_restarts,
    torch_plateau,
    wave,
)
from fastlr.presets._rules import (
    MOST_TURNS,
    ArgumentError,
    Count,
    Exponent,
    Level,
    Marks,
    Ratio,
    Share,
    Span,
    Turns,
    preset,
)
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import constant, cosine, join, linear, noam, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "ConstantLearningRateScheduler",
    "ConstantWithWarmupLearningRateScheduler",
    "CosineHardRestartsWithWarmupLearningRateScheduler",
    "CosineWithRestarts",
    "CosineWithWarmupLearningRateScheduler",
    "ExponentialLearningRateScheduler",
    "LinearWithWarmup",
    "MultiStepLearningRateScheduler",
    "NoamLR",
    "PolynomialDecay",
    "ReduceOnPlateauLearningRateScheduler",
    "SlantedTriangular",
    "StepLearningRateScheduler",
    "UNEXPRESSED",
]

UNEXPRESSED = {
    "CombinedLearningRateScheduler": "Each child begins at the rate where the one before ended, "
    "and counts the batches of the whole run. To run presets one "
    "after another, each from its own step 0, use join().",
}


@preset(elementwise=True)
def NoamLR(lr: Rate, model_size: Span, warmup_steps: Span, factor: Rate = 1.0) -> Schedule:
    """Warm up linearly, then decay by the inverse square root, scaled by the model's width.

    ``factor * model_size^-0.5 * min(t^-0.5, t * warmup_steps^-1.5)``

    Parameters
    ----------
    lr : float or array
        The optimizer's own rate, which step 0 has; an array has one per group. At least 0.
    model_size : int or array of int
        The width of the model. At least 1.
    warmup_steps : int or array of int
        The number of steps of the warmup. At least 1.
    factor : float or array, default 1.0
        The factor of the rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    AllenNLP 2.10 (2022), ``allennlp.training.learning_rate_schedulers.NoamLR``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.allennlp.NoamLR(1.0, 4, 4)([0, 4, 16]).round(4)
    array([1.   , 0.25 , 0.125])
    """
    return join([constant(lr), noam(model_size, warmup_steps, factor)], [1])


@preset()
def PolynomialDecay(
    lr: Rate,
    num_epochs: Span,
    num_steps_per_epoch: Span,
    power: Exponent = 1.0,
    warmup_steps: Count = 0,
    end_learning_rate: Rate = 0.0,
) -> Schedule:
    """Warm up linearly, then decay by a polynomial.

    ``lr * t/warmup_steps`` during the warmup, then ``end_learning_rate + (lr - end_learning_rate) *
    ((T - t)/(T - warmup_steps))^power``, ``T = num_epochs * num_steps_per_epoch``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_epochs : int or array of int
        The number of epochs. At least 1.
    num_steps_per_epoch : int or array of int
        The number of steps per epoch. At least 1.
    power : float or array, default 1.0
        The power of the decay. From 1e-3 to 1e3.
    warmup_steps : int or array of int, default 0
        The number of steps of the warmup. At least 0.
    end_learning_rate : float or array, default 0.0
        The rate at the end. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end the last rate is held.

    References
    ----------
    AllenNLP 2.10 (2022), ``allennlp.training.learning_rate_schedulers.PolynomialDecay``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.allennlp.PolynomialDecay
    >>> s = schedule(1.0, num_epochs=2, num_steps_per_epoch=3, warmup_steps=2)
    >>> s.table(7)
    array([0.  , 0.5 , 1.  , 0.75, 0.5 , 0.25, 0.  ])
    """
    fall = polynomial(
        lr, end_learning_rate, max(num_epochs * num_steps_per_epoch - warmup_steps, 0), power=power
    )
    return linear(0.0, lr, warmup_steps).then(fall)


@preset()
def LinearWithWarmup(
    lr: Rate, num_epochs: Span, num_steps_per_epoch: Span, warmup_steps: Count = 100
) -> Schedule:
    """Warm up linearly, then decay linearly to 0.

    ``lr * t/warmup_steps`` during the warmup, then a line to 0 at step ``num_epochs *
    num_steps_per_epoch``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_epochs : int or array of int
        The number of epochs. At least 1.
    num_steps_per_epoch : int or array of int
        The number of steps per epoch. At least 1.
    warmup_steps : int or array of int, default 100
        The number of steps of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end it is 0.

    References
    ----------
    AllenNLP 2.10 (2022), ``allennlp.training.learning_rate_schedulers.LinearWithWarmup``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.allennlp.LinearWithWarmup
    >>> s = schedule(1.0, num_epochs=2, num_steps_per_epoch=2, warmup_steps=2)
    >>> s.table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0. ])
    """
    return linear(0.0, lr, warmup_steps).then(
        linear(lr, 0.0, max(num_epochs * num_steps_per_epoch - warmup_steps, 0))
    )


@preset(differences="Cycles that grow are at most 10,000.")
def CosineWithRestarts(
    lr: Rate, t_initial: Span, t_mul: Ratio = 1.0, eta_min: Rate = 0.0, eta_mul: Level = 1.0
) -> Schedule:
    """Repeat half a cosine wave, with cycles that change in length and height.

    ``eta_min + (lr * eta_mul^i - eta_min) * (1 + cos(pi*c/L))/2``, c epochs into cycle i of ``L =
    int(t_initial * t_mul^i)`` epochs

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    t_initial : int or array of int
        The number of epochs of the first cycle. At least 1.
    t_mul : float or array, default 1.0
        The factor of a cycle's length. Above 0.
    eta_min : float or array, default 0.0
        The lowest rate. At least 0.
    eta_mul : float or array, default 1.0
        The factor of a cycle's first rate. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Raises
    ------
    ValueError
        If there are more than 10,000 cycles before they have no epochs; when the schedule is
        evaluated past the last cycle that has any.

    Notes
    -----
    Step t is an epoch. Cycles that grow are at most 10,000.

    References
    ----------
    AllenNLP 2.10 (2022), ``allennlp.training.learning_rate_schedulers.CosineWithRestarts``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.allennlp.CosineWithRestarts(1.0, t_initial=2).table(5)
    array([1. , 0.5, 1. , 0.5, 1. ])
    """

    def length(i: int) -> int:
        try:
            return int(t_initial * t_mul**i)
        except OverflowError:  # beyond any step
            return LAST_STEP

    if t_mul >= 1:
        return lowered_restarts(lr, eta_min, length, eta_mul)
    number = next((i for i in range(MOST_TURNS + 1) if not length(i)), None)
    if number is None:
        detail = f"at most {MOST_TURNS:,} cycles where they shrink, got {t_mul}"
        raise ArgumentError(f"t_mul must give {detail}")
    return cut(
        lowered_restarts(lr, eta_min, length, eta_mul, number), sum(map(length, range(number)))
    )


@preset(
    differences="num_steps_per_epoch is required. gradual_unfreezing is not supported. For "
    "discriminative_fine_tuning, lr is an array with one rate per group."
)
def SlantedTriangular(
    lr: Rate,
    num_epochs: Span,
    num_steps_per_epoch: Span,
    cut_frac: Share = 0.1,
    ratio: Ratio = 32.0,
) -> Schedule:
    """Rise linearly to a peak, then fall linearly.

    A line from ``lr/ratio`` to ``lr`` at ``int(cut_frac*T)``, then a line back at ``T = num_epochs
    * num_steps_per_epoch``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_epochs : int or array of int
        The number of epochs. At least 1.
    num_steps_per_epoch : int or array of int
        The number of steps per epoch. At least 1.
    cut_frac : float or array, default 0.1
        The share of the rise. From 0 to 1.
    ratio : float or array, default 32.0
        The peak divided by the first rate. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Past the end the last rate is held. ``num_steps_per_epoch`` is required. ``gradual_unfreezing``
    is not supported; for ``discriminative_fine_tuning`` pass an array as ``lr``.

    References
    ----------
    AllenNLP 2.10 (2022), ``allennlp.training.learning_rate_schedulers.SlantedTriangular``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.allennlp.SlantedTriangular
    >>> s = schedule(1.0, num_epochs=1, num_steps_per_epoch=4, cut_frac=0.5, ratio=4.0)
    >>> s.table(5)
    array([0.25 , 0.625, 1.   , 0.625, 0.25 ])
    """
    total, low = num_epochs * num_steps_per_epoch, np.divide(lr, ratio)
    rise = int(total * cut_frac)
    return linear(low, lr, rise).then(linear(lr, low, total - rise))


# -- what is wrapped: torch's, and those of Hugging Face -------------------------------------------


@preset()
def StepLearningRateScheduler(lr: Rate, step_size: Span, gamma: Level = 0.1) -> Schedule:
    """Reduce the rate at regular intervals.

    ``lr * gamma^floor(t/step_size)``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    step_size : int or array of int
        The number of epochs per reduction. At least 1.
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step t is an epoch. The schedule, torch's, never ends.

    References
    ----------
    AllenNLP 2.10 (2022), ``allennlp.training.learning_rate_schedulers.StepLearningRateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.allennlp.StepLearningRateScheduler(1.0, step_size=2, gamma=0.5).table(4)
    array([1. , 1. , 0.5, 0.5])
    """
    return geometric(lr, gamma, step_size, staircase=True)


@preset()
def MultiStepLearningRateScheduler(lr: Rate, milestones: Marks, gamma: Level = 0.1) -> Schedule:
    """Reduce the rate at milestones.

    ``lr * gamma^i``, i the number of milestones at or before t

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    milestones : sequence of int
        The epochs of the reductions, in any order.
    gamma : float or array, default 0.1
        The factor of a reduction. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step t is an epoch. The schedule is torch's.

    References
    ----------
    AllenNLP 2.10 (2022),
    ``allennlp.training.learning_rate_schedulers.MultiStepLearningRateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.allennlp.MultiStepLearningRateScheduler(1.0, [1, 3], gamma=0.5).table(4)
    array([1.  , 0.5 , 0.5 , 0.25])
    """
    return drops("milestones", lr, gamma, sorted(milestones))


@preset()
def ExponentialLearningRateScheduler(lr: Rate, gamma: Level = 0.1) -> Schedule:
    """Multiply the rate by the same factor at every epoch.

    ``lr * gamma^t``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    gamma : float or array, default 0.1
        The factor per epoch. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    Step t is an epoch. The schedule, torch's, never ends.

    References
    ----------
    AllenNLP 2.10 (2022),
    ``allennlp.training.learning_rate_schedulers.ExponentialLearningRateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.allennlp.ExponentialLearningRateScheduler(1.0, gamma=0.5).table(3)
    array([1.  , 0.5 , 0.25])
    """
    return geometric(lr, gamma)


@preset(elementwise=True)
def ReduceOnPlateauLearningRateScheduler(
    mode: Literal["min", "max"] = "min",
    factor: BelowOne = 0.1,
    patience: Count = 10,
    threshold_mode: Literal["rel", "abs"] = "rel",
    threshold: Level = 1e-4,
    cooldown: Count = 0,
    min_lr: Rate = 0.0,
    eps: Level = 1e-8,
) -> Plateau:
    """Reduce the rate when a metric has stopped improving.

    Parameters
    ----------
    mode : {"min", "max"}, default "min"
        Whether a lower or a higher metric is better.
    factor : float or array, default 0.1
        The factor of a reduction. From 0 up to, not including, 1.
    patience : int or array of int, default 10
        The number of updates without improvement to accept. At least 0.
    threshold_mode : {"rel", "abs"}, default "rel"
        Whether ``threshold`` is relative to the best metric or absolute.
    threshold : float or array, default 1e-4
        How much better a metric must be to count. At least 0.
    cooldown : int or array of int, default 0
        The number of updates after a reduction in which none is counted as bad. At least 0.
    min_lr : float or array, default 0.0
        The lowest rate. At least 0.
    eps : float or array, default 1e-8
        Rates that would change by no more than this stay. At least 0.

    Returns
    -------
    Plateau
        A rule, which takes metrics; see ``fastlr.Plateau``.

    Notes
    -----
    The rule is torch's.

    References
    ----------
    AllenNLP 2.10 (2022),
    ``allennlp.training.learning_rate_schedulers.ReduceOnPlateauLearningRateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.allennlp.ReduceOnPlateauLearningRateScheduler(patience=3)
    Plateau(patience=3, nan='bad')
    """
    return torch_plateau(
        threshold,
        threshold_mode == "rel",
        mode=mode,
        factor=factor,
        patience=patience,
        cooldown=cooldown,
        floor=min_lr,
        eps=eps,
    )


@preset(elementwise=True)
def ConstantLearningRateScheduler(lr: Rate) -> Schedule:
    """Hold the base rate.

    ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The schedule never ends.

    References
    ----------
    AllenNLP 2.10 (2022),
    ``allennlp.training.learning_rate_schedulers.ConstantLearningRateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.allennlp.ConstantLearningRateScheduler(0.5)(10)
    0.5
    """
    return constant(lr)


@preset(elementwise=True)
def ConstantWithWarmupLearningRateScheduler(lr: Rate, num_warmup_steps: Count) -> Schedule:
    """Warm up linearly, then hold the rate.

    ``lr * t/num_warmup_steps`` during the warmup, then ``lr``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup.

    References
    ----------
    AllenNLP 2.10 (2022),
    ``allennlp.training.learning_rate_schedulers.ConstantWithWarmupLearningRateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.allennlp.ConstantWithWarmupLearningRateScheduler(1.0, 2).table(4)
    array([0. , 0.5, 1. , 1. ])
    """
    return linear(0.0, lr, num_warmup_steps)


@preset()
def CosineWithWarmupLearningRateScheduler(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count, num_cycles: Ratio = 0.5
) -> Schedule:
    """Warm up linearly, then follow a cosine wave.

    ``lr * t/num_warmup_steps`` during the warmup, then ``lr * (1 + cos(2*pi*num_cycles*p))/2``, p
    the progress from its end to ``num_training_steps``

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_training_steps : int or array of int
        The number of steps, including the warmup. At least 0.
    num_cycles : float or array, default 0.5
        The number of cosine waves after the warmup; 0.5 is a fall from ``lr`` to 0. Above 0.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. Past the end the wave goes on: with half a wave
    the rate climbs back.

    References
    ----------
    AllenNLP 2.10 (2022),
    ``allennlp.training.learning_rate_schedulers.CosineWithWarmupLearningRateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.presets.allennlp.CosineWithWarmupLearningRateScheduler(1.0, 2, 4).table(6)
    array([0. , 0.5, 1. , 0.5, 0. , 0.5])
    """
    left = max(num_training_steps - num_warmup_steps, 1)
    return linear(0.0, lr, num_warmup_steps).then(wave(lr, 0.0, left / (2 * fraction(num_cycles))))


@preset()
def CosineHardRestartsWithWarmupLearningRateScheduler(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count, num_cycles: Turns = 1
) -> Schedule:
    """Warm up linearly, then repeat half a cosine wave.

    ``lr * t/num_warmup_steps`` during the warmup, then ``num_cycles`` half cosine waves from ``lr``
    to 0

    Parameters
    ----------
    lr : float or array
        The base rate; an array has one per group. At least 0.
    num_warmup_steps : int or array of int
        The number of steps of the warmup. At least 0.
    num_training_steps : int or array of int
        The number of steps, including the warmup. At least 0.
    num_cycles : int or array of int, default 1
        The number of falling half waves. From 1 to 10,000.

    Returns
    -------
    Schedule
        One lane per element of the arguments that are arrays.

    Notes
    -----
    The rate at step 0 is 0, if there is a warmup. From ``num_training_steps`` on it is 0.

    References
    ----------
    AllenNLP 2.10 (2022), ``CosineHardRestartsWithWarmupLearningRateScheduler``.

    Examples
    --------
    >>> import fastlr as flr
    >>> schedule = flr.presets.allennlp.CosineHardRestartsWithWarmupLearningRateScheduler
    >>> s = schedule(1.0, 2, 6, num_cycles=2)
    >>> s.table(7)
    array([0. , 0.5, 1. , 0.5, 1. , 0.5, 0. ])
    """
    left = max(num_training_steps - num_warmup_steps, 1)
    whole = cycles(lambda _: partial(cosine, lr, 0.0), Fraction(left, num_cycles), 1, num_cycles)
    begins, waves = zip(*whole, strict=True)
    return linear(0.0, lr, num_warmup_steps).then(
        join([*waves, constant(np.multiply(lr, 0))], [*begins[1:], left])
    )
