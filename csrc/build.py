"""Build the C library and the extension through which Python calls it. ``setup.py`` passes the
command to setuptools.

``opcodes.h`` is made from ``fastlr/program/opcodes.py``. Without a working compiler fastlr is
installed without the extension, and a note says why. Set ``FASTLR_NATIVE=require`` to make that an
error, or ``FASTLR_NATIVE=off`` to build no extension.

``python csrc/build.py`` only writes ``opcodes.h``. Use it to compile the sources of a checkout into
a program of your own.
"""

import os
import platform
import re
import sys
from pathlib import Path
from runpy import run_path

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "fastlr"
MODULE = "fastlr._native"
NOTE = "_native.txt"  # why there is no extension

opcodes = run_path(str(PACKAGE / "program" / "opcodes.py"))
sources = run_path(str(PACKAGE / "kernels" / "c_sources.py"))

# -ffp-contract=off determines the bits. -fno-math-errno and -fno-trapping-math let loops be
# vectorised: no kernel reads errno or floating-point flags.
UNIX = [
    "-std=c11",
    "-O3",
    "-g0",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fvisibility=hidden",
]
IEEE = [
    "-fno-fast-math",
    "-fno-unsafe-math-optimizations",
]  # against CFLAGS that say otherwise; -ffast-math at link time would change the whole process
MSVC = ["/std:c11", "/O2", "/fp:precise"]
# 32-bit x86 computes in 80 bits by default, which rounds twice
X87 = ["-msse2", "-mfpmath=sse"]
# what C programs take from an installed package, beside the sources
FOR_C = ("*.[ch]", "static.mk", "cmake/*.cmake", "pkgconfig/*.pc")

# what Python calls: every function of python_calls.h, and these of fastlr.h
DIRECT = (
    "fastlr_instruction_set",
    "fastlr_has_instruction_set",
    "fastlr_use_instruction_set",
    "fastlr_sources",
    "fastlr_fault",
)


# numbers of opcodes.py that C has under the same names
LAYOUT = ("FORMAT", "HEADER", "FAMILY", "ROW", "FIELDS_MOST", "DEEPEST")


def prototypes() -> str:
    """The C prototypes that cffi reads, taken from the two headers that define the functions."""
    calls, public = (HERE / "python_calls.h").read_text(), (HERE / "fastlr.h").read_text()
    defined = re.findall(r"^static ([^;{}]+\)) \{", calls, re.MULTILINE)
    declared = [
        re.findall(rf"^[^/\n]*\b{name}\([^)]*\)(?=;)", public, re.MULTILINE) for name in DIRECT
    ]
    return "".join(f"{prototype};\n" for prototype in [*defined, *(one for [one] in declared)])


def rule() -> list[dict[str, int]]:
    """The layout of a plateau rule, and the codes of its updates."""
    words = {f"RULE_{name.upper()}": i for i, name in enumerate(opcodes["RULE_WORDS"])}
    fields = {f"FIELD_{name.upper()}": i for i, name in enumerate(opcodes["RULE_FIELDS"])}
    updates = {f"UPDATE_{name.upper()}": i for i, name in enumerate(opcodes["UPDATES"])}
    counts = {"RULE_HEADER": len(words), "RULE_FIELDS": len(fields), "UPDATES": len(updates)}
    return [words, fields, updates, counts]


def counts() -> str:
    """The least value of each opcode's start and fields if it is a count, else -1, as a C table."""
    least = {"start": 0, **opcodes["COUNTS"]}
    rows = [[least.get(name, -1) for name in ("start", *row.fields)] for row in opcodes["OPCODES"]]
    wide = 1 + opcodes["FIELDS_MOST"]
    return ", ".join(f"{{{', '.join(map(str, (row + [-1] * wide)[:wide]))}}}" for row in rows)


def field_counts() -> str:
    """How many fields each opcode has."""
    return ", ".join(str(len(row.fields)) for row in opcodes["OPCODES"])


