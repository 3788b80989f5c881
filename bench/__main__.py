"""Measure the tables of the docs, and the few rows of them in the README.

python -m bench speed              tables and calls against NumPy and a fill
python -m bench other_libraries    a cosine with each library, and its plot; first tables
python -m bench groups             rates in an optimizer's loop, plateau rules
python -m bench accuracy           errors of every curve against mpmath, in ulps
python -m bench adapters           one step of a scheduler: fastlr's adapter and torch's own
python -m bench embedded           one rate in a C program, by compiler and its flags
python -m bench laws               loss laws: curves, final losses of a sweep, fits
python -m bench law_errors         loss laws on shapes that they were not fitted to (10 minutes)
python -m bench reductions         sums and extremes of 10^6 lanes
python -m bench sweeps             10^3 to 10^8 schedules: to disk, on Dask, ranked, unlike
python -m bench parity             every preset against its library (the library must be installed)
python -m bench faults             faults of other libraries, with fastlr beside them (12 minutes)

Add --write to put the tables into the pages that publish them.
"""

import argparse
import platform
from importlib import import_module

import numpy as np

from bench.report import PROJECT, chosen, has_marks, markdown, with_table

PAGES = {  # commands with one table, and the page that publishes it
    "speed": "docs/speed.md",
    "groups": "docs/speed.md",
    "accuracy": "docs/accuracy.md",
    "adapters": "docs/adapters.md",
    "embedded": "docs/speed.md",
    "laws": "docs/laws.md",
    "law_errors": "docs/laws.md",
    "reductions": "docs/sweeps.md",
    "sweeps": "docs/sweeps.md",
}
IN_README = (  # how the rows of `speed` begin that the README shows: a gain, and losses
    "cosine",
    "exponential, rate",
    "cosine, k=0.7",
    "10^6 lanes at one step, five families",
    "one scalar call",
)
COMMANDS = (*PAGES, "other_libraries", "parity", "faults")


def tables(command: str) -> dict[tuple[str, str], str]:
    """The measured tables, by page and mark."""
    measured = import_module(f"bench.{command}")
    if command == "sweeps":
        named = measured.tables().items()
        return {("docs/sweeps.md", mark): markdown(head, rows) for mark, (head, rows) in named}
    if command in PAGES:
        rows = measured.rows()
        found = {(PAGES[command], command): markdown(measured.HEAD, rows)}
        if command == "speed":
            found["README.md", command] = markdown(measured.HEAD, chosen(rows, IN_README))
        return found
    if command == "parity":
        return {("docs/presets.md", "presets"): measured.text()}
    if command == "faults":
        return {("docs/faults.md", mark): table for mark, table in measured.tables().items()}
    measured.draw()
    return {
        ("docs/speed.md", "other_libraries"): markdown(measured.HEAD, measured.rows()),
        ("docs/speed.md", "first"): markdown(measured.FIRST_HEAD, measured.first_rows()),
    }


def main() -> None:
    """Measure what the command line names, print the tables, and write them with ``--write``."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("command", choices=COMMANDS, help="what to measure")
    parser.add_argument(
        "--write", action="store_true", help="write the tables into the pages that publish them"
    )
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}")
    for (page, mark), table in tables(options.command).items():
        print(f"\n{table}")
        path = PROJECT / page
        text = path.read_text()
        # a table without marks, such as the long lists of faults, is only printed
        if options.write and has_marks(text, mark):
            path.write_text(with_table(text, mark, table))


if __name__ == "__main__":
    main()
