"""Law 6: whatever is wrong is refused when it is built or asked, by name, rule and value, and nothing is half done."""

import inspect
import math
import typing
from collections.abc import Iterator

import numpy as np
import pytest
from cases import BACKENDS

import fastlr as flr
from fastlr.parameters import Number, Whether
from fastlr.value import CONSTRUCTORS

LINE = flr.linear(1.0, 0.0, 10)
NAMES = {
    **{name: getattr(flr, name) for name in flr.__all__},
    "flr": flr,
    "np": np,
    "nan": math.nan,
    "inf": math.inf,
    "flat": flr.constant(1.0),
    "line": LINE,
    "pair": flr.linear([1.0, 2.0], 0.0, 10),
    "triple": flr.constant([1.0, 2.0, 3.0]),
    "strict": LINE.with_past_end("raise"),
    "groups": flr.stack({"body": LINE, "head": flr.constant(0.3)}),
}


def run(text: str) -> object:
    """A row of the tables below, as a user writes it."""
    return eval(text, dict(NAMES))


BACKEND = "must be one of 'native', 'jit', 'reference'"
RATE = "must be a finite number >= 0, at most 1e290, got"

NUMBERS = [
    ("constant(nan)", ValueError, f"constant: value {RATE} nan"),
    ("constant(inf)", ValueError, f"constant: value {RATE} inf"),
    ("constant(-inf)", ValueError, f"constant: value {RATE} -inf"),
    ("constant(-1)", ValueError, f"constant: value {RATE} -1"),
    ("constant(-5e-324)", ValueError, f"constant: value {RATE} -5e-324"),
    ("constant(1j)", TypeError, f"constant: value {RATE} complex 1j"),
    ("constant('0.1')", TypeError, f"constant: value {RATE} str '0.1'"),
    ("constant(b'0.1')", TypeError, f"constant: value {RATE} bytes b'0.1'"),
    ("constant(None)", TypeError, "constant: value must be given, got None"),
    ("constant(True)", TypeError, f"constant: value {RATE} bool True"),
    ("constant(np.bool_(True))", TypeError, f"constant: value {RATE} bool True"),
    ("constant(object)", TypeError, f"constant: value {RATE} type <class 'object'>"),
    ("constant({1.0})", TypeError, f"constant: value {RATE} set {{1.0}}"),
    ("constant({'a': 1.0})", TypeError, f"constant: value {RATE} dict {{'a': 1.0}}"),
    ("constant(flat)", TypeError, f"constant: value {RATE} Schedule constant(value=1.0)"),
    ("constant(np.datetime64('2020'))", TypeError, f"constant: value {RATE} datetime64"),
    ("constant(np.array('0.1'))", TypeError, f"constant: value {RATE} an array of dtype <U3"),
    ("constant(np.array([1j]))", TypeError, f"constant: value {RATE} an array of dtype complex128"),
    ("constant([0.1, None])", TypeError, f"constant: value {RATE} list [0.1, None]"),
    ("constant([0.1, True])", TypeError, f"constant: value {RATE} list [0.1, True]"),
    ("constant([[1], [False]])", TypeError, f"constant: value {RATE} list [[1], [False]]"),
    ("constant([0.1, nan])", ValueError, f"constant: value {RATE} nan in an array"),
    ("constant([])", ValueError, "constant: value must be a finite number >= 0, at most 1e290, at least one, got []"),
    ("constant([[1.0], [1.0, 2.0]])", ValueError, "got rows of unequal length: [[1.0], [1.0, 2.0]]"),
    ("constant(2**70)", ValueError, f"constant: value {RATE} an integer beyond 64 bits: 11805916207"),
    ("constant(10**5000)", ValueError, "got an integer beyond 64 bits: one too large to show"),
    ("constant(np.longdouble('1e4000'))", ValueError, f"value {RATE} np.longdouble('1e+4000')"),
    ("constant(np.float32('inf'))", ValueError, f"constant: value {RATE} inf"),
    ("constant(np.ones((1,) * 32))", ValueError, "constant: batch shapes must have at most 31 axes, got {'value': 32}"),
    ("constant('x' * 10**6)", TypeError, f"constant: value {RATE} str 'xxx"),
    ("constant()", TypeError, "constant: missing argument 'value'"),
    ("constant(1.0, 2.0)", TypeError, "constant: too many arguments: takes at most 1 by position (value), got 2"),
    ("constant(1.0, rate=2.0)", TypeError, "constant: unknown argument 'rate'"),
    ("linear(1.0, 0.0, -1)", ValueError, "linear: steps must be an integer from 0 to 2**53, got -1"),
    ("linear(1.0, 0.0, 2.5)", TypeError, "linear: steps must be an integer from 0 to 2**53, got float 2.5"),
    ("linear(1.0, 0.0, 10.0)", TypeError, "linear: steps must be an integer from 0 to 2**53, got float 10.0"),
    ("linear(1.0, 0.0, nan)", TypeError, "linear: steps must be an integer from 0 to 2**53, got float nan"),
    ("linear(1.0, 0.0, inf)", TypeError, "linear: steps must be an integer from 0 to 2**53, got float inf"),
    ("linear(1.0, 0.0, '10')", TypeError, "linear: steps must be an integer from 0 to 2**53, got str '10'"),
    ("linear(1.0, 0.0, True)", TypeError, "linear: steps must be an integer from 0 to 2**53, got bool True"),
    ("linear(1.0, 0.0, None)", TypeError, "linear: steps must be given, got None"),
    ("linear(1.0, 0.0, [10, -1])", ValueError, "linear: steps must be an integer from 0 to 2**53, got -1 in an array"),
    ("linear(1.0, 0.0, [10, True])", TypeError, "linear: steps must be an integer from 0 to 2**53, got list [10, True]"),
    ("linear(1.0, 0.0, 2**53 + 1)", ValueError, "linear: steps must be an integer from 0 to 2**53, got 9007199254740993"),
    ("linear(1.0, 0.0, np.uint64(2**63))", ValueError, "steps must be an integer from 0 to 2**53, got 9223372036854775808"),
    ("linear(1.0, 0.0, [10, 2**70])", ValueError, "got an integer beyond 64 bits: [10, 1180591620717411303424]"),
    ("linear(1.0, 0.0, np.timedelta64(3, 's'))", TypeError, "linear: steps must be an integer from 0 to 2**53, got timedelta64"),
    ("constant(np.ma.array([1.0, 2.0], mask=[0, 1]))", TypeError, "finite number >= 0, at most 1e290, got a masked array"),
    ("linear(1.0, 0.0)", TypeError, "linear: missing argument 'steps'"),
    ("linear(1.0, 0.0, 10, steps=3)", TypeError, "linear: argument 'steps' was given by position and by name"),
    ("linear([1, 2], [1, 2, 3], 10)", ValueError, "batch shapes must broadcast against each other, got init (2,), end (3,)"),
    ("linear([1, 2], 0.0, [1, 2, 3])", ValueError, "batch shapes must broadcast against each other, got init (2,), steps (3,)"),
]  # fmt: skip

