"""thinc: figures of its formulas, and its plateau."""

from math import floor

import fastlr as flr
from fastlr.presets import thinc as ours

from . import Case, figures, one_of, rate, real, whole


def compounding(t, start, stop, compound, **own):
    value = start * compound ** (t + own["t_"])
    return max(value, stop) if start > stop else min(value, stop)


def triangular(t, min_lr, max_lr, period):
    cycle = floor(1 + (t + 1) / (2 * period))
    return min_lr + (max_lr - min_lr) * max(0.0, 1 - abs((t + 1) / period - 2 * cycle + 1))


def slanted(t, max_rate, num_steps, cut_frac, ratio, **own):
    cut, n = int(num_steps * cut_frac), t + own["t_"] + 1
    p = n / cut if n < cut else 1 - (n - cut) / (cut * (1 / cut_frac - 1))
    return max(max_rate * (1 + p * (ratio - 1)) / ratio, 0.0)


def before(formula):
    """Figures of a formula with an argument that is called t as well."""
    plain = figures(formula)
    return lambda own, steps: plain(
        {"t_" if key == "t" else key: value for key, value in own.items()}, steps
    )


def head_start(rng):
    return one_of(rng, 0.0, float(whole(rng, 0, 5)), round(real(rng, 0.0, 5.0), 1))


def linear(t, initial_rate, warmup_steps, total_steps):
    if t < warmup_steps:
        return initial_rate * t / warmup_steps
    return initial_rate * max(0.0, (total_steps - t) / max(1.0, total_steps - warmup_steps))


def plateau(settings, metrics):
    """The multiplier after each evaluation."""
    best, patience, fired, table = None, 0, 0, []
    for score in metrics:
        if best is None or score > best:
            best, patience = score, 0
        else:
            patience += 1
            if patience == settings["max_patience"]:
                fired, patience = fired + 1, 0
        table.append(settings["scale"] ** fired)
    return table


CASES = [
    Case(
        ours.constant,
        lambda rng: {"rate": rate(rng)},
        figures(lambda t, rate: rate),
        lambda own: 4,
        count=200,
    ),
    Case(
        ours.constant_then,
        lambda rng: {
            "rate": rate(rng),
            "steps": whole(rng, 0, 9),
            "schedule": flr.inverse_time(0.5, 0.1),
        },
        figures(lambda t, rate, steps, schedule: rate if t < steps else 0.5 / (1 + 0.1 * t)),
        lambda own: 20,
        count=200,
    ),
    Case(
        ours.decaying,
        lambda rng: {"base_rate": rate(rng), "decay": real(rng, 0.0, 1.0), "t": head_start(rng)},
        before(lambda t, base_rate, decay, t_: base_rate / (1 + decay * (t + t_))),
        lambda own: 40,
        count=200,
    ),
    Case(
        ours.compounding,
        lambda rng: {
            "start": rate(rng),
            "stop": rate(rng),
            "compound": real(rng, 0.7, 1.4),
            "t": head_start(rng),
        },
        before(compounding),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.warmup_linear,
        lambda rng: {
            "initial_rate": rate(rng),
            "warmup_steps": whole(rng, 0, 20),
            "total_steps": whole(rng, 0, 40),
        },
        figures(linear),
        lambda own: 45,
        count=200,
    ),
    Case(
        ours.cyclic_triangular,
        lambda rng: {"min_lr": rate(rng), "max_lr": rate(rng), "period": whole(rng, 1, 12)},
        figures(triangular),
        lambda own: 60,
        count=200,
    ),
    Case(
        ours.slanted_triangular,
        lambda rng: {
            "max_rate": rate(rng),
            "num_steps": whole(rng, 20, 50),
            "cut_frac": one_of(rng, 0.1, real(rng, 0.05, 0.9)),
            "ratio": one_of(rng, 32.0, real(rng, 2.0, 40.0)),
            "t": head_start(rng),
        },
        before(slanted),
        lambda own: 60,
        count=200,
    ),
    Case(
        ours.plateau,
        lambda rng: {"max_patience": whole(rng, 1, 4), "scale": real(rng, 0.1, 0.9)},
        plateau,
        lambda own: 60,
        count=200,
    ),
]
