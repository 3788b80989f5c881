"""Type checks for arguments that a user's own compiled function passes.

Kernels check only the header of a program. The rest was verified when the program was made, so an
array that may have changed since is refused: when the function is compiled, at no cost per step.
"""

from collections.abc import Callable
from typing import Any, cast

from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic

from fastlr.kernels.jit.pointers import DOUBLES

__all__ = [
    "extent",
    "is_array",
    "metrics_at",
    "must_be_metric",
    "must_be_program",
    "must_be_rule",
    "must_be_state",
    "must_be_step",
    "must_take_rates",
]

_PROGRAM = types.Array(types.float64, 1, "C", readonly=True)


def _must_be_program(typing: Any, program: Any) -> Any:
    if program != _PROGRAM:
        raise TypingError(
            "program must be read-only, as schedule.program and "
            f"fastlr.Program.from_array are, got {program}"
        )
    return types.none(program), lambda context, *_: context.get_dummy_value()


def _must_take_rates(typing: Any, out: Any) -> Any:
    if not (
        isinstance(out, types.Array)
        and out.ndim == 1
        and out.mutable
        and out.dtype == types.float64
        and out.layout == "C"
    ):
        raise TypingError(
            "out must be a C-contiguous array of float64 that can be written to, one rate per "
            f"lane, got {out}"
        )
    return types.none(out), lambda context, *_: context.get_dummy_value()


def _must_be_step(typing: Any, t: Any) -> Any:
    if not isinstance(t, types.Integer):
        raise TypingError(f"t must be an integer, got {t}")
    return types.none(t), lambda context, *_: context.get_dummy_value()


def _must_be_rule(typing: Any, rule: Any) -> Any:
    if rule != _PROGRAM:
        raise TypingError(f"rule must be read-only, as the buffer of a Plateau is, got {rule}")
    return types.none(rule), lambda context, *_: context.get_dummy_value()


_PARTS = {
    "scale": types.float64,
    "best": types.float64,
    "bad": types.int32,
    "cool": types.int32,
    "mean": types.float64,
    "count": types.int32,
}


def _must_be_state(typing: Any, state: Any) -> Any:
    if not isinstance(state, types.BaseTuple) or len(state) != len(_PARTS):
        raise TypingError(f"state must be a PlateauState, got {state}")
    axes = state[0].ndim if isinstance(state[0], types.Array) else None
    for (name, dtype), part in zip(_PARTS.items(), state, strict=True):
        fits = (
            isinstance(part, types.Array)
            and part.dtype == dtype
            and part.layout == "C"
            and part.mutable
            and part.aligned
            and (part.ndim == axes or (name in ("mean", "count") and part.ndim == 0))
        )
        if not fits:
            raise TypingError(
                f"state.{name} must be a C-contiguous, aligned and writeable array of {dtype} with "
                f"one number per lane, got {part}"
            )
    return types.none(state), lambda context, *_: context.get_dummy_value()


def _must_be_metric(typing: Any, metric: Any, scale: Any) -> Any:
    a_number = isinstance(metric, types.Float | types.Integer)
    if not a_number and not (
        isinstance(metric, types.Array)
        and metric.dtype == types.float64
        and metric.layout == "C"
        and metric.aligned
        and metric.ndim == scale.ndim
    ):
        raise TypingError(
            "metric must be a number, or a C-contiguous array of float64 with one number per lane, "
            f"got {metric}"
        )
    return types.none(metric, scale), lambda context, *_: context.get_dummy_value()


def _is_array(typing: Any, metric: Any) -> Any:
    known = isinstance(metric, types.Array)
    return types.boolean(metric), lambda context, *_: context.get_constant(types.boolean, known)


def _metrics_at(typing: Any, metric: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        [kind], [metric] = signature.args, given
        if isinstance(kind, types.Array):
            return context.make_array(kind)(context, builder, metric).data
        number = context.cast(builder, metric, kind, types.float64)
        return cgutils.alloca_once_value(builder, number)

    return DOUBLES(metric), emit


def _extent(typing: Any, array: Any, axis: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind, size = signature.args[0], context.get_constant(types.int64, 1)
        if not isinstance(kind, types.Array) or kind.ndim == 0:
            return size
        made = context.make_array(kind)(context, builder, given[0])
        sizes = cgutils.unpack_tuple(builder, made.shape)
        for i, own in enumerate(sizes):
            here = builder.icmp_signed("==", given[1], context.get_constant(types.int64, i))
            size = builder.select(here, own, size)
        return size

    return types.int64(array, types.int64), emit


# raise at compilation unless the argument has a program's type, or can hold rates
must_be_program = cast(Callable[[Any], None], intrinsic(_must_be_program))
must_be_rule = cast(Callable[[Any], None], intrinsic(_must_be_rule))
must_be_state = cast(Callable[[Any], None], intrinsic(_must_be_state))
must_be_metric = cast(Callable[[Any, Any], None], intrinsic(_must_be_metric))
must_be_step = cast(Callable[[Any], None], intrinsic(_must_be_step))
must_take_rates = cast(Callable[[Any], None], intrinsic(_must_take_rates))

# a metric, of either kind: whether it is an array, and where its numbers are
is_array = cast(Callable[[Any], bool], intrinsic(_is_array))
metrics_at = cast(Callable[[Any], Any], intrinsic(_metrics_at))
# the size of an axis of an array, known by number; 1 for another axis, and for a number
extent = cast(Callable[[Any, int], int], intrinsic(_extent))
