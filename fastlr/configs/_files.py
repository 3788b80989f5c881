"""Read the text of a config file and parse it by the file's suffix. Nothing in it is executed.

A file is JSON (with comments and trailing commas), YAML or a script with a command. ``PARSERS`` has
a line per suffix. A YAML tag that would build an object gives a ``Tagged`` value, which every
reader refuses where it needs that value and ignores elsewhere.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fastlr.configs import _cfg, _hjson, _prototxt, _python, _scripts
from fastlr.configs._section import Tagged
from fastlr.errors import short_repr, shortened

__all__ = ["PARSERS", "parsed", "with_bases"]

_MOST_BYTES = 64 * 2**20  # a config is a page; a spec with tables may be larger
_MOST_OF_YAML = 4 * 2**20  # characters: YAML takes hundreds of bytes of memory for each
_MOST_PAIRS = 100_000  # of a YAML mapping with everything that it merges
_MOST_BASES = 100
# what PyYAML raises for a scalar that does not fit its tag, as a date or an empty !!float
_FROM_YAML = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def parsed(path: Path) -> Mapping[str, Any]:
    """Return the keys and values of a file, parsed by its suffix."""
    where, text = f"from_config: {path}", _text(path)
    if not text.strip():
        raise ValueError(f"{where}: must not be empty")
    suffix = path.suffix.lower()
    if suffix not in PARSERS or not suffix:
        suffix = ".json" if text.lstrip().startswith("{") else ""
    found = PARSERS[suffix](where, text)
    if not isinstance(found, Mapping):
        raise ValueError(f"{where}: must be a mapping, got {short_repr(found)}")
    return found


def with_bases(path: Path | None, values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the values on top of those of the file that ``key`` names, and of its own base."""
    chain = list(_bases(path, values, key))
    merged: dict[str, Any] = {}
    for each in reversed(chain):
        merged = _merged(merged, each)
    return {name: value for name, value in merged.items() if name != key}


def _bases(path: Path | None, values: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    """Yield the values of a file, of its base, of the base's base and so on."""
    seen = [] if path is None else [path.resolve()]
    where = "from_config" if path is None else f"from_config: {path}"
    while True:
        yield values
        base = values.get(key)
        if base is None:
            return
        if not isinstance(base, str) or path is None or "://" in base:
            rule = f"{key} must be absent: insert the values of that file, or dump the whole config"
            raise ValueError(f"{where}: {rule}, got {short_repr(base)}")
        path = (path.parent / base).resolve()
        if path in seen or len(seen) >= _MOST_BASES:
            raise ValueError(f"{where}: {key} must not lead back to a file before, got {base!r}")
        seen.append(path)
        try:
            values = parsed(path)
        except OSError as error:
            rule = f"{key} must be a file that can be read, or absent: dump the whole config"
            raise ValueError(f"{where}: {rule}, got {base!r} ({error.strerror})") from None


def _merged(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Put the values of ``top`` over those of ``base``, mapping by mapping."""
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        merged[key] = _merged(below, value) if both else value  # type: ignore[arg-type]
    return merged


def _text(path: Path) -> str:
    """Return the text of a file of at most 64 MiB."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except (ValueError, OSError) as error:  # a ValueError is of the path itself
        if isinstance(error, OSError) and error.errno != errno.ENAMETOOLONG:
            error.filename = shortened(str(path))
            raise
        detail = "it is too long" if isinstance(error, OSError) else str(error)
        raise ValueError(
            f"from_config: config must be a valid path, got {short_repr(str(path))} ({detail})"
        ) from None
    if len(data) > _MOST_BYTES:
        raise ValueError(f"from_config: {path}: must have at most 64 MiB, as a config has")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"from_config: {path}: must be text in UTF-8 ({error})") from None


def _yaml(where: str, text: str) -> object:
    """Parse YAML. A tag that would build an object gives a ``Tagged`` value."""
    try:
        import yaml
    except ImportError:
        raise ImportError("from_config: YAML needs PyYAML: pip install 'fastlr[configs]'") from None
    if len(text) > _MOST_OF_YAML:
        raise ValueError(f"{where}: YAML must have at most {_MOST_OF_YAML:,} characters")
    try:
        return yaml.load(text, Loader=_loader(yaml))
    except (yaml.YAMLError, *_FROM_YAML) as error:
        raise ValueError(f"{where}: must be YAML ({' '.join(str(error).split())})") from None


def _loader(yaml: Any) -> Any:
    """Return a loader of plain values that builds no objects and merges within bounds."""
    safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(safe):  # type: ignore[misc]
        def flatten_mapping(self, node: Any) -> None:
            super().flatten_mapping(node)
            if len(node.value) > _MOST_PAIRS:  # aliases of aliases grow without bound
                rule = f"a mapping must have at most {_MOST_PAIRS:,} pairs"
                raise yaml.constructor.ConstructorError(None, None, rule, node.start_mark)

    def plain(loader: Any, node: Any) -> object:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return loader.construct_scalar(node)

    def tagged(loader: Any, suffix: str, node: Any) -> Tagged:
        return Tagged(node.tag.replace("tag:yaml.org,2002:", "!!"), plain(loader, node))

    for name in ("tuple", "str", "unicode", "list", "dict"):  # plain values under Python's names
        Loader.add_constructor(f"tag:yaml.org,2002:python/{name}", plain)
    Loader.add_multi_constructor("", tagged)
    return Loader


def _toml(where: str, text: str) -> object:
    """Parse TOML."""
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: must be TOML ({error})") from None


PARSERS: dict[str, Callable[[str, str], object]] = {
    ".json": _hjson.parsed,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".toml": _toml,
    ".py": _python.parsed,
    ".cfg": _cfg.parsed,
    ".prototxt": _prototxt.parsed,
    "": _scripts.options,
}
