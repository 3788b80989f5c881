"""Measure anew what the README and the docs say.

python -m bench speed              the ratios, as a table
python -m bench accuracy           the errors
python -m bench peers              a cosine by every means, and a plot of it; from a fresh process, too
python -m bench groups             rates in an optimizer's loop, plateau
python -m bench doors              a step of a scheduler, ours and torch's
python -m bench laws               laws of the loss: curves, final losses of a sweep, fits
python -m bench reductions         sums and extremes of a million lanes
python -m bench parity             every preset beside its peer, with the peers that are installed
python -m bench sweeps             tables of many schedules to disk, by Dask, and schedules made a second
python -m bench faults             the faults of other libraries, measured again with fastlr beside them
python -m bench speed --write      and put the tables where they are published
"""

import argparse
import platform
from importlib import import_module
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).parent.parent
PAGES = {  # where the table of each is published
    "speed": "README.md",
    "groups": "README.md",
    "accuracy": "docs/accuracy.md",
    "doors": "docs/doors.md",
    "laws": "docs/laws.md",
    "reductions": "docs/sweeps.md",
    "sweeps": "docs/sweeps.md",
}
WHAT = (*PAGES, "peers", "parity", "faults")


def markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rows))


def replaced(text: str, name: str, table: str) -> str:
    """``text`` with the table between the marks of this name."""
    before, begin, rest = text.partition(f"<!-- {name} -->")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    if not begin or not end:
        raise ValueError(f"there are no marks for {name!r}")
    return f"{before}{begin}\n{table}\n{end}{after}"


def tables(what: str) -> dict[tuple[str, str], str]:
    """By file and mark."""
    if what in PAGES:
        measured = import_module(f"bench.{what}")
        return {(PAGES[what], what): markdown(measured.HEAD, measured.rows())}
    if what == "parity":
        from bench import parity

        return {("docs/presets.md", "presets"): parity.text()}
    if what == "faults":
        from bench import faults

        return {("docs/faults.md", mark): table for mark, table in faults.tables().items()}
    from bench import peers

    peers.draw()
    return {
        ("README.md", "peers"): markdown(peers.HEAD, peers.rows()),
        ("README.md", "first"): markdown(peers.COLD_HEAD, peers.cold_rows()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=WHAT)
    parser.add_argument(
        "--write", action="store_true", help="write the tables where they are published"
    )
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}")
    for (file, mark), table in tables(options.what).items():
        print(f"\n{table}")
        path = PROJECT / file
        # what has no place there is printed alone
        if options.write and f"<!-- {mark} -->" in path.read_text():
            path.write_text(replaced(path.read_text(), mark, table))


if __name__ == "__main__":
    main()
