"""The kernels of ``sampled``: a table of rates, each held or joined to the next by a line.

A sample is a rate of the table. Samples are ``every`` steps apart.
"""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fastlr.kernels.jit.blocks import column, local_steps
from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.curves import fields_at
from fastlr.kernels.jit.kernel_table import STEPS, lanes_kernel, rate_kernel, run_kernel
from fastlr.kernels.jit.level_runs import write_line
from fastlr.kernels.jit.lines_and_cosines import TURN, WIDE, linear, linear_slope
from fastlr.kernels.jit.periods import whole_periods
from fastlr.kernels.jit.pointers import DOUBLES, on_stack, plus
from fastlr.kernels.jit.ranges import SHORT, step_of, steps_before
from fastlr.kernels.jit.segments import sample

__all__: list[str] = []

NEAR = 256  # steps: samples at most this far apart are evaluated several at a time
SAMPLES = 16  # this many at a time
GROUP = 8  # steps that one vector loop takes: the steps per sample are rounded up to these
_period_on_stack, _slopes_on_stack = on_stack(NEAR), on_stack(2 * SAMPLES)


@rate_kernel("sampled")
def rate_of_samples(
    table: Any, buffer: Any, segment: int, lane: int, c: float, scratch: Any
) -> float:
    at, every, last, joined, _, _ = fields_at(buffer, segment, lane)
    return sample(buffer, c, at, every, last, joined)


@run_kernel("sampled")
def run_of_samples(table: Any, buffer: Any, segment: int, lane: int, c: float, step: float, n: int,
                   out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    """Evaluate sample by sample, or several samples at a time if they are near each other.

    Steps that are far apart are evaluated one by one.
    """
    at, every, last, joined, _, _ = fields_at(buffer, segment, lane)
    if step != 1.0 and every < SHORT * step:
        for i in range(n):
            out[i] = sample(buffer, step_of(c, step, i), at, every, last, joined)
        return
    i = 0
    while i < n:
        turn = min(whole_periods(c + step * i, every), last)
        most = n - i
        if step == 1.0 and every <= NEAR and c + i == turn * every:
            near = _run_of_near_samples(plus(buffer, int(at + turn)), int(last - turn), int(every),
                                        int(joined), most, plus(out, i))  # fmt: skip
            if near > 0:
                i += near * int(every)
                continue
        if turn < last:
            most = steps_before((turn + 1.0) * every, c + step * i, step, most)
        _run_of_sample(buffer, int(at + turn), joined * (last - turn), every,
                       c + step * i - turn * every, step, most, plus(out, i))  # fmt: skip
        i += most


@inlined
def _run_of_near_samples(value: Any, samples: int, every: int, joined: int, n: int,
                         out: Any) -> int:  # fmt: skip
    """Evaluate samples that are near each other, ``SAMPLES`` at a time; return how many.

    The slopes are computed first; the slope is 0 if samples are held. Steps are written in whole
    groups, beyond the next sample, which overwrites them. The caller evaluates the last samples.
    """
    if every == 1:
        for i in range(min(samples, n)):
            out[i] = value[i]
        return min(samples, n)
    written = (every + GROUP - 1) // GROUP * GROUP
    samples = min(samples, (n - (written - every)) // every)
    late, distance = _period_on_stack(), _period_on_stack()
    for c in range(written):
        late[c] = 1.0 if c > TURN * every else 0.0
        distance[c] = float(c - every if c > TURN * every else c)
    done, slopes = 0, _slopes_on_stack()
    while done + SAMPLES <= samples:
        own = plus(value, done)
        for j in range(SAMPLES):
            first, second = own[j], own[j + joined]
            slope, slope_low = linear_slope(float(every), min(first, second), max(first, second))
            slopes[j] = -slope if first >= second else slope
            slopes[SAMPLES + j] = -slope_low if first >= second else slope_low
        for j in range(SAMPLES):
            first, second, to = own[j], own[j + joined], plus(out, (done + j) * every)
            for c in range(0, written, GROUP):
                _put_group(first, second, slopes[j], slopes[SAMPLES + j], plus(late, c),
                           plus(distance, c), plus(to, c))  # fmt: skip
        done += SAMPLES
    return done


def _group_of_line(typing: Any, first: Any, second: Any, slope: Any, slope_low: Any, late: Any,
                   distance: Any, out: Any) -> Any:  # fmt: skip
    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        kind = ir.VectorType(ir.DoubleType(), GROUP)
        of_kind = ir.FunctionType(kind, [kind] * 3)
        fma = cgutils.get_or_insert_function(builder.module, of_kind, f"llvm.fma.v{GROUP}f64")
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), GROUP), None)
        empty = ir.Constant(kind, ir.Undefined)
        first, second, slope, slope_low = (
            builder.shuffle_vector(
                builder.insert_element(empty, x, ir.Constant(ir.IntType(32), 0)), empty, lanes
            )
            for x in given[:4]
        )
        late, distance, out = (builder.bitcast(at, kind.as_pointer()) for at in given[4:])
        x = builder.load(distance, align=8)
        rise = builder.call(fma, [x, slope, builder.fmul(x, slope_low)])
        turned = builder.fcmp_ordered("!=", builder.load(late, align=8), ir.Constant(kind, None))
        builder.store(builder.fadd(builder.select(turned, second, first), rise), out, align=8)
        return context.get_dummy_value()

    number = types.float64
    return types.none(number, number, number, number, DOUBLES, DOUBLES, DOUBLES), emit


# Write a group of steps of a line between two samples: ``linear_rise`` at each distance, from the
# first level, or from the second where the step is late. LLVM would write fewer at once: it takes
# the steps of a period for one loop, most of which are too short for a vector of this width.
_put_group = cast(Callable[..., None], intrinsic(_group_of_line))


@inlined
def _run_of_sample(buffer: Any, place: int, joined: float, every: float, c: float, step: float,
                   n: int, out: Any) -> None:  # fmt: skip
    """Evaluate the steps between two samples; ``joined`` is 0 if the first one is held."""
    first = buffer[place]
    if joined == 0.0:
        for i in range(n):
            out[i] = first
        return
    second = buffer[place + 1]
    lo, hi, length = min(first, second), max(first, second), every if first >= second else -every
    if every > WIDE:
        for i in range(n):
            out[i] = linear(step_of(c, step, i), length, lo, hi, True)
    else:
        write_line(length, lo, hi, c, step, n, out)


@lanes_kernel("sampled")
def lanes_of_samples(table: Any, buffer: Any, segment: int, lane: int, stride: int, steps: Any,
                     n: int, out: Any, nested: Any, scratch: Any) -> None:  # fmt: skip
    c = local_steps(buffer, segment, lane, stride, steps, n, plus(scratch, STEPS))
    at = column(buffer, segment, 0, lane, stride, n, scratch)
    every = column(buffer, segment, 1, lane, stride, n, scratch)
    last = column(buffer, segment, 2, lane, stride, n, scratch)
    joined = column(buffer, segment, 3, lane, stride, n, scratch)
    for i in range(n):
        out[i] = sample(buffer, c[i], at[i], every[i], last[i], joined[i])
