"""The buffer of a rule that follows a metric: one flat float64 array, which is all that kernels
read.

    header   PLATEAU_MAGIC, update, whether its numbers are float32, whether NaN is ignored, the
             windows, size, whether NaN is an error, number of axes
    fields   per name in the layout of its update, its offset and a stride: 1 if each lane has its
             own number, 0 if all lanes share one
    data     the numbers, field by field
    shape    the size of each axis of the lanes

The windows are 0 if there are none. For ``Plateau`` they are 1 otherwise, for ``GreedyLR`` their
size.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from fastlr.program.opcodes import PLATEAU_MAGIC, RULE_WORDS, RULES, UPDATES

__all__ = ["rule_buffer", "windows_of"]

Array = npt.NDArray[np.float64]


def rule_buffer(
    update: str,
    fields: Mapping[str, Array],
    lanes: tuple[int, ...],
    nan: str,
    single: bool = False,
    windows: int = 0,
) -> Array:
    """Return the buffer of a rule for lanes of this shape."""
    names = RULES[update].fields
    head = [
        PLATEAU_MAGIC,
        UPDATES.index(update),
        single,
        nan == "ignore",
        windows,
        0,
        nan == "raise",
        len(lanes),
    ]
    places: list[int] = []
    columns: list[Array] = []
    at = len(RULE_WORDS) + 2 * len(names)
    for name in names:
        own = fields[name].size > 1
        columns.append(
            np.broadcast_to(fields[name], lanes).ravel() if own else fields[name].ravel()
        )
        places += [at, own]
        at += columns[-1].size
    buffer = np.concatenate([head, places, *columns, lanes])
    buffer[RULE_WORDS.index("size")] = buffer.size
    buffer.flags.writeable = False
    return buffer


def windows_of(buffer: Array) -> int:
    """Return the word of a buffer that describes its windows."""
    return int(buffer[RULE_WORDS.index("windowed")])
