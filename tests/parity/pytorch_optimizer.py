"""pytorch_optimizer: figures of its formulas; those of a step before the first are what it
leaves the rate at.
"""

from math import cos, log2, pi

import fastlr as flr
from fastlr.presets import pytorch_optimizer as ours

from . import Case, figures, one_of, rate, rates, real, whole


def draw(rng):
    low = one_of(rng, 0.0, rate(rng))
    return {
        "t_max": whole(rng, 12, 30),
        "max_lr": low + rate(rng),
        "min_lr": low,
        "init_lr": one_of(rng, 0.0, rate(rng)),
        "warmup_steps": whole(rng, 0, 11),
    }


def stepped(rest):
    """Figures of what follows the warmup, ``rest(s, share)``, s the steps since and share that
    of the rest of the run.
    """

    def formula(t, t_max, max_lr, min_lr, init_lr, warmup_steps, **own):
        if t == 0:
            return min_lr
        s = t - 1 - warmup_steps
        if s < 0:
            return init_lr + (max_lr - init_lr) * (t - 1) / warmup_steps
        return (
            max_lr
            if s == 0
            else max(min_lr + (max_lr - min_lr) * rest(s, s / (t_max - warmup_steps), **own), 0.0)
        )

    return figures(formula)


def proportion(rng):
    low, high, value = real(rng, 0.0, 0.2), real(rng, 0.3, 1.0), real(rng, 0.0, 3.0)
    return {
        "lr_scheduler": flr.linear(high, low, 10),
        "max_lr": high,
        "min_lr": one_of(rng, low, 0.0),
        "max_value": value + 0.2,
        "min_value": value,
    }


def proportional(t, lr_scheduler, max_lr, min_lr, max_value, min_value):
    return min_value + (max_value - min_value) * (float(lr_scheduler(t)) - min_lr) / (
        max_lr - min_lr
    )


def possible(rng):
    while True:
        own = proportion(rng)
        if own["min_value"] >= own["min_lr"] * 0.2 / (own["max_lr"] - own["min_lr"]):
            return own


def restarts(rng):
    return {
        "first_cycle_steps": whole(rng, 6, 14),
        "cycle_mult": one_of(rng, 1.0, 2.0, real(rng, 0.3, 2.5)),
        "max_lr": rate(rng),
        "min_lr": rate(rng),
        "warmup_steps": whole(rng, 0, 5),
        "gamma": real(rng, 0.3, 1.0),
    }


def restarted(t, first_cycle_steps, cycle_mult, max_lr, min_lr, warmup_steps, gamma):
    if t == 0:
        return min_lr
    cycle, fall = 0, first_cycle_steps - warmup_steps
    while t >= warmup_steps + fall:
        t, cycle, fall = t - warmup_steps - fall, cycle + 1, max(1, int(fall * cycle_mult))
    high = max_lr * gamma**cycle
    weight = t / warmup_steps if t < warmup_steps else (1 + cos(pi * (t - warmup_steps) / fall)) / 2
    return min_lr + (high - min_lr) * weight


def rex(t, total_steps, max_lr, min_lr):
    p = t / total_steps
    return (
        min_lr
        if t in (0, *range(total_steps, 99))
        else min_lr + (max_lr - min_lr) * (1 - p) / (1 - p / 2)
    )


def chebyshev(t, lr, num_epochs, is_warmup):
    if is_warmup:
        return lr
    nodes = 2 ** (int(log2(num_epochs - 1)) + 1) if num_epochs > 1 else 1
    order = [0]
    while len(order) < nodes - 2:
        order = [k for i in order for k in (i, 2 * len(order) - 1 - i)]
    kept = [k for k in order if k < nodes]
    k = kept[min(max(t - 2, 0), len(kept) - 1)]
    return lr / (0.525 - 0.475 * cos((k + 0.5) * pi / nodes))


def wsd(
    t,
    lr,
    num_warmup_steps,
    num_stable_steps,
    num_decay_steps,
    min_lr_ratio,
    num_cycles,
    cooldown_type,
):
    begin, p = num_warmup_steps + num_stable_steps, 0.0
    if t < num_warmup_steps:
        return lr * t / num_warmup_steps
    if t < begin:
        return lr
    if t >= begin + num_decay_steps:
        return lr * min_lr_ratio
    p = (t - begin) / num_decay_steps
    return (
        lr
        * {
            "linear": 1 - p,
            "1-sqrt": 1 - p**0.5,
            "1-square": 1 - p**2,
            "cosine": (1 - min_lr_ratio) * (1 + cos(pi * num_cycles * 2 * p)) / 2 + min_lr_ratio,
        }[cooldown_type]
    )


CASES = [
    Case(
        ours.LinearScheduler,
        draw,
        stepped(lambda s, share: 1 - share),
        lambda own: own["t_max"] + 12,
        count=200,
    ),
    Case(
        ours.CosineScheduler,
        draw,
        stepped(lambda s, share: (1 + cos(pi * share)) / 2),
        lambda own: 70,
        count=200,
    ),
    Case(
        ours.PolyScheduler,
        lambda rng: {**draw(rng), "poly_order": real(rng, 0.2, 3.0)},
        stepped(lambda s, share, poly_order: s**poly_order),
        lambda own: 50,
        count=200,
    ),
    Case(ours.ProportionScheduler, possible, figures(proportional), lambda own: 14, count=200),
    Case(
        ours.CosineAnnealingWarmupRestarts, restarts, figures(restarted), lambda own: 60, count=100
    ),
    Case(
        ours.REXScheduler,
        lambda rng: {
            "total_steps": whole(rng, 1, 40),
            "max_lr": rate(rng),
            "min_lr": one_of(rng, 0.0, rate(rng)),
        },
        figures(rex),
        lambda own: own["total_steps"] + 4,
        count=200,
    ),
    Case(
        ours.get_chebyshev_schedule,
        lambda rng: {
            "lr": rates(rng),
            "num_epochs": whole(rng, 1, 40),
            "is_warmup": bool(rng.random() < 0.1),
        },
        figures(chebyshev),
        lambda own: 70,
        count=200,
    ),
    Case(
        ours.get_wsd_schedule,
        lambda rng: {
            "lr": rates(rng),
            "num_warmup_steps": whole(rng, 0, 12),
            "num_stable_steps": whole(rng, 0, 12),
            "num_decay_steps": whole(rng, 0, 15),
            "min_lr_ratio": one_of(rng, 0.0, real(rng, 0.0, 1.0)),
            "num_cycles": one_of(rng, 0.5, 0.0, round(real(rng, 0.1, 2.0), 2)),
            "cooldown_type": one_of(rng, "cosine", "1-sqrt", "linear", "1-square"),
        },
        figures(wsd),
        lambda own: 45,
        count=200,
    ),
]
