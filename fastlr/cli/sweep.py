"""``fastlr sweep``: compute the sweep that a file describes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fastlr.cli.options import PATH, examples, json_option, number, out_option
from fastlr.cli.printing import print_json, print_pairs, print_text
from fastlr.errors import short_repr

if TYPE_CHECKING:
    from fastlr.sweeps.toml_files import SweepFile

__all__ = ["sweep"]


@click.command(
    short_help="Compute the sweep that a file describes.",
    epilog=examples(
        "fastlr sweep family.toml\nfastlr sweep family.toml -o rates.zarr --threads 4\n"
        "fastlr sweep family.toml --reduce sum --reduce max -o areas.csv"
    ),
)
@click.argument("file", type=PATH)
@out_option("Output: .npy or .zarr for rates, .csv with --reduce.")
@click.option("--reduce", multiple=True, help="One number per schedule: sum, mean, max, ...")
@click.option("--dtype", default="float32", show_default=True, help="float64 or float32.")
@number("--memory", "Memory to use, in MiB.", 256)
@number("--threads", "Number of threads.", 1)
@json_option
def sweep(
    file: Path,
    out: Path | None,
    reduce: tuple[str, ...],
    dtype: str,
    memory: int,
    threads: int,
    as_json: bool,
) -> None:
    """Compute the sweep that FILE describes: all rates, or one number per schedule with --reduce.

    FILE is a .toml file. Rates go to a .npy file or a .zarr store. Repeat the command to resume an
    interrupted run. Without --out the command describes the sweep.
    """
    from fastlr.sweeps.toml_files import read_toml, sweep_from

    found = sweep_from(read_toml(file))
    if reduce:
        _write_reduced(out, found, list(reduce))
    elif out is None and as_json:
        shown = {"schedules": found.sweep.size, "steps": found.steps}
        print_json({**found.sweep.describe(), **shown, "fingerprint": found.sweep.fingerprint})
    elif out is None:
        print_pairs(_size_of(found))
    else:
        rates = found.sweep.table(
            found.steps, dtype=dtype, out=out, memory=memory * 2**20, threads=threads, progress=True
        )
        print_text(f"{out}: {rates.shape[0]} schedules, {rates.shape[1]} steps, {rates.dtype}")


def _size_of(found: SweepFile) -> dict[str, str]:
    """Describe a sweep in a few lines."""
    family, size = found.sweep, f"{found.sweep.size * found.steps * 4 / 2**20:,.1f} MiB of float32"
    axes = {", ".join(axis.names): f"{axis.size:,} values" for axis in family.axes}
    ends = {"first": repr(family[0]), "last": repr(family[-1])}
    return {
        "family": str(family.family),
        **axes,
        "schedules": f"{family.size:,}",
        "steps": f"{found.steps:,}",
        "table": size,
        **ends,
    }


def _write_reduced(out: Path | None, found: SweepFile, names: list[str]) -> None:
    """Write a row per schedule: its parameters and its numbers."""
    from fastlr.adapters.pandas import frame
    from fastlr.arguments.atomic_files import replacing

    if out is None:
        raise ValueError("sweep: out must be given with --reduce, a .csv file, got none")
    if out.suffix != ".csv":
        raise ValueError(f"sweep: out must end in .csv with --reduce, got {short_repr(str(out))}")
    with replacing("sweep: out", out) as written:
        rows = frame(found.sweep, found.sweep.reduce(names, found.steps, progress=True))
        rows.to_csv(written, index=False)
    print_text(f"{out}: {len(rows)} schedules, {', '.join(names)}")
