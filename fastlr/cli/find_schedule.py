"""Find the schedule that a user names on the command line."""

import inspect
import json
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import fastlr as flr
from fastlr.schedule import constructor_names
from fastlr.schedule.schedule import Schedule

__all__ = ["Found", "Given", "find_schedule", "find_schedules", "is_file"]


class Found(NamedTuple):
    """A schedule that a user named: its length, unless it has no end, and its recipe, if any."""

    label: str
    schedule: Schedule
    steps: int | None
    recipe: flr.Recipe | None = None


class Given(NamedTuple):
    """What a user gives beside a config: the options of ``fastlr.from_config`` but ``steps``."""

    lr: float | None = None
    steps_per_epoch: int | None = None
    framework: str | None = None
    optimizer: Path | None = None  # a JSON file with its state_dict


_NOTHING = Given()
# the suffixes of configs; a name that ends in one is a file's, even if there is no such file
_SUFFIXES = (
    *(".bash", ".cfg", ".hjson", ".json", ".jsonc", ".prototxt", ".py", ".sh", ".slurm"),
    *(".toml", ".txt", ".yaml", ".yml"),
)


def find_schedules(things: Sequence[str], steps: int | None, given: Given) -> list[Found]:
    """Find several schedules; ``given`` is for those that are configs, of which one must be."""
    unused = [name for name, value in given._asdict().items() if value is not None]
    if unused and not any(thing == "-" or is_file(thing) for thing in things):
        option = f"--{unused[0].replace('_', '-')}"
        raise ValueError(f"{option} must be given for a config file only, got {' '.join(things)}")
    if sum(thing == "-" for thing in things) > 1:
        raise ValueError(f"-: standard input must be named once, got {' '.join(things)}")
    return [find_schedule(thing, steps, given) for thing in things]


def find_schedule(thing: str, steps: int | None = None, given: Given = _NOTHING) -> Found:
    """Find a schedule by the name of a recipe, a file or an expression.

    ``steps`` is the length of the run, for a config that does not give it. Raises ``ValueError``,
    ``TypeError`` or ``OSError`` if there is no such schedule.

    >>> find_schedule("linear(0.1, 0.0, 300)")
    Found(label='', schedule=linear(init=0.1, end=0.0, steps=300), steps=300, recipe=None)
    """
    if thing in flr.recipes():
        run = flr.recipe(thing)
        return Found(thing, run.schedule, run.steps, run)
    if thing == "-":
        return _found("", _from_input(steps, given))
    from_file = is_file(thing)
    if not from_file and "(" not in thing and ":" not in thing:
        if thing in constructor_names.__all__:
            parameters = inspect.signature(getattr(flr, thing)).parameters.values()
            needed = ", ".join(each.name for each in parameters if each.default is each.empty)
            raise ValueError(
                f"{thing}: arguments must be given, as in '{thing}({needed})', got none"
            )
        nearest = get_close_matches(thing.lower(), flr.recipes(), n=3)
        hint = f"; nearest: {', '.join(nearest)}" if nearest else ""
        raise ValueError(
            f"no recipe, file or expression named {thing!r}; see `fastlr recipes`{hint}"
        )
    schedule = _read(thing, steps, given) if from_file else flr.parse(thing)
    return _found(Path(thing).stem if from_file else "", schedule)


def _found(label: str, schedule: Schedule) -> Found:
    length = None if schedule.steps is None else int(np.max(schedule.steps))
    return Found(label, schedule, length)


def _from_input(steps: int | None, given: Given) -> Schedule:
    """The schedule on standard input: a spec or a config as JSON, or an expression."""
    text = _input_text()
    if not text.startswith("{"):
        if not text:
            raise ValueError("-: standard input must hold a spec, a config or an expression")
        return flr.parse(text)
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"-: standard input must be JSON or an expression ({error})") from None
    return _schedule_of("standard input", config, steps, given)


def _input_text() -> str:
    """The text on standard input, which is UTF-8 on every machine."""
    data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"-: standard input must be UTF-8 text, got byte 0x{data[error.start]:02x} at "
            f"byte {error.start}"
        ) from None


def is_file(thing: str) -> bool:
    """Whether a user means a file: it has a config's suffix, or there is such a file."""
    if thing in flr.recipes():
        return False
    if Path(thing).suffix.lower() in _SUFFIXES:
        return True
    try:
        return bool(thing) and "(" not in thing and Path(thing).exists()
    except (OSError, ValueError):  # too long for a path, or no path at all
        return False


def _read(thing: str, steps: int | None, given: Given) -> Schedule:
    """The schedule in a file with a spec or a framework's config.

    ``steps`` is the run's length for a config that leaves it open; for another it only says how
    many steps to show.
    """
    return _schedule_of(thing, Path(thing), steps, given)


def _schedule_of(name: str, config: Any, steps: int | None, given: Given) -> Schedule:
    """The schedule of a config, which is a path or the contents of one."""
    options: dict[str, Any] = {**given._asdict(), "optimizer": _state(given.optimizer)}
    try:
        found = flr.from_config(config, **options)
        endless = isinstance(found, Schedule) and found.steps is None
    except ValueError:
        if steps is None:
            raise
        endless = True
    if endless and steps is not None:
        found = flr.from_config(config, **options, steps=steps)
    if not isinstance(found, Schedule):
        raise ValueError(
            f"{name}: must be a schedule's, got a plateau rule, which has no rates "
            f"without metrics: {found!r:.200}"
        )
    return found


def _state(path: Path | None) -> Any:
    """The state of an optimizer in a JSON file."""
    if path is None:
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: optimizer must be JSON ({error})") from None
