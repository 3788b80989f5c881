"""Build a schedule from an expression in a string, without evaluating the string.

An expression is written in Python's notation. ``ast`` reads it, and the schedule is built node by
node from what is allowed: calls of constructors and methods, ``*`` and ``+``, numbers, strings,
lists of these, dictionaries with strings as keys, and parameters by name. Anything else raises an
error.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import as_array, short_repr, widened
from fastlr.errors import did_you_mean, public
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule import constructor_names
from fastlr.schedule.rebuilding import CONSTRUCTORS, constructor_named, preset_named
from fastlr.schedule.recorded_calls import MOST_NESTED
from fastlr.schedule.schedule import Schedule

__all__ = ["names_in", "parse"]

_MOST_CHARACTERS = 1_000_000
_MOST_BITS = 1_000  # of a power of two numbers
_NUMBER = r"\s*[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9]+)?\s*"
_LEVELS = rf"(?:{_NUMBER}:{_NUMBER},)+{_NUMBER}"


@public
def parse(text: str, /, **parameters: object) -> Schedule:
    """Build the schedule that an expression describes, such as the ``repr`` of a schedule.

    The text is never evaluated. It may contain calls of constructors, methods and presets
    (``torch.StepLR(0.1, 30)``), ``*``, ``+`` and ``-`` of schedules, ``/`` by a number, numbers,
    ``10**3`` and ``1/3``, strings, lists of these, dictionaries with strings as keys
    (``stack({"body": ..., "head": ...})``), and names of parameters.
    ``"5e-3:100, 1e-3:1000, 1e-5"`` has each rate up to the step behind it, and then the last.

    Parameters
    ----------
    text : str
        The expression, of at most 1,000,000 characters.
    **parameters : float, str or array
        Values by name. Where a name stands in the text, its value is used. Numbers that names stand
        for allow arithmetic: ``+``, ``-``, ``*``, ``/``, ``//``, ``**`` and ``round(x)``, which
        gives integers. Arrays broadcast, as in a constructor.

    Returns
    -------
    Schedule
        The schedule. ``parse(repr(s)) == s``, unless ``repr`` abbreviates a long array.

    Raises
    ------
    TypeError
        If ``text`` is not a string, or an argument in it has the wrong type for its constructor.
    ValueError
        If ``text`` is not such an expression, or a constructor rejects an argument. The message
        shows the first part that is not allowed.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.parse("linear(0, 6e-4, 2000).then(cosine(6e-4, 6e-5, 598000))")(1_000)
    0.0003
    >>> flr.parse("torch.OneCycleLR(0.1, total_steps=100)").steps
    100
    >>> flr.parse("5e-3:100, 1e-3:1000, 1e-5")([99, 100, 1_000])
    array([5.e-03, 1.e-03, 1.e-05])
    >>> text = "wsd(peak, 100, 900 - cooldown, cooldown)"
    >>> flr.parse(text, peak=3e-4, cooldown=[100, 200])(850)
    array([0.0003  , 0.000225])
    >>> flr.parse("__import__('os').system('true')")
    Traceback (most recent call last):
        ...
    ValueError: parse: '__import__' is not a constructor or method of a schedule
    """
    try:
        value = _Reader(parameters).value(_body(text))
    except RecursionError:
        raise ValueError(
            f"parse: schedules must be nested at most {MOST_NESTED} deep, got {short_repr(text)}"
        ) from None
    if not isinstance(value, Schedule):
        raise ValueError(f"parse: text must describe a schedule, got {short_repr(text)}")
    return value


def names_in(text: str) -> set[str]:
    """List the names in an expression that stand for parameters.

    >>> sorted(names_in("wsd(peak, 100, 900 - cooldown, cooldown)"))
    ['cooldown', 'peak']
    """
    nodes = list(ast.walk(_body(text)))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    return {node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in called}


def _body(text: object) -> ast.expr:
    """Parse a text as one Python expression, without evaluating it."""
    if not isinstance(text, str):
        raise TypeError(
            f"parse: text must be a string, got {type(text).__name__} {short_repr(text)}"
        )
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(
            f"parse: text must be at most {_MOST_CHARACTERS:,} characters long, got {len(text):,}"
        )
    try:
        return ast.parse(_levels(text).strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise ValueError(
            f"parse: text must be one expression, got {short_repr(text)} ({reason})"
        ) from None


_FUNCTIONS = {name: CONSTRUCTORS[name] for name in constructor_names.__all__}
_METHODS = {name: function for name, function in CONSTRUCTORS.items() if hasattr(Schedule, name)}


def _power(base: Any, exponent: Any) -> Any:
    """A power; NumPy has none of integers with exponents below 0."""
    below = np.any(np.asarray(exponent) < 0)
    return operator.pow(np.asarray(base, dtype=np.float64) if below else base, exponent)


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: _power,
}


class _Reader:
    """Builds a schedule from the nodes of an expression. Names stand for parameters."""

    def __init__(self, parameters: Mapping[str, object]) -> None:
        self.parameters = parameters

    def value(self, node: ast.expr) -> object:
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None as value):
                return value
            case ast.Name(id=name) if name in self.parameters:
                return _parameter_value(name, self.parameters[name])
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return _list_of([self.value(item) for item in items])
            case ast.Dict(keys=keys, values=items):
                names = [key.value for key in keys if isinstance(key, ast.Constant)]
                own = {name for name in names if isinstance(name, str)}
                if len(own) < len(keys):  # another key, ``**``, or a name given twice
                    raise _not_allowed(node)
                return {str(k): self.value(item) for k, item in zip(names, items, strict=True)}
            case ast.UnaryOp(
                op=ast.USub() | ast.UAdd() as sign,
                operand=ast.Constant(value=int() | float() as value),
            ):
                return -value if isinstance(sign, ast.USub) else value
            case ast.Call(func=ast.Name(id="round"), args=[item], keywords=[]):
                return _compute(node, lambda x, _: np.rint(x), self.value(item), 0).astype(np.int64)
            case ast.Call():
                return self.call(node)
            case ast.BinOp():
                return self.binary(node)
            case ast.Name(id=name):
                raise ValueError(f"{_not_allowed(node)}{did_you_mean(name, self.parameters)}")
        raise _not_allowed(node)

    def call(self, node: ast.Call) -> Schedule:
        function, values = node.func, [self.value(arg) for arg in node.args]
        named = {
            keyword.arg: self.value(keyword.value)
            for keyword in node.keywords
            if keyword.arg is not None
        }
        if len(named) < len(node.keywords):  # ``**``, which has no name, or a name given twice
            raise _not_allowed(node)
        built: Schedule
        preset = _preset_name(function, self.parameters)
        if preset:
            built = preset_named("parse", preset)(*values, **named)
            if not isinstance(built, Schedule):  # a plateau rule
                raise _not_allowed(node)
        elif constructor := _constructor_name(function, self.parameters):
            built = constructor_named("parse", constructor, _FUNCTIONS)(*values, **named)
        elif isinstance(function, ast.Attribute) and isinstance(
            receiver := self.value(function.value), Schedule
        ):
            method = constructor_named("parse", function.attr, _METHODS)
            built = method(receiver, *values, **named)
        else:
            raise _not_allowed(function)
        return built

    def binary(self, node: ast.BinOp) -> object:
        """A product or sum of schedules, or arithmetic on numbers that include a parameter."""
        if (operation := _ARITHMETIC.get(type(node.op))) is None:
            raise _not_allowed(node)
        left, right = self.value(node.left), self.value(node.right)
        a, b = (left, right) if isinstance(left, Schedule) else (right, left)
        if isinstance(a, Schedule) and isinstance(node.op, ast.Mult | ast.Add):
            return a * b if isinstance(node.op, ast.Mult) else a + b  # type: ignore[operator]
        if isinstance(a, Schedule) and isinstance(node.op, ast.Sub):
            return left - right  # type: ignore[operator]
        if isinstance(left, Schedule) and isinstance(node.op, ast.Div):
            return left / right  # type: ignore[operator]
        if isinstance(a, Schedule):
            raise _not_allowed(node)
        if type(left) in (int, float) and type(right) in (int, float):
            return _plain_number(node, left, right)
        return _compute(node, operation, left, right)


def _preset_name(function: ast.expr, parameters: Mapping[str, object]) -> str:
    """Return ``framework.Name`` if that is what is called; ``presets.`` may stand before it."""
    name = ast.unparse(function) if isinstance(function, ast.Attribute) else ""
    for prefix in ("flr.", "fastlr.", "presets."):
        name = name.removeprefix(prefix)
    framework, _, own = name.partition(".")
    is_preset = framework.isidentifier() and own.isidentifier() and framework not in parameters
    return name if is_preset else ""


def _constructor_name(function: ast.expr, parameters: Mapping[str, object]) -> str:
    """Return the name of the constructor that is called; ``flr.`` may stand before it."""
    match function:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="flr" | "fastlr" as module), attr=name):
            return "" if module in parameters else name
    return ""


def _plain_number(node: ast.BinOp, left: Any, right: Any) -> int | float:
    """The result of ``10**3`` or ``1/3``; other arithmetic needs a parameter.

    A power may be huge, so its size is known before it is computed.
    """
    power = isinstance(node.op, ast.Pow) and left >= 0 and (left > 0 or right >= 0)
    if isinstance(node.op, ast.Pow):
        if not power or right * math.log2(max(left, 1)) > _MOST_BITS:
            raise _not_allowed(node)
    elif not isinstance(node.op, ast.Div) or right == 0:
        raise _not_allowed(node)
    found: int | float = left**right if power else left / right
    return found


def _levels(text: str) -> str:
    """The expression that ``"5e-3:100, 1e-3:1000, 1e-5"`` stands for; other text as it is.

    Each rate but the last is followed by the step up to which it holds.
    """
    found = re.fullmatch(_LEVELS, text)
    if found is None:
        return text
    *steps, last = (part.strip() for part in text.split(","))
    pairs = [part.split(":") for part in steps]
    values, boundaries = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return f"piecewise_constant([{', '.join([*values, last])}], [{', '.join(boundaries)}])"


def _parameter_value(name: str, value: object) -> object:
    """A parameter's value. Numbers become arrays, which tells them from numbers in the text."""
    array = as_array(f"parse: {name} must be a number, a string or an array of either", value)
    return widened(array) if array.dtype.kind in "iuf" else value


