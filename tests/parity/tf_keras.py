"""tf_keras: figures from the formulas in its source, which agree with the running package to
float32.
"""

from math import ceil, cos, exp, floor, log, pi

from fastlr.presets import tf_keras as ours

from . import Case, figures, one_of, rate, real, whole


def exponential(t, learning_rate, decay_steps, decay_rate, staircase):
    p = t / decay_steps
    return learning_rate * decay_rate ** (floor(p) if staircase else p)


def natural(t, learning_rate, decay_steps, decay_rate, staircase):
    return exponential(t, learning_rate, decay_steps, exp(-decay_rate), staircase)


def inverse(t, learning_rate, decay_steps, decay_rate, staircase):
    p = t / decay_steps
    return learning_rate / (1 + decay_rate * (floor(p) if staircase else p))


def piecewise(t, boundaries, values):
    if t <= boundaries[0]:
        return values[0]
    if t > boundaries[-1]:
        return values[-1]
    inner = zip(boundaries[:-1], boundaries[1:], values[1:-1], strict=True)
    return next(value for low, high, value in inner if low < t <= high)


def polynomial(t, learning_rate, decay_steps, end_learning_rate, power, cycle):
    last = decay_steps * (ceil(t / decay_steps) or 1) if cycle else decay_steps
    p = min(t, last) / last
    return (learning_rate - end_learning_rate) * (1 - p) ** power + end_learning_rate


def cosine(t, learning_rate, decay_steps, alpha):
    decayed = 0.5 * (1 + cos(pi * min(t, decay_steps) / decay_steps))
    return learning_rate * ((1 - alpha) * decayed + alpha)


def restarts(t, learning_rate, first_decay_steps, t_mul, m_mul, alpha):
    x, i = t / first_decay_steps, 0
    if t_mul == 1:
        i, x = floor(x), x - floor(x)
    else:
        # which is a little short of a cycle that begins on a step
        i = floor(log(1 - x * (1 - t_mul)) / log(t_mul) + 1e-9)
        x = (x - (1 - t_mul**i) / (1 - t_mul)) / t_mul**i
    return learning_rate * ((1 - alpha) * 0.5 * m_mul**i * (1 + cos(pi * x)) + alpha)


def linear_cosine(t, learning_rate, decay_steps, num_periods, alpha, beta):
    t = min(t, decay_steps)
    line = (decay_steps - t) / decay_steps
    wave = 0.5 * (1 + cos(pi * 2 * num_periods * t / decay_steps))
    return learning_rate * ((alpha + line) * wave + beta)


def draw(**parameters):
    """Settings by drawing each of these."""
    return lambda rng: {
        "learning_rate": rate(rng),
        **{name: make(rng) for name, make in parameters.items()},
    }


def length(rng):
    """So many steps, at times a fraction."""
    return one_of(rng, whole(rng, 1, 30), whole(rng, 1, 60) / 4, round(real(rng, 0.5, 30.0), 3))


def number(low, high):
    return lambda rng: real(rng, low, high)


def some(*options):
    return lambda rng: one_of(rng, *options)


def steps_and_values(rng):
    at = sorted(whole(rng, 0, 40) for _ in range(whole(rng, 1, 5)))
    return {"boundaries": at, "values": [one_of(rng, 0.0, rate(rng)) for _ in range(len(at) + 1)]}


def polynomials(rng):
    lr, cycle = rate(rng), bool(rng.random() < 0.5)
    return {
        "learning_rate": lr,
        "decay_steps": length(rng),
        "end_learning_rate": one_of(
            rng, 0.0, lr * real(rng, 0.0, 1.0), *([] if cycle else [rate(rng)])
        ),
        "power": one_of(rng, 1.0, real(rng, 0.5, 4.0)),
        "cycle": cycle,
    }


def linear_cosines(rng):
    own = {
        "decay_steps": length(rng),
        "num_periods": one_of(rng, 0.0, 0.5, 2, round(real(rng, 0.1, 4.0), 2)),
    }
    return {
        "learning_rate": rate(rng),
        **own,
        "alpha": one_of(rng, 0.0, 0.3),
        "beta": one_of(rng, 0.0, 0.001, 0.2),
    }


def linear_cosine_class(t, initial_learning_rate, **own):
    return linear_cosine(t, initial_learning_rate, **own)


def linear_cosine_classes(rng):
    own = linear_cosines(rng)
    return {"initial_learning_rate": own.pop("learning_rate"), **own}


FALLING = {"decay_steps": length, "decay_rate": number(0.0, 1.5), "staircase": some(False, True)}


def case(preset, settings, formula):
    return Case(preset, settings, figures(formula), lambda own: 50, count=200)


CASES = [
    case(ours.exponential_decay, draw(**{**FALLING, "decay_rate": number(0.1, 1.5)}), exponential),
    case(ours.natural_exp_decay, draw(**FALLING), natural),
    case(ours.inverse_time_decay, draw(**FALLING), inverse),
    case(ours.piecewise_constant, steps_and_values, piecewise),
    case(ours.polynomial_decay, polynomials, polynomial),
    case(ours.cosine_decay, draw(decay_steps=length, alpha=some(0.0, 0.1, 1.5)), cosine),
    case(
        ours.cosine_decay_restarts,
        draw(
            first_decay_steps=length,
            t_mul=some(1.0, 2.0, 3.0, 1.5, 1.87),
            m_mul=some(1.0, 0.9),
            alpha=some(0.0, 0.1),
        ),
        restarts,
    ),
    case(ours.linear_cosine_decay, linear_cosines, linear_cosine),
    case(ours.LinearCosineDecay, linear_cosine_classes, linear_cosine_class),
    case(
        ours.Optimizer,
        draw(decay=number(0.0, 1.0)),
        lambda t, learning_rate, decay: learning_rate / (1 + decay * t),
    ),
]
