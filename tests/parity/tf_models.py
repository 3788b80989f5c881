"""TensorFlow Models: figures from the formulas in its source, which agree with the running
package to float32.
"""

from math import ceil, cos, floor, pi, sqrt

import numpy as np

from fastlr.presets import keras, tf_keras
from fastlr.presets import tf_models as ours

from . import Case, figures, one_of, rate, real, whole

# -- Keras's decays at t - offset ------------------------------------------------------------------


def piecewise(t, boundaries, values, offset):
    return values[sum(t - offset > boundary for boundary in boundaries)]


def polynomial(t, initial_learning_rate, decay_steps, end_learning_rate, power, cycle, offset):
    s = t - offset
    if cycle and s < 0:
        return initial_learning_rate  # where TensorFlow has no rate
    last = decay_steps * (ceil(s / decay_steps) or 1) if cycle else decay_steps
    return (initial_learning_rate - end_learning_rate) * (
        1 - min(s, last) / last
    ) ** power + end_learning_rate


def exponential(t, initial_learning_rate, decay_steps, decay_rate, staircase, offset):
    p = (t - offset) / decay_steps
    return initial_learning_rate * decay_rate ** (floor(p) if staircase else p)


def cosine(t, initial_learning_rate, decay_steps, alpha, offset):
    wave = 0.5 * (1 + cos(pi * min(t - offset, decay_steps) / decay_steps))
    return initial_learning_rate * ((1 - alpha) * wave + alpha)


# -- powers and waves ------------------------------------------------------------------------------


def power_decay(t, initial_learning_rate, power):
    return initial_learning_rate * max(t, 1.0) ** power


def power_and_linear(
    t, initial_learning_rate, total_decay_steps, power, linear_decay_fraction, offset
):
    s = t - offset
    learning_rate = initial_learning_rate * max(s, 1.0) ** power
    if total_decay_steps * linear_decay_fraction > 0:
        learning_rate *= min(
            1.0, (total_decay_steps - s) / (total_decay_steps * linear_decay_fraction)
        )
    return max(0.0, learning_rate)


def power_with_offset(t, initial_learning_rate, power, offset, pre_offset_learning_rate):
    after = max(t - offset, 1.0) ** power * initial_learning_rate
    return min(after if t > offset else pre_offset_learning_rate, pre_offset_learning_rate)


def step_cosine(t, boundaries, values, offset):
    s, i = (
        t - offset,
        max((i for i, at in enumerate(boundaries) if i and t - offset >= at), default=0),
    )
    if i == len(values) - 1:
        return values[-1]  # where TensorFlow has NaN
    gone = s - boundaries[i] if i else s
    wave = (cos(pi * gone / (boundaries[i + 1] - boundaries[i])) + 1.0) / 2.0
    return (values[i] - values[i + 1]) * wave + values[i + 1]


# -- warmups ---------------------------------------------------------------------------------------


def warmup_formula(after_name, formula):
    """The rates where one setting is a schedule or a rate: ``formula`` gets its rates at all
    steps.
    """

    def table(settings, steps):
        rest = {key: value for key, value in settings.items() if key != after_name}
        after = settings[after_name]
        rates = [after] * 80 if isinstance(after, float) else after.table(80).tolist()
        return np.array([formula(t, rates, **rest) for t in range(steps)])

    return table


def linear_warmup(t, after, warmup_steps, warmup_learning_rate):
    first = warmup_learning_rate
    return (
        first + t / warmup_steps * (after[warmup_steps] - first) if t < warmup_steps else after[t]
    )


def polynomial_warmup(t, after, warmup_steps, power):
    return (
        after[warmup_steps] * (max(t, 1.0) / warmup_steps) ** power
        if t < warmup_steps
        else after[t]
    )


def warmup(t, after, initial_learning_rate, warmup_steps, power):
    return initial_learning_rate * (t / warmup_steps) ** power if t < warmup_steps else after[t]


def xlnet_warmup(t, after, initial_learning_rate, warmup_steps, power):
    return (
        initial_learning_rate * (t / warmup_steps) ** power
        if t < warmup_steps
        else after[t - warmup_steps]
    )


def warmup_decay(t, after, warmup_steps, warmup_lr=None):
    peak = after[0] if warmup_lr is None else warmup_lr
    return peak * t / warmup_steps if t < warmup_steps else after[t]


