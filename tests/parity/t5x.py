"""t5x: figures of its factors."""

from math import cos, pi

from fastlr.presets import t5x as ours

from . import Case, figures, one_of, real, whole

FACTORS = (
    "constant",
    "linear_warmup",
    "linear_decay",
    "rsqrt_decay",
    "rsqrt_normalized_decay",
    "decay_every",
    "cosine_decay",
)


def draw(rng):
    return {
        "factors": one_of(rng, " * ", "*").join(
            one_of(rng, *FACTORS) for _ in range(whole(rng, 1, 4))
        ),
        "base_learning_rate": real(rng, 0.1, 1.0),
        "warmup_steps": whole(rng, 1, 20),
        "decay_factor": one_of(rng, 0.5, 0.0, round(real(rng, 0.01, 0.9), 3)),
        "steps_per_decay": whole(rng, 1, 12),
        "steps_per_cycle": whole(rng, 1, 15),
        "step_offset": one_of(rng, 0, whole(rng, 0, 10)),
        "min_learning_rate": one_of(rng, 1e-8, 0.01),
    }


def factor(name, t, own):
    w = own["warmup_steps"]
    base, slope = own["base_learning_rate"], own["decay_factor"]
    return {
        "constant": base,
        "linear_warmup": min(1.0, t / w),
        "linear_decay": max(base * min(t / w, 1.0 + slope * (w - t)), 0.0),
        "rsqrt_decay": max(t, w) ** -0.5,
        "rsqrt_normalized_decay": (w / max(t, w)) ** 0.5,
        "decay_every": slope ** (t // own["steps_per_decay"]),
        "cosine_decay": 0.5
        * (1 + cos(pi * (max(t - w, 0) % own["steps_per_cycle"]) / own["steps_per_cycle"])),
    }[name]


def product(t, factors, step_offset, min_learning_rate, **own):
    rate = 1.0
    for name in factors.split("*"):
        rate *= factor(name.strip(), max(t - step_offset, 0), own)
    return max(rate, min_learning_rate)


CASES = [
    Case(ours.create_learning_rate_scheduler, draw, figures(product), lambda own: 60, count=300)
]
