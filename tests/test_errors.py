"""Errors about arguments name the function that was called, show one frame, and no internals."""

import contextlib
import gc
import importlib
import inspect
import math
import re
import subprocess
import sys
import traceback
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import fastlr as flr
from fastlr import errors
from fastlr.cli.commands import app
from fastlr.drawing import plots
from fastlr.presets import frameworks
from fastlr.presets._rules import PRESETS
from fastlr.sweeps import stores

LINE = flr.linear(1.0, 0.0, 10)
RULE = flr.Plateau()
VALUES: dict[str, Any] = {
    "Schedule": LINE,
    "groups": flr.stack({"body": LINE, "head": flr.constant(0.3)}),
    "Bundle": flr.bundle(lr=LINE, momentum=flr.constant(0.9)),
    "Plateau": RULE,
    "Sweep": flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=10),
    "Horizon": flr.horizon(1_000, 10),
    "Ramp": flr.ramp(8, 64, 1_000, 8),
    "Law": flr.loss_laws.Annealing(2.6, 0.6, 0.45, 0.5, 0.99),
}
UNCHECKED = {"Program"}  # an array class: ``Program.from_array`` is what a user calls
for framework in frameworks():
    importlib.import_module(f"fastlr.presets.{framework}")


def methods(value: Any) -> Iterator[str]:
    """The public methods of a value, inherited ones included."""
    for name, method in inspect.getmembers(type(value), callable):
        # which take checked arrays
        kernels = isinstance(value, flr.loss_laws.Law) and name in ("at", "slopes")
        if (
            (not name.startswith("_") or name == "__call__")
            and not inspect.isclass(method)
            and not kernels
        ):
            yield name


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(flr, name) for name in flr.__all__ if name not in UNCHECKED},
    **{
        f"{label}.{name}": getattr(value, name)
        for label, value in VALUES.items()
        for name in methods(value)
    },
    **{name: preset.build for name, preset in PRESETS.items()},
    "Program.from_array": flr.Program.from_array,
    "laws.fit": flr.loss_laws.fit,
    "laws.metrics": flr.loss_laws.metrics,
    "plots.plot": plots.plot,
    "stores.table": stores.table,
}
WRONG = [
    object(),
    "no such word",
    -1,
    math.nan,
    [],
    {},
    None,
    1j,
    np.array(["a"]),
    True,
    np.ones((2, 3, 4)),
    LINE,
]
INTERNAL = re.compile(
    r"\b(Asked|Reduced|Value|Call|Node|Family|built|call)\b[.(]|\b_(?!_)\w+\(|operands "
    r"could not|NoneType' object|ufunc"
)


