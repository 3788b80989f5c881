"""Guarantee 6: wrong input is refused when you build or evaluate a schedule. The error names the
parameter, the rule and the value, and nothing is changed.
"""

import inspect
import math
import typing
from collections.abc import Iterator

import numpy as np
import pytest
from example_schedules import BACKENDS
from refused_calls import LINE, NAMES, run

import fastlr as flr
from fastlr.arguments.rules import Number, Whether
from fastlr.schedule.rebuilding import CONSTRUCTORS

BACKEND = "must be one of 'native', 'jit', 'reference'"
RATE = "must be a finite number >= 0, at most 1e290, got"


def test_a_program_does_not_grow_without_bound():
    def doubled(times: int) -> flr.Schedule:
        return (doubled(times - 1) * LINE).delay(1) if times else LINE

    with pytest.raises(
        ValueError,
        match=r"^\w+: the program must have at most [0-9,]+ segments for a schedule of this many "
        r"different parts, got up to [0-9,]+; a part ",
    ):
        doubled(40)
    many = flr.join([flr.linear(1.0, 0.0, 1)] * 1_000, at=range(1, 1_000))
    rule = (
        r"^repeat: stretch must be farther from 1, or times smaller: a program of "
        r"50,000 cycles and 1 lane must have at most "
    )
    with pytest.raises(
        ValueError, match=rule + r"6,000,000 numbers, got about 1,151,050,000 for stretch 1\.0001$"
    ):
        many.repeat(50_000, stretch=1.0001)
    batch = rule.replace("50,000 cycles and 1 lane", "27,[0-9]+ cycles and 1,000 lanes")
    with pytest.raises(
        ValueError, match=batch + r"6,000,000 numbers, got about 16[0-9],[0-9,]+ for stretch "
    ):
        flr.linear(1.0, 0.0, 10).repeat(stretch=np.geomspace(1.001, 2.0, 1_000))


def test_growing_cycles_count_their_segments_each_time_they_are_used():
    cycles = flr.linear(1.0, 0.0, 10).repeat(stretch=1.0006)
    several = (cycles * cycles) * (cycles * cycles)
    assert several(5) == cycles(5) ** 4
    with pytest.raises(
        ValueError,
        match=r"^multiply: the program must have at most [0-9,]+ segments for a schedule of this "
        r"many different parts, got up to [0-9,]+; a part ",
    ):
        several * several


# -- a table and where it goes: nothing is written before everything is known ----------------------

UNTOUCHED = -7.0
UNALIGNED = np.zeros(17, np.uint8)[1:].view(np.float64)
UNALIGNED[:] = UNTOUCHED
OUTS = [
    ("line", np.full(4, UNTOUCHED), {}, ValueError, "table: out must have shape (5,), got (4,)"),
    (
        "line",
        np.full((1, 5), UNTOUCHED),
        {},
        ValueError,
        "table: out must have shape (5,), got (1, 5)",
    ),
    (
        "line",
        np.full((5, 5), UNTOUCHED).diagonal(),
        {},
        ValueError,
        "table: out must be writeable, got a read-only array",
    ),
    ("line", np.full(5, -7), {}, TypeError, "table: out must be float64 or float32, got int64"),
    (
        "line",
        np.full(5, UNTOUCHED, complex),
        {},
        TypeError,
        "table: out must be float64 or float32, got complex128",
    ),
    (
        "line",
        np.full(5, UNTOUCHED, object),
        {},
        TypeError,
        "table: out must be float64 or float32, got object",
    ),
    (
        "line",
        np.full(5, UNTOUCHED, ">f8"),
        {},
        TypeError,
        "table: out must be float64 or float32, got >f8",
    ),
    (
        "line",
        np.full(5, UNTOUCHED, "f2"),
        {},
        TypeError,
        "table: out must be float64 or float32, got float16",
    ),
    (
        "line",
        np.full(5, UNTOUCHED, "f4"),
        {"dtype": "f8"},
        TypeError,
        "table: out must be float64, got float32",
    ),
    (
        "line",
        np.full(5, UNTOUCHED),
        {"dtype": "int8"},
        TypeError,
        "table: dtype must be float64 or float32, got int8",
    ),
    (
        "line",
        np.broadcast_to(UNTOUCHED, 5),
        {},
        ValueError,
        "table: out must be writeable, got a read-only array",
    ),
    ("line", [UNTOUCHED] * 5, {}, TypeError, "table: out must be a NumPy array, got list"),
    (
        "line",
        memoryview(np.full(5, UNTOUCHED)),
        {},
        TypeError,
        "table: out must be a NumPy array, got memoryview",
    ),
    ("pair", np.full(5, UNTOUCHED), {}, ValueError, "table: out must have shape (2, 5), got (5,)"),
    (
        "pair",
        np.full((5, 2), UNTOUCHED),
        {},
        ValueError,
        "table: out must have shape (2, 5), got (5, 2)",
    ),
    (
        "line",
        np.full(5, UNTOUCHED),
        {"start": -5, "stop": 0},
        ValueError,
        "start and stop must be at least 0, got start=-5",
    ),
    (
        "line",
        np.full(5, UNTOUCHED),
        {"stop": 10, "step": 2.5},
        TypeError,
        "table: step must be an integer, got float 2.5",
    ),
    (
        "line",
        np.full(5, UNTOUCHED),
        {"start": 2**53 - 2, "stop": 2**53 + 3},
        ValueError,
        "table: steps must be from 0 to 2**53",
    ),
    (
        "strict",
        np.full(5, UNTOUCHED),
        {"start": 6, "stop": 11},
        ValueError,
        "table: steps must be before the end, step 10",
    ),
]


