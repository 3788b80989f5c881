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
SECTIONS = {
    "": "Start",
    "tutorials": "Tutorials",
    "how_to": "How-to",
    "reference": "Reference",
}


def first_sentence(app: Sphinx, page: str) -> str:
    """The first sentence of a page's first paragraph."""
    for paragraph in app.env.get_doctree(page).findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if text:
            return text.split(". ")[0].rstrip(".:")
    return ""


def is_generated(page: str) -> bool:
    """Whether a page describes one name of the API."""
    return "/generated/" in page


def lines_of(app: Sphinx, pages: list[str]) -> Iterator[str]:
    """A line per page."""
    for page in pages:
        title = app.env.titles[page].astext()
        address = app.builder.get_target_uri(page)
        summary = first_sentence(app, page)
        yield f"- [{title}]({app.config.html_baseurl}{address})" + (f": {summary}" * bool(summary))


def index(app: Sphinx, pages: list[str]) -> str:
    """The text of llms.txt."""
    parts = [f"# {app.config.project}", "", f"> {SUMMARY}"]
    for folder, heading in SECTIONS.items():
        inside = [page for page in pages if page.rpartition("/")[0].split("/")[0] == folder]
        parts += ["", f"## {heading}", "", *lines_of(app, inside)]
    return "\n".join(parts) + "\n"


def write(app: Sphinx, failure: Exception | None) -> None:
    """Write both files beside the pages, after a build of HTML without an exception."""
    if failure or app.builder.format != "html":
        return
    pages, out = sorted(app.env.found_docs), Path(app.outdir)
    (out / "llms.txt").write_text(index(app, pages), encoding="utf-8")
    sources = [Path(app.env.doc2path(page)) for page in pages if not is_generated(page)]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    (out / "llms-full.txt").write_text("\n\n".join(texts), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the writer with Sphinx."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
