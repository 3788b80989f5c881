"""Read the TOML of kohya's sd-scripts: transformers' and diffusers' schedules by ``lr_scheduler``.

Sections only group the keys. Networks have a rate for the U-Net and one for each text encoder: if
they differ, the schedule has one lane for each, by name. The run is that of one process.

``lr_scheduler_type`` names a scheduler of torch, with the arguments in ``lr_scheduler_args``, in
place of ``lr_scheduler``. Adafactor has rates of its own, unless ``relative_step=False`` is among
``optimizer_args``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._python import literal
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.configs._torch_schedulers import of_target
from fastlr.plateau.rule import Plateau
from fastlr.presets import transformers
from fastlr.schedule.constructor_names import stack
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = (
    "learning_rate",
    "lr_decay_steps",
    "lr_scheduler",
    "lr_scheduler_args",
    "lr_scheduler_min_lr_ratio",
    "lr_scheduler_num_cycles",
    "lr_scheduler_power",
    "lr_scheduler_timescale",
    "lr_scheduler_type",
    "lr_warmup_steps",
    "max_train_epochs",
    "max_train_steps",
    "text_encoder_lr",
    "unet_lr",
)
_OURS = ("lr_warmup_steps", "lr_scheduler_num_cycles", "max_train_epochs", "max_train_steps")
_MODELS = ("pretrained_model_name_or_path", "network_module", "network_dim", "unet_lr")
# arguments of diffusers' example scripts, which share most names with sd-scripts
_OF_DIFFUSERS = (
    "checkpointing_steps",
    "checkpoints_total_limit",
    "dataset_name",
    "enable_xformers_memory_efficient_attention",
    "instance_data_dir",
    "instance_prompt",
    "num_train_epochs",
    "scale_lr",
    "train_text_encoder",
    "validation_epochs",
    "validation_prompt",
)
_DEFAULTS_DIFFER = ("max_train_steps", "lr_scheduler", "lr_warmup_steps")
_NAMES = (
    "constant",
    "constant_with_warmup",
    "cosine",
    "cosine_with_min_lr",
    "cosine_with_restarts",
    "inverse_sqrt",
    "linear",
    "piecewise_constant",
    "polynomial",
    "warmup_stable_decay",
)


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of all sections together, as sd-scripts reads them."""
    found: dict[str, Any] = {}
    for key, value in config.items():
        found |= value if isinstance(value, Mapping) else {key: value}
    return found


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a config of sd-scripts."""
    keys = _flat(config).keys()
    rates = {"learning_rate", "unet_lr", "lr_scheduler"} & keys
    return (
        bool(rates)
        and any(key in keys for key in _OURS)
        and any(key in keys for key in (*_MODELS, "lr_scheduler", "max_train_epochs"))
    )


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of the run, with a lane per rate if they differ."""
    flat = Section(config.where, _flat(config.values))
    flat.refuse_unknown(KEYS, own=lambda key: key.startswith("lr_"))
    _refuse_diffusers(flat)
    _refuse_own_rates(flat)
    total = _total(flat, run)
    build = _of_torch if flat.get("lr_scheduler_type", "") else _schedule
    schedules = {name: build(flat, rate, total) for name, rate in _rates(flat, run).items()}
    schedules = {name: of_length(each, total) for name, each in schedules.items()}
    return stack(schedules) if len(schedules) > 1 else next(iter(schedules.values()))


def _refuse_own_rates(config: Section) -> None:
    """Raise for an optimizer that does not take the rates of the scheduler."""
    kind = str(config.get("optimizer_type", "")).lower()
    if kind.endswith("schedulefree"):
        raise config.refusal("optimizer_type", "one that has a schedule")
    relative = _pairs(config, "optimizer_args").get("relative_step", True)
    if kind == "adafactor" and relative is not False:
        rule = "another, or optimizer_args must have 'relative_step=False'"
        remedy = "by default Adafactor computes its rates itself, whatever learning_rate is"
        raise config.refusal("optimizer_type", rule, remedy)


def _refuse_diffusers(config: Section) -> None:
    """Raise for arguments of diffusers' example scripts that leave out what has another default
    there: a warmup of 500 steps, and a run of epochs.
    """
    others = [key for key in config.values if key in _OF_DIFFUSERS]
    open_ = [key for key in _DEFAULTS_DIFFER if key not in config]
    if others and open_:
        raise config.missing(
            open_[0], f": {others[0]} is an argument of diffusers' scripts, with other defaults"
        )


def _total(config: Section, run: Run) -> int:
    """Return the number of updates; epochs go before steps."""
    epochs = config.integer("max_train_epochs", 0)
    if epochs < 1:
        return int(config.integer("max_train_steps", 1600))
    if run.steps is None and run.steps_per_epoch is None:
        remedy = f"{option('steps_per_epoch')}, or the run's length: {option('steps')}"
        raise config.missing("steps_per_epoch", f", because max_train_epochs counts: {remedy}")
    if run.steps is not None:
        return run.steps
    return int(epochs * (run.steps_per_epoch or 0))


