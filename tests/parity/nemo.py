"""NeMo: figures worked out from its formulas, of all groups at once, some of which take the
first one's rate.
"""

from math import ceil, cos, pi, sqrt

import numpy as np

from fastlr.presets import nemo as ours

from . import Case, one_of, rate, rates, real, whole


def lengths(own, hold):
    """The warmup, the step at which the hold ends, and the constant steps."""
    total = own.get("max_steps")

    def of(name):
        steps, ratio = own.get(f"{name}_steps"), own.get(f"{name}_ratio")
        return int(ratio * total) if ratio is not None else steps

    warmup = of("warmup") or 0
    held = of("hold")
    return warmup, (0 if held is None or not hold else warmup + held), of("constant") or 0


def policy(body, hold=False):
    """A table: the warmup, the hold, the end, and ``body(t, lr, first, warmup, hold, total,
    low, own)`` between them.
    """

    def table(own, steps):
        groups = own["lr"] if isinstance(own["lr"], list) else [own["lr"]]
        warmup, held, _ = lengths(own, hold)
        total, low = own.get("max_steps"), own["min_lr"]

        def one(t, lr):
            if t <= warmup and warmup > 0:
                return lr * (t + 1) / (warmup + 1)
            if hold and warmup <= t < held:
                return lr
            if total is not None and t > total:
                return low
            return body(t, lr, groups[0], warmup, held, total, low, own)

        rows = np.array([[one(t, lr) for t in range(steps)] for lr in groups])
        return rows if isinstance(own["lr"], list) else rows[0]

    return table


def polynomial(lr, s, steps, low, own):
    if own["cycle"]:
        steps = steps * (1 if s == 0 else ceil(s / steps))
    else:
        s = min(s, steps)
    return low + (lr - low) * (1 - s / steps) ** own["power"] if steps else low


def line(lr, gone, steps):
    return 1 - gone / steps if steps else 0.0


BODIES = {
    "WarmupPolicy": lambda t, lr, first, w, h, total, low, own: lr,
    "SquareAnnealing": lambda t, lr, first, w, h, total, low, own: max(
        low, lr * (1 - (t - w) / (total - w)) ** 2
    ),
    "SquareRootAnnealing": lambda t, lr, first, w, h, total, low, own: max(
        low, lr * sqrt((total - t) / total)
    ),
    "WarmupAnnealing": lambda t, lr, first, w, h, total, low, own: (
        low + (1 - (t - w) / (total - w)) * (first - low)
    ),
    "InverseSquareRootAnnealing": lambda t, lr, first, w, h, total, low, own: (
        lr / sqrt((t + 1) / (w + 1))
    ),
    "PolynomialDecayAnnealing": lambda t, lr, first, w, h, total, low, own: polynomial(
        lr, t - w, total - w, low, own
    ),
}
HELD = {
    "WarmupHoldPolicy": lambda t, lr, first, w, h, total, low, own: lr,
    "WarmupHoldAnnealLinear": lambda t, lr, first, w, h, total, low, own: (
        low + (lr - low) * line(lr, t - h, total - h)
    ),
    "WarmupHoldAnnealOneMinusSquareRoot": lambda t, lr, first, w, h, total, low, own: max(
        low, lr * (1 - sqrt((t - h) / (total - h))) if total > h else 0.0
    ),
    "PolynomialHoldDecayAnnealing": lambda t, lr, first, w, h, total, low, own: polynomial(
        lr, t - h, total - max(w, h), low, own
    ),
    "NoamHoldAnnealing": lambda t, lr, first, w, h, total, low, own: max(
        low,
        lr
        * max(1, w ** own["decay_rate"])
        / max(1, (t - (h - w if h else 0)) ** own["decay_rate"]),
    ),
}


def cosine(own, steps):
    warmup, _, still = lengths(own, False)
    if not still:
        return policy(
            lambda t, lr, first, w, h, total, low, own: (
                low + (lr - low) * (1 + cos(pi * (t - w) / (total - w))) / 2
            )
        )(own, steps)
    lr, low, fall = np.ravel(own["lr"])[0], own["min_lr"], own["max_steps"] - still - warmup

    def one(t):
        if warmup > 0 and t <= warmup:
            return lr * t / warmup
        return (
            low + (lr - low) * (1 + cos(pi * (t - warmup) / fall)) / 2 if t < warmup + fall else low
        )

    row = np.array([one(t) for t in range(steps)])
    return np.array([row] * len(own["lr"])) if isinstance(own["lr"], list) else row


