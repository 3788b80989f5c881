"""Show the help of each command of `fastlr`, as a terminal of 80 columns shows it.

```{command-line}
```
"""

from __future__ import annotations

import os
import subprocess
import sys

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from fastlr.cli.commands import app as commands


def help_of(*command: str) -> str:
    """What `fastlr COMMAND --help` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "fastlr", *command, "--help"],
        env={**os.environ, "COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


class CommandLine(SphinxDirective):
    """A section per command."""

    def run(self) -> list[nodes.Node]:
        """Build the sections."""
        return [self.section(name) for name in commands.commands]

    def section(self, name: str) -> nodes.section:
        """The title and the help of a command."""
        title, text = f"fastlr {name}", help_of(name)
        shown = nodes.literal_block(text, text, language="text")
        section = nodes.section("", nodes.title("", title), shown, ids=[nodes.make_id(title)])
        section["names"].append(nodes.fully_normalize_name(title))
        return section


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("command-line", CommandLine)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
