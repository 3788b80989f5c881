"""Use adapters wrongly, each with its real package. Each use works, or raises at once.

There is one function per package. It gives its uses by the code that a user writes, and beside each
the expected result or words of the expected error. ``adapters/test_wrong_uses.py`` runs them and
counts them for ``docs/faults.md``.
"""

import os
import tempfile
import warnings

import numpy as np

import fastlr as flr

NEEDS = {
    "Keras": ["keras", "torch"],
    "Stable-Baselines3": ["stable_baselines3", "torch"],
    "Lightning": ["lightning", "torch"],
    "Transformers": ["transformers", "accelerate", "torch"],
    "XGBoost": ["xgboost"],
    "MLX": ["mlx"],
    "torch": ["torch"],
    "accelerate": ["accelerate", "torch"],
    "optax": ["optax", "jax"],
}
PLAN = flr.linear(1.0, 0.0, steps=8)
BATCH = flr.linear([1.0, 0.5], 0.0, steps=8)
ENDLESS = flr.cyclic(0.25, 0.5, 3)
BUNDLE = flr.bundle(lr=PLAN)
RULE = flr.Plateau(factor=0.5, patience=0)
RECIPE = flr.recipe("llama3-405b")


def outcome(work):
    """Return the result of a use, or the text of its error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return work()
        except Exception as error:
            return f"{type(error).__name__}: {error}"


def warned(work):
    """What a use returns, where a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return work()


def is_as_expected(found, expected):
    """Whether an error has the expected words, or a result is that of a right use."""
    if isinstance(expected, str):
        return isinstance(found, str) and expected in found
    return found == expected


def uses_of_keras():
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    adapter, sgd, adam = flr.adapters.keras, keras.optimizers.SGD, keras.optimizers.Adam
    rate, make, callback = adapter.LearningRate, adapter.optimizer, adapter.PlateauCallback
    x = np.ones((8, 1), np.float32)

    def fit(optimizer, *callbacks, epochs=1):
        """The rate after 4 updates per epoch."""
        model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        model.compile(optimizer, loss="mse")
        model.fit(x, x, batch_size=2, epochs=epochs, verbose=0, callbacks=[*callbacks])
        return float(model.optimizer.learning_rate)

    def assigned(optimizer, value):
        optimizer.learning_rate = value
        return fit(optimizer)

    def heard(**options):
        return make(sgd, PLAN, plateau=flr.Plateau(patience=3, **options))

    listener = keras.callbacks.ReduceLROnPlateau("loss", patience=0, min_delta=10.0)
    per_epoch = keras.callbacks.LearningRateScheduler
    return {
        "SGD(plan)": (lambda: fit(sgd(PLAN)), "flr.adapters.keras.LearningRate(s)"),
        "SGD(bundle)": (lambda: fit(sgd(BUNDLE)), "flr.adapters.keras.LearningRate(s)"),
        "compile(plan)": (lambda: fit(PLAN), "Could not interpret optimizer identifier"),
        "learning_rate = plan": (lambda: assigned(sgd(0.1), PLAN), "keras.LearningRate(s)"),
        "learning_rate = LearningRate": (lambda: assigned(sgd(0.1), rate(PLAN)), 0.5),
        "learning_rate = 0.1 beside LearningRate": (
            lambda: assigned(sgd(rate(PLAN)), 0.1),
            "learning rate is not settable",
        ),
        "learning_rate = 0.1 beside optimizer()": (
            lambda: assigned(make(sgd, PLAN), 0.1),
            "learning_rate follows the plan and cannot be set",
        ),
        "LearningRateScheduler(plan), per epoch": (
            lambda: fit(sgd(0.1), per_epoch(PLAN), epochs=3),
            0.75,
        ),
        "LearningRateScheduler beside LearningRate": (
            lambda: fit(sgd(rate(PLAN)), per_epoch(lambda epoch: 0.5)),
            "learning rate is not settable",
        ),
        "LearningRateScheduler beside optimizer()": (
            lambda: fit(make(sgd, PLAN), per_epoch(lambda epoch: 0.5)),
            "learning_rate follows the plan and cannot be set",
        ),
        "ReduceLROnPlateau beside optimizer()": (
            lambda: fit(make(sgd, flr.constant(0.5)), listener, epochs=2),
            "learning_rate follows the plan and cannot be set",
        ),
        "PlateauCallback without a rule": (
            lambda: fit(make(sgd, PLAN), callback("loss")),
            "optimizer must have a rule",
        ),
        "PlateauCallback beside LearningRate": (
            lambda: fit(sgd(rate(PLAN)), callback("loss")),
            "optimizer must have a rule",
        ),
        "two PlateauCallbacks": (
            lambda: fit(heard(), callback("loss"), callback("loss"), epochs=2),
            "one callback must report to an optimizer, got two",
        ),
        "PlateauCallback without validation": (
            lambda: fit(heard(), callback()),
            "monitor must be a metric in the logs, ['loss'], got 'val_loss'",
        ),
        "a rule of mode 'max' that hears a loss": (
            lambda: fit(heard(mode="max"), callback("loss")),
            "pass mode='min' to the rule",
        ),
        "a rule of mode 'min' that hears an accuracy": (
            lambda: fit(heard(), callback("val_accuracy")),
            "pass mode='max' to the rule",
        ),
        "optimizer(batch)": (lambda: make(sgd, BATCH), "plan must be a scalar schedule"),
        "LearningRate(batch)": (lambda: rate(BATCH), "must be a scalar one, got batch shape (2,)"),
        "LearningRate(bundle)": (lambda: rate(BUNDLE), "bundle['lr'] is its rate"),
        "LearningRate(recipe)": (lambda: rate(RECIPE), "pass its schedule, .schedule"),
        "LearningRate('cosine')": (lambda: rate("cosine"), "for an expression flr.parse(text)"),
        "LearningRate(0.1)": (lambda: rate(0.1), "pass flr.constant(0.1)"),
        "LearningRate of a schedule without an end": (lambda: rate(ENDLESS), "steps must be given"),
        "LearningRate(plan, steps=5.5)": (lambda: rate(PLAN, 5.5), "steps must be an integer"),
        "a past end that raises": (
            lambda: rate(PLAN.with_past_end("raise")),
            "steps must be given for a schedule that does not hold its last rate",
        ),
        "a plan in epochs": (
            lambda: fit(sgd(rate(flr.linear(1.0, 0.0, steps=2))), epochs=2),
            "LearningRate: schedule must last for the 8 steps of the run",
        ),
        "a plan shorter than the run": (
            lambda: fit(make(sgd, PLAN), epochs=3),
            "optimizer: plan must last for the 12 steps of the run",
        ),
        "optimizer(an instance, plan)": (lambda: make(sgd(0.1), PLAN), "make must be a class of"),
        "optimizer('sgd', plan)": (lambda: make("sgd", PLAN), "make must be a class of"),
        "optimizer(plan, SGD)": (lambda: make(PLAN, sgd), "make must be a class of"),
        "learning_rate given twice": (
            lambda: make(sgd, PLAN, learning_rate=0.1),
            "learning_rate must be given once",
        ),
        "an unknown quantity": (
            lambda: make(sgd, flr.bundle(lr=PLAN, weight_dcay=PLAN)),
            "did you mean 'weight_decay'?",
        ),
        "a bundle without lr": (
            lambda: make(sgd, flr.bundle(momentum=PLAN * 0.5)),
            "plan must have lr",
        ),
        "a momentum of 1": (
            lambda: make(adam, flr.bundle(lr=PLAN, momentum=flr.constant(1.0))),
            "momentum must be below 1 at every step",
        ),
        "report() without a rule": (lambda: make(sgd, PLAN).report(1.0), "a metric needs a rule"),
        "report(nan)": (lambda: heard().report(float("nan")), "metric must not be NaN"),
        "a rule with lanes": (
            lambda: make(sgd, PLAN, plateau=flr.Plateau(patience=[1, 2])),
            "plateau must have one lane",
        ),
        "scale without a rule": (lambda: make(sgd, PLAN, scale=0.5), "scale must be left out"),
        "LearningRate(plan)(-1)": (lambda: rate(PLAN)(-1), "step must be an integer from 0"),
        "LearningRate(plan)(2.0)": (lambda: float(rate(PLAN)(2.0)), 0.75),
    }


