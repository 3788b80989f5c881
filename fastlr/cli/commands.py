"""The command line: what a schedule is, its rates in a file, its picture.

A schedule is named in one of four ways: by the name of a recipe, by a JSON spec in a file, by a
framework's config in a file, or by an expression as for ``fastlr.parse``. Whatever a user gets
wrong is answered in one line on stderr that names the rule and the value, with exit code 2, before
anything is written.
"""

import itertools
import math
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
import typer
from typer.core import TyperGroup

import fastlr as flr
from fastlr.arguments.files import replacing
from fastlr.arguments.outputs import dtype_of
from fastlr.cli.table_files import write_table
from fastlr.drawing import plots
from fastlr.drawing.sparkline import blocks, extent, spread
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.toml_files import SweepFile, law_from, read_toml, sweep_from

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["app"]

_MOST_COUNTED = 10**8  # steps that ``show`` looks at one by one
_MOST_ROWS = 40  # boundaries or lanes that ``show`` lists
_WIDEST = 100  # a picture, in columns
_LONGEST = 10**7  # a line in a file or a pipe
_EXTRAS = {"matplotlib": "plot", "typer": "cli", "rich": "cli"}

# what any misuse of an option raises; Typer has no public name for it
_UsageError: Any = typer.BadParameter.__base__


@contextmanager
def _one_line() -> Iterator[None]:
    """Turn what a user got wrong into a line on stderr and exit code 2."""
    try:
        yield
        return
    except BrokenPipeError:
        raise  # the reader of a pipe has left, which is no mistake
    except _UsageError as error:
        message = error.format_message()
    except OSError as error:
        message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    except (ValueError, TypeError, ImportError, MemoryError) as error:
        message = str(error) or type(error).__name__
    typer.echo(" ".join(message.split()), err=True)
    raise typer.Exit(2)


class _Commands(TyperGroup):
    """Commands whose every refusal is one line."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with _one_line():
            return super().make_context(*args, **kwargs)

    def invoke(self, *args: Any, **kwargs: Any) -> Any:
        with _one_line():
            return super().invoke(*args, **kwargs)


app = typer.Typer(cls=_Commands, add_completion=False, pretty_exceptions_enable=False)

Thing = Annotated[
    str,
    typer.Argument(
        help="A recipe's name, a file with a spec or a framework's config, or an expression.",
        show_default=False,
    ),
]
Things = Annotated[
    list[str],
    typer.Argument(
        help="Recipes' names, files with specs or frameworks' configs, or expressions.",
        show_default=False,
    ),
]


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"must be an integer, got {text!r}") from None


def _number(words: str) -> Any:
    """An option that takes an integer."""
    return typer.Option(help=words, parser=_integer, metavar="INTEGER")


Length = Annotated[int | None, _number("Length of the run; its own if not given.")]


class Given(NamedTuple):
    """What a user named: a schedule, how long it runs unless it goes on for ever, and the
    recipe that it is from.
    """

    label: str
    schedule: Schedule
    steps: int | None
    recipe: flr.Recipe | None = None


def given(thing: str, steps: int | None = None) -> Given:
    """The schedule that a recipe's name, a file or an expression stands for; ``steps`` is the run's
    length, for a config without.

    Raises ``ValueError``, ``TypeError`` or ``OSError`` where there is no such schedule.

    >>> given("linear(0.1, 0.0, 300)")
    Given(label='', schedule=linear(init=0.1, end=0.0, steps=300), steps=300, recipe=None)
    """
    if thing in flr.recipes():
        run = flr.recipe(thing)
        return Given(thing, run.schedule, run.steps, run)
    is_file = Path(thing).suffix in (".json", ".yaml", ".yml") or (
        thing and "(" not in thing and Path(thing).exists()
    )
    if not is_file and "(" not in thing:
        flr.recipe(thing)  # raises, with the nearest names
    schedule = _read(Path(thing), steps) if is_file else flr.parse(thing)
    length = None if schedule.steps is None else int(np.max(schedule.steps))
    return Given(Path(thing).stem if is_file else "", schedule, length)


def _read(path: Path, steps: int | None) -> Schedule:
    """The schedule in a file: of a spec, or of a framework's config."""
    found = flr.from_config(path, steps=steps)
    if not isinstance(found, Schedule):
        raise ValueError(
            f"{path}: must be a schedule's, got a plateau rule, which has no rates "
            f"without metrics: {found!r:.200}"
        )
    return found


