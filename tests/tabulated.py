"""A sweep whose table tests make, in processes of their own among others."""

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
LEAST = 2**20  # bytes of memory, so that there are many chunks


def made(out, sweep=SWEEP, steps=STEPS, **options):
    return sweep.table(*steps, out=out, **{"memory": LEAST} | options)
