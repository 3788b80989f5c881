"""Errors about a user's arguments: what they say, and which frames they show.

A public function reports a wrong argument as ``name: rule, got value``, wherever in fastlr the
argument is checked. The traceback then ends in one frame of fastlr, that of the function that the
user called. Every other error keeps its frames: one raised by NumPy or by the user's own function,
and one that does not begin with the name of a public function. ``python -X dev`` keeps all frames.

A function that calls another reports what that one refuses under its own name first:
``explain: max: rule, got value``. If the value is a step that the user passed to the function
itself, it stands alone: ``each: t must be ...``. Of several functions that call each other, the
first and the last are named. ``parse`` and ``from_spec`` name the functions in the user's text.

Unknown and missing names are reported here for all: of a call's arguments, a config's keys, a
file's entries.
"""

import inspect
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import wraps
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

import numpy as np

__all__ = [
    "REPORTED",
    "bound",
    "check_keys",
    "did_you_mean",
    "in_one_frame",
    "missing",
    "name_in_errors",
    "other_names",
    "public",
    "public_methods",
    "reported_by",
    "short_repr",
    "shortened",
    "unknown",
]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])

_MOST_SHOWN = 200  # characters of a value in a message
_WAYS = "other_names"  # an attribute of functions: what to write for arguments of other libraries
_MODULES = ("fastlr", "contextlib")  # an error about an argument may pass through these
_NAMES = {"s(t)"}  # the names of public functions, with which their messages begin
REPORTED = (TypeError, ValueError, LookupError, ImportError)  # what a user's argument may cause
_READERS = ("parse", "from_spec")  # of them, those that call what a user's text names
_OPERATORS = (
    "__add__",
    "__call__",
    "__getitem__",
    "__init__",
    "__mul__",
    "__radd__",
    "__rmul__",
    "__rsub__",
    "__sub__",
    "__truediv__",
)
_INDEXING = ("a schedule is indexed by ", "a sweep is indexed by ", "a sweep gives ")


def short_repr(value: object) -> str:
    """Return a value as messages show it, in at most 200 characters; an array as a list."""
    if isinstance(value, np.generic) or (
        isinstance(value, np.ndarray) and value.size <= _MOST_SHOWN
    ):
        value = value.tolist()
    try:
        text = repr(value)
    # a list that is nested too deeply, an integer with more digits than Python writes
    except (RecursionError, ValueError):
        text = "one too large to show"
    return shortened(text)


def shortened(text: str) -> str:
    """Return a text as messages show it, in at most 200 characters."""
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def did_you_mean(name: object, names: Iterable[str]) -> str:
    """Return ``"; did you mean 'this' or 'that'?"``, or nothing if no known name is similar.

    >>> did_you_mean("warmup_steps", ["peak", "warmup"]), did_you_mean("x", ["peak", "warmup"])
    ("; did you mean 'warmup'?", '')
    """
    from difflib import get_close_matches  # slow to import, and needed after a mistake only

    near = get_close_matches(name, list(names), n=3) if isinstance(name, str) else []
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def unknown(kind: str, name: object, names: Iterable[str]) -> str:
    """Return ``"unknown argument 'x'"``, with the similar ones among the names that are known.

    >>> unknown("argument", "warmup_steps", ["peak", "warmup"])
    "unknown argument 'warmup_steps'; did you mean 'warmup'?"
    """
    return f"unknown {kind} {short_repr(name)}{did_you_mean(name, names)}"


def missing(kind: str, names: Sequence[str]) -> str:
    """Return ``"missing arguments 'a', 'b'"``.

    >>> missing("key", ["from"]), missing("key", ["from", "to"])
    ("missing key 'from'", "missing keys 'from', 'to'")
    """
    return f"missing {kind}{'s' * (len(names) > 1)} {', '.join(map(repr, names))}"


