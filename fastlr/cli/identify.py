"""``fastlr identify``: recover a schedule from the log of its rates."""

from pathlib import Path

import click

from fastlr.arguments.installed_packages import all_installed
from fastlr.cli.options import PATH, examples, json_option, log_options
from fastlr.cli.printing import print_json, print_pairs, print_text

__all__ = ["identify"]


@click.command(
    epilog=examples(
        "fastlr identify trainer_state.json\nfastlr identify rates.csv --start 100 --every 10"
    )
)
@click.argument("log", type=PATH)
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

    LOG is trainer_state.json, JSON lines, or a CSV file of W&B, Lightning or Ultralytics.
    """
    from fastlr.analysis.identification import identify_log
    from fastlr.analysis.run_logs import read_log

    logged = read_log("identify: rates", log, start, every)
    found = identify_log(logged, tolerance, progress=all_installed("tqdm"))
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
