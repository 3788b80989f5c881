"""A sweep whose table several tests write, some of them in other processes."""

import numpy as np

import fastlr as flr

SWEEP = flr.sweep(
    "cyclic",
    low=np.linspace(0.1, 0.2, 9),
    high=[1.0, 2.0],
    up=[10, 20, 30],
    mode=["triangular", "triangular2", "cosine"],
)
STEPS = (3, 3000, 2)
LEAST = 2**20  # bytes of memory: the table has many chunks


def made(out, sweep=SWEEP, steps=STEPS, **options):
    return sweep.table(*steps, out=out, **{"memory": LEAST} | options)
