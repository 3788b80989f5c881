"""Composer: its schedulers from their own code, one batch at a time, with times in every unit."""

import math

import numpy as np

from fastlr.presets import composer as ours

from . import Case, one_of, rates, real, whole

UNITS = ("ep", "ba", "sp", "tok", "dur")


def parsed(text):
    unit = next(unit for unit in UNITS if text.endswith(unit))
    return float(text.removesuffix(unit)), unit


class State:
    """What Composer's trainer knows before a batch."""

    def __init__(self, t, own):
        self.own, self.ratio = own, own["scale_schedule_ratio"]
        self.now = {"ba": t, "sp": t * own["samples_per_batch"], "tok": t * own["tokens_per_batch"]}
        value, self.unit = parsed(own["max_duration"])
        self.whole = int(value * self.ratio)

    def convert(self, text, ratio):
        value, unit = parsed(text)
        if unit == "dur" and self.unit == "ep":
            return int(value * self.own["batches_per_epoch"] * self.whole), "ba"
        if unit == "dur":
            return int(value * self.whole), self.unit
        if unit == "ep":
            value, unit = value * self.own["batches_per_epoch"], "ba"
        return int(value * ratio), unit

    def gone(self, key):
        """What has gone by, and how long it takes."""
        value, unit = self.convert(self.own[key], self.ratio)
        return self.now[unit], value

    def passed(self, text, ratio):
        value, unit = self.convert(text, ratio)
        return self.now[unit] >= value


def wave(p, low):
    return low + (1 - low) * (1 + math.cos(math.pi * min(max(p, 0.0), 1.0))) / 2


def step(state, own):
    u, every = state.gone("step_size")
    return own["gamma"] ** int(u / every)


def multi_step(state, own):
    return own["gamma"] ** sum(
        state.passed(milestone, state.ratio) for milestone in own["milestones"]
    )


def constant(state, own):
    return 1.0 if state.passed(own["t_max"], state.ratio) else own["alpha"]


def linear(state, own):
    u, end = state.gone("t_max")
    return own["alpha_i"] + min(1.0, u / end) * (own["alpha_f"] - own["alpha_i"])


def exponential(state, own):
    u, period = state.gone("decay_period")
    return own["gamma"] ** (u / period)


def cosine(state, own):
    u, end = state.gone("t_max")
    return wave(u / end, own["alpha_f"])


def restarts(state, own):
    u, length = state.gone("t_0")
    end = length
    while end <= u:
        length = int(own["t_mult"] * length)
        end += length
    return wave((u - (end - length)) / length, own["alpha_f"])


def polynomial(state, own):
    u, end = state.gone("t_max")
    return own["alpha_f"] + (1 - min(1.0, u / end)) ** own["power"] * (1 - own["alpha_f"])


def warmed(after, peak=lambda own: 1.0):
    """A warmup, up to its unscaled end, and then ``after(p)`` of what is left."""

    def multiplier(state, own):
        begin, unit = state.convert(own["t_warmup"], 1.0)
        u = state.now[unit]
        if u < begin:
            return peak(own) * min(
                1.0,
                u / state.convert(own["t_warmup"], state.ratio if own["scale_warmup"] else 1.0)[0],
            )
        if "t_max" not in own:
            return multi_step(state, own)
        _, end = state.gone("t_max")
        return after(min(1.0, (u - begin) / (end - begin)) if end > begin else 0.0, own)

    return multiplier


def inverse_sqrt(state, own):
    begin, unit = state.convert(own["t_warmup"], 1.0)
    u = state.now[unit]
    if u < begin:
        return u / begin
    scale, cooldown, end = (state.gone(key)[1] for key in ("t_scale", "t_cooldown", "t_max"))

    def decay(u):
        return (
            own["alpha_f_decay"] + (1 - own["alpha_f_decay"]) / ((u + scale - begin) / scale) ** 0.5
        )

    start = max(end - cooldown, begin)
    if u < start or cooldown == 0:
        return decay(min(u, start))
    return decay(start) + min(1.0, (u - start) / cooldown) * (
        own["alpha_f_cooldown"] - decay(start)
    )


def multiplied(multiplier):
    def table(settings, steps):
        factors = np.array([multiplier(State(t, settings), settings) for t in range(steps)])
        lr = settings["lr"]
        return np.outer(lr, factors) if isinstance(lr, list) else lr * factors

    return table


# -- settings --------------------------------------------------------------------------------------


def run(rng):
    """A run of 20 to 40 batches, or a little more or less where it is scaled."""
    sizes = {
        "batches_per_epoch": whole(rng, 4, 9),
        "samples_per_batch": whole(rng, 1, 64),
        "tokens_per_batch": whole(rng, 1, 5000),
    }
    batches, ratio = whole(rng, 20, 40), one_of(rng, 1.0, 0.5, 1.5, round(real(rng, 0.5, 2.0), 2))
    unit = one_of(rng, *UNITS[:4])
    return {**sizes, "scale_schedule_ratio": ratio, "max_duration": text(unit, batches, sizes)}


