"""What is refused beyond constructors, by tables: presets, sweeps, descriptions, laws, configs,
runs, the command line.

And how many such inputs there are, here and in the other tables, each with its message."""

import importlib
import math
import shlex
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import fastlr as flr
from fastlr.arguments.rules import short_repr
from fastlr.cli.commands import app
from fastlr.sweeps.toml_files import law_described, sweep_described


def described(**more: object) -> object:
    """A sweep in plain data, something in it changed."""
    return sweep_described({"family": "linear", "steps": 10, **more})


def spaced(init: object) -> object:
    """One whose ``init`` is this."""
    return described(parameters={"init": init, "end": 0.0, "steps": 1})


def drawn(init: object) -> object:
    """One whose ``init`` is drawn from this."""
    return described(
        draw=[{"method": "random", "size": 4, "init": init}], parameters={"end": 0.0, "steps": 1}
    )


NAMES = {
    **{name: getattr(flr, name) for name in (*flr.__all__, "loss_laws", "presets")},
    "flr": flr,
    "np": np,
    "nan": math.nan,
    "inf": math.inf,
    "Path": Path,
    "described": described,
    "drawn": drawn,
    "law": flr.loss_laws.Annealing(2.6, 0.6, 0.45, 0.5, 0.99),
    "law_described": law_described,
    "line": flr.linear(1.0, 0.0, 10),
    "PLATEAU": {
        "mode": "min",
        "factor": 0.1,
        "patience": 3,
        "threshold": 1e-4,
        "threshold_mode": "rel",
        "cooldown": 0,
        "eps": 1e-8,
        "min_lrs": [0.0],
        "num_bad_epochs": 0,
        "last_epoch": 0,
    },
    "STEPPED": {"step_size": 3, "gamma": 0.5, "base_lrs": [0.1, 0.2], "last_epoch": 0},
    "pair": flr.linear([1.0, 2.0], 0.0, 10),
    "rule": flr.Plateau(),
    "spaced": spaced,
    "sweep_described": sweep_described,
    "family": flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20, 30]),
    "vast": flr.sweep("linear", flr.random(2**53, init=flr.Uniform(0.1, 0.2)), end=0.0, steps=10),
}

