"""How every widget of the explorer's page looks, and how an error is shown."""

from html import escape
from pathlib import Path
from typing import Any

__all__ = ["error_html", "stylesheet", "wide"]


def stylesheet() -> str:
    """The styles inside each widget."""
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def error_html(error: Exception | str) -> str:
    """An error as HTML: whatever a user typed stays text."""
    text = " ".join(str(error).split()).removeprefix("explore: ")
    return f'<div class="explorer-error" role="alert">{escape(text)}</div>' if text else ""


def wide() -> dict[str, Any]:
    """The settings of a widget that is as wide as the column that holds it."""
    return {"stylesheets": [stylesheet()], "sizing_mode": "stretch_width"}
