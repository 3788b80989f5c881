"""Test the C library outside of Python, and its build: with and without a compiler, out of date, or
with wrong flags.
"""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from example_schedules import SCHEDULES, TEXTS

import fastlr as flr
from fastlr.kernels import c_sources, native
from fastlr.program.opcodes import (
    DEEPEST,
    FAMILY,
    FIELDS_MOST,
    HEADER,
    HEADER_WORDS,
    MAGIC,
    OPCODES,
    PLATEAU_MAGIC,
    PLATEAU_UPDATES,
    ROW,
    RULE_FIELDS,
    RULE_WORDS,
    RULES,
    UPDATES,
)

PROJECT = Path(__file__).parents[2]
INCLUDE = Path(flr.get_include())
EXAMPLE = PROJECT / "examples" / "rates.c"


def run(*command: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, **options
    )


def compiled(target: Path, *arguments: object) -> Path:
    """Compile a program with the system's compiler; warnings are errors."""
    made = run(
        os.environ.get("CC", "cc"), *arguments, "-Wall", "-Wextra", "-Werror", "-o", target, "-lm"
    )
    assert made.returncode == 0, made.stderr
    return target


# -- the library in a user's own program -----------------------------------------------------------
# The compiler takes half a minute for the library, so the tests that compile it are exhaustive.


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Compile the objects of the library once, and return where they are."""
    build_folder = tmp_path_factory.mktemp("library")
    return [
        f"-I{INCLUDE}",
        *(
            compiled(build_folder / f"{source.stem}.o", "-O2", "-c", source)
            for source in INCLUDE.glob("*.c")
        ),
    ]


@pytest.fixture(scope="module")
def rates(library, tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("rates") / "rates", "-O2", EXAMPLE, *library)


def rates_printed(rates: Path, program: Path, *span: object) -> dict[int, float]:
    done = run(rates, program, *span)
    assert done.returncode == 0, done.stderr
    return {
        int(step): float(rate) for step, rate in (line.split() for line in done.stdout.splitlines())
    }


@pytest.mark.parametrize("text", [text for text in TEXTS if SCHEDULES[text].shape == ()])
@pytest.mark.exhaustive
def test_the_example_prints_the_same_bits(rates, tmp_path, text):
    schedule, path = SCHEDULES[text], tmp_path / "program"
    schedule.program.tofile(path)
    stop = 3_000 if schedule.past_end != "raise" else schedule.steps
    rates_read = rates_printed(rates, path, 0, stop, 7)
    assert rates_read == {t: schedule(t) for t in range(0, stop, 7)}


@pytest.mark.exhaustive
def test_the_example_at_the_last_step(rates, tmp_path):
    path = tmp_path / "program"
    flr.exponential_decay(0.1, rate=1e-15).program.tofile(path)
    last = 2**53
    assert rates_printed(rates, path, last, last + 1, 1) == {
        last: flr.exponential_decay(0.1, rate=1e-15)(last)
    }


@pytest.mark.exhaustive
def test_the_example_refuses_what_is_no_program(rates, tmp_path):
    whole = flr.constant(0.1).program
    short, other = tmp_path / "short", tmp_path / "other"
    whole[:-1].tofile(short)
    np.array([1.0, *whole[1:]]).tofile(other)
    for path in (short, other, tmp_path / "missing"):
        done = run(rates, path, 0, 1, 1)
        assert (done.returncode, done.stdout) == (1, "")
        assert "must be a program" in done.stderr


@pytest.mark.exhaustive
def test_the_example_refuses_a_step_past_the_end(rates, tmp_path):
    path = tmp_path / "program"
    flr.linear(1.0, 0.0, 10).with_past_end("raise").program.tofile(path)
    done = run(rates, path, 8, 12, 1)
    assert done.returncode == 1
    assert "step 10" in done.stderr


IN_CPP = r"""
#include <fastlr.h>
#include <cstdio>
#include <vector>

