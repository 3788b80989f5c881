"""PaddlePaddle: figures from its formulas, its plateau rule written out."""

import math
from functools import partial

from fastlr.presets import paddle as ours

from . import Case, figures, one_of, rate, rates, real, whole

GROUPS = "learning_rate"


def drawn(groups, **parameters):
    """Settings by drawing each of these, and base rates under the name ``groups``."""
    return lambda rng: {
        groups: rates(rng),
        **{name: make(rng) for name, make in parameters.items()},
    }


draw = partial(drawn, GROUPS)


def integer(low, high):
    return lambda rng: whole(rng, low, high)


def number(low, high):
    return lambda rng: real(rng, low, high)


def rising(rng):
    return sorted({whole(rng, 0, 25) for _ in range(whole(rng, 1, 5))})


def noam(t, learning_rate, d_model, warmup_steps):
    return learning_rate * d_model**-0.5 * min(t**-0.5 if t else 1, t * warmup_steps**-1.5)


def piecewise(t, boundaries, values):
    return next(
        (value for boundary, value in zip(boundaries, values, strict=False) if t < boundary),
        values[-1],
    )


def pieces(rng):
    boundaries = rising(rng)
    return {"boundaries": boundaries, "values": [rate(rng) for _ in range(len(boundaries) + 1)]}


def polynomial(t, init, end, steps, power, cycle):
    steps, t = (steps * max(math.ceil(t / steps), 1), t) if cycle else (steps, min(t, steps))
    return (init - end) * (1 - t / steps) ** power + end


def falling(end, **parameters):
    """A rate and a lower one, called ``end``."""

    def settings(rng):
        high = rate(rng)
        return {
            GROUPS: high,
            end: high * real(rng, 0.0, 1.0),
            **{name: make(rng) for name, make in parameters.items()},
        }

    return settings


def warmup(rng):
    start, end = sorted([rate(rng), rate(rng)])
    return {GROUPS: rates(rng), "warmup_steps": whole(rng, 1, 20), "start_lr": start, "end_lr": end}


def warmed(t, learning_rate, warmup_steps, start_lr, end_lr):
    return (end_lr - start_lr) * t / warmup_steps + start_lr if t < warmup_steps else learning_rate


def warmed_steps(t, learning_rate, warmup_steps, start_lr, end_lr, shifted):
    later = (t - warmup_steps if shifted else t) // 3
    return warmed(t, learning_rate * 0.5**later, warmup_steps, start_lr, end_lr)


def followed_by_steps(preset, shifted):
    """The warmup, with steps behind it."""
    theirs = figures(lambda t, **own: warmed_steps(t, shifted=shifted, **own), GROUPS)

    def build(**own):
        return preset(**{**own, GROUPS: ours.StepDecay(own[GROUPS], 3, 0.5)})

    build.__module__, build.__name__ = preset.__module__, preset.__name__
    return Case(build, warmup, theirs, lambda own: 40, count=200)


def one_cycle(rng):
    three, total = bool(whole(rng, 0, 1)), whole(rng, 10, 50)
    high = rate(rng)
    return {
        "max_learning_rate": high,
        "total_steps": total,
        "divide_factor": real(rng, 2.0, 40.0),
        "end_learning_rate": high * real(rng, 0.0, 0.5),
        "phase_pct": round(real(rng, 0.25, 0.45 if three else 0.9), 2),
        "anneal_strategy": one_of(rng, "cos", "linear"),
        "three_phase": three,
    }


def run_one_cycle(
    t,
    max_learning_rate,
    total_steps,
    divide_factor,
    end_learning_rate,
    phase_pct,
    anneal_strategy,
    three_phase,
):
    low, rise = max_learning_rate / divide_factor, phase_pct * total_steps
    ends = [0, rise - 1, *([2 * rise - 2] if three_phase else []), total_steps - 1]
    levels = [low, max_learning_rate, *([low] if three_phase else []), end_learning_rate]
    i = next((i for i, end in enumerate(ends[1:]) if t <= end), len(ends) - 2)
    share = (t - ends[i]) / (ends[i + 1] - ends[i])
    weight = share if anneal_strategy == "linear" else (1 - math.cos(math.pi * share)) / 2
    return levels[i] + (levels[i + 1] - levels[i]) * weight


