"""Read the assignments of a Python file as data. Nothing in it is executed.

Values are literals, ``dict(...)``, names assigned before, and arithmetic of numbers. Anything else
gives an ``Unread`` value, which a reader refuses where it needs that value and ignores elsewhere. A
name that a branch, a loop or a method call may change is ``Unread`` from there on.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fastlr.configs._section import Section

__all__ = ["Imported", "Unread", "literal", "parsed"]

_LONGEST = 100_000  # items of a list or characters of a text that operators make
_HIGHEST, _LARGEST = 1_000, 2**128  # of an exponent, and of an integer to compute with
_KEPT = (ast.Import, ast.ImportFrom, ast.Pass)  # statements that change no name


class Unread:
    """A value that only running the file would give. No reader takes it for a value."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"the expression {self.text!r:.60}"


class Imported(Unread):
    """A name that an import gives, with the module that it is of."""

    def __init__(self, module: str, name: str, bound: str) -> None:
        super().__init__(bound)
        self.module, self.name = module, name

    def of(self, package: str) -> str | Imported:
        """Return the name if it is of a package or of a module in it."""
        inside = self.module == package or self.module.startswith(f"{package}.")
        return self.name if inside else self


def parsed(where: str, text: str) -> dict[str, Any]:
    """Return the names that a file assigns, with their values.

    >>> parsed("here", "lr = 1e-3; steps = [2 * 4, int('9')]")
    {'lr': 0.001, 'steps': [8, the expression "int('9')"]}
    """
    try:
        module, names = ast.parse(text), dict[str, Any]()
        for statement in module.body:
            _run(statement, names)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        detail = str(error) or type(error).__name__
        raise ValueError(f"{where}: must be a Python file ({detail})") from None
    return {name: value for name, value in names.items() if not isinstance(value, Imported)}


def _run(statement: ast.stmt, names: dict[str, Any]) -> None:
    """Take over what a statement assigns."""
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        _assign(statement, names)
    elif isinstance(statement, ast.With) and (bases := _read_base(statement)):
        names["_base_"] = [*names.get("_base_", []), *bases]
    elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        names[statement.name] = Unread(f"{statement.name}, which is defined here")
    elif isinstance(statement, ast.ImportFrom) and not statement.level:
        for each in statement.names:
            bound = each.asname or each.name
            names[bound] = Imported(statement.module or "", each.name, bound)
    elif not isinstance(statement, _KEPT) and not _is_text(statement):
        _forget(statement, names, f"line {statement.lineno}")


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _forget(node: ast.AST, names: dict[str, Any], why: str) -> None:
    """Make every name in a statement unread, and every name whose value shares a list or a mapping
    with one of them: it may have another value now.
    """
    inside = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    changed = set[int]().union(*(_containers(names.get(name)) for name in inside))
    sharing = {name for name, value in names.items() if changed & _containers(value)}
    for name in inside | sharing:
        names[name] = Unread(f"{name}, which may change in {why}")


def _containers(value: Any) -> set[int]:
    """Return the identities of a value's lists and mappings, and of those in it."""
    found = dict[int, Any]()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list | dict) and id(one) not in found:
            found[id(one)] = one
            waiting += one.values() if isinstance(one, dict) else one
    return set(found)


def _assign(statement: ast.Assign | ast.AnnAssign, names: dict[str, Any]) -> None:
    if statement.value is None:  # an annotation alone
        return
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    value = _value(statement.value, names)
    for each in ast.walk(statement.value):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            _forget(each.func, names, f"line {statement.lineno}")
    for target in targets:
        if isinstance(target, ast.Name):
            names[target.id] = value
        else:
            _forget(target, names, f"line {statement.lineno}")


