"""``from_config`` reads users' configs into the schedules that their frameworks would run. Errors
name the key.
"""

import importlib.util
import json
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import numpy as np
import pytest

import fastlr as flr
from fastlr import presets

TRANSFORMERS = {
    "per_device_train_batch_size": 8,
    "learning_rate": 2e-5,
    "lr_scheduler_type": "cosine",
    "warmup_steps": 100,
    "max_steps": 1_000,
    "optim": "adamw_torch",
    "logging_steps": 500,
}
DEEPSPEED = {
    "train_batch_size": 16,
    "optimizer": {"type": "AdamW", "params": {"lr": 3e-4, "weight_decay": 0.01}},
    "scheduler": {"type": "WarmupLR", "params": {"warmup_num_steps": 50, "warmup_type": "linear"}},
}
MEGATRON = (
    "--lr 3e-4 --min-lr 3e-5 --lr-decay-style cosine --train-iters 1000 "
    "--lr-warmup-iters 100 --bf16 --hidden-size 4096"
)
TIMM = {
    "model": "resnet50",
    "sched": "cosine",
    "lr": 0.5,
    "epochs": 90,
    "warmup_epochs": 5,
    "warmup_lr": 1e-5,
    "min_lr": 0.0,
    "sched_on_updates": False,
    "lr_noise": None,
    "decay_rate": 0.1,
}
DETECTRON2 = {
    "VERSION": 2,
    "MODEL": {"DEPTH": 50},
    "SOLVER": {"BASE_LR": 0.02, "STEPS": [60_000, 80_000], "MAX_ITER": 90_000, "IMS_PER_BATCH": 16},
}
KERAS = {
    "class_name": "CosineDecay",
    "config": {
        "initial_learning_rate": 0.1,
        "decay_steps": 100,
        "alpha": 0.01,
        "name": "CosineDecay",
    },
}

WANTED = {
    "transformers": (
        TRANSFORMERS,
        lambda: presets.transformers.get_scheduler("cosine", 2e-5, 100, 1_000),
    ),
    "deepspeed": (
        DEEPSPEED,
        lambda: presets.deepspeed.WarmupLR(3e-4, warmup_num_steps=50, warmup_type="linear"),
    ),
    "megatron": (
        MEGATRON,
        lambda: presets.megatron.OptimizerParamScheduler(0.0, 3e-4, 3e-5, 100, 1_000, "cosine"),
    ),
    "timm": (
        TIMM,
        lambda: presets.timm.CosineLRScheduler(0.5, 90, warmup_t=5, warmup_lr_init=1e-5),
    ),
    "detectron2": (
        DETECTRON2,
        lambda: presets.detectron2.build_lr_scheduler(
            0.02, STEPS=[60_000, 80_000], MAX_ITER=90_000
        ),
    ),
    "keras": (KERAS, lambda: presets.keras.CosineDecay(0.1, 100, alpha=0.01)),
}


def same_rates(ours, wanted, steps=200):
    assert np.array_equal(ours(np.arange(steps)), wanted(np.arange(steps)))


@pytest.mark.parametrize("framework", WANTED)
def test_a_config_is_the_schedule_of_its_framework(framework):
    config, wanted = WANTED[framework]
    same_rates(flr.from_config(config), wanted())
    same_rates(flr.from_config(config, framework), wanted())


@pytest.mark.parametrize("framework", WANTED)
def test_a_file_is_read_as_the_mapping_is(framework, tmp_path):
    config, wanted = WANTED[framework]
    if framework == "megatron":
        path = tmp_path / "train.sh"
        path.write_text(
            f"#!/bin/bash\n# --lr 1.0 is no argument here\ntorchrun pretrain.py \\\n  {config}\n"
        )
    elif framework in ("timm", "detectron2"):
        yaml = pytest.importorskip("yaml")
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(config))
    else:
        path = tmp_path / "config.json"
        path.write_text(json.dumps(config))
    same_rates(flr.from_config(path), wanted())
    same_rates(flr.from_config(str(path)), wanted())


