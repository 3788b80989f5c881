"""All constructors: functions that build a schedule from numbers, or from other schedules.

They count steps alike. Steps are integers from 0, and ``s(0)`` is the rate of the first update. A
piece of ``steps=n`` has rate ``init`` at step 0. It reaches ``end`` at step n, the first step after
it, and holds ``end`` from there on. A piece of 0 steps vanishes.

Parameters are numbers, or arrays that broadcast to the batch shape. Rates are finite, at least 0,
and in whatever unit the optimizer takes. Lengths (``steps``, ``warmup``, ``every``, ``period``) are
whole steps. A *factor* multiplies a rate.

Every constructor raises ``TypeError`` or ``ValueError`` for an argument that breaks its rule. The
message names the parameter, the rule and the value. All rates are float64, within 2 ulp of the
formula in real numbers, at every step and for every power from 1e-3 to 1e3. The exceptions are
rates below 1e-290, and rates below 1e-290 times the higher level of their curve
(docs/accuracy.md).
"""

from fastlr.schedule.curves import (
    affine_exponential,
    constant,
    cosine,
    exponential,
    linear,
    logarithmic,
    polynomial,
    rex,
    tanh,
)
from fastlr.schedule.cycles import cosine_restarts, cyclic, one_cycle
from fastlr.schedule.decays import (
    eden,
    exponential_decay,
    inverse_power,
    inverse_time,
    step_decay,
)
from fastlr.schedule.piecewise import (
    join,
    milestones,
    piecewise_constant,
    piecewise_linear,
    sampled,
    stack,
)
from fastlr.schedule.warmups import (
    inverse_sqrt,
    noam,
    warmup_constant,
    warmup_cosine,
    warmup_linear,
    wsd,
)

__all__ = [
    "affine_exponential",
    "constant",
    "cosine",
    "cosine_restarts",
    "cyclic",
    "eden",
    "exponential",
    "exponential_decay",
    "inverse_power",
    "inverse_sqrt",
    "inverse_time",
    "join",
    "linear",
    "logarithmic",
    "milestones",
    "noam",
    "one_cycle",
    "piecewise_constant",
    "piecewise_linear",
    "polynomial",
    "rex",
    "sampled",
    "stack",
    "step_decay",
    "tanh",
    "warmup_constant",
    "warmup_cosine",
    "warmup_linear",
    "wsd",
]
