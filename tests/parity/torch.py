"""PyTorch: its own schedulers, stepped; two rates that its optimizers work out for themselves,
from their formulas.
"""

import warnings

import numpy as np

from fastlr.presets import torch as ours

from . import Case, figures, one_of, rate, rates, real, whole

RECURSIVE = 1e-10  # of forms that multiply the last rate, step after step


def driven(make, steps, lr, key="lr"):
    """What a torch scheduler sets, one ``step()`` after another."""
    import torch

    groups = lr if isinstance(lr, list) else [lr]
    parameters = [{"params": [torch.zeros(1)], "lr": one} for one in groups]
    optimizer = torch.optim.SGD(parameters, lr=0.1, momentum=0.9)
    table = np.empty((len(groups), steps))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the optimizer has not been stepped
        scheduler = make(torch.optim.lr_scheduler, optimizer)
        for t in range(steps):
            if t:
                scheduler.step()
            table[:, t] = [group[key] for group in optimizer.param_groups]
    return table if isinstance(lr, list) else table[0]


def of_library(name, key="lr", without=()):
    """The scheduler of this name, with the preset's own arguments but for these."""

    def run(settings, steps):
        own = {key: value for key, value in settings.items() if key not in ("lr", "of", *without)}
        lr = settings.get("lr", settings.get("max_lr"))
        return driven(
            lambda schedulers, optimizer: getattr(schedulers, name)(optimizer, **own),
            steps,
            lr,
            key,
        )

    return run


def draw(**parameters):
    """Settings by drawing each of these."""
    return lambda rng: {"lr": rates(rng), **{name: make(rng) for name, make in parameters.items()}}


def integer(low, high):
    return lambda rng: whole(rng, low, high)


def number(low, high):
    return lambda rng: real(rng, low, high)


def with_floor(draw_others):
    """An ``eta_min`` too, none or up to three times as high as the lowest rate."""

    def settings(rng):
        own = draw_others(rng)
        return {**own, "eta_min": one_of(rng, 0.0, float(np.min(own["lr"])) * real(rng, 0.0, 3.0))}

    return settings


def some_milestones(rng):
    return sorted(whole(rng, 0, 25) for _ in range(whole(rng, 1, 5)))


def cyclic(rng):
    low, of = rate(rng), one_of(rng, "lr", "momentum")
    mode = one_of(rng, "triangular", "triangular2", *(["exp_range"] if of == "lr" else []))
    return {
        "base_lr": low,
        "max_lr": low * real(rng, 1.0, 20.0),
        "step_size_up": one_of(rng, whole(rng, 1, 9), round(real(rng, 0.5, 9.0), 2)),
        "step_size_down": one_of(rng, None, whole(rng, 1, 9), round(real(rng, 0.5, 9.0), 1)),
        "mode": mode,
        "gamma": real(rng, 0.9, 1.01) if mode == "exp_range" else 1.0,
        "base_momentum": 0.8,
        "max_momentum": real(rng, 0.8, 0.99),
        "of": of,
    }


def run_cyclic(settings, steps):
    own = {key: value for key, value in settings.items() if key != "of"}
    return driven(
        lambda schedulers, optimizer: schedulers.CyclicLR(optimizer, **own),
        steps,
        own["base_lr"],
        settings["of"],
    )


def run_one_cycle(settings, steps):
    return of_library("OneCycleLR", settings["of"])(settings, steps)


def one_cycle(rng):
    three, of = bool(rng.random() < 0.5), one_of(rng, "lr", "momentum")
    total, share = whole(rng, 12, 60), round(real(rng, 0.1, 0.4), one_of(rng, 1, 2, 16))
    share = share if abs(share * total - 1) > 1e-6 else 0.25 if total != 4 else 0.3
    return {
        "max_lr": rate(rng),
        **one_of(rng, {"total_steps": total}, {"epochs": 1, "steps_per_epoch": total}),
        "pct_start": share,
        "anneal_strategy": one_of(rng, "cos", "linear"),
        "div_factor": real(rng, 2.0, 30.0),
        "final_div_factor": real(rng, 2.0, 1e4),
        "three_phase": three,
        "of": of,
    }


