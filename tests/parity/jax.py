"""JAX's example library: its own schedules in float64, evaluated at all steps at once."""

import numpy as np

from fastlr.presets import jax as ours

from . import Case, one_of, rate, real, whole

STEPS = 48  # the same for all, so that JAX compiles an operation once


def of_library(name):
    """The schedule of this name, for each group."""

    def run(settings, steps):
        import jax
        import jax.numpy as jnp
        from jax.example_libraries import optimizers

        jax.config.update("jax_enable_x64", True)
        make, count, own = getattr(optimizers, name), jnp.arange(steps), dict(settings)
        if name == "piecewise_constant":
            return jax.vmap(make(**own))(count)
        size = own.pop("step_size")
        tables = [
            np.broadcast_to(make(one, **own)(count), (steps,))
            for one in (size if isinstance(size, list) else [size])
        ]
        return np.array(tables) if isinstance(size, list) else tables[0]

    return run


def rates(rng):
    return [rate(rng) for _ in range(3)] if rng.random() < 0.25 else rate(rng)


def draw(**parameters):
    """Settings by drawing each of these."""
    return lambda rng: {
        "step_size": rates(rng),
        **{name: make(rng) for name, make in parameters.items()},
    }


def length(rng):
    """So many steps, at times a fraction."""
    return one_of(rng, whole(rng, 1, 30), whole(rng, 1, 60) / 4, round(real(rng, 0.5, 30.0), 3))


def number(low, high):
    return lambda rng: real(rng, low, high)


def piecewise(rng):
    at = [whole(rng, 0, 40) for _ in range(3)]  # in any order: they are counted
    return {
        "boundaries": at,
        "values": [one_of(rng, 0.0, rate(rng), rate(rng)) for _ in range(len(at) + 1)],
    }


def case(preset, settings):
    return Case(preset, settings, of_library(preset.__name__), lambda own: STEPS, "jax")


CASES = [
    case(ours.constant, draw()),
    case(
        ours.exponential_decay,
        draw(
            decay_steps=length,
            decay_rate=lambda rng: one_of(rng, 0.0, *[real(rng, 0.1, 1.5) for _ in range(9)]),
        ),
    ),
    case(
        ours.inverse_time_decay,
        draw(
            decay_steps=length,
            decay_rate=number(0.0, 2.0),
            staircase=lambda rng: bool(rng.random() < 0.5),
        ),
    ),
    case(
        ours.polynomial_decay,
        lambda rng: {
            "step_size": rates(rng),
            # below 1 a power makes much of the rounding of t/decay_steps, where that is not 1 to
            # the bit at the end
            **one_of(
                rng,
                {"decay_steps": length(rng), "power": real(rng, 1.0, 5.0)},
                {"decay_steps": 16, "power": 0.3},
            ),
            "final_step_size": one_of(rng, 0.0, rate(rng)),
        },
    ),
    case(ours.piecewise_constant, piecewise),
]
