"""The card that opens a config file: what the file leaves to its program is typed beside it."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastlr.configs import from_config
from fastlr.explorer.code import is_written
from fastlr.explorer.styles import error_html, wide
from fastlr.explorer.view import Entry, number, whole
from fastlr.schedule.schedule import Schedule

__all__ = ["ConfigCard"]

_MOST_CONFIG = 2**20  # bytes of a config file


class ConfigCard:
    """A field for a config file, and what a config may leave to its program.

    ``on_open`` is called with the expression of the schedule, or with the schedule if no expression
    can hold it.
    """

    def __init__(self, on_open: Callable[[Entry, Schedule | None], None]) -> None:
        import panel as pn

        self._on_open = on_open
        self._file = pn.widgets.FileInput(margin=(0, 0, 6, 0), **wide())
        self._given = {
            key: pn.widgets.TextInput(
                name=name, placeholder="if needed", margin=(0, 6, 4, 0), **wide()
            )
            for key, name in (
                ("lr", "Base rate"),
                ("steps", "Steps"),
                ("steps_per_epoch", "Steps per epoch"),
            )
        }
        self._file_error = pn.pane.HTML(margin=0, **wide())
        for widget in (self._file, *self._given.values()):
            widget.param.watch(self._opened, "value")
        self.layout = pn.Card(
            self._file,
            self._file_error,
            pn.Row(*self._given.values(), margin=0, **wide()),
            title="Open a config file",
            collapsed=True,
            hide_header=False,
            header_background="transparent",
            header_color="inherit",
            active_header_background="transparent",
            css_classes=["explorer-card"],
            margin=(0, 0, 8, 0),
            **wide(),
        )

    def _opened(self, _: Any) -> None:
        """Read a config that the browser sent; its curve is an expression like any other."""
        if not self._file.value:
            return
        name = Path(str(self._file.filename)).name
        try:
            options = {
                "lr": number("base rate", self._given["lr"].value, above=True),
                "steps": whole("steps", self._given["steps"].value),
                "steps_per_epoch": whole("steps per epoch", self._given["steps_per_epoch"].value),
            }
            schedule = _read_config(name, self._file.value, options)
        except Exception as error:
            self._file_error.object = error_html(error)
            return
        self._file_error.object = ""
        label = Path(name).stem[:80]
        if is_written(schedule):
            self._on_open(Entry(repr(schedule), label), None)
        else:
            self._on_open(Entry("", label), schedule)


def _read_config(name: str, data: bytes, options: dict[str, Any]) -> Schedule:
    """The schedule of a config file, read as data in a folder of its own."""
    if len(data) > _MOST_CONFIG:
        raise ValueError(f"{name}: a config must have at most 1 MiB, got {len(data):,} bytes")
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            found = from_config(path, **options)
        except (ValueError, TypeError, OSError) as error:
            raise ValueError(str(error).replace(f"{folder}/", "")) from None
    if not isinstance(found, Schedule):
        raise ValueError(f"{name}: a plateau rule has no rates without metrics: {found!r:.200}")
    return found
