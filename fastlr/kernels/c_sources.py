"""Where the C library's sources stand, and what they are: read by the build, before anything is
installed, and at run time.
"""

from pathlib import Path

__all__ = ["digest", "folder", "get_include"]

_PACKAGE = Path(__file__).parents[1]


def folder() -> Path:
    """The folder of the sources: in the package where fastlr is installed, ``csrc`` in a
    checkout.
    """
    installed = _PACKAGE / "include"
    return installed if installed.is_dir() else _PACKAGE.parent / "csrc"


def get_include() -> str:
    """The folder of ``fastlr.h`` and of the C sources it belongs to, for programs that take them
    in.

    >>> import fastlr as flr
    >>> from pathlib import Path
    >>> (Path(flr.get_include()) / "fastlr.h").is_file()
    True
    """
    return str(folder())


def digest() -> str:
    """Of the shape table and all that the C library is compiled from: what a build carries, to
    tell whether it is of today.
    """
    from hashlib import sha256  # slow to import, and get_include has no need of it

    # which is made from the shape table
    written = [path for path in folder().glob("*.[ch]") if path.name != "opcodes.h"]
    sources = [_PACKAGE / "program" / "opcodes.py", *sorted(written, key=lambda path: path.name)]
    return sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
