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
    print(rate, rates, row, backend, schedule)
