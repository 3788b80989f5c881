"""optax: its own schedules in float64, evaluated at all steps at once."""

import numpy as np

from fastlr.presets import optax as ours

from . import Case, one_of, rate, rates, real, whole

STEPS = 48  # the same for all, so that JAX compiles an operation once
# take one step
ONE_BY_ONE = (
    "piecewise_interpolate_schedule",
    "linear_onecycle_schedule",
    "cosine_onecycle_schedule",
)
RATES = ("value", "init_value", "peak_value", "end_value")


def of_library(name):
    """The schedule of this name, for each group."""

    def run(settings, steps):
        import jax
        import optax

        jax.config.update("jax_enable_x64", True)
        groups = next(
            (len(settings[key]) for key in RATES if isinstance(settings.get(key), list)), 0
        )
        schedules = [getattr(optax, name)(**of_group(settings, i)) for i in range(groups or 1)]
        tables = [evaluated(schedule, steps, name in ONE_BY_ONE) for schedule in schedules]
        return np.array(tables) if groups else tables[0]

    return run


def of_group(settings, i):
    return {
        key: value[i] if key in RATES and isinstance(value, list) else value
        for key, value in settings.items()
    }


def evaluated(schedule, steps, one_by_one=False):
    import jax
    import jax.numpy as jnp

    table = (jax.vmap(schedule) if one_by_one else schedule)(jnp.arange(steps))
    return np.broadcast_to(np.asarray(table, dtype=np.float64), (steps,))


def draw(**parameters):
    """Settings by drawing each of these."""
    return lambda rng: {name: make(rng) for name, make in parameters.items()}


def integer(low, high):
    return lambda rng: whole(rng, low, high)


def number(low, high):
    return lambda rng: real(rng, low, high)


def some(*options):
    return lambda rng: one_of(rng, *options)


def scales(rng):
    """Boundaries in any order, and a factor for each."""
    # of as few lengths as do, each of which JAX compiles
    at = rng.permutation(30)[: one_of(rng, 1, 4)]
    return {int(step): one_of(rng, 0.0, real(rng, 0.1, 2.0), real(rng, 0.1, 2.0)) for step in at}


def exponential(rng):
    falls = bool(rng.random() < 0.7)
    return {
        "transition_steps": one_of(rng, -1, *range(12)),
        "decay_rate": one_of(
            rng,
            0.0,
            1.0,
            *[real(rng, 0.1, 1.0) if falls else real(rng, 1.0, 2.0) for _ in range(6)],
        ),
        "transition_begin": one_of(rng, -2, 0, whole(rng, 0, 10)),
        "staircase": bool(rng.random() < 0.5),
        "end_value": one_of(rng, None, rate(rng)),
    }


def warmup_cosine(rng, lr=rate):
    warmup = one_of(rng, 0, whole(rng, 1, 15))
    return {
        "init_value": rate(rng),
        "peak_value": one_of(rng, *[lr(rng) for _ in range(9)], 0.0),
        "warmup_steps": warmup,
        "decay_steps": warmup + whole(rng, 1, 20),
        "end_value": one_of(rng, 0.0, rate(rng)),
        "exponent": one_of(rng, 1.0, real(rng, 0.3, 4.0)),
    }


def one_cycle(rng):
    return {
        "transition_steps": whole(rng, 1, 45),
        "peak_value": one_of(rng, *[rate(rng) for _ in range(9)], rates(rng)),
        "pct_start": one_of(rng, 0.0, 1.0, *[round(real(rng, 0.0, 0.6), 2) for _ in range(8)]),
        "div_factor": real(rng, 1.0, 30.0),
        "final_div_factor": real(rng, 0.5, 1e4),
    }


# the shapes of a part, each an optax schedule and the preset of it
PARTS = {
    "constant_schedule": draw(value=rate),
    "linear_schedule": draw(init_value=rate, end_value=rate, transition_steps=integer(1, 12)),
    "cosine_decay_schedule": draw(
        init_value=rate, decay_steps=integer(1, 12), alpha=number(0.0, 1.0)
    ),
    "exponential_decay": draw(
        init_value=rate, transition_steps=integer(1, 12), decay_rate=number(0.1, 1.0)
    ),
}