def uses_of_stable_baselines3():
    import gymnasium  # noqa: F401  the environments
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback, CallbackList, EveryNTimesteps

    scheduler, plan = flr.adapters.stable_baselines3.Scheduler, flr.linear(1.0, 0.0, steps=64)
    options = {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "device": "cpu", "seed": 3}

    def ppo(rate=0.5, **more):
        return PPO("MlpPolicy", "CartPole-v1", learning_rate=rate, **(options | more))

    def learned(model, steps=32, **more):
        model.learn(steps, **more)
        return model.policy.optimizer.param_groups[0]["lr"]

    def loaded(model, **more):
        with tempfile.TemporaryDirectory() as folder:
            model.save(f"{folder}/model")
            return PPO.load(f"{folder}/model", env=model.get_env(), **more)

    def trained():
        model = ppo()
        learned(model, 16, callback=scheduler(plan))
        return model

    def in_turns():
        one, first, second = scheduler(plan), ppo(), ppo()
        return [learned(model, 16, callback=one) for model in (first, second, first, second)]

    class Other(BaseCallback):
        """One that sets the rate too."""

        def __init__(self, change):
            super().__init__()
            self.change = change

        def _on_step(self):
            return True

        def _on_rollout_end(self):
            self.change(self.model)

    def group(model):
        model.policy.optimizer.param_groups[0]["lr"] = 0.25

    def replaced(model):
        model.lr_schedule = lambda left: 0.25

    short = flr.linear(1.0, 0.0, steps=8)
    return {
        "PPO(learning_rate=plan)": (
            lambda: learned(ppo(plan)),
            "stable-baselines3 takes flr.adapters.stable_baselines3.Scheduler",
        ),
        "PPO(learning_rate=bundle)": (lambda: learned(ppo(BUNDLE)), "not 'dict'"),
        "PPO(learning_rate=Scheduler(plan))": (
            lambda: learned(ppo(scheduler(plan))),
            "must be a float or a callable",
        ),
        "learn(callback=plan)": (lambda: learned(ppo(), callback=plan), "t must be an integer"),
        "learn(callback=Scheduler)": (
            lambda: learned(ppo(), callback=scheduler),
            "build the callback first",
        ),
        "Scheduler(0.1)": (lambda: scheduler(0.1), "pass flr.constant(0.1)"),
        "Scheduler('cosine')": (lambda: scheduler("cosine"), "flr.parse(text)"),
        "Scheduler([1.0, 0.5])": (lambda: scheduler([1.0, 0.5]), "flr.sampled(values)"),
        "Scheduler(bundle)": (lambda: scheduler(BUNDLE), "pass its rate, bundle['lr']"),
        "Scheduler(batch)": (lambda: scheduler(BATCH), "index it first"),
        "Scheduler(recipe)": (lambda: scheduler(RECIPE), "pass its schedule, .schedule"),
        "a function of the progress": (lambda: scheduler(lambda left: left), "flr.sampled(values)"),
        "start=-1": (lambda: scheduler(plan, start=-1), "start must be an integer from 0"),
        "start=1.5": (lambda: scheduler(plan, start=1.5), "start must be an integer from 0"),
        "wins by position": (lambda: scheduler(plan, "new"), "start must be an integer from 0"),
        "wins='old'": (lambda: scheduler(plan, wins="old"), "wins must be one of 'saved', 'new'"),
        "a plan shorter than the run": (
            lambda: learned(ppo(), 64, callback=scheduler(short)),
            "plan must last for the 64 steps of the run",
        ),
        "a plan in epochs": (
            lambda: learned(ppo(), 32, callback=scheduler(flr.linear(1.0, 0.0, steps=2))),
            "plan must last for the 32 steps of the run",
        ),
        "a past end that raises": (
            lambda: learned(ppo(), 128, callback=scheduler(plan.with_past_end("raise"))),
            "and raises an error past it",
        ),
        "two callbacks of one plan": (
            lambda: learned(ppo(), callback=[scheduler(plan), scheduler(plan)]),
            0.5,
        ),
        "two callbacks of two plans": (
            lambda: learned(ppo(), callback=[scheduler(plan), scheduler(plan * 0.5)]),
            "plan must be the saved one",
        ),
        "one callback for two models in turn": (in_turns, [0.75, 0.75, 0.5, 0.5]),
        "a callback in a CallbackList": (
            lambda: learned(ppo(), callback=CallbackList([scheduler(plan)])),
            0.5,
        ),
        "a callback inside EveryNTimesteps": (
            lambda: learned(ppo(), callback=EveryNTimesteps(16, scheduler(plan))),
            "not inside another callback",
        ),
        "learn() without the callback, after one with it": (
            lambda: learned(trained(), 16),
            "each learn() must have the callback",
        ),
        "a loaded model without the callback": (
            lambda: learned(loaded(trained()), 16),
            "each learn() must have the callback",
        ),
        "a loaded model with a rate of its own": (
            lambda: learned(loaded(trained(), learning_rate=0.25), 16),
            0.25,
        ),
        "a loaded model with the callback": (
            lambda: learned(loaded(trained()), 16, callback=scheduler(plan)),
            0.5,
        ),
        "another callback sets the group's lr": (
            lambda: learned(ppo(), callback=[scheduler(plan), Other(group)]),
            0.5,
        ),
        "another callback sets model.lr_schedule": (
            lambda: learned(ppo(), callback=[scheduler(plan), Other(replaced)]),
            "model.lr_schedule must stay as the callback set it",
        ),
    }


