"""``fastlr table``: write the rates of a schedule to a file."""

import math
from pathlib import Path
from typing import Any

import click

from fastlr.cli.find_schedule import Given, find_schedules
from fastlr.cli.options import config_options, examples, number, out_option, steps_option, thing
from fastlr.cli.printing import print_text
from fastlr.program.opcodes import LAST_STEP

__all__ = ["table"]


@click.command(
    epilog=examples(
        "fastlr table bert-base -o rates.npy\n"
        "fastlr table 'cosine(0.1, 0, 1e5)' -o rates.csv --every 100"
    )
)
@thing()
@out_option("File to write, .npy or .csv.", required=True)
@steps_option
@number("--start", "The first step.", 0)
@number("--every", "Steps from one row to the next.", 1)
@click.option("--dtype", default="float64", show_default=True, help="float64 or float32.")
@config_options
def table(
    thing: str, out: Path, steps: int | None, start: int, every: int, dtype: str, **given: Any
) -> None:
    """Write the rates to a .npy or .csv file.

    The file is written in full or not at all. A .npy file holds an array, of shape (lanes, steps)
    for a batch. A .csv file has the header step,rate and one row per step.
    """
    from fastlr.arguments.output_arrays import dtype_of
    from fastlr.cli.table_files import write_table

    (named,) = find_schedules([thing], steps, Given(**given))
    stop = named.steps if steps is None else steps
    if stop is None:
        raise ValueError(
            "table: --steps must be given for a schedule that never ends, got "
            f"{named.schedule!r:.200}"
        )
    if not 0 <= start < stop <= LAST_STEP or every < 1:
        raise ValueError(
            "table: start must be below steps, from 0 to 2**53, and every at least 1, "
            f"got {start=}, steps={stop}, {every=}"
        )
    rows = range(start, stop, every)
    write_table(out, named.schedule, rows, dtype_of(dtype))
    lanes = f", {math.prod(named.schedule.shape)} lanes" if named.schedule.shape else ""
    print_text(f"{out}: {len(rows)} steps{lanes}, {dtype}, {out.stat().st_size} bytes")