class Parts(list):
    """Presets, and what they are in optax."""

    def __init__(self, named):
        super().__init__(getattr(ours, name)(**own) for name, own in named)
        self.named = named


def joined(rng):
    count = whole(rng, 1, 4)
    named = [(name := one_of(rng, *PARTS), PARTS[name](rng)) for _ in range(count)]
    return {
        "schedules": Parts(named),
        "boundaries": sorted(whole(rng, 0, 30) for _ in range(count - 1)),
    }


def run_joined(settings, steps):
    import jax
    import optax

    jax.config.update("jax_enable_x64", True)
    parts = [getattr(optax, name)(**own) for name, own in settings["schedules"].named]
    return evaluated(optax.join_schedules(parts, settings["boundaries"]), steps)


# -- plateau, which tests/plateau compares to the bit -----------------------------------------


def run_plateau(settings, metrics):
    import jax
    import jax.numpy as jnp
    import optax

    jax.config.update("jax_enable_x64", True)
    rule = optax.contrib.reduce_on_plateau(**settings)

    def update(state, value):
        _, state = rule.update(jnp.ones(()), state, value=value)
        return state, state.scale

    return jax.lax.scan(update, rule.init(jnp.zeros(())), jnp.asarray(metrics))[1]


LEVELS = {"init_value": rates, "end_value": some(0.0, 0.01, 0.3)}


def case(preset, settings, count=1_000, bound=1e-12):
    return Case(
        preset, settings, of_library(preset.__name__), lambda own: STEPS, "optax", count, bound
    )


CASES = [
    case(ours.constant_schedule, draw(value=rates)),
    case(
        ours.polynomial_schedule,
        draw(
            **LEVELS,
            power=number(0.2, 5.0),
            transition_steps=integer(-1, 20),
            transition_begin=integer(-2, 20),
        ),
    ),
    case(
        ours.linear_schedule,
        draw(**LEVELS, transition_steps=integer(-1, 20), transition_begin=integer(-2, 20)),
    ),
    case(
        ours.cosine_decay_schedule,
        draw(
            init_value=rates,
            decay_steps=integer(1, 40),
            alpha=some(0.0, 0.1, 1.5),
            exponent=some(1.0, 0.4, 2.5),
        ),
    ),
    case(ours.exponential_decay, lambda rng: {"init_value": rates(rng), **exponential(rng)}),
    case(ours.piecewise_constant_schedule, draw(init_value=rates, boundaries_and_scales=scales)),
    case(
        ours.piecewise_interpolate_schedule,
        draw(
            interpolate_type=some("linear", "cosine"), init_value=rate, boundaries_and_scales=scales
        ),
    ),
    # two settings of the last one in optax, which traces each again
    case(
        ours.linear_onecycle_schedule,
        lambda rng: {**one_cycle(rng), "pct_final": round(real(rng, 0.2, 1.0), 2)},
        500,
    ),
    case(ours.cosine_onecycle_schedule, one_cycle, 500),
    case(
        ours.warmup_constant_schedule,
        draw(init_value=rate, peak_value=rates, warmup_steps=integer(-1, 20)),
    ),
    case(ours.warmup_cosine_decay_schedule, lambda rng: warmup_cosine(rng, rates)),
    case(
        ours.warmup_exponential_decay_schedule,
        lambda rng: {
            "init_value": rate(rng),
            "peak_value": rates(rng),
            "warmup_steps": whole(rng, 0, 15),
            **exponential(rng),
        },
    ),
    case(
        ours.sgdr_schedule,
        lambda rng: {"cosine_kwargs": [warmup_cosine(rng) for _ in range(whole(rng, 1, 3))]},
    ),
    Case(ours.join_schedules, joined, run_joined, lambda own: STEPS, "optax"),
    Case(
        ours.reduce_on_plateau,
        draw(
            factor=number(0.1, 0.9),
            patience=integer(0, 3),
            rtol=some(1e-4, 0.05),
            atol=some(0.0, 0.01),
            cooldown=integer(0, 2),
            accumulation_size=integer(1, 3),
            min_scale=some(0.0, 0.01),
        ),
        run_plateau,
        lambda own: 60,
        "optax",
        count=20,  # each is compiled again, and the rule is compared elsewhere
    ),
]
