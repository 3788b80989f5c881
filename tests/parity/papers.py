"""Figures of the papers' formulas."""

from math import ceil, cos, floor, pi, sqrt, tanh

from fastlr.presets import papers as ours

from . import Case, figures, one_of, rate, rates, real, whole


def draw(**parts):
    return lambda rng: {"lr": rates(rng), **{name: make(rng) for name, make in parts.items()}}


def number(low, high):
    return lambda rng: whole(rng, low, high)


def some(low, high):
    return lambda rng: real(rng, low, high)


def wave(p):
    return (1 + cos(pi * p)) / 2


def share(t, total):
    return min(t / total, 1.0)


def knee(t, lr, warmup, explore, total):
    n = t + 1
    if n <= warmup:
        return lr * n / warmup
    if n <= warmup + explore:
        return lr
    return max(0.0, lr * (1 - (n - warmup - explore) / (total - warmup - explore)))


def trapezoid(
    t, lr, n_iterations, final_lr_factor, n_warmup, init_div_factor, fract_decay, decay_type
):
    fall, m = int(fract_decay * n_iterations), final_lr_factor
    if t < n_warmup:
        return lr * (t / n_warmup + (1 - t / n_warmup) / init_div_factor)
    if t < n_iterations - fall:
        return lr
    if t >= n_iterations:
        return lr * m
    p = (t - n_iterations + fall) / fall
    line, half = m + (1 - m) * (1 - p), m + (1 - m) * wave(p)
    weights = {
        "linear": line,
        "exp": m**p,
        "cosine": half,
        "mirror_cosine": 2 * line - half,
        "square": m + (1 - m) * (1 - p**2),
        "sqrt": m + (1 - m) * (1 - p**0.5),
    }
    return lr * weights[decay_type]


def cos_inf(t, lr, n_iterations, n_warmup, div_factor, final_div_factor, n_inf):
    low, end = 1 / div_factor / final_div_factor, n_iterations - n_inf
    if t < n_warmup:
        return lr * (t / n_warmup + (1 - t / n_warmup) / div_factor)
    return lr * (low + (1 - low) * wave((t - n_warmup) / (end - n_warmup)) if t < end else low)


def warmed(t, lr, warmup, rest):
    return lr * t / warmup if t < warmup else rest(t - warmup)


def minicpm(t, lr, warmup, stable, half_life):
    return warmed(t, lr, warmup, lambda c: lr * 0.5 ** (max(c - stable, 0) / half_life))


def wsd_s_draw(rng):
    decay, warmup, at, ends = whole(rng, 1, 5), whole(rng, 0, 5), 0, []
    for _ in range(whole(rng, 1, 4)):
        at += decay + warmup + whole(rng, 0, 6)
        ends.append(at)
    lr = rate(rng)
    return {
        "lr": lr,
        "end": lr * real(rng, 0.01, 1.0),
        "ends": ends,
        "decay": decay,
        "warmup": warmup,
    }


def wsd_s(t, lr, end, ends, decay, warmup):
    if t < warmup:
        return lr * t / warmup
    next_end = next((at for at in ends if t < at), None)
    if next_end is None:
        return end
    p = max(t - (next_end - decay), 0) / decay
    return 1 / (p / end + (1 - p) / lr)


def infinite(rng):
    warmup, cooldown, lr = whole(rng, 0, 8), whole(rng, 1, 15), rate(rng)
    low = lr * real(rng, 0.1, 1.0)
    late = {
        "end": low * real(rng, 0.01, 1.0),
        "anneal_at": warmup + cooldown + whole(rng, 0, 10),
        "anneal": whole(rng, 1, 10),
    }
    return {
        "lr": lr,
        "constant_lr": low,
        "warmup": warmup,
        "cooldown": cooldown,
        **one_of(rng, {}, late),
    }


def annealed(weight):
    """Figures of a cooldown, ``weight(p)`` of the way done, and the annealing."""

    def formula(t, lr, constant_lr, warmup, cooldown, end=None, anneal_at=None, anneal=0, **own):
        if anneal_at is not None and t >= anneal_at:
            return constant_lr * (end / constant_lr) ** share(t - anneal_at, anneal)
        return warmed(
            t, lr, warmup, lambda c: lr + (constant_lr - lr) * weight(share(c, cooldown), **own)
        )

    return figures(formula)


