"""diffusers: its formulas, as its source has them."""

import math

from fastlr.presets import diffusers as ours

from . import Case, figures, one_of, rate, real, whole
from .transformers import plain, polynomial, restarts, totalled, warmed, waved, within


def ramp(t, warmup):
    return t / max(1, warmup)


def progress(t, warmup, total):
    return (t - warmup) / max(1, total - warmup)


def constant(t, lr):
    return lr


def warmed_up(t, lr, num_warmup_steps):
    return lr * (ramp(t, num_warmup_steps) if t < num_warmup_steps else 1.0)


def line(t, lr, num_warmup_steps, num_training_steps, f_min=0.0, f_max=1.0):
    if t < num_warmup_steps:
        return lr * f_max * ramp(t, num_warmup_steps)
    left = (num_training_steps - t) / max(1, num_training_steps - num_warmup_steps)
    return lr * (f_min + (f_max - f_min) * max(0.0, left))


def cosine(t, lr, num_warmup_steps, num_training_steps, num_cycles=0.5):
    if t < num_warmup_steps:
        return lr * ramp(t, num_warmup_steps)
    angle = math.pi * num_cycles * 2.0 * progress(t, num_warmup_steps, num_training_steps)
    return lr * max(0.0, 0.5 * (1.0 + math.cos(angle)))


def hard_restarts(t, lr, num_warmup_steps, num_training_steps, num_cycles=1):
    if t < num_warmup_steps:
        return lr * ramp(t, num_warmup_steps)
    p = progress(t, num_warmup_steps, num_training_steps)
    return (
        lr * max(0.0, 0.5 * (1.0 + math.cos(math.pi * (num_cycles * p % 1.0)))) if p < 1.0 else 0.0
    )


def power_decay(
    t, lr, num_warmup_steps, num_training_steps, lr_end=1e-7, power=1.0, default_lr=None
):
    own = lr if default_lr is None else default_lr
    if t < num_warmup_steps:
        return lr * ramp(t, num_warmup_steps)
    if t > num_training_steps:
        return lr * lr_end / own
    left = 1 - (t - num_warmup_steps) / (num_training_steps - num_warmup_steps)
    return lr * ((own - lr_end) * left**power + lr_end) / own


def stairs(t, lr, step_rules):
    *rules, last = step_rules.split(",")
    factors = {int(rule.split(":")[1]): float(rule.split(":")[0]) for rule in rules}
    return lr * next((factors[step] for step in sorted(factors) if t < step), float(last))


def some_rules(rng):
    factors = [f"{real(rng, 0.0, 2.0):.3g}:{whole(rng, 0, 20)}" for _ in range(whole(rng, 0, 4))]
    return {**plain(rng), "step_rules": ",".join([*factors, f"{real(rng, 0.0, 1.0):.3g}"])}


def lines(rng):
    return {
        **totalled(rng),
        "f_min": one_of(rng, 0.0, real(rng, 0.0, 0.5)),
        "f_max": one_of(rng, 1.0, real(rng, 0.5, 2.0)),
    }


def decays(rng):
    """A power decay to the least rate that the builder by name knows."""
    own = polynomial(rng)
    lr = [1e-3 + rate(rng) for _ in own["lr"]] if isinstance(own["lr"], list) else 1e-3 + own["lr"]
    return {**own, "lr": lr, **({"default_lr": 1e-3 + rate(rng)} if isinstance(lr, list) else {})}


NAMED = {
    "constant": (constant, plain),
    "constant_with_warmup": (warmed_up, warmed),
    "linear": (line, totalled),
    "cosine": (cosine, totalled),
    "cosine_with_restarts": (hard_restarts, restarts),
    "piecewise_constant": (stairs, some_rules),
    "polynomial": (power_decay, decays),
}


def by_name(rng):
    name = one_of(rng, *NAMED)
    own = NAMED[name][1](rng)
    own.pop("lr_end", None)
    return {"name": name, **own}


def run_by_name(t, lr, name, **own):
    return NAMED[name][0](t, lr, **own)


CASES = [
    Case(preset, draw, figures(formula), steps, count=200)
    for preset, draw, formula, steps in [
        (ours.get_constant_schedule, plain, constant, lambda own: 5),
        (ours.get_constant_schedule_with_warmup, warmed, warmed_up, within),
        (ours.get_piecewise_constant_schedule, some_rules, stairs, lambda own: 24),
        (ours.get_linear_schedule_with_warmup, lines, line, within),
        (ours.get_cosine_schedule_with_warmup, waved, cosine, within),
        (ours.get_cosine_with_hard_restarts_schedule_with_warmup, restarts, hard_restarts, within),
        (ours.get_polynomial_decay_schedule_with_warmup, polynomial, power_decay, within),
        (ours.get_scheduler, by_name, run_by_name, lambda own: within(own) + 20),
    ]
]