SHAPES = [
    ("polynomial(1.0, 0.0, 10, power=0)", ValueError, "polynomial: power must be a number from 1e-3 to 1e3, got 0"),
    ("polynomial(1.0, 0.0, 10, power=1e4)", ValueError, "polynomial: power must be a number from 1e-3 to 1e3, got 10000.0"),
    ("polynomial(1.0, 0.0, 10, power=-2)", ValueError, "polynomial: power must be a number from 1e-3 to 1e3, got -2"),
    ("cosine(1.0, 0.0, 10, exponent=0)", ValueError, "cosine: exponent must be a number from 1e-3 to 1e3, got 0"),
    ("cosine(1.0, 0.0, 10, k=inf)", ValueError, "cosine: k must be a number from 1e-3 to 1e3, got inf"),
    ("exponential(0.0, 1.0, 10)", ValueError, "exponential: init must be a number from 1e-290 to 1e290, got 0.0"),
    ("exponential(1.0, -1.0, 10)", ValueError, "exponential: end must be a number from 1e-290 to 1e290, got -1.0"),
    ("affine_exponential(1.0, 0.0, 10, ratio=0)", ValueError, "ratio must be a number from 1e-18 to 1e18, got 0"),
    ("affine_exponential(1.0, 0.0, 10, ratio=1e19)", ValueError, "ratio must be a number from 1e-18 to 1e18, got 1e+19"),
    ("logarithmic(1.0, 0.0, -1)", ValueError, "logarithmic: steps must be an integer from 0 to 2**53, got -1"),
    ("rex(1.0, 0.0, 10, beta=1)", ValueError, "rex: beta must be a number from 0 up to, not including, 1, got 1"),
    ("rex(1.0, 0.0, 10, beta=np.float32(1))", ValueError, "rex: beta must be a number from 0 up to, not including, 1, got 1.0"),
    ("rex(1.0, 0.0, 10, beta=-0.1)", ValueError, "rex: beta must be a number from 0 up to, not including, 1, got -0.1"),
    ("tanh(1.0, 0.0, 10, lower=3, upper=3)", ValueError, "both from -300 to 300, got lower=3.0, upper=3.0"),
    ("tanh(1.0, 0.0, 10, lower=[1, 5], upper=4)", ValueError, "got lower=[1.0, 5.0], upper=4.0"),
    ("tanh(1.0, 0.0, 10, upper=301)", ValueError, "both from -300 to 300, got lower=-6.0, upper=301.0"),
    ("exponential_decay(0.1)", ValueError, "exponential_decay: give one of rate and gamma, got rate=None, gamma=None"),
    ("exponential_decay(0.1, rate=1, gamma=0.5)", ValueError, "give one of rate and gamma, got rate=1.0, gamma=0.5"),
    ("exponential_decay(0.1, rate=-1)", ValueError, f"exponential_decay: rate {RATE} -1"),
    ("exponential_decay(0.1, gamma=0)", ValueError, "exponential_decay: gamma must be a factor above 0, at most 1, got 0"),
    ("exponential_decay(0.1, gamma=np.float32(0))", ValueError, "gamma must be a factor above 0, at most 1, got 0.0"),
    ("exponential_decay(0.1, gamma=1.5)", ValueError, "exponential_decay: gamma must be a factor above 0, at most 1, got 1.5"),
    ("exponential_decay(0.1, gamma=0.5, every=0)", ValueError, "every must be an integer from 1 to 2**53, got 0"),
    ("exponential_decay(0.1, rate=1, every=3)", ValueError, "every and staircase must go with gamma, got rate=1.0, every=3"),
    ("exponential_decay(0.1, rate=1, staircase=True)", ValueError, "every and staircase must go with gamma, got rate=1.0"),
    ("exponential_decay(0.1, gamma=0.5, staircase=1)", TypeError, "staircase must be True or False, got int 1"),
    ("step_decay(0.1, 1.5, 10)", ValueError, "step_decay: factor must be a factor from 0 to 1, got 1.5"),
    ("step_decay(0.1, -0.5, 10)", ValueError, "step_decay: factor must be a factor from 0 to 1, got -0.5"),
    ("step_decay(0.1, 0.5, 0)", ValueError, "step_decay: every must be an integer from 1 to 2**53, got 0"),
    ("inverse_time(0.1, rate=-1)", ValueError, f"inverse_time: rate {RATE} -1"),
    ("inverse_time(0.1, 1.0, power=2e3)", ValueError, "inverse_time: power must be a number from 1e-3 to 1e3, got 2000.0"),
    ("inverse_power(0.1, power=0)", ValueError, "inverse_power: power must be a number from 1e-3 to 1e3, got 0"),
    ("inverse_power(0.1, power=1, shift=0)", ValueError, "inverse_power: shift must be an integer from 1 to 2**53, got 0"),
    ("inverse_sqrt(0.1, warmup=0)", ValueError, "inverse_sqrt: warmup must be an integer from 1 to 2**53, got 0"),
    ("eden(0.1, width=0)", ValueError, "eden: width must be a number from 1e-18 to 1e18, got 0"),
    ("eden(0.1, 10, power=0)", ValueError, "eden: power must be a number from 1e-3 to 1e3, got 0"),
    ("noam(width=0, warmup=10)", ValueError, "noam: width must be an integer from 1 to 2**53, got 0"),
    ("piecewise_constant([1, 2], [])", ValueError, "values must be one more than boundaries, got 2 values and 0 boundaries"),
    ("piecewise_constant([1, 2], [5, 6])", ValueError, "values must be one more than boundaries, got 2 values and 2 boundaries"),
    ("piecewise_constant([1, 2, 3], [6, 5])", ValueError, "piecewise_constant: boundaries must rise strictly, got [6, 5]"),
    ("piecewise_constant([1, 2, 3], [5, 5])", ValueError, "piecewise_constant: boundaries must rise strictly, got [5, 5]"),
    ("piecewise_constant([1, 2], [-1])", ValueError, "boundaries must be integers from 0 to 2**53, got -1 in an array"),
    ("piecewise_constant([1, 2], [2.5])", TypeError, "boundaries must be integers from 0 to 2**53, got list [2.5]"),
    ("piecewise_constant([1, 2], 5)", ValueError, "boundaries must be integers from 0 to 2**53, a sequence, got 5"),
    ("piecewise_constant(1.0, [5])", ValueError, "values must be finite numbers >= 0, at most 1e290, a sequence, got 1.0"),
    ("piecewise_constant([1, nan], [5])", ValueError, "values must be finite numbers >= 0, at most 1e290, got nan in an array"),
    ("milestones(0.1, 0.1, [5, 5])", ValueError, "milestones: at must rise strictly, got [5, 5]"),
    ("milestones(0.1, 0.1, ['a'])", TypeError, "milestones: at must be integers from 0 to 2**53, got list ['a']"),
    ("milestones(0.1, 1.1, [5])", ValueError, "milestones: factor must be a factor from 0 to 1, got 1.1"),
    ("milestones([1, 2], 0.1, np.ones((3, 1), int))", ValueError, "must broadcast against each other, got init (2,), at (3,)"),
    ("milestones(0.1, 0.1, np.ones((0, 2), int))", ValueError, "at must be integers from 0 to 2**53, at least one, got []"),
    ("sampled([])", ValueError, "sampled: values must be finite numbers >= 0, at most 1e290, at least one, got []"),
    ("sampled([1.0, -1.0])", ValueError, "sampled: values must be finite numbers >= 0, at most 1e290, got -1.0 in an array"),
    ("sampled([1.0, 0.0], every=0)", ValueError, "sampled: every must be an integer from 1 to 2**53, got 0"),
    ("sampled(np.ones(2_000), every=2**53)", ValueError, "must end by step 2**53, got 2000 values, every=9007199254740992"),
    ("sampled([1.0, 0.0], interpolate='linear')", TypeError, "interpolate must be True or False, got str 'linear'"),
    ("cyclic(0.5, 0.1, up=5)", ValueError, "cyclic: low must be at most high, got low=0.5, high=0.1"),
    ("cyclic(0.1, 0.5, up=0)", ValueError, "cyclic: up + down must be from 1 to 2**53, got up=0, down=0"),
    ("cyclic(0.1, 0.5, up=2**53)", ValueError, "up + down must be from 1 to 2**53, got up=9007199254740992"),
    ("cyclic(0.1, 0.5, up=5, mode='triangle')", ValueError, "'triangular', 'triangular2', 'exp_range', 'cosine', got"),
    ("cyclic(0.1, 0.5, up=5, mode=2)", TypeError, "'triangular', 'triangular2', 'exp_range', 'cosine', got int 2"),
    ("cyclic(0.1, 0.5, up=5, gamma=0.9)", ValueError, "gamma must go with mode='exp_range', got mode='triangular', gamma=0.9"),
    ("cyclic(0.1, 0.5, up=5, mode='exp_range', gamma=0)", ValueError, "gamma must be a factor above 0, at most 1, got 0"),
    ("cosine_restarts(1.0, 0.0, period=0)", ValueError, "cosine_restarts: period must be an integer from 1 to 2**53, got 0"),
    ("cosine_restarts(1.0, 0.0, 10, stretch=0.5)", ValueError, "stretch must be a number from 1 to 2**53, got 0.5"),
    ("cosine_restarts(1.0, 0.0, 10, scale=1.5)", ValueError, "cosine_restarts: scale must be a factor from 0 to 1, got 1.5"),
    ("cosine_restarts(1.0, 0.0, 10, stretch=1.0000001)", ValueError, "in at most 65536 cycles, or times be given, got 1.0000001"),
    ("one_cycle(1.0, 10, warmup=11)", ValueError, "one_cycle: steps must hold the rise, got steps=10, warmup=11"),
    ("one_cycle(1.0, 10, warmup=6, phases=3)", ValueError, "steps must hold the rise and the fall, got steps=10, warmup=6"),
    ("one_cycle(1.0, 10, phases=4)", ValueError, "one_cycle: phases must be one of 2, 3, got 4"),
    ("one_cycle(1.0, 10, phases=2.0)", TypeError, "one_cycle: phases must be one of 2, 3, got float 2.0"),
    ("one_cycle(1.0, 10, shape='sine')", ValueError, "one_cycle: shape must be one of 'cosine', 'linear', got 'sine'"),
    ("warmup_linear(1.0, 11, 10)", ValueError, "warmup_linear: steps must hold the warm-up, got steps=10, warmup=11"),
    ("warmup_cosine(1.0, [1, 11], 10)", ValueError, "warmup_cosine: steps must hold the warm-up, got steps=10, warmup=[1, 11]"),
    ("warmup_cosine(1.0, 0.1, 10)", TypeError, "warmup_cosine: warmup must be an integer from 0 to 2**53, got float 0.1"),
    ("wsd(1.0, 1, 1, 1, shape='1-square')", ValueError, "shape must be one of 'linear', 'cosine', '1-sqrt'"),
    ("wsd(1.0, 1, 1, 1, shape='exponential')", ValueError, "above 0 for an exponential cooldown, got end=0.0 after 1.0"),
    ("wsd(1.0, 2**53, 1, 1)", ValueError, "wsd: the schedule must end by step 2**53, got 9007199254740994 steps: wsd(peak=1.0"),
]  # fmt: skip

