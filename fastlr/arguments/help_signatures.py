"""Signatures as ``help`` shows them: each parameter with types that a user can look up."""

import inspect
import re
import sys
import typing
from functools import cache
from typing import Annotated, Literal

__all__ = ["Types", "readable"]


class Types(str):
    """The text of an annotation. Unlike a plain string, a signature shows it without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def readable(signature: inspect.Signature, module: str) -> inspect.Signature:
    """The signature of a function of this module, with types in place of the names of rules.

    >>> from fastlr.schedule.constructor_names import linear
    >>> str(inspect.signature(linear))
    '(init: float | array, end: float | array, steps: int | array) -> Schedule'
    """
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

    Annotations are text in modules that postpone their evaluation. To replace names in that text
    is faster than to evaluate it, which counts when the package is imported.
    """
    names = vars(sys.modules[module])
    if not isinstance(annotation, str):
        return annotation
    return Types(re.sub(r"\w+", lambda word: _types(names.get(word[0])) or word[0], annotation))


def _types(alias: object) -> str:
    """The types that a rule accepts, the options of a literal, or the name of a class."""
    if isinstance(alias, type):
        return alias.__name__
    if typing.get_origin(alias) is Literal:
        return repr(alias).removeprefix("typing.")
    if typing.get_origin(alias) is not Annotated:
        return ""
    accepted, rule, *written = typing.get_args(alias)
    if written:
        return str(written[0])
    if types := getattr(rule, "types", ""):
        return str(types)
    without_modules = re.sub(r"\b\w+\.", "", repr(accepted))
    return accepted.__name__ if isinstance(accepted, type) else without_modules
