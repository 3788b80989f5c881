"""Kill and resume a training run with an extended plan and a plateau rule. Its weights must equal
those of an uninterrupted run to the bit.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from other_libraries import require

SCRIPT = Path(__file__).parent.parent / "torch_training.py"
NEEDS = {"by hand": ["torch"], "Lightning": ["torch", "lightning"]} | {
    "Trainer": ["torch", "transformers", "accelerate"]
}
CASES = [("by hand", "os"), ("by hand", "so"), ("Lightning", "-"), ("Trainer", "-")]


def train(kind, folder, plan, kill=0, order="-"):
    """The exit codes of its processes, and what they wrote at the end."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, SCRIPT, kind, folder, plan, str(kill), order]
    store = folder / f"store.{kill}"
    running = [
        subprocess.Popen(
            command,
            env={**os.environ, "RANK": str(rank), "STORE": str(store)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2 if kind == "by hand" else 1)
    ]
    said = [each.communicate(timeout=300)[1] for each in running]
    codes = [each.returncode for each in running]
    written = [json.loads(file.read_text()) for file in sorted(folder.glob("final.*.json"))]
    assert not any(code > 0 for code in codes), said[0][-2000:]
    return codes, written


@pytest.mark.exhaustive
@pytest.mark.parametrize(("kind", "order"), CASES)
def test_a_killed_run_ends_with_the_same_weights(kind, order, tmp_path):
    require(*NEEDS[kind])
    codes, whole = train(kind, tmp_path / "whole", "extended")
    assert set(codes) == {0}
    assert 0 < whole[0]["scale"] < 1, "the rule reduced the rate"
    codes, nothing = train(kind, tmp_path / "killed", "short", kill=8)
    assert (set(codes), nothing) == ({-signal.SIGKILL}, [])
    codes, resumed = train(kind, tmp_path / "killed", "extended", order=order)
    assert set(codes) == {0}
    assert resumed == whole