def cyclic(rng):
    low = rate(rng)
    return {
        "base_learning_rate": low,
        "max_learning_rate": low * real(rng, 1.0, 20.0),
        "step_size_up": whole(rng, 1, 9),
        "step_size_down": one_of(rng, None, whole(rng, 1, 9)),
        "mode": one_of(rng, "triangular", "triangular2", "exp_range"),
        "exp_gamma": real(rng, 0.9, 1.01),
    }


def run_cyclic(
    t, base_learning_rate, max_learning_rate, step_size_up, step_size_down, mode, exp_gamma
):
    size = step_size_up + (step_size_down or step_size_up)
    cycle, share = t // size, t % size / size
    up = step_size_up / size
    weight = share / up if share <= up else (1 - share) / (1 - up)
    scale = {"triangular": 1.0, "triangular2": 0.5**cycle, "exp_range": exp_gamma**t}[mode]
    return base_learning_rate + (max_learning_rate - base_learning_rate) * weight * scale


def restarts(t, learning_rate, T_0, T_mult, eta_min):  # noqa: N803
    length = T_0
    while t >= length:
        t, length = t - length, length * T_mult
    return eta_min + (learning_rate - eta_min) * (1 + math.cos(math.pi * t / length)) / 2


def wave(t, high, low, half):
    return low + (high - low) * (1 + math.cos(math.pi * t / half)) / 2


def plateau(rng):
    return {
        "mode": one_of(rng, "min", "max"),
        "factor": real(rng, 0.1, 0.9),
        "patience": whole(rng, 0, 3),
        "threshold": one_of(rng, 1e-4, 0.05),
        "threshold_mode": one_of(rng, "rel", "abs"),
        "min_lr": one_of(rng, 0.0, 0.01),
    }


def run_plateau(settings, metrics):
    mode, threshold, relative = (
        settings["mode"],
        settings["threshold"],
        settings["threshold_mode"] == "rel",
    )
    lr, best, bad, table = 1.0, None, 0, []
    for metric in metrics:
        if best is None:
            better = True
        else:
            margin = best * threshold if relative else threshold
            better = metric < best - margin if mode == "min" else metric > best + margin
        best, bad = (metric, 0) if better else (best, bad + 1)
        if bad > settings["patience"]:
            bad, new = 0, max(lr * settings["factor"], settings["min_lr"])
            lr = new if lr - new > 1e-8 else lr
        table.append(lr)
    return table


def product(t, lr_lambda, total_steps, learning_rate=None, lr=None):
    lr = learning_rate if lr is None else lr
    for i in range(1, min(t, total_steps - 1) + 1):
        lr *= lr_lambda(i)
    return lr


def functions(rng):
    share = real(rng, 0.5, 1.1)
    return {GROUPS: rates(rng), "lr_lambda": lambda t: share + t % 3 / 7, "total_steps": 20}


def per_step(formula):
    return lambda t, learning_rate, decay_steps, decay_rate, staircase: formula(
        learning_rate, decay_rate, t // decay_steps if staircase else t / decay_steps
    )


decaying = draw(
    decay_steps=integer(1, 9),
    decay_rate=number(0.05, 1.0),
    staircase=lambda rng: bool(whole(rng, 0, 1)),
)
cycled = {
    "decay_steps": integer(1, 9),
    "power": number(0.3, 3.0),
    "cycle": lambda rng: bool(whole(rng, 0, 1)),
}


def case(preset, settings, formula, steps=40, **more):
    return Case(preset, settings, figures(formula, GROUPS), lambda own: steps, count=200, **more)


