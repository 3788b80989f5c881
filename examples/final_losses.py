"""Measured final losses of pretraining runs with many shapes and peaks, and a law fitted to them.

    python examples/final_losses.py    fit a loss law to all runs; print its errors by shape

A shape is a schedule without its peak and its length. ``schedule_runs/`` holds the losses; its
README says where they come from. ``python -m bench law_errors`` leaves out each shape in turn.
"""

import csv
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

import fastlr as flr

FILE = Path(__file__).parent / "schedule_runs" / "124M_to_25000.csv"


class Run(NamedTuple):
    """One run: its shape in words, its schedule, and its measured final loss."""

    shape: str
    steps: int
    peak: float
    schedule: flr.Schedule
    loss: float

    @property
    def curve(self) -> flr.loss_laws.Curve:
        """The run as ``fit`` takes it: with one loss."""
        return self.schedule, [self.steps - 1], [self.loss]


def runs() -> list[Run]:
    """All measured runs, those of one shape together.

    >>> first = runs()[0]
    >>> first.shape, first.peak, first.loss
    ('cosine to 0%', 0.0001, 3.2825305461883545)
    """
    with FILE.open() as file:
        return sorted(map(run, csv.DictReader(file)), key=lambda each: (each.shape, each.steps))


def run(row: dict[str, str]) -> Run:
    """A run, from its row of the file."""
    peak, warmup, steps = float(row["peak"]), int(row["warmup"]), int(row["steps"])
    if row["schedule"] == "cosine":
        end = float(row["end"])
        words = f"cosine to {round(end / peak, 1):.0%}"
        schedule = flr.warmup_cosine(peak, warmup, steps, end=end)
    else:
        curve, cooldown = row["cooldown_shape"], round(float(row["cooldown_fraction"]) * steps)
        words = f"wsd, {curve} over {cooldown / steps:.0%}"
        schedule = flr.wsd(peak, warmup, steps - warmup - cooldown, cooldown, shape=curve)
    return Run(words, steps, peak, schedule, float(row["final_val_loss"]))


def main() -> None:
    """Print the law, and its mean error on each shape."""
    known = runs()
    law = flr.loss_laws.fit(flr.loss_laws.Annealing, [each.curve for each in known]).law
    print(law)
    for shape, group in groupby(known, lambda each: each.shape):
        errors = [abs(law.final(each.schedule, each.steps) - each.loss) for each in group]
        print(f"{shape:<22}{len(errors):>3} runs, mean error {np.mean(errors):.4f}")


if __name__ == "__main__":
    main()