PRESETS = [
    ("presets.optax.join_schedules({'a': line}, [5])", TypeError, "must be a sequence of at least one Schedule, got dict"),
    ("presets.torch.StepLR(-0.1, 30)", ValueError, "torch.StepLR: lr must be a finite number >= 0, at most 1e290, "
                                                   "got -0.1"),
    ("presets.torch.StepLR(0.1, 0)", ValueError, "torch.StepLR: step_size must be an integer from 1 to 2**53, got 0"),
    ("presets.torch.StepLR(0.1, 30.5)", TypeError, "torch.StepLR: step_size must be an integer from 1 to 2**53, "
                                                   "got float"),
    ("presets.torch.StepLR(0.1, 30, gamma=nan)", ValueError, "torch.StepLR: gamma must be a finite number >= 0, got nan"),
    ("presets.torch.StepLR(0.1)", TypeError, "torch.StepLR: missing argument 'step_size'"),
    ("presets.torch.StepLR(0.1, 30, speed=2)", TypeError, "torch.StepLR: unknown argument 'speed'"),
    ("presets.torch.MultiStepLR(0.1, [30, -1])", ValueError, "torch.MultiStepLR: milestones must be integers from 0 to 2**53,"),
    ("presets.torch.MultiStepLR(0.1, 30)", ValueError, "torch.MultiStepLR: milestones must be integers from 0 to 2**53, a"),
    (
        "presets.torch.MultiStepLR(0.1, [30], gamma=-0.1)",
        ValueError,
        "torch.MultiStepLR: gamma must be a finite number >= 0, got -0.1",
    ),
    ("presets.torch.ConstantLR(0.1, factor=0)", ValueError, "torch.ConstantLR: factor must be above 0, got 0: torch divides"),
    ("presets.torch.ConstantLR(0.1, factor=1.5)", ValueError, "torch.ConstantLR: factor must be a number from 0 to 1, got 1.5"),
    ("presets.torch.LinearLR(0.1, start_factor=0)", ValueError, "torch.LinearLR: start_factor must be above 0, got 0: torch"),
    ("presets.torch.LinearLR(0.1, total_iters=-1)", ValueError, "torch.LinearLR: total_iters must be an integer from 0 to"),
    ("presets.torch.ExponentialLR(0.1, gamma='0.9')", TypeError, "torch.ExponentialLR: gamma must be a finite number >= 0,"),
    ("presets.torch.CosineAnnealingLR(0.1, T_max=0)", ValueError, "torch.CosineAnnealingLR: T_max must be an integer from 1"),
    (
        "presets.torch.CosineAnnealingLR(0.1, T_max=10, eta_min=-1)",
        ValueError,
        "torch.CosineAnnealingLR: eta_min must be a finite number >= 0, at most 1e290, got -1",
    ),
    (
        "presets.torch.CosineAnnealingWarmRestarts(0.1, T_0=0)",
        ValueError,
        "torch.CosineAnnealingWarmRestarts: T_0 must be an integer from 1 to 2**53, got 0",
    ),
    (
        "presets.torch.CosineAnnealingWarmRestarts(0.1, T_0=10, T_mult=0)",
        ValueError,
        "torch.CosineAnnealingWarmRestarts: T_mult must be an integer from 1 to 2**53, got 0",
    ),
    (
        "presets.torch.CyclicLR(0.1, 0.5, step_size_up=0)",
        ValueError,
        "torch.CyclicLR: step_size_up must be a number of steps above 0, at most 2**53, got 0",
    ),
    (
        "presets.torch.CyclicLR(0.1, 0.5, mode='square')",
        ValueError,
        "torch.CyclicLR: mode must be one of 'triangular', 'triangular2', 'exp_range', "
        "got 'square'",
    ),
    (
        "presets.torch.OneCycleLR(0.1, total_steps=100, pct_start=1.5)",
        ValueError,
        "torch.OneCycleLR: pct_start must be a number from 0 to 1, got 1.5",
    ),
    (
        "presets.torch.OneCycleLR(0.1, total_steps=100, anneal_strategy='tanh')",
        ValueError,
        "torch.OneCycleLR: anneal_strategy must be one of 'cos', 'linear', got 'tanh'",
    ),
    ("presets.torch.OneCycleLR(0.1)", ValueError, "torch.OneCycleLR: total_steps, or both epochs and "
                                                  "steps_per_epoch must be"),
    ("presets.torch.LambdaLR(0.1, 0.5, 10)", TypeError, "torch.LambdaLR: lr_lambda must be a function of the step, got float"),
    (
        "presets.torch.LambdaLR(0.1, lambda t: 1.0, 2**40)",
        ValueError,
        "torch.LambdaLR: total_steps must be an integer from 1 to 4,194,304, got 1099511627776",
    ),
    (
        "presets.torch.LambdaLR([0.1, 0.2, 0.3], lambda t: [1.0, 0.5], 10)",
        ValueError,
        "sampled: factors must broadcast with what they multiply, got shapes (3,) and "
        "(2,) at step 0",
    ),
    (
        "presets.torch.MultiplicativeLR(0.1, lambda t: [1.0] * t, 10)",
        ValueError,
        "sampled: factors must broadcast with what they multiply, got shapes (2,) and "
        "(3,) at step 3",
    ),
    (
        "presets.torch.LambdaLR(0.1, lambda t: [1.0] * (1 + t), 10)",
        ValueError,
        "sampled: rates must be of one shape at every step, got (1,), and (2,) at step 1",
    ),
    (
        "presets.keras.LearningRateScheduler(0.1, lambda epoch, rate: [0.1, 0.2], 10)",
        ValueError,
        "keras.LearningRateScheduler: schedule must give a rate, or one for each lane, "
        "of shape (), got shape (2,)",
    ),
    (
        "presets.torch.LambdaLR(0.1, lambda t: -1.0, 10)",
        ValueError,
        "sampled: values must be finite numbers >= 0, at most 1e290, got -0.1 in an array",
    ),
    (
        "presets.torch.MultiplicativeLR(0.1, lambda t: nan, 10)",
        ValueError,
        "sampled: values must be finite numbers >= 0, at most 1e290, got nan in an array",
    ),
    ("presets.torch.SequentialLR([], [])", TypeError, "torch.SequentialLR: schedulers must be a sequence of at least one"),
    ("presets.torch.SequentialLR([line, line], [])", ValueError, "join: parts must be one more than at, got 2 parts and 0"),
    ("presets.torch.PolynomialLR(0.1, power=0)", ValueError, "torch.PolynomialLR: power must be a number above 0, got 0"),
    ("presets.torch.ReduceLROnPlateau(mode='low')", ValueError, "torch.ReduceLROnPlateau: mode must be one of 'min', 'max',"),
    ("presets.torch.ReduceLROnPlateau(patience=-1)", ValueError, "torch.ReduceLROnPlateau: patience must be an integer from 0"),
    (
        "presets.transformers.get_scheduler('cosin', 0.1, 10, 100)",
        ValueError,
        "transformers.get_scheduler: name must be one of 'linear', 'cosine', "
        "'cosine_with_restarts', 'polynomial',",
    ),
    (
        "presets.transformers.get_scheduler('cosine', 0.1, -10, 100)",
        ValueError,
        "transformers.get_scheduler: num_warmup_steps must be an integer from 0 to 2**53, got -10",
    ),
    (
        "presets.transformers.get_scheduler('cosine', 0.1, 10, 100, {'cycles': 2})",
        TypeError,
        "transformers.get_cosine_schedule_with_warmup: unknown argument 'cycles'",
    ),
    ("presets.keras.CosineDecay(0.1, 0)", ValueError, "keras.CosineDecay: decay_steps must be a number of steps above 0, at"),
    ("presets.keras.CosineDecay(0.1, 100, alpha=-1)", ValueError, "keras.CosineDecay: alpha must be a finite number >= 0, got"),
    ("presets.keras.ExponentialDecay(0.1, 0, 0.9)", ValueError, "keras.ExponentialDecay: decay_steps must be a number of"),
    (
        "presets.keras.PiecewiseConstantDecay([10, 5], [0.1, 0.2, 0.3])",
        ValueError,
        "keras.PiecewiseConstantDecay: boundaries must never fall, got [10, 5]",
    ),
    (
        "presets.keras.PiecewiseConstantDecay([10], [0.1])",
        ValueError,
        "keras.PiecewiseConstantDecay: values must be one more than boundaries, got 1 "
        "values and 1 boundaries",
    ),
    ("presets.optax.cosine_decay_schedule(0.1, 0)", ValueError, "optax.cosine_decay_schedule: decay_steps must be an integer"),
    ("presets.optax.cosine_decay_schedule(inf, 10)", ValueError, "optax.cosine_decay_schedule: init_value must be a finite"),
    (
        "presets.optax.piecewise_constant_schedule(0.1, {-5: 0.1})",
        ValueError,
        "optax.piecewise_constant_schedule: boundaries_and_scales must be steps, "
        "integers from 0 to 2**53, got -5",
    ),
    (
        "presets.optax.piecewise_constant_schedule(0.1, [(5, 0.1)])",
        TypeError,
        "optax.piecewise_constant_schedule: boundaries_and_scales must be a mapping "
        "from steps to factors, got list [(5,",
    ),
    (
        "presets.timm.CosineLRScheduler(0.1, t_initial=0)",
        ValueError,
        "timm.CosineLRScheduler: t_initial must be an integer from 1 to 2**53, got 0",
    ),
    (
        "presets.timm.CosineLRScheduler(0.1, 10, cycle_limit=-1)",
        ValueError,
        "timm.CosineLRScheduler: cycle_limit must be an integer from 1 to 2**53, got -1",
    ),
    ("presets.timm.StepLRScheduler(0.1, decay_t=0)", ValueError, "timm.StepLRScheduler: decay_t must be a number of steps"),
    (
        "presets.timm.PolyLRScheduler(0.1, 10, power=-1)",
        ValueError,
        "timm.PolyLRScheduler: power must be a number from 1e-3 to 1e3, got -1",
    ),
    (
        "presets.deepspeed.WarmupLR(0.1, warmup_num_steps=-1)",
        ValueError,
        "deepspeed.WarmupLR: warmup_num_steps must be an integer from 1 to 2**53, got -1",
    ),
    (
        "presets.deepspeed.WarmupLR(0.1, warmup_type='cubic')",
        ValueError,
        "deepspeed.WarmupLR: warmup_type must be one of 'log', 'linear', got 'cubic'",
    ),
    (
        "presets.megatron.OptimizerParamScheduler(0.0, 0.1, 0.2, 10, 100, 'cosine')",
        ValueError,
        "megatron.OptimizerParamScheduler: min_lr must be at most max_lr, got "
        "min_lr=0.2, max_lr=0.1",
    ),
    (
        "presets.megatron.OptimizerParamScheduler(0.0, 0.1, 0.0, 10, 100, 'sine')",
        ValueError,
        "megatron.OptimizerParamScheduler: lr_decay_style must be one of 'constant', "
        "'linear', 'cosine',",
    ),
    (
        "presets.megatron.OptimizerParamScheduler(0.0, 0.1, 0.0, 100, 10, 'cosine')",
        ValueError,
        "megatron.OptimizerParamScheduler: lr_warmup_steps must be below "
        "lr_decay_steps, got 100 and 10",
    ),
    ("presets.fastai.fit_sgdr(2**40, 1, 0.1, 10)", ValueError, "fastai.fit_sgdr: n_cycles must be an integer from 1 to"),
    ("presets.fastai.fit_one_cycle(1, 0.1, 0)", ValueError, "fastai.fit_one_cycle: n_iter must be an integer from 1 to 2**53,"),
    (
        "presets.allennlp.CosineHardRestartsWithWarmupLearningRateScheduler(0.1, 0, 2**50, 2**40)",
        ValueError,
        "allennlp.CosineHardRestartsWithWarmupLearningRateScheduler: num_cycles must be "
        "an integer from 1 to 10,000, got",
    ),
    (
        "presets.fvcore.StepWithFixedGammaParamScheduler(0.1, 2**40, 0.5, 10, max_iter=10)",
        ValueError,
        "fvcore.StepWithFixedGammaParamScheduler: num_decays must be an integer from 1 "
        "to 10,000, got 1099511627776",
    ),
    (
        "presets.fvcore.StepParamScheduler([], 10, max_iter=10)",
        ValueError,
        "fvcore.StepParamScheduler: num_updates must be a number above 0, at least one, got []",
    ),
    (
        "presets.detectron2.build_lr_scheduler(0.1, STEPS=[20, 10], MAX_ITER=90)",
        ValueError,
        "detectron2.build_lr_scheduler: STEPS must rise from above 0 to below MAX_ITER, "
        "got [20, 10]",
    ),
    (
        "presets.detectron2.build_lr_scheduler(0.1, MAX_ITER=90, LR_SCHEDULER_NAME='WarmupSineLR')",
        ValueError,
        "detectron2.build_lr_scheduler: LR_SCHEDULER_NAME must be one of "
        "'WarmupMultiStepLR', 'WarmupCosineLR',",
    ),
    ("presets.flux.Sin(0.1, 0.2, 2**40)", ValueError, "sampled: a table that is looked up must have at most "
                                                      "4,194,304 values,"),
    ("presets.flux.TriangleExp(0.1, 0.2, 10, -0.5)", ValueError, "flux.TriangleExp: decay must be a finite number >= 0, got"),
    (
        "presets.mmcv.CyclicLrUpdaterHook(0.1, max_progress=10, cyclic_times=20)",
        ValueError,
        "mmcv.CyclicLrUpdaterHook: cyclic_times must be at most max_progress, 10, got 20",
    ),
    (
        "presets.tf_models.PowerDecayWithOffset(0.1, power=inf)",
        ValueError,
        "tf_models.PowerDecayWithOffset: power must be a finite number, got inf",
    ),
    ("presets.nanogpt.get_lr(0.1, 0.2, -1, 10)", TypeError, "nanogpt.get_lr: warmup_iters must be an integer from 0 to 2**53,"),
    (
        "presets.t5x.create_learning_rate_scheduler('constant * spline')",
        ValueError,
        "t5x.create_learning_rate_scheduler: factors must be one of 'constant', "
        "'linear_warmup', 'linear_decay',",
    ),
]  # fmt: skip