def uses_of_lightning():
    import logging

    import torch
    from lightning import pytorch as lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    scheduler, adapter = flr.adapters.torch.Scheduler, flr.adapters.lightning
    configs, report, loss = adapter.configs, adapter.Report, "val_loss"

    def fit(
        configured,
        *callbacks,
        epochs=2,
        validated=True,
        log=loss,
        manual=False,
        kind=torch.optim.SGD,
        begin=None,
        end=None,
        **options,
    ):
        """The rate of each of 3 updates per epoch; manual="update" never steps the scheduler.

        ``begin`` and ``end`` are checkpoints.
        """
        seen = []

        class Model(lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Linear(1, 1)
                self.automatic_optimization = not manual

            def training_step(self, batch, i):
                optimizer, loss = self.optimizers(), self.layer(batch[0]).square().sum()
                seen.append(optimizer.param_groups[0]["lr"])
                if manual:
                    self.manual_backward(loss)
                    optimizer.step()
                    if manual != "update":
                        self.lr_schedulers().step()
                return loss

            def validation_step(self, batch, i):
                self.log(log, 1.0)

            def configure_optimizers(self):
                return configured(kind(self.parameters(), lr=0.1))

        data = torch.utils.data.TensorDataset(torch.ones(3, 1))
        trainer = lightning.Trainer(
            max_epochs=epochs,
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            callbacks=[*callbacks],
            **options,
        )
        loaders = [torch.utils.data.DataLoader(data) for _ in range(1 + validated)]
        trainer.fit(Model(), *loaders, ckpt_path=begin)
        if end is not None:
            trainer.save_checkpoint(end)
        return seen

    def resumed():
        with tempfile.TemporaryDirectory() as folder:
            run = {"kind": torch.optim.Adam}
            fit(lambda o: o, epochs=1, end=f"{folder}/end.ckpt", **run)
            return fit(right, begin=f"{folder}/end.ckpt", **run)

    def dicts(**config):
        return lambda o: {
            "optimizer": o,
            "lr_scheduler": {"scheduler": scheduler(o, PLAN), **config},
        }

    def right(o):
        return [o], configs(scheduler(o, PLAN))

    def by_rule(rule=RULE):
        return lambda o: ([o], configs(scheduler(o, PLAN, plateau=rule)))

    def every_third(o):
        plan = flr.linear(1.0, 0.0, steps=2)
        return [o], [configs(scheduler(o, plan))[0] | {"frequency": 3}]

    def by_epoch(o):
        return [o], configs(scheduler(o, flr.linear(1.0, 0.0, steps=2)), "epoch")

    def beside(other):
        return lambda o: ([o], [*configs(scheduler(o, PLAN)), {"scheduler": other(o)}])

    def unused(o):
        unused.kept = scheduler(o, PLAN)
        return o

    halves, steplr = [PLAN(t) for t in range(6)], torch.optim.lr_scheduler.StepLR
    per_epoch = [PLAN(0)] * 3 + [PLAN(1)] * 3
    way = "flr.adapters.lightning.configs(scheduler)"
    return {
        "the plan as scheduler": (lambda: fit(lambda o: ([o], [PLAN])), "no attribute 'optimizer'"),
        "the scheduler itself": (lambda: fit(lambda o: ([o], [scheduler(o, PLAN)])), way),
        "the scheduler itself in a dict": (
            lambda: fit(lambda o: {"optimizer": o, "lr_scheduler": scheduler(o, PLAN)}),
            way,
        ),
        "a dict without an interval": (lambda: fit(dicts()), way),
        "a dict with interval 'epoch'": (lambda: fit(dicts(interval="epoch")), way),
        "a dict with interval 'step'": (lambda: fit(dicts(interval="step")), halves),
        "a dict with frequency 2": (
            lambda: fit(dicts(interval="step", frequency=2)),
            "frequency must be 1 for a plan that counts updates, got 2",
        ),
        "a dict of one update per epoch": (
            lambda: fit(dicts(), limit_train_batches=1),
            "interval must be 'step' for a plan that counts updates, got 'epoch'",
        ),
        "only the optimizer": (lambda: fit(unused), way),
        "only the optimizer, without a reference to the scheduler": (
            lambda: fit(lambda o: scheduler(o, PLAN).optimizer),
            "must return the scheduler beside the optimizer, got the optimizer alone",
        ),
        "configs() in a dict": (
            lambda: fit(lambda o: {"optimizer": o, "lr_scheduler": configs(scheduler(o, PLAN))}),
            "in a dict write 'lr_scheduler': configs(scheduler)[0]",
        ),
        "configs() in a list": (
            lambda: fit(lambda o: ([o], [configs(scheduler(o, PLAN))])),
            "return [optimizer], configs(scheduler), got it in place of a scheduler",
        ),
        "configs()[0] in a dict": (
            lambda: fit(lambda o: {"optimizer": o, "lr_scheduler": configs(scheduler(o, PLAN))[0]}),
            halves,
        ),
        "configs() beside an optimizer that is not in a list": (
            lambda: fit(lambda o: (o, configs(scheduler(o, PLAN)))),
            "Unknown configuration for model optimizers",
        ),
        "a checkpoint of a run without a scheduler": (
            resumed,
            "step must be given for an optimizer that has made updates",
        ),
        "configs(optimizer)": (
            lambda: fit(lambda o: ([o], configs(o))),
            "scheduler must be a fastlr.adapters.torch.Scheduler, got SGD",
        ),
        "configs(plan)": (lambda: fit(lambda o: ([o], configs(PLAN))), "torch.Scheduler, got Sche"),
        "configs([scheduler])": (
            lambda: fit(lambda o: ([o], configs([scheduler(o, PLAN)]))),
            "torch.Scheduler, got list",
        ),
        "configs(scheduler, 'batch')": (
            lambda: fit(lambda o: ([o], configs(scheduler(o, PLAN), "batch"))),
            "interval must be one of 'step', 'epoch', got 'batch'",
        ),
        "configs(scheduler, 'epoch')": (
            lambda: fit(lambda o: ([o], configs(scheduler(o, PLAN), "epoch"))),
            per_epoch,
        ),
        "two schedulers of fastlr": (
            lambda: fit(
                lambda o: ([o], configs(scheduler(o, PLAN)) + configs(scheduler(o, PLAN / 2)))
            ),
            "another scheduler or your code has changed it",
        ),
        "a StepLR beside": (
            lambda: fit(beside(lambda o: steplr(o, 1, 0.5))),
            "another scheduler or your code has changed it",
        ),
        "a scheduler of another optimizer": (
            lambda: fit(
                lambda o: (
                    [o],
                    configs(
                        scheduler(torch.optim.SGD([*o.param_groups[0]["params"]], lr=0.1), PLAN)
                    ),
                )
            ),
            "optimizer that wasn't returned",
        ),
        "reduce_on_plateau in the dict": (
            lambda: fit(dicts(monitor=loss, reduce_on_plateau=True)),
            "add the callback flr.adapters.lightning.Report(monitor)",
        ),
        "Report without a rule": (lambda: fit(right, report(loss)), "must have a plateau rule"),
        "Report of an unknown metric": (
            lambda: fit(by_rule(), report("val_los")),
            "monitor must be a metric that is logged in validation",
        ),
        "Report without validation": (
            lambda: fit(by_rule(), report(loss), validated=False),
            "the run must have a validation",
        ),
        "two Reports": (
            lambda: fit(by_rule(), report(loss), report(loss)),
            "one callback must report to the rules",
        ),
        "a rule of mode 'max' that hears a loss": (
            lambda: fit(by_rule(flr.Plateau(mode="max")), report(loss)),
            "pass mode='min' to the rule",
        ),
        "a rule of mode 'min' that hears an accuracy": (
            lambda: fit(by_rule(), report("val_acc"), log="val_acc"),
            "pass mode='max' to the rule",
        ),
        "Report(3)": (lambda: report(3), "monitor must be the name of a metric"),
        "LogRates(0)": (lambda: adapter.LogRates(0), "every must be an integer from 1"),
        "LogRates without a logger": (lambda: fit(right, adapter.LogRates()), halves),
        "a plan shorter than the run, with LogRates": (
            lambda: fit(right, adapter.LogRates(), epochs=4),
            "the scheduler's plan must last for the 12 steps of the run",
        ),
        "a plan shorter than the run": (
            lambda: fit(right, epochs=4),
            "the scheduler's plan must last for the 12 steps of the run",
        ),
        "a plan in epochs shorter than the run": (
            lambda: fit(by_epoch, epochs=4),
            "must last for the 4 epochs of the run, got one that ends at epoch 2",
        ),
        "manual optimization that never steps the scheduler": (
            lambda: fit(right, manual="update"),
            "call self.lr_schedulers().step() after each optimizer.step()",
        ),
        "a plan in epochs shorter than the run, with LogRates": (
            lambda: fit(by_epoch, adapter.LogRates(), epochs=4),
            "must last for the 4 epochs of the run, got one that ends at epoch 2",
        ),
        "configs() with frequency 3, with LogRates": (
            lambda: fit(every_third, adapter.LogRates()),
            [1.0] * 3 + [0.5] * 3,
        ),
        "manual optimization without configs(), with LogRates": (
            lambda: fit(lambda o: ([o], [scheduler(o, PLAN)]), adapter.LogRates(), manual=True),
            halves,
        ),
        "manual optimization without configs(), with Report": (
            lambda: fit(
                lambda o: ([o], [scheduler(o, PLAN, plateau=flr.Plateau())]),
                report(loss),
                manual=True,
            ),
            halves,
        ),
        "a rule of mode 'max' that hears a negative loss": (
            lambda: fit(
                by_rule(flr.Plateau(mode="max")), report("val_neg_loss"), log="val_neg_loss"
            ),
            halves,
        ),
        "gradients that accumulate": (lambda: fit(right, accumulate_grad_batches=3), per_epoch),
    }


def uses_of_transformers():
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    trainer, scheduler = flr.adapters.transformers.Trainer, flr.adapters.torch.Scheduler
    plan = flr.linear(1.0, 0.0, steps=4)

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def forward(self, x=None, labels=None):
            y = self.layer(x).squeeze(-1)
            return {"loss": (y - labels).square().mean(), "logits": y}

    class Seen(transformers.TrainerCallback):
        def __init__(self, rates, change=None):
            self.rates, self.change = rates, change

        def on_pre_optimizer_step(self, args, state, control, optimizer=None, **more):
            self.rates.append(optimizer.param_groups[0]["lr"])

        def on_step_end(self, args, state, control, optimizer=None, **more):
            if self.change is not None:
                optimizer.param_groups[0]["lr"] = self.change

    own = ("schedule", "plateau", "scale", "relative", "wins")
    alone = {"save_strategy": "steps", "save_steps": 2, "save_only_model": True, "resume": 2}
    data = [{"x": torch.ones(1), "labels": torch.tensor(0.0)} for _ in range(4)]

    def run(change=None, optimizers=(None, None), kind=trainer, times=1, resume=0, **options):
        """The rate of each of 4 updates, or of those that are trained again from ``resume``."""
        rates = []
        ours = {name: options.pop(name) for name in own if name in options}
        with tempfile.TemporaryDirectory() as folder:
            arguments = transformers.TrainingArguments(
                folder,
                per_device_train_batch_size=1,
                report_to=[],
                logging_strategy="no",
                disable_tqdm=True,
                use_cpu=True,
                **({"max_steps": 4, "save_strategy": "no"} | options),
            )
            made = kind(
                model=Model(),
                args=arguments,
                train_dataset=data,
                eval_dataset=data,
                optimizers=optimizers,
                callbacks=[Seen(rates, change)],
                **ours,
            )
            made.remove_callback(transformers.PrinterCallback)
            for _ in range(times):
                rates.clear()
                made.train()
            if resume:
                rates.clear()
                made.train(resume_from_checkpoint=f"{folder}/checkpoint-{resume}")
        return rates

    def sgd():
        return torch.optim.SGD(Model().parameters(), lr=0.1)

    def other():
        optimizer = sgd()
        return optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 1)

    class Own(trainer):
        def create_scheduler(self, num_training_steps, optimizer=None):
            self.lr_scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, 1)
            return self.lr_scheduler

    heard = {"eval_strategy": "steps", "eval_steps": 2, "metric_for_best_model": "loss"}
    by_rule, rates = {"schedule": plan, "plateau": RULE}, plan.table(4).tolist()
    cosine = {"lr_scheduler_type": "cosine", "warmup_steps": 2, "learning_rate": 0.5}
    of_arguments = flr.from_config(cosine | {"max_steps": 4})
    return {
        "no schedule": (lambda: run(), "missing 1 required keyword-only argument: 'schedule'"),
        "schedule=None": (lambda: run(schedule=None), "schedule must be a Schedule, got NoneType"),
        "schedule=0.1": (lambda: run(schedule=0.1), "pass flr.constant(0.1)"),
        "schedule=[plan]": (lambda: run(schedule=[plan]), "flr.sampled(values)"),
        "schedule=batch": (lambda: run(schedule=BATCH), "of a sweep pass one lane, schedule[i]"),
        "schedule='cosine'": (
            lambda: run(schedule="cosine"),
            "pass schedule=lambda steps: flr.presets.transformers.get_scheduler('cosine', ",
        ),
        "schedule='cosin'": (lambda: run(schedule="cosin"), "must be one of recipes()"),
        "schedule='linear(1.0, 0.0, 4)'": (lambda: run(schedule="linear(1.0, 0.0, 4)"), rates),
        "schedule='llama3-405b'": (
            lambda: run(schedule="llama3-405b"),
            "must be trained for its 1,200,000 steps, got 4",
        ),
        "schedule=recipe": (lambda: run(schedule=RECIPE), "must be trained for its 1,200,000"),
        "schedule=flr.linear": (
            lambda: run(schedule=flr.linear),
            "a function of the number of training steps alone",
        ),
        "schedule=Scheduler(...)": (
            lambda: run(schedule=scheduler(sgd(), plan)),
            "pass its schedule, .schedule",
        ),
        "a function of the step": (
            lambda: run(schedule=lambda t: 1.0 - t / 4),
            "a function f of the step is flr.sampled([f(t) for t in range(steps)])",
        ),
        "a function of the optimizer": (
            lambda: run(schedule=transformers.get_cosine_schedule_with_warmup),
            "the schedules of Transformers are in flr.presets.transformers",
        ),
        "a function of two arguments": (
            lambda: run(schedule=lambda model, n: plan),
            "write schedule=lambda steps: ...",
        ),
        "learning_rate=3e-4 beside the rate 1.0": (
            lambda: run(schedule=plan, learning_rate=3e-4),
            "to multiply the learning_rate by the schedule pass relative=True",
        ),
        "learning_rate=1.0, the peak of the schedule": (
            lambda: run(schedule=plan, learning_rate=1.0),
            rates,
        ),
        "learning_rate=0.5 with relative=True": (
            lambda: run(schedule=plan, learning_rate=0.5, relative=True),
            [0.5 * rate for rate in rates],
        ),
        "a rule with the lowest rate of torch": (
            lambda: run(
                schedule=plan,
                plateau=flr.presets.torch.ReduceLROnPlateau(min_lr=1e-5),
                **heard,
                greater_is_better=False,
            ),
            "to limit the rate pass a schedule of 1.0",
        ),
        "a function that returns None": (lambda: run(schedule=lambda n: None), "got NoneType"),
        "lr_scheduler_type='cosine' too": (
            lambda: run(schedule=plan, lr_scheduler_type="cosine"),
            "lr_scheduler_type must be left out where schedule= is given",
        ),
        "lr_scheduler_type='cosine' and the schedule of the arguments": (
            lambda: run(schedule=of_arguments, **cosine),
            of_arguments.table(4).tolist(),
        ),
        "lr_scheduler_type='cosine' and the schedule of others": (
            lambda: run(schedule=of_arguments, **(cosine | {"learning_rate": 0.25})),
            "schedule=flr.from_config(args), the schedule of the arguments",
        ),
        "warmup_steps=3 too": (
            lambda: run(schedule=plan, warmup_steps=3),
            "warmup_steps must be left out where schedule= is given",
        ),
        "lr_scheduler_kwargs too": (
            lambda: run(schedule=plan, lr_scheduler_kwargs={"num_cycles": 3}),
            "lr_scheduler_kwargs must be left out where schedule= is given",
        ),
        "lr_scheduler_type=plan": (
            lambda: run(kind=transformers.Trainer, lr_scheduler_type=plan),
            "is not a valid SchedulerType",
        ),
        "learning_rate=plan": (
            lambda: run(kind=transformers.Trainer, learning_rate=plan),
            "flr.adapters.transformers.Trainer(..., schedule=schedule)",
        ),
        "schedule= to Transformers' own Trainer": (
            lambda: run(kind=transformers.Trainer, schedule=plan),
            "unexpected keyword argument 'schedule'",
        ),
        "a scheduler in optimizers=": (
            lambda: run(schedule=plan, optimizers=other()),
            "optimizers must have None in place of a scheduler",
        ),
        "a plan shorter than the run": (
            lambda: run(schedule=flr.linear(1.0, 0.0, steps=2)),
            "schedule must last for the 4 steps of the run",
        ),
        "a plan in epochs": (
            lambda: run(schedule=flr.linear(1.0, 0.0, 2), max_steps=-1, num_train_epochs=2),
            "schedule must last for the 8 steps of the run",
        ),
        "a past end that raises": (
            lambda: run(schedule=flr.linear(1.0, 0.0, 2).with_past_end("raise")),
            "and raises an error past it",
        ),
        "a class that makes its own scheduler": (
            lambda: run(schedule=plan, kind=Own),
            "create_scheduler must make the scheduler of schedule=, got StepLR",
        ),
        "a checkpoint of the model alone": (
            lambda: run(schedule=plan, **alone),
            rates[2:],
        ),
        "a checkpoint of the model alone, with a rule": (
            lambda: run(**by_rule, **heard, **alone, greater_is_better=False),
            "resume_from_checkpoint must have the state of the plateau rule",
        ),
        "plateau= without a metric": (
            lambda: run(**by_rule, eval_strategy="steps", eval_steps=2),
            "metric_for_best_model must be given",
        ),
        "plateau= without evaluation": (
            lambda: run(**by_rule, metric_for_best_model="loss"),
            "eval_strategy must be 'steps' or 'epoch'",
        ),
        "a rule of mode 'max' that hears a loss": (
            lambda: run(schedule=plan, plateau=flr.Plateau(mode="max"), **heard),
            "pass greater_is_better=True to TrainingArguments, or mode='min' to the rule",
        ),
        "a rule that hears a perplexity": (
            lambda: run(**by_rule, **(heard | {"metric_for_best_model": "perplexity"})),
            "pass greater_is_better=False to TrainingArguments if a lower perplexity is better",
        ),
        "NewBob that hears an accuracy": (
            lambda: run(
                schedule=plan,
                plateau=flr.NewBob(),
                **(heard | {"metric_for_best_model": "accuracy"}),
            ),
            "or another rule: NewBob takes lower metrics for better",
        ),
        "plateau=flr.Plateau": (
            lambda: run(schedule=plan, plateau=flr.Plateau, **heard),
            "plateau must be a rule such as",
        ),
        "plateau='min'": (
            lambda: run(schedule=plan, plateau="min", **heard),
            "plateau must be a rule such as",
        ),
        "reduce_lr_on_plateau too": (
            lambda: run(**by_rule, lr_scheduler_type="reduce_lr_on_plateau", **heard),
            "lr_scheduler_type must be left out where schedule= is given",
        ),
        "scale without a rule": (lambda: run(schedule=plan, scale=0.5), "scale must be left out"),
        "relative='yes'": (lambda: run(schedule=plan, relative="yes"), "relative must be True or"),
        "wins='old'": (lambda: run(schedule=plan, wins="old"), "wins must be one of 'saved'"),
        "a callback changes the rate": (
            lambda: run(0.25, schedule=plan),
            "another scheduler or your code has changed it",
        ),
        "train() twice": (lambda: run(schedule=plan, times=2), rates),
        "gradients that accumulate": (
            lambda: run(schedule=plan, gradient_accumulation_steps=2),
            rates,
        ),
    }


