"""Split the work on a table over threads. Kernels of the compiled backends release the GIL.

Threads begin and end with a call: there is no pool that a fork could break. Each part is a range of
lanes and a range of columns of the table, which no other part writes. Rates are the same however
the table is split.
"""

from collections.abc import Callable
from itertools import pairwise

__all__ = ["split_over_threads"]

Work = Callable[[range, range], None]  # (lanes, columns)

_LEAST = 1 << 14  # rates per thread at least: about 10 microseconds of work
_PARTS = 4  # per thread: families of lanes, and processors, differ in speed


def split_over_threads(
    work: Work, lanes: int, columns: int, threads: int, by_lanes: bool = False
) -> None:
    """Call ``work`` for all parts of a table of so many lanes and columns.

    It runs in at most ``threads`` threads. With ``by_lanes`` a lane's columns stay together.
    """
    if threads > 1:
        threads = min(threads, lanes * columns // _LEAST)
    if threads <= 1:
        work(range(lanes), range(columns))
        return
    from concurrent.futures import ThreadPoolExecutor  # slow to import, and seldom needed

    count = threads * _PARTS
    parts = (
        [(part, range(columns)) for part in _divided(lanes, min(lanes, count))]
        if by_lanes or lanes >= count
        else [(range(lanes), part) for part in _divided(columns, threads)]
    )
    with ThreadPoolExecutor(threads) as executor:
        for done in [executor.submit(work, *part) for part in parts]:
            done.result()


def _divided(size: int, count: int) -> list[range]:
    """``range(size)`` in ``count`` ranges of nearly equal size."""
    ends = [size * i // count for i in range(count + 1)]
    return [range(start, stop) for start, stop in pairwise(ends)]
