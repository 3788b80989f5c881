"""Split a shell script into statements, and these into words. Nothing is executed.

A word is a list of pieces, each with the quotes that hold it together: what they mean is left to
``_shell_values``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["ASSIGNMENT", "Piece", "bare", "statements", "words_in"]

_SEPARATORS = re.compile(r"\n|;;&?|;|&&|\|\||\|&?|&(?![>])|\(|\)")
_REDIRECTION = re.compile(r"\d*(?:<<<|<>|>>|>\||[<>]&?|&>>?)[ \t]*")
_PLAIN = re.compile(r"[^\s;&|<>()'\"\\`$]+")
_HEREDOC = re.compile(r"<<-?[ \t]*(['\"\\]?)(\w+)\1?")
ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?)=")


class Piece(NamedTuple):
    """A part of a word: its text, and whether quotes hold it together."""

    text: str
    quote: str


def bare(word: list[Piece]) -> str:
    """Return the text at the start of a word that no quotes hold."""
    return word[0].text if not word[0].quote else ""


def words_in(text: str) -> list[list[Piece]]:
    """Return the words of an array's text."""
    return [word for words, _ in statements(text) for word in words]


def statements(text: str) -> Iterator[tuple[list[list[Piece]], bool]]:
    """Yield the words of each statement, and whether it runs only after another one."""
    words: list[list[Piece]] = []
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


def _word(text: str, i: int) -> tuple[list[Piece], int]:
    """Return the word that begins at ``i``, and where it ends."""
    pieces: list[Piece] = []
    plain: list[str] = []
    while i < len(text) and text[i] not in " \t\r\n;&|<>)":
        char = text[i]
        if run := _PLAIN.match(text, i):
            plain.append(run[0])
            i = run.end()
        elif char == "(":
            name = "".join(plain)
            if pieces or not ASSIGNMENT.fullmatch(name):
                break
            end = _closing(text, i)
            return [Piece(f"{name}(", ""), Piece(text[i + 1 : end - 1], "(")], end
        elif char in "'\"":
            end = _closing(text, i)
            pieces += [Piece("".join(plain), "")] if plain else []
            pieces.append(Piece(_unescaped(text[i + 1 : end - 1], char), char))
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
    pieces += [Piece("".join(plain), "")] if plain or not pieces else []
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
