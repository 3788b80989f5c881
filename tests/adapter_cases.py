"""Tests of each adapter with its package. Each function is registered with the packages it needs.

``adapters/test_adapters.py`` runs each function in its own process, because these packages leave
threads and hooks behind.
"""

import ast
import copy
import doctest
import importlib
import io
import json
import pickle
import pkgutil
import re
import tempfile
import warnings
from pathlib import Path

import numpy as np

import fastlr as flr

CASES = {}
PROJECT = Path(flr.__file__).parent.parent


def needs(*packages):
    def registered(case):
        CASES[case.__name__] = packages
        return case

    return registered


def run_case(name):
    """Run one case. Warnings of torch are errors."""
    with warnings.catch_warnings():
        if name.startswith("torch"):
            warnings.simplefilter("error", UserWarning)
        globals()[name]()


def raises(kind, text, work):
    """Raise unless ``work`` raises an error of this kind whose message has this text."""
    said = "nothing"
    try:
        work()
    except kind as error:
        said = str(error)
    assert text in said, said


# -- torch -----------------------------------------------------------------------------------------

PAST_THE_END = "Scheduler: the schedule must last for the run"
PLAN = flr.warmup_cosine(0.1, warmup=5, steps=20)
PLANS = {
    "scalar": PLAN,
    "batch": flr.warmup_cosine([0.1, 0.2], warmup=[5, 7], steps=20),
    "stack": flr.stack({"body": PLAN, "head": flr.cosine(0.3, 0.0, steps=15)}),
    "endless": flr.cosine_restarts(0.1, 0.0, period=4),
    "bundle": flr.bundle(
        lr=PLAN, weight_decay=flr.linear(0.1, 0.0, steps=9), momentum=flr.linear(0.8, 0.9, steps=20)
    ),
}


def sgd(groups=2, names=None, **options):
    import torch

    made = [
        {"params": [torch.nn.Parameter(torch.ones(1))]} | ({"name": names[i]} if names else {})
        for i in range(groups)
    ]
    return torch.optim.SGD(made, **{"lr": 1.0} | options)


def scheduler_of(optimizer, plan, **options):
    """Return a scheduler whose optimizer has made an update; else the first step would warn.

    Lanes without names are in the order of the groups.
    """
    if not any("name" in group for group in getattr(optimizer, "param_groups", ())):
        options = {"by": "position"} | options
    made = flr.adapters.torch.Scheduler(optimizer, plan, **options)
    optimizer.step()
    return made


def set_in(optimizer):
    """Return what the groups hold, by quantity."""
    return {
        key: [float(group[key]) for group in optimizer.param_groups]
        for key in ("lr", "weight_decay", "momentum")
    }


def planned(plan, t):
    """Return the plan's values for two groups, in the form of ``set_in``; a missing quantity is
    0.
    """
    rates = plan(t) if isinstance(plan, flr.Bundle) else {"lr": plan(t)}
    nought = {"weight_decay": 0.0, "momentum": 0.0}
    return {key: np.broadcast_to(rate, 2).tolist() for key, rate in (nought | rates).items()}


@needs("torch")
def torch_has_the_bits_of_the_schedule():
    warnings.filterwarnings("ignore", PAST_THE_END)
    for plan in PLANS.values():
        optimizer = sgd()
        scheduler = scheduler_of(optimizer, plan)
        for t in range(30):
            assert set_in(optimizer) | planned(plan, t) == set_in(optimizer), t
            assert (
                scheduler.get_last_lr()
                == scheduler.get_lr()
                == scheduler._last_lr
                == set_in(optimizer)["lr"]
            )
            assert scheduler.last_epoch == t
            scheduler.step()


@needs("torch")
def torch_takes_it_for_its_own():
    import torch

    optimizer = sgd()
    scheduler = scheduler_of(optimizer, PLAN)
    assert isinstance(scheduler, torch.optim.lr_scheduler.LRScheduler)
    assert (
        [group["initial_lr"] for group in optimizer.param_groups]
        == scheduler.base_lrs
        == [1.0, 1.0]
    )
    assert scheduler._step_count == 1
    assert "step" not in vars(optimizer), "nothing is wrapped around the optimizer"


@needs("torch")
def torch_sets_a_thousand_groups():
    names = [f"layer.{i}" for i in range(1000)]
    shapes = (flr.cosine, flr.linear, flr.exponential)
    groups = flr.stack({name: shapes[i % 3](0.1 + i, 1e-6, 100) for i, name in enumerate(names)})
    backwards = sgd(1000, names[::-1])
    scheduler, unnamed = scheduler_of(backwards, groups), sgd(1000)
    other = scheduler_of(unnamed, groups)
    for t in range(3):
        assert [group["lr"] for group in backwards.param_groups] == groups(t).tolist()[::-1]
        assert [group["lr"] for group in unnamed.param_groups] == groups(t).tolist()
        assert type(unnamed.param_groups[7]["lr"]) is float
        scheduler.step(), other.step()


@needs("torch")
def torch_resumes_at_every_step_in_fresh_objects():
    import torch

    warnings.filterwarnings("ignore", PAST_THE_END)
    for plan in PLANS.values():
        for k in range(25):
            optimizer = sgd()
            scheduler = scheduler_of(optimizer, plan)
            for _ in range(k):
                optimizer.step(), scheduler.step()
            file = io.BytesIO()
            torch.save(
                {"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}, file
            )
            file.seek(0)
            saved = torch.load(file, weights_only=True)
            fresh = sgd(lr=0.5)
            again = scheduler_of(fresh, plan)
            for part, name in [(fresh, "optimizer"), (again, "scheduler")][:: 1 if k % 2 else -1]:
                part.load_state_dict(saved[name])
            assert set_in(fresh) == set_in(optimizer), k
            scheduler.step(), again.step()
            assert set_in(fresh) == set_in(optimizer) == set_in(fresh) | planned(plan, k + 1), k
            begun = sgd()
            assert scheduler_of(begun, plan, step=k + 1).last_epoch == k + 1
            assert set_in(begun) == set_in(optimizer)


@needs("torch")
def torch_refuses_the_state_of_another():
    import torch

    state = scheduler_of(sgd(), PLAN, step=11).state_dict()
    assert [type(value) for value in state.values()] == [str]
    run = json.loads(state["fastlr"])["run"]
    assert run == flr.checkpoint(PLAN, 11)
    other = scheduler_of(sgd(), PLAN * 0.5)
    raises(ValueError, "the first to differ is step 1: ", lambda: other.load_state_dict(state))
    assert other.last_epoch == 0
    raises(ValueError, "version 1", lambda: other.load_state_dict(run | {"resume": 2}))
    later = {**run["plan"], "fastlr": 99}
    raises(ValueError, "newer fastlr", lambda: other.load_state_dict(run | {"plan": later}))
    raises(
        ValueError,
        "same batch shape",
        lambda: scheduler_of(sgd(), PLANS["batch"]).load_state_dict(state),
    )
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(sgd(), 10).state_dict()
    raises(
        ValueError,
        "got that of another scheduler; to continue from it, pass step=0 to Scheduler",
        lambda: other.load_state_dict(theirs),
    )
    for wins, plan in (("saved", PLAN), ("new", PLAN * 0.5)):
        optimizer = sgd()
        chosen = scheduler_of(optimizer, PLAN * 0.5, wins=wins)
        chosen.load_state_dict(state)
        assert (chosen.schedule, chosen.get_last_lr()) == (plan, [plan(11)] * 2)
        chosen.step()
        assert chosen.get_last_lr() == [plan(12)] * 2


@needs("torch")
def torch_refuses_groups_that_do_not_fit():
    three = flr.constant([0.1, 0.2, 0.3])
    raises(ValueError, "one lane per group, 2 in all, got 3", lambda: scheduler_of(sgd(), three))
    raises(
        ValueError,
        "at most one batch axis",
        lambda: scheduler_of(sgd(), flr.constant([[0.1, 0.2]])),
    )
    named = PLANS["stack"]
    raises(
        ValueError,
        "got 'haed' for group 1; did you mean 'head'?",
        lambda: scheduler_of(sgd(names=["body", "haed"]), named),
    )
    raises(ValueError, "got 'beta2'", lambda: scheduler_of(sgd(), flr.bundle(lr=PLAN, beta2=PLAN)))
    raises(TypeError, "optimizer must be", lambda: scheduler_of(None, PLAN))
    raises(TypeError, "must be a Schedule", lambda: scheduler_of(sgd(), 0.1))
    for wrong in ("3", 2.5, True):
        raises(
            TypeError,
            "step must be an integer from 0",
            lambda wrong=wrong: scheduler_of(sgd(), PLAN, step=wrong),
        )
    raises(
        ValueError,
        "step must be an integer from 0 to 2**53, got -2",
        lambda: scheduler_of(sgd(), PLAN, step=-2),
    )
    raises(
        TypeError,
        "pass step=, the step whose rate is set first, which is last_epoch + 1",
        lambda: scheduler_of(sgd(), PLAN, last_epoch=9),
    )
    ended = scheduler_of(sgd(), flr.linear(1.0, 0.5, steps=2).with_past_end("raise"))
    ended.step()
    ended.step()  # the run's last, after its last update
    past = "s(t): t must be before the end, step 2"
    raises(ValueError, f"step: {past}", ended.step)
    raises(ValueError, f"step: {past}", lambda: ended.step(7))
    raises(ValueError, f"jump: {past}", lambda: ended.jump(7))
    raises(ValueError, "step: epoch must be an integer from 0 to 2**53", lambda: ended.step(-1))
    raises(ValueError, "jump: step must be an integer from 0 to 2**53", lambda: ended.jump(-1))
    assert (ended.last_epoch, ended.get_last_lr()) == (2, [0.75, 0.75])


@needs("torch")
def torch_knows_a_group_that_is_added_later():
    import torch

    def added(optimizer, **options):
        optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], **options})
        return optimizer

    alike = sgd()
    scheduler = scheduler_of(alike, PLAN)
    added(alike), scheduler.step()
    assert scheduler.get_last_lr() == [PLAN(1)] * 3
    batch = sgd()
    scheduler = scheduler_of(batch, PLANS["batch"])
    raises(
        ValueError,
        "one lane per group, 3 in all, got 2",
        lambda: (added(batch), scheduler.step()),
    )
    assert (scheduler.last_epoch, scheduler.get_last_lr()) == (0, [0.0, 0.0, 1.0])
    named = sgd(1, ["head"])
    scheduler = scheduler_of(named, PLANS["stack"])
    added(named, name="body"), scheduler.step()
    assert scheduler.get_last_lr() == PLANS["stack"](1).tolist()[::-1]


