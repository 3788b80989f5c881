"""Configs: read the schedule that another framework's config describes, from a file, a mapping or a
live object.

There is one file per format. Its ``matches`` recognizes a config by its keys, its ``read`` builds
the schedule, and its ``KEYS``, if it has them, are those to name when a config is of no format. A
config that two formats recognize is refused.

Nothing in a config is executed: configs are JSON, YAML without objects, or the arguments of a
command. An error names the file, the key, the rule and the value, before anything is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Period, Rate, short_repr, validate_scalar
from fastlr.configs import (
    _files,
    _live_objects,
    _scripts,
    axolotl,
    caffe,
    darknet,
    deepspeed,
    detectron2,
    fairseq,
    gpt_neox,
    hydra,
    keras,
    kohya,
    lerobot,
    levanter,
    maskrcnn_benchmark,
    megatron,
    mlx_lm,
    mmcv,
    mmengine,
    nanogpt,
    nanotron,
    nemo,
    olmo,
    paddledetection,
    rl_zoo,
    timm,
    torch,
    torchtitan,
    torchtune,
    transformers,
    ultralytics,
    ultralytics_8_3,
    verl,
)
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, errors_in, option
from fastlr.errors import did_you_mean, public
from fastlr.plateau.rule import Plateau
from fastlr.schedule.config_origin import Origin
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.spec import from_spec

__all__ = ["from_config"]

_READERS: dict[str, Any] = {
    "axolotl": axolotl,
    "caffe": caffe,
    "darknet": darknet,
    "deepspeed": deepspeed,
    "detectron2": detectron2,
    "fairseq": fairseq,
    "gpt_neox": gpt_neox,
    "hydra": hydra,
    "keras": keras,
    "kohya": kohya,
    "lerobot": lerobot,
    "levanter": levanter,
    "maskrcnn_benchmark": maskrcnn_benchmark,
    "megatron": megatron,
    "mlx_lm": mlx_lm,
    "mmcv": mmcv,
    "mmengine": mmengine,
    "nanogpt": nanogpt,
    "nanotron": nanotron,
    "nemo": nemo,
    "olmo": olmo,
    "paddledetection": paddledetection,
    "rl_zoo": rl_zoo,
    "timm": timm,
    "torch": torch,
    "torchtitan": torchtitan,
    "torchtune": torchtune,
    "transformers": transformers,
    "ultralytics": ultralytics,
    "ultralytics_8_3": ultralytics_8_3,
    "verl": verl,
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
          arguments (``args.yaml``), a Detectron2 or maskrcnn-benchmark config (YAML), the config of
          a Keras schedule, optimizer or model (JSON), or a fastlr spec (JSON);
        - a file of one of the other formats of ``docs/configs.md``: YAML, JSON, TOML, a Python
          file of literals, Darknet's ``.cfg`` or Caffe's ``.prototxt``;
        - the keys and values of such a file, also as Weights & Biases wraps them;
        - the arguments of Megatron-LM or transformers, ``"--lr 3e-4 --lr-decay-style cosine ..."``,
          or a script that has them;
        - a torch scheduler or its ``state_dict``;
        - transformers' ``TrainingArguments`` themselves.
    framework : str, optional
        The format, by its name in ``docs/configs.md``: "ultralytics", "mmengine", "hydra",
        "transformers" and others. By default the keys decide.
    lr : float, optional
        The base rate, in place of the config's. At least 0.
    steps : int, optional
        The length of the run in steps, if the config leaves it open. At least 1.
    steps_per_epoch : int, optional
        The number of steps per epoch, if the config counts epochs. At least 1.
    optimizer : mapping, optional
        The ``state_dict`` of a torch optimizer, for the state of a scheduler that keeps rates in
        it.

    Returns
    -------
    Schedule or Plateau
        The schedule of the whole run, from its step 0; for a plateau scheduler, a rule. The
        schedule's ``origin`` has its source, its format and its unit.

    Raises
    ------
    ValueError
        If the config has no known format, or those of two; if a key of the scheduler is unknown,
        missing or wrong; if the config takes no ``lr``, ``steps``, ``steps_per_epoch`` or
        ``optimizer`` that you pass. The message names the file, the key, the rule and the value.
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

    Its ``steps`` are the length of the run, if the config or ``steps`` gives it.

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
    given, config = config, _live_objects.values_of(config)
    run = Run(
        None if lr is None else validate_scalar(Rate, "from_config: lr", lr),
        None if steps is None else validate_scalar(Period, "from_config: steps", steps),
        None
        if steps_per_epoch is None
        else validate_scalar(Period, "from_config: steps_per_epoch", steps_per_epoch),
        optimizer,
        framework,
    )
    if torch.matches_object(config):
        found = _finished("from_config", torch.of_object(config, run), run)
        return _with_origin(found, given, None, "torch", run)
    section = _section(config)
    if "fastlr" in section.values:
        found = _finished(section.where, from_spec(section.values), run)
        return _with_origin(found, given, section.path, "fastlr", run)
    with errors_in(section):
        name = _format(section, framework)
        read = _READERS[name].read(_named_for(name, section), run)
        return _with_origin(_finished(section.where, read, run), given, section.path, name, run)


def _section(config: object) -> Section:
    """Return the keys and values of a config, with its place for errors."""
    if isinstance(config, Mapping):
        return Section("from_config", _unwrapped(config))
    if isinstance(config, str) and config.lstrip().startswith("-"):
        return Section("from_config", _scripts.options("from_config", config))
    rule = "must be a path, a mapping, a command's arguments or a torch scheduler"
    if not isinstance(config, str | Path):
        raise TypeError(
            f"from_config: config {rule}, got {type(config).__name__} {short_repr(config)}"
        )
    if not str(config).strip():
        raise ValueError(f"from_config: config {rule}, got {short_repr(config)}")
    path = Path(config)
    return Section(f"from_config: {path}", _unwrapped(_files.parsed(path)), path)


def _with_origin(
    found: Schedule | Plateau, given: object, path: Path | None, framework: str, run: Run
) -> Schedule | Plateau:
    """Return what was read, with its origin if it is a schedule."""
    if not isinstance(found, Schedule):
        return found
    kind = type(given)
    source = f"{kind.__module__}.{kind.__qualname__}"
    if path is not None:
        source = str(path)
    elif isinstance(given, str | Mapping):
        source = "a command" if isinstance(given, str) else "a mapping"
    name = framework if path is None else path.stem
    return found._read_at(Origin(name, source, framework, run.unit, run.epoch_length))


def _unwrapped(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values of a config that Weights & Biases saved, each as ``{desc, value}``."""
    saved = {key: value for key, value in values.items() if key != "wandb_version"}
    if not saved or not all(
        isinstance(value, Mapping) and "value" in value and value.keys() <= {"desc", "value"}
        for value in saved.values()
    ):
        return values
    return {key: value["value"] for key, value in saved.items() if key != "_wandb"}