def _list_of(items: list[object]) -> object:
    """A list of items. Items that are arrays broadcast and are stacked along the last axis."""
    if not any(isinstance(item, np.ndarray) for item in items):
        return items
    try:
        return np.stack(np.broadcast_arrays(*map(np.asarray, items)), axis=-1)
    except (ValueError, TypeError):
        raise ValueError(
            f"parse: the items of a list must broadcast against each other, got {short_repr(items)}"
        ) from None


def _compute(
    node: ast.expr, operation: Callable[[Any, Any], Any], a: object, b: object
) -> npt.NDArray[Any]:
    """The result of an operation on numbers, one of them a parameter. Integers stay exact."""
    numbers = all(
        isinstance(x, int | float | np.ndarray) and not isinstance(x, bool) for x in (a, b)
    )
    if not numbers or not any(isinstance(x, np.ndarray) for x in (a, b)):
        raise _not_allowed(node)
    with np.errstate(all="ignore"):
        size = np.abs(operation(np.asarray(a, dtype=np.float64), b))
        if not np.all(size <= LAST_STEP):
            raise ValueError(
                "parse: computed numbers must be finite and at most 2**53, got more from "
                f"{short_repr(ast.unparse(node))}"
            )
        return np.asarray(operation(a, b))


def _not_allowed(node: ast.AST) -> ValueError:
    return ValueError(
        "parse: text must consist of schedules, numbers, strings, lists and named groups, got "
        f"{short_repr(ast.unparse(node))}"
    )
