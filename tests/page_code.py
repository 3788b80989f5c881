"""Run the code on a page of the documentation, like a reader who types all of it in order.

The language of a block decides what is done with it:

- ``pycon``: each example must print what the page shows.
- ``python``: it is executed, with the names of the blocks before it. If it begins with a comment
  that names a file, ``# train.py``, it is written to that file.
- ``console``: each command after ``$`` is executed in a shell, and must print what the page shows.
- ``toml``, ``yaml``, ``json``, ``c``: a block that begins with the name of a file is written to it.

An HTML comment that begins with ``given`` has the names that a block assumes. The build of the site
executes the cells of notebooks. ``.ci/run`` executes the commands that install, build or test the
package.
"""

import ast
import doctest
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
PARTS = re.compile(
    r"^<!-- given\n(?P<given>.*?)^-->$|^```(?P<kind>[^\n`]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
NAMED = re.compile(r"(?:#|//) ([\w./-]+\.\w+)\n")
COMMAND = re.compile(r"^\$ (.*(?:\n> .*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
OF_CI = re.compile(
    r"pip install|sphinx-build|python -m pytest|python -m bench|\.ci/|ruff|fastlr plot"
)
ADAPTER = re.compile(r"flr\.adapters\.(\w+)")
END = "<end of a command>"
OWN = {"fastlr", "page_fixtures", *sys.stdlib_module_names}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
RUN = ("pycon", "python", "console", "given")
DATA = ("toml", "yaml", "json", "c", "text", "bash")
CELLS = (
    "{code-cell}",
    "{eval-rst}",
    "{toctree}",
    "{include}",
    "{literalinclude}",
    "{command-line}",
    "{schedules}",
    "{published-runs}",
)


def blocks(page: Path) -> list[tuple[str, str]]:
    """The kind and the text of each block."""
    found = PARTS.finditer(page.read_text())
    return [
        ("given", part["given"]) if part["kind"] is None else (part["kind"], part["text"])
        for part in found
    ]


def python_of(kind: str, text: str) -> str:
    """The Python code of a block."""
    if kind == "pycon":
        return "".join(example.source for example in doctest.DocTestParser().get_examples(text))
    return text if kind in ("python", "given") else ""


def packages(page: Path) -> list[str]:
    """The packages, other than fastlr's own, that a page imports."""
    found = set[str]()
    for kind, text in blocks(page):
        for node in ast.walk(ast.parse(python_of(kind, text))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom):
                found.add(str(node.module))
        found |= {*ADAPTER.findall(python_of(kind, text))}
        found |= {"panel"} if "flr.explore(" in python_of(kind, text) else set()
    return sorted({name.split(".")[0] for name in found} - OWN)


def check_output(where: str, want: str, got: str) -> None:
    """Raise if a command printed something else than the page shows."""
    checker, example = doctest.OutputChecker(), doctest.Example(where, want)
    if not checker.check_output(want, got, FLAGS):
        raise AssertionError(f"{where}\n{checker.output_difference(example, got, FLAGS)}")


def run_examples(name: str, text: str, names: dict[str, object]) -> None:
    """Run the examples of a block, which add to ``names``."""
    test = doctest.DocTestParser().get_doctest(text, names, name, name, 0)
    test.globs = names
    runner, said = doctest.DocTestRunner(verbose=False, optionflags=FLAGS), io.StringIO()
    runner.run(test, out=said.write, clear_globs=False)
    if runner.summarize(verbose=False).failed:
        raise AssertionError(said.getvalue())


def run_commands(text: str) -> None:
    """Run the commands of a block in one shell, and compare what each prints."""
    found = [(line, want) for line, want in COMMAND.findall(text) if not OF_CI.search(line)]
    own = f'fastlr() {{ {sys.executable} -m fastlr "$@"; }}; python() {{ {sys.executable} "$@"; }}'
    script = "".join(f"{line}\nprintf '{END}'\n".replace("\n> ", "\n") for line, _ in found)
    done = subprocess.run(
        ["bash", "-c", f"{own}\n{script}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "100"},
        timeout=1_200,
    )
    for (line, want), got in zip(found, done.stdout.split(END), strict=False):
        check_output(line, want, got)


def run_block(name: str, kind: str, text: str, names: dict[str, object]) -> None:
    """Run a block, or write the file that it is."""
    named = NAMED.match(text)
    if named and kind != "pycon":
        Path(named[1]).write_text(text)
    elif kind == "pycon":
        run_examples(name, text, names)
    elif kind in ("python", "given"):
        exec(compile(text, name, "exec"), names)
    elif kind == "console":
        run_commands(text)


def run_page(page: Path) -> None:
    """Run all code of a page in an empty folder that has the examples of the project."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    names: dict[str, object] = {"__name__": "__main__"}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("examples").symlink_to(PROJECT / "examples")
        try:
            for kind, text in blocks(page):
                run_block(str(page.relative_to(PROJECT)), kind, text, names)
        finally:
            os.chdir(before)
