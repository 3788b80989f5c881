"""``fastlr`` and ``python -m fastlr``: the command line, where Click is installed."""

import sys

from fastlr import backends

__all__ = ["main"]


def main() -> None:
    """Run the command line; without Click, say in one line what it needs and exit with 2."""
    if sys.stdout is None:
        sys.exit("fastlr: standard output is closed")
    try:
        from fastlr.cli.commands import app
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        if sys.argv[1:] == ["info"]:  # which tells what there is, without what there is not
            print("\n".join(f"backend {name:9}  {state}" for name, state in backends().items()))
        print("error: the command line needs Click: pip install 'fastlr[cli]'", file=sys.stderr)
        sys.exit(2)
    app(prog_name="fastlr")


if __name__ == "__main__":
    main()
