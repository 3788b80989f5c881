"""Test the rules of the formats.

An error names the option for what a config leaves open. Ambiguous values are refused. The files
that a config is based on are read. No code in a file runs.
"""

import doctest
import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from other_libraries import require

import fastlr as flr
from fastlr.configs import _READERS, _python

SGD = {"_target_": "torch.optim.SGD", "lr": 0.1}
STEP = {"_target_": "torch.optim.lr_scheduler.StepLR", "step_size": 3, "gamma": 0.5}
MM = {
    "optim_wrapper": {"optimizer": {"lr": 0.1}},
    "param_scheduler": [{"type": "MultiStepLR", "milestones": [2]}],
    "train_cfg": {"max_epochs": 4},
}
MMCV = {
    "optimizer": {"lr": 0.1},
    "lr_config": {"policy": "poly", "by_epoch": False},
    "total_epochs": 3,
}
PADDLE = {"epoch": 3, "LearningRate": {"base_lr": 0.1, "schedulers": [{"name": "CosineDecay"}]}}
FAIRSEQ = {"optimization": {"lr": [0.1]}, "lr_scheduler": {"_name": "polynomial_decay"}}
AXOLOTL = {"base_model": "a", "learning_rate": 1e-3, "lr_scheduler": "cosine"}
TORCHTUNE = {
    "optimizer": {"_component_": "torch.optim.AdamW", "lr": 0.1},
    "lr_scheduler": {
        "_component_": "torchtune.training.get_cosine_schedule_with_warmup",
        "num_warmup_steps": 1,
    },
}
VERL = {"actor_rollout_ref": {"actor": {"optim": {"lr": 1.0, "lr_scheduler_type": "cosine"}}}}
OLMO = {
    "optimizer": {"learning_rate": 0.1},
    "scheduler": {"name": "cosine_with_warmup", "t_warmup": 2},
}
NEMO = {"model": {"optim": {"lr": 0.1, "sched": {"name": "CosineAnnealing"}}}}
KOHYA = {"learning_rate": 0.1, "lr_warmup_steps": 0, "max_train_epochs": 2}
LEROBOT = {
    "scheduler": {"type": "diffuser", "num_warmup_steps": 2},
    "optimizer": {"lr": 0.1},
}
NEOX = {"optimizer": {"params": {"lr": 0.1}}, "lr_decay_style": "linear"}
NET = {"net": {"learning_rate": 0.1, "batch": 4, "policy": "constant"}}

REQUESTED = {
    "ultralytics: the epoch's length": (
        {"lr0": 0.1, "optimizer": "SGD", "epochs": 3},
        "steps_per_epoch must be given, because .* or --steps-per-epoch",
    ),
    "ultralytics: a rate that is chosen": (
        {"lr0": 0.1, "epochs": 3},
        r"'auto' ignores lr0: .* round\(0.01 / \(4 \+ nc\), 6\) .* or --lr",
    ),
    "ultralytics: epochs, of YOLOv5": ({"lr0": 0.1, "lrf": 0.1}, "epochs must be given, .*YOLOv5"),
    "mmengine: the epoch's length": (MM, "because a scheduler counts epochs: .*--steps-per-epoch"),
    "mmengine: a rate": ({**MM, "optim_wrapper": {}}, "lr must be given, .* or --lr"),
    "mmcv: the run's length": (MMCV, "total_epochs|max_epochs"),
    "hydra: what a call follows": (
        {"optimizer": SGD, "scheduler": STEP},
        "because an interval is not given: .* 1 if the scheduler counts updates",
    ),
    "hydra: a rate": ({"scheduler": STEP, "interval": "step"}, "the optimizer's lr must be given"),
    "axolotl: the run's length": (AXOLOTL, "max_steps must be given, .*--steps, .*--steps-per-"),
    "torchtune: the run's length": (TORCHTUNE, "run's length must be given: .*--steps"),
    "paddledetection: the epoch's length": (PADDLE, "milestones count epochs: .*--steps-per-epoch"),
    "fairseq: the run's length": (FAIRSEQ, "max_update must be given, .*--steps"),
    "verl: the run's length": (VERL, "total_training_steps must be given, .*--steps"),
    "olmo: the run's length": (OLMO, "max_duration must be given, .*--steps"),
    "nemo: the run's length": (NEMO, "max_steps must be given, .*--steps"),
    "kohya: the epoch's length": (KOHYA, "because max_train_epochs counts: .*--steps-per-epoch"),
    "lerobot: the run's length": (LEROBOT, "steps must be given, .*--steps"),
    "gpt_neox: the run's length": (NEOX, "train_iters must be given, .*--steps"),
    "rl_zoo: the number of updates": ({"learning_rate": "lin_0.1"}, "n_steps must be .*--steps"),
    "darknet: the run's length": (
        {"net": {**NET["net"], "policy": "poly"}},
        "max_batches must be given, .*--steps",
    ),
    "caffe: a rate": ({"lr_policy": "fixed"}, "base_lr must be given, or the base rate: .*--lr"),
}