def uses_of_xgboost():
    import json

    import xgboost

    scheduler, plan = flr.adapters.xgboost.Scheduler, flr.linear(0.5, 0.25, steps=4)
    data = xgboost.DMatrix(np.arange(20.0).reshape(10, 2), np.arange(10.0))

    class Seen(xgboost.callback.TrainingCallback):
        def __init__(self, rates):
            super().__init__()
            self.rates = rates

        def before_iteration(self, model, epoch, evals_log):
            found = json.loads(model.save_config())["learner"]["gradient_booster"]
            self.rates.append(float(found["tree_train_param"]["learning_rate"]))
            return False

    def train(*callbacks, rounds=4, **params):
        """The rate of each round."""
        rates = []
        xgboost.train(params, data, rounds, callbacks=[*callbacks, Seen(rates)])
        return rates

    def further():
        rates = []
        half = xgboost.train({}, data, 2, callbacks=[scheduler(plan), Seen(rates)])
        xgboost.train({}, data, 2, xgb_model=half, callbacks=[scheduler(plan), Seen(rates)])
        return rates

    rates, wrong = plan.table(4).tolist(), "Invalid Parameter format for learning_rate"
    return {
        "Scheduler(plan)": (lambda: train(scheduler(plan)), rates),
        "Scheduler(plan) beside eta": (lambda: train(scheduler(plan), eta=0.1), rates),
        "a model that is trained further": (further, rates),
        "learning_rate=plan": (lambda: train(learning_rate=plan), wrong),
        "eta=plan": (lambda: train(eta=plan), wrong),
        "plan as callback": (lambda: train(plan), "callback must be an instance of"),
        "Scheduler as callback": (lambda: train(scheduler), "callback must be an instance of"),
        "Scheduler(bundle)": (lambda: scheduler(BUNDLE), "pass its rate, bundle['lr']"),
        "Scheduler(batch)": (lambda: scheduler(BATCH), "index it first"),
        "Scheduler(recipe)": (lambda: scheduler(RECIPE), "pass its schedule, .schedule"),
        "Scheduler('cosine')": (lambda: scheduler("cosine"), "flr.parse(text)"),
        "Scheduler(0.1)": (lambda: scheduler(0.1), "pass flr.constant(0.1)"),
        "Scheduler(rates)": (lambda: scheduler(rates), "flr.sampled(values)"),
        "start=-1": (lambda: scheduler(plan, -1), "start must be an integer from 0"),
        "start=1.5": (lambda: scheduler(plan, 1.5), "start must be an integer from 0"),
        "a plan shorter than the run": (
            lambda: warned(lambda: train(scheduler(plan), rounds=8)),
            "one that ends at step 4 and stays at 0.25, and an update at step 5",
        ),
        "a past end that raises": (
            lambda: train(scheduler(plan.with_past_end("raise")), rounds=8),
            "t must be before the end, step 4",
        ),
    }


