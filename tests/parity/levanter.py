"""Levanter: figures of its builder's formulas."""

from itertools import pairwise
from math import cos, pi

from fastlr.presets import levanter as ours

from . import Case, one_of, rate, real, whole


def draw(rng):
    total = whole(rng, 8, 60)
    cycling = one_of(
        rng,
        {},
        {"cycles": whole(rng, 1, 4)},
        {"cycles": sorted({whole(rng, 1, total) for _ in range(2)})},
        {"cycle_length": one_of(rng, whole(rng, 2, total), real(rng, 0.2, 1.0))},
        {"cycle_length": [whole(rng, 2, total // 2) for _ in range(2)]},
    )
    shape = one_of(
        rng,
        "constant",
        "cosine",
        "linear",
        "inv_sqrt",
        "inv",
        "power",
        "polynomial",
        "inv_sqrt_decay",
    )
    return {
        "num_train_steps": total,
        "learning_rate": rate(rng),
        "min_lr_ratio": real(rng, 0.01, 1.0),
        "warmup": one_of(rng, 0.0, real(rng, 0.0, 1.0), whole(rng, 2, 20)),
        "rewarmup": one_of(rng, 0.0, real(rng, 0.0, 1.0), whole(rng, 2, 20)),
        "decay": one_of(rng, None, real(rng, 0.0, 1.0), whole(rng, 2, 20)),
        "lr_schedule": shape,
        **cycling,
        **{
            "cosine": {"exponent": real(rng, 0.5, 2.0)},
            "inv_sqrt": {"timescale": real(rng, 1.0, 20.0)},
            "polynomial": {"power": real(rng, 0.3, 3.0)},
            "inv_sqrt_decay": {"decay_constant": real(rng, 1.0, 40.0)},
            "power": {
                "batch_size": whole(rng, 1, 4),
                "seq_length": whole(rng, 1, 9),
                "b": -real(rng, 0.2, 1.0),
            },
        }.get(shape, {}),
    }


def cooled(rng):
    own = draw(rng)
    own = {key: value for key, value in own.items() if key not in ("cycles", "cycle_length")}
    return {
        **own,
        "cooldown": one_of(rng, real(rng, 0.0, 0.5), whole(rng, 2, own["num_train_steps"] // 2)),
    }


def steps_of(length, whole):  # one is all of it
    return int(length * whole) if length <= 1 else int(length)


def minima(total, cycle_length=None, cycles=None):
    if isinstance(cycle_length, list):
        found = [sum(cycle_length[: i + 1]) for i in range(len(cycle_length))]
    elif cycle_length is not None:
        n = steps_of(cycle_length, total)
        found = [n * i for i in range(1, total // n)]
    elif isinstance(cycles, int):
        found = [int(total / cycles * i) for i in range(1, cycles)]
    else:
        found = list(cycles or [])
    return [0, *found] + ([total] if not found or found[-1] != total else [])


def decayed(c, own, w, d):
    lr, m, word = own["learning_rate"], own["min_lr_ratio"], own["lr_schedule"]
    if d == 0 or word == "constant":
        return lr
    if word == "power":
        tokens = c * own["batch_size"] * own["seq_length"]
        return min(lr, own["batch_size"] * 4.6 * tokens ** own["b"]) if c else lr
    p, k = min(c / d, 1.0), max(c, 1)
    weight = {
        "cosine": lambda: m + (1 - m) * (0.5 * (1 + cos(pi * p))) ** own["exponent"],
        "linear": lambda: 1 - (1 - m) * p,
        "polynomial": lambda: m + (1 - m) * (1 - p) ** own["power"],
        "inv": lambda: 1 / ((1 / m - 1) * k / d + 1),
        "inv_sqrt": lambda: (own["timescale"] / max(c + w, 1)) ** 0.5,
        "inv_sqrt_decay": lambda: (1 + own["decay_constant"] * c / d) ** -0.5,
    }[word]()
    return lr * max(min(weight, 1.0), m)


def rates(own, steps):
    total = own["num_train_steps"]
    rest = steps_of(own["cooldown"], total) if "cooldown" in own else 0
    points = minima(total - rest, own.get("cycle_length"), own.get("cycles"))
    table, level, lr = [], 0.0, own["learning_rate"]
    for i, (start, end) in enumerate(pairwise(points)):
        n = end - start
        w = min(steps_of(own["rewarmup"] if i else own["warmup"], n), n)
        d = n - w if own["decay"] is None else min(steps_of(own["decay"], n), n - w)
        for t in range(n if end < total - rest or rest else steps - start):
            hold = n - w - d
            table.append(
                level + (lr - level) * t / w
                if t < w
                else lr
                if t < w + hold
                else decayed(t - w - hold, own, w, d)
            )
        level = decayed(d, own, w, d)
    low = lr * own["min_lr_ratio"]
    return (
        table + [level + (low - level) * min(t / rest, 1.0) for t in range(rest + 5)]
        if rest
        else table
    )[:steps]


def steps(own):
    return own["num_train_steps"] + 5


def either(rng):
    while True:
        own = draw(rng) if rng.random() < 0.8 else cooled(rng)
        ends = minima(own["num_train_steps"], own.get("cycle_length"), own.get("cycles"))
        if ends == sorted(set(ends)) and ends[-1] == own["num_train_steps"]:
            return own


CASES = [Case(ours.lr_scheduler, either, rates, steps, count=300)]
