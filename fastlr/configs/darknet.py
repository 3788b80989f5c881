"""Read the ``[net]`` section of a Darknet ``.cfg``, with Darknet's defaults.

Step t is batch ``t + 1``: Darknet counts a batch before it computes the rate. A run on several GPUs
may scale the rate; this is the file's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastlr import presets
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.schedule.schedule import Schedule

__all__ = ["KEYS", "matches", "read"]

KEYS = ("burn_in", "learning_rate", "max_batches", "policy", "scales", "sgdr_cycle")
_POLICIES = ("constant", "step", "steps", "exp", "poly", "sgdr", "sig")


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a Darknet config, or its ``[net]`` section."""
    found = config.get("net", config.get("network", config))
    if not isinstance(found, Mapping):
        return False
    rates = {"learning_rate", "max_batches"} & found.keys()
    ours = "burn_in" in found or str(found.get("policy")) in (*_POLICIES, "sigmoid", "random")
    return bool(rates) and (ours or (found is not config and "batch" in found))


def read(config: Section, run: Run) -> Schedule:
    """Return the schedule of the net."""
    name = next((name for name in ("net", "network") if name in config), None)
    net = config if name is None else config.section(name)
    policy = net.choice("policy", (*_POLICIES, "sigmoid"), "constant")
    rate = net.base_rate(run, "learning_rate", 0.001)
    burn_in = {"burn_in": net.integer("burn_in", 0), "power": net.number("power", 4.0)}
    build: Any = getattr(presets.darknet, policy.removesuffix("moid"))
    schedule: Schedule = build(learning_rate=rate, **_arguments(net, run, policy), **burn_in)
    batches = net.integer("max_batches", 0)
    return of_length(schedule, batches) if batches > 0 else schedule


def _arguments(net: Section, run: Run, policy: str) -> dict[str, Any]:
    """Return the arguments of a policy, beyond its rate and its burn-in."""
    if policy == "step":
        return {"step": net.integer("step", 1), "scale": net.number("scale", 1.0)}
    if policy == "steps":
        listed = Section(net.where, {key: _listed(net.get(key)) for key in ("steps", "scales")})
        # a mark before the first batch, as YOLOv2's -1, scales the rate from the beginning
        marks = [max(mark, 0) for mark in listed.integers("steps")]
        return {"steps": marks, "scales": listed.numbers("scales")}
    if policy in ("sig", "sigmoid"):
        return _sigmoid(net)
    if policy == "exp":
        return {"gamma": net.number("gamma", 1.0)}
    if policy == "poly":
        return {"max_batches": net.run_length(run, "max_batches")}
    if policy == "sgdr":
        cycle = net.integer("sgdr_cycle", None) or net.run_length(run, "max_batches")
        low = net.number("learning_rate_min", 0.00001)
        return {
            "sgdr_cycle": cycle,
            "learning_rate_min": low,
            "sgdr_mult": net.integer("sgdr_mult", 2),
        }
    return {}


def _sigmoid(net: Section) -> dict[str, Any]:
    """Return the arguments of a sigmoid, if both Darknets have the same rates."""
    step = net.integer("step", 1)
    if step > max(net.integer("burn_in", 0), 1):
        rule = "at most burn_in with the policy sig, because the two Darknets differ before it"
        remedy = "choose one: presets.darknet.sig(..., flavour='pjreddie') or 'AlexeyAB'"
        raise net.refusal("step", rule, remedy)
    return {"step": step, "gamma": net.number("gamma", 1.0)}


def _listed(found: object) -> object:
    """Return a list of one item for a word: a file writes both alike."""
    return found if isinstance(found, list | tuple) else [found]
