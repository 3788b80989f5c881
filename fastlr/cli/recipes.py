"""``fastlr recipes``: list the published runs."""

import re

import click

import fastlr as flr
from fastlr.cli.options import examples, json_option
from fastlr.cli.printing import print_json, print_rows

__all__ = ["recipes"]


@click.command(epilog=examples("fastlr recipes\nfastlr recipes --json"))
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
