"""The folder and the digest of the C library's sources, for the build and at run time."""

from pathlib import Path

__all__ = ["archive", "digest", "folder", "get_include"]

_PACKAGE = Path(__file__).parents[1]


def folder() -> Path:
    """The folder of the sources: in an installed package ``include``, in a checkout ``csrc``."""
    installed = _PACKAGE / "include"
    return installed if installed.is_dir() else _PACKAGE.parent / "csrc"


def archive() -> Path | None:
    """The archive that fastlr is imported from, such as a zipapp, or None for a folder."""
    return next((path for path in _PACKAGE.parents if path.is_file()), None)


def get_include() -> str:
    """Return the folder of ``fastlr.h`` and its C sources, to compile into a program of your own.

    Returns
    -------
    str
        The path. Pass it to the compiler as ``-I``, and compile all ``*.c`` files in it.

    Raises
    ------
    FileNotFoundError
        If this copy of fastlr has no sources on the disk, as in a zipapp or a frozen application.

    Examples
    --------
    >>> import fastlr as flr
    >>> from pathlib import Path
    >>> (Path(flr.get_include()) / "fastlr.h").is_file()
    True
    """
    found = folder()
    if not (found / "fastlr.h").is_file():
        raise FileNotFoundError(
            f"get_include: fastlr must be installed with its C sources, got {_PACKAGE}, which has "
            "none: install fastlr into a Python environment, and ask there"
        )
    return str(found)


def digest() -> str:
    """A digest of the table of opcodes and of all C sources.

    A build stores it, so that an extension built from other sources is refused.
    """
    from hashlib import sha256  # slow to import, and get_include does not need it

    # opcodes.h is made from program/opcodes.py
    written = [path for path in folder().glob("*.[ch]") if path.name != "opcodes.h"]
    sources = [_PACKAGE / "program" / "opcodes.py", *sorted(written, key=lambda path: path.name)]
    return sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
