"""Links of the documentation lead to files, the reference is complete, and the code on pages runs.

The code of a page that needs another library is skipped if it is not installed, unless
``FASTLR_REQUIRE`` names the library. ``.ci/run`` runs every page.
"""

import importlib
import multiprocessing
import re
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import page_code
import pytest
from other_libraries import require

import fastlr as flr
from fastlr.presets._rules import PRESETS

PROJECT = Path(__file__).resolve().parents[1]
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")


def test_links_lead_to_files():
    broken = {
        (page.name, link)
        for page in PAGES
        for link in LINK.findall(CODE.sub("", page.read_text()))
        if not (page.parent / link).exists()
    }
    assert broken == set()


def test_the_readme_is_short_and_its_measurements_are_those_of_the_page():
    """`python -m bench speed --write` writes both."""
    readme = (PROJECT / "README.md").read_text()
    rows = re.search(r"<!-- speed -->\n(.*)\n<!-- /speed -->", readme, re.DOTALL)[1].splitlines()
    speed = (PROJECT / "docs" / "speed.md").read_text().splitlines()
    assert len(rows) == 7
    assert [row for row in rows if row not in speed] == []
    assert len(readme.splitlines()) <= 150


# -- code ------------------------------------------------------------------------------------------

# other tests run these pages: tests/adapters/test_adapters.py a section at a time, as no
# environment has all packages at once, and tests/sweeps/test_cluster_page.py as programs
ELSEWHERE = {PROJECT / "docs" / "adapters.md", PROJECT / "docs" / "how_to" / "cluster.md"}
WITH_CODE = [
    page
    for page in PAGES
    if page not in ELSEWHERE and {kind for kind, _ in page_code.blocks(page)} & {*page_code.RUN}
]


@pytest.fixture(scope="module")
def process():
    """Other libraries leave threads and hooks behind. A process of their own has them once."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        yield executor


def compiles(page):
    """Whether a page compiles the C library, which takes half a minute."""
    return "\n$ cc " in page.read_text()


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            page,
            id=str(page.relative_to(PROJECT)),
            marks=[pytest.mark.exhaustive] if compiles(page) else [],
        )
        for page in WITH_CODE
    ],
)
def test_the_code_of_a_page_runs(page, process):
    require(*page_code.packages(page))
    if compiles(page) and shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    process.submit(page_code.run_page, page).result()


def test_no_block_is_left_out():
    """A block of another kind, or one that is indented, would not be run."""
    for page in PAGES:
        kinds = {kind.split()[0] if kind else "" for kind, _ in page_code.blocks(page)}
        assert kinds <= {*page_code.RUN, *page_code.DATA, *page_code.CELLS}, page
        text = page.read_text()
        assert not re.search(r"^[ >]+```", text, re.MULTILINE), page
        cells = "{code-cell}" in kinds
        assert cells == text.startswith("---\nfile_format: mystnb\n") or not cells, page


# -- reference -------------------------------------------------------------------------------------

# modules whose public names the reference describes, beside those of fastlr itself
MODULES = ("jit", "loss_laws", "peak_laws", "presets")
SUMMARY = re.compile(r"currentmodule:: (\S+)\n\n.*?:toctree: generated\n\n(.*?)```", re.DOTALL)


def described():
    """The names to which docs/reference gives a page."""
    pages = [page.read_text() for page in sorted(PROJECT.glob("docs/reference/*.md"))]
    summaries = [found for page in pages for found in SUMMARY.findall(page)]
    return [f"{module}.{name}" for module, names in summaries for name in names.split()]


def test_the_reference_describes_every_public_name():
    public = {f"fastlr.{name}" for name in flr.__all__}
    public |= {
        f"fastlr.{module}.{name}" for module in MODULES for name in getattr(flr, module).__all__
    }
    assert sorted(public - set(described())) == []


def test_the_page_of_presets_has_every_preset():
    page = (PROJECT / "docs" / "presets.md").read_text()
    for framework in flr.presets.frameworks():
        importlib.import_module(f"fastlr.presets.{framework}")  # which registers its presets
    assert [name for name in PRESETS if f"`presets.{name}`" not in page] == []


def test_the_reference_describes_no_name_twice():
    names = described()
    assert sorted({name for name in names if names.count(name) > 1}) == []