def test_a_spec_is_a_config_too(tmp_path):
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(flr.linear(0.1, 0.0, 10).to_spec()))
    assert flr.from_config(path) == flr.linear(0.1, 0.0, 10)


# -- what a config leaves to its program -----------------------------------------------------------


def test_a_run_in_epochs_takes_its_length():
    epochs = {**TRANSFORMERS, "max_steps": -1, "num_train_epochs": 3.0}
    same_rates(
        flr.from_config(epochs, steps=1_000),
        presets.transformers.get_scheduler("cosine", 2e-5, 100, 1_000),
    )
    with pytest.raises(
        ValueError,
        match=r"max_steps must be given, or the run's length: from_config\(\.\.\., steps=\)",
    ):
        flr.from_config(epochs)


@pytest.mark.parametrize(
    "share", [{"warmup_steps": 0.0301}, {"warmup_steps": 0, "warmup_ratio": 0.0301}]
)
def test_a_warm_up_that_is_a_share_is_rounded_up(share):
    found = flr.from_config({**TRANSFORMERS, **share})
    same_rates(found, presets.transformers.get_scheduler("cosine", 2e-5, 31, 1_000))


def test_options_of_a_scheduler_as_a_mapping_or_as_json():
    options = {"min_lr_rate": 0.1}
    for given in (options, json.dumps(options)):
        config = {
            **TRANSFORMERS,
            "lr_scheduler_type": "cosine_with_min_lr",
            "lr_scheduler_kwargs": given,
        }
        assert flr.from_config(config)(1_000) == pytest.approx(2e-6)