def one_cycle_steps(own):
    return (own.get("total_steps") or own["epochs"] * own["steps_per_epoch"]) + (
        own["anneal_strategy"] == "cos"
    )


CHILDREN = {
    "LinearLR": lambda rng: {"start_factor": real(rng, 0.1, 1.0), "total_iters": whole(rng, 1, 10)},
    "ConstantLR": lambda rng: {"factor": real(rng, 0.1, 1.0), "total_iters": whole(rng, 1, 10)},
    "ExponentialLR": lambda rng: {"gamma": real(rng, 0.8, 1.0)},
    "StepLR": lambda rng: {"step_size": whole(rng, 1, 5), "gamma": real(rng, 0.1, 1.0)},
    "PolynomialLR": lambda rng: {"total_iters": whole(rng, 12, 20), "power": real(rng, 0.5, 3.0)},
    "CosineAnnealingLR": lambda rng: {"T_max": whole(rng, 12, 20)},
}


def children(rng, count, lr):
    """So many schedulers, each by its name and arguments, and the presets of them."""
    named = [(name := one_of(rng, *CHILDREN), CHILDREN[name](rng)) for _ in range(count)]
    return named, [getattr(ours, name)(lr, **own) for name, own in named]


def sequential(rng):
    lr, count = rate(rng), whole(rng, 2, 4)
    named, presets = children(rng, count, lr)
    at = sorted({whole(rng, 1, 20) for _ in range(count - 1)})
    return {"schedulers": Children(presets[: len(at) + 1], named, lr), "milestones": at}


def chained(rng):
    lr = rate(rng)
    named, presets = children(rng, whole(rng, 1, 3), lr)
    return {"lr": lr, "schedulers": Children(presets, named, lr)}


class Children(list):
    """Presets, and what they are in torch."""

    def __init__(self, presets, named, lr):
        super().__init__(presets)
        self.named, self.lr = named, lr

    def made(self, schedulers, optimizer):
        return [
            getattr(schedulers, name)(optimizer, **own) for name, own in self.named[: len(self)]
        ]


def run_sequential(settings, steps):
    made = settings["schedulers"].made
    return driven(
        lambda schedulers, optimizer: schedulers.SequentialLR(
            optimizer, made(schedulers, optimizer), settings["milestones"]
        ),
        steps,
        settings["schedulers"].lr,
    )


def run_chained(settings, steps):
    made = settings["schedulers"].made
    return driven(
        lambda schedulers, optimizer: schedulers.ChainedScheduler(made(schedulers, optimizer)),
        steps,
        settings["lr"],
    )


def run_swa(settings, steps):
    import torch

    own = {key: value for key, value in settings.items() if key != "lr"}
    return driven(
        lambda _, optimizer: torch.optim.swa_utils.SWALR(optimizer, **own), steps, settings["lr"]
    )


def functions(rng):
    a, b = real(rng, 0.5, 1.0), real(rng, 0.0, 1.0)
    return {"lr": rates(rng), "lr_lambda": lambda t: a**t + b / (1 + t), "total_steps": 20}


# -- plateau, which tests/plateau compares to the bit -----------------------------------------


def plateau(rng):
    mode = one_of(rng, "min", "max")
    return {
        "mode": mode,
        "factor": real(rng, 0.1, 0.9),
        "patience": whole(rng, 0, 3),
        "threshold": one_of(rng, 1e-4, 0.05),
        "threshold_mode": one_of(rng, "rel", "abs"),
        "cooldown": whole(rng, 0, 2),
        "min_lr": one_of(rng, 0.0, 0.01),
    }


def run_plateau(settings, metrics):
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **settings)
    table = []
    for metric in metrics:
        scheduler.step(metric)
        table.append(optimizer.param_groups[0]["lr"])
    return table