COLUMNS = [
    ("pair", 3, np.full(3, UNTOUCHED), ValueError, "s(t): out must have shape (2,), got (3,)"),
    (
        "pair",
        [3, 4],
        np.full(2, UNTOUCHED),
        ValueError,
        "s(t): out must have shape (2, 2), got (2,)",
    ),
    (
        "pair",
        3,
        np.full(4, UNTOUCHED)[::2],
        ValueError,
        "s(t): out must be C-contiguous, got strides (16,) for shape (2,)",
    ),
    (
        "pair",
        3,
        UNALIGNED,
        ValueError,
        "s(t): out must be aligned, got an address that is 1 modulo 8",
    ),
    ("pair", 3, np.full(2, UNTOUCHED, "f4"), TypeError, "s(t): out must be float64, got float32"),
    ("pair", 3, np.full(2, -7), TypeError, "s(t): out must be float64 or float32, got int64"),
    (
        "pair",
        3,
        np.broadcast_to(UNTOUCHED, 2),
        ValueError,
        "s(t): out must be writeable, got a read-only array",
    ),
    ("pair", 3, [UNTOUCHED, UNTOUCHED], TypeError, "s(t): out must be a NumPy array, got list"),
    ("pair", -1, np.full(2, UNTOUCHED), ValueError, "s(t): t must be from 0 to 2**53, got -1"),
    (
        "pair",
        [3, -1],
        np.full((2, 2), UNTOUCHED),
        ValueError,
        "s(t): t must be from 0 to 2**53, got -1",
    ),
    (
        "pair",
        0.5,
        np.full(2, UNTOUCHED),
        TypeError,
        "s(t): t must be an integer or an array of integers, got float 0.5",
    ),
    ("line", 3, np.full(1, UNTOUCHED), ValueError, "s(t): out must have shape (), got (1,)"),
    (
        "strict",
        [3, 10],
        np.full(2, UNTOUCHED),
        ValueError,
        "s(t): t must be before the end, step 10, as past_end='raise'",
    ),
]


@pytest.mark.parametrize(
    ("name", "t", "out", "error", "words"), COLUMNS, ids=[words for *_, words in COLUMNS]
)
def test_no_rate_is_written_on_refusal(name, t, out, error, words):
    with pytest.raises(error) as refused:
        NAMES[name](t, out=out)
    assert words in str(refused.value)
    assert np.all(np.asarray(out) == UNTOUCHED)


@pytest.mark.parametrize(
    ("name", "out", "options", "error", "words"), OUTS, ids=[words for *_, words in OUTS]
)
def test_nothing_is_written_on_refusal(name, out, options, error, words):
    schedule, options = NAMES[name], {"start": 0, "stop": 5, **options}
    with pytest.raises(error) as refused:
        schedule.table(out=out, **options)
    assert words in str(refused.value)
    assert np.all(np.asarray(out) == UNTOUCHED)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("line.table(10**15)", "8,000,000 GB"),
        ("line.table(10**15, dtype='f4')", "4,000,000 GB"),
        ("pair.table(0, 2**53, 9)", "16,012,799 GB"),
        ("linear(np.ones(10**5), 0.0, 10).table(10**10)", "8,000,000 GB"),
        ("linear(np.ones(10**6), 0.0, 10)(np.broadcast_to(5, 10**7))", "80,000 GB"),
    ],
)
def test_a_table_larger_than_memory_says_its_size_and_the_way_out(text, size):
    with pytest.raises(ValueError, match=r"a result of shape .* needs ") as refused:
        run(text)
    for words in (f"needs {size}; this machine has ", "table(start, stop)", "np.memmap as out="):
        assert words in str(refused.value)


