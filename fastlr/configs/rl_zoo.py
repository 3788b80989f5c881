"""Read the hyperparameters of an environment in Stable-Baselines3's RL zoo.

``lin_X`` falls linearly from ``X`` as the run goes on. Stable-Baselines3 counts what the run has
done when it computes a rate, so update t of n has the rate ``X * (1 - (t + 1)/n)``. An update of
PPO or A2C follows ``n_steps`` steps in each of ``n_envs`` environments. If these do not divide
``n_timesteps``, the last rate is 0, where Stable-Baselines3's is below.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from math import ceil

from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section, option
from fastlr.presets._building_blocks import in_ticks
from fastlr.schedule.constructor_names import constant, linear
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("learning_rate", "n_timesteps", "policy")
_OFF_POLICY = ("buffer_size", "learning_starts", "train_freq")


def matches(config: Mapping[str, object]) -> bool:
    """Whether these are the hyperparameters of an environment, or of several."""
    return _is_one(config) or bool(_several(config))


def _is_one(config: Mapping[str, object]) -> bool:
    rate = config.get("learning_rate")
    falls = isinstance(rate, str) and rate.startswith("lin_")
    return falls or {"n_timesteps", "policy"} <= config.keys()


def _several(config: Mapping[str, object]) -> list[str]:
    return [key for key, one in config.items() if isinstance(one, Mapping) and _is_one(one)]


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule over updates."""
    names = [] if _is_one(config.values) else _several(config.values)
    if names[1:]:
        listed = ", ".join(map(repr, names[:8]))
        rule = f"must have one environment, got {len(names)}: {listed}"
        raise ValueError(f"{config.where}: {rule}; pass the mapping of one")
    one = config.section(names[0]) if names else config
    rate = one.get("learning_rate", None)
    falls = isinstance(rate, str) and rate.startswith("lin_")
    top = Section(one.where, {"learning_rate": rate[4:]} if falls else one.values)
    lr = top.base_rate(run, "learning_rate")
    if not falls:
        updates = _updates(one, run)
        return constant(lr) if updates is None else of_length(constant(lr), ceil(updates))
    return _falling(one, run, lr)


def _updates(config: Section, run: Run) -> Fraction | None:
    """Return the number of updates of the run, which need not be whole, or None."""
    if run.steps is not None:
        return Fraction(run.steps)
    on_policy = {"n_steps", "n_timesteps"} <= config.values.keys()
    if not on_policy or any(key in config for key in _OFF_POLICY):
        return None
    steps = config.integer("n_steps") * config.integer("n_envs", 1)
    return Fraction(config.number("n_timesteps")) / steps if steps > 0 else None


def _falling(config: Section, run: Run, lr: float) -> Schedule:
    """Return the line, which is at 0 in a last update that goes beyond ``n_timesteps``."""
    updates = _updates(config, run)
    if updates is None:
        raise config.missing("n_steps", f", or the number of updates: {option('steps')}")
    if updates <= 0:
        raise config.refusal("n_timesteps", "above 0")
    return of_length(in_ticks(partial(linear, lr, 0.0), updates, Fraction(1)), ceil(updates))
