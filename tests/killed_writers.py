"""Kill every command that writes a file at random moments, or let it run on a full disk.

The arguments are a folder and the name of the output. Prints the outcomes as JSON.
"""

import importlib
import io
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner

import fastlr as flr
from fastlr.cli.commands import app

FILES = {
    "family.toml": """
family = "wsd(peak, 100, 40_000 - cooldown, cooldown)"
steps = 40_000
parameters = {peak = [1e-3, 2e-3, 3e-3, 4e-3], cooldown = [100, 200, 300]}
""",
    "small.toml": "family = 'linear'\nsteps = 200\nparameters = {init = [0.1, 0.2], end "
    "= 0.0, steps = 200}\n",
    "law.toml": "law = 'Annealing'\nconstants = {L0 = 2.6, A = 0.6, alpha = 0.45, C = "
    "0.5, decay = 0.99}\n",
}
WRITERS = {
    "rates.npy": ["table", "cosine(0.1, [0.0, 0.01], 500_000)"],
    "rates.csv": ["table", "cosine(0.1, 0.0, 40_000)"],
    "curve.png": ["plot", "cosine(0.1, 0.0, 1_000)"],
    "curve.svg": ["plot", "cosine(0.1, 0.0, 1_000)", "linear(0.1, 0.0, 900)"],
    "both.svg": ["compare", "cosine(0.1, 0.0, 1_000)", "cosine(0.1, 0.0, 1_000)"],
    "sweep.npy": ["sweep", "family.toml", "--memory", "1"],
    "sweep.zarr": ["sweep", "family.toml", "--memory", "1"],
    "areas.csv": ["sweep", "family.toml", "--reduce", "sum", "--reduce", "argmax"],
    "best.png": ["rank", "small.toml", "--law", "law.toml"],
}
STORES = ("sweep.npy", "sweep.zarr")  # a second run resumes them
BEFORE = b"what stood there before"
KILLS, SHARES = 6, (0.0, 0.7)  # shares of the largest file that fit on the disk


def inside(out: str, most_bytes: int | None = None) -> tuple[int, str]:
    """Run the command with a limit on its files; return its status and last line of errors."""
    if most_bytes is not None:
        import resource  # which Windows has not, where nothing here runs

        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
    done = CliRunner().invoke(app, [*WRITERS[out], "--out", out])
    return done.exit_code, done.stderr.splitlines()[-1] if done.stderr else ""


def forked(work: Callable[[], Any], delay: float | None = None) -> Any:
    """Return the result of ``work`` in its own process; ``None`` if it was killed after these
    seconds.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, json.dumps(work()).encode())
        os._exit(0)
    os.close(writing)
    if delay is not None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return json.loads(said) if said else None


def held(out: str) -> dict[str, bytes]:
    """Return the content of the output: a file, or the files of a folder."""
    path = Path(out)
    return {
        str(file): file.read_bytes()
        for file in sorted(path.rglob("*") if path.is_dir() else [path])
        if file.is_file()
    }


def wanted(out: str) -> dict[str, bytes]:
    """Return what the command writes undisturbed, and remove it."""
    code, said = forked(lambda: inside(out))
    assert code == 0, said
    found = held(out)
    emptied()
    return found


def emptied() -> None:
    """Restore the folder to its first state."""
    for path in sorted(Path().rglob("*"), reverse=True):
        if path.name not in FILES:
            path.rmdir() if path.is_dir() else path.unlink()


def laid(out: str) -> dict[str, bytes]:
    """Write an old output to be replaced, if the command replaces it."""
    if out not in STORES:
        Path(out).write_bytes(BEFORE)
    return held(out)


def killed(out: str, whole: dict[str, bytes]) -> dict[str, Any]:
    """Whether the output is always the old or the new one after kills, and the command then
    succeeds.
    """
    before, moments, again, kills, kept = laid(out), random.Random(out), time.monotonic(), 0, True
    forked(lambda: inside(out))
    took = time.monotonic() - again
    emptied()
    laid(out)
    for _ in range(KILLS):
        kills += forked(lambda: inside(out), delay=moments.uniform(0.0, took)) is None
        # whose chunks stand there one by one
        kept &= held(out) in (before, whole) or out == "sweep.zarr"
    code, said = forked(lambda: inside(out))
    left = [path.name for path in Path().iterdir() if path.suffix in (".part", ".partial")]
    done = (code, held(out) == whole, left) == (0, True, [])
    emptied()
    return {"kills": kills, "kept": kept, "done": done, "said": said}


def full(out: str, whole: dict[str, bytes]) -> list[dict[str, Any]]:
    """Return the error on a full disk, whether the old file remains, and whether the next run
    succeeds.
    """
    found = []
    for share in SHARES:
        before, names = laid(out), {path.name for path in Path().iterdir()}
        code, said = forked(
            lambda share=share: inside(out, int(share * max(map(len, whole.values()))))
        )
        kept = held(out) == before or out == "sweep.zarr"
        left = sorted({path.name for path in Path().iterdir()} - names) if out not in STORES else []
        again, _ = forked(lambda: inside(out))
        found.append(
            {
                "code": code,
                "said": said,
                "kept": kept,
                "left": left,
                "done": again == 0 and held(out) == whole,
            }
        )
        emptied()
    return found


def loaded(out: str) -> None:
    """Bring what the processes need, once; but nothing that begins a thread."""
    if Path(out).suffix in (".png", ".svg"):
        plots = importlib.import_module("fastlr.drawing.plots")
        plots.plot(flr.constant(1.0), steps=2, ax=plots.empty()).get_figure().savefig(
            io.BytesIO(), format=Path(out).suffix[1:]
        )
    for name in (
        "fastlr.sweeps.ranking",
        "fastlr.adapters.pandas",
        "fastlr.sweeps.stores.zarr",
    ):
        importlib.import_module(name)


if __name__ == "__main__":
    loaded(sys.argv[2])
    os.chdir(sys.argv[1])
    for name, text in FILES.items():
        Path(name).write_text(text)
    written = wanted(sys.argv[2])
    print(json.dumps({"killed": killed(sys.argv[2], written), "full": full(sys.argv[2], written)}))
