"""The kernels of the curves: each has one for a step, one for a run of steps and one for a block.

Most are instances of the templates below, one per row of the table of curves in ``formulas.py``. A
curve with a *flag*, which that file describes, has a *rare* kernel too, for the work that few
schedules need.
"""

import math
from typing import Any

from fastlr.kernels.jit.blocks import column, local_steps
from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.formulas import CURVES, Curve, stair, staircase
from fastlr.kernels.jit.kernel_table import (
    RARE_LANES,
    RARE_RUN,
    STEPS,
    instance,
    lanes_kernel,
    rate_kernel,
    run_kernel,
    singles_kernel,
)
from fastlr.kernels.jit.level_runs import (
    write_cosine,
    write_line,
    write_square,
    write_wide_cosine,
    write_wide_line,
    write_wide_square,
)
from fastlr.kernels.jit.lines_and_cosines import WIDE
from fastlr.kernels.jit.patches import (
    PATCH,
    exponential,
    exponential_alone,
    exponential_in_patch,
    has_patches,
    is_well_within,
    middle_of,
    taylor_rate,
    taylor_value,
)
from fastlr.kernels.jit.periods import whole_periods
from fastlr.kernels.jit.pointers import call_kernel, on_stack, plus
from fastlr.kernels.jit.powers import is_plain
from fastlr.kernels.jit.ranges import SHORT, step_of, steps_before
from fastlr.kernels.jit.segments import field
from fastlr.program.opcodes import LAST_STEP, OPCODES, opcode

__all__ = ["fields_at"]

_EXPONENTIAL = opcode("exponential")

PATCHES = 16  # Taylor polynomials at a time
_taylors_on_stack = on_stack(9 * PATCHES)

# what each instance of a template replaces: its formula, the number of its fields, whether its
# fields ask for the flag, and its opcode
FORMULA: Any = None
FIELDS: int = 0
FLAG: Any = None
OPCODE: int = 0
# and for a curve in patches, as functions of its fields: the place of a step with the distance to
# the next, the first and the last place in a patch, and the polynomial about a place
PLACE: Any = None
RANGE: Any = None
ABOUT: Any = None


@inlined
def fields_at(buffer: Any, segment: int, lane: int) -> Any:
    """All fields of a segment. A field that its opcode lacks reads a number of the header."""
    return (
        field(buffer, segment, 0, lane),
        field(buffer, segment, 1, lane),
        field(buffer, segment, 2, lane),
        field(buffer, segment, 3, lane),
        field(buffer, segment, 4, lane),
        field(buffer, segment, 5, lane),
    )


def _rate(table: Any, buffer: Any, segment: int, lane: int, c: float, scratch: Any) -> float:
    rate: float = FORMULA(c, *fields_at(buffer, segment, lane)[:FIELDS])
    return rate


def _rate_flagged(
    table: Any, buffer: Any, segment: int, lane: int, c: float, scratch: Any
) -> float:
    p = fields_at(buffer, segment, lane)
    rate: float = FORMULA(c, *p[:FIELDS], FLAG(c, *p))
    return rate


