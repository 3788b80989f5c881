"""Show schedules as a grid of pictures, each with the code that builds it.

A line is a schedule, as Python writes it. The `steps` option says how many steps are shown; without
it, each picture has the length of its run.

```{schedules}
:steps: 120

flr.linear(1, 0.1, 100)
flr.cosine(1, 0.1, 100).clip(0.2, 0.8)
```

`{published-runs}` shows every recipe.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import fastlr as flr
from fastlr.drawing.cards import lane_colors, sketch


def picture(schedule: flr.Schedule, code: str, below: nodes.Node, stop: int | None) -> nodes.Node:
    """A curve, its code, and a line below."""
    drawn = sketch([(schedule, lane_colors(1)[0])], stop)
    return nodes.container(
        "",
        nodes.raw("", drawn, format="html"),
        nodes.literal_block(code, code, language="python"),
        nodes.paragraph("", "", below),
        classes=["schedule-picture"],
    )


def grid(pictures: list[nodes.Node]) -> list[nodes.Node]:
    """All pictures, in as many columns as the page has room for."""
    return [nodes.container("", *pictures, classes=["schedule-gallery"])]


class Schedules(SphinxDirective):
    """The schedules of the lines, with a link to the reference of each."""

    has_content = True
    option_spec = {"steps": directives.positive_int}  # noqa: RUF012 (as Sphinx has it)

    def run(self) -> list[nodes.Node]:
        """Build the grid."""
        stop = self.options.get("steps")
        lines = [line for line in self.content if line]
        return grid([picture(read(code), code, self.link(code), stop) for code in lines])

    def link(self, code: str) -> nodes.Node:
        """The constructor of a line, or the method after it, with a link to its reference."""
        method = re.search(r"\)\.(\w+)\(", code)
        name = f"Schedule.{method[1]}" if method else code.removeprefix("flr.").partition("(")[0]
        shown: Any = nodes.literal("", name)
        return addnodes.pending_xref(
            "",
            shown,
            refdomain="py",
            reftype="obj",
            reftarget=f"fastlr.{name}",
            refdoc=self.env.docname,
            refwarn=True,
        )


class PublishedRuns(SphinxDirective):
    """All recipes, with the length of each run."""

    def run(self) -> list[nodes.Node]:
        """Build the grid."""
        return grid([self.run_of(name) for name in flr.recipes()])

    def run_of(self, name: str) -> nodes.Node:
        """The picture of one run."""
        recipe = flr.recipe(name)
        below = nodes.Text(f"{recipe.title}, {recipe.steps:,} steps")
        code = f'flr.recipe("{name}")'
        return picture(recipe.schedule, code, below, recipe.steps)


def read(code: str) -> flr.Schedule:
    """The schedule of a line."""
    return flr.parse(code.replace("flr.", ""))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("schedules", Schedules)
    app.add_directive("published-runs", PublishedRuns)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
