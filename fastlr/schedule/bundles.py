"""Bundles: several quantities over one clock, as one thing: a rate, a weight decay, a momentum,
betas.

Nothing in a schedule says "learning rate". A bundle is a stack of schedules with the names of what
they are for; one integer is the state of them all.
"""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import Rate, Steps, short_repr, validate
from fastlr.errors import public, public_methods
from fastlr.program.program import Program
from fastlr.schedule.constructors import cosine, cyclic, linear, one_cycle, stack
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import a_schedule

__all__ = ["Bundle", "bundle", "cyclic_bundle", "one_cycle_bundle"]


@public_methods()
@dataclass(frozen=True)
class Bundle:
    """Quantities by name over one clock: equal, hashable and picklable as the stack of schedules
    that it holds.

    ``Bundle(from_spec(b.schedule.to_spec())) == b``.
    """

    schedule: Schedule

    def __post_init__(self) -> None:
        if not isinstance(self.schedule, Schedule) or self.schedule.names is None:
            raise TypeError(
                f"Bundle: schedule must be a stack with names, got {type(self.schedule).__name__}"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities, in the order of the table's first axis."""
        return self.schedule.names or ()

    @property
    def program(self) -> Program:
        """What a compiled loop reads, ``flr.jit.rates(b.program, t, out)``: the quantities in
        the order of ``names``.
        """
        return self.schedule.program

    def __call__(self, t: int) -> dict[str, Any]:
        """Each quantity at step ``t`` by its name: floats, or arrays of one number a lane."""
        return self.schedule.row(t)

    def __iter__(self) -> Iterator[str]:
        """The names, as of a dict."""
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Schedule:
        """One quantity's schedule."""
        return self.schedule[name]

    def table(
        self, start: int, stop: int | None = None, step: int = 1, **options: Any
    ) -> npt.NDArray[Any]:
        """One block of shape ``(quantities, ..., steps)``; see ``Schedule.table`` for the
        arguments.
        """
        return self.schedule.table(start, stop, step, **options)


@public
def bundle(**schedules: Schedule) -> Bundle:
    """Several quantities over one clock. Those of fewer lanes are the same for every lane.

    Raises ``TypeError`` for what is no schedule, ``ValueError`` where there is none, and where
    batch shapes do not fit.

    >>> import fastlr as flr
    >>> b = bundle(lr=flr.linear(0.1, 0.0, steps=10), weight_decay=flr.constant(0.01))
    >>> b(5), b.table(3).shape
    ({'lr': 0.05, 'weight_decay': 0.01}, (2, 3))
    """
    if not schedules:
        raise ValueError(
            "bundle: at least one schedule must be given by name, such as bundle(lr=schedule)"
        )
    for name, schedule in schedules.items():
        a_schedule(f"bundle: {name}", schedule, Schedule)
    shapes = {name: schedule.shape for name, schedule in schedules.items()}
    try:
        lanes = np.broadcast_shapes(*shapes.values())
    except ValueError:
        detail = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(
            f"bundle: batch shapes must broadcast against each other, got {detail}"
        ) from None
    return Bundle(
        stack(
            {name: s if s.shape == lanes else s * np.ones(lanes) for name, s in schedules.items()}
        )
    )


@public
def one_cycle_bundle(
    peak: npt.ArrayLike,
    steps: npt.ArrayLike,
    warmup: npt.ArrayLike | None = None,
    momentum: tuple[float, float] = (0.85, 0.95),
    shape: Literal["cosine", "linear"] = "cosine",
    phases: Literal[2, 3] = 2,
    init: npt.ArrayLike | None = None,
    end: npt.ArrayLike | None = None,
) -> Bundle:
    """``lr``, one cycle of it, and ``momentum``, which falls from the larger of its two to the
    smaller while the rate rises, and rises while it falls. With ``phases=3`` it stays there during
    the last.

    Smith & Topin, *Super-Convergence* (2018). ``init`` and ``end`` are those of ``one_cycle``.

    >>> one_cycle_bundle(1.0, steps=100)(30)
    {'lr': 1.0, 'momentum': 0.85}
    """
    low, high = _two("one_cycle_bundle", momentum)
    whole = validate(Steps, "one_cycle_bundle: steps", steps)
    rise = (
        np.rint(0.3 * whole).astype(np.int64)
        if warmup is None
        else validate(Steps, "one_cycle_bundle: warmup", warmup)
    )
    # which checks them all
    lr = one_cycle(peak, whole, warmup=rise, shape=shape, phases=phases, init=init, end=end)
    curve = cosine if shape == "cosine" else linear
    fall = rise if phases == 3 else whole - rise
    return bundle(lr=lr, momentum=curve(high, low, rise).then(curve(low, high, fall)))


@public
def cyclic_bundle(
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    up: npt.ArrayLike,
    down: npt.ArrayLike | None = None,
    mode: Literal["triangular", "triangular2", "cosine"] = "triangular",
    momentum: tuple[float, float] = (0.8, 0.9),
) -> Bundle:
    """``lr``, cyclic, and ``momentum``, its mirror: at the larger of its two where the rate is low,
    at the smaller where high.

    Smith, *A Disciplined Approach to Neural Network Hyper-Parameters* (2018).

    >>> b = cyclic_bundle(0.1, 0.5, up=2)
    >>> b(0), b(2)
    ({'lr': 0.1, 'momentum': 0.9}, {'lr': 0.5, 'momentum': 0.8})
    """
    least, most = _two("cyclic_bundle", momentum)
    return bundle(
        lr=cyclic(low, high, up, down, mode=mode),
        momentum=cyclic(least, most, up, down, mode=mode, inverse=True),
    )


def _two(where: str, momentum: tuple[float, float]) -> list[float]:
    """The two momenta, the smaller first."""
    both = validate(Rate, f"{where}: momentum", momentum)
    if both.shape != (2,):
        raise ValueError(f"{where}: momentum must be two numbers, got {short_repr(momentum)}")
    smaller_first: list[float] = np.sort(both).tolist()
    return smaller_first