@needs("torch")
def torch_fills_a_rate_that_is_a_tensor():
    import torch

    for dtype in (torch.float64, torch.float32):
        for plan in (
            PLAN,
            PLANS["batch"],
            flr.warmup_cosine(np.linspace(0.1, 0.2, 40), warmup=5, steps=20),
        ):
            count = plan.shape[0] if plan.shape else 2
            optimizer = sgd(count, lr=torch.tensor(1.0, dtype=dtype))
            scheduler = scheduler_of(optimizer, plan)
            rates = [group["lr"] for group in optimizer.param_groups]
            scheduler.step()
            assert all(
                group["lr"] is rate
                for group, rate in zip(optimizer.param_groups, rates, strict=True)
            )
            exact = np.broadcast_to(plan(1), count).astype(str(dtype).removeprefix("torch."))
            assert [rate.item() for rate in rates] == exact.tolist()
            assert all(float(rate) == 1.0 for rate in scheduler.base_lrs)


@needs("torch")
def torch_sets_betas():
    import torch

    plan = flr.bundle(
        lr=PLAN, beta1=flr.linear(0.9, 0.8, steps=10), beta2=flr.linear(0.99, 0.999, steps=10)
    )
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))])
    scheduler = scheduler_of(optimizer, plan)
    scheduler.step(5)
    assert optimizer.param_groups[0]["betas"] == (plan["beta1"](5), plan["beta2"](5))
    cycle = flr.one_cycle_bundle(1.0, steps=100)
    scheduler_of(optimizer, cycle).step(30)
    assert (optimizer.param_groups[0]["betas"][0], optimizer.param_groups[0]["lr"]) == (0.85, 1.0)


@needs("torch")
def torch_jumps():
    scheduler = scheduler_of(sgd(), PLAN)
    for t in (7, 3, 2**53, 0):
        scheduler.step(t)
        assert (scheduler.last_epoch, scheduler.get_last_lr()) == (t, [PLAN(t)] * 2)
    scheduler.step()
    assert scheduler.last_epoch == 1


@needs("torch")
def torch_copies_and_pickles():
    for plan in PLANS.values():
        optimizer = sgd()
        scheduler = scheduler_of(optimizer, plan)
        scheduler.step()
        for twin in (copy.deepcopy(scheduler), pickle.loads(pickle.dumps(scheduler))):
            assert twin.optimizer is not optimizer
            twin.step()
            assert set_in(twin.optimizer) == set_in(optimizer) | planned(plan, 2)
            assert set_in(optimizer) == set_in(optimizer) | planned(plan, 1)


@needs("torch")
def torch_skips_where_a_scaler_does():
    """If a scaler finds infinities, it skips the update. The scheduler may then step without an
    error.
    """
    import torch

    parameter = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scheduler, scaler, taken = (
        scheduler_of(optimizer, PLAN),
        torch.amp.GradScaler("cpu", init_scale=4.0),
        0,
    )
    for gradient in (np.inf, np.inf, 1.0, np.nan, 1.0):
        parameter.grad = None
        scaler.scale(parameter * gradient).sum().backward()
        before = scaler.get_scale()
        scaler.step(optimizer), scaler.update()
        if scaler.get_scale() >= before:
            scheduler.step()
            taken += 1
    assert (taken, scheduler.last_epoch, scheduler.get_last_lr()) == (2, 2, [PLAN(2)])


@needs("torch")
def torch_runs_it_in_a_sequence():
    from torch.optim.lr_scheduler import ConstantLR, SequentialLR

    optimizer = sgd()
    parts = [ConstantLR(optimizer, 0.5, total_iters=100), scheduler_of(optimizer, PLAN)]
    sequence, rates = SequentialLR(optimizer, parts, milestones=[3]), []
    for _ in range(8):
        optimizer.step()
        rates.append(sequence.get_last_lr()[0])
        sequence.step()
    assert rates == [0.5] * 3 + PLAN.table(5).tolist()
    fresh = sgd()
    again = SequentialLR(
        fresh, [ConstantLR(fresh, 0.5, total_iters=100), scheduler_of(fresh, PLAN)], milestones=[3]
    )
    again.load_state_dict(sequence.state_dict())
    again.step(), sequence.step()
    assert again.get_last_lr() == sequence.get_last_lr() == [PLAN(6)] * 2


@needs("torch")
def torch_compiles_a_step_that_holds_its_rate():
    """A compiled step is not compiled again: the tensor of the rate stays the same."""
    import torch

    parameter = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([parameter], lr=torch.tensor(1.0))
    scheduler, compiled = scheduler_of(optimizer, PLAN), []

    def backend(graph, inputs):
        compiled.append(graph)
        return graph.forward

    step, expected = torch.compile(lambda: optimizer.step(), backend=backend), np.float32(1.0)
    for t in range(12):
        parameter.grad = torch.ones(1)
        step()
        expected -= np.float32(PLAN(t))
        scheduler.step()
        assert np.isclose(parameter.item(), expected, rtol=1e-6)
    assert len(compiled) <= 2


@needs("accelerate", "torch")
def accelerate_steps_it():
    import torch
    from accelerate import Accelerator
    from accelerate.scheduler import AcceleratedScheduler

    with tempfile.TemporaryDirectory() as folder:
        kept = []
        for begin in (0, 4):
            model = torch.nn.Linear(1, 1)
            accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)
            optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
            scheduler = scheduler_of(optimizer, PLAN)
            model, optimizer, scheduler = accelerator.prepare(model, optimizer, scheduler)
            assert isinstance(scheduler, AcceleratedScheduler)
            if begin:
                accelerator.load_state(folder)
            for i in range(8):
                with accelerator.accumulate(model):
                    accelerator.backward(model(torch.ones(1, 1)).sum())
                    optimizer.step(), scheduler.step(), optimizer.zero_grad()
                if i % 2:
                    kept.append(scheduler.get_last_lr()[0])
            accelerator.save_state(folder)
        assert kept == PLAN.table(1, 9).tolist()


@needs("lightning", "torch")
def lightning_steps_and_resumes_it():
    _lightning(importlib.import_module("lightning.pytorch"))


@needs("pytorch_lightning", "torch")
def pytorch_lightning_steps_and_resumes_it():
    _lightning(importlib.import_module("pytorch_lightning"))


