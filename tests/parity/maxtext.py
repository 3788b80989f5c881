"""MaxText: figures of its one function, in float64."""

import math

from fastlr.presets import maxtext as ours

from . import Case, figures, one_of, rates, real, whole


def wave(t, high, low, length):
    p = t / (length - 1) if length > 1 else 1.0
    a = 0.5 * (math.cos(math.pi * p) + 1)
    return high * a + low * (1 - a)


def line(t, high, low, length):
    """optax's line of ``length - 1`` steps, which is constant if that is none."""
    return high + (low - high) * min(t / (length - 1), 1.0) if length > 1 else high


def formula(
    t,
    learning_rate,
    steps,
    learning_rate_schedule_steps,
    lr_schedule_type,
    learning_rate_final_fraction,
    wsd_decay_steps_fraction,
    wsd_decay_style,
    warmup_steps_fraction,
):
    total = learning_rate_schedule_steps or steps
    warmup, low = (
        int(total * warmup_steps_fraction),
        learning_rate * learning_rate_final_fraction,
    )
    if t >= total < steps:
        return 0.0
    if t < warmup:
        return learning_rate * t / warmup
    if lr_schedule_type == "cosine":
        return (
            wave(t - warmup, learning_rate, low, total - warmup)
            if total > warmup
            else (learning_rate)
        )
    decay = int(total * wsd_decay_steps_fraction)
    if t < total - decay or not decay:
        return learning_rate
    curve = line if wsd_decay_style == "linear" else wave
    return curve(t - (total - decay), learning_rate, low, decay)


def draw(rng):
    total, warmup = whole(rng, 1, 50), one_of(rng, 0.0, 0.1, real(rng, 0.0, 1.0))
    steps, own = one_of(rng, (total, None), (total, total), (total + whole(rng, 0, 9), total))
    return {
        "learning_rate": rates(rng),
        "steps": steps,
        "learning_rate_schedule_steps": own,
        "lr_schedule_type": one_of(rng, "cosine", "wsd"),
        "learning_rate_final_fraction": one_of(rng, 0.0, 0.1, real(rng, 0.0, 1.0)),
        "wsd_decay_steps_fraction": real(rng, 0.0, 1.0 - warmup),
        "wsd_decay_style": one_of(rng, "linear", "cosine"),
        "warmup_steps_fraction": warmup,
    }


CASES = [
    Case(
        ours.create_learning_rate_schedule,
        draw,
        figures(formula, "learning_rate"),
        lambda own: own["steps"] + 20,
        count=200,
    )
]
