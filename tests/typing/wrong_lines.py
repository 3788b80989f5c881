"""Mistakes that a strict type checker must report: every line that ends in ``# wrong``."""

import numpy as np

import fastlr as flr

s = flr.linear(1.0, 0.0, steps=10)
groups = flr.stack({"body": flr.constant(0.1), "head": flr.constant(0.3)})


def mistakes() -> None:
    flr.nope(0.1)  # wrong
    flr.warmup_cosin(0.1, 10, 100)  # wrong
    flr.presets.torhc.StepLR(0.1, 30)  # wrong
    flr.presets.torch.StepLr(0.1, 30)  # wrong
    flr.presets.torch.StepLR(0.1, step=30)  # wrong
    flr.presets.torch.StepLR("0.1", step_size=30)  # wrong
    flr.presets.torch.StepLR(0.1)  # wrong
    flr.presets.nemo.StepLRR(0.1, 30)  # wrong
    print(flr.adapters.pytorch)  # wrong
    print(flr.adapters.torch.Nope)  # wrong
    flr.jit.rated(s.program, 3)  # wrong
    flr.loss_laws.Multipower()  # wrong
    flr.loss_laws.MultiPower(L0="2.65")  # wrong
    flr.constant("0.1")  # wrong
    flr.constant(1j)  # wrong
    flr.linear(0.0, 6e-4)  # wrong
    flr.linear(0.0, 6e-4, step=2_000)  # wrong
    flr.linear(0.0, 6e-4, steps="2000")  # wrong
    flr.wsd(3e-4, warmup=10, stable=80, cooldown=10, shape="1-sqr")  # wrong
    print(flr.Schedule.nope)  # wrong
    s("x")  # wrong
    s(3.0)  # wrong
    s(["a", "b"])  # wrong
    s(np.linspace(0.0, 1.0, 3))  # wrong
    s.each("x")  # wrong
    s(3).nope()  # wrong
    s(3) + "x"  # wrong
    s([3]).nope()  # wrong
    s.tabel(10)  # wrong
    s.table("x")  # wrong
    s * "2"  # wrong
    s.then(0.5)  # wrong
    s.steps = 3  # wrong
    flr.transfer(1e-3, s, s)  # wrong
    flr.batches(768)  # wrong
    s.follow(flr.Ramp((1, 2), at=(3,)), rule=[0.5])  # wrong
    flr.seesaw(s, batch="256", largest=512)  # wrong
    flr.bundle(lr=s).rescale(batch=(1, 2), tokens=(3.0, 6.0), by="rate")  # wrong
    flr.bundle(lr=s).rescale(batch=1, tokens=(3.0, 6.0), by="lr")  # wrong
    flr.advise(s, 3)  # wrong
    groups.row("x")  # wrong
    groups.row(3)["head"].upper()  # wrong
    rate: str = s(3)  # wrong
    rates: float = s([1, 2])  # wrong
    row: dict[str, str] = groups.row(3)  # wrong
    backend: int = flr.backend()  # wrong
    schedule: flr.Schedule = flr.recipe("llama3-405b")  # wrong
    flr.presets.optax.cosine_decay_schedule("1e-3", 1_000)  # wrong
    flr.presets.optax.cosine_decay(1e-3, 1_000)  # wrong
    flr.presets.transformers.get_scheduler("cosine", 2e-5, warmup=100)  # wrong
    flr.presets.torch.MultiStepLR(0.1, milestones="30")  # wrong
    flr.presets.torch.OneCycleLR(max_lr=[None], total_steps=100)  # wrong
    flr.presets.timm.CosineLRScheduler(0.1)  # wrong
    flr.adapters.torch.Scheduler()  # wrong
    flr.adapters.torch.Scheduler(None, 0.1)  # wrong
    flr.adapters.keras.LearningRate("cosine")  # wrong
    flr.adapters.mlx.schedule(s, steps="10")  # wrong
    flr.adapters.optax.scheduler(s)  # wrong
    flr.jit.rate(s)  # wrong
    flr.jit.rates(s.program, 3)  # wrong
    flr.jit.rate(s, 3)  # wrong
    flr.loss_laws.MultiPower(2.65, 0.6, 0.45, 438.0, 2.13, 0.6)  # wrong
    flr.loss_laws.fit(flr.loss_laws.MultiPower, s)  # wrong
    flr.loss_laws.Annealing(2.6, 0.6, 0.45, 0.5, "0.99")  # wrong
    flr.sweep("linear").tabel(3)  # wrong
    flr.sweep(3, init=[0.1])  # wrong
    flr.sweep("linear", init=[0.1], end=0.0, steps=10)["a"]  # wrong
    flr.random({"init": flr.Uniform("a", 1.0)}, n=4)  # wrong
    flr.Uniform(0.1)  # wrong
    flr.bundle(lr=0.1)  # wrong
    flr.bundle(s)  # wrong
    flr.bundle(lr=s)("x")  # wrong
    flr.bundle(lr=s)[0]  # wrong
    momentum: float = flr.bundle(lr=s)(3)  # wrong
    flr.rank(s, s, steps=3)  # wrong
    flr.Plateau(patience="3")  # wrong
    flr.Plateau().update(0.5)  # wrong
    flr.use_backend(3)  # wrong
    flr.recipe(3)  # wrong
    flr.stack({"a": 0.1})  # wrong
    flr.explain(s, steps="x")  # wrong
    flr.set_backend(None)  # wrong
    print(rate, rates, row, backend, schedule, momentum)
