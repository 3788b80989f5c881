"""Read the options of the command in a shell script: ``--name value``, ``--name=value`` or a
``--name`` alone, which is True. Nothing is executed.

Variables have the values that the script assigns to them literally: ``LR=3e-4``, ``OPTS="--lr $LR
--bf16"``, ``ARGS=(--lr 3e-4)``; ``${LR:-3e-4}`` is 3e-4 if the script does not assign it. Any other
expansion stays as it is written, which no reader takes for a number.

A script may have several commands with a rate, or branches and loops that assign several values. An
option that is not the same in all of them has a ``Choice``, which a reader refuses to read.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from fastlr.configs._section import Choice

__all__ = ["Options", "options", "options_of"]

_MOST_CHARACTERS = 2**20
_MOST_PARTS = 100_000  # of a command and of a value, with all that its variables hold
_MOST_COMMANDS = 1_000
_MOST_WAYS = 100  # values that branches give one variable

_SEPARATORS = re.compile(r"\n|;;&?|;|&&|\|\||\|&?|&(?![>])|\(|\)")
_REDIRECTION = re.compile(r"\d*(?:<<<|<>|>>|>\||[<>]&?|&>>?)[ \t]*")
_PLAIN = re.compile(r"[^\s;&|<>()'\"\\`$]+")
_HEREDOC = re.compile(r"<<-?[ \t]*(['\"\\]?)(\w+)\1?")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?)=")
_VARIABLE = re.compile(
    r"\$(?:(\w+)|\{(\w+)(\[[@*]\])?(?::?-([^}$]*))?\}"
    r"|\(\(([^()]*(?:\([^()]*\)[^()]*)*)\)\)|\([^()]*\))"
)
_ARITHMETIC = re.compile(r"[\d\s()+*/%-]{1,200}")
_OPENS, _CLOSES = ("if", "case", "for", "while", "until", "select"), ("fi", "esac", "done")
_SKIPPED = ("then", "else", "elif", "do", "{", "}", "!", "time", "exec", "eval")
_DECLARES = ("export", "local", "declare", "readonly", "typeset")
_NUMBER = re.compile(r"[-+.\deE]*\d[-+.\deE]*")
_ABOUT_RATES = re.compile(r"(^|-)(lr|learning-rate)($|-)|^train-(iters|samples)$|^max-steps$")


@dataclass(frozen=True)
class _Either:
    """A variable that a branch or a loop gives one of several values."""

    name: str
    values: tuple[Any, ...]

    @cached_property
    def size(self) -> int:
        """The number of parts of all values, with those of the variables in them."""
        return sum(map(_size, self.values))


class Options(dict[str, Any]):
    """The options of a command, with hyphens in their names."""

    def underscored(self) -> dict[str, Any]:
        """Return the options under the names that a program has for them."""
        return {name.replace("-", "_"): value for name, value in self.items()}


class _Piece(NamedTuple):
    """A part of a word: its text, and whether quotes hold it together."""

    text: str
    quote: str


_Word = tuple[Any, ...]  # pieces as text, and _Either where the text depends on a branch
_Value = list[_Word]  # of a variable: a text is one word, an array has several


def _size(value: Iterable[_Word]) -> int:
    """Return the number of parts of a value; a long text counts as several."""
    return sum(
        part.size if isinstance(part, _Either) else 1 + len(part) // 100
        for word in value
        for part in word
    )


def options(where: str, text: str) -> Options:
    """Return the options of the command in a script."""
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"{where}: a script must have at most {_MOST_CHARACTERS:,} characters")
    try:
        commands, assigned = _commands(text)
    except ValueError as error:
        raise ValueError(f"{where}: must be a command's arguments ({error})") from None
    found = [(_label(words), options_of(words)) for words in commands]
    rated = [(label, each) for label, each in found if any(map(_ABOUT_RATES.search, each))]
    if len(rated) > _MOST_COMMANDS:
        rule = f"must have at most {_MOST_COMMANDS:,} commands with a rate"
        raise ValueError(f"{where}: {rule}, got {len(rated)}")
    if not rated:  # the command is elsewhere: the script only prepares its arguments
        return Options(options_of(assigned))
    return Options(_agreed([each for _, each in rated], [label for label, _ in rated]))


def _label(words: Iterable[_Word]) -> str:
    """Return the beginning of a command, up to the first option that concerns the rate."""
    shown = " ".join(map(_shown, words))
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def options_of(words: Iterable[_Word | str]) -> dict[str, Any]:
    """Return the options among the words of a command.

    >>> options_of(["python", "train.py", "--lr", "0.1", "--lr_decay-style=cosine", "--bf16"])
    {'lr': '0.1', 'lr-decay-style': 'cosine', 'bf16': True}
    >>> options_of(["--milestones", "30", "60", "data"])
    {'milestones': ['30', '60']}
    """
    found: dict[str, Any] = {}
    awaiting: str | None = None  # the option whose value may follow
    last: str | None = None  # the option that may have more than one number
    for word in _loose(words):
        if awaiting is not None and (value := _value(word)) is not None:
            found[awaiting], awaiting, last = value, None, awaiting
        elif last is not None and isinstance(word, str) and _NUMBER.fullmatch(word):
            before = found[last]
            found[last] = [*(before if isinstance(before, list) else [before]), word]
        elif isinstance(word, _Either):
            ways = [options_of(_split(value)) for value in word.values]
            found.update(_agreed([{**found, **way} for way in ways]))
            awaiting = last = None
        elif isinstance(word, str) and word.startswith("--") and len(word) > 2:
            name, has_value, value = word[2:].partition("=")
            name, last = name.replace("_", "-"), None
            found[name], awaiting = (value, None) if has_value else (True, name)
        elif isinstance(word, tuple) and str(word[0]).startswith("--"):
            name, _, start = str(word[0])[2:].partition("=")
            found[name.replace("_", "-")] = _shown((start, *word[1:]))
            awaiting = last = None
        else:
            last = None
    return found


def _value(word: Any) -> Any:
    """Return the value of an option that this word is, or None if it begins another option."""
    if isinstance(word, _Either):
        ways = [_split(value) for value in word.values]
        if any(len(way) != 1 for way in ways):
            return None
        values = [_value(_single(way[0])) for way in ways]
        return None if None in values else _one_of(values)
    if isinstance(word, tuple):
        return None if str(word[0]).startswith("--") else _shown(word)
    return None if word.startswith("--") else word


def _shown(word: _Word) -> str:
    """Return the text of a word with the names of what is not known in it."""
    return "".join(f"${{{part.name}}}" if isinstance(part, _Either) else part for part in word)


def _agreed(ways: Sequence[Mapping[str, Any]], labels: Sequence[str] = ()) -> dict[str, Any]:
    """Return the options of several commands; where they differ, a ``Choice``."""
    names = dict.fromkeys(name for way in ways for name in way)
    return {name: _one_of([way.get(name) for way in ways], labels) for name in names}


def _one_of(values: Sequence[Any], labels: Sequence[str] = ()) -> Any:
    """Return the one value of all, or a ``Choice`` among them; each has the label of its command,
    if there are several commands.
    """
    if len(values) == len(labels) > 1 and not any(isinstance(each, Choice) for each in values):
        if all(value == values[0] for value in values):
            return values[0]
        return Choice(values, labels)
    flat = [
        one for each in values for one in (each.values if isinstance(each, Choice) else (each,))
    ]
    different = [value for i, value in enumerate(flat) if value not in flat[:i]]
    return different[0] if len(different) == 1 else Choice(different)


def _loose(words: Iterable[_Word | str]) -> Iterator[Any]:
    """Yield words as text or as one ``_Either``; a quoted word that holds options is split."""
    for word in words:
        single = _single((word,) if isinstance(word, str) else word)
        if isinstance(single, str) and re.search(r"(^|\s)--\w", single) and " " in single.strip():
            yield from single.split()
        elif isinstance(single, tuple) and re.search(r"(^|\s)--\w[^=]*\s", _shown(single)):
            yield from (_single(part) for part in _split([single]))
        else:
            yield single


def _single(word: _Word) -> Any:
    """Return a word of one part as that part."""
    parts = _joined(word)
    return parts[0] if len(parts) == 1 else parts or ""


def _joined(word: _Word) -> _Word:
    """Join neighbouring texts of a word."""
    parts: list[Any] = []
    for part in word:
        if parts and isinstance(part, str) and isinstance(parts[-1], str):
            parts[-1] += part
        elif part != "":
            parts.append(part)
    return tuple(parts)


def _split(value: _Value) -> _Value:
    """Split the words of a value at blanks, as the shell does outside quotes."""
    words: _Value = []
    for word in value:
        current: list[Any] = []
        for part in word:
            if isinstance(part, _Either):
                current.append(part)
                continue
            for i, text in enumerate(re.split(r"\s+", part)):
                if i and current:
                    words.append(tuple(current))
                    current = []
                current += [text] if text else []
        words += [tuple(current)] if current else []
    return words


# -- the shell's grammar, as far as assignments and commands need it -------------------------------


def _commands(text: str) -> tuple[list[_Value], _Value]:
    """Return the words of each command of a script, and those of all values that it assigns."""
    known: dict[str, tuple[_Value, ...]] = {}
    commands: list[_Value] = []
    depth = 0
    for words, conditional in _statements(text):
        while words and (head := _bare(words[0])) in (*_OPENS, *_CLOSES, *_SKIPPED, *_DECLARES):
            depth = max(0, depth + (head in _OPENS) - (head in _CLOSES))
            if head in ("for", "select") and len(words) > 2:
                values = [way for word in words[3:] for way in _expanded([word], known)]
                known[_bare(words[1])] = tuple([way] for way in values)
                words = []
            words = words[1:]
        assigns = [_ASSIGNMENT.match(_bare(word)) for word in words]
        if words and all(assigns):
            for word, assign in zip(words, assigns, strict=True):
                _assign(known, word, assign, certain=depth == 0 and not conditional)
        elif words:
            commands.append(_expanded(words, known))
    assigned = [word for ways in known.values() for word in _alternatives("", ways)]
    return commands, assigned


def _alternatives(name: str, ways: tuple[_Value, ...]) -> _Value:
    return ways[0] if len(ways) == 1 else [(_Either(name, ways),)]


def _assign(
    known: dict[str, tuple[_Value, ...]], word: list[_Piece], match: Any, *, certain: bool
) -> None:
    """Note what an assignment gives a variable; one in a branch adds to the values it may have."""
    name, appends = match[1], bool(match[2])
    rest = [_Piece(word[0].text[match.end() :], word[0].quote), *word[1:]]
    array = len(word) == 2 and word[1].quote == "("
    value = _expanded(_words_in(rest[1].text), known) if array else [_text(rest, known)]
    before = known.get(name, ())
    if appends and before:
        old = _alternatives(name, before)
        value = [*old, *value] if array or len(old) > 1 else [_joined((*old[0], *value[0]))]
    known[name] = (value,) if certain or (appends and not before) else _distinct((*before, value))


def _distinct(ways: tuple[_Value, ...]) -> tuple[_Value, ...]:
    if len(ways) > _MOST_WAYS:
        raise ValueError(f"more than {_MOST_WAYS} values of a variable")
    return tuple(way for i, way in enumerate(ways) if way not in ways[:i])


def _text(word: list[_Piece], known: Mapping[str, tuple[_Value, ...]]) -> _Word:
    """Return the value of a word as one text, as in an assignment."""
    parts: list[Any] = []
    for i, each in enumerate(_expanded([[_Piece(p.text, p.quote or '"') for p in word]], known)):
        parts += [" ", *each] if i else each
    return _joined(tuple(parts))


def _expanded(words: Iterable[list[_Piece]], known: Mapping[str, tuple[_Value, ...]]) -> _Value:
    """Put the values of variables into words, and split what is not quoted."""
    found: _Value = []
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
        if joined := _joined(tuple(current)):
            found.append(joined)
    return found


def _parts(piece: _Piece, known: Mapping[str, tuple[_Value, ...]]) -> Iterator[Any]:
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
            yield _Either(match[1] or match[2], ways)
        elif match[3]:  # each element of an array is a word
            yield ways[0]
        elif piece.quote:
            yield from (
                part for i, word in enumerate(ways[0]) for part in ((" ",) * (i > 0) + word)
            )
        else:
            yield _split(ways[0])
    yield piece.text[end:]


def _computed(text: str, known: Mapping[str, tuple[_Value, ...]]) -> str:
    """Return the value of an arithmetic expansion of integers, or the expansion as one word."""

    def number(match: re.Match[str]) -> str:
        ways = known.get(match[1], ())
        word = _joined(ways[0][0]) if len(ways) == 1 and len(ways[0]) == 1 else ()
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


def _bare(word: list[_Piece]) -> str:
    """Return the text at the start of a word that no quotes hold."""
    return word[0].text if not word[0].quote else ""


def _words_in(text: str) -> list[list[_Piece]]:
    """Return the words of an array's text."""
    return [word for words, _ in _statements(text) for word in words]


