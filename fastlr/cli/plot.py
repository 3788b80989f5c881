"""``fastlr plot``: draw schedules to a file."""

from pathlib import Path
from typing import Any

import click

from fastlr.cli.find_schedule import Given, find_schedules
from fastlr.cli.options import DRAWN, config_options, examples, out_option, steps_option, things
from fastlr.cli.printing import print_text

__all__ = ["plot"]


@click.command(
    short_help="Draw schedules to a .png, .svg or .pdf file.",
    epilog=examples(
        "fastlr plot llama3-405b -o run.svg\n"
        "fastlr plot bert-base gpt3-175b --share -o runs.png\n"
        "fastlr plot 'one_cycle(0.1, 9000)' --log --dark -o cycle.pdf"
    ),
)
@things()
@out_option(DRAWN, required=True)
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

    plots.check_path(out, "--out")
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