CASES = [
    case(ours.NoamDecay, draw(d_model=integer(1, 600), warmup_steps=integer(1, 20)), noam),
    case(ours.PiecewiseDecay, pieces, piecewise),
    case(
        ours.NaturalExpDecay,
        draw(gamma=number(0.01, 1.0)),
        lambda t, learning_rate, gamma: learning_rate * math.exp(-gamma * t),
    ),
    case(
        ours.InverseTimeDecay,
        draw(gamma=number(0.0, 1.0)),
        lambda t, learning_rate, gamma: learning_rate / (1 + gamma * t),
    ),
    case(
        ours.PolynomialDecay,
        falling("end_lr", **cycled),
        lambda t, learning_rate, end_lr, decay_steps, power, cycle: polynomial(
            t, learning_rate, end_lr, decay_steps, power, cycle
        ),
    ),
    followed_by_steps(ours.LinearWarmup, shifted=True),
    case(
        ours.ExponentialDecay,
        draw(gamma=number(0.1, 0.99)),
        lambda t, learning_rate, gamma: learning_rate * gamma**t,
    ),
    case(
        ours.MultiStepDecay,
        draw(milestones=rising, gamma=number(0.1, 0.99)),
        lambda t, learning_rate, milestones, gamma: (
            learning_rate * gamma ** sum(m <= t for m in milestones)
        ),
    ),
    case(
        ours.StepDecay,
        draw(step_size=integer(1, 9), gamma=number(0.1, 0.99)),
        lambda t, learning_rate, step_size, gamma: learning_rate * gamma ** (t // step_size),
    ),
    case(
        ours.LambdaDecay,
        functions,
        lambda t, learning_rate, lr_lambda, total_steps: (
            learning_rate * lr_lambda(min(t, total_steps - 1))
        ),
    ),
    case(ours.MultiplicativeDecay, functions, product),
    Case(ours.ReduceOnPlateau, plateau, run_plateau, lambda own: 60, count=200),
    case(
        ours.CosineAnnealingDecay,
        draw(T_max=integer(1, 12), eta_min=lambda rng: one_of(rng, 0.0, rate(rng))),
        lambda t, learning_rate, T_max, eta_min: wave(t, learning_rate, eta_min, T_max),  # noqa: N803
    ),
    Case(
        ours.OneCycleLR,
        one_cycle,
        figures(run_one_cycle),
        lambda own: own["total_steps"] + (own["anneal_strategy"] == "cos"),
        count=200,
        bound=1e-11,  # the ends of phases are rounded
    ),
    Case(ours.CyclicLR, cyclic, figures(run_cyclic), lambda own: 50, count=200),
    case(
        ours.LinearLR,
        draw(
            total_steps=integer(1, 20), start_factor=number(0.01, 1.0), end_factor=number(0.0, 1.0)
        ),
        lambda t, learning_rate, total_steps, start_factor, end_factor: (
            learning_rate
            * (start_factor + (end_factor - start_factor) * min(t, total_steps) / total_steps)
        ),
    ),
    case(
        ours.CosineAnnealingWarmRestarts,
        draw(
            T_0=integer(1, 9), T_mult=integer(1, 3), eta_min=lambda rng: one_of(rng, 0.0, rate(rng))
        ),
        restarts,
        60,
    ),
    case(
        ours.noam_decay,
        draw(d_model=integer(1, 600), warmup_steps=integer(1, 20)),
        lambda t, **own: noam(t + 1, **own),
    ),
    case(ours.exponential_decay, decaying, per_step(lambda lr, decay_rate, p: lr * decay_rate**p)),
    case(
        ours.natural_exp_decay,
        decaying,
        per_step(lambda lr, decay_rate, p: lr * math.exp(-decay_rate * p)),
    ),
    case(
        ours.inverse_time_decay,
        decaying,
        per_step(lambda lr, decay_rate, p: lr / (1 + decay_rate * p)),
    ),
    case(
        ours.polynomial_decay,
        falling("end_learning_rate", **cycled),
        lambda t, learning_rate, end_learning_rate, decay_steps, power, cycle: polynomial(
            t, learning_rate, end_learning_rate, decay_steps, power, cycle
        ),
    ),
    case(ours.piecewise_decay, pieces, piecewise),
    case(
        ours.cosine_decay,
        draw(step_each_epoch=integer(1, 5), epochs=integer(1, 9)),
        lambda t, learning_rate, step_each_epoch, epochs: wave(
            t // step_each_epoch, learning_rate, 0.0, epochs
        ),
    ),
    followed_by_steps(ours.linear_lr_warmup, shifted=False),
]