COMPOSITIONS = [
    ("join([], [])", TypeError, "join: parts must be a sequence of at least one Schedule, got list []"),
    ("join(flat, [5])", TypeError, "join: parts must be a sequence of at least one Schedule, got Schedule constant(value=1.0)"),
    ("join('ab', [5])", TypeError, "join: parts must be a sequence of at least one Schedule, got str 'ab'"),
    ("join([flat, 1.0], [5])", TypeError, "join: parts[1] must be a Schedule, got float 1.0"),
    ("join([flat, flat], [])", ValueError, "join: parts must be one more than at, got 2 parts and 0 steps"),
    ("join([flat, flat], [5, 6])", ValueError, "join: parts must be one more than at, got 2 parts and 2 steps"),
    ("join([flat, flat, flat], [6, 5])", ValueError, "join: at must never fall, got [6, 5]"),
    ("join([flat, flat], [-1])", ValueError, "join: at must be integers from 0 to 2**53, got -1 in an array"),
    ("join([flat, line], [2**53 - 9])", ValueError, "join: the schedule must end by step 2**53, got 9007199254740993 steps"),
    ("join([pair, triple], [5])", ValueError, "batch shapes must broadcast against each other, got parts[0] (2,), parts[1] (3,)"),
    ("stack([])", TypeError, "stack: schedules must be a sequence of at least one Schedule, got list []"),
    ("stack([flat, line], names=['a', 'a'])", ValueError, "names must be different from one another, got 'a' more than once"),
    ("stack([flat], names=['a', 'b'])", ValueError, "stack: names must be as many as schedules, got 2 names for 1 schedules"),
    ("stack([flat], names=[1])", TypeError, "stack: names must be names, got list [1]"),
    ("stack([flat], names='a')", TypeError, "stack: names must be names, got str 'a'"),
    ("stack([flat], names=[''])", ValueError, "stack: names must not be empty, got ['']"),
    ("stack({})", TypeError, "stack: schedules must be a sequence of at least one Schedule, got list []"),
    ("stack({'a': flat, 'b': pair})", ValueError, "stack: schedules must have the same batch shape, got () (a), (2,) (b)"),
    ("stack({'a': flat, 'b': 0.1})", TypeError, "stack: schedules[1] must be a Schedule, got float 0.1"),
    ("groups * stack({'a': flat, 'b': line})", ValueError, "groups must have the same names, got ['a', 'b'] and ['body'"),
    ("groups * [0.1, 0.2, 0.3]", ValueError, "batch shapes must broadcast against each other, got schedule (2,), factor (3,)"),
    ("groups.with_groups({'head': flat})", ValueError, "names must be different from one another, got 'head' more than once"),
    ("pair.with_groups({'head': flat})", ValueError, "with_groups: the schedule must have named groups, stack({name: schedule})"),
    ("pair.row(0)", ValueError, "row: the schedule must have named groups, stack({name: schedule}), got batch shape (2,)"),
    ("groups.row([0, 1])", TypeError, "row: t must be one step, got list [0, 1]"),
    ("groups.row(-1)", ValueError, "s(t): t must be from 0 to 2**53, got -1"),
    ("flat.unique()", ValueError, "unique: the schedule must have one batch axis, got batch shape ()"),
    ("line.paced([1, 2])", ValueError, "paced: paces must be one more than at, got 2 and 0 steps"),
    ("line.paced([1, 2], at=[0])", ValueError, "paced: paces must have at that rises strictly from 1 on, got [0]"),
    ("line.paced([1, 2, 3], at=[5, 5])", ValueError, "paced: paces must have at that rises strictly from 1 on, got [5, 5]"),
    ("line.paced([0])", ValueError, "paced: paces must be integers from 1 to 2**53, got 0 in an array"),
    ("line.paced(5)", ValueError, "paced: paces must be integers from 1 to 2**53, a sequence, got 5"),
    ("line.staircase(0)", ValueError, "staircase: every must be an integer from 1 to 2**53, got 0"),
    ("line.staircase(2.5)", TypeError, "staircase: every must be an integer from 1 to 2**53, got float 2.5"),
    ("line.staircase(2**50)", ValueError, "staircase: the schedule must end by step 2**53, got 10 steps, every=1125899906842624"),
    ("line.skip(-1)", ValueError, "skip: steps must be an integer from 0 to 2**53, got -1"),
    ("stack([flat, 1.0])", TypeError, "stack: schedules[1] must be a Schedule, got float 1.0"),
    ("stack([pair, triple])", ValueError, "must broadcast against each other, got schedules[0] (2,), schedules[1] (3,)"),
    ("stack([flat, pair])", ValueError, "stack: schedules must have the same batch shape, got () (0), (2,) (1)"),
    ("stack([line, strict])", ValueError, "stack: schedules must have the same past_end, got 'hold' (0), 'raise' (1)"),
    ("flat.then(line)", ValueError, "then: the first schedule must end, got constant(value=1.0), which goes on for ever; join"),
    ("line.then(1.0)", TypeError, "then: other must be a Schedule, got float 1.0"),
    ("line.then(None)", TypeError, "then: other must be given, got None"),
    ("line.then()", TypeError, "then: missing argument 'other'"),
    ("pair.then(triple)", ValueError, "then: batch shapes must broadcast against each other, got self (2,), other (3,)"),
    ("linear(1, 0, 2**53).then(line)", ValueError, "then: the schedule must end by step 2**53, got 9007199254741002 steps"),
    ("line.clip(1.0, 0.5)", ValueError, "clip: lo must be at most hi, got lo=1.0, hi=0.5"),
    ("line.clip(0.1, inf)", ValueError, f"clip: hi {RATE} inf"),
    ("line.delay(-1)", ValueError, "delay: steps must be an integer from 0 to 2**53, got -1"),
    ("line.delay(2**53)", ValueError, "delay: the schedule must end by step 2**53, got 9007199254741002 steps"),
    ("flat.repeat()", ValueError, "repeat: the schedule must end, got constant(value=1.0), which goes on for ever"),
    ("linear(1, 0, 0).repeat()", ValueError, "the schedule must have at least one step, got linear(init=1.0, end=0.0, steps=0)"),
    ("line.repeat(0)", ValueError, "repeat: times must be an integer from 1 to 2**53, got 0"),
    ("line.repeat(2.5)", TypeError, "repeat: times must be an integer from 1 to 2**53, got float 2.5"),
    ("line.repeat(scale=1.5)", ValueError, "repeat: scale must be at most 1 where times is not given, got 1.5"),
    ("line.repeat(3, scale=-1)", ValueError, f"repeat: scale {RATE} -1"),
    ("line.repeat(2_000, scale=10)", ValueError, "stay finite, at most 1e300, got linear(init=1.0, end=0.0, steps=10).repeat("),
    ("line.repeat(3, stretch=0.5)", ValueError, "repeat: stretch must be a number from 1 to 2**53, got 0.5"),
    ("line.repeat(stretch=1 + 1e-9)", ValueError, "stretch must lead past 2**53 in at most 65536 cycles, or times be given, got"),
    ("line.repeat(2**53)", ValueError, "repeat: the cycles must end by step 2**53, got about 9.01e+16 steps"),
    ("line.repeat(1_000, stretch=2)", ValueError, "repeat: the cycles must end by step 2**53, got about 1.07e+302 steps"),
    ("line.repeat(2).repeat(3, stretch=2)", ValueError, "constants and their joins can be stretched, got a loop"),
    ("line.cooldown(-1, 5)", ValueError, "cooldown: at must be an integer from 0 to 2**53, got -1"),
    ("line.cooldown(5, 5, shape='bad')", ValueError, "shape must be one of 'linear', 'cosine', '1-sqrt', 'sqrt', 'polynomial'"),
    ("line.cooldown(20, 5, end=0.1, shape='exponential')", ValueError, "end must be above 0 for an exponential cooldown"),
    ("line.with_past_end('never')", ValueError, "policy must be one of 'hold', 'raise', 'repeat', 'zero', got 'never'"),
    ("flat.with_past_end('raise')", ValueError, "the schedule must end, got constant(value=1.0), which goes on for ever"),
    ("linear(1, 0, 0).with_past_end('repeat')", ValueError, "a schedule that repeats must have at least one step, got linear("),
    ("strict * line.with_past_end('zero')", ValueError, "both schedules must have the same past_end, got 'raise' and 'zero'"),
    ("line.minimum('a')", TypeError, f"minimum: other {RATE} str 'a'"),
    ("line.maximum(nan)", ValueError, f"maximum: other {RATE} nan"),
    ("line * -1.0", ValueError, f"scale: factor {RATE} -1.0"),
    ("line * '2'", TypeError, f"scale: factor {RATE} str '2'"),
    ("True * line", TypeError, f"scale: factor {RATE} bool True"),
    ("np.array([1.0, nan]) * line", ValueError, f"scale: factor {RATE} nan in an array"),
    ("np.ones(3) * pair", ValueError, "scale: batch shapes must broadcast against each other, got schedule (2,), factor (3,)"),
    ("line + -1", ValueError, f"add: b {RATE} -1"),
    ("line - line", TypeError, "unsupported operand type(s) for -: 'Schedule' and 'Schedule'"),
    ("-line", TypeError, "bad operand type for unary -: 'Schedule'"),
    ("constant(1e290) * 1e20", ValueError, "scale: rates must stay finite, at most 1e300, got constant(value=1e+290) * 1e+20"),
    ("constant(1e290) * constant(1e20)", ValueError, "stay finite, at most 1e300, got constant(value=1e+290) * constant("),
    ("constant(1e290) * [1.0, 1e20]", ValueError, "stay finite, at most 1e300, got constant(value=1e+290) * [1.0, 1e+20]"),
    ("constant(1.1e290)", ValueError, f"constant: value {RATE} 1.1e+290"),
    ("exponential(1e-291, 1.0, 10)", ValueError, "exponential: init must be a number from 1e-290 to 1e290, got 1e-291"),
    ("sum([flat] * 102)", ValueError, "add: schedules must be nested at most 100 deep"),
]  # fmt: skip

