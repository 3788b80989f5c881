"""Burn: figures of its formulas, as its Rust has them, one step after another."""

import math

from fastlr.presets import burn as ours

from . import Case, figures, one_of, rate, rates, real, whole


def line(t, initial_lr, final_lr, num_iters):
    left = max(num_iters - t, 0)
    return final_lr - (final_lr - initial_lr) / num_iters * left


def cosine(t, initial_lr, num_iters, min_lr):
    t %= num_iters + 1
    return min_lr + 0.5 * (initial_lr - min_lr) * (1.0 + math.cos(t / num_iters * math.pi))


def exponential(t, initial_lr, gamma):
    rate = initial_lr / gamma
    for _ in range(t + 1):
        rate *= gamma
    return rate


def noam(t, factor, warmup_steps, model_size):
    n = t + 1.0
    return factor * model_size**-0.5 * min(n**-0.5, n * warmup_steps**-1.5)


def stairs(t, initial_lr, step_size, gamma):
    return initial_lr * gamma ** (t // step_size)


def lines(rng):
    return {"initial_lr": rates(rng), "final_lr": rate(rng), "num_iters": whole(rng, 1, 40)}


def cosines(rng):
    return {
        "initial_lr": rates(rng),
        "num_iters": whole(rng, 1, 40),
        "min_lr": one_of(rng, 0.0, rate(rng)),
    }


def decays(rng):
    return {"initial_lr": rates(rng), "gamma": one_of(rng, 1.0, real(rng, 0.5, 1.0))}


def noams(rng):
    return {
        "factor": rates(rng),
        "warmup_steps": whole(rng, 1, 30),
        "model_size": whole(rng, 1, 2_048),
    }


def steps(rng):
    return {"initial_lr": rates(rng), "step_size": whole(rng, 1, 12), "gamma": real(rng, 0.1, 1.0)}


KINDS = [
    (ours.LinearLrSchedulerConfig, lines, line),
    (ours.CosineAnnealingLrSchedulerConfig, cosines, cosine),
    (ours.ExponentialLrSchedulerConfig, decays, exponential),
    (ours.NoamLrSchedulerConfig, noams, noam),
    (ours.StepLrSchedulerConfig, steps, stairs),
]


class Parts(list):
    """Schedules, and the formulas that they were made of."""


def some(rng, count):
    """So many schedules of one group."""
    made = Parts()
    made.formulas = []
    for _ in range(count):
        preset, draw, formula = one_of(rng, *KINDS)
        own = {
            key: value[0] if isinstance(value, list) else value for key, value in draw(rng).items()
        }
        made.append(preset(**own))
        made.formulas.append(lambda t, formula=formula, own=own: formula(t, **own))
    return made


def composed(t, schedulers, reduction):
    found = [formula(t) for formula in schedulers.formulas]
    return {
        "Prod": math.prod(found),
        "Sum": sum(found),
        "Avg": sum(rate / len(found) for rate in found),
    }[reduction]


def sequential(t, schedulers, milestones):
    begun = [0, *(mark for mark in milestones if mark <= t)]
    return schedulers.formulas[len(begun) - 1](t - begun[-1])


def sequence(rng):
    count = whole(rng, 1, 4)
    marks = sorted(rng.choice(30, count - 1, replace=False) + 1) if count > 1 else []
    return {"schedulers": some(rng, count), "milestones": [int(mark) for mark in marks]}


CASES = [
    Case(
        ours.ConstantLr,
        lambda rng: {"lr": rates(rng)},
        figures(lambda t, lr: lr),
        lambda own: 5,
        count=200,
    ),
    *(
        Case(
            preset,
            draw,
            figures(formula, "factor" if formula is noam else "initial_lr"),
            lambda own: 50,
            count=200,
        )
        for preset, draw, formula in KINDS
    ),
    Case(
        ours.ComposedLrSchedulerConfig,
        lambda rng: {
            "schedulers": some(rng, whole(rng, 1, 3)),
            "reduction": one_of(rng, "Avg", "Sum", "Prod"),
        },
        figures(composed),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.SequentialLrSchedulerConfig, sequence, figures(sequential), lambda own: 50, count=200
    ),
]
