"""``fastlr rank``: rank a sweep by the loss that a law predicts."""

from pathlib import Path

import click

import fastlr as flr
from fastlr.cli.options import DRAWN, PATH, examples, json_option, number, out_option
from fastlr.cli.printing import print_json, print_pairs, print_rows, print_text
from fastlr.drawing.numbers import argument_text

__all__ = ["rank"]


@click.command(
    short_help="Rank a sweep by the loss that a law predicts.",
    epilog=examples(
        "fastlr rank family.toml --law law.toml\n"
        "fastlr rank family.toml --law law.toml --top 3 -o best.png"
    ),
)
@click.argument("file", type=PATH)
@click.option(
    "--law",
    type=PATH,
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
@out_option(f"Draw the best. {DRAWN}")
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
        plots.check_path(out, "--out")
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
