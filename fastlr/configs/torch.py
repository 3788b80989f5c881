"""Read a torch scheduler: the live object, or its ``state_dict``, whose keys show the class.

Base rates are the ``base_lrs``, one per group. OneCycleLR keeps its levels in the optimizer, so its
``state_dict`` needs the optimizer's ``param_groups`` too. A Python function cannot be read as data:
LambdaLR is read only if its functions are transformers' own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from fastlr.arguments.rules import short_repr
from fastlr.configs._run_length import of_length
from fastlr.configs._section import Run, Section
from fastlr.plateau.rule import Plateau
from fastlr.presets import torch, transformers
from fastlr.schedule.schedule import Schedule

__all__ = ["matches", "matches_object", "of_object", "read"]

_MOST_TIMES = 1_000  # how often one milestone may count

# each class by keys of its state: the first class all of whose keys are there is the one
_CLASSES: dict[str, tuple[str, ...]] = {
    "SequentialLR": ("_schedulers", "_milestones"),
    "ChainedScheduler": ("_schedulers",),
    "ReduceLROnPlateau": ("patience", "threshold_mode", "num_bad_epochs"),
    "OneCycleLR": ("_schedule_phases", "total_steps"),
    "CyclicLR": ("total_size", "step_ratio"),
    "CosineAnnealingWarmRestarts": ("T_0", "T_mult"),
    "SWALR": ("_anneal_strategy", "anneal_epochs"),
    "CosineAnnealingLR": ("T_max", "eta_min"),
    "LinearLR": ("start_factor", "end_factor", "total_iters"),
    "ConstantLR": ("factor", "total_iters"),
    "PolynomialLR": ("total_iters", "power"),
    "MultiStepLR": ("milestones", "gamma"),
    "StepLR": ("step_size", "gamma"),
    "LambdaLR": ("lr_lambdas",),
    "MultiplicativeLR": ("lr_lambdas",),
    "ExponentialLR": ("gamma",),
}


def matches(config: Mapping[str, object]) -> bool:
    """Whether this is a scheduler's ``state_dict``."""
    return "last_epoch" in config or "_last_lr" in config


def matches_object(config: object) -> bool:
    """Whether this is a live scheduler."""
    return (
        hasattr(config, "state_dict")
        and hasattr(config, "optimizer")
        and not isinstance(config, Mapping)
    )


def of_object(scheduler: Any, run: Run) -> Schedule | Plateau:
    """Return the schedule of the whole run of a live scheduler, from its step 0."""
    return _of_run(_of_object(scheduler, run), run)


def _of_run(found: Schedule | Plateau, run: Run) -> Schedule | Plateau:
    """Give a schedule the length that the caller gave, which no scheduler knows."""
    if run.steps is None or isinstance(found, Plateau):
        return found
    ended: Schedule = of_length(found, run.steps)
    return ended


def _of_object(scheduler: Any, run: Run) -> Schedule | Plateau:
    kind, where = type(scheduler).__name__, f"from_config: {type(scheduler).__name__}"
    if kind == "LambdaLR":
        return _of_lambdas(scheduler, where)
    if getattr(scheduler, "_scale_fn_custom", None) is not None:
        raise ValueError(
            f"{where}: scale_fn must be torch's own, by mode: a Python function cannot be read as "
            "data"
        )
    section = Section(where, scheduler.state_dict())
    groups = {"param_groups": scheduler.optimizer.param_groups}
    if hasattr(scheduler, "_schedulers"):
        return _composed(section, kind, [_of_object(child, run) for child in scheduler._schedulers])
    return _built(section, kind, Run(optimizer=groups))


def read(config: Section, run: Run) -> Schedule | Plateau:
    """Return the schedule of the whole run of a ``state_dict``, from its step 0. The run itself is
    at its ``last_epoch``.
    """
    return _of_run(_of_state(config, run), run)


def _of_state(config: Section, run: Run) -> Schedule | Plateau:
    kind = next(
        (name for name, keys in _CLASSES.items() if config.values.keys() >= set(keys)), None
    )
    if kind is None:
        raise ValueError(
            f"{config.where}: the keys must be those of a torch scheduler's state, got "
            f"{short_repr(list(config.values))}"
        )
    if "_schedulers" not in config:
        return _built(config, kind, run)
    states = [
        _state(f"{config.where}: _schedulers[{i}]", state)
        for i, state in enumerate(_listed(config, "_schedulers"))
    ]
    return _composed(config, kind, [_of_state(state, run) for state in states])


def _listed(config: Section, key: str) -> list[Any]:
    """Return a list of at least one item."""
    found = config.get(key)
    if not isinstance(found, list | tuple) or not found:
        raise config.refusal(key, "a list of at least one item")
    return list(found)