# -- whole schedules -------------------------------------------------------------------------------


def transformer(t, initial_learning_rate, hidden_size, warmup_steps):
    return (
        initial_learning_rate
        * hidden_size**-0.5
        * min(1.0, t / warmup_steps)
        / sqrt(max(t, warmup_steps))
    )


def poly_decay(
    t, batch_size, decay_exp, learning_rate, warmup_steps, decay_steps, decay_start_steps
):
    peak = learning_rate * batch_size / 2048
    if warmup_steps == 0:
        return peak
    if t < warmup_steps:
        return max(0.01, t / warmup_steps * peak)
    if decay_steps == 0 or t <= decay_start_steps:
        return max(0.01, peak)
    gone = min(t - decay_start_steps, decay_steps)
    return max(0.01, max(0.0001, peak * ((decay_steps - gone) / decay_steps) ** decay_exp))


def warm_wave(t, first, peak, warmup_steps, total_steps):
    if t < warmup_steps:
        return first + t / warmup_steps * (peak - first)
    return peak * (cos(pi * (t - warmup_steps) / (total_steps - warmup_steps)) + 1.0) / 2.0


def cosine_with_warmup(t, batch_size, total_steps, warmup_steps):
    return warm_wave(t, 0.0, 0.1 * batch_size / 256, warmup_steps, total_steps)


def cosine_with_linear_warmup(
    t, total_steps, warmup_learning_rate, warmup_steps, init_learning_rate
):
    return warm_wave(t, warmup_learning_rate, init_learning_rate, warmup_steps, total_steps)


def steps_with_warmup(
    t,
    warmup_learning_rate,
    warmup_steps,
    init_learning_rate,
    learning_rate_levels,
    learning_rate_steps,
):
    first, peak = warmup_learning_rate, init_learning_rate
    learning_rate = first + t / warmup_steps * (peak - first) if t < warmup_steps else peak
    for level, start in zip(learning_rate_levels, learning_rate_steps, strict=True):
        learning_rate = level if t >= start else learning_rate
    return learning_rate


# -- settings --------------------------------------------------------------------------------------


def draw(**parameters):
    """Settings by drawing each of these."""
    return lambda rng: {name: make(rng) for name, make in parameters.items()}


def integer(low, high):
    return lambda rng: whole(rng, low, high)


def number(low, high):
    return lambda rng: real(rng, low, high)


def some(*options):
    return lambda rng: one_of(rng, *options)


def after(rng):
    """What follows a warmup: a rate or a schedule."""
    lr, steps, end = rate(rng), whole(rng, 5, 40), one_of(rng, 0.0, rate(rng))
    return one_of(
        rng, lr, tf_keras.polynomial_decay(lr, steps, end), keras.ExponentialDecay(lr, steps, 0.5)
    )


def offset(rng):
    return one_of(rng, 0, whole(rng, -12, 20))


def boundaries(rng, count):
    return sorted(rng.permutation(40)[:count].tolist())


def piecewise_settings(rng):
    at = boundaries(rng, whole(rng, 1, 5))
    return {
        "boundaries": at,
        "values": [one_of(rng, 0.0, rate(rng)) for _ in range(len(at) + 1)],
        "offset": offset(rng),
    }


def step_cosine_settings(rng):
    at = boundaries(rng, whole(rng, 1, 5))
    return {
        "boundaries": at if rng.random() < 0.3 else [0, *at[1:]],
        "values": [one_of(rng, 0.0, rate(rng)) for _ in at],
        "offset": offset(rng),
    }


def polynomial_settings(rng):
    lr = rate(rng)
    return {
        "initial_learning_rate": lr,
        "decay_steps": whole(rng, 1, 30),
        "end_learning_rate": one_of(rng, 0.0, lr * real(rng, 0.0, 1.0)),
        "power": one_of(rng, 1.0, real(rng, 0.2, 3.0)),
        "cycle": bool(rng.random() < 0.4),
        "offset": offset(rng),
    }


def level_settings(rng):
    at = boundaries(rng, whole(rng, 1, 4))
    return {
        "warmup_learning_rate": rate(rng),
        "warmup_steps": whole(rng, 0, 20),
        "init_learning_rate": rate(rng),
        "learning_rate_levels": [rate(rng) for _ in at],
        "learning_rate_steps": at,
    }


