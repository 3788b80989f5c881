"""An application made by PyInstaller has all of fastlr: the C backend, presets and C sources."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import fastlr as flr
from fastlr.pyinstaller import hook_folders

PROJECT = Path(__file__).parents[2]
APPLICATION = """
import json
import fastlr as flr

print(json.dumps({
    "backend": flr.backend(),
    "rate": flr.warmup_cosine(6e-4, 20, 600)(100),
    "preset": flr.presets.torch.StepLR(0.1, step_size=30)(60),
    "recipe": flr.recipe("llama3-405b").schedule(8_000),
    "law": flr.loss_laws.__name__,
    "include": flr.get_include(),
}))
"""


def test_the_entry_point_names_the_folder_of_the_hook():
    points = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["entry-points"]
    assert points["pyinstaller40"] == {"hook-dirs": "fastlr.pyinstaller:hook_folders"}
    [folder] = hook_folders()
    assert (Path(folder) / "hook-fastlr.py").is_file()


def test_an_application_has_all_of_fastlr(tmp_path):
    """From the checkout, so that the hook is passed by its folder."""
    pytest.importorskip("PyInstaller")
    (tmp_path / "application.py").write_text(APPLICATION)
    hooks = [f"--additional-hooks-dir={folder}" for folder in hook_folders()]
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", *hooks, "application.py"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    shutil.rmtree(tmp_path / "build")
    done = subprocess.run(
        [tmp_path / "dist" / "application" / "application"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["include"].startswith(str(tmp_path))
    assert found["law"] == "fastlr.loss_laws"
    schedule = flr.warmup_cosine(6e-4, 20, 600)
    with flr.use_backend("native"):
        assert found["rate"] == schedule(100)
    assert (found["backend"], found["preset"], found["recipe"]) == (
        "native",
        flr.presets.torch.StepLR(0.1, step_size=30)(60),
        flr.recipe("llama3-405b").schedule(8_000),
    )