def test_epochs_of_timm_by_the_step():
    by_epoch, by_step = flr.from_config(TIMM), flr.from_config(TIMM, steps_per_epoch=10)
    assert [by_step(t) for t in (0, 9, 10, 55, 899)] == [
        by_epoch(t // 10) for t in (0, 9, 10, 55, 899)
    ]
    by_update = flr.from_config({**TIMM, "sched_on_updates": True}, steps_per_epoch=10)
    assert by_update.steps == 900


def test_samples_of_megatron():
    line = (
        "--lr 1.0 --train-samples 1000 --lr-warmup-samples 100 --lr-decay-style "
        "linear --global-batch-size 10"
    )
    found = flr.from_config(line)
    assert (found(5), found(10), found(100)) == (0.5, 1.0, 0.0)


def test_a_rate_in_place_of_the_configs():
    assert flr.from_config(TRANSFORMERS, lr=0.5)(100) == 0.5
    assert flr.from_config(TIMM, lr=0.25)(5) == flr.from_config({**TIMM, "lr": 0.25})(5)


def test_a_schedules_own_config_of_keras():
    same_rates(flr.from_config(KERAS["config"]), presets.keras.CosineDecay(0.1, 100, alpha=0.01))


def test_an_optimizer_of_keras_holds_its_schedule():
    optimizer = {
        "class_name": "Adam",
        "config": {"name": "adam", "learning_rate": KERAS, "beta_1": 0.9},
    }
    same_rates(flr.from_config(optimizer), presets.keras.CosineDecay(0.1, 100, alpha=0.01))
    assert flr.from_config({"name": "sgd", "learning_rate": 0.01}) == flr.constant(0.01)


def test_a_number_that_yaml_takes_for_a_word(tmp_path):
    pytest.importorskip("yaml")
    path = tmp_path / "args.yaml"
    path.write_text("sched: cosine\nlr: 1e-3\nepochs: 10\nwarmup_epochs: 0\n")
    assert flr.from_config(path)(0) == 1e-3


def test_a_tuple_that_yaml_takes_for_a_word():
    solver = {**DETECTRON2["SOLVER"], "STEPS": "(60000, 80000)"}
    same_rates(flr.from_config({"SOLVER": solver}, "detectron2"), flr.from_config(DETECTRON2))
    with pytest.raises(
        ValueError, match='SOLVER: STEPS must be a list of numbers, got "__import__'
    ):
        flr.from_config({"VERSION": 2, "SOLVER": {**solver, "STEPS": "__import__('os')"}})


# -- the rates of each framework, and the length of its run ----------------------------------------


def test_maskrcnn_benchmark_is_not_detectron2():
    """Its files look the same, and its warmup begins at a third."""
    solver = {"BASE_LR": 0.02, "STEPS": (60_000, 80_000), "MAX_ITER": 90_000}
    found = flr.from_config({"MODEL": {"WEIGHT": "catalog://R-50"}, "SOLVER": solver})
    assert (found(0), found(500), found.steps) == (pytest.approx(0.02 / 3), 0.02, 90_000)
    assert found == flr.from_config({"SOLVER": solver}, "maskrcnn_benchmark")
    other = flr.from_config({"MODEL": {"WEIGHTS": "R-50.pkl"}, "SOLVER": solver})
    assert (other(0), other(1_000), other.steps) == (0.00002, 0.02, 90_000)
    for unclear in ({}, {"MODEL": {"WEIGHT": "a", "WEIGHTS": "b"}}):
        with pytest.raises(ValueError, match="not of detectron2 and maskrcnn_benchmark") as caught:
            flr.from_config({**unclear, "SOLVER": solver})
        assert str(caught.value).endswith("pass from_config(..., framework=) or --framework")


@pytest.mark.parametrize(
    ("iters", "share", "warmup"), [(55, ".1", 5.5), (100, ".29", 29), (1000, "0.0333", 33.3)]
)
def test_a_warmup_of_megatron_may_end_between_iterations(iters, share, warmup):
    found = flr.from_config(f"--lr 1.0 --train-iters {iters} --lr-warmup-fraction {share}")
    assert found(int(warmup)) == pytest.approx(int(warmup) / warmup, rel=1e-15)
    after = int(warmup) + 1
    assert found(after) == pytest.approx(1 - (after - warmup) / (iters - warmup), rel=1e-14)


LENGTHS = {
    "transformers": ({**TRANSFORMERS, "max_steps": 500}, 500),
    "Megatron, decay longer": (f"{MEGATRON} --lr-decay-iters 1500", 1_000),
    "Megatron, decay shorter": (f"{MEGATRON} --lr-decay-iters 500", 1_000),
    "Megatron, constant": ("--lr 1 --lr-decay-style constant --train-iters 10", 10),
    "Detectron2": (DETECTRON2, 90_000),
    "timm": (TIMM, 90),
}


@pytest.mark.parametrize("name", LENGTHS)
def test_a_schedule_ends_where_its_run_does(name):
    config, steps = LENGTHS[name]
    assert flr.from_config(config).steps == steps
    assert len(flr.from_config(config, steps=steps).table(steps)) == steps


def test_a_decay_of_keras_2_counts():
    config = {"class_name": "SGD", "config": {"lr": 0.1, "decay": 0.01, "momentum": 0.9}}
    assert flr.from_config(config)([0, 100, 300]).tolist() == [0.1, 0.05, 0.025]
    inner = {**KERAS, "config": {**KERAS["config"], "decay_steps": 200}}
    both = {"class_name": "Adam", "config": {"learning_rate": inner, "decay": 0.01}}
    assert flr.from_config(both)(100) == pytest.approx(flr.from_config(inner)(100) / 2)


def test_a_run_with_a_name_and_a_rate_is_not_an_optimizer():
    run = {
        "name": "my-run",
        "learning_rate": 3e-4,
        "lr_scheduler": "cosine",
        "warmup_steps": 100,
        "max_steps": 1_000,
    }
    for config in (run, {**run, "name": "adam"}):
        with pytest.raises(ValueError, match="the keys must be those of"):
            flr.from_config(config)
    with pytest.raises(ValueError, match="unknown key 'lr_scheduler'"):
        flr.from_config(run, "keras")


def test_a_config_that_two_formats_claim_is_refused():
    with pytest.raises(ValueError, match="not of timm and transformers, got"):
        flr.from_config({**TRANSFORMERS, "sched": "cosine", "lr": 0.1})
    both = {**TRANSFORMERS, "sched": "cosine"}
    assert flr.from_config(both, "transformers") == flr.from_config(TRANSFORMERS)


REFUSED_RAMPS = {
    "--warmup 0.1": "warmup must be absent: only old versions",
    "--decrease-batch-size-if-needed": "decrease-batch-size-if-needed must be absent",
    "--rampup-batch-size 16": "rampup-batch-size must be a list of numbers",
    "--rampup-batch-size 16 16": "rampup-batch-size must be 3 numbers",
    "--rampup-batch-size 16 7 100": "last must be first plus 0 to 100,000 whole increments",
    "--step-batch-size-schedule 0:8": "seq-length must be given",
    "--seq-length 8 --step-batch-size-schedule 8:8": "must be TOKENS:SIZE pairs from 0 on",
    "--seq-length 8 --step-batch-size-schedule '0:8 1K:0'": "must be TOKENS:SIZE pairs from 0 on",
    "--seq-length 8 --step-batch-size-schedule '0:8 x'": "must be TOKENS:SIZE pairs from 0 on",
    "--seq-length 8 --step-batch-size-schedule '0:8 1K:16'": "is the largest size, got '0:8 1K:16'",
    "--rampup-batch-size 1 1 1 --step-batch-size-schedule 0:8": "must be absent, unless",
}


@pytest.mark.parametrize("options", REFUSED_RAMPS)
def test_a_batch_of_megatron_that_is_not_said_well_is_refused(options):
    with pytest.raises(ValueError, match=REFUSED_RAMPS[options]):
        flr.from_config(f"--lr 1 --train-samples 100 --global-batch-size 64 {options}")


def test_timm_has_the_defaults_of_its_script():
    found = flr.from_config({"sched": "cosine", "lr": 0.5, "epochs": 90})
    assert (found(0), found(5)) == (1e-5, pytest.approx(0.4962019, abs=1e-6))
    plateau = {"sched": "plateau", "lr": 0.5, "decay_rate": 0.1}
    for metric, mode in (("loss", "min"), ("top1", "max")):
        rule = presets.timm.create_scheduler_v2(0.5, "plateau", plateau_mode=mode, warmup_epochs=5)
        assert flr.from_config({**plateau, "eval_metric": metric}) == rule


# what a caller passes and a config does not take
UNUSED = {
    "torch": ({"last_epoch": 0, "gamma": 0.9, "base_lrs": [0.1]}, {"lr": 0.5}),
    "detectron2": (DETECTRON2, {"steps_per_epoch": 10}),
    "megatron": (MEGATRON, {"steps_per_epoch": 10}),
    "another length": (TRANSFORMERS, {"steps": 999}),
    "deepspeed": (
        {"scheduler": {"type": "WarmupLR", "params": {"warmup_max_lr": 0.1}}},
        {"lr": 0.5},
    ),
    "keras": (KERAS, {"steps_per_epoch": 10}),
    "a spec": ({"fastlr": 1, "schedule": {"constant": {"value": 1.0}}}, {"lr": 0.5}),
    "timm": (TIMM, {"optimizer": {"param_groups": []}}),
}


@pytest.mark.parametrize("name", UNUSED)
def test_what_a_config_does_not_take_is_refused(name):
    config, given = UNUSED[name]
    (key,) = given
    with pytest.raises(
        ValueError, match=f"{key} must be absent, because this config does not take it, got"
    ):
        flr.from_config(config, **given)


def test_a_length_and_a_rate_are_taken_where_a_config_leaves_them_open():
    assert flr.from_config(KERAS, steps=250, lr=0.5).table(250)[[0, -1]].tolist() == [0.5, 0.005]
    torch = {"last_epoch": 0, "gamma": 0.9, "base_lrs": [0.1]}
    assert flr.from_config(torch, steps=70).steps == 70
    warmed = {**KERAS, "config": {**KERAS["config"], "warmup_target": 0.2, "warmup_steps": 5}}
    with pytest.raises(ValueError, match="warmup_target must be absent if lr is given"):
        flr.from_config(warmed, lr=0.5)


def test_epochs_of_transformers_take_their_length():
    epochs = {**TRANSFORMERS, "max_steps": -1, "num_train_epochs": 2.5}
    assert flr.from_config(epochs, steps_per_epoch=41).steps == 103
    with pytest.raises(ValueError, match=r"--steps; or .* --steps-per-epoch to count the epochs"):
        flr.from_config(epochs)


def test_deepspeed_fills_in_what_the_trainer_would():
    auto = dict.fromkeys(
        ("warmup_min_lr", "warmup_max_lr", "total_num_steps", "warmup_num_steps"), "auto"
    )
    config = {"scheduler": {"type": "WarmupDecayLR", "params": auto}}
    found = flr.from_config(config, lr=0.1, steps=100)
    wanted = presets.deepspeed.WarmupDecayLR(100, 0.0, 0.1, warmup_num_steps=1)
    same_rates(found, wanted, 100)
    assert found.steps == 100
    for given, key in (({"steps": 9}, "warmup_max_lr"), ({"lr": 0.1}, "total_num_steps")):
        with pytest.raises(ValueError, match=f"{key} must be a value: .* got 'auto'; pass from_c"):
            flr.from_config(config, **given)
    arguments = {**TRANSFORMERS, "deepspeed": config}
    inner = presets.deepspeed.WarmupDecayLR(1_000, 0.0, 2e-5, warmup_num_steps=100)
    same_rates(flr.from_config(arguments), inner)


def test_deepspeed_without_a_scheduler_says_whose_schedule_it_is():
    with pytest.raises(
        ValueError, match="scheduler must be given: this is DeepSpeed's config; its schedule is in"
    ):
        flr.from_config({"train_batch_size": 8, "zero_optimization": {"stage": 2}})


def test_deepspeed_in_a_file_beside_the_arguments_is_read(tmp_path):
    (tmp_path / "ds").mkdir()
    scheduler = {"type": "WarmupLR", "params": {"warmup_max_lr": "auto", "warmup_num_steps": 9}}
    (tmp_path / "ds" / "a.json").write_text(json.dumps({"scheduler": scheduler}))
    (tmp_path / "ds" / "b.json").write_text(json.dumps({"zero_optimization": {}}))
    path = tmp_path / "args.json"
    for name, wanted in (("a", 2e-5), ("b", 9 / 100 * 2e-5)):
        path.write_text(json.dumps({**TRANSFORMERS, "deepspeed": f"ds/{name}.json"}))
        assert flr.from_config(path)(9) == pytest.approx(wanted)
    path.write_text(json.dumps({**TRANSFORMERS, "deepspeed": "none.json"}))
    with pytest.raises(ValueError, match="deepspeed must be a file that can be read, because"):
        flr.from_config(path)
    assert flr.from_config(path, "transformers") == flr.from_config(TRANSFORMERS)


# -- torch -----------------------------------------------------------------------------------------

TORCH = {
    "StepLR": {"step_size": 7, "gamma": 0.5},
    "MultiStepLR": {"milestones": [3, 9, 9]},
    "ConstantLR": {"factor": 0.25, "total_iters": 4},
    "LinearLR": {"start_factor": 0.1, "total_iters": 8},
    "ExponentialLR": {"gamma": 0.9},
    "PolynomialLR": {"total_iters": 30, "power": 2.0},
    "CosineAnnealingLR": {"T_max": 13, "eta_min": 1e-3},
    "CosineAnnealingWarmRestarts": {"T_0": 5, "T_mult": 2},
    "CyclicLR": {
        "base_lr": 0.01,
        "max_lr": 0.1,
        "step_size_up": 2.5,
        "step_size_down": 4,
        "mode": "triangular2",
    },
    "OneCycleLR": {"max_lr": [0.1, 0.02], "total_steps": 37, "three_phase": True},
}
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="torch is not installed"
)