def uses_of_mlx():
    import mlx.core as mx
    from mlx import nn, optimizers

    make, plan = flr.adapters.mlx.schedule, PLAN
    sgd, adam = optimizers.SGD, optimizers.AdamW

    def run(optimizer):
        """The rate of the third update."""
        model = nn.Linear(1, 1)
        gradient = nn.value_and_grad(model, lambda m: m(mx.ones((1, 1))).sum())
        for _ in range(3):
            optimizer.update(model, gradient(model)[1])
        return float(optimizer.learning_rate)

    def assigned(optimizer, rate):
        optimizer.learning_rate = rate
        return run(optimizer)

    def continued():
        first, second = (sgd(learning_rate=make(plan)) for _ in range(2))
        run(first)
        second.state = first.state
        return run(second)

    def unsigned(t):
        return mx.array(t, mx.uint32)

    way = "flr.adapters.mlx.schedule(s)"
    return {
        "SGD(learning_rate=plan)": (lambda: run(sgd(learning_rate=plan)), way),
        "SGD(learning_rate=bundle)": (lambda: run(sgd(learning_rate=BUNDLE)), way),
        "learning_rate = plan": (lambda: assigned(sgd(0.1), plan), "Invalid type"),
        "learning_rate = schedule(plan)": (lambda: assigned(sgd(0.1), make(plan)), "Invalid type"),
        "learning_rate = 0.5 beside the plan": (lambda: assigned(sgd(make(plan)), 0.5), 0.75),
        "weight_decay=plan": (
            lambda: run(adam(make(plan), weight_decay=plan)),
            "Cannot perform multiplication",
        ),
        "weight_decay=schedule(plan)": (
            lambda: run(adam(make(plan), weight_decay=make(plan))),
            "Cannot perform multiplication",
        ),
        "momentum=schedule(plan)": (
            lambda: run(sgd(make(plan), momentum=make(plan))),
            "not supported between instances",
        ),
        "betas=[schedule(plan), 0.9]": (
            lambda: run(adam(make(plan), betas=[make(plan), 0.9])),
            "not supported between instances",
        ),
        "schedule(bundle)": (lambda: make(BUNDLE), "the learning rate alone, bundle['lr']"),
        "schedule(batch)": (lambda: make(BATCH), "index it first"),
        "schedule(recipe)": (lambda: make(RECIPE), "pass its schedule, .schedule"),
        "schedule(0.1)": (lambda: make(0.1), "pass flr.constant(0.1)"),
        "schedule('cosine')": (lambda: make("cosine"), "flr.parse(text)"),
        "schedule([0.1])": (lambda: make([0.1]), "flr.sampled(values)"),
        "schedule(schedule(plan))": (lambda: make(make(plan)), "pass its schedule, .schedule"),
        "a schedule without an end": (lambda: make(ENDLESS), "steps must be given"),
        "steps=5.5": (lambda: make(plan, 5.5), "steps must be an integer"),
        "steps=-1": (lambda: make(plan, -1), "steps must be an integer from 0"),
        "a past end that raises": (lambda: make(plan.with_past_end("raise")), "steps must be give"),
        "a past end that repeats": (lambda: make(plan.with_past_end("repeat")), "steps must be gi"),
        "a table that is too long": (
            lambda: make(flr.linear(1.0, 0.0, steps=2**25)),
            "steps must be less than 16,777,216",
        ),
        "a step of -1": (lambda: make(plan)(-1), "step must be an integer from 0"),
        "a step of True": (lambda: make(plan)(True), "step must be an integer from 0"),
        "a step of 2.0": (lambda: float(make(plan)(2.0)), 0.75),
        "a signed array": (lambda: make(plan)(mx.array(2)), "step must be an unsigned integer"),
        "a float array": (lambda: make(plan)(mx.array(2.0)), "step must be an unsigned integer"),
        "plan(array)": (lambda: plan(unsigned(2)), way),
        "a compiled plan": (lambda: mx.compile(plan)(unsigned(2)), way),
        "a compiled schedule": (lambda: float(mx.compile(make(plan))(unsigned(2))), 0.75),
        "the state of another optimizer": (continued, PLAN(5)),
    }


