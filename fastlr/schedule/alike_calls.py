"""Forms of calls: what calls share that differ only in numbers, apart from their numbers.

A form is a nested tuple with a tag in front, so that it is hashed, compared and pickled as it is:

===============================  ==============================================
``("call", name, arguments)``    a call; ``arguments`` are pairs of key and form
``("parts", forms)``             a sequence of calls
``("number", kind)``             one number, ``"i"`` or ``"f"``
``("row", kind, length)``        a row of numbers
``("value", type, value)``       a word or a flag, which all share
``("words", dtype, shape, bytes)``  an array of words, which all share
===============================  ==============================================

The numbers of a call are listed in the order in which they occur.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fastlr.schedule.recorded_calls import Call

__all__ = [
    "Form",
    "Numbers",
    "UnusualCallError",
    "calls_of_form",
    "form_of_call",
    "form_of_data",
    "from_form",
    "ranks",
]

Form = tuple[Any, ...]
Numbers = list[Any]  # numbers, and rows of them

_DEEPEST = 16  # calls within calls; a deeper one, and one of more numbers, is unusual
_MOST_NUMBERS = 256
_LONGEST_ROW = 4_096
_NUMBER = {kind: ("number", kind) for kind in "if"}
_PLAIN = {int: ("number", "i"), float: ("number", "f")}


class UnusualCallError(ValueError):
    """A call that is built alone: nested deeply, a stack, a preset, a batch, or a wrong one."""


def form_of_call(call: Call, numbers: Numbers, depth: int = 0) -> Form:
    """Return the form of a call, and append its numbers to ``numbers``."""
    if call.name == "stack" or call.is_preset or depth > _DEEPEST or len(numbers) > _MOST_NUMBERS:
        raise UnusualCallError
    arguments = [
        (name, _form_of_argument(value, numbers, depth)) for name, value in call.arguments.items()
    ]
    return "call", call.name, tuple(arguments)


def _form_of_argument(value: object, numbers: Numbers, depth: int) -> Form:
    if isinstance(value, np.ndarray):
        kind = value.dtype.kind
        if kind not in "if":
            return "words", value.dtype.str, value.shape, value.tobytes()
        if not value.ndim:
            numbers.append(value.item())
            return _NUMBER[kind]
        if value.ndim > 1 or value.size > _LONGEST_ROW:
            raise UnusualCallError
        numbers.append(value)
        return "row", kind, value.size
    if isinstance(value, Call):
        return form_of_call(value, numbers, depth + 1)
    if isinstance(value, tuple):
        return "parts", tuple([form_of_call(part, numbers, depth + 1) for part in value])
    return "value", type(value), value


def form_of_data(data: object, numbers: Numbers, depth: int = 0) -> Form:
    """Return the form of a call in a spec, and append its numbers to ``numbers``."""
    if type(data) is not dict or len(data) != 1 or depth > _DEEPEST:
        raise UnusualCallError
    [(name, arguments)] = data.items()
    if type(name) is not str or type(arguments) is not dict or name == "stack" or "." in name:
        raise UnusualCallError
    before = len(numbers)
    forms = list[tuple[str, Form]]()
    for key, value in arguments.items():
        if type(key) is not str:
            raise UnusualCallError
        kind = type(value)
        if kind in _PLAIN:  # most are one number
            numbers.append(value)
            forms.append((key, _PLAIN[kind]))
        else:
            forms.append((key, _form_of_value(value, numbers, depth)))
    # every call adds a number, so that the limit ends the walk through data that holds itself
    if not before < len(numbers) <= _MOST_NUMBERS:
        raise UnusualCallError
    return "call", name, tuple(forms)


def _form_of_value(value: Any, numbers: Numbers, depth: int) -> Form:
    kind = type(value)
    if kind is dict:
        return form_of_data(value, numbers, depth + 1)
    if kind is str or kind is bool:
        return "value", kind, value
    if kind is not list or len(value) > _LONGEST_ROW:
        raise UnusualCallError
    kinds = set(map(type, value))
    if kinds == {dict}:
        return "parts", tuple([form_of_data(part, numbers, depth + 1) for part in value])
    if not kinds <= {int, float}:
        raise UnusualCallError
    numbers.append(value)
    return "row", "f" if float in kinds else "i", len(value)


def from_form(
    form: Form, numbers: Iterator[Any], make: Callable[[str, dict[str, Any]], Any]
) -> Any:
    """Return ``make(name, arguments)`` of a call, with its numbers from an iterator."""

    def argument(form: Form) -> Any:
        match form[0]:
            case "call":
                return from_form(form, numbers, make)
            case "parts":
                return tuple([from_form(part, numbers, make) for part in form[1]])
            case "words":
                _, dtype, shape, content = form
                return np.frombuffer(content, dtype).reshape(shape)
            case "value":
                return form[2]
        return next(numbers)

    _, name, arguments = form
    return make(name, {key: argument(own) for key, own in arguments})


def ranks(form: Form) -> list[int]:
    """Return, for each number in a form, 0 for a single one and 1 for a row."""
    match form[0]:
        case "call":
            return [rank for _, own in form[2] for rank in ranks(own)]
        case "parts":
            return [rank for own in form[1] for rank in ranks(own)]
        case "number" | "row":
            return [int(form[0] == "row")]
    return []


def calls_of_form(form: Form, columns: list[Any], count: int) -> list[Call]:
    """Return calls of one form, unchecked, from the columns of their numbers."""
    rows = [
        np.broadcast_to(column, (count, *np.shape(column)[np.ndim(column) - rank :]))
        for column, rank in zip(columns, ranks(form), strict=True)
    ]
    return [from_form(form, iter([row[i, ...] for row in rows]), Call) for i in range(count)]
