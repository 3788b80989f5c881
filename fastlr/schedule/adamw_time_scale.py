"""The time scale of AdamW: how long a weight remembers a gradient, as a share of a run."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

import numpy as np

from fastlr.arguments.rules import Number, Period, short_repr, validate_scalar

__all__ = ["RunPair"]

_Tokens = Annotated[float, Number("a number from 1 to 1e18", 1.0, 1e18)]
_SLACK = 0.01  # of the steps; round numbers of tokens and of steps seldom fit exactly


@dataclass(frozen=True)
class RunPair:
    """Two runs, the old one and the new one, by their batch sizes and amounts of data."""

    batch: tuple[int, int]
    tokens: tuple[Fraction, Fraction]

    @classmethod
    def of(cls, batch: object, tokens: object) -> RunPair:
        """Check both pairs; an error names the first wrong one."""
        sizes = [validate_scalar(Period, "rescale: batch", size) for size in _pair("batch", batch)]
        amounts = [
            Fraction(float(validate_scalar(_Tokens, "rescale: tokens", amount)))
            for amount in _pair("tokens", tokens)
        ]
        return cls((sizes[0], sizes[1]), (amounts[0], amounts[1]))

    @property
    def steps(self) -> tuple[Fraction, Fraction]:
        """The number of steps of each run."""
        (old, new), (before, now) = self.batch, self.tokens
        return before / old, now / new

    @property
    def factor(self) -> float:
        """By how much rate times weight decay grows, so that the time scale stays."""
        old, new = self.steps
        return float(old / new)

    def check_length(self, steps: Any) -> None:
        """Raise unless a plan of this length, or without an end, is one of the new run."""
        old, new = map(float, self.steps)
        if steps is None or np.all(np.abs(np.asarray(steps) - new) <= _SLACK * new):
            return
        got = f"got one of {short_repr(steps)} steps"
        if np.all(np.abs(np.asarray(steps) - old) <= _SLACK * old):
            raise ValueError(
                f"rescale: the plan must have the {new:,.0f} steps of the new run, {got}, as the "
                "old run. Build it for the new run first, and choose what its warmup keeps: its "
                "number of steps, as extend does, or its share of the data"
            )
        raise ValueError(
            f"rescale: the plan must have tokens/batch steps, {new:,.0f} for the new run, {got}; "
            "give batch and tokens in one unit, both in tokens or both in samples. A rate that is "
            "held until the end of the run must end in a constant"
        )


def _pair(name: str, value: object) -> list[Any]:
    """The two items of a pair. A single number could be that of either run."""
    items = list(value) if isinstance(value, list | tuple | np.ndarray) else []
    if len(items) != 2:
        raise TypeError(
            f"rescale: {name} must be a pair, that of the old run and that of the new run, got "
            f"{short_repr(value)}"
        )
    return items
