"""``fastlr compare``: compare two schedules, or a log with its config."""

import sys
from pathlib import Path
from typing import Any

import click

import fastlr as flr
from fastlr.cli.find_schedule import Given, find_schedules, is_file
from fastlr.cli.options import (
    DRAWN,
    config_options,
    examples,
    json_option,
    log_options,
    out_option,
    steps_option,
    thing,
)
from fastlr.cli.printing import print_json, print_text

__all__ = ["compare"]

_TOLERANCE = 1e-12  # of two schedules; a log has its own


@click.command(
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
@out_option(f"Draw both and their difference. {DRAWN}")
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
        plots.check_path(out, "--out")
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
        report = {name: getattr(found, name) for name in names}
        group = {} if found.names is None else {"group": found.group}
        print_json({"agrees": bool(found), **report, **group})
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
