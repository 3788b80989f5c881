"""The base type of schedules, which holds the address of a program.

The C library has one that evaluates the usual calls of a schedule, ``s(t)`` and ``s(t, out)``. A
method in Python takes longer to enter than a rate takes to compute. Without the library the base
is a plain class, and every call enters the method.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["PlainBase", "ScheduleBase", "calls_in_c"]


class PlainBase:
    """The base without C."""

    __slots__ = ("_address",)

    _address: int  # of a program of one lane, or of one without steps
    __call__: Any


def _in_c() -> Any:
    """Return the base of the C library, or None if it has none.

    The library is used only after ``fastlr.kernels.native`` has found that it fits these sources.
    Until then its base leaves every call to Python.
    """
    made = list[type]()
    try:
        done = import_module("fastlr._native").lib.append_schedule_base(id(made))
    except (ImportError, OSError, SystemError, AttributeError):  # absent, broken or out of date
        return None
    return made[0] if done else None


if TYPE_CHECKING:
    ScheduleBase = PlainBase
else:
    ScheduleBase = _in_c() or PlainBase

calls_in_c: bool = ScheduleBase is not PlainBase
