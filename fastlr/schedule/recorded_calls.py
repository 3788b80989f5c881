"""How a schedule was built: a call of a constructor or method, with arguments in canonical form.

The call makes a schedule a value. Equality, hash, pickle, ``repr``, the JSON spec and the
fingerprint depend on the call alone. It leaves out arguments that equal their defaults, so that
old schedules stay equal when a constructor gains an option.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import numpy as np

__all__ = ["MANY", "MOST_NESTED", "NO_CALL", "VERSION", "Call", "each_once"]

VERSION = 1  # of the spec format
# Calls within calls: the limit keeps recursion safe in writing, reading, comparing and lowering.
MOST_NESTED = 100
MANY = 32  # parts of one schedule, which are built and pickled by groups

Argument = "npt.NDArray[np.float64] | npt.NDArray[np.int64] | str | bool | Call | tuple[Call, ...]"

_OPERATORS = {"multiply": "*", "scale": "*", "add": "+", "subtract": "-"}
_depth, _uses = attrgetter("depth"), attrgetter("uses")
_MOST_SHOWN = 1000  # numbers in an array; a longer one is abbreviated, and its repr does not eval
_MOST_LISTED = 1000  # numbers of an array in the text of a fingerprint


class Call:
    """A constructor's, method's or preset's name with its arguments: an immutable value."""

    __slots__ = ("_known_key", "arguments", "built", "depth", "name", "uses")

    name: str
    arguments: Mapping[str, object]
    depth: int
    uses: int  # calls in all, each counted as often as it is used
    _known_key: tuple[object, ...] | None
    built: tuple[type, Any, str] | None  # class, node and policy of the value that it built

    def __init__(
        self,
        name: str,
        arguments: Mapping[str, object],
        built: tuple[type, Any, str] | None = None,
        *,
        stands_for: "Call | None" = None,
    ) -> None:
        """Store a call, and what it has built; it counts at least as much as ``stands_for``.

        ``arguments`` becomes its own: the caller must not change it afterwards.
        """
        put = object.__setattr__
        put(self, "name", name)
        put(self, "arguments", MappingProxyType(arguments))
        depth, uses = _counts(arguments)
        put(self, "depth", depth if stands_for is None else max(depth, stands_for.depth))
        put(self, "uses", uses if stands_for is None else max(uses, stands_for.uses))
        put(self, "built", built)
        put(self, "_known_key", None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Call is a value: it cannot be changed")

    @property
    def _key(self) -> tuple[object, ...]:
        """What calls are compared by. Few calls of a large stack ever are."""
        if self._known_key is None:
            items = self.arguments.items()
            key = (self.name, *[(name, _key(value)) for name, value in items])
            object.__setattr__(self, "_known_key", key)
            return key
        return self._known_key

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Call) and self._key == other._key)

    def __hash__(self) -> int:
        return hash(self._key)

    def keep(self, kind: type, node: Any, past_end: str) -> None:
        """Remember what the call built, so that a part of another schedule is not built again."""
        object.__setattr__(self, "built", (kind, node, past_end))

    @property
    def is_preset(self) -> bool:
        """Whether this is a call of a preset, ``framework.Name``."""
        return "." in self.name

    def spec(self, array: Callable[[Any], object] = np.ndarray.tolist) -> dict[str, object]:
        """The call as plain JSON data: ``{name: {parameter: value}}``."""
        return {self.name: {name: _plain(value, array) for name, value in self.arguments.items()}}

    def fingerprint(self) -> str:
        """SHA-256, in hex, of the spec as compact JSON with sorted keys and shortest floats.

        A list of more than 1,000 numbers stands there as the SHA-256 of its values.
        """
        import json  # imported here, as both are slow to import and few programs need them
        from hashlib import sha256

        spec = {"fastlr": VERSION, "schedule": self.spec(_listed_or_digest)}
        text = json.dumps(spec, sort_keys=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()

    def __repr__(self) -> str:
        arguments = list(self.arguments.items())
        if self.name in _OPERATORS:
            return f" {_OPERATORS[self.name]} ".join(_operand(value) for _, value in arguments)
        receiver, first = "", list[str]()
        if not self.is_preset and arguments and isinstance(arguments[0][1], Call):
            receiver = f"{_operand(arguments.pop(0)[1])}."
            if arguments and isinstance(arguments[0][1], Call):
                first = [repr(arguments.pop(0)[1])]
        named = [f"{name}={_written(value)}" for name, value in arguments]
        return f"{receiver}{self.name}({', '.join([*first, *named])})"


def each_once(walk: Callable[[Callable[[Any], Any], Any], Any]) -> Callable[[Any], Any]:
    """Make a recursive walk, ``walk(visit, item)``, visit an item that is used several times once.

    The sum of a schedule and itself uses that schedule twice; the sum of two such sums, four
    times. The cost of a plain recursion would double with each sum.
    """
    found: dict[int, tuple[Any, Any]] = {}  # the item is kept, so that no other gets its id

    def visit(item: Any) -> Any:
        if id(item) not in found:
            found[id(item)] = item, walk(visit, item)
        return found[id(item)][1]

    return visit


def _operand(value: object) -> str:
    return (
        f"({value!r})" if isinstance(value, Call) and value.name in _OPERATORS else _written(value)
    )


def _key(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    return value


def _counts(arguments: Mapping[str, object]) -> tuple[int, int]:
    """How deep calls are nested in a call of these arguments, and how many it has in all."""
    depth, uses = 0, 1
    for value in arguments.values():
        if isinstance(value, Call):
            depth, uses = max(depth, 1 + value.depth), uses + value.uses
        elif isinstance(value, tuple):
            depth = max(depth, 1 + max(map(_depth, value)))
            uses += sum(map(_uses, value))
    return depth, uses


def _plain(value: object, array: Callable[[Any], object]) -> object:
    if isinstance(value, Call):
        return value.spec(array)
    if isinstance(value, tuple):
        return [call.spec(array) for call in value]
    return array(value) if isinstance(value, np.ndarray) else value


def _listed_or_digest(array: Any) -> object:
    """An array as a list; a long one as the digest of its bytes, which takes a hundredth as long.

    JSON takes 400 ns per number.
    """
    if array.size <= _MOST_LISTED or array.dtype.kind == "U":
        return array.tolist()
    from hashlib import sha256

    data = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "sha256": sha256(data.data).hexdigest(),
    }


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(repr, value))}]"
    if not isinstance(value, np.ndarray):
        return repr(value)
    if value.size > _MOST_SHOWN and value.dtype.kind == "U":
        return f"<{value.size:,} words>"
    if value.size > _MOST_SHOWN:
        items = value.ravel().tolist()
        return f"<{value.size:,} numbers from {min(items)!r} to {max(items)!r}>"
    return repr(value.tolist())


NO_CALL = Call("", {})  # a placeholder until the constructor adds its call
