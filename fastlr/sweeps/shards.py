"""Shards: the parts of a computation that the jobs of a job array divide among themselves."""

from __future__ import annotations  # help() replaces rules in the text

import numpy as np

from fastlr.arguments.rules import short_repr

__all__ = ["Shard", "check_shard"]

Shard = tuple[int, int]  # which part, from 0, and of how many


def check_shard(where: str, shard: object) -> Shard | None:
    """Return a shard as two integers, or raise an error that begins with ``where``."""
    match shard:
        case None:
            return None
        case (int() | np.integer() as i, int() | np.integer() as n) if 0 <= i < n and bool not in (
            type(i),
            type(n),
        ):
            return int(i), int(n)
    raise ValueError(
        f"{where}: shard must be (i, n), the i-th of n parts, i from 0 to n - 1, got "
        f"{short_repr(shard)}"
    )
