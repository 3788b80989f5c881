"""Resolve OmegaConf's references between the keys of one config: ``${trainer.max_steps}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["mappings_in", "resolved"]

_REFERENCE = re.compile(r"\$\{([A-Za-z_][\w.]*)\}")
_MOST = 16  # references that lead to each other
_MOST_MAPPINGS, _DEEPEST = 5_000, 12  # that are searched


def resolved(value: Any, root: Mapping[str, Any]) -> Any:
    """Return the value that a reference stands for, or the value itself if it is none.

    A reference to nothing, or one that calls a resolver, stays as it is.

    >>> resolved("${a.b}", {"a": {"b": "${c}"}, "c": 7})
    7
    """
    for _ in range(_MOST):
        found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            break
        target: Any = root
        for key in found[1].split("."):
            target = target.get(key) if isinstance(target, Mapping) else None
        if target is None:
            break
        value = target
    return value


def mappings_in(root: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Yield the path and the value of each mapping of a config, those outside first.

    At most 5,000 of them, 12 deep: YAML's aliases may stand for more than fit anywhere.
    """
    waiting: list[tuple[tuple[str, ...], Any]] = [((), root)]
    for place in range(_MOST_MAPPINGS):
        if place >= len(waiting):
            return
        path, found = waiting[place]
        if isinstance(found, Mapping):
            yield path, found
        if len(path) < _DEEPEST and len(waiting) < _MOST_MAPPINGS:
            items = found.items() if isinstance(found, Mapping) else enumerate(found)
            inner = [((*path, str(key)), value) for key, value in items]
            waiting += [each for each in inner if isinstance(each[1], Mapping | list)]
