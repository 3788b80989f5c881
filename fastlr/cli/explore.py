"""The command that opens schedules in the browser."""

from typing import Any

import click

import fastlr as flr
from fastlr.cli.find_schedule import Given, find_schedules
from fastlr.cli.options import config_options, examples, number, steps_option

__all__ = ["explore"]


@click.command(
    short_help="Explore schedules in the browser: sliders, several curves, code to copy.",
    epilog=examples(
        "fastlr explore llama3-405b\n"
        "fastlr explore 'wsd(6e-4, 2000, 8000, 2000)' --run bert-base --log"
    ),
)
@click.argument("things", nargs=-1)
@click.option("--run", multiple=True, help="A published run to compare with; may be repeated.")
@steps_option
@click.option("--log", is_flag=True, help="Rates on a logarithmic scale.")
@number("--port", "Port; default: 5007, or a free one.")
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the browser.")
@config_options
def explore(
    things: tuple[str, ...],
    run: tuple[str, ...],
    steps: int | None,
    log: bool,
    port: int | None,
    browser: bool,
    **given: Any,
) -> None:
    """Explore schedules in the browser: sliders, several curves, code to copy.

    THINGS are names of published runs, files (specs or framework configs), expressions, or one
    link that the page gave. The page is served on 127.0.0.1 until Ctrl-C, and needs the token in
    the printed address.
    """
    link = len(things) == 1 and things[0].startswith(("?", "http://"))
    if link and not any(given.values()):
        opened: list[Any] = [things[0]]
    else:
        opened = _found(list(things), steps, Given(**given))
    flr.explore(*opened, runs=run, steps=steps, log=log).serve(port, browser)


def _found(things: list[str], steps: int | None, given: Given) -> list[Any]:
    """What a user named; a name of a published run and an expression stay as they were typed."""
    found = find_schedules(things, steps, given)
    return [
        {each.label: each.schedule} if each.recipe is None and each.label else thing
        for thing, each in zip(things, found, strict=True)
    ]
