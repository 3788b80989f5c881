"""tinygrad: figures from its formulas; its counter of milestones and its plateau rule in full."""

import math

import numpy as np

from fastlr.presets import tinygrad as ours

from . import Case, figures, one_of, rate, rates, real, whole
from .caffe import marks
from .paddle import drawn, integer, number, wave


def draw(**parameters):
    return drawn("lr", **parameters)


def run_multistep(settings, steps):
    lr, table = np.asarray(settings["lr"]), []
    for t in range(steps):
        lr = lr * settings["gamma"] if t and t in settings["milestones"] else lr
        table.append(lr)
    return np.stack(table, axis=-1)


def one_cycle(rng):
    return {
        "max_lr": rates(rng),
        "div_factor": real(rng, 2.0, 40.0),
        "final_div_factor": 10 ** real(rng, 0.0, 4.0),
        "total_steps": whole(rng, 2, 50),
        "pct_start": round(real(rng, 0.0, 0.99), 2),
    }


def run_one_cycle(t, max_lr, div_factor, final_div_factor, total_steps, pct_start):
    low, boundary = max_lr / div_factor, total_steps * pct_start
    if t < boundary:
        return low + t / boundary * (max_lr - low)
    share = (min(t, total_steps) - boundary) / (total_steps * (1 - pct_start))
    return max_lr + share * (low / final_div_factor - max_lr)


def plateau(rng):
    return {
        "mode": one_of(rng, "min", "max"),
        "factor": real(rng, 0.1, 0.9),
        "patience": whole(rng, 0, 3),
        "threshold": one_of(rng, 1e-4, 0.05),
        "threshold_mode": one_of(rng, "rel", "abs"),
    }


def run_plateau(settings, metrics):
    sign = -1 if settings["mode"] == "min" else 1
    margin, relative = sign * settings["threshold"], settings["threshold_mode"] == "rel"
    lr, best, bad, table = 1.0, -sign * math.inf, 0, []
    for metric in metrics:
        limit = best * (1 + margin) if relative else best + margin
        better = metric < limit if sign < 0 else metric > limit
        best, bad = (metric, 0) if better else (best, bad + 1)
        if bad > settings["patience"]:
            lr, bad = lr * settings["factor"], 0
        table.append(lr)
    return table


def polynomial(t, initial_lr, end_lr, train_steps, warmup, power):
    warmup = min(warmup, train_steps)
    if t <= warmup:
        return t / warmup * initial_lr
    return (initial_lr - end_lr) * max(
        1 - (t - warmup) / (train_steps - warmup + 1), 0
    ) ** power + end_lr


def warmed(t, base_lr, end_lr, warmup_steps, decay_steps):
    if warmup_steps == 0:
        return wave(t, base_lr, end_lr, decay_steps)
    return (
        (t + 1) / warmup_steps * base_lr
        if t < warmup_steps
        else wave(t + 1 - warmup_steps, base_lr, end_lr, decay_steps)
    )


def linear(t, warm_up_steps, f_min, f_max, f_start, cycle_lengths):
    if t < warm_up_steps:
        return (f_max - f_start) / warm_up_steps * t + f_start
    return f_min + (f_max - f_min) * max(cycle_lengths - t, 0) / cycle_lengths


def functions(rng):
    share = real(rng, 0.5, 1.1)
    return {"base_lr": rates(rng), "lr_lambda": lambda t: share + t % 3 / 7, "total_steps": 20}


CASES = [
    Case(
        ours.MultiStepLR,
        draw(milestones=marks, gamma=number(0.1, 1.2)),
        run_multistep,
        lambda own: 25,
        count=200,
    ),
    Case(
        ours.ReduceLROnPlateau,
        plateau,
        run_plateau,
        lambda own: 60,
        count=200,
    ),
    Case(
        ours.CosineAnnealingLR,
        draw(T_max=integer(1, 12), eta_min=lambda rng: one_of(rng, 0.0, rate(rng))),
        figures(lambda t, lr, T_max, eta_min: wave(t, lr, eta_min, T_max)),  # noqa: N803
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.OneCycleLR,
        one_cycle,
        figures(run_one_cycle, "max_lr"),
        lambda own: own["total_steps"] + 3,
        count=200,
    ),
    Case(
        ours.PolynomialDecayWithWarmup,
        drawn(
            "initial_lr",
            end_lr=lambda rng: one_of(rng, 0.0, rate(rng)),
            train_steps=integer(1, 40),
            warmup=integer(1, 20),
            power=number(0.5, 3.0),
        ),
        figures(polynomial, "initial_lr"),
        lambda own: 45,
        count=200,
    ),
    Case(
        ours.CosineAnnealingLRWithWarmup,
        drawn("base_lr", end_lr=rate, warmup_steps=integer(0, 12), decay_steps=integer(1, 20)),
        figures(warmed, "base_lr"),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.LambdaLinearScheduler,
        drawn(
            "f_max",
            f_min=rate,
            f_start=rate,
            warm_up_steps=integer(0, 12),
            cycle_lengths=integer(13, 40),
        ),
        figures(linear, "f_max"),
        lambda own: 45,
        count=200,
    ),
    Case(
        ours.LambdaLR,
        functions,
        figures(
            lambda t, base_lr, lr_lambda, total_steps: base_lr * lr_lambda(min(t, total_steps - 1)),
            "base_lr",
        ),
        lambda own: 25,
        count=200,
    ),
]
