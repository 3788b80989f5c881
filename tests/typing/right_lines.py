"""Typed code as users write it. A strict type checker accepts every line, and the file runs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

import fastlr as flr
from fastlr import Plateau, Schedule, warmup_cosine
from fastlr.loss_laws import Law, MultiPower
from fastlr.presets.torch import StepLR

Array = npt.NDArray[np.float64]


def rate_at(schedule: Schedule, step: int) -> float:
    return schedule(step)


def rates_at(schedule: Schedule, steps: npt.NDArray[np.int64]) -> Array:
    return schedule(steps)


def logged(schedule: Schedule, step: int) -> dict[str, float]:
    return schedule.row(step)


# constructors
s: Schedule = flr.warmup_cosine(peak=6e-4, warmup=2_000, steps=600_000, end=6e-5)
constant: Schedule = flr.constant(0.1)
of_numpy: Schedule = flr.constant(np.float32(0.5))
linear: Schedule = flr.linear(0.0, 6e-4, steps=2_000)
of_a_whole_float: Schedule = flr.linear(0.0, 6e-4, steps=2e3)
cosine: Schedule = flr.cosine(6e-4, 6e-5, steps=598_000)
polynomial: Schedule = flr.polynomial(0.1, 0.0, steps=100, power=2.0)
exponential: Schedule = flr.exponential(0.1, 0.001, steps=100)
decay: Schedule = flr.exponential_decay(0.1, rate=0.01)
steps_down: Schedule = flr.step_decay(0.1, 0.5, every=30)
marks: Schedule = flr.milestones(0.1, 0.1, at=[30, 60])
noam: Schedule = flr.noam(1.0, 512, 4_000)
wsd: Schedule = flr.wsd(3e-4, warmup=10, stable=80, cooldown=10, shape="1-sqrt")
one_cycle: Schedule = flr.one_cycle(0.1, steps=100)
sampled: Schedule = flr.sampled([0.1, 0.2, 0.3], every=10)
imported: Schedule = warmup_cosine(0.1, 10, 100)
parsed: Schedule = flr.parse("linear(1.0, 0.0, 10)")
joined: Schedule = flr.join([linear, cosine], at=[2_000])
batch: Schedule = flr.linear([0.1, 0.2], 0.0, steps=10)
sweep_of_peaks: Schedule = flr.warmup_cosine(np.geomspace(1e-4, 1e-2, 5), warmup=10, steps=100)
groups: Schedule = flr.stack({"body": flr.constant(0.1), "head": flr.constant(0.3)})
spec: dict[str, Any] = s.to_spec()
restored: Schedule = flr.from_spec(spec)

# evaluation
rate: float = s(1_500)
of_a_numpy_step: float = s(np.int64(3))
sum_of_rates: float = s(3) + 2 * s(4)
rounded: str = f"{s(3):.3g} {round(s(3), 5)}"
of_a_list: Array = s([600_000, 0, 2_000])
of_a_range: Array = s(range(5))
of_rows: Array = s([[0, 1], [2, 3]])
of_an_array: Array = s(np.arange(5))
of_int32: Array = s(np.arange(5, dtype=np.int32))
into: Array = s(np.arange(3), out=np.empty(3))
of_the_batch: Array = np.asarray(batch(3))
own_step: float = s.each(3)
own_steps: Array = batch.each([1, 3])
table: npt.NDArray[Any] = s.table(10)
table32: npt.NDArray[Any] = s.table(0, 100, 10, dtype="float32", threads=2)
row: dict[str, float] = groups.row(7)
head: float = groups.row(7)["head"]
largest: float = max(groups.row(7).values())
function: Callable[[int], float] = s
first: float = rate_at(s, 3)
several: Array = rates_at(s, np.array([1, 2]))
log: dict[str, float] = logged(groups, 3)
row_at: dict[str, float] = groups.row(np.int64(3))
distinct, index = batch.unique()

# the value
shape: tuple[int, ...] = batch.shape
names: tuple[str, ...] | None = groups.names
lane: Schedule = batch[0]
named: Schedule = groups["head"]
lanes: list[Schedule] = list(batch)
program: flr.Program = s.program
fingerprint: str = s.fingerprint
equal: bool = s == restored
hashed: int = hash(s)

# algebra and plans
doubled: Schedule = s * 2.0
halved: Schedule = 0.5 * s
scaled: Schedule = s * np.array([1.0, 0.1])
product: Schedule = linear * cosine
total: Schedule = linear + cosine
then: Schedule = linear.then(cosine)
clipped: Schedule = cosine.clip(0.02, 0.05)
delayed: Schedule = cosine.delay(100)
repeated: Schedule = flr.linear(1.0, 0.0, steps=2).repeat(times=3, scale=0.5)
lower: Schedule = linear.minimum(cosine)
cooled: Schedule = constant.cooldown(at=9_000, steps=1_000, shape="1-sqrt")
held: Schedule = linear.with_past_end("hold")
added_up: float = s.sum(100)
crossed: int = s.first_below(5e-4, start=10_000)

# presets, plateaus, recipes, sweeps, bundles, backends
preset: Schedule = flr.presets.torch.StepLR(0.1, step_size=30, gamma=0.5)
imported_preset: Schedule = StepLR(0.1, 30)
from_keras: Schedule = flr.presets.keras.CosineDecay(0.1, 100)
per_group: Schedule = flr.presets.torch.ExponentialLR([0.1, 0.2], gamma=0.9)
lambdas: Schedule = flr.presets.torch.LambdaLR(0.1, lambda t: 0.5**t, total_steps=3)
from_nemo: Schedule = flr.presets.nemo.CosineAnnealing(1.0, max_steps=5, warmup_steps=1)
of_torch_in_nemo: Schedule = flr.presets.nemo.StepLR(0.1, step_size=30)
frameworks: tuple[str, ...] = flr.presets.frameworks()
packages: tuple[str, ...] = flr.adapters.packages()
plateau: Plateau = flr.Plateau(patience=3, factor=0.1)
state: flr.PlateauState = plateau.init()
recipe: flr.Recipe = flr.recipe("llama3-405b")
published: Schedule = recipe.schedule
known: tuple[str, ...] = tuple(flr.recipes())
family: flr.Sweep = flr.sweep("cosine", init=[0.1, 0.2], end=0.0, steps=100)
member: Schedule = family[1]
bundle: flr.Bundle = flr.bundle(lr=flr.linear(0.1, 0.0, steps=10), wd=flr.constant(0.01))
quantities: dict[str, float] = bundle(3)
of_the_bundle: Schedule = bundle["lr"]
backend: str = flr.backend()
reasons: dict[str, str] = flr.backends()
headers: str = flr.get_include()
version: str = flr.__version__
with flr.use_backend("reference"):
    by_numpy: float = s(3)

# loss laws, and functions for compiled code, which the program only names here
law: Law = MultiPower(L0=2.65, A=0.6, alpha=0.45, B=438.0, C=2.13, beta=0.6, gamma=0.655)
same_law: flr.loss_laws.MultiPower = flr.loss_laws.MultiPower(2.6, 0.6, 0.45, 438.0, 2.1, 0.6, 0.6)
loss: float = law.final(linear, 2_000)
functional: Law = flr.loss_laws.FunctionalScaling(2.6, 0.6, 0.5, B=400.0, C=4.0, beta=0.5)


def fitted(
    losses: list[float],
) -> flr.loss_laws.FunctionalScaling:
    runs = [(s, [599_999], [loss]) for loss in losses]
    return flr.loss_laws.fit(flr.loss_laws.FunctionalScaling, runs).law


# moving a tuned plan
moved: float = flr.transfer(1e-3, s, flr.wsd(1.0, 0, 500_000, 100_000), steps=600_000)
moved_peaks: Array = flr.transfer([1e-3, 2e-3], family[0], family, steps=100)
sizes: flr.Ramp = flr.batches("0:768 250B:1536", seq_length=8_192)
followed: Schedule = s.follow(sizes, rule="sqrt")
by_power: Schedule = s.follow(sizes, rule=0.7)
grown: flr.Seesaw = flr.seesaw(cosine, batch=256, largest=2_048, factor=2.0)
fewer: int = grown.steps
growing: flr.Ramp = grown.batches
lower_rates: Schedule = grown.schedule
weights: Array = flr.merge_weights(cosine, at=[500_000, 550_000, 598_000])
recommended: flr.peak_laws.PeakAndBatch = flr.peak_laws.step_law(parameters=1e9, tokens=100e9)
of_compute: float = flr.peak_laws.deepseek_law(compute=1e20).peak
scaled_peak: float = flr.peak_laws.scale_peak(1e-3, batch=256, new_batch=1_024, rule="sqrt")
tuned: flr.Bundle = flr.bundle(lr=s, weight_decay=flr.constant(0.1))
rescaled: flr.Bundle = tuned.rescale(batch=(1, 2), tokens=(1e6, 1.2e6), by="weight_decay")
advice: flr.Advice = flr.advise(s, 500_000, law=law, lengths=[600_000, 700_000])
planned: Schedule = advice.options[0].schedule
predicted: float = advice.options[0].loss
bound: float = s.bound(600_000, distance=2.0)

# presets of more frameworks
optax_cosine: Schedule = flr.presets.optax.cosine_decay_schedule(1e-3, 1_000)
optax_joined: Schedule = flr.presets.optax.join_schedules([linear, cosine], [2_000])
from_hub: Schedule = flr.presets.transformers.get_scheduler("cosine", 2e-5, 100, 1_000)
from_timm: Schedule = flr.presets.timm.CosineLRScheduler(0.1, t_initial=100)
of_milestones: Schedule = flr.presets.torch.MultiStepLR(0.1, milestones=[30, 60], gamma=0.1)
of_a_tuple: Schedule = flr.presets.torch.MultiStepLR(0.1, milestones=(30, 60))
one_cycle_of_torch: Schedule = flr.presets.torch.OneCycleLR(0.1, total_steps=100)
by_array: Schedule = flr.presets.torch.CosineAnnealingLR(np.array([0.1, 0.2]), T_max=90)
of_a_framework: Schedule = flr.presets.mmengine.StepLR(0.1, step_size=30)
preset_rates: Array = one_cycle_of_torch(np.arange(3))

# sweeps
zipped_axes: flr.Sweep = flr.sweep("linear", flr.zipped(init=[1.0, 2.0], steps=[5, 6]), end=0.0)
drawn: flr.Sweep = flr.sweep(
    "linear", flr.random(4, seed=1, init=flr.Uniform(0.1, 1.0)), end=0.0, steps=10
)
by_preset: flr.Sweep = flr.sweep("torch.StepLR", lr=[0.1, 0.2], step_size=30)
by_function: flr.Sweep = flr.sweep(flr.linear, init=[0.1, 0.2], end=0.0, steps=10)
size: int = family.size
axes: tuple[int, ...] = family.shape
last_member: Schedule = family[-1]
sweep_table: Any = family.table(10)
found: dict[str, Any] = family.reduce(["max", "sum"], 100)
member_rates: list[float] = [member(0) for member in (family[0], family[1])]
best: flr.Ranked = flr.rank(law, family, steps=100, k=1)
place: int = int(best.places[0])

# bundles, groups and units
of_momentum: flr.Bundle = flr.one_cycle_bundle(0.1, 100)
both: dict[str, float] = of_momentum(np.int64(3))
bundle_names: tuple[str, ...] = bundle.names
multipliers: Array = flr.layer_decay([0, 1, 2], 0.75)
per_parameter: Array = flr.spread(groups, {"body": 2, "head": 1})(3)
picked: Schedule = groups[["head", "body"]]
more_groups: Schedule = groups.with_groups({"embed": flr.constant(0.2)})
epochs: flr.Horizon = flr.horizon(1_000, batch=10)
in_epochs: Schedule = flr.linear(1.0, 0.0, steps=10).paced([1, 2], at=[100])
step_of: int = flr.step_at(0.5, 10)

# rules and their states
after: flr.PlateauState = plateau.update(state, 0.5)
by_numpy_metric: flr.PlateauState = plateau.update(state, np.float32(0.5))
replayed: npt.NDArray[Any] = plateau.replay(np.ones(5))
adaptive: flr.KLAdaptive = flr.KLAdaptive(0.01)
scale: float = float(np.asarray(after.scale))

# loss laws, comparison and plans
of_many: Any = law.final(batch, 10)
curve_of_losses: Any = law.curve(linear, 100)
annealing: Law = flr.loss_laws.Annealing(2.6, 0.6, 0.45, 0.5, 0.99)
compared: flr.Comparison = flr.compare(linear, linear, 10)
agree: bool = bool(compared)
explained: flr.Explanation = flr.explain(s, steps=1_000)
facts: dict[str, str] = explained.facts
saved: dict[str, Any] = flr.checkpoint(s, 10)
extended: Schedule = cosine.extend(600_000)
same: bool = s != cosine
text: str = repr(s)
highest: float = s.max(100)
at_step: int = s.argmax(100)
settings = {"learning_rate": 1e-3, "max_steps": 9, "lr_scheduler_type": "linear"}
loaded: Schedule | Plateau = flr.from_config(settings)


def numba_loop(program: flr.Program, steps: int) -> float:
    total = 0.0
    for t in range(steps):
        total += flr.jit.rate(program, t)
    return total


def adapters_of(optimizer: Any) -> list[object]:
    return [
        flr.adapters.torch.Scheduler(optimizer, s, plateau=plateau),
        flr.adapters.optax.schedule(s),
        flr.adapters.keras.LearningRate(s, steps=10),
        flr.adapters.mlx.schedule(s),
        flr.adapters.stable_baselines3.Scheduler(s),
    ]


def compiled(schedule: Schedule, out: Array) -> float:
    flr.jit.rates(schedule.program, 3, out)
    return flr.jit.rate(schedule.program, 3)


def trained(optimizer: Any) -> object:
    return flr.adapters.torch.Scheduler(optimizer, s)
