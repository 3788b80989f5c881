"""OneFlow: figures from its formulas; torch's plateau written out."""

import math

import numpy as np

from fastlr.presets import oneflow as ours

from . import Case, figures, one_of, rate, rates, real, whole
from .paddle import (
    drawn,
    integer,
    number,
    polynomial,
    product,
    rising,
    run_cyclic,
    run_one_cycle,
    wave,
)


def draw(**parameters):
    return drawn("lr", **parameters)


def case(preset, settings, formula, steps=50, **more):
    return Case(preset, settings, figures(formula), lambda own: steps, count=200, **more)


def functions(rng):
    share = real(rng, 0.5, 1.1)
    return {"lr": rates(rng), "lr_lambda": lambda t: share + t % 3 / 7, "total_steps": 20}


def weight(share, strategy):
    return share if strategy == "linear" else (1 - math.cos(math.pi * share)) / 2


def falling(rng):
    high = rate(rng)
    return {
        "lr": high,
        "end_learning_rate": high * real(rng, 0.0, 1.0),
        "decay_batch": whole(rng, 1, 9),
        "power": real(rng, 0.3, 3.0),
        "cycle": bool(whole(rng, 0, 1)),
    }


def fallen(t, lr, end_learning_rate, decay_batch, power, cycle):
    return polynomial(max(t, 1) if cycle else t, lr, end_learning_rate, decay_batch, power, cycle)


def restarts(t, lr, T_0, T_mult, eta_min, decay_rate, restart_limit):  # noqa: N803
    cycle, length = 0, T_0
    while t >= length:
        t, length, cycle = t - length, length * T_mult, cycle + 1
    return (
        eta_min if 0 < restart_limit <= cycle else wave(t, lr * decay_rate**cycle, eta_min, length)
    )


def cyclic(rng):
    low, of = rate(rng), one_of(rng, "lr", "momentum")
    return {
        "base_lr": low,
        "max_lr": low * real(rng, 1.0, 20.0),
        "step_size_up": whole(rng, 1, 9),
        "step_size_down": one_of(rng, None, whole(rng, 1, 9)),
        "mode": one_of(rng, "triangular", "triangular2", *(["exp_range"] if of == "lr" else [])),
        "gamma": real(rng, 0.9, 1.01),
        "base_momentum": 0.8,
        "max_momentum": real(rng, 0.8, 0.99),
        "of": of,
    }


def cycled(
    t, base_lr, max_lr, base_momentum, max_momentum, of, step_size_up, step_size_down, mode, gamma
):
    if of == "momentum":
        return max_momentum - run_cyclic(
            t, 0.0, max_momentum - base_momentum, step_size_up, step_size_down, mode, gamma
        )
    return run_cyclic(t, base_lr, max_lr, step_size_up, step_size_down, mode, gamma)


def one_cycle(rng):
    three, total = bool(whole(rng, 0, 1)), whole(rng, 10, 40)
    length = one_of(
        rng, {"total_steps": total}, {"epochs": total, "steps_per_epoch": whole(rng, 1, 2)}
    )
    return {
        "max_lr": rate(rng),
        "total_steps": None,
        "epochs": None,
        "steps_per_epoch": None,
        **length,
        "pct_start": round(real(rng, 0.25, 0.45 if three else 0.9), 2),
        "anneal_strategy": one_of(rng, "cos", "linear"),
        "base_momentum": 0.85,
        "max_momentum": real(rng, 0.85, 0.99),
        "div_factor": real(rng, 2.0, 40.0),
        "final_div_factor": 10 ** real(rng, 0.0, 4.0),
        "three_phase": three,
        "of": one_of(rng, "lr", "momentum"),
    }


def total(settings):
    return settings["total_steps"] or settings["epochs"] * settings["steps_per_epoch"]


