"""praxis: figures of its formulas."""

from math import cos, exp, log, pi

import fastlr as flr
from fastlr.presets import praxis as ours

from . import Case, figures, one_of, rate, real, whole


def point(rng, low, high, least=0.0):
    return (whole(rng, low, high), max(real(rng, 0.0, 1.0), least))


def two_points(rng, least=0.0):
    return {"start": point(rng, -5, 10, least), "limit": point(rng, 11, 25, least)}


def share(t, start, limit):
    return min(max((t - start[0]) / (limit[0] - start[0]), 0.0), 1.0)


def polynomial(t, start, limit, power=1, origin="start"):
    p = share(t, start, limit)
    weight = p**power if origin == "start" else 1 - (1 - p) ** power
    return start[1] + weight * (limit[1] - start[1])


def exponential(t, start, limit):
    return exp(log(start[1]) + share(t, start, limit) * (log(limit[1]) - log(start[1])))


def cosine(t, start, limit):
    return limit[1] + (start[1] - limit[1]) * (1 + cos(pi * share(t, start, limit))) / 2


def ramp(rng):
    warmup, hold, fall = whole(rng, 0, 10), whole(rng, 0, 10), whole(rng, 1, 20)
    ends = {"warmup_steps": warmup, "decay_start": warmup + hold, "decay_end": warmup + hold + fall}
    return {**ends, "min_ratio": real(rng, 0.01, 1.2), "max": rate(rng)}


def ramped(curve):
    def formula(t, warmup_steps, decay_start, decay_end, min_ratio, max, **own):  # noqa: A002
        if t < warmup_steps:
            return max * t / warmup_steps
        return (
            curve(t, start=(decay_start, max), limit=(decay_end, max * min_ratio), **own)
            if t >= decay_start
            else max
        )

    return figures(formula)


def stairs(rng, more):
    boundaries = sorted(whole(rng, 1, 25) for _ in range(whole(rng, 1, 4)))
    return {
        "boundaries": boundaries,
        "values": [one_of(rng, 0.0, rate(rng), rate(rng)) for _ in range(len(boundaries) + more)],
    }


def piecewise(t, boundaries, values):
    found = 0.0
    for boundary, value in zip(boundaries, values, strict=False):
        found = found if found > 0 else value * (t < boundary)
    return found if found > 0 or not boundaries else values[-1] * (t >= boundaries[-1])


def ramped_piecewise(t, boundaries, values):
    first, *rest = boundaries
    if t < first:
        return values[0] * t / first
    return piecewise(t - first, [b - first for b in rest], values) if rest else values[0]


def transformer(t, warmup_steps, model_dim, worker_replicas, decay_end):
    n = (t if decay_end is None else min(t, decay_end)) + 1
    return model_dim**-0.5 * min(n * (warmup_steps * worker_replicas) ** -1.5, n**-0.5)


CHILDREN = [
    (flr.linear(1.0, 0.25, 8), lambda t: 1.0 - 0.75 * min(t, 8) / 8),
    (flr.constant(0.3), lambda t: 0.3),
    (flr.inverse_time(0.7, 0.1), lambda t: 0.7 / (1 + 0.1 * t)),
]


def children(rng, fewer):
    picked = [whole(rng, 0, 2) for _ in range(whole(rng, 2, 4))]
    return Picked(picked), len(picked) - fewer


class Picked(list):
    """Schedules, and their formulas."""

    def __init__(self, picked):
        super().__init__(CHILDREN[i][0] for i in picked)
        self.formulas = [CHILDREN[i][1] for i in picked]


def pieces(rng):
    schedules, count = children(rng, 1)
    return {"boundaries": sorted(whole(rng, 0, 25) for _ in range(count)), "schedules": schedules}


def cycle(rng):
    schedules, count = children(rng, 0)
    return {"schedules": schedules, "steps": [whole(rng, 0 if i else 1, 5) for i in range(count)]}


def piece(t, boundaries, schedules):
    i = sum(boundary <= t for boundary in boundaries)
    return schedules.formulas[i](t - (boundaries[i - 1] if i else 0))


