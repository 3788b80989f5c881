"""torchtitan: figures worked out from its formula, those below 0 held at 0."""

from math import cos, pi, sqrt

from fastlr.presets import torchtitan as ours

from . import Case, figures, one_of, rates, real, whole


def factor(t, training_steps, warmup_steps, total_steps, decay_ratio, decay_type, min_lr_factor):
    total = training_steps if total_steps is None else total_steps
    warmup = min(warmup_steps, total)
    decay = (
        total - warmup if decay_ratio is None else min(round(total * decay_ratio), total - warmup)
    )
    stable = total + 1 - warmup - decay
    if t < warmup:
        return (t + 1) / warmup
    if t < warmup + stable or decay == 0:
        return 1.0
    progress = (t + 1 - warmup - stable) / decay
    curves = {
        "linear": 1 - progress,
        "sqrt": 1 - sqrt(progress),
        "cosine": 0.5 * (1 + cos(pi * progress)),
    }
    return min_lr_factor + (1 - min_lr_factor) * curves[decay_type]


def draw(rng):
    total = whole(rng, 1, 40)
    return {
        "lr": rates(rng),
        "training_steps": total,
        "warmup_steps": one_of(rng, 0, whole(rng, 0, 30)),
        "total_steps": one_of(rng, None, whole(rng, 1, 40)),
        "decay_ratio": one_of(rng, None, real(rng, 0.0, 1.2)),
        "decay_type": one_of(rng, "linear", "sqrt", "cosine"),
        "min_lr_factor": one_of(rng, 0.0, 1.0, real(rng, 0.0, 1.0)),
    }


CASES = [
    Case(
        ours.LRSchedulersContainer,
        draw,
        figures(lambda t, lr, **own: lr * max(0.0, factor(t, **own))),
        lambda own: 60,
        count=200,
    )
]