ASKING = [
    ("line(-1)", ValueError, "s(t): t must be from 0 to 2**53, got -1"),
    ("line(2**53 + 1)", ValueError, "s(t): t must be from 0 to 2**53, got 9007199254740993"),
    ("line(2**63)", ValueError, "s(t): t must be from 0 to 2**53, got 9223372036854775808"),
    ("line(np.uint64(2**63))", ValueError, "s(t): t must be from 0 to 2**53, got 9223372036854775808"),
    ("line(10**5000)", ValueError, "s(t): t must be from 0 to 2**53, got one too large to show"),
    ("line(0.5)", TypeError, "s(t): t must be an integer or an array of integers, got float 0.5"),
    ("line(1.0)", TypeError, "s(t): t must be an integer or an array of integers, got float 1.0"),
    ("line(nan)", TypeError, "s(t): t must be an integer or an array of integers, got float nan"),
    ("line(True)", TypeError, "s(t): t must be an integer or an array of integers, got bool True"),
    ("line(np.bool_(True))", TypeError, "s(t): t must be an integer or an array of integers, got bool True"),
    ("line('1')", TypeError, "s(t): t must be an integer or an array of integers, got str '1'"),
    ("line(None)", TypeError, "s(t): t must be an integer or an array of integers, got NoneType None"),
    ("line(1j)", TypeError, "s(t): t must be an integer or an array of integers, got complex 1j"),
    ("line(line)", TypeError, "s(t): t must be an integer or an array of integers, got Schedule linear("),
    ("line([1, -1])", ValueError, "s(t): t must be from 0 to 2**53, got -1"),
    ("line([1, 0.5])", TypeError, "s(t): t must be an integer or an array of integers, got list [1, 0.5]"),
    ("line([1, True])", TypeError, "s(t): t must be an integer or an array of integers, got list [1, True]"),
    ("line([True, False])", TypeError, "s(t): t must be an integer or an array of integers, got list [True, False]"),
    ("line([1, 2**70])", ValueError, "s(t): t must be from 0 to 2**53, got [1, 1180591620717411303424]"),
    ("line([[1], [1, 2]])", ValueError, "s(t): t must be an array of integers, got rows of unequal length: [[1], [1, 2]]"),
    ("line(np.array([1.0]))", TypeError, "s(t): t must be an integer or an array of integers, got ndarray [1.0]"),
    ("line(np.array([], dtype=float))", TypeError, "s(t): t must be an integer or an array of integers, got ndarray []"),
    ("line()", TypeError, "missing 1 required positional argument: 't'"),
    ("strict(10)", ValueError, "s(t): t must be before the end, step 10, as past_end='raise', got 10"),
    ("strict(np.int64(10))", ValueError, "s(t): t must be before the end, step 10, as past_end='raise', got 10"),
    ("strict([9, 10, 3])", ValueError, "s(t): t must be before the end, step 10, as past_end='raise', got 10"),
    ("strict.table(11)", ValueError, "table: steps must be before the end, step 10, as past_end='raise', got 10"),
    ("strict.sum(11)", ValueError, "sum: steps must be before the end, step 10, as past_end='raise', got 10"),
    ("strict.max(2**53)", ValueError, "max: steps must be before the end, step 10, as past_end='raise', got 9007199254740991"),
    ("line.table(-1)", ValueError, "table: start and stop must be at least 0, got start=0, stop=-1"),
    ("line.table(-3, 5)", ValueError, "table: start and stop must be at least 0, got start=-3, stop=5"),
    ("line.table(0, 5, 0)", ValueError, "table: step must be from 1 to 2**53, got 0"),
    ("line.table(0, 5, -1)", ValueError, "table: step must be from 1 to 2**53, got -1"),
    ("line.table(0, 5, 1.0)", TypeError, "table: step must be an integer, got float 1.0"),
    ("line.table(5.0)", TypeError, "table: stop must be an integer, got float 5.0"),
    ("line.table(0, '5')", TypeError, "table: stop must be an integer, got str '5'"),
    ("line.table(True)", TypeError, "table: stop must be an integer, got bool True"),
    ("line.table(None)", TypeError, "table: stop must be an integer, got NoneType None"),
    ("line.table(np.zeros(5))", TypeError, "table: stop must be an integer, got ndarray [0.0, 0.0, 0.0, 0.0, 0.0]"),
    ("line.table(2**53 + 2)", ValueError, "table: steps must be from 0 to 2**53, got 9007199254740993"),
    ("line.table(10**5000)", ValueError, "table: steps must be from 0 to 2**53, got one too large to show"),
    ("line.table(5, dtype='int32')", TypeError, "table: dtype must be float64 or float32, got int32"),
    ("line.table(5, dtype='>f8')", TypeError, "table: dtype must be float64 or float32, got >f8"),
    ("line.table(5, dtype='banana')", TypeError, "table: dtype must be float64 or float32, got 'banana'"),
    ("line.table(5, None, 1, 'f4')", TypeError, "too many arguments: takes at most 3 by position (start, stop, step), got 4"),
    ("line.sum(-1)", ValueError, "sum: stop must be an integer from 0 to 2**53, got -1"),
    ("line.sum(2**53 + 1)", ValueError, "sum: stop must be an integer from 0 to 2**53, got 9007199254740993"),
    ("line.sum(2.0)", TypeError, "sum: stop must be an integer from 0 to 2**53, got float 2.0"),
    ("line.sum(True)", TypeError, "sum: stop must be an integer from 0 to 2**53, got bool True"),
    ("line.sum(None)", TypeError, "sum: stop must be an integer from 0 to 2**53, got NoneType None"),
    ("line.max(0)", ValueError, "max: stop must be an integer from 1 to 2**53, got 0"),
    ("line.min(0)", ValueError, "min: stop must be an integer from 1 to 2**53, got 0"),
    ("line.min('a')", TypeError, "min: stop must be an integer from 1 to 2**53, got str 'a'"),
]  # fmt: skip