def _statements(text: str) -> Iterator[tuple[list[list[_Piece]], bool]]:
    """Yield the words of each statement, and whether it runs only after another one."""
    words: list[list[_Piece]] = []
    i, conditional, closers = 0, False, []
    while i < len(text):
        if text.startswith(("\\\n", "\\\r\n"), i):
            i += 2 + (text[i + 1] == "\r")
        elif text[i] in " \t\r":
            i += 1
        elif text[i] == "#":
            i = _line_end(text, i)
        elif heredoc := _HEREDOC.match(text, i) if not text.startswith("<<<", i) else None:
            closers.append(heredoc[2])
            i = heredoc.end()
        elif redirection := _REDIRECTION.match(text, i):
            _, i = _word(text, redirection.end())
        elif separator := _SEPARATORS.match(text, i):
            if words:
                yield words, conditional
            words, conditional = [], separator[0] in ("&&", "||")
            i = separator.end()
            if separator[0] == "\n":
                for closer in closers:
                    i = _after_heredoc(text, i, closer)
                closers = []
        else:
            word, i = _word(text, i)
            words.append(word)
    if words:
        yield words, conditional


def _line_end(text: str, i: int) -> int:
    end = text.find("\n", i)
    return len(text) if end < 0 else end


def _after_heredoc(text: str, i: int, closer: str) -> int:
    """Return where the text goes on after a here-document."""
    match = re.compile(rf"^[ \t]*{closer}[ \t\r]*$", re.MULTILINE).search(text, i)
    return len(text) if match is None else match.end()


