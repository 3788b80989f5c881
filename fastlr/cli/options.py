"""The command group and the options that commands share."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from fastlr.errors import did_you_mean

__all__ = [
    "DRAWN",
    "PATH",
    "Commands",
    "Integer",
    "config_options",
    "examples",
    "json_option",
    "log_options",
    "number",
    "out_option",
    "steps_option",
    "thing",
    "things",
]

DRAWN = "File to write, .png, .svg or .pdf."
PATH = click.Path(path_type=Path)

F = TypeVar("F", bound=Callable[..., Any])
Decorator = Callable[[F], F]


@contextmanager
def _one_line() -> Iterator[None]:
    """Turn a user's mistake into one line on stderr, with the way out, and exit code 2."""
    try:
        yield
        return
    except BrokenPipeError:
        raise  # the reader of a pipe has closed it, which is no mistake
    except click.UsageError as error:
        message = _with_way_out(error)
    except OSError as error:
        message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    except (ValueError, TypeError, ImportError, MemoryError) as error:
        message = str(error) or type(error).__name__
    click.echo(f"error: {' '.join(message.split())}", err=True)
    raise click.exceptions.Exit(2)


def _with_way_out(error: click.UsageError) -> str:
    """What is wrong, and where a user reads how to call the command."""
    message = error.format_message().rstrip(".")
    if error.ctx is None:
        return message
    return (
        f"{message}{' See' if message[-1:] in '?!' else '; see'} `{error.ctx.command_path} --help`"
    )


class Commands(click.Group):
    """Commands that report every mistake in one line."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Parse the arguments of the group."""
        with _one_line():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        with _one_line():
            return super().invoke(ctx)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find a command; suggest one for a name that is mistyped."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            names = self.list_commands(ctx)
            raise click.UsageError(f"no command {args[0]!r}{did_you_mean(args[0], names)}", ctx)
        return super().resolve_command(ctx, args)


class Integer(click.ParamType[Any]):
    """An integer; 1e5 and 100_000 are integers too."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the integer that a text means."""
        try:
            whole = isinstance(value, str) and "e" in value.lower() and float(value).is_integer()
            return int(float(value)) if whole else int(value)
        except (ValueError, OverflowError):
            self.fail(f"must be an integer, got {value!r}", param, ctx)


def number(name: str, words: str, default: int | None = None) -> Decorator[Any]:
    """Add an option for an integer."""
    shown = default is not None
    return click.option(name, type=Integer(), default=default, show_default=shown, help=words)


def _complete_recipes(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[Any]:
    """Complete the name of a recipe; the shell completes the names of files itself."""
    from click.shell_completion import CompletionItem

    import fastlr as flr

    found = [name for name in flr.recipes() if name.startswith(incomplete)]
    return [CompletionItem(name) for name in found] or [CompletionItem(incomplete, type="file")]


def thing(name: str = "thing") -> Decorator[Any]:
    """Add an argument that names a schedule."""
    return click.argument(name, shell_complete=_complete_recipes)


def things() -> Decorator[Any]:
    """Add an argument that names several schedules."""
    return click.argument("things", nargs=-1, required=True, shell_complete=_complete_recipes)


def steps_option(command: F) -> F:
    """Add the option for the length of a run."""
    words = "Length of the run; default: the length of the schedule."
    decorated: F = number("--steps", words)(command)
    return decorated


def out_option(words: str, required: bool = False) -> Decorator[Any]:
    """Add the option for a file to write."""
    return click.option("-o", "--out", type=PATH, required=required, help=words)


def json_option(command: F) -> F:
    """Add the option for output that programs read."""
    words = "Print JSON, with every number in full."
    return click.option("--json", "as_json", is_flag=True, help=words)(command)


def config_options(command: F) -> F:
    """Add the options that only a framework's config takes."""
    for decorate in (
        click.option(
            "--optimizer",
            type=PATH,
            help="For a torch scheduler's state: a .json file with the optimizer's.",
        ),
        click.option("--framework", help="For a config: its format."),
        number("--steps-per-epoch", "For a config that counts epochs: steps per epoch."),
        click.option("--lr", type=float, help="For a config: the base rate."),
    ):
        command = decorate(command)
    return command


def log_options(command: F) -> F:
    """Add the options that number the rows of a CSV file without steps."""
    every = number("--every", "Steps per row, of a CSV file without steps.", 1)(command)
    decorated: F = number("--start", "The first step, of a CSV file without steps.", 0)(every)
    return decorated


def examples(text: str) -> str:
    """Return the end of a help page: examples, each on a line of its own."""
    lines = re.sub(r"(?m)^", "  ", text.strip())
    return f"\b\nExamples:\n{lines}"