int main(int, char **arguments) {
    std::vector<double> program(4096), out(5);
    std::FILE *file = std::fopen(arguments[1], "rb");
    program.resize(std::fread(program.data(), sizeof(double), program.size(), file));
    std::fclose(file);
    if (!fastlr_is_program(program.data(), program.size())) return 1;
    fastlr_lanes lanes = {0, fastlr_count(program.data())};
    fastlr_table(program.data(), lanes, {0, 1, 5}, {out.data(), 40, 8, false});
    for (double rate : out) std::printf("%.17g\n", rate);
}
"""


@pytest.mark.exhaustive
def test_the_header_in_cpp(library, tmp_path):
    schedule = flr.cosine(0.1, 0.0, 5)
    schedule.program.tofile(tmp_path / "program")
    (tmp_path / "mine.cpp").write_text(IN_CPP)
    cpp = os.environ.get("CXX", "c++")
    made = run(cpp, "-std=c++11", tmp_path / "mine.cpp", *library, "-lm", "-o", tmp_path / "mine")
    assert made.returncode == 0, made.stderr
    printed = run(tmp_path / "mine", tmp_path / "program").stdout.split()
    assert [float(rate) for rate in printed] == schedule.table(5).tolist()


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "flags", [["-O0"], ["-O3", "-march=native"], ["-O1", "-std=c11", "-pedantic"]], ids=" ".join
)
def test_no_flags_change_a_bit(tmp_path, flags):
    program = flr.wsd(0.1, warmup=100, stable=1_000, cooldown=900, shape="1-sqrt").program
    program.tofile(tmp_path / "program")
    made = compiled(tmp_path / "rates", *flags, f"-I{INCLUDE}", EXAMPLE, *INCLUDE.glob("*.c"))
    rates_read = rates_printed(made, tmp_path / "program", 0, 2_100, 1)
    assert (
        list(rates_read.values())
        == flr.wsd(0.1, warmup=100, stable=1_000, cooldown=900, shape="1-sqrt")
        .table(2_100)
        .tolist()
    )


NOT_ALLOWED = r"""
#include <fastlr.h>
#include <stdio.h>

int main(int count, char **arguments) {
    static double program[4096];
    double out[3] = {7.0, 7.0, 7.0};
    int64_t steps[] = {-1, INT64_MIN, 5, (INT64_C(1) << 53) + 1, 4};
    FILE *file = fopen(arguments[1], "rb");
    size_t size = fread(program, sizeof(double), 4096, file);
    fclose(file);
    if (count != 2 || !fastlr_is_program(program, size)) return 1;
    for (int i = 0; i < 5; i++) {
        fastlr_rates(program, (fastlr_lanes){1, 3}, steps[i], out);
        printf("%d %d %d %d\n", out[0] == 7.0, out[1] != out[1], out[2] != out[2],
               fastlr_rate(program, steps[i]) != fastlr_rate(program, steps[i]));
    }
    puts(FASTLR_VERSION);
    printf("%d.%d.%d\n", FASTLR_VERSION_MAJOR, FASTLR_VERSION_MINOR, FASTLR_VERSION_PATCH);
    return 0;
}
"""


@pytest.mark.exhaustive
def test_rates_of_a_step_that_is_not_allowed_are_nan(library, tmp_path):
    """Only the lanes for which ``fastlr_rate`` is NaN are NaN. The header has the version."""
    batch = flr.linear([1.0, 2.0, 3.0], 0.0, 5).with_past_end("raise")
    batch.program.tofile(tmp_path / "program")
    (tmp_path / "mine.c").write_text(NOT_ALLOWED)
    made = compiled(tmp_path / "mine", "-O2", tmp_path / "mine.c", *library)
    lines = run(made, tmp_path / "program").stdout.splitlines()
    assert lines == ["1 1 1 1"] * 4 + ["1 0 0 0"] + [flr.__version__] * 2


PLATEAU = r"""
#include <fastlr.h>
#include <math.h>
#include <stdio.h>