def _state(where: str, state: object) -> Section:
    if not isinstance(state, Mapping):
        raise ValueError(f"{where} must be a mapping, got {short_repr(state)}")
    return Section(where, state)


def _composed(config: Section, kind: str, children: list[Any]) -> Schedule:
    if any(isinstance(child, Plateau) for child in children):
        raise ValueError(
            f"{config.where}: no scheduler may be a ReduceLROnPlateau, which is a rule, not a "
            "schedule"
        )
    if kind not in ("SequentialLR", "ChainedScheduler"):
        raise ValueError(
            f"{config.where}: {kind} must be SequentialLR or ChainedScheduler itself, not a "
            "subclass"
        )
    if kind == "SequentialLR":
        return torch.SequentialLR(children, config.numbers("_milestones"))
    return torch.ChainedScheduler(
        _base(Section(config.where, config.get("_schedulers")[0])), children
    )


def _built(config: Section, kind: str, run: Run) -> Schedule | Plateau:
    if kind in ("LambdaLR", "MultiplicativeLR"):
        raise ValueError(
            f"{config.where}: a {kind} holds a Python function, which cannot be read as data; use "
            f"presets.torch.{kind}"
        )
    if kind not in _READ:
        raise ValueError(
            f"{config.where}: {kind} must be one of torch's own schedulers: {', '.join(_READ)}"
        )
    if kind in _PLAIN:
        config.refuse_unknown([*inspect.signature(getattr(torch, kind)).parameters, *_STATE])
    _check_groups(config, run)
    return _READ[kind](config, run)


_STATE = (
    "T_cur",
    "T_i",
    "base_lrs",
    "last_epoch",
    "verbose",
    "_get_lr_called_within_step",
    "_is_initial",
    "_last_lr",
    "_step_count",
)


def _check_groups(config: Section, run: Run) -> None:
    """Raise unless every list has one item per group."""
    counts = {
        name: len(config.numbers(name))
        for name in ("base_lrs", "_last_lr", "min_lrs")
        if name in config
    }
    if run.optimizer is not None:
        groups = run.optimizer.get("param_groups") if isinstance(run.optimizer, Mapping) else None
        if not isinstance(groups, list):
            raise ValueError(
                f"{config.where}: optimizer must be a state_dict with param_groups, got "
                f"{short_repr(run.optimizer)}"
            )
        counts["the optimizer's groups"] = len(groups)
    if len(set(counts.values())) > 1:
        detail = ", ".join(f"{count} {name}" for name, count in counts.items())
        raise ValueError(f"{config.where}: every list must have one item per group, got {detail}")
    if config.integer("last_epoch", 0) < -1:
        raise config.refusal("last_epoch", "at least -1")


def _base(config: Section) -> Any:
    """Return the base rate, or those of the groups."""
    rates = config.numbers("base_lrs")
    return rates[0] if len(rates) == 1 else rates


def _of_groups(config: Section, run: Run, key: str) -> list[Any]:
    """Return the value of each group of the optimizer under ``key``."""
    groups = (run.optimizer or {}).get("param_groups")
    if not groups:
        raise config.missing(
            key, " in the optimizer's state: from_config(..., optimizer=optimizer.state_dict())"
        )
    return [group[key] for group in groups]


def _plain(kind: str) -> Callable[[Section, Run], Schedule]:
    """Return the reader of a scheduler whose state holds its arguments under their names."""
    build: Any = getattr(torch, kind)
    names = [name for name in inspect.signature(build).parameters if name != "lr"]

    def built(config: Section, run: Run) -> Schedule:
        schedule: Schedule = build(_base(config), **{name: config.number(name) for name in names})
        return schedule

    return built


def _multi_step(config: Section, run: Run) -> Schedule:
    """Return a MultiStepLR, whose milestones are ``{step: times}``. In JSON, steps are strings."""
    found = config.get("milestones")
    if not isinstance(found, Mapping):
        return torch.MultiStepLR(
            _base(config), config.integers("milestones"), config.number("gamma")
        )
    steps, counts = (
        Section(config.where, {"milestones": list(some)}).integers("milestones")
        for some in (found, found.values())
    )
    if not all(0 <= count <= _MOST_TIMES for count in counts):
        raise config.refusal("milestones", f"steps with counts from 0 to {_MOST_TIMES:,}")
    marks = [step for step, count in zip(steps, counts, strict=True) for _ in range(count)]
    return torch.MultiStepLR(_base(config), marks, config.number("gamma"))


