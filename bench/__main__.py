"""Measure anew what the README says.

python -m bench speed              the ratios, as a table
python -m bench accuracy           the errors
python -m bench speed --readme     and write the table into the README
"""

import argparse
import platform
from pathlib import Path

import numpy as np

from bench import accuracy, speed

README = Path(__file__).parent.parent / "README.md"


def markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rows))


def replaced(text: str, name: str, table: str) -> str:
    """``text`` with the table between the marks of this name."""
    before, begin, rest = text.partition(f"<!-- {name} -->")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    if not begin or not end:
        raise ValueError(f"the README has no marks for {name!r}")
    return f"{before}{begin}\n{table}\n{end}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("speed", "accuracy"))
    parser.add_argument("--readme", action="store_true", help="write the table into the README")
    options = parser.parse_args()
    module = {"speed": speed, "accuracy": accuracy}[options.what]
    table = markdown(module.HEAD, module.rows())
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}\n\n{table}")
    if options.readme:
        README.write_text(replaced(README.read_text(), options.what, table))


if __name__ == "__main__":
    main()
