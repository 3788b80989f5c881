"""The rates that other libraries' own plateau schedulers set over histories of metrics.

Each library runs in its own process.
"""

import ast
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


def greedy_lr(columns, rates, metrics):
    import torch
    from transformers.optimization import GreedyLR

    theirs = np.empty_like(metrics)
    for i, own in enumerate(items(columns)):
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=rates[i].item())
        scheduler = GreedyLR(optimizer, **own)
        for t, metric in enumerate(metrics[i].tolist()):
            scheduler.step(metric)
            theirs[i, t] = optimizer.param_groups[0]["lr"]
    return theirs


def class_of(package, file, name, **names):
    """A class of a package, read from its file alone: the package may need many others.

    Its decorators, which tell its package where to save it, are left out.
    """
    folder = importlib.util.find_spec(package).submodule_search_locations[0]
    tree = ast.parse((Path(folder) / file).read_text())
    kinds = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for node in ast.walk(kinds[name]):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.decorator_list = []
    bases = [kinds[base.id] for base in kinds[name].bases if getattr(base, "id", "") in kinds]
    ahead = ast.parse("from __future__ import annotations").body
    body = ast.Module([*ahead, *bases, kinds[name]], type_ignores=[])
    exec(compile(body, file, "exec"), names)
    return names[name]


def new_bob(columns, rates, metrics):
    made = class_of("speechbrain", "nnet/schedulers.py", "NewBobScheduler")
    theirs = np.empty_like(metrics)
    for i, own in enumerate(items(columns)):
        scheduler = made(rates[i].item(), **own)
        theirs[i] = [scheduler(metric)[1] for metric in metrics[i].tolist()]
    return theirs


def skrl(columns, rates, metrics, tensors):
    import torch
    from packaging import version

    made = class_of(
        "skrl",
        "resources/schedulers/torch/kl_adaptive.py",
        "KLAdaptiveLR",
        torch=torch,
        version=version,
        _LRScheduler=torch.optim.lr_scheduler.LRScheduler,
    )
    theirs = np.empty_like(metrics)
    for i, own in enumerate(items(columns)):
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=rates[i].item())
        scheduler = made(optimizer, **own)
        for t, kl in enumerate(metrics[i].tolist()):
            scheduler.step(torch.tensor(kl, dtype=torch.float32) if tensors else kl)
            theirs[i, t] = optimizer.param_groups[0]["lr"]
    return theirs


def rl_games(columns, rates, metrics):
    made = class_of("rl_games", "common/schedulers.py", "AdaptiveScheduler")
    theirs = np.empty_like(metrics)
    for i, own in enumerate(items(columns)):
        scheduler, rate = made(own["kl_threshold"]), rates[i].item()
        scheduler.min_lr, scheduler.max_lr = own["min_lr"], own["max_lr"]
        for t, kl in enumerate(metrics[i].tolist()):
            rate, _ = scheduler.update(rate, 0.0, 0, 0, kl)
            theirs[i, t] = rate
    return theirs


def rsl_rl(columns, rates, metrics):
    """The lines of rsl_rl's ``PPO.update``, which is no scheduler, as they stand in its file."""
    import torch

    folder = importlib.util.find_spec("rsl_rl").submodule_search_locations[0]
    tree = ast.parse((Path(folder) / "algorithms" / "ppo.py").read_text())
    [lines] = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If)
        and ast.unparse(node.test).startswith("kl_mean > self.desired_kl")
    ]
    update = compile(ast.Module([lines], type_ignores=[]), "ppo.py", "exec")
    theirs = np.empty_like(metrics)
    for i, own in enumerate(items(columns)):
        ppo = types.SimpleNamespace(desired_kl=own["kl_threshold"], learning_rate=rates[i].item())
        for t, kl in enumerate(torch.tensor(metrics[i], dtype=torch.float32)):
            exec(update, {"kl_mean": kl, "self": ppo})
            theirs[i, t] = ppo.learning_rate
    return theirs
