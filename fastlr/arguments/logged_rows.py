"""Logs of a run: which rows count where a run was restarted and logged some of its steps again."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Boundaries, Rates, validate

__all__ = ["Rows", "column", "surviving"]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]


class Rows(NamedTuple):
    """The rows of a log that count: steps that rise strictly, values, and places in the log."""

    steps: Steps
    values: Array
    places: npt.NDArray[np.int64]


def column(where: str, values: object) -> npt.NDArray[Any]:
    """Return logged values as an array of any numbers; rows that no longer count may hold NaN."""
    [_, rule] = get_args(Rates)
    array: npt.NDArray[Any] = rule.array(where, values)
    return array


def surviving(
    where: str, name: str, values: npt.NDArray[Any], steps: object, least: int = 2
) -> Rows:
    """Return the rows of a log that belong to the run that went on.

    A restarted run logs some steps again. Where the steps go back to step ``s``, or stay there, the
    earlier rows with ``step >= s`` belong to an abandoned attempt and are dropped. Of a repeated
    step the last value counts.

    Rows may also be out of order for another reason. So the steps may go back only where both
    readings agree, because every step that is dropped is logged again, or where the rows show a
    restart: from the first step that it logs again up to its last step, the new attempt logs
    exactly the steps that the abandoned attempt logged.

    Parameters
    ----------
    where
        What an error message begins with.
    name
        What the values are, in a message: ``"losses"``.
    values
        A column of the log, as ``column`` returns it.
    steps
        The step of each value, in the order in which they were logged.
    least
        How many rows must count, 1 or 2.

    Raises
    ------
    TypeError
        If steps are not integers.
    ValueError
        If there are not as many steps as values, if fewer rows count than must, if rows are out of
        order, or if a value that counts is negative or not finite.

    Examples
    --------
    >>> losses = column("fit: losses", [3.0, 2.5, 2.9, 2.4, 2.2])
    >>> rows = surviving("fit", "losses", losses, [10, 20, 30, 20, 30])
    >>> rows.steps.tolist(), rows.values.tolist()
    ([10, 20, 30], [3.0, 2.4, 2.2])
    """
    logged: Steps = validate(Boundaries, f"{where}: steps", steps)
    if logged.shape != values.shape:
        got = logged.size if logged.ndim == 1 else f"an array of shape {logged.shape}"
        raise ValueError(f"{where}: steps must be as many as {name}, {values.size}, got {got}")
    places = _last_attempts(logged)
    if places.size < len(np.unique(logged)):
        _check_restarts(where, logged)
    if places.size < least:
        got = logged[places].tolist()
        raise ValueError(f"{where}: steps must have at least two different ones, got {got}")
    return Rows(logged[places], validate(Rates, f"{where}: {name}", values[places]), places)


def _last_attempts(logged: Steps) -> npt.NDArray[np.int64]:
    """The places of the rows after which every step is higher."""
    following = np.append(np.minimum.accumulate(logged[::-1])[::-1][1:], np.iinfo(np.int64).max)
    return np.flatnonzero(logged < following).astype(np.int64)


def _check_restarts(where: str, logged: Steps) -> None:
    """Raise unless the rows show a restart wherever the steps go back."""
    begins = [0, *(np.flatnonzero(np.diff(logged) <= 0) + 1).tolist(), logged.size]
    counting: list[int] = []  # the steps that count so far
    for begin, end in pairwise(begins):
        attempt = logged[begin:end].tolist()
        kept = bisect_left(counting, attempt[0])
        abandoned = counting[kept:]
        if abandoned and not _is_restart(abandoned, attempt):
            raise ValueError(
                f"{where}: steps must rise strictly, got {attempt[0]} after "
                f"{logged[begin - 1]}, and do not "
                "show a restart: either the run restarted there and earlier rows, "
                f"{len(abandoned)} of them, "
                "no longer count, or the rows are out of order; remove the rows that no "
                "longer count, or "
                "sort the rows by step"
            )
        counting[kept:] = attempt


def _is_restart(abandoned: list[int], attempt: list[int]) -> bool:
    """Whether an attempt logs the abandoned steps again: all, or exactly those up to its end."""
    if set(abandoned) <= set(attempt):
        return True
    again = [step for step in abandoned if step <= attempt[-1]]
    return bool(again) and [step for step in attempt if step >= again[0]] == again
