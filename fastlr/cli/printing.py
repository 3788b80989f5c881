"""Print schedules and tables to a terminal, a file or a pipe."""

import itertools
import shutil
import sys
from typing import TYPE_CHECKING

import numpy as np
import typer

from fastlr.cli.find_schedule import Found
from fastlr.drawing.sparkline import blocks, extent, spread
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.schedule import Schedule

if TYPE_CHECKING:
    from rich.table import Table

__all__ = [
    "about",
    "facts",
    "lanes_of",
    "pairs",
    "picture",
    "print_boundaries",
    "print_rows",
    "print_text",
]

_MOST_COUNTED = 10**8  # steps that are evaluated one by one
_MOST_ROWS = 40  # boundaries or lanes listed
_WIDEST = 100  # columns of a picture
_LONGEST = 10**7  # characters of a line in a file or a pipe


def about(named: Found) -> dict[str, str]:
    """Where the schedule is from, and what it is."""
    words = ("title", "source", "unit", "assumption") if named.recipe else ()
    length = "for ever" if named.steps is None else f"{named.steps} steps"
    if named.steps is not None and named.schedule._node.steps is None:
        length += ", then on as its framework does"
    own = {
        "schedule": repr(named.schedule),
        "length": length,
        "fingerprint": named.schedule.fingerprint,
    }
    return {**{word: text for word in words if (text := getattr(named.recipe, word))}, **own}


def facts(schedule: Schedule, stop: int) -> dict[str, str]:
    """Summarise the rates of a scalar schedule's first ``stop`` steps."""
    if not 1 <= stop <= LAST_STEP:
        raise ValueError(f"show: steps must be from 1 to 2**53, got {stop}")
    ends = {
        "steps": f"0 to {stop - 1}",
        "first": repr(schedule(0)),
        "last": repr(schedule(stop - 1)),
    }
    if stop > _MOST_COUNTED:
        return {
            **ends,
            **dict.fromkeys(("peak", "area"), f"left out: more than {_MOST_COUNTED} steps"),
        }
    return {**ends, "peak": _peak(schedule, stop), "area": repr(schedule.sum(stop))}


def _peak(schedule: Schedule, stop: int) -> str:
    """The highest rate, and the first step that has it."""
    at = schedule.argmax(stop)
    return f"{schedule(at)!r} at step {at}"


def print_boundaries(schedule: Schedule, stop: int) -> None:
    """Print each boundary of the run, and the rate there."""
    boundaries = [
        boundary
        for boundary in schedule.boundaries
        if boundary < stop + (schedule.past_end != "raise")
    ]
    if boundaries:
        print_rows(
            ["boundary", "rate"],
            [[str(boundary), repr(schedule(boundary))] for boundary in boundaries[:_MOST_ROWS]],
            len(boundaries),
        )
        print_text("")


def picture(schedule: Schedule, stop: int) -> str:
    """Draw the rates in blocks as wide as the terminal, above the first step and the last."""
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    return (
        f"{blocks(schedule(spread(stop, 64 * width)), width, height=8)}\n0{stop - 1:>{width - 1}}"
    )


def lanes_of(schedule: Schedule, steps: int | None) -> list[dict[str, str]]:
    """The facts of the first lanes of a batch, each over its own length by default."""
    lanes = {
        str(list(index)): schedule[index]
        for index in itertools.islice(np.ndindex(schedule.shape), _MOST_ROWS)
    }
    return [
        {"lane": i, **facts(lane, extent(lane) if steps is None else steps)}
        for i, lane in lanes.items()
    ]


def pairs(facts: dict[str, str]) -> "Table":
    """Put names and values in two columns."""
    from rich.table import Column, Table

    grid = Table.grid("", Column(overflow="fold"), padding=(0, 2))
    for pair in facts.items():
        grid.add_row(*pair)
    return grid


def print_rows(names: list[str], rows: list[list[str]], count: int) -> None:
    """Print a table of the first rows, and how many more there are."""
    from rich import box
    from rich.table import Column, Table

    columns = [
        Column(name, justify="right" if name in ("boundary", "steps") else "left", overflow="fold")
        for name in names
    ]
    table = Table(
        *columns,
        box=box.SIMPLE_HEAD if sys.stdout.isatty() else None,
        show_edge=False,
        pad_edge=False,
    )
    for row in rows:
        table.add_row(*row)
    print_text(table, *([f"and {count - len(rows)} more"] if count > len(rows) else []))


def print_text(*parts: "str | Table") -> None:
    """Print to a terminal in its width and colours; to a file or a pipe as plain long lines."""
    from rich.console import Console

    console = Console(
        markup=False, emoji=False, highlight=False, width=None if sys.stdout.isatty() else _LONGEST
    )
    with console.capture() as captured:
        console.print(*parts, sep="\n")
    lines = (line.rstrip() for line in captured.get().split("\n"))
    typer.echo(
        "\n".join(lines).encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding),
        nl=False,
    )
