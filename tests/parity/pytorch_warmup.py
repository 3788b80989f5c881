"""pytorch-warmup: its factors from their formulas, one number at a time."""

import math

from fastlr.presets import pytorch_warmup as ours

from . import Case, figures, rates, real, whole


def linear(t, lr, warmup_period):
    return lr * min(1.0, (t + 1) / warmup_period)


def exponential(t, lr, warmup_period):
    return lr * (1.0 - math.exp(-(t + 1) / warmup_period))


def untuned_linear(t, lr, beta2):
    return linear(t, lr, int(2.0 / (1.0 - beta2)))


def untuned_exponential(t, lr, beta2):
    return exponential(t, lr, int(1.0 / (1.0 - beta2)))


def rho(n, beta2):
    return 2.0 / (1 - beta2) - 1 - 2 * n * beta2**n / (1 - beta2**n)


def radam(t, lr, beta2):
    most, offset = 2.0 / (1 - beta2) - 1, 1
    while not rho(offset, beta2) > 4:
        offset += 1
    r = rho(t + offset, beta2)
    return lr * math.sqrt(((r - 4) * (r - 2) * most) / ((most - 4) * (most - 2) * r))


def period(rng):
    return {"lr": rates(rng), "warmup_period": whole(rng, 1, 25)}


def beta(low):
    return lambda rng: {"lr": rates(rng), "beta2": 1 - 10 ** real(rng, -3, math.log10(1 - low))}


CASES = [
    Case(
        ours.LinearWarmup, period, figures(linear), lambda own: own["warmup_period"] + 3, count=200
    ),
    Case(
        ours.ExponentialWarmup,
        period,
        figures(exponential),
        lambda own: 40 * own["warmup_period"] + 3,
        count=200,
    ),
    Case(ours.UntunedLinearWarmup, beta(0.0), figures(untuned_linear), lambda own: 60, count=200),
    Case(
        ours.UntunedExponentialWarmup,
        beta(0.0),
        figures(untuned_exponential),
        lambda own: 60,
        count=200,
    ),
    # where rho is little above 4, float64 leaves of rho - 4 what its own cancellation has left
    Case(ours.RAdamWarmup, beta(0.62), figures(radam), lambda own: 60, count=200, bound=1e-10),
]