def test_a_table_larger_than_the_process_may_have_says_so(monkeypatch):
    monkeypatch.setattr("fastlr.arguments.output_arrays._memory", lambda: 2**62)
    with pytest.raises(
        ValueError,
        match=r"needs .* GB; this process may use less; take fewer",
    ):
        run("line.table(2**50)")


# -- specs: data from anywhere ---------------------------------------------------------------------

CONSTANT = {"constant": {"value": 1.0}}
FORM = "from_spec: a schedule must be {name: {parameter: value}}, got "


def spec(schedule: object, version: object = 1) -> dict[str, object]:
    return {"fastlr": version, "schedule": schedule}


def nested(depth: int) -> dict[str, object]:
    deep = CONSTANT
    for _ in range(depth):
        deep = {"scale": {"schedule": deep, "factor": 0.5}}
    return deep


def in_lists(depth: int) -> list[object]:
    deep = []
    for _ in range(depth):
        deep = [deep]
    return deep


def itself() -> dict[str, object]:
    loop = {}
    loop["scale"] = {"schedule": loop, "factor": 0.5}
    return loop


SPECS = [
    (None, TypeError, "from_spec: spec must be a mapping, got NoneType None"),
    ([CONSTANT], TypeError, "from_spec: spec must be a mapping, got list [{'constant'"),
    ('{"fastlr": 1}', TypeError, "from_spec: spec must be a mapping, got str"),
    ({}, ValueError, "from_spec: spec must have the keys 'fastlr' and 'schedule', got []"),
    (
        {"fastlr": 1},
        ValueError,
        "from_spec: spec must have the keys 'fastlr' and 'schedule', got ['fastlr']",
    ),
    (
        {**spec(CONSTANT), "code": 1},
        ValueError,
        "must have the keys 'fastlr' and 'schedule', got ['code', 'fastlr', 'schedule']",
    ),
    (
        {**spec(CONSTANT), 2: 3},
        ValueError,
        "must have the keys 'fastlr' and 'schedule', got ['2', 'fastlr', 'schedule']",
    ),
    (
        spec(CONSTANT, 2),
        ValueError,
        "'fastlr' must be at most 1, got version 2: it needs a newer fastlr",
    ),
    (
        spec(CONSTANT, 0),
        ValueError,
        "'fastlr' must be the version of the format, an integer from 1, got 0",
    ),
    (
        spec(CONSTANT, True),
        ValueError,
        "'fastlr' must be the version of the format, an integer from 1, got True",
    ),
    (
        spec(CONSTANT, 1.0),
        ValueError,
        "'fastlr' must be the version of the format, an integer from 1, got 1.0",
    ),
    (
        spec(CONSTANT, "1"),
        ValueError,
        "'fastlr' must be the version of the format, an integer from 1, got '1'",
    ),
    (spec(None), ValueError, FORM + "None"),
    (spec("constant"), ValueError, FORM + "'constant'"),
    (spec({}), ValueError, FORM + "{}"),
    (spec([CONSTANT]), ValueError, FORM + "[{'constant'"),
    (spec({**CONSTANT, "linear": {}}), ValueError, FORM + "{'constant'"),
    (
        spec({"constant": 1.0}),
        ValueError,
        "from_spec: the arguments of 'constant' must be {parameter: value}, got 1.0",
    ),
    (
        spec({"constant": [1.0]}),
        ValueError,
        "from_spec: the arguments of 'constant' must be {parameter: value}, got [1.0]",
    ),
    (
        spec({"constant": {1: 2}}),
        ValueError,
        "from_spec: the arguments of 'constant' must be {parameter: value}, got {1: 2}",
    ),
    (spec({"constant": {}}), TypeError, "constant: missing argument 'value'"),
    (spec({"constant": {"value": 1.0, "x": 2}}), TypeError, "constant: unknown argument 'x'"),
    (
        spec({"constnat": {"value": 1.0}}),
        ValueError,
        "is not a constructor or method of a schedule; did you mean 'constant'",
    ),
    (
        spec({"eval": {"value": "1"}}),
        ValueError,
        "from_spec: 'eval' is not a constructor or method of a schedule",
    ),
    (
        spec({"__import__": {"name": "os"}}),
        ValueError,
        "from_spec: '__import__' is not a constructor or method of a schedule",
    ),
    (
        spec({"__class__": {}}),
        ValueError,
        "from_spec: '__class__' is not a constructor or method of a schedule",
    ),
    (spec({7: {}}), ValueError, "from_spec: 7 is not a constructor or method of a schedule"),
    (spec({"constant": {"value": math.nan}}), ValueError, f"constant: value {RATE} nan"),
    (spec({"constant": {"value": math.inf}}), ValueError, f"constant: value {RATE} inf"),
    (spec({"constant": {"value": [0.1, math.nan]}}), ValueError, f"value {RATE} nan in an array"),
    (spec({"constant": {"value": "0.1"}}), TypeError, f"constant: value {RATE} str '0.1'"),
    (spec({"constant": {"value": True}}), TypeError, f"constant: value {RATE} bool True"),
    (spec({"constant": {"value": None}}), TypeError, "constant: value must be given, got None"),
    (spec({"constant": {"value": {}}}), ValueError, FORM + "{}"),
    (
        spec({"constant": {"value": CONSTANT}}),
        TypeError,
        f"constant: value {RATE} Schedule constant(",
    ),
    (
        spec({"constant": {"value": [CONSTANT]}}),
        TypeError,
        f"constant: value {RATE} list [constant(",
    ),
    (spec({"constant": {"value": 10**400}}), ValueError, "got an integer beyond 64 bits: 1000"),
    (
        spec({"constant": {"value": in_lists(100_000)}}),
        ValueError,
        "got rows of unequal length: one too large to show",
    ),
    (
        spec({"linear": {"init": 1.0, "end": [0.0, [1.0]], "steps": 9}}),
        ValueError,
        "got rows of unequal length: [0.0, [1.0]]",
    ),
    (
        spec({"linear": {"init": 1.0, "end": 0.0, "steps": 10.5}}),
        TypeError,
        "must be an integer from 0 to 2**53, got float",
    ),
    (
        spec({"linear": {"init": 1.0, "end": 0.0, "steps": "10"}}),
        TypeError,
        "steps must be an integer from 0 to 2**53, got str",
    ),
    (
        spec({"join": {"parts": CONSTANT, "at": [5]}}),
        TypeError,
        "must be a sequence of at least one Schedule, got Schedule",
    ),
    (
        spec({"join": {"parts": [CONSTANT, 1.0], "at": [5]}}),
        TypeError,
        "join: parts[1] must be a Schedule, got float 1.0",
    ),
    (
        spec({"join": {"parts": [CONSTANT, [CONSTANT]], "at": [5]}}),
        TypeError,
        "join: parts[1] must be a Schedule, got list",
    ),
    (
        spec({"join": {"parts": [CONSTANT, CONSTANT], "at": 5}}),
        ValueError,
        "must be integers from 0 to 2**53, a sequence, got 5",
    ),
    (
        spec({"scale": {"schedule": 1.0, "factor": 1.0}}),
        TypeError,
        "scale: schedule must be a Schedule, got float 1.0",
    ),
    (
        spec({"then": {"self": CONSTANT, "other": CONSTANT}}),
        ValueError,
        "the first schedule must end, got constant(value=1.0)",
    ),
    (
        spec({"minimum": {"self": CONSTANT, "other": {"x": {}}}}),
        ValueError,
        "'x' is not a constructor or method of a schedule",
    ),
    (spec(nested(101)), ValueError, "from_spec: schedules must be nested at most 100 deep"),
    (spec(nested(50_000)), ValueError, "from_spec: schedules must be nested at most 100 deep"),
    (spec(itself()), ValueError, "from_spec: schedules must be nested at most 100 deep"),
]