def torch_optimizer(torch):
    groups = [{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)], "lr": 0.02}]
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9)


@needs_torch
@pytest.mark.parametrize("name", TORCH)
def test_a_torch_scheduler_and_its_state(name):
    import torch

    optimizer = torch_optimizer(torch)
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **TORCH[name])
    found = flr.from_config(scheduler)
    assert found.shape == (2,)
    assert flr.compare(found, scheduler, steps=37, tolerance=1e-10)
    state = (
        json.loads(json.dumps(scheduler.state_dict()))
        if name != "MultiStepLR"
        else scheduler.state_dict()
    )
    again = flr.from_config(state, optimizer=optimizer.state_dict())
    assert np.array_equal(again.table(37), found.table(37))


@needs_torch
def test_a_torch_scheduler_of_averaged_weights():
    import torch

    optimizer = torch_optimizer(torch)
    scheduler = torch.optim.swa_utils.SWALR(optimizer, swa_lr=[0.05, 0.01], anneal_epochs=5)
    found = flr.from_config(scheduler)
    assert flr.compare(found, scheduler, steps=12, tolerance=1e-10)
    again = flr.from_config(
        json.loads(json.dumps(scheduler.state_dict())), optimizer=optimizer.state_dict()
    )
    assert np.array_equal(again.table(12), found.table(12))