# -- the commands ----------------------------------------------------------------------------------


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Learning-rate schedules: look at them, tabulate them, draw them."""
    if version:
        _print(f"fastlr {flr.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def show(thing: Thing, steps: Length = None) -> None:
    """Print what a schedule is: its first rate, peak, last rate, area and boundaries, and a
    picture of it.
    """
    named = given(thing, steps)
    if named.schedule.shape:
        rows = _lanes(named.schedule, steps)
        _print(_pairs(_about(named)), "")
        _print_rows(
            list(rows[0]), [list(row.values()) for row in rows], math.prod(named.schedule.shape)
        )
    else:
        stop = steps if steps is not None else named.steps or extent(named.schedule)
        _print(_pairs({**_about(named), **_facts(named.schedule, stop)}), "")
        _show_boundaries(named.schedule, stop)
        _print(_picture(named.schedule, stop))


@app.command()
def table(
    thing: Thing,
    out: Annotated[Path, typer.Option(help="File to write, .npy or .csv.", show_default=False)],
    steps: Length = None,
    start: Annotated[int, _number("The first step.")] = 0,
    every: Annotated[int, _number("From one step to the next.")] = 1,
    dtype: Annotated[str, typer.Option(help="float64 or float32.")] = "float64",
) -> None:
    """Write the rates to a .npy or .csv file, in full or not at all.

    A .npy file holds an array, of shape (lanes, steps) for a batch. A .csv file has the header
    step,rate and a row for each step.
    """
    named = given(thing, steps)
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
    _print(f"{out}: {len(rows)} steps{lanes}, {dtype}, {out.stat().st_size} bytes")


@app.command()
def plot(
    things: Things,
    out: Annotated[Path, typer.Option(help="File to write, .png or .svg.", show_default=False)],
    steps: Length = None,
    log: Annotated[bool, typer.Option("--log", help="Rates on a logarithmic scale.")] = False,
) -> None:
    """Draw schedules on one axes into a .png or .svg file."""
    plots.check_path(out)
    named = [given(thing, steps) for thing in things]
    stops = [each.steps if steps is None else steps for each in named]
    axes = plots.plot(
        *({each.label: each.schedule} for each in named), steps=stops, ax=plots.empty(), log=log
    )
    plots.save(axes, out)
    _print(f"{out}: {out.stat().st_size} bytes")


@app.command()
def compare(
    one: Thing,
    other: Thing,
    steps: Length = None,
    tolerance: Annotated[float, typer.Option(help="A share of the largest rate.")] = 1e-12,
    out: Annotated[
        Path | None, typer.Option(help="A picture of both, .png or .svg.", show_default=False)
    ] = None,
) -> None:
    """Step two schedules side by side: where they part, and by how much. Exit code 1 where they
    do.
    """
    if out is not None:
        plots.check_path(out)
    found = flr.compare(given(one, steps).schedule, given(other, steps).schedule, steps, tolerance)
    _print(str(found))
    if out is not None:
        plots.save(found.plot(ax=plots.empty()), out)
        _print(f"{out}: {out.stat().st_size} bytes")
    raise typer.Exit(int(bool(found)))


@app.command()
def sweep(
    file: Annotated[
        Path, typer.Argument(help="A .toml file that describes a sweep.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="What to write: .npy, .zarr, or .csv of --reduce.", show_default=False),
    ] = None,
    reduce: Annotated[
        list[str] | None,
        typer.Option(help="A number of each schedule: sum, mean, max, ...", show_default=False),
    ] = None,
    dtype: Annotated[str, typer.Option(help="float64 or float32.")] = "float32",
    memory: Annotated[int, _number("MiB to work in.")] = 256,
    threads: Annotated[int, _number("Threads to work in.")] = 1,
) -> None:
    """Make what a file describes: all rates of all its schedules, or, with --reduce, a number of
    each.

    Rates go to a .npy file or a .zarr store, which a run that was stopped goes on with when it is
    asked again. Without --out the sweep is described.
    """
    found = sweep_from(read_toml(file))
    if reduce:
        _write_reduced(out, found, reduce)
    elif out is None:
        _print(_pairs(_size_of(found)))
    else:
        rates = found.sweep.table(
            found.steps, dtype=dtype, out=out, memory=memory * 2**20, threads=threads, progress=True
        )
        _print(f"{out}: {rates.shape[0]} schedules, {rates.shape[1]} steps, {rates.dtype}")


@app.command()
def rank(
    file: Annotated[
        Path, typer.Argument(help="A .toml file that describes a sweep.", show_default=False)
    ],
    law: Annotated[
        Path,
        typer.Option(
            help="A .toml file with a law's constants, or with curves to fit.", show_default=False
        ),
    ],
    top: Annotated[int, _number("How many of the best.")] = 10,
    peak: Annotated[
        float | None, typer.Option(help="No rate above it.", show_default=False)
    ] = None,
    floor: Annotated[float, typer.Option(help="No last rate below it.")] = 0.0,
    threads: Annotated[int, _number("Threads to work in.")] = 1,
    out: Annotated[
        Path | None, typer.Option(help="A picture of the best, .png or .svg.", show_default=False)
    ] = None,
) -> None:
    """Rank the schedules of a sweep by the loss that a law predicts at their last step: the
    best, and their parameters.
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
    _print(
        _pairs({"law": repr(judge), "judged": f"{ranked.judged} of {found.sweep.size} schedules"}),
        "",
    )
    _print_rows(["", "loss", *columns], rows, len(rows))
    if out is not None:
        plots.save(ranked.plot()[0], out)
        _print(f"{out}: {out.stat().st_size} bytes")


