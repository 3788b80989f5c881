"""fairseq: figures worked out from its formulas; its plateau is torch's own scheduler."""

from fractions import Fraction
from math import cos, exp, floor, log, pi

from fastlr.presets import fairseq as ours

from . import Case, figures, one_of, rate, rates, real, whole
from .torch import run_plateau


def inverse_sqrt(t, lr, warmup_updates, warmup_init_lr):
    if t < warmup_updates:
        init = max(warmup_init_lr, 0.0)
        return init + t * (lr - init) / warmup_updates
    return lr * warmup_updates**0.5 / t**0.5 if warmup_updates else lr / max(t, 1) ** 0.5


def draw_inverse_sqrt(rng):
    return {
        "lr": rates(rng),
        "warmup_updates": whole(rng, 0, 20),
        "warmup_init_lr": one_of(rng, -1, 0.0, rate(rng)),
    }


def fixed(t, lr, force_anneal, lr_shrink, warmup_updates, steps_per_epoch):
    epoch = t // steps_per_epoch + 1
    level = lr[min(epoch - 1, len(lr) - 1)]
    if force_anneal is not None and epoch >= force_anneal:
        level = lr[-1] * lr_shrink ** (epoch + 1 - force_anneal)
    return level * (t + 1) / warmup_updates if t < warmup_updates else level


def draw_fixed(rng):
    return {
        "lr": tuple(rate(rng) for _ in range(whole(rng, 1, 5))),
        "force_anneal": one_of(rng, None, whole(rng, 0, 8)),
        "lr_shrink": real(rng, 0.0, 1.2),
        "warmup_updates": one_of(rng, 0, whole(rng, 1, 30)),
        "steps_per_epoch": whole(rng, 1, 9),
    }


def polynomial_decay(own, steps):
    """The rates, epoch after epoch: what an epoch begins with may be what the last one came to."""

    def rate_at(t, lr):
        warmup, total, end = (
            own["warmup_updates"],
            own["total_num_update"],
            own["end_learning_rate"],
        )
        if warmup > 0 and t <= warmup:
            return lr * t / warmup
        return (
            end
            if t >= total
            else (lr - end) * (1 - (t - warmup) / (total - warmup)) ** own["power"] + end
        )

    lrs, force, base, table = own["lr"], own["force_anneal"], own["lr"][0], []
    for t in range(steps):
        epoch, begun = divmod(t, own["steps_per_epoch"])
        if begun == 0:
            base = (
                lrs[min(epoch + 1, len(lrs) - 1)]
                if force is None or epoch + 1 < force
                else rate_at(t, base)
            )
        table.append(rate_at(t, base))
    return table


def draw_polynomial_decay(rng):
    return {
        "lr": tuple(rate(rng) for _ in range(whole(rng, 1, 4))),
        "total_num_update": whole(rng, 1, 50),
        "warmup_updates": one_of(rng, 0, whole(rng, 1, 55)),
        "force_anneal": one_of(rng, None, None, whole(rng, 0, 8)),
        "end_learning_rate": one_of(rng, 0.0, rate(rng)),
        "power": one_of(rng, 1.0, real(rng, 0.5, 3.0)),
        "steps_per_epoch": whole(rng, 1, 9),
    }


def rising(t, lr, warmup_updates, warmup_init_lr, min_lr):
    init = min_lr if warmup_init_lr < 0 else warmup_init_lr
    return init + t * (lr - init) / warmup_updates


def cosine(
    t, lr, warmup_updates, warmup_init_lr, min_lr, t_mult, lr_period_updates, lr_shrink, max_update
):
    if t < warmup_updates:
        return rising(t, lr, warmup_updates, warmup_init_lr, min_lr)
    period = (
        Fraction(repr(lr_period_updates))
        if lr_period_updates > 0
        else Fraction(max_update - warmup_updates)
    )
    i, gone = 0, Fraction(t - warmup_updates)
    while gone >= period:
        i, gone, period = i + 1, gone - period, period * Fraction(repr(t_mult))
    wave = (1 + cos(pi * float(gone / period))) / 2
    return (min_lr + (lr - min_lr) * wave) * lr_shrink**i


def draw_rising(rng):
    """A warmup, and a floor below the rate."""
    lr = rates(rng)
    lowest = min(lr) if isinstance(lr, list) else lr
    return {
        "lr": lr,
        "warmup_updates": one_of(rng, 0, whole(rng, 1, 20)),
        "warmup_init_lr": one_of(rng, -1, 0.0, rate(rng)),
        "min_lr": one_of(rng, 0.0, lowest * real(rng, 0.0, 0.9)),
    }


def draw_cosine(rng):
    own = draw_rising(rng)
    return {
        **own,
        "t_mult": one_of(rng, 1.0, 2, round(real(rng, 1.3, 2.0), 1)),
        "lr_period_updates": one_of(rng, -1, whole(rng, 1, 20), round(real(rng, 2.0, 20.0), 1)),
        "lr_shrink": one_of(rng, 1.0, real(rng, 0.0, 1.0)),
        "max_update": own["warmup_updates"] + whole(rng, 1, 30),
    }


