"""What each adapter promises. A function is registered with the packages that it needs.

``adapters/test_adapters.py`` runs each in a process of its own, because these packages leave
threads and hooks behind.
"""

import ast
import copy
import doctest
import importlib
import io
import pickle
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
    """One of them, what torch warns of being an error."""
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
    return flr.adapters.torch.Scheduler(optimizer, plan, **options)


def set_in(optimizer):
    """What is in the groups, by quantity."""
    return {
        key: [float(group[key]) for group in optimizer.param_groups]
        for key in ("lr", "weight_decay", "momentum")
    }


def planned(plan, t):
    """The same from the plan, of two groups; a quantity that it does not have is 0."""
    rates = plan(t) if isinstance(plan, flr.Bundle) else {"lr": plan(t)}
    nought = {"weight_decay": 0.0, "momentum": 0.0}
    return {key: np.broadcast_to(rate, 2).tolist() for key, rate in (nought | rates).items()}


@needs("torch")
def torch_has_the_bits_of_the_schedule():
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
            assert scheduler_of(begun, plan, last_epoch=k).last_epoch == k + 1
            assert set_in(begun) == set_in(optimizer)


@needs("torch")
def torch_refuses_the_state_of_another():
    import torch

    state = scheduler_of(sgd(), PLAN, last_epoch=10).state_dict()
    assert state == flr.checkpoint(PLAN, 11)
    other = scheduler_of(sgd(), PLAN * 0.5)
    raises(ValueError, "the first to differ is step 1: ", lambda: other.load_state_dict(state))
    assert other.last_epoch == 0
    raises(ValueError, "version 1", lambda: other.load_state_dict(state | {"resume": 2}))
    later = {**state["plan"], "fastlr": 99}
    raises(ValueError, "newer fastlr", lambda: other.load_state_dict(state | {"plan": later}))
    raises(
        ValueError,
        "same batch shape",
        lambda: scheduler_of(sgd(), PLANS["batch"]).load_state_dict(state),
    )
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(sgd(), 10).state_dict()
    raises(ValueError, "checkpoint(plan, step)", lambda: other.load_state_dict(theirs))
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
    for wrong in (None, "3", 2.5, True):
        raises(
            TypeError,
            "last_epoch must be an integer from -1",
            lambda wrong=wrong: scheduler_of(sgd(), PLAN, last_epoch=wrong),
        )
    raises(
        ValueError,
        "last_epoch must be an integer from -1 to 2**53 - 1, got -2",
        lambda: scheduler_of(sgd(), PLAN, last_epoch=-2),
    )
    ended = scheduler_of(sgd(), flr.linear(1.0, 0.5, steps=2).with_past_end("raise"))
    ended.step()
    raises(ValueError, "before the end, step 2", ended.step)
    assert (ended.last_epoch, ended.get_last_lr()) == (1, [0.75, 0.75])


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
    """A scaler that finds infinities steps no optimizer; whoever then steps the scheduler is
    not told off.
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
    """No step after the first is compiled again, as the tensor stays the one that was compiled
    in.
    """
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

FAR = [10**5, 2**24 + 1, 2**31 - 1, 2**31, 2**40 + 1, 2**53 - 1, 2**53]


def steps_of(schedule):
    limit = min(int(schedule.program[3]), 2**53 + 1)
    return np.unique(np.minimum([*range(2_000), *FAR], limit - 1))


def schedules():
    from cases import SCHEDULES
    from test_structure import EXAMPLES

    return SCHEDULES | {text: eval(text, vars(flr).copy()) for text, _ in EXAMPLES.values()}


def evaluated(schedule, steps):
    """By a compiled function; the steps beyond int32 are ones that a program of 64 bits has."""
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
def jax_says_that_a_step_may_not_be_asked_for():
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
    for wrong in (2.5, True, "3", None, np.float32(1.0)):
        raises(
            TypeError,
            "LearningRate: step must be an integer from 0 to 2**53, got ",
            lambda wrong=wrong: rate(wrong),
        )
    raises(TypeError, "got a tensor of dtype", lambda: rate(keras.ops.convert_to_tensor(2.5)))
    raises(ValueError, "steps must be given", lambda: made(flr.exponential_decay(0.1, rate=0.1)))
    raises(
        ValueError,
        "less than 16,777,216 steps, got 100,000,000",
        lambda: made(flr.linear(1.0, 0.0, steps=10**8)),
    )
    raises(ValueError, "must be a scalar one", lambda: made(flr.constant([0.1, 0.2])))


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
    """What a section of the page imports."""
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
    found = doctest.testmod(importlib.import_module(f"fastlr.adapters.{package}"))
    assert found.failed == 0
    assert found.attempted or package == "transformers"
