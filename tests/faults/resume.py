"""Resume a run: save before every step, and continue in another process.

The state of the optimizer and that of the scheduler are loaded in every order. A resume is wrong if
any later rate differs by a bit from that of the uninterrupted run.
"""

import io
import json
import multiprocessing
import pickle
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import parity
from parity import ignite as ignite_parity
from parity import mmengine as mmengine_parity
from parity import timm as timm_parity
from parity import transformers as transformers_parity

import fastlr as flr

from . import FLOOR, PEAK, keras, quiet, rate_in, sgd
from .accuracy import SCHEDULES

# of a run; of one of a slow library; where a run is given another length
STEPS, FEW, CHANGED = 100, 20, 44
METRICS = parity.history(4 * STEPS).tolist()
ORDERS = {
    (
        "the scheduler built, the optimizer loaded, the scheduler loaded"
    ): "built, optimizer, scheduler",
    "the scheduler loaded before the optimizer": "built, scheduler, optimizer",
    "the optimizer loaded before the scheduler is built": "optimizer, built, scheduler",
    "the scheduler's state alone": "built, scheduler",
    "the optimizer's state and last_epoch": "optimizer, last_epoch",
}


class Library(NamedTuple):
    """A library's schedulers, ``make(optimizer, steps)`` each.

    ``update`` gives the rate of an update and advances.
    """

    makes: dict[str, Callable[..., Any]]
    update: Callable[[Any, Any, int], float]
    last: str = "last_epoch"  # the argument that says where a run was


# -- what is run -----------------------------------------------------------------------------------


def by_step(scheduler, optimizer, t):
    rate = rate_in(optimizer)
    scheduler.step(*([METRICS[t]] if type(scheduler).__name__ == "ReduceLROnPlateau" else []))
    return rate


def by_number(scheduler, optimizer, t):
    rate = rate_in(optimizer)
    scheduler.step(
        t + 1, *([METRICS[t]] if type(scheduler).__name__ == "PlateauLRScheduler" else [])
    )
    return rate


def by_event(scheduler, optimizer, t):
    scheduler(None)
    return rate_in(optimizer)


def by_loss(scheduler, optimizer, t):
    rate = rate_in(optimizer)
    scheduler.step(
        *([{"loss": METRICS[t]}] if type(scheduler).__name__ == "ReduceOnPlateauLR" else [])
    )
    return rate


