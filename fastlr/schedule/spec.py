"""Schedules from data: a JSON spec, or an expression in a string. Neither runs code.

A spec is plain JSON: ``{"fastlr": 1, "schedule": {name: {parameter: value}}}``, a schedule among
the values being another ``{name: {...}}``. An expression is Python's own notation, read by ``ast``
and built node by node: calls of constructors and methods, ``*`` and ``+``, numbers, words, and
lists of them, and parameters by their names; everything else is refused.
"""

import ast
import inspect
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import as_array, short_repr
from fastlr.errors import did_you_mean, public
from fastlr.program.opcodes import LAST_STEP
from fastlr.schedule import constructors
from fastlr.schedule.calls import MOST_NESTED, VERSION, each_once
from fastlr.schedule.construction import CONSTRUCTORS
from fastlr.schedule.schedule import Schedule

__all__ = ["contents", "from_spec", "names_in", "parse"]

_MOST_CHARACTERS = 1_000_000


@public
def from_spec(spec: Mapping[str, object]) -> Schedule:
    """The schedule that ``to_spec`` described.

    Raises ``ValueError`` or ``TypeError``, naming what is wrong, for data of another form, for a
    spec of a newer version, for names that are unknown, and for every value that the constructor
    itself would refuse.

    >>> from_spec({"fastlr": 1, "schedule": {"constant": {"value": 0.1}}})
    constant(value=0.1)
    """
    return _Builder().built(contents(spec, "schedule"))


def contents(spec: object, key: str) -> object:
    """What a spec of this version has under ``key``, the one other key that it may have."""
    if not isinstance(spec, Mapping):
        raise TypeError(
            f"from_spec: spec must be a mapping, got {type(spec).__name__} {short_repr(spec)}"
        )
    if set(spec) != {"fastlr", key}:
        raise ValueError(
            f"from_spec: spec must have the keys 'fastlr' and {key!r}, got {sorted(map(str, spec))}"
        )
    version = spec["fastlr"]
    if type(version) is not int or version < 1:
        raise ValueError(
            "from_spec: 'fastlr' must be the version of the format, an integer from 1, "
            f"got {version!r}"
        )
    if version > VERSION:
        raise ValueError(
            f"from_spec: 'fastlr' must be at most {VERSION}, got version {version}: it "
            "needs a newer fastlr"
        )
    return spec[key]


_PLAIN = frozenset({float, int, str, bool, type(None)})


def _is_call(value: object) -> bool:
    return type(value) not in _PLAIN and isinstance(value, Mapping)


class _Builder:
    """Builds what data describes.

    Data that stands in several places, as of a YAML alias, is built once.
    """

    def __init__(self) -> None:
        self.depth = 0
        self.schedule = each_once(lambda _, value: self.built(value))

    def built(self, value: object) -> Schedule:
        if not isinstance(value, Mapping) or len(value) != 1:
            raise ValueError(
                f"from_spec: a schedule must be {{name: {{parameter: value}}}}, got "
                f"{short_repr(value)}"
            )
        if self.depth > MOST_NESTED:
            raise ValueError(f"from_spec: schedules must be nested at most {MOST_NESTED} deep")
        [(name, arguments)] = value.items()
        if not isinstance(arguments, Mapping) or not all(
            issubclass(kind, str) for kind in set(map(type, arguments))
        ):
            raise ValueError(
                f"from_spec: the arguments of {name!r} must be {{parameter: value}}, "
                f"got {short_repr(arguments)}"
            )
        self.depth += 1
        given = {key: self.argument(argument) for key, argument in arguments.items()}
        self.depth -= 1
        built: Schedule = CONSTRUCTORS[_known(name, "from_spec", CONSTRUCTORS)](**given)
        return built

    def argument(self, value: object) -> object:
        if _is_call(value):
            return self.schedule(value)
        if isinstance(value, list) and any(
            issubclass(kind, Mapping) for kind in set(map(type, value))
        ):
            return [self.schedule(item) if _is_call(item) else item for item in value]
        return value


def _known(name: object, where: str, names: Mapping[str, object]) -> str:
    if isinstance(name, str) and name in names:
        return name
    raise ValueError(
        f"{where}: {short_repr(name)} is not a constructor or method of a "
        f"schedule{did_you_mean(name, names)}"
    )


