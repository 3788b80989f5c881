"""MONAI: its own schedulers, which are stepped."""

from fastlr.presets import monai as ours

from . import Case, file_of, one_of, rate, rates, real, whole
from .torch import driven


def of_library(name):
    def run(settings, steps):
        own = {key: value for key, value in settings.items() if key != "lr"}
        build = getattr(file_of("monai", "optimizers/lr_scheduler"), name)
        return driven(lambda _, optimizer: build(optimizer, **own), steps, settings["lr"])

    return run


def tested(rng):
    return {"lr": rates(rng), "end_lr": rate(rng), "num_iter": whole(rng, 2, 40)}


def waved(rng):
    total = whole(rng, 0, 30)
    return {
        "lr": rates(rng),
        "warmup_steps": whole(rng, 0, 15),
        "t_total": total,
        "end_lr": one_of(rng, 0.0, rate(rng)),
        "cycles": one_of(rng, 0.5, 0.0, round(real(rng, 0.1, 3.0), 2)),
        "warmup_multiplier": one_of(rng, 0.0, 1.0, real(rng, 0.0, 1.0)),
    }


CASES = [
    Case(preset, draw, of_library(preset.__name__), steps, "monai")
    for preset, draw, steps in [
        (ours.LinearLR, tested, lambda own: own["num_iter"]),
        (ours.ExponentialLR, tested, lambda own: own["num_iter"]),
        (ours.WarmupCosineSchedule, waved, lambda own: own["t_total"] + 20),
    ]
]
