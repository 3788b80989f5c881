"""Write llms.txt, an index of the site for language models, in the form of llmstxt.org.

`llms.txt` has one line per page: its title, its address and its first sentence. Beside it,
`llms-full.txt` has the text of all pages but those of the API reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

SUMMARY = (
    "fastlr is a Python library of learning-rate schedules as exact, immutable values. A schedule "
    "is a pure function of the step: `s(0)` is the rate of the first update."
)


def first_sentence(app: Sphinx, page: str) -> str:
    """The first sentence of a page's first paragraph."""
    for paragraph in app.env.get_doctree(page).findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if text and not isinstance(paragraph.parent, nodes.entry):  # not a cell of a table
            return text.split(". ")[0].rstrip(".:")
    return ""


def with_children(app: Sphinx, page: str, seen: set[str]) -> Iterator[str]:
    """A page and those below it in the tables of contents, each where it comes first."""
    if page not in seen:
        seen.add(page)
        yield page
        for child in app.env.toctree_includes.get(page, []):
            yield from with_children(app, child, seen)


def is_generated(page: str) -> bool:
    """Whether a page describes one name of the API."""
    return "/generated/" in page


def lines_of(app: Sphinx, pages: list[str]) -> Iterator[str]:
    """A line per page: its title, its address and its first sentence."""
    for page in pages:
        title = app.env.titles[page].astext()
        address = app.builder.get_target_uri(page)
        summary = first_sentence(app, page)
        yield f"- [{title}]({app.config.html_baseurl}{address})" + (f": {summary}" * bool(summary))


def index(app: Sphinx) -> str:
    """The text of llms.txt, with a section per entry of the front page."""
    parts, seen = [f"# {app.config.project}", "", f"> {SUMMARY}"], set[str]()
    for top in app.env.toctree_includes[app.config.root_doc]:
        heading = app.env.titles[top].astext()
        parts += ["", f"## {heading}", "", *lines_of(app, [*with_children(app, top, seen)])]
    return "\n".join(parts) + "\n"


def write(app: Sphinx, failure: Exception | None) -> None:
    """Write both files beside the pages, after a build of HTML without an exception."""
    if failure or app.builder.format != "html":
        return
    pages, out = sorted(app.env.found_docs), Path(app.outdir)
    (out / "llms.txt").write_text(index(app), encoding="utf-8")
    sources = [Path(app.env.doc2path(page)) for page in pages if not is_generated(page)]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    (out / "llms-full.txt").write_text("\n\n".join(texts), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the writer with Sphinx."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
