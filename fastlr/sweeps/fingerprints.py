"""The identity of values and functions: plain JSON data that is equal only for equal values.

Fingerprints of sweeps are hashes of it. It is the same in every process and on every machine, since
nothing in it comes from ``id`` or ``hash``. A value without an exact identity raises
``UnidentifiedError``; nothing is left out silently.
"""

from __future__ import annotations  # help() replaces rules in the text

import builtins
import dis
import importlib
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.rules import short_repr
from fastlr.schedule.recorded_calls import Call

__all__ = ["UnidentifiedError", "identity", "owned"]

# Modules whose functions depend only on their arguments.
_PURE_MODULES = frozenset(
    [
        "__future__",
        "_functools",
        "_operator",
        "_statistics",
        "builtins",
        "cmath",
        "collections",
        "decimal",
        "fastlr",
        "fractions",
        "functools",
        "itertools",
        "math",
        "numbers",
        "numpy",
        "operator",
        "statistics",
        "typing",
    ]
)
# Built-in functions that reach values which their code does not name.
_OPAQUE_BUILTINS = frozenset(
    [
        "__import__",
        "breakpoint",
        "compile",
        "dir",
        "eval",
        "exec",
        "getattr",
        "globals",
        "hash",
        "id",
        "input",
        "locals",
        "memoryview",
        "open",
        "vars",
    ]
)
# Names within these modules that depend on more than their arguments.
_IMPURE_NAMES = frozenset(
    ["fromfile", "genfromtxt", "load", "loadtxt", "memmap", "open_memmap", "random"]
)
_GLOBAL_LOADS = frozenset(["LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"])
_MAX_DEPTH = 100
_MAX_VALUES = 1_000_000
_MAX_ITEMSIZE = 8  # bytes; wider numbers differ in layout between machines


class UnidentifiedError(ValueError):
    """A value has no exact identity. The message says which value, and why."""


def identity(value: object) -> Any:
    """Return plain JSON data that is equal only for equal values.

    Numbers, strings, arrays, collections of them, schedules and plateau rules have an identity. So
    does a function: its compiled code, defaults, closure and the globals that it reads.

    Parameters
    ----------
    value : object
        What to identify.

    Returns
    -------
    JSON data
        Nested lists of strings and numbers.

    Raises
    ------
    UnidentifiedError
        If the value, or a part of it, has no exact identity.

    Examples
    --------
    >>> identity(1), identity(1.0), identity([True])
    (['int', '1'], ['float', '0x1.0000000000000p+0'], ['list', [['bool', 'True']]])
    >>> identity(lambda x: x + 1) == identity(lambda x: x + 2)
    False
    """
    try:
        return _Reader().read(value)
    except RecursionError:
        raise UnidentifiedError("it is nested too deep") from None


def owned(value: Any) -> Any:
    """Copy the arrays and collections of a value, so that nobody else can change them.

    A value that contains itself is returned as it is.
    """
    try:
        return _copy(value)
    except RecursionError:
        return value


def _copy(value: Any) -> Any:
    """Copy the arrays and collections inside a value."""
    if _is_array(value):
        copy = np.array(value)
        copy.flags.writeable = False
        return copy
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(map(_copy, value))
    if type(value) is dict:
        return {key: _copy(item) for key, item in value.items()}
    return value


