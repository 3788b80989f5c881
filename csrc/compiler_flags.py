"""The flags that the C library is compiled and linked with."""

import platform
import re
import sys

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


def is_x87() -> bool:
    """Whether this Python is one of 32 bits on x86."""
    return sys.maxsize < 2**32 and platform.machine().lower() in ("i386", "i586", "i686", "x86_64")


def compile_flags(windows: bool) -> list[str]:
    """The flags for this machine's compiler."""
    return MSVC if windows else IEEE + UNIX + (X87 if is_x87() else [])


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
