"""Run the programs of docs/how_to/cluster.md unchanged, on a cluster of two processes."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import fastlr as flr

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how_to" / "cluster.md"
PROGRAM = re.compile(r"```python\n# (\S+)\n(.*?)```", re.DOTALL)
PROGRAMS = dict(PROGRAM.findall(PAGE.read_text()))
SITE = str(Path(flr.__file__).parents[1])


@pytest.fixture
def page(tmp_path):
    """A folder with the programs of the page."""
    for name, text in PROGRAMS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def start(folder, *command):
    env = {**os.environ, "PYTHONPATH": SITE}
    return subprocess.Popen(
        [sys.executable, *command], cwd=folder, env=env, stdout=subprocess.PIPE, text=True
    )


def run(folder, *command):
    process = start(folder, *command)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return said


def test_every_program_of_the_page_is_run_here():
    assert list(PROGRAMS) == ["family.py", "on_dask.py", "job.py", "merge.py", "read.py"]


@pytest.mark.exhaustive
def test_dask_and_a_job_array_find_the_same(page):
    by_dask = run(page, "on_dask.py")
    assert "loss" in by_dask
    (page / "best").rename(page / "best-by-dask")
    for part in ("2", "0", "1"):
        run(page, "job.py", part, "3")
    merged = run(page, "merge.py")
    rows = merged.splitlines()[:6]
    assert rows == by_dask.splitlines()[:6]
    assert merged.splitlines()[6] == "(6000, 1000)"
    assert "6000 (6000, 1000) range(0, 1000)" in run(page, "read.py")


def test_a_job_that_is_killed_goes_on(page):
    """The job is killed as soon as the store has a part."""
    job = start(page, "job.py", "0", "2")
    for _ in range(3_000):
        if list(page.glob("rates.zarr/rate/c/*/*")) or job.poll() is not None:
            break
        time.sleep(0.01)
    job.send_signal(signal.SIGKILL)
    job.communicate()
    for part in ("0", "1"):
        run(page, "job.py", part, "2")
    assert "(6000, 1000)" in run(page, "merge.py")
