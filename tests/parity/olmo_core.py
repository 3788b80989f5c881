"""OLMo-core: figures of its formulas, of ``current = t + 1``."""

from functools import partial
from itertools import accumulate
from math import cos, pi

from fastlr.presets import olmo_core as ours

from . import Case, figures, one_of, rate, rates, real, whole

T = 40


def warmup(rng, least=0):
    return one_of(
        rng,
        {"warmup": whole(rng, least, 20)},
        {"warmup_fraction": real(rng, 0.03 if least else 0.0, 0.5)},
    )


def decay(rng):
    return one_of(rng, {"decay": whole(rng, 1, 20)}, {"decay_fraction": real(rng, 0.04, 0.5)}, {})


def draw(*parts, **own):
    """Settings of warmup, decay and what else there is."""

    def settings(rng):
        drawn = {"lr": rates(rng), "t_max": T, "warmup_min_lr": one_of(rng, 0.0, 1e-7)}
        drawn |= {key: make(rng) for key, make in own.items()}
        return {
            key: value
            for part in (drawn, *(part(rng) for part in parts))
            for key, value in part.items()
        }

    return settings


def length(steps, fraction, of):
    return round(of * (0.1 if fraction is None else fraction)) if steps is None else steps


def rising(c, lr, w, w0):
    return w0 + (lr - w0) * min(c, w) / w


def falling(left, lr, d, d0):
    return d0 + (lr - d0) * min(left, d) / d


def constant_with_warmup(t, lr, t_max, warmup=None, warmup_fraction=None, warmup_min_lr=0.0):
    w = length(warmup, warmup_fraction, t_max)
    return rising(t + 1, lr, w, warmup_min_lr) if t + 1 <= w else lr


def wsd(
    t,
    lr,
    t_max,
    warmup=None,
    warmup_fraction=None,
    decay=None,
    decay_fraction=None,
    warmup_min_lr=0.0,
    decay_min_lr=0.0,
):
    c, w, d = t + 1, length(warmup, warmup_fraction, t_max), length(decay, decay_fraction, t_max)
    if c <= w:
        return rising(c, lr, w, warmup_min_lr)
    return falling(max(t_max - c, 0), lr, d, decay_min_lr) if c >= t_max - d else lr


def power(t, lr, t_max, b=-0.51, decay=None, decay_fraction=None, decay_min_lr=0.0, **own):
    c, w, d = (
        t + 1,
        length(own.get("warmup"), own.get("warmup_fraction"), t_max),
        length(decay, decay_fraction, t_max),
    )
    if c <= w:
        return rising(c, lr, w, own["warmup_min_lr"])
    if c >= t_max - d:
        return falling(max(t_max - c, 0), lr * ((t_max - d) / w) ** b, d, decay_min_lr)
    return lr * (c / w) ** b


def linear(t, lr, t_max, alpha_f=0.1, warmup=None, warmup_fraction=None, warmup_min_lr=0.0):
    c, w = t + 1, length(warmup, warmup_fraction, t_max)
    if c < w:
        return rising(c, lr, w, warmup_min_lr)
    return lr * alpha_f if c >= t_max else lr - (lr - lr * alpha_f) * (c - w) / (t_max - w)


def inverse_sqrt(t, lr, t_max, alpha_f=0.1, warmup=None, warmup_fraction=None, warmup_min_lr=0.0):
    c, w = t + 1, length(warmup, warmup_fraction, t_max)
    return (
        rising(c, lr, w, warmup_min_lr)
        if c < w
        else lr * alpha_f + (lr - lr * alpha_f) * (w / c) ** 0.5
    )


def cosine(t, lr, t_max, alpha_f=0.1, warmup=None, warmup_fraction=None, warmup_min_lr=0.0):
    c, w, low = t + 1, length(warmup, warmup_fraction, t_max), lr * alpha_f
    if c < w:
        return rising(c, lr, w, warmup_min_lr)
    return low if c >= t_max else low + (lr - low) * (1 + cos(pi * (c - w) / (t_max - w))) / 2


def half_cosine(t, lr, t_max, alpha_f=0.1, warmup=None, warmup_fraction=None, warmup_min_lr=0.0):
    c, w, low = t + 1, length(warmup, warmup_fraction, t_max), lr * alpha_f
    if c < w:
        return rising(c, (lr + low) / 2, w, warmup_min_lr)
    return (
        low
        if c >= t_max
        else low + (lr - low) * (1 + cos(pi / 2 * (1 + (c - w) / (t_max - w)))) / 2
    )


