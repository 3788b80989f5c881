"""The command that opens schedules in the browser."""

from typing import Annotated, Any

import typer

import fastlr as flr
from fastlr.cli.find_schedule import Given, find_schedules

__all__ = ["explore"]

Things = Annotated[
    list[str] | None,
    typer.Argument(
        help="Names of published runs, files (specs or framework configs), expressions, or one "
        "link that the page gave.",
        show_default=False,
    ),
]
Lr = Annotated[float | None, typer.Option(help="For a config: the base rate.", show_default=False)]
Run = Annotated[
    list[str] | None,
    typer.Option("--run", help="A published run to compare with.", show_default=False),
]


def explore(
    things: Things = None,
    run: Run = None,
    steps: Annotated[int | None, typer.Option(help="Number of steps shown.")] = None,
    log: Annotated[bool, typer.Option("--log", help="Rates on a logarithmic scale.")] = False,
    port: Annotated[int | None, typer.Option(help="Port; default: 5007, or a free one.")] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the browser.")
    ] = True,
    lr: Lr = None,
    steps_per_epoch: Annotated[
        int | None, typer.Option(help="For a config that counts epochs: steps per epoch.")
    ] = None,
    framework: Annotated[
        str | None, typer.Option(help="For a config: its format.", show_default=False)
    ] = None,
) -> None:
    """Explore schedules in the browser: sliders, several curves, code to copy.

    The page is served on 127.0.0.1 until Ctrl-C, and needs the token in the printed address.

    Examples: fastlr explore llama3-405b; fastlr explore "wsd(6e-4, 2000, 8000, 2000)" --log
    """
    named = things or []
    given = Given(lr, steps_per_epoch, framework)
    if len(named) == 1 and named[0].startswith(("?", "http://")) and given == Given():
        opened: list[Any] = [named[0]]
    else:
        opened = _found(named, steps, given)
    flr.explore(*opened, runs=run or (), steps=steps, log=log).serve(port, browser)


def _found(things: list[str], steps: int | None, given: Given) -> list[Any]:
    """What a user named; a name of a published run and an expression stay as they were typed."""
    found = find_schedules(things, steps, given)
    return [
        {each.label: each.schedule} if each.recipe is None and each.label else thing
        for thing, each in zip(things, found, strict=True)
    ]
