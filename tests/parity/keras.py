"""Keras 3: its own schedules in float64, and its callbacks driven as training drives them."""

import os
import types
import warnings
from contextlib import contextmanager

import numpy as np

from fastlr.presets import keras as ours

from . import Case, one_of, rate, rates, real, whole

STEPS = 48
RATES = ("initial_learning_rate", "warmup_target")


@contextmanager
def in_float64():
    """Keras, with float64 for what it makes; with all backends but TensorFlow's it would narrow
    that in mid-formula.
    """
    os.environ.setdefault("KERAS_BACKEND", "torch")  # the backend that tests/plateau uses
    import keras
    from keras.src.backend.common import dtypes

    before = keras.config.floatx(), dict(dtypes.BIT64_TO_BIT32_DTYPE)
    keras.config.set_floatx("float64")
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of its backend's conversions
            yield keras
    finally:
        keras.config.set_floatx(before[0])
        dtypes.BIT64_TO_BIT32_DTYPE.update(before[1])


def of_library(name):
    """The schedule of this name, for each group."""

    def run(settings, steps):
        groups = next(
            (
                len(value)
                for key, value in settings.items()
                if key in RATES and isinstance(value, list)
            ),
            0,
        )
        with in_float64() as keras:
            made = getattr(keras.optimizers.schedules, name)
            schedules = [made(**of_group(settings, i)) for i in range(groups or 1)]
            # these take one step
            one_by_one = name == "PiecewiseConstantDecay" or "warmup_target" in settings
            tables = [evaluated(keras, schedule, steps, one_by_one) for schedule in schedules]
        return np.array(tables) if groups else tables[0]

    return run


def of_group(settings, i):
    return {
        key: value[i] if key in RATES and isinstance(value, list) else value
        for key, value in settings.items()
    }


def evaluated(keras, schedule, steps, one_by_one):
    if one_by_one:
        return [float(keras.ops.convert_to_numpy(schedule(t))) for t in range(steps)]
    return keras.ops.convert_to_numpy(schedule(keras.ops.arange(steps, dtype="int64")))


def draw(**parameters):
    """Settings by drawing each of these."""
    return lambda rng: {name: make(rng) for name, make in parameters.items()}


def integer(low, high):
    return lambda rng: whole(rng, low, high)


def number(low, high):
    return lambda rng: real(rng, low, high)


def some(*options):
    return lambda rng: one_of(rng, *options)


def length(rng):
    """So many steps, at times a fraction."""
    return one_of(
        rng,
        whole(rng, 1, 30),
        whole(rng, 1, 30),
        whole(rng, 1, 60) / 4,
        round(real(rng, 0.5, 30.0), 3),
    )


def flag(rng):
    return bool(rng.random() < 0.5)


def some_decay(rng):
    return one_of(rng, 0.0, *[real(rng, 0.1, 1.5) for _ in range(9)])


def piecewise(rng):
    at = sorted(whole(rng, 0, 18) for _ in range(whole(rng, 1, 5)))
    return {
        "boundaries": at,
        "values": [one_of(rng, 0.0, rate(rng), rate(rng)) for _ in range(len(at) + 1)],
    }


def polynomial(rng):
    init, cycle = rates(rng), flag(rng)
    low = min(init) if isinstance(init, list) else init
    return {
        "initial_learning_rate": init,
        "decay_steps": length(rng),
        "end_learning_rate": one_of(
            rng, 0.0, low * real(rng, 0.0, 1.0), *([] if cycle else [rate(rng)])
        ),
        "power": one_of(rng, 1.0, real(rng, 0.2, 4.0)),
        "cycle": cycle,
    }


def whole_cycles(rng):
    return {"first_decay_steps": whole(rng, 1, 30), "t_mul": one_of(rng, 1.0, 2.0, 3.0)}