@pytest.mark.parametrize("name", REQUESTED)
def test_an_error_names_the_option_for_a_missing_value(name):
    config, message = REQUESTED[name]
    with pytest.raises(ValueError, match=message):
        flr.from_config(config)


REFUSED = {
    "a home-made run": (
        {"learning_rate": 3e-4, "lr_scheduler": "cosine", "warmup_steps": 9, "max_steps": 99},
        "the keys must be those of",
    ),
    "a home-made optimizer": (
        {"training": {"steps": 9}, "optimizer": {"lr": 0.1}, "scheduler": {"type": "cosine"}},
        "the keys must be those of",
    ),
    "a home-made trainer": (
        {"trainer": {"train_batch_size": 9}, "optimizer": {"learning_rate": 0.1}},
        "the keys must be those of",
    ),
    "a home-made loop": ({"learning_rate": 0.1, "max_iters": 9}, "the keys must be those of"),
    "Composer's": (
        {
            "optimizer": {"name": "decoupled_adamw", "lr": 1e-4},
            "scheduler": {"name": "cosine_with_warmup", "t_warmup": "100ba"},
        },
        "the keys must be those of",
    ),
    "two formats": ({**MM, "sched": "cosine", "lr": 0.1}, "not of mmengine and timm"),
    "a class that is no data": (
        {"optimizer": SGD, "scheduler": {"_target_": "my.own.Scheduler"}},
        "_target_ must be a scheduler that is data, one of",
    ),
    "two schedulers": (
        {"a": {"optimizer": SGD, "scheduler": STEP}, "b": {"optimizer": SGD, "scheduler": STEP}},
        "must have one scheduler, got 2: a.scheduler, b.scheduler",
    ),
    "optimizers whose rates differ": (
        {"scheduler": STEP, "a": {"optimizer": SGD}, "b": {"optimizer": {**SGD, "lr": 1.0}}},
        "got 2 optimizers with rates that differ; pass it: ",
    ),
    "a frequency": (
        {"scheduler": STEP, "optimizer": SGD, "interval": "epoch", "frequency": 2},
        "once and of frequency 1, got epoch of frequency 2",
    ),
    "epochs in a loop over iterations": (
        {**MM, "train_cfg": {"type": "IterBasedTrainLoop", "max_iters": 9}},
        "by_epoch must be False in a loop over iterations",
    ),
    "a rate that is scaled": ({**MM, "auto_scale_lr": {"enable": True}}, "scales the rate by the"),
    "two that set the rate": (
        {
            **MM,
            "param_scheduler": [
                {"type": "PolyLR", "eta_min": 0.01, "by_epoch": False, "end": 9},
                {"type": "LinearLR", "by_epoch": False, "end": 5},
            ],
        },
        "PolyLR must act alone from its begin to its end, got LinearLR beside it",
    ),
    "a restart": ({**AXOLOTL, "max_steps": 9, "relora_steps": 3}, "relora_steps must be absent"),
    "several environments": (
        {name: {"n_timesteps": 9, "policy": "M"} for name in ("CartPole-v1", "Ant-v4")},
        "must have one environment, got 2: 'CartPole-v1', 'Ant-v4'; pass the mapping of one",
    ),
    "sig": (
        {"net": {**NET["net"], "policy": "sig", "step": 50, "burn_in": 0}},
        "step must be at most burn_in .* flavour='pjreddie'",
    ),
    "a sweep that only old axolotls have": (
        {**AXOLOTL, "max_steps": 9, "lr_scheduler": "log_sweep"},
        "lr_scheduler must be one of",
    ),
    "an optimizer that computes its own rates": (
        {**KOHYA, "max_train_epochs": None, "optimizer_type": "Adafactor"},
        "optimizer_args must have 'relative_step=False', got 'Adafactor'; by default",
    ),
    "a warmup of two names": (
        {"lr_scheduler_type": "linear", "max_steps": 9, "warmup_steps": 3, "num_warmup_steps": 2},
        "num_warmup_steps must be absent beside warmup_steps",
    ),
    "a warmup of a scheduler of torch": (
        {
            **KOHYA,
            "max_train_epochs": None,
            "lr_scheduler_type": "StepLR",
            "lr_scheduler_args": ["step_size=3"],
            "lr_warmup_steps": 3,
        },
        "lr_warmup_steps must be 0 with lr_scheduler_type",
    ),
    "a scheduler of an unknown package": (
        {**KOHYA, "max_train_epochs": None, "lr_scheduler_type": "my.own.Scheduler"},
        "_target_ must be a scheduler that is data",
    ),
    "a warmup that depends on the version of Ultralytics": (
        {"lr0": 0.1, "epochs": 9, "optimizer": "SGD"},
        "got 100 batches before 8.4.103; pass .*--framework: 'ultralytics' for .* and later, "
        "'ultralytics_8_3' for earlier",
    ),
    "no warmup in the first versions of Ultralytics": (
        {"lr0": 0.1, "epochs": 9, "optimizer": "SGD", "label_smoothing": 0, "warmup_epochs": 0},
        "warmup_epochs must be above 0 in arguments of about 8.0",
    ),
    "a short run of LeRobot": (
        {
            "steps": 9,
            "optimizer": {"lr": 0.1},
            "scheduler": {
                "type": "cosine_decay_with_warmup",
                "num_warmup_steps": 2,
                "num_decay_steps": 20,
                "peak_lr": 0.1,
                "decay_lr": 0.01,
            },
        },
        "steps must be at least num_decay_steps, 20, in a file that does not show its version",
    ),
    "a quadratic warmup beside another scheduler": (
        {
            **MM,
            "param_scheduler": [
                {"type": "mmdet.QuadraticWarmupLR", "by_epoch": False, "end": 9},
                {"type": "LinearLR", "by_epoch": False, "end": 5},
            ],
        },
        "QuadraticWarmupLR must act alone",
    ),
    "DeepSpeed's in NeoX": (
        {**NEOX, "train_iters": 9, "scheduler": {"type": "WarmupLR", "params": {}}},
        "deepspeed and gpt_neox",
    ),
    "a warmup of a constant": (
        {**KOHYA, "max_train_epochs": None, "max_train_steps": 9, "lr_warmup_steps": 3},
        "lr_warmup_steps must be 0 with constant",
    ),
    "a decay of one's own beside nanoGPT's": (
        {"learning_rate": 0.1, "lr_decay_iters": 9, "max_iters": 9, "decay_frac": 0.1},
        "unknown key 'decay_frac'",
    ),
    "a misspelt key": (
        {"lr0": 0.1, "epochs": 3, "warmup_epoch": 1},
        "did you mean 'warmup_epochs'",
    ),
    "a hook that sets the rates, as MMYOLO's": (
        {
            **MM,
            "param_scheduler": None,
            "default_hooks": {"param_scheduler": {"type": "YOLOv5ParamSchedulerHook"}},
        },
        "must leave the rates to param_scheduler, got 'YOLOv5ParamSchedulerHook'",
    ),
    "a hook of one's own that does": (
        {**MM, "custom_hooks": [{"type": "EMAHook"}, {"type": "my.LinearParamSchedulerHook"}]},
        "must leave the rates to param_scheduler, got 'my.LinearParamSchedulerHook'",
    ),
    "a class of one's own with a name of torch's": (
        {"optimizer": SGD, "scheduler": {**STEP, "_target_": "src.schedulers.StepLR"}},
        "_target_ must be of torch, .* or be StepLR alone, got 'src.schedulers.StepLR'",
    ),
    "an interval of a callback": (
        {"optimizer": SGD, "scheduler": STEP, "callbacks": {"monitor": {"interval": "step"}}},
        "an interval is not given",
    ),
    "a scheduler inside a LightningCLI's model": (
        {
            "model": {
                "class_path": "my.Net",
                "init_args": {
                    "optimizer": {"class_path": "torch.optim.SGD", "init_args": {"lr": 0.1}},
                    "lr_scheduler": {
                        "class_path": "torch.optim.lr_scheduler.StepLR",
                        "init_args": {"step_size": 3},
                    },
                },
            }
        },
        "an interval is not given",
    ),
    "DeepSpeed's file of axolotl": (
        {**AXOLOTL, "max_steps": 9, "deepspeed": "deepspeed/zero2.json"},
        "deepspeed must be a file that can be read, .* name the config's format: .*--framework",
    ),
    "a name that is no path": (
        {"lr_scheduler_type": "linear", "max_steps": 9, "deepspeed": "a" * 5_000},
        "deepspeed must be a file that can be read",
    ),
    "the steps of diffusers' scripts": (
        {**KOHYA, "lr_scheduler": "cosine", "max_train_epochs": None, "num_train_epochs": 9},
        "max_train_steps must be given: num_train_epochs is an argument of diffusers' scripts",
    ),
    "the warmup of diffusers' scripts": (
        {
            "learning_rate": 0.1,
            "lr_scheduler": "constant_with_warmup",
            "max_train_steps": 9,
            "instance_prompt": "a photo of sks dog",
        },
        "lr_warmup_steps must be given: instance_prompt is an argument of diffusers' scripts",
    ),
    "a rate and its minimum, which many have": (
        {"lr": 0.1, "min_lr": 0.01, "epochs": 3},
        "the keys must be those of",
    ),
    "LitGPT's": (
        {"train": {"learning_rate": 0.1, "lr_warmup_steps": 0, "epochs": 3}},
        "the keys must be those of",
    ),
    "a run of tokens": (
        {"lr": 1.0, "lr_decay_style": "linear", "train_tokens": 9, "train_iters": 9},
        "train-tokens must be absent: give the length in iterations or in samples",
    ),
    "a rate that MMCV's program scales by the batch": (
        {**MMCV, "auto_scale_lr": {"enable": True, "base_batch_size": 16}},
        "enable must be False, because it scales the rate by the batch: .* or --lr",
    ),
    "a warmup of NVIDIA's Caffe": (
        {"lr_policy": "fixed", "base_lr": 0.1, "rampup_interval": 9},
        "unknown key 'rampup_interval'",
    ),
    "the hold of an old Levanter": (
        {"trainer": {"num_train_steps": 9}, "optimizer": {"learning_rate": 1, "stable": 0.5}},
        "stable must be 0, got 0.5; .*give decay",
    ),
    "an argument of another schedule of Levanter": (
        {
            "trainer": {"num_train_steps": 9},
            "optimizer": {"learning_rate": 1, "lr_schedule": {"type": "linear", "exponent": 2}},
        },
        "lr_schedule: unknown key 'exponent'",
    ),
    "a decay without its warmup": (PADDLE, "or use_warmup: false"),
    "values with a warmup": (
        {
            "LearningRate": {
                "schedulers": [
                    {"name": "PiecewiseDecay", "values": [1, 2, 3]},
                    {"name": "LinearWarmup"},
                ]
            }
        },
        "values must be absent with a warmup",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_or_two_meanings_is_refused(name):
    config, message = REFUSED[name]
    asks = "steps_per_epoch" in message or "interval" in message
    given = {} if asks else {"steps_per_epoch": 5}
    with pytest.raises(ValueError, match=message):
        flr.from_config(config, **given)


def test_a_framework_decides_between_two():
    both = {**MM, "sched": "cosine", "lr": 0.1}
    assert flr.from_config(both, "mmengine", steps_per_epoch=5).steps == 20


def test_the_framework_decides_the_warmup_of_ultralytics():
    config = {"lr0": 0.1, "lrf": 1.0, "epochs": 30, "optimizer": "SGD"}
    rates = [
        flr.from_config(config, framework, steps_per_epoch=10)(15)
        for framework in ("ultralytics", "ultralytics_8_3")
    ]
    assert rates == pytest.approx([0.1 * 15 / 30, 0.1 * 15 / 100])


def test_what_a_config_does_not_take_is_refused():
    with pytest.raises(ValueError, match="steps_per_epoch must be absent"):
        flr.from_config(NET, steps_per_epoch=5)


def test_a_rate_in_place_of_the_files():
    for config, given in ((MM, {"steps_per_epoch": 5}), (NET, {}), (NEMO, {"steps": 9})):
        assert flr.from_config(config, lr=0.5, **given).max(5) == 0.5


def test_deepspeed_in_an_axolotl_config_replaces_its_schedule():
    config = {**AXOLOTL, "max_steps": 2_000, "warmup_steps": 9}
    params = {"warmup_max_lr": "auto", "warmup_num_steps": "auto"}
    inner = {"scheduler": {"type": "WarmupLR", "params": params}}
    for form in (inner, json.dumps(inner)):
        found = flr.from_config({**config, "deepspeed": form})
        wanted = flr.presets.deepspeed.WarmupLR(warmup_max_lr=1e-3, warmup_num_steps=9)
        assert np.array_equal(found.table(2_000), wanted.table(2_000))
    plain = flr.from_config(config)
    for without in ({"zero_optimization": {}}, "deepspeed_configs/zero2.json"):
        assert flr.from_config({**config, "deepspeed": without}) == plain


def test_a_batch_size_does_not_make_a_config_deepspeeds():
    kohya = {**KOHYA, "network_module": "lora", "train_batch_size": 2, "lr_scheduler_type": ""}
    assert flr.from_config(kohya, steps_per_epoch=5).steps == 10


def test_arguments_of_timm_with_a_minimum_are_not_megatrons():
    command = "--sched cosine --epochs 30 --lr 1e-3 --min-lr 1e-5 --warmup-epochs 3"
    assert flr.from_config(command)(30) == 1e-5


def test_the_name_of_a_scheduler_as_python_prints_it():
    config = {"lr_scheduler_type": "SchedulerType.COSINE", "learning_rate": 1e-3, "max_steps": 10}
    assert flr.from_config(config) == flr.from_config({**config, "lr_scheduler_type": "cosine"})


def test_a_network_with_two_rates_has_a_lane_for_each():
    kohya = {**KOHYA, "unet_lr": 1e-3, "text_encoder_lr": 1e-4, "network_module": "lora"}
    found = flr.from_config(kohya, steps_per_epoch=5)
    assert found.row(3) == {"unet": 1e-3, "text_encoder": 1e-4}
    alone = flr.from_config({**kohya, "network_train_unet_only": True}, steps_per_epoch=5)
    assert alone(3) == 1e-3
    several = flr.from_config({**kohya, "text_encoder_lr": [1e-4, 2e-4]}, steps_per_epoch=5)
    assert several.row(3) == {"unet": 1e-3, "text_encoder_1": 1e-4, "text_encoder_2": 2e-4}
    for rates in ([1e-4], [1e-4, 1e-4]):
        listed = {**kohya, "text_encoder_lr": rates}
        assert flr.from_config(listed, steps_per_epoch=5) == found
    default = {**kohya, "learning_rate": 0.1, "text_encoder_lr": []}
    assert flr.from_config(default, steps_per_epoch=5).row(3) == {"unet": 1e-3, "text_encoder": 0.1}


def test_an_unknown_key_that_is_null_is_absent():
    config = {"lr_scheduler_type": "linear", "learning_rate": 1e-3, "max_steps": 10}
    assert flr.from_config({**config, "lr_of_a_later_version": None}) == flr.from_config(config)


def test_rules_that_follow_a_metric():
    plateau = {
        "_target_": "torch.optim.lr_scheduler.ReduceLROnPlateau",
        "factor": 0.5,
        "patience": 2,
    }
    wanted = flr.Plateau(factor=0.5, patience=2, rtol=1e-4, eps=1e-8, convention="torch")
    rules = [
        flr.from_config({"optimizer": SGD, "scheduler": plateau}),
        flr.from_config(
            {**MM, "param_scheduler": {"type": "ReduceOnPlateauLR", "factor": 0.5, "patience": 2}}
        ),
    ]
    history = [1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.8]
    for rule in rules:
        assert np.array_equal(rule.replay(history), wanted.replay(history))


# -- files that a config is based on ---------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Write Python files, by name."""

    def write(**files):
        for name, text in files.items():
            path = tmp_path / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


SCHEDULE = (
    "train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=4, val_interval=1)\n"
    "param_scheduler = [dict(type='MultiStepLR', milestones=[2], gamma=0.1)]\n"
    "optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.02, momentum=0.9))\n"
)


def test_a_file_takes_what_it_lacks_from_those_it_is_based_on(folder):
    top = "_base_ = ['./_base_/schedule.py', './_base_/model.py']\n"
    rest = "optim_wrapper = dict(optimizer=dict(lr=0.5))\n"
    root = folder(
        **{"_base_/schedule": SCHEDULE, "_base_/model": "width = 3\n"}, plain=top, more=top + rest
    )
    assert flr.from_config(root / "plain.py", steps_per_epoch=5)([0, 10]) == pytest.approx(
        [0.02, 0.002]
    )
    assert flr.from_config(root / "more.py", steps_per_epoch=5)(0) == 0.5


def test_a_mapping_that_deletes_the_one_below(folder):
    root = folder(
        below="lr_config = dict(policy='step', step=[2], warmup='linear', warmup_iters=5,\n"
        "    warmup_ratio=0.1)\noptimizer = dict(lr=1.0)\ntotal_epochs = 4\n",
        joined="_base_ = 'below.py'\nlr_config = dict(step=[3])\n",
        deleted="_base_ = 'below.py'\nlr_config = dict(_delete_=True, policy='step', step=[3])\n",
    )
    joined, deleted = (
        flr.from_config(root / name, steps_per_epoch=10) for name in ("joined.py", "deleted.py")
    )
    assert joined([0, 5, 29, 30]) == pytest.approx([0.1, 1.0, 1.0, 0.1])
    assert deleted([0, 5, 29, 30]) == pytest.approx([1.0, 1.0, 1.0, 0.1])


def test_a_config_of_imports(folder):
    root = folder(
        **{"_base_/schedule": SCHEDULE},
        top="from mmengine.config import read_base\nwith read_base():\n"
        "    from ._base_.schedule import *\n    from .missing_model import *\n",
    )
    with pytest.raises(ValueError, match=r"'missing_model\.py', which is not there"):
        flr.from_config(root / "top.py", steps_per_epoch=5)
    (root / "missing_model.py").write_text("width = 3\n")
    assert flr.from_config(root / "top.py", steps_per_epoch=5).steps == 20


def test_files_that_lead_to_themselves_or_to_too_many(folder):
    root = folder(
        a="_base_ = 'b.py'\n",
        b="_base_ = ['a.py']\n",
        **{f"d{i}": f"_base_ = ['d{i + 1}.py', 'd{i + 1}.py']\n" for i in range(20)},
        d20="width = 3\n",
        remote="_base_ = 'mmdet::_base_/schedule.py'\n",
    )
    for name, message in {
        "a": "none of them to itself",
        "d0": "at most 100 files",
        "remote": "dump the whole config",
    }.items():
        with pytest.raises(ValueError, match=message):
            flr.from_config(root / f"{name}.py", steps_per_epoch=5)
    with pytest.raises(ValueError, match="must name files beside a config that is a file"):
        flr.from_config({"_base_": "a.py"}, steps_per_epoch=5)


def test_bases_of_paddledetection(tmp_path):
    pytest.importorskip("yaml")
    (tmp_path / "optimizer.yml").write_text(
        "epoch: 12\nLearningRate:\n  base_lr: 0.01\n  schedulers:\n  - !PiecewiseDecay\n"
        "    gamma: 0.1\n    milestones: [8]\n    use_warmup: False\n"
    )
    top = tmp_path / "faster_rcnn.yml"
    top.write_text("_BASE_: ['optimizer.yml']\nLearningRate:\n  base_lr: 0.02\n")
    assert flr.from_config(top, steps_per_epoch=5)([0, 40]) == pytest.approx([0.02, 0.002])


# -- nothing runs ----------------------------------------------------------------------------------


def test_a_python_file_is_not_run(tmp_path, capsys):
    path = tmp_path / "config.py"
    path.write_text(
        "import os, sys\nprint('run')\nsys.exit(3)\nos.system('touch ran')\n"
        "learning_rate = 1e-3\nlr_decay_iters = 100\nwarmup_iters = 10\nmin_lr = 1e-4\n"
        "x = [y for y in open('/dev/zero')]\nclass A(metaclass=print): pass\n"
    )
    assert flr.from_config(path)(10) == 1e-3
    assert (capsys.readouterr().out, list(tmp_path.iterdir())) == ("", [path])


UNREAD = {
    "an alias that changes": (
        "a = dict(b=1)\nlr = dict(c=a)\na['b'] = 2",
        "lr, which may change in line 3",
    ),
    "an alias of an alias": (
        "lr = []\na = [lr]\nb = a[0]\nb.append(1)",
        "lr, which may change in line 4",
    ),
    "a call": ("lr = float('1')", "float('1')"),
    "a name": ("lr = other", "other"),
    "a branch": ("lr = 1\nif debug:\n    lr = 2", "lr, which may change in line 2"),
    "a loop": ("lr = 1\nfor i in x: lr += i", "lr, which may change in line 2"),
    "an augmented assignment": ("lr = 1\nlr *= 2", "lr, which may change in line 2"),
    "a method": ("lr = [1]\nlr.append(2)", "lr, which may change in line 2"),
    "a method in an assignment": ("lr = [1]\nlast = lr.pop()", "lr, which may change in line 2"),
    "an item": ("lr = dict(a=1)\nlr['a'] = 2", "lr, which may change in line 2"),
    "an attribute": ("lr = dict(a=1)\nlr.a = 2", "lr, which may change in line 2"),
    "a removal": ("lr = 1\ndel lr", "lr, which may change in line 2"),
    "a dict of one's own": ("dict = print\nlr = dict(a=1)", "dict(a=1)"),
    "a power": ("lr = 10 ** 10 ** 10", "10 ** 10 ** 10"),
    "a quotient by 0": ("lr = 1 / 0", "1 / 0"),
    "a long text": ("lr = 'a' * 10 ** 9", "'a' * 10 ** 9"),
    "a function": ("lr = 1\ndef lr(): pass", "lr, which is defined here"),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_only_a_run_would_give_is_unread(name):
    text, shown = UNREAD[name]
    found = _python.parsed("here", text)["lr"]
    assert isinstance(found, _python.Unread)
    assert found.text == shown
    with pytest.raises(ValueError, match="learning_rate must be a number, got the expression"):
        flr.from_config({"lr_decay_iters": 9, "learning_rate": found})


def test_arithmetic_names_and_dicts_are_read():
    found = _python.parsed(
        "here",
        "n: int = 12\na = b = -n // 5\nc = dict(x=1.0 / 3, **{'y': [n - 1, *[2]]})\n"
        "d = c['y'][-1] + 2 ** 3\ne = [1] + [2]\nf = 'a' 'b' + 'c'\n",
    )
    assert found == {
        "n": 12,
        "a": -3,
        "b": -3,
        "c": {"x": 1 / 3, "y": [11, 2]},
        "d": 10,
        "e": [1, 2],
        "f": "abc",
    }


@pytest.mark.parametrize(
    ("suffix", "text", "message"),
    [
        (".py", "lr = (", "must be a Python file"),
        (".py", "lr = " + "(" * 5_000 + ")" * 5_000, "must be a Python file"),
        (".toml", "lr = ", "must be TOML"),
        (".cfg", "[net]\nlearning_rate", "line 2 must be key=value"),
        (".cfg", "learning_rate=1", "line 1 must be key=value"),
        (".prototxt", "base_lr: 0.1 }", "must be text protobuf"),
        (".prototxt", "net {" * 5_000, "must be text protobuf"),
        (".prototxt", 'lr_policy: "fixed', "must be text protobuf"),
    ],
)
def test_text_of_another_form_is_refused(suffix, text, message, tmp_path):
    path = tmp_path / f"config{suffix}"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        flr.from_config(path)


# -- the page --------------------------------------------------------------------------------------

PAGE = Path(__file__).resolve().parents[2] / "docs" / "configs.md"


@pytest.mark.skipif(not PAGE.is_file(), reason="an installed package has no pages")
def test_the_examples_of_the_page():
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testfile(str(PAGE), module_relative=False, optionflags=flags).failed == 0


@pytest.mark.skipif(not PAGE.is_file(), reason="an installed package has no pages")
def test_the_page_lists_every_format():
    listed = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)
    assert listed == sorted(_READERS)


# -- the running packages --------------------------------------------------------------------------

OF_TORCH = {
    "StepLR": {"step_size": 7, "gamma": 0.5},
    "MultiStepLR": {"milestones": [3, 9]},
    "ConstantLR": {"factor": 0.25, "total_iters": 4},
    "LinearLR": {"start_factor": 0.1, "total_iters": 8},
    "ExponentialLR": {"gamma": 0.9},
    "PolynomialLR": {"total_iters": 30, "power": 2.0},
    "CosineAnnealingLR": {"T_max": 20, "eta_min": 1e-4},
    "CosineAnnealingWarmRestarts": {"T_0": 5, "T_mult": 2},
    "CyclicLR": {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 6, "cycle_momentum": False},
    "OneCycleLR": {"max_lr": 0.1, "total_steps": 37, "pct_start": 0.25},
}


@pytest.mark.parametrize("name", OF_TORCH)
def test_a_class_and_its_arguments_are_torchs_scheduler(name):
    require("torch")
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1, momentum=0.9)
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **OF_TORCH[name])
    rates = []
    for _ in range(37):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step() if len(rates) < 37 else None
    entry = {"class_path": f"torch.optim.lr_scheduler.{name}", "init_args": OF_TORCH[name]}
    config = {"optimizer": SGD, "lr_scheduler": entry, "interval": "step"}
    assert flr.from_config(config).table(37) == pytest.approx(rates, rel=1e-10)


