"""AllenNLP: figures from its formulas; its count of restarts written out."""

import math

import numpy as np

from fastlr.presets import allennlp as ours

from . import Case, figures, one_of, rate, rates, real, whole
from .oneflow import plateau, run_plateau
from .paddle import drawn, integer, number


def draw(**parameters):
    return drawn("lr", **parameters)


def case(preset, settings, formula, steps=50):
    return Case(preset, settings, figures(formula), lambda own: steps, count=200)


def noam(t, lr, model_size, warmup_steps, factor):
    return factor * model_size**-0.5 * min(t**-0.5, t * warmup_steps**-1.5) if t else lr


def polynomial(t, lr, num_epochs, num_steps_per_epoch, power, warmup_steps, end_learning_rate):
    total = num_epochs * num_steps_per_epoch
    if t < warmup_steps:
        return t / warmup_steps * lr
    if t >= total:
        return end_learning_rate
    return ((total - t) / (total - warmup_steps)) ** power * (
        lr - end_learning_rate
    ) + end_learning_rate


def restarts(rng):
    return {
        "lr": rates(rng),
        "t_initial": whole(rng, 1, 9),
        "t_mul": one_of(rng, 1.0, 2.0, real(rng, 0.6, 0.9), real(rng, 1.4, 1.8)),
        "eta_min": one_of(rng, 0.0, rate(rng)),
        "eta_mul": one_of(rng, 1.0, real(rng, 0.5, 1.1)),
    }


def epochs(settings):
    """How many there are before a cycle takes none."""
    lengths = [int(settings["t_initial"] * settings["t_mul"] ** i) for i in range(60)]
    return min(60, sum(lengths[: lengths.index(0)]) if 0 in lengths else 60)


def run_restarts(settings, steps):
    lr, initial, mul, low, high_mul = (np.asarray(value) for value in settings.values())
    begun, last, length, table = 0, 0, int(initial), []
    for t in range(steps):
        count = t - last
        if t and count % length == 0:
            begun, last, count = begun + 1, t, 0
        length = int(initial * mul**begun)
        table.append(
            low + (lr * high_mul**begun - low) / 2 * (np.cos(np.pi * (count % length) / length) + 1)
        )
    return np.stack(table, axis=-1)


def slanted(t, lr, num_epochs, num_steps_per_epoch, cut_frac, ratio):
    total = num_epochs * num_steps_per_epoch
    step, cut = min(t, total), int(total * cut_frac)
    share = step / cut if step < cut else 1 - (step - cut) / (total - cut)
    return lr * (1 + share * (ratio - 1)) / ratio


def half_waves(t, lr, num_warmup_steps, num_training_steps, num_cycles, hard):
    if t < num_warmup_steps:
        return lr * t / num_warmup_steps
    share = (t - num_warmup_steps) / max(1, num_training_steps - num_warmup_steps)
    if hard:
        # the share of a cycle in whole numbers, of which none is rounded across a restart
        left = max(1, num_training_steps - num_warmup_steps)
        passed = (t - num_warmup_steps) * num_cycles % left / left
        return 0.0 if share >= 1 else lr * (1 + math.cos(math.pi * passed)) / 2
    return lr * (1 + math.cos(math.pi * num_cycles * 2 * share)) / 2


CASES = [
    case(
        ours.NoamLR,
        draw(model_size=integer(1, 600), warmup_steps=integer(1, 20), factor=number(0.1, 2.0)),
        noam,
    ),
    case(
        ours.PolynomialDecay,
        draw(
            num_epochs=integer(1, 5),
            num_steps_per_epoch=integer(1, 9),
            power=number(0.3, 3.0),
            warmup_steps=integer(0, 12),
            end_learning_rate=lambda rng: one_of(rng, 0.0, rate(rng)),
        ),
        polynomial,
    ),
    case(
        ours.LinearWithWarmup,
        draw(
            num_epochs=integer(1, 5), num_steps_per_epoch=integer(1, 9), warmup_steps=integer(0, 12)
        ),
        lambda t, **own: polynomial(t, power=1.0, end_learning_rate=0.0, **own),
    ),
    Case(ours.CosineWithRestarts, restarts, run_restarts, epochs, count=100),
    case(
        ours.SlantedTriangular,
        draw(
            num_epochs=integer(1, 5),
            num_steps_per_epoch=integer(1, 9),
            cut_frac=number(0.0, 0.99),
            ratio=number(1.0, 40.0),
        ),
        slanted,
    ),
    case(
        ours.StepLearningRateScheduler,
        draw(step_size=integer(1, 9), gamma=number(0.1, 1.2)),
        lambda t, lr, step_size, gamma: lr * gamma ** (t // step_size),
    ),
    case(
        ours.MultiStepLearningRateScheduler,
        draw(
            milestones=lambda rng: [whole(rng, 0, 25) for _ in range(whole(rng, 1, 5))],
            gamma=number(0.1, 1.2),
        ),
        lambda t, lr, milestones, gamma: lr * gamma ** sum(m <= t for m in milestones),
    ),
    case(
        ours.ExponentialLearningRateScheduler,
        draw(gamma=number(0.5, 1.1)),
        lambda t, lr, gamma: lr * gamma**t,
    ),
    Case(
        ours.ReduceOnPlateauLearningRateScheduler, plateau, run_plateau, lambda own: 60, count=200
    ),
    case(ours.ConstantLearningRateScheduler, draw(), lambda t, lr: lr),
    case(
        ours.ConstantWithWarmupLearningRateScheduler,
        draw(num_warmup_steps=integer(0, 20)),
        lambda t, lr, num_warmup_steps: lr * t / num_warmup_steps if t < num_warmup_steps else lr,
    ),
    case(
        ours.CosineWithWarmupLearningRateScheduler,
        draw(
            num_warmup_steps=integer(0, 12),
            num_training_steps=integer(0, 40),
            num_cycles=lambda rng: one_of(rng, 0.5, round(real(rng, 0.1, 3.0), 2)),
        ),
        lambda t, **own: half_waves(t, hard=False, **own),
    ),
    case(
        ours.CosineHardRestartsWithWarmupLearningRateScheduler,
        draw(
            num_warmup_steps=integer(0, 12),
            num_training_steps=integer(0, 40),
            num_cycles=integer(1, 5),
        ),
        lambda t, **own: half_waves(t, hard=True, **own),
    ),
]
