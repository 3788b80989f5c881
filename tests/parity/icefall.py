"""icefall: figures of Eden and Eden2."""

from fastlr.presets import icefall as ours

from . import Case, figures, one_of, rates, real, whole


def draw(rng):
    return {
        "lr": rates(rng),
        "lr_batches": one_of(rng, float(whole(rng, 1, 30)), real(rng, 0.5, 30.0)),
        "warmup_batches": one_of(
            rng, 0.0, float(whole(rng, 1, 30)), round(real(rng, 0.5, 30.0), 2)
        ),
        "warmup_start": real(rng, 0.0, 1.0),
    }


def eden2(t, lr, lr_batches, warmup_batches, warmup_start, power=-0.5):
    b = t + 1
    warm = 1.0 if b >= warmup_batches else warmup_start + (1 - warmup_start) * b / warmup_batches
    return lr * ((b**2 + lr_batches**2) / lr_batches**2) ** power * warm


def eden(t, lr_epochs, batches_per_epoch, **own):
    epoch = t // batches_per_epoch
    return eden2(t, **own, power=-0.25) * ((epoch**2 + lr_epochs**2) / lr_epochs**2) ** -0.25


CASES = [
    Case(
        ours.Eden,
        lambda rng: {
            **draw(rng),
            "lr_epochs": real(rng, 0.5, 9.0),
            "batches_per_epoch": whole(rng, 1, 10),
        },
        figures(eden),
        lambda own: 50,
        count=200,
    ),
    Case(ours.Eden2, draw, figures(eden2), lambda own: 50, count=200),
]
