"""Compare sequential steps with random access: how many rates agree to the bit, and how far apart
the others are.
"""

import sys

import numpy as np

import fastlr as flr

from . import PEAK, keras, quiet, rate_in, sgd
from .accuracy import (
    FLOOR,
    SCHEDULES,
    jumped,
    keras_makes,
    optax_makes,
    stepped,
    torch_makes,
    torch_others,
)

LONG, SHORT = 10**6, 10**3
TWO_FORMS = (
    "cosine to 0",
    "cosine to 1e-3",
    "exponential, per-step factor",
    "polynomial 2 to 0",
    "polynomial 0.9 to 0",
    "linear to 1e-3",
    "step, 10 drops",
    "step, 1000 drops",
)
COMPILED = (
    "cosine to 0",
    "polynomial 0.9 to 0",
    "exponential, per-step factor",
    "linear to 1e-3",
    "warmup-cosine from 0",
)


def apart(one, other):
    """Return how many values of two tables agree, and their largest difference in ulps of the
    larger.
    """
    same = int(np.sum(one == other))
    some = np.abs(one - other) / np.spacing(np.maximum(np.abs(one), np.abs(other)))
    return same, one.size, float(some.max())


def of_torch():
    """Compare ``step()`` with ``step(t)``, for which torch has a closed form of some schedulers."""
    makes = torch_makes()
    for name in TWO_FORMS:
        steps = np.arange(LONG + 1)
        yield name, apart(stepped(makes[name])(LONG, steps), jumped(makes[name])(LONG, steps))
    others = torch_others()
    for name in (
        "one-cycle, torch's",
        "triangular, 5 cycles",
        "triangular2",
        "exp_range",
        "restarts, equal",
    ):
        steps = np.arange(SHORT)
        yield name, apart(stepped(others[name])(SHORT, steps), jumped(others[name])(SHORT, steps))


def of_torch_restarts():
    """Compute the first step of growing cycles by ``step(t)``: its rate must be the peak."""
    import torch

    steps, wrong = 0, 0
    for growth in (2, 3, 9, 10):
        for first in range(1, 40):
            optimizer = sgd()
            scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(
                optimizer, first, growth, eta_min=FLOOR
            )
            for begin in begins(first, growth):
                scheduler.step(begin)
                steps, wrong = steps + 1, wrong + (rate_in(optimizer) != PEAK)
    yield "restarts that grow, first steps", (steps - wrong, steps, np.nan)


def begins(first, growth):
    """Return the first steps of cycles up to step 10^6."""
    at, length = 0, first
    while at <= LONG:
        yield at
        at, length = at + length, length * growth


def of_compiled(make):
    """Compare a function with the same function compiled, step by step."""
    import jax

    alone, together = make, jax.jit(make)
    steps = range(SHORT + 1)
    return apart(
        np.array([float(alone(t)) for t in steps]), np.array([float(together(t)) for t in steps])
    )


def of_optax():
    makes = optax_makes()
    for name in COMPILED:
        yield name, of_compiled(makes[name](SHORT))


def of_keras():
    makes = keras_makes()
    for name in COMPILED[:-1]:
        yield name, of_compiled(makes[name](SHORT))


def of_fastlr():
    """Compare ``s(t)`` with the whole table, an array of steps, and blocks of the table."""
    for name, make in SCHEDULES.items():
        schedule = make(LONG)
        last = LONG if schedule.past_end == "hold" else LONG - 1
        whole = schedule.table(last + 1)
        blocks = np.concatenate(
            [schedule.table(start, min(start + 999, last + 1)) for start in range(0, last + 1, 999)]
        )
        each = np.array([schedule(t) for t in range(last + 1)])
        backwards = schedule(np.arange(last + 1)[::-1])[::-1]
        yield name, min(apart(whole, other) for other in (each, blocks, backwards))


def of_fastlr_in_torch():
    for name in ("cosine to 0", "exponential, per-step factor", "linear to 1e-3"):
        steps = np.arange(LONG + 1)

        def make(optimizer, n, name=name):
            return flr.adapters.torch.Scheduler(optimizer, SCHEDULES[name](n))

        yield name, apart(stepped(make)(LONG, steps), jumped(make)(LONG, steps))


def of_fastlr_in_optax():
    for name in COMPILED:
        yield name, of_compiled(flr.adapters.optax.schedule(SCHEDULES[name](SHORT)))


def of_fastlr_in_keras():
    keras()
    for name in COMPILED:
        yield name, of_compiled(flr.adapters.keras.LearningRate(SCHEDULES[name](SHORT), SHORT + 1))


COLUMNS = {
    "torch, step() and step(t)": of_torch,
    "torch, step(t)": of_torch_restarts,
    "optax, eager and compiled": of_optax,
    "keras, eager and compiled": of_keras,
    "fastlr": of_fastlr,
    "fastlr's torch adapter": of_fastlr_in_torch,
    "fastlr's optax adapter, eager and compiled": of_fastlr_in_optax,
    "fastlr's Keras adapter, eager and compiled": of_fastlr_in_keras,
}


def column(name):
    """Return how many rates agree, by schedule."""
    with quiet():
        found = dict(COLUMNS[name]())
    print(f"stepping: {name}", file=sys.stderr, flush=True)
    return found
