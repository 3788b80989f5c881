"""The command line: print a schedule, write its rates to a file, draw it, compare it, rank a sweep.

A schedule is named in one of four ways: the name of a recipe, a file with a JSON spec, a file with
a framework's config, or an expression as for ``fastlr.parse``; ``-`` reads a spec, a config or an
expression from standard input. A mistake ends with exit code 2 and one line on stderr that names
the rule and the value, before anything is written.
"""

import math
import platform
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

import fastlr as flr
from fastlr.cli.descriptions import about, chart, facts, in_words, lane_rows, lanes_of
from fastlr.cli.explore import explore
from fastlr.cli.find_schedule import Given, find_schedule, find_schedules, is_file
from fastlr.cli.options import (
    Commands,
    config_options,
    examples,
    json_option,
    log_options,
    number,
    out_option,
    steps_option,
    thing,
    things,
)
from fastlr.cli.printing import print_json, print_pairs, print_rows, print_text
from fastlr.drawing.numbers import argument_text, rate_text
from fastlr.drawing.sparkline import extent
from fastlr.errors import short_repr
from fastlr.program.opcodes import LAST_STEP

if TYPE_CHECKING:
    from fastlr.sweeps.toml_files import SweepFile

__all__ = ["app"]

_TOLERANCE = 1e-12  # of two schedules; a log has its own
_EXTRAS = {"matplotlib": "plot", "click": "cli", "tqdm": "cli"}
_MOST_BOUNDARIES = 40
_DRAWN = "File to write, .png, .svg or .pdf."
_PATH = click.Path(path_type=Path)


def _print_version(context: click.Context, _: click.Parameter, given: bool) -> None:
    if given and not context.resilient_parsing:
        print_text(f"fastlr {flr.__version__}")
        context.exit()