def _size_of(found: SweepFile) -> dict[str, str]:
    """A sweep in a few lines."""
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
    """A row for each schedule of its parameters and of what was asked of it."""
    from fastlr.adapters.pandas import frame

    if out is None:
        raise ValueError("sweep: out must be given with --reduce, a .csv file, got none")
    if out.suffix != ".csv":
        raise ValueError(f"sweep: out must end in .csv with --reduce, got {str(out)!r}")
    with replacing("sweep: out", out) as written:
        rows = frame(found.sweep, found.sweep.reduce(names, found.steps, progress=True))
        rows.to_csv(written, index=False)
    _print(f"{out}: {len(rows)} schedules, {', '.join(names)}")


@app.command()
def recipes() -> None:
    """List the published runs that are ready by name."""
    runs = [flr.recipe(name) for name in flr.recipes()]
    years = [re.findall(r"\((\d{4})\)", run.source)[0] for run in runs]
    rows = [
        [run.name, run.title, year, run.unit, str(run.steps)]
        for run, year in zip(runs, years, strict=True)
    ]
    _print_rows(["name", "title", "year", "unit", "steps"], rows, len(rows))


@app.command()
def info() -> None:
    """Print the versions in use, which backends run here, why others do not, and the level of
    the C library.
    """
    versions = {
        "fastlr": flr.__version__,
        "Python": platform.python_version(),
        "NumPy": np.__version__,
    }
    states = {
        f"backend {name}": state + _level(name, state) for name, state in flr.backends().items()
    }
    extras = {name: _version(name, extra) for name, extra in _EXTRAS.items()}
    _print(_pairs({**versions, **states, "backend in use": _in_use(), **extras}))


def _level(name: str, state: str) -> str:
    """The instructions that the C library uses."""
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


# -- what is shown ---------------------------------------------------------------------------------


def _about(named: Given) -> dict[str, str]:
    """What holds for every step: where the schedule is from, and what it is."""
    words = ("title", "source", "unit", "assumption") if named.recipe else ()
    length = "for ever" if named.steps is None else f"{named.steps} steps"
    own = {
        "schedule": repr(named.schedule),
        "length": length,
        "fingerprint": named.schedule.fingerprint,
    }
    return {**{word: text for word in words if (text := getattr(named.recipe, word))}, **own}


def _facts(schedule: Schedule, stop: int) -> dict[str, str]:
    """The rates of a scalar schedule's first ``stop`` steps in brief."""
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
    """The highest rate and the step that first has it."""
    at = schedule.argmax(stop)
    return f"{schedule(at)!r} at step {at}"


def _show_boundaries(schedule: Schedule, stop: int) -> None:
    boundaries = [
        boundary
        for boundary in schedule.boundaries
        if boundary < stop + (schedule.past_end != "raise")
    ]
    if boundaries:
        _print_rows(
            ["boundary", "rate"],
            [[str(boundary), repr(schedule(boundary))] for boundary in boundaries[:_MOST_ROWS]],
            len(boundaries),
        )
        _print("")


def _picture(schedule: Schedule, stop: int) -> str:
    """Blocks as wide as the terminal, above the first step and the last."""
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    return (
        f"{blocks(schedule(spread(stop, 64 * width)), width, height=8)}\n0{stop - 1:>{width - 1}}"
    )


def _lanes(schedule: Schedule, steps: int | None) -> list[dict[str, str]]:
    """The facts of the first lanes of a batch, each over its own length if no other is given."""
    lanes = {
        str(list(index)): schedule[index]
        for index in itertools.islice(np.ndindex(schedule.shape), _MOST_ROWS)
    }
    return [
        {"lane": i, **_facts(lane, extent(lane) if steps is None else steps)}
        for i, lane in lanes.items()
    ]


def _pairs(facts: dict[str, str]) -> "Table":
    """Names and values in two columns."""
    from rich.table import Column, Table

    grid = Table.grid("", Column(overflow="fold"), padding=(0, 2))
    for pair in facts.items():
        grid.add_row(*pair)
    return grid


def _print_rows(names: list[str], rows: list[list[str]], count: int) -> None:
    """A table of the first rows out of so many."""
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
    _print(table, *([f"and {count - len(rows)} more"] if count > len(rows) else []))


def _print(*parts: "str | Table") -> None:
    """Print to the terminal in its width and colours; to a file or a pipe plainly, however long
    a line becomes.
    """
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