SWEEPS = [
    ("family.table(3, out='a\\0.npy')", ValueError, "table: out must be a path that can be, got 'a\\x00.npy' ("),
    ("family.table(3, out='\\ud800.zarr')", ValueError, "table: out must be a path that can be, got '\\ud800.zarr' ('utf-8'"),
    (
        "sweep('lineer', init=[0.1], end=0.0, steps=10)",
        ValueError,
        "sweep: family must be a constructor, a preset or an expression, got 'lineer'; "
        "did you mean 'linear'?",
    ),
    (
        "sweep('torch.StepLRR', lr=[0.1], step_size=10)",
        ValueError,
        "sweep: family must be a constructor, a preset or an expression, got "
        "'torch.StepLRR'; did you mean 'torch.StepLR' or",
    ),
    ("sweep(3, init=[0.1])", TypeError, "sweep: family must be a constructor, a preset, its name or an "
                                        "expression, got 3"),
    ("sweep('linear')", ValueError, "sweep: linear must be given 'init', 'end', 'steps', got none"),
    ("sweep('linear', init=[0.1], end=0.0)", ValueError, "sweep: linear must be given 'steps', got 'init', 'end'"),
    ("sweep('linear', init=[0.1], end=0.0, steps=10, power=2)", ValueError, "sweep: linear has no parameter 'power'"),
    ("sweep('linear', init=[], end=0.0, steps=10)", ValueError, "sweep: init must be a list of at least one number or word,"),
    (
        "sweep('linear', init=[0.1, -0.1], end=0.0, steps=10)",
        ValueError,
        "sweep: place 1: linear: init must be a finite number >= 0, at most 1e290, got -0.1",
    ),
    (
        "sweep('linear', init=[[0.1], [0.1, 0.2]], end=0.0, steps=10)",
        ValueError,
        "sweep: init must be values of one form, got rows of unequal length: [[0.1], [0.1, 0.2]]",
    ),
    (
        "sweep('linear', init={'a': 0.1}, end=0.0, steps=10)",
        TypeError,
        "sweep: place 0: linear: init must be a finite number >= 0, at most 1e290, got "
        "dict {'a': 0.1}",
    ),
    (
        "sweep('linear', init=[None, 0.1], end=0.0, steps=10)",
        ValueError,
        "sweep: init must be a list of at least one number or word, got [None, 0.1]",
    ),
    (
        "sweep('linear', zipped(init=[0.1]), init=[0.1], end=0.0, steps=10)",
        ValueError,
        "sweep: each parameter must be given once, got 'init' twice",
    ),
    (
        "sweep('linear(peak, 0.0, steps', peak=[0.1], steps=10)",
        ValueError,
        "parse: text must be one expression, got 'linear(peak, 0.0, steps' ('(' was never closed)",
    ),
    ("sweep('linear(peak, 0.0, steps)', peak=[0.1])", ValueError, "sweep: linear(peak, 0.0, steps) must be given 'steps', got"),
    (
        "sweep('linear(peak, 0.0, 10)', peak=[0.1, nan])",
        ValueError,
        "sweep: place 1: linear: init must be a finite number >= 0, at most 1e290, got nan",
    ),
    ("sweep(lambda init: 0.5, init=[0.1])", TypeError, "sweep: place 0: what the family makes must be a Schedule, got float"),
    (
        "sweep(lambda init: flr.constant(0.5), init=[0.1])[:]",
        ValueError,
        "sweep: place 0: the family must make one schedule for each of 1, got batch shape ()",
    ),
    (
        "sweep('linear', random(2**53, init=Uniform(0.1, 0.2)), end=0.0, steps=range(1, 2**50))",
        ValueError,
        "sweep: there must be at most 2**62 schedules, got axes of (9007199254740992, "
        "1125899906842623)",
    ),
    ("zipped()", ValueError, "zipped: parameters must have values, as many each, got {} of them"),
    ("zipped(init=[0.1, 0.2], steps=[1])", ValueError, "zipped: parameters must have values, as many each, got {'init': 2,"),
    ("zipped(init=0.1)", ValueError, "zipped: init must be a list of at least one number or word, got 0.1"),
    ("zipped(init=['a', None])", ValueError, "zipped: init must be a list of at least one number or word, "
                                             "got ['a', None]"),
    ("random(0, init=Uniform(0.1, 0.2))", ValueError, "random: size must be an integer from 1 to 9007199254740992, got 0"),
    ("random(2**53 + 1, init=Uniform(0.1, 0.2))", ValueError, "random: size must be an integer from 1 to 9007199254740992,"),
    ("random(10**400, init=Uniform(0.1, 0.2))", ValueError, "random: size must be an integer from 1 to 9007199254740992, got"),
    ("random(1.0, init=Uniform(0.1, 0.2))", ValueError, "random: size must be an integer from 1 to 9007199254740992, got 1.0"),
    ("random(True, init=Uniform(0.1, 0.2))", ValueError, "random: size must be an integer from 1 to 9007199254740992, got"),
    ("random(4, seed=-1, init=Uniform(0.1, 0.2))", ValueError, "random: seed must be an integer from 0 to 9007199254740992,"),
    ("random(4, seed='a', init=Uniform(0.1, 0.2))", ValueError, "random: seed must be an integer from 0 to 9007199254740992,"),
    ("random(4)", ValueError, "random: at least one parameter must be drawn, got none"),
    ("random(4, init=(0.1, 0.2))", TypeError, "random: init must be a Uniform, LogUniform, Integers or "
                                              "Choice, got (0.1, 0.2)"),
    ("sobol(2**40, init=Uniform(0.1, 0.2))", ValueError, "sobol: size must be an integer from 1 to 4294967296, got"),
    (
        "latin_hypercube(2**25, init=Uniform(0.1, 0.2))",
        ValueError,
        "latin_hypercube: size must be an integer from 1 to 16777216, got 33554432",
    ),
    ("Uniform(1.0, 0.5)", ValueError, "Uniform: low and high must be finite numbers, low first, got "
                                      "1.0 and 0.5"),
    ("Uniform(nan, 1.0)", ValueError, "Uniform: low and high must be finite numbers, low first, got "
                                      "nan and 1.0"),
    ("Uniform(-1.7e308, 1.7e308)", ValueError, "Uniform: low and high must be at most 8.988465674311579e+307 "
                                               "from 0, got"),
    ("Uniform(0, 10**400)", ValueError, "Uniform: low and high must be at most 8.988465674311579e+307 "
                                        "from 0, got 0 and"),
    ("Uniform(True, 2)", ValueError, "Uniform: low and high must be finite numbers, low first, got "
                                     "True and 2"),
    ("LogUniform(0.0, 1.0)", ValueError, "LogUniform: low must be above 0, got 0.0"),
    ("LogUniform(0.1, inf)", ValueError, "LogUniform: low and high must be finite numbers, low first, "
                                         "got 0.1 and inf"),
    ("Integers(1, 2.5)", TypeError, "Integers: low and high must be integers, got 1 and 2.5"),
    ("Integers(0, 2**60)", ValueError, "Integers: low and high must be from -2**52 to 2**52, got 0 and "
                                       "1152921504606846976"),
    ("Choice()", ValueError, "Choice: options must be numbers or words, at least one, got []"),
    ("Choice([1, 2])", ValueError, "Choice: options must be numbers or words, at least one, got [[1, 2]]"),
    ("family[6]", IndexError, "index 6 is out of range for a sweep of 6 schedules"),
    ("family[-7]", IndexError, "index -7 is out of range for a sweep of 6 schedules"),
    ("family[10**400]", IndexError, "index 100000000000000000000000000000"),
    ("family[1.0]", TypeError, "a sweep is indexed by an integer, a slice or a list of "
                               "integers, got 1.0"),
    ("family['init']", TypeError, "a sweep is indexed by an integer, a slice or a list of "
                                  "integers, got 'init'"),
    ("family[[0, 6]]", IndexError, "index [0, 6] is out of range for a sweep of 6 schedules"),
    ("family[[[0]]]", TypeError, "a sweep is indexed by an integer, a slice or a list of "
                                 "integers, got [[0]]"),
    ("family[3:3]", IndexError, "a sweep gives at least one schedule, got an empty slice"),
    ("family[::0]", ValueError, "a sweep is indexed by an integer, a slice or a list of "
                                "integers, got slice(None, None, 0)"),
    ("family['a':'b']", TypeError, "a sweep is indexed by an integer, a slice or a list of "
                                   "integers, got slice('a', 'b',"),
    ("family[np.array([0.5])]", TypeError, "a sweep is indexed by an integer, a slice or a list of "
                                           "integers, got [0.5]"),
    ("family[[1, [2, 3]]]", ValueError, "a sweep is indexed by an integer, a slice or a list of "
                                        "integers, got rows of unequal"),
    ("vast[:]", ValueError, "sweep: places: a result of shape (9007199254740992, 16) must "
                            "fit into memory"),
    ("vast[2**53]", IndexError, "index 9007199254740992 is out of range for a sweep of "
                                "9007199254740992 schedules"),
    ("vast.table(10**9)", ValueError, "table: a result of shape (9007199254740992, 1000000000) must "
                                      "fit into memory"),
    ("family.table(-1)", ValueError, "table: start and stop must be at least 0, got start=0, stop=-1"),
    ("family.table(10, dtype='f2')", TypeError, "table: dtype must be float64 or float32, got float16"),
    ("family.table(10, out='rates.csv')", ValueError, "table: out must end in .npy or .zarr, got 'rates.csv'"),
    ("family.table(10, out=3)", TypeError, "table: out must be an array, a path or a zarr store, got int 3"),
    ("family.table(10, memory=1)", ValueError, "table: memory must be at least 2**20 bytes, got 1"),
    ("family.table(10, threads=0)", ValueError, "table: threads must be at least 1, got 0"),
    ("family.table(10, progress='yes')", TypeError, "table: progress must be True or False, got str 'yes'"),
    ("family.reduce('peak', 10)", ValueError, "reduce: names must be of sum, mean, max, min, argmax, argmin, "
                                              "total_variation,"),
    ("family.reduce(['sum', 'area'], 10)", ValueError, "reduce: names must be of sum, mean, max, min, argmax, argmin,"),
    ("family.reduce('sum', -1)", ValueError, "sum: stop must be an integer from 0 to 2**53, got -1"),
    ("family.reduce('first_below', 10)", ValueError, "reduce: rate must be given for first_below, got None"),
    ("rank(law, family, 0)", ValueError, "rank: steps must be an integer from 1 to 2**53, got 0"),
    ("rank(law, family, 10, k=0)", ValueError, "rank: k must be an integer from 1 to 2**53, got 0"),
    ("rank(3, family, 10)", TypeError, "rank: law must have the methods final and curve, got int 3"),
    ("rank(law, line, 10)", TypeError, "rank: sweep must be a Sweep, got Schedule linear(init=1.0, "
                                       "end=0.0, steps=10)"),
    ("rank(law, family, 10, peak=-1)", ValueError, "rank: peak must be a number from 1e-18 to 1e18, got -1"),
    ("rank(law, family, 10, floor=1.0)", ValueError, "rank: some schedule must keep to the limits, peak=None, "
                                                     "floor=1.0; got"),
]  # fmt: skip

