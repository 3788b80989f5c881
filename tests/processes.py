"""Start another Python in a test and read what it prints; evaluate in threads and processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import fastlr as flr

SITE = Path(flr.__file__).parents[1]
STEPS = np.array([0, 7, 3, 900, 10**9])


def start(
    code: str, *args: str, cwd: Path | None = None, site: Path = SITE, **env: str
) -> subprocess.Popen[str]:
    """Start another Python in which warnings are errors; only ``env`` chooses a backend."""
    inherited = {key: value for key, value in os.environ.items() if key != "FASTLR_BACKEND"}
    command = [sys.executable, "-W", "error", "-c", code, *args]
    env = {**inherited, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1", **env}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd, env=env
    )


def finish(process: subprocess.Popen[str]) -> dict:
    """Return what the process printed, as JSON."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return json.loads(out)


def run(code: str, *args: str, **options: object) -> dict:
    return finish(start(code, *args, **options))


def fresh():
    """Return a new schedule of many lanes, and one of its lanes."""
    lanes = flr.warmup_cosine([0.1, 0.2, 0.3], 20, 1_000, end=[0.0, 0.01, 0.02]) * flr.cyclic(
        0.5, 1.0, up=7
    )
    return lanes, lanes[1]


def answers(lanes, lane):
    """Evaluate in every way and return bytes; use two threads where possible."""
    parts = (
        lanes.table(600, threads=2),
        lanes.table(0, 600, 3, dtype="float32"),
        lanes(7),
        lanes(STEPS),
        lane.table(500, threads=2),
        lane(STEPS),
        np.array([lane(t) for t in STEPS.tolist()]),
    )
    return b"".join(rates.tobytes() for rates in parts)