def _lightning(lightning):
    import torch

    class Model(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer, self.rates = torch.nn.Linear(1, 1), []

        def training_step(self, batch, i):
            self.rates.append(self.optimizers().param_groups[0]["lr"])
            return self.layer(batch[0]).sum()

        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=1.0)
            return {
                "optimizer": optimizer,
                "lr_scheduler": {"scheduler": scheduler_of(optimizer, PLAN), "interval": "step"},
            }

    data = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.ones(6, 1)), batch_size=1
    )
    quiet = {
        "accelerator": "cpu",
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own, on workers and the like
        first, second, file = Model(), Model(), f"{folder}/last.ckpt"
        trainer = lightning.Trainer(max_epochs=1, enable_checkpointing=False, **quiet)
        trainer.fit(first, data)
        trainer.save_checkpoint(file)
        lightning.Trainer(max_epochs=3, enable_checkpointing=False, **quiet).fit(
            second, data, ckpt_path=file, weights_only=True
        )
        assert first.rates + second.rates == PLAN.table(18).tolist()


# -- transformers ----------------------------------------------------------------------------------


def _trainer(folder, schedule, stop=10, save_steps=4, **options):
    import torch
    from transformers import PretrainedConfig, PreTrainedModel, TrainingArguments

    class Tiny(PreTrainedModel):
        config_class = PretrainedConfig

        def __init__(self, config):
            super().__init__(config)
            self.layer = torch.nn.Linear(1, 1)
            self.post_init()

        def forward(self, x, labels=None):
            y = self.layer(x)
            return {"loss": (y - labels).square().mean(), "logits": y}

    arguments = TrainingArguments(
        folder,
        max_steps=stop,
        per_device_train_batch_size=1,
        logging_steps=1,
        save_steps=save_steps,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        **options,
    )
    data = [{"x": torch.ones(1) * i, "labels": torch.ones(1)} for i in range(10)]
    return flr.adapters.transformers.Trainer(
        Tiny(PretrainedConfig()), arguments, train_dataset=data, schedule=schedule
    )


def _logged(trainer):
    return [
        entry["learning_rate"] for entry in trainer.state.log_history if "learning_rate" in entry
    ]


@needs("transformers", "accelerate", "torch")
def transformers_train_and_resume_with_it():
    plan = flr.warmup_cosine(1e-2, warmup=3, steps=10)
    for schedule in (
        plan,
        lambda steps: flr.warmup_cosine(1e-2, warmup=3, steps=steps),
        flr.bundle(lr=plan, beta1=plan),
    ):
        with tempfile.TemporaryDirectory() as folder:
            trainer = _trainer(folder, schedule)
            trainer.train()
            applied = _logged(trainer)
            again = _trainer(folder, schedule)
            again.train(resume_from_checkpoint=f"{folder}/checkpoint-4")
            assert _logged(again) == applied
            # which of the two around an update is logged has changed
            offset = 1 if applied[0] == plan(1) else 0
            assert applied == plan.table(offset, 10 + offset).tolist()
            assert again.lr_scheduler.last_epoch == 10
            assert len({group["lr"] for group in again.optimizer.param_groups}) == 1
    with tempfile.TemporaryDirectory() as folder:
        _trainer(folder, plan).train()
        other = _trainer(folder, plan.extend(20), stop=20)
        raises(
            ValueError,
            "the first to differ is step 4: ",
            lambda: other.train(resume_from_checkpoint=f"{folder}/checkpoint-4"),
        )


# -- JAX -------------------------------------------------------------------------------------------


@needs("transformers", "accelerate", "torch")
def transformers_arguments_are_a_config():
    """Live training arguments give the schedule of the file that they write."""
    import json

    from transformers import TrainingArguments

    class Mine(TrainingArguments):
        pass

    options = {"learning_rate": 1e-3, "warmup_steps": 10, "use_cpu": True, "output_dir": "unused"}
    for kind in ("cosine", "linear", "constant_with_warmup"):
        for made in (TrainingArguments, Mine):
            arguments = made(lr_scheduler_type=kind, max_steps=100, **options)
            found = flr.from_config(arguments)
            assert found == flr.from_config(json.loads(arguments.to_json_string()))
            assert (found(0), found(5), found(10)) == (0.0, 5e-4, 1e-3)
    epochs = TrainingArguments(num_train_epochs=2, **options)
    raises(ValueError, "steps", lambda: flr.from_config(epochs))
    assert flr.from_config(epochs, steps=50)(50) == 0.0
    raises(
        TypeError, "config must be a path, a mapping", lambda: flr.from_config(TrainingArguments)
    )


FAR = [10**5, 2**24 + 1, 2**31 - 1, 2**31, 2**40 + 1, 2**53 - 1, 2**53]


def steps_of(schedule):
    limit = min(int(schedule.program[3]), 2**53 + 1)
    return np.unique(np.minimum([*range(2_000), *FAR], limit - 1))


def schedules():
    from example_schedules import SCHEDULES
    from test_structure import EXAMPLES

    return SCHEDULES | {text: eval(text, vars(flr).copy()) for text, _ in EXAMPLES.values()}


def evaluated(schedule, steps):
    """Evaluate by a compiled function. Steps beyond int32 are used by a program of 64 bits."""
    import jax

    with jax.enable_x64(True):
        steps = jax.numpy.asarray(steps)
    return np.asarray(jax.jit(flr.adapters.jax.function(schedule))(steps))


@needs("jax")
def jax_has_the_float64_rate_rounded_once():
    for text, schedule in schedules().items():
        steps = steps_of(schedule)
        exact = schedule(steps)
        # XLA has no others
        rates, normal = (
            evaluated(schedule, steps),
            (exact == 0) | (exact >= np.finfo(np.float32).tiny),
        )
        assert rates.dtype == np.float32
        assert rates[normal].tobytes() == exact.astype(np.float32)[normal].tobytes(), text
        assert (rates[~normal] <= np.finfo(np.float32).tiny).all(), text


@needs("jax")
def jax_is_near_in_float64():
    import jax

    for text, schedule in schedules().items():
        steps = steps_of(schedule)
        exact = schedule(steps)
        with jax.enable_x64(True):
            rates, normal = evaluated(schedule, steps), exact >= np.finfo(np.float64).tiny
        assert rates.dtype == np.float64
        ulps = np.abs(rates - exact)[normal] / np.spacing(exact[normal])
        # some two an exponent
        bound = (
            400.0 if "exponent=[1.0, 12.0, 200.0" in text else 16.0 if "exponent=" in text else 6.0
        )
        assert ulps.size == 0 or ulps.max() <= bound, (text, ulps.max())


@needs("jax")
def jax_takes_a_curve_that_it_has_not_from_the_reference():
    from unittest.mock import patch

    import jax

    from fastlr.adapters.jax import curves, tracing

    tracing._compiled.cache_clear()
    with patch.dict(curves.CURVES, clear=True), jax.enable_x64(True):
        for text, schedule in schedules().items():
            exact = schedule(steps := steps_of(schedule))
            assert np.allclose(evaluated(schedule, steps), exact, rtol=1e-13, atol=1e-290), text
        plan = flr.cosine([1.0, 2.0], 0.1, 30)
        each = jax.vmap(flr.adapters.jax.function(plan), out_axes=1)(jax.numpy.arange(40))
        assert np.allclose(each, plan.table(40), rtol=1e-15, atol=0.0)
        traced = jax.jit(flr.adapters.jax.function(plan)).lower(jax.numpy.arange(40)).compile()
    # JAX calls back without 64-bit numbers where they are disabled, as they are in its threads
    with jax.enable_x64(True):
        steps = jax.numpy.arange(40)
    assert np.allclose(traced(steps), plan.table(40), rtol=1e-15, atol=0.0)
    tracing._compiled.cache_clear()


@needs("jax")
def jax_climbs_a_staircase_at_its_very_step():
    import jax

    clock = flr.linear(0.0, 2.0**40, steps=2**40)  # its rate is the step
    for every in (1, 3, 49, 1_000, 2**13 - 1):
        stairs, number = (
            clock.staircase(every),
            np.unique(np.geomspace(1, 2**40, 2_000).astype(np.int64)),
        )
        with jax.enable_x64(True):
            assert np.array_equal(evaluated(stairs, every * number), number)
            assert np.array_equal(evaluated(stairs, every * number - 1), number - 1)


@needs("jax")
def jax_traces_maps_and_scans_it():
    import jax
    from jax import numpy as jnp

    plan = flr.stack({"body": PLAN, "head": flr.cosine_restarts(0.3, 0.0, period=7, scale=0.9)})
    function, exact = flr.adapters.jax.function(plan), plan.table(40, dtype=np.float32)
    assert np.array_equal(function(np.arange(40)), exact)
    assert np.array_equal([function(t) for t in range(40)], exact.T)
    assert np.array_equal(jax.vmap(function, out_axes=1)(jnp.arange(40)), exact)
    assert function(jnp.zeros((3, 2), jnp.int32)).shape == (2, 3, 2)

    @jax.jit
    def run():
        return jax.lax.scan(lambda t, _: (t + 1, function(t)), jnp.int32(0), length=40)

    last, rates = run()
    assert (last.dtype, rates.dtype) == (jnp.int32, jnp.float32)
    assert np.array_equal(rates.T, exact)
    slope = jax.grad(lambda x: (x * function(jnp.int32(3))).sum())
    assert np.float32(slope(1.0)) == exact[:, 3].sum(dtype=np.float32)
    assert (function, hash(function)) == (
        flr.adapters.jax.function(plan),
        hash(flr.adapters.jax.function(plan)),
    )
    assert np.array_equal(pickle.loads(pickle.dumps(function))(5), exact[:, 5])


@needs("jax")
def jax_reports_a_step_that_may_not_be_evaluated():
    import jax

    function = flr.adapters.jax.function(flr.linear(1.0, 0.5, steps=4).with_past_end("raise"))
    with jax.enable_x64(True):
        steps = jax.numpy.array([-1, 3, 4, 2**53 + 2])
    assert (
        np.isnan(function(steps)).tolist()
        == np.isnan(jax.jit(function)(steps)).tolist()
        == [True, False, True, True]
    )
    raises(TypeError, "got dtype float32", lambda: function(jax.numpy.float32(1.0)))
    raises(ValueError, "s(t): t must be from 0 to 2**53, got -1", lambda: function(-1))
    raises(ValueError, "s(t): t must be before the end, step 4", lambda: function(np.array([3, 4])))
    raises(TypeError, "s(t): t must be an integer", lambda: function("3"))
    raises(TypeError, "s(t): t must be an integer", lambda: function(2.5))
    raises(TypeError, "must be a Schedule", lambda: flr.adapters.jax.function(0.1))


@needs("jax", "optax")
def optax_takes_it():
    import jax
    import optax
    from jax import numpy as jnp

    plan = flr.bundle(lr=PLAN, weight_decay=flr.linear(0.1, 0.0, steps=9))
    decayed = optax.inject_hyperparams(optax.adamw)(**flr.adapters.optax.hyperparams(plan))
    weights, plain = {"w": jnp.ones(3)}, optax.sgd(flr.adapters.optax.schedule(PLAN))
    state, held = plain.init(weights), decayed.init(weights)

    @jax.jit
    def step(state, held):
        updates, state = plain.update(jax.tree.map(jnp.ones_like, weights), state, weights)
        return updates["w"][0], state, decayed.update(weights, held, weights)[1]

    for t in range(30):
        update, state, held = step(state, held)
        assert float(update) == -float(np.float32(PLAN(t)))
        expected = {"learning_rate": plan(t)["lr"], "weight_decay": plan(t)["weight_decay"]}
        assert {name: float(held.hyperparams[name]) for name in expected} == {
            k: float(np.float32(v)) for k, v in expected.items()
        }
    raises(TypeError, "must be a Bundle", lambda: flr.adapters.optax.hyperparams(PLAN))


@needs("jax", "optax")
def optax_names_the_adapter_if_it_gets_the_plan_itself():
    import jax
    import optax
    from jax import numpy as jnp

    weights, named = jnp.ones(3), "flr.adapters.optax.schedule(s)"
    for plan in (PLAN, flr.bundle(lr=PLAN)):
        wrong = optax.adamw(plan)
        state = wrong.init(weights)
        raises(TypeError, named, lambda: jax.jit(wrong.update)(weights, state, weights))  # noqa: B023
        raises(TypeError, named, lambda: jax.vmap(plan)(jnp.arange(3)))  # noqa: B023
    plain = optax.sgd(PLAN)  # outside a compiled function the step is a number
    updates, _ = plain.update(weights, plain.init(weights))
    assert updates.tolist() == [-PLAN(0)] * 3
    assert PLAN(jnp.int32(3)) == PLAN(3)


@needs("jax", "optax")
def optax_refuses_a_batch_and_a_beta_of_one():
    import optax

    adapter = flr.adapters.optax
    raises(ValueError, "got batch shape (2,); index it", lambda: adapter.schedule(PLANS["batch"]))
    raises(
        TypeError, "optimizer(optax.adamw, bundle)", lambda: adapter.schedule(flr.bundle(lr=PLAN))
    )
    lanes = flr.bundle(lr=PLANS["batch"])
    raises(ValueError, "lr must be a scalar schedule", lambda: adapter.hyperparams(lanes))
    raises(ValueError, "must be a scalar", lambda: adapter.optimizer(optax.sgd, PLANS["batch"]))
    for value in (1.5, 1.0, 0.99999999):
        wrong = flr.bundle(lr=PLAN, beta1=flr.constant(value))
        said = f"beta1 must be below 1 at every step, got {value} at step 0"
        raises(ValueError, said, lambda: adapter.hyperparams(wrong))  # noqa: B023
        raises(ValueError, said, lambda: adapter.optimizer(optax.adamw, wrong))  # noqa: B023
    rising = flr.bundle(lr=PLAN, momentum=flr.linear(0.5, 1.188, steps=100))
    raises(ValueError, "momentum must be below 1", lambda: adapter.optimizer(optax.sgd, rising))


@needs("jax", "optax")
def optax_optimizers_follow_a_plan():
    """Each update equals that of an optimizer with the numbers of its step."""
    import jax
    import optax
    from jax import numpy as jnp

    momentum, decay = flr.linear(0.9, 0.8, steps=9), flr.linear(0.1, 0.0, steps=9)
    cases = (
        (optax.sgd, flr.bundle(lr=PLAN, momentum=momentum), {}),
        (optax.adamw, flr.bundle(lr=PLAN, momentum=momentum, weight_decay=decay), {"b2": 0.95}),
        (optax.adamw, PLAN, {"mask": lambda tree: {"w": True, "b": False}}),
        (optax.lion, flr.bundle(lr=PLAN, beta1=momentum, beta2=momentum), {}),
    )
    for make, plan, settings in cases:
        whole = plan if isinstance(plan, flr.Bundle) else flr.bundle(lr=plan)
        named = {"lr": "learning_rate", "beta1": "b1", "beta2": "b2"}
        named |= {} if make is optax.sgd else {"momentum": "b1"}
        weights = theirs = {"w": jnp.array([1.0, -2.0]), "b": jnp.array([0.5])}
        ours = flr.adapters.optax.optimizer(make, plan, **settings)
        state, update = ours.init(weights), jax.jit(ours.update)
        held = optax.inject_hyperparams(make, list(settings) if "mask" in settings else ())(
            **{named.get(name, name): 0.5 for name in whole}, **settings
        )
        inner = held.init(theirs)
        for t in range(12):
            gradients = jax.tree.map(lambda x: x * 0.5 + 0.1, weights)
            updates, state = update(gradients, state, weights)
            for name, value in whole(t).items():
                assert float(state.hyperparams[named.get(name, name)]) == np.float32(value), name
                inner.hyperparams[named.get(name, name)] = jnp.float32(value)
            expected, inner = jax.jit(held.update)(gradients, inner, theirs)
            for name in weights:  # XLA fuses the two programs in different ways
                assert np.allclose(updates[name], expected[name], rtol=1e-5, atol=1e-7), t
            weights = theirs = optax.apply_updates(weights, updates)


@needs("jax", "optax")
def optax_optimizers_have_sizes_and_functions_that_are_not_traced():
    import jax
    import optax
    from jax import numpy as jnp

    plan, make = flr.linear(1.0, 0.0, steps=8), flr.adapters.optax.optimizer
    p = jnp.arange(16.0).reshape(4, 4) / 16
    for kind, sizes in (
        (optax.adafactor, {"min_dim_size_to_factor": 2}),
        (optax.adafactor, {}),
        (optax.contrib.galore, {"rank": 2}),
        (optax.contrib.adopt, {}),
    ):
        ours, theirs = make(kind, plan, **sizes), kind(flr.adapters.optax.schedule(plan), **sizes)
        states = ours.init(p), theirs.init(p)
        for _ in range(3):
            first, one = jax.jit(ours.update)(p, states[0], p)
            second, other = jax.jit(theirs.update)(p, states[1], p)
            assert np.allclose(first, second, rtol=1e-5), kind
            states = one, other


@needs("jax", "optax")
def optax_optimizers_say_what_they_cannot_follow():
    import optax

    make, several = flr.adapters.optax.optimizer, flr.bundle(lr=PLAN, weight_decy=PLAN)
    raises(ValueError, "did you mean 'weight_decay'", lambda: make(optax.adamw, several))
    raises(ValueError, "given once", lambda: make(optax.adamw, PLAN, learning_rate=0.1))
    raises(TypeError, "make must be a function", lambda: make(optax.adamw(0.1), PLAN))
    hyperparams = flr.adapters.optax.hyperparams
    raises(TypeError, "write flr.bundle(lr=schedule)", lambda: hyperparams(PLAN))
    raises(TypeError, "plan must be a Schedule", lambda: make(optax.adamw, 0.1))
    twice = flr.bundle(lr=PLAN, momentum=PLAN, beta1=PLAN)
    raises(ValueError, "one quantity per setting", lambda: make(optax.adamw, twice))


# -- Keras -----------------------------------------------------------------------------------------


def _keras(backend):
    import os

    os.environ["KERAS_BACKEND"] = backend
    import keras

    assert keras.config.backend() == backend, "another was imported before"
    return keras


def _keras_trains(backend):
    keras = _keras(backend)

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(float(self.model.optimizer.learning_rate))

    seen, x = [], np.ones((64, 1), np.float32)
    rate = flr.adapters.keras.LearningRate(PLAN)
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(rate), loss="mse")
    model.fit(x, x, batch_size=8, epochs=2, verbose=0, callbacks=[Watch()])
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        model = keras.models.load_model(f"{folder}/model.keras")
    model.fit(x, x, batch_size=8, epochs=2, verbose=0, callbacks=[Watch()])
    assert seen == PLAN.table(1, 33, dtype=np.float32).tolist()