@click.group(
    "fastlr",
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog=examples(
        "fastlr recipes\nfastlr show llama3-405b\nfastlr show 'torch.StepLR(0.1, 30)'\n"
        "fastlr plot bert-base gpt3-175b -o runs.png"
    ),
)
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
@click.pass_context
def app(context: click.Context) -> None:
    """Learning-rate schedules: print, tabulate, draw, compare and rank them."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


# -- one schedule, or several ----------------------------------------------------------------------


@app.command(
    short_help="Print a schedule: its ends, peak, boundaries and a chart.",
    epilog=examples(
        "fastlr show llama3-405b\nfastlr show 'warmup_cosine(6e-4, 2_000, 600_000)'\n"
        "fastlr show config.yaml --steps 10_000\nfastlr show spec.json --json\n"
        "echo 'linear(0.1, 0, 300)' | fastlr show -"
    ),
)
@thing()
@steps_option
@json_option
@config_options
def show(thing: str, steps: int | None, as_json: bool, **given: Any) -> None:
    """Print a schedule: its ends, peak, area, boundaries and a chart.

    THING is the name of a recipe, a file (spec or framework config), an expression, or - for
    standard input.
    """
    (named,) = find_schedules([thing], steps, Given(**given))
    schedule = named.schedule
    if schedule.shape:
        lanes = lanes_of(schedule, steps)
        count = math.prod(schedule.shape)
        if as_json:
            print_json({**about(named), "lanes": lanes, "lane_count": count})
            return
        names, *rows = lane_rows(lanes)
        print_pairs(about(named))
        print_text("")
        print_rows(names, rows, count)
        return
    stop = steps if steps is not None else named.steps or extent(schedule)
    found = facts(schedule, stop)
    if as_json:
        print_json({**about(named), **found, "spec": schedule.to_spec()})
        return
    print_pairs({**about(named), **in_words(found)})
    print_text("")
    _print_boundaries(found["boundaries"])
    print_text(chart(schedule, stop))


def _print_boundaries(boundaries: list[dict[str, Any]]) -> None:
    """Print a table of boundaries, if there are any."""
    shown = boundaries[:_MOST_BOUNDARIES]
    rows = [[f"{each['step']:,}", rate_text(each["rate"])] for each in shown]
    if rows:
        print_rows(["boundary", "rate"], rows, len(boundaries))
        print_text("")


@app.command(
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


@app.command(
    short_help="Draw schedules to a .png, .svg or .pdf file.",
    epilog=examples(
        "fastlr plot llama3-405b -o run.svg\n"
        "fastlr plot bert-base gpt3-175b --share -o runs.png\n"
        "fastlr plot 'one_cycle(0.1, 9000)' --log --dark -o cycle.pdf"
    ),
)
@things()
@out_option(_DRAWN, required=True)
@steps_option
@click.option("--log", is_flag=True, help="Rates on a logarithmic scale.")
@click.option("--share", is_flag=True, help="Each curve from 0 % to 100 % of its run.")
@click.option("--tokens-per-step", type=float, help="Show tokens instead of steps.")
@click.option("--dark", is_flag=True, help="Light lines on a dark page.")
@config_options
def plot(
    things: tuple[str, ...],
    out: Path,
    steps: int | None,
    log: bool,
    share: bool,
    tokens_per_step: float | None,
    dark: bool,
    **given: Any,
) -> None:
    """Draw schedules in one picture, a .png, .svg or .pdf file."""
    from fastlr.drawing import plots
    from fastlr.drawing.axes import dark_style

    plots.check_path(out)
    named = find_schedules(things, steps, Given(**given))
    stops = [each.steps if steps is None else steps for each in named]
    drawn = [{each.label: each.schedule} if each.label else each.schedule for each in named]
    plots.empty()  # says what to install
    with dark_style(dark):
        axes = plots.plot(
            *drawn,
            steps=stops,
            ax=plots.empty(),
            log=log,
            share=share,
            tokens_per_step=tokens_per_step,
        )
        plots.save(axes, out)
    print_text(f"{out}: {out.stat().st_size} bytes")


@app.command(
    short_help="Compare two schedules, or a log with its config.",
    epilog=examples(
        "fastlr compare old.json new.json\nfastlr compare config.yaml bert-base -o both.png\n"
        "fastlr compare trainer_state.json config.yaml\n"
        "fastlr compare rates.csv 'cosine(0.1, 0, 900)' --every 10"
    ),
)
@thing("one")
@thing("other")
@steps_option
@click.option(
    "--tolerance",
    type=float,
    default=_TOLERANCE,
    show_default=True,
    help="Largest difference allowed, as a share of the largest rate.",
)
@out_option(f"Draw both and their difference. {_DRAWN}")
@log_options
@json_option
@config_options
def compare(
    one: str,
    other: str,
    steps: int | None,
    tolerance: float,
    out: Path | None,
    start: int,
    every: int,
    as_json: bool,
    **given: Any,
) -> None:
    """Compare two schedules step by step: where they differ, and by how much.

    If ONE is a log (trainer_state.json or CSV), check that the run did what OTHER, its config,
    says. The exit code is 1 if they differ.
    """
    from fastlr.analysis.run_logs import is_log
    from fastlr.drawing import plots

    if out is not None:
        plots.check_path(out)
    if is_log(one):
        own = None if tolerance == _TOLERANCE else tolerance
        _compare_log((one, other), steps, out, own, (start, every), as_json, Given(**given))
        return
    if (start, every) != (0, 1):
        raise ValueError("compare: start and every must be given for a CSV log only")
    named = find_schedules([one, other], steps, Given(**given))
    found = flr.compare(named[0].schedule, named[1].schedule, steps, tolerance)
    if as_json:
        names = ("steps", "step", "largest", "largest_step", "ulps", "ulps_step", "tolerance")
        print_json({"agrees": bool(found), **{name: getattr(found, name) for name in names}})
    else:
        print_text(str(found))
    if out is not None:
        plots.save(found.plot()[0], out)
        click.echo(f"{out}: {out.stat().st_size} bytes", err=as_json)
    sys.exit(int(not found))


def _compare_log(
    pair: tuple[str, str],
    steps: int | None,
    out: Path | None,
    tolerance: float | None,
    rows: tuple[int, int],
    as_json: bool,
    given: Given,
) -> None:
    """Compare a log with a schedule; the exit code is 1 if they differ."""
    log, other = pair
    if out is not None:
        raise ValueError(f"compare: out must be left out with a log, got {out}")
    if steps is not None and not is_file(other):
        raise ValueError(
            f"compare: steps must be given for a config only, beside a log, got {steps}"
        )
    (config,) = find_schedules([other], steps, given)
    start, every = rows
    judged = flr.compare_log(log, config.schedule, tolerance, start=start, every=every)
    if as_json:
        names = ("agrees", "column", "step", "tolerance", "offset", "skipped", "unit")
        print_json({name: getattr(judged, name) for name in names})
    else:
        print_text(str(judged))
    sys.exit(int(not judged.agrees))


# -- logs and configs ------------------------------------------------------------------------------


@app.command(
    epilog=examples(
        "fastlr identify trainer_state.json\nfastlr identify rates.csv --start 100 --every 10"
    )
)
@click.argument("log", type=_PATH)
@click.option(
    "--tolerance",
    type=float,
    help="Largest difference allowed, as a share of the largest rate; default: 1e-6, or the "
    "rounding of the log.",
)
@log_options
@json_option
def identify(log: Path, tolerance: float | None, start: int, every: int, as_json: bool) -> None:
    """Recover the schedule of a run from the log of its rates.

    LOG is trainer_state.json, or a CSV file of W&B, Lightning or Ultralytics.
    """
    from fastlr.analysis.identification import identify_log
    from fastlr.analysis.run_logs import read_log

    logged = read_log("identify: rates", log, start, every)
    found = identify_log(logged, tolerance)
    groups = found.groups or {"schedule": found}
    if as_json:
        named = {name: each.schedule.to_spec() for name, each in groups.items()}
        names = ("error", "unknown", "kept", "skipped")
        report = {name: getattr(found, name) for name in names}
        print_json({"schedules": named, "unit": logged.unit, **report})
        return
    print_pairs({name: str(each) for name, each in groups.items()})
    words = {"error": f"{found.error:.2g} of the largest rate"}
    if logged.unit == "epochs":
        words["unit"] = "a step is an epoch of the log"
    if found.unknown:
        words["not logged"] = ", ".join(f"steps {a} to {b - 1}" for a, b in found.unknown)
    if found.kept:
        words["no curve"] = ", ".join(f"steps {a} to {b}" for a, b in found.kept)
    if found.skipped:
        words["skipped"] = ", ".join(f"{count} before step {at}" for at, count in found.skipped[:9])
    print_text("")
    print_pairs(words)


@app.command(
    short_help="Explain a config or a log in plain words.",
    epilog=examples(
        "fastlr explain config.yaml --steps 10_000\nfastlr explain trainer_state.json\n"
        "fastlr explain llama3-405b"
    ),
)
@thing()
@steps_option
@click.option("--lr", type=float, help="The base rate, for a config.")
@number("--steps-per-epoch", "Steps per epoch, for a config.")
@click.option("--framework", help="The format of a config.")
@json_option
def explain(thing: str, steps: int | None, as_json: bool, **options: Any) -> None:
    """Explain a config or a log in plain words, and point out what looks wrong.

    THING is a config, a log, the name of a recipe, an expression, or - for standard input.
    """
    from fastlr.analysis.run_logs import is_log

    if is_log(thing) or is_file(thing):
        found = flr.explain(Path(thing), steps=steps, **options)
    else:
        named = find_schedule(thing, steps)
        found = flr.explain(
            named.schedule, steps=named.steps if steps is None else steps, **options
        )
    if as_json:
        findings = [each._asdict() for each in found.findings]
        print_json({"steps": found.steps, "facts": found.facts, "findings": findings})
        return
    print_pairs(found.facts)
    print_text("", "what looks wrong")
    for each in found.findings or ("nothing",):
        print_text(f"- {each if isinstance(each, str) else each.text}")


# -- sweeps ----------------------------------------------------------------------------------------


@app.command(
    short_help="Compute the sweep that a file describes.",
    epilog=examples(
        "fastlr sweep family.toml\nfastlr sweep family.toml -o rates.zarr --threads 4\n"
        "fastlr sweep family.toml --reduce sum --reduce max -o areas.csv"
    ),
)
@click.argument("file", type=_PATH)
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


@app.command(
    short_help="Rank a sweep by the loss that a law predicts.",
    epilog=examples(
        "fastlr rank family.toml --law law.toml\n"
        "fastlr rank family.toml --law law.toml --top 3 -o best.png"
    ),
)
@click.argument("file", type=_PATH)
@click.option(
    "--law",
    type=_PATH,
    required=True,
    help="A .toml file with the constants of a loss law, or with curves to fit.",
)
@number("--top", "Number of schedules to list, best first.", 10)
@click.option("--peak", type=float, help="Exclude schedules with a rate above this.")
@click.option(
    "--floor",
    type=float,
    default=0.0,
    show_default=True,
    help="Exclude schedules whose last rate is below this.",
)
@number("--threads", "Number of threads.", 1)
@out_option(f"Draw the best. {_DRAWN}")
@json_option
def rank(
    file: Path,
    law: Path,
    top: int,
    peak: float | None,
    floor: float,
    threads: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Rank the schedules of a sweep by the loss that a law predicts at the last step.

    FILE is a .toml file that describes a sweep. Prints the best schedules and their parameters.
    """
    from fastlr.drawing import plots
    from fastlr.sweeps.toml_files import law_from, read_toml, sweep_from

    if out is not None:
        plots.check_path(out)
    found = sweep_from(read_toml(file))
    judge = law_from(read_toml(law), law.parent)
    ranked = flr.rank(
        judge, found.sweep, found.steps, top, peak=peak, floor=floor, threads=threads, progress=True
    )
    _print_ranked(ranked, as_json)
    if out is not None:
        plots.save(ranked.plot()[0], out)
        click.echo(f"{out}: {out.stat().st_size} bytes", err=as_json)


