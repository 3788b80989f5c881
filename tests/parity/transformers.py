"""Hugging Face transformers: its own builders, whose schedulers are stepped."""

import warnings
from fractions import Fraction

import numpy as np

from fastlr.presets import transformers as ours

from . import Case, one_of, rate, rates, real, whole


def optimization():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers import optimization
    return optimization


def driven(build, settings, steps):
    """What a scheduler sets, one ``step()`` after another, on an optimizer whose own rate is
    ``default_lr``.
    """
    import torch

    own = {key: value for key, value in settings.items() if key not in ("lr", "default_lr")}
    lr = settings["lr"]
    groups = [
        {"params": [torch.zeros(1)], "lr": one} for one in (lr if isinstance(lr, list) else [lr])
    ]
    optimizer = torch.optim.SGD(groups, lr=settings.get("default_lr", groups[0]["lr"]))
    table = np.empty((len(groups), steps))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the optimizer has not been stepped
        scheduler = build(optimizer=optimizer, **own)
        for t in range(steps):
            if t:
                scheduler.step()
            table[:, t] = [group["lr"] for group in optimizer.param_groups]
    return table if isinstance(lr, list) else table[0]


def of_library(preset):
    return lambda settings, steps: driven(getattr(optimization(), preset.__name__), settings, steps)


def groups(rng):
    """A rate, or several and the optimizer's own; always that, as some builders read it."""
    lr = rates(rng)
    return {"lr": lr, "default_lr": rate(rng)} if isinstance(lr, list) else {"lr": lr}


def lengths(rng):
    """A warmup and a total: mostly longer, sometimes as long, or shorter."""
    warmup = one_of(rng, 0, 1, whole(rng, 0, 12))
    return {
        "num_warmup_steps": warmup,
        "num_training_steps": max(0, warmup + one_of(rng, whole(rng, 1, 24), whole(rng, -2, 1))),
    }


def some_cycles(rng):
    return one_of(rng, 0.5, 0.5, 1, whole(rng, 0, 4), round(real(rng, 0.1, 4.0), whole(rng, 1, 6)))


def plain(rng):
    return {"lr": one_of(rng, rate(rng), [rate(rng), rate(rng)])}


def warmed(rng):
    return {**plain(rng), "num_warmup_steps": lengths(rng)["num_warmup_steps"]}


def totalled(rng):
    return {**plain(rng), **lengths(rng)}


def waved(rng):
    return {**totalled(rng), "num_cycles": some_cycles(rng)}


def restarts(rng):
    """In which every cycle begins where the real numbers say."""
    while True:
        own = {
            **waved(rng),
            "num_cycles": one_of(rng, 1, whole(rng, 0, 6), round(real(rng, 0.5, 5.0), 2)),
        }
        length = max(1, own["num_training_steps"] - own["num_warmup_steps"])
        exact = [Fraction(str(own["num_cycles"])) * Fraction(c, length) % 1 for c in range(length)]
        rounded = [float(own["num_cycles"]) * (c / length) % 1.0 for c in range(length)]
        if all(abs(a - b) < 1e-9 for a, b in zip(exact, rounded, strict=True)):
            return own


def polynomial(rng):
    own = {**groups(rng), **lengths(rng), "power": one_of(rng, 1.0, 2.0, real(rng, 0.3, 4.0))}
    if own["num_training_steps"] == own["num_warmup_steps"]:  # it divides by zero
        own["num_training_steps"] += 1
    return {
        **own,
        "lr_end": own.get("default_lr", own["lr"]) * one_of(rng, 0.0, 0.1, real(rng, 0.0, 0.9)),
    }


def inverse(rng):
    return {**warmed(rng), "timescale": one_of(rng, None, whole(rng, 1, 30))}


def lowest(rng):
    own = groups(rng)
    floor = one_of(
        rng, {"min_lr_rate": real(rng, 0.0, 1.0)}, {"min_lr": one_of(rng, 0.0, rate(rng))}
    )
    return {**own, **lengths(rng), "num_cycles": some_cycles(rng), **floor}


def ahead(rng):
    return {**lowest(rng), **one_of(rng, {}, {"warmup_lr_rate": real(rng, 0.0, 1.0)})}