@needs("keras", "torch")
def keras_on_torch_trains_saves_and_goes_on():
    _keras_trains("torch")


@needs("keras", "jax")
def keras_on_jax_trains_saves_and_goes_on():
    _keras_trains("jax")


@needs("keras", "tensorflow")
def keras_on_tensorflow_trains_saves_and_goes_on():
    _keras_trains("tensorflow")


@needs("keras", "torch")
def keras_has_the_bits_of_the_schedule():
    keras = _keras("torch")
    made = flr.adapters.keras.LearningRate
    for text, schedule in schedules().items():
        if schedule.shape or (schedule.steps or 0) >= 2**24:
            continue
        ends = schedule.steps is not None and schedule.past_end in ("hold", "zero")
        rate, reached = (
            made(schedule, None if ends else 500),
            int(schedule.steps) + 1 if ends else min(500, int(schedule.program[3])),
        )
        ends = ends or not np.isnan(float(rate(2**53)))
        steps = np.unique(np.linspace(0, reached - 1, 50).astype(int))
        exact = schedule(steps).astype(np.float32).tolist()
        assert [float(rate(int(t))) for t in steps] == exact, text
        beyond = float(rate(10**9))
        assert beyond == np.float32(schedule(10**9)) if ends else np.isnan(beyond), text
        again = made.from_config(rate.get_config())
        assert (again.schedule, again.steps) == (schedule, rate.steps)
    raises(
        ValueError,
        "config must have a schedule and steps, and nothing else, got {}",
        lambda: made.from_config({}),
    )
    raises(TypeError, "config must be a mapping, got NoneType None", lambda: made.from_config(None))
    rate = made(flr.linear(1.0, 0.0, steps=4))
    evaluated = keras.ops.convert_to_numpy(rate(keras.ops.convert_to_tensor([-5, -1, 0, 3, 4, 99])))
    assert np.array_equal(
        evaluated, np.float32([np.nan, np.nan, 1.0, 0.25, 0.0, 0.0]), equal_nan=True
    )
    assert float(rate(2**53)) == float(rate(np.int64(2**40))) == 0.0
    raises(
        ValueError,
        "LearningRate: step must be an integer from 0 to 2**53, got -5",
        lambda: rate(-5),
    )
    for wrong in (2.5, True, "3", None, np.float32(1.5)):
        raises(
            TypeError,
            "LearningRate: step must be an integer from 0 to 2**53, got ",
            lambda wrong=wrong: rate(wrong),
        )
    raises(TypeError, "got a tensor of dtype", lambda: rate(keras.ops.convert_to_tensor(2.5)))
    raises(ValueError, "steps must be given", lambda: made(flr.exponential_decay(0.1, rate=0.1)))
    raises(ValueError, "steps must be given", lambda: made(flr.cosine_restarts(0.1, 0.0, period=4)))
    assert float(made(flr.constant(0.5))(2**53)) == 0.5
    held = flr.linear(0.0, 1.0, steps=4).then(flr.constant(0.25))
    assert [float(made(held)(t)) for t in (3, 4, 10**9)] == [0.75, 0.25, 0.25]
    raises(
        ValueError,
        "less than 16,777,216 steps, got 100,000,000",
        lambda: made(flr.linear(1.0, 0.0, steps=10**8)),
    )
    raises(ValueError, "must be a scalar one", lambda: made(flr.constant([0.1, 0.2])))


