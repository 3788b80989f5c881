"""Progress of long work, and the time that is left, on the screen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress"]


@contextmanager
def progress(shown: bool, name: str, done: int, total: int, unit: str) -> Iterator[Callable[[int], object]]:
    """What is to be told of every so many units that are done; ``done`` were done before. It is silent unless ``shown``.

    >>> with progress(False, "table", 0, 3, " rates") as advance:
    ...     _ = advance(3)
    """
    if not shown:
        yield lambda _: None
        return
    try:
        from tqdm import tqdm
    except ImportError:
        raise ImportError(f"{name}: progress needs tqdm, which is not installed: pip install 'fastlr[zarr]'") from None
    with tqdm(desc=name, initial=done, total=total, unit=unit, unit_scale=True) as bar:
        yield bar.update
