"""Write results as Markdown tables, and put them in their places in the README and the docs."""

import textwrap
from pathlib import Path

PROJECT = Path(__file__).parent.parent

Row = tuple[str, ...]


def markdown(head: Row, rows: list[Row]) -> str:
    """A Markdown table."""
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rows))


def chosen(rows: list[Row], names: tuple[str, ...]) -> list[Row]:
    """The rows of these names. A row may have measurements behind its name and a colon."""
    by_name = {row[0].partition(":")[0]: row for row in rows}
    return [by_name[name] for name in names]


def wrapped(text: str) -> str:
    """Prose in lines of at most 100 characters."""
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def has_marks(text: str, name: str) -> bool:
    """Whether ``text`` has a place for the table of this name."""
    return f"<!-- {name} -->" in text


def with_table(text: str, name: str, table: str) -> str:
    """``text`` with ``table`` between the marks of this name."""
    before, begin, rest = text.partition(f"<!-- {name} -->")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    if not begin or not end:
        raise ValueError(f"there are no marks for {name!r}")
    return f"{before}{begin}\n{table}\n{end}{after}"


def figure(number: float, unit: str) -> str:
    """A number with two digits, or with all its whole ones, and its unit."""
    return f"{number:,.0f} {unit}" if number >= 100 else f"{number:.2g} {unit}"


def target(words: str, met: dict[str, bool]) -> str:
    """A target in words, with the backends that miss it."""
    missed = [name for name, reached in met.items() if not reached]
    return f"{words}: missed in {', '.join(missed)}" if missed else words
