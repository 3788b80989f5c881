"""Links of the documentation lead to files of the repository, and its reference is complete."""

import re
from pathlib import Path

import pytest

import fastlr as flr

PROJECT = Path(__file__).resolve().parents[1]
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(PROJECT)) for page in PAGES])
def test_links_lead_to_files(page):
    links = LINK.findall(CODE.sub("", page.read_text()))
    assert [link for link in links if not (page.parent / link).exists()] == []


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


def test_the_reference_describes_no_name_twice():
    names = described()
    assert sorted({name for name in names if names.count(name) > 1}) == []