def test_milestones_that_json_has_made_a_list():
    state = {"milestones": [3, 9, 9], "gamma": 0.5, "base_lrs": [0.1], "last_epoch": 0}
    same_rates(flr.from_config(state), presets.torch.MultiStepLR(0.1, [3, 9, 9], 0.5))


def test_a_live_scheduler_of_somebodys_own_is_refused():
    """Its rates are unknown: the class is not torch's, or has a function in it."""

    class Own:
        optimizer = SimpleNamespace(param_groups=[{"lr": 0.1}])
        base_lrs = (0.1,)

        def __init__(self, **more):
            vars(self).update(more)

        def state_dict(self):
            return {"base_lrs": [0.1], "last_epoch": 0}

    with pytest.raises(
        ValueError,
        match=r"^from_config: Own: Own must be one of torch's own schedulers: MultiStepLR,",
    ):
        flr.from_config(Own())
    with pytest.raises(
        ValueError,
        match=r"^from_config: Own: scale_fn must be torch's own, by mode: a Python function",
    ):
        flr.from_config(Own(_scale_fn_custom=len))
    with pytest.raises(
        ValueError, match=r"^from_config: Own: Own must be SequentialLR or ChainedScheduler itself"
    ):
        flr.from_config(Own(_schedulers=[]))


