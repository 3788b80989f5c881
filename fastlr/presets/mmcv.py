"""MMCV 1.x's hooks: ``mmcv.runner.hooks.lr_updater``, as of mmcv 1.7.2 (2023).

Step t is iteration t of the run, from 0. With ``by_epoch``, mmcv's default, a rate is that of its
epoch, ``t // epoch_length``; then ``epoch_length`` must be given, how many iterations an epoch has.
``max_progress`` is the runner's ``max_epochs`` with ``by_epoch``, and its ``max_iters`` without:
there the run ends, and the last rate is held.

Over ``warmup_iters`` iterations, or epochs with ``warmup_by_epoch``, a ``warmup`` multiplies what
the rate is there: "constant" by ``warmup_ratio``, "linear" by ``1 - (1 - t/W)*(1 - warmup_ratio)``,
"exp" by ``warmup_ratio^(1 - t/W)``.

>>> import fastlr as flr
>>> s = flr.presets.mmcv.StepLrUpdaterHook(0.02, [8, 11], epoch_length=1_000, warmup="linear",
...     warmup_iters=500, warmup_ratio=0.1)
>>> s([0, 250, 500, 8_000]).round(4)
array([0.002, 0.011, 0.02 , 0.002])
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from typing import Annotated, Any, Literal, cast

import numpy as np

from fastlr.arguments.rules import Flag, Number, Rate, short_repr
from fastlr.presets._building_blocks import cut, drops, fraction, geometric, inverse, knots, swept
from fastlr.presets._rules import (
    MOST_TURNS,
    ArgumentError,
    Count,
    Level,
    Levels,
    Marks,
    Ratio,
    Share,
    Span,
    preset,
)
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.constructor_names import (
    constant,
    cosine,
    exponential,
    join,
    linear,
    polynomial,
)
from fastlr.schedule.schedule import Schedule

__all__ = [
    "CosineAnnealingLrUpdaterHook",
    "CosineRestartLrUpdaterHook",
    "CyclicLrUpdaterHook",
    "ExpLrUpdaterHook",
    "FixedLrUpdaterHook",
    "FlatCosineAnnealingLrUpdaterHook",
    "InvLrUpdaterHook",
    "LinearAnnealingLrUpdaterHook",
    "OneCycleLrUpdaterHook",
    "PolyLrUpdaterHook",
    "StepLrUpdaterHook",
]

Warmup = Literal["constant", "linear", "exp"]
Part = Annotated[float, Number("a number above 0, at most 1", float(np.nextafter(0.0, 1.0)), 1.0)]
Start = Annotated[
    float, Number("a number from 0 up to, not including, 1", 0.0, float(np.nextafter(1.0, 0.0)))
]


def _step(where: str, value: object) -> Any:
    sequence = isinstance(value, list | tuple | np.ndarray)
    return Number(
        "an integer, or integers, from 1 to 2**53", 1, LAST_STEP, whole=True, core=int(sequence)
    )(where, value).tolist()


def _ratios(where: str, value: object) -> list[float]:
    given = Number("one or two numbers >= 0", 0.0, 1e290)(where, value)
    if given.ndim > 1 or given.size > 2:
        raise ValueError(f"{where} must be one or two numbers >= 0, got {short_repr(value)}")
    ratios = np.ravel(given).tolist()
    return [*ratios, ratios[0] / 1e5][:2]


Step = Annotated[int | Sequence[int], _step]
Ratios = Annotated[float | Sequence[float], _ratios]


@preset()
def FixedLrUpdaterHook(
    lr: Rate,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """``lr``."""
    regular = constant(lr)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def StepLrUpdaterHook(
    lr: Rate,
    step: Step,
    gamma: Level = 0.1,
    min_lr: Rate | None = None,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """``lr * gamma^(x // step)`` at epoch or iteration x, or ``gamma`` to the number of steps, at
    or before x, that lead a list.

    It is at least ``min_lr``, if given. A step of a list that is not above the one before it comes
    together with that one.
    """
    if isinstance(step, int):
        whole = geometric(lr, gamma, step, staircase=True)
    else:
        whole = drops("step", lr, gamma, list(accumulate(step, max)))
    regular = whole if min_lr is None else whole.maximum(min_lr)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def ExpLrUpdaterHook(
    lr: Rate,
    gamma: Ratio,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """``lr * gamma^x``."""
    regular = geometric(lr, gamma)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def PolyLrUpdaterHook(
    lr: Rate,
    max_progress: Span,
    power: Ratio = 1.0,
    min_lr: Rate = 0.0,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """``min_lr + (lr - min_lr) * (1 - x/max_progress)^power``."""
    regular = polynomial(lr, min_lr, max_progress, power=power)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def InvLrUpdaterHook(
    lr: Rate,
    gamma: Level,
    power: Level = 1.0,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """``lr * (1 + gamma*x)^-power``."""
    regular = inverse(lr, gamma, power)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def CosineAnnealingLrUpdaterHook(
    lr: Rate,
    max_progress: Span,
    min_lr: Rate | None = None,
    min_lr_ratio: Share | None = None,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """Half a cosine wave to ``min_lr``, or ``min_lr_ratio * lr``, at ``max_progress``."""
    regular = cosine(lr, _target(lr, min_lr, min_lr_ratio), max_progress)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def FlatCosineAnnealingLrUpdaterHook(
    lr: Rate,
    max_progress: Span,
    start_percent: Share = 0.75,
    min_lr: Rate | None = None,
    min_lr_ratio: Share | None = None,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """``lr`` up to ``round(max_progress * start_percent)``, then half a cosine wave to
    ``min_lr`` or ``min_lr_ratio * lr``.
    """
    low = _target(lr, min_lr, min_lr_ratio)
    start = round(max_progress * start_percent)
    regular = join([constant(lr), cosine(lr, low, max_progress - start)], [start])
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def CosineRestartLrUpdaterHook(
    lr: Rate,
    periods: Marks,
    restart_weights: Levels = (1,),
    min_lr: Rate | None = None,
    min_lr_ratio: Share | None = None,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """Half a cosine wave towards ``min_lr``, or ``min_lr_ratio * lr``, in ``periods[i]``, one after
    another.

    It begins ``restart_weights[i]`` times as high above its end as ``lr`` is. Past the last it
    raises ``ValueError``, as in mmcv.
    """
    if len(periods) != len(restart_weights) or not sum(periods):
        rule = "periods must be as many as restart_weights, above 0 in all"
        raise ArgumentError(f"{rule}, got {periods} and {restart_weights}")
    low = _target(lr, min_lr, min_lr_ratio)
    tops = [low + np.multiply(np.subtract(lr, low), weight) for weight in restart_weights]
    ends = list(accumulate(periods))
    waves = [cosine(top, low, steps) for top, steps in zip(tops, periods, strict=True)]
    regular = cut(join(waves, ends[:-1]) if waves[1:] else waves[0], ends[-1])
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


@preset()
def CyclicLrUpdaterHook(
    lr: Rate,
    max_progress: Span,
    target_ratio: Ratios = (10, 1e-4),
    cyclic_times: Span = 1,
    step_ratio_up: Start = 0.4,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    gamma: Part = 1.0,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """From ``lr`` up to ``target_ratio[0] * lr`` and down to ``target_ratio[1] * lr``,
    ``cyclic_times`` times, by iteration.

    A cycle takes ``length = max_progress // cyclic_times`` iterations, and rises in the first
    ``int(step_ratio_up * length)``. The peak's height above ``lr`` is ``gamma^i`` times as much in
    cycle i; where none rises, the depth of the end below it is.
    """
    length, (high, low) = max_progress // cyclic_times, cast(list[float], target_ratio)
    if not length:
        detail = f"max_progress, {max_progress}, got {cyclic_times}"
        raise ArgumentError(f"cyclic_times must be at most {detail}")
    if cyclic_times > MOST_TURNS:
        raise ArgumentError(f"cyclic_times must be at most {MOST_TURNS:,}, got {cyclic_times}")
    rise = int(step_ratio_up * length)

    def cycle(begin: int, scale: float) -> list[tuple[int, Any]]:
        if not rise:
            return [
                (begin, np.multiply(lr, high)),
                (begin + length, np.multiply(lr, 1 - scale + low * scale)),
            ]
        peak = (begin + rise, np.multiply(lr, 1 - scale + high * scale))
        return [(begin, lr), peak, (begin + length, np.multiply(lr, low))]

    points = [
        point for i in range(-(-max_progress // length)) for point in cycle(i * length, gamma**i)
    ]
    regular = knots(points, "cosine" if anneal_strategy == "cos" else "linear")
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, False, epoch_length, ramp)


@preset()
def OneCycleLrUpdaterHook(
    max_lr: Rate,
    total_steps: Span,
    pct_start: Share = 0.3,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    div_factor: Ratio = 25.0,
    final_div_factor: Ratio = 1e4,
    three_phase: Flag = False,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """torch's: from ``max_lr/div_factor`` to ``max_lr`` at ``pct_start*total_steps - 1``, and down
    over ``final_div_factor``.

    It ends at ``total_steps - 1``, which is the runner's ``max_iters - 1`` if it is not given, and
    later steps raise ``ValueError``; with ``three_phase`` it first falls to where it began by
    ``2*pct_start*total_steps - 2``.
    """
    share, low = fraction(pct_start), np.divide(max_lr, div_factor)
    levels = [low, max_lr, *([low] if three_phase else []), np.divide(low, final_div_factor)]
    ends = [
        share * total_steps - 1,
        *([2 * share * total_steps - 2] if three_phase else []),
        Fraction(total_steps - 1),
    ]
    curve: Literal["linear", "cosine"] = "cosine" if anneal_strategy == "cos" else "linear"
    where = f"pct_start={pct_start!r}, total_steps={total_steps}"
    regular = cut(swept(where, levels, ends, curve), total_steps)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, False, epoch_length, ramp)


@preset()
def LinearAnnealingLrUpdaterHook(
    lr: Rate,
    max_progress: Span,
    min_lr: Rate | None = None,
    min_lr_ratio: Share | None = None,
    by_epoch: Flag = True,
    warmup: Warmup | None = None,
    warmup_iters: Count = 0,
    warmup_ratio: Part = 0.1,
    warmup_by_epoch: Flag = False,
    epoch_length: Span | None = None,
) -> Schedule:
    """A line from ``lr`` to ``min_lr``, or ``min_lr_ratio * lr``, at ``max_progress``."""
    regular = linear(lr, _target(lr, min_lr, min_lr_ratio), max_progress)
    ramp = (warmup, warmup_iters, warmup_ratio, warmup_by_epoch)
    return _hooked(regular, by_epoch, epoch_length, ramp)


def _target(lr: Any, min_lr: Any, ratio: float | None) -> Any:
    if (min_lr is None) == (ratio is None):
        raise ArgumentError(
            f"min_lr or min_lr_ratio must be given, not both, got {short_repr(min_lr)} and {ratio}"
        )
    return np.multiply(lr, ratio) if ratio is not None else min_lr


def _hooked(
    regular: Schedule,
    by_epoch: bool,
    epoch_length: int | None,
    ramp: tuple[Warmup | None, int, float, bool],
) -> Schedule:
    """A rate by the epoch or the iteration, asked by the iteration, with what the warmup multiplies
    it by.
    """
    warmup, warmup_iters, warmup_ratio, warmup_by_epoch = ramp
    if epoch_length is None and (by_epoch or (warmup and warmup_by_epoch)):
        raise ArgumentError(
            f"epoch_length must be given with {'' if by_epoch else 'warmup_'}by_epoch=True, got "
            "None"
        )
    whole = regular.staircase(epoch_length) if by_epoch and epoch_length is not None else regular
    if warmup is None:
        return whole
    if not warmup_iters:
        raise ArgumentError(f"warmup_iters must be above 0 with a warmup, got {warmup_iters}")
    steps = warmup_iters * (epoch_length if warmup_by_epoch and epoch_length is not None else 1)
    if warmup == "constant":
        return whole * join([constant(warmup_ratio), constant(1.0)], [steps])
    return whole * (linear if warmup == "linear" else exponential)(warmup_ratio, 1.0, steps)