def _read_base(statement: ast.With) -> list[str]:
    """Return the files that ``with read_base():`` imports, as paths from this one."""
    called = statement.items[0].context_expr
    if not (isinstance(called, ast.Call) and isinstance(called.func, ast.Name)):
        return []
    if called.func.id != "read_base":
        return []
    return [
        "../" * (each.level - 1) + each.module.replace(".", "/") + ".py"
        for each in statement.body
        if isinstance(each, ast.ImportFrom) and each.module and each.level
    ]


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression, or what stands for it unread."""
    found = _READ[type(node)](node, names) if type(node) in _READ else None
    return Unread(ast.unparse(node)) if found is None else found.value


class _Found(NamedTuple):
    """A value that was read; None stands for one that was not."""

    value: Any


def _constant(node: Any, names: Mapping[str, Any]) -> _Found | None:
    plain = node.value is None or isinstance(node.value, bool | int | float | str)
    return _Found(node.value) if plain else None


def _name(node: Any, names: Mapping[str, Any]) -> _Found | None:
    return _Found(names[node.id]) if node.id in names else None


def _list(node: Any, names: Mapping[str, Any]) -> _Found | None:
    items: list[Any] = []
    for each in node.elts:
        starred = isinstance(each, ast.Starred)
        value = _value(each.value if starred else each, names)
        if starred and not isinstance(value, list):
            return None
        items += value if starred else [value]
        if len(items) > _LONGEST:
            return None
    return _Found(items)


def _dict(node: Any, names: Mapping[str, Any]) -> _Found | None:
    pairs: dict[Any, Any] = {}
    for key, item in zip(node.keys, node.values, strict=True):
        value, name = _value(item, names), None if key is None else _value(key, names)
        if key is None and isinstance(value, dict):
            pairs.update(value)
        elif isinstance(name, str | int | float):
            pairs[name] = value
        else:
            return None
    return _Found(pairs)


def _call(node: Any, names: Mapping[str, Any]) -> _Found | None:
    """Read ``dict(a=1, **others)``."""
    if not isinstance(node.func, ast.Name) or node.func.id != "dict" or "dict" in names:
        return None
    pairs: dict[Any, Any] = {}
    for each in (*node.args, *node.keywords):
        item = each.value if isinstance(each, ast.keyword) else each
        name = each.arg if isinstance(each, ast.keyword) else None
        value = _value(item, names)
        if name is None and not isinstance(value, dict):
            return None
        pairs.update(value if name is None else {name: value})
    return _Found(pairs)


_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def _binary(node: Any, names: Mapping[str, Any]) -> _Found | None:
    """Compute with two numbers, or join two lists or two texts."""
    left, right = _value(node.left, names), _value(node.right, names)
    if _is_number(left) and _is_number(right):
        compute = _OPERATORS.get(type(node.op))
        if compute is None or (compute is operator.pow and abs(right) > _HIGHEST):
            return None
        return _computed(compute, left, right)
    alike = type(left) is type(right) and isinstance(left, list | str)
    if alike and isinstance(node.op, ast.Add) and len(left) + len(right) <= _LONGEST:
        return _Found(left + right)
    return None


def _computed(compute: Callable[[Any, Any], Any], left: Any, right: Any) -> _Found | None:
    try:
        found = compute(left, right)
    except ArithmeticError:
        return None
    return None if isinstance(found, complex) else _Found(found)


def _unary(node: Any, names: Mapping[str, Any]) -> _Found | None:
    value = _value(node.operand, names)
    if isinstance(node.op, ast.Not) and isinstance(value, bool):
        return _Found(not value)
    if not _is_number(value) or not isinstance(node.op, ast.USub | ast.UAdd):
        return None
    return _Found(-value if isinstance(node.op, ast.USub) else value)


def _subscript(node: Any, names: Mapping[str, Any]) -> _Found | None:
    whole, key = _value(node.value, names), _value(node.slice, names)
    if isinstance(whole, dict) and isinstance(key, str | int) and key in whole:
        return _Found(whole[key])
    if isinstance(whole, list) and type(key) is int and -len(whole) <= key < len(whole):
        return _Found(whole[key])
    return None


_READ: dict[type, Callable[[Any, Mapping[str, Any]], _Found | None]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.List: _list,
    ast.Tuple: _list,
    ast.Dict: _dict,
    ast.Call: _call,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Subscript: _subscript,
}


def literal(config: Section, key: str, text: str) -> Any:
    """Return the value of a Python literal that an argument ``name=value`` has."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(f"{config.where}: {key} must be a literal, got {text!r:.60}") from None
