"""Measure the errors of rates against the formulas in real numbers, in ulps.

A row is a schedule from 0.1 to 0 or 1e-3 over some number of steps. A column is one way in which a
library computes its rates. Recursive schedulers are stepped through every step. In a short run
every step is compared. In a long run, steps near the ends and boundaries are compared, and random
steps elsewhere, from which the mean is estimated.
"""

import sys
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import mpmath
import numpy as np
from mpmath import mpf
from parity import ignite as ignite_parity
from parity import mmengine as mmengine_parity
from parity import timm as timm_parity
from parity import transformers as transformers_parity

import fastlr as flr
from fastlr.presets import optax as optax_presets
from fastlr.presets import torch as torch_presets

from . import FLOOR, PEAK, keras, quiet, sgd

TOTALS = (10**3, 10**5, 10**6)
BITS = 200
NEAR, ANYWHERE = 600, 4_000  # steps that are judged at each end, and at random
Rates = Callable[[int, np.ndarray], np.ndarray]  # of a run of so many steps, at these of them


class Truth(NamedTuple):
    """A number as the sum of two doubles, at each step."""

    high: np.ndarray
    low: np.ndarray


# -- the formulas ----------------------------------------------------------------------------------


def gamma(total):
    """Return the factor per step that reaches 0.001 over the run."""
    return 0.001 ** (1 / total)


def line(init, end, p):
    return init + (end - init) * p


def wave(init, end, p):
    return end + (init - end) * mpmath.sin(mpmath.pi / 2 * (1 - p)) ** 2


def triangle(t, up):
    """Return the weight of a triangle: from 0 to 1 and back."""
    c = t % (2 * up)
    return mpf(min(c, 2 * up - c)) / up


def after(t, total, init):
    """A cosine to 0 after a warmup from ``init`` over a hundredth of the run."""
    warmup = total // 100
    if t < warmup:
        return line(mpf(init), mpf(PEAK), mpf(t) / warmup)
    return wave(mpf(PEAK), 0, min(mpf(t - warmup) / (total - warmup), 1))


def doubled(t, first):
    """The weight of a cosine whose cycles double in length."""
    while t >= first:
        t, first = t - first, 2 * first
    return mpf(t) / first


def two_phases(t, rise, fall, low, last):
    """Half a cosine up to step ``rise``, and half a cosine down to step ``fall``."""
    if t < rise:
        return wave(low, mpf(PEAK), mpf(t) / rise)
    return wave(mpf(PEAK), last, (t - rise) / (fall - rise))


