"""Files that are written whole or not at all."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["check_place", "check_room", "replacing"]


@contextmanager
def replacing(where: str, path: str | Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of ``path`` once the block is done; if the block fails,
    nothing is left of it.

    Raises ``ValueError``, naming the parameter ``where``, if the folder does not exist, and
    ``OSError`` if it cannot be written to.
    """
    path = Path(path)
    check_place(where, path)
    draft = path.with_name(f".fastlr-{secrets.token_hex(8)}.tmp")
    try:
        with draft.open("xb") as file:
            yield file
        draft.replace(path)
    except BaseException as error:
        draft.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # what the caller knows, in place of the draft
        raise


def check_place(where: str, path: Path) -> None:
    """Raise ``ValueError`` unless a file may stand at ``path``: under a name that can be, in a
    folder that exists.
    """
    with suppress(OSError):
        try:
            os.lstat(path)
        except ValueError as error:
            raise ValueError(
                f"{where} must be a path that can be, got {str(path)!r} ({error})"
            ) from None
    if not path.parent.is_dir():
        raise ValueError(f"{where} must be in a folder that exists, got {str(path)!r}")


def check_room(folder: Path, least: int) -> None:
    """Raise unless the disk of a folder can take so many bytes."""
    free = shutil.disk_usage(folder).free
    if least > free:
        raise ValueError(
            f"table: out must fit on its disk, got at least {least / 1e9:,.1f} GB for "
            f"{free / 1e9:,.1f} GB free"
        )
