"""The parameters of a model as named groups for an optimizer."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import fnmatch
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import nn
from torch.nn.parameter import is_lazy

from fastlr.arguments.rules import Factor, Rate, short_repr, validate_scalar
from fastlr.errors import did_you_mean, public
from fastlr.schedule.groups import layer_decay as multipliers_by_depth

__all__ = ["groups"]

_FIRST = re.compile(r"embed|tok|pos|patch|stem|wte|wpe|cls|conv|input|shared|pre", re.IGNORECASE)


@public
def groups(
    model: nn.Module,
    decay: float = 0.0,
    layer_decay: float | None = None,
    no_decay: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Split a model's trainable parameters into named groups for an optimizer.

    Parameters
    ----------
    model : torch.nn.Module
        The model, also as ``DistributedDataParallel`` or ``torch.compile`` has wrapped it.
    decay : float, default 0.0
        The weight decay of matrices. Biases, norms and other parameters of at most one axis have 0,
        as have those that a ``no_weight_decay()`` of the model or of a part of it names.
    layer_decay : float, optional
        The factor of the rate per layer, from 0 to 1: a layer has it once more than the layer
        after it. Default None: no groups per layer.
    no_decay : sequence of str
        More parameters with weight decay 0: their names, or patterns such as ``"*.embed.*"``.

    Returns
    -------
    list of dict
        Groups with ``"name"``, ``"params"`` and ``"weight_decay"``. Names are ``"decay"`` and
        ``"no_decay"``; with ``layer_decay`` ``"layer_0_decay"`` and so on, with the layer as
        ``"depth"`` and the factor of its rate as ``"lr_scale"``, which ``Scheduler`` and timm's
        schedulers apply.

    Raises
    ------
    TypeError, ValueError
        If an argument breaks its rule, a pattern fits no parameter, the depth of a parameter is
        unknown, or its shape is, as after ``FullyShardedDataParallel`` has flattened it.

    Notes
    -----
    A timm model, by itself or as a part of yours, has the layers that timm gives it: its last norm
    is in the layer of its last block. Another model must have one list of equal blocks. What is
    before the blocks or the timm model, such as embeddings, is layer 0. Block i is layer i + 1. The
    rest, such as the head, is the last layer.

    Examples
    --------
    >>> import torch
    >>> block = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    >>> model = torch.nn.TransformerEncoder(block, 2)
    >>> parts = groups(model, decay=0.1, layer_decay=0.5)
    >>> [(part["name"], part["lr_scale"]) for part in parts][:3]
    [('layer_0_decay', 0.5), ('layer_0_no_decay', 0.5), ('layer_1_decay', 1.0)]
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"groups: model must be a torch.nn.Module, got {short_repr(model)}")
    decayed = validate_scalar(Rate, "groups: decay", decay)
    model = _unwrapped(model)
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    _check_shapes(model, trained)
    if not trained:
        raise ValueError("groups: model must have a parameter that requires a gradient, got none")
    bare = _without_decay(model, trained, no_decay)
    depths, scales = dict[str, int](), dict[int, float]()
    if layer_decay is not None:
        validate_scalar(Factor, "groups: layer_decay", layer_decay)
        depths = _depths(model, trained)
        found = sorted({*depths.values()})
        each = multipliers_by_depth(np.arange(found[-1] + 1), layer_decay)
        scales = {depth: float(each[depth]) for depth in found}
    made = dict[str, dict[str, Any]]()
    for name, parameter in sorted(trained.items(), key=lambda item: depths.get(item[0], 0)):
        kind, depth = "no_decay" if name in bare else "decay", depths.get(name)
        label = kind if depth is None else f"layer_{depth}_{kind}"
        group = made.setdefault(
            label,
            {"name": label, "params": [], "weight_decay": 0.0 if name in bare else decayed}
            | ({} if depth is None else {"depth": depth, "lr_scale": scales[depth]}),
        )
        group["params"].append(parameter)
    return list(made.values())


def _without_decay(
    model: nn.Module, trained: Mapping[str, Any], no_decay: Sequence[str]
) -> set[str]:
    """The names of the parameters without weight decay."""
    if isinstance(no_decay, str) or not all(isinstance(each, str) for each in no_decay):
        raise TypeError(f"groups: no_decay must be names or patterns, got {short_repr(no_decay)}")
    bare = {name for name, parameter in trained.items() if parameter.ndim <= 1}
    for pattern in no_decay:
        fits = fnmatch.filter(trained, pattern)
        if not fits:
            raise ValueError(
                f"groups: no_decay must fit a parameter that is trained, got {pattern!r}"
                f"{did_you_mean(pattern, trained)}"
            )
        bare.update(fits)
    return bare | (_named_by_parts(model) & {*trained})


def _named_by_parts(model: nn.Module) -> set[str]:
    """The parameters that the ``no_weight_decay()`` of the model and of its parts name."""
    return {
        f"{part}.{name}" if part else name
        for part, module in model.named_modules()
        if callable(own := getattr(module, "no_weight_decay", None))
        for name in own()
    }


def _unwrapped(model: nn.Module) -> nn.Module:
    """The model itself, whose parameters have their own names."""
    while True:
        if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            model = model.module
        elif isinstance(compiled := model._modules.get("_orig_mod"), nn.Module):
            model = compiled
        else:
            return model


def _check_shapes(model: nn.Module, trained: Mapping[str, Any]) -> None:
    """Raise if something has flattened or emptied parameters, whose axes tell biases and norms."""
    flat = any(type(part).__name__ == "FullyShardedDataParallel" for part in model.modules())
    if flat or any(is_lazy(p) or hasattr(p, "ds_id") for p in trained.values()):
        raise ValueError(
            "groups: model must have parameters of their own shape, got ones that FSDP or "
            "DeepSpeed has flattened, or that have no shape yet; use fully_shard, which keeps "
            "shapes, or build the groups yourself"
        )


def _depths(model: nn.Module, trained: Mapping[str, Any]) -> dict[str, int]:
    """The layer of each parameter, from 0."""
    names = [name for name, _ in model.named_parameters()]
    inside = _depths_of_timm(model) or _depths_of_blocks(model, names)
    first = min(names.index(name) for name in inside)
    begins = int(any(name not in inside for name in names[:first]))
    after = max(inside.values()) + 1 + begins
    depths = {}
    for i, name in enumerate(names):
        if name in inside:
            depths[name] = inside[name] + begins
        elif i < first:
            if not _FIRST.search(name):
                raise ValueError(
                    f"groups: the layer of {name!r} must be clear, got a parameter before the "
                    "blocks whose name does not say that it is an embedding; build the groups "
                    "yourself, with flr.layer_decay for their scales"
                )
            depths[name] = 0
        else:
            depths[name] = after
    return {name: depths[name] for name in trained}


def _depths_of_timm(model: nn.Module) -> dict[str, int]:
    """The layer of each parameter of the timm model that this is or has, which timm groups."""
    parts = [name for name, part in model.named_modules() if hasattr(part, "group_matcher")]
    outer = [p for p in parts if not any(_is_inside(p, o) for o in parts if o != p)]
    if not outer:
        return {}
    if len(outer) != 1:
        raise ValueError(
            "groups: model must have one timm model where layer_decay is given, got "
            f"{short_repr(outer)}; build the groups of each, with flr.layer_decay for their scales"
        )
    from timm.models import group_parameters

    [name] = outer
    part, prefix = model.get_submodule(name), f"{name}." if name else ""
    found = group_parameters(part, part.group_matcher(coarse=False), reverse=True)
    return {prefix + own: depth for own, depth in found.items()}


def _is_inside(name: str, outer: str) -> bool:
    """Whether a module is inside another one, by their names."""
    return name.startswith(f"{outer}." if outer else "")


def _depths_of_blocks(model: nn.Module, names: Sequence[str]) -> dict[str, int]:
    """The number of the block of each parameter in the list of blocks."""
    return {
        name: i
        for i, block in enumerate(_blocks(model))
        for name in names
        if name.startswith(block)
    }


def _blocks(model: nn.Module) -> list[str]:
    """The prefixes of the blocks of the one list that a model has."""
    stacks = [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.ModuleList | nn.Sequential)
        and len(module) > 1
        and len({type(block) for block in module}) == 1
        and next(module.parameters(), None) is not None
    ]
    outer = [s for s in stacks if not any(_is_inside(s, o) for o in stacks if o != s)]
    if len(outer) != 1:
        raise ValueError(
            "groups: model must have one list of equal blocks where layer_decay is given, got "
            f"{short_repr(outer)}; build the groups yourself, with flr.layer_decay for their scales"
        )
    prefix = f"{outer[0]}." if outer[0] else ""
    return [f"{prefix}{i}." for i in range(len(model.get_submodule(outer[0])))]
