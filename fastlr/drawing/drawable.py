"""What a picture needs of the rates that it shows."""

from typing import Any, Protocol

__all__ = ["Drawable", "is_drawable"]


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

    def __call__(self, t: Any) -> Any:
        """The rates at steps ``t``."""
        ...

    def __getitem__(self, index: Any) -> Any:
        """The curve at an index of a batch."""
        ...


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
