"""Work on a table in parts, over threads: any backend, as its kernels let go of the GIL.

Threads begin with a call and end with it. There is no pool that a fork could break, and nothing
that is shared: each part is a range of lanes and a range of columns of the table, which no other
part writes to. Rates do not hang on how they are divided.
"""

from collections.abc import Callable
from itertools import pairwise

__all__ = ["split_over_threads"]

Work = Callable[[range, range], None]  # (lanes, columns)

_LEAST = 1 << 14  # rates that are worth a thread: some ten microseconds
_PARTS = 4  # a thread: families of lanes, and processors, differ in speed


def split_over_threads(
    work: Work, lanes: int, columns: int, threads: int, by_lanes: bool = False
) -> None:
    """Do ``work`` for a table of so many lanes and columns, over at most so many threads; a
    lane's columns together if asked.
    """
    if threads > 1:
        threads = min(threads, lanes * columns // _LEAST)
    if threads <= 1:
        work(range(lanes), range(columns))
        return
    from concurrent.futures import ThreadPoolExecutor  # an import that most users have no need of

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
    """``range(size)`` in so many ranges, as even as can be."""
    ends = [size * i // count for i in range(count + 1)]
    return [range(start, stop) for start, stop in pairwise(ends)]
