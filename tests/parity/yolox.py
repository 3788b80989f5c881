"""YOLOX: figures of its functions."""

from math import cos, pi

from fastlr.presets import yolox as ours

from . import Case, figures, rate, rates, real, whole


def draw(**parts):
    return lambda rng: {"lr": rates(rng), **{name: make(rng) for name, make in parts.items()}}


def number(low, high):
    return lambda rng: whole(rng, low, high)


def wave(share):
    return (1 + cos(pi * share)) / 2


def warm(t, lr, total_iters, warmup_total_iters, warmup_lr_start):
    if t < warmup_total_iters:
        return warmup_lr_start + (lr - warmup_lr_start) * t / warmup_total_iters
    return lr * wave((t - warmup_total_iters) / (total_iters - warmup_total_iters))


def yolox(t, lr, total_iters, warmup_total_iters, no_aug_iter, min_lr_ratio, warmup_lr_start):
    w, low = warmup_total_iters, lr * min_lr_ratio
    if t <= w:
        return warmup_lr_start + (lr - warmup_lr_start) * (t / w) ** 2 if w else lr
    if t >= total_iters - no_aug_iter:
        return low
    return low + (lr - low) * wave((t - w) / (total_iters - w - no_aug_iter))


def epochs(rng):
    each, semi = whole(rng, 1, 4), whole(rng, 1, 4)
    warmup, normal, last, rest = (
        whole(rng, 0, 2),
        whole(rng, 2, 4),
        whole(rng, 0, 2),
        whole(rng, 0, 4),
    )
    return {
        "lr": rates(rng),
        "total_iters": each * (normal + rest + last),
        "normal_iters": each * normal,
        "no_aug_iters": each * last,
        "warmup_total_iters": each * warmup if rest or warmup < normal else 0,
        "semi_iters": semi * rest,
        "iters_per_epoch": each,
        "iters_per_epoch_semi": semi,
        "min_lr_ratio": real(rng, 0.0, 1.0),
        "warmup_lr_start": rate(rng),
    }


def semi(
    t,
    lr,
    total_iters,
    normal_iters,
    warmup_total_iters,
    semi_iters,
    min_lr_ratio,
    warmup_lr_start,
    **own,
):
    w, low, half = (
        warmup_total_iters,
        lr * min_lr_ratio,
        total_iters - warmup_total_iters - own["no_aug_iters"],
    )
    if t <= w:
        return warmup_lr_start + (lr - warmup_lr_start) * (t / w) ** 2 if w else lr
    if t >= normal_iters + semi_iters:
        return low
    past = max(t - normal_iters, 0) * own["iters_per_epoch"] / own["iters_per_epoch_semi"]
    return low + (lr - low) * wave((min(t, normal_iters) - w + past) / half)


CASES = [
    Case(
        ours.cos_lr,
        draw(total_iters=number(1, 30)),
        figures(lambda t, lr, total_iters: lr * wave(t / total_iters)),
        lambda own: 70,
        count=200,
    ),
    Case(
        ours.warm_cos_lr,
        draw(total_iters=number(16, 30), warmup_total_iters=number(0, 15), warmup_lr_start=rate),
        figures(warm),
        lambda own: 70,
        count=200,
    ),
    Case(
        ours.yolox_warm_cos_lr,
        draw(
            total_iters=number(10, 40),
            warmup_total_iters=number(0, 20),
            no_aug_iter=number(0, 15),
            min_lr_ratio=lambda rng: real(rng, 0.0, 1.0),
            warmup_lr_start=rate,
        ),
        figures(yolox),
        lambda own: 45,
        count=200,
    ),
    Case(ours.yolox_semi_warm_cos_lr, epochs, figures(semi), lambda own: 50, count=200),
    Case(
        ours.multistep_lr,
        draw(
            milestones=lambda rng: [whole(rng, 0, 20) for _ in range(whole(rng, 0, 4))],
            gamma=lambda rng: real(rng, 0.05, 1.2),
        ),
        figures(lambda t, lr, milestones, gamma: lr * gamma ** sum(m <= t for m in milestones)),
        lambda own: 25,
        count=200,
    ),
]