def _keras_model(keras, optimizer, **options):
    keras.utils.set_random_seed(7)
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer, loss="mse", **options)
    return model


def _keras_data():
    rng = np.random.default_rng(7)
    x = rng.normal(size=(32, 2)).astype(np.float32)
    return x, x[:, :1] - x[:, 1:]


KERAS_PLAN = flr.bundle(
    lr=PLAN, weight_decay=flr.linear(0.1, 0.0, steps=9), momentum=flr.linear(0.95, 0.8, steps=9)
)


def _keras_optimizers_follow(backend):
    """Each update equals that of an optimizer whose numbers are set by hand before it."""
    keras = _keras(backend)
    make, names = flr.adapters.keras.optimizer, {"lr": "learning_rate", "momentum": "beta_1"}
    cases = [
        (keras.optimizers.AdamW, KERAS_PLAN, {"beta_2": 0.9}),
        (keras.optimizers.Adam, flr.bundle(lr=PLAN, beta1=KERAS_PLAN["momentum"]), {}),
        (keras.optimizers.Nadam, flr.bundle(lr=PLAN, beta2=KERAS_PLAN["momentum"]), {}),
        (keras.optimizers.Lion, KERAS_PLAN, {}),
        (keras.optimizers.SGD, PLAN, {"momentum": 0.5}),
    ]
    if backend == "torch":
        several = flr.bundle(lr=PLAN, momentum=KERAS_PLAN["momentum"])
        cases += [(keras.optimizers.SGD, several, {"nesterov": True})]
        cases += [(keras.optimizers.RMSprop, several, {})]
    for kind, plan, settings in cases:
        whole = plan if isinstance(plan, flr.Bundle) else flr.bundle(lr=plan)
        known = names if kind in (keras.optimizers.AdamW, keras.optimizers.Lion) else {}
        known = {"lr": "learning_rate", "beta1": "beta_1", "beta2": "beta_2"} | known
        ours = keras.Variable(np.float32([1.0, -2.0]))
        theirs = keras.Variable(np.float32([1.0, -2.0]))
        followed = make(kind, plan, **settings)
        by_hand = kind(0.5, **settings)
        for t in range(12):
            for name, value in whole(t).items():
                setattr(by_hand, known.get(name, name), float(np.float32(value)))
                found = float(getattr(followed, known.get(name, name)))
                assert found == np.float32(value), (kind, name, t)
            gradient = keras.ops.convert_to_tensor(np.float32([0.1 * t - 0.4, 0.3]))
            followed.apply([gradient], [ours])
            by_hand.apply([gradient], [theirs])
            near = np.allclose(_numpy(keras, ours), _numpy(keras, theirs), rtol=1e-5, atol=1e-7)
            assert near, (kind, t)


def _numpy(keras, variable):
    return keras.ops.convert_to_numpy(variable)


