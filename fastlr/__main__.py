"""``fastlr`` and ``python -m fastlr``: the command line, where Typer is installed."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; without Typer, say in one line what it needs and exit with 2."""
    try:
        from fastlr.command_line import app
    except ModuleNotFoundError as error:
        if error.name != "typer":
            raise
        print("the command line needs Typer: pip install 'fastlr[cli]'", file=sys.stderr)
        sys.exit(2)
    app(prog_name="fastlr")


if __name__ == "__main__":
    main()
