"""What a picture needs of the rates that it shows."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["Curve", "Drawable", "Table", "is_drawable"]


class Drawable(Protocol):
    """Rates by step: one curve, or a batch that is indexed for its curves.

    A ``fastlr.Schedule`` is one. ``drawing`` imports no schedule, so that it stays below the
    package that offers ``Schedule.plot``.
    """

    past_end: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The batch shape; ``()`` for one curve."""
        ...

    @property
    def steps(self) -> Any:
        """The first step after the last change; ``None`` if there is none."""
        ...

    @property
    def boundaries(self) -> tuple[int, ...]:
        """The steps at which one piece hands over to the next."""
        ...

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names of the lanes along the first batch axis, if they have names."""
        ...

    def __call__(self, t: Any) -> Any:
        """The rates at steps ``t``."""
        ...

    def __getitem__(self, index: Any) -> Any:
        """The curve at an index of a batch."""
        ...

    def _differing(self, others: Sequence[Any]) -> dict[str, list[Any]]:
        """The arguments in which this schedule and others differ, as columns by name."""
        ...


class Curve(NamedTuple):
    """A curve of a picture: its label, its rates, and how many steps are shown."""

    label: str
    schedule: Drawable
    stop: int


class Table:
    """Rates that are known one by one, such as a log's, as something to draw.

    >>> table = Table(np.array([0.1, 0.2]))
    >>> table.steps, table(np.array([1]))
    (2, array([0.2]))
    """

    past_end = "raise"
    shape: tuple[int, ...] = ()
    boundaries: tuple[int, ...] = ()
    names: tuple[str, ...] | None = None

    def __init__(self, rates: npt.NDArray[np.float64]) -> None:
        """Keep the rates, one per step from step 0."""
        self._rates = rates

    @property
    def steps(self) -> int:
        """The number of rates."""
        return len(self._rates)

    def __call__(self, t: Any) -> Any:
        """Return the rates at steps ``t``."""
        return self._rates[t]

    def __getitem__(self, index: Any) -> "Table":
        return self

    def _differing(self, others: Sequence[Any]) -> dict[str, list[Any]]:
        return {}


def is_drawable(value: object) -> bool:
    """Return whether a value has rates to draw.

    It looks at the class of the value, since a property of a batch may raise.

    Examples
    --------
    >>> import fastlr as flr
    >>> is_drawable(flr.constant([0.1, 0.2])), is_drawable(0.1)
    (True, False)
    """
    return all(hasattr(type(value), name) for name in ("boundaries", "steps", "shape"))
