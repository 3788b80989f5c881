"""The base type of schedules, which holds the address of a program.

The C library has one that evaluates the usual calls of a schedule, ``s(t)`` and ``s(t, out)``. A
method in Python takes longer to enter than a rate takes to compute. Without the library the base
is a plain class, and every call enters the method.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["PlainBase", "ScheduleBase", "calls_in_c", "choose_in_blocks", "choose_in_process"]


class PlainBase:
    """The base without C."""

    __slots__ = ("_address",)

    _address: int  # of a program of one lane, or of one without steps
    __call__: Any


def _nothing(*_: object) -> None:
    """Tell no library."""


def _in_c() -> Any:
    """Return the base of the C library and what tells it of backends, or None if it has none.

    The library is used only after ``fastlr.kernels.native`` has found that it fits these sources.
    Until then its base leaves every call to Python.
    """
    made = list[type]()
    try:
        library = import_module("fastlr._native").lib
        told = library.choose_in_process, library.choose_in_blocks
        done = library.append_schedule_base(id(made))
    except (ImportError, OSError, SystemError, AttributeError):  # absent, broken or out of date
        return None
    return (made[0], *told) if done else None


# whether C is the backend of the process; that a block may have another, so that calls ask
choose_in_process: Callable[[bool], None]
choose_in_blocks: Callable[[], None]

if TYPE_CHECKING:
    ScheduleBase = PlainBase
else:
    ScheduleBase, choose_in_process, choose_in_blocks = _in_c() or (PlainBase, _nothing, _nothing)

calls_in_c: bool = ScheduleBase is not PlainBase