def test_megatron_warms_up_for_a_share():
    command = "--lr 1.0 --train-iters 100 --lr-decay-style linear --lr-warmup-fraction 0.1"
    same_rates(
        flr.from_config(command), flr.from_config(command.replace("fraction 0.1", "iters 10"))
    )


@needs_torch
def test_torch_schedulers_one_after_another():
    import torch

    optimizer = torch_optimizer(torch)
    schedulers = torch.optim.lr_scheduler
    children = [
        schedulers.LinearLR(optimizer, 0.1, total_iters=5),
        schedulers.CosineAnnealingLR(optimizer, 20),
    ]
    scheduler = schedulers.SequentialLR(optimizer, children, [5])
    for found in (flr.from_config(scheduler), flr.from_config(scheduler.state_dict())):
        assert flr.compare(found, scheduler, steps=40, tolerance=1e-10)
    both = [
        schedulers.LinearLR(optimizer, 0.1, total_iters=5),
        schedulers.ExponentialLR(optimizer, 0.9),
    ]
    assert flr.from_config(schedulers.ChainedScheduler(both)).shape == (2,)


@needs_torch
def test_a_plateau_scheduler_is_a_rule():
    import torch

    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        torch_optimizer(torch), patience=3, threshold_mode="abs"
    )
    rule = flr.Plateau(patience=3, rtol=0.0, atol=1e-4, nan="bad")
    assert flr.from_config(scheduler) == rule
    assert flr.from_config(scheduler.state_dict()) == rule


@needs_torch
def test_a_function_is_no_data():
    import torch

    scheduler = torch.optim.lr_scheduler.LambdaLR(torch_optimizer(torch), lambda t: 0.9**t)
    with pytest.raises(ValueError, match="its function must be one of transformers', got <lambda>"):
        flr.from_config(scheduler)
    with pytest.raises(
        ValueError, match="a LambdaLR holds a Python function, which cannot be read as data"
    ):
        flr.from_config(scheduler.state_dict())


