"""Find the schedule that a user names on the command line."""

from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import numpy as np

import fastlr as flr
from fastlr.schedule.schedule import Schedule

__all__ = ["Found", "find_schedule"]


class Found(NamedTuple):
    """A schedule that a user named: its length, unless it has no end, and its recipe, if any."""

    label: str
    schedule: Schedule
    steps: int | None
    recipe: flr.Recipe | None = None


def find_schedule(thing: str, steps: int | None = None) -> Found:
    """Find a schedule by the name of a recipe, a file or an expression.

    ``steps`` is the length of the run, for a config that does not give it. Raises ``ValueError``,
    ``TypeError`` or ``OSError`` if there is no such schedule.

    >>> find_schedule("linear(0.1, 0.0, 300)")
    Found(label='', schedule=linear(init=0.1, end=0.0, steps=300), steps=300, recipe=None)
    """
    if thing in flr.recipes():
        run = flr.recipe(thing)
        return Found(thing, run.schedule, run.steps, run)
    is_file = Path(thing).suffix in (".json", ".yaml", ".yml") or (
        thing and "(" not in thing and Path(thing).exists()
    )
    if not is_file and "(" not in thing and ":" not in thing:
        nearest = get_close_matches(thing.lower(), flr.recipes(), n=3)
        hint = f"; nearest: {', '.join(nearest)}" if nearest else ""
        raise ValueError(
            f"no recipe, file or expression named {thing!r}; see `fastlr recipes`{hint}"
        )
    schedule = _read(Path(thing), steps) if is_file else flr.parse(thing)
    length = None if schedule.steps is None else int(np.max(schedule.steps))
    return Found(Path(thing).stem if is_file else "", schedule, length)


def _read(path: Path, steps: int | None) -> Schedule:
    """The schedule in a file with a spec or a framework's config."""
    found = flr.from_config(path, steps=steps)
    if not isinstance(found, Schedule):
        raise ValueError(
            f"{path}: must be a schedule's, got a plateau rule, which has no rates "
            f"without metrics: {found!r:.200}"
        )
    return found
