"""A record of the bits of fastlr's tables: one line per example, preset and recipe.

    python tests/fingerprints.py            print the record of this version
    python tests/fingerprints.py --write    write it to tests/fingerprints.txt

A line has digests of the spec and of float64 and float32 tables, and the name. If the digest of the
spec changed, a different schedule was built. If only those of the tables changed, the same schedule
has different rates. For a plateau rule, the line has the scales of a history.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
import parity
from example_schedules import SCHEDULES

import fastlr as flr

RECORD = Path(__file__).with_suffix(".txt")
LAST = 2**53
DIGITS = 12

Rule = flr.Plateau | flr.GreedyLR | flr.NewBob
Value = flr.Schedule | Rule


class Fingerprint(NamedTuple):
    """Digests of one value: of its spec, and of its tables."""

    spec: str
    float64: str
    float32: str


def digest(*parts: bytes) -> str:
    return sha256(b"".join(parts)).hexdigest()[:DIGITS]


def examples() -> Mapping[str, Value]:
    """Return every curve, constructor and operation, and a rule of each convention."""
    rules = {
        f"Plateau(convention={name!r})": flr.Plateau(convention=name)
        for name in ("torch", "timm", "optax", "keras")
    }
    return {**SCHEDULES, **rules}


def presets() -> Mapping[str, Value]:
    """Return each preset, with the first settings for which it is compared with its framework."""
    drawn = {
        name: case.draw(np.random.default_rng([0, *name.encode()]))
        for name, case in sorted(parity.cases().items())
    }
    return {
        f"presets.{name}": parity.cases()[name].preset(**settings)
        for name, settings in drawn.items()
    }


def recipes() -> Mapping[str, Value]:
    """Return the whole run of each recipe, with all its quantities."""
    runs = map(flr.recipe, sorted(flr.recipes()))
    return {f"recipe({run.name!r})": (run.bundle or run).schedule for run in runs}


GROUPS = {"examples": examples, "presets": presets, "recipes": recipes}


def tables(schedule: flr.Schedule, dtype: str, threads: int = 1) -> Iterator[np.ndarray]:
    """Return the first rates, some of the whole run, and those from the end of the curves on.

    A preset's run may end earlier or later.
    """
    curves = schedule._node.steps
    end = LAST if schedule.past_end != "raise" else int(np.min(curves))
    run = min(end, 10_000 if curves is None else int(np.max(curves)))
    for start, stop, count in ((0, min(400, end), 400), (0, run, 400), (run, end, 100)):
        yield schedule.table(
            start, stop, max(1, (stop - start) // count), dtype=dtype, threads=threads
        )


def scales(rule: Rule, dtype: str) -> np.ndarray:
    return rule.replay(parity.history(300)).astype(dtype)


def fingerprint(value: Value, threads: int = 1) -> Fingerprint:
    """Compute with the backend in use, on this number of threads."""
    whole = [
        [scales(value, dtype)] if isinstance(value, Rule) else tables(value, dtype, threads)
        for dtype in ("float64", "float32")
    ]
    spec = json.dumps(value.to_spec(), sort_keys=True).encode()
    return Fingerprint(
        digest(spec), *(digest(*(table.tobytes() for table in each)) for each in whole)
    )


def written(found: Mapping[str, Fingerprint]) -> str:
    return "".join(f"{' '.join(fingerprint)}  {name}\n" for name, fingerprint in found.items())


def recorded() -> dict[str, Fingerprint]:
    """Return the lines of the record, by name."""
    lines = [line.split("  ", 1) for line in RECORD.read_text().splitlines()]
    return {name: Fingerprint(*digests.split(" ")) for digests, name in lines}


def main() -> None:
    found = {
        name: fingerprint(value) for group in GROUPS.values() for name, value in group().items()
    }
    if "--write" in sys.argv[1:]:
        RECORD.write_text(written(found))
    else:
        sys.stdout.write(written(found))


if __name__ == "__main__":
    main()