def refused(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Exception | None:
    """What a call raises, if anything."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return error
    return None


def check(error: Exception, name: str) -> None:
    """Raise unless an error names a public function, in one frame, and nothing internal."""
    message = str(error)
    assert isinstance(error, TypeError | ValueError | LookupError | ImportError | OSError), repr(
        error
    )
    assert not INTERNAL.search(message), message
    if isinstance(error, OSError):  # the system's own, about a file
        return
    if not isinstance(error, ImportError):
        head = re.match(r"[\w.]+(\(t\))?", message)
        assert head, message
        assert head.group().partition(".__")[0] in {
            *errors._NAMES,
            *VALUES,
            *FUNCTIONS,
        } or message.startswith(errors._INDEXING)
    frames = traceback.extract_tb(error.__traceback__)[1:]
    assert len(frames) <= 1, (
        name,
        message,
        [f"{frame.filename}:{frame.lineno}" for frame in frames],
    )


def required(function: Callable[..., Any]) -> list[str]:
    return [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    ]


def takes(function: Callable[..., Any], kind: Any) -> bool:
    return any(
        parameter.kind is kind for parameter in inspect.signature(function).parameters.values()
    )


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    yield
    plots_open = importlib.import_module("matplotlib.pyplot")
    plots_open.close("all")


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.exhaustive(one_in=5)
def test_a_call_of_the_wrong_form_names_the_function(name):
    function = FUNCTIONS[name]
    calls = []
    if required(function) and not takes(function, inspect.Parameter.VAR_POSITIONAL):
        calls.append(refused(function))
    if not takes(function, inspect.Parameter.VAR_POSITIONAL):
        calls.append(refused(function, *[1] * 40))
    if not takes(function, inspect.Parameter.VAR_KEYWORD):
        calls.append(refused(function, nonesuch=1))
    for error in calls:
        assert type(error) is TypeError
        check(error, name)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.exhaustive(one_in=5)
def test_an_argument_of_the_wrong_kind_is_refused_in_one_frame(name):
    function = FUNCTIONS[name]
    for wrong in WRONG:
        error = refused(function, *[wrong] * len(required(function)))
        if error is not None:
            check(error, name)


DRAWN: list[Any] = [
    *(0, 1, 2, 10, 1_000, 2**53, -1, 0.5, 1e-3, 1e-290, 1e290, math.inf, math.nan),
    *("x", "linear", "own", True, False, None),
    *([1.0, 0.5], [3, 6], [0.1, 0.2, 0.3], np.array([3, 20])),
    *(LINE, LINE.with_past_end("raise"), flr.constant(1e290), flr.constant([1.0, 2.0])),
    *({"a": LINE}, [LINE, LINE.with_past_end("raise")]),
]
STRICT = {
    f"{label}.{name}": getattr(value, name)
    for label, value in {
        "strict": LINE.with_past_end("raise"),
        "batch": flr.linear([1.0, 2.0], 0.0, 10).with_past_end("raise"),
    }.items()
    for name in methods(value)
}
# what a message about these begins with instead
CALLED = {"__call__": ("s(t)", "Bundle", "Law")}
READERS = ("parse", "from_spec", "explore", "plot", "plots.plot", "Schedule.plot")


def arguments(function: Callable[..., Any], draw: np.random.Generator) -> tuple[Any, Any]:
    """Arguments of any kind: positional and by name."""
    positional, named = list[Any](), dict[str, Any]()
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        value = DRAWN[draw.integers(len(DRAWN))]
        if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(value)
        elif parameter.default is parameter.empty or draw.random() < 0.4:
            named[name] = value
    return positional, named


@pytest.mark.parametrize("name", [*FUNCTIONS, *STRICT])
@pytest.mark.exhaustive(one_in=5)
def test_an_error_begins_with_what_was_called_whatever_the_arguments(name, tmp_path, monkeypatch):
    """Not with a function inside it, which the user did not call."""
    monkeypatch.chdir(tmp_path)  # where no file has such a name
    function = {**FUNCTIONS, **STRICT}[name]
    label = name.rpartition(".")[2]
    wanted = {name, label, *CALLED.get(label, ())}
    draw = np.random.default_rng([len(name), *name.encode()])
    for _ in range(20 if name not in READERS else 0):
        positional, named = arguments(function, draw)
        error = refused(function, *positional, **named)
        if isinstance(error, TypeError | ValueError):
            head = str(error).partition(":")[0]
            assert head in wanted or str(error).startswith(errors._INDEXING), (error, named)


CALLS = [
    (
        "warmup_cosine(1e-3, warmup_steps=10, steps=100)",
        "warmup_cosine: unknown argument 'warmup_steps'; did you mean 'warmup'?",
    ),
    ("warmup_cosine(warmup=10, steps=100)", "warmup_cosine: missing argument 'peak'"),
    ("warmup_cosine()", "warmup_cosine: missing arguments 'peak', 'warmup', 'steps'"),
    (
        "linear(1, 0, 10, 5)",
        "linear: too many arguments: takes at most 3 by position (init, end, steps), got 4",
    ),
    ("linear(1, 0, 10, steps=5)", "linear: argument 'steps' was given by position and by name"),
    ("line.cooldown(5, step=3)", "cooldown: unknown argument 'step'; did you mean 'steps'?"),
    ("line.extend(totl=20)", "extend: unknown argument 'totl'; did you mean 'total'?"),
    ("line.repeat(time=2)", "repeat: unknown argument 'time'; did you mean 'times'?"),
    (
        "line.repeat(1, 1.0, 1.0, 4)",
        "repeat: too many arguments: takes at most 3 by position (times, scale, stretch), got 4",
    ),
    ("line.table(5, thread=2)", "table: unknown argument 'thread'; did you mean 'threads'?"),
    ("line.sum()", "sum: missing argument 'start'"),
    ("line.then()", "then: missing argument 'other'"),
    ("line.plot(step=5)", "plot: unknown argument 'step'; did you mean 'steps'?"),
    ("line()", "got nothing; for a Keras optimizer write flr.adapters.keras.LearningRate(s)"),
    (
        "flr.Schedule()",
        "Schedule: use a constructor to build a schedule, such as linear(init, end, steps)",
    ),
    (
        "presets.torch.StepLR(0.1, step=3)",
        "torch.StepLR: unknown argument 'step'; did you mean 'step_size'?",
    ),
    ("presets.torch.StepLR(0.1)", "torch.StepLR: missing argument 'step_size'"),
    (
        "from_spec({'fastlr': 1, 'schedule': {'constant': {'valu': 1}}})",
        "constant: unknown argument 'valu'; did you mean 'value'?",
    ),
    ("parse('linear(1, 0, stps=10)')", "linear: unknown argument 'stps'; did you mean 'steps'?"),
    ("parse('linear(peek, 0, 10)', peak=1)", "got 'peek'; did you mean 'peak'?"),
    (
        "sweep('linear', init=[1.0], end=0.0, step=10)",
        "sweep: linear has no parameter 'step'; did you mean 'steps'?",
    ),
    (
        "sweep('linear', [1.0, 2.0], end=0.0, steps=10)",
        "sweep: axes must be zipped(...), random(...), latin_hypercube(...) or",
    ),
    ("Plateau(patients=3)", "Plateau: unknown argument 'patients'; did you mean 'patience'?"),
    ("rule.update()", "update: missing arguments 'state', 'metric'"),
    (
        "one_cycle_bundle(1.0, 10, momentun=1)",
        "one_cycle_bundle: unknown argument 'momentun'; did you mean 'momentum'?",
    ),
    ("Bundle()", "Bundle: missing argument 'schedule'"),
    ("recipe()", "recipe: missing argument 'name'"),
    ("from_config({}, stps=3)", "from_config: unknown argument 'stps'; did you mean 'steps'?"),
    ("horizon(1_000, bach=10)", "horizon: unknown argument 'bach'; did you mean 'batch'?"),
    ("line.reduce(5, 10)", "reduce: names must be a name or a sequence of names, got int 5"),
]


@pytest.mark.parametrize(("text", "message"), CALLS, ids=[text for text, _ in CALLS])
def test_a_wrong_call_says_what_is_wrong(text, message):
    names = {
        **vars(flr),
        **{name: getattr(flr, name) for name in (*flr.__all__, "presets")},
        "flr": flr,
        "line": LINE,
        "rule": RULE,
    }
    with pytest.raises((TypeError, ValueError)) as raised:
        eval(text, names)
    assert message in str(raised.value)
    # this test, the text, one function of fastlr
    assert len(traceback.extract_tb(raised.value.__traceback__)) <= 3


FAR = flr.cosine(1.0, 0.5, 10**10, k=2.0).minimum(flr.polynomial(1.0, 0.5, 10**10, power=3.0))
MIXED = flr.warmup_cosine(1.0, 100, 1_000) * flr.cosine(2.0, 1.0, 10**10, k=2.0)
SHORT = flr.cosine(1.0, 0.0, 100).with_past_end("raise")
LAW = flr.loss_laws.MultiPower(L0=2.65, A=0.6, alpha=0.45, B=438.0, C=2.13, beta=0.6, gamma=0.655)
AT_MOST = "at most 536,870,912 steps of a piece are evaluated one by one, got 10,000,000,000"
PAST_END = "steps must be before the end, step 100, as past_end='raise', got 999"
EVALUATED = {
    "explain: steps must be fewer: " + AT_MOST: lambda: flr.explain(MIXED, steps=10**10),
    "explain: argmax: " + PAST_END: lambda: flr.explain(SHORT, steps=1_000),
    "rank: steps must be fewer: " + AT_MOST: lambda: flr.rank(LAW, MIXED, steps=10**10),
    "rank: max: " + PAST_END: lambda: flr.rank(LAW, SHORT, steps=1_000),
    "merge_weights: at must be nearer to one another: at most 536,870,912 steps": lambda: (
        flr.merge_weights(FAR, at=[10, 10**10])
    ),
    "merge_weights: mean: " + PAST_END: lambda: flr.merge_weights(SHORT, at=[10, 1_000]),
    "advise: final: a result of shape (1000000000000,) needs": lambda: flr.advise(
        FAR, 50, law=LAW, lengths=[10**12]
    ),
    "transfer: max: " + PAST_END: lambda: flr.transfer(1e-3, SHORT, LINE, steps=1_000),
    "compare: table: " + PAST_END: lambda: flr.compare(SHORT, LINE, 1_000),
    "each: t must be before the end, step 100": lambda: SHORT.each([1_000]),
    "Bundle: t must be before the end, step 100": lambda: flr.bundle(lr=SHORT)(1_000),
    "row: t must be before the end, step 100": lambda: flr.stack({"a": SHORT}).row(1_000),
    "cooldown: a part with past_end='raise' must not run past": lambda: SHORT.cooldown(200, 10),
    "cyclic_bundle: cyclic: low must be a finite number >= 0": lambda: flr.cyclic_bundle(-1, 1, 9),
    "continue_from: match, the rate of the old plan over that of the new, must": lambda: (
        flr.constant(1e290).continue_from(3, flr.constant(1e-17), match=True)
    ),
    "flax.create_cosine_learning_rate_schedule: cosine: steps must be": lambda: (
        flr.presets.flax.create_cosine_learning_rate_schedule(0.1, 1_000, 2**53, 0)
    ),
    "explain: from_config: config must be a path": lambda: flr.explain(0),
    "table: threads must be an integer, got ndarray": lambda: LINE.table(5, threads=LINE.table(2)),
    "linear: steps must be an integer": lambda: flr.parse("linear(1, 0, 2.5)"),
    "reduce: sum: stop must be nearer to start: " + AT_MOST: lambda: FAR.reduce("sum", 10**10),
}


@pytest.mark.parametrize("message", EVALUATED)
def test_an_error_begins_with_the_function_that_was_called(message):
    """Not with the method by which that evaluates a schedule."""
    error = refused(EVALUATED[message])
    assert error is not None
    assert str(error).startswith(message)
    # `refused`, the lambda, one function of fastlr
    assert len(traceback.extract_tb(error.__traceback__)) <= 3


@pytest.mark.parametrize(
    ("thing", "message"),
    [(MIXED, "explain: steps must be fewer: " + AT_MOST), (SHORT, "explain: argmax: " + PAST_END)],
)
def test_a_command_says_so_too(thing, message):
    length = ["--steps", "1000"] if thing is SHORT else []
    done = CliRunner().invoke(app, ["explain", repr(thing), *length])
    assert (done.exit_code, done.stderr) == (2, f"error: {message}\n")


def test_an_error_of_a_user_function_keeps_its_frames():
    def factor(step: int) -> float:
        raise ValueError("linear: a user's own words")

    error = refused(flr.presets.torch.LambdaLR, 0.1, factor, 10)
    assert error is not None
    assert traceback.extract_tb(error.__traceback__)[-1].name == "factor"


def test_a_wrong_call_within_a_user_function_keeps_its_frames():
    error = refused(flr.presets.torch.LambdaLR, 0.1, lambda step: flr.constant(-1.0)(step), 10)
    assert error is not None
    assert "<lambda>" in [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def test_a_refused_argument_is_not_kept_alive():
    gc.collect()
    gc.disable()
    try:
        for build in (flr.constant, flr.presets.torch.ExponentialLR):
            rates = np.full(3, -1.0)
            alive = weakref.ref(rates)
            with contextlib.suppress(ValueError, TypeError):
                build(rates)
            del rates
            assert alive() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "error",
    [ValueError("operands could not be broadcast together"), TypeError("x"), KeyError("key")],
)
def test_an_internal_error_keeps_its_frames(error, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("fastlr.schedule.curves.curve_schedule", broken)
    raised = refused(flr.constant, 1.0)
    assert raised is error
    frames = [frame.name for frame in traceback.extract_tb(raised.__traceback__)]
    assert frames == ["refused", "built", "constant", "broken"]


def test_development_mode_shows_every_frame():
    code = "import fastlr as flr\nflr.constant(-1.0)"
    shown = [
        subprocess.run(
            [sys.executable, *options, "-c", code], capture_output=True, text=True, check=False
        ).stderr
        for options in ([], ["-X", "dev"])
    ]
    files = [text.count('File "') for text in shown]
    assert files[0] == 2  # the user's line, and the function
    assert files[1] > 4
    assert all("constant: value must be a finite number" in text for text in shown)


def test_signatures_and_names_stay_those_of_the_functions():
    assert list(inspect.signature(flr.Schedule.table).parameters)[:3] == ["self", "start", "stop"]
    assert (flr.Schedule.table.__name__, flr.Schedule.table.__qualname__) == (
        "table",
        "Schedule.table",
    )
    assert flr.sweep.__module__ == "fastlr.sweeps.sweep"


@pytest.mark.parametrize(
    ("call", "library", "extra"),
    [
        (lambda: flr.explore(LINE), "panel", "explore"),
        (lambda: flr.plot(LINE, steps=10), "matplotlib", "plot"),
        (lambda: LINE.plot(), "matplotlib", "plot"),
    ],
)
def test_a_missing_library_is_named_in_one_frame(call, library, extra, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    error = refused(call)
    assert isinstance(error, ImportError)
    assert str(error).endswith(f"pip install 'fastlr[{extra}]'")
    frames = traceback.extract_tb(error.__traceback__)
    assert len(frames) == 3  # this helper, the call, and the function
