"""Rules that follow a metric: lanes go through a history, block by block.

Each update has a kernel per kind of rule, which is compiled when a rule first needs it. A kernel
takes pointers to a block of lanes that do not overlap, so the compiler vectorises its loop.
Everything is computed in float64, counts too, and nothing branches.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.kernel_table import instance, rule_kernel
from fastlr.kernels.jit.pointers import (
    COUNTS,
    DOUBLES,
    address_of,
    on_stack,
    plus,
    pointers_at,
    slots_at,
)
from fastlr.program.opcodes import (
    DOUBLE_PARTS,
    RULE_FIELDS_MOST,
    RULE_PARTS_MOST,
    RULE_WORDS,
    RULES,
    WINDOW_PARTS,
)

__all__ = ["TOGETHER", "kept", "one_more", "register_update"]

_IGNORES, _WINDOWED = (RULE_WORDS.index(name) for name in ("ignores", "windowed"))
_HEADER = len(RULE_WORDS)
_MOST = 2.0**31 - 1.0  # where a count stops

TOGETHER = 256  # lanes of a block, whose data stay in the L1 cache
_METRIC, _NOWHERE = TOGETHER * RULE_FIELDS_MOST, TOGETHER * (RULE_FIELDS_MOST + 1)
_spread = on_stack(TOGETHER * (RULE_FIELDS_MOST + 2))
_numbers, _parts = on_stack(RULE_FIELDS_MOST), on_stack(RULE_PARTS_MOST)

# what an instance of the template has of its own: its update, and the layout of its rule
UPDATE: Any = None
FIELDS: int = 0
SIZES: Any = ()  # bytes of a number of each part
WIDE: Any = ()  # whether a part has the numbers of a window, or none without windows
NUMBERS: Any = None
STATE: Any = None


@inlined
def kept(x: float, single: bool) -> float:
    """``x``, rounded to float32 if ``single``."""
    return float(np.float64(np.float32(x))) if single else x


@inlined
def one_more(count: float) -> float:
    """A count after one more update."""
    return min(count + 1.0, _MOST)


@inlined
def _repeat(value: float, n: int, out: Any) -> Any:
    for i in range(n):
        out[i] = value
    return out


@inlined
def _number(buffer: Any, k: int, lane: int, n: int, first: bool, spread: Any) -> Any:
    """Point to the k-th number of a block of lanes. One that all lanes share is repeated once, for
    the first block.
    """
    of, own = plus(buffer, int(buffer[_HEADER + 2 * k])), buffer[_HEADER + 2 * k + 1] != 0.0
    if own:
        return plus(of, lane)
    repeated = plus(spread, TOGETHER * k)
    return _repeat(of[0], n, repeated) if first else repeated


def _replay_template(
    table: Any, buffer: Any, begin: int, end: int, metrics: Any, updates: int, row: int,
    state: Any, out: Any, wide: int, scratch: Any,
) -> int:  # fmt: skip
    """Take lanes through a history, block by block. A row of metrics has ``row`` columns, one of
    scales ``wide``; at address 0 there is none.
    """
    spread, ignores, size = _spread(), buffer[_IGNORES] != 0.0, int(buffer[_WINDOWED])
    numbers, parts = slots_at(address_of(_numbers())), slots_at(address_of(_parts()))
    for lane in range(begin, end, TOGETHER):
        n, first = min(TOGETHER, end - lane), lane == begin
        for k in range(FIELDS):
            numbers[k] = address_of(_number(buffer, k, lane, n, first, spread))
        for k in range(len(SIZES)):
            parts[k] = state[k] + lane * SIZES[k] * (size if WIDE[k] else 1)
        for t in range(updates):
            of = plus(metrics, t * row)
            of = _repeat(of[0], n, plus(spread, _METRIC)) if row == 1 else plus(of, lane)
            to = plus(spread, _NOWHERE)
            if address_of(out) != 0:
                to = plus(out, t * wide + lane)
            UPDATE(n, ignores, size, of, NUMBERS(numbers), STATE(parts), to)
    return 0


def register_update(name: str, kind: int, update: Callable[..., None]) -> None:
    """Make the kernel of an update and a kind of rule.

    ``update(n, ignores, size, metrics, numbers, state, to)`` updates a block of n lanes once: it
    takes the size of a window, and pointers to metrics, to the rule's numbers, to the parts of the
    state, and to a second place for the scales.
    """
    layout = RULES[name]
    kinds = [DOUBLES if letter in DOUBLE_PARTS else COUNTS for letter in layout.parts]
    own = {
        "UPDATE": inlined(update),
        "FIELDS": len(layout.fields),
        "SIZES": tuple(8 if pointer == DOUBLES else 4 for pointer in kinds),
        "WIDE": tuple(letter in WINDOW_PARTS for letter in layout.parts),
        "NUMBERS": pointers_at([DOUBLES] * len(layout.fields)),
        "STATE": pointers_at(kinds),
    }
    rule_kernel(name, kind)(instance(_replay_template, f"{name}_{kind}", **own))
