"""Calls of the kernels of rules that follow a metric, by the updates of the rules."""

from typing import Any

import numpy as np

from fastlr.kernels.jit import adaptive, plateau  # noqa: F401 - they fill the table of kernels
from fastlr.kernels.jit.compiling import inlined, kernel
from fastlr.kernels.jit.kernel_table import KINDS, RULE, complete, small_scratch
from fastlr.kernels.jit.pointers import (
    addresses_of,
    call_counting_kernel,
    doubles_at,
    doubles_of,
    slots_at,
)
from fastlr.program.opcodes import RULE_WORDS

__all__ = ["replay", "update_lanes"]

_UPDATE, _SINGLE, _WINDOWED = (RULE_WORDS.index(name) for name in ("update", "single", "windowed"))


@inlined
def _slot_of(buffer: Any) -> int:
    """The slot of the kernel for a rule."""
    kind = int(buffer[_SINGLE]) + (2 if buffer[_WINDOWED] != 0.0 else 0)
    return RULE + KINDS * int(buffer[_UPDATE]) + kind


@inlined
def update_lanes(table: Any, buffer: Any, end: int, metrics: Any, row: int, state: Any) -> int:
    """Update all lanes once; the slot that was found empty, or 0."""
    scratch = small_scratch()
    arguments = (buffer, 0, end, metrics, 1, row, addresses_of(state), doubles_at(0), 0)
    call_counting_kernel(table, _slot_of(buffer), scratch, arguments)
    return int(scratch[0])


@kernel
def _replay(
    address: int, buffer: Any, begin: int, end: int, metrics: Any, state: Any, out: Any
) -> int:
    """Call the kernel for a rule; the slot that was found empty, or 0."""
    rule, scratch = doubles_of(buffer), small_scratch()
    to = doubles_of(out) if out.size > 0 else doubles_at(0)
    arguments = (
        rule, begin, end, doubles_of(metrics), metrics.shape[0], metrics.shape[1],
        addresses_of(state), to, out.shape[1],
    )  # fmt: skip
    call_counting_kernel(slots_at(address), _slot_of(rule), scratch, arguments)
    return int(scratch[0])


def replay(buffer: Any, lanes: range, metrics: Any, state: Any, out: Any) -> None:
    """Update ``lanes`` of a rule with float64 ``metrics`` (updates, lanes or 1).

    Their scales go to ``out`` (updates, lanes), unless it is None.
    """
    seen = metrics.view()
    seen.flags.writeable = False  # so that there is one kernel, whoever the metrics belong to
    to = np.empty((0, 0)) if out is None else out
    complete(_replay, buffer, lanes.start, lanes.stop, seen, state, to)