int main(int count, char **arguments) {
    double rule[64], metrics[] = {1.0, 2.0, 3.0, 0.5, 0.5}, scales[5], scale = 1.0, best = INFINITY;
    int32_t bad = 0, cool = 0;
    FILE *file = fopen(arguments[1], "rb");
    size_t size = fread(rule, sizeof(double), 64, file);
    fclose(file);
    if (count != 2 || !fastlr_is_rule(rule, size, 1) || fastlr_is_rule(rule, size - 1, 1)) return 1;
    fastlr_state state = {&scale, &best, &bad, &cool, NULL, NULL};
    fastlr_metrics of = {metrics, 5, 1, 0};
    fastlr_plateau(rule, (fastlr_lanes){0, 1}, of, state, scales, 1);
    for (int i = 0; i < 5; i++) printf("%.17g\n", scales[i]);
    return 0;
}
"""


@pytest.mark.exhaustive
def test_a_plateau_rule_in_c(library, tmp_path):
    rule = flr.Plateau(patience=0, factor=0.3)
    rule.buffer.tofile(tmp_path / "rule")
    (tmp_path / "mine.c").write_text(PLATEAU)
    made = compiled(tmp_path / "mine", "-O2", tmp_path / "mine.c", *library)
    printed = run(made, tmp_path / "rule").stdout.split()
    assert [float(scale) for scale in printed] == rule.replay([1.0, 2.0, 3.0, 0.5, 0.5]).tolist()


# -- one table, one layout -------------------------------------------------------------------------


def test_the_header_is_made_from_the_opcodes():
    text = (INCLUDE / "opcodes.h").read_text()
    numbers = {name: int(number) for name, number in re.findall(r"(\w+) = (\d+)", text)}
    assert {row.name.upper(): i for i, row in enumerate(OPCODES)}.items() <= numbers.items()
    assert {
        f"HEADER_{name.upper()}": i for i, name in enumerate(HEADER_WORDS)
    }.items() <= numbers.items()
    layout = {
        "HEADER": HEADER,
        "FAMILY": FAMILY,
        "ROW": ROW,
        "FIELDS_MOST": FIELDS_MOST,
        "DEEPEST": DEEPEST,
    }
    assert layout.items() <= numbers.items()
    assert numbers["OPCODES"] == len(OPCODES)
    adaptive = [(update, RULES[update].fields) for update in UPDATES[PLATEAU_UPDATES:]]
    named = (("RULE", RULE_WORDS), ("FIELD", RULE_FIELDS), ("UPDATE", UPDATES), *adaptive)
    for prefix, names in named:
        assert {
            f"{prefix.upper()}_{name.upper()}": i for i, name in enumerate(names)
        }.items() <= numbers.items()
    parts = ", ".join(f'"{layout.parts}"' for layout in RULES.values())
    assert f"#define RULE_PARTS {{{parts}}}\n" in text
    assert f"#define MAGIC {MAGIC!r}" in text
    assert f"#define PLATEAU_MAGIC {PLATEAU_MAGIC!r}" in text
    assert f'"{c_sources.digest()}"' in text


def test_every_opcode_has_its_case():
    """Each dispatch of the C library takes the table of curves, and names every other opcode;
    ``ranges.h`` leaves composites out, and names curves in patches.
    """
    composites = {row.name for row in OPCODES if row.rises is None} - {"sampled"}
    tables = (INCLUDE / "formulas.h").read_text().split("#define CURVES_STEP_BY_STEP")
    patched, others = (re.findall(r"CURVE\((\w+),", table) for table in tables)
    assert len(patched + others) == len({*patched, *others}) > len(others) > 0
    for header in ("segments", "blocks", "ranges"):
        text = (INCLUDE / f"{header}.h").read_text()
        table, listed = "CURVES", patched + others
        if header == "ranges":
            table, listed = "CURVES_STEP_BY_STEP", others
        assert text.count(f"{table}(CURVE, FINE_CURVE)") == 1
        for name in (row.name for row in OPCODES if row.name.upper() not in listed):
            if not (header == "ranges" and name in composites):
                assert re.search(rf"\b{name.upper()}\b", text), (header, name)


def test_an_unknown_instruction_set_is_refused():
    with pytest.raises(
        ValueError, match=r"use_instruction_set: name must be one of .*'baseline', got 'sse9'"
    ):
        native.use_instruction_set("sse9")


# -- the build -------------------------------------------------------------------------------------
# A whole build takes the compiler half a minute. The exhaustive tests share one. The others only
# build what fails at once.

AWAY = "/opt/of-the-builder/lib"


def copied(to: Path) -> Path:
    """Copy the files that the package is built from."""
    for folder in ("fastlr", "csrc"):
        left_out = shutil.ignore_patterns("__pycache__", "_native.*", "opcodes.h")
        shutil.copytree(PROJECT / folder, to / folder, ignore=left_out)
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, to)
    return to


@pytest.fixture
def checkout(tmp_path):
    """Return a checkout that is not built."""
    return copied(tmp_path)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return a built checkout; on Linux its linker adds a run path."""
    folder = copied(tmp_path_factory.mktemp("built"))
    linker = f"{os.environ.get('CC', 'cc')} -shared -Wl,-rpath,{AWAY}"
    env = {"LDSHARED": linker} if sys.platform == "linux" else {}
    done = build(folder, FASTLR_NATIVE="require", **env)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def built_copy(built, tmp_path):
    """Return a copy to change; compiled objects are not compiled again."""
    return shutil.copytree(built, tmp_path / "copy")