@pytest.mark.parametrize(
    ("data", "error", "words"),
    SPECS,
    ids=[f"{i}: {words[:60]}" for i, (*_, words) in enumerate(SPECS)],
)
def test_a_spec_is_refused(data, error, words):
    with pytest.raises(error) as refused:
        flr.from_spec(data)
    assert refused.type is error
    assert words in str(refused.value)
    assert len(str(refused.value)) < 600


# -- expressions: text from anywhere ---------------------------------------------------------------

FOREIGN = "parse: text must consist of schedules, numbers, strings, lists and named groups, got "
NO_EXPRESSION = "parse: text must be one expression, got "
TEXTS = [
    ("", NO_EXPRESSION + "''"),
    ("   ", NO_EXPRESSION + "'   '"),
    ("#", NO_EXPRESSION),
    ("1", "parse: text must describe a schedule, got '1'"),
    ("'constant(1)'", "parse: text must describe a schedule, got"),
    ("constant(1),", "parse: text must describe a schedule, got 'constant(1),'"),
    ("[constant(1)]", "parse: text must describe a schedule, got '[constant(1)]'"),
    ("constant(1", NO_EXPRESSION + "'constant(1' ('(' was never closed"),
    ("constant(1); constant(2)", NO_EXPRESSION),
    ("constant(1)\nconstant(2)", NO_EXPRESSION),
    ("x = constant(1)", NO_EXPRESSION),
    ("import os", NO_EXPRESSION),
    ("yield 1", NO_EXPRESSION),
    ("constant(1)\0", NO_EXPRESSION),
    ("constant(\ud800)", NO_EXPRESSION),
    ("constant(1" + "0" * 5_000 + ")", NO_EXPRESSION),
    ("(" * 300 + "constant(1)" + ")" * 300, NO_EXPRESSION),
    ("-" * 100_000 + "1", NO_EXPRESSION),
    ("x" * 1_000_001, "parse: text must be at most 1,000,000 characters long, got 1,000,001"),
    ("constant(1)" + " * 1" * 2_000, "parse: "),
    ("constant(1)" + ".delay(1)" * 150, "delay: schedules must be nested at most 100 deep"),
    ("constant", FOREIGN + "'constant'"),
    ("constant(10**10**10)", FOREIGN + "'10 ** 10 ** 10'"),
    ("constant(2**2000)", FOREIGN + "'2 ** 2000'"),
    ("constant(1/0)", FOREIGN + "'1 / 0'"),
    ("constant(0**-1)", FOREIGN + "'0 ** (-1)'"),
    ("1/constant(1)", FOREIGN + "'1 / constant(1)'"),
    ("constant(1)/constant(2)", "scale: a schedule must be divided by numbers"),
    ("1e-3:100, 1e-5:10, 1e-6", "piecewise_constant: boundaries must be strictly increasing"),
    ("1e-3:100.5, 1e-5", "piecewise_constant: boundaries must be integers"),
    ("1e-3:100", NO_EXPRESSION),
    ("constant.__class__", FOREIGN + "'constant.__class__'"),
    ("constant(1).__class__.__mro__", FOREIGN + "'constant(1).__class__.__mro__'"),
    ("constant(1).__class__()", "parse: '__class__' is not a constructor or method of a schedule"),
    ("constant(1)._node", FOREIGN + "'constant(1)._node'"),
    ("constant(1).to_spec()", "parse: 'to_spec' is not a constructor or method of a schedule"),
    ("constant(1).plot()", "parse: 'plot' is not a constructor or method of a schedule"),
    ("constant(1)(0)", FOREIGN + "'constant(1)'"),
    ("constant(1)[0]", FOREIGN + "'constant(1)[0]'"),
    ("flr.plot(1)", "parse: 'plot' is not a constructor or method of a schedule"),
    ("os.system('true')", "parse: 'os' is not a framework with presets"),
    ("__import__('os')", "parse: '__import__' is not a constructor or method of a schedule"),
    ("exec('1')", "parse: 'exec' is not a constructor or method of a schedule"),
    ("constant(open('x'))", "parse: 'open' is not a constructor or method of a schedule"),
    (
        "constnat(1)",
        "parse: 'constnat' is not a constructor or method of a schedule; did you mean 'constant'",
    ),
    ("lambda: constant(1)", FOREIGN + "'lambda: constant(1)'"),
    ("[constant(x) for x in [1]]", FOREIGN),
    ("(constant(1) for _ in [1])", FOREIGN),
    ("{constant(1)}", FOREIGN + "'{constant(1)}'"),
    ("{'a': constant(1)}", "parse: text must describe a schedule, got"),
    ("f'{constant(1)}'", FOREIGN),
    ("(x := constant(1))", FOREIGN + "'(x := constant(1))'"),
    ("await constant(1)", FOREIGN),
    ("constant(*[1.0])", FOREIGN + "'*[1.0]'"),
    ("constant(**{'value': 1.0})", FOREIGN),
    ("constant(value=1, value=2)", FOREIGN + "'constant(value=1, value=2)'"),
    ("constant(9**9**9)", FOREIGN + "'9 ** 9 ** 9'"),
    ("constant(1 + 1)", FOREIGN + "'1 + 1'"),
    ("[1] * 10**9", FOREIGN),
    ("'a' * 10**9", FOREIGN),
    ("constant(--1)", FOREIGN + "'--1'"),
    ("constant(not 1)", FOREIGN + "'not 1'"),
    ("constant(1 if 1 else 2)", FOREIGN),
    ("constant(1 < 2)", FOREIGN + "'1 < 2'"),
    ("constant(...)", FOREIGN + "'...'"),
    ("constant(1j)", FOREIGN + "'1j'"),
    ("constant(b'1')", FOREIGN),
    ("constant(1) // 2", FOREIGN + "'constant(1) // 2'"),
    ("constant(1) @ constant(1)", FOREIGN),
    ("constant(1) ** 2", FOREIGN),
    ("constant(1e999)", f"constant: value {RATE} inf"),
    ("constant(0x" + "f" * 5_000 + ")", f"constant: value {RATE} an integer beyond 64 bits"),
    ("constant(-1)", f"constant: value {RATE} -1"),
    ("constant('1')", f"constant: value {RATE} str '1'"),
    ("constant(True)", f"constant: value {RATE} bool True"),
    ("constant(1, value=2)", "constant: argument 'value' was given by position and by name"),
    ("constant(1) + 'x'", f"add: b {RATE} str 'x'"),
    ("constant('" + "x" * 100_000 + "')", f"constant: value {RATE} str 'xxx"),
]


