"""ESPnet: figures of its formulas, of ``n = t + 1`` where it has them so, and its plateau."""

from math import cos, pi

import numpy as np

from fastlr.presets import espnet as ours

from . import Case, figures, one_of, rate, rates, real, whole


def draw(**parts):
    return lambda rng: {"lr": rates(rng), **{name: make(rng) for name, make in parts.items()}}


def number(low, high):
    return lambda rng: whole(rng, low, high)


def some(low, high):
    return lambda rng: real(rng, low, high)


def noam(t, lr, model_size, warmup_steps):
    return lr * model_size**-0.5 * min((t + 1) ** -0.5, (t + 1) * warmup_steps**-1.5)


def step(t, lr, warmup_steps, steps_per_epoch, step_size, gamma):
    n = t + 1
    if n <= warmup_steps:
        return lr * n / warmup_steps
    return lr * gamma ** ((n // steps_per_epoch - warmup_steps // steps_per_epoch) // step_size)


def lines(rng):
    at = sorted(
        {
            one_of(rng, float(whole(rng, 0, 30)), round(real(rng, 0.0, 30.0), 2))
            for _ in range(whole(rng, 1, 4))
        }
    )
    return {"lr": rates(rng), "warmup_steps_list": at, "warmup_lr_list": [rate(rng) for _ in at]}


def interpolated(t, lr, warmup_steps_list, warmup_lr_list):
    n = t + 1
    return np.interp(
        n, warmup_steps_list, warmup_lr_list, right=lr * (warmup_steps_list[-1] / n) ** 0.5
    )


def tri_draw(rng):
    shares = np.round(rng.dirichlet([1.0, 1.0, 1.0]), 2)
    rise, hold = (one_of(rng, 0.0, share) for share in shares[:2])
    return {
        "lr": rates(rng),
        "max_steps": whole(rng, 1, 40),
        "warmup_ratio": rise,
        "hold_ratio": hold,
        "decay_ratio": 1.0 - rise - hold,
        "init_lr_scale": real(rng, 0.01, 1.0),
        "final_lr_scale": real(rng, 0.01, 1.0),
    }


def tri_stage(t, lr, max_steps, warmup_ratio, hold_ratio, init_lr_scale, final_lr_scale, **own):
    n, rise, hold = (
        min(t + 1, max_steps),
        int(max_steps * warmup_ratio),
        int(max_steps * hold_ratio),
    )
    if n < rise:
        return lr * (init_lr_scale + (1 - init_lr_scale) * n / rise)
    fall = max_steps - rise - hold
    return lr * (final_lr_scale ** (max(n - rise - hold, 0) / fall) if fall else 1.0)


def decay(t, lr, max_lr, min_lr, total_steps, warmup_steps, warm_from_zero):
    if t == 0:
        return 0.0 if warm_from_zero else max_lr
    if t < warmup_steps:
        return max_lr * (t + 1) / warmup_steps if warm_from_zero else lr
    return max_lr * (min_lr / max_lr) ** ((t - warmup_steps) / (total_steps - warmup_steps))


def restarts(rng):
    warmup, mult = whole(rng, 0, 5), one_of(rng, 1.0, 2.0, real(rng, 1.0, 2.5))
    return {
        "first_cycle_steps": warmup + whole(rng, 1, 9),
        "cycle_mult": mult,
        "max_lr": rate(rng),
        "min_lr": rate(rng),
        "warmup_steps": warmup,
        "gamma": one_of(rng, 1.0, real(rng, 0.3, 1.0)),
    }


def restarted(t, first_cycle_steps, cycle_mult, max_lr, min_lr, warmup_steps, gamma):
    if t == 0:
        return min_lr
    cycle, fall = 0, first_cycle_steps - warmup_steps
    while t >= warmup_steps + fall:
        t, cycle, fall = t - warmup_steps - fall, cycle + 1, int(fall * cycle_mult)
    weight = t / warmup_steps if t < warmup_steps else (1 + cos(pi * (t - warmup_steps) / fall)) / 2
    return min_lr + (max_lr * gamma**cycle - min_lr) * weight


def warm_then_down(t, lr, warmup_steps, total_steps, start_factor, end_factor):
    if t < warmup_steps:
        return lr * (start_factor + (1 - start_factor) * t / warmup_steps)
    return lr * (1 + (end_factor - 1) * min((t - warmup_steps) / (total_steps - warmup_steps), 1.0))


def plateau_draw(rng):
    return {
        "mode": one_of(rng, "min", "max"),
        "factor": real(rng, 0.1, 0.9),
        "patience": whole(rng, 0, 3),
        "threshold": one_of(rng, 1e-4, 0.05),
        "threshold_mode": one_of(rng, "rel", "abs"),
        "cooldown": whole(rng, 0, 2),
        "min_lr": one_of(rng, 0.0, 0.01),
    }


def plateau(own, metrics):
    """The rate after each epoch, from 1.0."""
    sign, relative = 1 if own["mode"] == "min" else -1, own["threshold_mode"] == "rel"
    best, bad, cool, rate, table = sign * np.inf, 0, 0, 1.0, []
    for metric in metrics:
        bar = best * (1 - sign * own["threshold"]) if relative else best - sign * own["threshold"]
        better = sign * metric < sign * bar
        best, bad = (metric, 0) if better else (best, bad + 1)
        if cool > 0:
            cool, bad = cool - 1, 0
        if bad > own["patience"]:
            lower = max(rate * own["factor"], own["min_lr"])
            rate, cool, bad = lower if rate - lower > 1e-8 else rate, own["cooldown"], 0
        table.append(rate)
    return table


CASES = [
    Case(
        ours.NoamLR,
        draw(model_size=number(1, 512), warmup_steps=number(1, 20)),
        figures(noam),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.WarmupLR,
        draw(warmup_steps=number(1, 20)),
        figures(lambda t, lr, warmup_steps: noam(t, lr, 1 / warmup_steps, warmup_steps)),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.WarmupStepLR,
        draw(
            warmup_steps=number(1, 20),
            steps_per_epoch=number(1, 8),
            step_size=number(1, 3),
            gamma=some(0.1, 1.1),
        ),
        figures(step),
        lambda own: 60,
        count=200,
    ),
    Case(ours.PiecewiseLinearWarmupLR, lines, figures(interpolated), lambda own: 45, count=200),
    Case(ours.TristageLR, tri_draw, figures(tri_stage), lambda own: 45, count=200),
    Case(
        ours.ExponentialDecayWarmup,
        draw(
            max_lr=rate,
            min_lr=rate,
            total_steps=number(16, 40),
            warmup_steps=number(0, 15),
            warm_from_zero=lambda rng: bool(rng.random() < 0.5),
        ),
        figures(decay),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.CosineAnnealingWarmupRestarts, restarts, figures(restarted), lambda own: 60, count=100
    ),
    Case(
        ours.LinearWarmupDecayLR,
        draw(
            warmup_steps=number(0, 15),
            total_steps=number(16, 40),
            start_factor=some(0.0, 1.0),
            end_factor=some(0.0, 1.0),
        ),
        figures(warm_then_down),
        lambda own: 50,
        count=200,
    ),
    Case(ours.WarmupReduceLROnPlateau, plateau_draw, plateau, lambda own: 60, count=200),
]