def _run(table: Any, buffer: Any, segment: int, lane: int, c: float, step: float, n: int,
         out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    p = fields_at(buffer, segment, lane)
    for i in range(n):
        out[i] = FORMULA(step_of(c, step, i), *p[:FIELDS])


@inlined
def _rare_run(opcode: int, table: Any, buffer: Any, segment: int, lane: int, c: float, step: float,
              n: int, out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    call_kernel(table, RARE_RUN + opcode, scratch, (buffer, segment, lane, c, step, n, out, nested))


def _run_flagged(table: Any, buffer: Any, segment: int, lane: int, c: float, step: float, n: int,
                 out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    p = fields_at(buffer, segment, lane)
    if FLAG(c + step * n, *p):
        _rare_run(OPCODE, table, buffer, segment, lane, c, step, n, out, nested, scratch)
        return
    for i in range(n):
        out[i] = FORMULA(step_of(c, step, i), *p[:FIELDS], False)


def _run_rare(table: Any, buffer: Any, segment: int, lane: int, c: float, step: float, n: int,
              out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    p = fields_at(buffer, segment, lane)
    for i in range(n):
        x = step_of(c, step, i)
        out[i] = FORMULA(x, *p[:FIELDS], FLAG(x, *p))


@inlined
def _columns(count: int, buffer: Any, segment: int, lane: int, stride: int, n: int, c: Any,
             scratch: Any) -> Any:  # fmt: skip
    """A column per field, and ``c`` in place of the fields that the opcode lacks."""
    return (
        column(buffer, segment, 0, lane, stride, n, scratch),
        column(buffer, segment, 1, lane, stride, n, scratch),
        column(buffer, segment, 2, lane, stride, n, scratch),
        column(buffer, segment, 3, lane, stride, n, scratch) if count > 3 else c,
        column(buffer, segment, 4, lane, stride, n, scratch) if count > 4 else c,
        column(buffer, segment, 5, lane, stride, n, scratch) if count > 5 else c,
    )


@inlined
def _fields_of(columns: Any, i: int) -> Any:
    """The fields of one lane."""
    p0, p1, p2, p3, p4, p5 = columns
    return p0[i], p1[i], p2[i], p3[i], p4[i], p5[i]


def _lanes(table: Any, buffer: Any, segment: int, lane: int, stride: int, steps: Any, n: int,
           out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    c = local_steps(buffer, segment, lane, stride, steps, n, plus(scratch, STEPS))
    columns = _columns(FIELDS, buffer, segment, lane, stride, n, c, scratch)
    for i in range(n):
        p = _fields_of(columns, i)
        out[i] = FORMULA(c[i], *p[:FIELDS])


def _lanes_flagged(table: Any, buffer: Any, segment: int, lane: int, stride: int, steps: Any,
                   n: int, out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    """Assume that no lane asks for the flag; start again if any does. Looking first would wait for
    memory twice.
    """
    c = local_steps(buffer, segment, lane, stride, steps, n, plus(scratch, STEPS))
    columns = _columns(FIELDS, buffer, segment, lane, stride, n, c, scratch)
    flagged = 0
    for i in range(n):
        p = _fields_of(columns, i)
        out[i] = FORMULA(c[i], *p[:FIELDS], False)
    for i in range(n):
        p = _fields_of(columns, i)
        flagged += 1 if FLAG(c[i], *p) else 0
    if flagged > 0:
        call_kernel(
            table,
            RARE_LANES + OPCODE,
            scratch,
            (buffer, segment, lane, stride, steps, n, out, nested),
        )


def _lanes_rare(table: Any, buffer: Any, segment: int, lane: int, stride: int, steps: Any, n: int,
                out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    c = local_steps(buffer, segment, lane, stride, steps, n, plus(scratch, STEPS))
    columns = _columns(FIELDS, buffer, segment, lane, stride, n, c, scratch)
    for i in range(n):
        p = _fields_of(columns, i)
        out[i] = FORMULA(c[i], *p[:FIELDS], FLAG(c[i], *p))


# -- curves that are no instances ------------------------------------------------------------------


@rate_kernel("constant")
def rate_of_constant(
    table: Any, buffer: Any, segment: int, lane: int, c: float, scratch: Any
) -> float:
    return field(buffer, segment, 0, lane)


@run_kernel("constant")
def run_of_constant(table: Any, buffer: Any, segment: int, lane: int, c: float, step: float, n: int,
                    out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    rate = field(buffer, segment, 0, lane)
    for i in range(n):
        out[i] = rate


@lanes_kernel("constant")
def lanes_of_constant(table: Any, buffer: Any, segment: int, lane: int, stride: int, steps: Any,
                      n: int, out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    rates = column(buffer, segment, 0, lane, stride, n, scratch)
    for i in range(n):
        out[i] = rates[i]


# writes a line, a square or a cosine, and one of a wide length; each instance has its own
LEVEL_TO_LEVEL: Any = None
WIDE_LEVEL_TO_LEVEL: Any = None


def _run_from_both_ends(table: Any, buffer: Any, segment: int, lane: int, c: float, step: float,
                        n: int, out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    length, lo, hi, _, _, _ = fields_at(buffer, segment, lane)
    if abs(length) > WIDE:
        _rare_run(OPCODE, table, buffer, segment, lane, c, step, n, out, nested, scratch)
    else:
        LEVEL_TO_LEVEL(length, lo, hi, c, step, n, out)


def _wide_run_from_both_ends(table: Any, buffer: Any, segment: int, lane: int, c: float,
                             step: float, n: int, out: Any, nested: Any,
                             scratch: Any) -> None:  # fmt: skip
    """Of a wide segment. Past 2^53 steps the distances from its last level are no integers."""
    length, lo, hi, _, _, _ = fields_at(buffer, segment, lane)
    if abs(length) <= LAST_STEP:
        WIDE_LEVEL_TO_LEVEL(length, lo, hi, c, step, n, out)
        return
    for i in range(n):
        out[i] = FORMULA(step_of(c, step, i), length, lo, hi, True)


def _singles_from_both_ends(table: Any, buffer: Any, segment: int, lane: int, c: float, step: float,
                            n: int, out: Any, scratch: Any) -> None:  # fmt: skip
    """Into float32, of a segment that is not wide."""
    length, lo, hi, _, _, _ = fields_at(buffer, segment, lane)
    LEVEL_TO_LEVEL(length, lo, hi, c, step, n, out)


@inlined
def _steps_to(limit: float, x: float, by: float, n: int) -> int:
    """How many of the steps x, x+by, ... come before they cross a limit, from either side.

    A step at the limit counts as above it.
    """
    steps = (limit - x) / by
    before = math.ceil(steps) if by > 0.0 else math.floor(steps) + 1.0
    return int(min(max(before, 0.0), float(n)))


@inlined
def _parts(x: float, by: float, n: int, first: float, last: float) -> tuple[int, int]:
    """How many steps come before those that have patches, and how many have."""
    if last < first:
        return n, 0
    early = _steps_to(first if by > 0.0 else last + 1.0, x, by, n)
    from_ = x + by * early
    return early, _steps_to(last + 1.0 if by > 0.0 else first, from_, by, n - early)


@inlined
def _put_taylor(taylors: Any, j: int, at: Any) -> None:
    high, low, c1, c2, c3, c4, c5, c6, c7 = at
    own = plus(taylors, j)
    own[0], own[PATCHES], own[2 * PATCHES], own[3 * PATCHES] = high, low, c1, c2
    own[4 * PATCHES], own[5 * PATCHES], own[6 * PATCHES] = c3, c4, c5
    own[7 * PATCHES], own[8 * PATCHES] = c6, c7


@inlined
def _taylor(taylors: Any, j: int) -> Any:
    own = plus(taylors, j)
    return (
        own[0], own[PATCHES], own[2 * PATCHES], own[3 * PATCHES], own[4 * PATCHES],
        own[5 * PATCHES], own[6 * PATCHES], own[7 * PATCHES], own[8 * PATCHES],
    )  # fmt: skip


@inlined
def _run_of_taylor(at: Any, d: float, by: float, n: int, out: Any) -> None:
    for i in range(n):
        out[i] = taylor_rate(at, step_of(d, by, i))


@inlined
def _run_of_taylors(taylors: Any, middle: float, x: float, by: float, n: int, out: Any) -> int:
    """The steps of a run that are in some patches, the first of them centred at ``middle``.

    Returns how many.
    """
    ahead, half = (PATCH, 0.5 * PATCH) if by > 0.0 else (-PATCH, -0.5 * PATCH)
    done = 0
    for j in range(PATCHES):
        from_ = x + by * done
        most = _steps_to(middle + half, from_, by, n - done)
        _run_of_taylor(_taylor(taylors, j), from_ - middle, by, most, plus(out, done))
        done, middle = done + most, middle + ahead
    return done


def _run_patched(table: Any, buffer: Any, segment: int, lane: int, c: float, step: float, n: int,
                 out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    """A run of a curve of which some steps are in patches. Steps far apart go one by one."""
    if step >= PATCH:
        _rare_run(OPCODE, table, buffer, segment, lane, c, step, n, out, nested, scratch)
        return
    p = fields_at(buffer, segment, lane)
    x, by = PLACE(c, step, *p)
    early, patched = _parts(x, by, n, *RANGE(*p))
    for part in range(2):
        begin, most = (0, early) if part == 0 else (early + patched, n - early - patched)
        from_, to = x + by * begin, plus(out, begin)
        if FLAG(c + step * n, *p):
            _rare_run(OPCODE, table, buffer, segment, lane, c + step * begin, step, most, to,
                      nested, scratch)  # fmt: skip
            continue
        for i in range(most):
            to[i] = taylor_value(ABOUT(step_of(from_, by, i), False, *p))
    taylors, done, ahead = _taylors_on_stack(), early, PATCH if by > 0.0 else -PATCH
    while done < early + patched:
        from_, to = x + by * done, plus(out, done)
        middle = middle_of(from_)
        for j in range(PATCHES):
            _put_taylor(taylors, j, ABOUT(middle + ahead * j, True, *p))
        done += _run_of_taylors(taylors, middle, from_, by, early + patched - done, to)


@run_kernel("staircase")
def run_of_staircase(table: Any, buffer: Any, segment: int, lane: int, c: float, step: float,
                     n: int, out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    """Stair by stair, or step by step where stairs are short."""
    a, every, k, k_low, _, _ = fields_at(buffer, segment, lane)
    if every < SHORT * step:
        for i in range(n):
            out[i] = staircase(step_of(c, step, i), a, every, k, k_low)
        return
    i = 0
    while i < n:
        turn = whole_periods(c + step * i, every)
        most = steps_before((turn + 1.0) * every, c + step * i, step, n - i)
        rate, to = stair(turn, a, k, k_low), plus(out, i)
        for j in range(most):
            to[j] = rate
        i += most


@lanes_kernel("exponential")
def lanes_of_exponential(table: Any, buffer: Any, segment: int, lane: int, stride: int, steps: Any,
                         n: int, out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    """At less work where all lanes are in patches, or none."""
    c = local_steps(buffer, segment, lane, stride, steps, n, plus(scratch, STEPS))
    a = column(buffer, segment, 0, lane, stride, n, scratch)
    k = column(buffer, segment, 1, lane, stride, n, scratch)
    k_low = column(buffer, segment, 2, lane, stride, n, scratch)
    within, alone, plain = 0, 0, 0
    for i in range(n):
        within += 1 if is_well_within(c[i], a[i], k[i]) else 0
        alone += 0 if has_patches(a[i], k[i]) else 1
        plain += 1 if is_plain(c[i], k[i]) else 0
    if within == n:
        for i in range(n):
            out[i] = exponential_in_patch(c[i], a[i], k[i], k_low[i])
    elif alone == n and plain == n:
        for i in range(n):
            out[i] = exponential_alone(c[i], a[i], k[i], k_low[i], False)
    elif plain == n:
        for i in range(n):
            out[i] = exponential(c[i], a[i], k[i], k_low[i], False)
    else:
        of = (buffer, segment, lane, stride, steps, n, out, nested)
        call_kernel(table, RARE_LANES + _EXPONENTIAL, scratch, of)


# -- the instances ---------------------------------------------------------------------------------


def _register_level_to_level(name: str, write: Any, write_wide: Any) -> None:
    constants = {
        "LEVEL_TO_LEVEL": write,
        "WIDE_LEVEL_TO_LEVEL": write_wide,
        "FORMULA": CURVES[name].formula,
        "OPCODE": opcode(name),
    }
    run_kernel(name)(instance(_run_from_both_ends, name, **constants))
    run_kernel(name, rare=True)(instance(_wide_run_from_both_ends, name, **constants))
    singles_kernel(name)(instance(_singles_from_both_ends, name, **constants))


_BETWEEN_LEVELS = {
    "linear": (write_line, write_wide_line),
    "square": (write_square, write_wide_square),
    "cosine": (write_cosine, write_wide_cosine),
}
for _name, _writers in _BETWEEN_LEVELS.items():
    _register_level_to_level(_name, *_writers)

# runs and blocks of lanes that are no instances of these
_OWN_RUNS, _OWN_LANES = {*_BETWEEN_LEVELS, "staircase"}, {"exponential"}


def _register(name: str, curve: Curve) -> None:
    number = opcode(name)
    constants = {
        "FORMULA": curve.formula,
        "FIELDS": len(OPCODES[number].fields),
        "FLAG": curve.flag,
        "OPCODE": number,
    }
    if curve.patches is not None:
        place, range_, about = curve.patches
        constants |= {"PLACE": place, "RANGE": range_, "ABOUT": about}
    flagged = curve.flag is not None
    run = _run_patched if curve.patches else (_run_flagged if flagged else _run)
    rate_kernel(name)(instance(_rate_flagged if flagged else _rate, name, **constants))
    if name not in _OWN_RUNS:
        run_kernel(name)(instance(run, name, **constants))
    if name not in _OWN_LANES:
        lanes_kernel(name)(instance(_lanes_flagged if flagged else _lanes, name, **constants))
    if flagged and name not in _BETWEEN_LEVELS:
        run_kernel(name, rare=True)(instance(_run_rare, name, **constants))
    if flagged:
        lanes_kernel(name, rare=True)(instance(_lanes_rare, name, **constants))


for _name, _curve in CURVES.items():
    _register(_name, _curve)
