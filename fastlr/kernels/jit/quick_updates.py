"""An update of one lane of a rule, in less time than Numba needs to look at its arguments."""

import ctypes
import sys
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numba import types

from fastlr.kernels.jit.compiling import entry, inlined, quick
from fastlr.kernels.jit.kernel_table import ADDRESS, compile_kernel, instance
from fastlr.kernels.jit.pointers import addresses_of, counts_at, doubles_at, slots_at
from fastlr.kernels.jit.rules import update_lanes
from fastlr.kernels.jit.user_arguments import metrics_at
from fastlr.program.opcodes import DOUBLE_PARTS, RULE_WORDS, RULES, UPDATES

__all__ = ["update_one"]

_UPDATE, _WINDOWED = RULE_WORDS.index("update"), RULE_WORDS.index("windowed")
_WORDS = ctypes.c_double * len(RULE_WORDS)
_LAYOUT = attrgetter("dtype", "shape", "flags.carray")  # the last: compiled code can write to it
_HIGHEST = sys.float_info.max
_SCALE, _COUNT, _HELD, _PLACE, _WINDOW = map(ord, "snhwW")  # letters of parts

# what an instance of the template has of its own: the letters of the parts, and the bytes of their
# numbers
LETTERS: Any = ()
SIZES: Any = ()


@inlined
def _is_usable(letter: int, address: int, window: int) -> bool:
    """Whether a rule can continue from the number of a part."""
    if letter == _SCALE:
        return bool(0.0 <= doubles_at(address)[0] <= _HIGHEST)
    count = counts_at(address)[0] if letter in (_COUNT, _HELD, _PLACE) else 0
    if letter == _COUNT:
        return bool(count >= 0)
    return bool(0 <= count <= (max(window - 1, 0) if letter == _PLACE else window))


@inlined
def _size(letter: int, size: int, window: int) -> int:
    """The bytes of a part."""
    return size * (window if letter == _WINDOW else 1)


@inlined
def _overlap(a: int, size: int, b: int, other: int) -> bool:
    return a < b + other and b < a + size


@inlined
def _copy(from_: int, to: int, size: int) -> None:
    for i in range(size // 4):
        counts_at(to)[i] = counts_at(from_)[i]


def _update_template(address: int, rule: int, state: Any, out: Any, same: bool, metric: Any) -> int:
    """Update a state into ``out``; an empty slot, or 0. Without a valid state, or if parts share
    memory, write nothing and return -1.
    """
    buffer, held, to = doubles_at(rule), addresses_of(state), addresses_of(out)
    window = int(buffer[_WINDOWED])
    for i in range(len(LETTERS)):
        size = _size(LETTERS[i], SIZES[i], window)
        if not _is_usable(LETTERS[i], held[i], window):
            return -1
        for j in range(len(LETTERS)):
            other = _size(LETTERS[j], SIZES[j], window)
            shared = i != j and _overlap(held[i], size, held[j], other)
            if not same:
                shared = shared or _overlap(to[i], size, held[j], other)
                shared = shared or (i != j and _overlap(to[i], size, to[j], other))
            if shared:
                return -1
    if not same:
        for i in range(len(LETTERS)):
            _copy(held[i], to[i], _size(LETTERS[i], SIZES[i], window))
    return update_lanes(slots_at(address), buffer, 1, metrics_at(metric), 1, out)


class _Updater(NamedTuple):
    """A compiled update, and the types and the layouts of the parts that it takes."""

    function: Any
    types: tuple[type, ...]
    layouts: tuple[tuple[Any, ...], ...]

    def takes(self, state: Any) -> bool:
        """Whether a state is a tuple of NumPy's own arrays that compiled code can write to."""
        return (
            isinstance(state, tuple)
            and tuple(map(type, state)) == self.types
            and tuple(map(_LAYOUT, state)) == self.layouts
        )


@cache
def _compiled_update(letters: str) -> Any:
    """Compile the update of states whose parts have these letters."""
    kinds = [types.float64 if letter in DOUBLE_PARTS else types.int32 for letter in letters]
    axes = [1 if letter == "W" else 0 for letter in letters]
    state = types.Tuple([types.Array(*part, "C") for part in zip(kinds, axes, strict=True)])
    own = {
        "LETTERS": tuple(ord(letter) for letter in letters),
        "SIZES": tuple(kind.bitwidth // 8 for kind in kinds),
    }
    function = quick(instance(_update_template, letters, **own))
    return entry(function, types.int64, types.int64, state, state, types.boolean, types.float64)


@cache
def _updater(update: float, windowed: float) -> _Updater:
    letters = RULES[UPDATES[int(update)]].parts
    layouts = tuple(
        (
            np.dtype(np.float64 if letter in DOUBLE_PARTS else np.int32),
            (int(windowed),) if letter == "W" else (),
            True,
        )
        for letter in letters
    )
    return _Updater(_compiled_update(letters), (np.ndarray,) * len(letters), layouts)


def update_one(rule: int, state: Any, out: Any, metric: float) -> bool:
    """Update a state of one lane of the rule at an address into ``out``, which may be the state.

    Returns False, and writes nothing, unless the rule's ``update`` accepts the tuples as they are.
    """
    words = _WORDS.from_address(rule)
    updater = _updater(words[_UPDATE], words[_WINDOWED])
    same = out is state
    if metric != metric or not updater.takes(state) or not (same or updater.takes(out)):
        return False
    while (slot := updater.function(ADDRESS, rule, state, out, same, metric)) > 0:
        compile_kernel(slot)
    return bool(slot == 0)