def of_torch():
    import torch

    s = torch.optim.lr_scheduler
    cyclic = {"cycle_momentum": False}
    fading = cyclic | {"mode": "exp_range", "gamma": 0.99}

    def sequence(o, n):
        return s.SequentialLR(
            o, [s.LinearLR(o, 0.01, 1.0, 10), s.CosineAnnealingLR(o, n - 10)], [10]
        )

    return Library(
        {
            "LambdaLR": lambda o, n, **e: s.LambdaLR(o, lambda t: 1 - t / (4 * n), **e),
            "MultiplicativeLR": lambda o, n, **e: s.MultiplicativeLR(o, lambda t: 0.95, **e),
            "StepLR": lambda o, n, **e: s.StepLR(o, 30, **e),
            "MultiStepLR": lambda o, n, **e: s.MultiStepLR(o, [30, 60], **e),
            "ConstantLR": lambda o, n, **e: s.ConstantLR(o, total_iters=n // 2, **e),
            "LinearLR": lambda o, n, **e: s.LinearLR(o, 0.01, total_iters=n, **e),
            "ExponentialLR": lambda o, n, **e: s.ExponentialLR(o, 0.95, **e),
            "PolynomialLR": lambda o, n, **e: s.PolynomialLR(o, n, 2.0, **e),
            "CosineAnnealingLR": lambda o, n, **e: s.CosineAnnealingLR(o, n, **e),
            "CosineAnnealingWarmRestarts": lambda o, n, **e: s.CosineAnnealingWarmRestarts(
                o, n // 5, **e
            ),
            "CyclicLR": lambda o, n, **e: s.CyclicLR(o, FLOOR, PEAK, n // 5, **cyclic, **e),
            "CyclicLR, exp_range": lambda o, n, **e: s.CyclicLR(
                o, FLOOR, PEAK, n // 5, **fading, **e
            ),
            "OneCycleLR": lambda o, n, **e: s.OneCycleLR(
                o, PEAK, total_steps=n + 1, cycle_momentum=False, **e
            ),
            "SequentialLR": sequence,
            "ChainedScheduler": lambda o, n: s.ChainedScheduler(
                [s.LinearLR(o, 0.1, total_iters=n), s.ExponentialLR(o, 0.95)]
            ),
            "SWALR": lambda o, n, **e: torch.optim.swa_utils.SWALR(o, 0.01, n // 2, **e),
            "ReduceLROnPlateau": lambda o, n: s.ReduceLROnPlateau(o, factor=0.5, patience=2),
        },
        by_step,
    )


def of_transformers():
    o = transformers_parity.optimization()

    def named(name, *before, total=True, **own):
        build = getattr(o, name)
        return lambda optimizer, n, **e: build(
            optimizer, *before, *([n] if total else []), **own, **e
        )

    return Library(
        {
            "constant": named("get_constant_schedule", total=False),
            "constant with warmup": named("get_constant_schedule_with_warmup", 10, total=False),
            "linear": named("get_linear_schedule_with_warmup", 10),
            "cosine": named("get_cosine_schedule_with_warmup", 10),
            "hard restarts": named(
                "get_cosine_with_hard_restarts_schedule_with_warmup", 10, num_cycles=3
            ),
            "polynomial": named("get_polynomial_decay_schedule_with_warmup", 10),
            "inverse sqrt": named("get_inverse_sqrt_schedule", 10, total=False),
            "cosine with a floor": named(
                "get_cosine_with_min_lr_schedule_with_warmup", 10, min_lr=FLOOR
            ),
            "wsd": named("get_wsd_schedule", 10, 30),
            "plateau": lambda opt, n: o.get_reduce_on_plateau_schedule(opt, factor=0.5, patience=2),
        },
        by_step,
    )


def of_timm():
    s = timm_parity.scheduler()
    return Library(
        {
            "CosineLRScheduler": lambda o, n: s.CosineLRScheduler(
                o, n, warmup_t=10, warmup_lr_init=FLOOR
            ),
            "CosineLRScheduler, cycles": lambda o, n: s.CosineLRScheduler(
                o, n // 5, cycle_mul=2.0, cycle_limit=3
            ),
            "TanhLRScheduler": lambda o, n: s.TanhLRScheduler(o, n),
            "StepLRScheduler": lambda o, n: s.StepLRScheduler(o, 30, 0.1),
            "MultiStepLRScheduler": lambda o, n: s.MultiStepLRScheduler(o, [30, 60], 0.1),
            "PolyLRScheduler": lambda o, n: s.PolyLRScheduler(o, n, 2.0),
            "WSDLRScheduler": lambda o, n: s.WSDLRScheduler(o, n, 30),
            "PlateauLRScheduler": lambda o, n: s.PlateauLRScheduler(o, 0.5, 2),
        },
        by_number,
    )


def of_ignite():
    import torch

    h = ignite_parity.handlers()

    def cosine(o, n, **own):
        return h.CosineAnnealingScheduler(o, "lr", PEAK, FLOOR, n, **own)

    def line(o, n):
        return h.PiecewiseLinear(o, "lr", [(0, PEAK), (n, FLOOR)])

    def wrapped(o):
        return h.param_scheduler.LRScheduler(torch.optim.lr_scheduler.StepLR(o, 30))

    return Library(
        {
            "CosineAnnealingScheduler": cosine,
            "LinearCyclicalScheduler": lambda o, n: h.LinearCyclicalScheduler(
                o, "lr", FLOOR, PEAK, n // 5
            ),
            "PiecewiseLinear": line,
            "ConcatScheduler": lambda o, n: h.ConcatScheduler(
                [line(o, n // 2), cosine(o, n // 2)], [n // 2]
            ),
            "ParamGroupScheduler": lambda o, n: h.ParamGroupScheduler(
                [cosine(o, n, param_group_index=0)]
            ),
            "LRScheduler": lambda o, n: wrapped(o),
            "create_lr_scheduler_with_warmup": lambda o, n: h.create_lr_scheduler_with_warmup(
                cosine(o, n), 0.0, 10
            ),
        },
        by_event,
    )


def of_mmengine():
    s = mmengine_parity.schedulers()
    return Library(
        {
            "ConstantLR": lambda o, n, **e: s.ConstantLR(o, end=n // 2, **e),
            "LinearLR": lambda o, n, **e: s.LinearLR(o, 0.01, end=n, **e),
            "ExponentialLR": lambda o, n, **e: s.ExponentialLR(o, 0.95, **e),
            "StepLR": lambda o, n, **e: s.StepLR(o, 30, **e),
            "MultiStepLR": lambda o, n, **e: s.MultiStepLR(o, [30, 60], **e),
            "PolyLR": lambda o, n, **e: s.PolyLR(o, power=2.0, end=n, **e),
            "CosineAnnealingLR": lambda o, n, **e: s.CosineAnnealingLR(o, T_max=n, **e),
            "CosineRestartLR": lambda o, n, **e: s.CosineRestartLR(
                o, [n // 5] * 20, [1] * 20, eta_min=FLOOR, **e
            ),
            "OneCycleLR": lambda o, n, **e: s.OneCycleLR(o, eta_max=PEAK, total_steps=n + 1, **e),
            "ReduceOnPlateauLR": lambda o, n: s.ReduceOnPlateauLR(o, factor=0.5, patience=2),
        },
        by_loss,
        "last_step",
    )


def plans():
    """Return one of each schedule, with runs of 100 steps."""
    return {name: make for name, make in SCHEDULES.items() if name != "step, 1000 drops"}


def of_fastlr():
    def scheduler(make):
        plan = cache(make)
        return lambda o, n, last_epoch=-1: flr.adapters.torch.Scheduler(
            o, plan(n), step=last_epoch + 1
        )

    return Library({name: scheduler(make) for name, make in plans().items()}, by_step)


LIBRARIES = {
    "torch": of_torch,
    "HF": of_transformers,
    "timm": of_timm,
    "ignite": of_ignite,
    "mmengine": of_mmengine,
    "fastlr's torch adapter": of_fastlr,
}


# -- saved, and gone on with -----------------------------------------------------------------------


def kept(parts):
    """Return the bytes that ``torch.save`` writes."""
    import torch

    file = io.BytesIO()
    torch.save(parts, file)
    return file.getvalue()


def again(data):
    """Return what ``torch.load`` reads, without ``weights_only`` if that refuses."""
    import torch

    try:
        return torch.load(io.BytesIO(data))
    except pickle.UnpicklingError:
        return torch.load(io.BytesIO(data), weights_only=False)


def saved(name, folder):
    """Return the rates of an uninterrupted run, and the states before each step."""
    library, runs = LIBRARIES[name](), {}
    with quiet():
        for schedule, make in library.makes.items():
            optimizer = sgd()
            scheduler, rates, parts = make(optimizer, STEPS), [], []
            for t in range(STEPS):
                parts.append(kept((optimizer.state_dict(), scheduler.state_dict())))
                rates.append(library.update(scheduler, optimizer, t))
            runs[schedule] = rates, parts
    Path(folder, "runs").write_bytes(pickle.dumps(runs))


def restored(library, schedule, order, parts, k):
    """Return an optimizer and a scheduler that continue before step k."""
    make, optimizer, scheduler = library.makes[schedule], sgd(), None
    of_optimizer, of_scheduler = again(parts)
    for part in order.split(", "):
        if part == "built":
            scheduler = make(optimizer, STEPS)
        elif part == "last_epoch":
            scheduler = make(optimizer, STEPS, **{library.last: k - 1})
        elif part == "optimizer":
            optimizer.load_state_dict(of_optimizer)
        else:
            scheduler.load_state_dict(of_scheduler)
    return optimizer, scheduler


def wrong(library, schedule, order, rates, parts):
    """Count the resumes of one schedule that give a wrong rate or raise; None if an order is
    impossible.
    """
    count = 0
    for k in range(STEPS):
        try:
            optimizer, scheduler = restored(library, schedule, order, parts[k], k)
            count += [library.update(scheduler, optimizer, t) for t in range(k, STEPS)] != rates[k:]
        except TypeError:  # it has no last_epoch
            if order.endswith("last_epoch"):
                return None
            raise
        except ArithmeticError:  # of a recursion that was begun in its midst
            count += 1
    return count


def resumed(name, folder):
    """Return the wrong resumes of each order, by schedule."""
    library, runs = LIBRARIES[name](), pickle.loads(Path(folder, "runs").read_bytes())
    with quiet():
        return {
            schedule: {order: wrong(library, schedule, ORDERS[order], *run) for order in ORDERS}
            for schedule, run in runs.items()
        }


# -- a count, and what else is kept ----------------------------------------------------------------


SOME = (
    "cosine to 0",
    "exponential, per-step factor",
    "polynomial 0.9 to 0",
    "restarts, doubling",
    "warmup-cosine from 1%",
)


def optax_schedules(ours):
    import optax

    if ours:
        return {name: flr.adapters.optax.schedule(SCHEDULES[name](STEPS)) for name in SOME}
    return {
        "cosine": optax.cosine_decay_schedule(PEAK, STEPS),
        "exponential": optax.exponential_decay(PEAK, 1, 0.95),
        "linear": optax.linear_schedule(PEAK, FLOOR, STEPS),
        "warmup-cosine": optax.warmup_cosine_decay_schedule(0.0, PEAK, 10, STEPS),
        "polynomial": optax.polynomial_schedule(PEAK, 0.0, 0.9, STEPS),
    }


@cache
def optax_optimizer(schedule):
    """Return the initial state, and the update, which is compiled once."""
    import jax
    import optax

    optimizer = optax.sgd(schedule)
    return optimizer.init, jax.jit(optimizer.update)


def optax_run(schedule, state=None):
    """Yield states and rates; a rate is the change of the weights."""
    import jax

    ones, (init, update) = jax.numpy.ones(()), optax_optimizer(schedule)
    now = init(ones) if state is None else pickle.loads(state)
    while True:
        change, after = update(ones, now)
        yield partial(pickle.dumps, jax.tree.map(np.asarray, now)), -float(change)
        now = after


def keras_schedules(ours):
    k = keras().optimizers.schedules
    if ours:
        return {
            name: flr.adapters.keras.LearningRate(SCHEDULES[name](STEPS), STEPS) for name in SOME
        }
    return {
        "CosineDecay": k.CosineDecay(PEAK, STEPS),
        "ExponentialDecay": k.ExponentialDecay(PEAK, 1, 0.95),
        "PolynomialDecay": k.PolynomialDecay(PEAK, STEPS, FLOOR, 0.9),
        "CosineDecayRestarts": k.CosineDecayRestarts(PEAK, 20),
        "InverseTimeDecay": k.InverseTimeDecay(PEAK, 10, 0.5),
    }


def keras_run(schedule, state=None):
    """Yield states and rates of an optimizer, saved as its config and its variables."""
    library = keras()
    weight, sgd_of, values = library.Variable([1.0]), library.optimizers.SGD, ()
    optimizer = sgd_of(schedule)
    if state is not None:
        config, values = pickle.loads(state)
        optimizer = sgd_of.from_config(config)
    optimizer.build([weight])
    for variable, value in zip(optimizer.variables, values, strict=state is not None):
        variable.assign(value)
    while True:
        yield partial(keras_state, optimizer), float(optimizer.learning_rate)
        optimizer.apply([library.ops.ones(1)], [weight])


def keras_state(optimizer):
    return pickle.dumps(
        (optimizer.get_config(), [np.asarray(variable) for variable in optimizer.variables])
    )


def schedule_run(schedule, state=None):
    """Yield states and rates of a schedule; the state is a checkpoint in JSON."""
    t = 0 if state is None else flr.resume(json.loads(state), schedule)[1]
    while True:
        yield partial(schedule_state, schedule, t), schedule(t)
        t += 1


def schedule_state(schedule, t):
    return json.dumps(flr.checkpoint(schedule, t))


def plateau_run(rule, state=None):
    """Yield states and rates of a plateau rule; the state is plain numbers."""
    t, now = (
        (0, rule.init())
        if state is None
        else (json.loads(state)[0], rule.restore(numbers(rule, state)))
    )
    while True:
        after = rule.update(now, METRICS[t])
        yield (
            partial(json.dumps, [t, [np.asarray(part).tolist() for part in now]]),
            float(after.scale),
        )
        t, now = t + 1, after


def numbers(rule, state):
    """Return the parts of a state, each with its dtype."""
    return [
        np.asarray(part, np.asarray(own).dtype)
        for part, own in zip(json.loads(state)[1], rule.init(), strict=True)
    ]


COUNTED = {
    "optax": (lambda: optax_schedules(False), optax_run, STEPS),
    "keras": (lambda: keras_schedules(False), keras_run, FEW),
    "fastlr": (lambda: {name: make(STEPS) for name, make in plans().items()}, schedule_run, STEPS),
    "fastlr, Plateau": (
        lambda: {"Plateau": flr.Plateau(factor=0.5, patience=2)},
        plateau_run,
        STEPS,
    ),
    "fastlr's optax adapter": (lambda: optax_schedules(True), optax_run, STEPS),
    "fastlr's Keras adapter": (lambda: keras_schedules(True), keras_run, FEW),
}


def interrupted(run, schedule, steps):
    """Return the rates of an uninterrupted run, and its state before each step."""
    pairs = [(rate, save()) for save, rate in islice(run(schedule), steps)]
    return [rate for rate, _ in pairs], [state for _, state in pairs]


def wrong_counts(run, schedule, rates, states):
    """Count the resumes that give a wrong rate."""
    rests = [(rates[k:], run(schedule, state)) for k, state in enumerate(states)]
    return sum([rate for _, rate in islice(others, len(rest))] != rest for rest, others in rests)


def saved_count(name, folder):
    schedules, run, steps = COUNTED[name]
    with quiet():
        runs = {key: interrupted(run, schedule, steps) for key, schedule in schedules().items()}
    Path(folder, "runs").write_bytes(pickle.dumps(runs))


def resumed_count(name, folder):
    """Count the wrong resumes, by schedule."""
    schedules, run, _ = COUNTED[name]
    runs = pickle.loads(Path(folder, "runs").read_bytes())
    with quiet():
        return {
            key: {"": wrong_counts(run, schedule, *runs[key])}
            for key, schedule in schedules().items()
        }


# -- the Trainer -----------------------------------------------------------------------------------

TRAINED = 10


def saved_trainer(name, folder):
    """Save a checkpoint after every step, and return the logged rates."""
    import adapter_cases

    with quiet():
        trainer = adapter_cases._trainer(folder, flr.warmup_cosine(PEAK, 3, TRAINED), save_steps=1)
        trainer.train()
    Path(folder, "runs").write_text(json.dumps(adapter_cases._logged(trainer)))


def resumed_trainer(name, folder):
    import adapter_cases

    rates, count = json.loads(Path(folder, "runs").read_text()), 0
    with quiet():
        for k in range(1, TRAINED):
            with tempfile.TemporaryDirectory() as other:
                trainer = adapter_cases._trainer(
                    other, flr.warmup_cosine(PEAK, 3, TRAINED), save_steps=TRAINED
                )
                trainer.train(resume_from_checkpoint=f"{folder}/checkpoint-{k}")
                count += adapter_cases._logged(trainer) != rates
    return {"warmup-cosine": {"": count}}


TRAINERS = {"fastlr's Transformers adapter": (saved_trainer, resumed_trainer, TRAINED - 1)}


# -- in two processes ------------------------------------------------------------------------------


def apart(work, *arguments):
    """Resume in a process that has not seen the run."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        return executor.submit(work, *arguments).result()


NAMES = [*LIBRARIES, *COUNTED, *TRAINERS]


def points(name):
    """Return how many resumes each schedule has."""
    return TRAINERS[name][2] if name in TRAINERS else COUNTED[name][2] if name in COUNTED else STEPS


def column(name):
    """Count the wrong resumes, by schedule and order."""
    save, go_on = (saved, resumed) if name in LIBRARIES else (saved_count, resumed_count)
    if name in TRAINERS:
        save, go_on, _ = TRAINERS[name]
    with tempfile.TemporaryDirectory() as folder:
        apart(save, name, folder)
        found = apart(go_on, name, folder)
    print(f"resume: {name}", file=sys.stderr, flush=True)
    return found


# -- another length --------------------------------------------------------------------------------


def run_on(library, scheduler, optimizer, first, last):
    """Return the rates up to the end, or up to an exception, and the exception."""
    rates = []
    for t in range(first, last):
        try:
            rates.append(library.update(scheduler, optimizer, t))
        except Exception as error:
            return rates, f"{type(error).__name__} at step {t}"
    return rates, ""


def outcome(library, make):
    """Save in the middle of a run and rebuild for a run of twice the length: which length
    counts?
    """
    ends = {}
    for steps in (STEPS, 2 * STEPS):
        optimizer = sgd()
        ends[steps] = run_on(library, make(optimizer, steps), optimizer, 0, 2 * STEPS)[0]
    if ends[STEPS][:STEPS] == ends[2 * STEPS][:STEPS]:
        return None  # it has no length
    optimizer = sgd()
    scheduler = make(optimizer, STEPS)
    run_on(library, scheduler, optimizer, 0, CHANGED)
    data = kept((optimizer.state_dict(), scheduler.state_dict()))
    optimizer = sgd()
    scheduler = make(optimizer, 2 * STEPS)
    try:
        for part, state in zip((optimizer, scheduler), again(data), strict=True):
            part.load_state_dict(state)
    except Exception as error:
        return f"refused: {type(error).__name__}: {error}"
    rates, raised = run_on(library, scheduler, optimizer, CHANGED, 2 * STEPS)
    return described(rates, raised, ends)


def described(rates, raised, ends):
    """Describe an outcome in words."""
    old, new = ends[STEPS][CHANGED:], ends[2 * STEPS][CHANGED:]
    # the first may still be the optimizer's own
    if np.allclose(rates[1:], new[1 : len(rates)], rtol=1e-6) and not raised:
        jump = new[0] / ends[STEPS][CHANGED]
        return "the new length wins" + (
            f", with a jump to {jump:.2f} times the rate" if abs(jump - 1) > 1e-3 else ""
        )
    within = STEPS - CHANGED
    if not np.allclose(rates[:within], old[:within], rtol=1e-6):
        return "neither: rates of no plan"
    later = max(rates[within:], default=0.0)
    if raised:
        return f"the old length wins, then {raised}"
    climbs = later > 0.5 * PEAK and later > 2 * rates[within - 1]
    return "the old length wins" + (
        f", then climbs back to {later / PEAK:.0%} of the peak" if climbs else ""
    )


def changed(name):
    """Describe a resume with another length, by schedule."""
    library = LIBRARIES[name]()
    with quiet():
        found = {schedule: outcome(library, make) for schedule, make in library.makes.items()}
    return {schedule: words for schedule, words in found.items() if words is not None}
