"""What commands say about a schedule: facts in full, the same rounded for people, a chart."""

import itertools
import sys
from typing import Any

import numpy as np

from fastlr.cli.find_schedule import Found
from fastlr.cli.printing import width
from fastlr.drawing.numbers import amount_text, rate_text, steps_text
from fastlr.drawing.sparkline import blocks, extent, spread
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule.schedule import Schedule

__all__ = ["about", "chart", "facts", "in_words", "lane_rows", "lanes_of"]

_MOST_COUNTED = 10**8  # steps that are evaluated one by one
_MOST_ROWS = 40  # boundaries or lanes listed
_HEIGHT = 8
_PLAIN = 80  # columns of a chart in a file or a pipe
_LABEL = 9  # columns of the labels of a chart
_BLOCKS = "▁▂▃▄▅▆▇█"


def about(named: Found) -> dict[str, Any]:
    """Where the schedule is from, and what it is."""
    words = ("title", "source", "unit", "assumption") if named.recipe else ()
    from_recipe = {word: text for word in words if (text := getattr(named.recipe, word))}
    return {
        **from_recipe,
        "schedule": repr(named.schedule),
        "length": _length(named),
        "fingerprint": named.schedule.fingerprint,
    }


def _length(named: Found) -> str:
    """The length in words, and what a preset does past its end."""
    if named.steps is None:
        return "for ever"
    length = steps_text(named.steps)
    node = named.schedule._node
    if node.steps is None and node.has_preset:
        return f"{length}; past the end it continues as its framework does"
    return length


def facts(schedule: Schedule, stop: int) -> dict[str, Any]:
    """Summarise the rates of a scalar schedule's first ``stop`` steps, every number in full."""
    if not 1 <= stop <= LAST_STEP:
        raise ValueError(f"show: steps must be from 1 to 2**53, got {stop}")
    schedule._reach("show: steps", 0, stop - 1)
    ends = {"steps": stop, "first": schedule(0), "last": schedule(stop - 1)}
    if stop > _MOST_COUNTED:
        return {**ends, "peak": None, "area": None, "boundaries": _boundaries(schedule, stop)}
    at = int(schedule.argmax(stop))
    return {
        **ends,
        "peak": {"rate": schedule(at), "step": at},
        "area": schedule.sum(stop),
        "boundaries": _boundaries(schedule, stop),
    }


def _boundaries(schedule: Schedule, stop: int) -> list[dict[str, Any]]:
    """Each boundary of the run, and the rate there."""
    last = stop + (schedule.past_end != "raise")
    inside = (boundary for boundary in schedule.boundaries if boundary < last)
    return [{"step": boundary, "rate": schedule(boundary)} for boundary in inside]


def in_words(found: dict[str, Any]) -> dict[str, str]:
    """The facts of a schedule, rounded for people."""
    left_out = f"left out: more than {_MOST_COUNTED:,} steps"
    peak = found["peak"]
    return {
        "steps": f"0 to {found['steps'] - 1:,}",
        "first": rate_text(found["first"]),
        "last": rate_text(found["last"]),
        "peak": f"{rate_text(peak['rate'])} at step {peak['step']:,}" if peak else left_out,
        "area": left_out if found["area"] is None else rate_text(found["area"]),
    }


def lanes_of(schedule: Schedule, steps: int | None) -> list[dict[str, Any]]:
    """The facts of the lanes of a batch, each over its own length by default."""
    first = itertools.islice(np.ndindex(schedule.shape), _MOST_ROWS)
    lanes = [(index, schedule[index]) for index in first]
    columns = lanes[0][1]._differing([lane for _, lane in lanes[1:]])
    found = []
    for i, (index, lane) in enumerate(lanes):
        name = {} if schedule.names is None else {"group": schedule.names[index[0]]}
        own = {key or "constructor": values[i] for key, values in columns.items()}
        entry = {"lane": list(index), **name, "parameters": own}
        found.append({**entry, **facts(lane, extent(lane) if steps is None else steps)})
    return found


def lane_rows(lanes: list[dict[str, Any]]) -> list[list[str]]:
    """The rows of a table of lanes, rounded for people; the first holds the names."""
    head = ["group" if "group" in lanes[0] else "lane", "steps", "first", "last", "peak", "area"]
    rows = [[str(lane.get("group", lane["lane"])), *in_words(lane).values()] for lane in lanes]
    return [head, *rows]


def chart(schedule: Schedule, stop: int) -> str:
    """Draw the rates with a labelled axis on the left and one below, as wide as the terminal.

    An output that has no block characters gets ``#`` in their place.
    """
    columns = (width() or _PLAIN) - _LABEL - 2
    rates = schedule(spread(stop, 64 * columns))
    top = float(rates.max())
    rows = _shown(blocks(rates, columns, _HEIGHT)).split("\n")
    labels = {0: rate_text(top, 3), _HEIGHT // 2: rate_text(top / 2, 3)}
    edge = "|" if _is_plain() else "│"
    body = [f"{labels.get(i, ''):>{_LABEL}} {edge}{row}" for i, row in enumerate(rows)]
    corner, line = ("+", "-") if _is_plain() else ("└", "─")
    floor = f"{'0':>{_LABEL}} {corner}{line * columns}"
    last = steps_text(stop, amount_text(stop))
    ticks = f"{'':{_LABEL + 2}}{'0'}{last:>{columns - 1}}"
    return "\n".join([*body, floor, ticks])


def _is_plain() -> bool:
    """Whether the output has no block characters."""
    try:
        f"{_BLOCKS}│└─".encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return True
    return False


def _shown(picture: str) -> str:
    """The picture with characters that the output has."""
    if not _is_plain():
        return picture
    plain: dict[str, str | int | None] = {
        **dict.fromkeys(_BLOCKS[:3], "."),
        **dict.fromkeys(_BLOCKS[3:], "#"),
    }
    return picture.translate(str.maketrans(plain))
