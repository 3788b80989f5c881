"""A step of a scheduler on torch's own optimizers: ours against torch's of the same rates,
found equal before they are timed.
"""

import math
import warnings
from functools import partial
from statistics import median

import numpy as np

import fastlr as flr
from bench.cases import INIT, check
from bench.groups import STEPS, figure, loop
from bench.speed import Row, bar, taken

HEAD: Row = ("a step of", "fastlr", "beside", "times as fast", "bar")
LENGTH = 1_000_000


def optimizer(count):
    import torch

    groups = [
        {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": float(INIT[i])} for i in range(count)
    ]
    made = torch.optim.SGD(groups)
    made.step()  # or torch warns
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
    """``least`` is how many times as fast ours must be; without ``lanes``, one rate for all
    groups.
    """
    init = INIT[:count] if lanes else INIT[0]
    ours, peer = (
        flr.adapters.torch.Scheduler(optimizer(count), flr.cosine(init, 0.0, LENGTH)),
        theirs(count),
    )
    with warnings.catch_warnings(action="ignore"):  # another scheduler came first
        ours.step(), peer.step()
    if lanes:
        check(np.array(ours.get_last_lr()), np.array(peer.get_last_lr()))
    times = taken([loop(lambda t: ours.step()), loop(lambda t: peer.step())], 15)
    mine, other = (1e6 * median(side) / STEPS for side in zip(*times, strict=True))
    ratio = median(other / own for own, other in times)
    what = f"{count:,} group{'s' * (count > 1)}, {'a rate each' if lanes else 'one rate'}"
    words = bar(f"at least {least:g}", {"fastlr": ratio >= least})
    return (what, figure(mine, "us"), f"{name}: {figure(other, 'us')}", f"{ratio:.1f}", words)


def rows() -> list[Row]:
    flr.set_backend("native")
    peers = {"CosineAnnealingLR": annealing, "LambdaLR": by_lambdas}
    each = [partial(row, name=name, theirs=theirs) for name, theirs in peers.items()]
    return [
        *(one(1, least=2) for one in each),
        *(one(2, least=1) for one in each),
        *(one(1_000, least=10) for one in each),
        *(one(1_000, least=10, lanes=False) for one in each),
    ]
