"""ParameterSchedulers.jl: figures from its formulas, by the number of the step, from 1."""

import math

import numpy as np

from fastlr.presets import flux as ours

from . import Case, figures, one_of, rate, rates, real, whole
from .paddle import drawn, integer, number


def draw(**parameters):
    return drawn("start", **parameters)


def decay(preset, settings, formula, steps=lambda own: 40):
    """``formula(t, ...)`` with Flux's t."""
    theirs = figures(lambda t, start, **own: start * formula(t + 1, **own), "start")
    return Case(preset, settings, theirs, steps, count=200)


def cycle(preset, weight, **parameters):
    theirs = figures(
        lambda t, l0, l1, **own: abs(l0 - l1) * weight(t + 1, **own) + min(l0, l1), "l0"
    )
    return Case(
        preset,
        drawn("l0", l1=rate, period=integer(1, 12), **parameters),
        theirs,
        lambda own: 50,
        count=200,
    )


def step(t, decay, step_sizes):
    if isinstance(step_sizes, int):
        return decay ** ((t - 1) // step_sizes)
    return decay ** sum(t > end for end in np.cumsum(step_sizes))


def sizes(rng):
    return one_of(rng, whole(rng, 1, 9), [whole(rng, 1, 9) for _ in range(whole(rng, 1, 4))])


def tri(t, period):
    return 2 / math.pi * abs(math.asin(sine(t, period)))


def sine(t, period):
    # which is 0 at a multiple, where Flux's rounding is not
    return math.sin(math.pi * ((t - 1) % period) / period)


def cos(t, period, restart=False):
    return (1 + math.cos(math.pi * ((t - 1) % period if restart else t - 1) / period)) / 2


def one_cycle(rng):
    return {
        "nsteps": whole(rng, 1, 40),
        "maxval": rate(rng),
        "startval": one_of(rng, None, rate(rng)),
        "endval": one_of(rng, None, rate(rng)),
        "percent_start": real(rng, 0.0, 1.0),
    }


def run_one_cycle(t, nsteps, maxval, startval, endval, percent_start):
    start, end = (
        maxval / 25 if startval is None else startval,
        maxval / 1e5 if endval is None else endval,
    )
    warmup, n = math.ceil(percent_start * nsteps), t + 1
    if n <= warmup:
        return abs(start - maxval) * cos(n + warmup, warmup) + min(start, maxval)
    return abs(maxval - end) * cos(n - warmup, nsteps - warmup) + min(maxval, end)


def parts(rng):
    number = whole(rng, 1, 3)
    return {
        "schedules": [ours.Exp(rate(rng), 0.9) for _ in range(number)],
        "step_sizes": [whole(rng, 1, 9) for _ in range(number - whole(rng, 0, 1) * (number > 1))],
    }


def run_parts(settings, steps):
    schedules, table = settings["schedules"], []
    for t in range(1, steps + 1):
        passed, begin = 0, 0
        for size in settings["step_sizes"]:
            if t <= begin + size:
                break
            passed, begin = passed + 1, begin + size
        table.append(schedules[min(passed, len(schedules) - 1)](t - begin - 1))
    return table


def one(name, low, high):
    return lambda rng: {name[0]: ours.Exp(rates(rng), 0.9), name[1]: whole(rng, low, high)}


def at_place(place):
    """The schedule that is within, at another place."""

    def run(settings, steps):
        schedule, number = settings.values()
        return schedule(np.array([place(t, number) for t in range(steps)]))

    return run


CASES = [
    Case(
        ours.Constant,
        lambda rng: {"value": rates(rng)},
        figures(lambda t, value: value, "value"),
        lambda own: 5,
        count=200,
    ),
    decay(ours.Step, draw(decay=number(0.1, 1.2), step_sizes=sizes), step),
    decay(ours.Exp, draw(decay=number(0.5, 1.1)), lambda t, decay: decay ** (t - 1)),
    decay(
        ours.Poly,
        draw(degree=integer(1, 4), max_iter=integer(1, 30)),
        lambda t, degree, max_iter: (1 - (t - 1) / max_iter) ** degree,
        lambda own: own["max_iter"],
    ),
    decay(
        ours.Inv,
        draw(decay=number(0.0, 1.0), degree=integer(1, 4)),
        lambda t, decay, degree: (1 + (t - 1) * decay) ** -degree,
    ),
    cycle(ours.Triangle, tri),
    cycle(ours.TriangleDecay2, lambda t, period: tri(t, period) / 2 ** ((t - 1) // period)),
    cycle(
        ours.TriangleExp,
        lambda t, period, decay: tri(t, period) * decay ** (t - 1),
        decay=number(0.5, 1.05),
    ),
    cycle(ours.Sin, sine),
    cycle(ours.SinDecay2, lambda t, period: sine(t, period) / 2 ** ((t - 1) // period)),
    cycle(
        ours.SinExp,
        lambda t, period, decay: sine(t, period) * decay ** (t - 1),
        decay=number(0.5, 1.05),
    ),
    cycle(ours.CosAnneal, cos, restart=lambda rng: bool(whole(rng, 0, 1))),
    Case(ours.OneCycle, one_cycle, figures(run_one_cycle), lambda own: own["nsteps"], count=200),
    Case(ours.Sequence, parts, run_parts, lambda own: 40, count=200),
    Case(
        ours.Loop,
        one(("f", "period"), 1, 9),
        at_place(lambda t, period: t % period),
        lambda own: 40,
        count=200,
    ),
    Case(
        ours.Interpolator,
        one(("schedule", "rate"), 1, 9),
        at_place(lambda t, rate: t // rate),
        lambda own: 40,
        count=200,
    ),
    Case(
        ours.Shifted,
        one(("schedule", "offset"), 1, 9),
        at_place(lambda t, offset: t + offset - 1),
        lambda own: 40,
        count=200,
    ),
    Case(
        ours.Shortened,
        one(("schedule", "nsteps"), 1, 9),
        at_place(lambda t, nsteps: t),
        lambda own: own["nsteps"],
        count=200,
    ),
]
