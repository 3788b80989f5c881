"""Use the C sources by pkg-config, by CMake and as a static library: all give Python's bits.

Each test compiles the whole library, which takes 30 s, so they are exhaustive.
"""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import fastlr as flr

INCLUDE = Path(flr.get_include())
EXAMPLE = Path(flr.__file__).parents[1] / "examples" / "rates.c"
CC = os.environ.get("CC", "cc")
SCHEDULE = flr.wsd(0.1, warmup=100, stable=1_000, cooldown=900, shape="1-sqrt")

CMAKE = """
cmake_minimum_required(VERSION 3.16)
project(mine C)
find_package(fastlr {version} REQUIRED)
add_executable(rates {example})
target_link_libraries(rates PRIVATE fastlr::fastlr)
"""


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"needs {tool}")


def run(folder: Path, *command: object, **env: str) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    env = {**os.environ, **env}
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, env=env)


def output(folder: Path, *command: object, **env: str) -> str:
    done = run(folder, *command, **env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def check_bits(folder: Path, rates: Path) -> None:
    SCHEDULE.program.tofile(folder / "program")
    printed = output(folder, rates, "program", 0, 2_100, 1).split()[1::2]
    assert np.array(printed, dtype=float).tobytes() == SCHEDULE.table(2_100).tobytes()


def asked(folder: Path, option: str) -> list[str]:
    """Return what pkg-config prints."""
    env = {"PKG_CONFIG_PATH": str(INCLUDE / "pkgconfig")}
    return output(folder, "pkg-config", option, "fastlr", **env).split()


@pytest.mark.exhaustive
@needs("pkg-config")
def test_pkg_config(tmp_path):
    assert asked(tmp_path, "--modversion") == [flr.__version__]
    [folder] = asked(tmp_path, "--variable=sources")
    flags, libraries = asked(tmp_path, "--cflags"), asked(tmp_path, "--libs")
    sources = Path(folder).resolve().glob("*.c")
    output(tmp_path, CC, *flags, EXAMPLE, *sources, *libraries, "-o", "rates")
    check_bits(tmp_path, tmp_path / "rates")


def configured(folder: Path, version: str) -> subprocess.CompletedProcess[str]:
    (folder / "CMakeLists.txt").write_text(CMAKE.format(version=version, example=EXAMPLE))
    return run(folder, "cmake", "-S", ".", "-B", "made", f"-Dfastlr_DIR={INCLUDE}/cmake")


@pytest.mark.exhaustive
@needs("cmake")
def test_cmake(tmp_path):
    done = configured(tmp_path, f"{flr.__version__} EXACT")
    assert done.returncode == 0, done.stderr
    output(tmp_path, "cmake", "--build", "made")
    check_bits(tmp_path, tmp_path / "made" / "rates")


@needs("cmake")
@pytest.mark.parametrize("version", ["99.0", "0.0", "1"])
def test_cmake_refuses_another_version(tmp_path, version):
    done = configured(tmp_path, version)
    assert done.returncode != 0
    assert f"version: {flr.__version__}" in done.stderr


@pytest.mark.exhaustive
@needs("make")
def test_a_static_library(tmp_path):
    output(tmp_path, "make", "-f", INCLUDE / "static.mk")
    output(tmp_path, CC, f"-I{INCLUDE}", EXAMPLE, "libfastlr.a", "-lm", "-o", "rates")
    check_bits(tmp_path, tmp_path / "rates")
