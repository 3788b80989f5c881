"""Fixed schedules, as a user writes them.

They have every constructor, operation, shape and past-end policy, and batches of each.
"""

import fastlr as flr

# one that is missing is an error wherever it is used
BACKENDS = ["native", "jit", "reference"]
BOUNDS = [("native", 2.0), ("jit", 2.0), ("reference", 8.0)]  # ulps of a curve

TEXTS = (
    "constant(0.1)",
    "linear(0.0, 6e-4, 2_000)",
    "linear([1.0, 0.5, 0.25], 0.1, [10, 0, 1_099_511_627_779])",
    "polynomial(1.0, 0.1, 100, power=1.5)",
    "polynomial(0.1, 1.0, 100)",
    "polynomial([0.0, 1.0], [1e-3, 0.0], 100, power=[4.0, 0.5], origin='start')",
    "polynomial([0.1, 1.0, 0.5], [0.0, 0.0, 1e-3], 10_000, power=[5.0, 960.0, 40.0])",
    "cosine(6e-4, 6e-5, 598_000)",
    "cosine(1.0, 0.0, 1_000, exponent=2.0, k=0.5)",
    "cosine(0.1, [[1.0], [2.0]], [7, 8, 9])",
    "cosine([0.1, 0.1, 0.1, 0.0], [0.0, 0.0, 0.0, 0.1], 10_000, exponent=[1.0, 12.0, "
    "200.0, 0.3], k=[0.7, 1.0, 1.5, 30.0])",
    "exponential(1e-7, 1.0, 500)",
    "rex(1.0, 0.0, 300, beta=0.9)",
    "affine_exponential(1.0, 0.1, 300)",
    "affine_exponential(0.1, [1.0, 0.5, 0.1], 300, ratio=[1e-4, 1.0, 1e4])",
    "logarithmic([0.0, 1.0], 0.1, 300)",
    "tanh(1.0, 0.0, 90, lower=-4.0)",
    "exponential_decay(0.1, rate=0.01)",
    "exponential_decay(0.1, gamma=0.5, every=10)",
    "exponential_decay(0.1, gamma=[0.5, 0.9], every=10, staircase=True)",
    "step_decay(0.045, 0.94, every=80)",
    "inverse_time(1.0, rate=0.5, every=3)",
    "inverse_time(0.01, rate=1e-4, power=[0.75, 1.0])",
    "inverse_time(1.0, rate=1e-3, power=[300.0, 0.75])",
    "inverse_power(1.0, power=0.75, shift=10)",
    "inverse_power(1.0, power=[1.0, 2.0, 1.0], shift=7)",
    "eden(0.045, [7_500, 3.5])",
    "eden(0.1, 5_000, power=[0.25, 100.0])",
    "eden(0.1, 500) * eden(1.0, 3.5).staircase(every=100)",
    "inverse_sqrt(0.01, warmup=100, init=1e-3)",
    "noam(512, 4_000, factor=2.0)",
    "piecewise_constant([0.1, 0.01, 0.001], [20, 40])",
    "piecewise_constant([[0.1, 0.01], [0.2, 0.02]], [[20], [40]])",
    "piecewise_constant([0.1], [])",
    "piecewise_linear([0.0, 1.0, 0.25, 0.5], [3, 10, 1_000, 598_000])",
    "piecewise_linear([[0.1, 1.0], [0.2, 0.0]], [[0, 7], [5, 9_999]])",
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
    "cosine(1.0, 0.5, 100) - linear(0.0, 0.2, 60)",
    "1.0 - linear(0.0, [0.5, 0.25], 30).then(cosine(0.5, 0.1, 70))",
    "linear(0.0, 1.0, 30).minimum(cosine(1.0, 0.0, 50))",
    "linear(0.0, 1.0, 30).maximum(0.2)",
    "linear(0.0, 1.0, 30).clip(0.1, 0.9)",
    "linear(1.0, 0.0, 30).delay(7)",
    "cosine(1.0, 0.1, 1_000).paced([10, 30, 70], [5, 20])",
    "linear(1.0, [0.5, 0.25], 30).paced([[2, 3], [4, 5]], [[3], [4]]).with_past_end('raise')",
    "noam(512, 40).paced([3])",
    "cosine(1.0, 0.1, 100).skip(30)",
    "linear(1.0, 0.0, 9).then(cosine(0.5, 0.0, 90)).staircase(70)",
    "cosine(1.0, [0.1, 0.2], [90, 40]).skip(3).paced([2]).staircase([7, "
    "1]).skip(11).with_past_end('zero')",
    "(linear(1.0, 0.0, 9).repeat() * noam(512, 40)).staircase(every=5)",
    "linear(1.0, 0.0, 30).repeat()",
    "linear(1.0, 0.5, 30).repeat(4, scale=1.1)",
    "linear(1.0, 0.5, 30).repeat(3, scale=0.5, stretch=2.0)",
    "linear(1.0, 0.5, 30).cooldown(at=20, steps=10, shape='sqrt')",
    "constant(1.0).branches(at=[20, 40], steps=[5, 9], shape='1-sqrt')",
    "cosine(1.0, 0.5, 30).continue_from(20, rex(0.3, 0.0, 40))",
    "cosine(1.0, 0.5, 30).continue_from(20, linear(0.3, 0.1, 40), clock='same', match=True)",
    "wsd(1.0, 10, 40, 20, shape='cosine').extend(100)",
    "wsd(1.0, 10, 40, 20, shape='cosine').extend(100, at=60)",
    "warmup_cosine(1e-3, 10, 100).extend(150)",
    "warmup_cosine(1e-3, 10, 100, end=1e-5).extend(150, at=70)",
    "polynomial(1.0, 0.1, 100).extend(150, at=70)",
    "cyclic(0.1, 0.5, 20, 30, mode='triangular2', inverse=True)",
    "warmup_cosine(1e-3, 10, 100).stretch(1.5)",
    "join([constant(1.0), linear(1.0, 0.0, 21), constant(0.5)], [3, 30]).stretch([0.5, 2.5])",
    "linear(1.0, 0.5, 30).repeat(scale=0.5).stretch(2.0)",
    "linear(1.0, 0.5, 30).with_past_end('raise')",
    "linear(1.0, 0.5, 30).with_past_end('repeat')",
    "linear(1.0, [0.5, 0.25], [30, 40]).with_past_end('zero')",
    "(linear(0.0, 1.0, 9).then(rex(1.0, 0.1, 70)).delay(3) + cosine(1.0, 0.0, "
    "60)).clip(0.05, 1.5).repeat(3)",
)


def built(text: str) -> flr.Schedule:
    """The schedule that a user's text gives."""
    return eval(text, vars(flr).copy())


SCHEDULES = {text: built(text) for text in TEXTS}