def inverse_sqrt(p, alpha):
    return ((1 + alpha * p) ** -0.5 - 1) / ((1 + alpha) ** -0.5 - 1)


def power(t, lr, batch_size, seq_length, a, b, warmup):
    def law(step):
        return min(lr, batch_size * a * (step * batch_size * seq_length) ** b) if step else lr

    return law(warmup) * t / warmup if t < warmup else law(t)


def hyperbolic(t, lr, total, lower, upper):
    return lr * (1 - tanh(lower + (upper - lower) * t / total)) / 2 if t < total else 0.0


def swa(t, alpha1, alpha2, cycle):
    s = (t % cycle + 1) / cycle
    return (1 - s) * alpha1 + s * alpha2


def slanted(t, lr, total, cut_frac, ratio):
    cut = floor(total * cut_frac)
    p = t / cut if t < cut else 1 - (t - cut) / (cut * (1 / cut_frac - 1))
    return max(lr * (1 + p * (ratio - 1)) / ratio, 0.0)


def power_decay(t, lr, decay, beta, warmup, stable):
    return warmed(
        t, lr, warmup, lambda c: lr * (1 - share(max(c - stable, 0), decay)) ** (2 * beta - 1)
    )


def deepseek(t, lr, total, warmup):
    if t < warmup:
        return lr * t / warmup
    return lr * (0.1 if 10 * t >= 9 * total else 0.316 if 10 * t >= 8 * total else 1.0)


def chebyshev(t, lr, steps, small_m, big_m):
    order = [0]
    while len(order) < steps:
        order = [k for i in order for k in (i, 2 * len(order) - 1 - i)]
    middle, radius = (big_m + small_m) / 2, (big_m - small_m) / 2
    return lr / (middle - radius * cos((order[t % steps] + 0.5) * pi / steps))


def hyperbola(x, n, u):
    return sqrt((n - x) / u * (2 - (n + x) / u))


def hyperbolic_lr(exponential):
    """The authors' code, which leaves the optimizer's own rate in place at first."""

    def rate_of(t, lr, upper_bound, max_iter, infimum_lr, warmup_epochs):
        if 0 < t <= warmup_epochs:
            return infimum_lr + (lr - infimum_lr) * t / warmup_epochs
        n, x = max_iter - warmup_epochs, max(t - warmup_epochs, 0)
        change = hyperbola(x, n, upper_bound) - hyperbola(0, n, upper_bound)
        if exponential:
            return lr * (lr / infimum_lr) ** change
        return lr + (lr - infimum_lr) * change

    return figures(rate_of)


def epochs(rng):
    max_iter, lr = whole(rng, 1, 40), rates(rng)
    least = min(lr) if isinstance(lr, list) else lr
    return {
        "lr": lr,
        "upper_bound": max_iter + whole(rng, 0, 100),
        "max_iter": max_iter,
        "infimum_lr": least * real(rng, 1e-4, 0.9),
        "warmup_epochs": one_of(rng, 0, whole(rng, 0, max_iter - 1)),
    }


