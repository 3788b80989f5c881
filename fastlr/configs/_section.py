"""Read a config one value after another, each by its key and rule. Nothing in a config is executed.

A ``Section`` is a part of a config that knows its place, so that an error names the file, the key,
the rule and the value. A ``Run`` holds what configs leave to their program, such as the length of
the run.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from fastlr.arguments.rules import short_repr
from fastlr.errors import did_you_mean

__all__ = ["Choice", "Run", "Section", "Tagged", "errors_in", "option"]

_REQUIRED = object()  # the default of a key that must be there
_LARGEST = sys.float_info.max  # an integer may be larger, and cannot be a float then


class Choice(NamedTuple):
    """Several values of which a script uses one: it has branches, or several commands."""

    values: Sequence[Any]  # None: the option is not there
    commands: Sequence[str] = ()  # of each value, if there are several

    def __repr__(self) -> str:
        texts = ["nothing" if value is None else repr(value) for value in self.values]
        if self.commands:
            pairs = zip(texts, self.commands, strict=True)
            texts = [f"{text} in {short_repr(command)}" for text, command in pairs]
        return " or ".join(dict.fromkeys(texts))


class Tagged(NamedTuple):
    """A YAML value with a tag of its own, which stands for an object that is not built."""

    tag: str
    value: object

    def __repr__(self) -> str:
        return f"the tag {self.tag}"


class Run:
    """What a config leaves to its program, as the caller gave it.

    It remembers what a reader asked for: ``unread`` names what the caller gave for nothing.
    """

    def __init__(
        self,
        lr: float | None = None,
        steps: int | None = None,
        steps_per_epoch: int | None = None,
        optimizer: Mapping[str, Any] | None = None,
        framework: str | None = None,
    ) -> None:
        self.framework = framework  # the format, if the caller named it
        self._unit = "steps"
        self._given: dict[str, Any] = {
            "lr": lr,
            "steps": steps,
            "steps_per_epoch": steps_per_epoch,
            "optimizer": optimizer,
        }
        self._read: set[str] = set()

    def _take(self, name: str) -> Any:
        self._read.add(name)
        return self._given[name]

    @property
    def lr(self) -> float | None:
        """The base rate."""
        found: float | None = self._take("lr")
        return found

    @property
    def steps(self) -> int | None:
        """The length of the run."""
        found: int | None = self._take("steps")
        return found

    @property
    def steps_per_epoch(self) -> int | None:
        """The number of steps per epoch."""
        found: int | None = self._take("steps_per_epoch")
        return found

    @property
    def unit(self) -> str:
        """What a step of the schedule is: an epoch, if the caller says that an epoch is one step or
        the reader that it counts them.
        """
        by_epoch = self._given["steps_per_epoch"] == 1 and "steps_per_epoch" in self._read
        return "epochs" if by_epoch else self._unit

    @property
    def epoch_length(self) -> int | None:
        """The steps per epoch, if the caller gave them; nothing more is read."""
        found: int | None = self._given["steps_per_epoch"]
        return found

    def count_epochs(self) -> None:
        """Note that a step of the schedule is an epoch."""
        self._unit = "epochs"

    @property
    def optimizer(self) -> Mapping[str, Any] | None:
        """The ``state_dict`` of the optimizer."""
        found: Mapping[str, Any] | None = self._take("optimizer")
        return found

    def unread(self) -> dict[str, Any]:
        """Return what the caller gave and no reader asked for."""
        return {
            name: value
            for name, value in self._given.items()
            if value is not None and name not in self._read
        }


def option(name: str) -> str:
    """Return how to pass an argument of ``from_config``, in Python and on the command line.

    >>> option("steps_per_epoch")
    'from_config(..., steps_per_epoch=) or --steps-per-epoch'
    """
    return f"from_config(..., {name}=) or --{name.replace('_', '-')}"


class Section:
    """A part of a config: its values, and the place that errors name."""

    def __init__(self, where: str, values: Mapping[str, Any], path: Path | None = None) -> None:
        self.where, self.values, self.path = where, values, path

    def __contains__(self, key: str) -> bool:
        return self.values.get(key) is not None

    def section(self, key: str) -> Section:
        """Return the mapping under ``key``, or an empty one if there is no such key."""
        found = self._plain(key) if key in self.values else {}
        if not isinstance(found, Mapping):
            raise self.refusal(key, "a mapping")
        return Section(f"{self.where}: {key}", found, self.path)

    def get(self, key: str, default: Any = _REQUIRED) -> Any:
        """Return the value under ``key``; null counts as absent."""
        found = self._plain(key)
        if found is not None:
            return found
        if default is _REQUIRED:
            raise self.missing(key)
        return default

    def _plain(self, key: str) -> Any:
        """Return the value under ``key``, unless it is not known or stands for an object."""
        found = self.values.get(key)
        if isinstance(found, Choice):
            rule = "must be the same in every command and branch of the script"
            raise ValueError(f"{self.where}: {key} {rule}, got {found!r}: pass the one that runs")
        if isinstance(found, Tagged):
            raise ValueError(f"{self.where}: {key} must be YAML of plain values, got {found!r}")
        return found

    def number(self, key: str, default: Any = _REQUIRED) -> Any:
        """Return a finite number. It may be a string, because YAML reads 1e-4 as one."""
        found = self.get(key, default)
        if isinstance(found, str):
            try:
                found = float(found) if set(found) & set(".eE") else int(found)
            except ValueError:
                raise self.refusal(key, "a number") from None
        if found is not default and (
            isinstance(found, bool)
            or not isinstance(found, int | float)
            or not abs(found) <= _LARGEST
        ):
            raise self.refusal(key, "a number")
        return found

    def integer(self, key: str, default: Any = _REQUIRED) -> Any:
        """Return an integer; 1e3 is one too."""
        found = self.number(key, default)
        if isinstance(found, float) and not found.is_integer():
            raise self.refusal(key, "an integer")
        return int(found) if isinstance(found, float) else found

    def numbers(self, key: str) -> Any:
        """Return a list of numbers. It may be a string, as YAML reads (30000, 40000) as one."""
        found = self.get(key)
        if isinstance(found, str):
            found = _literal(found)
        if not isinstance(found, list | tuple):
            raise self.refusal(key, "a list of numbers")
        each = Section(self.where, {f"{key}[{i}]": item for i, item in enumerate(found)})
        return [each.number(name) for name in each.values]

    def integers(self, key: str) -> list[int]:
        """Return a list of integers."""
        found = self.numbers(key)
        if not all(float(number).is_integer() for number in found):
            raise self.refusal(key, "a list of integers")
        return [int(number) for number in found]

    def flag(self, key: str, default: bool) -> bool:
        """Return True or False."""
        found = self.get(key, default)
        if not isinstance(found, bool):
            raise self.refusal(key, "true or false")
        return found

    def choice(self, key: str, options: Collection[str], default: Any = _REQUIRED) -> str:
        """Return one of a few words."""
        found = self.get(key, default)
        if found not in options:
            rule = f"one of {', '.join(map(repr, options))}"
            raise ValueError(
                f"{self.where}: {key} must be {rule}, got "
                f"{short_repr(found)}{did_you_mean(found, options)}"
            )
        return str(found)

    def refuse_unknown(
        self, keys: Collection[str], own: Callable[[str], bool] = lambda key: True
    ) -> None:
        """Raise for a key that is none of ``keys``, if it is the scheduler's own and not null."""
        for key, value in self.values.items():
            if value is not None and key not in keys and own(str(key)):
                raise ValueError(f"{self.where}: unknown key {key!r}{did_you_mean(key, keys)}")

    def refusal(self, key: str, rule: str, remedy: str = "") -> ValueError:
        """Return the error that names the key, its rule, its value, and what to do instead."""
        detail = f"got {short_repr(self.values.get(key))}"
        return ValueError(f"{self.where}: {key} must be {rule}, {detail}{remedy and '; '}{remedy}")

    def missing(self, key: str, remedy: str = "") -> ValueError:
        """Return the error for a key that must be there."""
        return ValueError(f"{self.where}: {key} must be given{remedy}")

    def mapping(self, key: str) -> dict[str, Any]:
        """Return a mapping, which may be written as JSON; an empty one if there is no such key."""
        found = self.get(key, {})
        if isinstance(found, str):
            try:
                found = json.loads(found)
            except (ValueError, RecursionError):
                found = None
        if not isinstance(found, Mapping):
            raise self.refusal(key, "a mapping, or JSON of one")
        return dict(found)

    def base_rate(self, run: Run, key: str, default: Any = _REQUIRED) -> Any:
        """Return the caller's base rate, or that under ``key``."""
        if run.lr is not None:
            return run.lr
        if default is _REQUIRED and key not in self:
            raise self.missing(key, f", or the base rate: {option('lr')}")
        return self.number(key, default)

    def run_length(self, run: Run, key: str) -> int:
        """Return the length of the run under ``key``, if it is above 0, or the caller's."""
        steps: int = self.integer(key, 0)
        return steps if steps > 0 else self.steps(run, key)

    def steps(self, run: Run, key: str) -> int:
        """Return the length of the run, which the config does not have under ``key``."""
        if run.steps is None:
            raise self.missing(key, f", or the run's length: {option('steps')}")
        return run.steps

    def steps_per_epoch(self, run: Run, why: str) -> int:
        """Return the steps per epoch, which the caller must give because ``why``."""
        if run.steps_per_epoch is None:
            raise self.missing("steps_per_epoch", f", because {why}: {option('steps_per_epoch')}")
        return run.steps_per_epoch


def _literal(text: str) -> object:
    """Return the value of a Python literal, or the text if it is none. Nothing is executed."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


@contextmanager
def errors_in(section: Section) -> Iterator[None]:
    """Put the place of a config in front of the errors of a preset."""
    try:
        yield
    except RecursionError:
        raise ValueError(f"{section.where}: must not be nested so deep") from None
    except ArithmeticError as error:  # of lengths and rates that a reader computes
        raise ValueError(f"{section.where}: its numbers must stay in range ({error})") from None
    except (ValueError, TypeError) as error:
        detail = str(error)
        raise ValueError(
            detail if detail.startswith(section.where) else f"{section.where}: {detail}"
        ) from None
