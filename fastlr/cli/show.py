"""``fastlr show``: print a schedule."""

import math
from typing import Any

import click

from fastlr.cli.find_schedule import Given, find_schedules
from fastlr.cli.options import config_options, examples, json_option, steps_option, thing
from fastlr.cli.printing import print_json, print_pairs, print_rows, print_text
from fastlr.cli.schedule_facts import about, chart, facts, in_words, lane_rows, lanes_of
from fastlr.drawing.numbers import rate_text
from fastlr.drawing.sparkline import extent

__all__ = ["show"]

_MOST_BOUNDARIES = 40


@click.command(
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
