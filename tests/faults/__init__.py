"""Measure known faults of other libraries, with fastlr beside them.

There is one module per table: ``accuracy`` compares rates with the formulas in real numbers,
``inputs`` passes bad arguments, ``resume`` continues in a new process, ``stepping`` compares
sequential steps with random access. Each module runs the libraries as their users do; no answer of
them is written down here. ``python -m bench faults`` prints the tables. ``test_faults`` tests
fastlr's column.
"""

import os
import warnings
from contextlib import contextmanager

PEAK, FLOOR = 0.1, 1e-3


@contextmanager
def quiet():
    """Silence the libraries' warnings, which are not measured."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def sgd(lr=PEAK):
    """Return torch's SGD with one parameter and one group."""
    import torch

    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, momentum=0.9)


def rate_in(optimizer):
    return float(optimizer.param_groups[0]["lr"])


def keras():
    """Return Keras, on JAX unless another backend is in use."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    return keras