def text(unit, batches, sizes, least=1):
    """About so many batches, in a unit."""
    each = {
        "ba": 1,
        "ep": 1 / sizes["batches_per_epoch"],
        "sp": sizes["samples_per_batch"],
        "tok": sizes["tokens_per_batch"],
    }
    return f"{max(least, round(batches * each[unit]))}{unit}"


def time(rng, own, most=30, least=4):
    """A time in any unit, which with a ratio of 0.5 is a batch or more."""
    if rng.random() < 0.3:
        return f"{round(real(rng, 0.3, 1.0), 2)}dur"
    return text(one_of(rng, *UNITS[:4]), real(rng, least, most), own, 2)


def case(preset, multiplier, **parameters):
    def draw(rng):
        own = {"lr": rates(rng), **run(rng)}
        own |= {name: make(rng, own) for name, make in parameters.items()}
        return own | own.pop("warmup", {})

    return Case(preset, draw, multiplied(multiplier), lambda own: 60, count=200)


def warmup(rng, own):
    """A warmup and an end no sooner than the run's, in one unit."""
    unit = parsed(own["max_duration"])[1]
    t_max = one_of(rng, "1dur", text(unit, 60, own))
    begin = one_of(rng, f"0{unit}", text(unit, real(rng, 1, 15), own, 2), "0.2dur")
    return {"t_warmup": begin, "t_max": t_max, "scale_warmup": bool(rng.random() < 0.5)}


def any_warmup(rng, own):
    return {"t_warmup": time(rng, own), "scale_warmup": bool(rng.random() < 0.5)}


def foundry(rng, own):
    """Times in the unit of the run."""
    unit = parsed(own["max_duration"])[1]
    keys = ("t_warmup", "t_scale", "t_cooldown")
    low = real(rng, 0.0, 0.5)
    times = {key: text(unit, real(rng, 2, 15), own, 2) for key in keys} | one_of(
        rng, {}, {"t_cooldown": f"0{unit}"}
    )
    return {
        **times,
        "t_max": one_of(rng, "1dur", "0.7dur"),
        "alpha_f_decay": low,
        "alpha_f_cooldown": low / 2,
    }


def level(rng, own):
    return one_of(rng, 0.0, real(rng, 0.0, 1.5))


def gamma(rng, own):
    return real(rng, 0.1, 1.1)


def milestones(rng, own):
    return [time(rng, own) for _ in range(whole(rng, 0, 4))]


def power(rng, own):
    return real(rng, 0.3, 4.0)


CASES = [
    case(ours.StepScheduler, step, step_size=time, gamma=gamma),
    case(ours.MultiStepScheduler, multi_step, milestones=milestones, gamma=gamma),
    case(ours.ConstantScheduler, constant, alpha=level, t_max=time),
    case(ours.LinearScheduler, linear, alpha_i=level, alpha_f=level, t_max=time),
    case(ours.ExponentialScheduler, exponential, gamma=gamma, decay_period=time),
    case(ours.CosineAnnealingScheduler, cosine, t_max=time, alpha_f=level),
    case(
        ours.CosineAnnealingWarmRestartsScheduler,
        restarts,
        t_0=time,
        t_mult=lambda rng, own: one_of(rng, 1.0, 1.0, 2.0, real(rng, 1.5, 2.5)),
        alpha_f=level,
    ),
    case(ours.PolynomialScheduler, polynomial, power=power, t_max=time, alpha_f=level),
    case(
        ours.MultiStepWithWarmupScheduler,
        warmed(None),
        warmup=any_warmup,
        milestones=milestones,
        gamma=gamma,
    ),
    case(
        ours.ConstantWithWarmupScheduler,
        warmed(lambda p, own: own["alpha"], lambda own: own["alpha"]),
        warmup=warmup,
        alpha=level,
    ),
    case(
        ours.LinearWithWarmupScheduler,
        warmed(
            lambda p, own: own["alpha_i"] + p * (own["alpha_f"] - own["alpha_i"]),
            lambda own: own["alpha_i"],
        ),
        warmup=warmup,
        alpha_i=level,
        alpha_f=level,
    ),
    case(
        ours.CosineAnnealingWithWarmupScheduler,
        warmed(lambda p, own: wave(p, own["alpha_f"])),
        warmup=warmup,
        alpha_f=level,
    ),
    case(
        ours.PolynomialWithWarmupScheduler,
        warmed(lambda p, own: own["alpha_f"] + (1 - p) ** own["power"] * (1 - own["alpha_f"])),
        warmup=warmup,
        power=power,
        alpha_f=level,
    ),
    case(ours.InverseSquareRootWithWarmupScheduler, inverse_sqrt, warmup=foundry),
]