@pytest.mark.parametrize(
    ("text", "words"), TEXTS, ids=[f"{i}: {text[:40]!a}" for i, (text, _) in enumerate(TEXTS)]
)
def test_an_expression_is_refused(text, words):
    with pytest.raises((ValueError, TypeError)) as refused:
        flr.parse(text)
    assert refused.type in (ValueError, TypeError)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize("text", [None, 5, b"constant(1)", ["constant(1)"], LINE])
def test_an_expression_is_a_string(text):
    with pytest.raises(TypeError, match=r"^parse: text must be a string, got "):
        flr.parse(text)


# -- every parameter of every constructor, a new one too -------------------------------------------

GOOD = {
    "value": 0.5,
    "values": [0.5, 0.25],
    "boundaries": [3],
    "parts": [LINE, LINE],
    "schedules": [LINE, LINE],
}
GOOD |= {
    "paces": [2, 5],
    "total": 20,
    "step": 5,
    "clock": "same",
    "match": True,
    "inverse": False,
    "names": ["a", "b"],
    "at": [3],
    "shape": "linear",
    "mode": "cosine",
    "policy": "zero",
    "staircase": False,
    "interpolate": True,
    "origin": "start",
    "phases": 2,
}
GOOD |= dict.fromkeys(("self", "other", "a", "b", "schedule", "new"), LINE)
GOOD |= dict.fromkeys(
    (
        "init",
        "end",
        "low",
        "high",
        "rate",
        "factor",
        "peak",
        "scale",
        "gamma",
        "lo",
        "hi",
        "beta",
        "ratio",
    ),
    0.5,
)
GOOD |= dict.fromkeys(("power", "exponent", "k", "stretch", "lower"), 1.0) | {"upper": 2.0}
GOOD |= dict.fromkeys(
    (
        "steps",
        "every",
        "shift",
        "warmup",
        "width",
        "period",
        "up",
        "down",
        "stable",
        "cooldown",
        "times",
    ),
    10,
)
APART = {
    ("cooldown", "at"): 3,
    ("exponential_decay", "gamma"): None,
    ("exponential_decay", "every"): 1,
    ("cyclic", "gamma"): 1.0,
    ("one_cycle", "warmup"): 3,
    ("piecewise_linear", "at"): [0, 10],
    ("subtract", "a"): flr.constant(9.0),
}


