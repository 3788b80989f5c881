"""Batch sizes that change during a run, from the places at which they change."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Period, short_repr, validate_scalar
from fastlr.errors import public
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.units import Ramp, first_steps

__all__ = ["batches", "read_stairs"]

_SUFFIXES = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


@with_types
@public
def batches(plan: str, seq_length: int = 1) -> Ramp:
    """Read a plan of batch sizes: from which amount of data on which batch size is used.

    The batch size after a ``PLACE:SIZE`` pair begins at the first step before which at least
    ``PLACE // seq_length`` samples have been taken.

    Parameters
    ----------
    plan : str
        ``PLACE:SIZE`` pairs, separated by spaces or commas, such as ``"0:768 250B:1536"``. One
        place is 0. Places are tokens, or samples if ``seq_length`` is 1. Sizes are samples per
        step, from 1. Numbers may end in K, M, B or T: thousands, millions, billions, trillions.
    seq_length : int, default 1
        Tokens per sample, from 1.

    Returns
    -------
    Ramp
        The batch sizes and the steps at which they begin. ``Ramp.per_step`` converts a schedule of
        samples to steps, and ``Schedule.follow`` makes a rate follow the batch.

    Raises
    ------
    TypeError
        If ``plan`` is not a string, or ``seq_length`` is not an integer.
    ValueError
        If the plan does not begin at 0, a place occurs twice, or a number is not one, is not whole
        or is out of range.

    Notes
    -----
    The last size is kept for ever. A size is skipped if one step of the size before it takes all
    of its samples. Of two places in the same sample the later one counts. It is Megatron-LM's
    ``--step-batch-size-schedule`` with ``--seq-length``.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.batches("0:768 250B:1536", seq_length=8_192)
    Ramp(batches=(768, 1536), at=(39737,))
    >>> flr.batches("0:10, 100:20, 1K:40")
    Ramp(batches=(10, 20, 40), at=(10, 55))
    """
    if not isinstance(plan, str):
        raise TypeError(
            f"batches: plan must be a string, got {type(plan).__name__} {short_repr(plan)}"
        )
    length = validate_scalar(Period, "batches: seq_length", seq_length)
    try:
        stairs = read_stairs(plan, length)
    except ValueError as error:
        raise ValueError(
            f"batches: plan must be PLACE:SIZE pairs from place 0 on, such as '0:768 250B:1536', "
            f"got {short_repr(plan)}: {error}"
        ) from None
    firsts, sizes = zip(*stairs, strict=True)
    kept, begins = first_steps(firsts, sizes)
    return Ramp(tuple(sizes[i] for i in kept), tuple(begins[1:]))


def read_stairs(plan: str, seq_length: int) -> list[tuple[int, int]]:
    """Return the first sample and the size of each batch size of a plan, in order.

    Raises ``ValueError`` with what is wrong.
    """
    pairs = sorted(_pair(part) for part in plan.replace(",", " ").split())
    if not pairs or pairs[0][0] != 0:
        raise ValueError("no size begins at 0")
    for (place, _), (following, _) in pairwise(pairs):
        if place == following:
            raise ValueError(f"place {place} has two sizes")
    return [(place // seq_length, size) for place, size in pairs]


def _pair(text: str) -> tuple[int, int]:
    place, colon, size = text.partition(":")
    if not colon:
        raise ValueError(f"{short_repr(text)} has no colon")
    found = _count(place), _count(size)
    if found[1] < 1:
        raise ValueError(f"the size of {short_repr(text)} is below 1")
    return found


def _count(text: str) -> int:
    """Return a number with a suffix, such as "250B"."""
    factor = _SUFFIXES.get(text[-1:].upper(), 1)
    digits = text[:-1] if factor > 1 else text
    # no exponents: Fraction("1e999999999") would fill the memory
    if not re.fullmatch(r"[0-9][0-9_]{0,30}(\.[0-9]{1,30})?", digits):
        raise ValueError(f"{short_repr(text)} is not a number")
    count = Fraction(digits.replace("_", "")) * factor
    if count.denominator != 1 or not 0 <= count <= LAST_STEP:
        raise ValueError(f"{short_repr(text)} is not a whole number from 0 to 2**53")
    return int(count)