def check_keys(
    where: str,
    given: Iterable[object],
    required: Sequence[str],
    optional: Sequence[str] = (),
    kind: str = "key",
) -> None:
    """Raise ``ValueError`` if a key is unknown, or a required one is missing.

    >>> check_keys("sweep: lr", {"from": 0.1, "too": 0.2}, ["from", "to"])
    Traceback (most recent call last):
    ValueError: sweep: lr: unknown key 'too'; did you mean 'to'?
    >>> check_keys("sweep: lr", {"from": 0.1}, ["from", "to"])
    Traceback (most recent call last):
    ValueError: sweep: lr: missing key 'to'
    """
    keys, known = list(given), (*required, *optional)
    for key in keys:
        if key not in known:
            raise ValueError(f"{where}: {unknown(kind, key, known)}")
    if absent := [key for key in required if key not in keys]:
        raise ValueError(f"{where}: {missing(kind, absent)}")


def bound(
    name: str, signature: inspect.Signature, args: Sequence[object], kwargs: Mapping[str, object]
) -> inspect.BoundArguments:
    """Return the arguments of a call by parameter, defaults included.

    Raises a ``TypeError`` that begins with ``name`` if the call does not fit the signature.
    """
    try:
        arguments = signature.bind(*args, **kwargs)
    except TypeError:
        raise TypeError(_wrong_call(name, signature, args, kwargs)) from None
    arguments.apply_defaults()
    return arguments


def other_names(ways: Mapping[str, str]) -> Callable[[F], F]:
    """Say what to write in place of arguments that a function has in other libraries.

    It goes on a function that ``public`` reports for. ``ways`` has what to write by argument.
    """

    def decorated(function: F) -> F:
        function.__dict__[_WAYS] = ways
        return function

    return decorated


