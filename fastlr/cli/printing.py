"""Print facts, tables and pictures to a terminal, a file or a pipe."""

import json
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import click

__all__ = ["print_json", "print_pairs", "print_rows", "print_text", "width"]

_WIDEST = 100  # columns used of a wide terminal
_NARROWEST = 12  # columns of a cell that is wrapped
_GAP = "  "


def width() -> int | None:
    """The columns of the terminal; ``None`` in a file or a pipe, where no line is wrapped."""
    if not sys.stdout.isatty():
        return None
    return min(shutil.get_terminal_size().columns, _WIDEST)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print_text(json.dumps(value, indent=2))


def print_text(*lines: str) -> None:
    """Print lines; characters that the output cannot show become others."""
    encoding = sys.stdout.encoding
    text = "\n".join(line.rstrip() for line in "\n".join(lines).split("\n"))
    click.echo(text.encode(encoding, "replace").decode(encoding))


def print_pairs(facts: Mapping[str, str]) -> None:
    """Print names and values in two columns; long values go on below, no word broken."""
    first = max(map(len, facts), default=0)
    for name, text in facts.items():
        lines = _wrapped(text, first + len(_GAP))
        print_text(f"{name:<{first}}{_GAP}{lines[0]}", *_indented(lines[1:], first + len(_GAP)))


def _indented(lines: Sequence[str], columns: int) -> list[str]:
    return [f"{'':<{columns}}{line}" for line in lines]


def _wrapped(text: str, used: int) -> list[str]:
    """The lines of a text beside ``used`` columns of a terminal, no word broken if it fits."""
    columns = width()
    lines = text.split("\n")
    if columns is None:
        return lines
    return [part for line in lines for part in _wrap(line, max(_NARROWEST, columns - used))]


def _wrap(line: str, columns: int) -> list[str]:
    """Break a line at spaces; a word longer than the line, such as a fingerprint, is cut."""
    return textwrap.wrap(line, columns, break_on_hyphens=False) or [""]


def print_rows(names: Sequence[str], rows: Sequence[Sequence[str]], count: int) -> None:
    """Print a table of the first rows, and how many more of ``count`` there are.

    Numbers are to the right. In a terminal that is too narrow the widest column is wrapped.
    """
    cells = [list(names), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    columns = width()
    if columns is not None:
        spare = columns - sum(widths) - len(_GAP) * (len(widths) - 1)
        widest = widths.index(max(widths))
        widths[widest] = max(_NARROWEST, widths[widest] + min(0, spare))
    right = [all(_is_number(row[i]) for row in rows) for i in range(len(names))]
    for row in cells:
        print_text(*_row(row, widths, right))
    if count > len(rows):
        print_text(f"and {count - len(rows):,} more")


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").replace("e-", "").isdigit()


def _row(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    """The lines of a row of a table."""
    wrapped = [
        _wrap(text, columns) if len(text) > columns else [text]
        for text, columns in zip(row, widths, strict=True)
    ]
    height = max(map(len, wrapped))
    filled = [lines + [""] * (height - len(lines)) for lines in wrapped]
    return [
        _GAP.join(
            cell.rjust(columns) if to_right else cell.ljust(columns)
            for cell, columns, to_right in zip(line, widths, right, strict=True)
        )
        for line in zip(*filled, strict=True)
    ]
