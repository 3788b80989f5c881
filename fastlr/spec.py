"""Schedules from data: a JSON spec, or an expression in a string. Neither runs code.

A spec is plain JSON: ``{"fastlr": 1, "schedule": {name: {parameter: value}}}``, a schedule among the values being another
``{name: {...}}``. An expression is Python's own notation, read by ``ast`` and built node by node: calls of constructors and
methods, ``*`` and ``+``, numbers, words, and lists of them; everything else is refused.
"""

import ast
import inspect
from collections.abc import Mapping

from fastlr import constructors
from fastlr.calls import MOST_NESTED, VERSION
from fastlr.parameters import nearest, shown
from fastlr.schedule import Schedule
from fastlr.value import CONSTRUCTORS

__all__ = ["contents", "from_spec", "parse"]

_MOST_CHARACTERS = 1_000_000


def from_spec(spec: Mapping[str, object]) -> Schedule:
    """The schedule that ``to_spec`` described.

    Raises ``ValueError`` or ``TypeError``, naming what is wrong, for data of another form, for a spec of a newer version, for
    names that are unknown, and for every value that the constructor itself would refuse.

    >>> from_spec({"fastlr": 1, "schedule": {"constant": {"value": 0.1}}})
    constant(value=0.1)
    """
    return _built(contents(spec, "schedule"), 0)


def contents(spec: object, key: str) -> object:
    """What a spec of this version has under ``key``, the one other key that it may have."""
    if not isinstance(spec, Mapping):
        raise TypeError(f"from_spec: spec must be a mapping, got {type(spec).__name__} {shown(spec)}")
    if set(spec) != {"fastlr", key}:
        raise ValueError(f"from_spec: spec must have the keys 'fastlr' and {key!r}, got {sorted(map(str, spec))}")
    version = spec["fastlr"]
    if type(version) is not int or version < 1:
        raise ValueError(f"from_spec: 'fastlr' must be the version of the format, an integer from 1, got {version!r}")
    if version > VERSION:
        raise ValueError(f"from_spec: 'fastlr' must be at most {VERSION}, got version {version}: it needs a newer fastlr")
    return spec[key]


def _is_call(value: object) -> bool:
    return isinstance(value, Mapping)


def _built(value: object, depth: int) -> Schedule:
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ValueError(f"from_spec: a schedule must be {{name: {{parameter: value}}}}, got {shown(value)}")
    if depth > MOST_NESTED:
        raise ValueError(f"from_spec: schedules must be nested at most {MOST_NESTED} deep")
    [(name, arguments)] = value.items()
    if not isinstance(arguments, Mapping) or not all(isinstance(key, str) for key in arguments):
        raise ValueError(f"from_spec: the arguments of {name!r} must be {{parameter: value}}, got {shown(arguments)}")
    given = {key: _argument(argument, depth + 1) for key, argument in arguments.items()}
    built: Schedule = CONSTRUCTORS[_known(name, "from_spec", CONSTRUCTORS)](**given)
    return built


def _argument(value: object, depth: int) -> object:
    if _is_call(value):
        return _built(value, depth)
    if isinstance(value, list) and any(issubclass(kind, Mapping) for kind in set(map(type, value))):
        return [_built(item, depth) if _is_call(item) else item for item in value]
    return value


def _known(name: object, where: str, names: Mapping[str, object]) -> str:
    if isinstance(name, str) and name in names:
        return name
    raise ValueError(f"{where}: {shown(name)} is not a constructor or method of a schedule{nearest(name, names)}")


def parse(text: str) -> Schedule:
    """The schedule that an expression describes, ``repr`` of a schedule among others. The text is never evaluated.

    Raises ``ValueError`` for a text that is no such expression, naming the first part that is refused, and whatever error the
    constructors raise for their arguments.

    >>> parse("linear(0, 6e-4, 2000).then(cosine(6e-4, 6e-5, 598000))")(1_000)
    0.0003
    >>> parse("__import__('os').system('true')")
    Traceback (most recent call last):
        ...
    ValueError: parse: '__import__' is not a constructor or method of a schedule
    """
    if not isinstance(text, str):
        raise TypeError(f"parse: text must be a string, got {type(text).__name__} {shown(text)}")
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"parse: text must be at most {_MOST_CHARACTERS:,} characters long, got {len(text):,}")
    try:
        body = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise ValueError(f"parse: text must be one expression, got {shown(text)} ({reason})") from None
    try:
        value = _value(body)
    except RecursionError:
        raise ValueError(f"parse: schedules must be nested at most {MOST_NESTED} deep, got {shown(text)}") from None
    if not isinstance(value, Schedule):
        raise ValueError(f"parse: text must describe a schedule, got {shown(text)}")
    return value


_FUNCTIONS = {name: CONSTRUCTORS[name] for name in constructors.__all__}
_METHODS = {name: function for name, function in CONSTRUCTORS.items() if "self" in inspect.signature(function).parameters}


def _value(node: ast.expr) -> object:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None as value):
            return value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_value(item) for item in items]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=ast.Constant(value=int() | float() as value)):
            return -value if isinstance(sign, ast.USub) else value
        case ast.Call():
            return _called(node)
        case ast.BinOp(left=left, op=ast.Mult() | ast.Add() as operator, right=right):
            return _combined(_value(left), operator, _value(right), node)
    raise _refused(node)


def _called(node: ast.Call) -> Schedule:
    function, values = node.func, [_value(arg) for arg in node.args]
    named = {keyword.arg: _value(keyword.value) for keyword in node.keywords if keyword.arg is not None}
    if len(named) < len(node.keywords):  # ** or a name given twice
        raise _refused(node)
    built: Schedule
    if isinstance(function, ast.Name):
        built = _FUNCTIONS[_known(function.id, "parse", _FUNCTIONS)](*values, **named)
    elif isinstance(function, ast.Attribute) and isinstance(receiver := _value(function.value), Schedule):
        built = _METHODS[_known(function.attr, "parse", _METHODS)](receiver, *values, **named)
    else:
        raise _refused(function)
    return built


def _combined(left: object, operator: ast.operator, right: object, node: ast.expr) -> Schedule:
    """A schedule times or plus another or numbers; numbers alone are not computed."""
    a, b = (left, right) if isinstance(left, Schedule) else (right, left)
    if not isinstance(a, Schedule):
        raise _refused(node)
    return a * b if isinstance(operator, ast.Mult) else a + b  # type: ignore[operator]


def _refused(node: ast.AST) -> ValueError:
    return ValueError(f"parse: only schedules, numbers, words and lists may stand here, got {shown(ast.unparse(node))}")
