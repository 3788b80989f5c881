"""nnU-Net: its own schedulers, with the epoch passed to ``step`` as its trainer does."""

import numpy as np

from fastlr.presets import nnunet as ours

from . import Case, file_of, one_of, rate, real, whole


def of_library(file, name):
    def run(settings, steps):
        import torch

        build = getattr(file_of("nnunetv2", f"training/lr_scheduler/{file}"), name)
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
        scheduler, table = build(optimizer, **settings), np.empty(steps)
        for epoch in range(steps):
            optimizer.step()
            scheduler.step(epoch)
            table[epoch] = optimizer.param_groups[0]["lr"]
        return table

    return run


def power(rng):
    return {
        "initial_lr": rate(rng),
        "max_steps": whole(rng, 1, 40),
        "exponent": one_of(rng, 0.9, real(rng, 0.1, 4.0)),
    }


def late(rng):
    own = power(rng)
    return {**own, "start_step": whole(rng, 0, own["max_steps"] - 1)}


def rise(rng):
    return {"max_lr": rate(rng), "max_steps": whole(rng, 1, 40)}


CASES = [
    Case(
        preset,
        draw,
        of_library(file, preset.__name__),
        lambda own: own["max_steps"],
        "nnunetv2",
    )
    for preset, draw, file in [
        (ours.PolyLRScheduler, power, "polylr"),
        (ours.PolyLRScheduler_offset, late, "warmup"),
        (ours.Lin_incr_LRScheduler, rise, "warmup"),
    ]
]