HOLDING = [
    ("line[0]", IndexError, "index 0 is out of range for batch shape ()"),
    ("pair[2]", IndexError, "index 2 is out of range for batch shape (2,)"),
    ("pair[-3]", IndexError, "index -3 is out of range for batch shape (2,)"),
    ("pair[0, 0]", IndexError, "index 0 is out of range for batch shape ()"),
    ("pair[True]", TypeError, "a schedule is indexed by integers or names, or a list of them, got bool True"),
    ("pair[0.0]", TypeError, "a schedule is indexed by integers or names, or a list of them, got float 0.0"),
    ("pair['a']", KeyError, "'a' is none of the groups, which have no names"),
    ("groups['haed']", KeyError, "'haed' is none of the groups, which are ['body', 'head']; did you mean 'head'?"),
    ("groups[['body', 'tail']]", KeyError, "'tail' is none of the groups, which are ['body', 'head']"),
    ("groups[[0, 1], 0]", TypeError, "a schedule is indexed by a list or an array alone, got ([0, 1], 0)"),
    ("groups[[]]", TypeError, "a schedule is indexed by integers or names, or a list of them, got list []"),
    ("groups[[[0]]]", TypeError, "a schedule is indexed by integers or names, or a list of them, got list [[0]]"),
    ("groups[[0, 2]]", IndexError, "index [0, 2] is out of range for batch shape (2,)"),
    ("pair[None]", TypeError, "a schedule is indexed by integers or names, or a list of them, got NoneType None"),
    ("pair[1:1]", TypeError, "a schedule is indexed by integers or names, or a list of them, got list []"),
    ("flat[:1]", TypeError, "a schedule is indexed by integers or names, or a list of them, got slice slice(None, 1, None)"),
    ("pair[[0.5]]", TypeError, "a schedule is indexed by integers or names, or a list of them, got list [0.5]"),
    ("len(line)", TypeError, "a scalar schedule has no len()"),
    ("iter(line).__next__()", TypeError, "a scalar schedule has no len()"),
    ("pair.seams", ValueError, "seams: the schedule must be a scalar one, got batch shape (2,); index it first"),
    ("setattr(line, 'past_end', 'zero')", AttributeError, "a Schedule is a value: past_end cannot be set; build another"),
    ("setattr(line, 'rate', 1.0)", AttributeError, "a Schedule is a value: rate cannot be set; build another"),
    ("delattr(line, 'past_end')", AttributeError, "a Schedule is a value: past_end cannot be deleted"),
    ("setattr(line._call, 'name', 'cosine')", AttributeError, "a Call is a value: it cannot be changed"),
    ("line.program.__setitem__(0, 1.0)", ValueError, "assignment destination is read-only"),
    ("float(line)", TypeError, "float() argument must be a string or a real number, not 'Schedule'"),
    ("line < line", TypeError, "'<' not supported between instances of 'Schedule' and 'Schedule'"),
    ("use_backend('cuda').__enter__()", ValueError, f"use_backend: name {BACKEND}, got 'cuda'"),
    ("use_backend(None).__enter__()", ValueError, f"use_backend: name {BACKEND}, got None"),
    ("use_backend(['jit']).__enter__()", ValueError, f"use_backend: name {BACKEND}, got ['jit']"),
    ("set_backend('cuda')", ValueError, f"set_backend: name {BACKEND}, got 'cuda'"),
    ("line.table(5, threads=0)", ValueError, "table: threads must be at least 1, got 0"),
    ("line.table(5, threads=2.0)", TypeError, "table: threads must be an integer, got float 2.0"),
    ("line([5], threads=True)", TypeError, "s(t): threads must be an integer, got bool True"),
    ("recipe('bart')", ValueError, "recipe: name must be one of recipes(), got 'bart'; nearest:"),
    ("flr.__getattr__('spell')", AttributeError, "module 'fastlr' has no attribute 'spell'"),
]  # fmt: skip

ROWS = [*NUMBERS, *SHAPES, *COMPOSITIONS, *ASKING, *HOLDING]


@pytest.mark.parametrize(("text", "error", "words"), ROWS, ids=[text for text, _, _ in ROWS])
def test_refused_by_name_rule_and_value(text, error, words):
    with pytest.raises(error) as refused:
        run(text)
    assert refused.type is error
    assert words in str(refused.value)
    assert len(str(refused.value)) < 600


def test_a_program_does_not_grow_without_bound():
    def doubled(times: int) -> flr.Schedule:
        return (doubled(times - 1) * LINE).delay(1) if times else LINE

    with pytest.raises(ValueError, match=r"^\w+: the program must have at most [0-9,]+ rows, got up to [0-9,]+; a part "):
        doubled(40)
    many = flr.join([flr.linear(1.0, 0.0, 1)] * 1_000, at=range(1, 1_000))
    rule = r"^repeat: stretch must be farther from 1, or times smaller: a program of 50,000 cycles and 1 lanes must have at most "
    with pytest.raises(ValueError, match=rule + r"6,000,000 numbers, got about 1,151,050,000 for stretch 1\.0001$"):
        many.repeat(50_000, stretch=1.0001)
    batch = rule.replace("50,000 cycles and 1 lanes", "27,[0-9]+ cycles and 1,000 lanes")
    with pytest.raises(ValueError, match=batch + r"6,000,000 numbers, got about 16[0-9],[0-9,]+ for stretch "):
        flr.linear(1.0, 0.0, 10).repeat(stretch=np.geomspace(1.001, 2.0, 1_000))


def test_cycles_that_grow_count_their_rows_each_time_they_are_used():
    cycles = flr.linear(1.0, 0.0, 10).repeat(stretch=1.0006)
    several = (cycles * cycles) * (cycles * cycles)
    assert several(5) == cycles(5) ** 4
    with pytest.raises(ValueError, match=r"^multiply: the program must have at most [0-9,]+ rows, got up to [0-9,]+; a part "):
        several * several


# -- a table and where it goes: nothing is written before everything is known ---------------------------------------------

UNTOUCHED = -7.0
UNALIGNED = np.zeros(17, np.uint8)[1:].view(np.float64)
UNALIGNED[:] = UNTOUCHED
OUTS = [
    ("line", np.full(4, UNTOUCHED), {}, ValueError, "table: out must have shape (5,), got (4,)"),
    ("line", np.full((1, 5), UNTOUCHED), {}, ValueError, "table: out must have shape (5,), got (1, 5)"),
    ("line", np.full((5, 5), UNTOUCHED).diagonal(), {}, ValueError, "table: out must be writeable, got a read-only array"),
    ("line", np.full(5, -7), {}, TypeError, "table: out must be float64 or float32, got int64"),
    ("line", np.full(5, UNTOUCHED, complex), {}, TypeError, "table: out must be float64 or float32, got complex128"),
    ("line", np.full(5, UNTOUCHED, object), {}, TypeError, "table: out must be float64 or float32, got object"),
    ("line", np.full(5, UNTOUCHED, ">f8"), {}, TypeError, "table: out must be float64 or float32, got >f8"),
    ("line", np.full(5, UNTOUCHED, "f2"), {}, TypeError, "table: out must be float64 or float32, got float16"),
    ("line", np.full(5, UNTOUCHED, "f4"), {"dtype": "f8"}, TypeError, "table: out must be float64, got float32"),
    ("line", np.full(5, UNTOUCHED), {"dtype": "int8"}, TypeError, "table: dtype must be float64 or float32, got int8"),
    ("line", np.broadcast_to(UNTOUCHED, 5), {}, ValueError, "table: out must be writeable, got a read-only array"),
    ("line", [UNTOUCHED] * 5, {}, TypeError, "table: out must be a NumPy array, got list"),
    ("line", memoryview(np.full(5, UNTOUCHED)), {}, TypeError, "table: out must be a NumPy array, got memoryview"),
    ("pair", np.full(5, UNTOUCHED), {}, ValueError, "table: out must have shape (2, 5), got (5,)"),
    ("pair", np.full((5, 2), UNTOUCHED), {}, ValueError, "table: out must have shape (2, 5), got (5, 2)"),
    ("line", np.full(5, UNTOUCHED), {"start": -5, "stop": 0}, ValueError, "start and stop must be at least 0, got start=-5"),
    ("line", np.full(5, UNTOUCHED), {"stop": 10, "step": 2.0}, TypeError, "table: step must be an integer, got float 2.0"),
    ("line", np.full(5, UNTOUCHED), {"start": 2**53 - 2, "stop": 2**53 + 3}, ValueError, "table: steps must be from 0 to 2**53"),
    ("strict", np.full(5, UNTOUCHED), {"start": 6, "stop": 11}, ValueError, "table: steps must be before the end, step 10"),
]  # fmt: skip


