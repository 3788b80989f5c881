"""Check the result of any target: an error that names the mistake, or a valid schedule."""

import json
import pickle
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import fastlr as flr
from fuzz.choices import LAST, Choices

PACKAGE = str(Path(flr.__file__).parent)
LONGEST = 2_000  # characters of a message
MOST_LANES, MOST_WHOLE = 64, 4_096  # lanes that are looked at one by one, and at all
MOST_DOUBLED = 2_000  # rows of what a batch may hold twice, whatever describes it
MOST_SEGMENTS, MOST_NUMBERS = 10_000, 100_000  # of a schedule that is looked at
BEGINNING = re.compile(  # how a message begins: the function and the parameter, or what is indexed
    r"[\w.]+(\(t\))?(:|\[| must | needs )|index |a schedule is indexed |a sweep is "
    r"indexed |a sweep gives |'|\""
)

CALLED = re.compile(
    r"[\w.]+\(\) (missing \d+ required|got an unexpected keyword|takes |got multiple)"
)


class Finding(Exception):  # noqa: N818 - what a fuzzer is after
    """A result or an error that must not occur."""


def check_error(error: Exception, kinds: tuple[type[Exception], ...]) -> None:
    """Raise unless an error is documented, is raised by fastlr, and names the mistake."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    if isinstance(error, Finding):
        raise error
    if type(error) not in kinds:
        raise Finding(
            f"{type(error).__name__} is not documented, at {place(last)}: {error}"[:LONGEST]
        ) from error
    if type(error) is TypeError and CALLED.match(str(error)):
        return  # Python's own answer to a call
    if isinstance(error, OSError) and error.filename:
        return  # the system's own answer, of a file
    if not last.filename.startswith(PACKAGE):
        raise Finding(
            f"an error that is not fastlr's own, at {place(last)}: {error}"[:LONGEST]
        ) from error
    if not BEGINNING.match(str(error)) or len(str(error)) > LONGEST:
        raise Finding(f"a message that names nothing, or too much: {error}"[:LONGEST]) from error


def place(frame: traceback.FrameSummary) -> str:
    return f"{Path(frame.filename).name}:{frame.lineno}"


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal to the bit."""
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def hold(truth: object, what: str, of: object) -> None:
    if not truth:
        raise Finding(f"{what}: {of!r}"[:LONGEST])


def steps_to_check(schedule: flr.Schedule, choices: Choices) -> list[int]:
    """Return the first and the last steps, the boundaries, and some steps in between."""
    last = min(LAST, int(schedule.program[3]) - 1)
    boundaries = (schedule[(0,) * len(schedule.shape)] if schedule.shape else schedule).boundaries
    some = [*boundaries[:6], *boundaries[-2:]]
    near = {boundary + by for boundary in some for by in (-1, 0, 1)}
    return sorted(
        t for t in {0, 1, last, *near, *(choices.step() for _ in range(4))} if 0 <= t <= last
    )


def check_schedule(schedule: flr.Schedule, choices: Choices) -> None:
    """Raise unless every way to evaluate gives the same finite rates, and a saved copy is equal."""
    few = (
        np.prod(schedule.shape) < MOST_WHOLE
        and schedule._node.segment_count < MOST_SEGMENTS
        and schedule.program.size < MOST_NUMBERS
    )
    steps = steps_to_check(schedule, choices) if few else []
    if not steps:  # a schedule that ends before it begins, and raises there; or one that takes long
        return
    rates = schedule(np.array(steps))
    hold(np.isfinite(rates).all() and (rates >= 0).all(), "rates that are none", schedule)
    for i, t in enumerate(steps):
        hold(same(schedule(t), rates[..., i]), f"s({t}) is not s(array)", schedule)
        hold(
            same(schedule.table(t, min(t + 2, steps[-1] + 1))[..., 0], rates[..., i]),
            f"a table at {t} is not s(array)",
            schedule,
        )
    check_lanes(schedule, np.array(steps), rates)
    check_written(schedule, np.array(steps), rates)
    with flr.use_backend("reference"):
        plain = schedule(np.array(steps[-3:]))
    hold(
        np.isfinite(plain).all() and (plain >= 0).all(),
        "rates of the reference that are none",
        schedule,
    )


def check_lanes(schedule: flr.Schedule, steps: Any, rates: Any) -> None:
    """Raise unless each lane has the same bits alone and in a batch."""
    for index in list(np.ndindex(schedule.shape))[:MOST_LANES] if schedule.shape else []:
        hold(same(schedule[index](steps), rates[index]), f"lane {index} is not itself", schedule)
    if (
        not schedule.shape
        and schedule._call.depth < 99
        and schedule._node.segment_count < MOST_DOUBLED
    ):
        hold(
            same(flr.stack([schedule, schedule])(steps), np.stack([rates, rates])),
            "in a batch it is another",
            schedule,
        )


def check_written(schedule: flr.Schedule, steps: Any, rates: Any) -> None:
    """Raise unless JSON, a pickle and the ``repr`` give an equal schedule."""
    again = [
        flr.from_spec(json.loads(json.dumps(schedule.to_spec()))),
        pickle.loads(pickle.dumps(schedule)),
    ]
    if "<" not in repr(schedule):  # abbreviated
        again.append(flr.parse(repr(schedule)))
    for one in again:
        hold(one == schedule and hash(one) == hash(schedule), "it does not come back", schedule)
        hold(
            one.fingerprint == schedule.fingerprint and same(one(steps), rates),
            "it comes back another",
            schedule,
        )


def check_target(
    target: Callable[[Choices], Any], kinds: tuple[type[Exception], ...], data: bytes
) -> None:
    """Raise ``Finding`` unless a target gives a valid result or error for these bytes."""
    choices = Choices(data)
    try:
        made = target(choices)
    except Exception as error:
        check_error(error, kinds)
        return
    try:
        if isinstance(made, flr.Schedule):
            check_schedule(made, choices)
    except Finding:
        raise
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        raise Finding(
            f"{type(error).__name__} where none may be, at {place(last)}: {error} of {made!r}"[
                :LONGEST
            ]
        ) from error
