"""Reductions of a sweep, piece by piece, in a folder that the jobs of a job array share."""

from __future__ import annotations  # help() replaces rules in the text

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.progress import with_progress
from fastlr.arguments.rules import short_repr
from fastlr.sweeps.batches import Lanes
from fastlr.sweeps.piece_folder import PieceFolder
from fastlr.sweeps.shards import Shard

__all__ = ["ReducedPieces"]

Columns = dict[str, npt.NDArray[Any]]  # per reduction, one number per lane


class ReducedPieces:
    """A folder with the reductions of some lanes, ``most`` lanes per file.

    ``columns`` are the reductions of one lane, ``query`` all else that decides them.
    """

    def __init__(
        self,
        out: object,
        columns: Columns,
        query: dict[str, Any],
        lanes: Lanes,
        most: int,
    ) -> None:
        if not isinstance(out, str | os.PathLike):
            raise TypeError(
                f"reduce: out must be a folder, got {type(out).__name__} {short_repr(out)}"
            )
        self.dtypes = {name: values.dtype for name, values in columns.items()}
        what = {"names": sorted(columns), **query}
        about = lanes.describe()
        self.pieces = PieceFolder("reduce", Path(out), what, lanes.size, most, ".npz", about)

    def write_missing(
        self, compute: Callable[[range], Columns], shard: Shard | None, progress: bool
    ) -> None:
        """Compute the pieces of a shard, or all, that are not done."""
        pieces = self.pieces
        pieces.begin()
        own, missing = pieces.of_shard(shard), list(pieces.missing(shard))
        for piece in with_progress(
            missing, len(own), "pieces", progress, done=len(own) - len(missing), size=lambda _: 1
        ):
            file = io.BytesIO()
            np.savez(file, allow_pickle=False, **compute(pieces.places(piece)))
            pieces.write(pieces.path(piece).name, file.getvalue())

    def read(self) -> Columns:
        """All pieces as one array per reduction."""
        columns = {name: np.empty(self.pieces.size, dtype) for name, dtype in self.dtypes.items()}
        for piece in range(self.pieces.count):
            places = self.pieces.places(piece)
            for name, values in self._read(piece, len(places)).items():
                columns[name][places.start : places.stop] = values
        return columns

    def _read(self, piece: int, lanes: int) -> Columns:
        """One piece, from its file."""
        from zipfile import BadZipFile  # slow to import, and needed here only

        try:
            # opened here, as numpy.load leaves a file open that it cannot read
            with self.pieces.path(piece).open("rb") as file:
                content = np.load(file, allow_pickle=False)
                found = {name: content[name] for name in self.dtypes}
        except (ValueError, KeyError, EOFError, IndexError, BadZipFile):
            raise self.pieces.corrupt(piece) from None
        if any(values.shape != (lanes,) for values in found.values()):
            raise self.pieces.corrupt(piece)
        return found
