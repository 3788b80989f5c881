"""Read JSON, and JSON as people write it in configs: with comments, trailing commas, keys without
quotes (Hjson, which DeepSpeed takes).
"""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["parsed"]

_SPACE = re.compile(r"(?:\s+|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_KEY = re.compile(r"[^\s,:\[\]{}'\"]+")
_BARE = re.compile(r"[^\n]*")  # a value without quotes takes its line
_WORD = re.compile(
    r"(?:(true|false|null)|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?))"
    r"(?=\s*(?:[,\]}\n#]|//|/\*|$))"
)
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_DEEPEST = 100


def parsed(where: str, text: str) -> object:
    """Parse JSON, or JSON with what Hjson adds; a key that occurs twice is an error."""
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        strict = error
    try:
        if isinstance(strict, RecursionError) or not text.lstrip().startswith(("{", "#", "/")):
            raise strict
        return _Reader(text).whole()
    except _RepeatedKeyError as error:
        raise ValueError(f"{where}: {error}") from None
    except (ValueError, RecursionError):
        raise ValueError(f"{where}: must be JSON ({strict})") from None


class _RepeatedKeyError(ValueError):
    """A key that occurs twice in a mapping."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKeyError(
                f"{key} must be given once, got {found[key]!r:.80} and {value!r:.80}"
            )
        found[key] = value
    return found


class _Reader:
    """Hjson from a position on."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0

    def whole(self) -> object:
        """Return the value that the whole text is."""
        found = self._value()
        self._skip()
        if self.at != len(self.text):
            raise ValueError(f"more after the end, at character {self.at}")
        return found

    def _skip(self, also: str = "") -> str:
        """Pass blanks, comments and ``also``, and return the next character."""
        while True:
            match = _SPACE.match(self.text, self.at)
            self.at = match.end() if match else self.at
            here = self.text[self.at : self.at + 1]
            if not here or here not in also:
                return here
            self.at += 1

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"unexpected character {self.at}")
        self.at = match.end()
        return match

    def _value(self) -> object:
        here = self._skip()
        if here in "{[" and here:
            self.depth += 1
            if self.depth > _DEEPEST:
                raise ValueError("nested too deep")
            found = self._mapping() if here == "{" else self._list()
            self.depth -= 1
            return found
        if here in "'\"" and here:
            return self._string()
        if match := _WORD.match(self.text, self.at):
            self.at = match.end()
            return json.loads(match[0])
        if here in ",:]}":
            raise ValueError(f"unexpected character {self.at}")
        return self._take(_BARE)[0].strip()

    def _string(self) -> str:
        quoted = self._take(_STRING)[0]
        if quoted[0] == "'":
            inner = quoted[1:-1].replace("\\'", "'").replace('"', '\\"')
            quoted = f'"{inner}"'
        return str(json.loads(quoted))

    def _mapping(self) -> dict[str, Any]:
        self.at += 1
        pairs = []
        while (here := self._skip(",")) != "}":
            key = self._string() if here in "'\"" and here else self._take(_KEY)[0]
            if self._skip() != ":":
                raise ValueError(f"no colon at character {self.at}")
            self.at += 1
            pairs.append((key, self._value()))
        self.at += 1
        return _unique(pairs)

    def _list(self) -> list[object]:
        self.at += 1
        found = []
        while self._skip(",") != "]":
            found.append(self._value())
        self.at += 1
        return found
