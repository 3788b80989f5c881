"""big_vision: its formula, as its source has it, in double precision."""

import math
from bisect import bisect_right

from fastlr.presets import big_vision as ours

from . import Case, figures, one_of, rate, real, whole


def steps_of(what, own, total):
    given = {
        key.removeprefix(f"{what}_"): value
        for key, value in own.items()
        if key.startswith(f"{what}_")
    }
    [(unit, value)] = given.items() or [("steps", 0)]
    if unit == "steps":
        return value
    batch, data = own.get("batch_size"), own.get("data_size")
    exact = {
        "percent": lambda: value * total,
        "examples": lambda: value / batch,
        "epochs": lambda: value * (data / batch),
    }
    return max(1, round(exact[unit]())) if value else 0


def decay(t, lr, own, warmup, total):
    p = min(1.0, max(0.0, (t - warmup) / (total - warmup)))
    if own["decay_type"] in ("linear", "polynomial"):
        zero = own.get("end", own.get("linear_end", 0.0))
        return zero + (lr - zero) * (1.0 - p) ** own.get("power", 1.0)
    if own["decay_type"] == "cosine":
        return lr * 0.5 * (1.0 + math.cos(math.pi * p))
    if own["decay_type"] == "rsqrt":
        scale, shift = own.get("timescale", 10_000), own.get("shift", 0.0)
        if "timescale_examples" in own:
            scale = own["timescale_examples"] / own["batch_size"]
        return lr / math.sqrt(1 + (max(t, warmup) + shift - warmup) / scale)
    return lr * [1.0, *own.get("mults", [])][bisect_right(own.get("steps", []), t)]


def formula(t, total_steps, base, scale_with_batchsize=False, **own):
    warmup, cooldown = steps_of("warmup", own, total_steps), steps_of("cooldown", own, total_steps)
    lr = decay(
        t,
        base * own["batch_size"] / 256.0 if scale_with_batchsize else base,
        own,
        warmup,
        total_steps,
    )
    if warmup:
        lr *= min(1.0, t / warmup)
    if cooldown:
        lr *= max(0.0, min(1.0, (total_steps - t) / cooldown))
    return lr


def length(rng, what, most):
    """In steps, or by one of the other units."""
    steps = whole(rng, 0, most)
    sizes = {"batch_size": 32, "data_size": 100}
    return one_of(
        rng,
        {},
        {f"{what}_steps": steps},
        {f"{what}_percent": real(rng, 0.0, 0.5)},
        {f"{what}_examples": steps * 32 + whole(rng, 0, 15), **sizes},
        {f"{what}_epochs": round(real(rng, 0.0, 2.0), 2), **sizes},
    )


def draw(rng):
    total = whole(rng, 20, 50)
    kind = one_of(rng, "linear", "polynomial", "cosine", "rsqrt", "stair")
    marks = sorted(whole(rng, 0, 40) for _ in range(whole(rng, 0, 3)))
    own = {
        "linear": one_of(rng, {}, {"linear_end": rate(rng)}),
        "polynomial": {"power": real(rng, 0.5, 3.0), **one_of(rng, {}, {"end": rate(rng)})},
        "cosine": {},
        "rsqrt": {
            "shift": one_of(rng, 0.0, real(rng, 0.0, 30.0)),
            **one_of(
                rng,
                {},
                {"timescale": real(rng, 1.0, 50.0)},
                {"timescale_examples": 640, "batch_size": 32},
            ),
        },
        "stair": {"steps": marks, "mults": [real(rng, 0.0, 1.5) for _ in marks]},
    }
    lengths = {**length(rng, "warmup", 15), **length(rng, "cooldown", 60)}
    scaled = one_of(rng, {}, {"scale_with_batchsize": True, "batch_size": 32})
    return {
        "total_steps": total,
        "base": rate(rng),
        "decay_type": kind,
        **own[kind],
        **lengths,
        **scaled,
    }


CASES = [
    Case(
        ours.create_learning_rate_schedule,
        draw,
        figures(formula),
        lambda own: own["total_steps"] + 4,
        count=1_000,
    ),
]