LAMBDAS = {
    "constant": {},
    "constant_with_warmup": {},
    "linear": {},
    "cosine": {},
    "cosine_with_restarts": {"num_cycles": 2},
    "polynomial": {"power": 2.0},
    "inverse_sqrt": {},
    "cosine_with_min_lr": {"min_lr_rate": 0.1},
    "cosine_warmup_with_min_lr": {"min_lr_rate": 0.1},
    "warmup_stable_decay": {"num_decay_steps": 10},
}


@pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="transformers is not installed"
)
@pytest.mark.parametrize("name", LAMBDAS)
def test_a_live_scheduler_of_transformers(name):
    """It runs in its own process: transformers leaves warnings and hooks behind."""
    code = f"""
        import warnings
        warnings.simplefilter("ignore")
        import torch, transformers, fastlr as flr
        groups = [{{"params": [torch.zeros(1)]}}, {{"params": [torch.zeros(1)], "lr": 0.02}}]
        optimizer = torch.optim.SGD(groups, lr=0.1)
        scheduler = transformers.get_scheduler({name!r}, optimizer, 6, 40, {LAMBDAS[name]!r})
        print(flr.compare(flr.from_config(scheduler), scheduler, steps=44))
    """
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith("they agree over 44 steps")


# -- what is wrong ---------------------------------------------------------------------------------

