"""Read and run the refused calls in ``tests/refusals/*.txt``.

A case is two lines: ``>>>`` with a call as a user writes it, and the error that it raises, such as
``ValueError: linear: steps must be an integer from 0 to 2**53, got -5``. The message must contain
this text. A line that begins with spaces continues the text.
"""

import builtins
import math
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import fastlr as flr
from fastlr.sweeps.toml_files import law_from, sweep_from

FOLDER = Path(__file__).parent / "refusals"


def described(**more: object) -> object:
    """Build a sweep from plain data with one change."""
    return sweep_from({"family": "linear", "steps": 10, **more})


def spaced(init: object) -> object:
    """Build a sweep with this ``init``."""
    return described(parameters={"init": init, "end": 0.0, "steps": 1})


def drawn(init: object) -> object:
    """Build a sweep whose ``init`` is drawn from this space."""
    return described(
        draw=[{"method": "random", "size": 4, "init": init}], parameters={"end": 0.0, "steps": 1}
    )


LINE = flr.linear(1.0, 0.0, 10)
NAMES = {
    **{name: getattr(flr.presets, name) for name in flr.presets.frameworks()},
    **{name: getattr(flr, name) for name in (*flr.__all__, "loss_laws", "presets")},
    "flr": flr,
    "np": np,
    "nan": math.nan,
    "inf": math.inf,
    "Path": Path,
    "flat": flr.constant(1.0),
    "line": LINE,
    "pair": flr.linear([1.0, 2.0], 0.0, 10),
    "triple": flr.constant([1.0, 2.0, 3.0]),
    "strict": LINE.with_past_end("raise"),
    "groups": flr.stack({"body": LINE, "head": flr.constant(0.3)}),
    "described": described,
    "drawn": drawn,
    "spaced": spaced,
    "sweep_from": sweep_from,
    "law_from": law_from,
    "law": flr.loss_laws.Annealing(2.6, 0.6, 0.45, 0.5, 0.99),
    "rule": flr.Plateau(),
    "adamw": flr.bundle(lr=LINE, weight_decay=flr.constant(0.1)),
    "family": flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20, 30]),
    "vast": flr.sweep("linear", flr.random(2**53, init=flr.Uniform(0.1, 0.2)), end=0.0, steps=10),
    "PLATEAU": {
        "mode": "min",
        "factor": 0.1,
        "patience": 3,
        "threshold": 1e-4,
        "threshold_mode": "rel",
        "cooldown": 0,
        "eps": 1e-8,
        "min_lrs": [0.0],
        "num_bad_epochs": 0,
        "last_epoch": 0,
    },
    "one": flr.stack({"only": flr.constant(0.1)}),
    "r": flr.Ramp((10, 20), at=(4,)),
    "saved": flr.checkpoint(flr.linear(1.0, 0.0, 10), 4),
    "STEPPED": {"step_size": 3, "gamma": 0.5, "base_lrs": [0.1, 0.2], "last_epoch": 0},
}


class Refusal(NamedTuple):
    """One case: a call, the type of its error, and text of the message."""

    call: str
    error: type[Exception]
    words: str


def refusals(name: str) -> list[Refusal]:
    """Return all cases of one file."""
    found = re.findall(
        r"^>>> (.*)\n((?:\.\.\. .*\n)*)(\w+): (.*(?:\n    .*)*)",
        (FOLDER / f"{name}.txt").read_text(),
        re.MULTILINE,
    )
    return [
        Refusal(
            "\n".join([first, *(line[4:] for line in rest.splitlines())]),
            getattr(builtins, error),
            words.replace("\n    ", "\n"),
        )
        for first, rest, error, words in found
    ]


def run(text: str) -> object:
    """Evaluate a call as a user writes it."""
    return eval(text, dict(NAMES))


def check_refused(case: Refusal) -> None:
    """Run a case: the error has exactly this type, and a short message with this text."""
    with pytest.raises(case.error) as refused:
        run(case.call)
    assert refused.type is case.error
    assert case.words in str(refused.value)
    assert len(str(refused.value)) < 900
