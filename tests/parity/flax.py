"""flax: figures from the formulas in its source."""

from math import cos, pi

from fastlr.presets import flax as ours

from . import Case, figures, one_of, rate, real, whole


def warm(t, steps_per_epoch, warmup_length):
    return min(1.0, t / float(warmup_length) / steps_per_epoch) if warmup_length > 0.0 else 1.0


def flat(t, base_learning_rate, steps_per_epoch, warmup_length=0.0):
    return base_learning_rate * warm(t, steps_per_epoch, warmup_length)


def stepped(t, base_learning_rate, steps_per_epoch, lr_sched_steps, warmup_length=0.0):
    values = [base_learning_rate, *(factor * base_learning_rate for _, factor in lr_sched_steps)]
    passed = sum(round(epoch * steps_per_epoch) < t for epoch, _ in lr_sched_steps)
    return values[passed] * warm(t, steps_per_epoch, warmup_length)


def cosine(t, base_learning_rate, steps_per_epoch, halfcos_epochs, warmup_length=0.0):
    factor = cos(t * pi / (halfcos_epochs * steps_per_epoch)) * 0.5 + 0.5
    return base_learning_rate * factor * warm(t, steps_per_epoch, warmup_length)


def draw(**parameters):
    """Settings by drawing each of these, and an epoch and a warmup."""

    def settings(rng):
        epoch = one_of(rng, whole(rng, 1, 8), whole(rng, 1, 8), round(real(rng, 0.5, 8.0), 2))
        warmup = one_of(rng, 0.0, whole(rng, 1, 4), round(real(rng, 0.1, 4.0), 2))
        own = {name: make(rng) for name, make in parameters.items()}
        return {
            "base_learning_rate": rate(rng),
            "steps_per_epoch": epoch,
            "warmup_length": warmup,
            **own,
        }

    return settings


def pairs(rng):
    at = sorted(
        one_of(rng, whole(rng, 0, 9), round(real(rng, 0.0, 9.0), 1))
        for _ in range(whole(rng, 1, 4))
    )
    return [[epoch, one_of(rng, 0.0, real(rng, 0.01, 1.5))] for epoch in at]


CASES = [
    Case(
        ours.create_constant_learning_rate_schedule,
        draw(),
        figures(flat),
        lambda own: 40,
        count=200,
    ),
    Case(
        ours.create_stepped_learning_rate_schedule,
        draw(lr_sched_steps=pairs),
        figures(stepped),
        lambda own: 60,
        count=200,
    ),
    Case(
        ours.create_cosine_learning_rate_schedule,
        draw(
            halfcos_epochs=lambda rng: one_of(rng, whole(rng, 1, 5), round(real(rng, 0.3, 5.0), 2))
        ),
        figures(cosine),
        lambda own: 60,
        count=200,
    ),
]
