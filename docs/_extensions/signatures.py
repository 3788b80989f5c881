"""Show the signatures that `help` shows, with types that a reader can look up.

Autodoc evaluates annotations. A rule such as `Rate` then fills a screen with what it is made of.
"""

from __future__ import annotations

import inspect
from typing import Any

from sphinx.application import Sphinx

CALLED = ("class", "function", "method")


def shown(
    app: Sphinx, what: str, name: str, found: Any, options: Any, arguments: str | None, result: str
) -> tuple[str, str] | None:
    """The arguments and the result of a function or class; None leaves them to autodoc."""
    if what not in CALLED or arguments is None:
        return None
    try:
        signature = inspect.signature(getattr(found, "py_func", found))
    except (TypeError, ValueError):
        return None
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    if [each.kind for each in parameters] == [
        inspect.Parameter.VAR_POSITIONAL,
        inspect.Parameter.VAR_KEYWORD,
    ]:
        return "", ""  # constructors build it, not a call of the class
    if what == "class":
        return str(signature.replace(parameters=parameters, return_annotation=signature.empty)), ""
    text = str(signature.replace(parameters=parameters))
    before, arrow, after = text.rpartition(" -> ")
    return (before, after) if arrow else (text, "")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register it with autodoc."""
    app.connect("autodoc-process-signature", shown)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
