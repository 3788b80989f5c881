"""Bad arguments: what a user may pass by mistake, and what each library does with it.

Every scheduler that has a preset is built with good arguments except one, and run for a few steps.
The preset gets the same arguments, and so does the equivalent constructor if there is one.
``calls`` has wrong steps, states and optimizers.
"""

import inspect
import linecache
import math
import signal
import sys
import traceback
import typing
import warnings
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import parity

from fastlr.arguments.rules import Flag, Number, short_repr
from fastlr.plateau.rule import Plateau

from .equivalent_constructors import CONSTRUCTORS

LIBRARIES = ("torch", "transformers", "timm", "fvcore", "ignite", "mmengine", "optax", "keras")
KINDS = ("clear", "obscure", "no number", "accepted", "hangs", "no effect", "defined")
SILENT = ("no number", "accepted", "hangs")
STEPS = 16
SECONDS = 4.0  # of computing, after which a call hangs

# of a preset alone: the library has no such argument, or its driver here makes it from others
OURS = {
    "after",
    "before",
    "default_lr",
    "max_iter",
    "noise_until",
    "of",
    "pairs",
    "schedulers",
    "schedules",
    "cosine_kwargs",
}
OURS_OF = {
    ("torch.LambdaLR", "total_steps"),
    ("torch.MultiplicativeLR", "total_steps"),
    ("keras.LearningRateScheduler", "epochs"),
    ("ignite.LambdaStateScheduler", "total_steps"),
    ("transformers.Adafactor", "scale"),
    ("torch.LambdaLR", "lr_lambda"),
    ("torch.MultiplicativeLR", "lr_lambda"),
    ("ignite.LRScheduler", "lr_scheduler"),
    ("ignite.create_lr_scheduler_with_warmup", "lr_scheduler"),
    ("timm.create_scheduler_v2", "plateau_mode"),
}
ANY_SIGN = {"lb", "ub", "noise_seed"}
# of which 0 is none
LENGTHS = {"transition_steps", "decay_steps", "first_decay_steps", "step_size_up", "step_size_down"}
# no scheduler of its own, or one of the others
NO_RATES = {"timm.noise", "timm.create_scheduler_v2"}


# what fastlr takes of all this, and why that is right
OF_A_PRESET = {
    "transition_steps": "what optax documents and the preset's page states: of no "
    "steps, or fewer, the first rate for ever",
    "transition_begin": "what optax does and the preset's page states: a begin below 0 is 0",
    "warmup_steps": "what optax documents and the preset's page states: without a "
    "warmup, the first rate for ever",
}
ACCEPTED_BY_CONSTRUCTORS = {
    "0": "a piece of no steps is legal, and vanishes",
    "2.5": "cycles may grow by any factor of at least 1",
    "None": "it stands for the tolerance of the rule's convention",
}


class Answer(NamedTuple):
    """One of ``KINDS``, with the message or the rates."""

    kind: str
    text: str


class Case(NamedTuple):
    """A bad value, the library's answer, and fastlr's: by its preset, and by a constructor if there
    is one.
    """

    scheduler: str  # with its library's name before it
    parameter: str
    value: str
    theirs: Answer
    preset: Answer
    constructor: Answer | None


# -- bad values ------------------------------------------------------------------------------------

HUGE = 10**400
WORDS = ("bogus", 5, None)
SEQUENCES = (None, "abc", 5, [math.nan], ["a"], [-5])
SCALES = ({5: math.nan}, {5: -1.0}, {"a": 0.5}, {2.5: 0.5}, {-5: 0.5}, [(5, 0.5)], 5)
POINTS = (
    None,
    "abc",
    [],
    [(0, math.nan), (5, 0.1)],
    [(5, 0.1), (0, 0.2)],
    [(0, "a"), (5, 0.1)],
    [(2.5, 0.1), (5, 0.2)],
    [5, 6],
)


@cache
def hints_of(build):
    return typing.get_type_hints(build, include_extras=True)


def rule_of(build, parameter):
    """Return the rule in a preset's signature, and whether the value may be None."""
    hint = hints_of(build)[parameter]
    parts = [hint, *typing.get_args(hint)]
    rules = [rule for part in parts for rule in getattr(part, "__metadata__", ())]
    return (Flag if bool in (hint, *parts) else rules[0] if rules else hint), type(None) in parts


def bad_values(build, parameter):
    """Return values that are wrong for any library, by the kind of the parameter."""
    rule, may_be_none = rule_of(build, parameter)
    values = tuple(_bad(rule, parameter))
    return [value for value in values if value is not None or not may_be_none]


def _bad(rule, parameter):
    if isinstance(rule, Number) and rule.core == 0:
        yield from (
            math.nan,
            math.inf,
            "0.1" if not rule.whole else "10",
            "abc",
            None,
            1j,
            True,
            HUGE,
        )
        if rule.whole:
            yield 2.5
        if parameter not in ANY_SIGN:
            yield -5 if rule.whole else -1.0
        if rule.low >= 1 or parameter in LENGTHS:
            yield 0
    elif isinstance(rule, Number):
        yield from (*SEQUENCES, *([[2.5]] if rule.whole else [[math.inf]]))
    elif parameter == "boundaries_and_scales":
        yield from SCALES
    elif parameter == "milestones_values":
        yield from POINTS
    elif rule is Flag:
        yield from ("abc", None, math.nan)
    else:
        yield from WORDS


# -- good arguments --------------------------------------------------------------------------------


driven_cases = cache(parity.cases)


