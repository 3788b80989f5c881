"""Results of a long computation, piece by piece, in a folder that many processes may share.

A piece is a range of places whose number decides what it holds. Its file is written whole or not at
all, so the folder says what is done: a process that was killed loses the pieces that it was working
on. ``shard=(i, n)`` is every n-th piece from the i-th on, for job arrays.
"""

from __future__ import annotations  # help() replaces rules in the text

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastlr.arguments.atomic_files import check_place, replacing
from fastlr.sweeps.shards import Shard
from fastlr.sweeps.stored_lanes import lanes_difference
from fastlr.sweeps.stores.layout import difference

__all__ = ["PieceFolder"]

_HEAD = "_fastlr.json"  # readers of Parquet ignore names that begin with _
_DIGITS = 9


class PieceFolder:
    """A folder with one file per piece of ``size`` places, ``most`` places per piece.

    Raises ``ValueError``, beginning with ``where``, if the folder holds something else.
    """

    def __init__(
        self,
        where: str,
        folder: Path,
        identity: dict[str, Any],
        size: int,
        most: int,
        suffix: str,
        description: dict[str, Any],
    ) -> None:
        self.where, self.folder, self.suffix = where, folder, suffix
        self.description = description  # for messages; it abbreviates long lists
        self.identity = {**identity, "size": size, "piece": most}
        self.size, self.most = size, most
        check_place(f"{where}: out", folder)
        self._check()

    def _check(self) -> None:
        """Raise if the folder holds something else."""
        head = self.folder / _HEAD
        if not self.folder.exists():
            return
        if not self.folder.is_dir():
            raise self._refusal("it is not a folder")
        if not head.exists():
            if any(not path.name.startswith(".") for path in self.folder.iterdir()):
                raise self._refusal("it holds something else")
            return
        try:
            found = json.loads(head.read_text())
        except (ValueError, RecursionError):
            raise self._refusal(f"its {_HEAD} cannot be read") from None
        if wrong := difference(found, json.loads(json.dumps(self.identity))):
            why = lanes_difference(found.get("description"), self.description)
            raise self._refusal(f"{wrong} ({why})" if why else wrong)

    def begin(self) -> None:
        """Create the folder, and write what it is of."""
        with self._reported():
            self.folder.mkdir(exist_ok=True)
        if not (self.folder / _HEAD).exists():
            head = {**self.identity, "description": self.description}
            self.write(_HEAD, json.dumps(head).encode())

    @property
    def count(self) -> int:
        """The number of pieces."""
        return -(-self.size // self.most)

    def places(self, piece: int) -> range:
        """The places of a piece."""
        return range(piece * self.most, min((piece + 1) * self.most, self.size))

    def path(self, piece: int) -> Path:
        """The file of a piece."""
        return self.folder / f"{piece:0{_DIGITS}d}{self.suffix}"

    def of_shard(self, shard: Shard | None) -> range:
        """The pieces of a shard, or all."""
        first, step = shard or (0, 1)
        return range(first, self.count, step)

    def missing(self, shard: Shard | None = None) -> Iterator[int]:
        """Yield the pieces that are not done."""
        there = self.folder.iterdir() if self.folder.exists() else ()
        done = {path.name for path in there}
        return (piece for piece in self.of_shard(shard) if self.path(piece).name not in done)

    def write(self, name: str, content: bytes) -> None:
        """Write a file of the folder, whole or not at all."""
        with self._reported(), replacing(f"{self.where}: out", self.folder / name) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Report an error of the disk with the parameter, the folder and what to do."""
        try:
            yield
        except OSError as error:
            raise OSError(
                error.errno,
                f"{self.where}: out could not be written: {error.strerror}; make the folder "
                "writable, make room on its disk or choose another one, then repeat the call: "
                "finished pieces are kept",
                str(self.folder),
            ) from error

    def corrupt(self, piece: int) -> ValueError:
        """The error about a piece that cannot be read."""
        return self._refusal(
            f"its piece {self.path(piece).name} is corrupt; remove that file to compute it again"
        )

    def _refusal(self, why: str) -> ValueError:
        """The error about a folder that this call must not continue."""
        return ValueError(
            f"{self.where}: out must be new, or begun by the same call, got "
            f"{str(self.folder)!r}: {why}; it is left as it is"
        )
