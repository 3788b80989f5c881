"""Detectron2: its formulas, as its source and fvcore's have them."""

import math
from bisect import bisect_right

from fastlr.presets import detectron2 as ours
from fastlr.presets import fvcore

from . import Case, figures, one_of, rates, real, whole

FUZZ = 1e-6


def cosine(end):
    return lambda where: end + 0.5 * (1.0 - end) * (1.0 + math.cos(math.pi * where))


def multistep(gamma, marks, updates):
    return lambda where: gamma ** bisect_right(marks, int((where + FUZZ) * updates))


def evenly(gamma, decays):
    return lambda where: [gamma**i for i in range(decays + 1)][int((where + FUZZ) * (decays + 1))]


def warmed(where, scheduler, factor, length, method, rescale):
    """fvcore's composite of a warmup and a scheduler."""
    if where + FUZZ > length:
        return scheduler((where - length) / (1 - length) if rescale else where)
    start, end = factor * scheduler(0.0), scheduler(0.0 if rescale else length)
    local = where / length
    return start if method == "constant" else end * local + start * (1 - local)


class Drawn:
    """A scheduler of any number of iterations, as a preset and as a formula."""

    def __init__(self, preset, formula, told):
        self.preset, self.formula, self.told = preset, formula, told

    def __call__(self, steps):
        return self.preset(steps)

    def __repr__(self):
        return self.told


def scheduler(rng):
    end, gamma, decays = (
        one_of(rng, 0.0, real(rng, 0.0, 1.0)),
        real(rng, 0.1, 1.2),
        whole(rng, 1, 4),
    )
    marks = sorted({whole(rng, 1, 49) for _ in range(3)})
    values = [gamma**i for i in range(len(marks) + 1)]
    return one_of(
        rng,
        Drawn(
            lambda n: fvcore.CosineParamScheduler(1.0, end, max_iter=n),
            cosine(end),
            f"cosine to {end}",
        ),
        Drawn(
            lambda n: fvcore.MultiStepParamScheduler(values, 50, marks, max_iter=n),
            multistep(gamma, marks, 50),
            f"{gamma} at {marks} of 50",
        ),
        Drawn(
            lambda n: fvcore.StepWithFixedGammaParamScheduler(1.0, decays, gamma, 1, max_iter=n),
            evenly(gamma, decays),
            f"{gamma}, {decays} times",
        ),
    )


def behind_warmup(rng):
    return {
        "scheduler": scheduler(rng),
        "warmup_factor": one_of(rng, 0.0, 0.001, real(rng, 0.0, 1.0)),
        "warmup_length": one_of(rng, 0.0, round(real(rng, 0.0, 0.9), 2), real(rng, 0.0, 0.9)),
        "warmup_method": one_of(rng, "linear", "constant"),
        "rescale_interval": bool(rng.random() < 0.5),
        "max_iter": whole(rng, 1, 50),
    }


def run_behind_warmup(
    t, scheduler, warmup_factor, warmup_length, warmup_method, rescale_interval, max_iter
):
    where = t / max_iter
    return warmed(
        where, scheduler.formula, warmup_factor, warmup_length, warmup_method, rescale_interval
    )


def solver(rng):
    """Settings of all three, of which each reads some."""
    total, lr = whole(rng, 6, 50), rates(rng)
    groups = {"BASE_LR": max(lr)} if isinstance(lr, list) else {}
    return {
        "lr": lr,
        "LR_SCHEDULER_NAME": one_of(
            rng, "WarmupMultiStepLR", "WarmupCosineLR", "WarmupStepWithFixedGammaLR"
        ),
        "MAX_ITER": total,
        "STEPS": [
            *sorted({whole(rng, 1, total - 1) for _ in range(3)}),
            *([total + 5] if rng.random() < 0.3 else []),
        ],
        "GAMMA": real(rng, 0.05, 1.2),
        "NUM_DECAYS": whole(rng, 1, 5),
        **groups,
        "BASE_LR_END": real(rng, 0.0, groups.get("BASE_LR", min([lr]))),
        "WARMUP_FACTOR": one_of(rng, 0.001, 0.0, real(rng, 0.0, 1.0)),
        "WARMUP_ITERS": one_of(rng, 0, whole(rng, 0, total - 1)),
        "WARMUP_METHOD": one_of(rng, "linear", "constant"),
        "RESCALE_INTERVAL": bool(rng.random() < 0.4),
    }


def run_solver(t, lr, MAX_ITER, **own):  # noqa: N803
    curve = {
        "WarmupMultiStepLR": multistep(
            own["GAMMA"], [x for x in own["STEPS"] if x <= MAX_ITER], MAX_ITER
        ),
        "WarmupCosineLR": cosine(own["BASE_LR_END"] / own.get("BASE_LR", lr)),
        "WarmupStepWithFixedGammaLR": evenly(own["GAMMA"], own["NUM_DECAYS"]),
    }[own["LR_SCHEDULER_NAME"]]
    length = min(own["WARMUP_ITERS"] / MAX_ITER, 1.0)
    return lr * warmed(
        t / MAX_ITER,
        curve,
        own["WARMUP_FACTOR"],
        length,
        own["WARMUP_METHOD"],
        own["RESCALE_INTERVAL"],
    )


def solver_steps(own):
    beyond = {"WarmupMultiStepLR": 1, "WarmupCosineLR": 5}
    return own["MAX_ITER"] + beyond.get(own["LR_SCHEDULER_NAME"], 0)


def older(rng):
    return {
        "lr": rates(rng),
        "warmup_factor": real(rng, 0.0, 1.0),
        "warmup_iters": whole(rng, 0, 30),
        "warmup_method": one_of(rng, "linear", "constant"),
    }


def older_ramp(t, factor, iters, method):
    if t >= iters:
        return 1.0
    return factor if method == "constant" else factor * (1 - t / iters) + t / iters


def older_steps(rng):
    return {
        **older(rng),
        "milestones": sorted(whole(rng, 0, 40) for _ in range(3)),
        "gamma": real(rng, 0.05, 1.2),
    }


def run_older_steps(t, lr, milestones, gamma, warmup_factor, warmup_iters, warmup_method):
    return (
        lr
        * older_ramp(t, warmup_factor, warmup_iters, warmup_method)
        * gamma ** bisect_right(milestones, t)
    )


def run_older_cosine(t, lr, max_iters, warmup_factor, warmup_iters, warmup_method):
    wave = 0.5 * (1.0 + math.cos(math.pi * t / max_iters))
    return lr * older_ramp(t, warmup_factor, warmup_iters, warmup_method) * wave


def multiplied(rng):
    """By a line, whose length tells which."""
    line = fvcore.LinearParamScheduler(1.0, 0.25, max_iter=whole(rng, 1, 30))
    return {"lr": rates(rng), "multiplier": line}


def run_multiplied(t, lr, multiplier):
    where = min(1.0, t / multiplier.steps)
    return lr * (0.25 * where + 1.0 * (1 - where))


CASES = [
    Case(
        ours.WarmupParamScheduler,
        behind_warmup,
        figures(run_behind_warmup),
        lambda own: own["max_iter"],
        count=300,
    ),
    Case(ours.build_lr_scheduler, solver, figures(run_solver), solver_steps, count=300),
    Case(ours.WarmupMultiStepLR, older_steps, figures(run_older_steps), lambda own: 45, count=200),
    Case(
        ours.WarmupCosineLR,
        lambda rng: {**older(rng), "max_iters": whole(rng, 1, 40)},
        figures(run_older_cosine),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.LRMultiplier,
        multiplied,
        figures(run_multiplied),
        lambda own: 20,
        count=200,
    ),
]