COLUMNS = [
    ("pair", 3, np.full(3, UNTOUCHED), ValueError, "s(t): out must have shape (2,), got (3,)"),
    ("pair", [3, 4], np.full(2, UNTOUCHED), ValueError, "s(t): out must have shape (2, 2), got (2,)"),
    ("pair", 3, np.full(4, UNTOUCHED)[::2], ValueError, "s(t): out must be C-contiguous, got strides (16,) for shape (2,)"),
    ("pair", 3, UNALIGNED, ValueError, "s(t): out must be aligned, got memory that begins at byte 1 of a word"),
    ("pair", 3, np.full(2, UNTOUCHED, "f4"), TypeError, "s(t): out must be float64, got float32"),
    ("pair", 3, np.full(2, -7), TypeError, "s(t): out must be float64 or float32, got int64"),
    ("pair", 3, np.broadcast_to(UNTOUCHED, 2), ValueError, "s(t): out must be writeable, got a read-only array"),
    ("pair", 3, [UNTOUCHED, UNTOUCHED], TypeError, "s(t): out must be a NumPy array, got list"),
    ("pair", -1, np.full(2, UNTOUCHED), ValueError, "s(t): t must be from 0 to 2**53, got -1"),
    ("pair", [3, -1], np.full((2, 2), UNTOUCHED), ValueError, "s(t): t must be from 0 to 2**53, got -1"),
    ("pair", 0.5, np.full(2, UNTOUCHED), TypeError, "s(t): t must be an integer or an array of integers, got float 0.5"),
    ("line", 3, np.full(1, UNTOUCHED), ValueError, "s(t): out must have shape (), got (1,)"),
    ("strict", [3, 10], np.full(2, UNTOUCHED), ValueError, "s(t): t must be before the end, step 10, as past_end='raise'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "t", "out", "error", "words"), COLUMNS, ids=[words for *_, words in COLUMNS])
def test_no_rate_is_written_on_refusal(name, t, out, error, words):
    with pytest.raises(error) as refused:
        NAMES[name](t, out=out)
    assert words in str(refused.value)
    assert np.all(np.asarray(out) == UNTOUCHED)


@pytest.mark.parametrize(("name", "out", "options", "error", "words"), OUTS, ids=[words for *_, words in OUTS])
def test_nothing_is_written_on_refusal(name, out, options, error, words):
    schedule, options = NAMES[name], {"start": 0, "stop": 5, **options}
    with pytest.raises(error) as refused:
        schedule.table(out=out, **options)
    assert words in str(refused.value)
    assert np.all(np.asarray(out) == UNTOUCHED)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("line.table(10**15)", "8,000,000.0 GB"),
        ("line.table(10**15, dtype='f4')", "4,000,000.0 GB"),
        ("pair.table(0, 2**53, 9)", "16,012,798.7 GB"),
        ("linear(np.ones(10**5), 0.0, 10).table(10**10)", "8,000,000.0 GB"),
        ("linear(np.ones(10**6), 0.0, 10)(np.broadcast_to(5, 10**7))", "80,000.0 GB"),
    ],
)
def test_a_table_larger_than_memory_says_its_size_and_the_way_out(text, size):
    with pytest.raises(ValueError, match="must fit into memory") as refused:
        run(text)
    for words in (f"got {size} for this machine's", "table(start, stop)", "np.memmap as out="):
        assert words in str(refused.value)


def test_a_table_larger_than_the_process_may_have_says_so(monkeypatch):
    monkeypatch.setattr("fastlr.tables._memory", lambda: 2**62)
    with pytest.raises(ValueError, match=r"must fit into memory, got .* where this process is given less; ask for fewer"):
        run("line.table(2**50)")


# -- specs: data from anywhere --------------------------------------------------------------------------------------------

CONSTANT = {"constant": {"value": 1.0}}
FORM = "from_spec: a schedule must be {name: {parameter: value}}, got "


def spec(schedule: object, version: object = 1) -> dict[str, object]:
    return {"fastlr": version, "schedule": schedule}


def nested(depth: int) -> dict[str, object]:
    deep = CONSTANT
    for _ in range(depth):
        deep = {"scale": {"schedule": deep, "factor": 0.5}}
    return deep


def in_lists(depth: int) -> list[object]:
    deep = []
    for _ in range(depth):
        deep = [deep]
    return deep


def itself() -> dict[str, object]:
    loop = {}
    loop["scale"] = {"schedule": loop, "factor": 0.5}
    return loop


SPECS = [
    (None, TypeError, "from_spec: spec must be a mapping, got NoneType None"),
    ([CONSTANT], TypeError, "from_spec: spec must be a mapping, got list [{'constant'"),
    ('{"fastlr": 1}', TypeError, "from_spec: spec must be a mapping, got str"),
    ({}, ValueError, "from_spec: spec must have the keys 'fastlr' and 'schedule', got []"),
    ({"fastlr": 1}, ValueError, "from_spec: spec must have the keys 'fastlr' and 'schedule', got ['fastlr']"),
    ({**spec(CONSTANT), "code": 1}, ValueError, "must have the keys 'fastlr' and 'schedule', got ['code', 'fastlr', 'schedule']"),
    ({**spec(CONSTANT), 2: 3}, ValueError, "must have the keys 'fastlr' and 'schedule', got ['2', 'fastlr', 'schedule']"),
    (spec(CONSTANT, 2), ValueError, "'fastlr' must be at most 1, got version 2: it needs a newer fastlr"),
    (spec(CONSTANT, 0), ValueError, "'fastlr' must be the version of the format, an integer from 1, got 0"),
    (spec(CONSTANT, True), ValueError, "'fastlr' must be the version of the format, an integer from 1, got True"),
    (spec(CONSTANT, 1.0), ValueError, "'fastlr' must be the version of the format, an integer from 1, got 1.0"),
    (spec(CONSTANT, "1"), ValueError, "'fastlr' must be the version of the format, an integer from 1, got '1'"),
    (spec(None), ValueError, FORM + "None"),
    (spec("constant"), ValueError, FORM + "'constant'"),
    (spec({}), ValueError, FORM + "{}"),
    (spec([CONSTANT]), ValueError, FORM + "[{'constant'"),
    (spec({**CONSTANT, "linear": {}}), ValueError, FORM + "{'constant'"),
    (spec({"constant": 1.0}), ValueError, "from_spec: the arguments of 'constant' must be {parameter: value}, got 1.0"),
    (spec({"constant": [1.0]}), ValueError, "from_spec: the arguments of 'constant' must be {parameter: value}, got [1.0]"),
    (spec({"constant": {1: 2}}), ValueError, "from_spec: the arguments of 'constant' must be {parameter: value}, got {1: 2}"),
    (spec({"constant": {}}), TypeError, "constant: missing argument 'value'"),
    (spec({"constant": {"value": 1.0, "x": 2}}), TypeError, "constant: unknown argument 'x'"),
    (spec({"constnat": {"value": 1.0}}), ValueError, "is not a constructor or method of a schedule; did you mean 'constant'"),
    (spec({"eval": {"value": "1"}}), ValueError, "from_spec: 'eval' is not a constructor or method of a schedule"),
    (spec({"__import__": {"name": "os"}}), ValueError, "from_spec: '__import__' is not a constructor or method of a schedule"),
    (spec({"__class__": {}}), ValueError, "from_spec: '__class__' is not a constructor or method of a schedule"),
    (spec({7: {}}), ValueError, "from_spec: 7 is not a constructor or method of a schedule"),
    (spec({"constant": {"value": math.nan}}), ValueError, f"constant: value {RATE} nan"),
    (spec({"constant": {"value": math.inf}}), ValueError, f"constant: value {RATE} inf"),
    (spec({"constant": {"value": [0.1, math.nan]}}), ValueError, f"value {RATE} nan in an array"),
    (spec({"constant": {"value": "0.1"}}), TypeError, f"constant: value {RATE} str '0.1'"),
    (spec({"constant": {"value": True}}), TypeError, f"constant: value {RATE} bool True"),
    (spec({"constant": {"value": None}}), TypeError, "constant: value must be given, got None"),
    (spec({"constant": {"value": {}}}), ValueError, FORM + "{}"),
    (spec({"constant": {"value": CONSTANT}}), TypeError, f"constant: value {RATE} Schedule constant("),
    (spec({"constant": {"value": [CONSTANT]}}), TypeError, f"constant: value {RATE} list [constant("),
    (spec({"constant": {"value": 10**400}}), ValueError, "got an integer beyond 64 bits: 1000"),
    (spec({"constant": {"value": in_lists(100_000)}}), ValueError, "got rows of unequal length: one too large to show"),
    (spec({"linear": {"init": 1.0, "end": [0.0, [1.0]], "steps": 9}}), ValueError, "got rows of unequal length: [0.0, [1.0]]"),
    (spec({"linear": {"init": 1.0, "end": 0.0, "steps": 10.0}}), TypeError, "must be an integer from 0 to 2**53, got float"),
    (spec({"linear": {"init": 1.0, "end": 0.0, "steps": "10"}}), TypeError, "steps must be an integer from 0 to 2**53, got str"),
    (spec({"join": {"parts": CONSTANT, "at": [5]}}), TypeError, "must be a sequence of at least one Schedule, got Schedule"),
    (spec({"join": {"parts": [CONSTANT, 1.0], "at": [5]}}), TypeError, "join: parts[1] must be a Schedule, got float 1.0"),
    (spec({"join": {"parts": [CONSTANT, [CONSTANT]], "at": [5]}}), TypeError, "join: parts[1] must be a Schedule, got list"),
    (spec({"join": {"parts": [CONSTANT, CONSTANT], "at": 5}}), ValueError, "must be integers from 0 to 2**53, a sequence, got 5"),
    (spec({"scale": {"schedule": 1.0, "factor": 1.0}}), TypeError, "scale: schedule must be a Schedule, got float 1.0"),
    (spec({"then": {"self": CONSTANT, "other": CONSTANT}}), ValueError, "the first schedule must end, got constant(value=1.0)"),
    (spec({"minimum": {"self": CONSTANT, "other": {"x": {}}}}), ValueError, "'x' is not a constructor or method of a schedule"),
    (spec(nested(101)), ValueError, "from_spec: schedules must be nested at most 100 deep"),
    (spec(nested(50_000)), ValueError, "from_spec: schedules must be nested at most 100 deep"),
    (spec(itself()), ValueError, "from_spec: schedules must be nested at most 100 deep"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "error", "words"), SPECS, ids=[f"{i}: {words[:60]}" for i, (*_, words) in enumerate(SPECS)])