def cosine_then_line(t, t_max, decay=None, decay_fraction=None, decay_min_lr=0.0, **own):
    d = length(decay, decay_fraction, t_max)
    begin = min(t + 1, t_max - d)
    level = cosine(begin - 1, t_max=t_max, **own)
    return falling(max(t_max - t - 1, 0), level, d, decay_min_lr) if t + 1 >= t_max - d else level


def some_stages(rng):
    def levels(which):
        return one_of(
            rng, {f"{which}_lr": rate(rng)}, {f"{which}_lr_fraction": real(rng, 0.0, 1.0)}
        )

    return [
        ours.ComposableSchedulerStage(
            whole(rng, 1, 12),
            one_of(rng, "linear", "cosine"),
            **levels("end"),
            **(levels("start") if rng.random() < 0.3 else {}),
        )
        for _ in range(whole(rng, 1, 4))
    ]


def some_override(rng, first=0):
    shape, end = (
        one_of(rng, "linear", "cosine"),
        one_of(rng, {"end_lr": rate(rng)}, {"end_lr_fraction": real(rng, 0.0, 1.0)}),
    )
    return (
        None
        if rng.random() < 0.5
        else ours.OverrideDecay(whole(rng, first, 30), whole(rng, 1, 12), shape, **end)
    )


def between(shape, start, end, at, steps):
    return (
        start + (end - start) * at / steps
        if shape == "linear"
        else end + (start - end) * (1 + cos(pi * at / steps)) / 2
    )


def given(lr, level, fraction):
    return lr * fraction if level is None else level


def composed(c, lr, stages):
    begin, level = 0, lr
    for stage in stages:
        starts = stage.start_lr is not None or stage.start_lr_fraction is not None
        start = given(lr, stage.start_lr, stage.start_lr_fraction) if starts else level
        level = given(lr, stage.end_lr, stage.end_lr_fraction)
        if c < begin + stage.duration:
            return between(stage.shape, start, level, c - begin, stage.duration)
        begin += stage.duration
    return level


def overridden(c, lr, plain, decay):
    if decay is None or c < decay.start:
        return plain(c)
    end, at = given(lr, decay.end_lr, decay.end_lr_fraction), c - decay.start
    return (
        between(decay.shape, plain(decay.start), end, at, decay.duration)
        if at < decay.duration
        else end
    )


def composable(t, lr, stages, override_decay):
    return overridden(t + 1, lr, lambda c: composed(c, lr, stages), override_decay)


CHILDREN = {
    "ConstantWithWarmup": (constant_with_warmup, lambda rng: {"warmup": whole(rng, 0, 6)}),
    "LinearWithWarmup": (linear, lambda rng: {"warmup_fraction": real(rng, 0.0, 0.5)}),
    "CosWithWarmup": (
        cosine,
        lambda rng: {"warmup": whole(rng, 0, 6), "alpha_f": real(rng, 0.1, 0.9)},
    ),
}


def sequential_draw(rng):
    lengths = [whole(rng, 1, 10) for _ in range(whole(rng, 0, 3))]
    named = [
        (name := one_of(rng, *CHILDREN), CHILDREN[name][1](rng)) for _ in range(len(lengths) + 1)
    ]
    children = [partial(getattr(ours, name), **own) for name, own in named]
    return {
        "lr": rates(rng),
        "t_max": T,
        "schedulers": children,
        "schedulers_max": lengths,
        "override_decay": some_override(rng, 1),
    }


def sequential_at(c, lr, t_max, schedulers, schedulers_max):
    formula, own = CHILDREN[schedulers[0].func.__name__][0], schedulers[0].keywords
    if not schedulers_max or c <= schedulers_max[0]:
        return formula(
            c - 1, lr, min(t_max, *schedulers_max[:1]) if schedulers_max else t_max, **own
        )
    most, rest = schedulers_max[0], schedulers_max[1:]
    return sequential_at(
        c - most, formula(most - 1, lr, most, **own), t_max - most, schedulers[1:], rest
    )