def _cyclic(config: Section, run: Run) -> Schedule:
    total, share = config.number("total_size"), config.number("step_ratio")
    up = round(total * share, 9)
    lows, highs = config.numbers("base_lrs"), config.numbers("max_lrs")
    mode: Any = config.choice("mode", ("triangular", "triangular2", "exp_range"))
    return torch.CyclicLR(lows, highs, up, total - up, mode, config.number("gamma"))


def _one_cycle(config: Section, run: Run) -> Schedule:
    highs, lows, lasts = (
        _of_groups(config, run, key) for key in ("max_lr", "initial_lr", "min_lr")
    )
    total, phases = config.integer("total_steps"), config.get("_schedule_phases")
    return torch.OneCycleLR(
        highs,
        total,
        pct_start=(phases[0]["end_step"] + 1) / total,
        anneal_strategy=config.choice("_anneal_func_type", ("cos", "linear")),  # type: ignore[arg-type]
        div_factor=highs[0] / lows[0],
        final_div_factor=lows[0] / lasts[0],
        three_phase=len(phases) == 3,
    )


def _swa(config: Section, run: Run) -> Schedule:
    strategy: Any = config.choice("_anneal_strategy", ("cos", "linear"))
    return torch.SWALR(
        _base(config), _of_groups(config, run, "swa_lr"), config.integer("anneal_epochs"), strategy
    )


def _plateau(config: Section, run: Run) -> Plateau:
    floors = config.numbers("min_lrs")
    return torch.ReduceLROnPlateau(
        mode=config.choice("mode", ("min", "max")),  # type: ignore[arg-type]
        threshold_mode=config.choice("threshold_mode", ("rel", "abs")),  # type: ignore[arg-type]
        min_lr=floors[0] if len(set(floors)) == 1 else floors,
        **{
            key: config.number(key)
            for key in ("factor", "patience", "threshold", "cooldown", "eps")
        },
    )


_PLAIN = (
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "ExponentialLR",
    "LinearLR",
    "PolynomialLR",
    "StepLR",
)
_READ: dict[str, Callable[[Section, Run], Schedule | Plateau]] = {
    "MultiStepLR": _multi_step,
    "CyclicLR": _cyclic,
    "OneCycleLR": _one_cycle,
    "SWALR": _swa,
    "ReduceLROnPlateau": _plateau,
    **{kind: _plain(kind) for kind in _PLAIN},
}


# -- transformers' own functions -------------------------------------------------------------------


_BUILDERS = {
    "_get_constant_lambda": "get_constant_schedule",
    "_get_constant_schedule_with_warmup_lr_lambda": "get_constant_schedule_with_warmup",
    "_get_cosine_schedule_with_warmup_lr_lambda": "get_cosine_schedule_with_warmup",
    "_get_cosine_with_hard_restarts_schedule_with_warmup_lr_lambda": (
        "get_cosine_with_hard_restarts_schedule_with_warmup"
    ),
    "_get_cosine_with_min_lr_schedule_with_warmup_lr_rate_lambda": (
        "get_cosine_with_min_lr_schedule_with_warmup_lr_rate"
    ),
    "_get_inverse_sqrt_schedule_lr_lambda": "get_inverse_sqrt_schedule",
    "_get_linear_schedule_with_warmup_lr_lambda": "get_linear_schedule_with_warmup",
    "_get_polynomial_decay_schedule_with_warmup_lr_lambda": (
        "get_polynomial_decay_schedule_with_warmup"
    ),
    "_get_wsd_scheduler_lambda": "get_wsd_schedule",
}
_RENAMED = {"lr_init": "default_lr"}


def _of_lambdas(scheduler: Any, where: str) -> Schedule:
    """A LambdaLR whose one function is transformers': its name tells the builder, its keywords
    the arguments.
    """
    functions = {getattr(one, "func", one) for one in scheduler.lr_lambdas}
    name = getattr(functions.pop(), "__name__", "a function")
    if functions or name not in _BUILDERS:
        raise ValueError(
            f"{where}: its function must be one of transformers', got {name}; "
            "presets.torch.LambdaLR tabulates any"
        )
    given = getattr(scheduler.lr_lambdas[0], "keywords", {})
    floored = given.get("min_lr_rate") and _BUILDERS[name] == "get_cosine_schedule_with_warmup"
    builder = "get_cosine_with_min_lr_schedule_with_warmup" if floored else _BUILDERS[name]
    build: Any = getattr(transformers, builder)
    own = {_RENAMED.get(key, key): value for key, value in given.items() if value is not None}
    taken = {key: value for key, value in own.items() if key in inspect.signature(build).parameters}
    schedule: Schedule = build(
        _base(Section(where, {"base_lrs": list(scheduler.base_lrs)})), **taken
    )
    return schedule
