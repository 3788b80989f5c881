"""Refused commands print one line on standard error, exit with 2, and change no file."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from refused_calls import FOLDER

from fastlr.cli.commands import app

COMMANDS = re.findall(r"^\$ fastlr (.*)\n(.+)", (FOLDER / "commands.txt").read_text(), re.MULTILINE)

FILES = {
    "family.toml": b"family = 'linear'\nsteps = 10\nparameters = {init = [0.1, 0.2], "
    b"end = 0.0, steps = 10}\n",
    "law.toml": b"law = 'Annealing'\nconstants = {L0 = 2.6, A = 0.6, alpha = 0.45, C = "
    b"0.5, decay = 0.99}\n",
    "broken.json": b'{"fastlr": 1',
    "list.json": b"[1]",
    "spec.json": b'{"fastlr": 1, "schedule": {"linear": {"init": 1.0, "end": 0.0, "steps": -5}}}',
    "broken.toml": b"family = ",
    "bad.toml": b"family = 'linear'\nsteps = 0\n",
    "binary.json": b"\xff\xfe{",
}


@pytest.mark.parametrize(("line", "words"), COMMANDS, ids=[line for line, _ in COMMANDS])
def test_a_command_is_refused_in_a_line_and_leaves_nothing(line, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, data in FILES.items():
        Path(name).write_bytes(data)
    done = CliRunner().invoke(app, shlex.split(line))
    assert (done.exit_code, done.stdout) == (2, "")
    [printed] = done.stderr.splitlines()
    assert printed.startswith("error: ")
    assert words.lower().rstrip(".") in printed.lower()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == FILES