def test_a_spec_is_refused(data, error, words):
    with pytest.raises(error) as refused:
        flr.from_spec(data)
    assert refused.type is error
    assert words in str(refused.value)
    assert len(str(refused.value)) < 600


# -- expressions: text from anywhere --------------------------------------------------------------------------------------

FOREIGN = "parse: only schedules, numbers, words and lists may stand here, got "
NO_EXPRESSION = "parse: text must be one expression, got "
TEXTS = [
    ("", NO_EXPRESSION + "''"),
    ("   ", NO_EXPRESSION + "'   '"),
    ("#", NO_EXPRESSION),
    ("1", "parse: text must describe a schedule, got '1'"),
    ("'constant(1)'", "parse: text must describe a schedule, got"),
    ("constant(1),", "parse: text must describe a schedule, got 'constant(1),'"),
    ("[constant(1)]", "parse: text must describe a schedule, got '[constant(1)]'"),
    ("constant(1", NO_EXPRESSION + "'constant(1' ('(' was never closed"),
    ("constant(1); constant(2)", NO_EXPRESSION),
    ("constant(1)\nconstant(2)", NO_EXPRESSION),
    ("x = constant(1)", NO_EXPRESSION),
    ("import os", NO_EXPRESSION),
    ("yield 1", NO_EXPRESSION),
    ("constant(1)\0", NO_EXPRESSION),
    ("constant(\ud800)", NO_EXPRESSION),
    ("constant(1" + "0" * 5_000 + ")", NO_EXPRESSION),
    ("(" * 300 + "constant(1)" + ")" * 300, NO_EXPRESSION),
    ("-" * 100_000 + "1", NO_EXPRESSION),
    ("x" * 1_000_001, "parse: text must be at most 1,000,000 characters long, got 1,000,001"),
    ("constant(1)" + " * 1" * 2_000, "parse: "),
    ("constant(1)" + ".delay(1)" * 150, "delay: schedules must be nested at most 100 deep"),
    ("constant", FOREIGN + "'constant'"),
    ("constant.__class__", FOREIGN + "'constant.__class__'"),
    ("constant(1).__class__.__mro__", FOREIGN + "'constant(1).__class__.__mro__'"),
    ("constant(1).__class__()", "parse: '__class__' is not a constructor or method of a schedule"),
    ("constant(1)._node", FOREIGN + "'constant(1)._node'"),
    ("constant(1).to_spec()", "parse: 'to_spec' is not a constructor or method of a schedule"),
    ("constant(1).plot()", "parse: 'plot' is not a constructor or method of a schedule"),
    ("constant(1)(0)", FOREIGN + "'constant(1)'"),
    ("constant(1)[0]", FOREIGN + "'constant(1)[0]'"),
    ("flr.constant(1)", FOREIGN + "'flr'"),
    ("os.system('true')", FOREIGN + "'os'"),
    ("__import__('os')", "parse: '__import__' is not a constructor or method of a schedule"),
    ("exec('1')", "parse: 'exec' is not a constructor or method of a schedule"),
    ("constant(open('x'))", "parse: 'open' is not a constructor or method of a schedule"),
    ("constnat(1)", "parse: 'constnat' is not a constructor or method of a schedule; did you mean 'constant'"),
    ("lambda: constant(1)", FOREIGN + "'lambda: constant(1)'"),
    ("[constant(x) for x in [1]]", FOREIGN),
    ("(constant(1) for _ in [1])", FOREIGN),
    ("{constant(1)}", FOREIGN + "'{constant(1)}'"),
    ("{'a': constant(1)}", FOREIGN),
    ("f'{constant(1)}'", FOREIGN),
    ("(x := constant(1))", FOREIGN + "'(x := constant(1))'"),
    ("await constant(1)", FOREIGN),
    ("constant(*[1.0])", FOREIGN + "'*[1.0]'"),
    ("constant(**{'value': 1.0})", FOREIGN),
    ("constant(value=1, value=2)", FOREIGN + "'constant(value=1, value=2)'"),
    ("constant(9**9**9)", FOREIGN + "'9 ** 9 ** 9'"),
    ("constant(1 + 1)", FOREIGN + "'1 + 1'"),
    ("[1] * 10**9", FOREIGN),
    ("'a' * 10**9", FOREIGN),
    ("constant(--1)", FOREIGN + "'--1'"),
    ("constant(not 1)", FOREIGN + "'not 1'"),
    ("constant(1 if 1 else 2)", FOREIGN),
    ("constant(1 < 2)", FOREIGN + "'1 < 2'"),
    ("constant(...)", FOREIGN + "'...'"),
    ("constant(1j)", FOREIGN + "'1j'"),
    ("constant(b'1')", FOREIGN),
    ("constant(1) - 1", FOREIGN + "'constant(1) - 1'"),
    ("constant(1) / 2", FOREIGN + "'constant(1) / 2'"),
    ("constant(1) @ constant(1)", FOREIGN),
    ("constant(1) ** 2", FOREIGN),
    ("constant(1e999)", f"constant: value {RATE} inf"),
    ("constant(0x" + "f" * 5_000 + ")", f"constant: value {RATE} an integer beyond 64 bits"),
    ("constant(-1)", f"constant: value {RATE} -1"),
    ("constant('1')", f"constant: value {RATE} str '1'"),
    ("constant(True)", f"constant: value {RATE} bool True"),
    ("constant(1, value=2)", "constant: argument 'value' was given by position and by name"),
    ("constant(1) + 'x'", f"add: b {RATE} str 'x'"),
    ("constant('" + "x" * 100_000 + "')", f"constant: value {RATE} str 'xxx"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), TEXTS, ids=[f"{i}: {text[:40]!a}" for i, (text, _) in enumerate(TEXTS)])
def test_an_expression_is_refused(text, words):
    with pytest.raises((ValueError, TypeError)) as refused:
        flr.parse(text)
    assert refused.type in (ValueError, TypeError)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize("text", [None, 5, b"constant(1)", ["constant(1)"], LINE])
def test_an_expression_is_a_string(text):
    with pytest.raises(TypeError, match=r"^parse: text must be a string, got "):
        flr.parse(text)


# -- every parameter of every constructor, a new one too --------------------------------------------------------------------

GOOD = {"value": 0.5, "values": [0.5, 0.25], "boundaries": [3], "parts": [LINE, LINE], "schedules": [LINE, LINE]}
GOOD |= {
    "paces": [2, 5],
    "total": 20,
    "step": 5,
    "clock": "same",
    "match": True,
    "inverse": False,
    "names": ["a", "b"],
    "at": [3],
    "shape": "linear",
    "mode": "cosine",
    "policy": "zero",
    "staircase": False,
    "interpolate": True,
    "origin": "start",
    "phases": 2,
}
GOOD |= dict.fromkeys(("self", "other", "a", "b", "schedule", "new"), LINE)
GOOD |= dict.fromkeys(
    ("init", "end", "low", "high", "rate", "factor", "peak", "scale", "gamma", "lo", "hi", "beta", "ratio"), 0.5
)
GOOD |= dict.fromkeys(("power", "exponent", "k", "stretch", "lower"), 1.0) | {"upper": 2.0}
GOOD |= dict.fromkeys(("steps", "every", "shift", "warmup", "width", "period", "up", "down", "stable", "cooldown", "times"), 10)
APART = {
    ("cooldown", "at"): 3,
    ("exponential_decay", "gamma"): None,
    ("exponential_decay", "every"): 1,
    ("cyclic", "gamma"): 1.0,
    ("one_cycle", "warmup"): 3,
}


def good_arguments(name: str) -> dict[str, object]:
    """Every parameter of a constructor, given."""
    parameters = inspect.signature(CONSTRUCTORS[name]).parameters
    given = {key: APART.get((name, key), GOOD.get(key)) for key in parameters}
    return {key: value for key, value in given.items() if value is not None}


