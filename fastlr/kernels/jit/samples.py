"""The kernels of ``sampled``: a table of rates, each held or joined to the next by a line.

A sample is a rate of the table. Samples are ``every`` steps apart.
"""

from typing import Any

from fastlr.kernels.jit.blocks import column, local_steps
from fastlr.kernels.jit.compiling import inlined
from fastlr.kernels.jit.curves import fields_at
from fastlr.kernels.jit.kernel_table import STEPS, lanes_kernel, rate_kernel, run_kernel
from fastlr.kernels.jit.level_runs import write_line
from fastlr.kernels.jit.lines_and_cosines import TURN, WIDE, linear, linear_rise, linear_slope
from fastlr.kernels.jit.periods import whole_periods
from fastlr.kernels.jit.pointers import on_stack, plus
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
            _line_of_samples(own[j], own[j + joined], slopes[j], slopes[SAMPLES + j], late,
                             distance, written, plus(out, (done + j) * every))  # fmt: skip
        done += SAMPLES
    return done


@inlined
def _line_of_samples(first: float, second: float, slope: float, slope_low: float, late: Any,
                     distance: Any, n: int, out: Any) -> None:  # fmt: skip
    """Write the rates of n steps from a sample on, which may reach beyond the next sample.

    A step nearer to the next sample is computed from there: its distance is negative.
    """
    for i in range(n):
        rise = linear_rise(distance[i], slope, slope_low)
        out[i] = (second if late[i] != 0.0 else first) + rise


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
