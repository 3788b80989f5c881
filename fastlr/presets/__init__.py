"""Presets: the schedules of other frameworks under their own names, one file per framework.

A preset has the framework's name, arguments and defaults. In place of the optimizer it takes
``lr``: the base rate, or an array with one per group. It returns an ordinary schedule, which
broadcasts, composes, saves and plots like any other. Nothing of the framework is imported.
``docs/presets.md`` has a row per preset, with what was compared and the known differences.

>>> import fastlr as flr
>>> flr.presets.torch.StepLR(0.1, step_size=30, gamma=0.5)(60)
0.025
"""

import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastlr.presets import allennlp as allennlp
    from fastlr.presets import axolotl as axolotl
    from fastlr.presets import big_vision as big_vision
    from fastlr.presets import burn as burn
    from fastlr.presets import caffe as caffe
    from fastlr.presets import chainer as chainer
    from fastlr.presets import composer as composer
    from fastlr.presets import darknet as darknet
    from fastlr.presets import deepspeed as deepspeed
    from fastlr.presets import detectron2 as detectron2
    from fastlr.presets import diffusers as diffusers
    from fastlr.presets import dl4j as dl4j
    from fastlr.presets import espnet as espnet
    from fastlr.presets import fairseq as fairseq
    from fastlr.presets import fastai as fastai
    from fastlr.presets import flax as flax
    from fastlr.presets import flux as flux
    from fastlr.presets import fvcore as fvcore
    from fastlr.presets import gpt_neox as gpt_neox
    from fastlr.presets import icefall as icefall
    from fastlr.presets import ignite as ignite
    from fastlr.presets import jax as jax
    from fastlr.presets import keras as keras
    from fastlr.presets import lerobot as lerobot
    from fastlr.presets import levanter as levanter
    from fastlr.presets import lightning as lightning
    from fastlr.presets import litgpt as litgpt
    from fastlr.presets import maxtext as maxtext
    from fastlr.presets import megatron as megatron
    from fastlr.presets import mesh as mesh
    from fastlr.presets import mindspore as mindspore
    from fastlr.presets import mlx as mlx
    from fastlr.presets import mmcv as mmcv
    from fastlr.presets import mmengine as mmengine
    from fastlr.presets import monai as monai
    from fastlr.presets import mxnet as mxnet
    from fastlr.presets import nanogpt as nanogpt
    from fastlr.presets import nanotron as nanotron
    from fastlr.presets import nemo as nemo
    from fastlr.presets import nnunet as nnunet
    from fastlr.presets import olmo_core as olmo_core
    from fastlr.presets import oneflow as oneflow
    from fastlr.presets import opennmt as opennmt
    from fastlr.presets import optax as optax
    from fastlr.presets import paddle as paddle
    from fastlr.presets import papers as papers
    from fastlr.presets import praxis as praxis
    from fastlr.presets import pytorch_optimizer as pytorch_optimizer
    from fastlr.presets import pytorch_warmup as pytorch_warmup
    from fastlr.presets import river as river
    from fastlr.presets import sklearn as sklearn
    from fastlr.presets import speechbrain as speechbrain
    from fastlr.presets import t5x as t5x
    from fastlr.presets import tensor2tensor as tensor2tensor
    from fastlr.presets import tf_keras as tf_keras
    from fastlr.presets import tf_models as tf_models
    from fastlr.presets import thinc as thinc
    from fastlr.presets import timm as timm
    from fastlr.presets import tinygrad as tinygrad
    from fastlr.presets import torch as torch
    from fastlr.presets import torchtitan as torchtitan
    from fastlr.presets import torchtune as torchtune
    from fastlr.presets import transformers as transformers
    from fastlr.presets import trax as trax
    from fastlr.presets import ultralytics as ultralytics
    from fastlr.presets import yolox as yolox

__all__ = ["frameworks", "preset_named"]


def frameworks() -> tuple[str, ...]:
    """Return the names of the frameworks that have presets.

    Returns
    -------
    tuple of str
        The names in alphabetical order, each an attribute of ``fastlr.presets``.

    Examples
    --------
    >>> "torch" in frameworks()
    True
    """
    return tuple(
        sorted(
            module.name
            for module in pkgutil.iter_modules(__path__)
            if not module.name.startswith("_")
        )
    )


def preset_named(where: str, name: str) -> Callable[..., Any]:
    """Return the preset ``framework.Name``, or raise an error that begins with ``where``.

    >>> preset_named("parse", "torch.StepLR")(0.1, step_size=30)
    torch.StepLR(lr=0.1, step_size=30)
    """
    from fastlr.errors import did_you_mean, short_repr

    framework, _, own = name.partition(".")
    if framework not in frameworks():
        raise ValueError(
            f"{where}: {short_repr(framework)} is not a framework with presets"
            f"{did_you_mean(framework, frameworks())}"
        )
    presets: dict[str, Any] = importlib.import_module("fastlr.presets._rules").PRESETS
    known = importlib.import_module(f"fastlr.presets.{framework}").__all__
    if own not in known or name not in presets:
        raise ValueError(
            f"{where}: {short_repr(name)} is not a preset of {framework}{did_you_mean(own, known)}"
        )
    build: Callable[..., Any] = presets[name].build
    return build


if not TYPE_CHECKING:  # a type checker then reports a name that does not exist

    def __getattr__(name: str) -> ModuleType:
        if name not in frameworks():
            from fastlr.errors import did_you_mean

            hint = did_you_mean(name, frameworks())
            raise AttributeError(f"module 'fastlr.presets' has no framework {name!r}{hint}")
        return importlib.import_module(f"fastlr.presets.{name}")


def __dir__() -> list[str]:
    return sorted({*__all__, *frameworks()})
