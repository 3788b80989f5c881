"""How many examples a test draws: all with ``--exhaustive``, a share of them without."""

from typing import Any

from hypothesis import settings


def examples(count: int, **more: Any) -> Any:
    """Draw ``count`` examples, or the share of them that the profile in ``conftest.py`` sets."""
    share = settings().max_examples / 100
    return settings(max_examples=max(1, round(share * count)), **more)