def header() -> str:
    """``opcodes.h``: the opcodes, the layouts of a program and of a rule, and a digest of the
    sources.
    """
    layout = {name: opcodes[name] for name in LAYOUT}
    words = {f"HEADER_{name.upper()}": i for i, name in enumerate(opcodes["HEADER_WORDS"])}
    codes = {row.name.upper(): i for i, row in enumerate(opcodes["OPCODES"])} | {
        "OPCODES": len(opcodes["OPCODES"])
    }
    enums = [
        ", ".join(f"{name} = {number}" for name, number in names.items())
        for names in (layout, words, codes, *rule())
    ]
    return "\n".join(
        [
            "/* Made from fastlr/program/opcodes.py by csrc/build.py. */",
            "/* clang-format off */",
            "#ifndef FASTLR_OPCODES_H",
            "#define FASTLR_OPCODES_H",
            f"#define MAGIC {opcodes['MAGIC']!r}",
            f"#define OLD_MAGICS {{{', '.join(map(repr, opcodes['OLD_MAGICS']))}}}",
            f"#define PLATEAU_MAGIC {opcodes['PLATEAU_MAGIC']!r}",
            f"#define LAST_STEP {opcodes['LAST_STEP']}",
            f"#define COUNTS {{{counts()}}}",
            f"#define FIELD_COUNTS_OF_OPCODES {{{field_counts()}}}",
            f'#define SOURCES "{sources["digest"]()}"',
            *(f"enum {{ {enum} }};" for enum in enums),
            "#endif",
            "",
        ]
    )


def write_header() -> None:
    """Write ``opcodes.h`` beside the sources, unless it is unchanged."""
    path, text = HERE / "opcodes.h", header()
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)


def emit(path: str) -> None:
    """Write the extension's own source, which cffi generates."""
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(prototypes())
    ffi.set_source(MODULE, '#include "python_calls.h"')
    ffi.emit_c_code(path)


def is_x87() -> bool:
    """Whether this Python is one of 32 bits on x86."""
    return sys.maxsize < 2**32 and platform.machine().lower() in ("i386", "i586", "i686", "x86_64")


def without_run_paths(command: list[str]) -> list[str]:
    """A linker's command without ``-Wl,-rpath``, as a Python built from source may have."""
    kept = list[str]()
    for word in command:
        begun = kept[-1:] in (["-Wl,-rpath"], ["-Wl,-R"], ["-rpath"])
        if begun:
            kept.pop()
        elif not re.match(r"-Wl,(-rpath|-R)[,=]", word):
            kept.append(word)
    return kept