def noam(own, steps):
    warmup = lengths(own, False)[0]
    groups = own["lr"] if isinstance(own["lr"], list) else [own["lr"]]

    def one(t, lr):
        n = max(1, t)
        top = min(n**-0.5, n * warmup**-1.5) if warmup else n**-0.5
        return max(lr * own["d_model"] ** -0.5 * top, own["min_lr"] if n > warmup else 0.0)

    rows = np.array([[one(t, lr) for t in range(steps)] for lr in groups])
    return rows if isinstance(own["lr"], list) else rows[0]


def t5(own, steps):
    still, total = own["constant_steps"], own["max_steps"]
    return [
        1 / sqrt(still) if t <= still else 1 / sqrt(t) if t <= total else own["min_lr"]
        for t in range(steps)
    ]


# -- settings --------------------------------------------------------------------------------------


def length(rng, name, most):
    """A length in steps, as a ratio, or none at all."""
    return one_of(
        rng,
        {},
        {f"{name}_steps": whole(rng, 0, most)},
        {f"{name}_ratio": round(real(rng, 0.0, 1.0), 2)},
    )


def draw(*names, low=True, **parameters):
    """Settings with these lengths; ``low`` is whether ``min_lr`` may lie above the rate."""

    def settings(rng):
        total, lr = whole(rng, 1, 40), rates(rng)
        floor = rate(rng) if low else float(np.min(lr)) * real(rng, 0.0, 1.0)
        own = {"lr": lr, "max_steps": total, "min_lr": one_of(rng, 0.0, floor)}
        for name in names:
            own |= length(rng, name, total + 5)
        return {**own, **{name: make(rng) for name, make in parameters.items()}}

    return settings


def draw_policy(rng):
    endless = {"lr": rates(rng), "min_lr": rate(rng), "warmup_steps": whole(rng, 0, 20)}
    return one_of(rng, draw("warmup")(rng), endless)


def draw_noam_hold(rng):
    own = draw("hold", decay_rate=lambda rng: one_of(rng, 0.5, 1.0, real(rng, 0.0, 2.0)))(rng)
    return {**own, "warmup_steps": whole(rng, 1, 30)}


def draw_t5(rng):
    return {
        "max_steps": whole(rng, 1, 40),
        "constant_steps": whole(rng, 1, 45),
        "min_lr": one_of(rng, 0.0, rate(rng)),
    }


POLYNOMIAL = {
    "power": lambda rng: real(rng, 0.5, 3.0),
    "cycle": lambda rng: one_of(rng, True, False),
}
DRAWN = {
    "WarmupPolicy": draw_policy,
    "PolynomialDecayAnnealing": draw("warmup", **POLYNOMIAL),
    "PolynomialHoldDecayAnnealing": draw("warmup", "hold", **POLYNOMIAL),
    "NoamHoldAnnealing": draw_noam_hold,
}

CASES = [
    *(
        Case(
            getattr(ours, name),
            DRAWN.get(name, draw("warmup")),
            policy(body),
            lambda own: 60,
            count=200,
        )
        for name, body in BODIES.items()
    ),
    *(
        Case(
            getattr(ours, name),
            DRAWN.get(name, draw("warmup", "hold")),
            policy(body, hold=True),
            lambda own: 60,
            count=200,
        )
        for name, body in HELD.items()
    ),
    Case(
        ours.CosineAnnealing,
        draw("warmup", "constant", low=False),
        cosine,
        lambda own: 60,
        count=200,
    ),
    Case(
        ours.NoamAnnealing,
        draw("warmup", low=False, d_model=lambda rng: whole(rng, 1, 512)),
        noam,
        lambda own: 60,
        count=200,
    ),
    Case(ours.T5InverseSquareRootAnnealing, draw_t5, t5, lambda own: 60, count=200),
]
