"""A command that writes a file leaves the old or the new file complete, however it ends, and its
next run succeeds.
"""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from killed_writers import KILLS, SHARES, WRITERS
from processes import SITE

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process that can part is ended")

every_writer = pytest.mark.parametrize("out", WRITERS)


@cache
def outcome(out, folder):
    """Return the outcome of one command."""
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(SITE), str(Path(__file__).parent)]),
        "FASTLR_BACKEND": "reference",
    }
    # without -B, Python would keep bytecode that a full disk cut short, and fail to import it later
    writers = Path(__file__).with_name("killed_writers.py")
    command = [sys.executable, "-B", str(writers), str(folder), out]
    done = subprocess.run(
        command, env=env, stdout=subprocess.PIPE, text=True, check=True, timeout=300
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Run each command in its own folder."""
    folders = {out: tmp_path_factory.mktemp("written") for out in WRITERS}
    return lambda out: outcome(out, folders[out])


@every_writer
@pytest.mark.exhaustive(one_in=11)
def test_killed_at_any_moment_the_old_or_the_new_file_is_complete(outcomes, out):
    found = outcomes(out)["killed"]
    assert (found["kept"], found["done"]) == (True, True), found["said"]
    assert 0 < found["kills"] <= KILLS


@every_writer
@pytest.mark.exhaustive(one_in=11)
def test_if_the_disk_is_full_the_old_file_stays_and_the_error_names_it(outcomes, out):
    for share, found in zip(SHARES, outcomes(out)["full"], strict=True):
        assert (found["code"], found["kept"], found["left"]) == (2, True, []), share
        assert out in found["said"]
        assert "File too large" in found["said"]
        assert found["done"], share
