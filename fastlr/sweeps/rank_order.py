"""Arrays in the order of a ranking. Labels of lanes refuse them, which are in the lanes' order."""

from __future__ import annotations  # help() replaces rules in the text

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["in_rank_order", "is_in_rank_order"]


class _InRankOrder(np.ndarray[Any, Any]):
    """An array whose first axis is in the order of a ranking; otherwise an ordinary array."""

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """Return a result; one of another length is an ordinary array or number."""
        if array.shape[:1] == self.shape[:1] and array.ndim:
            return array.view(type(self))
        return array[()] if return_scalar or not array.ndim else np.asarray(array)

    def __repr__(self) -> str:
        return repr(np.asarray(self))


def in_rank_order(values: npt.ArrayLike) -> npt.NDArray[Any]:
    """Mark an array as in the order of a ranking.

    >>> is_in_rank_order(in_rank_order([1.0, 2.0]) + 1), is_in_rank_order(np.ones(2))
    (True, False)
    """
    return np.asarray(values).view(_InRankOrder)


def is_in_rank_order(values: object) -> bool:
    """Whether an array is marked as in the order of a ranking."""
    return isinstance(values, _InRankOrder)
