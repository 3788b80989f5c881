"""Read the scheduler's arguments of a Megatron-LM command: ``--lr``, ``--lr-decay-style``,
``--train-iters`` and others. They may be a command, a script, or a mapping such as ``vars(args)``.

Lengths are in iterations or in samples, of which a step takes ``--global-batch-size``, or what
``--rampup-batch-size`` or ``--step-batch-size-schedule`` say. A warmup that is a share of the decay
may end between two iterations.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.presets import megatron
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.batch_size_plans import batches, read_stairs
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.units import Ramp
from fastlr.schedule.units import ramp as equal_increments

__all__ = ["KEYS", "matches", "read"]

_STYLES = ("constant", "linear", "cosine", "inverse-square-root", "WSD")
_ANNEALS = ("exponential", "linear", "cosine", "minus_sqrt")
_WARMUPS = ("lr-warmup-fraction", "lr-warmup-iters", "lr-warmup-samples")
_OWN = (
    *_WARMUPS,
    "lr-decay-iters",
    "lr-decay-samples",
    "lr-decay-style",
    "lr-warmup-init",
    "lr-wsd-decay-iters",
    "lr-wsd-decay-samples",
    "lr-wsd-decay-style",
)
KEYS = (*_OWN, "lr", "min-lr", "train-iters", "train-samples")

_GROWING = ("rampup-batch-size", "step-batch-size-schedule")
# keys that change the rates in a way of their own
_REFUSED = {
    "train-tokens": "absent: give the length in iterations or in samples",
    "decrease-batch-size-if-needed": "absent: it depends on the number of processes",
    "warmup": "absent: only old versions, which decay in another way, have it",
}


def matches(config: Mapping[str, object]) -> bool:
    """Whether these are Megatron's arguments."""
    if "lr" not in config or "sched" in config:  # timm's have a rate and its minimum too
        return False
    written = ("train-iters", "train-samples", *_OWN)
    return any(name in config for key in written for name in (key, key.replace("-", "_")))


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of a run with these arguments."""
    config = _as_options(config)
    config.refuse_unknown(KEYS, own=lambda key: key.startswith(("lr-", "min-lr", "warmup")))
    unit = _unit(config)
    ramp = _ramp(config, unit)
    total = _total(config, run, unit)
    decay = config.integer(f"lr-decay-{unit}", total)
    warmup, parts = _warmup(config, unit, decay)
    style: Any = config.choice("lr-decay-style", _STYLES, "linear")
    if style == "inverse-square-root" and unit == "iters" and warmup == 0:
        # without a warmup this style counts samples from the first one
        parts = config.integer("global-batch-size")
        ramp = Ramp((1,))
    anneal: Any = (
        config.choice("lr-wsd-decay-style", _ANNEALS, "exponential") if style == "WSD" else None
    )
    found = megatron.OptimizerParamScheduler(
        config.number("lr-warmup-init", 0.0),
        _rate(config, run),
        config.number("min-lr", 0.0),
        int(warmup * parts),
        decay * parts,
        style,
        wsd_decay_steps=config.integer(f"lr-wsd-decay-{unit}") * parts if style == "WSD" else None,
        lr_wsd_decay_style=anneal,
    )
    if parts > 1 or ramp.batches != (1,):
        found = Ramp(tuple(size * parts for size in ramp.batches), ramp.at).per_step(found)
    steps = ramp.step(total)
    return of_length(found, steps - (ramp.taken(steps) > total))


def _as_options(config: Section) -> Section:
    """Return the arguments under their names on the command line, without those that are unset."""
    options = {str(key).replace("_", "-"): value for key, value in config.values.items()}
    for key, rule in _REFUSED.items():
        if options.get(key):
            raise Section(config.where, options).refusal(key, rule)
        options.pop(key, None)
    # parsed arguments hold defaults too: no length, and a warmup of 0
    unset = [key for key in options if options[key] is None or _is_zero(key, options[key])]
    return Section(config.where, {key: options[key] for key in options if key not in unset})


def _is_zero(key: str, value: object) -> bool:
    return key in _WARMUPS and value in (0, "0", 0.0)


def _rate(config: Section, run: Run) -> float:
    """Return the rate, which the caller may give for a variable of a script."""
    if run.lr is not None:
        return run.lr
    if _is_unknown(config, "lr"):
        raise config.refusal("lr", "a number", f"pass {option('lr')}")
    return float(config.number("lr"))


def _total(config: Section, run: Run, unit: str) -> int:
    """Return the length of the run, which the caller may give for a variable of a script."""
    key = f"train-{unit}"
    if key not in config:
        return config.steps(run, key)
    if not _is_unknown(config, key):
        return int(config.integer(key))
    if run.steps is None:
        raise config.refusal(key, "a number", f"pass {option('steps')}")
    return run.steps if unit == "iters" else run.steps * int(config.integer("global-batch-size"))


def _is_unknown(config: Section, key: str) -> bool:
    """Whether a value is an expansion of the shell that the script does not explain."""
    value = config.values.get(key)
    return isinstance(value, str) and ("$" in value or "`" in value)


def _unit(config: Section) -> str:
    """Return the unit of the lengths."""
    in_samples = [
        key
        for key in config.values
        if key.endswith("-samples") and key.startswith(("lr-", "train-"))
    ]
    if not in_samples:
        return "iters"
    if mixed := [
        key for key in config.values if key.endswith("-iters") and key.startswith(("lr-", "train-"))
    ]:
        raise config.refusal(mixed[0], f"absent, because {in_samples[0]} counts in samples")
    return "samples"


def _ramp(config: Section, unit: str) -> Ramp:
    """Return how many units each step takes."""
    grows = [key for key in _GROWING if key in config]
    if grows and (unit == "iters" or len(grows) > 1):
        rule = "absent, unless train-samples is given and the batch size grows in one way"
        raise config.refusal(grows[0], rule)
    if unit == "iters":
        return Ramp((1,))
    if "step-batch-size-schedule" in config:
        return _stairs(config)
    batch = config.integer("global-batch-size")
    if "rampup-batch-size" not in config:
        return Ramp((batch,))
    numbers = config.integers("rampup-batch-size")
    if len(numbers) != 3:
        raise config.refusal(
            "rampup-batch-size", "3 numbers: the first, the increment, the samples"
        )
    return equal_increments(numbers[0], batch, over=numbers[2], increment=numbers[1])


def _stairs(config: Section) -> Ramp:
    """Return the batch sizes of ``--step-batch-size-schedule "0:768 250B:1536"``, each from a
    number of tokens on.
    """
    key, length = "step-batch-size-schedule", config.integer("seq-length")
    rule = "TOKENS:SIZE pairs from 0 on, of which global-batch-size is the largest size"
    text = str(config.get(key)).strip("\"'")
    try:
        found = batches(text, seq_length=length)
    except ValueError:
        raise config.refusal(key, rule) from None
    largest = max(size for _, size in read_stairs(text, length))
    if config.integer("global-batch-size", largest) != largest:
        raise config.refusal(key, rule)
    return found


def _warmup(config: Section, unit: str, decay: int) -> tuple[Fraction, int]:
    """Return the length of the warmup, and into how many parts it divides each of its units."""
    key = f"lr-warmup-{unit}"
    if "lr-warmup-fraction" not in config:
        return Fraction(config.integer(key, 0)), 1
    if key in config:
        raise config.refusal(key, "absent if lr-warmup-fraction is given")
    share = Fraction(str(config.number("lr-warmup-fraction")))
    if not 0 <= share <= 1:
        raise config.refusal("lr-warmup-fraction", "from 0 to 1")
    warmup = (share * decay).limit_denominator(max(1, min(10**6, LAST_STEP // (decay + 1))))
    return warmup, warmup.denominator
