"""PyTorch: its own schedulers, stepped."""

import warnings

import numpy as np

from fastlr.presets import torch as ours

from . import Case, one_of, rate, rates, real, whole


def driven(make, steps, lr, momentum=None):
    """The rates that a torch scheduler sets, one ``step()`` after another."""
    import torch

    groups = lr if isinstance(lr, list) else [lr]
    optimizer = torch.optim.SGD([{"params": [torch.zeros(1)], "lr": one} for one in groups], lr=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the optimizer has not been stepped
        scheduler = make(torch.optim.lr_scheduler, optimizer)
        table = np.empty((len(groups), steps))
        for t in range(steps):
            if t:
                scheduler.step()
            table[:, t] = [group["lr"] for group in optimizer.param_groups]
    return table if isinstance(lr, list) else table[0]


def peer(name):
    def run(settings, steps):
        own = {key: value for key, value in settings.items() if key not in ("lr", "total_steps_")}
        return driven(lambda schedulers, optimizer: getattr(schedulers, name)(optimizer, **own), steps, settings["lr"])

    return run


def draw(**parameters):
    """Settings by drawing each of these."""
    return lambda rng: {"lr": rates(rng), **{name: make(rng) for name, make in parameters.items()}}


CASES = [
    Case(
        ours.StepLR,
        draw(step_size=lambda rng: whole(rng, 1, 12), gamma=lambda rng: real(rng, 0.05, 1.2)),
        peer("StepLR"),
        lambda own: 4 * own["step_size"] + 2,
        "torch",
    ),
    Case(
        ours.CosineAnnealingLR,
        draw(T_max=lambda rng: whole(rng, 1, 20), eta_min=lambda rng: one_of(rng, 0.0, rate(rng))),
        peer("CosineAnnealingLR"),
        lambda own: 4 * own["T_max"] + 2,
        "torch",
        bound=1e-10,  # the recursive form
    ),
]
