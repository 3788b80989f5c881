"""PyTorch-Ignite: its own schedulers, attached to an engine that runs."""

import warnings
from functools import wraps

import numpy as np

from fastlr.presets import ignite as ours
from fastlr.presets import torch

from . import Case, one_of, rate, real, whole

RECURSIVE = 1e-10  # where a torch scheduler inside multiplies the last rate


def handlers():
    """``ignite.handlers``, whose import warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ignite.handlers

        return ignite.handlers


def optimizer_of(lr):
    import torch

    groups = lr if isinstance(lr, list) else [lr]
    return torch.optim.SGD([{"params": [torch.zeros(1)], "lr": one} for one in groups])


def driven(make, steps, lr=1.0):
    """The rate at each iteration, set at its start as an engine that a scheduler is attached to
    has it set.
    """
    optimizer = optimizer_of(lr)
    table = np.empty((len(optimizer.param_groups), steps))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where to attach a scheduler, and torch's own
        scheduler = make(optimizer)
        for t in range(steps):
            scheduler(None)
            table[:, t] = [group["lr"] for group in optimizer.param_groups]
    return table if isinstance(lr, list) else table[0]


def of_library(name):
    """The scheduler of this name, with the preset's own arguments."""

    def run(settings, steps):
        return driven(
            lambda optimizer: getattr(handlers(), name)(optimizer, "lr", **settings), steps
        )

    return run


def state_scheduler(name, without=()):
    """What a state scheduler sets at the end of each iteration."""

    def run(settings, steps):
        states, table = handlers().state_param_scheduler, []
        own = {key: value for key, value in settings.items() if key not in without}
        scheduler = getattr(states, name)(param_name="x", create_new=True, **own)
        engine = states.Engine(lambda engine, batch: None)
        for _ in range(steps):
            scheduler(engine)
            table.append(engine.state.x)
        return table

    return run


def cycles(rng):
    return {
        "start_value": rate(rng),
        "end_value": one_of(rng, 0.0, rate(rng)),
        "cycle_size": whole(rng, 2, 12),
        "cycle_mult": real(rng, 0.3, 3.0) if rng.random() < 0.1 else 1.0,
        "start_value_mult": one_of(rng, 1.0, real(rng, 0.3, 1.3)),
        "end_value_mult": one_of(rng, 1.0, real(rng, 0.3, 1.3)),
        "warmup_duration": one_of(rng, 0, whole(rng, 1, 6)),
    }


def cycle_steps(own):
    """60, or what there is before a cycle has shrunk to nothing, which both refuse."""
    size, warmup, steps = own["cycle_size"], own["warmup_duration"], 0
    while size and steps < 60:
        steps += size + warmup
        size, warmup = int(size * own["cycle_mult"]), int(warmup * own["cycle_mult"])
    return min(steps, 60)


def lines(rng):
    own, monotonic = cycles(rng), bool(rng.random() < 0.5)
    return {
        **own,
        "monotonic": monotonic,
        "warmup_duration": own["warmup_duration"] if monotonic else 0,
    }


def knots(rng):
    milestones = sorted(whole(rng, 0, 30) for _ in range(whole(rng, 1, 5)))
    return {"milestones_values": [(at, rate(rng)) for at in milestones]}


# -- schedulers of schedulers ----------------------------------------------------------------------


class Pair:
    """A scheduler of ignite's or torch's, by its name, and the preset of it."""

    def __init__(self, module, name, own, lr=1.0):
        self.module, self.name, self.own, self.lr = module, name, own, lr

    @property
    def ours(self):
        return getattr(self.module, self.name)(
            **({"lr": self.lr} if self.module is torch else {}), **self.own
        )

    def made(self, optimizer, **more):
        import torch

        if self.module is ours:
            return getattr(handlers(), self.name)(optimizer, "lr", **self.own, **more)
        return getattr(torch.optim.lr_scheduler, self.name)(optimizer, **self.own)


OF_TORCH = {
    "StepLR": lambda rng: {"step_size": whole(rng, 1, 6), "gamma": real(rng, 0.1, 1.0)},
    "ExponentialLR": lambda rng: {"gamma": real(rng, 0.8, 1.0)},
    "LinearLR": lambda rng: {"start_factor": real(rng, 0.1, 1.0), "total_iters": whole(rng, 1, 12)},
    "CosineAnnealingLR": lambda rng: {"T_max": whole(rng, 2, 12), "eta_min": 1e-7},
    "PolynomialLR": lambda rng: {"total_iters": whole(rng, 12, 30), "power": real(rng, 0.5, 3.0)},
}
OF_IGNITE = {
    "LinearCyclicalScheduler": lines,
    "CosineAnnealingScheduler": cycles,
    "PiecewiseLinear": knots,
}