def good_arguments(name: str) -> dict[str, object]:
    """Every parameter of a constructor, given."""
    parameters = inspect.signature(CONSTRUCTORS[name]).parameters
    given = {key: APART.get((name, key), GOOD.get(key)) for key in parameters}
    return {key: value for key, value in given.items() if value is not None}


def wrong_values(name: str, parameter: str) -> Iterator[object]:
    """What no rule but the parameter's own may let pass."""
    hint = typing.get_type_hints(CONSTRUCTORS[name], include_extras=True).get(parameter)
    rules = [
        rule
        for part in (hint, *typing.get_args(hint))
        for rule in getattr(part, "__metadata__", ())
    ]
    yield from (math.nan, "no such word", 1j, object(), {})
    if not any(isinstance(rule, Whether) for rule in rules):
        yield True
    if any(isinstance(rule, Number) for rule in rules):
        yield from (
            math.inf,
            -1e-300 if "lower" not in parameter and "upper" not in parameter else -math.inf,
        )
    if inspect.signature(CONSTRUCTORS[name]).parameters[parameter].default is not None:
        yield None


PARAMETERS = [
    (name, key)
    for name, build in CONSTRUCTORS.items()
    for key in inspect.signature(build).parameters
]


@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_good_arguments_are_good(name):
    with flr.use_backend("reference"):
        assert CONSTRUCTORS[name](**good_arguments(name)).table(3).shape[-1] == 3