@pytest.mark.parametrize("name", ["linear", "cosine", "cosine_with_restarts", "polynomial"])
def test_sd_scripts_and_axolotl_take_transformers_schedules(name):
    require("torch", "transformers")
    import torch
    from transformers.optimization import get_scheduler

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = get_scheduler(name, optimizer, num_warmup_steps=4, num_training_steps=40)
    rates = []
    for _ in range(40):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    axolotl = {**AXOLOTL, "lr_scheduler": name, "learning_rate": 0.1, "warmup_ratio": 0.1}
    kohya = {"lr_scheduler": name, "learning_rate": 0.1, "lr_warmup_steps": 0.1}
    for config in ({**axolotl, "max_steps": 40}, {**kohya, "max_train_steps": 40}):
        assert flr.from_config(config).table(40) == pytest.approx(rates, rel=1e-10, abs=1e-16)


WARMUP = {"type": "LinearLR", "start_factor": 0.01, "by_epoch": False, "end": 13}
OF_MMENGINE = {
    "milestones": [WARMUP, {"type": "MultiStepLR", "milestones": [3, 5]}],
    "a cosine of epochs under a warmup": [WARMUP, {"type": "CosineAnnealingLR", "T_max": 7}],
    "a cosine of iterations": [
        WARMUP,
        {
            "type": "CosineAnnealingLR",
            "begin": 3,
            "T_max": 4,
            "eta_min": 1e-3,
            "convert_to_iter_based": True,
        },
    ],
    "a cosine after a warmup of epochs": [
        {"type": "LinearLR", "start_factor": 0.1, "end": 3, "convert_to_iter_based": True},
        {"type": "CosineAnnealingLR", "begin": 3, "T_max": 4, "eta_min_ratio": 0.1},
    ],
    "parts of epochs": [
        {"type": "LinearLR", "start_factor": 0.1, "end": 1.45, "convert_to_iter_based": True},
        {"type": "CosineAnnealingLR", "begin": 1.45, "convert_to_iter_based": True},
    ],
    "a cosine that climbs back": [{"type": "CosineAnnealingLR", "T_max": 3, "eta_min": 0.01}],
    "two factors": [
        {"type": "ConstantLR", "factor": 0.2, "end": 3},
        {"type": "ExponentialLR", "gamma": 0.8},
    ],
    "an exponential": [{"type": "ExponentialLR", "gamma": 0.5, "convert_to_iter_based": True}],
    "a polynomial": [
        WARMUP,
        {"type": "PolyLR", "power": 0.9, "eta_min": 1e-3, "begin": 13, "by_epoch": False},
    ],
    "a polynomial under a warmup": [WARMUP, {"type": "PolyLR", "power": 0.9, "by_epoch": False}],
    "a polynomial, then steps": [
        {
            "type": "PolyLR",
            "power": 2,
            "eta_min": 1e-2,
            "begin": 5,
            "end": 30,
            "by_epoch": False,
        },
        {"type": "StepLR", "step_size": 4, "begin": 32, "by_epoch": False},
    ],
    "one cycle": [{"type": "OneCycleLR", "eta_max": 0.5, "total_steps": 42, "by_epoch": False}],
    "restarts": [
        {
            "type": "CosineRestartLR",
            "periods": [2, 5],
            "restart_weights": [1, 0.5],
            "eta_min": 1e-3,
        }
    ],
}