def _finished(where: str, found: Schedule | Plateau, run: Run) -> Schedule | Plateau:
    """Return what a reader found, of the length that the caller gave if it has none of its own.

    Raises ``ValueError`` if the caller gave something that the config does not take.
    """
    unread = run.unread()
    length: Any = getattr(found, "steps", None)
    if "steps" in unread and isinstance(found, Schedule):
        if length is None:
            return _finished(where, of_length(found, unread["steps"]), run)
        if np.all(length == unread["steps"]):
            del unread["steps"]
    for name, value in unread.items():
        detail = f"; the run has {length} steps" if name == "steps" and length is not None else ""
        rule = "must be absent, because this config does not take it"
        raise ValueError(f"{where}: {name} {rule}, got {short_repr(value)}{detail}")
    return found


def _named_for(name: str, config: Section) -> Section:
    """Return a config with its keys as a reader knows them: Megatron's alone have hyphens."""
    if name == "megatron" or not isinstance(config.values, _scripts.Options):
        return config
    return Section(config.where, config.values.underscored(), config.path)


def _format(config: Section, framework: str | None) -> str:
    """Return the name of the format, which the framework or the keys decide."""
    if framework is not None:
        if framework not in _READERS:
            rule = f"must be one of {', '.join(_READERS)}"
            raise ValueError(
                f"from_config: framework {rule}, got "
                f"{short_repr(framework)}{did_you_mean(framework, _READERS)}"
            )
        return framework
    claims = [
        name for name, reader in _READERS.items() if reader.matches(_named_for(name, config).values)
    ]
    if len(claims) == 1:
        return claims[0]
    keys = short_repr(sorted(map(str, config.values)))
    if claims:
        rule = f"the keys must be those of one format, not of {' and '.join(claims)}"
        raise ValueError(f"{config.where}: {rule}, got {keys}; pass {option('framework')}")
    raise ValueError(
        f"{config.where}: the keys must be those of {', '.join(_READERS)} or a fastlr "
        f"spec, got {keys}{_nearest(config.values)}"
    )


def _nearest(values: Mapping[str, Any]) -> str:
    """Name the format that a config comes nearest to, and the keys of it that it has."""
    if "log_history" in values:
        return "; this is a log: pass it to fastlr.identify (fastlr identify)"
    shared = {
        name: {key for key in getattr(reader, "KEYS", ()) if key in values}
        for name, reader in _READERS.items()
    }
    name = max(shared, key=lambda name: len(shared[name]))
    keys = [key for key in values if key in shared[name]]
    return f"; nearest to {name}: {', '.join(map(repr, keys))}" if keys else ""
