"""How a config is read: one value after another, each by its key and its rule; nothing in it is
ever run.

A ``Section`` is a part of a config that knows where it stands, so that whatever is wrong with a
value is told by file, key, rule and value. A ``Run`` is what no config says: how long the run is.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from fastlr.arguments.rules import short_repr
from fastlr.errors import did_you_mean

__all__ = ["Run", "Section", "named"]

_NOTHING = object()
_HUGE = sys.float_info.max  # which an integer may exceed


class Run(NamedTuple):
    """What a config leaves to its program: a base rate, the run's steps, the steps of an epoch,
    the optimizer's state.
    """

    lr: float | None = None
    steps: int | None = None
    steps_per_epoch: int | None = None
    optimizer: Mapping[str, Any] | None = None


class Section:
    """A part of a config: its values, and where it stands."""

    def __init__(self, where: str, values: Mapping[str, Any]) -> None:
        self.where, self.values = where, values

    def __contains__(self, key: str) -> bool:
        return self.values.get(key) is not None

    def section(self, key: str) -> Section:
        """The mapping under ``key``; where there is no such key, an empty one."""
        found = self.values.get(key, {})
        if not isinstance(found, Mapping):
            raise self.wrong(key, "a mapping")
        return Section(f"{self.where}: {key}", found)

    def get(self, key: str, default: Any = _NOTHING) -> Any:
        """The value under ``key``, whatever it is; one that is null is not there."""
        found = self.values.get(key)
        if found is not None:
            return found
        if default is _NOTHING:
            raise self.missing(key)
        return default

    def number(self, key: str, default: Any = _NOTHING) -> Any:
        """A finite number; a string of one too, as YAML leaves 1e-4."""
        found = self.get(key, default)
        if isinstance(found, str):
            try:
                found = float(found) if set(found) & set(".eE") else int(found)
            except ValueError:
                raise self.wrong(key, "a number") from None
        if found is not default and (
            isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) <= _HUGE
        ):
            raise self.wrong(key, "a number")
        return found

    def whole(self, key: str, default: Any = _NOTHING) -> Any:
        """An integer; 1e3 too."""
        found = self.number(key, default)
        if isinstance(found, float) and not found.is_integer():
            raise self.wrong(key, "an integer")
        return int(found) if isinstance(found, float) else found

    def numbers(self, key: str) -> Any:
        """A list of numbers; a string of one too, as YAML leaves (30000, 40000)."""
        found = self.get(key)
        if isinstance(found, str):
            found = _literal(found)
        if not isinstance(found, list | tuple):
            raise self.wrong(key, "a list of numbers")
        each = Section(self.where, {f"{key}[{i}]": item for i, item in enumerate(found)})
        return [each.number(name) for name in each.values]

    def wholes(self, key: str) -> list[int]:
        """A list of integers."""
        found = self.numbers(key)
        if not all(float(number).is_integer() for number in found):
            raise self.wrong(key, "a list of integers")
        return [int(number) for number in found]

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        found = self.get(key, default)
        if not isinstance(found, bool):
            raise self.wrong(key, "true or false")
        return found

    def word(self, key: str, options: Collection[str], default: Any = _NOTHING) -> str:
        """One of a few words."""
        found = self.get(key, default)
        if found not in options:
            rule = f"one of {', '.join(map(repr, options))}"
            raise ValueError(
                f"{self.where}: {key} must be {rule}, got "
                f"{short_repr(found)}{did_you_mean(found, options)}"
            )
        return str(found)

    def known(self, keys: Collection[str], like: Callable[[str], bool] = lambda key: True) -> None:
        """Refuse a key that is none of these, among those that are ``like`` a scheduler's."""
        for key in self.values:
            if key not in keys and like(str(key)):
                raise ValueError(
                    f"{self.where}: {key} is no key of the scheduler's{did_you_mean(key, keys)}"
                )

    def wrong(self, key: str, rule: str) -> ValueError:
        """An error that tells the key, its rule, and the value."""
        return ValueError(
            f"{self.where}: {key} must be {rule}, got {short_repr(self.values.get(key))}"
        )

    def missing(self, key: str, way: str = "") -> ValueError:
        """An error for a key that must be there."""
        return ValueError(f"{self.where}: {key} must be given{way}")

    def steps(self, run: Run, key: str) -> int:
        """How long the run is, which the config leaves open under ``key``."""
        if run.steps is None:
            raise self.missing(key, ", or the run's length: from_config(..., steps=)")
        return run.steps


def _literal(text: str) -> object:
    """What a literal stands for; nothing is run."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


@contextmanager
def named(section: Section) -> Iterator[None]:
    """What a preset refuses is told with the place of the config."""
    try:
        yield
    except (ValueError, TypeError) as error:
        detail = str(error)
        raise ValueError(
            detail if detail.startswith(section.where) else f"{section.where}: {detail}"
        ) from None