def cycles(rng):
    """Cycles that begin between steps, of which a schedule has many parts."""
    return {
        "first_decay_steps": length(rng),
        "t_mul": one_of(rng, 1.0, 2.0, 1.5, round(real(rng, 1.8, 4.0), 3)),
    }


def cosine(rng):
    warm = {
        "warmup_target": rate(rng),
        "warmup_steps": one_of(rng, 0, whole(rng, 1, 15), round(real(rng, 0.5, 15.0), 3)),
    }
    return {
        "initial_learning_rate": rates(rng),
        "decay_steps": length(rng),
        "alpha": one_of(rng, 0.0, 0.1, 1.5),
        **(warm if rng.random() < 0.15 else {}),
    }


# -- callbacks -------------------------------------------------------------------------------------


class Rate:
    """An optimizer, whose rate is of this dtype."""

    def __init__(self, dtype):
        self.__dict__["dtype"] = dtype

    def __setattr__(self, name, value):
        self.__dict__[name] = self.dtype(value)


def functions(rng):
    a, b = real(rng, 0.5, 1.0), real(rng, 0.0, 0.1)
    of_rate = one_of(rng, lambda epoch, rate: rate * a + b * epoch, lambda epoch: a**epoch + b)
    return {"lr": rate(rng), "schedule": of_rate, "epochs": 20}


def run_scheduler(settings, steps):
    with in_float64() as keras:
        callback = keras.callbacks.LearningRateScheduler(settings["schedule"])
        callback.set_model(types.SimpleNamespace(optimizer=Rate(np.float64)))
        optimizer, table = callback.model.optimizer, []
        optimizer.learning_rate = settings["lr"]
        for epoch in range(steps):
            callback.on_epoch_begin(epoch)
            table.append(optimizer.learning_rate)
    return table


def run_plateau(settings, metrics):
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    callback = keras.callbacks.ReduceLROnPlateau(monitor="loss", **settings)
    callback.set_model(types.SimpleNamespace(optimizer=Rate(np.float32)))
    optimizer, table = callback.model.optimizer, []
    optimizer.learning_rate = 1.0
    callback.on_train_begin()
    for epoch, metric in enumerate(metrics):
        callback.on_epoch_end(epoch, {"loss": metric})
        table.append(optimizer.learning_rate)
    return table


def case(preset, settings, count=1_000):
    return Case(preset, settings, of_library(preset.__name__), lambda own: STEPS, "keras", count)


CASES = [
    case(
        ours.ExponentialDecay,
        draw(
            initial_learning_rate=rates, decay_steps=length, decay_rate=some_decay, staircase=flag
        ),
    ),
    Case(
        ours.PiecewiseConstantDecay,
        piecewise,
        of_library("PiecewiseConstantDecay"),
        lambda own: 20,
        "keras",
    ),
    case(ours.PolynomialDecay, polynomial),
    case(
        ours.InverseTimeDecay,
        draw(
            initial_learning_rate=rates,
            decay_steps=length,
            decay_rate=number(0.0, 2.0),
            staircase=flag,
        ),
    ),
    case(ours.CosineDecay, cosine),
    case(
        ours.CosineDecayRestarts,
        lambda rng: {
            "initial_learning_rate": rates(rng),
            **(whole_cycles(rng) if rng.random() < 0.8 else cycles(rng)),
            "m_mul": one_of(rng, 1.0, 0.5, 0.9),
            "alpha": one_of(rng, 0.0, 0.1, 1.5),
        },
    ),
    Case(ours.LearningRateScheduler, functions, run_scheduler, lambda own: own["epochs"], "keras"),
    Case(
        ours.ReduceLROnPlateau,
        draw(
            factor=number(0.1, 0.9),
            patience=integer(0, 3),
            mode=some("min", "max"),
            min_delta=some(1e-4, 0.05),
            cooldown=integer(0, 2),
            min_lr=some(0.0, 0.01),
        ),
        run_plateau,
        lambda own: 60,
        "keras",
    ),
]
