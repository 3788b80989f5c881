"""Parse text protobuf, the format of Caffe's solvers: ``key: value`` and ``key { ... }``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["parsed"]

_TOKEN = re.compile(
    r"\s+|#[^\n]*|(?P<text>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<mark>[{}<>\[\]:,;])|(?P<word>[^\s{}<>\[\]:,;\"'#]+)"
)


def parsed(where: str, text: str) -> dict[str, Any]:
    """Return the fields of a message; a field that is repeated gives a list.

    >>> parsed("here", 'lr_policy: "step" stepvalue: 5 stepvalue: 9 net { a: true }')
    {'lr_policy': 'step', 'stepvalue': ['5', '9'], 'net': {'a': True}}
    """
    root: dict[str, Any] = {}
    open_ones, key, listed = [root], None, False
    for kind, token in _tokens(where, text):
        if token in ("{", "<") and kind == "mark" and key is not None:
            inner: dict[str, Any] = {}
            _put(open_ones[-1], key, inner)
            open_ones, key = [*open_ones, inner], None
        elif token in ("}", ">") and kind == "mark" and key is None and open_ones[1:]:
            open_ones = open_ones[:-1]
        elif token in ("[", "]") and kind == "mark" and key is not None:
            listed, key = token == "[", key if token == "[" else None
        elif (kind == "mark" and token in ",;") or (token == ":" and key is not None):
            continue
        elif key is None and kind == "word":
            key = token
        elif key is not None and kind != "mark":
            _put(open_ones[-1], key, token if kind == "text" else _plain(token))
            key = key if listed else None
        else:
            raise ValueError(f"{where}: must be text protobuf, got {token!r:.60} without a key")
    if key is not None or open_ones[1:]:
        raise ValueError(f"{where}: must be text protobuf, got an end inside {key or 'a message'}")
    return root


def _tokens(where: str, text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise ValueError(f"{where}: must be text protobuf, got {text[place : place + 20]!r}")
        place, kind = found.end(), found.lastgroup
        if kind is not None:
            yield kind, found[kind][1:-1] if kind == "text" else found[kind]


def _plain(word: str) -> object:
    """Return a truth value, or the word itself: Section reads numbers from words."""
    return {"true": True, "false": False}.get(word, word)


def _put(message: dict[str, Any], key: str, value: object) -> None:
    if key not in message:
        message[key] = value
    elif isinstance(message[key], list):
        message[key].append(value)
    else:
        message[key] = [message[key], value]
