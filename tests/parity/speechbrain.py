"""SpeechBrain: figures of its formulas, of ``n = t + 1`` where it counts its calls."""

from math import cos, floor, pi

from plain_adaptive import new_bob

from fastlr.presets import speechbrain as ours

from . import Case, figures, one_of, rate, rates, real, whole


def draw(key="lr", **parts):
    return lambda rng: {
        key: rates(rng) if key == "lr" else rate(rng),
        **{name: make(rng) for name, make in parts.items()},
    }


def number(low, high):
    return lambda rng: whole(rng, low, high)


def some(low, high):
    return lambda rng: real(rng, low, high)


def warm_and_exp(t, lr, n_warmup_steps, total_steps, decay_factor):
    if t < n_warmup_steps:
        return lr * t / n_warmup_steps
    return lr * min(1.0, decay_factor ** ((t - n_warmup_steps) / (total_steps - n_warmup_steps)))


def linear(t, initial_value, final_value, epoch_count):
    return initial_value + (final_value - initial_value) * (
        min(t, epoch_count - 1) / (epoch_count - 1) if epoch_count > 1 else 0
    )


def warmup_linear(t, initial_value, num_warmup_steps, num_training_steps):
    n = t + 1
    if n < num_warmup_steps:
        return initial_value * n / num_warmup_steps
    return initial_value * max(
        0.0, (num_training_steps - n) / max(1, num_training_steps - num_warmup_steps)
    )


def steps_draw(rng):
    drop = one_of(rng, None, float(whole(rng, 1, 9)), round(real(rng, 0.5, 9.0), 1))
    halved = {"half_life": one_of(rng, float(whole(rng, 1, 9)), round(real(rng, 0.5, 9.0), 1))}
    dropped = {"decay_factor": one_of(rng, None, real(rng, 0.1, 1.1)), "decay_drop": drop}
    return {"initial_value": rate(rng), **one_of(rng, halved, dropped)}