CASES = [
    Case(
        ours.LambdaLR,
        functions,
        of_library("LambdaLR", without=["total_steps"]),
        lambda own: 20,
        "torch",
    ),
    Case(
        ours.MultiplicativeLR,
        functions,
        of_library("MultiplicativeLR", without=["total_steps"]),
        lambda own: 20,
        "torch",
    ),
    Case(
        ours.StepLR,
        draw(step_size=integer(1, 12), gamma=number(0.05, 1.2)),
        of_library("StepLR"),
        lambda own: 4 * own["step_size"] + 2,
        "torch",
        10_000,
    ),
    Case(
        ours.MultiStepLR,
        draw(milestones=some_milestones, gamma=number(0.05, 1.2)),
        of_library("MultiStepLR"),
        lambda own: 28,
        "torch",
        10_000,
    ),
    Case(
        ours.ConstantLR,
        draw(factor=number(0.01, 1.0), total_iters=integer(0, 12)),
        of_library("ConstantLR"),
        lambda own: own["total_iters"] + 3,
        "torch",
        10_000,
    ),
    Case(
        ours.LinearLR,
        draw(
            start_factor=number(0.01, 1.0), end_factor=number(0.0, 1.0), total_iters=integer(0, 20)
        ),
        of_library("LinearLR"),
        lambda own: own["total_iters"] + 3,
        "torch",
        10_000,
        RECURSIVE,
    ),
    Case(
        ours.ExponentialLR,
        draw(gamma=number(0.5, 1.3)),
        of_library("ExponentialLR"),
        lambda own: 30,
        "torch",
        10_000,
        RECURSIVE,
    ),
    Case(
        ours.PolynomialLR,
        draw(total_iters=integer(0, 20), power=number(0.2, 5.0)),
        of_library("PolynomialLR"),
        lambda own: own["total_iters"] + 3,
        "torch",
        bound=RECURSIVE,
    ),
    Case(
        ours.CosineAnnealingLR,
        with_floor(draw(T_max=integer(1, 20))),
        of_library("CosineAnnealingLR"),
        lambda own: 4 * own["T_max"] + 2,
        "torch",
        bound=RECURSIVE,
    ),
    Case(
        ours.CosineAnnealingWarmRestarts,
        with_floor(draw(T_0=integer(1, 9), T_mult=integer(1, 3))),
        of_library("CosineAnnealingWarmRestarts"),
        lambda own: 60,
        "torch",
    ),
    Case(ours.CyclicLR, cyclic, run_cyclic, lambda own: 50, "torch"),
    Case(ours.OneCycleLR, one_cycle, run_one_cycle, one_cycle_steps, "torch"),
    Case(
        ours.SWALR,
        draw(
            swa_lr=rate,
            anneal_epochs=integer(0, 20),
            anneal_strategy=lambda rng: one_of(rng, "cos", "linear"),
        ),
        run_swa,
        lambda own: own["anneal_epochs"] + 3,
        "torch",
        bound=RECURSIVE,
    ),
    Case(ours.SequentialLR, sequential, run_sequential, lambda own: 40, "torch", bound=RECURSIVE),
    Case(ours.ChainedScheduler, chained, run_chained, lambda own: 12, "torch", bound=RECURSIVE),
    Case(ours.ReduceLROnPlateau, plateau, run_plateau, lambda own: 60, "torch"),
    Case(
        ours.Adagrad,
        draw(lr_decay=number(0.0, 1.0)),
        figures(lambda t, lr, lr_decay: lr / (1 + t * lr_decay)),
        lambda own: 50,
    ),
    Case(
        ours.ASGD,
        draw(lambd=number(0.0, 1.0), alpha=number(0.1, 1.0)),
        figures(lambda t, lr, lambd, alpha: lr / (1 + lambd * lr * t) ** alpha),
        lambda own: 50,
    ),
]