def cycled(t, schedules, steps):
    at = t % sum(steps)
    return schedules.formulas[next(i for i in range(len(steps)) if at < sum(steps[: i + 1]))](t)


CASES = [
    Case(
        ours.Constant,
        lambda rng: {"value": rate(rng)},
        figures(lambda t, value: value),
        lambda own: 4,
        count=200,
    ),
    Case(
        ours.Polynomial,
        lambda rng: {
            **two_points(rng),
            "power": real(rng, 0.3, 4.0),
            "origin": one_of(rng, "start", "limit"),
        },
        figures(polynomial),
        lambda own: 30,
        count=200,
    ),
    Case(ours.Linear, two_points, figures(polynomial), lambda own: 30, count=200),
    Case(
        ours.Exponential,
        lambda rng: two_points(rng, 0.01),
        figures(exponential),
        lambda own: 30,
        count=200,
    ),
    Case(
        ours.Cosine,
        lambda rng: {
            "initial_value": rate(rng),
            "final_value": rate(rng),
            "total_steps": whole(rng, 1, 25),
        },
        figures(
            lambda t, initial_value, final_value, total_steps: cosine(
                t, (0, initial_value), (total_steps, final_value)
            )
        ),
        lambda own: 30,
        count=200,
    ),
    Case(ours.DelayedCosine, two_points, figures(cosine), lambda own: 30, count=200),
    Case(
        ours.LinearRampupPolynomialDecay,
        lambda rng: {**ramp(rng), "power": real(rng, 0.3, 4.0)},
        ramped(polynomial),
        lambda own: own["decay_end"] + 3,
        count=200,
    ),
    Case(
        ours.LinearRampupCosineDecay,
        ramp,
        ramped(cosine),
        lambda own: own["decay_end"] + 3,
        count=200,
    ),
    Case(
        ours.LinearRampupExponentialDecay,
        ramp,
        ramped(exponential),
        lambda own: own["decay_end"] + 3,
        count=200,
    ),
    Case(
        ours.LinearRampupSqrtDecay,
        lambda rng: {"peak": rate(rng), "warmup_steps": whole(rng, 1, 20)},
        figures(
            lambda t, peak, warmup_steps: (
                peak * min(max(t, 1) / warmup_steps, (warmup_steps / max(t, 1)) ** 0.5)
            )
        ),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.LinearRampupPiecewiseConstant,
        lambda rng: stairs(rng, 0),
        figures(ramped_piecewise),
        lambda own: 30,
        count=200,
    ),
    Case(
        ours.PiecewiseConstant,
        lambda rng: stairs(rng, 1),
        figures(piecewise),
        lambda own: 30,
        count=200,
    ),
    Case(
        ours.Transformer,
        lambda rng: {
            "warmup_steps": whole(rng, 1, 10),
            "model_dim": whole(rng, 1, 1024),
            "worker_replicas": whole(rng, 1, 3),
            "decay_end": one_of(rng, None, whole(rng, 0, 40)),
        },
        figures(transformer),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.SqrtDecay,
        lambda rng: {
            "decay_start": whole(rng, 1, 20),
            "multiplier": rate(rng),
            "offset": one_of(rng, 0.0, float(whole(rng, -30, 20)), round(real(rng, -9.0, 9.0), 2)),
        },
        figures(
            lambda t, decay_start, multiplier, offset: (
                multiplier / max(t - offset, decay_start) ** 0.5
            )
        ),
        lambda own: 50,
        count=200,
    ),
    Case(ours.PiecewiseSchedule, pieces, figures(piece), lambda own: 40, count=200),
    Case(ours.CycleSchedule, cycle, figures(cycled), lambda own: 50, count=200),
    Case(
        ours.ContinuousSchedule,
        lambda rng: {
            "initial_value": rate(rng),
            "start_step": whole(rng, 0, 20),
            "half_life_steps": whole(rng, 1, 10),
            "min": real(rng, 0.001, 0.9),
        },
        figures(
            lambda t, initial_value, start_step, half_life_steps, min: (  # noqa: A006
                initial_value * max(0.5 ** (max(t - start_step, 0) / half_life_steps), min)
            )
        ),
        lambda own: 60,
        count=200,
    ),
]