def steps(t, initial_value, decay_factor=None, decay_drop=None, half_life=None):
    if half_life:
        return initial_value * 0.5 ** ((1 + t) / half_life)
    tenths = round(10 * (decay_drop or 2))  # so that no boundary is missed by a rounding
    return initial_value * (decay_factor or 0.5) ** (10 * (1 + t) // tenths)


def noam(t, lr_initial, n_warmup_steps, model_size):
    n, w = t + 1, n_warmup_steps
    return (
        lr_initial
        * (w**0.5 if model_size is None else model_size**-0.5)
        * min(n**-0.5, n * w**-1.5)
    )


def annealed(t, anneal_steps, anneal_rates, **own):
    value = noam(t, **own)
    for step, share in zip(anneal_steps, anneal_rates, strict=True):
        value *= share if t + 1 > step else 1.0
    return value


def anneal_draw(rng):
    at = [whole(rng, 0, 30) for _ in range(whole(rng, 0, 3))]
    return {
        "lr_initial": rate(rng),
        "n_warmup_steps": whole(rng, 1, 20),
        "anneal_steps": at,
        "anneal_rates": [real(rng, 0.1, 1.5) for _ in at],
        "model_size": one_of(rng, None, whole(rng, 1, 512)),
    }


def linear_noam(t, lr_initial, n_warmup_steps, n_keep_steps):
    n, w = t + 1, n_warmup_steps
    return lr_initial * (
        n / w if n < w else 1.0 if n < w + n_keep_steps else w / (n - n_keep_steps)
    )


def clr_draw(rng):
    low, mode = rate(rng), one_of(rng, "triangular", "triangular2", "exp_range")
    return {
        "base_lr": low,
        "max_lr": low * real(rng, 1.0, 20.0),
        "mode": mode,
        "gamma": real(rng, 0.9, 1.0),
        "step_size": one_of(rng, float(whole(rng, 1, 9)), round(real(rng, 0.5, 9.0), 2)),
    }


def clr(t, base_lr, max_lr, step_size, mode, gamma):
    n, hundredths = t + 1, round(100 * step_size)
    cycle = floor(1 + 100 * n // (2 * hundredths))
    height = max(0.0, 1 - abs(n / step_size - 2 * cycle + 1))
    return (
        base_lr
        + (max_lr - base_lr)
        * height
        * {"triangular": 1, "triangular2": 2.0 ** (1 - cycle), "exp_range": gamma**n}[mode]
    )


def intervals(rng):
    at = sorted({whole(rng, 1, 30) for _ in range(whole(rng, 0, 4))})
    return {"lr": rates(rng), "intervals": [{"steps": step, "lr": rate(rng)} for step in at]}


def interval(t, lr, intervals):
    return next((one["lr"] for one in reversed(intervals) if one["steps"] <= t + 1), lr)


def cool(rng):
    cooldown, total = whole(rng, 1, 15), whole(rng, 15, 40)
    return {
        "lr": rates(rng),
        "warmup": whole(rng, 0, 20),
        "cooldown": cooldown,
        "total_steps": total,
        "decay_factor": real(rng, 0.3, 1.0),
        "decay_every": whole(rng, 1, 20),
    }


def cooled(t, lr, warmup, cooldown, total_steps, decay_factor, decay_every):
    begin = total_steps - cooldown
    if t < warmup:
        return lr * t / warmup
    if t > begin:
        return lr * decay_factor ** (begin / decay_every) * max(1 - (t - begin) / cooldown, 0.0)
    return lr * decay_factor ** ((t - warmup) / decay_every)


def tri_stage(
    t, lr, warmup_steps, hold_steps, decay_steps, total_steps, init_lr_scale, final_lr_scale
):
    if t < warmup_steps:
        return lr * (init_lr_scale + (1 - init_lr_scale) * t / warmup_steps)
    return lr * final_lr_scale ** (max(t - warmup_steps - hold_steps, 0) / decay_steps)


CASES = [
    Case(
        ours.WarmAndExpDecayLRSchedule,
        draw(
            n_warmup_steps=number(0, 15), total_steps=number(16, 40), decay_factor=some(0.01, 1.2)
        ),
        figures(warm_and_exp),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.LinearScheduler,
        draw("initial_value", final_value=rate, epoch_count=number(1, 30)),
        figures(linear),
        lambda own: 35,
        count=200,
    ),
    Case(
        ours.LinearWarmupScheduler,
        draw("initial_value", num_warmup_steps=number(0, 20), num_training_steps=number(0, 40)),
        figures(warmup_linear),
        lambda own: 45,
        count=200,
    ),
    Case(ours.StepScheduler, steps_draw, figures(steps), lambda own: 50, count=200),
    Case(
        ours.NoamScheduler,
        draw(
            "lr_initial",
            n_warmup_steps=number(1, 20),
            model_size=lambda rng: one_of(rng, None, whole(rng, 1, 512)),
        ),
        figures(noam),
        lambda own: 50,
        count=200,
    ),
    Case(ours.NoamIntervalScheduler, anneal_draw, figures(annealed), lambda own: 50, count=200),
    Case(
        ours.LinearNoamScheduler,
        draw("lr_initial", n_warmup_steps=number(1, 15), n_keep_steps=number(0, 15)),
        figures(linear_noam),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.CyclicCosineScheduler,
        draw("lr_initial", n_warmup_steps=number(1, 50), total_steps=number(1, 20)),
        figures(
            lambda t, lr_initial, n_warmup_steps, total_steps: (
                lr_initial * (1 + cos(pi * (t + 1 - n_warmup_steps) / total_steps)) / 2
            )
        ),
        lambda own: 60,
        count=200,
    ),
    Case(ours.CyclicLRScheduler, clr_draw, figures(clr), lambda own: 50, count=200),
    Case(ours.IntervalScheduler, intervals, figures(interval), lambda own: 35, count=200),
    Case(
        ours.InverseSquareRootScheduler,
        lambda rng: {"warmup_steps": whole(rng, 1, 20)},
        figures(lambda t, warmup_steps: max(t + 1, warmup_steps) ** -0.5),
        lambda own: 50,
        count=200,
    ),
    Case(ours.WarmCoolDecayLRSchedule, cool, figures(cooled), lambda own: 45, count=200),
    Case(
        ours.TriStageLRSchedule,
        draw(
            warmup_steps=number(1, 12),
            hold_steps=number(0, 12),
            decay_steps=number(1, 12),
            total_steps=number(1, 36),
            init_lr_scale=some(0.01, 1.0),
            final_lr_scale=some(0.01, 1.0),
        ),
        figures(tri_stage),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.NewBobScheduler,
        lambda rng: {
            "annealing_factor": real(rng, 0.1, 0.9),
            "improvement_threshold": one_of(rng, 0.0025, 0.0, 0.05),
            "patient": whole(rng, 0, 3),
        },
        lambda own, metrics: list(new_bob(1.0, metrics, **own)),
        lambda own: 60,
        count=200,
    ),
]