def sequential(t, lr, t_max, schedulers, schedulers_max, override_decay):
    return overridden(
        t + 1, lr, lambda c: sequential_at(c, lr, t_max, schedulers, schedulers_max), override_decay
    )


def periods(rng):
    lengths = [whole(rng, 12, 20), *(whole(rng, 3, 12) for _ in range(whole(rng, 0, 3)))]
    rise = one_of(rng, {"warmup": whole(rng, 0, 8)}, {"warmup_fraction": real(rng, 0.0, 0.5)})
    return {
        "lr": rates(rng),
        "period_lengths": lengths,
        "period_lr_multipliers": one_of(rng, None, [real(rng, 0.1, 2.0) for _ in lengths]),
        **rise,
        **one_of(rng, {"decay": whole(rng, 1, 3)}, {"decay_fraction": real(rng, 0.2, 0.4)}),
        "decay_min_lr": one_of(rng, 0.0, 1e-7),
    }


def wsds(t, lr, period_lengths, period_lr_multipliers, decay_min_lr, **own):
    c, w = t + 1, length(own.get("warmup"), own.get("warmup_fraction"), period_lengths[0])
    i = next((i for i, end in enumerate(accumulate(period_lengths)) if c <= end), None)
    if i is None:
        return decay_min_lr
    peak = lr * (period_lr_multipliers[i] if period_lr_multipliers else 1.0)
    if c < w:
        return rising(c, peak, w, 0.0)
    left, d = (
        sum(period_lengths[: i + 1]) - c,
        length(own.get("decay"), own.get("decay_fraction"), period_lengths[i]),
    )
    return peak if left > d else falling(left, peak, d, decay_min_lr)


def to_the_end(own):
    return T + 3


CASES = [
    Case(
        ours.ConstantScheduler,
        lambda rng: {"lr": rates(rng)},
        figures(lambda t, lr: lr),
        lambda own: 5,
        count=200,
    ),
    Case(
        ours.ConstantWithWarmup, draw(warmup), figures(constant_with_warmup), to_the_end, count=200
    ),
    Case(
        ours.WSD,
        draw(warmup, decay, decay_min_lr=lambda rng: one_of(rng, 0.0, 1e-7)),
        figures(wsd),
        to_the_end,
        count=200,
    ),
    Case(
        ours.PowerLR,
        draw(lambda rng: warmup(rng, 1), decay, b=lambda rng: -real(rng, 0.2, 1.5)),
        figures(power),
        to_the_end,
        count=200,
    ),
    Case(
        ours.LinearWithWarmup,
        draw(warmup, alpha_f=lambda rng: real(rng, 0, 1)),
        figures(linear),
        to_the_end,
        count=200,
    ),
    Case(
        ours.InvSqrtWithWarmup,
        draw(warmup, alpha_f=lambda rng: real(rng, 0, 1)),
        figures(inverse_sqrt),
        to_the_end,
        count=200,
    ),
    Case(
        ours.CosWithWarmup,
        draw(warmup, alpha_f=lambda rng: real(rng, 0, 1)),
        figures(cosine),
        to_the_end,
        count=200,
    ),
    Case(ours.HalfCosWithWarmup, draw(warmup), figures(half_cosine), to_the_end, count=200),
    Case(
        ours.CosWithWarmupAndLinearDecay,
        draw(warmup, decay),
        figures(cosine_then_line),
        to_the_end,
        count=200,
    ),
    Case(
        ours.ComposableScheduler,
        lambda rng: {
            "lr": rates(rng),
            "stages": some_stages(rng),
            "override_decay": some_override(rng),
        },
        figures(composable),
        lambda own: 50,
        count=200,
    ),
    Case(ours.SequentialScheduler, sequential_draw, figures(sequential), lambda own: T, count=200),
    Case(ours.WSDS, periods, figures(wsds), lambda own: sum(own["period_lengths"]) + 3, count=200),
    Case(
        ours.ExponentialScheduler,
        lambda rng: {
            "lr": rates(rng),
            "t_max": whole(rng, 1, T),
            "lr_min": 1e-9 * real(rng, 0.1, 10.0),
        },
        figures(
            lambda t, lr, t_max, lr_min: (
                lr if t + 1 >= t_max else lr_min * (lr / lr_min) ** ((t + 1) / t_max)
            )
        ),
        to_the_end,
        count=200,
    ),
]
