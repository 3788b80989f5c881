"""How many examples a test draws: all with ``--exhaustive``, a part of them without.

The profile in ``conftest.py`` sets the part.
"""

from typing import Any

from hypothesis import settings


def share_of(count: int) -> int:
    """All of ``count`` with ``--exhaustive``, else a share of it."""
    return max(1, round(count * settings().max_examples / 100))


def examples(count: int, **more: Any) -> Any:
    """Draw ``count`` examples, or a share of them."""
    return settings(max_examples=share_of(count), **more)
