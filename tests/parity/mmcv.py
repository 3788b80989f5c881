"""MMCV 1.x: its hooks from their own code, one iteration at a time; an epoch has the rate of
its number.
"""

import math

import numpy as np

from fastlr.presets import mmcv as ours

from . import Case, one_of, rate, rates, real, whole


def wave(start, end, factor, weight=1.0):
    return end + 0.5 * weight * (start - end) * (math.cos(math.pi * factor) + 1)


def line(start, end, factor):
    return start + (end - start) * factor


def low(lr, own):
    return lr * own["min_lr_ratio"] if own.get("min_lr_ratio") is not None else own["min_lr"]


def fixed(x, lr, own):
    return lr


def step(x, lr, own):
    if isinstance(own["step"], int):
        power = x // own["step"]
    else:
        power = next((i for i, at in enumerate(own["step"]) if x < at), len(own["step"]))
    found = lr * own["gamma"] ** power
    return found if own["min_lr"] is None else max(found, own["min_lr"])


def exponential(x, lr, own):
    return lr * own["gamma"] ** x


def poly(x, lr, own):
    return (lr - own["min_lr"]) * (1 - x / own["max_progress"]) ** own["power"] + own["min_lr"]


def inv(x, lr, own):
    return lr * (1 + own["gamma"] * x) ** -own["power"]


def cosine(x, lr, own):
    return wave(lr, low(lr, own), x / own["max_progress"])


def flat_cosine(x, lr, own):
    start = round(own["max_progress"] * own["start_percent"])
    return lr if x < start else wave(lr, low(lr, own), (x - start) / (own["max_progress"] - start))


def restart(x, lr, own):
    begin = 0
    for length, weight in zip(own["periods"], own["restart_weights"], strict=True):
        if x < begin + length:
            return wave(lr, low(lr, own), min((x - begin) / length, 1), weight)
        begin += length
    raise AssertionError(x)


