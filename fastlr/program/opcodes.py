"""All opcodes: number, fields and formula; and the layout of a program.

A segment of a program has an *opcode*. It turns a local step ``c``, the number of steps since the
segment began, and the segment's fields into a rate. The table is the one place for the number of
each opcode, the names of its fields, and its formula with the order of operations. The NumPy
reference, the Numba kernels, the C library, the tests and the documentation read it. It imports
only the standard library, so that the build of the C library can read it before anything is
installed.

In the formulas, ``p = c/|L|`` is the progress and ``z = (|L|-c)/|L|`` the rest. A monotone segment
stores its smaller level ``lo`` and its larger level ``hi``. Its weight ``w`` is measured from the
smaller one, and ``hi - lo`` is kept in two float64 numbers. So ``lo + w*(hi - lo)`` loses no digits
and ends on both levels. The sign of the length ``L`` is the direction: positive falls (``hi``
first), negative rises. ``2^`` and ``log2`` are evaluated in two float64 numbers, so that no digit
of the exponent is lost.
"""

from typing import NamedTuple

__all__ = [
    "UPDATES",
    "COUNTS",
    "DEEPEST",
    "DOUBLE_PARTS",
    "FAMILY",
    "FIELDS_MOST",
    "FORMAT",
    "HEADER",
    "HEADER_CHECKSUM",
    "HEADER_DEPTH",
    "HEADER_FAMILIES",
    "HEADER_FORMAT",
    "HEADER_LANES",
    "HEADER_LIMIT",
    "HEADER_MAGIC",
    "HEADER_SIZE",
    "HEADER_WORDS",
    "HEADER_WRITER",
    "LAST_STEP",
    "MAGIC",
    "OLD_MAGICS",
    "PLATEAU_MAGIC",
    "PLATEAU_UPDATES",
    "ROW",
    "RULES",
    "RULE_FIELDS",
    "RULE_FIELDS_MOST",
    "RULE_PARTS_MOST",
    "RULE_WORDS",
    "SEGMENT_FIELDS",
    "SEGMENT_FIRST",
    "SEGMENT_SECOND",
    "SEGMENT_START",
    "WINDOW_PARTS",
    "OPCODES",
    "Opcode",
    "RuleLayout",
    "opcode",
]

LAST_STEP = 2**53  # up to this step, float64 represents every integer


class Opcode(NamedTuple):
    """One row of the table.

    ``rises`` gives the direction of a curve, which must be monotone to the bit: its rates rise
    where the product of these numbers and fields is positive, fall where it is negative, and are
    constant where it is 0. It is None for a segment of samples or of other segments.
    """

    name: str
    fields: tuple[str, ...]
    formula: str
    rises: tuple[int | str, ...] | None = None


OPCODES: tuple[Opcode, ...] = (
    # segments that are a curve
    Opcode("constant", ("value",), "value", (0,)),
    Opcode("linear", ("L", "lo", "hi"), "lo + w*(hi-lo), w = z falling, p rising", (-1, "L")),
    Opcode(
        "square", ("L", "lo", "hi"), "lo + w*(hi-lo), w = z*z falling, p*(2-p) rising", (-1, "L")
    ),
    Opcode(
        "power",
        ("L", "lo", "hi", "q"),
        "lo + w*(hi-lo), y = z (L > 0) or p (L < 0), w = y^q, or 1 - y^-q where q < 0",
        (-1, "L", "q"),
    ),
    Opcode(
        "cosine",
        ("L", "lo", "hi"),
        "lo + w*(hi-lo), w = sin(pi/2*z)^2 falling, sin(pi/2*p)^2 rising",
        (-1, "L"),
    ),
    Opcode(
        "cosine_power",
        ("L", "lo", "hi", "x", "k"),
        "lo + w*(hi-lo), w = cos(pi/2*p^k)^(2x), or 1 - that^-1 where x < 0",
        (-1, "x"),
    ),
    Opcode("exponential", ("a", "kh", "kl"), "a * 2^(c*(kh+kl))", ("kh",)),
    Opcode(
        "staircase", ("a", "every", "kh", "kl"), "a * 2^(i*(kh+kl)), i = floor(c/every)", ("kh",)
    ),
    Opcode("reciprocal", ("a", "g", "s", "d"), "a * d/(g*c + s)", (-1,)),
    Opcode("inverse", ("a", "g", "s", "d", "q"), "a * ((g*c + s)/d)^-q", (-1,)),
    Opcode(
        "tanh",
        ("lo", "hi", "yh", "yl", "kh", "kl"),
        "lo + (hi-lo)/(1 + 2^(yh+yl + c*(kh+kl)))",
        (-1, "kh"),
    ),
    Opcode(
        "rex",
        ("L", "lo", "hi", "b"),
        "lo + w*(hi-lo), w = (L-c)/(L-b*c) falling, (1-b)*c/(L-b*c) rising",
        (-1, "L"),
    ),
    Opcode(
        "affine_exponential",
        ("L", "lo", "hi", "kh", "kl"),
        "lo + w*(hi-lo), w = g(L-c)/g(L) falling, g(c)/g(|L|) rising, g(x) = 2^(x*(kh+kl)) - 1",
        (-1, "L"),
    ),
    Opcode(
        "logarithmic",
        ("L", "lo", "hi", "dh", "dl"),
        "lo + w*(hi-lo), w = log2((L+1)/(c+1))/(dh+dl) falling, log2(c+1)/(dh+dl) rising",
        (-1, "L"),
    ),
    Opcode("eden", ("a", "d", "q"), "a * (1 + (c/d)^2)^-q", (-1,)),
    Opcode(
        "sampled",
        ("at", "every", "last", "joined"),
        "v[i] held, or the line v[i] to v[i+1], i = floor(c/every)",
    ),
    # segments that hold other segments
    Opcode(
        "loop",
        ("period", "times", "kh", "kl", "floor"),
        "s*A(c-i*period) + (1-s)*floor, s = 2^(i*(kh+kl)), i = floor(c/period)",
    ),
    Opcode(
        "time_map", ("base", "pace", "every"), "A(min(base + pace*i, 2^53)), i = floor(c/every)"
    ),
    Opcode("multiply", (), "A(c) * B(c)"),
    Opcode("add", (), "A(c) + B(c)"),
    Opcode("minimum", (), "min(A(c), B(c))"),
    Opcode("maximum", (), "max(A(c), B(c))"),
)