def wrong_values(name: str, parameter: str) -> Iterator[object]:
    """What no rule but the parameter's own may let pass."""
    hint = typing.get_type_hints(CONSTRUCTORS[name], include_extras=True).get(parameter)
    rules = [rule for part in (hint, *typing.get_args(hint)) for rule in getattr(part, "__metadata__", ())]
    yield from (math.nan, "no such word", 1j, object(), {})
    if not any(isinstance(rule, Whether) for rule in rules):
        yield True
    if any(isinstance(rule, Number) for rule in rules):
        yield from (math.inf, -1e-300 if "lower" not in parameter and "upper" not in parameter else -math.inf)
    if inspect.signature(CONSTRUCTORS[name]).parameters[parameter].default is not None:
        yield None


PARAMETERS = [(name, key) for name, build in CONSTRUCTORS.items() for key in inspect.signature(build).parameters]


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_good_arguments_are_good(name):
    with flr.use_backend("reference"):
        assert CONSTRUCTORS[name](**good_arguments(name)).table(3).shape[-1] == 3


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS, ids=[".".join(pair) for pair in PARAMETERS])
def test_every_parameter_refuses_what_it_is_not(name, parameter):
    for wrong in wrong_values(name, parameter):
        with pytest.raises((TypeError, ValueError)) as refused:
            CONSTRUCTORS[name](**{**good_arguments(name), parameter: wrong})
        assert refused.type in (TypeError, ValueError)
        assert str(refused.value).startswith(f"{name}: {parameter} must be "), wrong


# -- what looks odd and is right --------------------------------------------------------------------------------------------

LAST = 2**53
EDGES = [
    ("linear(1.0, 0.0, 0)", {0: 0.0, 1: 0.0, LAST: 0.0}),
    ("linear(1, 0, 10)", {0: 1.0, 5: 0.5, 10: 0.0}),
    ("cosine(1, 0, 2)", {0: 1.0, 1: 0.5, 2: 0.0}),
    ("exponential_decay(1, gamma=1)", {0: 1.0, LAST: 1.0}),
    ("inverse_time(1, 1)", {0: 1.0, 1: 0.5, 3: 0.25}),
    ("constant(1)", {0: 1.0, LAST: 1.0}),
    ("constant(0)", {0: 0.0}),
    ("constant(-0.0)", {0: 0.0}),
    ("constant(5e-324)", {LAST: 5e-324}),
    ("constant(1e290)", {7: 1e290}),
    ("constant(2**64 - 1)", {0: 2.0**64}),
    ("constant(np.float16(0.5))", {0: 0.5}),
    ("constant(np.float32(0.1))", {0: float(np.float32(0.1))}),
    ("constant(np.array(0.5))", {0: 0.5}),
    ("linear(1.0, 0.0, 2**53)", {0: 1.0, 2**52: 0.5, LAST - 1: 2.0**-53, LAST: 0.0}),
    ("linear(1.0, 0.0, np.int64(2**40 + 3))", {2**40 + 2: 1 / (2**40 + 3), 2**40 + 3: 0.0}),
    ("linear(1.0, 0.0, 1)", {0: 1.0, 1: 0.0}),
    ("warmup_cosine(1.0, 0, 10)", {0: 1.0, 5: 0.5, 10: 0.0}),
    ("warmup_cosine(1.0, 10, 10)", {0: 0.0, 9: 0.9, 10: 0.0}),
    ("warmup_cosine(1.0, 10, 10, end=0.1)", {9: 0.9, 10: 0.1, 11: 0.1}),
    ("warmup_cosine(1.0, 0, 0, end=0.1)", {0: 0.1}),
    ("warmup_linear(1.0, 2**53, 2**53)", {2**52: 0.5, LAST: 0.0}),
    ("warmup_constant(1.0, 0)", {0: 1.0}),
    ("wsd(1.0, 0, 0, 0)", {0: 0.0, 5: 0.0}),
    ("wsd(1.0, 0, 5, 0, end=0.5)", {0: 1.0, 4: 1.0, 5: 0.5}),
    ("one_cycle(1.0, 0)", {0: 1.0 / 25 / 10_000}),
    ("one_cycle(1.0, 3)", {0: 0.04, 1: 1.0, 3: 4e-6}),
    ("one_cycle(1.0, 10, warmup=0)", {0: 1.0, 10: 4e-6}),
    ("one_cycle(1.0, 10, warmup=5, phases=3)", {0: 0.04, 5: 1.0, 10: 4e-6}),
    ("linear(1.0, 0.5, 0).then(linear(0.5, 0.25, 0)).then(constant(2.0))", {0: 2.0}),
    ("linear(1.0, 0.0, 4).then(linear(9.0, 9.0, 0)).then(constant(2.0))", {3: 0.25, 4: 2.0}),
    ("join([constant(1.0), constant(2.0), constant(3.0)], [5, 5])", {4: 1.0, 5: 3.0}),
    ("join([constant(1.0), constant(2.0)], [0])", {0: 2.0}),
    ("join([constant(1.0)], [])", {0: 1.0, LAST: 1.0}),
    ("piecewise_constant([0.5], [])", {0: 0.5, LAST: 0.5}),
    ("piecewise_constant([0.5, 0.25], [0])", {0: 0.25}),
    ("milestones(0.5, 0.1, [])", {0: 0.5, LAST: 0.5}),
    ("milestones(0.5, 0.0, [3])", {2: 0.5, 3: 0.0}),
    ("sampled([0.5])", {0: 0.5, LAST: 0.5}),
    ("step_decay(0.5, 0, 3)", {2: 0.5, 3: 0.0, LAST: 0.0}),
    ("step_decay(0.5, 1, 3)", {LAST: 0.5}),
    ("cyclic(0.1, 0.5, up=0, down=4)", {0: 0.5, 2: 0.3, 4: 0.5}),
    ("cyclic(0.5, 0.5, up=1)", {0: 0.5, 1: 0.5, LAST: 0.5}),
    ("linear(1.0, 0.0, 4).delay(0)", {0: 1.0, 2: 0.5, 4: 0.0}),
    ("linear(1.0, 0.0, 4).repeat(1)", {0: 1.0, 2: 0.5, 4: 0.0}),
    ("linear(1.0, 0.0, 1).repeat(scale=0)", {0: 1.0, 1: 0.0}),
    ("linear(1.0, 0.0, 4).clip(0.5, 0.5)", {0: 0.5, 4: 0.5}),
    ("linear(1.0, 0.0, 4) * 0", {0: 0.0, 4: 0.0}),
    ("linear(1.0, 0.0, 4).cooldown(0, 0, end=0.25)", {0: 0.25}),
    ("exponential(1.0, 0.1, 0)", {0: 0.1}),
    ("rex(1.0, 0.5, 0)", {0: 0.5}),
    ("tanh(1.0, 0.5, 0)", {0: 0.5}),
    ("cosine(1.0, 0.5, 0, exponent=3.0, k=2.0)", {0: 0.5}),
]  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("text", "rates"), EDGES, ids=[text for text, _ in EDGES])
def test_edges_are_legal(text, rates, backend):
    schedule = run(text)
    with flr.use_backend(backend):
        assert [schedule(t) for t in rates] == pytest.approx(list(rates.values()), rel=1e-15, abs=0.0)


@pytest.mark.parametrize("kind", np.typecodes["AllInteger"])
def test_integers_of_every_dtype_are_steps_and_rates(kind):
    ten, three = np.array(10, kind), np.dtype(kind).type(3)
    schedule = flr.linear(np.array([2, 1], kind), np.array(0, kind), ten)
    assert schedule == flr.linear([2.0, 1.0], 0.0, 10)
    with flr.use_backend("reference"):
        assert schedule(three).tolist() == schedule(3).tolist() == schedule(np.array([3], kind))[:, 0].tolist()
        assert schedule[np.dtype(kind).type(1)].table(three).tolist() == schedule.table(3)[1].tolist()
        assert schedule[0].sum(three) == schedule[0].sum(3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_none_asked_none_given(backend):
    pair = NAMES["pair"]
    with flr.use_backend(backend):
        assert LINE([]).shape == (0,)
        assert LINE(np.zeros((0, 3), int)).shape == (0, 3)
        assert pair([]).shape == (2, 0)
        assert LINE.table(0).shape == LINE.table(5, 5).shape == LINE.table(6, 5).shape == (0,)
        assert pair.table(0, out=np.zeros((2, 0))).shape == (2, 0)
        assert LINE.sum(0) == 0.0


def test_a_schedule_is_true_and_indexed_by_nothing_is_itself():
    assert LINE
    assert flr.constant(0.0)
    assert LINE[()] is LINE
    assert NAMES["pair"][()] is NAMES["pair"]
