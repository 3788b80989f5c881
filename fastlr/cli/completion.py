"""``fastlr completion``: print a script that completes commands in a shell."""

import click

from fastlr.cli.options import examples
from fastlr.cli.printing import print_text

__all__ = ["completion"]


@click.command(
    short_help="Print a script that completes commands in a shell.",
    epilog=examples(
        'eval "$(fastlr completion bash)"\nfastlr completion fish > '
        "~/.config/fish/completions/fastlr.fish"
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands, options and recipes in a shell."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise ValueError(f"completion: shell must be bash, zsh or fish, got {shell!r}")
    print_text(
        made(
            click.get_current_context().find_root().command, {}, "fastlr", "_FASTLR_COMPLETE"
        ).source()
    )
