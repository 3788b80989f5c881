"""The lanes of a batch as curves: which of them are drawn, and what each is called."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastlr.drawing.drawable import Drawable
from fastlr.drawing.numbers import argument_text
from fastlr.drawing.sparkline import spread

__all__ = ["Columns", "labels_of", "lanes_of", "spread_places", "unnamed_labels"]

Columns = dict[str, list[Any]]  # what tells lanes apart: per parameter, its value in each lane

_LONGEST = 60  # characters of a label


def spread_places(size: int, most: int) -> list[int]:
    """Choose at most ``most`` of ``size`` places, the first and the last among them.

    They are not evenly spaced, so that all values of the last axis of a sweep are among them.

    >>> spread_places(3, 5), spread_places(1_000, 5)
    ([0, 1, 2], [0, 323, 447, 770, 999])
    """
    return [int(place) for place in spread(size, most)]


def lanes_of(schedule: Drawable, most: int) -> tuple[list[Drawable], Columns]:
    """Return at most ``most`` lanes of a batch, spread over it, and what tells them apart.

    The lanes of a stack with names are labelled by these, others by the arguments that differ;
    lanes that are all equal, by their index.

    >>> import fastlr as flr
    >>> lanes_of(flr.constant([0.1, 0.2, 0.3]), most=2)
    ([constant(value=0.1), constant(value=0.3)], {'value': [0.1, 0.3]})
    """
    size = int(np.prod(schedule.shape))
    places = spread_places(size, most)
    indices = [tuple(map(int, np.unravel_index(place, schedule.shape))) for place in places]
    lanes = [schedule[index] for index in indices]
    named: Columns = {}
    if schedule.names is not None:
        named[""] = [schedule.names[index[0]] for index in indices]
    # names tell the lanes of a stack apart, but not those of a stack of batches
    if not named or len(schedule.shape) > 1:
        named |= {
            name: values
            for name, values in lanes[0]._differing(lanes[1:]).items()
            if name not in named
        }
    return lanes, named or {"lane": [list(index) for index in indices]}


def labels_of(columns: Columns) -> list[str]:
    """Return a label per lane: its name, or what tells it apart.

    >>> labels_of({"": ["head", "body"]}), labels_of({"peak": [1e-3, 3e-4], "steps": [100, 2_000]})
    (['head', 'body'], ['peak=1e-3, steps=100', 'peak=3e-4, steps=2k'])
    """
    rows = zip(*columns.values(), strict=True)
    labels = [  # a lane without a value has the argument at its default
        _cut(
            ", ".join(
                _part(*pair) for pair in zip(columns, row, strict=True) if pair[1] is not None
            )
        )
        for row in rows
    ]
    if len(set(labels)) == len(labels):
        return labels
    return [f"{label} [{i}]".strip() for i, label in enumerate(labels)]


def unnamed_labels(schedules: Sequence[Drawable]) -> list[str]:
    """Return a label per schedule that was given without one: what tells it from the others."""
    if len(schedules) == 1:
        return [_cut(repr(schedules[0]))]
    columns = schedules[0]._differing(schedules[1:])
    if "" not in columns:
        return labels_of(columns) if columns else [_cut(repr(each)) for each in schedules]
    names = columns[""]
    if len(set(names)) == len(names):
        return [str(name) for name in names]
    labels = [_cut(repr(each)) for each in schedules]
    for name in set(names):
        alike = [i for i, other in enumerate(names) if other == name]
        same = [schedules[i] for i in alike]
        own = unnamed_labels(same) if len(same) > 1 else [""]
        for i, label in zip(alike, own, strict=True):
            labels[i] = f"{name} {label}".strip() if not label.startswith(str(name)) else label
    return labels


def _part(name: str, value: object) -> str:
    """Return one part of a label: a name, or an argument with its value."""
    return f"{name}={argument_text(value)}" if name not in ("", "lane") else str(value)


def _cut(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"
