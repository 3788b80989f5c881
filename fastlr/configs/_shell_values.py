"""Read the commands of a shell script, with the values that it gives its variables.

Variables have the values that the script assigns to them literally: ``LR=3e-4``, ``OPTS="--lr $LR
--bf16"``, ``ARGS=(--lr 3e-4)``; ``${LR:-3e-4}`` is 3e-4 if the script does not assign it. Any other
expansion stays as it is written, which no reader takes for a number. Branches and loops may give a
variable one of several values: ``Either``.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fastlr.configs._shell_words import ASSIGNMENT, Piece, bare, statements, words_in

__all__ = ["Either", "Value", "Word", "commands_of", "joined", "split"]

_MOST_PARTS = 100_000  # of a command and of a value, with all that its variables hold
_MOST_WAYS = 100  # values that branches give one variable

_VARIABLE = re.compile(
    r"\$(?:(\w+)|\{(\w+)(\[[@*]\])?(?::?[-=]([^}$]*))?\}"
    r"|\(\(([^()]*(?:\([^()]*\)[^()]*)*)\)\)|\([^()]*\))"
)
_ARITHMETIC = re.compile(r"[\d\s()+*/%-]{1,200}")
_OPENS, _CLOSES = ("if", "case", "for", "while", "until", "select"), ("fi", "esac", "done")
_SKIPPED = ("then", "else", "elif", "do", "{", "}", "!", "time", "exec", "eval")
_DECLARES = ("export", "local", "declare", "readonly", "typeset")


@dataclass(frozen=True)
class Either:
    """A variable that a branch or a loop gives one of several values."""

    name: str
    values: tuple[Any, ...]

    @cached_property
    def size(self) -> int:
        """The number of parts of all values, with those of the variables in them."""
        return sum(map(_size, self.values))


Word = tuple[Any, ...]  # pieces as text, and Either where the text depends on a branch
Value = list[Word]  # of a variable: a text is one word, an array has several


def _size(value: Iterable[Word]) -> int:
    """Return the number of parts of a value; a long text counts as several."""
    return sum(
        part.size if isinstance(part, Either) else 1 + len(part) // 100
        for word in value
        for part in word
    )


def commands_of(text: str) -> tuple[list[Value], Value]:
    """Return the words of each command of a script, and those of all values that it assigns."""
    known: dict[str, tuple[Value, ...]] = {}
    commands: list[Value] = []
    depth = 0
    for words, conditional in statements(text):
        while words and (head := bare(words[0])) in (*_OPENS, *_CLOSES, *_SKIPPED, *_DECLARES):
            depth = max(0, depth + (head in _OPENS) - (head in _CLOSES))
            if head in ("for", "select") and len(words) > 2:
                values = [way for word in words[3:] for way in _expanded([word], known)]
                known.pop(bare(words[1]), None)
                known |= {bare(words[1]): tuple([way] for way in values)} if values else {}
                words = []
            words = words[1:]
        assigns = [ASSIGNMENT.match(bare(word)) for word in words]
        if words and all(assigns):
            for word, assign in zip(words, assigns, strict=True):
                _assign(known, word, assign, certain=depth == 0 and not conditional)
        elif words:
            commands.append(_expanded(words, known))
    assigned = [word for ways in known.values() for word in _alternatives("", ways)]
    return commands, assigned


def _alternatives(name: str, ways: tuple[Value, ...]) -> Value:
    return ways[0] if len(ways) == 1 else [(Either(name, ways),)]


def _assign(
    known: dict[str, tuple[Value, ...]], word: list[Piece], match: Any, *, certain: bool
) -> None:
    """Note what an assignment gives a variable; one in a branch adds to the values it may have."""
    name, appends = match[1], bool(match[2])
    rest = [Piece(word[0].text[match.end() :], word[0].quote), *word[1:]]
    array = len(word) == 2 and word[1].quote == "("
    value = _expanded(words_in(rest[1].text), known) if array else [_text(rest, known)]
    before = known.get(name, ())
    if appends and before:
        old = _alternatives(name, before)
        value = [*old, *value] if array or len(old) > 1 else [joined((*old[0], *value[0]))]
    known[name] = (value,) if certain or (appends and not before) else _distinct((*before, value))


def _distinct(ways: tuple[Value, ...]) -> tuple[Value, ...]:
    if len(ways) > _MOST_WAYS:
        raise ValueError(f"more than {_MOST_WAYS} values of a variable")
    return tuple(way for i, way in enumerate(ways) if way not in ways[:i])


def _text(word: list[Piece], known: Mapping[str, tuple[Value, ...]]) -> Word:
    """Return the value of a word as one text, as in an assignment."""
    parts: list[Any] = []
    for i, each in enumerate(_expanded([[Piece(p.text, p.quote or '"') for p in word]], known)):
        parts += [" ", *each] if i else each
    return joined(tuple(parts))


def _expanded(words: Iterable[list[Piece]], known: Mapping[str, tuple[Value, ...]]) -> Value:
    """Put the values of variables into words, and split what is not quoted."""
    found: Value = []
    size = 0
    for word in words:
        current: list[Any] = []
        for piece in word:
            for part in _parts(piece, known):
                size += _size(part if isinstance(part, list) else [(part,)])
                if size > _MOST_PARTS:
                    raise ValueError("variables that grow without end")
                if isinstance(part, list):  # several words: an array, or a text without quotes
                    *whole, last = part or [()]
                    for each in whole:
                        found.append((*current, *each))
                        current = []
                    current += last
                else:
                    current.append(part)
        if whole_word := joined(tuple(current)):
            found.append(whole_word)
    return found


def _parts(piece: Piece, known: Mapping[str, tuple[Value, ...]]) -> Iterator[Any]:
    """Yield the texts of a piece and the values of its variables."""
    if piece.quote == "'":
        yield piece.text
        return
    end = 0
    for match in _VARIABLE.finditer(piece.text):
        yield piece.text[end : match.start()]
        end = match.end()
        ways = known.get(match[1] or match[2])
        if match[5] is not None:
            yield _computed(match[5], known)
        elif ways is None and not (match[1] or match[2]):
            yield re.sub(r"\s+", "_", match[0])  # what a program prints; one word, whatever it is
        elif ways is None:
            yield match[4] if match[4] is not None else match[0]
        elif len(ways) > 1:
            yield Either(match[1] or match[2], ways)
        elif match[3]:  # each element of an array is a word
            yield ways[0]
        elif piece.quote:
            yield from (
                part for i, word in enumerate(ways[0]) for part in ((" ",) * (i > 0) + word)
            )
        else:
            yield split(ways[0])
    yield piece.text[end:]


def _computed(text: str, known: Mapping[str, tuple[Value, ...]]) -> str:
    """Return the value of an arithmetic expansion of integers, or the expansion as one word."""

    def number(match: re.Match[str]) -> str:
        ways = known.get(match[1], ())
        word = joined(ways[0][0]) if len(ways) == 1 and len(ways[0]) == 1 else ()
        return word[0] if len(word) == 1 and isinstance(word[0], str) else match[0]

    inner = re.sub(r"\$?\{?([A-Za-z_]\w*)\}?", number, text).strip()
    try:
        value = _integer(ast.parse(inner, mode="eval").body) if _ARITHMETIC.fullmatch(inner) else ""
    except (ArithmeticError, SyntaxError, ValueError, RecursionError, MemoryError):
        value = ""
    return str(value) if value != "" else "$((" + re.sub(r"\s+", "", text) + "))"


_OPERATIONS: dict[type, Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1),  # the shell's
}


def _integer(node: ast.AST) -> int:
    """Evaluate sums, products and quotients of integers."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_integer(node.left), _integer(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_integer(node.operand)
    raise ValueError("not a sum, product or quotient of integers")


def joined(word: Word) -> Word:
    """Join neighbouring texts of a word."""
    parts: list[Any] = []
    for part in word:
        if parts and isinstance(part, str) and isinstance(parts[-1], str):
            parts[-1] += part
        elif part != "":
            parts.append(part)
    return tuple(parts)


def split(value: Value) -> Value:
    """Split the words of a value at blanks, as the shell does outside quotes."""
    words: Value = []
    for word in value:
        current: list[Any] = []
        for part in word:
            if isinstance(part, Either):
                current.append(part)
                continue
            for i, text in enumerate(re.split(r"\s+", part)):
                if i and current:
                    words.append(tuple(current))
                    current = []
                current += [text] if text else []
        words += [tuple(current)] if current else []
    return words