def _rates(config: Section, run: Run) -> dict[str, Any]:
    """Return the rate of each part that is trained, or the only one."""
    if run.lr is not None:
        return {"all": run.lr}
    base = config.number("learning_rate", None)
    rates: dict[str, Any] = {}
    if not config.flag("network_train_text_encoder_only", False):
        rates["unet"] = config.number("unet_lr", base)
    if not config.flag("network_train_unet_only", False):
        rates |= _of_text_encoders(config, base)
    if None in rates.values():
        raise config.missing("learning_rate", f", or the base rate: {option('lr')}")
    return rates if len(set(rates.values())) > 1 else {"all": next(iter(rates.values()))}


def _of_text_encoders(config: Section, base: Any) -> dict[str, Any]:
    """Return the rate of the text encoder, or of each if they differ."""
    key = "text_encoder_lr"
    if not isinstance(config.get(key, None), list):
        return {"text_encoder": config.number(key, base)}
    found = config.numbers(key) or [base]
    if len(set(found)) == 1:
        return {"text_encoder": found[0]}
    return {f"text_encoder_{i}": rate for i, rate in enumerate(found, start=1)}


def _share(config: Section, key: str, total: int) -> int:
    """Return a number of steps; a float is a share of the run."""
    found = config.number(key, 0)
    if not isinstance(found, float):
        return int(found)
    if found > 1:
        raise config.refusal(key, "an integer, or a share of the run up to 1")
    return int(found * total)


def _schedule(config: Section, rate: Any, total: int) -> Any:
    name = config.choice("lr_scheduler", _NAMES, "constant")
    further = _further(config)
    warmup = _share(config, "lr_warmup_steps", total)
    if name == "constant" and warmup:
        raise config.refusal("lr_warmup_steps", "0 with constant; constant_with_warmup has one")
    cycles = config.number("lr_scheduler_num_cycles", 1)
    if name == "cosine_with_restarts":
        further = {"num_cycles": cycles, **further}
    elif name == "polynomial":
        further = {"power": config.number("lr_scheduler_power", 1.0), **further}
    elif name == "inverse_sqrt":
        further = {"timescale": config.number("lr_scheduler_timescale", None), **further}
    elif name == "cosine_with_min_lr":
        least = config.number("lr_scheduler_min_lr_ratio", None)
        further = {"num_cycles": cycles / 2, "min_lr_rate": least, **further}
    elif name == "warmup_stable_decay":
        return _stable(config, rate, warmup, total, {"num_cycles": cycles / 2, **further})
    elif name == "piecewise_constant":
        return presets.diffusers.get_scheduler("piecewise_constant", rate, **further)
    given = {key: value for key, value in further.items() if value is not None}
    return transformers.get_scheduler(name, rate, warmup, total, given)


def _of_torch(config: Section, rate: Any, total: int) -> Any:
    """Return the schedule of a class of torch, which has no warmup."""
    if config.number("lr_warmup_steps", 0):
        raise config.refusal("lr_warmup_steps", "0 with lr_scheduler_type, which has no warmup")
    name = str(config.get("lr_scheduler_type"))
    path = name if "." in name else f"torch.optim.lr_scheduler.{name}"
    entry = Section(config.where, {**_further(config), "_target_": path})
    found = of_target(entry, rate, Run(steps=total))
    if isinstance(found, Plateau):
        raise config.refusal("lr_scheduler_type", "a schedule: sd-scripts step it without a metric")
    return found


def _stable(config: Section, rate: Any, warmup: int, total: int, further: dict[str, Any]) -> Any:
    decay = _share(config, "lr_decay_steps", total)
    least = config.number("lr_scheduler_min_lr_ratio", 0.0)
    stable = total - warmup - decay
    if stable < 0:
        raise config.refusal("lr_decay_steps", f"at most what the warmup leaves of {total} steps")
    given = {"min_lr_ratio": least, "num_stable_steps": stable, **further}
    return transformers.get_wsd_schedule(rate, warmup, decay, **given)


def _further(config: Section) -> dict[str, Any]:
    """Return ``lr_scheduler_args``."""
    return _pairs(config, "lr_scheduler_args")


def _pairs(config: Section, name: str) -> dict[str, Any]:
    """Return a list of words, each ``name=value``."""
    listed = config.get(name, [])
    listed = [listed] if isinstance(listed, str) else listed
    if not isinstance(listed, list) or not all(
        isinstance(one, str) and "=" in one for one in listed
    ):
        raise config.refusal(name, "words name=value")
    pairs = (one.split("=", 1) for one in listed)
    return {key.strip(): literal(config, key.strip(), value) for key, value in pairs}