WRONG = {
    "an unknown scheduler": (
        {**TRANSFORMERS, "lr_scheduler_type": "cosin"},
        "lr_scheduler_type|name.* must be one of .*did you mean 'cosine'",
    ),
    "an unknown key": (
        {**TRANSFORMERS, "lr_schedular_type": "cosine"},
        "unknown key 'lr_schedular_type'; did you mean",
    ),
    "an unknown option": ({**TRANSFORMERS, "lr_scheduler_kwargs": {"num_cicles": 1}}, "num_cicles"),
    "a word for a number": (
        {**TRANSFORMERS, "warmup_steps": "many"},
        "from_config: warmup_steps must be a number, got 'many'",
    ),
    "no rate": ({**TRANSFORMERS, "learning_rate": -1.0}, "got -1.0"),
    "deepspeed, unknown type": (
        {"scheduler": {"type": "WarmupRL", "params": {}}},
        "from_config: scheduler: type must be .*did you mean 'WarmupLR'",
    ),
    "deepspeed, unknown parameter": (
        {"scheduler": {"type": "WarmupLR", "params": {"warmup_steps": 5}}},
        "scheduler: params: unknown key 'warmup_steps'; did you mean 'warmup_num_steps'",
    ),
    "deepspeed, auto": (
        {"scheduler": {"type": "WarmupLR", "params": {"warmup_num_steps": "auto"}}},
        "params: warmup_num_steps must be a value: the program that reads the config fills in",
    ),
    "megatron, unknown argument": (
        "--lr 1 --min-lr 0 --train-iters 10 --lr-decay-stile cosine",
        "unknown key 'lr-decay-stile'; did you mean 'lr-decay-style'",
    ),
    "megatron, no length": ("--lr 1 --lr-decay-style cosine", "train-iters must be given"),
    "megatron, no rate": ("--train-iters 10 --min-lr 0", "the keys must be those of"),
    "megatron, a variable": ("--lr $LR --train-iters 10", "lr must be a number, got '\\$LR'"),
    "megatron, both units": (
        "--lr 1 --train-samples 10 --lr-warmup-iters 1 --global-batch-size 2",
        "lr-warmup-iters must be absent",
    ),
    "megatron, a growing batch": (
        "--lr 1 --train-iters 10 --rampup-batch-size 16",
        "rampup-batch-size must be absent",
    ),
    "timm, unknown scheduler": (
        {**TIMM, "sched": "cosin"},
        "sched must be one of .*did you mean 'cosine'",
    ),
    "timm, an option's name": (
        {**TIMM, "warmup-epochs": 3},
        "unknown key 'warmup-epochs'; did you mean 'warmup_epochs'",
    ),
    "timm, no rate": ({**TIMM, "lr": None}, "lr must be given: train.py computes it"),
    "timm, updates": (
        {**TIMM, "sched_on_updates": True},
        "steps_per_epoch must be given, because sched_on_updates is true",
    ),
    "detectron2, unknown key": (
        {"VERSION": 2, "SOLVER": {**DETECTRON2["SOLVER"], "WARMUP_ITER": 5}},
        "SOLVER: unknown key 'WARMUP_ITER'; did you mean 'WARMUP_ITERS'",
    ),
    "detectron2, unknown name": (
        {"SOLVER": {"LR_SCHEDULER_NAME": "Cosine"}},
        "SOLVER: LR_SCHEDULER_NAME must be one of",
    ),
    "keras, unknown class": (
        {"class_name": "CosineDecai", "config": {}},
        "class_name must be .*did you mean 'CosineDecay'",
    ),
    "keras, unknown argument": (
        {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1, "decay_stepz": 3}},
        "config: unknown key 'decay_stepz'; did you mean 'decay_steps'",
    ),
    "torch, another version's state": (
        {"last_epoch": 3, "steps": 4},
        "the keys must be those of a torch scheduler's state",
    ),
    "torch, no optimizer": (
        {"last_epoch": 0, "_schedule_phases": [], "total_steps": 3},
        "max_lr must be given in the optimizer's state",
    ),
    "detectron2, another file": (
        {"_BASE_": "b.yaml", "SOLVER": {}},
        "_BASE_ must be absent: insert the values of that file",
    ),
    "detectron2, nothing": ({"SOLVER": None}, "SOLVER must be a mapping, got None"),
    "megatron, two warmups": (
        "--lr 1 --train-iters 9 --lr-warmup-iters 1 --lr-warmup-fraction 0.1",
        "lr-warmup-iters must be absent if lr-warmup-fraction is given",
    ),
    "torch, an unknown key": (
        {"step_size": 3, "gamma": 0.1, "base_lrs": [0.1], "last_epoch": 0, "steps": 1},
        "unknown key 'steps'",
    ),
    "torch, groups that differ": (
        {"step_size": 3, "gamma": 0.1, "base_lrs": [0.1], "_last_lr": [0.1, 0.2], "last_epoch": 0},
        "every list must have one item per group, got 1 base_lrs, 2 _last_lr",
    ),
    "nothing known": ({"lr": 0.1}, "from_config: the keys must be those of axolotl, caffe, "),
    "a newer spec": ({"fastlr": 99, "schedule": {}}, "it needs a newer fastlr"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_error_names_the_key(name):
    config, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        flr.from_config(config)


def test_an_error_names_the_file(tmp_path):
    path = tmp_path / "args.json"
    path.write_text(json.dumps({**TRANSFORMERS, "warmup_steps": "many"}))
    with pytest.raises(
        ValueError, match=f"from_config: {path}: warmup_steps must be a number, got 'many'"
    ):
        flr.from_config(path)
    path.write_text("{")
    with pytest.raises(ValueError, match=f"from_config: {path}: must be JSON"):
        flr.from_config(path)
    path.write_text("[1]")
    with pytest.raises(ValueError, match=f"from_config: {path}: must be a mapping, got \\[1\\]"):
        flr.from_config(path)
    with pytest.raises(FileNotFoundError):
        flr.from_config(tmp_path / "none.json")


def test_yaml_builds_no_objects(tmp_path):
    pytest.importorskip("yaml")
    path = tmp_path / "config.yaml"
    path.write_text("SOLVER: !!python/object/apply:os.system ['true']\n")
    with pytest.raises(ValueError, match="must be YAML"):
        flr.from_config(path)


def test_an_unknown_framework_and_what_is_no_config():
    with pytest.raises(
        ValueError,
        match=r"framework must be one of axolotl, .* got 'torhc'; did you mean 'torch'",
    ):
        flr.from_config(TIMM, "torhc")
    with pytest.raises(
        TypeError,
        match="config must be a path, a mapping, a command's arguments or a torch "
        "scheduler, got int 3",
    ):
        flr.from_config(3)
