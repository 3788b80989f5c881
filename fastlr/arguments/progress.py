"""Progress of long work, shown by tqdm: how much is done, and the time that is left."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

__all__ = ["with_progress"]

Part = TypeVar("Part")

_DELAY = 2.0  # seconds that work takes before it has a bar


def with_progress(
    parts: Iterable[Part],
    total: int,
    unit: str,
    shown: bool,
    *,
    done: int = 0,
    size: Callable[[Any], int] = len,
) -> Iterator[Part]:
    """Yield parts one by one and, if ``shown``, report progress in a line on stderr,
    or below the cell of a notebook, of work that takes more than 2 seconds.

    The work has ``total`` units, of which ``done`` are finished already; a part has ``size(part)``
    units. Raises ``ImportError`` if progress is shown and tqdm is not installed.

    >>> list(with_progress([range(0, 2), range(2, 3)], 3, "schedules", shown=False))
    [range(0, 2), range(2, 3)]
    """
    if not shown:
        yield from parts
        return
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("progress needs tqdm: pip install 'fastlr[cli]'") from error
    with tqdm(
        total=total,
        initial=done,
        unit=f" {unit}",
        unit_scale=True,
        dynamic_ncols=True,
        delay=_DELAY,
    ) as line:
        for part in parts:
            yield part
            line.update(size(part))
