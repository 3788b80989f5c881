"""Megatron-LM: figures worked out from its formulas, at the samples that the updates before
have taken.
"""

from math import cos, pi, sqrt

from fastlr.presets import megatron as ours

from . import Case, figures, one_of, rate, real, whole

ANNEALS = {
    "linear": lambda q: 1 - q,
    "cosine": lambda q: (1 + cos(pi * q)) / 2,
    "exponential": lambda q: 2 * 0.5**q - 1,
    "minus_sqrt": lambda q: 1 - sqrt(q),
}


def scheduler(t, of, global_batch_size, **own):
    samples = t * global_batch_size
    return lr(samples, **own) if of == "lr" else weight_decay(samples, **own)


def lr(
    samples,
    init_lr,
    max_lr,
    min_lr,
    lr_warmup_steps,
    lr_decay_steps,
    lr_decay_style,
    wsd_decay_steps,
    **own,
):
    if lr_warmup_steps > 0 and samples <= lr_warmup_steps:
        return init_lr + (max_lr - init_lr) * samples / lr_warmup_steps
    if lr_decay_style == "constant":
        return max_lr
    if samples > lr_decay_steps:
        return min_lr
    if lr_decay_style == "inverse-square-root":
        return max(min_lr, max_lr * sqrt(max(lr_warmup_steps, 1)) / sqrt(max(samples, 1)))
    if lr_decay_style == "WSD":
        begin = lr_decay_steps - wsd_decay_steps
        left = (
            1.0
            if samples <= begin
            else ANNEALS[own["lr_wsd_decay_style"]]((samples - begin) / wsd_decay_steps)
        )
    else:
        left = ANNEALS[lr_decay_style](
            (samples - lr_warmup_steps) / (lr_decay_steps - lr_warmup_steps)
        )
    return min_lr + left * (max_lr - min_lr)


def weight_decay(samples, start_wd, end_wd, wd_incr_steps, wd_incr_style, **_):
    if samples > wd_incr_steps or wd_incr_style == "constant":
        return end_wd
    gone = samples / wd_incr_steps
    return start_wd + (end_wd - start_wd) * (
        gone if wd_incr_style == "linear" else (cos(pi * (1 - gone)) + 1) / 2
    )


def draw(rng):
    batch, low, of = (
        one_of(rng, 1, 1, whole(rng, 2, 9)),
        one_of(rng, 0.0, rate(rng)),
        one_of(rng, "lr", "lr", "lr", "weight_decay"),
    )
    total, high, style = (
        whole(rng, 1, 40) * batch,
        low + rate(rng),
        one_of(rng, "constant", "linear", "cosine"),
    )
    return {
        "init_lr": one_of(rng, 0.0, high * real(rng, 0.0, 1.0)),
        "max_lr": one_of(rng, high, [high, high * 2, high * 3]) if of == "lr" else high,
        "min_lr": low,
        "lr_warmup_steps": one_of(rng, 0, whole(rng, 0, total - 1)),
        "lr_decay_steps": total,
        "lr_decay_style": one_of(
            rng, "constant", "linear", "cosine", "inverse-square-root", "WSD", "WSD", "WSD"
        ),
        "start_wd": 0.1 if style == "constant" else real(rng, 0.0, 0.1),
        "end_wd": 0.1,
        "wd_incr_steps": whole(rng, 1, 40 * batch),
        "wd_incr_style": style,
        "wsd_decay_steps": whole(rng, 1, total + one_of(rng, 0, 9)),
        "lr_wsd_decay_style": one_of(rng, *ANNEALS),
        "global_batch_size": batch,
        "of": of,
    }


CASES = [
    Case(
        ours.OptimizerParamScheduler, draw, figures(scheduler, "max_lr"), lambda own: 48, count=400
    )
]
