"""The other libraries' own plateau schedulers: the rates that they set over histories of metrics.

Each runs in a process of its own.
"""

import importlib
import importlib.util
import os
import sys
import types
import warnings
from pathlib import Path

import numpy as np


def items(columns):
    """The settings of each history, as plain numbers and words."""
    for row in zip(*columns.values(), strict=True):
        yield dict(zip(columns, (value.item() for value in row), strict=True))


def torch(columns, rates, metrics, single=False):
    import torch

    theirs = np.empty_like(metrics)
    for i, own in enumerate(items(columns)):
        rate = torch.tensor(rates[i].item(), dtype=torch.float32) if single else rates[i].item()
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=rate)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **own)
        for t, metric in enumerate(metrics[i].tolist()):
            scheduler.step(metric)
            theirs[i, t] = float(optimizer.param_groups[0]["lr"])
    return theirs


class Rate:
    """An optimizer of Keras, whose rate is a float32."""

    def __init__(self, rate):
        self.learning_rate = rate

    def __setattr__(self, name, value):
        self.__dict__[name] = np.float32(value)


def keras(columns, rates, metrics):
    # compares in float32, as jax does in ten times the time; numpy does not
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    theirs, model = np.empty_like(metrics), types.SimpleNamespace()
    for i, own in enumerate(items(columns)):
        callback = keras.callbacks.ReduceLROnPlateau(monitor="loss", **own)
        model.optimizer = Rate(rates[i])
        callback.set_model(model)
        callback.on_train_begin()
        for t, metric in enumerate(metrics[i].tolist()):
            callback.on_epoch_end(t, {"loss": metric})
            theirs[i, t] = model.optimizer.learning_rate
    return theirs


def optax(settings, columns, metrics, dtype):
    """In one compiled scan for these settings, each history with its own integers and floor."""
    import jax
    import jax.numpy as jnp
    import optax

    def run(patience, cooldown, window, floor, values):
        integers = {"patience": patience, "cooldown": cooldown, "accumulation_size": window}
        rule = optax.contrib.reduce_on_plateau(**settings, **integers, min_scale=floor)

        def update(state, value):
            _, state = rule.update(jnp.ones((), dtype), state, value=value)
            return state, state.scale

        return jax.lax.scan(update, rule.init(jnp.zeros((), dtype)), values)[1]

    jax.config.update("jax_enable_x64", True)
    whole = [jnp.asarray(columns[name], jnp.int32) for name in ("patience", "cooldown", "window")]
    scales = jax.jit(jax.vmap(run))(
        *whole, jnp.asarray(columns["floor"], dtype), jnp.asarray(metrics)
    )
    return np.asarray(scales, np.float64)


def timm_scheduler():
    """The class, from its own file: the package's other modules need torchvision."""
    folder = importlib.util.find_spec("timm").submodule_search_locations[0]
    for name in ("timm", "timm.scheduler"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["timm.scheduler"].__path__ = [str(Path(folder) / "scheduler")]
    return importlib.import_module("timm.scheduler.plateau_lr").PlateauLRScheduler


def timm(columns, rates, metrics):
    import torch

    warnings.simplefilter("ignore")  # its own, that it is deprecated
    theirs, made = np.empty_like(metrics), timm_scheduler()
    for i, own in enumerate(items(columns)):
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=rates[i].item())
        scheduler = made(optimizer, **own)
        for t, metric in enumerate(metrics[i].tolist()):
            scheduler.step(t + 1, metric)
            theirs[i, t] = optimizer.param_groups[0]["lr"]
    return theirs
