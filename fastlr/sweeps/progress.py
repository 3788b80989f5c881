"""Progress: how much of a long piece of work is done, and the time that is left, by tqdm."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

__all__ = ["with_progress"]

Part = TypeVar("Part")


def with_progress(
    parts: Iterable[Part],
    total: int,
    unit: str,
    shown: bool,
    *,
    done: int = 0,
    size: Callable[[Any], int] = len,
) -> Iterator[Part]:
    """Parts of a work of so many units, one by one; with ``shown``, a line on stderr tells how many
    are done, and what is left.

    ``done`` of the units were done before, and ``size`` tells how many there are in a part. Raises
    ``ImportError`` where that is asked for and tqdm is not installed.

    >>> list(counted([range(0, 2), range(2, 3)], 3, "schedules", shown=False))
    [range(0, 2), range(2, 3)]
    """
    if not shown:
        yield from parts
        return
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise ImportError("progress needs tqdm: pip install 'fastlr[cli]'") from error
    with tqdm(
        total=total, initial=done, unit=f" {unit}", unit_scale=True, dynamic_ncols=True
    ) as line:
        for part in parts:
            yield part
            line.update(size(part))
