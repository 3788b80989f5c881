"""Time a user's @njit loop with ``flr.jit.rates`` against the same loop with a formula by hand.

Measured is the CPU time of a new process to the end of its first loop, beyond that of
``import numba``.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.report import Row, target

WITH_RATES = """
import sys
if {alone}:
    sys.modules["fastlr._native"] = None  # as if it were not installed
import numpy as np
from numba import njit
import fastlr as flr

@njit(cache={cache})
def total(program, out, steps):
    total = 0.0
    for t in range(steps):
        flr.jit.rates(program, t, out)
        total += out.sum()
    return total

schedule = flr.warmup_cosine(np.geomspace(1e-4, 1e-2, 10), 100, 1_000)
print(total(schedule.program, np.empty(10), 1_000))
"""
BY_HAND = """
import math
import numpy as np
from numba import njit

@njit(cache={cache})
def total(peaks, out, steps):
    total = 0.0
    for t in range(steps):
        for i in range(peaks.size):
            if t < 100:
                out[i] = peaks[i] * t / 100
            else:
                out[i] = peaks[i] * 0.5 * (1.0 + math.cos(math.pi * (t - 100) / 900))
        total += out.sum()
    return total

print(total(np.geomspace(1e-4, 1e-2, 10), np.empty(10), 1_000))
"""
LOOPS = {"C": (WITH_RATES, False), "Numba": (WITH_RATES, True), "by hand": (BY_HAND, False)}
# what is in the caches -> whether the user's function has a cache, and the runs before that count
STATES = {
    "nothing cached": (False, 0),
    "fastlr's kernels cached": (False, 1),
    "the loop cached too": (True, 1),
}


def cpu_seconds(script: Path, environment: dict[str, str]) -> tuple[float, float]:
    """CPU seconds of a process, and the number that it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, script], check=True, env=environment, capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return spent, float(done.stdout or 0.0)


def first_loop(text: str, warm_runs: int) -> tuple[float, float]:
    """CPU seconds of one loop beyond ``import numba``, with caches that only the runs before it
    filled, and the sum of its rates.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"
        }
        environment["NUMBA_CACHE_DIR"] = folder
        script, imports = Path(folder, "loop.py"), Path(folder, "imports.py")
        script.write_text(text)
        imports.write_text("import numba")
        for _ in range(warm_runs):
            cpu_seconds(script, environment)
        spent, total = cpu_seconds(script, environment)
        return spent - cpu_seconds(imports, environment)[0], total


def user_loop(state: str, rounds: int = 3) -> Row:
    """The row of one state of the caches."""
    cache, warm_runs = STATES[state]
    spent: dict[str, float] = {}
    totals = []
    for name, (text, alone) in LOOPS.items():
        found = [
            first_loop(text.format(cache=cache, alone=alone), warm_runs) for _ in range(rounds)
        ]
        spent[name], totals = median(seconds for seconds, _ in found), [*totals, found[0][1]]
    if max(totals) - min(totals) > 1e-12 * max(totals):
        raise AssertionError(f"not the same thing: {totals}")
    met = {"C": spent["C"] <= spent["by hand"] + 0.3, "Numba": spent["Numba"] <= 4.0}
    times = ", ".join(f"{seconds:.2f} {name}" for name, seconds in spent.items())
    words = target("in C at most 0.3 s more than by hand, in Numba at most 4 s", met)
    what = f"a user's @njit loop to its end, {state}: CPU-seconds {times}"
    return what, "", "", "", "", words