class _Reader:
    """Reads the identity of one value.

    A collection or function inside itself is named by its depth among those being read.
    """

    def __init__(self) -> None:
        self._open: list[object] = []
        self._count = 0

    def read(self, value: object) -> Any:
        """Read the identity of a value of any type."""
        kind = type(value)
        if kind in _SCALARS:
            return [kind.__name__, _SCALARS[kind](value)]
        if isinstance(value, np.generic):
            return ["scalar", self._array(np.asarray(value))]
        if isinstance(value, np.dtype):
            return ["dtype", _dtype(value)]
        if _is_own(value) and isinstance(call := getattr(value, "_call", None), Call):
            return [kind.__name__, call.fingerprint()]
        return self._read_nested(value)

    def _read_nested(self, value: object) -> Any:
        """Read a value that may contain other values, or itself."""
        place = next((place for place, other in enumerate(self._open) if other is value), None)
        if place is not None:
            return ["within", place]
        self._count += 1
        if len(self._open) > _MAX_DEPTH or self._count > _MAX_VALUES:
            raise UnidentifiedError(
                f"it contains more than {_MAX_VALUES:,} values, or is nested more than "
                f"{_MAX_DEPTH} deep"
            )
        self._open.append(value)
        try:
            return self._read_by_type(value)
        finally:
            self._open.pop()

    def _read_by_type(self, value: object) -> Any:
        """Read a value by its type, or raise if no type fits."""
        match value:
            case np.ndarray() if _is_array(value):
                return ["array", self._array(value)]
            case list() | tuple() if type(value) in (list, tuple):
                return [type(value).__name__, [self.read(item) for item in value]]
            case dict() if type(value) is dict:
                return ["dict", [[self.read(key), self.read(item)] for key, item in value.items()]]
            case set() | frozenset() if type(value) in (set, frozenset):
                return [
                    type(value).__name__,
                    sorted((_Reader().read(item) for item in value), key=repr),
                ]
            case slice():
                return ["slice", *map(self.read, (value.start, value.stop, value.step))]
            case types.CodeType():
                return ["code", self._code(value)]
            case partial() if type(value) is partial:
                return [
                    "partial",
                    *map(self.read, (value.func, value.args, value.keywords, vars(value))),
                ]
            case types.MethodType():
                return ["method", self.read(value.__self__), self.read(value.__func__)]
        if (name := _public_name(value)) is not None:
            return ["name", name]
        if isinstance(value, types.FunctionType):
            return ["function", self._function(value)]
        if _is_own(value) and callable(own := getattr(value, "identity", None)):
            return [type(value).__name__, own()]
        raise UnidentifiedError(
            f"{short_repr(value)}, of type {type(value).__qualname__}, cannot be identified exactly"
        )

    def _array(self, array: npt.NDArray[Any]) -> Any:
        """The dtype, the shape and every element; as bytes where machines agree on them."""
        if array.dtype.kind in "biuf" and array.dtype.itemsize <= _MAX_ITEMSIZE:
            data = array.astype(array.dtype.newbyteorder("<"), order="C")
            return [_dtype(array.dtype), list(array.shape), _digest(data.tobytes())]
        if array.dtype.kind in "US":
            return [
                array.dtype.kind,
                list(array.shape),
                list(map(repr, array.reshape(-1).tolist())),
            ]
        # The shortest decimals that give a long double back are the same on every machine.
        if array.dtype.kind in "fc":
            return [_dtype(array.dtype), list(array.shape), list(map(repr, array.reshape(-1)))]
        if array.dtype.kind == "O":
            return ["object", list(array.shape), [self.read(item) for item in array.reshape(-1)]]
        raise UnidentifiedError(f"an array of dtype {array.dtype} cannot be identified exactly")

    # -- functions ---------------------------------------------------------------------------------

    def _function(self, function: types.FunctionType) -> Any:
        """The code of a function, and the values that it reads."""
        try:
            cells = [cell.cell_contents for cell in function.__closure__ or ()]
        except ValueError:
            raise UnidentifiedError(
                f"function {function.__qualname__} has an empty closure cell"
            ) from None
        attributes = {
            name: value for name, value in vars(function).items() if name != "__wrapped__"
        }
        held = {
            "defaults": function.__defaults__,
            "keywords": function.__kwdefaults__,
            "attributes": attributes,
        }
        found = {name: self.read(value) for name, value in held.items()}
        closure = dict(zip(function.__code__.co_freevars, cells, strict=True))
        for part, values in (("closure", closure), ("globals", dict(_globals_of(function)))):
            found[part] = [
                [name, self._read_used_value(function, name, value)]
                for name, value in values.items()
            ]
        return {"code": self.read(function.__code__), **found}

    def _read_used_value(self, function: types.FunctionType, name: str, value: object) -> Any:
        """Read a value that a function uses; an error names the function and the variable."""
        try:
            return self.read(value)
        except UnidentifiedError as error:
            raise UnidentifiedError(
                f"function {function.__qualname__} reads {name!r}: {error}"
            ) from None

    def _code(self, code: types.CodeType) -> Any:
        """Compiled code without its file and line numbers. It depends on the Python version."""
        return {
            "python": [sys.implementation.cache_tag, *sys.version_info[:2]],
            "bytes": [code.co_code.hex(), getattr(code, "co_exceptiontable", b"").hex()],
            "names": [code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars],
            "arguments": [
                code.co_argcount,
                code.co_posonlyargcount,
                code.co_kwonlyargcount,
                code.co_flags,
            ],
            "constants": [self.read(constant) for constant in code.co_consts],
        }


