"""The command line: print a schedule, write its rates to a file, draw it, compare it, rank a sweep.

A schedule is named in one of four ways: the name of a recipe, a file with a JSON spec, a file with
a framework's config, or an expression as for ``fastlr.parse``. A mistake ends with exit code 2 and
one line on stderr that names the rule and the value, before anything is written.
"""

import math
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from typer.core import TyperGroup

import fastlr as flr
from fastlr.analysis.identification import identify_log
from fastlr.analysis.run_logs import is_log, read_log
from fastlr.arguments.atomic_files import replacing
from fastlr.arguments.output_arrays import dtype_of
from fastlr.cli.explore import explore
from fastlr.cli.find_schedule import Given, find_schedule, find_schedules, is_file
from fastlr.cli.printing import (
    about,
    facts,
    lanes_of,
    pairs,
    picture,
    print_boundaries,
    print_rows,
    print_text,
)
from fastlr.cli.table_files import write_table
from fastlr.drawing import plots
from fastlr.drawing.sparkline import extent
from fastlr.program.opcodes import LAST_STEP
from fastlr.sweeps.toml_files import SweepFile, law_from, read_toml, sweep_from

__all__ = ["app"]

_TOLERANCE = 1e-12  # of two schedules; a log has its own
_EXTRAS = {"matplotlib": "plot", "typer": "cli", "rich": "cli"}

# the error of every wrongly used option; Typer has no public name for it
_UsageError: Any = typer.BadParameter.__base__


@contextmanager
def _one_line() -> Iterator[None]:
    """Turn a user's mistake into one line on stderr and exit code 2."""
    try:
        yield
        return
    except BrokenPipeError:
        raise  # the reader of a pipe has closed it, which is no mistake
    except _UsageError as error:
        message = error.format_message()
    except OSError as error:
        message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    except (ValueError, TypeError, ImportError, MemoryError) as error:
        message = str(error) or type(error).__name__
    typer.echo(" ".join(message.split()), err=True)
    raise typer.Exit(2)


class _Commands(TyperGroup):
    """Commands that report every mistake in one line."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with _one_line():
            return super().make_context(*args, **kwargs)

    def invoke(self, *args: Any, **kwargs: Any) -> Any:
        with _one_line():
            return super().invoke(*args, **kwargs)


app = typer.Typer(cls=_Commands, add_completion=False, pretty_exceptions_enable=False)
app.command()(explore)

Thing = Annotated[
    str,
    typer.Argument(
        help="The name of a recipe, a file (spec or framework config), or an expression.",
        show_default=False,
    ),
]
Things = Annotated[
    list[str],
    typer.Argument(
        help="Names of recipes, files (specs or framework configs), or expressions.",
        show_default=False,
    ),
]


def _integer(text: str | int) -> int:
    """Return an integer; 1e5 is one too."""
    try:
        whole = isinstance(text, str) and "e" in text.lower() and float(text).is_integer()
        return int(float(text)) if whole else int(text)
    except ValueError:
        raise typer.BadParameter(f"must be an integer, got {text!r}") from None


def _number(words: str) -> Any:
    """An option for an integer."""
    return typer.Option(help=words, parser=_integer, metavar="INTEGER")


Length = Annotated[int | None, _number("Length of the run; default: the length of the schedule.")]


Lr = Annotated[float | None, typer.Option(help="For a config: the base rate.", show_default=False)]
PerEpoch = Annotated[int | None, _number("For a config that counts epochs: steps per epoch.")]
Framework = Annotated[
    str | None, typer.Option(help="For a config: its format.", show_default=False)
]
Optimizer = Annotated[
    Path | None,
    typer.Option(
        help="For a torch scheduler's state: a .json file with the optimizer's.", show_default=False
    ),
]


# -- the commands ----------------------------------------------------------------------------------


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Learning-rate schedules: print, tabulate, draw, compare and rank them."""
    if version:
        print_text(f"fastlr {flr.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def show(
    thing: Thing,
    steps: Length = None,
    lr: Lr = None,
    steps_per_epoch: PerEpoch = None,
    framework: Framework = None,
    optimizer: Optimizer = None,
) -> None:
    """Print a schedule: its first rate, peak, last rate, area, boundaries and a picture."""
    given = Given(lr, steps_per_epoch, framework, optimizer)
    (named,) = find_schedules([thing], steps, given)
    if named.schedule.shape:
        rows = lanes_of(named.schedule, steps)
        print_text(pairs(about(named)), "")
        print_rows(
            list(rows[0]), [list(row.values()) for row in rows], math.prod(named.schedule.shape)
        )
    else:
        stop = steps if steps is not None else named.steps or extent(named.schedule)
        print_text(pairs({**about(named), **facts(named.schedule, stop)}), "")
        print_boundaries(named.schedule, stop)
        print_text(picture(named.schedule, stop))


