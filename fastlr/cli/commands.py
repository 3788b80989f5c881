"""The command line: print a schedule, write its rates to a file, draw it, compare it, rank a sweep.

A schedule is named in one of four ways: the name of a recipe, a file with a JSON spec, a file with
a framework's config, or an expression as for ``fastlr.parse``; ``-`` reads a spec, a config or an
expression from standard input. A mistake ends with exit code 2 and one line on stderr that names
the rule and the value, before anything is written.
"""

import click

import fastlr as flr
from fastlr.cli.compare import compare
from fastlr.cli.completion import completion
from fastlr.cli.explain import explain
from fastlr.cli.explore import explore
from fastlr.cli.identify import identify
from fastlr.cli.info import info
from fastlr.cli.options import Commands, examples
from fastlr.cli.plot import plot
from fastlr.cli.printing import print_text
from fastlr.cli.rank import rank
from fastlr.cli.recipes import recipes
from fastlr.cli.show import show
from fastlr.cli.sweep import sweep
from fastlr.cli.table import table

__all__ = ["app"]


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


for _command in (
    show,
    table,
    plot,
    compare,
    identify,
    explain,
    sweep,
    rank,
    recipes,
    info,
    completion,
    explore,
):
    app.add_command(_command)
