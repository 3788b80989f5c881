"""River: figures from its formulas."""

from fastlr.presets import river as ours

from . import Case, figures, one_of, rates, real

CASES = [
    Case(
        ours.Constant,
        lambda rng: {"learning_rate": rates(rng)},
        figures(lambda t, learning_rate: learning_rate, "learning_rate"),
        lambda own: 5,
        count=200,
    ),
    Case(
        ours.InverseScaling,
        lambda rng: {"learning_rate": rates(rng), "power": one_of(rng, 0.0, real(rng, 0.1, 2.0))},
        figures(lambda t, learning_rate, power: learning_rate / (t + 1) ** power, "learning_rate"),
        lambda own: 40,
        count=200,
    ),
    Case(
        ours.Optimal,
        lambda rng: {"alpha": 10 ** real(rng, -6.0, 1.0)},
        figures(lambda t, alpha: 1 / (alpha * (1 / (alpha**-0.25 * alpha) + t))),
        lambda own: 40,
        count=200,
    ),
]