@pytest.mark.parametrize(
    ("name", "parameter"), PARAMETERS, ids=[".".join(pair) for pair in PARAMETERS]
)
def test_every_parameter_refuses_what_it_is_not(name, parameter):
    for wrong in wrong_values(name, parameter):
        with pytest.raises((TypeError, ValueError)) as refused:
            CONSTRUCTORS[name](**{**good_arguments(name), parameter: wrong})
        assert refused.type in (TypeError, ValueError)
        assert str(refused.value).startswith(f"{name}: {parameter} must be "), wrong


# -- what looks odd and is right -------------------------------------------------------------------

LAST = 2**53
EDGES = [
    ("linear(1.0, 0.0, 0)", {0: 0.0, 1: 0.0, LAST: 0.0}),
    ("linear(1, 0, 10)", {0: 1.0, 5: 0.5, 10: 0.0}),
    ("cosine(1, 0, 2)", {0: 1.0, 1: 0.5, 2: 0.0}),
    ("exponential_decay(1, gamma=1)", {0: 1.0, LAST: 1.0}),
    ("inverse_time(1, 1)", {0: 1.0, 1: 0.5, 3: 0.25}),
    ("constant(1)", {0: 1.0, LAST: 1.0}),
    ("constant(0)", {0: 0.0}),
    ("constant(-0.0)", {0: 0.0}),
    ("constant(5e-324)", {LAST: 5e-324}),
    ("constant(1e290)", {7: 1e290}),
    ("constant(2**64 - 1)", {0: 2.0**64}),
    ("constant(np.float16(0.5))", {0: 0.5}),
    ("constant(np.float32(0.1))", {0: float(np.float32(0.1))}),
    ("constant(np.array(0.5))", {0: 0.5}),
    ("linear(1.0, 0.0, 2**53)", {0: 1.0, 2**52: 0.5, LAST - 1: 2.0**-53, LAST: 0.0}),
    ("linear(1.0, 0.0, np.int64(2**40 + 3))", {2**40 + 2: 1 / (2**40 + 3), 2**40 + 3: 0.0}),
    ("linear(1.0, 0.0, 1)", {0: 1.0, 1: 0.0}),
    ("warmup_cosine(1.0, 0, 10)", {0: 1.0, 5: 0.5, 10: 0.0}),
    ("warmup_cosine(1.0, 10, 10)", {0: 0.0, 9: 0.9, 10: 0.0}),
    ("warmup_cosine(1.0, 10, 10, end=0.1)", {9: 0.9, 10: 0.1, 11: 0.1}),
    ("warmup_cosine(1.0, 0, 0, end=0.1)", {0: 0.1}),
    ("warmup_linear(1.0, 2**53, 2**53)", {2**52: 0.5, LAST: 0.0}),
    ("warmup_constant(1.0, 0)", {0: 1.0}),
    ("wsd(1.0, 0, 0, 0)", {0: 0.0, 5: 0.0}),
    ("wsd(1.0, 0, 5, 0, end=0.5)", {0: 1.0, 4: 1.0, 5: 0.5}),
    ("one_cycle(1.0, 0)", {0: 1.0 / 25 / 10_000}),
    ("one_cycle(1.0, 3)", {0: 0.04, 1: 1.0, 3: 4e-6}),
    ("one_cycle(1.0, 10, warmup=0)", {0: 1.0, 10: 4e-6}),
    ("one_cycle(1.0, 10, warmup=5, phases=3)", {0: 0.04, 5: 1.0, 10: 4e-6}),
    ("linear(1.0, 0.5, 0).then(linear(0.5, 0.25, 0)).then(constant(2.0))", {0: 2.0}),
    ("linear(1.0, 0.0, 4).then(linear(9.0, 9.0, 0)).then(constant(2.0))", {3: 0.25, 4: 2.0}),
    ("join([constant(1.0), constant(2.0), constant(3.0)], [5, 5])", {4: 1.0, 5: 3.0}),
    ("join([constant(1.0), constant(2.0)], [0])", {0: 2.0}),
    ("join([constant(1.0)], [])", {0: 1.0, LAST: 1.0}),
    ("piecewise_constant([0.5], [])", {0: 0.5, LAST: 0.5}),
    ("piecewise_constant([0.5, 0.25], [0])", {0: 0.25}),
    ("milestones(0.5, 0.1, [])", {0: 0.5, LAST: 0.5}),
    ("milestones(0.5, 0.0, [3])", {2: 0.5, 3: 0.0}),
    ("sampled([0.5])", {0: 0.5, LAST: 0.5}),
    ("step_decay(0.5, 0, 3)", {2: 0.5, 3: 0.0, LAST: 0.0}),
    ("step_decay(0.5, 1, 3)", {LAST: 0.5}),
    ("cyclic(0.1, 0.5, up=0, down=4)", {0: 0.5, 2: 0.3, 4: 0.5}),
    ("cyclic(0.5, 0.5, up=1)", {0: 0.5, 1: 0.5, LAST: 0.5}),
    ("linear(1.0, 0.0, 4).delay(0)", {0: 1.0, 2: 0.5, 4: 0.0}),
    ("linear(1.0, 0.0, 4).repeat(1)", {0: 1.0, 2: 0.5, 4: 0.0}),
    ("linear(1.0, 0.0, 1).repeat(scale=0)", {0: 1.0, 1: 0.0}),
    ("linear(1.0, 0.0, 4).clip(0.5, 0.5)", {0: 0.5, 4: 0.5}),
    ("linear(1.0, 0.0, 4) * 0", {0: 0.0, 4: 0.0}),
    ("linear(1.0, 0.0, 4).cooldown(0, 0, end=0.25)", {0: 0.25}),
    ("exponential(1.0, 0.1, 0)", {0: 0.1}),
    ("rex(1.0, 0.5, 0)", {0: 0.5}),
    ("tanh(1.0, 0.5, 0)", {0: 0.5}),
    ("cosine(1.0, 0.5, 0, exponent=3.0, k=2.0)", {0: 0.5}),
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("text", "rates"), EDGES, ids=[text for text, _ in EDGES])
def test_edges_are_legal(text, rates, backend):
    schedule = run(text)
    with flr.use_backend(backend):
        assert [schedule(t) for t in rates] == pytest.approx(
            list(rates.values()), rel=1e-15, abs=0.0
        )