@app.command()
def table(
    thing: Thing,
    out: Annotated[Path, typer.Option(help="File to write, .npy or .csv.", show_default=False)],
    steps: Length = None,
    start: Annotated[int, _number("The first step.")] = 0,
    every: Annotated[int, _number("Steps from one row to the next.")] = 1,
    dtype: Annotated[str, typer.Option(help="float64 or float32.")] = "float64",
    lr: Lr = None,
    steps_per_epoch: PerEpoch = None,
    framework: Framework = None,
    optimizer: Optimizer = None,
) -> None:
    """Write the rates to a .npy or .csv file.

    The file is written in full or not at all. A .npy file holds an array, of shape (lanes, steps)
    for a batch. A .csv file has the header step,rate and one row per step.
    """
    given = Given(lr, steps_per_epoch, framework, optimizer)
    (named,) = find_schedules([thing], steps, given)
    stop = named.steps if steps is None else steps
    if stop is None:
        raise ValueError(
            "table: steps must be given for a schedule that never ends, got "
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


@app.command()
def plot(
    things: Things,
    out: Annotated[Path, typer.Option(help="File to write, .png or .svg.", show_default=False)],
    steps: Length = None,
    log: Annotated[bool, typer.Option("--log", help="Rates on a logarithmic scale.")] = False,
    lr: Lr = None,
    steps_per_epoch: PerEpoch = None,
    framework: Framework = None,
    optimizer: Optimizer = None,
) -> None:
    """Draw schedules in one picture, a .png or .svg file."""
    plots.check_path(out)
    named = find_schedules(things, steps, Given(lr, steps_per_epoch, framework, optimizer))
    stops = [each.steps if steps is None else steps for each in named]
    axes = plots.plot(
        *({each.label: each.schedule} for each in named), steps=stops, ax=plots.empty(), log=log
    )
    plots.save(axes, out)
    print_text(f"{out}: {out.stat().st_size} bytes")


@app.command()
def compare(
    one: Thing,
    other: Thing,
    steps: Length = None,
    tolerance: Annotated[
        float, typer.Option(help="Largest difference allowed, as a share of the largest rate.")
    ] = _TOLERANCE,
    out: Annotated[
        Path | None, typer.Option(help="Draw both to this file, .png or .svg.", show_default=False)
    ] = None,
    lr: Lr = None,
    steps_per_epoch: PerEpoch = None,
    framework: Framework = None,
    optimizer: Optimizer = None,
) -> None:
    """Compare two schedules step by step: where they differ, and by how much.

    If the first is a log (trainer_state.json or CSV), check that the run did what the second, its
    config, says. The exit code is 1 if they differ.
    """
    if out is not None:
        plots.check_path(out)
    given = Given(lr, steps_per_epoch, framework, optimizer)
    if is_log(one):
        if out is not None:
            raise ValueError(f"compare: out must be left out with a log, got {out}")
        if steps is not None and not is_file(other):
            raise ValueError(
                f"compare: steps must be given for a config only, beside a log, got {steps}"
            )
        (config,) = find_schedules([other], steps, given)
        judged = flr.compare_log(
            one, config.schedule, None if tolerance == _TOLERANCE else tolerance
        )
        print_text(str(judged))
        raise typer.Exit(int(not judged.agrees))
    named = find_schedules([one, other], steps, given)
    found = flr.compare(named[0].schedule, named[1].schedule, steps, tolerance)
    print_text(str(found))
    if out is not None:
        plots.save(found.plot(ax=plots.empty()), out)
        print_text(f"{out}: {out.stat().st_size} bytes")
    raise typer.Exit(int(not found))


Log = Annotated[
    Path,
    typer.Argument(
        help="A log: trainer_state.json, or a CSV file of W&B, Lightning or Ultralytics.",
        show_default=False,
    ),
]


@app.command()
def identify(
    log: Log,
    tolerance: Annotated[
        float | None,
        typer.Option(
            help="Largest difference allowed, as a share of the largest rate; default: 1e-6, or "
            "the rounding of the log.",
            show_default=False,
        ),
    ] = None,
    start: Annotated[int, _number("The first step, of a CSV file without steps.")] = 0,
    every: Annotated[int, _number("Steps per row, of a CSV file without steps.")] = 1,
) -> None:
    """Recover the schedule of a run from the log of its rates."""
    logged = read_log("identify: rates", log, start, every)
    found = identify_log(logged, tolerance)
    groups = found.groups or {"schedule": found}
    print_text(pairs({name: str(each) for name, each in groups.items()}))
    told = {"error": f"{found.error:.2g} of the largest rate"}
    if logged.unit == "epochs":
        told["unit"] = "a step is an epoch of the log"
    if found.unknown:
        told["not logged"] = ", ".join(f"steps {a} to {b - 1}" for a, b in found.unknown)
    if found.kept:
        told["no curve"] = ", ".join(f"steps {a} to {b}" for a, b in found.kept)
    if found.skipped:
        told["skipped"] = ", ".join(f"{count} before step {at}" for at, count in found.skipped[:9])
    print_text("", pairs(told))


@app.command()
def explain(
    thing: Annotated[
        str,
        typer.Argument(
            help="A config, a log, the name of a recipe, or an expression.", show_default=False
        ),
    ],
    steps: Length = None,
    lr: Annotated[
        float | None, typer.Option(help="The base rate, for a config.", show_default=False)
    ] = None,
    steps_per_epoch: Annotated[int | None, _number("Steps per epoch, for a config.")] = None,
    framework: Annotated[
        str | None, typer.Option(help="The format of a config.", show_default=False)
    ] = None,
) -> None:
    """Explain a config or a log in plain words, and point out what looks wrong."""
    options: dict[str, Any] = {
        "framework": framework,
        "lr": lr,
        "steps_per_epoch": steps_per_epoch,
    }
    if is_log(thing) or is_file(thing):
        found = flr.explain(Path(thing), steps=steps, **options)
    else:
        named = find_schedule(thing, steps)
        found = flr.explain(named.schedule, steps=steps or named.steps, **options)
    print_text(pairs(found.facts), "", "what looks wrong")
    for each in found.findings or ("nothing",):
        print_text(f"- {each if isinstance(each, str) else each.text}")


@app.command()
def sweep(
    file: Annotated[
        Path, typer.Argument(help="A .toml file that describes a sweep.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Output: .npy or .zarr for rates, .csv with --reduce.", show_default=False
        ),
    ] = None,
    reduce: Annotated[
        list[str] | None,
        typer.Option(help="One number per schedule: sum, mean, max, ...", show_default=False),
    ] = None,
    dtype: Annotated[str, typer.Option(help="float64 or float32.")] = "float32",
    memory: Annotated[int, _number("Memory to use, in MiB.")] = 256,
    threads: Annotated[int, _number("Number of threads.")] = 1,
) -> None:
    """Compute the sweep that a file describes: all rates, or one number per schedule with --reduce.

    Rates go to a .npy file or a .zarr store. Repeat the command to resume an interrupted run.
    Without --out the command describes the sweep.
    """
    found = sweep_from(read_toml(file))
    if reduce:
        _write_reduced(out, found, reduce)
    elif out is None:
        print_text(pairs(_size_of(found)))
    else:
        rates = found.sweep.table(
            found.steps, dtype=dtype, out=out, memory=memory * 2**20, threads=threads, progress=True
        )
        print_text(f"{out}: {rates.shape[0]} schedules, {rates.shape[1]} steps, {rates.dtype}")


@app.command()
def rank(
    file: Annotated[
        Path, typer.Argument(help="A .toml file that describes a sweep.", show_default=False)
    ],
    law: Annotated[
        Path,
        typer.Option(
            help="A .toml file with the constants of a loss law, or with curves to fit.",
            show_default=False,
        ),
    ],
    top: Annotated[int, _number("Number of schedules to list, best first.")] = 10,
    peak: Annotated[
        float | None,
        typer.Option(help="Exclude schedules with a rate above this.", show_default=False),
    ] = None,
    floor: Annotated[
        float, typer.Option(help="Exclude schedules whose last rate is below this.")
    ] = 0.0,
    threads: Annotated[int, _number("Number of threads.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="Draw the best to this file, .png or .svg.", show_default=False),
    ] = None,
) -> None:
    """Rank the schedules of a sweep by the loss that a law predicts at the last step.

    Prints the best schedules and their parameters.
    """
    if out is not None:
        plots.check_path(out)
    found = sweep_from(read_toml(file))
    judge = law_from(read_toml(law), law.parent)
    ranked = flr.rank(
        judge, found.sweep, found.steps, top, peak=peak, floor=floor, threads=threads, progress=True
    )
    columns = {name: values.tolist() for name, values in ranked.parameters.items()}
    rows = [
        [str(i + 1), f"{loss:.6f}", *(f"{column[i]}" for column in columns.values())]
        for i, loss in enumerate(ranked.losses)
    ]
    print_text(
        pairs({"law": repr(judge), "judged": f"{ranked.judged} of {found.sweep.size} schedules"}),
        "",
    )
    print_rows(["", "loss", *columns], rows, len(rows))
    if out is not None:
        plots.save(ranked.plot()[0], out)
        print_text(f"{out}: {out.stat().st_size} bytes")


def _size_of(found: SweepFile) -> dict[str, str]:
    """Describe a sweep in a few lines."""
    family, size = found.sweep, f"{found.sweep.size * found.steps * 4 / 2**20:,.1f} MiB of float32"
    axes = {", ".join(axis.names): f"{axis.size} values" for axis in family.axes}
    ends = {"first": repr(family[0]), "last": repr(family[-1])}
    return {
        "family": str(family.family),
        **axes,
        "schedules": str(family.size),
        "steps": str(found.steps),
        "table": size,
        **ends,
    }


def _write_reduced(out: Path | None, found: SweepFile, names: list[str]) -> None:
    """Write a row per schedule: its parameters and its numbers."""
    from fastlr.adapters.pandas import frame

    if out is None:
        raise ValueError("sweep: out must be given with --reduce, a .csv file, got none")
    if out.suffix != ".csv":
        raise ValueError(f"sweep: out must end in .csv with --reduce, got {str(out)!r}")
    with replacing("sweep: out", out) as written:
        rows = frame(found.sweep, found.sweep.reduce(names, found.steps, progress=True))
        rows.to_csv(written, index=False)
    print_text(f"{out}: {len(rows)} schedules, {', '.join(names)}")


@app.command()
def recipes() -> None:
    """List the published runs."""
    runs = [flr.recipe(name) for name in flr.recipes()]
    years = [re.findall(r"\((\d{4})\)", run.source)[0] for run in runs]
    rows = [
        [run.name, run.title, year, run.unit, str(run.steps)]
        for run, year in zip(runs, years, strict=True)
    ]
    print_rows(["name", "title", "year", "unit", "steps"], rows, len(rows))


@app.command()
def info() -> None:
    """Print the versions in use, the backends that run here, and why others do not."""
    versions = {
        "fastlr": flr.__version__,
        "Python": platform.python_version(),
        "NumPy": np.__version__,
    }
    states = {
        f"backend {name}": state + _level(name, state) for name, state in flr.backends().items()
    }
    extras = {name: _version(name, extra) for name, extra in _EXTRAS.items()}
    print_text(pairs({**versions, **states, "backend in use": _in_use(), **extras}))


def _level(name: str, state: str) -> str:
    """The instruction set that the C library uses."""
    if (name, state) != ("native", "ready"):
        return ""
    from fastlr.kernels import native

    return f", {native.instruction_set()}"


def _in_use() -> str:
    try:
        return flr.backend()
    except ValueError as error:  # of FASTLR_BACKEND
        return f"none: {error}"


def _version(name: str, extra: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"not installed: pip install 'fastlr[{extra}]'"
