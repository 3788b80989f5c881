"""Type checks for arguments that a user's own compiled function passes.

Kernels check only the header of a program. The rest was verified when the program was made, so an
array that may have changed since is refused: when the function is compiled, at no cost per step.
"""

from collections.abc import Callable
from typing import Any, cast

from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic

__all__ = ["must_be_program", "must_be_step", "must_take_rates"]

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


# raise at compilation unless the argument has a program's type, or can hold rates
must_be_program = cast(Callable[[Any], None], intrinsic(_must_be_program))
must_be_step = cast(Callable[[Any], None], intrinsic(_must_be_step))
must_take_rates = cast(Callable[[Any], None], intrinsic(_must_take_rates))
