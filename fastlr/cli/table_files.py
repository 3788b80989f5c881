"""Tables of rates in .npy and .csv files."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from fastlr.arguments.atomic_files import check_room, replacing
from fastlr.arguments.installed_packages import all_installed
from fastlr.arguments.progress import with_progress
from fastlr.errors import short_repr
from fastlr.schedule.schedule import Schedule

__all__ = ["parts", "write_table"]

_CHUNK = 2**18  # rates held in memory at a time
_MOST_COLUMNS = 1_000  # lanes in a .csv file


def write_table(path: Path, schedule: Schedule, steps: range, dtype: np.dtype[Any]) -> None:
    """Write the rates at ``steps`` to a .npy file, an array of shape ``schedule.shape +
    (len(steps),)``, or to a .csv file.

    A .csv file has a column of steps and one of rates for each lane, every number in the shortest
    form that reads back as it was. Raises ``ValueError``, before anything is written, for a path
    with another suffix, in a folder that does not exist or on a disk too small, and for more than
    1,000 lanes in a .csv; and ``OSError`` where it cannot be written.
    """
    if path.suffix not in _WRITERS:
        raise ValueError(f"table: out must end in .npy or .csv, got {short_repr(str(path))}")
    with replacing("table: out", path) as file:
        _WRITERS[path.suffix](file, schedule, steps, dtype)


def parts(steps: range, columns: int = 1) -> Iterator[range]:
    """``steps`` in order, so many at a time that a table of them, of so many columns, is small."""
    size = max(1, _CHUNK // columns)
    return (steps[i : i + size] for i in range(0, len(steps), size))


def _write_npy(file: BinaryIO, schedule: Schedule, steps: range, dtype: np.dtype[Any]) -> None:
    """The very bytes of ``np.save(file, schedule.table(...))``, a chunk at a time."""
    shape = (*schedule.shape, len(steps))
    check_room(Path(file.name).parent, math.prod(shape) * dtype.itemsize)
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    for index in np.ndindex(schedule.shape):
        lane = schedule[index] if index else schedule
        for part in with_progress(parts(steps), len(steps), "steps", all_installed("tqdm")):
            file.write(lane.table(part.start, part.stop, part.step, dtype=dtype).data)


def _write_csv(file: BinaryIO, schedule: Schedule, steps: range, dtype: np.dtype[Any]) -> None:
    """A column of steps, and one of rates for each lane; groups have their names."""
    names = [_column(schedule, index) for index in np.ndindex(schedule.shape)]
    if len(names) > _MOST_COLUMNS:
        raise ValueError(
            f"table: a .csv must have at most {_MOST_COLUMNS} lanes, got shape "
            f"{schedule.shape}; write a .npy"
        )
    check_room(Path(file.name).parent, 2 * len(steps) * (1 + len(names)))
    file.write(f"{','.join(['step', *names])}\n".encode())
    written = parts(steps, len(names))
    for part in with_progress(written, len(steps), "steps", all_installed("tqdm")):
        rates = schedule.table(part.start, part.stop, part.step, dtype=dtype).reshape(
            len(names), -1
        )
        for row in zip(part, *rates.tolist(), strict=True):
            file.write(f"{','.join(map(repr, row))}\n".encode())


def _column(schedule: Schedule, index: tuple[int, ...]) -> str:
    """The name of a lane's column, in quotes if it has a comma, a quote or a new line."""
    places: list[object] = list(index)
    if schedule.names is not None:
        places[0] = schedule.names[index[0]]
    name = "rate" + "".join(f"[{place}]" for place in places)
    quoted = name.replace('"', '""')
    return f'"{quoted}"' if set(name) & set(',"\r\n') else name


_WRITERS = {".npy": _write_npy, ".csv": _write_csv}