def uses_of_torch():
    import torch
    from torch.optim import lr_scheduler

    make, sgd = flr.adapters.torch.Scheduler, torch.optim.SGD

    def weights():
        return [torch.nn.Parameter(torch.ones(1))]

    def run(optimizer, *schedulers, updates=4):
        """The rate of each update."""
        rates = []
        for _ in range(updates):
            for group in optimizer.param_groups:
                for weight in group["params"]:
                    weight.grad = torch.ones(1)
            before = optimizer.param_groups[0]["params"][0].detach().clone()
            optimizer.step()
            rates.append(float(before - optimizer.param_groups[0]["params"][0]))
            for scheduler in schedulers:
                scheduler.step()
        return [round(rate, 4) for rate in rates]

    def scheduled(plan=PLAN, step=None, **options):
        optimizer = sgd(weights(), **({"lr": 0.1} | options))
        return optimizer, make(optimizer, plan, step=step)

    def compiled(**options):
        optimizer, scheduler = scheduled(**options)
        step = torch.compile(optimizer.step, backend="eager")
        optimizer.step = lambda: step()
        return run(optimizer, scheduler)

    def assigned(value):
        optimizer, scheduler = scheduled()
        optimizer.param_groups[0]["lr"] = value
        return run(optimizer, scheduler)

    def beside(other, **options):
        optimizer, scheduler = scheduled(**options)
        return run(optimizer, scheduler, other(optimizer))

    def added(**options):
        optimizer, scheduler = scheduled()
        run(optimizer, scheduler, updates=1)
        optimizer.add_param_group({"params": weights(), **options})
        run(optimizer, scheduler, updates=1)
        return scheduler.get_last_lr()

    def resumed(plan=PLAN, saved=PLAN, order="os", step=None, **options):
        optimizer, scheduler = scheduled(saved, **options)
        run(optimizer, scheduler, updates=2)
        states = {"o": optimizer.state_dict(), "s": scheduler.state_dict()}
        fresh, again = scheduled(plan, step, **options)
        for part in order:
            {"o": fresh, "s": again}[part].load_state_dict(states[part])
        return run(fresh, again, updates=2)

    def sequence():
        optimizer = sgd(weights(), lr=1.0)
        parts = [lr_scheduler.LinearLR(optimizer, 0.5, total_iters=2), make(optimizer, PLAN)]
        return run(optimizer, lr_scheduler.SequentialLR(optimizer, parts, [2]))

    def chain():
        optimizer = sgd(weights(), lr=1.0)
        parts = [make(optimizer, PLAN), lr_scheduler.ExponentialLR(optimizer, 0.9)]
        return run(optimizer, lr_scheduler.ChainedScheduler(parts))

    def stepped(*arguments, **options):
        optimizer, scheduler = scheduled()
        run(optimizer, updates=1)
        return scheduler.step(*arguments, **options)

    def two():
        pairs = [scheduled(), scheduled(PLAN * 0.5)]
        return [run(*pair, updates=2) for pair in pairs]

    rates, tensor = [PLAN(t) for t in range(4)], torch.tensor
    way = "flr.adapters.torch.Scheduler(optimizer, schedule)"
    changed = "another scheduler or your code has changed it"
    warmup = flr.warmup_cosine(1.0, warmup=4, steps=8)
    return {
        "SGD(lr=plan)": (lambda: sgd(weights(), lr=PLAN), way),
        "AdamW(lr=plan)": (lambda: torch.optim.AdamW(weights(), lr=PLAN), way),
        "Scheduler(plan, optimizer)": (
            lambda: make(PLAN, sgd(weights())),
            "write Scheduler(optimizer, schedule)",
        ),
        "Scheduler([optimizer], plan)": (
            lambda: make([sgd(weights())], PLAN),
            "build a Scheduler for each optimizer",
        ),
        "Scheduler(SGD, plan)": (lambda: make(sgd, PLAN), "build the optimizer first"),
        "Scheduler(parameters, plan)": (lambda: make(weights(), PLAN), "must be one of torch's"),
        "last_epoch=4": (lambda: make(sgd(weights()), PLAN, last_epoch=4), "pass step="),
        "'llama3-405b'": (lambda: scheduled("llama3-405b"), "flr.recipe(name).schedule"),
        "a bundle with wd": (
            lambda: scheduled(flr.bundle(lr=PLAN, wd=PLAN)),
            "did you mean 'weight_decay'?",
        ),
        "a bundle with learning_rate": (
            lambda: scheduled(flr.bundle(learning_rate=PLAN)),
            "did you mean 'lr'?",
        ),
        "a bundle with b2 for an SGD": (
            lambda: scheduled(flr.bundle(lr=PLAN, b2=PLAN)),
            "each group must have what is scheduled",
        ),
        "step(0.3)": (lambda: stepped(0.3), "pass plateau=flr.Plateau(...) to Scheduler"),
        "step(metrics=0.3)": (lambda: stepped(metrics=0.3), "unexpected keyword argument"),
        "two optimizers": (two, [[1.0, 0.875], [0.5, 0.4375]]),
        "a rate that is a tensor": (lambda: run(*scheduled(lr=tensor(0.1))), rates),
        "a rate that is a tensor of shape (1,)": (lambda: run(*scheduled(lr=tensor([0.1]))), rates),
        "a rate that is a tensor of bfloat16": (
            lambda: scheduled(lr=tensor(0.1, dtype=torch.bfloat16)),
            "which would round what is set",
        ),
        "foreach=True": (lambda: run(*scheduled(foreach=True)), rates),
        "fused=True": (lambda: run(*scheduled(fused=True)), rates),
        "a compiled step": (compiled, rates),
        "a compiled step, a rate that is a tensor": (lambda: compiled(lr=tensor(0.1)), rates),
        "a rate that is assigned": (lambda: assigned(0.25), changed),
        "a tensor that is assigned": (lambda: assigned(tensor(0.25)), changed),
        "the same rate, assigned as a tensor": (lambda: assigned(tensor(1.0)), rates),
        "an ExponentialLR beside": (
            lambda: beside(lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
            changed,
        ),
        "an SWALR beside": (
            lambda: beside(lambda o: torch.optim.swa_utils.SWALR(o, 0.05)),
            changed,
        ),
        "SequentialLR": (sequence, [0.5, 0.75, 1.0, 0.875]),
        "ChainedScheduler": (chain, changed),
        "layers that are unfrozen": (added, [0.75, 0.75]),
        "layers that are unfrozen with a rate of their own": (
            lambda: added(lr=1e-4),
            "to multiply each group's own rate pass relative=True",
        ),
        "a resume within the warmup": (
            lambda: resumed(warmup, warmup),
            [0.5, 0.75],
        ),
        "a resume, the scheduler's state first": (
            lambda: resumed(order="so"),
            [0.75, 0.625],
        ),
        "a resume without the optimizer's state": (lambda: resumed(order="s"), [0.75, 0.625]),
        "a resume without the scheduler's state": (
            lambda: resumed(order="o", momentum=0.9),
            "step must be given for an optimizer that has made updates",
        ),
        "a new plan for a loaded optimizer": (
            lambda: resumed(order="o", momentum=0.9, step=0),
            [2.71, 3.0091],  # of the loaded momentum
        ),
        "updates past the end of the plan": (
            lambda: warned(lambda: run(*scheduled(flr.linear(1.0, 0.5, steps=2)), updates=6)),
            "one that ends at step 2 and stays at 0.5, and an update at step 3",
        ),
        "a resume with a longer plan": (
            lambda: resumed(PLAN.extend(16)),
            "unless wins='saved' or wins='new'",
        ),
        "a rule with the lowest rate of torch": (
            lambda: make(
                sgd(weights()), PLAN, plateau=flr.presets.torch.ReduceLROnPlateau(min_lr=1e-5)
            ),
            "scale must be given for Plateau, whose floor, 1e-05, limits it",
        ),
        "plateau=ReduceLROnPlateau(...)": (
            lambda: make(
                sgd(weights()), PLAN, plateau=lr_scheduler.ReduceLROnPlateau(sgd(weights()))
            ),
            "plateau must be a rule such as flr.Plateau",
        ),
    }


def uses_of_accelerate():
    import torch
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    make = flr.adapters.torch.Scheduler

    def run(prepared=True, wrapped=False, count=1, batches=4, **options):
        """The rate of each update."""
        AcceleratorState._reset_state(reset_partial_state=True)
        accelerator = Accelerator(cpu=True, gradient_accumulation_steps=count)
        model, rates = torch.nn.Linear(1, 1), []
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = None if wrapped else make(optimizer, PLAN, **options)
        model, optimizer = accelerator.prepare(model, optimizer)
        if wrapped:
            scheduler = make(optimizer, PLAN, **options)
        if prepared:
            scheduler = accelerator.prepare(scheduler)
        for _ in range(batches):
            with accelerator.accumulate(model):
                accelerator.backward(model(torch.ones(1, 1)).sum())
                if accelerator.sync_gradients:
                    rates.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
        return rates

    def loaded(prepared):
        """The rate of each update of a run that is saved after two of them, and loaded."""
        rates = []
        with tempfile.TemporaryDirectory() as folder:
            for begun in (False, True):
                AcceleratorState._reset_state(reset_partial_state=True)
                accelerator = Accelerator(cpu=True)
                model = torch.nn.Linear(1, 1)
                optimizer = torch.optim.AdamW(model.parameters())
                scheduler = make(optimizer, PLAN)
                model, optimizer = accelerator.prepare(model, optimizer)
                if prepared:
                    scheduler = accelerator.prepare(scheduler)
                if begun:
                    accelerator.load_state(folder)
                for _ in range(2):
                    accelerator.backward(model(torch.ones(1, 1)).sum())
                    rates.append(optimizer.param_groups[0]["lr"])
                    optimizer.step()
                    scheduler.step()
                    optimizer.zero_grad()
                accelerator.save_state(folder)
        return rates

    rates, way = [PLAN(t) for t in range(4)], "pass the scheduler to accelerator.prepare"
    return {
        "a prepared scheduler": (run, rates),
        "load_state() of a prepared scheduler": (lambda: loaded(True), rates),
        "load_state() without the scheduler": (
            lambda: loaded(False),
            "step must be given for an optimizer that has made updates",
        ),
        "one that is not prepared": (lambda: run(prepared=False), rates),
        "one of the prepared optimizer": (lambda: run(prepared=False, wrapped=True), rates),
        "a prepared scheduler, gradients that accumulate": (
            lambda: run(count=2, batches=8),
            rates,
        ),
        "one that is not prepared, gradients that accumulate": (
            lambda: run(prepared=False, count=2),
            way,
        ),
        "one of the prepared optimizer, gradients that accumulate": (
            lambda: run(prepared=False, wrapped=True, count=2),
            way,
        ),
        "update() of a prepared scheduler": (
            lambda: (
                Accelerator(cpu=True)
                .prepare(
                    make(torch.optim.SGD([torch.nn.Parameter(torch.ones(1))]), PLAN, plateau=RULE)
                )
                .update(1.0)
            ),
            "no attribute 'update'",
        ),
    }


def uses_of_optax():
    import jax
    import optax
    from jax import numpy as jnp

    adapter = flr.adapters.optax
    schedule, make, sgd = adapter.schedule, adapter.optimizer, optax.sgd

    def run(optimizer, gradients=(1.0,) * 4, compiled=True):
        """The rate of each update."""
        state, rates = optimizer.init(jnp.ones(())), []
        update = jax.jit(optimizer.update) if compiled else optimizer.update
        for gradient in gradients:
            change, state = update(jnp.float32(gradient), state, jnp.ones(()))
            rates.append(-float(change))
        return [round(abs(rate), 4) for rate in rates]

    rates, way = [PLAN(t) for t in range(4)], "flr.adapters.optax.schedule(s)"
    injected = optax.inject_hyperparams(sgd)
    return {
        "sgd(plan)": (lambda: run(sgd(PLAN), compiled=False), rates),
        "sgd(plan), compiled": (lambda: run(sgd(PLAN)), way),
        "sgd(schedule(plan))": (lambda: run(sgd(schedule(PLAN))), rates),
        "inject_hyperparams with the plan": (lambda: run(injected(learning_rate=PLAN)), way),
        "inject_hyperparams": (lambda: run(injected(learning_rate=schedule(PLAN))), rates),
        "vmap(plan)": (lambda: jax.vmap(PLAN)(jnp.arange(3)), "flr.adapters.jax.function(s)"),
        "scale_by_learning_rate": (
            lambda: run(optax.scale_by_learning_rate(schedule(PLAN))),
            rates,
        ),
        "join_schedules": (
            lambda: run(
                sgd(optax.join_schedules([optax.constant_schedule(0.5), schedule(PLAN)], [2]))
            ),
            [0.5, 0.5, 1.0, 0.875],
        ),
        "MultiSteps": (
            lambda: run(optax.MultiSteps(sgd(schedule(PLAN)), 2)),
            [0.0, 1.0, 0.0, 0.875],
        ),
        "apply_if_finite": (
            lambda: run(
                optax.apply_if_finite(sgd(schedule(PLAN)), 3), (1.0, float("inf"), 1.0, 1.0)
            ),
            [1.0, 0.0, 0.875, 0.75],
        ),
        "schedule('llama3-405b')": (lambda: schedule("llama3-405b"), "flr.recipe(name).schedule"),
        "schedule(recipe)": (lambda: schedule(RECIPE), "pass its schedule, .schedule"),
        "schedule(0.1)": (lambda: schedule(0.1), "pass flr.constant(0.1)"),
        "schedule(bundle)": (lambda: schedule(BUNDLE), "schedule(bundle['lr'])"),
        "schedule(batch)": (lambda: schedule(BATCH), "must be a scalar schedule"),
        "a step that is a float": (
            lambda: schedule(PLAN)(jnp.float32(2.0)),
            "t must be an integer or an array of integers",
        ),
        "optimizer(adamw(1e-3), plan)": (
            lambda: make(optax.adamw(1e-3), PLAN),
            "pass its settings here, not to it",
        ),
        "optimizer('adamw', plan)": (lambda: make("adamw", PLAN), "make must be a function such"),
        "optimizer(plan, adamw)": (lambda: make(PLAN, optax.adamw), "make must be a function such"),
        "optimizer(adamw, 'cosine')": (lambda: make(optax.adamw, "cosine"), "flr.parse(text)"),
        "learning_rate given twice": (
            lambda: make(optax.adamw, PLAN, learning_rate=0.1),
            "learning_rate must be given once",
        ),
        "optimizer(sgd, plan, plateau=rule)": (
            lambda: make(sgd, PLAN, plateau=RULE),
            "chain the optimizer with optax.contrib.reduce_on_plateau",
        ),
        "optimizer(adamw, plan, weight_dcay=0.1)": (
            lambda: make(optax.adamw, PLAN, weight_dcay=0.1),
            "did you mean 'weight_decay'?",
        ),
        "a beta for an SGD": (
            lambda: make(sgd, flr.bundle(lr=PLAN, beta2=flr.constant(0.9))),
            "plan must have quantities that make takes",
        ),
    }


USES = {
    "Keras": uses_of_keras,
    "Stable-Baselines3": uses_of_stable_baselines3,
    "Lightning": uses_of_lightning,
    "Transformers": uses_of_transformers,
    "XGBoost": uses_of_xgboost,
    "MLX": uses_of_mlx,
    "torch": uses_of_torch,
    "accelerate": uses_of_accelerate,
    "optax": uses_of_optax,
}


def outcomes(name):
    """Return the result of each use of a package, and the expected one."""
    return {use: (outcome(work), expected) for use, (work, expected) in USES[name]().items()}
