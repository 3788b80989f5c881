"""The targets of the fuzzer: one function per entry point, with the errors that it documents."""

import contextlib
import importlib.util
import inspect
import json
import pickle
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from configs.format_cases import CASES

import fastlr as flr
from fastlr.arguments import output_arrays
from fastlr.arguments.logged_rows import column, surviving
from fastlr.arguments.rules import Period, validate
from fastlr.configs import _READERS as READERS
from fastlr.configs import _files
from fastlr.plateau.events import events
from fastlr.presets._rules import PRESETS
from fastlr.program.seal import seal
from fastlr.schedule import constructor_names
from fastlr.schedule.rebuilding import CONSTRUCTORS
from fastlr.schedule.reduction_methods import REDUCTIONS
from fastlr.sweeps.toml_files import law_from, sweep_from
from fuzz.checks import check_target, hold, same
from fuzz.choices import LAST, Choices

REFUSED = (ValueError, TypeError)


class Target(NamedTuple):
    """An entry point, and the errors that it documents."""

    make: Callable[[Choices], Any]
    kinds: tuple[type[Exception], ...]

    def __call__(self, data: bytes) -> None:
        """Raise ``Finding`` if these bytes give a wrong result."""
        with (
            warnings.catch_warnings(),
            flr.use_backend(BACKEND),
            patch.object(output_arrays, "_memory", lambda: MEMORY),
        ):
            warnings.simplefilter("error")
            check_target(self.make, self.kinds, data)


BACKEND = "native" if flr.backends()["native"] == "ready" else "reference"
# bytes, of a small machine, wherever this runs: what does not fit into it is refused
MEMORY = 1 << 28
TARGETS: dict[str, Target] = {}


def target(
    *more: type[Exception],
) -> Callable[[Callable[[Choices], Any]], Callable[[Choices], Any]]:
    """Register an entry point that documents these errors besides ``ValueError`` and
    ``TypeError``.
    """

    def registered(make: Callable[[Choices], Any]) -> Callable[[Choices], Any]:
        TARGETS[make.__name__] = Target(make, REFUSED + more)
        return make

    return registered


# -- schedules -------------------------------------------------------------------------------------


@target()
def constructors(choices: Choices) -> flr.Schedule:
    """Call a constructor with any arguments."""
    build = getattr(flr, choices.of(constructor_names.__all__))
    return build(**choices.arguments(build))


@target()
def algebra(choices: Choices) -> flr.Schedule:
    """Apply methods and operators, each to the result of the last."""
    made = choices.schedule(2)
    for _ in range(1 + choices.below(4)):
        name = choices.of(
            ["then", "*", "+", *(name for name in CONSTRUCTORS if hasattr(flr.Schedule, name))]
        )
        if name in "*+":
            other = choices.of([choices.schedule, choices.real, choices.integer, choices.anything])
            made = made * other() if name == "*" else made + other()
        else:
            method = CONSTRUCTORS[name]
            made = method(**{**choices.arguments(method), "self": made})
    return made


@target()
def reused_results(choices: Choices) -> flr.Schedule:
    """Build an expression that uses its own result several times, repeatedly."""
    made = choices.schedule(1)
    for _ in range(1 + choices.below(24)):
        made = choices.reused(made)
    return made


@target(IndexError, KeyError)
def evaluating(choices: Choices) -> None:
    """Evaluate a schedule by any method at any steps: each step gives the same rate."""
    schedule, chosen = choices.schedule(), choices.below(5)
    if chosen == 0:
        t = choices.of([choices.anything, choices.integer])()
        rates = schedule(t)
        hold(same(rates, schedule(np.array(t))), "a step is not itself in an array", t)
    elif chosen == 1:
        start, stop, step = (choices.of([choices.step, choices.anything])() for _ in range(3))
        options = {"dtype": choices.of(["f8", "f4", "int", "x"])} if choices.below(2) else {}
        stop = (
            9
            if isinstance(stop, int | np.integer) and not isinstance(start, int | np.integer)
            else stop
        )
        few = (
            all(
                isinstance(end, int | np.integer) and not isinstance(end, bool)
                for end in (start, stop)
            )
            and start < LAST
        )
        with np.errstate(over="ignore"):
            schedule.table(
                start,
                start + 9 if few and abs(int(stop) - int(start)) > 1_000 else stop,
                step,
                **options,
            )
    elif chosen == 2:
        schedule.each(choices.of([choices.anything, choices.integer])())
    elif chosen == 3:
        lanes = schedule[choices.of([choices.anything, choices.integer])()]
        hold(isinstance(lanes, flr.Schedule), "an index gives no schedule", lanes)
    else:
        flr.stack({"a": schedule, "b": schedule}).row(
            choices.of([choices.integer, choices.anything])()
        )


DTYPES = ["i8", "i4", "u1", "u8", ">i8", "i2"]
MEMORY_SHARED = 1 << 12  # bytes


