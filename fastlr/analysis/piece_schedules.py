"""Build the schedule of the pieces of a log: their boundaries, and round numbers for their curves.

A boundary is the step at which neighbouring pieces meet. A stretch that no family explains is kept
as a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from fastlr.analysis.curve_fits import CurveFit, Log, Rounding, short
from fastlr.analysis.log_pieces import Piece
from fastlr.schedule.constructor_names import (
    join,
    linear,
    milestones,
    piecewise_constant,
    sampled,
    step_decay,
)
from fastlr.schedule.schedule import Schedule

__all__ = ["build"]

_MOST_BETWEEN = 65_536  # steps searched for the one at which two pieces meet


def build(
    log: Log, pieces: Sequence[Piece], rounding: Rounding, period: int | None
) -> tuple[Schedule, tuple[tuple[int, int], ...]]:
    """Return the schedule of these pieces, and the stretches of steps that no curve explains."""
    begin = _begin(log, pieces[0]) if period is None else 0
    starts = [begin, *(_boundary(log, before, after) for before, after in pairwise(pieces))]
    stops = [*starts[1:], int(log.steps[-1]) if period is None else period]
    pieces = [_bounded(*each) for each in zip(pieces, starts, stops, strict=True)]
    parts, begins, kept = list[Schedule](), list[int](), list[tuple[int, int]]()
    for run in _runs(pieces):
        start, stop = starts[run[0]], stops[run[-1]]
        if len(run) > 1:
            part = _stairs(
                log, [pieces[i] for i in run], [starts[i] - start for i in run[1:]], rounding
            )
        else:
            part = _part(
                log,
                pieces[run[0]],
                start,
                stop,
                rounding,
                last=run[-1] == len(pieces) - 1 and period is None,
            )
        kept += [(log.start + start, log.start + stop)] if pieces[run[0]].fit is None else []
        parts.append(part)
        begins.append(start)
    return _placed(log.start, _chain(parts, begins), begin, period), tuple(kept)


def _bounded(piece: Piece, start: int, stop: int) -> Piece:
    """The piece, without its fit if that has a pole between the samples and a boundary."""
    fit = piece.fit
    if fit is None or fit.begin is not None or fit.end is not None:
        return piece
    return (
        piece if np.isfinite(fit.curve(np.array([start, stop]))).all() else piece._replace(fit=None)
    )


def _begin(log: Log, first: Piece) -> int:
    """The step to which the first curve is continued back, counted from the first sample."""
    fit = first.fit
    if fit is None or not log.start:
        return 0
    # a constant, or a warmup that is 0 at step 0
    if fit.flat or abs(float(fit.curve(-log.start))) <= log.within / 2:
        return -log.start
    return 0 if fit.begin is None else min(max(round(fit.begin), -log.start), 0)


def _placed(start: int, schedule: Schedule, begin: int, period: int | None) -> Schedule:
    """The schedule at the steps of the run: repeated, or after a wait."""
    if period is None:
        return schedule.delay(start + begin) if start + begin else schedule
    cycles = _closed(schedule, period).repeat()
    return cycles.skip(-start % period) if start % period else cycles


def _boundary(log: Log, before: Piece, after: Piece) -> int:
    """The step at which one piece takes over from another: where the next begins, or the two
    meet, or the round step between.
    """
    last, first = int(log.steps[after.start - 1]), int(log.steps[after.start])
    if before.fit is None or after.fit is None:
        return first
    begin = after.fit.begin
    if (
        begin is not None
        and log.steps[before.start] < begin <= first
        and _meet(log, before.fit, after.fit, round(begin))
    ):
        return round(begin)
    begin = int(log.steps[max(before.start, after.start - 8)]) + 1
    steps = np.arange(begin, first + 1, max(1, (first - begin) // _MOST_BETWEEN))
    apart = np.abs(before.fit.curve(steps) - after.fit.curve(steps))
    nearest = int(steps[np.nanargmin(apart)]) if not np.isnan(apart).all() else first
    if _meet(log, before.fit, after.fit, nearest):
        return nearest
    return _roundest(log.start + last + 1, log.start + first) - log.start


def _meet(log: Log, before: CurveFit, after: CurveFit, step: int) -> bool:
    # the true boundary may lie between two steps
    slope = abs(float(after.curve(step + 1) - after.curve(step)))
    return bool(abs(float(before.curve(step) - after.curve(step))) <= 4 * log.within + slope)


def _roundest(low: int, high: int) -> int:
    """The number from ``low`` to ``high`` with the most zeros at its end."""
    rounded = (high // 10**power * 10**power for power in range(len(str(high)), -1, -1))
    return int(next(number for number in rounded if number >= low))


def _runs(pieces: Sequence[Piece]) -> Iterator[list[int]]:
    """Pieces one by one, but constants that follow one another together."""
    run: list[int] = []
    for i, piece in enumerate(pieces):
        flat = piece.fit is not None and piece.fit.flat
        if run and not flat:
            yield run
            run = []
        if flat:
            run.append(i)
        else:
            yield [i]
    if run:
        yield run


def _part(
    log: Log, piece: Piece, start: int, stop: int, rounding: Rounding, last: bool
) -> Schedule:
    """Return the schedule of one piece, whose step 0 is ``start``.

    The last piece continues to the end of its curve.
    """
    fit = piece.fit
    if fit is None:
        return _tabled(log.part(piece.start, piece.stop))
    begin = start if fit.begin is None else min(round(fit.begin), start)
    until = (
        round(fit.end) if fit.end is not None else _end(log, fit, stop, rounding) if last else stop
    )
    part = fit.built(rounding, begin, until)
    return part.skip(start - begin) if start > begin else part


def _tabled(log: Log) -> Schedule:
    """The rates as they are, each held up to the next logged step."""
    if np.all(np.diff(log.steps) == log.stride):
        return sampled(log.rates, every=log.stride)
    return piecewise_constant(log.rates, (log.steps[1:] - log.steps[0]).astype(np.int64))


def _end(log: Log, fit: CurveFit, stop: int, rounding: Rounding) -> int:
    """Where the last line ends: at the last sample, or at the next, which a log of steps 0 to n
    - 1 leaves out.
    """
    following = stop + log.stride
    if not fit.reaches:
        return following
    beyond = float(fit.curve(following))
    shorter = len(repr(rounding.rate(beyond))) < len(repr(rounding.rate(fit.curve(stop))))
    return (
        following
        if beyond >= -2 * log.within and (shorter or abs(beyond) <= 2 * log.within)
        else stop
    )


def _stairs(log: Log, pieces: Sequence[Piece], at: Sequence[int], rounding: Rounding) -> Schedule:
    """Levels that follow one another: in equal steps by an equal factor, or by an equal factor,
    or as they are.
    """
    levels = [float(log.rates[piece.start : piece.stop].mean()) for piece in pieces]
    factor = levels[1] / levels[0] if levels[0] else 0.0
    powers = levels[0] * factor ** np.arange(len(levels))
    if len(levels) > 2 and 0 < factor < 1 and np.abs(powers - levels).max() <= log.within:
        first, ratio = (
            rounding.rate(levels[0]),
            short(factor, rounding.within / levels[0] / len(levels)),
        )
        gaps = np.diff([0, *at])
        return (
            step_decay(first, ratio, int(gaps[0]))
            if np.ptp(gaps) == 0
            else milestones(first, ratio, list(at))
        )
    return piecewise_constant([rounding.rate(value) for value in levels], list(at))


def _chain(parts: Sequence[Schedule], begins: Sequence[int]) -> Schedule:
    """Parts that each begin where the one before ends, or is cut off."""
    lengths = [after - before for before, after in pairwise(begins)]
    if any(part.steps != length for part, length in zip(parts, lengths, strict=False)):
        return join(list(parts), [begin - begins[0] for begin in begins[1:]])
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.then(part)
    return whole


def _closed(schedule: Schedule, period: int) -> Schedule:
    """The schedule with its end at ``period``."""
    if schedule.steps == period:
        return schedule
    last = schedule(period - 1)
    return join([schedule, linear(last, last, 0)], [period])
