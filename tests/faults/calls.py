"""Wrong calls of each library: steps, metrics, states and optimizers that are not valid.

fastlr and its adapters are among the libraries.
"""

import json
import math
import sys
from functools import partial

import numpy as np
from parity import ignite as ignite_parity
from parity import mmengine as mmengine_parity
from parity import timm as timm_parity
from parity import transformers as transformers_parity

import fastlr as flr
from fastlr.arguments.rules import short_repr

from . import keras, quiet, rate_in, sgd
from .inputs import HUGE, SILENT, Answer, answered, ours

BAD_STEPS = (-5, math.nan, math.inf, 2.5, "3", HUGE)
BAD_METRICS = (math.nan, "0.1", None)
BAD_OPTIMIZERS = (None, 5, "sgd", [])
T = 10
PLAN = flr.cosine(0.1, 0.0, T)


def states(good, others, counter="last_epoch"):
    """Return states that no run of this scheduler left: changed ones, and one of another class."""
    missing = {key: value for key, value in good.items() if key != counter}
    wrong = {
        f"{counter}={short_repr(value)}": good | {counter: value}
        for value in (-5, math.nan, "a", None)
    }
    return {
        "{}": {},
        "None": None,
        "[]": [],
        "of another class": others,
        "with a key that is none": good | {"nonesuch": 1},
        f"without {counter}": missing,
        **wrong,
    }


def stepped(make, step):
    """Return the rate after stepping a scheduler to a step."""
    optimizer = sgd()
    make(optimizer).step(step)
    return rate_in(optimizer)


def rounds(scheduler, optimizer):
    """Make a few more steps."""
    table = []
    for _ in range(3):
        scheduler.step()
        table.append(rate_in(optimizer))
    return table


# -- the libraries ---------------------------------------------------------------------------------


def of_torch_like(make, other, plateau):
    """Wrong calls of ``step(t)``, ``step(metric)`` and ``load_state_dict``, and wrong
    optimizers.
    """

    def update(metric):
        optimizer = sgd()
        scheduler = plateau(optimizer)
        for value in (1.0, metric, 1.0, 1.0):
            scheduler.step(value)
        return rate_in(optimizer)

    def loaded(state):
        optimizer = sgd()
        scheduler = make(optimizer)
        scheduler.load_state_dict(state)
        return rounds(scheduler, optimizer)

    found = {
        f"step({short_repr(step)})": (partial(stepped, make, step), step) for step in BAD_STEPS
    }
    found |= {
        f"plateau.step({short_repr(metric)})": (partial(update, metric), metric)
        for metric in BAD_METRICS
    }
    found |= {
        f"optimizer: {short_repr(thing)}": (lambda thing=thing: make(thing) and 0.0, thing)
        for thing in BAD_OPTIMIZERS
    }
    saved = states(make(sgd()).state_dict(), other(sgd()).state_dict())
    return found | {
        f"load_state_dict: {text}": (partial(loaded, state), state) for text, state in saved.items()
    }


def of_torch():
    import torch

    s = torch.optim.lr_scheduler
    return of_torch_like(
        lambda optimizer: s.CosineAnnealingLR(optimizer, T),
        lambda optimizer: s.StepLR(optimizer, 3),
        lambda optimizer: s.ReduceLROnPlateau(optimizer, patience=1),
    )


def of_transformers():
    o = transformers_parity.optimization()
    return of_torch_like(
        lambda optimizer: o.get_cosine_schedule_with_warmup(optimizer, 2, T),
        lambda optimizer: o.get_inverse_sqrt_schedule(optimizer, 2),
        lambda optimizer: o.get_reduce_on_plateau_schedule(optimizer, patience=1),
    )


def of_mmengine():
    """MMEngine's schedulers are stepped without a number."""
    s = mmengine_parity.schedulers()

    class Plateau:
        def __init__(self, optimizer):
            self.made = s.ReduceOnPlateauLR(optimizer, patience=1)

        def step(self, metric):
            self.made.step({"loss": metric})

    calls = of_torch_like(
        lambda optimizer: s.CosineAnnealingLR(optimizer, T_max=T),
        lambda optimizer: s.StepLR(optimizer, step_size=3),
        Plateau,
    )
    return {text: call for text, call in calls.items() if not text.startswith("step(")}


