"""Configs: the schedule that a framework's config describes, read from the file, the mapping or the
object that people have.

One file a format; each knows its own by its keys. Nothing in a config is ever run: JSON, YAML
without objects, a command's arguments. What is wrong is told by file, key, rule and value, before
anything is built.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from fastlr.arguments.rules import Period, Rate, short_repr, validate_scalar
from fastlr.configs import deepspeed, detectron2, keras, megatron, timm, torch, transformers
from fastlr.configs._section import Run, Section, named
from fastlr.errors import did_you_mean, public
from fastlr.plateau.rule import Plateau
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.spec import from_spec

__all__ = ["from_config"]

_READERS: dict[str, Any] = {
    "deepspeed": deepspeed,
    "detectron2": detectron2,
    "keras": keras,
    "megatron": megatron,
    "timm": timm,
    "torch": torch,
    "transformers": transformers,
}


@public
def from_config(
    config: object,
    framework: str | None = None,
    *,
    lr: float | None = None,
    steps: int | None = None,
    steps_per_epoch: int | None = None,
    optimizer: Mapping[str, Any] | None = None,
) -> Schedule | Plateau:
    """The schedule that a config describes.

    ``config`` is a file's path, a mapping, a command's arguments as a string, or a live torch
    scheduler:

    - transformers' training arguments as JSON;  DeepSpeed's JSON;  a spec of fastlr's own
    - Megatron-LM's arguments, ``"--lr 3e-4 --lr-decay-style cosine ..."``, or a script that has
    them
    - timm's arguments (``args.yaml``);  a Detectron2 YAML;  a Keras schedule's or optimizer's config
    - a torch scheduler, or its ``state_dict``: the schedule of the whole run, which stands at its
    ``last_epoch``

    Which it is, is told by its keys, or by ``framework``. What configs leave to their program is
    given here: ``lr``, a base rate in place of the config's; ``steps``, the run's length;
    ``steps_per_epoch``, where it counts epochs; ``optimizer``, the ``state_dict`` of a torch
    optimizer. A plateau scheduler gives a ``Plateau`` rule.

    Raises ``ValueError`` for what is no such config, and for any key of the scheduler's that is
    unknown, missing or wrong, naming the file, the key, its rule and the value; ``OSError`` for a
    file that cannot be read.

    >>> config = {"lr_scheduler_type": "linear", "learning_rate": 1e-3, "warmup_steps": 10, "max_steps": 100}
    >>> from_config(config)(5), from_config(config)(100)
    (0.0005, 0.0)
    >>> from_config(config | {"lr_scheduler_type": "linaer"})
    Traceback (most recent call last):
        ...
    ValueError: from_config: ... did you mean 'linear'?
    """
    run = Run(
        None if lr is None else validate_scalar(Rate, "from_config: lr", lr),
        None if steps is None else validate_scalar(Period, "from_config: steps", steps),
        None
        if steps_per_epoch is None
        else validate_scalar(Period, "from_config: steps_per_epoch", steps_per_epoch),
        optimizer,
    )
    if torch.matches_object(config):
        return torch.of_object(config, run)
    where, values = _values(config)
    if "fastlr" in values:
        return from_spec(values)
    section = Section(where, values)
    with named(section):
        found: Schedule | Plateau = _reader(section, framework).read(section, run)
        return found


def _values(config: object) -> tuple[str, Mapping[str, Any]]:
    """Where a config stands, and its keys and values."""
    if isinstance(config, Mapping):
        return "from_config", config
    if isinstance(config, str) and config.lstrip().startswith("-"):
        return "from_config", megatron.arguments(_words("from_config", config))
    if not isinstance(config, str | Path):
        rule = "must be a path, a mapping, a command's arguments or a torch scheduler"
        raise TypeError(
            f"from_config: config {rule}, got {type(config).__name__} {short_repr(config)}"
        )
    return f"from_config: {config}", _parsed(Path(config))


def _parsed(path: Path) -> Mapping[str, Any]:
    """A file's keys and values, by its suffix: JSON, YAML, or a script with arguments."""
    where = f"from_config: {path}"
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{where}: must be text in UTF-8 ({error})") from None
    except ValueError as error:  # of the path itself
        raise ValueError(
            f"from_config: config must be a path that can be, got {short_repr(str(path))} ({error})"
        ) from None
    if path.suffix in (".yaml", ".yml"):
        found = _yaml(where, text)
    elif path.suffix == ".json" or text.lstrip().startswith("{"):
        found = _json(where, text)
    else:
        return megatron.arguments(_words(where, text))
    if not isinstance(found, Mapping):
        raise ValueError(f"{where}: must be a mapping, got {short_repr(found)}")
    return found


def _json(where: str, text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: must be JSON ({error})") from None


def _words(where: str, text: str) -> list[str]:
    """The words of a command, or of a script."""
    try:
        return shlex.split(text.replace("\\\n", " "), comments=True)
    except ValueError as error:
        raise ValueError(f"{where}: must be a command's arguments ({error})") from None


def _yaml(where: str, text: str) -> object:
    """YAML of plain values; a tag that would build an object is an error."""
    try:
        import yaml
    except ImportError:
        raise ImportError("from_config: YAML needs PyYAML: pip install 'fastlr[configs]'") from None
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"{where}: must be YAML ({' '.join(str(error).split())})") from None


def _reader(config: Section, framework: str | None) -> ModuleType:
    """The format that the keys, or the framework's name, tell."""
    if framework is not None:
        if framework not in _READERS:
            rule = f"must be one of {', '.join(_READERS)}"
            raise ValueError(
                f"from_config: framework {rule}, got "
                f"{short_repr(framework)}{did_you_mean(framework, _READERS)}"
            )
        chosen: ModuleType = _READERS[framework]
        return chosen
    for reader in _READERS.values():
        if reader.matches(config.values):
            found: ModuleType = reader
            return found
    detail = f"got {short_repr(sorted(map(str, config.values)))}"
    raise ValueError(
        f"{config.where}: the keys must be those of {', '.join(_READERS)} or a fastlr "
        f"spec, {detail}"
    )
