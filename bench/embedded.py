"""Time ``fastlr_rate`` in a C program against a formula by hand, for each compiler and each
optimization level.

The compilers are those of GCC and Clang that are on the PATH. The formula by hand is compiled with
the flags of the library, and measured in the same run. Compilers differ more in this formula than
in the library, so each time is compared with the fastest formula of the run.
"""

import math
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import fastlr as flr
from bench.report import Row, target

HEAD = ("compiler and flags", "fastlr_rate", "by hand", "x the fastest by hand", "target")
COMPILERS = ("gcc", "clang")
LEVELS = ("-O2", "-O3 -march=native")
SOURCE = Path(__file__).with_suffix(".c")
PLAN = {"peak": 6e-4, "warmup": 2_000, "steps": 600_000, "end": 6e-5}


class Build(NamedTuple):
    compiler: str
    flags: str


class Times(NamedTuple):
    """Nanoseconds per rate."""

    library: float
    hand: float


def compiled(build: Build, folder: Path) -> Path:
    """The program of one build."""
    sources, built = Path(flr.get_include()), folder / "-".join(build).replace(" ", "")
    flags = [*build.flags.split(), "-std=c11", f"-I{sources}"]
    files = [SOURCE, *sources.glob("*.c")]
    subprocess.run([build.compiler, *flags, *files, "-lm", "-o", built], check=True)
    return built


def measured(built: Path, folder: Path) -> Times:
    """The times of a program, which gives the rates of the formula."""
    program = folder / "plan.program"
    flr.warmup_cosine(**PLAN).program.tofile(program)
    run = [built, program, *map(str, PLAN.values())]
    printed = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    library, hand, total, total_by_hand = map(float, printed.split())
    if not math.isclose(total, total_by_hand, rel_tol=1e-12):
        raise AssertionError(f"not the same thing: {total} and {total_by_hand}")
    return Times(library, hand)


def rows() -> list[Row]:
    """A row per compiler and level."""
    builds = [Build(name, flags) for name in COMPILERS if shutil.which(name) for flags in LEVELS]
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor() as threads:
        folder = Path(name)
        programs = list(threads.map(lambda build: compiled(build, folder), builds))
        found = [measured(built, folder) for built in programs]
    fastest = min(times.hand for times in found)
    return [row(build, times, fastest) for build, times in zip(builds, found, strict=True)]


def row(build: Build, times: Times, fastest: float) -> Row:
    """The row of one build."""
    ratio = times.library / fastest
    met = times.library <= 12.0 or ratio <= 1.2
    words = target("at most 12 ns or 1.2x", {build.compiler: met})
    spent = [f"{nanoseconds:.1f} ns" for nanoseconds in times]
    return " ".join(build), *spent, f"{ratio:.2f}", words