def build(checkout: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return run(
        sys.executable,
        "setup.py",
        "build_ext",
        "--inplace",
        cwd=checkout,
        env={**os.environ, **env},
    )


@pytest.mark.parametrize(
    "flags", [["-O3", "-ffast-math"], ["-Ofast"], ["-O2", "-ffinite-math-only"]], ids=" ".join
)
def test_flags_that_would_change_rates_are_refused(tmp_path, flags):
    made = run(
        os.environ.get("CC", "cc"),
        *flags,
        f"-I{INCLUDE}",
        "-c",
        INCLUDE / "baseline.c",
        "-o",
        tmp_path / "baseline.o",
    )
    assert made.returncode != 0
    assert "fastlr must be compiled without -ffast-math and its like" in made.stderr


STATE = (
    "import fastlr as flr; print(flr.backends()['native']); print(flr.linear(1.0, "
    "0.0, 10)(3), flr.get_include())"
)


def state(checkout: Path) -> tuple[str, str]:
    """Return what the built package reports of its C backend, and a rate."""
    path = os.pathsep.join([str(checkout), str(Path(np.__file__).parents[1])])
    # without site, so that an editable install of fastlr does not lend it its own extension
    done = run(
        sys.executable, "-S", "-c", STATE, cwd=checkout, env={**os.environ, "PYTHONPATH": path}
    )
    assert done.returncode == 0, done.stderr
    reason, rest = done.stdout.splitlines()
    rate, include = rest.split()
    assert include == str(checkout / "csrc")
    return reason, rate


@pytest.mark.exhaustive
def test_a_checkout_that_is_not_built(checkout):
    assert state(checkout) == (
        "the C extension is missing: it is not built; in a checkout, pip install -e . builds it",
        "0.7",
    )


@pytest.mark.exhaustive
def test_a_checkout_that_is_built(built_copy):
    assert state(built_copy) == ("ready", "0.7")

    with (built_copy / "csrc" / "kernels.h").open("a") as kernels:
        kernels.write("\n")
    reason, rate = state(built_copy)
    assert re.fullmatch(
        r"the C extension is out of date: it was built from sources \w{16}, but the sources are "
        r"now \w{16}; build it again",
        reason,
    )
    assert rate == "0.7"

    assert build(built_copy, FASTLR_NATIVE="off").returncode == 0
    assert state(built_copy) == (
        "the C extension is missing: FASTLR_NATIVE=off when fastlr was installed",
        "0.7",
    )


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform != "linux", reason="run paths as ELF has them")
def test_an_extension_names_no_folder_of_the_machine_that_built_it(built):
    [library] = (built / "fastlr").glob("_native.*.so")
    text = library.read_bytes()
    assert AWAY.encode() not in text
    assert str(built).encode() not in text
    assert f"{sys.base_prefix}/lib".encode() not in text