def of_torch(rng, lr, *names):
    name = one_of(rng, *(names or OF_TORCH))
    return Pair(torch, name, OF_TORCH[name](rng), lr)


def of_ignite(rng, *names):
    name = one_of(rng, *(names or OF_IGNITE))
    own = OF_IGNITE[name](rng)
    return Pair(ours, name, {**own, "cycle_mult": 1.0} if "cycle_mult" in own else own)


def of_pairs(preset):
    """A preset of other schedulers, which are given as pairs."""

    @wraps(preset)
    def made(pairs, **own):
        return preset(
            [pair.ours for pair in pairs] if isinstance(pairs, list) else pairs.ours, **own
        )

    return made


def concatenated(rng):
    pairs = [of_ignite(rng) for _ in range(whole(rng, 2, 4))]
    return {"pairs": pairs, "durations": [whole(rng, 0, 12) for _ in pairs[1:]]}


def run_concatenated(settings, steps):
    pairs, durations = settings["pairs"], settings["durations"]
    return driven(
        lambda optimizer: handlers().ConcatScheduler(
            [pair.made(optimizer) for pair in pairs], durations
        ),
        steps,
    )


def run_groups(settings, steps):
    def make(optimizer):
        pairs = enumerate(settings["pairs"])
        return handlers().ParamGroupScheduler(
            [pair.made(optimizer, param_group_index=i) for i, pair in pairs]
        )

    return driven(make, steps, [1.0] * len(settings["pairs"]))


def wrapped(rng):
    """Any scheduler of torch's from its step 1; from its step 0 one whose rates ignite can ask
    for.
    """
    lr, legacy = one_of(rng, rate(rng), [rate(rng) for _ in range(3)]), bool(rng.random() < 0.5)
    return {"pairs": of_torch(rng, lr, *([] if legacy else ["StepLR"])), "use_legacy": legacy}


def run_wrapped(settings, steps):
    pair = settings["pairs"]
    make = handlers().param_scheduler.LRScheduler
    return driven(
        lambda optimizer: make(pair.made(optimizer), use_legacy=settings["use_legacy"]),
        steps,
        pair.lr,
    )


def warmed(rng):
    """With groups, whose warmups end together: each at its own rate."""
    lr = rate(rng)
    # at their step 0, to the bit
    exact = of_ignite(rng, "CosineAnnealingScheduler", "PiecewiseLinear")
    pair = one_of(rng, of_torch(rng, lr), of_torch(rng, [rate(rng) for _ in range(3)]), exact)
    first = pair.ours(0)
    ends = {"warmup_end_value": one_of(rng, rate(rng), first)} if isinstance(first, float) else {}
    ends = ends if pair.module is ours or rng.random() < 0.5 else {}
    return {
        "pairs": pair,
        "warmup_start_value": one_of(rng, 0.0, rate(rng)),
        "warmup_duration": whole(rng, 2, 9),
        **ends,
    }


def run_warmed(settings, steps):
    pair, own = settings["pairs"], {key: value for key, value in settings.items() if key != "pairs"}
    make = handlers().create_lr_scheduler_with_warmup
    return driven(lambda optimizer: make(pair.made(optimizer), **own), steps, pair.lr)


# -- the range test, plateau, states ---------------------------------------------------------------


def finder(rng):
    lr = one_of(rng, rate(rng), [rate(rng) for _ in range(3)])
    own = {"start_lr": float(np.min(lr)) * real(rng, 0.1, 1.0)} if rng.random() < 0.5 else {}
    return {
        "lr": lr,
        "num_iter": whole(rng, 1, 30),
        "end_lr": real(rng, 1.5, 10.0),
        "step_mode": one_of(rng, "exp", "linear"),
        **own,
    }


def run_finder(settings, steps):
    """A trainer with the finder attached, and the rates that its updates saw."""
    own = dict(settings)
    optimizer, table = optimizer_of(own.pop("lr")), []

    def update(engine, batch):
        table.append([group["lr"] for group in optimizer.param_groups])
        return 1.0

    trainer = handlers().state_param_scheduler.Engine(update)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the loss has not diverged
        with (
            handlers().FastaiLRFinder().attach(trainer, {"optimizer": optimizer}, **own) as finding
        ):
            finding.run(range(steps + 1), max_epochs=1)
    return np.array(table).T if isinstance(settings["lr"], list) else np.ravel(table)


