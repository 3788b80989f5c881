"""The rules that follow a metric, in plain NumPy: a history goes through many lanes at a time.

``reference_plateau`` and ``reference_adaptive`` define the updates. No operation is fused or
approximate, so every backend gives the same bits.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.kernels import reference_adaptive, reference_plateau
from fastlr.program.opcodes import RULE_WORDS, RULES, UPDATES

__all__ = ["replay"]

Array = npt.NDArray[np.float64]

_CHUNK = 4096  # lanes at a time: 32 KiB per array
_UPDATES: dict[str, Callable[..., None]] = {
    "torch": reference_plateau.update,
    "optax": reference_plateau.update,
    "keras": reference_plateau.update,
    "kl_adaptive": reference_adaptive.kl_adaptive,
    "new_bob": reference_adaptive.new_bob,
    "greedy_lr": reference_adaptive.greedy_lr,
}


def _numbers(buffer: Array, fields: tuple[str, ...], lanes: slice) -> dict[str, Array]:
    """The numbers of a rule: each has one element per lane, or one for all."""
    places = buffer[len(RULE_WORDS) :][: 2 * len(fields)].astype(np.int64).reshape(-1, 2)
    return {
        name: buffer[at + stride * lanes.start : at + stride * (lanes.stop - 1) + 1]
        for name, (at, stride) in zip(fields, places, strict=True)
    }


def _part(part: Any, letter: str, windows: int, lanes: slice) -> Any:
    """A part of the state of some lanes."""
    if letter == "W":
        return part.reshape(-1, windows)[lanes] if windows else part
    return part if letter in "DI" and not windows else part[lanes]


def replay(
    buffer: Array, lanes: range, metrics: Array, state: tuple[Any, ...], out: Array | None
) -> None:
    """Update ``lanes`` of a rule with float64 ``metrics`` (updates, lanes or 1).

    Their scales go to ``out`` (updates, lanes), unless it is None.
    """
    words = dict(zip(RULE_WORDS, buffer[: len(RULE_WORDS)].tolist(), strict=True))
    name, windows = UPDATES[int(words["update"])], int(words["windowed"])
    fields, letters = RULES[name]
    with np.errstate(all="ignore"):  # infinities and NaN among the metrics
        for i in range(lanes.start, lanes.stop, _CHUNK):
            some = slice(i, min(i + _CHUNK, lanes.stop))
            held = [
                _part(part, letter, windows, some)
                for part, letter in zip(state, letters, strict=True)
            ]
            numbers = _numbers(buffer, fields, some)
            for t, row in enumerate(metrics):
                _UPDATES[name](words, numbers, row[some] if row.size > 1 else row, *held)
                if out is not None:
                    out[t, some] = held[0]