# of ELF; other numbers are shown as they are
MACHINES = {3: "x86", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86-64", 183: "aarch64"}


def machine_of(path: str) -> str:
    """The processor that an ELF file is for, or an empty string for another kind of file."""
    with Path(path).open("rb") as file:
        header = file.read(20)
    if not header.startswith(b"\x7fELF"):
        return ""
    number = int.from_bytes(header[18:20], "little" if header[5] == 1 else "big")
    return f"{MACHINES.get(number, f'ELF machine {number}')}, {32 * header[4]} bits"


def check_machine(path: str) -> None:
    """Refuse an extension that this Python cannot load: the wheel's tag would not say so."""
    if os.environ.get("_PYTHON_HOST_PLATFORM"):  # a cross build that names its target
        return
    made, own = machine_of(path), machine_of(sys.executable)
    if made and own and made != own:
        raise RuntimeError(
            f"the compiler must build for the machine of this Python, {own}, got {made}; set "
            "_PYTHON_HOST_PLATFORM to build for another machine"
        )


def extension():  # noqa: ANN201
    """The extension. The build adds the source that cffi generates."""
    from setuptools import Extension

    return Extension(
        MODULE,
        sources=[f"csrc/{path.name}" for path in sorted(HERE.glob("*.c"))],
        depends=[
            "fastlr/program/opcodes.py",
            *(f"csrc/{path.name}" for path in sorted(HERE.glob("*.h")) if path.name != "opcodes.h"),
        ],
        include_dirs=["csrc"],
        define_macros=[("Py_LIMITED_API", "0x030B0000")],
        py_limited_api=True,
    )


def build_ext():  # noqa: ANN201
    """The command that builds the extension, or writes a note that says why it did not."""
    from setuptools.command.build_ext import build_ext as command

    class BuildNative(command):
        def run(self) -> None:
            write_header()
            asked = os.environ.get("FASTLR_NATIVE", "")
            if asked not in ("", "off", "require"):
                raise ValueError(f"FASTLR_NATIVE must be 'require' or 'off', got {asked!r}")
            reason = (
                "FASTLR_NATIVE=off when fastlr was installed"
                if asked == "off"
                else self.build(asked == "require")
            )
            self.place(reason)

        def build(self, required: bool) -> str:
            """Build it. Return the reason if that failed, else an empty string."""
            inplace = self.inplace
            try:
                super().run()
            except Exception as error:  # any fault will do: the NumPy and Numba backends remain
                if required:
                    raise
                return (
                    "it could not be built when fastlr was installed: "
                    f"{type(error).__name__}: {error}; once a compiler works, install fastlr again "
                    "with pip's --force-reinstall --no-cache-dir or uv's --reinstall --no-cache"
                )
            finally:
                # setuptools clears it during a build, and does not restore it after a failure
                self.inplace = inplace
            return ""

        def build_extension(self, ext) -> None:  # noqa: ANN001
            windows = self.compiler.compiler_type == "msvc"
            made = Path(self.build_temp) / "_native.c"
            made.parent.mkdir(parents=True, exist_ok=True)
            emit(str(made))
            ext.sources = [str(made), *ext.sources]
            ext.extra_compile_args = MSVC if windows else IEEE + UNIX + (X87 if is_x87() else [])
            ext.extra_link_args = [] if windows else [*IEEE, "-O3"]
            ext.libraries = [] if windows else ["m"]
            self.forget_run_paths()
            super().build_extension(ext)
            check_machine(self.get_ext_fullpath(ext.name))

        def forget_run_paths(self) -> None:
            """Link without the folders of this machine: the library needs only C's own."""
            command = getattr(self.compiler, "linker_so", None)
            if command:
                self.compiler.linker_so = without_run_paths(command)

        def place(self, reason: str) -> None:
            """Write the note and, in an installed package, copy the C sources."""
            package = PACKAGE if self.inplace else Path(self.build_lib) / "fastlr"
            package.mkdir(parents=True, exist_ok=True)
            (package / NOTE).unlink(missing_ok=True)
            if reason:
                (package / NOTE).write_text(reason)
                self.distribution.native_is_missing = True
                for stale in package.glob("_native.*[!t]"):
                    stale.unlink()
            if not self.inplace:
                for path in (path for each in FOR_C for path in HERE.glob(each)):
                    to = package / "include" / path.relative_to(HERE)
                    to.parent.mkdir(parents=True, exist_ok=True)
                    self.copy_file(str(path), str(to))

    return BuildNative


def bdist_wheel():  # noqa: ANN201
    """The command that makes a wheel. Without the extension the wheel is for every machine."""
    from setuptools.command.bdist_wheel import bdist_wheel as command

    class Wheel(command):
        def run(self) -> None:
            if not self.skip_build:
                self.run_command("build")  # now, since the tag depends on what was built
            if getattr(self.distribution, "native_is_missing", False):
                self.root_is_pure = True
                self.distribution.ext_modules = None  # so that files go beside the metadata
            super().run()

        def write_wheelfile(self, folder: str, *arguments: str) -> None:
            """Write the last file of the wheel, and make modes independent of the umask."""
            super().write_wheelfile(folder, *arguments)
            for path in Path(folder).parent.rglob("*"):
                if path.is_file():
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)

    return Wheel


if __name__ == "__main__":
    write_header()
