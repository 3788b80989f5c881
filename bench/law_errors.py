"""Measure how well loss laws predict the final losses of curves that they were not fitted to.

A curve here is a schedule without its peak and its length, such as a linear cooldown over 20 % of
the run. Each curve is left out in turn, and predicted by a law that was fitted to all others.
"""

import sys
from collections.abc import Iterator
from itertools import groupby

import numpy as np

import fastlr as flr
from bench.report import PROJECT, Row

sys.path.insert(0, str(PROJECT / "examples"))

from final_losses import Run, runs

HEAD: Row = ("left out", "runs", *("`MultiPower`", "`FunctionalScaling`", "`Annealing`"))
FAMILIES = (
    flr.loss_laws.MultiPower,
    flr.loss_laws.FunctionalScaling,
    flr.loss_laws.Annealing,
)
STARTS = 2
LOWEST = 5e-4  # peaks for which the best one is compared; the lowest, 1e-4, is far from it


def predictions(family: type[flr.loss_laws.Law], known: list[Run]) -> dict[Run, float]:
    """The loss of each run, by a law that was fitted to the runs of all other shapes."""
    found = {}
    for shape, group in groupby(known, lambda each: each.shape):
        others = [each.curve for each in known if each.shape != shape]
        law = flr.loss_laws.fit(family, others, starts=STARTS).law
        found |= {each: float(law.final(each.schedule, each.steps)) for each in group}
    return found


def errors_text(predicted: dict[Run, float], chosen: list[Run]) -> str:
    """The mean and the largest error of some runs."""
    errors = np.array([abs(predicted[each] - each.loss) for each in chosen])
    return f"{errors.mean():.4f}, at most {errors.max():.4f}"


def best_peaks(predicted: dict[Run, float], known: list[Run]) -> Iterator[tuple[float, float]]:
    """Per shape and length with several peaks, the best one as predicted and as measured."""
    for _, group in groupby(known, lambda each: (each.shape, each.steps)):
        compared = [each for each in group if each.peak >= LOWEST]
        if len({each.peak for each in compared}) > 2:
            wanted = min(compared, key=lambda each: each.loss)
            yield min(compared, key=predicted.__getitem__).peak, wanted.peak


def best_text(predicted: dict[Run, float], known: list[Run]) -> str:
    """How often the best peak is found, and how often a higher one is taken for it."""
    pairs = list(best_peaks(predicted, known))
    right = sum(found == wanted for found, wanted in pairs)
    higher = sum(found > wanted for found, wanted in pairs)
    return f"{right} of {len(pairs)}; a higher one: {higher}"


def excess_text(predicted: dict[Run, float], known: list[Run]) -> str:
    """By how much the shape with the lowest predicted loss is worse than the best one.

    The shapes of one peak and length are compared.
    """
    found = []
    for _, group in groupby(sorted(known, key=_peak_and_steps), _peak_and_steps):
        compared = list(group)
        chosen = min(compared, key=predicted.__getitem__)
        found.append(chosen.loss - min(each.loss for each in compared))
    return f"{np.mean(found):.4f}, at most {max(found):.4f}"


def _peak_and_steps(each: Run) -> tuple[float, int]:
    return each.peak, each.steps


def rows() -> list[Row]:
    """One row per shape, one for all, one for the best peaks, and one for the best shapes."""
    flr.set_backend("native")
    known = runs()
    laws = [predictions(family, known) for family in FAMILIES]
    found = [
        (shape, str(len(chosen)), *(errors_text(law, chosen) for law in laws))
        for shape, group in groupby(known, lambda each: each.shape)
        for chosen in [list(group)]
    ]
    everything = ("all", str(len(known)), *(errors_text(law, known) for law in laws))
    best = ("best of 3 peaks found", "", *(best_text(law, known) for law in laws))
    chosen = ("loss above the best shape", "", *(excess_text(law, known) for law in laws))
    return [*found, everything, best, chosen]
