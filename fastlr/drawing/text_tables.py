"""Tables as text: what ``print`` shows of several results."""

from collections.abc import Sequence

__all__ = ["text_rows"]


def text_rows(table: Sequence[Sequence[str]], left: int = 0) -> list[str]:
    """Return the rows of a table as lines. The first ``left`` columns are aligned to the left, all
    others to the right.

    >>> for line in text_rows([["what next", "loss"], ["stop", "2.41"]], left=1):
    ...     print(line)
    what next  loss
    stop       2.41
    """
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if i >= left else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
