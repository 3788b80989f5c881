"""trax: figures of its factors, of step ``n = t + 1``."""

from math import cos, pi

from fastlr.presets import trax as ours

from . import Case, figures, one_of, rate, real, whole

FACTORS = (
    "constant",
    "two_constants",
    "linear_warmup",
    "rsqrt_decay",
    "rsqrt_normalized_decay",
    "decay_every",
    "cosine_decay",
)


def draw(rng):
    return {
        "factors": " * ".join(one_of(rng, *FACTORS) for _ in range(whole(rng, 1, 4))),
        "constant": real(rng, 0.1, 1.0),
        "warmup_steps": whole(rng, 1, 20),
        "decay_factor": real(rng, 0.1, 1.0),
        "steps_per_decay": whole(rng, 1, 12),
        "steps_per_cycle": whole(rng, 1, 15),
        "second_constant": real(rng, 0.01, 0.1),
        "second_constant_step": whole(rng, 0, 30),
        "minimum": one_of(rng, 0.0, 0.01),
    }


def multifactor(t, factors, constant, second_constant, second_constant_step, minimum, **own):
    n, w, result = t + 1, own["warmup_steps"], 1.0
    for name in factors.split(" * "):
        result *= {
            "constant": constant,
            "two_constants": constant if n < second_constant_step else second_constant,
            "linear_warmup": min(1.0, n / w),
            "rsqrt_decay": max(n, w) ** -0.5,
            "rsqrt_normalized_decay": (w / max(n, w)) ** 0.5,
            "decay_every": own["decay_factor"] ** (n // own["steps_per_decay"]),
            "cosine_decay": 0.5
            * (1 + cos(pi * (max(n - w, 0) % own["steps_per_cycle"]) / own["steps_per_cycle"])),
        }[name]
    return max(result, minimum)


def warm(rng):
    return {"n_warmup_steps": whole(rng, 0, 20), "max_value": rate(rng)}


def warmup(t, n_warmup_steps, max_value):
    return max_value * min((t + 1) / (n_warmup_steps + 1), 1.0)


def rsqrt(t, n_warmup_steps, max_value):
    w, n = n_warmup_steps + 1, t + 1
    return max_value * (n / w if n < w else (w / n) ** 0.5)


CASES = [
    Case(
        ours.constant,
        lambda rng: {"value": rate(rng)},
        figures(lambda t, value: value),
        lambda own: 4,
        count=200,
    ),
    Case(ours.warmup, warm, figures(warmup), lambda own: 25, count=200),
    Case(ours.warmup_and_rsqrt_decay, warm, figures(rsqrt), lambda own: 50, count=200),
    Case(ours.multifactor, draw, figures(multifactor), lambda own: 60, count=300),
]