CASES = [
    *(
        Case(preset, epochs, hyperbolic_lr(exponential), lambda own: own["max_iter"] + 1, count=200)
        for preset, exponential in [(ours.HyperbolicLR, False), (ours.ExpHyperbolicLR, True)]
    ),
    Case(
        ours.rex,
        draw(total=number(1, 40), beta=some(0.0, 0.95)),
        figures(
            lambda t, lr, total, beta: (
                lr * (1 - share(t, total)) / (1 - beta + beta * (1 - share(t, total)))
            )
        ),
        lambda own: 45,
        count=200,
    ),
    Case(
        ours.knee,
        draw(warmup=number(0, 10), explore=number(0, 10), total=number(21, 40)),
        figures(knee),
        lambda own: 45,
        count=200,
    ),
    Case(
        ours.trapezoid,
        draw(
            n_iterations=number(20, 40),
            n_warmup=number(0, 30),
            final_lr_factor=lambda rng: one_of(rng, 0.0, real(rng, 0.0, 1.0)),
            init_div_factor=some(1.0, 100.0),
            fract_decay=some(0.0, 1.0),
            decay_type=lambda rng: one_of(
                rng, "linear", "exp", "cosine", "mirror_cosine", "square", "sqrt"
            ),
        ),
        figures(trapezoid),
        lambda own: 45,
        count=300,
    ),
    Case(
        ours.cos_inf,
        draw(
            n_iterations=number(21, 40),
            n_warmup=number(0, 10),
            div_factor=some(1.0, 100.0),
            final_div_factor=some(1.0, 100.0),
            n_inf=number(0, 10),
        ),
        figures(cos_inf),
        lambda own: 45,
        count=200,
    ),
    Case(
        ours.minicpm_wsd,
        draw(warmup=number(0, 10), stable=number(0, 10), half_life=number(1, 10)),
        figures(minicpm),
        lambda own: 50,
        count=200,
    ),
    Case(ours.wsd_s, wsd_s_draw, figures(wsd_s), lambda own: own["ends"][-1] + 3, count=200),
    Case(
        ours.infinite_cosine, infinite, annealed(lambda p: 1 - wave(p)), lambda own: 50, count=200
    ),
    Case(
        ours.infinite_inverse_sqrt,
        lambda rng: {**infinite(rng), "alpha": real(rng, 1.0, 20.0)},
        annealed(inverse_sqrt),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.power_scheduler,
        draw(
            batch_size=number(1, 8),
            seq_length=number(1, 64),
            a=some(0.01, 5.0),
            b=lambda rng: -real(rng, 0.2, 1.0),
            warmup=number(0, 15),
        ),
        figures(power),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.htd,
        draw(total=number(1, 40), lower=some(-8.0, -2.0), upper=some(1.0, 4.0)),
        figures(hyperbolic),
        lambda own: 45,
        count=200,
    ),
    Case(
        ours.budgeted_linear,
        draw(budget=number(1, 40)),
        figures(lambda t, lr, budget: lr * (1 - share(t, budget))),
        lambda own: 45,
        count=200,
    ),
    Case(
        ours.d2z,
        draw(warmup=number(0, 20), total=number(21, 40)),
        figures(
            lambda t, lr, warmup, total: warmed(
                t, lr, warmup, lambda c: lr * (1 - share(c, total - warmup))
            )
        ),
        lambda own: 45,
        count=200,
    ),
    Case(
        ours.snapshot,
        draw(total=number(1, 50), cycles=number(1, 6)),
        figures(
            lambda t, lr, total, cycles: lr * wave(t % ceil(total / cycles) / ceil(total / cycles))
        ),
        lambda own: 60,
        count=200,
    ),
    Case(
        ours.swa_cycles,
        lambda rng: {"alpha1": rate(rng), "alpha2": rate(rng), "cycle": whole(rng, 1, 15)},
        figures(swa),
        lambda own: 50,
        count=200,
    ),
    Case(
        ours.slanted_triangular,
        draw(total=number(20, 50), cut_frac=some(0.05, 0.9), ratio=some(2.0, 40.0)),
        figures(slanted),
        lambda own: 60,
        count=200,
    ),
    Case(
        ours.power_decay,
        draw(decay=number(1, 20), beta=some(0.55, 3.0), warmup=number(0, 10), stable=number(0, 10)),
        figures(power_decay),
        lambda own: 45,
        count=200,
    ),
    Case(
        ours.deepseek_multi_step,
        draw(total=number(1, 50), warmup=number(0, 45)),
        figures(deepseek),
        lambda own: 55,
        count=200,
    ),
    Case(
        ours.chebyshev,
        draw(
            steps=lambda rng: 2 ** whole(rng, 0, 5), small_m=some(0.01, 0.5), big_m=some(0.5, 2.0)
        ),
        figures(chebyshev),
        lambda own: 70,
        count=200,
    ),
]