def _word(text: str, i: int) -> tuple[list[_Piece], int]:
    """Return the word that begins at ``i``, and where it ends."""
    pieces: list[_Piece] = []
    plain: list[str] = []
    while i < len(text) and text[i] not in " \t\r\n;&|<>)":
        char = text[i]
        if run := _PLAIN.match(text, i):
            plain.append(run[0])
            i = run.end()
        elif char == "(":
            name = "".join(plain)
            if pieces or not _ASSIGNMENT.fullmatch(name):
                break
            end = _closing(text, i)
            return [_Piece(f"{name}(", ""), _Piece(text[i + 1 : end - 1], "(")], end
        elif char in "'\"":
            end = _closing(text, i)
            pieces += [_Piece("".join(plain), "")] if plain else []
            pieces.append(_Piece(_unescaped(text[i + 1 : end - 1], char), char))
            plain, i = [], end
        elif char == "\\":
            joins = text.startswith(("\\\n", "\\\r\n"), i)  # the line goes on
            plain += [] if joins else [text[i + 1 : i + 2]]
            i += 3 if joins and text[i + 1] == "\r" else 2
        elif char == "`" or text.startswith(("$(", "${"), i):
            end = _closing(text, i + (char == "$"))
            plain.append(text[i:end])
            i = end
        else:
            plain.append(char)
            i += 1
    pieces += [_Piece("".join(plain), "")] if plain or not pieces else []
    return pieces, i


def _unescaped(text: str, quote: str) -> str:
    """Return what stands between quotes without the escapes that the shell removes."""
    return text if quote == "'" else re.sub(r"\\(?:\r?\n|([\"\\`$]))", r"\1", text)


_PAIRS = {"(": ")", "{": "}"}


def _closing(text: str, i: int) -> int:
    """Return where a quotation or a bracket that opens at ``i`` ends, what it holds included."""
    stack = [text[i]]
    i += 1
    while stack:
        if i >= len(text):
            raise ValueError(
                "No closing quotation" if stack[-1] in "'\"`" else "No closing bracket"
            )
        char, inner = text[i], stack[-1]
        if inner == "'":
            if char == "'":
                stack.pop()
        elif char == "\\":
            i += 1
        elif char == _PAIRS.get(inner, inner):
            stack.pop()
        elif inner != '"' and char in "'\"`({":
            stack.append(char)
        elif inner == '"' and text.startswith(("$(", "${"), i):
            i += 1
            stack.append(text[i])
        elif inner == "(" and char == "#" and text[i - 1] in " \t\n":
            i = _line_end(text, i)
        i += 1
    return i
