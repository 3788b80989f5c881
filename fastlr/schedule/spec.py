"""Build a schedule from its JSON spec. A spec is data: reading it runs no code.

A spec is ``{"fastlr": 1, "schedule": {name: {parameter: value}}}``. A schedule among the values is
another ``{name: {parameter: value}}``.
"""

from collections.abc import Mapping

from fastlr.arguments.rules import short_repr
from fastlr.errors import public
from fastlr.schedule.alike_calls import form_of_data
from fastlr.schedule.garbage_collection import paused_collection
from fastlr.schedule.rebuilding import CONSTRUCTORS, constructor_named, like_calls, value_of
from fastlr.schedule.recorded_calls import MANY, MOST_NESTED, VERSION, each_once
from fastlr.schedule.schedule import Schedule

__all__ = ["contents", "from_spec"]


@public
def from_spec(spec: Mapping[str, object]) -> Schedule:
    """Build the schedule that a spec describes.

    Parameters
    ----------
    spec : mapping
        What ``Schedule.to_spec`` returned, for instance after a round trip through JSON.

    Returns
    -------
    Schedule
        A schedule equal to the one that was written.

    Raises
    ------
    TypeError
        If ``spec`` is not a mapping, or a value has the wrong type for its constructor.
    ValueError
        If the data has another form, if its version is newer than this fastlr, if a name is
        unknown, or if a constructor rejects a value. The message names what is wrong.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.from_spec({"fastlr": 1, "schedule": {"constant": {"value": 0.1}}})
    constant(value=0.1)
    """
    with paused_collection():
        return _Builder().built(contents(spec, "schedule"))


def contents(spec: object, key: str) -> object:
    """The value under ``key``, the only key of a spec beside its version."""
    if not isinstance(spec, Mapping):
        raise TypeError(
            f"from_spec: spec must be a mapping, got {type(spec).__name__} {short_repr(spec)}"
        )
    if set(spec) != {"fastlr", key}:
        raise ValueError(
            f"from_spec: spec must have the keys 'fastlr' and {key!r}, got "
            f"{short_repr(sorted(map(str, spec)))}"
        )
    version = spec["fastlr"]
    if type(version) is not int or version < 1:
        raise ValueError(
            "from_spec: 'fastlr' must be the version of the format, an integer from 1, "
            f"got {short_repr(version)}"
        )
    if version > VERSION:
        raise ValueError(
            f"from_spec: 'fastlr' must be at most {VERSION}, got version {short_repr(version)}: it "
            "needs a newer fastlr"
        )
    return spec[key]


_PLAIN = frozenset({float, int, str, bool, type(None)})


def _is_call(value: object) -> bool:
    return type(value) not in _PLAIN and isinstance(value, Mapping)


class _Builder:
    """Builds schedules from data. Data that is used twice, as by a YAML alias, is built once."""

    def __init__(self) -> None:
        self.depth = 0
        self.schedule = each_once(lambda _, value: self.built(value))
        self.alike = like_calls(form_of_data)

    def built(self, value: object) -> Schedule:
        if not isinstance(value, Mapping) or len(value) != 1:
            raise ValueError(
                f"from_spec: a schedule must be {{name: {{parameter: value}}}}, got "
                f"{short_repr(value)}"
            )
        if self.depth > MOST_NESTED:
            raise ValueError(f"from_spec: schedules must be nested at most {MOST_NESTED} deep")
        [(name, arguments)] = value.items()
        if not isinstance(arguments, Mapping) or not all(
            issubclass(kind, str) for kind in set(map(type, arguments))
        ):
            raise ValueError(
                f"from_spec: the arguments of {name!r} must be {{parameter: value}}, "
                f"got {short_repr(arguments)}"
            )
        self.depth += 1
        given = {key: self.argument(argument) for key, argument in arguments.items()}
        self.depth -= 1
        built: Schedule = constructor_named("from_spec", name, CONSTRUCTORS)(**given)
        return built

    def argument(self, value: object) -> object:
        if _is_call(value):
            return self.schedule(value)
        if isinstance(value, list) and any(
            issubclass(kind, Mapping) for kind in set(map(type, value))
        ):
            if len(value) > MANY:
                self.alike.add(filter(_is_call, value))
            return [self._item(item) if _is_call(item) else item for item in value]
        return value

    def _item(self, item: object) -> Schedule:
        """One of many schedules, which may have been built with others."""
        call = self.alike.built.get(id(item))
        built: Schedule = self.schedule(item) if call is None else value_of(call)
        return built