@public
def parse(text: str, /, **parameters: object) -> Schedule:
    """The schedule that an expression describes, ``repr`` of a schedule among others. The text is
    never evaluated.

    A name among ``parameters`` stands for its value, and numbers that such names stand for may be
    computed with: ``+``, ``-``, ``*``, ``/``, ``//`` and ``round(x)``, which gives integers. Raises
    ``ValueError`` for a text that is no such expression, naming the first part that is refused, and
    whatever error the constructors raise for their arguments.

    >>> parse("linear(0, 6e-4, 2000).then(cosine(6e-4, 6e-5, 598000))")(1_000)
    0.0003
    >>> parse("wsd(peak, 100, 900 - cooldown, cooldown)", peak=3e-4, cooldown=[100, 200])(850)
    array([0.0003  , 0.000225])
    >>> parse("__import__('os').system('true')")
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
    """The names in an expression that stand for parameters.

    >>> sorted(names_in("wsd(peak, 100, 900 - cooldown, cooldown)"))
    ['cooldown', 'peak']
    """
    nodes = list(ast.walk(_body(text)))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    return {node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in called}


def _body(text: object) -> ast.expr:
    """The expression in a text."""
    if not isinstance(text, str):
        raise TypeError(
            f"parse: text must be a string, got {type(text).__name__} {short_repr(text)}"
        )
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(
            f"parse: text must be at most {_MOST_CHARACTERS:,} characters long, got {len(text):,}"
        )
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise ValueError(
            f"parse: text must be one expression, got {short_repr(text)} ({reason})"
        ) from None


_FUNCTIONS = {name: CONSTRUCTORS[name] for name in constructors.__all__}
_METHODS = {
    name: function
    for name, function in CONSTRUCTORS.items()
    if "self" in inspect.signature(function).parameters
}

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}


class _Reader:
    """Builds what an expression describes, in which names stand for parameters."""

    def __init__(self, parameters: Mapping[str, object]) -> None:
        self.parameters = parameters

    def value(self, node: ast.expr) -> object:
        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None as value):
                return value
            case ast.Name(id=name) if name in self.parameters:
                return _number_or_word(name, self.parameters[name])
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return _together([self.value(item) for item in items])
            case ast.UnaryOp(
                op=ast.USub() | ast.UAdd() as sign,
                operand=ast.Constant(value=int() | float() as value),
            ):
                return -value if isinstance(sign, ast.USub) else value
            case ast.Call(func=ast.Name(id="round"), args=[item], keywords=[]):
                return _computed(node, lambda x, _: np.rint(x), self.value(item), 0).astype(
                    np.int64
                )
            case ast.Call():
                return self.called(node)
            case ast.BinOp():
                return self.combined(node)
            case ast.Name(id=name):
                raise ValueError(f"{_refused(node)}{did_you_mean(name, self.parameters)}")
        raise _refused(node)

    def called(self, node: ast.Call) -> Schedule:
        function, values = node.func, [self.value(arg) for arg in node.args]
        named = {
            keyword.arg: self.value(keyword.value)
            for keyword in node.keywords
            if keyword.arg is not None
        }
        if len(named) < len(node.keywords):  # ** or a name given twice
            raise _refused(node)
        built: Schedule
        if isinstance(function, ast.Name):
            built = _FUNCTIONS[_known(function.id, "parse", _FUNCTIONS)](*values, **named)
        elif isinstance(function, ast.Attribute) and isinstance(
            receiver := self.value(function.value), Schedule
        ):
            built = _METHODS[_known(function.attr, "parse", _METHODS)](receiver, *values, **named)
        else:
            raise _refused(function)
        return built

    def combined(self, node: ast.BinOp) -> object:
        """A schedule times or plus another or numbers, or parameters computed with; numbers
        alone are not.
        """
        if (operation := _ARITHMETIC.get(type(node.op))) is None:
            raise _refused(node)
        left, right = self.value(node.left), self.value(node.right)
        a, b = (left, right) if isinstance(left, Schedule) else (right, left)
        if isinstance(a, Schedule) and isinstance(node.op, ast.Mult | ast.Add):
            return a * b if isinstance(node.op, ast.Mult) else a + b  # type: ignore[operator]
        if isinstance(a, Schedule):
            raise _refused(node)
        return _computed(node, operation, left, right)


def _number_or_word(name: str, value: object) -> object:
    """A parameter's value; numbers as an array, so that they are told from those in the text."""
    array = as_array(f"parse: {name} must be a number, a word or an array of them", value)
    return array if array.dtype.kind in "iuf" else value


def _together(items: list[object]) -> object:
    """A list; one in which a parameter has many values is as many lists, along the last axis of
    an array.
    """
    if not any(isinstance(item, np.ndarray) for item in items):
        return items
    try:
        return np.stack(np.broadcast_arrays(*map(np.asarray, items)), axis=-1)
    except (ValueError, TypeError):
        raise ValueError(
            f"parse: the items of a list must broadcast against each other, got {short_repr(items)}"
        ) from None


def _computed(
    node: ast.expr, operation: Callable[[Any, Any], Any], a: object, b: object
) -> npt.NDArray[Any]:
    """What an operation gives for numbers of which one is a parameter; integers stay exact."""
    numbers = all(
        isinstance(x, int | float | np.ndarray) and not isinstance(x, bool) for x in (a, b)
    )
    if not numbers or not any(isinstance(x, np.ndarray) for x in (a, b)):
        raise _refused(node)
    with np.errstate(all="ignore"):
        size = np.abs(operation(np.asarray(a, dtype=np.float64), b))
        if not np.all(size <= LAST_STEP):
            raise ValueError(
                "parse: numbers must stay finite, at most 2**53, got "
                f"{short_repr(ast.unparse(node))} beyond it"
            )
        return np.asarray(operation(a, b))


def _refused(node: ast.AST) -> ValueError:
    return ValueError(
        "parse: only schedules, numbers, words and lists may stand here, got "
        f"{short_repr(ast.unparse(node))}"
    )