def plateau(rng):
    return {
        "mode": one_of(rng, "min", "max"),
        "factor": real(rng, 0.1, 0.9),
        "patience": whole(rng, 0, 3),
        "threshold": one_of(rng, 1e-4, 0.05),
        "threshold_mode": one_of(rng, "rel", "abs"),
        "cooldown": whole(rng, 0, 2),
        "min_lr": one_of(rng, 0.0, 0.05),
        "param_group_index": one_of(rng, None, 0, 1),
    }


def run_plateau(settings, metrics):
    """The rate of the group that is looked at, the second where both are."""
    states, table = handlers().state_param_scheduler, []
    optimizer, at = optimizer_of([1.0, 1.0]), settings["param_group_index"]
    scheduler = handlers().ReduceLROnPlateauScheduler(optimizer, "loss", **settings)
    engine = states.Engine(lambda engine, batch: None)
    for metric in metrics:
        engine.state.metrics["loss"] = metric
        scheduler(engine)
        table.append(optimizer.param_groups[-1 if at is None else at]["lr"])
    return table


def function(rng):
    a, b = real(rng, 0.5, 1.0), real(rng, 0.0, 1.0)
    return {"lambda_obj": lambda e: a**e + b / (1 + e), "total_steps": 20}


def stairs(rng):
    return {"initial_value": rate(rng), "gamma": real(rng, 0.1, 1.2), "step_size": whole(rng, 1, 9)}


def milestones(rng):
    return {
        "initial_value": rate(rng),
        "gamma": real(rng, 0.1, 1.2),
        "milestones": sorted(whole(rng, 0, 30) for _ in range(4)),
    }


CASES = [
    Case(
        ours.LinearCyclicalScheduler,
        lines,
        of_library("LinearCyclicalScheduler"),
        cycle_steps,
        "ignite",
    ),
    Case(
        ours.CosineAnnealingScheduler,
        cycles,
        of_library("CosineAnnealingScheduler"),
        cycle_steps,
        "ignite",
    ),
    Case(ours.PiecewiseLinear, knots, of_library("PiecewiseLinear"), lambda own: 33, "ignite"),
    Case(of_pairs(ours.ConcatScheduler), concatenated, run_concatenated, lambda own: 45, "ignite"),
    Case(
        of_pairs(ours.ParamGroupScheduler),
        lambda rng: {"pairs": [of_ignite(rng) for _ in range(whole(rng, 1, 3))]},
        run_groups,
        lambda own: 40,
        "ignite",
    ),
    Case(
        of_pairs(ours.LRScheduler), wrapped, run_wrapped, lambda own: 30, "ignite", bound=RECURSIVE
    ),
    Case(
        of_pairs(ours.create_lr_scheduler_with_warmup),
        warmed,
        run_warmed,
        lambda own: 40,
        "ignite",
        bound=RECURSIVE,
    ),
    Case(ours.FastaiLRFinder, finder, run_finder, lambda own: own["num_iter"] + 1, "ignite", 300),
    Case(ours.ReduceLROnPlateauScheduler, plateau, run_plateau, lambda own: 60, "ignite"),
    Case(
        ours.LambdaStateScheduler,
        function,
        state_scheduler("LambdaStateScheduler", ["total_steps"]),
        lambda own: 20,
        "ignite",
    ),
    Case(
        ours.PiecewiseLinearStateScheduler,
        knots,
        state_scheduler("PiecewiseLinearStateScheduler"),
        lambda own: 33,
        "ignite",
    ),
    Case(
        ours.ExpStateScheduler,
        lambda rng: {"initial_value": rate(rng), "gamma": real(rng, 0.1, 1.2)},
        state_scheduler("ExpStateScheduler"),
        lambda own: 40,
        "ignite",
    ),
    Case(
        ours.StepStateScheduler,
        stairs,
        state_scheduler("StepStateScheduler"),
        lambda own: 40,
        "ignite",
    ),
    Case(
        ours.MultiStepStateScheduler,
        milestones,
        state_scheduler("MultiStepStateScheduler"),
        lambda own: 33,
        "ignite",
    ),
]