def wsd(rng):
    warmup, stable, decay = whole(rng, 0, 10), whole(rng, 0, 10), whole(rng, 0, 15)
    total = max(0, warmup + decay + one_of(rng, stable, -whole(rng, 0, 4)))
    return {
        **plain(rng),
        "num_warmup_steps": warmup,
        "num_decay_steps": decay,
        **one_of(rng, {"num_training_steps": total}, {"num_stable_steps": stable}),
        "warmup_type": one_of(rng, "linear", "cosine", "1-sqrt"),
        "decay_type": one_of(rng, "linear", "cosine", "1-sqrt"),
        "min_lr_ratio": one_of(rng, 0.0, 0.1, real(rng, 0.0, 1.0)),
        "num_cycles": one_of(rng, 0.5, 0.5, some_cycles(rng)),
    }


def by_name(rng):
    """One of all the types that give schedules, with arguments of its own."""
    draw = {
        "constant": plain,
        "constant_with_warmup": warmed,
        "linear": totalled,
        "cosine": waved,
        "cosine_with_restarts": restarts,
        "inverse_sqrt": inverse,
        "warmup_stable_decay": wsd,
    }
    name = one_of(rng, *draw)
    own = draw[name](rng)
    outer = {
        key: own.pop(key) for key in ("lr", "num_warmup_steps", "num_training_steps") if key in own
    }
    return {"name": name, **outer, "scheduler_specific_kwargs": own or None}


def run_by_name(settings, steps):
    return driven(optimization().get_scheduler, settings, steps)


def run_adafactor(settings, steps):
    """The optimizer's own rule, of whose state it needs the number of the update alone."""
    adafactor = optimization().Adafactor
    group = {
        "lr": None,
        "relative_step": True,
        "scale_parameter": False,
        "warmup_init": settings["warmup_init"],
    }
    return [settings["scale"] * adafactor._get_lr(group, {"step": n}) for n in range(1, steps + 1)]


def plateau(rng):
    return {
        "mode": one_of(rng, "min", "max"),
        "factor": real(rng, 0.1, 0.9),
        "patience": whole(rng, 0, 3),
        "threshold": one_of(rng, 1e-4, 0.05),
        "threshold_mode": one_of(rng, "rel", "abs"),
        "cooldown": whole(rng, 0, 2),
        "min_lr": one_of(rng, 0.0, 0.01),
    }


def greedy(rng):
    return plateau(rng) | {
        "warmup": whole(rng, 0, 2),
        "max_lr": one_of(rng, 1.0, 4.0),
        "smooth": one_of(rng, False, True),
        "window_size": whole(rng, 1, 5),
        "reset_start": whole(rng, 1, 4),
    }


def run_greedy(settings, metrics):
    return run_plateau(settings, metrics, "greedy")


def run_plateau(settings, metrics, name="reduce_lr_on_plateau"):
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler = optimization().get_scheduler(name, optimizer, scheduler_specific_kwargs=settings)
    table = []
    for metric in metrics:
        scheduler.step(metric)
        table.append(optimizer.param_groups[0]["lr"])
    return table


def within(own):
    """Beyond the end, where a wave goes on."""
    return max(own.get("num_training_steps") or 0, own.get("num_warmup_steps") or 0) + 6


def beyond(own):
    decay = (own.get("scheduler_specific_kwargs") or own).get("num_decay_steps", 0)
    return within(own) + decay + 10


CASES = [
    Case(preset, draw, of_library(preset), steps, "transformers")
    for preset, draw, steps in [
        (ours.get_constant_schedule, plain, lambda own: 5),
        (ours.get_constant_schedule_with_warmup, warmed, within),
        (ours.get_linear_schedule_with_warmup, totalled, within),
        (ours.get_cosine_schedule_with_warmup, waved, within),
        (ours.get_cosine_with_hard_restarts_schedule_with_warmup, restarts, within),
        (ours.get_polynomial_decay_schedule_with_warmup, polynomial, within),
        (ours.get_inverse_sqrt_schedule, inverse, lambda own: 40),
        (ours.get_cosine_with_min_lr_schedule_with_warmup, lowest, within),
        (ours.get_cosine_with_min_lr_schedule_with_warmup_lr_rate, ahead, within),
        (ours.get_wsd_schedule, wsd, beyond),
    ]
] + [
    Case(ours.get_scheduler, by_name, run_by_name, beyond, "transformers"),
    Case(ours.get_reduce_on_plateau_schedule, plateau, run_plateau, lambda own: 40, "transformers"),
    Case(ours.get_greedy_schedule, greedy, run_greedy, lambda own: 60, "transformers"),
    Case(
        ours.Adafactor,
        lambda rng: {"scale": one_of(rng, 1.0, rate(rng)), "warmup_init": bool(rng.random() < 0.5)},
        run_adafactor,
        lambda own: 10_050,
        "transformers",
        count=10,
    ),
]
