"""tensor2tensor: figures of its factors and of its legacy schemes."""

from math import cos, floor, pi

from fastlr.presets import tensor2tensor as ours

from . import Case, figures, one_of, rate, real, whole

FACTORS = (
    "constant",
    "linear_warmup",
    "linear_decay",
    "cosdecay",
    "single_cycle_cos_decay",
    "multi_cycle_cos_decay",
    "rsqrt_decay",
    "rsqrt_normalized_decay",
    "exp_decay",
    "rsqrt_hidden_size",
)


def draw(rng):
    warmup = whole(rng, 1, 15)
    return {
        "learning_rate_schedule": "*".join(one_of(rng, *FACTORS) for _ in range(whole(rng, 1, 4))),
        "learning_rate_constant": rate(rng),
        "learning_rate_warmup_steps": warmup,
        "learning_rate_decay_steps": whole(rng, 1, 40),
        "learning_rate_decay_rate": real(rng, 0.1, 1.0),
        "learning_rate_decay_staircase": one_of(rng, True, False),
        "hidden_size": whole(rng, 1, 512),
        "train_steps": warmup + whole(rng, 1, 30),
    }


def wave(share):
    return 0.5 * (1 + cos(pi * share))


def product(t, learning_rate_schedule, learning_rate_constant, train_steps, hidden_size, **own):
    w, d, result = own["learning_rate_warmup_steps"], own["learning_rate_decay_steps"], 1.0
    s = max(t - w, 0)
    for name in learning_rate_schedule.split("*"):
        result *= {
            "constant": learning_rate_constant,
            "linear_warmup": min(1.0, t / w),
            "linear_decay": min(1.0, max(0.0, (train_steps - t) / d)),
            "cosdecay": 1.0 if t <= w else wave(t / d),
            "single_cycle_cos_decay": wave(s / (train_steps - w)),
            "multi_cycle_cos_decay": wave(s / d),
            "rsqrt_decay": max(t, w) ** -0.5,
            "rsqrt_normalized_decay": (w / max(t, w)) ** 0.5,
            "exp_decay": own["learning_rate_decay_rate"]
            ** (s // d if own["learning_rate_decay_staircase"] else s / d),
            "rsqrt_hidden_size": hidden_size**-0.5,
        }[name]
    return result


def legacy_draw(rng):
    scheme = one_of(rng, "none", "noam", "exp", "piecewise", "cosine", "cyclelinear10x", "sqrt")
    boundaries = sorted(whole(rng, 0, 30) for _ in range(whole(rng, 0, 3)))
    return {
        "learning_rate": rate(rng),
        "learning_rate_decay_scheme": scheme,
        "learning_rate_warmup_steps": whole(
            rng, 1 if scheme in ("noam", "cyclelinear10x") else 0, 20
        ),
        "learning_rate_decay_steps": whole(rng, 1, 20),
        "learning_rate_decay_rate": real(rng, 0.1, 1.0),
        "learning_rate_decay_staircase": one_of(rng, True, False),
        "learning_rate_boundaries": boundaries,
        "learning_rate_multiples": [real(rng, 0.0, 2.0) for _ in boundaries],
        "learning_rate_cosine_cycle_steps": whole(rng, 1, 20),
        "hidden_size": whole(rng, 1, 512),
        "optimizer": one_of(rng, "adam", "other"),
    }


def legacy(t, learning_rate, learning_rate_decay_scheme, optimizer, hidden_size, **own):
    w, scheme = own["learning_rate_warmup_steps"], learning_rate_decay_scheme
    top = learning_rate * (0.002 if optimizer == "adam" else 1.0)
    if scheme == "noam":
        return top * 5000 * hidden_size**-0.5 * min((t + 1) * w**-1.5, (t + 1) ** -0.5)
    if t < w:
        return top * 0.01 ** ((w - t) / w)
    p = (t - w) / own["learning_rate_decay_steps"]
    position = t / own["learning_rate_cosine_cycle_steps"] % 2
    passed = sum(boundary < t for boundary in own["learning_rate_boundaries"])
    return (
        top
        * {
            "none": lambda: 1.0,
            "exp": lambda: (
                own["learning_rate_decay_rate"]
                ** (floor(p) if own["learning_rate_decay_staircase"] else p)
            ),
            "piecewise": lambda: [1.0, *own["learning_rate_multiples"]][passed],
            "cosine": lambda: wave(1 - abs(1 - position)),
            "cyclelinear10x": lambda: (1.0 - abs(t % (2 * w) - w) / w + 0.1) * 3.0,
            "sqrt": lambda: 500.0 / max(t - w, 1) ** 0.5,
        }[scheme]()
    )


CASES = [
    Case(ours.learning_rate_schedule, draw, figures(product), lambda own: 60, count=300),
    Case(
        ours.legacy_learning_rate_schedule, legacy_draw, figures(legacy), lambda own: 60, count=300
    ),
]