def _wrong_call(
    name: str,
    signature: inspect.Signature,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    ways: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return what is wrong with a call that does not fit the signature."""
    parameters = list(signature.parameters.values())
    if args and parameters and parameters[0].name in ("self", "cls"):  # the user did not write it
        parameters, args = parameters[1:], args[1:]
    kinds = [each.kind for each in parameters]
    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    ordered = _names_of(parameters, inspect.Parameter.POSITIONAL_ONLY, either)
    named = _names_of(parameters, either, inspect.Parameter.KEYWORD_ONLY)
    given = ordered[: len(args)]
    strange = [key for key in kwargs if key not in named]
    if strange and inspect.Parameter.VAR_KEYWORD not in kinds:
        if strange[0] in ways:
            return f"{name}: unknown argument {strange[0]!r}; {ways[strange[0]]}"
        free = [key for key in named if key not in given and key not in kwargs]
        return f"{name}: {unknown('argument', strange[0], free)}"
    if len(args) > len(ordered) and inspect.Parameter.VAR_POSITIONAL not in kinds:
        most = (
            f"at most {len(ordered)} by position ({', '.join(ordered)})"
            if ordered
            else "none by position"
        )
        return f"{name}: too many arguments: takes {most}, got {len(args)}"
    if twice := [key for key in given if key in kwargs and key in named]:
        return f"{name}: argument {twice[0]!r} was given by position and by name"
    required = [
        each.name
        for each in parameters
        if each.default is each.empty and each.name in (*ordered, *named)
    ]
    absent = [key for key in required if key not in given and key not in kwargs]
    return f"{name}: {missing('argument', absent)}"


def _names_of(parameters: Iterable[inspect.Parameter], *kinds: object) -> list[str]:
    return [each.name for each in parameters if each.kind in kinds]


def name_in_errors(name: str) -> None:
    """Add the name of a public function, with which messages about its arguments begin."""
    _NAMES.add(name)


def public(function: Callable[P, R], name: str = "") -> Callable[P, R]:
    """Make a function report wrong calls and arguments under its ``name``, and in one frame."""
    label = name or function.__name__
    name_in_errors(label)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except REPORTED as error:
            refusal = _refusal(error, function, label, args, kwargs)
            try:
                if refusal is None:
                    raise
                raise refusal from None
            finally:
                del refusal  # a cycle through this frame would keep the arguments alive

    return call


def _refusal(
    error: Exception,
    function: Callable[..., object],
    label: str,
    args: Sequence[object],
    kwargs: Mapping[str, object],
) -> Exception | None:
    """Return the error to show the user, or ``None`` if it is not about the call's arguments."""
    if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
        return reported_by(label, function, error)
    signature = inspect.signature(function)  # the function was not entered
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        ways = getattr(function, _WAYS, {})
        return TypeError(_wrong_call(label, signature, args, kwargs, ways))
    return None


def reported_by(label: str, function: Callable[..., object], error: Exception) -> Exception | None:
    """Return an error about an argument in one frame, with the function that was called first.

    It is ``None`` for any other error, which keeps its frames.
    """
    shown = in_one_frame(error)
    first = "" if shown is None else _first_name(shown)
    # an operator is reported by the name of the operation, such as ``scale``
    if shown is None or first not in _NAMES - {label, *_READERS} or label.startswith("__"):
        return shown
    if label not in _READERS:
        shown.args = (_named_first(label, function, str(shown.args[0])), *shown.args[1:])
    return shown


def _named_first(label: str, function: Callable[..., object], message: str) -> str:
    """Put the function that was called before the one that refused an argument."""
    inner, rest = "", message
    while (name := rest.partition(": ")[0]) in _NAMES:
        inner, rest = name, rest.removeprefix(f"{name}: ")
    same = inner.casefold() == label.casefold()  # as a class and the function that makes it
    alone = same or _takes_step(function, rest)
    return f"{label}: {rest}" if alone else f"{label}: {inner}: {rest}"


def _takes_step(function: Callable[..., object], rule: str) -> bool:
    """Return whether a message is about the step that the user passed to the function itself."""
    return rule.startswith("t must") and "t" in inspect.signature(function).parameters


def _first_name(error: Exception) -> str:
    """Return the name with which a message begins."""
    return str(error.args[0]).partition(":")[0] if error.args else ""


def in_one_frame(error: Exception) -> Exception | None:
    """Return an error about a user's argument without its frames; ``None`` for any other error.

    The function that the user called raises it again, which adds the one frame that is shown.
    """
    if sys.flags.dev_mode or not _names_what_is_wrong(error):
        return None
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in _MODULES:
            return None
        frame = frame.tb_next
    return error.with_traceback(None)


def _names_what_is_wrong(error: Exception) -> bool:
    """Return whether a message names a public function, an index or the library to install."""
    message = str(error.args[0]) if error.args else ""
    if isinstance(error, ImportError):
        return "pip install" in message
    if _first_name(error).partition("[")[0] in _NAMES or message.startswith(_INDEXING):
        return True
    if message.startswith("index "):
        return " is out of range for " in message  # NumPy says "out of bounds"
    return message.startswith("no group named ")


def public_methods(label: str = "", *, but: Collection[str] = ()) -> Callable[[C], C]:
    """Make the public methods of a class report errors as ``public`` functions do.

    ``label`` is the name of the class in messages, if not its own. Methods in ``but`` stay as they
    are: the constructor of a value, and the scalar call, which must not pay for a wrapper.
    """

    def decorated(kind: C) -> C:
        owner = label or kind.__name__
        for key, value in list(vars(kind).items()):
            function = getattr(value, "__func__", value)
            if not inspect.isfunction(function) or hasattr(function, "__wrapped__"):
                continue
            function.__qualname__ = f"{owner}.{key}"  # which Python's own messages show
            if key not in but and (not key.startswith("_") or key in _OPERATORS):
                name = owner if key in ("__init__", "__call__") else key
                wrapped: Any = public(function, name)
                setattr(kind, key, type(value)(wrapped) if function is not value else wrapped)
        return kind

    return decorated