def _keras_resumes(backend):
    """A compiled training run that is saved and loaded ends with the weights of an uninterrupted
    one.
    """
    keras = _keras(backend)
    adapter, (x, y) = flr.adapters.keras, _keras_data()
    lasting = KERAS_PLAN.extend(24)
    rule = flr.Plateau(factor=0.5, patience=1, cooldown=1, atol=0.5)
    adaptive = flr.GreedyLR(factor=0.5, patience=0, threshold=0.01, min_lr=0.0, max_lr=4.0)

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((float(self.model.optimizer.learning_rate), logs["loss"]))

    for heard, first in ((rule, None), (adaptive, 1.0)):
        state, seen, fitted = heard.init(), [], {"batch_size": 8, "verbose": 0, "shuffle": False}
        plan = {"plan": lasting, "plateau": heard, "scale": first}

        def fit(model, epochs):
            calls = [adapter.PlateauCallback("loss"), Watch()]
            model.fit(x, y, epochs=epochs, callbacks=calls, **fitted)  # noqa: B023

        whole, model = (
            _keras_model(keras, adapter.optimizer(keras.optimizers.AdamW, **plan)) for _ in range(2)
        )
        fit(whole, 6)
        for epoch, (rate, loss) in enumerate(seen):
            state = heard.update(state, loss)
            expected = np.float32(lasting["lr"](4 * (epoch + 1))) * np.float32(state.scale)
            assert rate == expected, epoch
        assert len({rate for rate, _ in seen}) > 2
        fit(model, 3)
        with tempfile.TemporaryDirectory() as folder:
            model.save(f"{folder}/model.keras")
            again = keras.models.load_model(f"{folder}/model.keras")
            model.save_weights(f"{folder}/only.weights.h5")
            fresh = _keras_model(keras, adapter.optimizer(keras.optimizers.AdamW, **plan))
            fresh.optimizer.build(fresh.trainable_variables)
            fresh.load_weights(f"{folder}/only.weights.h5")
        for resumed in (again, fresh):
            fit(resumed, 3)
            assert [v.tobytes() for v in resumed.get_weights()] == [
                v.tobytes() for v in whole.get_weights()
            ]
            held = resumed.optimizer.rule_state
            assert [part.tobytes() for part in held] == [part.tobytes() for part in state]
            configs = [each.optimizer.get_config() for each in (resumed, whole)]
            assert configs[0] | {"name": ""} == configs[1] | {"name": ""}


def _keras_knows_the_run(backend):
    """A plan that ends before the first fit does is refused, whoever counts its steps."""
    keras = _keras(backend)
    adapter, (x, y) = flr.adapters.keras, _keras_data()
    plan = flr.warmup_cosine(0.1, warmup=1, steps=7, end=0.01)
    sgd = keras.optimizers.SGD

    def fit(optimizer, epochs=3, **fitted):  # 4 batches per epoch
        model = _keras_model(keras, optimizer)
        model.fit(x, y, batch_size=8, epochs=epochs, verbose=0, **fitted)
        return int(model.optimizer.iterations)

    ended = "must last for the 12 steps of the run, got one that ends at step 7 and stays at 0.01;"
    for build, name in (
        (lambda: sgd(adapter.LearningRate(plan)), "LearningRate: schedule"),
        (lambda: adapter.optimizer(sgd, plan), "optimizer: plan"),
        (
            lambda: adapter.optimizer(
                keras.optimizers.AdamW, flr.bundle(lr=plan, weight_decay=flr.linear(0.1, 0.0, 2))
            ),
            "optimizer: plan",
        ),
    ):
        raises(ValueError, f"{name} {ended}", lambda b=build: fit(b()))
        assert fit(build(), 2) == 8  # whose last update has the end of the curve
        assert fit(build(), 3, initial_epoch=1) == 8
        assert fit(build(), 3, steps_per_epoch=2) == 6
    rows = ((x[:8], y[:8]) for _ in range(8))  # nobody knows how many
    model = _keras_model(keras, sgd(adapter.LearningRate(plan)))
    model.fit(rows, verbose=0)
    assert int(model.optimizer.iterations) == 8
    # Keras counts batches for its own schedules; an optimizer of the adapter counts updates
    accumulated = {"gradient_accumulation_steps": 2}
    raises(ValueError, ended, lambda: fit(sgd(adapter.LearningRate(plan), **accumulated)))
    assert fit(adapter.optimizer(sgd, plan, **accumulated)) == 6
    raises(
        ValueError,
        "must last for the 12 steps",
        lambda: fit(adapter.optimizer(sgd, plan, **accumulated), 6),
    )
    for lasting in (
        plan.extend(12),
        plan.then(flr.constant(0.01)),
        flr.warmup_constant(0.1, warmup=2),
    ):
        assert fit(sgd(adapter.LearningRate(lasting))) == 12
    model = _keras_model(keras, sgd(adapter.LearningRate(plan)))
    for _ in range(12):  # a loop of one's own has no length
        model.train_on_batch(x, y)
    for build in (lambda: sgd(adapter.LearningRate(plan)), lambda: adapter.optimizer(sgd, plan)):
        _keras_knows_the_steps_before(keras, build, backend)