def swept(
    t,
    max_lr,
    pct_start,
    anneal_strategy,
    base_momentum,
    max_momentum,
    div_factor,
    final_div_factor,
    three_phase,
    of,
    **own,
):
    high, divide, low = (max_lr, div_factor, max_lr / div_factor / final_div_factor)
    if of == "momentum":
        high, divide, low = base_momentum, base_momentum / max_momentum, max_momentum
    return run_one_cycle(t, high, total(own), divide, low, pct_start, anneal_strategy, three_phase)


def warmed(rng):
    return {
        "lr": rates(rng),
        "warmup_factor": real(rng, 0.0, 1.0),
        "warmup_iters": whole(rng, 0, 12),
        "warmup_method": one_of(rng, "linear", "constant"),
        "warmup_prefix": bool(whole(rng, 0, 1)),
    }


def followed(preset):
    """The warmup, alone or with an exponential behind it."""

    def build(decays, lr, **own):
        return preset(lr, ours.ExponentialLR(lr, 0.9) if decays else None, **own)

    build.__module__, build.__name__ = preset.__module__, preset.__name__
    return build


def run_warmed(t, lr, decays, warmup_factor, warmup_iters, warmup_method, warmup_prefix):
    def after(t):
        return lr * 0.9 ** (t * decays)

    if t >= warmup_iters:
        return after(t - warmup_iters if warmup_prefix else t)
    if warmup_method == "constant":
        return lr * warmup_factor
    end = 1.0 if warmup_prefix else after(warmup_iters) / lr
    return lr * (warmup_factor + (end - warmup_factor) * t / warmup_iters)


def sequence(rng):
    lr, number = rates(rng), whole(rng, 1, 3)
    flags = [bool(whole(rng, 0, 1)) for _ in range(number)]
    return {
        "schedulers": [ours.ExponentialLR(lr, real(rng, 0.8, 1.0)) for _ in range(number + 1)],
        "milestones": sorted(whole(rng, 0, 30) for _ in range(number)),
        "interval_rescaling": one_of(rng, flags, True, False),
    }


def run_sequence(settings, steps):
    parts, marks, flags = settings.values()
    own = flags if isinstance(flags, list) else [flags] * len(marks)

    def rate_at(t):
        i = sum(mark <= t for mark in marks)
        return parts[i](t - marks[i - 1] if i and own[i - 1] else t)

    return np.stack([rate_at(t) for t in range(steps)], axis=-1)


def chain(rng):
    lr = rates(rng)
    more = [
        ours.ExponentialLR(lr, real(rng, 0.8, 1.0)),
        ours.ConstantLR(lr, real(rng, 0.1, 1.0), whole(rng, 0, 9)),
    ]
    return {"lr": lr, "schedulers": [ours.StepLR(lr, whole(rng, 1, 5), 0.5), *more]}


def run_chain(settings, steps):
    lr = np.asarray(settings["lr"])[..., np.newaxis]
    return lr * np.prod([part.table(steps) / lr for part in settings["schedulers"]], axis=0)


def plateau(rng):
    return {
        "mode": one_of(rng, "min", "max"),
        "factor": real(rng, 0.1, 0.9),
        "patience": whole(rng, 0, 3),
        "threshold": one_of(rng, 1e-4, 0.05),
        "threshold_mode": one_of(rng, "rel", "abs"),
        "cooldown": whole(rng, 0, 2),
        "min_lr": one_of(rng, 0.0, 0.01),
    }


def run_plateau(settings, metrics):
    sign = 1 if settings["mode"] == "min" else -1
    margin, relative = settings["threshold"], settings["threshold_mode"] == "rel"
    lr, best, bad, cool, table = 1.0, sign * math.inf, 0, 0, []
    for metric in metrics:
        limit = best * (1 - sign * margin) if relative else best - sign * margin
        better = sign * metric < sign * limit
        best, bad = (metric, 0) if better else (best, bad + 1)
        cool, bad = (cool - 1, 0) if cool > 0 else (cool, bad)
        if bad > settings["patience"]:
            cool, bad, new = (
                settings["cooldown"],
                0,
                max(lr * settings["factor"], settings["min_lr"]),
            )
            lr = new if lr - new > 1e-8 else lr
        table.append(lr)
    return table


