"""DeepSpeed: figures worked out from its formulas, by its own count of updates, which begins at
-1.
"""

from math import cos, floor, log, pi

from fastlr.presets import deepspeed as ours

from . import Case, figures, one_of, rate, rates, real, whole


def range_test(
    t,
    lr_range_test_min_lr,
    lr_range_test_step_size,
    lr_range_test_step_rate,
    lr_range_test_staircase,
):
    interval = t / lr_range_test_step_size
    return lr_range_test_min_lr * (
        1 + lr_range_test_step_rate * (floor(interval) if lr_range_test_staircase else interval)
    )


def draw_range_test(rng):
    return {
        "lr_range_test_min_lr": rates(rng),
        "lr_range_test_step_size": whole(rng, 1, 12),
        "lr_range_test_step_rate": one_of(rng, 0.0, real(rng, 0.0, 3.0)),
        "lr_range_test_staircase": one_of(rng, True, False),
    }


def scale(t, first, second, first_count, second_count):
    """How far up the cycle is, of 1."""
    position = t % (first + second)
    rising = position <= first
    height, count = (
        (position / first, first_count)
        if rising
        else ((first + second - position) / second, second_count)
    )
    return floor(height * count + 1e-9) / count if count else height


def one_cycle(t, of, cycle_min_lr, cycle_max_lr, cycle_min_mom, cycle_max_mom, **own):
    first = own["cycle_first_step_size"]
    second = first if own["cycle_second_step_size"] is None else own["cycle_second_step_size"]
    later = own["cycle_second_stair_count"]
    counts = (
        own["cycle_first_stair_count"],
        own["cycle_first_stair_count"] if later is None else later,
    )
    over, every = t - (first + second), own["decay_step_size"]
    if of == "momentum" and t == 0:
        return cycle_min_mom
    if t - 1 < first + second:
        up = scale(t, first, second, *counts)
        low, high = (cycle_min_lr, cycle_max_lr) if of == "lr" else (cycle_max_mom, cycle_min_mom)
        return low + (high - low) * up
    if of == "lr":
        return cycle_min_lr / (1 + own["decay_lr_rate"] * over / every) if every else cycle_min_lr
    return cycle_max_mom * (1 + own["decay_mom_rate"] * over / every) if every else cycle_max_mom


def draw_one_cycle(rng):
    first, of = (
        one_of(rng, whole(rng, 1, 12), whole(rng, 1, 12), round(real(rng, 1.0, 12.0), 1)),
        one_of(rng, "lr", "momentum"),
    )
    return {
        "cycle_min_lr": rates(rng) if of == "lr" else rate(rng),
        "cycle_max_lr": rate(rng),
        "decay_lr_rate": one_of(rng, 0.0, real(rng, 0.0, 2.0)),
        "cycle_first_step_size": first,
        "cycle_second_step_size": one_of(
            rng, None, whole(rng, 0, 12), whole(rng, 1, 12), round(real(rng, 1.0, 12.0), 1)
        ),
        "cycle_first_stair_count": one_of(rng, 0, whole(rng, 1, 6)),
        "cycle_second_stair_count": one_of(rng, None, 0, whole(rng, 1, 15)),
        "decay_step_size": one_of(rng, 0, whole(rng, 1, 9), real(rng, 0.5, 9.0)),
        "cycle_min_mom": real(rng, 0.7, 0.9),
        "cycle_max_mom": real(rng, 0.7, 0.99),
        "decay_mom_rate": one_of(rng, 0.0, real(rng, 0.0, 0.1)),
        "of": of,
    }


def warming(tau, steps, kind):
    """What the warmup has gained after ``tau`` steps."""
    return log(tau + 1) / log(steps) if kind == "log" else tau / steps


def warmup(
    t, warmup_min_lr, warmup_max_lr, warmup_num_steps, warmup_type, lr=None, total_num_steps=None
):
    tau, steps = t - 1, max(2, warmup_num_steps)
    high = lr if warmup_max_lr is None else warmup_max_lr
    if tau < 0:
        return warmup_min_lr
    gamma = 1.0
    if tau < steps:
        gamma = warming(tau, steps, warmup_type)
    elif total_num_steps is not None:
        gamma = max(0.0, (total_num_steps - tau) / max(1.0, total_num_steps - steps))
    return warmup_min_lr + (high - warmup_min_lr) * gamma


def draw_warmup(rng):
    return {
        "warmup_min_lr": one_of(rng, 0.0, rate(rng)),
        "warmup_num_steps": whole(rng, 1, 20),
        "warmup_type": one_of(rng, "log", "linear"),
    }


def draw_plain(rng):
    high = one_of(rng, None, rate(rng))
    return {
        "lr": rates(rng) if high is None else rate(rng),
        "warmup_max_lr": high,
        **draw_warmup(rng),
    }


def draw_decay(rng):
    return {"warmup_max_lr": rates(rng), "total_num_steps": whole(rng, 1, 40), **draw_warmup(rng)}


def warmup_cosine(
    t, lr, total_num_steps, warmup_min_ratio, warmup_num_steps, cos_min_ratio, warmup_type
):
    tau, steps = t - 1, max(2, warmup_num_steps)
    if tau < 0:
        return 0.0
    if tau < steps:
        return lr * (warmup_min_ratio + (1 - warmup_min_ratio) * warming(tau, steps, warmup_type))
    progress = min(1.0, (tau - steps + 1) / max(1, total_num_steps - steps))
    return lr * (cos_min_ratio + (1 - cos_min_ratio) * (1 + cos(pi * progress)) / 2)


def draw_cosine(rng):
    return {
        "lr": rates(rng),
        "total_num_steps": whole(rng, 1, 40),
        "warmup_min_ratio": one_of(rng, 0.0, real(rng, 0.0, 1.0)),
        "warmup_num_steps": whole(rng, 1, 20),
        "cos_min_ratio": one_of(rng, 0.0, real(rng, 0.0, 1.0)),
        "warmup_type": one_of(rng, "log", "linear"),
    }


CASES = [
    Case(
        ours.LRRangeTest,
        draw_range_test,
        figures(range_test, "lr_range_test_min_lr"),
        lambda own: 60,
        count=200,
    ),
    Case(
        ours.OneCycle, draw_one_cycle, figures(one_cycle, "cycle_min_lr"), lambda own: 60, count=200
    ),
    Case(
        ours.WarmupLR,
        draw_plain,
        figures(warmup),
        lambda own: own["warmup_num_steps"] + 4,
        count=200,
    ),
    Case(
        ours.WarmupDecayLR, draw_decay, figures(warmup, "warmup_max_lr"), lambda own: 60, count=200
    ),
    Case(ours.WarmupCosineLR, draw_cosine, figures(warmup_cosine), lambda own: 60, count=200),
]