def triangular(t, lr, max_lr, lr_period_updates, lr_shrink, shrink_min):
    half = lr_period_updates // 2
    cycle = floor(t / (2 * half))
    high, low = max_lr * lr_shrink**cycle, lr * (lr_shrink**cycle if shrink_min else 1)
    return low + (high - low) * max(0, 1 - abs(t / half - 2 * (cycle + 1) + 1))


def draw_triangular(rng):
    lr = rates(rng)
    return {
        "lr": lr,
        "max_lr": (max(lr) if isinstance(lr, list) else lr) * real(rng, 1.1, 20.0),
        "lr_period_updates": one_of(rng, whole(rng, 2, 30), real(rng, 2.0, 30.0)),
        "lr_shrink": one_of(rng, 1.0, real(rng, 0.0, 1.0)),
        "shrink_min": one_of(rng, True, False),
    }


def step(t, lr, warmup_updates, warmup_init_lr, min_lr, lr_deacy_period, lr_decay):
    if t < warmup_updates:
        return rising(t, lr, warmup_updates, warmup_init_lr, min_lr)
    return max(lr * lr_decay ** ((t - warmup_updates) // lr_deacy_period), min_lr)


def draw_step(rng):
    return {
        **draw_rising(rng),
        "lr_deacy_period": whole(rng, 1, 9),
        "lr_decay": real(rng, 0.0, 1.0),
    }


def tri_stage(t, lr, phase_ratio, init_lr_scale, final_lr_scale, max_update, **own):
    warmup, hold, decay = own["warmup_steps"], own["hold_steps"], own["decay_steps"]
    if phase_ratio is not None:
        warmup, hold, decay = (int(max_update * ratio) for ratio in phase_ratio)
    if t < warmup:
        return lr * init_lr_scale + (lr - lr * init_lr_scale) / warmup * t
    if t < warmup + hold:
        return lr
    gone = t - warmup - hold
    return lr * exp(log(final_lr_scale) * gone / decay) if gone < decay else lr * final_lr_scale


def draw_tri_stage(rng):
    a, b = whole(rng, 0, 8), whole(rng, 0, 2)
    return {
        "lr": rates(rng),
        "warmup_steps": whole(rng, 0, 15),
        "hold_steps": whole(rng, 0, 15),
        "decay_steps": whole(rng, 0, 25),
        "phase_ratio": one_of(rng, None, (a / 16, b / 16, 1 - (a + b) / 16)),
        "init_lr_scale": one_of(rng, 0.0, real(rng, 0.0, 1.0)),
        "final_lr_scale": real(rng, 0.001, 1.5),
        "max_update": whole(rng, 1, 50),
    }


def manual(t, lr, epoch2lr, update2lr, steps_per_epoch):
    epochs, updates = epoch2lr or {}, update2lr or {}
    level = epochs[1] if 1 in epochs else updates.get(1, lr)
    before = [key for key in epochs if key <= t // steps_per_epoch + 1]
    level = epochs[max(before)] if before else level
    before = [key for key in updates if key <= t]
    return updates[max(before)] if before else level


def draw_manual(rng):
    def keyed(most):
        return one_of(rng, None, {whole(rng, 0, most): rate(rng) for _ in range(whole(rng, 0, 4))})

    return {
        "lr": rates(rng),
        "epoch2lr": keyed(8),
        "update2lr": keyed(40),
        "steps_per_epoch": whole(rng, 1, 9),
    }


def plateau(settings, metrics):
    mode = "max" if settings["maximize_best_checkpoint_metric"] else "min"
    own = {
        "factor": settings["lr_shrink"],
        "threshold": settings["lr_threshold"],
        "patience": settings["lr_patience"],
    }
    return run_plateau({"mode": mode, **own}, metrics)


def draw_plateau(rng):
    return {
        "lr_shrink": real(rng, 0.1, 0.9),
        "lr_threshold": one_of(rng, 1e-4, 0.05),
        "lr_patience": whole(rng, 0, 3),
        "maximize_best_checkpoint_metric": one_of(rng, True, False),
    }


CASES = [
    Case(ours.fixed, draw_fixed, figures(fixed), lambda own: 60, count=200),
    Case(ours.inverse_sqrt, draw_inverse_sqrt, figures(inverse_sqrt), lambda own: 60, count=200),
    Case(ours.polynomial_decay, draw_polynomial_decay, polynomial_decay, lambda own: 60, count=200),
    Case(ours.cosine, draw_cosine, figures(cosine), lambda own: 60, count=100),
    Case(ours.triangular, draw_triangular, figures(triangular), lambda own: 60, count=200),
    Case(ours.step, draw_step, figures(step), lambda own: 60, count=200),
    Case(ours.tri_stage, draw_tri_stage, figures(tri_stage), lambda own: 60, count=200),
    Case(ours.reduce_lr_on_plateau, draw_plateau, plateau, lambda own: 60, "torch"),
    Case(ours.manual, draw_manual, figures(manual), lambda own: 60, count=200),
]