@target()
def aliased(choices: Choices) -> None:
    """Evaluate with steps or metrics in the memory of the result: the values must not change."""
    memory = np.zeros(MEMORY_SHARED // 8).view(np.uint8)
    count, dtype = 1 + choices.below(9), np.dtype(choices.of(DTYPES))
    given = memory[choices.below(256) :][: count * dtype.itemsize].view(dtype)
    given = given[::-1] if choices.below(2) else given
    schedule = choices.schedule()
    shape = (*schedule.shape, count)
    size = 8 * int(np.prod(schedule.shape)) * count
    at = 8 * choices.below(32)
    if at + size > MEMORY_SHARED:
        return
    out = memory[at : at + size].view(np.float64).reshape(shape)
    given[:] = [choices.below(100) for _ in range(count)]
    if choices.below(2):
        wanted = schedule(given.copy())
        hold(
            same(schedule(given, out=out), wanted),
            "rates over their own steps are others",
            schedule,
        )
    else:
        rule = flr.Plateau(patience=choices.below(3), factor=0.5)
        scales = memory[at : at + 8 * count].view(np.float64)
        wanted = rule.replay(given.copy())
        hold(
            same(rule.replay(given, out=scales), wanted),
            "scales over their own metrics are others",
            rule,
        )


@target(KeyError)
def reductions(choices: Choices) -> None:
    """Compute sums, extrema and searches: over few steps they equal those of a table."""
    schedule, name = choices.schedule(), choices.of(list(REDUCTIONS))
    start = choices.of([choices.step, choices.anything])()
    stop = (
        start + choices.below(200)
        if type(start) is int and choices.often()
        else choices.of([choices.step, choices.anything])()
    )
    given = {
        kind: choices.of([choices.real, choices.anything])() for kind in [REDUCTIONS[name]] if kind
    }
    schedule = choices.in_time_maps(schedule)
    if type(start) is int and type(stop) is int and choices.below(2):
        start, stop = (
            LAST - min(max(stop - start, 0), 100) - choices.below(64),
            LAST - choices.below(8),
        )
    found = (
        schedule.reduce([name], start, stop, **given)[name]
        if choices.below(2)
        else _asked(schedule, name, start, stop, given)
    )
    hold(not np.isnan(found).any(), f"{name} is no number", schedule)
    if type(start) is int and type(stop) is int and 0 <= start < stop <= min(LAST, start + 200):
        table = schedule.table(start, stop)
        wanted = {
            "sum": table.sum(-1),
            "max": table.max(-1),
            "min": table.min(-1),
            "argmax": start + table.argmax(-1),
            "argmin": start + table.argmin(-1),
            **_first_hits(table, start, **given),
        }.get(name, found)
        least = 1e-300 * max(1.0, float(np.max(schedule._node.bound)))  # a weight below it is none
        near = (
            np.allclose(found, wanted, rtol=1e-12, atol=least)
            if name == "sum"
            else np.array_equal(found, wanted)
        )
        hold(near, f"{name}({start}, {stop}) is {found!r}, not {wanted!r}", schedule)


def _first_hits(table: Any, start: int, rate: Any = None, decay: Any = None) -> dict[str, Any]:
    """Return the first steps below and above a rate that is one number."""
    if not isinstance(rate, float):
        return {}
    hits = {"first_below": table < rate, "first_above": table > rate}
    return {name: np.where(hit.any(-1), start + hit.argmax(-1), -1) for name, hit in hits.items()}


@target()
def growth(choices: Choices) -> None:
    """Build cycles that grow slightly: the program is bounded, and reductions equal those of a
    table.
    """
    body = choices.of(
        [
            lambda: flr.linear(1.0, 0.25, 1 + choices.below(99)),
            lambda: flr.wsd(1.0, 2, choices.below(9), 5),
            lambda: flr.linear(1.0, 0.1, 9).clip(0.2, 0.8),
            choices.schedule,
        ]
    )()
    times, scale = choices.of([None, choices.below(9_999)]), choices.of([1.0, 0.5, 0.999])
    cycles = body.repeat(times, scale=scale, stretch=choices.growth())
    schedule = choices.of(
        [
            lambda: cycles,
            lambda: cycles.clip(0.2, 0.9),
            lambda: cycles * body,
            lambda: cycles.repeat(),
            lambda: cycles.delay(choices.step()),
            lambda: cycles * cycles.delay(3),
        ]
    )()
    hold(schedule.program.size <= 20_000_000, "a program is too large", schedule)
    start = min(choices.step(), LAST - 300)
    table = schedule.table(start, start + 200)
    found = schedule.reduce(["sum", "max", "argmin"], start, start + 200)
    hold(
        np.allclose(found["sum"], table.sum(-1), rtol=1e-12, atol=1e-300),
        "a sum is not that of the table",
        schedule,
    )
    hold(
        same(np.asarray(found["max"]), table.max(-1)),
        "a maximum is not that of the table",
        schedule,
    )
    hold(
        np.array_equal(found["argmin"], start + table.argmin(-1)),
        "a minimum is not where it is in the table",
        schedule,
    )


def _asked(schedule: flr.Schedule, name: str, start: Any, stop: Any, given: dict[str, Any]) -> Any:
    """Call the reduction's own method."""
    return getattr(schedule, name)(*given.values(), start, stop)


@target()
def programs(choices: Choices) -> None:
    """Replace some entries of a program: a valid one survives a pickle and can be read."""
    words = np.array(choices.schedule().program)
    for _ in range(choices.below(4)):
        words[choices.below(words.size)] = choices.of(
            [choices.real, lambda: choices.below(words.size), lambda: choices.below(30)]
        )()
    if choices.often():
        seal(words)  # so that the verifier reads on
    program = flr.Program.from_array(words if choices.often() else choices.anything())
    hold(
        same(pickle.loads(pickle.dumps(program)), program) and str(program),
        "a program does not come back",
        words,
    )


# -- what is written down --------------------------------------------------------------------------

PIECES = [
    "constant(0.1)",
    "linear(0, 1, 10)",
    "cosine(",
    "1e-3",
    ")",
    ",",
    "[",
    "]",
    ".then(",
    " * ",
    " + ",
    "peak",
    "(",
    "'cosine'",
    "steps=",
    "-",
    "round(",
    "/",
    "//",
    "2**3",
    "lambda: ",
    "**",
    ".",
    "None",
    "True",
    "\n",
    "1_0",
    "9" * 30,
    "\\",
    "wsd(peak, 1, 2, 3)",
    "#",
    "\0",
]


@target()
def parsed(choices: Choices) -> flr.Schedule:
    """Parse text, made of pieces of the language or of any bytes, with parameters."""
    if choices.often():
        text = "".join(choices.of(PIECES) for _ in range(choices.below(24) + 1))
        parameters = (
            {"peak": choices.of([choices.real, choices.anything])()} if choices.below(2) else {}
        )
        return flr.parse(text, **parameters)
    return flr.parse(
        choices.rest().decode("utf-8", "surrogateescape" if choices.below(2) else "replace")
    )


def _changed(choices: Choices, data: Any, depth: int = 6) -> Any:
    """Return plain data with one value replaced, added or removed."""
    if depth and isinstance(data, dict) and data and choices.often():
        key = choices.of(list(data))
        kind = choices.below(8)
        if kind == 1:
            return {name: value for name, value in data.items() if name != key}
        if kind == 2:
            return {
                **data,
                choices.of(
                    ["value", "a", "steps", key * 2 if isinstance(key, str) else 3]
                ): choices.anything(),
            }
        return {**data, key: _changed(choices, data[key], depth - 1)}
    if depth and isinstance(data, list) and data and choices.often():
        i = choices.below(len(data))
        return [*data[:i], _changed(choices, data[i], depth - 1), *data[i + 1 :]]
    return choices.of([choices.real, choices.integer, choices.anything])()


@target()
def spec(choices: Choices) -> flr.Schedule:
    """Read the spec of a schedule after some changes."""
    data: Any = choices.schedule().to_spec()
    for _ in range(choices.below(3)):
        data = _changed(choices, data)
    return flr.from_spec(data)


@target()
def resumed(choices: Choices) -> Any:
    """Resume from a changed checkpoint, with rates observed at its step."""
    plan, step = choices.schedule(), choices.step()
    if choices.below(3) == 1:
        seen = choices.of([lambda: plan(min(step, int(plan.program[3]) - 1)), choices.anything])()
        return flr.verify_resume(
            plan,
            choices.of([lambda: step, choices.anything])(),
            seen,
            **_some(choices, "tolerance"),
        )
    saved: Any = json.loads(json.dumps(flr.checkpoint(plan, step)))
    for _ in range(choices.below(3)):
        saved = _changed(choices, saved)
    other = choices.of([lambda: None, lambda: plan, lambda: _short(choices), choices.anything])()
    return flr.resume(
        saved,
        other,
        **({"wins": choices.of(["saved", "new", None, 1])} if choices.below(2) else {}),
    )[0]


def _short(choices: Choices) -> flr.Schedule:
    return flr.linear(choices.of([0.1, 0.2]), 0.0, choices.below(1_000))


def _some(choices: Choices, *names: str) -> dict[str, Any]:
    """Return some of these arguments, each with any value."""
    return {
        name: choices.of([choices.real, choices.integer, choices.anything])()
        for name in names
        if choices.below(2)
    }


@target()
def plans(choices: Choices) -> None:
    """Call what evaluates a plan step by step, over few steps."""
    one, other = (choices.of([choices.schedule, choices.anything])() for _ in range(2))
    length = _few(choices.of([lambda: 1 + choices.below(2_000), choices.anything])())
    choices.of(
        [
            lambda: str(flr.diff(one, other, length)),
            lambda: str(flr.check(one, length)),
            lambda: str(flr.compare(one, other, length, **_some(choices, "tolerance"))),
        ]
    )()


def _few(length: Any) -> Any:
    """Limit a number of steps, or several, to 10,000."""
    with contextlib.suppress(ValueError, TypeError):
        steps = validate(Period, "length", length)
        return np.minimum(steps, 10_000) if np.any(steps > 10_000) else length
    return length


# -- plateau ---------------------------------------------------------------------------------------


@target()
def plateau(choices: Choices) -> Any:
    """Update a plateau rule over histories: every way gives the same finite scales."""
    given = choices.arguments(flr.Plateau.__init__)
    given.pop("self", None)
    rule = flr.Plateau(**given)
    for again in (
        flr.Plateau.from_spec(json.loads(json.dumps(rule.to_spec()))),
        pickle.loads(pickle.dumps(rule)),
    ):
        hold(again == rule and same(again.buffer, rule.buffer), "a rule does not come back", rule)
    metrics = choices.of(
        [lambda: [choices.real() for _ in range(choices.below(12))], choices.anything]
    )()
    state = rule.init(**_some(choices, "scale", "shape"))
    if choices.seldom():
        parts = list(state)
        parts[choices.below(6)] = choices.anything()
        state = rule.restore(parts)
    scales = rule.replay(metrics, state)
    hold(
        np.isfinite(scales).all() and (scales >= 0).all(), f"scales {scales!r} that are none", rule
    )
    for metric, after in zip(metrics, scales, strict=True):
        state = rule.update(state, metric)
        hold(same(state.scale, after), "an update is not a replay", rule)
    rule.restore(state)
    return rule.realised(choices.schedule(), scales, **_some(choices, "every", "init"))


@target()
def plateau_events(choices: Choices) -> None:
    """Find the reductions of a run in its scales."""
    events(
        choices.of([lambda: [choices.real() for _ in range(choices.below(9))], choices.anything])(),
        **_some(choices, "every", "init"),
    )


# -- frameworks ------------------------------------------------------------------------------------


@cache
def _names_of_presets() -> list[str]:
    """Return the names of all presets; imports all frameworks' modules."""
    return [name for framework in flr.presets.frameworks() for name in _of(framework)]


def _of(framework: str) -> list[str]:
    getattr(flr.presets, framework)
    return sorted(name for name in PRESETS if name.startswith(f"{framework}."))


@target()
def presets(choices: Choices) -> Any:
    """Call a preset with any arguments."""
    preset = PRESETS[choices.of(_names_of_presets())]
    arguments = choices.arguments(preset.build)
    if any(map(callable, arguments.values())):  # which are called step by step
        arguments = {name: _few(value) for name, value in arguments.items()}
    made = preset.build(**arguments)
    return made if isinstance(made, flr.Schedule) else None


RATE = {"optimizer": {"params": {"lr": 3e-4}}}
OF_ONE = {"base_lrs": [0.1], "last_epoch": 0, "_last_lr": [0.1]}
LINEAR = {"start_factor": 0.1, "end_factor": 1.0, "total_iters": 5}
CONFIGS: list[Any] = [
    {
        "lr_scheduler_type": "cosine",
        "learning_rate": 1e-3,
        "warmup_steps": 10,
        "max_steps": 100,
        "lr_scheduler_kwargs": {},
    },
    {"lr_scheduler_type": "linear", "learning_rate": "1e-3", "warmup_ratio": 0.1, "max_steps": 100},
    {
        **RATE,
        "scheduler": {
            "type": "WarmupDecayLR",
            "params": {"warmup_num_steps": 5, "total_num_steps": 50},
        },
    },
    {
        **RATE,
        "scheduler": {"type": "OneCycle", "params": {"cycle_min_lr": 1e-4, "cycle_max_lr": 1e-3}},
    },
    {
        "SOLVER": {
            "BASE_LR": 0.02,
            "STEPS": [60, 80],
            "MAX_ITER": 90,
            "GAMMA": 0.1,
            "WARMUP_ITERS": 5,
        }
    },
    {
        "sched": "cosine",
        "lr": 0.5,
        "epochs": 90,
        "warmup_epochs": 5,
        "warmup_lr": 1e-5,
        "min_lr": 0.0,
        "decay_rate": 0.1,
    },
    {
        "sched": "multistep",
        "lr": 0.5,
        "epochs": 90,
        "decay_milestones": [30, 60],
        "cooldown_epochs": 2,
        "sched_on_updates": True,
    },
    {
        "class_name": "CosineDecay",
        "config": {"initial_learning_rate": 0.1, "decay_steps": 100, "alpha": 0.01},
    },
    {
        "class_name": "PiecewiseConstantDecay",
        "config": {"boundaries": [10, 20], "values": [0.1, 0.2, 0.3]},
    },
    {"step_size": 30, "gamma": 0.1, **OF_ONE},
    {
        "milestones": {"30": 1, "60": 2},
        "gamma": 0.1,
        "base_lrs": [0.1, 0.2],
        "last_epoch": 3,
        "_last_lr": [0.1, 0.2],
    },
    {"T_max": 30, "eta_min": 0.0, **OF_ONE},
    {
        "factor": 0.1,
        "patience": 3,
        "threshold": 1e-4,
        "threshold_mode": "rel",
        "num_bad_epochs": 0,
        "mode": "min",
        "cooldown": 0,
        "min_lrs": [0.0],
        "eps": 1e-8,
        "best": 1.0,
        "cooldown_counter": 0,
        "mode_worse": 1.0,
        "last_epoch": 1,
        "_last_lr": [0.1],
    },
    {
        "_schedulers": [{**LINEAR, **OF_ONE}, {"gamma": 0.9, **OF_ONE}],
        "_milestones": [5],
        "last_epoch": 0,
        "_last_lr": [0.1],
    },
    {"fastlr": 1, "schedule": {"linear": {"init": 1.0, "end": 0.0, "steps": 10}}},
]
HAS_YAML = importlib.util.find_spec("yaml") is not None
TEXTS = [case for case in CASES.values() if HAS_YAML or case.suffix not in (".yaml", ".yml")]
CONFIGS += [_files.PARSERS[case.suffix]("a case", case.text) for case in TEXTS]
OPTIONS = [
    "--lr",
    "--min-lr",
    "--lr-decay-style",
    "--train-iters",
    "--lr-warmup-iters",
    "--lr-warmup-fraction",
    "--lr-decay-samples",
    "--train-samples",
    "--global-batch-size",
    "--lr-wsd-decay-iters",
    "--lr-wsd-decay-style",
    "cosine",
    "WSD",
    "1000",
    "3e-4",
    "=",
    "'",
    "0.1",
    "--",
    "é",
    "1e999",
]


@target(OSError, FileNotFoundError, IsADirectoryError)
def configs(choices: Choices) -> Any:
    """Read a framework's config, or a command's arguments, after some changes."""
    config: Any
    if choices.below(4) == 1:
        config = "--lr 3e-4 --train-iters 100 " + " ".join(
            choices.of(OPTIONS) for _ in range(choices.below(12))
        )
    else:
        config = choices.of(CONFIGS)
        for _ in range(choices.below(3)):
            config = _changed(choices, config)
    options = (
        _some(choices, "lr", "steps", "steps_per_epoch", "optimizer")
        if choices.below(2)
        else {"steps": 100}
    )
    framework = {"framework": choices.of([*READERS, "x", None])} if choices.seldom() else {}
    return flr.from_config(config, **framework, **options)


PIECES_OF_CONFIGS = [
    *"\n :=,{}[]()<-#'\"\\\0é",
    "&a ",
    "*a",
    "<<: *a",
    "!!python/object/apply:os.abort []",
    "!Tag ",
    "!!float 1e3",
    "${a}",
    "${lr}",
    "1e999",
    "nan",
    "-1",
    "0",
    "1_0",
    "True",
    "null",
    "dict(",
    "_base_ = 'config.py'",
    "_BASE_: ['config.yml']",
    "with read_base():\n    from .config import *\n",
    "del lr\n",
    "lr.append(1)\n",
    "10 ** 10 ** 10",
    "* 9999999",
    "[net]",
    "[[a]]",
    "schedulers",
    "_target_: torch.optim.lr_scheduler.StepLR",
]


@target(OSError, ImportError)
def config_files(choices: Choices) -> Any:
    """Read a file with the text of a config after some changes, with one of the suffixes."""
    case = choices.of(TEXTS)
    text = case.text
    for _ in range(choices.below(4)):
        start = choices.below(len(text) + 1)
        stop = start + choices.of([0, 0, 1, 8, 40])
        text = text[:start] + choices.of([choices.of(PIECES_OF_CONFIGS), ""]) + text[stop:]
    suffix = choices.of([*_files.PARSERS]) if choices.seldom() else case.suffix
    given = case.given if choices.often() else {"steps": 100, "lr": 0.1, "steps_per_epoch": 5}
    with tempfile.TemporaryDirectory(dir=ROOM) as folder:
        path = Path(folder, f"config{suffix}")
        path.write_text(text, encoding="utf-8")
        return flr.from_config(path, **given)


# -- sweeps ----------------------------------------------------------------------------------------


def _axis(choices: Choices, rule: Any) -> Any:
    """Return values of a parameter, a list of them or one."""
    count = choices.of([1, 2, 3, 0])
    listed = (
        [choices.fitting(rule, 0) for _ in range(count)] if choices.often() else choices.anything()
    )
    return choices.of(
        [
            lambda: listed,
            lambda: choices.fitting(rule, 0),
            lambda: range(choices.below(9), choices.integer() % LAST),
        ]
    )()


def _space(choices: Choices) -> Any:
    ends = [choices.of([choices.real, choices.integer, choices.anything])() for _ in range(2)]
    if choices.often():
        ends = [0.1, 1.0]
    return choices.of([flr.Uniform, flr.LogUniform, flr.Integers, flr.Choice])(*ends)


def _looked_at(choices: Choices, family: flr.Sweep) -> Any:
    """Build any lanes of a sweep; a batch equals its lanes built alone."""
    index = choices.of(
        [
            lambda: choices.below(max(family.size, 1)),
            choices.integer,
            choices.anything,
            lambda: _few(slice(*_ends(choices)), family.size),
        ]
    )()
    made = family[index]
    if isinstance(index, list) and all(type(place) is int for place in index):
        hold(
            all(
                made[i] == family[place] or same(made[i](3), family[place](3))
                for i, place in enumerate(index)
            ),
            "not itself",
            family,
        )
    return made if not made.shape or made.shape[0] < 100 else None


def _few(places: slice, size: int) -> slice:
    """A slice that takes a while is cut short, unless it is too long for any machine."""
    with contextlib.suppress(ValueError):
        if 10_000 < len(range(size)[places]) < 2**40:
            return slice(places.start, places.start, places.step)
    return places


def _ends(choices: Choices) -> list[Any]:
    return [
        choices.of([lambda: None, choices.integer, lambda: choices.below(9)])() for _ in range(3)
    ]


@target(IndexError)
def sweeps(choices: Choices) -> Any:
    """Build a family over axes, and some of its lanes."""
    name = choices.of(
        [*constructor_names.__all__, "torch.StepLR", "linear(peak, 0.0, steps)", *_rare(choices)]
    )
    build = (
        getattr(flr, name)
        if isinstance(name, str) and name in constructor_names.__all__
        else flr.linear
    )
    rules = inspect.get_annotations(inspect.unwrap(build), eval_str=True)
    names = ["peak", "steps"] if "(" in str(name) else list(inspect.signature(build).parameters)
    parameters = {
        key: _axis(choices, rules.get(key, rules.get("init"))) for key in names if choices.often()
    }
    axes = []
    if choices.below(2):
        drawn = parameters.popitem()[0] if parameters else "init"
        method = choices.of([flr.random, flr.random, flr.sobol, flr.latin_hypercube])
        size = choices.of([lambda: 1 + choices.below(64), choices.anything, choices.integer])()
        size = size if not isinstance(size, int) or method is flr.random else min(size, 1_000)
        axes = [method(size, **_some(choices, "seed"), **{drawn: _space(choices)})]
    return _looked_at(choices, flr.sweep(name, *axes, **parameters))


EXPRESSIONS = [
    "cosine(1e-3, end * k, steps)",
    "linear(init, end + k, steps * 2)",
    "wsd(init, k, 9, steps, end)",
]


@target()
def alike(choices: Choices) -> None:
    """Build two sweeps that differ in at most one value.

    They are equal only if their rates are, and the same call gives an equal sweep.
    """
    name = choices.of([*EXPRESSIONS, None, *constructor_names.__all__])
    build = getattr(flr, name) if name in constructor_names.__all__ else flr.linear
    rules = inspect.get_annotations(inspect.unwrap(build), eval_str=True)
    names = list(
        inspect.signature(build).parameters
        if build is not flr.linear
        else ("init", "end", "steps", "k")
    )
    parameters = {
        key: _axis(choices, rules.get(key, rules.get("init"))) for key in names if choices.often()
    }
    changed = {
        **parameters,
        choices.of(names): choices.of(
            [choices.real, choices.integer, choices.array, choices.anything]
        )(),
    }
    one, again, other = (_swept(name, given) for given in (parameters, parameters, changed))
    hold(one == again or one.fingerprint is None, "the same call gives another sweep", one)
    if one == other and one.size < 100:
        hold(hash(one) == hash(other), "equal sweeps have different hashes", one)
        hold(same(one.table(9), other.table(9)), "equal sweeps have different rates", one)


def _swept(name: str | None, parameters: dict[str, Any]) -> flr.Sweep:
    """Return a sweep of a named family, or of a function whose closure holds the constants."""
    if name is not None:
        return flr.sweep(name, **parameters)
    held = {key: value for key, value in parameters.items() if not isinstance(value, list | range)}
    varied = {key: value for key, value in parameters.items() if key not in held}
    return flr.sweep(lambda **given: flr.parse(EXPRESSIONS[1], **held, **given), **varied)


def _rare(choices: Choices) -> list[Any]:
    return [choices.anything()] if choices.seldom() else []


DESCRIBED = {
    "family": "wsd(peak, warmup, 900 - cooldown, cooldown, end)",
    "steps": 100,
    "parameters": {
        "peak": {"from": 1e-4, "to": 1e-2, "count": 3, "scale": "log"},
        "cooldown": [100, 200, 300],
    },
    "zip": [{"warmup": [50, 100]}],
    "draw": [{"method": "sobol", "size": 8, "seed": 3, "end": {"uniform": [0.0, 1e-5]}}],
}
LAW = {
    "law": "Annealing",
    "constants": {"L0": 2.6, "A": 0.6, "alpha": 0.45, "C": 0.5, "decay": 0.99},
}


@target(IndexError)
def toml_files(choices: Choices) -> Any:
    """Read the data of a sweep or a law after some changes, or text in TOML."""
    kind = choices.below(8)
    if kind == 1:
        return _law(choices)
    data: Any = DESCRIBED
    for _ in range(choices.below(4)):
        data = _changed(choices, data)
    return _looked_at(choices, sweep_from(data).sweep)


def _law(choices: Choices) -> None:
    """Build a law from constants, and predict losses."""
    data: Any = LAW
    for _ in range(choices.below(3)):
        data = _changed(choices, data)
    law = law_from(data, Path("/nowhere"))
    found = law.final(
        flr.cosine(0.1, 0.0, 100),
        choices.of([lambda: 1 + choices.below(200), lambda: choices.anything(0)])(),
    )
    hold(not np.isnan(found).any(), "a loss that is none", law)


def _whole_store(folder: Path, form: str) -> Path:
    family = flr.sweep("linear", init=[0.1, 0.2, 0.3], end=0.0, steps=[10, 20])
    family.table(40, out=folder / form, memory=2**20)
    return folder / form


WANTED = flr.sweep("linear", init=[0.1, 0.2, 0.3], end=0.0, steps=[10, 20])


@target()
def files(choices: Choices) -> None:
    """Read a sweep's table from a changed file: the same rates, or an error that names the
    problem.
    """
    with tempfile.TemporaryDirectory(dir=ROOM) as folder:
        out = _whole_store(Path(folder), "rates.npy")
        if choices.below(2):
            out.rename(out.with_name("rates.npy.part"))
        for _ in range(choices.below(4)):
            _spoil(choices, choices.of(sorted(Path(folder).iterdir())))
        found = WANTED.table(40, out=out, memory=2**20)
        hold(same(found, WANTED.table(40)), "a file of other rates", out)


ROOM = "/dev/shm" if Path("/dev/shm").is_dir() else None


def _spoil(choices: Choices, path: Path) -> None:
    """Cut a file short, flip a bit, write more into it, or remove it."""
    data, kind = path.read_bytes(), choices.below(5)
    if kind == 0:
        path.write_bytes(data[: choices.below(len(data) + 1)])
    elif kind in (1, 2) and data:
        at = choices.below(len(data))
        path.write_bytes(data[:at] + choices.raw(1 + choices.below(3)) + data[at + kind :])
    elif kind == 3:
        path.write_bytes(data + choices.raw(choices.below(20)))
    elif len(list(path.parent.iterdir())) > 1:
        path.unlink()


# -- what goes with schedules ----------------------------------------------------------------------


@target()
def bundles(choices: Choices) -> Any:
    """Build several quantities over the same steps."""
    kind = choices.below(3)
    if kind == 0:
        some = choices.schedules(1)
        made = flr.bundle(
            **dict(
                zip(
                    ["lr", "momentum", "x"],
                    some if isinstance(some, list) else some.values(),
                    strict=False,
                )
            )
        )
    else:
        build = flr.one_cycle_bundle if kind == 1 else flr.cyclic_bundle
        like = flr.one_cycle if kind == 1 else flr.cyclic
        given = {
            key: value
            for key, value in choices.arguments(like).items()
            if key in inspect.signature(build).parameters
        }
        made = build(**given, **_some(choices, "momentum"))
    return made.schedule


@target()
def units(choices: Choices) -> Any:
    """Convert samples, tokens and fractions of a run to steps."""
    kind, any_number = (
        choices.below(3),
        [choices.integer, lambda: 1 + choices.below(999), choices.real, choices.anything],
    )
    if kind == 0:
        flr.step_at(choices.of(any_number)(), choices.of(any_number)())
    elif kind == 1:
        horizon = flr.horizon(*(choices.of(any_number)() for _ in range(1 + choices.below(6))))
        hold(1 <= horizon.steps <= LAST and str(horizon), "a run of no length", horizon)
    else:
        ramp = flr.ramp(
            *(choices.of([lambda: 1 + choices.below(200), *any_number])() for _ in range(3)),
            **_some(choices, "increment"),
        )
        return ramp.per_step(choices.schedule(1))
    return None


@target(KeyError)
def groups(choices: Choices) -> None:
    """Compute multipliers, and the rates of all parameters."""
    some = {name: choices.of([lambda: choices.below(99), choices.anything])() for name in "ab"}
    given = choices.of([lambda: some, lambda: list(some.values()), choices.anything])()
    kind, batch = (
        choices.below(4),
        choices.of(
            [
                lambda: flr.stack({"a": flr.constant(0.1), "b": choices.schedule(1)}),
                choices.schedule,
            ]
        )(),
    )
    if kind == 0:
        flr.layer_decay(given, choices.of([choices.real, choices.anything])())
    elif kind == 1:
        flr.mup(
            given,
            choices.of([choices.integer, choices.anything])(),
            choices.of(["input", "hidden", "x", 1]),
        )
    else:
        rates = (flr.spread if kind == 2 else flr.scatter)(batch, given)
        hold(
            rates.size > 10_000 or rates(choices.step()).shape == (rates.size,),
            "rates of another size",
            rates,
        )


@target()
def identified(choices: Choices) -> Any:
    """Identify a log of rates: a schedule with a little noise, or any numbers."""
    if choices.often():
        log: Any = choices.schedule(1)
        log = log if not log.shape else flr.linear(1.0, 0.0, 9)
        log = log.table(min(2 + choices.below(40), int(log.program[3])))
        log = log * (1.0 + 1e-3 * choices.below(2)) if choices.seldom() else log
    else:
        log = choices.anything()
    return flr.identify(log, **_some(choices, "every", "tolerance", "start", "steps")).schedule


@target()
def logs(choices: Choices) -> Any:
    """Read a log that begins anywhere, with gaps, restarts, repeats and rows out of order.

    An accepted log has the last value of each step that counts, at its step.
    """
    run, steps = flr.cosine(0.1, 0.01, 60), choices.logged()
    values = (
        run(np.array(steps, dtype=np.int64)) * (1 + choices.below(3))
        if steps
        else choices.anything()
    )
    if choices.often():
        rows = surviving("fit", "losses", column("fit: losses", values), steps)
        counting: dict[int, Any] = {}
        for step, value in zip(steps, values, strict=True):
            counting = {
                **{before: one for before, one in counting.items() if before < step},
                step: value,
            }
        hold(rows.steps.tolist() == list(counting), "other steps than those that count", steps)
        hold(rows.values.tolist() == list(counting.values()), "not the last values", steps)
    if choices.below(4) == 1:
        curve = (choices.of([lambda: run, choices.anything])(), steps, values)
        return flr.loss_laws.fit(flr.loss_laws.Annealing, [curve], starts=1) and None
    found = flr.identify(values, steps=choices.of([lambda: steps, choices.anything])())
    hold(found.error <= 1e-6, "a schedule that is not near the log", steps)
    return found.schedule


LOG_TEXTS = {
    "results.csv": "epoch,  lr/pg0,  lr/pg1\n"
    + "".join(f"{e},  {0.01 * (9 - e):.5g},  {0.001 * (9 - e):.5g}\n" for e in range(9)),
    "metrics.csv": "epoch,lr-AdamW,step,train_loss\n"
    + "".join(f",{0.001 * (9 - e)!r},{10 * e},\n{e},,{10 * e + 9},0.5\n" for e in range(9)),
    "wandb.csv": '"Step","a - train/lr","a - train/lr__MIN","a - train/lr"\n'
    + "".join(f'"{t}","{0.1 * t}","{0.1 * t}","{0.2 * t}"\n' for t in range(9)),
    "metrics.json": "".join(f'{{"iteration": {t}, "lr": {0.1 * t}}}\n' for t in range(9)),
    "log.jsonl": "".join(f'{{"epoch": 1, "step": {t}, "lr": {0.1 * t}}}\n' for t in range(9)),
    "trainer_state.json": '{"max_steps": 90, "log_history": ['
    + "".join(f'{{"step": {t}, "learning_rate": {0.1 * t}}}, ' for t in range(1, 9))
    + '{"step": 9, "eval_loss": 1.0}]}',
}
PIECES_OF_LOGS = [
    *"\n,;{}[]\"'\0é",
    *("nan", "-1", "1e999", "0", "1.5", "null", "99999999999999999999", "true", "[1]"),
    *("step", "epoch", "lr", '"step": 3, ', "rate[a]", "rate", '{"lr": 0.1}\n', "\n\n"),
]


@target(OSError)
def log_files(choices: Choices) -> Any:
    """Identify, explain or compare the text of a log after some changes."""
    name = choices.of([*LOG_TEXTS])
    text = LOG_TEXTS[name]
    for _ in range(choices.below(4)):
        start = choices.below(len(text) + 1)
        stop = start + choices.of([0, 0, 1, 8, 40])
        text = text[:start] + choices.of([choices.of(PIECES_OF_LOGS), ""]) + text[stop:]
    with tempfile.TemporaryDirectory(dir=ROOM) as folder:
        path = Path(folder, choices.of([*LOG_TEXTS]) if choices.seldom() else name)
        path.write_text(text, encoding="utf-8")
        way = choices.below(3)
        if way == 1:
            flr.compare_log(path, flr.linear(0.1, 0.0, 20))
            return None
        return flr.explain(path).schedule if way == 2 else flr.identify(path).schedule


# -- adapters that need no other library -----------------------------------------------------------


@target()
def labelled(choices: Choices) -> None:
    """Label the lanes of a batch or a sweep in a frame, with results of any shape."""
    from fastlr.adapters.pandas import frame

    lanes = choices.of([choices.schedule, lambda: WANTED, choices.anything])()
    results = choices.of(
        [
            lambda: (
                {"sum": lanes.sum(9)}
                if isinstance(lanes, flr.Schedule)
                else WANTED.reduce(["sum"], 9)
            ),
            choices.anything,
        ]
    )()
    hold(frame(lanes, results) is not None, "no frame", lanes)


ARGUMENTS = [
    "constant(1)",
    "linear(1, 0, 10)",
    "--steps",
    "10",
    "0",
    "-1",
    "--out",
    "a.npy",
    "a.csv",
    "family.toml",
    "--reduce",
    "sum",
    "--dtype",
    "float32",
    "--tolerance",
    "nan",
    "--start",
    "--every",
    "1e9",
    "llama",
    "--top",
    "--law",
    "law.toml",
    "--peak",
    "--memory",
    "\0",
    "é",
    "constant([1, 2])",
    "--help",
    "--",
    "nowhere/a.csv",
    "",
]


@target()
def commands(choices: Choices) -> None:
    """Run a command with any arguments: it succeeds, or prints one line and leaves nothing
    behind.
    """
    from click.testing import CliRunner

    from fastlr.cli.commands import app

    command = choices.of(["show", "table", "compare", "sweep", "rank", "recipes", "info", ""])
    with tempfile.TemporaryDirectory(dir=ROOM) as folder, contextlib.chdir(folder):
        Path("family.toml").write_text(
            "family = 'linear'\nsteps = 9\nparameters = {init = [0.1, 0.2], end = 0.0, "
            "steps = 10}\n"
        )
        Path("law.toml").write_text(
            "law = 'Annealing'\nconstants = {L0 = 2.6, A = 0.6, alpha = 0.4, C = 0.5, "
            "decay = 0.9}\n"
        )
        done = CliRunner().invoke(
            app, [command, *(choices.of(ARGUMENTS) for _ in range(choices.below(9)))]
        )
        lines = [
            line
            for line in done.stderr.splitlines()
            if line and "schedules/s" not in line and "rates/s" not in line
        ]
        hold(
            isinstance(done.exception, SystemExit | type(None)) and done.exit_code in (0, 1, 2),
            repr(done.exception),
            command,
        )
        hold(len(lines) == (done.exit_code == 2), "not one line", lines)
