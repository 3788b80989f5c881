"""Read the options of the command in a shell script: ``--name value``, ``--name=value`` or a
``--name`` alone, which is True. Nothing is executed.

``_shell_values`` puts the values of variables into the command.

A script may have several commands with a rate, or branches and loops that assign several values. An
option that is not the same in all of them has a ``Choice``, which a reader refuses to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fastlr.configs._section import Choice
from fastlr.configs._shell_values import Either, Word, commands_of, joined, split

__all__ = ["Options", "options", "options_of"]

_MOST_CHARACTERS = 2**20
_MOST_COMMANDS = 1_000

_NUMBER = re.compile(r"[-+.\deE]*\d[-+.\deE]*")
_ABOUT_RATES = re.compile(r"(^|-)(lr|learning-rate)($|-)|^train-(iters|samples)$|^max-steps$")


class Options(dict[str, Any]):
    """The options of a command, with hyphens in their names."""

    def underscored(self) -> dict[str, Any]:
        """Return the options under the names that a program has for them."""
        return {name.replace("-", "_"): value for name, value in self.items()}


def options(where: str, text: str) -> Options:
    """Return the options of the command in a script."""
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"{where}: a script must have at most {_MOST_CHARACTERS:,} characters")
    try:
        commands, assigned = commands_of(text)
    except ValueError as error:
        raise ValueError(f"{where}: must be a command's arguments ({error})") from None
    found = [(_label(words), options_of(words)) for words in commands]
    rated = [(label, each) for label, each in found if any(map(_ABOUT_RATES.search, each))]
    if len(rated) > _MOST_COMMANDS:
        rule = f"must have at most {_MOST_COMMANDS:,} commands with a rate"
        raise ValueError(f"{where}: {rule}, got {len(rated)}")
    if not rated:  # the command is elsewhere: the script only prepares its arguments
        return Options(options_of(assigned))
    return Options(_agreed([each for _, each in rated], [label for label, _ in rated]))


def _label(words: Iterable[Word]) -> str:
    """Return the beginning of a command, up to the first option that concerns the rate."""
    shown = " ".join(map(_shown, words))
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def options_of(words: Iterable[Word | str]) -> dict[str, Any]:
    """Return the options among the words of a command.

    >>> options_of(["python", "train.py", "--lr", "0.1", "--lr_decay-style=cosine", "--bf16"])
    {'lr': '0.1', 'lr-decay-style': 'cosine', 'bf16': True}
    >>> options_of(["--milestones", "30", "60", "data"])
    {'milestones': ['30', '60']}
    """
    found: dict[str, Any] = {}
    awaiting: str | None = None  # the option whose value may follow
    last: str | None = None  # the option that may have more than one number
    for word in _loose(words):
        if awaiting is not None and (value := _value(word)) is not None:
            found[awaiting], awaiting, last = value, None, awaiting
        elif last is not None and isinstance(word, str) and _NUMBER.fullmatch(word):
            before = found[last]
            found[last] = [*(before if isinstance(before, list) else [before]), word]
        elif isinstance(word, Either):
            ways = [options_of(split(value)) for value in word.values]
            found.update(_agreed([{**found, **way} for way in ways]))
            awaiting = last = None
        elif isinstance(word, str) and word.startswith("--") and len(word) > 2:
            name, has_value, value = word[2:].partition("=")
            name, last = name.replace("_", "-"), None
            found[name], awaiting = (value, None) if has_value else (True, name)
        elif isinstance(word, tuple) and str(word[0]).startswith("--"):
            name, _, start = str(word[0])[2:].partition("=")
            found[name.replace("_", "-")] = _shown((start, *word[1:]))
            awaiting = last = None
        else:
            last = None
    return found


def _value(word: Any) -> Any:
    """Return the value of an option that this word is, or None if it begins another option."""
    if isinstance(word, Either):
        ways = [split(value) for value in word.values]
        if any(len(way) != 1 for way in ways):
            return None
        values = [_value(_single(way[0])) for way in ways]
        return None if None in values else _one_of(values)
    if isinstance(word, tuple):
        return None if str(word[0]).startswith("--") else _shown(word)
    return None if word.startswith("--") else word


def _shown(word: Word) -> str:
    """Return the text of a word with the names of what is not known in it."""
    return "".join(f"${{{part.name}}}" if isinstance(part, Either) else part for part in word)


def _agreed(ways: Sequence[Mapping[str, Any]], labels: Sequence[str] = ()) -> dict[str, Any]:
    """Return the options of several commands; where they differ, a ``Choice``."""
    names = dict.fromkeys(name for way in ways for name in way)
    return {name: _one_of([way.get(name) for way in ways], labels) for name in names}


def _one_of(values: Sequence[Any], labels: Sequence[str] = ()) -> Any:
    """Return the one value of all, or a ``Choice`` among them; each has the label of its command,
    if there are several commands.
    """
    if len(values) == len(labels) > 1 and not any(isinstance(each, Choice) for each in values):
        if all(value == values[0] for value in values):
            return values[0]
        return Choice(values, labels)
    flat = [
        one for each in values for one in (each.values if isinstance(each, Choice) else (each,))
    ]
    different = [value for i, value in enumerate(flat) if value not in flat[:i]]
    return different[0] if len(different) == 1 else Choice(different)


def _loose(words: Iterable[Word | str]) -> Iterator[Any]:
    """Yield words as text or as one ``Either``; a quoted word that holds options is split."""
    for word in words:
        single = _single((word,) if isinstance(word, str) else word)
        if isinstance(single, str) and re.search(r"(^|\s)--\w", single) and " " in single.strip():
            yield from single.split()
        elif isinstance(single, tuple) and re.search(r"(^|\s)--\w[^=]*\s", _shown(single)):
            yield from (_single(part) for part in split([single]))
        else:
            yield single


def _single(word: Word) -> Any:
    """Return a word of one part as that part."""
    parts = joined(word)
    return parts[0] if len(parts) == 1 else parts or ""
