"""Configs: read the schedule that another framework's config describes, from a file, a mapping or a
live object.

There is one file per format, which recognizes its configs by their keys. Nothing in a config is
executed: configs are JSON, YAML without objects, or the arguments of a command. An error names the
file, the key, the rule and the value, before anything is built.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Period, Rate, short_repr, validate_scalar
from fastlr.configs import deepspeed, detectron2, keras, megatron, timm, torch, transformers
from fastlr.configs._section import Run, Section, errors_in
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


@with_types
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
    """Build the schedule that another framework's config describes.

    Parameters
    ----------
    config : str, pathlib.Path, mapping or torch scheduler
        One of these, recognized by its keys:

        - a file with transformers' training arguments (JSON), a DeepSpeed config (JSON), timm's
          arguments (``args.yaml``), a Detectron2 config (YAML), the config of a Keras schedule or
          optimizer (JSON), or a fastlr spec (JSON);
        - the keys and values of such a file;
        - Megatron-LM's arguments, ``"--lr 3e-4 --lr-decay-style cosine ..."``, or a script that
          has them;
        - a torch scheduler or its ``state_dict``.
    framework : str, optional
        The format: "deepspeed", "detectron2", "keras", "megatron", "timm", "torch" or
        "transformers". By default the keys decide.
    lr : float, optional
        The base rate, in place of the config's. At least 0.
    steps : int, optional
        The length of the run, if the config leaves it open. At least 1.
    steps_per_epoch : int, optional
        The number of steps per epoch, if the config counts epochs. At least 1.
    optimizer : mapping, optional
        The ``state_dict`` of a torch optimizer, for the state of a scheduler that keeps rates in
        it.

    Returns
    -------
    Schedule or Plateau
        The schedule of the whole run, from its step 0; for a plateau scheduler, a rule.

    Raises
    ------
    ValueError
        If the config has no known format, or a key of the scheduler is unknown, missing or wrong.
        The message names the file, the key, the rule and the value.
    TypeError
        If ``config`` is none of these types.
    OSError
        If the file cannot be read.
    ImportError
        If the file is YAML and PyYAML is not installed.

    Notes
    -----
    The schedule begins at step 0 even if a torch scheduler has been stepped: the run is at step
    ``last_epoch`` of it.

    Examples
    --------
    >>> config = {"lr_scheduler_type": "linear", "learning_rate": 1e-3, "warmup_steps": 10}
    >>> s = from_config(config, steps=100)
    >>> s(5), s(100)
    (0.0005, 0.0)
    >>> from_config({**config, "lr_scheduler_type": "linaer"}, steps=100)
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
    with errors_in(section):
        found: Schedule | Plateau = _reader(section, framework).read(section, run)
        return found


def _values(config: object) -> tuple[str, Mapping[str, Any]]:
    """Return the place of a config for errors, and its keys and values."""
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
    """Read the keys and values of a file by its suffix: JSON, YAML, or a script."""
    where = f"from_config: {path}"
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{where}: must be text in UTF-8 ({error})") from None
    except ValueError as error:  # of the path itself
        raise ValueError(
            f"from_config: config must be a valid path, got {short_repr(str(path))} ({error})"
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
    """Parse JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: must be JSON ({error})") from None


def _words(where: str, text: str) -> list[str]:
    """Split a command or a script into words."""
    try:
        return shlex.split(text.replace("\\\n", " "), comments=True)
    except ValueError as error:
        raise ValueError(f"{where}: must be a command's arguments ({error})") from None


def _yaml(where: str, text: str) -> object:
    """Parse YAML of plain values; a tag that would build an object is an error."""
    try:
        import yaml
    except ImportError:
        raise ImportError("from_config: YAML needs PyYAML: pip install 'fastlr[configs]'") from None
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"{where}: must be YAML ({' '.join(str(error).split())})") from None


def _reader(config: Section, framework: str | None) -> ModuleType:
    """Return the reader of the format, which the framework or the keys decide."""
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
