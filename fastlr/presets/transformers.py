"""Hugging Face transformers' schedules, ``transformers.optimization``, as of transformers 5.24
(2026).

Step t is the t-th ``scheduler.step()`` after the constructor's own: t=0 is the rate of the first
update, which a warm-up makes 0. All are factors of each group's own rate, in double precision. Two
builders also read ``optimizer.defaults["lr"]``, one rate for all groups: that is ``default_lr``
here, by default each group's own.

>>> import fastlr as flr
>>> flr.presets.transformers.get_scheduler("cosine", 0.5, num_warmup_steps=2, num_training_steps=4).table(6)
array([0.  , 0.25, 0.5 , 0.25, 0.  , 0.25])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Amount, Flag, Power, Rate, Unit, short_repr
from fastlr.plateau.rule import Plateau
from fastlr.presets._building_blocks import fraction, on_clock, torch_plateau, wave
from fastlr.presets._rules import ArgumentError, Count, Level, Span, named, preset
from fastlr.schedule.constructors import constant, cosine, inverse_power, join, linear, polynomial
from fastlr.schedule.schedule import Schedule

__all__ = [
    "SCHEDULERS",
    "UNEXPRESSED",
    "Adafactor",
    "get_constant_schedule",
    "get_constant_schedule_with_warmup",
    "get_cosine_schedule_with_warmup",
    "get_cosine_with_hard_restarts_schedule_with_warmup",
    "get_cosine_with_min_lr_schedule_with_warmup",
    "get_cosine_with_min_lr_schedule_with_warmup_lr_rate",
    "get_inverse_sqrt_schedule",
    "get_linear_schedule_with_warmup",
    "get_polynomial_decay_schedule_with_warmup",
    "get_reduce_on_plateau_schedule",
    "get_scheduler",
    "get_wsd_schedule",
]

UNEXPRESSED = {
    "get_greedy_schedule": "GreedyLR raises the rate after good metrics and resets it "
    "after a long time at the floor: its "
    "automaton is none that Plateau has.",
}


@preset(elementwise=True)
def get_constant_schedule(lr: Rate) -> Schedule:
    """``lr``."""
    return constant(lr)


@preset(elementwise=True)
def get_constant_schedule_with_warmup(lr: Rate, num_warmup_steps: Count) -> Schedule:
    """``lr * t/num_warmup_steps``, then ``lr``."""
    return linear(0.0, lr, num_warmup_steps)


@preset(elementwise=True)
def get_linear_schedule_with_warmup(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count
) -> Schedule:
    """``lr * t/num_warmup_steps``, then by a line to 0 at ``num_training_steps``: at once,
    where the warm-up takes them all.
    """
    left = np.maximum(np.subtract(num_training_steps, num_warmup_steps), 0)
    return linear(0.0, lr, num_warmup_steps).then(linear(lr, 0.0, left))


@preset()
def get_cosine_schedule_with_warmup(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count, num_cycles: Level = 0.5
) -> Schedule:
    """``lr * t/num_warmup_steps``, then ``lr * (1 + cos(2*pi*num_cycles*p))/2``, p the progress
    from there to the end.

    It is not clamped: after ``num_training_steps`` the wave goes on, and with half a cycle climbs
    back.
    """
    body = _waves(lr, 0.0, num_training_steps - num_warmup_steps, num_cycles)
    return join([linear(0.0, lr, num_warmup_steps), body], [num_warmup_steps])


@preset(
    differences="Where num_cycles*p rounds to just below a whole number at the first step of a "
    "cycle, transformers gives 0; here every cycle begins with lr.",
)
def get_cosine_with_hard_restarts_schedule_with_warmup(
    lr: Rate, num_warmup_steps: Count, num_training_steps: Count, num_cycles: Level = 1
) -> Schedule:
    """``lr * t/num_warmup_steps``, then ``lr * (1 + cos(pi*(num_cycles*p mod 1)))/2``, and exactly
    0 from the end on.

    p is the progress after the warm-up; where that takes all of the training, ``lr`` for one step
    after it, then 0.
    """
    length = max(1, num_training_steps - num_warmup_steps)
    ends = [num_warmup_steps, num_warmup_steps + length]
    return join(
        [linear(0.0, lr, num_warmup_steps), _restarts(lr, length, num_cycles), constant(0.0)], ends
    )


@preset(
    differences="Where num_training_steps is num_warmup_steps, transformers divides by zero at "
    "that step; here lr_end holds."
)
def get_polynomial_decay_schedule_with_warmup(
    lr: Rate,
    num_warmup_steps: Count,
    num_training_steps: Count,
    lr_end: Rate = 1e-7,
    power: Power = 1.0,
    default_lr: Amount | None = None,
) -> Schedule:
    """``lr * t/num_warmup_steps``, then ``end + (lr - end) * (1 - p)^power``, p the progress to the
    end, and held.

    ``end`` is ``lr_end``, or ``lr_end * lr/default_lr`` for the groups of an optimizer whose own
    rate is ``default_lr``.
    """
    if np.any(np.greater_equal(lr_end, lr if default_lr is None else default_lr)):
        detail = (
            f"got lr_end={short_repr(lr_end)}, lr={short_repr(lr)}, "
            f"default_lr={short_repr(default_lr)}"
        )
        raise ArgumentError(f"lr_end must be below the initial lr, {detail}")
    left = max(0, num_training_steps - num_warmup_steps)
    return linear(0.0, lr, num_warmup_steps).then(
        polynomial(lr, _of_group(lr_end, lr, default_lr), left, power=power)
    )


@preset()
def get_inverse_sqrt_schedule(
    lr: Rate, num_warmup_steps: Count, timescale: Span | None = None
) -> Schedule:
    """``lr * t/num_warmup_steps``, then ``lr / sqrt(1 + (t - num_warmup_steps)/timescale)``.

    ``timescale`` is ``num_warmup_steps`` if not given, or 10,000 without a warm-up.
    """
    return linear(0.0, lr, num_warmup_steps).then(
        inverse_power(lr, 0.5, timescale or num_warmup_steps or 10_000)
    )


@preset()
def get_cosine_with_min_lr_schedule_with_warmup(
    lr: Rate,
    num_warmup_steps: Count,
    num_training_steps: Count,
    num_cycles: Level = 0.5,
    min_lr: Rate | None = None,
    min_lr_rate: Level | None = None,
    default_lr: Amount | None = None,
) -> Schedule:
    """``lr * t/num_warmup_steps``, then ``low + (lr - low) * (1 + cos(2*pi*num_cycles*p))/2``, not
    clamped after the end.

    ``low`` is ``lr * min_lr_rate``, or ``min_lr``, which is ``min_lr * lr/default_lr`` for a group
    with another rate.
    """
    low = _lowest(lr, min_lr, min_lr_rate, default_lr)
    body = _waves(lr, low, num_training_steps - num_warmup_steps, num_cycles)
    return join([linear(0.0, lr, num_warmup_steps), body], [num_warmup_steps])


@preset()
def get_cosine_with_min_lr_schedule_with_warmup_lr_rate(
    lr: Rate,
    num_warmup_steps: Count,
    num_training_steps: Count,
    num_cycles: Level = 0.5,
    min_lr: Rate | None = None,
    min_lr_rate: Level | None = None,
    warmup_lr_rate: Level | None = None,
    default_lr: Amount | None = None,
) -> Schedule:
    """As ``get_cosine_with_min_lr_schedule_with_warmup``, a step ahead: never 0, and at the low end
    by the last step.

    The warm-up is ``lr * (t + 1)/num_warmup_steps``, or from ``lr * warmup_lr_rate`` by a line to
    ``lr`` at its own last step.
    """
    low = _lowest(lr, min_lr, min_lr_rate, default_lr)
    body = _waves(lr, low, num_training_steps - num_warmup_steps, num_cycles, first=1)
    if warmup_lr_rate is None:
        return join([linear(0.0, lr, num_warmup_steps).skip(1), body], [num_warmup_steps])
    return join(
        [linear(np.multiply(lr, warmup_lr_rate), lr, max(1, num_warmup_steps - 1)), body],
        [num_warmup_steps],
    )


@preset()
def get_wsd_schedule(
    lr: Rate,
    num_warmup_steps: Count,
    num_decay_steps: Count,
    num_training_steps: Count | None = None,
    num_stable_steps: Count | None = None,
    warmup_type: Literal["linear", "cosine", "1-sqrt"] = "linear",
    decay_type: Literal["linear", "cosine", "1-sqrt"] = "cosine",
    min_lr_ratio: Level = 0.0,
    num_cycles: Level = 0.5,
) -> Schedule:
    """From ``lr * min_lr_ratio``, not 0, to ``lr``; ``lr``; and back by the decay's shape; then
    ``lr * min_lr_ratio``.

    The stable phase takes what the other two leave of ``num_training_steps``, or
    ``num_stable_steps``, which wins. Where they leave less than nothing the decay has begun before
    the warm-up ends.
    """
    if num_training_steps is None and num_stable_steps is None:
        raise ArgumentError("num_training_steps or num_stable_steps must be given, got neither")
    stable = num_stable_steps
    if stable is None:
        stable = (num_training_steps or 0) - num_warmup_steps - num_decay_steps
    low = np.multiply(lr, min_lr_ratio)
    begin = num_warmup_steps + max(stable, 0)
    fall = join(
        [_decay(lr, low, num_decay_steps, decay_type, num_cycles), constant(low)], [num_decay_steps]
    )
    rise = _rise(low, lr, num_warmup_steps, warmup_type)
    return join(
        [rise, constant(lr), fall.skip(-stable) if stable < 0 else fall], [num_warmup_steps, begin]
    )


@preset(elementwise=True)
def get_reduce_on_plateau_schedule(
    mode: Literal["min", "max"] = "min",
    factor: Unit = 0.1,
    patience: Count = 10,
    threshold: Level = 1e-4,
    threshold_mode: Literal["rel", "abs"] = "rel",
    cooldown: Count = 0,
    min_lr: Rate = 0.0,
    eps: Level = 1e-8,
) -> Plateau:
    """torch's ``ReduceLROnPlateau`` as a rule: ``factor`` once the metric was not better for
    more than ``patience`` updates.
    """
    relative = threshold_mode == "rel"
    return torch_plateau(
        threshold,
        relative,
        mode=mode,
        factor=factor,
        patience=patience,
        cooldown=cooldown,
        floor=min_lr,
        eps=eps,
    )


@preset(
    differences="With scale_parameter=True each parameter's rate is multiplied by its root mean "
    "square, which no schedule knows: scale is that factor.",
)
def Adafactor(scale: Rate = 1.0, warmup_init: Flag = False) -> Schedule:
    """``scale * min(c, 1/sqrt(n))``, n = t + 1, c 0.01 or, with ``warmup_init``, ``1e-6 * n``.

    The optimizer does it by itself with ``relative_step=True``, and ``AdafactorSchedule`` reports
    it.
    """
    start = linear(0.0, 1.0, 1_000_000).skip(1) if warmup_init else constant(0.01)
    return inverse_power(1.0, 0.5).minimum(start) * scale


# -- by name ---------------------------------------------------------------------------------------

_BUILDERS: dict[str, Callable[..., Any]] = {
    "linear": get_linear_schedule_with_warmup,
    "cosine": get_cosine_schedule_with_warmup,
    "cosine_with_restarts": get_cosine_with_hard_restarts_schedule_with_warmup,
    "polynomial": get_polynomial_decay_schedule_with_warmup,
    "constant": get_constant_schedule,
    "constant_with_warmup": get_constant_schedule_with_warmup,
    "inverse_sqrt": get_inverse_sqrt_schedule,
    "reduce_lr_on_plateau": get_reduce_on_plateau_schedule,
    "cosine_with_min_lr": get_cosine_with_min_lr_schedule_with_warmup,
    "cosine_warmup_with_min_lr": get_cosine_with_min_lr_schedule_with_warmup_lr_rate,
    "warmup_stable_decay": get_wsd_schedule,
}
# which are not told the number of training steps
_UNTOTALLED = ("constant_with_warmup", "inverse_sqrt")
_UNTUNED = ("constant", "constant_with_warmup")  # to which no arguments of their own are passed


def _options(where: str, value: object) -> object:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise TypeError(
            f"{where} must be a mapping from names to values, got "
            f"{type(value).__name__} {short_repr(value)}"
        )
    return value


SCHEDULERS = (*_BUILDERS, "greedy")
SchedulerType = Annotated[str, named(SCHEDULERS)]
Options = Annotated[Mapping[str, Any], _options]


@preset(
    elementwise=True,
    differences='"greedy" raises ValueError: its automaton is none that fastlr has.',
)
def get_scheduler(
    name: SchedulerType,
    lr: Rate,
    num_warmup_steps: Count | None = None,
    num_training_steps: Count | None = None,
    scheduler_specific_kwargs: Options | None = None,
) -> Schedule | Plateau:
    """The schedule of this name; "reduce_lr_on_plateau" gives a rule, a ``Plateau``, instead.

    ``scheduler_specific_kwargs`` are the further arguments of its builder; "constant" and
    "constant_with_warmup" ignore them. An end that is a rate ("polynomial", ``min_lr``) is the same
    for every group, unless ``default_lr`` among them is the optimizer's own rate: transformers
    gives each group its share of that.
    """
    if name == "greedy":
        raise ArgumentError(
            f"name must be another than 'greedy': {UNEXPRESSED['get_greedy_schedule']}"
        )
    own = {} if name in _UNTUNED else dict(scheduler_specific_kwargs or {})
    if name == "constant":
        return constant(lr)
    if name == "reduce_lr_on_plateau":
        return get_reduce_on_plateau_schedule(**own)
    given = {"num_warmup_steps": num_warmup_steps, "num_training_steps": num_training_steps}
    wanted = [key for key in given if key == "num_warmup_steps" or name not in _UNTOTALLED]
    for key in wanted:
        if given[key] is None and (name, key) != ("warmup_stable_decay", "num_training_steps"):
            raise ArgumentError(f"{key} must be given for name={name!r}, got None")
    built: Schedule = _BUILDERS[name](lr, **{key: given[key] for key in wanted}, **own)
    return built


# -- what they are put together from ---------------------------------------------------------------


def _waves(
    lr: npt.ArrayLike, low: npt.ArrayLike, length: int, num_cycles: float, first: int = 0
) -> Schedule:
    """So many cosine waves in ``length`` steps, one if that is less, and on at this pace."""
    return (
        wave(lr, low, Fraction(max(1, length)) / (2 * fraction(num_cycles)), first)
        if num_cycles
        else constant(lr)
    )


def _restarts(lr: npt.ArrayLike, length: int, num_cycles: float) -> Schedule:
    """So many falling half waves in ``length`` steps."""
    if num_cycles == 0:
        return constant(lr)
    return on_clock(
        lambda ticks: cosine(lr, 0.0, ticks).repeat(), length / fraction(num_cycles), reach=length
    )


def _rise(low: npt.ArrayLike, lr: npt.ArrayLike, steps: int, shape: str) -> Schedule:
    if shape == "cosine":
        return cosine(low, lr, steps)
    return polynomial(low, lr, steps, power=1.0 if shape == "linear" else 0.5)


def _decay(
    lr: npt.ArrayLike, low: npt.ArrayLike, steps: int, shape: str, num_cycles: float
) -> Schedule:
    if shape == "cosine":
        return _waves(lr, low, steps, num_cycles)
    return (
        linear(lr, low, steps)
        if shape == "linear"
        else polynomial(lr, low, steps, power=0.5, origin="start")
    )


def _of_group(
    rate: npt.ArrayLike, lr: npt.ArrayLike, default_lr: npt.ArrayLike | None
) -> npt.ArrayLike:
    """A rate that is given for the optimizer, as a group has it whose own is ``lr``."""
    return rate if default_lr is None else np.multiply(rate, np.divide(lr, default_lr))


def _lowest(
    lr: npt.ArrayLike,
    min_lr: npt.ArrayLike | None,
    min_lr_rate: float | None,
    default_lr: npt.ArrayLike | None,
) -> npt.ArrayLike:
    if min_lr is not None and min_lr_rate is None:
        return _of_group(min_lr, lr, default_lr)
    if min_lr_rate is None or min_lr is not None:
        got = f"min_lr={short_repr(min_lr)}, min_lr_rate={short_repr(min_lr_rate)}"
        raise ArgumentError(f"one of min_lr and min_lr_rate must be given, got {got}")
    return np.multiply(lr, min_lr_rate)