LAWS = [
    ("loss_laws.Annealing(2.6, 0.6, 0.45, 0.5, 1.5)", ValueError, "Annealing: decay must be a number from 0 up to, not including,"),
    ("loss_laws.Annealing(nan, 0.6, 0.45, 0.5, 0.99)", ValueError, "Annealing: L0 must be a finite number >= 0, at most 1e290, got"),
    ("loss_laws.Annealing(2.6, -0.6, 0.45, 0.5, 0.99)", ValueError, "Annealing: A must be a finite number >= 0, at most 1e290, got"),
    (
        "loss_laws.Annealing(2.6, 0.6, [0.45, 0.5], 0.5, 0.99)",
        TypeError,
        "Annealing: alpha must be a single number, got list [0.45, 0.5]",
    ),
    ("loss_laws.Annealing(2.6, 0.6, 11.0, 0.5, 0.99)", ValueError, "Annealing: alpha must be a number from 0 to 10, got 11.0"),
    (
        "loss_laws.MultiPower(2.65, 0.6, 0.45, 438.0, 2.13, 0.6, '0.655')",
        TypeError,
        "MultiPower: gamma must be a number from 0 to 10, got str '0.655'",
    ),
    (
        "loss_laws.MultiPower(2.65, 0.6, 0.45, 438.0, inf, 0.6, 0.655)",
        ValueError,
        "MultiPower: C must be a number from 1e-18 to 1e18, got inf",
    ),
    (
        "loss_laws.MultiPower(2.65, 0.6, 0.45, 438.0, 2.13, 0.0, 0.655)",
        ValueError,
        "MultiPower: beta must be a number from 1e-3 to 10, got 0.0",
    ),
    (
        "loss_laws.MultiPower(10**400, 0.6, 0.45, 438.0, 2.13, 0.6, 0.655)",
        ValueError,
        "MultiPower: L0 must be a finite number >= 0, at most 1e290, got an integer "
        "beyond 64 bits:",
    ),
    ("law.final(line, 0)", ValueError, "final: steps must be an integer from 1 to 2**53, got 0"),
    ("law.final(line, 2.5)", TypeError, "final: steps must be an integer from 1 to 2**53, got float 2.5"),
    ("law.final(line, 2**54)", ValueError, "final: steps must be an integer from 1 to 2**53, got "
                                           "18014398509481984"),
    ("law.final([0.1, -0.1], 2)", ValueError, "final: rates must be finite numbers >= 0, at most 1e290, got "
                                              "-0.1 in an array"),
    ("law.final([0.1, nan], 2)", ValueError, "final: rates must be finite numbers >= 0, at most 1e290, got "
                                             "nan in an array"),
    ("law.final([0.1, 0.2], 3)", ValueError, "final: steps must be at most the 2 that there are rates for, got 3"),
    ("law.final('line', 3)", TypeError, "final: rates must be a Schedule or an array of rates, got str 'line'"),
    ("law.final(line, 10, threads=0)", ValueError, "final: threads must be at least 1, got 0"),
    ("law.curve(line, [-1])", ValueError, "curve: steps must be an integer, how many steps there are, or "
                                          "a sequence of steps"),
    ("law.curve(line, [3, 2.5])", TypeError, "curve: steps must be an integer, how many steps there are, or "
                                             "a sequence of"),
    ("law.curve(line, 'all')", TypeError, "curve: steps must be an integer, how many steps there are, or "
                                          "a sequence of steps"),
    ("loss_laws.fit(3, [])", TypeError, "fit: family must be MultiPower or Annealing, got 3"),
    ("loss_laws.fit(loss_laws.Annealing, [])", TypeError, "fit: curves must be a sequence of (rates, steps, losses), "
                                                          "got list []"),
    (
        "loss_laws.fit(loss_laws.Annealing, [(line, [1, 2], [3.0])])",
        ValueError,
        "fit: curves[0]: losses must be a sequence of at least two losses, got an array "
        "of shape (1,)",
    ),
    (
        "loss_laws.fit(loss_laws.Annealing, [(line, [2, 1], [3.0, 2.0])])",
        ValueError,
        "fit: curves[0]: steps must rise strictly, got 1 after 2",
    ),
    (
        "loss_laws.fit(loss_laws.Annealing, [(line, [1, 2], [3.0, nan])])",
        ValueError,
        "fit: curves[0]: losses must be finite numbers >= 0, at most 1e290, got nan in an array",
    ),
    (
        "law_described({'law': ['Annealing']}, Path('.'))",
        ValueError,
        "law: law must be one of 'MultiPower', 'Annealing', got ['Annealing']",
    ),
    (
        "law_described({'law': 'Annealing', 'constants': 5}, Path('.'))",
        TypeError,
        "law: Annealing must be a table of keys and values, got int 5",
    ),
    (
        "law_described({'law': 'Annealing', 'curve': [5]}, Path('.'))",
        TypeError,
        "law: curve must be tables, [[curve]], got list [5]",
    ),
    (
        "law_described({'law': 'Annealing', 'curve': [{'file': 'a', 'schedule': 'b', "
        "'before': 1.5}]}, Path('.'))",
        TypeError,
        "law: curve: before must be an integer, got float 1.5",
    ),
    ("law_described(5, Path('.'))", TypeError, "law must be a table of keys and values, got int 5"),
]  # fmt: skip

