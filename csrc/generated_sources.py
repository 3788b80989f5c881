"""The C sources that the build generates.

``opcodes.h`` is made from ``fastlr/program/opcodes.py``, and the extension's own source from the
prototypes of what Python calls. ``python csrc/generated_sources.py`` writes ``opcodes.h`` alone: do
so to compile the sources of a checkout into a program of your own.
"""

import re
from pathlib import Path
from runpy import run_path

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "fastlr"
MODULE = "fastlr._native"

opcodes = run_path(str(PACKAGE / "program" / "opcodes.py"))
sources = run_path(str(PACKAGE / "kernels" / "c_sources.py"))

# numbers of opcodes.py that C has under the same names
LAYOUT = (
    "FORMAT",
    "HEADER",
    "FAMILY",
    "SEGMENT_START",
    "SEGMENT_FIRST",
    "SEGMENT_SECOND",
    "SEGMENT_FIELDS",
    "ROW",
    "FIELDS_MOST",
    "DEEPEST",
)
# what Python calls: every function of python_calls.h, and these of fastlr.h
DIRECT = (
    "fastlr_instruction_set",
    "fastlr_has_instruction_set",
    "fastlr_use_instruction_set",
    "fastlr_sources",
    "fastlr_fault",
)


def rule() -> list[dict[str, int]]:
    """The layout of a rule, the codes of the updates, and the numbers of adaptive rules."""
    words = {f"RULE_{name.upper()}": i for i, name in enumerate(opcodes["RULE_WORDS"])}
    fields = {f"FIELD_{name.upper()}": i for i, name in enumerate(opcodes["RULE_FIELDS"])}
    updates = {f"UPDATE_{name.upper()}": i for i, name in enumerate(opcodes["UPDATES"])}
    counts = {"RULE_HEADER": len(words), "RULE_FIELDS": len(fields), "UPDATES": len(updates)} | {
        name: opcodes[name] for name in ("PLATEAU_UPDATES", "RULE_FIELDS_MOST", "RULE_PARTS_MOST")
    }
    adaptive = list(opcodes["RULES"].items())[opcodes["PLATEAU_UPDATES"] :]
    own = [
        {f"{update.upper()}_{name.upper()}": i for i, name in enumerate(layout.fields)}
        for update, layout in adaptive
    ]
    return [words, fields, updates, counts, *own]


def rule_parts() -> str:
    """The letters of the parts of each rule's state, as a C table."""
    return ", ".join(f'"{layout.parts}"' for layout in opcodes["RULES"].values())


def rule_field_counts() -> str:
    """How many numbers each rule has."""
    return ", ".join(str(len(layout.fields)) for layout in opcodes["RULES"].values())


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
            "/* Made from fastlr/program/opcodes.py by csrc/generated_sources.py. */",
            "/* clang-format off */",
            "#ifndef FASTLR_OPCODES_H",
            "#define FASTLR_OPCODES_H",
            f"#define MAGIC {opcodes['MAGIC']!r}",
            f"#define OLD_MAGICS {{{', '.join(map(repr, opcodes['OLD_MAGICS']))}}}",
            f"#define PLATEAU_MAGIC {opcodes['PLATEAU_MAGIC']!r}",
            f"#define LAST_STEP {opcodes['LAST_STEP']}",
            f"#define COUNTS {{{counts()}}}",
            f"#define FIELD_COUNTS_OF_OPCODES {{{field_counts()}}}",
            f"#define RULE_PARTS {{{rule_parts()}}}",
            f"#define RULE_FIELD_COUNTS {{{rule_field_counts()}}}",
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


def prototypes() -> str:
    """The C prototypes that cffi reads, taken from the two headers that define the functions."""
    calls, public = (HERE / "python_calls.h").read_text(), (HERE / "fastlr.h").read_text()
    defined = re.findall(r"^static ([^;{}]+\)) \{", calls, re.MULTILINE)
    declared = [
        re.findall(rf"^[^/\n]*\b{name}\([^)]*\)(?=;)", public, re.MULTILINE) for name in DIRECT
    ]
    return "".join(f"{prototype};\n" for prototype in [*defined, *(one for [one] in declared)])


def emit(path: str) -> None:
    """Write the extension's own source, which cffi generates."""
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(prototypes())
    ffi.set_source(MODULE, '#include "python_calls.h"')
    ffi.emit_c_code(path)


if __name__ == "__main__":
    write_header()