def of_timm():
    s = timm_parity.scheduler()

    def make(optimizer):
        return s.CosineLRScheduler(optimizer, T)

    def update(metric):
        optimizer = sgd()
        scheduler = s.PlateauLRScheduler(optimizer, patience_t=1)
        for t, value in enumerate((1.0, metric, 1.0, 1.0)):
            scheduler.step(t + 1, value)
        return rate_in(optimizer)

    def loaded(state):
        optimizer = sgd()
        scheduler = make(optimizer)
        scheduler.load_state_dict(state)
        scheduler.step(3)
        return rate_in(optimizer)

    found = {
        f"step({short_repr(step)})": (partial(stepped, make, step), step)
        for step in (*BAD_STEPS, None)
    }
    found |= {
        f"plateau.step({short_repr(metric)})": (partial(update, metric), metric)
        for metric in BAD_METRICS
        if metric is not None
    }
    found |= {
        f"optimizer: {short_repr(thing)}": (lambda thing=thing: make(thing) and 0.0, thing)
        for thing in BAD_OPTIMIZERS
    }
    saved = states(make(sgd()).state_dict(), s.StepLRScheduler(sgd(), 3).state_dict(), "t_initial")
    return found | {
        f"load_state_dict: {text}": (partial(loaded, state), state) for text, state in saved.items()
    }


def of_fvcore():
    from fvcore.common.param_scheduler import CosineParamScheduler

    return {
        f"scheduler({short_repr(step)})": (partial(CosineParamScheduler(0.1, 0.0), step), step)
        for step in (*BAD_STEPS, None)
    }


def of_ignite():
    h = ignite_parity.handlers()

    def make(optimizer):
        return h.CosineAnnealingScheduler(optimizer, "lr", 0.1, 0.0, T)

    def loaded(state):
        optimizer = sgd()
        scheduler, table = make(optimizer), []
        scheduler.load_state_dict(state)
        for _ in range(3):
            scheduler(None)
            table.append(rate_in(optimizer))
        return table

    found = {
        f"optimizer: {short_repr(thing)}": (lambda thing=thing: make(thing) and 0.0, thing)
        for thing in BAD_OPTIMIZERS
    }
    other = h.PiecewiseLinear(sgd(), "lr", [(0, 0.1), (T, 0.0)])
    saved = states(make(sgd()).state_dict(), other.state_dict(), "event_index")
    return found | {
        f"load_state_dict: {text}": (partial(loaded, state), state) for text, state in saved.items()
    }


def of_optax():
    import jax
    import optax

    schedule = optax.cosine_decay_schedule(0.1, T)

    def update(metric):
        rule = optax.contrib.reduce_on_plateau(patience=1)
        state = rule.init(jax.numpy.zeros(()))
        for value in (1.0, metric, 1.0, 1.0):
            _, state = rule.update(jax.numpy.ones(()), state, value=value)
        return state.scale

    found = {
        f"schedule({short_repr(step)})": (partial(schedule, step), step)
        for step in (*BAD_STEPS, None)
    }
    return found | {
        f"plateau: {short_repr(metric)}": (partial(update, metric), metric)
        for metric in BAD_METRICS
    }


def of_keras():
    import types

    k = keras()
    made, callback = k.optimizers.schedules.CosineDecay(0.1, T), k.callbacks.ReduceLROnPlateau

    def update(metric):
        rule = callback(monitor="loss", patience=1)
        rule.set_model(types.SimpleNamespace(optimizer=types.SimpleNamespace(learning_rate=0.1)))
        rule.on_train_begin()
        for epoch, value in enumerate((1.0, metric, 1.0, 1.0)):
            rule.on_epoch_end(epoch, {"loss": value})
        return rule.model.optimizer.learning_rate

    configs = {
        "{}": {},
        "None": None,
        "with a key that is none": made.get_config() | {"nonesuch": 1},
    }
    found = {
        f"schedule({short_repr(step)})": (partial(made, step), step) for step in (*BAD_STEPS, None)
    }
    found |= {
        f"plateau: {short_repr(metric)}": (partial(update, metric), metric)
        for metric in BAD_METRICS
    }
    return found | {
        f"from_config: {text}": (lambda c=c: type(made).from_config(c)(3), c)
        for text, c in configs.items()
    }


# -- fastlr ----------------------------------------------------------------------------------------