CASES = [
    case(
        ours.LambdaLR,
        functions,
        lambda t, lr, lr_lambda, total_steps: lr * lr_lambda(min(t, total_steps - 1)),
        25,
    ),
    case(ours.MultiplicativeLR, functions, product, 25),
    case(
        ours.StepLR,
        draw(step_size=integer(1, 9), gamma=number(0.1, 1.2)),
        lambda t, lr, step_size, gamma: lr * gamma ** (t // step_size),
    ),
    case(
        ours.MultiStepLR,
        draw(milestones=rising, gamma=number(0.1, 1.2)),
        lambda t, lr, milestones, gamma: lr * gamma ** sum(m <= t for m in milestones),
    ),
    case(ours.ExponentialLR, draw(gamma=number(0.5, 1.1)), lambda t, lr, gamma: lr * gamma**t),
    case(
        ours.ConstantLR,
        draw(factor=number(0.0, 1.0), total_iters=integer(0, 12)),
        lambda t, lr, factor, total_iters: lr * factor if t < total_iters else lr,
    ),
    case(
        ours.LinearLR,
        draw(
            start_factor=number(0.0, 1.0), end_factor=number(0.0, 1.0), total_iters=integer(0, 12)
        ),
        lambda t, lr, start_factor, end_factor, total_iters: (
            lr
            * (
                start_factor + (end_factor - start_factor) * t / total_iters
                if t < total_iters
                else 1
            )
        ),
    ),
    case(ours.PolynomialLR, falling, fallen),
    case(
        ours.CosineDecayLR,
        draw(decay_steps=integer(1, 30), alpha=number(0.0, 1.0)),
        lambda t, lr, decay_steps, alpha: wave(min(t, decay_steps), lr, lr * alpha, decay_steps),
    ),
    case(
        ours.CosineAnnealingLR,
        draw(T_max=integer(1, 12), eta_min=lambda rng: one_of(rng, 0.0, rate(rng))),
        lambda t, lr, T_max, eta_min: wave(t, lr, eta_min, T_max),  # noqa: N803
    ),
    case(
        ours.CosineAnnealingWarmRestarts,
        draw(
            T_0=integer(1, 9),
            T_mult=integer(1, 3),
            eta_min=lambda rng: one_of(rng, 0.0, rate(rng)),
            decay_rate=number(0.5, 1.0),
            restart_limit=integer(0, 3),
        ),
        restarts,
        60,
    ),
    case(ours.CyclicLR, cyclic, cycled),
    Case(
        ours.OneCycleLR,
        one_cycle,
        figures(swept),
        lambda own: total(own) + (20 if own["anneal_strategy"] == "cos" else 0),
        count=200,
        bound=1e-11,  # the ends of phases are rounded
    ),
    case(
        ours.SWALR,
        draw(
            swa_lr=rate,
            anneal_epochs=integer(0, 20),
            anneal_strategy=lambda rng: one_of(rng, "cos", "linear"),
        ),
        lambda t, lr, swa_lr, anneal_epochs, anneal_strategy: (
            lr
            + (swa_lr - lr)
            * weight(min(t / anneal_epochs, 1) if anneal_epochs else 1, anneal_strategy)
        ),
    ),
    Case(
        followed(ours.WarmupLR),
        lambda rng: {**warmed(rng), "decays": bool(whole(rng, 0, 1))},
        figures(run_warmed),
        lambda own: 30,
        count=200,
    ),
    Case(ours.SequentialLR, sequence, run_sequence, lambda own: 40, count=200),
    Case(ours.ChainedScheduler, chain, run_chain, lambda own: 20, count=200),
    Case(ours.ReduceLROnPlateau, plateau, run_plateau, lambda own: 60, count=200),
]