def _keras_knows_the_steps_before(keras, build, backend):
    """A model that was trained for 4 of 7 steps, loaded, and trained for 4 or 8 more."""
    x, y = _keras_data()
    model = _keras_model(keras, build())
    model.fit(x, y, batch_size=8, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        for options, last in (({"epochs": 2, "initial_epoch": 1}, None), ({"epochs": 2}, 11)):
            again = keras.models.load_model(f"{folder}/model.keras")
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                again.fit(x, y, batch_size=8, verbose=0, **options)
            said = [str(each.message) for each in caught if "must last" in str(each.message)]
            expected = last is not None and backend == "torch"  # others compile the update
            assert len(said) == expected, said
            ended = f"ends at step 7 and stays at 0.01, and an update at step {last};"
            assert all(ended in text for text in said), said


@needs("keras", "torch")
def keras_optimizers_on_torch_follow_a_plan():
    _keras_optimizers_follow("torch")


@needs("keras", "jax")
def keras_optimizers_on_jax_follow_a_plan():
    _keras_optimizers_follow("jax")


@needs("keras", "torch")
def keras_on_torch_resumes_a_plan_and_its_rule():
    _keras_resumes("torch")


@needs("keras", "jax")
def keras_on_jax_resumes_a_plan_and_its_rule():
    _keras_resumes("jax")


@needs("keras", "torch")
def keras_on_torch_refuses_a_plan_that_ends_before_the_run():
    _keras_knows_the_run("torch")


@needs("keras", "jax")
def keras_on_jax_refuses_a_plan_that_ends_before_the_run():
    _keras_knows_the_run("jax")


@needs("keras", "torch")
def keras_counts_updates_where_gradients_accumulate():
    keras = _keras("torch")
    optimizer = flr.adapters.keras.optimizer(
        keras.optimizers.SGD, PLAN, gradient_accumulation_steps=4
    )
    weight, rates = keras.Variable(np.float32([1.0])), []
    for _ in range(16):
        rates.append(float(optimizer.learning_rate))
        optimizer.apply([keras.ops.ones(1)], [weight])
    assert rates == np.repeat(PLAN.table(4, dtype=np.float32), 4).tolist()


@needs("keras", "jax")
def keras_on_jax_refuses_a_momentum_that_it_compiles_in():
    keras = _keras("jax")
    several = flr.bundle(lr=PLAN, momentum=flr.constant(0.5))
    raises(
        ValueError,
        "momentum of SGD must be one number with the jax backend",
        lambda: flr.adapters.keras.optimizer(keras.optimizers.SGD, several),
    )


@needs("keras", "torch")
def keras_names_the_adapter_and_what_is_wrong():
    keras = _keras("torch")
    make, adam, data = flr.adapters.keras.optimizer, keras.optimizers.Adam, _keras_data()
    for plan in (PLAN, flr.bundle(lr=PLAN)):
        named = "flr.adapters.keras.LearningRate(s)"
        raises(TypeError, named, lambda: keras.optimizers.AdamW(plan).learning_rate)  # noqa: B023
        wrong = _keras_model(keras, keras.optimizers.AdamW(plan))
        raises(TypeError, named, lambda: wrong.fit(*data, verbose=0))  # noqa: B023
    for value in (1.5, 1.0, 0.99999999):
        several = flr.bundle(lr=PLAN, beta1=flr.constant(value))
        said = f"beta1 must be below 1 at every step, got {value} at step 0"
        raises(ValueError, said, lambda: make(adam, several))  # noqa: B023
    rising = flr.bundle(lr=PLAN, momentum=flr.linear(0.9, 1.188, steps=50))
    raises(ValueError, "momentum must be below 1", lambda: make(keras.optimizers.SGD, rising))
    raises(ValueError, "must be a scalar schedule", lambda: make(adam, PLANS["batch"]))
    raises(TypeError, "pass the class, such as", lambda: make(adam(0.1), PLAN))
    raises(TypeError, "plan must be a Schedule", lambda: make(adam, 0.1))
    raises(TypeError, "make must be a class of keras", lambda: make(adam(0.1), PLAN))
    raises(ValueError, "given once", lambda: make(adam, PLAN, learning_rate=0.1))
    unknown = flr.bundle(lr=PLAN, weight_decy=PLAN)
    raises(ValueError, "did you mean 'weight_decay'?", lambda: make(adam, unknown))
    raises(ValueError, "plan must have lr", lambda: make(adam, flr.bundle(weight_decay=PLAN)))
    raises(TypeError, "plateau must be a Plateau", lambda: make(adam, PLAN, plateau=0.5))
    lanes = flr.Plateau(patience=[1, 2])
    raises(ValueError, "must have one lane", lambda: make(adam, PLAN, plateau=lanes))


@needs("keras", "torch")
def keras_sets_nothing_where_it_refuses():
    keras = _keras("torch")
    make, data = flr.adapters.keras.optimizer, _keras_data()
    held = make(keras.optimizers.AdamW, KERAS_PLAN, plateau=flr.Plateau(patience=0))
    for name in ("learning_rate", "weight_decay", "beta_1"):
        said = f"{name} follows the plan and cannot be set"
        raises(AttributeError, said, lambda: setattr(held, name, 0.5))  # noqa: B023
    before = [part.tobytes() for part in held.rule_state]
    raises(ValueError, "must not be NaN", lambda: held.report(np.nan))
    assert [part.tobytes() for part in held.rule_state] == before
    callback = flr.adapters.keras.PlateauCallback
    model = _keras_model(keras, held)
    raises(
        ValueError,
        "monitor must be a metric in the logs, ['loss'], got 'val_loss'",
        lambda: model.fit(*data, verbose=0, callbacks=[callback()]),
    )
    raises(TypeError, "monitor must be the name", lambda: callback(None))
    plain = _keras_model(keras, make(keras.optimizers.Adam, PLAN))
    raises(ValueError, "must have a rule", lambda: plain.fit(*data, callbacks=[callback("loss")]))
    raises(ValueError, "a metric needs a rule", lambda: plain.optimizer.report(0.5))


@needs("keras", "torch")
def keras_keeps_a_floor_of_the_rate():
    keras = _keras("torch")
    rule = flr.Plateau(factor=0.1, patience=0, rate_floor=2.0**-7)
    held = flr.adapters.keras.optimizer(keras.optimizers.Adam, PLAN, plateau=rule)
    state = rule.init()
    held.iterations.assign(12)
    for _ in range(4):
        held.report(1.0)
        state = rule.update(state, 1.0)
        expected = rule.rate(PLAN(12), state)
        assert np.isclose(float(held.learning_rate), expected, rtol=2e-7, atol=0.0)
    assert float(held.learning_rate) == 2.0**-7


# -- MLX -------------------------------------------------------------------------------------------


@needs("mlx")
def mlx_has_the_float64_rate_rounded_once():
    import mlx.core as mx

    adapter = flr.adapters.mlx
    for text, plan in schedules().items():
        if plan.shape or (plan.steps or 0) >= 2**24:
            continue
        rate = adapter.schedule(plan, 500)
        reached = min(500 if plan.steps is None else int(plan.steps), int(plan.program[3]))
        steps = np.unique(np.linspace(0, max(reached - 1, 0), 50).astype(int))
        exact = plan(steps).astype(np.float32)
        assert np.array_equal(np.asarray(rate(mx.array(steps.astype(np.uint64)))), exact), text
        assert rate(int(steps[-1])).item() == exact[-1]
    raises(TypeError, "got an array of mlx.core.int32", lambda: rate(mx.array(3)))
    raises(ValueError, "step must be an integer from 0", lambda: rate(-1))
    raises(ValueError, "steps must be given", lambda: adapter.schedule(PLANS["endless"]))
    endless = adapter.schedule(PLANS["endless"], 10)
    assert np.isnan(endless(10).item())
    assert endless(9).item() == np.float32(PLANS["endless"](9))


@needs("mlx")
def mlx_optimizers_follow_a_plan_also_compiled():
    import mlx.core as mx
    from mlx import nn, optimizers

    adapter, x = flr.adapters.mlx, mx.ones((4, 2))
    for compiled in (False, True):
        model = nn.Linear(2, 1)
        sgd = optimizers.AdamW(learning_rate=adapter.schedule(PLAN), weight_decay=0.0)
        state, rates = [model.state, sgd.state], []
        gradient = nn.value_and_grad(model, lambda x: (model(x) ** 2).mean())  # noqa: B023

        def update(x):
            _, gradients = gradient(x)  # noqa: B023
            sgd.update(model, gradients)  # noqa: B023

        work = mx.compile(update, inputs=state, outputs=state) if compiled else update
        for _ in range(30):
            work(x)
            mx.eval(state)
            rates.append(sgd.learning_rate.item())
        assert rates == PLAN.table(30, dtype=np.float32).tolist(), compiled
    first = {"weight": mx.zeros(2), "bias": mx.zeros(1)}
    half, resumed = (optimizers.Adam(learning_rate=adapter.schedule(PLAN)) for _ in range(2))
    for _ in range(7):
        half.apply_gradients(first, first)
    resumed.state = half.state
    resumed.apply_gradients(first, first)
    assert resumed.learning_rate.item() == np.float32(PLAN(7))
    raises(TypeError, "flr.adapters.mlx.schedule(s)", lambda: optimizers.Adam(learning_rate=PLAN))
    several = flr.bundle(lr=PLAN)
    raises(TypeError, "flr.adapters.mlx.schedule(s)", lambda: optimizers.SGD(several))
    raises(TypeError, "got Bundle of ['lr']", lambda: adapter.schedule(several))
    raises(ValueError, "got batch shape (2,)", lambda: adapter.schedule(PLANS["batch"]))
    raises(TypeError, "must be a Schedule", lambda: adapter.schedule(0.1))


# -- Stable-Baselines3 -----------------------------------------------------------------------------

RUN = flr.linear(1e-3, 0.0, steps=160).then(flr.constant(1e-5))


def _ppo(rate=0.5, **options):
    from stable_baselines3 import PPO

    options = {"n_steps": 16, "batch_size": 16, "n_epochs": 2, "device": "cpu"} | options
    return PPO("MlpPolicy", "CartPole-v1", learning_rate=rate, seed=3, **options)


def _learned(model, timesteps, plan=RUN, reset=True, **options):
    """Learn, and return the rate of each update by the timesteps before it."""
    from stable_baselines3.common.callbacks import BaseCallback

    train, seen = model.train, []

    def watched(*arguments, **named):
        train(*arguments, **named)
        optimizer = getattr(model, "actor", model.policy).optimizer
        seen.append((model.num_timesteps, optimizer.param_groups[0]["lr"]))

    model.train = watched
    callback = plan if isinstance(plan, BaseCallback) else _scheduler(plan, **options)
    try:
        model.learn(timesteps, callback=callback, reset_num_timesteps=reset)
    finally:
        del model.train
    return seen


def _scheduler(plan, **options):
    return flr.adapters.stable_baselines3.Scheduler(plan, **options)


@needs("stable_baselines3", "torch")
def stable_baselines3_counts_across_calls():
    model = _ppo()
    steps = [16, 32, 48]
    assert _learned(model, 48) == [(t, RUN(t)) for t in steps]
    assert _learned(model, 48) == [(t, RUN(t + 48)) for t in steps], "the model's count is reset"
    again = [(t + 48, RUN(t + 96)) for t in steps]
    assert _learned(model, 48, reset=False) == again
    assert _learned(model, 48, start=0) == [(t, RUN(t)) for t in steps]
    one = _scheduler(RUN)
    assert [_learned(model, 32, one)[-1][1] for _ in range(3)] == [RUN(t) for t in (80, 112, 144)]


@needs("stable_baselines3", "torch")
def stable_baselines3_resumes_a_saved_model():
    from stable_baselines3 import PPO

    model = _ppo()
    _learned(model, 32)
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.zip")
        loaded = [PPO.load(f"{folder}/model.zip", env=model.get_env()) for _ in range(4)]
    assert _learned(loaded[0], 32, reset=False) == [(48, RUN(48)), (64, RUN(64))]
    assert _learned(loaded[1], 32) == [(16, RUN(48)), (32, RUN(64))]
    other = RUN * 0.5
    raises(ValueError, "the first to differ is step 0: ", lambda: _learned(loaded[2], 32, other))
    assert _learned(loaded[2], 32, other, wins="new") == [(16, other(48)), (32, other(64))]
    assert _learned(loaded[3], 32, other, wins="saved") == [(16, RUN(48)), (32, RUN(64))]


@needs("stable_baselines3", "torch")
def stable_baselines3_sets_every_optimizer():
    from stable_baselines3 import SAC
    from stable_baselines3.common.env_util import make_vec_env

    options = {"learning_starts": 8, "batch_size": 4, "buffer_size": 100, "device": "cpu"}
    model = SAC("MlpPolicy", "Pendulum-v1", learning_rate=0.5, train_freq=4, **options)
    assert _learned(model, 24) == [(t, RUN(t)) for t in (12, 16, 20, 24)]
    found = [model.critic.optimizer, model.ent_coef_optimizer]
    assert [group["lr"] for each in found for group in each.param_groups] == [RUN(24)] * 2
    several = _ppo()
    several.set_env(make_vec_env("CartPole-v1", n_envs=1))
    assert _learned(several, 16) == [(16, RUN(16))]


@needs("stable_baselines3", "torch")
def stable_baselines3_raises_where_a_rate_would_be_wrong():
    for plan in (RUN, flr.bundle(lr=RUN)):
        text = "" if plan is RUN else "float() argument"
        text = text or "stable-baselines3 takes flr.adapters.stable_baselines3.Scheduler"
        raises(TypeError, text, lambda: _ppo(plan).learn(16))  # noqa: B023
    model = _ppo()
    _learned(model, 32)
    short = flr.linear(1e-3, 0.0, steps=40)
    raises(
        ValueError,
        "plan must last for the 64 steps of the run, got one that ends at step 40 and stays at 0.0",
        lambda: _ppo(1e-3).learn(64, callback=_scheduler(short)),
    )
    raises(RuntimeError, "each learn() must have the callback", lambda: model.learn(16))
    raises(TypeError, "got Bundle of ['lr']; pass its rate", lambda: _scheduler(flr.bundle(lr=RUN)))
    raises(ValueError, "got batch shape (2,)", lambda: _scheduler(PLANS["batch"]))
    raises(TypeError, "must be a Schedule", lambda: _scheduler(0.1))
    raises(ValueError, "start must be an integer from 0", lambda: _scheduler(RUN, start=-1))
    ended = flr.linear(1e-3, 0.0, steps=20).with_past_end("raise")
    raises(ValueError, "ends at step 20 and raises", lambda: _learned(_ppo(), 48, ended))


# -- XGBoost ---------------------------------------------------------------------------------------


def _boosted(callbacks, rounds=6, model=None, **params):
    import xgboost

    x = np.arange(100.0).reshape(50, 2)
    data = xgboost.DMatrix(x, np.sin(x[:, 0]))
    return xgboost.train(params, data, rounds, xgb_model=model, callbacks=callbacks)


def _same_trees(first, second):
    return first.get_dump() == second.get_dump()


@needs("xgboost")
def xgboost_has_the_rate_of_each_round():
    import xgboost

    make = flr.adapters.xgboost.Scheduler
    plan = flr.warmup_cosine(0.5, warmup=3, steps=12, init=0.1)
    by_hand = None
    for t in range(6):
        by_hand = _boosted([], 1, by_hand, learning_rate=plan(t))
    for params in ({}, {"eta": 0.01}, {"learning_rate": 0.01}):
        assert _same_trees(_boosted([make(plan)], **params), by_hand), params
    theirs = xgboost.callback.LearningRateScheduler(plan.table(6).tolist())
    assert not _same_trees(_boosted([theirs]), by_hand)  # each rate is one round late
    again = _boosted([make(plan)], 4, _boosted([make(plan)], 2))
    assert _same_trees(again, by_hand)
    with tempfile.TemporaryDirectory() as folder:
        _boosted([make(plan)], 2).save_model(f"{folder}/model.json")
        assert _same_trees(_boosted([make(plan)], 4, f"{folder}/model.json"), by_hand)
    one = make(plan)
    assert _same_trees(_boosted([one], 4, _boosted([one], 2)), by_hand)
    later = _boosted([make(plan, start=4)], 2)
    assert _same_trees(later, _boosted([], 1, _boosted([], 1, eta=plan(4)), eta=plan(5)))


@needs("xgboost", "sklearn")
def xgboost_has_the_rate_of_each_round_in_its_other_interfaces():
    import xgboost
    from sklearn.base import clone

    make = flr.adapters.xgboost.Scheduler
    plan = flr.warmup_cosine(0.5, warmup=3, steps=12, init=0.1)
    x = np.arange(100.0).reshape(50, 2)
    model = xgboost.XGBRegressor(n_estimators=6, callbacks=[make(plan)])
    for each in (model, clone(model)):
        fitted = each.fit(x, np.sin(x[:, 0])).get_booster()
        assert _same_trees(fitted, _boosted([make(plan)]))
    rates = []

    class Seen(xgboost.callback.TrainingCallback):
        def before_iteration(self, model, epoch, evals_log):
            for fold in model.cvfolds:
                found = json.loads(fold.bst.save_config())["learner"]["gradient_booster"]
                rates.append(float(found["tree_train_param"]["learning_rate"]))
            return False

    data = xgboost.DMatrix(x, np.sin(x[:, 0]))
    xgboost.cv({}, data, 3, nfold=2, callbacks=[make(plan), Seen()])
    assert np.float32(rates).tolist() == np.repeat(np.float32(plan.table(3)), 2).tolist()


@needs("xgboost")
def xgboost_says_what_is_no_plan_and_what_ends():
    make, plan = flr.adapters.xgboost.Scheduler, flr.linear(0.5, 0.1, steps=3)
    for kind, text, wrong in (
        (TypeError, "Scheduler: plan must be a Schedule, got Bundle of", flr.bundle(lr=plan)),
        (ValueError, "as a booster has one rate, got batch shape (2,)", flr.constant([0.1, 0.2])),
        (TypeError, "pass flr.constant(0.1)", 0.1),
        (TypeError, "flr.sampled(values)", plan.table(3).tolist()),
    ):
        raises(kind, text, lambda wrong=wrong: make(wrong))
    raises(ValueError, "start must be an integer from 0", lambda: make(plan, -1))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _boosted([make(plan)], 4)  # whose last round has the end of the line
        _boosted([make(plan.then(flr.constant(0.1)))], 8)
        assert not caught
        for _ in range(2):
            _boosted([make(plan)], 8)
    assert [str(warning.message) for warning in caught] == 2 * [
        "Scheduler: plan must last for the run, got one that ends at step 3 and stays at 0.1, and "
        "an update at step 4; build it for the run or extend it, .extend(steps), or to train on at "
        "that rate say so: .then(flr.constant(rate))"
    ]


# -- documents -------------------------------------------------------------------------------------


def _run(text, name):
    test = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    runner, said = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS), io.StringIO()
    runner.run(test, out=said.write)
    assert runner.summarize(verbose=False).failed == 0, said.getvalue()