def rates_of_mmengine(entries, epochs=7, per_epoch=6):
    """The rates that MMEngine's schedulers set in a run of epochs, as its runner builds them."""
    import torch

    with warnings.catch_warnings():  # MMEngine uses what torch has deprecated
        warnings.simplefilter("ignore")
        from mmengine.optim import scheduler as schedulers

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    built = []
    for entry in entries:
        given = {key: value for key, value in entry.items() if key != "type"}
        end = epochs if given.get("by_epoch", True) else epochs * per_epoch
        convert, given = given.pop("convert_to_iter_based", False), {"end": end, **given}
        build = getattr(schedulers, entry["type"])
        if convert:
            built.append(build.build_iter_from_epoch(optimizer, **given, epoch_length=per_epoch))
        else:
            built.append(build(optimizer, **given))
    rates = []
    for t in range(1, epochs * per_epoch + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        for one in built:
            if not one.by_epoch or t % per_epoch == 0:
                one.step()
    return rates


@pytest.mark.parametrize("name", OF_MMENGINE)
def test_the_schedulers_of_mmengine(name):
    require("torch", "mmengine")
    config = {**MM, "param_scheduler": OF_MMENGINE[name], "train_cfg": {"max_epochs": 7}}
    found = flr.from_config(config, steps_per_epoch=6)
    wanted = rates_of_mmengine(OF_MMENGINE[name])
    assert found.table(42) == pytest.approx(wanted, rel=1e-9, abs=1e-15)


def test_the_rates_of_a_run_of_stable_baselines3():
    require("torch", "stable_baselines3", "gymnasium")
    from stable_baselines3 import PPO

    rates = []

    class Logged(PPO):
        def train(self):
            super().train()
            rates.append(self.policy.optimizer.param_groups[0]["lr"])

    model = Logged(
        "MlpPolicy",
        "CartPole-v1",
        learning_rate=lambda left: left * 1e-3,
        n_steps=32,
        batch_size=32,
        n_epochs=1,
    )
    model.learn(32 * 5)
    zoo = {"n_timesteps": 160, "policy": "MlpPolicy", "n_steps": 32, "learning_rate": "lin_1e-3"}
    found = flr.from_config(json.loads(json.dumps(zoo)))
    assert found.steps == len(rates)
    assert found.table(5) == pytest.approx(rates, abs=1e-18)
