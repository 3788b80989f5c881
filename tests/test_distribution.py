"""Test the contents of a release: archives that are reproducible to the byte, metadata, links."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from email.message import Message
from email.parser import Parser
from pathlib import Path
from runpy import run_path

import pytest

import fastlr as flr

PROJECT = Path(flr.__file__).parents[1]
FILES = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "CHANGELOG.md")
URL = "https://example.org/owner/fastlr"


def copied(to: Path) -> Path:
    """A copy of what archives are built from."""
    skipped = shutil.ignore_patterns("__pycache__", "_native.*", "opcodes.h")
    for folder in ("fastlr", "csrc"):
        shutil.copytree(PROJECT / folder, to / folder, ignore=skipped)
    for name in FILES:
        shutil.copy(PROJECT / name, to)
    return to


def setup(
    folder: Path, *arguments: str, umask: int = -1, **env: str
) -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, "FASTLR_NATIVE": "off", **env}
    command = [sys.executable, "setup.py", "-q", *arguments]
    return subprocess.run(
        command, cwd=folder, env=settings, capture_output=True, text=True, umask=umask
    )


@pytest.mark.parametrize("command", ["sdist", "bdist_wheel"])
@pytest.mark.exhaustive(one_in=5)
def test_archives_are_the_same_to_the_byte(tmp_path, command):
    """Whoever builds them, where and when."""
    found = set()
    for name in ("one", "another"):
        folder = copied(tmp_path / name)
        os.utime(folder / "README.md", (10**9, 10**9 + len(found)))
        (folder / "LICENSE").chmod(0o664 if found else 0o600)
        umask = 0o002 if found else 0o077
        done = setup(folder, command, umask=umask, SOURCE_DATE_EPOCH="1700000000")
        assert done.returncode == 0, done.stderr
        [archive] = (folder / "dist").iterdir()
        found.add(hashlib.sha256(archive.read_bytes()).hexdigest())
    assert len(found) == 1


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return copied(tmp_path_factory.mktemp("checkout") / "fastlr")


def metadata(checkout: Path, **env: str) -> Message:
    shutil.rmtree(checkout / "info", ignore_errors=True)
    (checkout / "info").mkdir()
    done = setup(checkout, "dist_info", "--output-dir", "info", **env)
    assert done.returncode == 0, done.stderr
    [path] = (checkout / "info").glob("*.dist-info/METADATA")
    return Parser().parsestr(path.read_text())


def test_metadata_have_the_address_that_the_release_gives(checkout):
    found = metadata(checkout, FASTLR_URL=URL)
    assert found["Author"] == "The fastlr developers"
    assert found["Version"] == flr.__version__
    assert f"Source, {URL}" in found.get_all("Project-URL")
    links = re.findall(r"\]\(([^)]*)\)", str(found.get_payload()))
    assert f"{URL}/blob/HEAD/docs/presets.md" in links
    assert f"{URL}/raw/HEAD/docs/runs.png" in links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_metadata_without_an_address_have_no_broken_links(checkout):
    found = metadata(checkout, FASTLR_URL="")
    assert found.get_all("Project-URL") is None
    text = str(found.get_payload())
    assert re.findall(r"\]\((?!https?:|#)[^)]*\)", text) == []
    assert "The documentation: tutorials" in text


@pytest.mark.parametrize("url", ["example.org/owner/fastlr", "https://example.org", "http://a/b/c"])
def test_an_address_of_another_form_is_refused(checkout, url):
    done = setup(checkout, "--version", FASTLR_URL=url)
    assert done.returncode != 0
    assert f"FASTLR_URL must be https://HOST/OWNER/NAME, got {url!r}" in done.stderr


def test_the_tools_of_developers_are_no_extras(checkout):
    extras = set(metadata(checkout).get_all("Provides-Extra"))
    assert extras == {
        *(
            "all",
            "cli",
            "configs",
            "dask",
            "docs",
            "explore",
            "fit",
            "jit",
            "labels",
            "plot",
            "test",
            "zarr",
        )
    }


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        (["cc", "-shared", "-Wl,-rpath,/opt/lib", "-L/opt/lib"], ["cc", "-shared", "-L/opt/lib"]),
        (["cc", "-Wl,-rpath=/opt/lib", "-Wl,-R,/opt"], ["cc"]),
        (["cc", "-Wl,-rpath", "-Wl,/opt/lib", "-O2"], ["cc", "-O2"]),
        (["cc", "-rpath", "/opt/lib"], ["cc"]),
        (["cc", "-Wl,-O1", "-Wl,--as-needed"], ["cc", "-Wl,-O1", "-Wl,--as-needed"]),
    ],
)
def test_the_linker_forgets_run_paths(command, kept):
    assert (
        run_path(str(PROJECT / "csrc" / "compiler_flags.py"))["without_run_paths"](command) == kept
    )


def test_the_page_lists_every_way_to_install_that_is_tested():
    script = (PROJECT / ".ci" / "matrix").read_text()
    of_c, others = re.search(
        r'^C="(.*?)"\nALL="(.*?) \$C"', script, re.DOTALL | re.MULTILINE
    ).groups()
    page = (PROJECT / "docs" / "reproducibility.md").read_text()
    table = page.partition("## Every way to install it")[2].partition("\n\nThe tests")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    cells = re.findall("`(.*?)`", " ".join(rows))
    assert sorted(cells) == sorted([*others.split(), *of_c.split()])