SECTIONS = {}
if (PROJECT / "docs" / "adapters.md").is_file():
    _parts = re.split(
        r"^## (.*)\n", (PROJECT / "docs" / "adapters.md").read_text(), flags=re.MULTILINE
    )
    SECTIONS = dict(zip(_parts[1::2], _parts[2::2], strict=True))


def packages_of(section):
    """Return the packages that a section of the page imports."""
    lines = "\n".join(
        example.source for example in doctest.DocTestParser().get_examples(SECTIONS[section])
    )
    nodes = [
        node for node in ast.walk(ast.parse(lines)) if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    names = [
        node.module if isinstance(node, ast.ImportFrom) else alias.name
        for node in nodes
        for alias in node.names
    ]
    return sorted(
        {str(name).split(".")[0] for name in names} - {"fastlr", "numpy", "functools", "math"}
    )


def run_section(section):
    import os

    os.environ.setdefault("KERAS_BACKEND", "torch")
    _run(SECTIONS[section], section)


def run_doctests(package):
    import os

    os.environ.setdefault("KERAS_BACKEND", "torch")
    adapter = importlib.import_module(f"fastlr.adapters.{package}")
    inside = pkgutil.iter_modules(getattr(adapter, "__path__", ()), f"{adapter.__name__}.")
    modules = [adapter, *(importlib.import_module(each.name) for each in inside)]
    found = [doctest.testmod(module) for module in modules]
    assert sum(each.failed for each in found) == 0
    assert sum(each.attempted for each in found) or package == "transformers"
