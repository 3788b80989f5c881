"""Find the length of a run of Keras's ``fit``, which gives a schedule nothing but a step.

Keras counts batches, its own callbacks count epochs, and a plan in the wrong unit ends after a few
batches. Only ``fit`` knows the epochs and the batches of each, so the schedule looks for it.
"""

from __future__ import annotations

import sys

import keras

__all__ = ["batches_of_fit"]


def _never() -> bool:
    return False


_BACKEND = keras.backend.backend()
# torch.compile cannot look at frames; Keras has imported torch if that is its backend
_compiling = sys.modules["torch"].compiler.is_compiling if _BACKEND == "torch" else _never
_TRAINER = f"keras.src.backend.{_BACKEND}.trainer"


def batches_of_fit() -> int | None:
    """Return how many batches the ``fit`` trains that calls, or None.

    None stands for a caller that is no ``fit``, such as ``train_on_batch``, for data of which
    nobody knows the length, and for an update that torch compiles.
    """
    if _compiling():
        return None
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "fit" and frame.f_globals.get("__name__") == _TRAINER:
            run = frame.f_locals
            known = getattr(run.get("callbacks"), "params", None) or {}
            epochs, batches = known.get("epochs"), known.get("steps")
            return batches and epochs and batches * (epochs - run["initial_epoch"])
        frame = frame.f_back  # type: ignore[assignment]
    return None
