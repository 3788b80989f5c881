"""GPT-NeoX: figures worked out from the formulas of its three versions."""

from math import cos, exp, pi

from fastlr.presets import gpt_neox as ours

from . import Case, figures, one_of, rate, rates, real, whole


def annealing(t, start_lr, warmup_iter, total_iters, decay_style, min_lr, version):
    if version == "2023":
        return before(t, start_lr, warmup_iter, total_iters, decay_style, min_lr)
    if warmup_iter > 0 and t <= warmup_iter:
        return start_lr * (max(1, t) if version == "2025" else t) / warmup_iter
    gone, steps = t - warmup_iter, total_iters - warmup_iter
    if decay_style == "linear":
        return max(start_lr * (steps - gone) / steps, min_lr)
    if decay_style == "cosine":
        return max(min_lr + (start_lr - min_lr) / 2 * (cos(pi * gone / steps) + 1), min_lr)
    return max(
        start_lr * exp(-0.693 * gone / steps) if decay_style == "exponential" else start_lr, min_lr
    )


def before(t, start_lr, warmup_iter, total_iters, decay_style, min_lr):
    at = min(t, total_iters - warmup_iter)
    if warmup_iter > 0 and t <= warmup_iter:
        return start_lr * at / warmup_iter
    gone = at - warmup_iter
    if decay_style == "linear":
        return max(start_lr * (total_iters - gone) / total_iters, min_lr)
    if decay_style == "cosine":
        return max(start_lr / 2 * (cos(pi * gone / total_iters) + 1), min_lr)
    return max(
        start_lr * exp(-0.693 * gone / total_iters) if decay_style == "exponential" else start_lr,
        min_lr,
    )


def draw(rng):
    total = whole(rng, 1, 40)
    return {
        "start_lr": rates(rng),
        "warmup_iter": one_of(
            rng, 0, whole(rng, 0, total - 1), round(real(rng, 0.0, 0.99), 2) * total
        ),
        "total_iters": total,
        "decay_style": one_of(rng, "constant", "linear", "cosine", "exponential"),
        "min_lr": one_of(rng, 0.0, rate(rng)),
        "version": one_of(rng, "2025", "2024", "2023"),
    }


# a warmup of seventeen digits is rounded to the finest unit that reaches far enough
TICKS = 1e-11

CASES = [
    Case(
        ours.AnnealingLR,
        draw,
        figures(annealing, "start_lr"),
        lambda own: 60,
        count=200,
        bound=TICKS,
    )
]