P, F, SHARE = mpf(PEAK), mpf(FLOOR), mpf(PEAK) * mpf(0.01)
FORMULAS = {
    "cosine to 0": lambda t, n: wave(P, 0, mpf(t) / n),
    "cosine to 1e-3": lambda t, n: wave(P, F, mpf(t) / n),
    "exponential, per-step factor": lambda t, n: P * mpf(gamma(n)) ** t,
    "exponential, per-run factor": lambda t, n: P * mpf(0.001) ** (mpf(t) / n),
    "polynomial 2 to 0": lambda t, n: P * (mpf(n - t) / n) ** 2,
    "polynomial 0.9 to 0": lambda t, n: P * (mpf(n - t) / n) ** mpf(0.9),
    "polynomial 2 to 1e-3": lambda t, n: F + (P - F) * (mpf(n - t) / n) ** 2,
    "linear to 1e-3": lambda t, n: line(P, F, mpf(t) / n),
    "step, 10 drops": lambda t, n: P * mpf(0.1) ** (t // (n // 10)),
    "step, 1000 drops": lambda t, n: P * mpf(0.99) ** (t // (n // 1000)),
    "triangular, 5 cycles": lambda t, n: line(F, P, triangle(t, n // 10)),
    "triangular, T/100 cycles": lambda t, n: line(F, P, triangle(t, 50)),
    "triangular2": lambda t, n: F + (P - F) * triangle(t, n // 10) / 2 ** (t // (n // 5)),
    "exp_range": lambda t, n: F + (P - F) * triangle(t, n // 10) * mpf(gamma(n)) ** t,
    "restarts, equal": lambda t, n: wave(P, F, mpf(t % (n // 10)) / (n // 10)),
    "restarts, doubling": lambda t, n: wave(P, F, doubled(t, n // 8)),
    "inverse sqrt": lambda t, n: (
        P * (mpf(t) / (n // 100) if t < n // 100 else mpmath.sqrt(mpf(n // 100) / t))
    ),
    "warmup-cosine from 0": lambda t, n: after(t, n, 0.0),
    "warmup-cosine from 1%": lambda t, n: after(t, n, FLOOR),
    "one-cycle, torch's": lambda t, n: two_phases(
        t, mpf(3 * n) / 10 - 1, mpf(n) - 1, P / 25, P / 250_000
    ),
    "one-cycle, optax's": lambda t, n: two_phases(t, mpf(3 * n // 10), mpf(n), P / 25, P / 250_000),
    # of libraries that take the floor as a share of the peak
    "cosine to a share": lambda t, n: wave(P, SHARE, mpf(t) / n),
    "linear to a share": lambda t, n: line(P, SHARE, mpf(t) / n),
    "restarts to a share, equal": lambda t, n: wave(P, SHARE, mpf(t % (n // 10)) / (n // 10)),
    "restarts to a share, doubling": lambda t, n: wave(P, SHARE, doubled(t, n // 8)),
    "warmup-cosine from a share": lambda t, n: after(t, n, P * mpf(0.01)),
    "inverse sqrt from 1": lambda t, n: P / mpmath.sqrt(t + 1),
}
ROWS = list(FORMULAS)[:21]


@cache
def steps_of(total, last):
    """Return the steps to compare, and how many steps of the run each stands for."""
    every = np.arange(last + 1)
    if total <= 1_000:
        return every, np.ones(every.size)
    parts = [
        k * total // n
        for n, most in ((10, 10), (8, 8), (100, 10), (1000, 20))
        for k in range(most + 1)
    ]
    near = [part + offset for part in parts for offset in range(-3, 4)]
    kept = np.unique(
        [*range(NEAR), *range(last - NEAR, last + 1), *(t for t in near if 0 <= t <= last)]
    )
    others = np.setdiff1d(np.random.default_rng(total).integers(0, last + 1, ANYWHERE), kept)
    weights = np.concatenate(
        [np.ones(kept.size), np.full(others.size, (last + 1 - kept.size) / others.size)]
    )
    steps = np.concatenate([kept, others])
    order = np.argsort(steps)
    return steps[order], weights[order]


@cache
def truth(formula, total, last):
    """Return the exact rates by mpmath at the steps to compare."""
    steps, _ = steps_of(total, last)
    with mpmath.workprec(BITS):
        exact = [+FORMULAS[formula](t, total) for t in steps.tolist()]
        high = [float(number) for number in exact]
        low = [float(number - mpf(near)) for number, near in zip(exact, high, strict=True)]
    return Truth(np.array(high), np.array(low))


# -- the libraries ---------------------------------------------------------------------------------


class Way(NamedTuple):
    """One way in which a library computes a schedule's rates, with the formula to compare it with.

    ``short`` is 1 if it gives no rate at the last step.
    """

    rates: Rates
    formula: str
    short: int = 0  # steps before the end that it does not cover


def ways(drive, made, short=0, **own):
    """Return the ways of one library: ``made`` by row, and the formula if it is the library's
    own.
    """
    return {
        row: Way(drive(make), own.get(row.replace(" ", "_"), row), short)
        for row, make in made.items()
    }


def stepped(make, lr=PEAK):
    """Call ``step()`` once per step."""

    def rates(total, steps):
        import torch

        optimizer = sgd(torch.tensor(PEAK) if lr is None else lr)
        scheduler, group = make(optimizer, total), optimizer.param_groups[0]
        table = np.empty(int(steps[-1]) + 1)
        for t in range(table.size):
            if t:
                scheduler.step()
            table[t] = group["lr"]
        return table[steps]

    return rates


def jumped(make):
    """Call ``step(t)`` for each step on its own."""

    def rates(total, steps):
        optimizer = sgd()
        scheduler, group = make(optimizer, total), optimizer.param_groups[0]

        def at(t):
            scheduler.step(t)
            return group["lr"]

        return np.array([at(t) for t in steps.tolist()])

    return rates


def called(make):
    """Call the scheduler once per event, as ignite's engine does."""

    def rates(total, steps):
        optimizer = sgd()
        scheduler, group = make(optimizer, total), optimizer.param_groups[0]
        table = np.empty(int(steps[-1]) + 1)
        for t in range(table.size):
            scheduler(None)
            table[t] = group["lr"]
        return table[steps]

    return rates


def evaluated(make):
    """Evaluate a function of the progress, from 0 to below 1."""

    def rates(total, steps):
        scheduler = make(total)
        return np.array([scheduler(t / total) for t in steps.tolist()])

    return rates


def torch_schedulers():
    import torch

    return torch.optim.lr_scheduler


def torch_makes():
    s = torch_schedulers()
    return {
        "cosine to 0": lambda o, n: s.CosineAnnealingLR(o, n),
        "cosine to 1e-3": lambda o, n: s.CosineAnnealingLR(o, n, FLOOR),
        "exponential, per-step factor": lambda o, n: s.ExponentialLR(o, gamma(n)),
        "polynomial 2 to 0": lambda o, n: s.PolynomialLR(o, n, 2.0),
        "polynomial 0.9 to 0": lambda o, n: s.PolynomialLR(o, n, 0.9),
        "linear to 1e-3": lambda o, n: s.LinearLR(o, 1.0, 0.01, n),
        "step, 10 drops": lambda o, n: s.StepLR(o, n // 10, 0.1),
        "step, 1000 drops": lambda o, n: s.StepLR(o, n // 1000, 0.99),
    }


def torch_others():
    """Return torch's schedulers that have only one form."""
    s = torch_schedulers()

    def cyclic(mode, up=None):
        def make(o, n):
            return s.CyclicLR(
                o, FLOOR, PEAK, up or n // 10, mode=mode, gamma=gamma(n), cycle_momentum=False
            )

        return make

    def sequence(o, n):
        return s.SequentialLR(
            o,
            [s.LinearLR(o, 0.01, 1.0, n // 100), s.CosineAnnealingLR(o, n - n // 100)],
            [n // 100],
        )

    return {
        "triangular, 5 cycles": cyclic("triangular"),
        "triangular, T/100 cycles": cyclic("triangular", 50),
        "triangular2": cyclic("triangular2"),
        "exp_range": cyclic("exp_range"),
        "restarts, equal": lambda o, n: s.CosineAnnealingWarmRestarts(o, n // 10, eta_min=FLOOR),
        "restarts, doubling": lambda o, n: s.CosineAnnealingWarmRestarts(
            o, n // 8, 2, eta_min=FLOOR
        ),
        "warmup-cosine from 1%": sequence,
        "one-cycle, torch's": lambda o, n: s.OneCycleLR(o, PEAK, total_steps=n),
    }


TORCH_OWN = {
    "linear_to_1e-3": "linear to a share",
    "warmup-cosine_from_1%": "warmup-cosine from a share",
}


def of_torch():
    found = ways(stepped, torch_makes() | torch_others(), **TORCH_OWN)
    return found | {"one-cycle, torch's": found["one-cycle, torch's"]._replace(short=1)}


def of_torch_closed():
    return ways(jumped, torch_makes(), **TORCH_OWN)


SINGLE = ("cosine to 1e-3", "exponential, per-step factor")  # as slow as they are


def of_torch_tensor():
    """Hold the rate in a float32 tensor, as compiled and capturable optimizers do."""
    made = torch_makes()
    return ways(lambda make: stepped(make, None), {row: made[row] for row in SINGLE})


def of_transformers():
    o = transformers_parity.optimization()
    made = {
        "cosine to 0": lambda opt, n: o.get_cosine_schedule_with_warmup(opt, 0, n),
        "cosine to 1e-3": lambda opt, n: o.get_cosine_with_min_lr_schedule_with_warmup(
            opt, 0, n, min_lr=FLOOR
        ),
        "polynomial 2 to 1e-3": lambda opt, n: o.get_polynomial_decay_schedule_with_warmup(
            opt, 0, n, FLOOR, 2.0
        ),
        "linear to 1e-3": lambda opt, n: o.get_polynomial_decay_schedule_with_warmup(
            opt, 0, n, FLOOR, 1.0
        ),
        "inverse sqrt": lambda opt, n: o.get_inverse_sqrt_schedule(opt, n // 100),
        "warmup-cosine from 0": lambda opt, n: o.get_cosine_schedule_with_warmup(opt, n // 100, n),
    }
    return ways(jumped, made, **{"cosine_to_1e-3": "cosine to a share"})


def of_timm():
    s = timm_parity.scheduler()
    cosine, poly, step = s.CosineLRScheduler, s.PolyLRScheduler, s.StepLRScheduler
    warm = {"warmup_prefix": True}
    made = {
        "cosine to 0": lambda o, n: cosine(o, n),
        "cosine to 1e-3": lambda o, n: cosine(o, n, FLOOR),
        "exponential, per-step factor": lambda o, n: step(o, 1, gamma(n)),
        "polynomial 2 to 0": lambda o, n: poly(o, n, 2.0),
        "polynomial 0.9 to 0": lambda o, n: poly(o, n, 0.9),
        "polynomial 2 to 1e-3": lambda o, n: poly(o, n, 2.0, FLOOR),
        "step, 10 drops": lambda o, n: step(o, n // 10, 0.1),
        "step, 1000 drops": lambda o, n: step(o, n // 1000, 0.99),
        "restarts, equal": lambda o, n: cosine(o, n // 10, FLOOR, cycle_limit=11),
        "restarts, doubling": lambda o, n: cosine(o, n // 8, FLOOR, cycle_mul=2.0, cycle_limit=9),
        "warmup-cosine from 0": lambda o, n: cosine(
            o, n - n // 100, warmup_t=n // 100, warmup_lr_init=0.0, **warm
        ),
        "warmup-cosine from 1%": lambda o, n: cosine(
            o, n - n // 100, warmup_t=n // 100, warmup_lr_init=FLOOR, **warm
        ),
    }
    return ways(jumped, made)


def of_fvcore():
    from fvcore.common import param_scheduler as s

    drops = [PEAK * 0.1**i for i in range(10)]
    made = {
        "cosine to 0": lambda n: s.CosineParamScheduler(PEAK, 0.0),
        "cosine to 1e-3": lambda n: s.CosineParamScheduler(PEAK, FLOOR),
        "exponential, per-run factor": lambda n: s.ExponentialParamScheduler(PEAK, 0.001),
        "polynomial 2 to 0": lambda n: s.PolynomialDecayParamScheduler(PEAK, 2.0),
        "polynomial 0.9 to 0": lambda n: s.PolynomialDecayParamScheduler(PEAK, 0.9),
        "linear to 1e-3": lambda n: s.LinearParamScheduler(PEAK, FLOOR),
        "step, 10 drops": lambda n: s.MultiStepParamScheduler(
            drops, n, [n // 10 * i for i in range(1, 10)]
        ),
        "step, 1000 drops": lambda n: s.StepWithFixedGammaParamScheduler(PEAK, 999, 0.99, n),
        "warmup-cosine from 0": lambda n: s.CompositeParamScheduler(
            [s.LinearParamScheduler(0.0, PEAK), s.CosineParamScheduler(PEAK, 0.0)],
            [0.01, 0.99],
            ["rescaled"] * 2,
        ),
    }
    return ways(evaluated, made, 1)


def of_ignite():
    h = ignite_parity.handlers()
    made = {
        "cosine to 0": lambda o, n: h.CosineAnnealingScheduler(o, "lr", PEAK, 0.0, n),
        "cosine to 1e-3": lambda o, n: h.CosineAnnealingScheduler(o, "lr", PEAK, FLOOR, n),
        "linear to 1e-3": lambda o, n: h.PiecewiseLinear(o, "lr", [(0, PEAK), (n, FLOOR)]),
        "triangular, 5 cycles": lambda o, n: h.LinearCyclicalScheduler(
            o, "lr", FLOOR, PEAK, n // 5
        ),
        "triangular, T/100 cycles": lambda o, n: h.LinearCyclicalScheduler(
            o, "lr", FLOOR, PEAK, 100
        ),
        "restarts, equal": lambda o, n: h.CosineAnnealingScheduler(o, "lr", PEAK, FLOOR, n // 10),
        "restarts, doubling": lambda o, n: h.CosineAnnealingScheduler(
            o, "lr", PEAK, FLOOR, n // 8, cycle_mult=2
        ),
    }
    return ways(called, made, 1)


def of_mmengine():
    s = mmengine_parity.schedulers()
    made = {
        "cosine to 0": lambda o, n: s.CosineAnnealingLR(o, T_max=n),
        "cosine to 1e-3": lambda o, n: s.CosineAnnealingLR(o, T_max=n, eta_min=FLOOR),
        "exponential, per-step factor": lambda o, n: s.ExponentialLR(o, gamma=gamma(n)),
        "step, 10 drops": lambda o, n: s.StepLR(o, step_size=n // 10, gamma=0.1),
        "step, 1000 drops": lambda o, n: s.StepLR(o, step_size=n // 1000, gamma=0.99),
        "restarts, equal": lambda o, n: s.CosineRestartLR(
            o, [n // 10] * 10, [1] * 10, eta_min=FLOOR
        ),
        "restarts, doubling": lambda o, n: s.CosineRestartLR(
            o, [n // 8, n // 4, n // 2, n], [1] * 4, eta_min=FLOOR
        ),
        "one-cycle, torch's": lambda o, n: s.OneCycleLR(o, eta_max=PEAK, total_steps=n, end=n),
    }
    return ways(stepped, made, 1)


def of_sklearn():
    """Use the rate that scikit-learn's MLP sets by itself."""
    from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

    def rates(total, steps):
        optimizer = SGDOptimizer([np.zeros(1)], PEAK, "invscaling")

        def at(t):
            optimizer.iteration_ends(t)
            return optimizer.learning_rate

        return np.array([at(t) for t in steps.tolist()])

    return {"inverse sqrt": Way(rates, "inverse sqrt from 1")}


def of_numpy():
    """Use the NumPy formula that a user writes by hand."""

    def cosine(t, n, end=0.0):
        return end + (PEAK - end) * 0.5 * (1 + np.cos(np.pi * t / n))

    def cycle(t, up):
        number = np.floor(1 + t / (2 * up))
        return np.maximum(0, 1 - np.abs(t / up - 2 * number + 1))

    def warm(t, n):
        w = n // 100
        return np.where(t < w, PEAK * t / w, PEAK * 0.5 * (1 + np.cos(np.pi * (t - w) / (n - w))))

    made = {
        "cosine to 0": lambda n, t: cosine(t, n),
        "cosine to 1e-3": lambda n, t: cosine(t, n, FLOOR),
        "exponential, per-step factor": lambda n, t: PEAK * gamma(n) ** t,
        "exponential, per-run factor": lambda n, t: PEAK * 0.001 ** (t / n),
        "polynomial 2 to 0": lambda n, t: PEAK * (1 - t / n) ** 2,
        "polynomial 0.9 to 0": lambda n, t: PEAK * (1 - t / n) ** 0.9,
        "polynomial 2 to 1e-3": lambda n, t: FLOOR + (PEAK - FLOOR) * (1 - t / n) ** 2,
        "linear to 1e-3": lambda n, t: PEAK + (FLOOR - PEAK) * t / n,
        "step, 10 drops": lambda n, t: PEAK * 0.1 ** (t // (n // 10)),
        "step, 1000 drops": lambda n, t: PEAK * 0.99 ** (t // (n // 1000)),
        "triangular, 5 cycles": lambda n, t: FLOOR + (PEAK - FLOOR) * cycle(t, n // 10),
        "triangular, T/100 cycles": lambda n, t: FLOOR + (PEAK - FLOOR) * cycle(t, 50),
        "triangular2": lambda n, t: (
            FLOOR + (PEAK - FLOOR) * cycle(t, n // 10) / 2.0 ** (t // (n // 5))
        ),
        "exp_range": lambda n, t: FLOOR + (PEAK - FLOOR) * cycle(t, n // 10) * gamma(n) ** t,
        "restarts, equal": lambda n, t: cosine(t % (n // 10), n // 10, FLOOR),
        "inverse sqrt": lambda n, t: (
            PEAK * np.minimum(t / (n // 100), np.sqrt((n // 100) / np.maximum(t, 1)))
        ),
        "warmup-cosine from 0": lambda n, t: warm(t, n),
    }
    return ways(lambda make: make, made)


OPTAX_OWN = {"cosine_to_1e-3": "cosine to a share"}


def compiled(make):
    """Evaluate all steps by one compiled function."""

    def rates(total, steps):
        import jax

        return np.asarray(jax.jit(jax.vmap(make(total)))(jax.numpy.asarray(steps)))

    return rates


def in_64_bits(drive):
    def driven(make):
        def rates(total, steps):
            import jax

            with jax.enable_x64(True):
                return drive(make)(total, steps)

        return rates

    return driven


def optax_makes():
    import optax as o

    def restarts(n, lengths):
        parts = [o.cosine_decay_schedule(PEAK, length, 0.01) for length in lengths]
        return o.join_schedules(parts, np.cumsum(lengths)[:-1].tolist())

    return {
        "cosine to 0": lambda n: o.cosine_decay_schedule(PEAK, n),
        "cosine to 1e-3": lambda n: o.cosine_decay_schedule(PEAK, n, 0.01),
        "exponential, per-step factor": lambda n: o.exponential_decay(PEAK, 1, gamma(n)),
        "exponential, per-run factor": lambda n: o.exponential_decay(PEAK, n, 0.001),
        "polynomial 2 to 0": lambda n: o.polynomial_schedule(PEAK, 0.0, 2, n),
        "polynomial 0.9 to 0": lambda n: o.polynomial_schedule(PEAK, 0.0, 0.9, n),
        "polynomial 2 to 1e-3": lambda n: o.polynomial_schedule(PEAK, FLOOR, 2, n),
        "linear to 1e-3": lambda n: o.linear_schedule(PEAK, FLOOR, n),
        "step, 10 drops": lambda n: o.exponential_decay(PEAK, n // 10, 0.1, staircase=True),
        "step, 1000 drops": lambda n: o.exponential_decay(PEAK, n // 1000, 0.99, staircase=True),
        "restarts, equal": lambda n: restarts(n, [n // 10] * 11),
        "restarts, doubling": lambda n: restarts(n, [n // 8 * 2**i for i in range(4)]),
        "warmup-cosine from 0": lambda n: o.warmup_cosine_decay_schedule(0.0, PEAK, n // 100, n),
        "warmup-cosine from 1%": lambda n: o.warmup_cosine_decay_schedule(FLOOR, PEAK, n // 100, n),
        "one-cycle, optax's": lambda n: o.cosine_onecycle_schedule(n, PEAK),
    }


SHARES = {
    "cosine_to_1e-3": "cosine to a share",
    "restarts,_equal": "restarts to a share, equal",
    "restarts,_doubling": "restarts to a share, doubling",
}


def of_optax():
    return ways(compiled, optax_makes(), **SHARES)


def of_optax_64():
    return ways(in_64_bits(compiled), optax_makes(), **SHARES)


def keras_makes():
    k = keras().optimizers.schedules
    return {
        "cosine to 0": lambda n: k.CosineDecay(PEAK, n),
        "cosine to 1e-3": lambda n: k.CosineDecay(PEAK, n, 0.01),
        "exponential, per-step factor": lambda n: k.ExponentialDecay(PEAK, 1, gamma(n)),
        "exponential, per-run factor": lambda n: k.ExponentialDecay(PEAK, n, 0.001),
        "polynomial 2 to 0": lambda n: k.PolynomialDecay(PEAK, n, 0.0, 2.0),
        "polynomial 0.9 to 0": lambda n: k.PolynomialDecay(PEAK, n, 0.0, 0.9),
        "polynomial 2 to 1e-3": lambda n: k.PolynomialDecay(PEAK, n, FLOOR, 2.0),
        "linear to 1e-3": lambda n: k.PolynomialDecay(PEAK, n, FLOOR, 1.0),
        "step, 10 drops": lambda n: k.ExponentialDecay(PEAK, n // 10, 0.1, True),
        "step, 1000 drops": lambda n: k.ExponentialDecay(PEAK, n // 1000, 0.99, True),
        "restarts, equal": lambda n: k.CosineDecayRestarts(PEAK, n // 10, 1.0, 1.0, 0.01),
        "restarts, doubling": lambda n: k.CosineDecayRestarts(PEAK, n // 8, 2.0, 1.0, 0.01),
        "warmup-cosine from 0": lambda n: k.CosineDecay(
            0.0, n - n // 100, 0.0, warmup_target=PEAK, warmup_steps=n // 100
        ),
        "warmup-cosine from 1%": lambda n: k.CosineDecay(
            FLOOR, n - n // 100, 0.0, warmup_target=PEAK, warmup_steps=n // 100
        ),
    }


def of_keras():
    return ways(compiled, keras_makes(), **SHARES)


def of_keras_64():
    """Use Keras with its float set to float64."""

    def drive(make):
        def rates(total, steps):
            config = keras().config
            config.set_floatx("float64")
            try:
                return in_64_bits(compiled)(make)(total, steps)
            finally:
                config.set_floatx("float32")

        return rates

    return ways(drive, keras_makes(), **SHARES)


# -- fastlr ----------------------------------------------------------------------------------------

SCHEDULES = {
    "cosine to 0": lambda n: flr.cosine(PEAK, 0.0, n),
    "cosine to 1e-3": lambda n: flr.cosine(PEAK, FLOOR, n),
    "exponential, per-step factor": lambda n: flr.exponential_decay(PEAK, gamma=gamma(n)),
    "exponential, per-run factor": lambda n: flr.exponential_decay(PEAK, gamma=0.001, every=n),
    "polynomial 2 to 0": lambda n: flr.polynomial(PEAK, 0.0, n),
    "polynomial 0.9 to 0": lambda n: flr.polynomial(PEAK, 0.0, n, power=0.9),
    "polynomial 2 to 1e-3": lambda n: flr.polynomial(PEAK, FLOOR, n),
    "linear to 1e-3": lambda n: flr.linear(PEAK, FLOOR, n),
    "step, 10 drops": lambda n: flr.step_decay(PEAK, 0.1, n // 10),
    "step, 1000 drops": lambda n: flr.step_decay(PEAK, 0.99, n // 1000),
    "triangular, 5 cycles": lambda n: flr.cyclic(FLOOR, PEAK, n // 10),
    "triangular, T/100 cycles": lambda n: flr.cyclic(FLOOR, PEAK, 50),
    "triangular2": lambda n: flr.cyclic(FLOOR, PEAK, n // 10, mode="triangular2"),
    "exp_range": lambda n: flr.cyclic(FLOOR, PEAK, n // 10, mode="exp_range", gamma=gamma(n)),
    "restarts, equal": lambda n: flr.cosine_restarts(PEAK, FLOOR, n // 10),
    "restarts, doubling": lambda n: flr.cosine_restarts(PEAK, FLOOR, n // 8, stretch=2),
    "inverse sqrt": lambda n: flr.inverse_sqrt(PEAK, n // 100),
    "warmup-cosine from 0": lambda n: flr.warmup_cosine(PEAK, n // 100, n),
    "warmup-cosine from 1%": lambda n: flr.warmup_cosine(PEAK, n // 100, n, init=FLOOR),
    "one-cycle, torch's": lambda n: torch_presets.OneCycleLR(PEAK, n),
    "one-cycle, optax's": lambda n: optax_presets.cosine_onecycle_schedule(n, PEAK),
}


def of_fastlr():
    return ways(lambda make: lambda n, steps: make(n)(steps), SCHEDULES)


def of_fastlr_single():
    return ways(
        lambda make: lambda n, steps: make(n).table(n + 1, dtype="float32")[steps], SCHEDULES
    )


def of_fastlr_in_torch():
    """Use the torch adapter's ``step()``, where torch's schedulers continue from the last rate."""
    made = {row: SCHEDULES[row] for row in torch_makes()}
    return ways(lambda make: stepped(lambda o, n: flr.adapters.torch.Scheduler(o, make(n))), made)


def of_fastlr_in_optax():
    return ways(lambda make: compiled(lambda n: flr.adapters.optax.schedule(make(n))), SCHEDULES)


def of_fastlr_in_keras():
    keras()
    return ways(
        lambda make: compiled(lambda n: flr.adapters.keras.LearningRate(make(n), n + 1)), SCHEDULES
    )


DOUBLE = {
    "torch step()": of_torch,
    "torch closed": of_torch_closed,
    "HF": of_transformers,
    "timm": of_timm,
    "fvcore": of_fvcore,
    "ignite": of_ignite,
    "mmengine": of_mmengine,
    "optax x64": of_optax_64,
    "sklearn": of_sklearn,
    "NumPy": of_numpy,
    "fastlr": of_fastlr,
    "fastlr, torch's step()": of_fastlr_in_torch,
}
SINGLES = {
    "optax": of_optax,
    "keras": of_keras,
    "keras float64 set": of_keras_64,
    "torch, lr float32 tensor": of_torch_tensor,
    "fastlr": of_fastlr_single,
    "fastlr in optax": of_fastlr_in_optax,
    "fastlr in keras": of_fastlr_in_keras,
}
COLUMNS = DOUBLE | {f"float32, {name}": column for name, column in SINGLES.items()}


# -- what comes out --------------------------------------------------------------------------------


class Found(NamedTuple):
    """The largest and the mean error in ulps of the rate's type, and the largest relative error."""

    ulps: float
    mean: float
    relative: float
    beside_zero: int  # steps at which the truth is 0, and the rate is not


def judged(rates, exact, weights, dtype):
    """Compare rates with the exact ones. Steps whose exact rate is 0 are counted separately."""
    if not np.isfinite(rates).all():
        return Found(np.nan, np.nan, np.nan, 0)
    high, low = exact
    some = high != 0
    apart = np.abs((rates.astype(np.float64) - high) - low)[some]
    ulps = apart / np.spacing(np.abs(high[some]).astype(dtype)).astype(np.float64)
    relative = float((apart / np.abs(high[some])).max())
    return Found(
        float(ulps.max()),
        float(np.average(ulps, weights=weights[some])),
        relative,
        int(np.sum(rates[~some] != 0)),
    )


def measured(way, total, dtype):
    """Measure one schedule of one library over a number of steps; an exception gives its name."""
    last = total - way.short
    steps, weights = steps_of(total, last)
    try:
        with quiet():
            rates = way.rates(total, steps)
    except Exception as error:  # which is what is found
        return type(error).__name__
    return judged(rates, truth(way.formula, total, last), weights, dtype)


def column(name, totals=TOTALS):
    """Measure each schedule of a column, over runs of each length."""
    single = name.startswith("float32, ")
    found = {}
    for row, way in COLUMNS[name]().items():
        found[row] = [
            measured(way, total, np.float32 if single else np.float64) for total in totals
        ]
    print(f"accuracy: {name}", file=sys.stderr, flush=True)
    return found
