"""MLX: figures from the formulas in its source."""

from math import cos, pi

from fastlr.presets import mlx as ours

from . import Case, figures, one_of, rate, real, whole


def draw(**parameters):
    """Settings by drawing each of these."""
    return lambda rng: {name: make(rng) for name, make in parameters.items()}


def integer(low, high):
    return lambda rng: whole(rng, low, high)


def number(low, high):
    return lambda rng: real(rng, low, high)


def cosine(t, init, decay_steps, end=0.0):
    return end + 0.5 * (1.0 + cos(pi / decay_steps * min(t, decay_steps))) * (init - end)


def line(t, init, end, steps):
    return min(t, steps) * ((end - init) / steps) + init


class Parts(list):
    """Presets, and their formulas."""

    def __init__(self, named):
        super().__init__(made(**own) for made, _, own in named)
        self.rates = [
            lambda t, formula=formula, own=own: formula(t, **own) for _, formula, own in named
        ]


def joined(rng):
    def part():
        decay = (
            ours.cosine_decay,
            cosine,
            {"init": rate(rng), "decay_steps": whole(rng, 1, 12), "end": rate(rng)},
        )
        return one_of(
            rng,
            decay,
            (
                ours.linear_schedule,
                line,
                {"init": rate(rng), "end": rate(rng), "steps": whole(rng, 1, 12)},
            ),
        )

    count = whole(rng, 1, 4)
    parts = Parts([part() for _ in range(count)])
    return {"schedules": parts, "boundaries": sorted(whole(rng, 0, 30) for _ in range(count - 1))}


def join(t, schedules, boundaries):
    at = 0
    chosen = schedules.rates[0]
    for boundary, schedule in zip(boundaries, schedules.rates[1:], strict=True):
        if t >= boundary:
            chosen, at = schedule, boundary
    return chosen(t - at)


CASES = [
    Case(
        ours.exponential_decay,
        draw(
            init=rate,
            decay_rate=lambda rng: one_of(rng, 0.0, *[real(rng, 0.3, 1.2) for _ in range(9)]),
        ),
        figures(lambda t, init, decay_rate: init * decay_rate**t),
        lambda own: 40,
        count=200,
    ),
    Case(
        ours.step_decay,
        draw(init=rate, decay_rate=number(0.05, 1.2), step_size=integer(1, 12)),
        figures(lambda t, init, decay_rate, step_size: init * decay_rate ** (t // step_size)),
        lambda own: 4 * own["step_size"] + 2,
        count=200,
    ),
    Case(
        ours.cosine_decay,
        draw(init=rate, decay_steps=integer(1, 30), end=lambda rng: one_of(rng, 0.0, rate(rng))),
        figures(cosine),
        lambda own: own["decay_steps"] + 3,
        count=200,
    ),
    Case(
        ours.linear_schedule,
        draw(init=rate, end=lambda rng: one_of(rng, 0.0, rate(rng)), steps=integer(1, 30)),
        figures(line),
        lambda own: own["steps"] + 3,
        count=200,
    ),
    Case(ours.join_schedules, joined, figures(join), lambda own: 45, count=200),
]