FLAWED = """
import numpy as np, fastlr as flr
s = flr.cosine(1e-3, 1e-5, steps=99_999, exponent=1.7, k=2.3)
print(flr.backend(), s(70_707).hex(), np.float64(1e-310) * 1.0)
"""


@pytest.mark.exhaustive
def test_a_build_undoes_flags_that_would_change_rates(checkout):
    """The build does not make the process flush subnormal numbers to 0 either."""
    assert build(checkout, CFLAGS="-Ofast", FASTLR_NATIVE="require").returncode == 0
    path = os.pathsep.join([str(checkout), str(Path(np.__file__).parents[1])])
    rates_read = run(
        sys.executable, "-S", "-c", FLAWED, cwd=checkout, env={**os.environ, "PYTHONPATH": path}
    ).stdout.split()
    schedule = flr.cosine(1e-3, 1e-5, steps=99_999, exponent=1.7, k=2.3)
    assert rates_read == ["native", schedule(70_707).hex(), "1e-310"]


def test_without_a_compiler_it_is_installed_and_says_why(checkout):
    done = build(checkout, CC="/nowhere/cc")
    assert done.returncode == 0, done.stderr
    reason, rate = state(checkout)
    assert reason.startswith(
        "the C extension is missing: it could not be built when fastlr was installed: "
    )
    assert "/nowhere/cc" in reason
    assert rate == "0.7"


def test_a_build_that_is_required_fails_without_a_compiler(checkout):
    assert build(checkout, CC="/nowhere/cc", FASTLR_NATIVE="require").returncode != 0
    assert not list((checkout / "fastlr").glob("_native*"))


def wheel(checkout: Path, **env: str) -> Path:
    done = run(
        *(sys.executable, "setup.py", "bdist_wheel"), cwd=checkout, env={**os.environ, **env}
    )
    assert done.returncode == 0, done.stderr
    [made] = (checkout / "dist").glob("*.whl")
    return made


def tag_and_purity(made: Path) -> tuple[str, str]:
    """The tag of a wheel, which its name and its own metadata agree on."""
    with zipfile.ZipFile(made) as files:
        text = files.read(f"fastlr-{flr.__version__}.dist-info/WHEEL").decode()
    [tag] = re.findall("^Tag: (.*)$", text, re.MULTILINE)
    assert made.stem == f"fastlr-{flr.__version__}-{tag}"
    [pure] = re.findall("^Root-Is-Purelib: (.*)$", text, re.MULTILINE)
    return tag, pure


@pytest.mark.parametrize("env", [{"CC": "/bin/false"}, {"FASTLR_NATIVE": "off"}], ids=str)
def test_a_wheel_without_the_extension_is_for_every_machine(checkout, env):
    """Otherwise a cache would give it to a machine with a compiler."""
    made = wheel(checkout, **env)
    assert tag_and_purity(made) == ("py3-none-any", "true")
    names = zipfile.ZipFile(made).namelist()
    assert [name for name in names if "_native" in name] == ["fastlr/_native.txt"]
    assert "fastlr/include/fastlr.h" in names


@pytest.mark.exhaustive
def test_a_wheel_with_the_extension_is_for_its_machine(built_copy):
    tag, pure = tag_and_purity(wheel(built_copy, FASTLR_NATIVE="require"))
    assert (tag.startswith("cp311-abi3-"), pure) == (True, "false")