RUNS = [
    ("resume({**checkpoint(line, 5), 'fingerprint': [1, 2]})", ValueError, "must have the fingerprint saved with it, [1, 2]"),
    ("constant(range(2**40))", ValueError, "constant: value must be a finite number >= 0, at most 1e290, "
                                           "got what no array"),
    ("rule.init(shape=10**400)", ValueError, "init: shape must be a tuple of integers above 0, at most 2**53, got"),
    ("rule.init(shape=2**60)", ValueError, "init: shape must be a tuple of integers above 0, at most 2**53, got"),
    ("rule.init(shape=(2, 0))", ValueError, "init: shape must be a tuple of integers above 0, at most "
                                            "2**53, got (2, 0)"),
    ("rule.init(shape='a')", ValueError, "init: shape must be a tuple of integers above 0, at most "
                                         "2**53, got 'a'"),
    ("Plateau(precision='single', floor=1e60)", ValueError, "Plateau: floor must be at most 3.4028234663852886e+38 where"),
    ("Plateau(precision='single', atol=1e39)", ValueError, "Plateau: atol must be at most 3.4028234663852886e+38 where"),
    ("Plateau(convention='keras', floor=1e39)", ValueError, "Plateau: floor must be at most 3.4028234663852886e+38 where"),
    ("Plateau(precision='single', eps=1e39)", ValueError, "Plateau: eps must be at most 3.4028234663852886e+38 where"),
    ("Plateau(precision='single').init(scale=1e39)", ValueError, "init: scale must be at most 3.4028234663852886e+38 where"),
    (
        "rule.realised(line, [1.0, 0.5], init=[1.0, 2.0])",
        ValueError,
        "realised: init must be of the lanes of scales, (), got (2,)",
    ),
    ("rule.realised(line, [1.0, nan])", ValueError, "realised: scales must be numbers from 0 to 1e290, one row an "
                                                    "update, got"),
    ("rule.realised(line, [1.0], every=0)", ValueError, "realised: every must be an integer from 1 to 2**53, got 0"),
    ("rule.replay([[1.0], [1.0, 2.0]])", ValueError, "replay: metrics must be an array of numbers, one row an update, got"),
    ("rule.replay(None)", TypeError, "replay: metrics must be an array of numbers, one row an "
                                     "update, got NoneType None"),
    ("rule.update(rule.init(), [1.0, 2.0])", ValueError, "update: metric must broadcast to the lanes, (), got (2,)"),
    ("rule.update(rule.init(), nan)", ValueError, "update: metric must not be NaN where nan='raise', got 1 of 1"),
    ("rule.update(None, 1.0)", TypeError, "update: state must be a PlateauState, a tuple of scale, best, "
                                          "bad, cool, mean,"),
    ("verify_resume(line, 5, [[1.0], [1.0, 2.0]])", ValueError, "verify_resume: observed must be a rate for each lane, of"),
    ("verify_resume(line, 5, None)", TypeError, "verify_resume: observed must be a rate for each lane, of shape "
                                                "(), got None"),
    ("verify_resume(line, 5, 'a')", TypeError, "verify_resume: observed must be a rate for each lane, of shape "
                                               "(), got 'a'"),
    ("verify_resume(line, -5, 0.5)", ValueError, "verify_resume: step must be an integer from 0 to 2**53, got -5"),
    ("verify_resume(line, 5, 0.5, tolerance=1.0)", ValueError, "verify_resume: tolerance must be a number from 0 up to, not"),
    ("verify_resume(0.5, 5, 0.5)", TypeError, "verify_resume: plan must be a Schedule, got float 0.5"),
    ("verify_resume(line, 10**400, 0.5)", ValueError, "verify_resume: step must be an integer from 0 to 2**53, got "
                                                      "an integer"),
    (
        "resume({'resume': [1, 2], 'step': 0, 'fingerprint': '', 'plan': {}})",
        ValueError,
        "resume: saved must have version 1 of the format, got [1, 2]",
    ),
    (
        "resume({'resume': 1, 'step': 0, 'fingerprint': '', 'plan': {}})",
        ValueError,
        "from_spec: spec must have the keys 'fastlr' and 'schedule', got []",
    ),
    (
        "resume({'resume': 1, 'step': 0, 'fingerprint': '', 'plan': line.to_spec()})",
        ValueError,
        "resume: the plan must have the fingerprint saved with it, '', got",
    ),
    ("resume({**checkpoint(line, 5), 'step': -1})", ValueError, "resume: step must be an integer from 0 to 2**53, got -1"),
    ("resume({**checkpoint(line, 5), 'step': 1.5})", TypeError, "resume: step must be an integer from 0 to 2**53, got float"),
    ("resume({**checkpoint(line, 5), 'more': 1})", ValueError, "resume: saved must be what checkpoint(plan, step) gave, got"),
    ("resume(checkpoint(line, 5), 3)", TypeError, "resume: plan must be a Schedule, got int 3"),
    ("resume(checkpoint(line, 5), line, wins='both')", ValueError, "resume: wins must be one of 'saved', 'new', got 'both'"),
    ("compare(line, np.float64(3.0))", TypeError, "compare: peer must be a schedule, a function of the step, "
                                                  "rates, or a"),
    ("compare(line, [])", ValueError, "compare: peer must be finite numbers >= 0, at most 1e290, at "
                                      "least one, got []"),
    ("compare(line, [0.1, nan])", ValueError, "compare: peer must be finite numbers >= 0, at most 1e290, got "
                                              "nan in an array"),
    ("compare(line, [[0.1], [0.1, 0.2]])", ValueError, "compare: peer must be finite numbers >= 0, at most 1e290, "
                                                       "got rows of"),
    ("compare(line, lambda t: nan, 5)", ValueError, "compare: peer must give finite rates, got nan at step 0"),
    ("compare(line, 'torch')", TypeError, "compare: peer must be a schedule, a function of the step, "
                                          "rates, or a scheduler"),
    ("compare(line, line, -5)", ValueError, "compare: steps must be an integer from 1 to 2**53, got -5"),
    ("compare(line, line, 5, tolerance=2)", ValueError, "compare: tolerance must be a factor from 0 to 1, got 2"),
    ("identify([0.1])", ValueError, "identify: rates must be those of one run, at least two, got an "
                                    "array of shape (1,)"),
    ("identify([0.1, nan])", ValueError, "identify: rates must be finite numbers >= 0, at most 1e290, "
                                         "got nan in an array"),
    ("identify([[0.1, 0.2], [0.1, 0.2]])", ValueError, "identify: rates must be those of one run, at least two, got an array"),
    ("identify([0.1, 0.2], every=0)", ValueError, "identify: every must be an integer from 1 to 2**53, got 0"),
    ("identify('log')", TypeError, "identify: rates must be finite numbers >= 0, at most 1e290, "
                                   "got str 'log'"),
    ("parse('constant(x)', x=[1, [2, 3]])", ValueError, "parse: x must be a number, a word or an array of them, got rows of"),
    ("parse('constant(x)', x=None)", TypeError, "constant: value must be given, got None"),
    ("parse('constant(x / 0)', x=1)", ValueError, "parse: numbers must stay finite, at most 2**53, got 'x / 0' "
                                                  "beyond it"),
    (
        "line.cooldown(5, 5, shape='polynomial', power=[[1.0, -1.0]])",
        ValueError,
        "cooldown: power must be a number from 1e-3 to 1e3, got -1.0 in an array",
    ),
    ("constant(1e290) * constant(1e-290) * 1e20", ValueError, "scale: the parts of a schedule must stay finite too, at most"),
    ("constant(1e290).minimum(1.0) * 1e20", ValueError, "scale: the parts of a schedule must stay finite too, at most 1e300,"),
    ("constant(range(2**62))", ValueError, "constant: value must be a finite number >= 0, at most 1e290, "
                                           "got what no array"),
    ("pair.each([1, 2, 3])", ValueError, "each: t must broadcast to batch shape (2,), got (3,)"),
    ("pair.each([[1], [2]])", ValueError, "each: t must broadcast to batch shape (2,), got (2, 1)"),
    ("line.each([1])", ValueError, "each: t must broadcast to batch shape (), got (1,)"),
    ("pair[np.array(1.5)]", TypeError, "a schedule is indexed by integers or names, or a list of them, "
                                       "got float 1.5"),
]  # fmt: skip

DESCRIBED = [
    ("spaced({'from': 1, 'to': 10**300, 'count': 3, 'scale': 'log'})", ValueError, "sweep: init: integers must be from -2**53"),
    ("sweep_described(5)", TypeError, "sweep must be a table of keys and values, got int 5"),
    (
        "spaced({'from': 0.1, 'to': 1.0, 'count': 10**400})",
        ValueError,
        "sweep: init: from and to must be numbers, count an integer from 1, got "
        "{'from': 0.1, 'to': 1.0, 'count':",
    ),
    (
        "spaced({'from': 0.1, 'to': 1.0, 'count': 2**53})",
        ValueError,
        "sweep: init: a result of shape (9007199254740992,) must fit into memory",
    ),
    (
        "spaced({'from': 10**400, 'to': 1.0, 'count': 3})",
        ValueError,
        "sweep: init: from and to must be numbers, count an integer from 1, got "
        "{'from': 100000000000000000000000000000",
    ),
    ("spaced({'from': nan, 'to': 1.0, 'count': 3})", ValueError, "sweep: init: from and to must be numbers, count an integer"),
    (
        "spaced({'from': 1, 'to': 2, 'count': 3, 'scale': ['log']})",
        ValueError,
        "sweep: init: scale must be one of 'linear', 'log', got ['log']",
    ),
    ("spaced({'from': 0, 'to': 2**60, 'count': 3})", ValueError, "sweep: init: integers must be from -2**53 to 2**53, got (0,"),
    ("spaced({'from': 1, 'to': 2, 'count': True})", ValueError, "sweep: init: from and to must be numbers, count an integer"),
    (
        "sweep_described({'family': ['linear'], 'steps': 10})",
        TypeError,
        "sweep: family must be a constructor, a preset, its name or an expression, got ['linear']",
    ),
    ("sweep_described({'family': 'linear', 'steps': True})", ValueError, "sweep: steps must be an integer from 1, got True"),
    (
        "described(**{'draw': [{'method': ['sobol'], 'size': 4}]})",
        ValueError,
        "sweep: draw: method must be one of 'random', 'latin_hypercube', 'sobol', got ['sobol']",
    ),
    ("described(**{'draw': [5]})", TypeError, "sweep: draw must be tables, [[draw]], got list [5]"),
    ("described(**{'zip': {'init': [1.0]}})", TypeError, "sweep: zip must be tables, [[zip]], got dict {'init': [1.0]}"),
    ("drawn({'uniform': [0.1, 10**400]})", ValueError, "Uniform: low and high must be at most 8.988465674311579e+307 from 0,"),
    ("drawn({'integers': [0, 2**53]})", ValueError, "Integers: low and high must be from -2**52 to 2**52, got 0 and"),
    ("drawn({'choice': []})", ValueError, "Choice: options must be numbers or words, at least one, got []"),
]  # fmt: skip