def _print_ranked(ranked: flr.Ranked, as_json: bool) -> None:
    """Print the best schedules of a sweep."""
    columns = {name: values.tolist() for name, values in ranked.parameters.items()}
    losses = ranked.losses.tolist()
    if as_json:
        best = [
            {"loss": loss, **{name: column[i] for name, column in columns.items()}}
            for i, loss in enumerate(losses)
        ]
        size = ranked.size
        report = {"law": repr(ranked.law), "judged": ranked.judged, "schedules": size}
        print_json({**report, "best": best})
        return
    rows = [
        [str(i + 1), f"{loss:.6f}", *(argument_text(column[i]) for column in columns.values())]
        for i, loss in enumerate(losses)
    ]
    judged = f"{ranked.judged:,} of {ranked.size:,} schedules"
    print_pairs({"law": repr(ranked.law), "judged": judged})
    print_text("")
    print_rows(["", "loss", *columns], rows, len(rows))


def _size_of(found: "SweepFile") -> dict[str, str]:
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


def _write_reduced(out: Path | None, found: "SweepFile", names: list[str]) -> None:
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


# -- what there is ---------------------------------------------------------------------------------


@app.command(epilog=examples("fastlr recipes\nfastlr recipes --json"))
@json_option
def recipes(as_json: bool) -> None:
    """List the published runs."""
    runs = [flr.recipe(name) for name in flr.recipes()]
    years = [re.findall(r"\((\d{4})\)", run.source)[0] for run in runs]
    if as_json:
        words = ("name", "title", "source", "unit", "steps", "assumption")
        print_json(
            [
                {**{word: getattr(run, word) for word in words}, "spec": run.schedule.to_spec()}
                for run in runs
            ]
        )
        return
    rows = [
        [run.name, run.title, year, run.unit, f"{run.steps:,}"]
        for run, year in zip(runs, years, strict=True)
    ]
    print_rows(["name", "title", "year", "unit", "steps"], rows, len(rows))


@app.command(
    short_help="Print versions, and which backends run here.",
    epilog=examples("fastlr info\nfastlr info --json"),
)
@json_option
def info(as_json: bool) -> None:
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
    found = {**versions, **states, "backend in use": _in_use(), **extras}
    if as_json:
        print_json(found)
    else:
        print_pairs(found)


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


@app.command(
    short_help="Print a script that completes commands in a shell.",
    epilog=examples(
        'eval "$(fastlr completion bash)"\nfastlr completion fish > '
        "~/.config/fish/completions/fastlr.fish"
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands, options and recipes in a shell."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise ValueError(f"completion: shell must be bash, zsh or fish, got {shell!r}")
    print_text(made(app, {}, "fastlr", "_FASTLR_COMPLETE").source())


app.add_command(explore)
