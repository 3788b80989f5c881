"""Evaluate with each instruction set of the C library."""

from collections.abc import Iterator


def instruction_sets(backend: str) -> Iterator[str]:
    """Set the C library to each instruction set in turn; another backend has nothing to set."""
    if backend != "native":
        yield "its only one"
        return
    from fastlr.kernels import native  # cannot be imported where the C extension is not built

    try:
        for level in native.instruction_sets():
            native.use_instruction_set(level)
            yield level
    finally:
        native.use_instruction_set(native.instruction_sets()[0])
