"""Fixed schedules, as a user writes them: every constructor and operation, every shape, every policy, batches of each."""

import fastlr as flr

BACKENDS = ["native", "jit", "reference"]  # one that is missing is an error wherever it is asked for
BOUNDS = [("native", 2.0), ("jit", 2.0), ("reference", 8.0)]  # ulps of a curve

TEXTS = (
    "constant(0.1)",
    "linear(0.0, 6e-4, 2_000)",
    "linear([1.0, 0.5, 0.25], 0.1, [10, 0, 1_099_511_627_779])",
    "polynomial(1.0, 0.1, 100, power=1.5)",
    "polynomial(0.1, 1.0, 100)",
    "cosine(6e-4, 6e-5, 598_000)",
    "cosine(1.0, 0.0, 1_000, exponent=2.0, k=0.5)",
    "cosine(0.1, [[1.0], [2.0]], [7, 8, 9])",
    "exponential(1e-7, 1.0, 500)",
    "rex(1.0, 0.0, 300, beta=0.9)",
    "tanh(1.0, 0.0, 90, lower=-4.0)",
    "exponential_decay(0.1, rate=0.01)",
    "exponential_decay(0.1, gamma=0.5, every=10)",
    "exponential_decay(0.1, gamma=[0.5, 0.9], every=10, staircase=True)",
    "step_decay(0.045, 0.94, every=80)",
    "inverse_time(1.0, rate=0.5, every=3)",
    "inverse_power(1.0, power=0.75, shift=10)",
    "inverse_power(1.0, power=[1.0, 2.0, 1.0], shift=7)",
    "inverse_sqrt(0.01, warmup=100, init=1e-3)",
    "noam(512, 4_000, factor=2.0)",
    "piecewise_constant([0.1, 0.01, 0.001], [20, 40])",
    "piecewise_constant([[0.1, 0.01], [0.2, 0.02]], [[20], [40]])",
    "piecewise_constant([0.1], [])",
    "milestones(0.1, [0.1, 0.2], at=[30, 60])",
    "sampled([1.0, 0.5, 0.7], every=4)",
    "sampled([[1.0, 0.5], [0.1, 0.2]], every=[4, 5], interpolate=True)",
    "cyclic(0.1, 0.5, up=20)",
    "cyclic(0.1, 0.5, up=20, down=5, mode='triangular2')",
    "cyclic(0.1, 0.5, up=20, mode='exp_range', gamma=0.99)",
    "cyclic(0.1, 0.5, up=20, mode='cosine')",
    "cosine_restarts(1.0, 0.0, 50)",
    "cosine_restarts(1.0, 0.1, 50, stretch=1.5, scale=0.8)",
    "one_cycle(1.0, 100)",
    "one_cycle(1.0, 100, warmup=40, init=0.1, end=0.01, shape='linear', phases=3)",
    "warmup_constant(1e-3, 500)",
    "warmup_linear(1e-4, 100, 1_000)",
    "warmup_cosine([1e-4, 1e-3], 100, 1_000, end=1e-5)",
    "wsd(1.0, 10, 80, 10, shape='1-sqrt')",
    "wsd(1.0, 10, 80, 10, end=0.1, shape='exponential')",
    "wsd(1.0, 10, 80, 10, shape='polynomial', power=3.0)",
    "join([constant(1.0), linear(1.0, 0.0, 20), constant(0.5)], [3, 30])",
    "join([constant(1.0), linear(1.0, 0.0, 20)], [[3], [4]])",
    "stack([constant(1.0), linear(1.0, 0.0, 20), noam(512, 40)])",
    "stack([linear([1.0, 2.0], 0.0, 20), constant([0.5, 0.25]) * cosine(1.0, 0.0, 9)])",
    "linear(0.0, 1.0, 20).then(cosine(1.0, 0.1, 200))",
    "linear(0.0, 1.0, 20).then(constant([1.0, 0.5]))",
    "cosine(1.0, 0.1, 100) * linear(0.0, 1.0, 10)",
    "cosine(1.0, 0.1, 100) * 0.3",
    "cosine(1.0, 0.1, 100) * [0.3, 0.1, 0.7]",
    "cosine(1.0, 0.1, 100) + 0.05",
    "linear(0.0, 1.0, 30).minimum(cosine(1.0, 0.0, 50))",
    "linear(0.0, 1.0, 30).maximum(0.2)",
    "linear(0.0, 1.0, 30).clip(0.1, 0.9)",
    "linear(1.0, 0.0, 30).delay(7)",
    "cosine(1.0, 0.1, 1_000).paced([10, 30, 70], [5, 20])",
    "linear(1.0, [0.5, 0.25], 30).paced([[2, 3], [4, 5]], [[3], [4]]).with_past_end('raise')",
    "noam(512, 40).paced([3])",
    "cosine(1.0, 0.1, 100).skip(30)",
    "linear(1.0, 0.0, 30).repeat()",
    "linear(1.0, 0.5, 30).repeat(4, scale=1.1)",
    "linear(1.0, 0.5, 30).repeat(3, scale=0.5, stretch=2.0)",
    "linear(1.0, 0.5, 30).cooldown(at=20, steps=10, shape='sqrt')",
    "linear(1.0, 0.5, 30).with_past_end('raise')",
    "linear(1.0, 0.5, 30).with_past_end('repeat')",
    "linear(1.0, [0.5, 0.25], [30, 40]).with_past_end('zero')",
    "(linear(0.0, 1.0, 9).then(rex(1.0, 0.1, 70)).delay(3) + cosine(1.0, 0.0, 60)).clip(0.05, 1.5).repeat(3)",
)


def built(text: str) -> flr.Schedule:
    """The schedule that a user's text gives."""
    return eval(text, vars(flr).copy())


SCHEDULES = {text: built(text) for text in TEXTS}
