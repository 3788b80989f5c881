"""MMEngine: its own schedulers, several of them in a list, stepped in turn."""

import warnings
from functools import reduce, wraps

import numpy as np

from fastlr.presets import mmengine as ours

from . import Case, one_of, rate, real, whole

RECURSIVE = 1e-10  # they go on from the last rate, step after step


def schedulers():
    """``mmengine.optim.scheduler``, whose import warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mmengine.optim import scheduler

        return scheduler


def optimizer_of(lr):
    import torch

    groups = lr if isinstance(lr, list) else [lr]
    return torch.optim.SGD([{"params": [torch.zeros(1)], "lr": one} for one in groups])


def driven(named, lr, steps):
    """The rates that the schedulers of a list set, each stepped once a step."""
    optimizer = optimizer_of(lr)
    table = np.empty((len(optimizer.param_groups), steps))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the optimizer has not been stepped
        made = [getattr(schedulers(), name)(optimizer, **own) for name, own in named]
        for t in range(steps):
            for scheduler in made if t else []:
                scheduler.step()
            table[:, t] = [group["lr"] for group in optimizer.param_groups]
    return table if isinstance(lr, list) else table[0]


def listed(preset):
    """A preset in a list of others before it."""

    @wraps(preset)
    def made(lr, before, **own):
        after = reduce(
            lambda made, pair: getattr(ours, pair[0])(lr, **pair[1], after=made), before, None
        )
        return preset(lr, **own, after=after)

    return made


def run(name):
    def rates(settings, steps):
        own = {key: value for key, value in settings.items() if key not in ("lr", "before")}
        return driven([*settings["before"], (name, own)], settings["lr"], steps)

    return rates


FACTORS = {
    "ConstantLR": lambda rng: {"factor": real(rng, 0.05, 1.0)},
    "LinearLR": lambda rng: {
        "start_factor": real(rng, 0.05, 1.0),
        "end_factor": one_of(rng, 1.0, real(rng, 0.1, 1.0)),
    },
    "ExponentialLR": lambda rng: {"gamma": real(rng, 0.7, 1.1)},
    "StepLR": lambda rng: {"step_size": whole(rng, 1, 6), "gamma": real(rng, 0.1, 1.1)},
    "MultiStepLR": lambda rng: {
        "milestones": [whole(rng, 1, 20) for _ in range(whole(rng, 1, 4))],
        "gamma": real(rng, 0.1, 1.1),
    },
}


def placed(rng, latest=10):
    begin = one_of(rng, 0, whole(rng, 0, latest))
    return {"begin": begin, "end": begin + whole(rng, 1, 20)}


def any_rates(rng):
    return one_of(rng, rate(rng), [rate(rng) for _ in range(3)])


def factor(name):
    """A scheduler that multiplies, on top of up to two others that do."""

    def draw(rng):
        names = [one_of(rng, *FACTORS) for _ in range(whole(rng, 0, 2))]
        before = [(other, {**FACTORS[other](rng), **placed(rng)}) for other in names]
        return {"lr": any_rates(rng), "before": before, **FACTORS[name](rng), **placed(rng)}

    return Case(
        listed(getattr(ours, name)), draw, run(name), lambda own: 40, "mmengine", bound=RECURSIVE
    )


def later(name, make, steps=lambda own: own["end"] + 4):
    """A scheduler that begins where another has ended, or at step 0."""

    def draw(rng):
        warmup = one_of(rng, 0, whole(rng, 1, 8))
        first = one_of(rng, "ConstantLR", "LinearLR")
        before = [(first, {**FACTORS[first](rng), "begin": 0, "end": warmup})] if warmup else []
        end = warmup + whole(rng, 1, 25)
        return {
            "lr": any_rates(rng),
            "before": before,
            "begin": warmup,
            "end": end,
            **make(rng, end - warmup),
        }

    return Case(listed(getattr(ours, name)), draw, run(name), steps, "mmengine", bound=RECURSIVE)


def floor(rng):
    return one_of(
        rng, {"eta_min": one_of(rng, 0.0, rate(rng))}, {"eta_min_ratio": real(rng, 0.0, 1.0)}
    )


def poly(rng, _):
    return {"power": real(rng, 0.2, 4.0), "eta_min": one_of(rng, 0.0, rate(rng))}


def annealing(rng, _):
    return {**one_of(rng, {}, {"T_max": whole(rng, 1, 12)}), **one_of(rng, {}, floor(rng))}


def restart(rng, _):
    count = whole(rng, 1, 4)
    weights = [real(rng, 0.1, 2.0) for _ in range(count)]
    return {
        "periods": [whole(rng, 1, 8) for _ in range(count)],
        "restart_weights": weights,
        **floor(rng),
    }


def one_cycle(rng, length):
    """As long as it acts, longer, or shorter, whose last rates lie beyond the end."""
    total = one_of(rng, None, whole(rng, 13, 30))
    longest = {} if total is None else {"total_steps": total}
    steps = total or length
    share = next(share for share in (0.3, 0.25, 0.4, 0.45) if abs(share * steps - 1) > 1e-6)
    three = share * steps > 1.2 and bool(rng.random() < 0.5)
    shape = {
        "anneal_strategy": one_of(rng, "cos", "linear"),
        "three_phase": three,
        "pct_start": share,
    }
    factors = {"div_factor": real(rng, 2.0, 30.0), "final_div_factor": real(rng, 2.0, 1e4)}
    return {"eta_max": rate(rng), **longest, **shape, **factors}


def one_cycle_steps(own):
    total = own.get("total_steps", own["end"] - own["begin"])
    whole = own["end"] + 4
    return (
        whole
        if own["end"] - own["begin"] <= total
        else own["begin"] + total + (own["anneal_strategy"] == "cos")
    )


def plateau(rng):
    return {
        "rule": one_of(rng, "less", "greater"),
        "factor": real(rng, 0.1, 0.9),
        "patience": whole(rng, 0, 3),
        "threshold": one_of(rng, 1e-4, 0.05),
        "threshold_rule": one_of(rng, "rel", "abs"),
        "cooldown": whole(rng, 0, 2),
        "min_value": one_of(rng, 0.0, 0.05),
    }


def run_plateau(settings, metrics):
    optimizer, table = optimizer_of(1.0), []
    scheduler = schedulers().ReduceOnPlateauLR(optimizer, **settings)
    for metric in metrics:
        scheduler.step({"loss": metric})
        table.append(optimizer.param_groups[0]["lr"])
    return table


CASES = [
    *map(factor, FACTORS),
    later("PolyLR", poly),
    later("CosineAnnealingLR", annealing),
    later("CosineRestartLR", restart),
    later("OneCycleLR", one_cycle, one_cycle_steps),
    Case(ours.ReduceOnPlateauLR, plateau, run_plateau, lambda own: 60, "mmengine"),
]
