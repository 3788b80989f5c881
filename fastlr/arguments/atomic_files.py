"""Files that are written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from fastlr.arguments.output_arrays import gigabytes
from fastlr.errors import short_repr, shortened

__all__ = ["check_place", "check_room", "replacing"]


@contextmanager
def replacing(where: str, path: str | Path) -> Iterator[BinaryIO]:
    """Write a file that replaces ``path`` when the block ends; if the block fails, nothing is left.

    Raises ``ValueError``, which names the parameter ``where``, if the folder does not exist, and
    ``OSError`` if it cannot be written to.
    """
    path = Path(path)
    check_place(where, path)
    from secrets import token_hex  # slow to import

    draft = path.with_name(f".fastlr-{token_hex(8)}.tmp")
    try:
        with draft.open("xb") as file:
            yield file
        draft.replace(path)
    except BaseException as error:
        draft.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = shortened(str(path))  # the caller knows this path, not the draft's
        raise


def check_place(where: str, path: Path) -> None:
    """Raise ``ValueError`` unless ``path`` is valid and its folder exists."""
    with suppress(OSError):
        try:
            os.lstat(path)
        except ValueError as error:
            raise ValueError(
                f"{where} must be a valid path, got {short_repr(str(path))} ({error})"
            ) from None
    if not path.parent.is_dir():
        raise ValueError(f"{where} must be in an existing folder, got {short_repr(str(path))}")


def check_room(folder: Path, least: int) -> None:
    """Raise unless the disk of a folder has so many bytes free."""
    from shutil import disk_usage  # slow to import

    free = disk_usage(folder).free
    if least > free:
        raise ValueError(
            f"table: out needs at least {gigabytes(least)}; its disk has {gigabytes(free)} free"
        )