@pytest.mark.parametrize("kind", np.typecodes["AllInteger"])
def test_integers_of_every_dtype_are_steps_and_rates(kind):
    ten, three = np.array(10, kind), np.dtype(kind).type(3)
    schedule = flr.linear(np.array([2, 1], kind), np.array(0, kind), ten)
    assert schedule == flr.linear([2.0, 1.0], 0.0, 10)
    with flr.use_backend("reference"):
        assert (
            schedule(three).tolist()
            == schedule(3).tolist()
            == schedule(np.array([3], kind))[:, 0].tolist()
        )
        assert (
            schedule[np.dtype(kind).type(1)].table(three).tolist() == schedule.table(3)[1].tolist()
        )
        assert schedule[0].sum(three) == schedule[0].sum(3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_steps_give_no_rates(backend):
    pair = NAMES["pair"]
    with flr.use_backend(backend):
        assert LINE([]).shape == (0,)
        assert LINE(np.zeros((0, 3), int)).shape == (0, 3)
        assert pair([]).shape == (2, 0)
        assert LINE.table(0).shape == LINE.table(5, 5).shape == LINE.table(6, 5).shape == (0,)
        assert pair.table(0, out=np.zeros((2, 0))).shape == (2, 0)
        assert LINE.sum(0) == 0.0


def test_a_schedule_is_true_and_indexed_by_nothing_is_itself():
    assert LINE
    assert flr.constant(0.0)
    assert LINE[()] is LINE
    assert NAMES["pair"][()] is NAMES["pair"]