# fields that are counts or offsets: each must be an integer, and at least this large
COUNTS = {"every": 1, "period": 1, "times": 1, "base": 0, "pace": 0, "at": 0, "last": 0}

# the layout of a program, which program.py describes
MAGIC = float(0x666173746C72)  # "fastlr" in ASCII: the mark of a program in every format
OLD_MAGICS = (20261.0, 20263.0, 20269.0)  # of the formats before FORMAT existed
FORMAT = 1  # changes with the layout, the opcodes and their fields; docs/reproducibility.md
HEADER_WORDS = (
    "magic",
    "lanes",
    "families",
    "limit",
    "depth",
    "size",
    "format",
    "writer",
    "checksum",
)
HEADER = len(HEADER_WORDS)
# where each number of the header stands; C has the same names
HEADER_MAGIC = HEADER_WORDS.index("magic")
HEADER_LANES = HEADER_WORDS.index("lanes")
HEADER_FAMILIES = HEADER_WORDS.index("families")
HEADER_LIMIT = HEADER_WORDS.index("limit")
HEADER_DEPTH = HEADER_WORDS.index("depth")
HEADER_SIZE = HEADER_WORDS.index("size")
HEADER_FORMAT = HEADER_WORDS.index("format")
HEADER_WRITER = HEADER_WORDS.index("writer")
HEADER_CHECKSUM = HEADER_WORDS.index("checksum")
FAMILY = 5
FIELDS_MOST = max(len(row.fields) for row in OPCODES)
# where the parts of a segment stand, behind its opcode: its start, the two lists of segments inside
# it, and its fields; two entries each. C has the same names
SEGMENT_START = 1
SEGMENT_FIRST = 3
SEGMENT_SECOND = 5
SEGMENT_FIELDS = 7
ROW = SEGMENT_FIELDS + 2 * FIELDS_MOST  # entries of a segment
DEEPEST = 255  # segments within segments: kernels have memory for this many levels

# the layout of a rule that follows a metric, which plateau/rule_buffer.py describes
PLATEAU_MAGIC = 20266.0  # changes with the format
RULE_WORDS = (
    "magic",
    "update",
    "single",
    "ignores",
    "windowed",
    "size",
    "raises",
    "axes",
)
RULE_FIELDS = ("sign", "gain", "atol", "factor", "floor", "eps", "patience", "cooldown", "window")
_PLATEAU_PARTS = "sdiiDI"
DOUBLE_PARTS = "sdDW"  # letters of the parts that are float64; the others are int32
WINDOW_PARTS = "DIW"  # letters of the parts that depend on whether a rule has windows


class RuleLayout(NamedTuple):
    """What an update reads and writes: the names of its numbers, and the parts of its state.

    A part has a letter. ``d`` is one float64 per lane, ``s`` a finite one from 0; ``i`` is one
    int32 per lane, ``n`` one from 0, ``h`` the number of metrics in a window, ``w`` a place in it.
    Of ``D`` and ``I`` there is one per lane if the rule has windows, and else one for all that is
    not used. ``W`` is a window of float64 per lane, of the size in the rule's word "windowed".
    """

    fields: tuple[str, ...]
    parts: str


# every update, in the order of its number in a rule; those of Plateau first
RULES = {
    "torch": RuleLayout(RULE_FIELDS, _PLATEAU_PARTS),
    "optax": RuleLayout(RULE_FIELDS, _PLATEAU_PARTS),
    "keras": RuleLayout(RULE_FIELDS, _PLATEAU_PARTS),
    "kl_adaptive": RuleLayout(("above", "below", "signed", "factor", "floor", "ceiling"), "s"),
    "new_bob": RuleLayout(("factor", "threshold", "patience"), "sdnn"),
    "greedy_lr": RuleLayout(
        (
            *("sign", "gain", "atol", "factor", "floor", "ceiling", "eps"),
            *("patience", "cooldown", "warmup", "resets"),
        ),
        "ssdnnnnnWdwh",
    ),
}
UPDATES = tuple(RULES)
PLATEAU_UPDATES = 3  # the updates of Plateau
RULE_FIELDS_MOST = max(len(rule.fields) for rule in RULES.values())
RULE_PARTS_MOST = max(len(rule.parts) for rule in RULES.values())

_CODES = {row.name: number for number, row in enumerate(OPCODES)}


def opcode(name: str) -> int:
    """The number of an opcode in a program.

    >>> opcode("linear"), OPCODES[opcode("linear")].fields
    (1, ('L', 'lo', 'hi'))
    """
    return _CODES[name]
