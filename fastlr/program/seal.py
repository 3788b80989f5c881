"""The seal of a program: the words of its header that tell whether these kernels may read it.

- *magic*, the same in every format since the first that has a number
- *format*, the number of the layout and of the opcodes
- *writer*, the version of fastlr that wrote the program, for the message that refuses it
- *size*, the number of entries
- *checksum*, the CRC-32 of all other entries as little-endian float64: it finds every change of a
  single bit, and is the same on machines of either byte order

``csrc/verifier.c`` checks the same words in the same order.
"""

import re

import numpy as np
import numpy.typing as npt

from fastlr.program.opcodes import (
    FORMAT,
    HEADER,
    HEADER_CHECKSUM,
    HEADER_FORMAT,
    HEADER_MAGIC,
    HEADER_SIZE,
    HEADER_WRITER,
    MAGIC,
    OLD_MAGICS,
)
from fastlr.program.version import VERSION

__all__ = ["check_seal", "checksum", "seal"]

Buffer = npt.NDArray[np.float64]


def _writer() -> int:
    """This version as a number: 1.2.3 is 1,002,003."""
    major, minor, patch = (int(part) for part in re.findall(r"\d+", VERSION)[:3])
    return (major * 1_000 + minor) * 1_000 + patch


def _version_of(writer: float) -> str:
    """The version behind such a number, or that the number is none."""
    if not (writer.is_integer() and 0 <= writer < 1e9):
        return "an unknown version of fastlr"
    number = int(writer)
    return f"fastlr {number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"


def checksum(buffer: Buffer) -> int:
    """The checksum that a program with these entries must carry."""
    from zlib import crc32  # needed only when a schedule is lowered, after the import of fastlr

    words = buffer.astype("<f8", copy=False)
    before, behind = words[:HEADER_CHECKSUM], words[HEADER_CHECKSUM + 1 :]
    return crc32(behind.data, crc32(before.data))


def seal(buffer: Buffer) -> None:
    """Write the seal of this version; the other entries must be final."""
    buffer[HEADER_MAGIC], buffer[HEADER_SIZE] = MAGIC, buffer.size
    buffer[HEADER_FORMAT], buffer[HEADER_WRITER] = FORMAT, _writer()
    buffer[HEADER_CHECKSUM] = checksum(buffer)


def check_seal(buffer: Buffer) -> None:
    """Raise ``ValueError`` unless this version reads the buffer's format and it is undamaged."""
    if buffer.size == 0:
        raise ValueError("it must not be empty, got 0 entries")
    _check_magic(float(buffer[HEADER_MAGIC]), buffer[HEADER_MAGIC : HEADER_MAGIC + 1].byteswap()[0])
    if buffer.size < HEADER:
        raise ValueError(
            f"it must have at least {HEADER} entries, got {buffer.size}: it was cut short"
        )
    _check_format(float(buffer[HEADER_FORMAT]), _version_of(float(buffer[HEADER_WRITER])))
    size = float(buffer[HEADER_SIZE])
    if size != buffer.size:
        raise ValueError(
            f"its size must be {buffer.size:,}, its number of entries, got {size:,.17g}: it was "
            "cut short, extended or damaged"
        )
    if buffer[HEADER_CHECKSUM] != (own := checksum(buffer)):
        raise ValueError(
            f"its checksum must be {own}, got {buffer[HEADER_CHECKSUM]:.17g}: it was damaged or "
            "edited; write it again from its schedule"
        )


def _check_magic(magic: float, swapped: float) -> None:
    if magic == MAGIC:
        return
    if swapped == MAGIC:
        raise ValueError(
            "its byte order must be that of this machine, got the other: pass buffer.byteswap()"
        )
    if magic in OLD_MAGICS:
        raise ValueError(
            f"its format must be {FORMAT}, got an older one, without a number: write it again from "
            "its spec"
        )
    raise ValueError(
        f"its first entry must be {MAGIC:,.0f}, the mark of a program, got {magic:,.17g}"
    )


def _check_format(number: float, writer: str) -> None:
    if number == FORMAT:
        return
    if not number.is_integer() or number < 1:
        raise ValueError(
            f"its format must be a whole number from 1, got {number:,.17g}: it was damaged"
        )
    if number > FORMAT:
        raise ValueError(
            f"its format must be {FORMAT}, got the newer {number:.0f}, written by {writer}: "
            f"install that version (this is {VERSION}), or write it again from its spec"
        )
    raise ValueError(
        f"its format must be {FORMAT}, got the older {number:.0f}, written by {writer}: write it "
        f"again from its spec with this version, {VERSION}"
    )
