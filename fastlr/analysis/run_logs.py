"""Read the learning rates from the logs that trainers write.

These are ``trainer_state.json`` of transformers, CSV files of W&B, Lightning, Ultralytics and
others, tables that ``fastlr table`` wrote, and JSON lines, as Detectron2 and LLaMA-Factory write
them: one row per logged step, a column of steps and one column of rates per parameter group.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import short_repr
from fastlr.program.opcodes import LAST_STEP

__all__ = ["Column", "RunLog", "arrays", "is_log", "read_log"]

_MOST_BYTES = 100 * 2**20
_STEPS = (
    "train/global_step",
    "trainer/global_step",
    "global_step",
    "num_updates",
    "current_steps",
    "step",
    "_step",
    "iteration",
    "iter",
    "epoch",
)  # columns that count, the best first
_RATE = re.compile(r"(^|[ /._-])(lr|learning[ _-]?rate)([-/_.]|\d*$)", re.IGNORECASE)
_OF_TABLE = re.compile(r"rate(\[.*\])?", re.DOTALL)  # a column that ``fastlr table`` wrote
_OF_WANDB = re.compile(r"__(MIN|MAX)$|^_runtime$|^_timestamp$")  # columns of an export of W&B
_LINES = (".jsonl", ".ndjson")
_NO_RATE = re.compile(r"(__MIN|__MAX|momentum|weight_decay)$", re.IGNORECASE)
_TENSORBOARD = ["wall time", "step", "value"]  # of one scalar, whose name is the file's
_FEWEST_DIGITS = 4  # of rates that were rounded; fewer are rates that somebody chose


@dataclass(frozen=True)
class Column:
    """The logged rates of one parameter group, in the order in which they were logged."""

    steps: list[int]
    rates: list[float]

    @property
    def tolerance(self) -> float:
        """The rounding of the log, as a share of the largest rate: at least 1e-6."""
        rates = np.unique(np.array(self.rates, dtype=np.float64))
        for digits in range(_FEWEST_DIGITS, 7):
            if rates.size >= 8 and all(float(f"{rate:.{digits}g}") == rate for rate in rates):
                return max(10.0 ** (1 - digits), 1e-6)
        return 1e-6


@dataclass(frozen=True)
class RunLog:
    """What a log says about the learning rate.

    ``columns`` has one entry per parameter group; groups with the same rates are one. ``length`` is
    the length of the run, if the log gives it. ``unit`` is what a step of the log is: "steps",
    "epochs" or "W&B steps", which count calls of its ``log``.
    """

    source: str
    unit: str
    columns: Mapping[str, Column]
    length: int | None = None


def is_log(thing: object) -> bool:
    """Whether a value or a file is a log, by its keys or its suffix."""
    if isinstance(thing, Mapping):
        return "log_history" in thing
    if not isinstance(thing, str | Path):
        return False
    path = Path(thing)
    if path.suffix.lower() in (".csv", *_LINES):
        return True
    if path.suffix.lower() != ".json" or "\0" in str(thing):
        return False
    try:
        with path.open("rb") as file:  # the keys beside the rows are short
            head, size = file.read(2**16), path.stat().st_size
            file.seek(max(size - 2**16, 0))
            known = b'"log_history"' in head or b'"log_history"' in file.read()
    except OSError:
        return False
    return known or _begins_with_lines(head)


def _begins_with_lines(head: bytes) -> bool:
    """Whether a text has a mapping of JSON on its first line, and goes on after it."""
    first, _, rest = head.lstrip().partition(b"\n")
    try:
        return bool(rest.strip()) and isinstance(json.loads(first), Mapping)
    except (ValueError, RecursionError):
        return False


def read_log(where: str, log: object, start: int = 0, every: int = 1) -> RunLog:
    """Return the rates in a log: a file, or what ``trainer_state.json`` holds.

    ``start`` and ``every`` number the rows of a log that has no column of steps.
    """
    if isinstance(log, Mapping):
        return _trainer_state(where, log)
    if not isinstance(log, str | Path):
        raise TypeError(
            f"{where} must be rates, a path or the contents of trainer_state.json, got "
            f"{type(log).__name__} {short_repr(log)}"
        )
    path = Path(log)
    if "\0" in str(log):
        raise ValueError(f"{where} must be a valid path, got {short_repr(str(log))}")
    text = _text(f"{where} {short_repr(str(path))}", path)
    where = f"{where} {short_repr(str(path))}"
    if not text.lstrip().startswith(("{", "[")):
        return _table(where, text, start, every)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        if (rows := _lines(text)) is None:
            raise ValueError(f"{where} must be JSON or CSV ({error})") from None
        return _json_lines(where, rows)
    return _trainer_state(where, found if isinstance(found, Mapping) else {"log_history": found})


def _text(where: str, path: Path) -> str:
    """The text of a file that is not too large."""
    try:
        if (size := path.stat().st_size) > _MOST_BYTES:
            raise ValueError(f"{where} must be at most 100 MiB, got {size} bytes")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{where} must be text in UTF-8 ({error})") from None
    except OSError as error:
        raise ValueError(f"{where} must be a file that can be read ({error.strerror})") from None


def _lines(text: str) -> list[Mapping[str, Any]] | None:
    """The rows of JSON lines, or None if the text is something else. A last line may be cut off."""
    lines = [line for line in text.splitlines() if line.strip()]
    rows: list[Mapping[str, Any]] = []
    for i, line in enumerate(lines):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            if i and i == len(lines) - 1:
                break
            return None
        if not isinstance(row, Mapping):
            return None
        rows.append(row)
    return rows


def _json_lines(where: str, rows: Sequence[Mapping[str, Any]]) -> RunLog:
    """The rates in JSON lines, by the best count of steps that stands beside a rate."""
    rated = [row for row in rows if any(_is_rate(key) for key in row)]
    names = dict.fromkeys(key for row in rated for key in row)
    counts = [known for known in _STEPS if known in names]
    if not counts:
        raise ValueError(f"{where} must have a step in each row, such as 'step' or 'iteration'")
    columns = _columns(where, rated, counts[0])
    # LLaMA-Factory logs the run's length in each row
    length = rated[-1].get("total_steps") if counts[0] == "current_steps" else None
    return _run_log(where, "JSON lines", _unit(counts[0], names), columns, _length(length))


def _length(found: object) -> int | None:
    """The length of the run, if a log has one."""
    known = isinstance(found, int) and not isinstance(found, bool) and found > 0
    return found if known else None  # type: ignore[return-value]


def _columns(where: str, rows: Sequence[Mapping[str, Any]], steps: str) -> dict[str, Column]:
    """The columns of rows that are mappings; null is no rate."""
    names = dict.fromkeys(key for row in rows for key in row if _is_rate(key))
    columns = {}
    for name in names:
        filled = [row for row in rows if row.get(name) is not None]
        columns[name] = _column(where, name, ((row.get(steps), row[name]) for row in filled))
        _refuse_new_counts(where, columns[name].steps, [row.get("epoch") for row in filled])
    return columns


def _refuse_new_counts(where: str, steps: Sequence[int], epochs: Sequence[Any]) -> None:
    """Raise if the steps start again in each epoch, which would look like restarts."""
    rows = [
        (step, float(epoch))
        for step, epoch in zip(steps, epochs, strict=True)
        if isinstance(epoch, int | float | str) and _is_number(epoch)
    ]
    for (step, epoch), (following, next_epoch) in pairwise(rows):
        if following < step and next_epoch > epoch:
            raise ValueError(
                f"{where} must count its steps through the whole run, got {following} after {step} "
                f"in epoch {next_epoch:g}, where an epoch begins; pass the rates and "
                "identify(rates, steps=...)"
            )


def _is_number(text: object) -> bool:
    try:
        float(text)  # type: ignore[arg-type]
    except ValueError:
        return False
    return True


def _trainer_state(where: str, state: Mapping[str, Any]) -> RunLog:
    """The rates in transformers' ``trainer_state.json``."""
    rows = state.get("log_history")
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        remedy = "; for a config, see fastlr.explain (fastlr explain)"
        got = f"got {short_repr(rows)}{remedy if rows is None else ''}"
        raise ValueError(f"{where} must have a list 'log_history', {got}")
    columns = _columns(where, [row for row in rows if isinstance(row, Mapping)], "step")
    length = _length(state.get("max_steps"))
    return _run_log(where, "trainer_state.json", "steps", columns, length)


