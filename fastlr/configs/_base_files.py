"""Merge a config with the files beside it that it is based on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastlr.configs import _files
from fastlr.configs._section import Section

__all__ = ["merged", "with_base_files"]

_MOST = 100  # files that one config leads to


def merged(base: Mapping[Any, Any], top: Mapping[Any, Any]) -> dict[Any, Any]:
    """Put the values of ``top`` over those of ``base``, mapping by mapping.

    A mapping with ``_delete_: True`` takes the place of the one below it, as in MMEngine.

    >>> merged({"a": {"b": 1}, "c": 2}, {"a": {"d": 3}})
    {'a': {'b': 1, 'd': 3}, 'c': 2}
    """
    found = dict(base)
    for key, value in top.items():
        below = found.get(key)
        if not isinstance(value, Mapping):
            found[key] = value
            continue
        own = {name: item for name, item in value.items() if name != "_delete_"}
        joined = isinstance(below, Mapping) and not value.get("_delete_", False)
        found[key] = merged(below, own) if joined else own  # type: ignore[arg-type]
    return found


def with_base_files(config: Section, key: str) -> Section:
    """Return the config on top of the files that ``key`` lists, in the order of the list."""
    values = _with_bases(config, config.path, config.values, key, [], [])
    return Section(config.where, values, config.path)


def _with_bases(
    config: Section,
    path: Path | None,
    values: Mapping[str, Any],
    key: str,
    above: list[Path],
    read: list[Path],
) -> Mapping[str, Any]:
    """Return the values of a file on top of its bases.

    ``above`` are the files that led to this one, ``read`` all that have been read.
    """
    named = values.get(key)
    if named is None:
        return values
    below: Mapping[Any, Any] = {}
    for each in named if isinstance(named, list | tuple) else [named]:
        base = _beside(config, path, each, key)
        if base in above or len(read) >= _MOST:
            rule = f"{key} must lead to at most {_MOST} files, none of them to itself"
            raise ValueError(f"{config.where}: {rule}, got {each!r:.80}")
        read.append(base)
        inner = _with_bases(config, base, _files.parsed(base), key, [*above, base], read)
        below = merged(below, inner)
    return {name: value for name, value in merged(below, values).items() if name != key}


def _beside(config: Section, path: Path | None, named: object, key: str) -> Path:
    """Return the file that a base names, which stands relative to the config."""
    if path is None or not isinstance(named, str) or "://" in named or "::" in named:
        rule = f"{key} must name files beside a config that is a file, or be absent"
        raise ValueError(f"{config.where}: {rule}, got {named!r:.80}: dump the whole config")
    found = (path.parent / named).resolve()
    if not found.is_file():
        detail = f"got {named!r:.80}, which is not there: dump the whole config"
        raise ValueError(f"{config.where}: {key} must name files beside the config, {detail}")
    return found
