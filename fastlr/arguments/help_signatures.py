"""Signatures as ``help`` shows them: each parameter with types that a user can look up."""

import inspect
import re
import sys
import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Literal, TypeVar

__all__ = ["Types", "show_types", "with_types"]

T = TypeVar("T")


class Types(str):
    """The text of an annotation. Unlike a plain string, a signature shows it without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class _Unread(inspect.Signature):
    """A signature with readable types that is made when it is first read.

    Few ever are, and ``import fastlr`` defines 60 functions that have one. The function then keeps
    the ordinary signature that was made.
    """

    __slots__ = ("_function", "_module")

    def __init__(self, function: Callable[..., Any], module: str) -> None:
        self._function, self._module = function, module

    def _read(self) -> inspect.Signature:
        self._function.__dict__.pop("__signature__", None)  # which would be this one
        made = _readable(inspect.signature(self._function), self._module)
        self._function.__signature__ = made  # type: ignore[attr-defined]
        return made

    @property
    def parameters(self) -> types.MappingProxyType[str, inspect.Parameter]:
        return self._read().parameters

    @property
    def return_annotation(self) -> Any:
        return self._read().return_annotation

    def replace(self, **changes: Any) -> Any:
        return self._read().replace(**changes)

    def __reduce__(self) -> Any:
        return self._read().__reduce__()


def show_types(function: Callable[..., Any], module: str) -> None:
    """Let ``help`` show a function of this module with types in place of the names of rules.

    >>> from fastlr.schedule.constructor_names import linear
    >>> str(inspect.signature(linear))
    '(init: float | array, end: float | array, steps: int | array) -> Schedule'
    """
    function.__signature__ = _Unread(function, module)  # type: ignore[attr-defined]


def with_types(documented: T) -> T:
    """Decorate a function, or a class with its methods, so that ``help`` shows readable types.

    Decorate with ``public`` first: the signature belongs to the function that users call.

    >>> import fastlr as flr
    >>> inspect.signature(flr.rank).parameters["floor"].annotation
    float | array
    """
    members = vars(documented).items() if isinstance(documented, type) else [("", documented)]
    for name, member in members:
        function = getattr(member, "__func__", member)
        shown = not name.startswith("_") or name.endswith("__")
        if shown and inspect.isfunction(function):
            show_types(function, documented.__module__)
    return documented


def _readable(signature: inspect.Signature, module: str) -> inspect.Signature:
    """Return a signature with types in place of the names of rules."""
    return signature.replace(
        parameters=[
            parameter.replace(annotation=_shown(parameter.annotation, module))
            for parameter in signature.parameters.values()
        ],
        return_annotation=_shown(signature.return_annotation, module),
    )


@cache
def _shown(annotation: object, module: str) -> object:
    """An annotation with types in place of the names of rules.

    Annotations are text in modules that postpone their evaluation. Names are replaced in that text:
    some stand for types that only a type checker imports.
    """
    if isinstance(annotation, typing.ForwardRef):  # of a named tuple
        annotation = annotation.__forward_arg__
    if not isinstance(annotation, str):
        text = "" if isinstance(annotation, type) else _types(annotation)
        return Types(text) if text else annotation
    names = vars(sys.modules[module])
    text = re.sub(r"\bnpt\.NDArray\[[^\]]*\]", "ndarray", annotation)
    text = re.sub(r"\b(np|npt)\.", "", text)
    return Types(
        re.sub(r"(?<!['\"])\b\w+", lambda word: _types(names.get(word[0])) or word[0], text)
    )


def _types(alias: object) -> str:
    """The types that a rule accepts, the options of a literal, or the name of a class."""
    origin = typing.get_origin(alias)
    if isinstance(alias, type) and origin is None:
        return "None" if alias is types.NoneType else alias.__name__
    if isinstance(alias, TypeVar):
        bound = alias.__bound__
        return _types(bound) or getattr(typing.get_origin(bound), "__name__", "")
    if origin is Literal:
        return repr(alias).removeprefix("typing.")
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_types(each) or _without_modules(each) for each in typing.get_args(alias))
    if getattr(origin, "__name__", "") == "ndarray":
        return "ndarray"
    if origin is tuple and all(isinstance(each, type) for each in typing.get_args(alias)):
        return _without_modules(alias)
    if origin is not Annotated:
        return ""
    accepted, *rules = typing.get_args(alias)
    if written := [str(each) for each in rules if isinstance(each, Types)]:
        return written[0]
    if shown := getattr(rules[0], "types", ""):
        return str(shown)
    return accepted.__name__ if isinstance(accepted, type) else _without_modules(accepted)


def _without_modules(alias: object) -> str:
    return re.sub(r"\b\w+\.", "", repr(alias))