def cyclic(x, lr, own):
    ratios = own["target_ratio"]
    high, end = (
        ratios
        if isinstance(ratios, tuple) and len(ratios) == 2
        else (np.ravel(ratios)[0], np.ravel(ratios)[0] / 1e5)
    )
    length = own["max_progress"] // own["cyclic_times"]
    rise, scale, x = int(own["step_ratio_up"] * length), own["gamma"] ** (x // length), x % length
    anneal = wave if own["anneal_strategy"] == "cos" else line
    for start, stop, first, last in ((0, rise, 1, high), (rise, length, high, end)):
        if start <= x < stop:
            first, last = (
                (first, 1 - scale + last * scale)
                if start == 0
                else (1 - scale + first * scale, last)
            )
            return anneal(lr * first, lr * last, (x - start) / (stop - start))
    raise AssertionError(x)


def one_cycle(x, max_lr, own):
    lr, total, share, div = (
        max_lr / own["div_factor"],
        own["total_steps"],
        own["pct_start"],
        own["div_factor"],
    )
    end = 1 / own["final_div_factor"]
    phases = [(share * total - 1, 1, div), (total - 1, div, end)]
    if own["three_phase"]:
        phases = [phases[0], (2 * share * total - 2, div, 1), (total - 1, 1, end)]
    anneal, begin = wave if own["anneal_strategy"] == "cos" else line, 0
    for stop, first, last in phases:
        if x <= stop:
            return anneal(lr * first, lr * last, (x - begin) / (stop - begin))
        begin = stop
    raise AssertionError(x)


def annealing(x, lr, own):
    return line(lr, low(lr, own), x / own["max_progress"])


def warming(t, own):
    """What the rate of iteration t is multiplied by."""
    steps = own["warmup_iters"] * (own["epoch_length"] if own["warmup_by_epoch"] else 1)
    if own["warmup"] is None or t >= steps:
        return 1.0
    if own["warmup"] == "constant":
        return own["warmup_ratio"]
    if own["warmup"] == "linear":
        return 1 - (1 - t / steps) * (1 - own["warmup_ratio"])
    return own["warmup_ratio"] ** (1 - t / steps)


def hooked(regular):
    """The rates of a run, one an iteration."""

    def table(settings, steps):
        lr = settings.get("lr", settings.get("max_lr"))
        every = settings["epoch_length"] if settings.get("by_epoch") else 1
        groups = [
            [warming(t, settings) * regular(t // every, one, settings) for t in range(steps)]
            for one in np.ravel(lr)
        ]
        return groups if isinstance(lr, list) else groups[0]

    return table


def case(
    preset, regular, length=lambda own: own.get("max_progress", 15), by_epoch=True, **parameters
):
    """A hook with any warmup, evaluated to the end of the run."""

    def draw(rng):
        own = {} if "max_lr" in parameters else {"lr": rates(rng)}
        own |= {name: make(rng) for name, make in parameters.items()}
        own |= own.pop("floor", {})
        epochs = {"by_epoch": bool(rng.random() < 0.5)} if by_epoch else {}
        warmup = {
            "warmup": one_of(rng, None, "constant", "linear", "exp"),
            "warmup_by_epoch": bool(rng.random() < 0.3),
        }
        ramp = {"warmup_iters": whole(rng, 1, 12), "warmup_ratio": real(rng, 0.001, 1.0)}
        return {**own, **epochs, **warmup, **ramp, "epoch_length": whole(rng, 1, 4)}

    def steps(own):
        return length(own) * (own["epoch_length"] if own.get("by_epoch") else 1)

    return Case(preset, draw, hooked(regular), steps, count=200)


def floor(rng):
    return one_of(
        rng, {"min_lr": one_of(rng, 0.0, rate(rng))}, {"min_lr_ratio": real(rng, 0.0, 1.0)}
    )


def integer(most):
    return lambda rng: whole(rng, 1, most)


def number(least, most):
    return lambda rng: real(rng, least, most)


def ratios(rng):
    return one_of(
        rng, (10, 1e-4), real(rng, 1.0, 10.0), (real(rng, 0.1, 10.0),), (5.0, real(rng, 0.0, 1.0))
    )


def shape(rng):
    return one_of(rng, "cos", "linear")


def some_steps(rng):
    return one_of(rng, whole(rng, 1, 6), [whole(rng, 1, 14) for _ in range(whole(rng, 1, 4))])


def share(rng):
    return one_of(rng, 0.3, 0.25, 0.4, round(real(rng, 0.11, 0.45), 3))


CASES = [
    case(ours.FixedLrUpdaterHook, fixed),
    case(
        ours.StepLrUpdaterHook,
        step,
        step=some_steps,
        gamma=number(0.05, 1.1),
        min_lr=lambda rng: one_of(rng, None, rate(rng)),
    ),
    case(ours.ExpLrUpdaterHook, exponential, gamma=number(0.5, 1.1)),
    case(
        ours.PolyLrUpdaterHook,
        poly,
        max_progress=integer(20),
        power=number(0.2, 4.0),
        min_lr=lambda rng: one_of(rng, 0.0, rate(rng)),
    ),
    case(ours.InvLrUpdaterHook, inv, gamma=number(0.0, 2.0), power=number(0.01, 2.0)),
    case(ours.CosineAnnealingLrUpdaterHook, cosine, max_progress=integer(20), floor=floor),
    case(
        ours.FlatCosineAnnealingLrUpdaterHook,
        flat_cosine,
        max_progress=integer(20),
        start_percent=lambda rng: one_of(rng, 0.0, 0.5, 0.75, 1.0, real(rng, 0.0, 1.0)),
        floor=floor,
    ),
    case(
        ours.CosineRestartLrUpdaterHook,
        restart,
        lambda own: sum(own["periods"]),
        periods=lambda rng: [whole(rng, 1, 6), whole(rng, 0, 6), whole(rng, 1, 6)],
        restart_weights=lambda rng: [1.0, real(rng, 0.1, 1.0), real(rng, 0.1, 1.0)],
        floor=floor,
    ),
    case(
        ours.CyclicLrUpdaterHook,
        cyclic,
        by_epoch=False,
        max_progress=lambda rng: whole(rng, 4, 50),
        target_ratio=lambda rng: one_of(
            rng,
            (10, 1e-4),
            real(rng, 1.0, 10.0),
            (real(rng, 0.1, 10.0),),
            (5.0, real(rng, 0.0, 1.0)),
        ),
        cyclic_times=integer(4),
        step_ratio_up=number(0.0, 0.99),
        anneal_strategy=shape,
        gamma=lambda rng: one_of(rng, 1.0, real(rng, 0.3, 1.0)),
    ),
    case(
        ours.OneCycleLrUpdaterHook,
        one_cycle,
        lambda own: own["total_steps"],
        by_epoch=False,
        max_lr=rate,
        total_steps=lambda rng: whole(rng, 11, 50),
        pct_start=share,
        anneal_strategy=shape,
        div_factor=number(2.0, 30.0),
        final_div_factor=number(2.0, 1e4),
        three_phase=lambda rng: bool(rng.random() < 0.5),
    ),
    case(ours.LinearAnnealingLrUpdaterHook, annealing, max_progress=integer(20), floor=floor),
]
