"""Build the extension through which Python calls the C library, and a wheel with or without it.

``setup.py`` passes these commands to setuptools. Without a working compiler fastlr is installed
without the extension, and a note says why. Set ``FASTLR_NATIVE=require`` to make that an error, or
``FASTLR_NATIVE=off`` to build no extension.
"""

import os
import sys
from pathlib import Path
from runpy import run_path

from setuptools import Extension
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "fastlr"
NOTE = "_native.txt"  # why there is no extension

flags = run_path(str(HERE / "compiler_flags.py"))
generated = run_path(str(HERE / "generated_sources.py"))

# what C programs take from an installed package, beside the sources
FOR_C = ("*.[ch]", "static.mk", "cmake/*.cmake", "pkgconfig/*.pc")

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


def extension() -> Extension:
    """The extension. The build adds the source that cffi generates."""
    return Extension(
        generated["MODULE"],
        sources=[f"csrc/{path.name}" for path in sorted(HERE.glob("*.c"))],
        depends=[
            "fastlr/program/opcodes.py",
            *(f"csrc/{path.name}" for path in sorted(HERE.glob("*.h")) if path.name != "opcodes.h"),
        ],
        include_dirs=["csrc"],
        define_macros=[("Py_LIMITED_API", "0x030B0000")],
        py_limited_api=True,
    )


class BuildNative(build_ext):
    """The command that builds the extension, or writes a note that says why it did not."""

    def run(self) -> None:
        """Build the extension, or note why there is none."""
        generated["write_header"]()
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
        """Compile the extension with the source that cffi generates."""
        windows = self.compiler.compiler_type == "msvc"
        made = Path(self.build_temp) / "_native.c"
        made.parent.mkdir(parents=True, exist_ok=True)
        generated["emit"](str(made))
        ext.sources = [str(made), *ext.sources]
        ext.extra_compile_args = flags["compile_flags"](windows)
        ext.extra_link_args = [] if windows else [*flags["IEEE"], "-O3"]
        ext.libraries = [] if windows else ["m"]
        self.forget_run_paths()
        super().build_extension(ext)
        check_machine(self.get_ext_fullpath(ext.name))

    def forget_run_paths(self) -> None:
        """Link without the folders of this machine: the library needs only C's own."""
        command = getattr(self.compiler, "linker_so", None)
        if command:
            self.compiler.linker_so = flags["without_run_paths"](command)

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


class Wheel(bdist_wheel):
    """The command that makes a wheel. Without the extension the wheel is for every machine."""

    def run(self) -> None:
        """Make the wheel, after the extension."""
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