def _cells(where: str, text: str) -> tuple[list[str], list[list[str]]]:
    """The names of the columns of a CSV file, and its rows."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        lines = list(csv.reader(text.splitlines(), delimiter=delimiter))
    except csv.Error as error:  # a cell without end
        raise ValueError(f"{where} must be JSON or CSV ({error})") from None
    names = _named_once([name.strip() for name in (lines[0] if lines else [])])
    if [name.lower() for name in names] == _TENSORBOARD:
        names[2] = "learning_rate"
    rows = [_padded(row, len(names)) for row in lines[1:] if any(map(str.strip, row))]
    return names, rows


def _table(where: str, text: str, start: int, every: int) -> RunLog:
    """The rates in a CSV file with a row of names."""
    names, rows = _cells(where, text)
    rates = [i for i, name in enumerate(names) if _is_rate(name)]
    counts = [
        i
        for known in _STEPS
        for i, name in enumerate(names)
        if name.lower() == known and any(row[i] for row in rows)
    ]
    epochs = next((i for i, name in enumerate(names) if name.lower() == "epoch"), None)
    columns = {}
    for i in rates:
        numbered = zip(count(start, every), rows, strict=False)
        filled = [(row[counts[0]] if counts else step, row) for step, row in numbered if row[i]]
        found = _column(where, names[i], ((step, row[i]) for step, row in filled))
        if epochs is not None and counts:
            _refuse_new_counts(where, found.steps, [row[epochs] for _, row in filled])
        columns[_plain_name(names[i])] = found
    if counts and (start, every) != (0, 1):
        raise ValueError(
            f"{where} has its own steps, in column {names[counts[0]]!r}: start and every must be "
            f"left out, got start={start} and every={every}"
        )
    unit = _unit(names[counts[0]].lower(), names) if counts else "steps"
    return _run_log(where, "CSV", unit, columns, None)


def _padded(row: Sequence[str], size: int) -> list[str]:
    """The cells of a row, with empty ones up to the number of columns."""
    return [cell.strip() for cell in row] + [""] * (size - len(row))


def _named_once(names: Sequence[str]) -> list[str]:
    """The names of the columns; one that stands there again has its number, as runs of W&B may."""
    return [
        f"{name}-{names[:i].count(name) + 1}" if name in names[:i] and _is_rate(name) else name
        for i, name in enumerate(names)
    ]


def _unit(steps: str, names: Iterable[str]) -> str:
    """What a column of steps counts."""
    if steps == "epoch":
        return "epochs"
    of_wandb = steps in ("step", "_step") and any(map(_OF_WANDB.search, names))
    return "W&B steps" if of_wandb else "steps"


def _plain_name(name: str) -> str:
    """The name of a lane in a table of fastlr, "head" of "rate[head]"; else the name itself."""
    inner = name.removeprefix("rate[").removesuffix("]")
    return inner if name == f"rate[{inner}]" and "][" not in inner else name


def _is_rate(name: object) -> bool:
    if not isinstance(name, str) or _NO_RATE.search(name):
        return False
    return bool(_RATE.search(name) or _OF_TABLE.fullmatch(name))


def _column(where: str, name: str, rows: Iterable[tuple[Any, Any]]) -> Column:
    """One column, from its steps and rates as they stand in the log."""
    steps, rates = list[int](), list[float]()
    for step, rate in rows:
        try:
            whole, number = float(step), float(rate)
        except (TypeError, ValueError):
            raise ValueError(
                f"{where} must have a step and a rate in each row of {name!r}, got "
                f"{short_repr(step)} and {short_repr(rate)}"
            ) from None
        if not whole.is_integer():
            raise ValueError(f"{where} must have whole steps, got {short_repr(step)} of {name!r}")
        if not 0 <= whole <= LAST_STEP:
            rule = f"must have steps from 0 to 2**53, got {short_repr(step)} of {name!r}"
            raise ValueError(f"{where} {rule}")
        steps.append(int(whole))
        rates.append(number)
    return Column(steps, rates)


def _run_log(
    where: str, source: str, unit: str, columns: dict[str, Column], length: int | None
) -> RunLog:
    """The log, with each different column of at least two rates once."""
    filled = {name: column for name, column in columns.items() if len(column.rates) > 1}
    if not filled:
        raise ValueError(
            f"{where} must have at least two rows with a learning rate, in columns such as "
            f"'learning_rate' or 'lr-AdamW', got {short_repr(list(columns) or 'none')}"
        )
    return RunLog(source, unit, dict(_different(filled)), length)


def _different(columns: Mapping[str, Column]) -> Iterator[tuple[str, Column]]:
    seen: list[Column] = []
    for name, column in columns.items():
        if column not in seen:
            seen.append(column)
            yield name, column


def arrays(column: Column) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The steps and the rates of a column as arrays."""
    return np.array(column.steps, dtype=np.int64), np.array(column.rates, dtype=np.float64)
