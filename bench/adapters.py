"""One scheduler step on torch's own optimizers: fastlr's adapter against torch's schedulers.

The rates are found equal before they are timed.
"""

import math
import warnings
from functools import partial
from statistics import median

import numpy as np

import fastlr as flr
from bench.cases import INIT, check
from bench.groups import STEPS, loop
from bench.report import Row, figure, target
from bench.timing import time_in_turns

HEAD: Row = ("a scheduler step of", "fastlr", "compared with", "times as fast", "target")
LENGTH = 1_000_000


def optimizer(count, lanes=True):
    """An SGD of ``count`` groups that has made its first step, or torch warns. Without ``lanes``
    all groups have one rate.
    """
    import torch

    groups = [
        {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": float(INIT[i if lanes else 0])}
        for i in range(count)
    ]
    made = torch.optim.SGD(groups)
    made.step()
    return made


def annealing(count):
    import torch

    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer(count), LENGTH)


def by_lambdas(count):
    import torch

    def cosine(t):
        return 0.5 * (1.0 + math.cos(math.pi * min(t / LENGTH, 1.0)))

    return torch.optim.lr_scheduler.LambdaLR(optimizer(count), cosine)


def row(count, name, theirs, least, lanes=True):
    """``least`` is the target: how many times as fast fastlr is. Without ``lanes`` all groups
    have one rate.
    """
    init = INIT[:count] if lanes else INIT[0]
    plan = flr.cosine(init, 0.0, LENGTH)
    ours = flr.adapters.torch.Scheduler(optimizer(count, lanes), plan, by="position")
    torchs = theirs(count)
    with warnings.catch_warnings(action="ignore"):  # torch warns of a step before the optimizer's
        ours.step(), torchs.step()
    if lanes:
        check(np.array(ours.get_last_lr()), np.array(torchs.get_last_lr()))
    times = time_in_turns([loop(lambda t: ours.step()), loop(lambda t: torchs.step())], 15)
    mine, other = (1e6 * median(side) / STEPS for side in zip(*times, strict=True))
    ratio = median(other / own for own, other in times)
    rates = "one rate per group" if lanes else "one rate for all"
    what = f"{count:,} group{'s' * (count > 1)}, {rates}"
    words = target(f"at least {least:g}", {"fastlr": ratio >= least})
    return (what, figure(mine, "us"), f"{name}: {figure(other, 'us')}", f"{ratio:.1f}", words)


def rows() -> list[Row]:
    flr.set_backend("native")
    schedulers = {"CosineAnnealingLR": annealing, "LambdaLR": by_lambdas}
    each = [partial(row, name=name, theirs=theirs) for name, theirs in schedulers.items()]
    return [
        *(one(1, least=2) for one in each),
        *(one(2, least=1) for one in each),
        *(one(1_000, least=10) for one in each),
        *(one(1_000, least=10, lanes=False) for one in each),
    ]