_SCALARS: dict[type, Callable[[Any], str]] = {
    type(None): repr,
    bool: repr,
    int: repr,
    float: float.hex,
    complex: lambda z: f"{z.real.hex()} {z.imag.hex()}",
    str: ascii,
    bytes: bytes.hex,
    range: lambda r: repr(range(r.start, r.start + r.step * len(r), r.step)),
    type(...): repr,
}


def _digest(data: bytes) -> str:
    """The SHA-256 of bytes, as hex digits."""
    from hashlib import sha256

    return sha256(data).hexdigest()


def _is_array(value: object) -> bool:
    """Whether a value is an array without further attributes, as a subclass may have."""
    return type(value) in (np.ndarray, np.memmap)


def _is_own(value: object) -> bool:
    """Whether the class of a value is fastlr's own."""
    return type(value).__module__.partition(".")[0] == "fastlr"


def _dtype(dtype: np.dtype[Any]) -> str:
    """The name of a dtype, without its byte order."""
    if dtype.kind not in "biufcUSO":
        raise UnidentifiedError(f"dtype {dtype} cannot be identified exactly")
    return dtype.newbyteorder("=").name


def _public_name(value: object) -> str | None:
    """The dotted name of a pure module, or of a function or class in one; otherwise ``None``.

    The name is enough to identify what it does.
    """
    if isinstance(value, types.ModuleType):
        return value.__name__ if _is_pure(value.__name__) else None
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    module = getattr(value, "__module__", None) or (
        "numpy" if isinstance(value, np.ufunc) else None
    )
    if not isinstance(name, str) or not isinstance(module, str) or not _is_pure(f"{module}.{name}"):
        return None
    if module == "builtins" and name in _OPAQUE_BUILTINS:
        raise UnidentifiedError(f"{name} reaches values that its code does not name")
    return f"{module}.{name}" if _lookup(module, name) is value else None


def _is_pure(name: str) -> bool:
    """Whether a module, or the object of a dotted name, depends only on its arguments."""
    parts = name.split(".")
    return parts[0] in _PURE_MODULES and _IMPURE_NAMES.isdisjoint(parts)


def _lookup(module: str, name: str) -> object:
    """The object of a dotted name in a module; ``None`` if there is none."""
    try:
        found: object = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return None
    return found


def _globals_of(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    """Yield the globals and built-ins that a function, or a function inside it, reads."""
    given: Mapping[str, object] = function.__globals__
    for name in sorted(set(_names_read(function.__code__))):
        if name in given:
            yield name, given[name]
        elif hasattr(builtins, name):
            yield name, getattr(builtins, name)
        else:
            raise UnidentifiedError(
                f"function {function.__qualname__} reads {name!r}, which is not defined"
            )


def _names_read(code: types.CodeType) -> Iterator[str]:
    """Yield the names of globals that code reads, or raise if it reads or changes anything else."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in _GLOBAL_LOADS:
            yield str(instruction.argval)
        if (
            instruction.opname in ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM")
            and instruction.argval in _IMPURE_NAMES
        ):
            raise UnidentifiedError(
                f"function {code.co_qualname} reads .{instruction.argval}, which may "
                "differ at every call"
            )
        if instruction.opname == "IMPORT_NAME" and not _is_pure(str(instruction.argval)):
            raise UnidentifiedError(f"function {code.co_qualname} imports {instruction.argval}")
        if instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            raise UnidentifiedError(
                f"function {code.co_qualname} changes global {instruction.argval!r}"
            )
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names_read(constant)