def case(preset, settings, formula, after_name=""):
    rates = warmup_formula(after_name, formula) if after_name else figures(formula)
    return Case(preset, settings, rates, lambda own: 60, count=200)


WARMUP = {
    "warmup_steps": integer(0, 30),
    "power": lambda rng: one_of(rng, 1.0, real(rng, 0.3, 4.0)),
}
POWER = {"initial_learning_rate": rate, "power": some(-0.5, 1.0, 0.0, -1.7, 2.5)}

CASES = [
    case(ours.PiecewiseConstantDecayWithOffset, piecewise_settings, piecewise),
    case(ours.PolynomialDecayWithOffset, polynomial_settings, polynomial),
    case(
        ours.ExponentialDecayWithOffset,
        draw(
            initial_learning_rate=rate,
            decay_steps=integer(1, 15),
            decay_rate=number(0.1, 1.5),
            staircase=some(False, True),
            offset=offset,
        ),
        exponential,
    ),
    case(
        ours.CosineDecayWithOffset,
        draw(
            initial_learning_rate=rate,
            decay_steps=integer(1, 30),
            alpha=some(0.0, 0.1, 1.5),
            offset=offset,
        ),
        cosine,
    ),
    case(ours.DirectPowerDecay, draw(**POWER), power_decay),
    case(
        ours.PowerAndLinearDecay,
        draw(
            **POWER,
            total_decay_steps=integer(1, 50),
            linear_decay_fraction=some(0.0, 0.1, 0.37, 1.0, 1.5),
            offset=offset,
        ),
        power_and_linear,
    ),
    case(
        ours.PowerDecayWithOffset,
        draw(**POWER, offset=offset, pre_offset_learning_rate=some(1e6, 0.3)),
        power_with_offset,
    ),
    case(ours.StepCosineDecayWithOffset, step_cosine_settings, step_cosine),
    case(
        ours.LinearWarmup,
        draw(
            after_warmup_lr_sched=after,
            warmup_steps=integer(0, 30),
            warmup_learning_rate=some(0.0, 0.01),
        ),
        linear_warmup,
        "after_warmup_lr_sched",
    ),
    case(
        ours.PolynomialWarmUp,
        draw(after_warmup_lr_sched=after, **WARMUP),
        polynomial_warmup,
        "after_warmup_lr_sched",
    ),
    case(
        ours.WarmUp,
        draw(initial_learning_rate=rate, decay_schedule_fn=after, **WARMUP),
        warmup,
        "decay_schedule_fn",
    ),
    case(
        ours.XLNetWarmUp,
        draw(initial_learning_rate=rate, decay_schedule_fn=after, **WARMUP),
        xlnet_warmup,
        "decay_schedule_fn",
    ),
    case(
        ours.WarmupDecaySchedule,
        draw(lr_schedule=after, warmup_steps=integer(0, 30), warmup_lr=some(None, 0.2)),
        warmup_decay,
        "lr_schedule",
    ),
    case(
        ours.LearningRateSchedule,
        draw(initial_learning_rate=rate, hidden_size=integer(1, 1024), warmup_steps=integer(1, 40)),
        transformer,
    ),
    case(
        ours.WarmUpAndPolyDecay,
        draw(
            batch_size=integer(1, 4096),
            decay_exp=some(1.0, 2.0, 0.7),
            learning_rate=number(0.01, 40.0),
            warmup_steps=integer(0, 20),
            decay_steps=some(0, 5, 12, 30),
            decay_start_steps=integer(0, 30),
        ),
        poly_decay,
    ),
    case(
        ours.CosineDecayWithWarmup,
        draw(batch_size=integer(1, 4096), total_steps=integer(21, 40), warmup_steps=integer(0, 20)),
        cosine_with_warmup,
    ),
    case(
        ours.CosineLearningRateWithLinearWarmup,
        draw(
            total_steps=integer(21, 40),
            warmup_learning_rate=rate,
            warmup_steps=integer(0, 20),
            init_learning_rate=rate,
        ),
        cosine_with_linear_warmup,
    ),
    case(ours.StepLearningRateWithLinearWarmup, level_settings, steps_with_warmup),
]