# a compiler whose libraries are for a machine that no Python of these tests runs on; it keeps the
# objects that are there
CROSS = """#!/usr/bin/env python3
import os, subprocess, sys
if "-c" in sys.argv and os.path.exists(sys.argv[sys.argv.index("-o") + 1]):
    sys.exit()
status = subprocess.call([{cc!r}, *sys.argv[1:]])
if not status and "-shared" in sys.argv:
    with open(sys.argv[sys.argv.index("-o") + 1], "r+b") as library:
        library.seek(18)
        library.write(bytes([22, 0]))
sys.exit(status)
"""


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform != "linux", reason="reads the header of ELF files")
def test_an_extension_for_another_machine_is_refused(built_copy, tmp_path):
    for library in built_copy.rglob("_native.*.so"):
        library.unlink()  # links it again
    cross = tmp_path / "cross-cc"
    cross.write_text(CROSS.format(cc=shutil.which(os.environ.get("CC", "cc"))))
    cross.chmod(0o755)
    done = build(built_copy, CC=str(cross), FASTLR_NATIVE="require")
    assert done.returncode != 0
    rule = "the compiler must build for the machine of this Python, .* bits, got s390x, 64 bits"
    assert re.search(rule, done.stderr)

    assert build(built_copy, CC=str(cross)).returncode == 0
    reason, rate = state(built_copy)
    assert re.search(rule, reason)
    assert rate == "0.7"


def test_a_wish_that_is_unknown_is_an_error(checkout):
    done = build(checkout, FASTLR_NATIVE="maybe")
    assert done.returncode != 0
    assert "FASTLR_NATIVE must be 'require' or 'off', got 'maybe'" in done.stderr


@pytest.mark.exhaustive
def test_a_build_that_fuses_on_its_own_is_refused(checkout):
    """A compiler may know neither the flags nor the pragmas that forbid it."""
    arithmetic, flags = checkout / "csrc" / "arithmetic.h", checkout / "csrc" / "compiler_flags.py"
    arithmetic.write_text(re.sub(r"#pragma (GCC optimize|STDC).*", "", arithmetic.read_text()))
    flags.write_text(
        flags.read_text()
        .replace("-ffp-contract=off", "-ffp-contract=fast")
        .replace('"-std=c11"', '"-std=gnu11"')
    )
    assert build(checkout).returncode == 0
    reason, rate = state(checkout)
    fuses = native.instruction_sets()[0] != "baseline" or os.uname().machine in ("aarch64", "arm64")
    wrong = (
        "the C extension must not be used: it was built with contracted "
        "multiply-adds; build it with -ffp-contract=off"
    )
    assert (reason, rate) == (wrong if fuses else "ready", "0.7")


# -- numbers in dicts ------------------------------------------------------------------------------


def in_dicts(*numbers):
    return [{"lr": number, "name": i} for i, number in enumerate(numbers)]


def test_numbers_in_dicts_are_replaced():
    dicts = in_dicts(0.5, 0.5)
    assert native.replace(dicts, "lr", 0.5, 0.25)
    assert dicts == in_dicts(0.25, 0.25)
    assert native.replace(dicts, "lr", np.array([0.25, 0.25]), np.array([1.0, 2.0]))
    assert dicts == in_dicts(1.0, 2.0)
    assert [type(each["lr"]) for each in dicts] == [float, float]
    assert native.replace([], "lr", np.zeros(0), np.zeros(0))


@pytest.mark.parametrize(
    ("dicts", "before", "after"),
    [
        (in_dicts(0.5, 0.25), 0.5, 1.0),
        (in_dicts(0.5, 1), np.array([0.5, 1.0]), np.zeros(2)),
        (in_dicts(0.5, np.float64(0.5)), 0.5, 1.0),
        (in_dicts(0.5, float("nan")), np.array([0.5, np.nan]), np.zeros(2)),
        ([{"lr": 0.5}, {"rate": 0.5}], 0.5, 1.0),
        ([{"lr": 0.5}, [0.5]], 0.5, 1.0),
        (({"lr": 0.5}, {"lr": 0.5}), 0.5, 1.0),
        (in_dicts(0.5, 0.5), 0.5, np.ones(2)),
        (in_dicts(0.5, 0.5), [0.5, 0.5], np.ones(2)),
        (in_dicts(0.5, 0.5), np.full(3, 0.5), np.ones(3)),
        (in_dicts(0.5, 0.5), np.full(2, 0.5), np.ones(3)),
    ],
)
def test_other_numbers_in_dicts_are_left_to_python(dicts, before, after):
    as_it_was = repr(dicts)
    assert not native.replace(dicts, "lr", before, after)
    assert repr(dicts) == as_it_was