CONFIGS = [
    ("from_config({'SOLVER': {'BASE_LR': 0.02, 'MAX_ITER': 9, 'STEPS': "
     "[1.5]}})", ValueError, "STEPS must be a list of integers"),
    ("from_config({'SOLVER': {'BASE_LR': 0.1, 'MAX_ITER': 9, 'STEPS': 5}})", ValueError, "STEPS must be a list of numbers"),
    (
        "from_config({'SOLVER': {'BASE_LR': 0.02, 'MAX_ITER': 9, 'STEPS': [], "
        "'RESCALE_INTERVAL': 1}})",
        ValueError,
        "RESCALE_INTERVAL must be true or false, got 1",
    ),
    ("from_config({'lr_scheduler_type': 'linear', 'learning_rate': 1e-3, "
     "'max_steps': 9.5})", ValueError, "must be an integer"),
    ("from_config({'_schedulers': [], '_milestones': [], 'last_epoch': 0})", ValueError, "must be a list of at least one"),
    ("from_config({'_schedulers': [3], '_milestones': [], "
     "'last_epoch': 0})", ValueError, "[0] must be a mapping, got 3"),
    (
        "from_config({'_schedulers': [PLATEAU, STEPPED], '_milestones': [5], 'last_epoch': 0})",
        ValueError,
        "no scheduler may be a ReduceLROnPlateau, which is a rule and no schedule",
    ),
    ("from_config(STEPPED, optimizer=3)", ValueError, "optimizer must be a state_dict with param_groups, got 3"),
    ("from_config({**STEPPED, '_last_lr': [0.1]})", ValueError, "groups must be as many everywhere, got 2 base_lrs,"),
    ("from_config({**STEPPED, 'last_epoch': -2})", ValueError, "last_epoch must be at least -1, got -2"),
    ("from_config({'milestones': {3: 2000}, 'gamma': 0.1, 'base_lrs': [0.1], "
     "'last_epoch': 0})", ValueError, "from 0 to 1,000"),
    ("from_config({'last_epoch': 0})", ValueError, "the keys must be those of a torch scheduler's state, got "
                                                   "['last_epoch']"),
    ("from_config({**STEPPED, 'base_lrs': None})", ValueError, "base_lrs must be given"),
    ("step_at([1, 0.5], 10)", TypeError, "step_at: where must be all steps or all fractions, got [1, 0.5]"),
    ("Plateau(mode=np.array([], 'U3'))", ValueError, "Plateau: mode must be one of 'min', 'max', or an array of "
                                                     "them, at least"),
    ("resume(checkpoint(line, 3), wins='new')", TypeError, "resume: plan must be given where wins='new', got None"),
    ("parse('linear([a, b], 0.0, 10)', a=np.ones(2), b=np.ones(3))", ValueError, "parse: the items of a list must broadcast"),
    ("from_config('a\\0b')", ValueError, "from_config: config must be a path that can be, got 'a\\x00b' "
                                         "(embedded null"),
    ("from_config('\\ud800')", ValueError, "from_config: config must be a path that can be, got '\\ud800' "
                                           "('utf-8' codec"),
    ("from_config(5)", TypeError, "from_config: config must be a path, a mapping, a command's "
                                  "arguments or a torch scheduler,"),
    ("from_config(None)", TypeError, "from_config: config must be a path, a mapping, a command's "
                                     "arguments or a torch"),
    ("from_config([])", TypeError, "from_config: config must be a path, a mapping, a command's "
                                   "arguments or a torch"),
    ("from_config({})", ValueError, "from_config: the keys must be those of deepspeed, detectron2, "
                                    "keras, megatron, timm,"),
    ("from_config({'x': 1})", ValueError, "from_config: the keys must be those of deepspeed, detectron2, "
                                          "keras, megatron,"),
    (
        "from_config({'lr_scheduler_type': 'linear'}, 'tensorflow')",
        ValueError,
        "from_config: framework must be one of deepspeed, detectron2, keras, megatron, "
        "timm, torch, transformers, got",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear', 'learning_rate': 10**400, 'max_steps': 10})",
        ValueError,
        "from_config: learning_rate must be a number, got 100000000000000000000000000000",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear', 'learning_rate': 1e-3, 'max_steps': 10**400})",
        ValueError,
        "from_config: max_steps must be a number, got 100000000000000000000000000000",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear', 'learning_rate': 1e-3, 'max_steps': 1e300})",
        ValueError,
        "from_config: transformers.get_scheduler: num_training_steps must be an integer "
        "from 0 to 2**53, got an integer",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear', 'learning_rate': 1e-3, "
        "'max_steps': 10, 'warmup_ratio': 10**400})",
        ValueError,
        "from_config: warmup_ratio must be a number, got 100000000000000000000000000000",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear', 'learning_rate': 1e-3, "
        "'max_steps': 10, 'warmup_steps': -1})",
        ValueError,
        "from_config: transformers.get_scheduler: num_warmup_steps must be an integer "
        "from 0 to 2**53, got -10",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear', 'learning_rate': [1e-3], 'max_steps': 10})",
        ValueError,
        "from_config: learning_rate must be a number, got [0.001]",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear', 'learning_rate': 'fast', 'max_steps': 10})",
        ValueError,
        "from_config: learning_rate must be a number, got 'fast'",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear', 'learning_rate': True, 'max_steps': 10})",
        ValueError,
        "from_config: learning_rate must be a number, got True",
    ),
    (
        "from_config({'lr_scheduler_type': ['linear'], 'learning_rate': 1e-3, 'max_steps': 10})",
        ValueError,
        "from_config: lr_scheduler_type must be one of 'linear', 'cosine', "
        "'cosine_with_restarts', 'polynomial', 'constant',",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear', 'lr_scheduler_kwargs': 5, 'max_steps': 10})",
        ValueError,
        "from_config: lr_scheduler_kwargs must be a mapping, got 5",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear', 'lr_scheduler_kwargs': '{', 'max_steps': 10})",
        ValueError,
        "from_config: lr_scheduler_kwargs must be a mapping, or JSON of one, got '{'",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear', 'lr_max': 1e-3, 'max_steps': 10})",
        ValueError,
        "from_config: lr_max is no key of the scheduler's",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear'}, steps=0)",
        ValueError,
        "from_config: steps must be an integer from 1 to 2**53, got 0",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear'}, steps=10**400)",
        ValueError,
        "from_config: steps must be an integer from 1 to 2**53, got an integer beyond "
        "64 bits: 100000000000000000000000000000",
    ),
    (
        "from_config({'lr_scheduler_type': 'linear'}, lr=nan)",
        ValueError,
        "from_config: lr must be a finite number >= 0, at most 1e290, got nan",
    ),
    (
        "from_config({'sched': 'cosine', 'lr': 0.5, 'epochs': 10**400})",
        ValueError,
        "from_config: epochs must be a number, got 100000000000000000000000000000",
    ),
    (
        "from_config({'sched': 'cosine', 'lr': 0.5, 'epochs': 'many'})",
        ValueError,
        "from_config: epochs must be a number, got 'many'",
    ),
    (
        "from_config({'step_size': 30, 'gamma': 0.1, 'base_lrs': [10**400], 'last_epoch': 0})",
        ValueError,
        "from_config: base_lrs[0] must be a number, got 100000000000000000000000000000",
    ),
    (
        "from_config({'step_size': 30, 'gamma': 0.1, 'base_lrs': [], 'last_epoch': 0})",
        ValueError,
        "from_config: torch.StepLR: lr must be a finite number >= 0, at most 1e290, at "
        "least one, got []",
    ),
    (
        "from_config({'step_size': 30, 'gamma': 0.1, 'base_lrs': 0.1, 'last_epoch': 0})",
        ValueError,
        "from_config: base_lrs must be a list of numbers, got 0.1",
    ),
    (
        "from_config({'step_size': 30, 'gamma': 0.1, 'base_lrs': [0.1], 'last_epoch': -2})",
        ValueError,
        "from_config: last_epoch must be at least -1, got -2",
    ),
    (
        "from_config({'step_size': 30, 'gamma': 0.1, 'base_lrs': [0.1], 'last_epoch': "
        "0, 'stepsize': 3})",
        ValueError,
        "from_config: stepsize is no key of the scheduler's; did you mean 'step_size'?",
    ),
    (
        "from_config({'milestones': {'30': 2**40}, 'gamma': 0.1, 'base_lrs': [0.1], "
        "'last_epoch': 0})",
        ValueError,
        "from_config: milestones must be steps, each of them from 0 to 1,000 times, got "
        "{'30': 1099511627776}",
    ),
    (
        "from_config({'milestones': {'a': 1}, 'gamma': 0.1, 'base_lrs': [0.1], 'last_epoch': 0})",
        ValueError,
        "from_config: milestones[0] must be a number, got 'a'",
    ),
    (
        "from_config({'milestones': 5, 'gamma': 0.1, 'base_lrs': [0.1], 'last_epoch': 0})",
        ValueError,
        "from_config: milestones must be a list of numbers, got 5",
    ),
    (
        "from_config({'_schedulers': [5], '_milestones': [5], 'last_epoch': 0})",
        ValueError,
        "from_config: _schedulers[0] must be a mapping, got 5",
    ),
    (
        "from_config({'_schedulers': [], '_milestones': [5], 'last_epoch': 0})",
        ValueError,
        "from_config: _schedulers must be a list of at least one, got []",
    ),
    (
        "from_config({'_schedulers': 5, '_milestones': [5], 'last_epoch': 0})",
        ValueError,
        "from_config: _schedulers must be a list of at least one, got 5",
    ),
    ("from_config({'last_epoch': 0})", ValueError, "from_config: the keys must be those of a torch scheduler's "
                                                   "state, got"),
    (
        "from_config({'fastlr': 1, 'schedule': {'linear': {'init': 1.0, 'end': 0.0, "
        "'steps': -1}}})",
        ValueError,
        "linear: steps must be an integer from 0 to 2**53, got -1",
    ),
    ("from_config({'fastlr': 2, 'schedule': {}})", ValueError, "from_spec: 'fastlr' must be at most 1, got version 2: it"),
    ("from_config('--lr 3e-4')", ValueError, "from_config: the keys must be those of deepspeed, detectron2, "
                                             "keras, megatron,"),
    ("from_config('--lr fast --train-iters 100')", ValueError, "from_config: lr must be a number, got 'fast'"),
    ("from_config('--lr 3e-4 --train-iters -100')", ValueError, "from_config: megatron.OptimizerParamScheduler:"),
    (
        "from_config('--lr 3e-4 --train-iters 100 --lr-decay-style sine')",
        ValueError,
        "from_config: lr-decay-style must be one of 'constant', 'linear', 'cosine', "
        "'inverse-square-root', 'WSD', got 'sine';",
    ),
    (
        'from_config(\'--lr 3e-4 --train-iters 100 --lr-decay "\')',
        ValueError,
        "from_config: must be a command's arguments (No closing quotation)",
    ),
    ("from_config('--lr 3e-4 --train-iters 1e300')", ValueError, "from_config: megatron.OptimizerParamScheduler:"),
    ("from_config({'class_name': 'CosineDecay', 'config': 5})", ValueError, "from_config: config must be a mapping, got 5"),
    (
        "from_config({'class_name': 'SineDecay', 'config': {}})",
        ValueError,
        "from_config: class_name must be one of 'CosineDecay', 'CosineDecayRestarts', "
        "'ExponentialDecay', 'InverseTimeDecay',",
    ),
    (
        "from_config({'class_name': 'CosineDecay', 'config': {'initial_learning_rate': "
        "0.1, 'decay_steps': 10**400}})",
        ValueError,
        "from_config: keras.CosineDecay: decay_steps must be a number of steps above 0, "
        "at most 2**53, got an integer beyond",
    ),
    ("from_config({'SOLVER': 5})", ValueError, "from_config: SOLVER must be a mapping, got 5"),
    (
        "from_config({'SOLVER': {'BASE_LR': 0.02, 'STEPS': [60, 80], 'MAX_ITER': 10**400}})",
        ValueError,
        "from_config: SOLVER: MAX_ITER must be a number, got 100000000000000000000000000000",
    ),
    (
        "from_config({'scheduler': {'type': 'WarmupLR', 'params': 5}, 'optimizer': "
        "{'params': {'lr': 3e-4}}})",
        ValueError,
        "from_config: scheduler: params must be a mapping, got 5",
    ),
    (
        "from_config({'scheduler': {'type': 'Warmup', 'params': {}}, 'optimizer': "
        "{'params': {'lr': 3e-4}}})",
        ValueError,
        "from_config: scheduler: type must be one of 'LRRangeTest', 'OneCycle', "
        "'WarmupCosineLR', 'WarmupDecayLR',",
    ),
]  # fmt: skip

COMMANDS = [
    ("show", "Missing argument 'thing'."),
    ("show llama-405b", "recipe: name must be one of recipes(), got 'llama-405b'; "
                        "nearest: llama3-405b, llama-65b, llama2-70b"),
    ("show 'lineer(0.1, 0.0, 10)'", "parse: 'lineer' is not a constructor or method of a schedule; "
                                    "did you mean 'linear'?"),
    ("show 'linear(0.1, 0.0)'", "linear: missing argument 'steps'"),
    ("show 'linear(-0.1, 0.0, 10)'", "linear: init must be a finite number >= 0, at most 1e290, got -0.1"),
    ("show 'linear(0.1, 0.0, 10'", "parse: text must be one expression, got 'linear(0.1, 0.0, 10' "
                                   "('(' was never closed)"),
    ("show 'constant(1)' --steps 0", "show: steps must be from 1 to 2**53, got 0"),
    ("show 'constant(1)' --steps -5", "show: steps must be from 1 to 2**53, got -5"),
    ("show 'constant(1)' --steps ten", "Invalid value for '--steps': must be an integer, got 'ten'"),
    ("show 'constant(1)' --steps 1.5", "Invalid value for '--steps': must be an integer, got '1.5'"),
    ("show 'constant(1)' --steps 9007199254740993", "show: steps must be from 1 to 2**53, got 9007199254740993"),
    ("show 'constant(1)' --speed 5", "No such option: --speed"),
    ("show nowhere.json", "nowhere.json: No such file or directory"),
    ("show broken.json", "from_config: broken.json: must be JSON (Expecting ',' "
                         "delimiter: line 1 column 13 (char 12))"),
    ("show list.json", "from_config: list.json: must be a mapping, got [1]"),
    ("show spec.json", "linear: steps must be an integer from 0 to 2**53, got -5"),
    ("show binary.json", "from_config: binary.json: must be text in UTF-8 ('utf-8' codec "
                         "can't decode byte 0xff in position 0:"),
    (
        "show 'linear(1, 0, 10).with_past_end(\"raise\")' --steps 11",
        "s(t): t must be before the end, step 10, as past_end='raise', got 10",
    ),
    ("table 'constant(1)' --out a.npy", "table: steps must be given for a schedule that never ends, got "
                                        "constant(value=1.0)"),
    ("table 'linear(1, 0, 10)'", "Missing option '--out'."),
    ("table 'linear(1, 0, 10)' --out a.txt", "table: out must end in .npy or .csv, got 'a.txt'"),
    ("table 'linear(1, 0, 10)' --out nowhere/a.npy", "table: out must be in a folder that exists, got 'nowhere/a.npy'"),
    ("table 'linear(1, 0, 10)' --out a.npy --steps 0", "table: start must be below steps, from 0 to 2**53, and every "
                                                       "at least"),
    ("table 'linear(1, 0, 10)' --out a.npy --start 10", "table: start must be below steps, from 0 to 2**53, and every "
                                                        "at least"),
    ("table 'linear(1, 0, 10)' --out a.npy --start -1", "table: start must be below steps, from 0 to 2**53, and every "
                                                        "at least"),
    ("table 'linear(1, 0, 10)' --out a.npy --every 0", "table: start must be below steps, from 0 to 2**53, and every "
                                                       "at least"),
    ("table 'linear(1, 0, 10)' --out a.npy --every x", "Invalid value for '--every': must be an integer, got 'x'"),
    ("table 'linear(1, 0, 10)' --out a.npy --dtype int8", "table: dtype must be float64 or float32, got int8"),
    ("table 'linear(1, 0, 10)' --out a.npy --dtype banana", "table: dtype must be float64 or float32, got 'banana'"),
    (
        "table 'linear(1, 0, 10)' --out a.npy --steps 9007199254740992",
        "table: out must fit on its disk, got at least 72,057,594.0 GB for",
    ),
    (
        "table 'linear(1, 0, 10)' --out a.csv --steps 9007199254740992",
        "table: out must fit on its disk, got at least 36,028,797.0 GB for",
    ),
    ("table spec.json --out a.npy", "linear: steps must be an integer from 0 to 2**53, got -5"),
    ("plot 'linear(1, 0, 10)' --out a.pdf", "save: path must end in .png or .svg, got 'a.pdf'"),
    ("plot 'linear(1, 0, 10)' --out nowhere/a.png", "save: path must be in a folder that exists, got 'nowhere/a.png'"),
    ("plot 'linear(1, 0, 10)'", "Missing option '--out'."),
    ("plot --out a.png", "Missing argument 'things'."),
    ("plot 'linear(1, 0, 10)' --out a.png --steps 0", "plot: steps must be from 1 to 2**53, got 0"),
    ("plot 'lineer(1, 0, 10)' --out a.png", "is not a constructor or method of a schedule; did you mean 'linear'?"),
    ("compare 'linear(1, 0, 10)'", "Missing argument 'other'."),
    ("compare 'linear(1, 0, 10)' 'lineer(1, 0, 10)'", "parse: 'lineer' is not a constructor or method of a "
                                                      "schedule; did you"),
    ("compare 'constant(1)' 'constant(1)'", "compare: steps must be given for a schedule that goes on for ever"),
    ("compare 'constant(1)' 'constant(1)' --steps 0", "compare: steps must be an integer from 1 to 2**53, got 0"),
    ("compare 'constant(1)' 'constant(1)' --steps 5 --tolerance -1", "compare: tolerance must be a factor from 0 to 1, got -1.0"),
    (
        "compare 'constant(1)' 'constant(1)' --steps 5 --tolerance x",
        "Invalid value for '--tolerance': Input should be a valid number, unable to "
        "parse string as a number",
    ),
    ("compare 'constant(1)' 'constant(1)' --steps 5 --out a.pdf", "save: path must end in .png or .svg, got 'a.pdf'"),
    ("compare 'constant([1, 2])' 'constant([1, 2, 3])' --steps 5", "compare: the peer's groups must be as many as the"),
    ("sweep", "Missing argument 'file'."),
    ("sweep nowhere.toml", "nowhere.toml: No such file or directory"),
    ("sweep broken.toml", "broken.toml: must be a TOML file: Invalid value (at end of document)"),
    ("sweep bad.toml", "sweep: steps must be an integer from 1, got 0"),
    ("sweep law.toml", "sweep: 'law' is unknown"),
    ("sweep binary.json", "binary.json: must be a TOML file: 'utf-8' codec can't decode "
                          "byte 0xff in position 0: invalid start"),
    ("sweep family.toml --out a.txt", "table: out must end in .npy or .zarr, got 'a.txt'"),
    ("sweep family.toml --out nowhere/a.npy", "table: out must be in a folder that exists, got 'nowhere/a.npy'"),
    ("sweep family.toml --out a.npy --dtype int8", "table: dtype must be float64 or float32, got int8"),
    ("sweep family.toml --out a.npy --memory 0", "table: memory must be at least 2**20 bytes, got 0"),
    ("sweep family.toml --out a.npy --memory x", "Invalid value for '--memory': must be an integer, got 'x'"),
    ("sweep family.toml --out a.npy --threads 0", "table: threads must be at least 1, got 0"),
    ("sweep family.toml --reduce area --out a.csv", "reduce: names must be of sum, mean, max, min, argmax, argmin,"),
    ("sweep family.toml --reduce sum", "sweep: out must be given with --reduce, a .csv file, got none"),
    ("sweep family.toml --reduce sum --out a.npy", "sweep: out must end in .csv with --reduce, got 'a.npy'"),
    ("rank family.toml", "Missing option '--law'."),
    ("rank family.toml --law nowhere.toml", "nowhere.toml: No such file or directory"),
    ("rank family.toml --law family.toml", "law: 'family' is unknown"),
    ("rank law.toml --law law.toml", "sweep: 'law' is unknown"),
    ("rank family.toml --law law.toml --top 0", "rank: k must be an integer from 1 to 2**53, got 0"),
    ("rank family.toml --law law.toml --top x", "Invalid value for '--top': must be an integer, got 'x'"),
    ("rank family.toml --law law.toml --peak -1", "rank: peak must be a number from 1e-18 to 1e18, got -1.0"),
    ("rank family.toml --law law.toml --floor 5", "rank: some schedule must keep to the limits, peak=None, "
                                                  "floor=5.0; got none"),
    ("rank family.toml --law law.toml --threads 0", "rank: threads must be at least 1, got 0"),
    ("rank family.toml --law law.toml --out a.pdf", "save: path must end in .png or .svg, got 'a.pdf'"),
    ("recipes --all", "No such option: --all"),
    ("info here", "Got unexpected extra argument(s) (here)"),
    ("tabel", "No such command 'tabel'. Did you mean 'table'?"),
    ("--speed", "No such option: --speed"),
]  # fmt: skip


ROWS = [*PRESETS, *SWEEPS, *LAWS, *RUNS, *DESCRIBED, *CONFIGS]


@pytest.mark.parametrize(("text", "error", "words"), ROWS, ids=[text for text, _, _ in ROWS])
def test_refused_by_name_rule_and_value(text, error, words):
    check_refused(text, error, words, NAMES)


def check_refused(text, error, words, names):
    """With an error of just this type, whose message has these words, and is no longer than a
    message should be.
    """
    with pytest.raises(error) as refused:
        eval(text, dict(names))
    assert refused.type is error
    assert words in str(refused.value)
    assert len(str(refused.value)) < 900


FILES = {
    "family.toml": b"family = 'linear'\nsteps = 10\nparameters = {init = [0.1, 0.2], "
    b"end = 0.0, steps = 10}\n",
    "law.toml": b"law = 'Annealing'\nconstants = {L0 = 2.6, A = 0.6, alpha = 0.45, C = "
    b"0.5, decay = 0.99}\n",
    "broken.json": b'{"fastlr": 1',
    "list.json": b"[1]",
    "spec.json": b'{"fastlr": 1, "schedule": {"linear": {"init": 1.0, "end": 0.0, "steps": -5}}}',
    "broken.toml": b"family = ",
    "bad.toml": b"family = 'linear'\nsteps = 0\n",
    "binary.json": b"\xff\xfe{",
}


@pytest.mark.parametrize(("line", "words"), COMMANDS, ids=[line for line, _ in COMMANDS])
def test_a_command_is_refused_in_a_line_and_leaves_nothing(line, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, data in FILES.items():
        Path(name).write_bytes(data)
    done = CliRunner().invoke(app, shlex.split(line))
    assert (done.exit_code, done.stdout) == (2, "")
    # how far it came
    told = [text for text in done.stderr.splitlines() if text and "schedules/s" not in text]
    assert len(told) == 1
    # Typer 0.16 adds it to the name of an option
    assert words in told[0].replace(" (env var: 'None')", "")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == FILES


# -- how many there are ----------------------------------------------------------------------------

TABLES = {
    "test_bad_input": ("ROWS", "OUTS", "COLUMNS", "SPECS", "TEXTS"),
    "test_bundles": ("REFUSED",),
    "test_clocks": ("REFUSED",),
    "test_descriptions": ("MISTAKES", "LAW_MISTAKES"),
    "test_groups": ("REFUSED", "OUTS"),
    "test_laws": ("REFUSED", "REFUSED_CURVES", "REFUSED_FITS"),
    "test_plans": ("REFUSED",),
    "test_plateau": ("BAD",),
    "test_presets_refused": ("ROWS",),
    "test_refusals": ("ROWS", "COMMANDS"),
    "test_stores": ("REFUSED",),
    "test_sweeps": ("REFUSED",),
}
LEAST = 1_500  # distinct inputs, each with words of its message


def test_there_are_so_many_bad_inputs():
    tables = {
        (module, name): getattr(importlib.import_module(module), name)
        for module in TABLES
        for name in TABLES[module]
    }
    inputs = {
        (module, short_repr(row[:-1]), str(row[-1]))
        for (module, _), rows in tables.items()
        for row in rows
    }
    assert all(row[-1] for rows in tables.values() for row in rows)
    assert len(inputs) >= LEAST