def by_constructor():
    rule = flr.Plateau(patience=1)
    saved = states(flr.checkpoint(PLAN, 3), flr.checkpoint(flr.step_decay(0.1, 0.5, 3), 3), "step")
    specs = {
        "{}": {},
        "None": None,
        "[]": [],
        "with a key that is none": PLAN.to_spec() | {"nonesuch": 1},
    }
    return (
        {f"s({short_repr(step)})": partial(PLAN, step) for step in (*BAD_STEPS, True, None)}
        | {f"s.table({short_repr(step)})": partial(PLAN.table, step) for step in (*BAD_STEPS, True)}
        | {
            f"Plateau.update: {short_repr(metric)}": partial(rule.update, rule.init(), metric)
            for metric in BAD_METRICS
        }
        | {f"resume: {text}": partial(flr.resume, state, PLAN) for text, state in saved.items()}
        | {f"from_spec: {text}": partial(flr.from_spec, spec) for text, spec in specs.items()}
    )


def by_torch_adapter():
    import torch

    made = flr.adapters.torch.Scheduler
    other = torch.optim.lr_scheduler.StepLR(sgd(), 3)
    run = json.loads(made(sgd(), PLAN).state_dict()["fastlr"])["run"]
    saved = states(run, other.state_dict(), "step")
    return (
        {
            f"step({short_repr(step)})": partial(made(sgd(), PLAN).step, step)
            for step in (*BAD_STEPS, True)
        }
        | {
            f"optimizer: {short_repr(thing)}": partial(made, thing, PLAN)
            for thing in BAD_OPTIMIZERS
        }
        | {
            f"schedule: {short_repr(thing)}": partial(made, sgd(), thing)
            for thing in (None, 0.1, "cosine", [PLAN])
        }
        | {
            f"step: {short_repr(step)}": partial(made, sgd(), PLAN, step=step)
            for step in (*BAD_STEPS, None)
        }
        | {
            f"load_state_dict: {text}": partial(made(sgd(), PLAN).load_state_dict, state)
            for text, state in saved.items()
        }
    )


def by_optax_adapter():
    schedule = flr.adapters.optax.schedule
    return (
        {
            f"schedule({short_repr(step)})": partial(schedule(PLAN), step)
            for step in (*BAD_STEPS, True, None)
        }
        | {
            f"schedule: {short_repr(thing)}": partial(schedule, thing)
            for thing in (None, 0.1, "cosine", [PLAN])
        }
        | {
            f"hyperparams: {short_repr(thing)}": partial(flr.adapters.optax.hyperparams, thing)
            for thing in (None, 0.1, PLAN)
        }
    )


def by_keras_adapter():
    keras()
    made = flr.adapters.keras.LearningRate
    configs = {
        "{}": {},
        "None": None,
        "with a key that is none": {"schedule": PLAN.to_spec(), "steps": None, "nonesuch": 1},
    }
    return (
        {
            f"schedule({short_repr(step)})": partial(made(PLAN), step)
            for step in (*BAD_STEPS, True, None)
        }
        | {
            f"schedule: {short_repr(thing)}": partial(made, thing)
            for thing in (None, 0.1, "cosine", [PLAN])
        }
        | {f"steps: {short_repr(step)}": partial(made, PLAN, step) for step in (*BAD_STEPS, True)}
        | {
            f"from_config: {text}": partial(made.from_config, config)
            for text, config in configs.items()
        }
    )


LIBRARIES = {
    "torch": of_torch,
    "transformers": of_transformers,
    "timm": of_timm,
    "fvcore": of_fvcore,
    "ignite": of_ignite,
    "mmengine": of_mmengine,
    "optax": of_optax,
    "keras": of_keras,
}
OURS = {
    "fastlr": by_constructor,
    "fastlr's torch adapter": by_torch_adapter,
    "fastlr's optax adapter": by_optax_adapter,
    "fastlr's Keras adapter": by_keras_adapter,
}


def column(name):
    """Return the wrong calls of a library, and its answers."""
    if name in OURS:
        found = {text: of_ours(call) for text, call in OURS[name]().items()}
    else:
        with quiet():
            calls = LIBRARIES[name]()
        found = {text: answered(name, work, value) for text, (work, value) in calls.items()}
    print(f"calls: {name}, {len(found)}", file=sys.stderr, flush=True)
    return found


def of_ours(call):
    """Return fastlr's answer: a clear error, or what it did instead."""
    return ours(lambda: lambda steps: np.asarray(call(), dtype=np.float64))


def silent(answer: Answer) -> bool:
    return answer.kind in SILENT