@cache
def good_settings(name):
    """Return the first good settings of one group, which the equivalent constructor takes too."""
    case, rng = driven_cases()[name], np.random.default_rng([7, *name.encode()])
    while True:
        own = case.draw(rng)
        groups = any(
            isinstance(value, list) and key.split("_")[-1] in ("lr", "value", "rate")
            for key, value in own.items()
        )
        if not groups and (
            name not in CONSTRUCTORS or by_constructor(name, own).kind == "accepted"
        ):
            return own


def cases_of(library):
    """Return the schedulers of a library that can be run."""
    every = driven_cases().values()
    return [
        case
        for case in every
        if case.name.split(".")[0] == library and case.package and case.name not in NO_RATES
    ]


def parameters_of(case):
    """Return the parameters that the library has too: all given ones, and those of one number or
    word.
    """
    own = good_settings(case.name)
    for parameter in inspect.signature(case.preset).parameters:
        known = parameter in own or rule_of(case.preset, parameter)[0] is not Flag
        if known and parameter not in OURS and (case.name, parameter) not in OURS_OF:
            yield parameter


# -- what comes of it ------------------------------------------------------------------------------


class Hangs(BaseException):
    """Raised by the timer; no library catches it."""


def _too_long(number, frame):
    raise Hangs


@contextmanager
def within(seconds):
    signal.signal(signal.SIGPROF, _too_long)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


HERE = (str(Path(__file__).parent), str(Path(parity.__file__).parent))
OWN = {library: (library, "torch") for library in LIBRARIES} | {
    "fvcore": ("fvcore",),
    "optax": ("optax",),
    "keras": ("keras",),
}


def of_error(error, packages):
    """Classify an exception. It is clear if the library raises it itself with a message."""
    frame, kind = traceback.extract_tb(error.__traceback__)[-1], type(error).__name__
    statement = linecache.getline(frame.filename, frame.lineno).strip()
    own = any(f"/site-packages/{package}/" in frame.filename for package in packages)
    raised = statement.startswith(f"raise {kind}") or (
        statement.startswith("assert") and kind == "AssertionError"
    )
    if frame.filename.startswith(HERE) and not isinstance(error, OverflowError):
        return Answer("no number", f"{kind}: {error}")
    return Answer("clear" if own and raised and str(error) else "obscure", f"{kind}: {error}")


def of_rates(rates, value, good=None):
    """Classify rates. A number as a flag, and a fraction of a step, may be meant."""
    table = np.asarray(rates, dtype=np.float64)
    text = short_repr(np.unique(table.ravel())[:3])
    if not np.isfinite(table).all():
        return Answer("no number", text)
    if good is not None and np.array_equal(table, good):
        return Answer("no effect", text)
    return Answer("defined" if value is True or value == 2.5 else "accepted", text)


@contextmanager
def listening():
    """Silence warnings, except the one about a dropped imaginary part."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        yield


def length_of_case(case):
    """Return a number of steps, or metrics."""
    good = good_settings(case.name)
    metrics = isinstance(case.preset(**good), Plateau)
    return parity.history(STEPS).tolist() if metrics else min(STEPS, case.steps(good))


def answered(library, work, value, good=None):
    """Return a library's answer: the result of ``work``, or its exception."""
    try:
        with within(SECONDS), listening():
            return of_rates(work(), value, good)
    except Hangs:
        return Answer("hangs", f"no answer in {SECONDS:.0f} s")
    except Exception as error:  # which is what is found
        return of_error(error, OWN[library])


def ours(build, **settings):
    """Return fastlr's answer: an error that names parameter, rule and value, or its rates."""
    try:
        made = build(**settings)
        rates = (
            made.replay(parity.history(STEPS))
            if isinstance(made, Plateau)
            else made(np.arange(STEPS))
        )
    except Exception as error:
        words = str(error)
        clear = type(error) in (TypeError, ValueError) and (
            " must " in words or "give one of" in words
        )
        return Answer("clear" if clear else "obscure", f"{type(error).__name__}: {error}")
    return Answer("accepted", short_repr(np.unique(rates)[:3]))


def by_constructor(name, settings, parameter=None):
    """Make the same call of a constructor, if one has this parameter."""
    build = CONSTRUCTORS.get(name)
    taken = inspect.signature(build).parameters if build else {}
    if build is None or (parameter and parameter not in taken):
        return None
    own = inspect.signature(driven_cases()[name].preset).parameters
    return ours(build, **{key: settings.get(key, own[key].default) for key in taken})


def found(library, driven=True):
    """Return every case of one library; with ``driven=False`` only fastlr runs."""
    for case in cases_of(library):
        good, rates = good_settings(case.name), None
        if driven:
            with listening():  # imported, and compiled, before the timer runs
                rates = np.asarray(case.rates(good, length_of_case(case)), dtype=np.float64)
        for parameter in parameters_of(case):
            for value in bad_values(case.preset, parameter):
                settings = {**good, parameter: value}
                work = partial(case.rates, settings, length_of_case(case))
                answer = answered(library, work, value, rates) if driven else Answer("", "")
                preset, constructor = (
                    ours(case.preset, **settings),
                    by_constructor(case.name, settings, parameter),
                )
                yield Case(case.name, parameter, short_repr(value), answer, preset, constructor)


def reasons(cases):
    """Return what fastlr accepts, and why. A case without a reason is a fault."""
    for case in cases:
        if case.preset.kind != "clear":
            yield case, "preset", case.preset, OF_A_PRESET.get(case.parameter, "")
        if case.constructor is not None and case.constructor.kind != "clear":
            yield (
                case,
                "constructor",
                case.constructor,
                ACCEPTED_BY_CONSTRUCTORS.get(case.value, ""),
            )


def column(library):
    cases = list(found(library))
    print(f"bad inputs: {library}, {len(cases)}", file=sys.stderr, flush=True)
    return cases
