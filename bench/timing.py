"""Time works in turns: all that are compared run in the same rounds of one process.

A disturbance of the machine then slows all of them alike, and the ratios keep their meaning.
"""

import time
from collections.abc import Callable
from typing import Any

Work = Callable[[], Any]
ROUNDS = 25


def seconds(work: Work) -> float:
    """Seconds that one run takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def warm_seconds(work: Work) -> float:
    """Seconds of a second run: the first one decides what the CPU caches hold."""
    work()
    return seconds(work)


def time_in_turns(works: list[Work], rounds: int = ROUNDS) -> list[list[float]]:
    """Seconds of each work, per round."""
    return [[warm_seconds(work) for work in works] for _ in range(rounds)]
