"""What a picture of the explorer shows, as a value that an address can hold."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from fastlr.arguments.rules import short_repr
from fastlr.errors import unknown
from fastlr.program.opcodes import LAST_STEP
from fastlr.published_runs import recipes

__all__ = ["MOST_CHARACTERS", "MOST_CURVES", "UNITS", "Entry", "View", "number", "whole"]

MOST_CURVES = 8  # entries, and published runs beside them
MOST_CHARACTERS = 10_000  # of an expression
_MOST_ADDRESS = 65_536
_MOST_NAME = 80
# what the axis of steps counts, and what one step is worth in it
UNITS: Mapping[str, str] = {
    "steps": "",
    "share": "",
    "epochs": "steps per epoch",
    "tokens": "tokens per step",
}


class Entry(NamedTuple):
    """An expression or the name of a published run, and what to call it in the picture."""

    text: str
    name: str = ""


@dataclass(frozen=True)
class View:
    """A picture: its curves, and how they are shown. Each field is checked.

    >>> view = View((Entry("cosine(0.1, 0.0, 90)", "mine"),), runs=("bert-base",), log=True)
    >>> view.query
    'curve=cosine%280.1%2C+0.0%2C+90%29&name=mine&run=bert-base&log=1'
    >>> View.from_address("?" + view.query) == view
    True
    """

    entries: tuple[Entry, ...] = ()
    runs: tuple[str, ...] = ()
    steps: int | None = None  # shown; by default each curve is shown to its end
    log: bool = False
    peaks: bool = False  # whether each curve is divided by its peak
    unit: str = "steps"
    per: float | None = None
    at: float | None = None  # where the rates are read, in the unit of the axis

    def __post_init__(self) -> None:
        for entry in self.entries:
            _check_length("curve", entry.text, MOST_CHARACTERS)
            _check_length("name", entry.name, _MOST_NAME)
        for kind, given in (("curves", self.entries), ("runs", self.runs)):
            if len(given) > MOST_CURVES:
                raise ValueError(f"explore: {kind} must be at most {MOST_CURVES}, got {len(given)}")
        for run in self.runs:
            if run not in recipes():
                raise ValueError(f"explore: {unknown('published run', run, recipes())}")
        if self.unit not in UNITS:
            raise ValueError(f"explore: {unknown('unit', self.unit, UNITS)}")

    @property
    def query(self) -> str:
        """The view as the query of an address, without what is as usual."""
        pairs: list[tuple[str, object]] = []
        for entry in self.entries:
            pairs.append(("curve", entry.text))
            pairs.append(("name", entry.name))
        if not any(entry.name for entry in self.entries):
            pairs = [pair for pair in pairs if pair[0] != "name"]
        pairs += [("run", run) for run in self.runs]
        pairs += [(flag, 1) for flag in ("log", "peaks") if getattr(self, flag)]
        pairs += [("unit", self.unit)] if self.unit != "steps" else []
        numbers = {key: getattr(self, key) for key in ("steps", "per", "at")}
        return urlencode(pairs + [(key, n) for key, n in numbers.items() if n is not None])

    @classmethod
    def from_address(cls, address: str) -> "View":
        """Read the view in an address, of which only the query counts.

        Raises ``ValueError`` that names what is wrong with it.
        """
        _check_length("address", address, _MOST_ADDRESS)
        query = urlsplit(address).query if "?" in address else address
        try:
            found = parse_qs(
                query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=99
            )
        except ValueError as error:
            raise ValueError(
                f"explore: address must hold key=value pairs, got {short_repr(query)} ({error})"
            ) from None
        found.pop("token", None)
        known = {field.name for field in fields(cls)} - {"entries", "runs"} | {
            "curve",
            "name",
            "run",
        }
        for key, values in found.items():
            if key not in known:
                raise ValueError(f"explore: address: {unknown('key', key, known)}")
            if len(values) > 1 and key not in ("curve", "name", "run"):
                raise ValueError(f"explore: address must hold {key!r} once, got {len(values)}")
        return cls._from_values(found)

    @classmethod
    def _from_values(cls, found: Mapping[str, list[str]]) -> "View":
        texts, names = found.get("curve", []), found.get("name", [])
        if names and len(names) != len(texts):
            raise ValueError(
                f"explore: address must hold a name for each curve or none, got {len(names)} "
                f"names of {len(texts)} curves"
            )
        one = {key: values[0] for key, values in found.items()}
        return cls(
            tuple(map(Entry, texts, names or [""] * len(texts))),
            tuple(found.get("run", [])),
            whole("steps", one.get("steps", "")),
            _flag("log", one.get("log", "")),
            _flag("peaks", one.get("peaks", "")),
            one.get("unit", "steps"),
            number("per", one.get("per", ""), above=True),
            number("at", one.get("at", "")),
        )


def whole(name: str, text: str) -> int | None:
    """Read a number of steps that a user typed; ``None`` for nothing.

    >>> whole("steps", "1e6"), whole("steps", "600_000"), whole("steps", " ")
    (1000000, 600000, None)
    """
    found = number(name, text)
    if found is None:
        return None
    if found != int(found) or not 1 <= found <= LAST_STEP:
        raise ValueError(f"explore: {name} must be an integer from 1 to 2**53, got {text!r}")
    return int(found)


def number(name: str, text: str, above: bool = False) -> float | None:
    """Read a number from 0, or above 0, to 1e18 that a user typed; ``None`` for nothing."""
    if not text.strip():
        return None
    rule = f"explore: {name} must be a number {'above 0' if above else 'from 0'}, at most 1e18"
    try:
        found = float(text)
    except ValueError:
        raise ValueError(f"{rule}, got {short_repr(text)}") from None
    if not 0 <= found <= 1e18 or (above and found == 0):
        raise ValueError(f"{rule}, got {short_repr(text)}")
    return found


def _flag(name: str, text: str) -> bool:
    if text not in ("", "0", "1"):
        raise ValueError(f"explore: {name} must be 0 or 1, got {short_repr(text)}")
    return text == "1"


def _check_length(what: str, text: str, most: int) -> None:
    if len(text) > most:
        raise ValueError(
            f"explore: {what} must be at most {most:,} characters long, got {len(text):,}"
        )
