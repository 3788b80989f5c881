"""A schedule is a value: equal to any schedule built by an equal call, in any process, and
immutable.
"""

import copy
import gc
import json
import os
import pickle
import subprocess
import sys
import typing
import weakref
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import strategies
from example_counts import examples
from example_schedules import SCHEDULES, TEXTS, built
from fuzz.choices import INTEGERS, REALS
from hypothesis import given
from hypothesis import strategies as st

import fastlr as flr
from fastlr.arguments import rules
from fastlr.arguments.rules import Number
from fastlr.schedule.rebuilding import CONSTRUCTORS
from fastlr.schedule.recorded_calls import Call

LAST = 2**53
STEPS = np.array(
    [0, 1, 2, 3, 5, 8, 13, 21, 29, 40, 100, 999, 1_000, 10**6, 2**31 + 1, 2**40 + 3, LAST]
)

every_example = pytest.mark.parametrize("text", TEXTS)


def rates(schedule: flr.Schedule) -> np.ndarray:
    """Return rates near and far by the reference, whose bits depend on no compiler."""
    with flr.use_backend("reference"):
        return schedule(
            STEPS if schedule.past_end != "raise" else STEPS[np.min(schedule.steps) > STEPS]
        )


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def is_one(a: flr.Schedule, b: flr.Schedule) -> bool:
    """Whether two schedules are equal in every way."""
    checks = (
        a == b,
        b == a,
        hash(a) == hash(b),
        repr(a) == repr(b),
        a.to_spec() == b.to_spec(),
        a.fingerprint == b.fingerprint,
    )
    alike = a.shape == b.shape and a.past_end == b.past_end and np.array_equal(a.program, b.program)
    return all(checks) and alike and same(rates(a), rates(b))


def through_json(schedule: flr.Schedule) -> flr.Schedule:
    return flr.from_spec(json.loads(json.dumps(schedule.to_spec(), allow_nan=False)))


WAYS = {
    "pickle": lambda s: pickle.loads(pickle.dumps(s)),
    "old pickle": lambda s: pickle.loads(pickle.dumps(s, protocol=2)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "json": through_json,
    "parse": lambda s: flr.parse(repr(s)),
    "eval": lambda s: eval(repr(s), vars(flr).copy()),
    "a used one": lambda s: (rates(s), s)[1],
    "a pickle of a used one": lambda s: (rates(s), pickle.loads(pickle.dumps(s)))[1],
}


def test_every_constructor_has_an_example():
    def names(call: Call) -> set[str]:
        values = [
            value if isinstance(value, tuple) else (value,) for value in call.arguments.values()
        ]
        return {call.name}.union(
            *(names(part) for value in values for part in value if isinstance(part, Call))
        )

    assert set().union(*(names(schedule._call) for schedule in SCHEDULES.values())) == set(
        CONSTRUCTORS
    )


@pytest.mark.parametrize("way", WAYS)
@every_example
@pytest.mark.exhaustive(one_in=5)
def test_it_comes_back_the_same(text, way):
    assert is_one(WAYS[way](built(text)), SCHEDULES[text])


@given(
    schedule=st.one_of(strategies.scalars, strategies.batches()), way=st.sampled_from(sorted(WAYS))
)
@examples(60)
def test_any_schedule_comes_back_the_same(schedule, way):
    assert is_one(WAYS[way](schedule), schedule)


def test_different_schedules_are_different():
    assert (
        len(set(SCHEDULES.values()))
        == len({schedule.fingerprint for schedule in SCHEDULES.values()})
        == len(TEXTS)
    )
    assert sum(a == b for a in SCHEDULES.values() for b in SCHEDULES.values()) == len(TEXTS)


EQUAL = [
    ("cosine(1, 0, 10)", "cosine(1.0, 0.0, 10)"),
    ("cosine(1, 0, 10)", "cosine(end=0, steps=10, init=1)"),
    ("cosine(1, 0, 10)", "cosine(1, 0, 10, exponent=1, k=1.0)"),
    ("constant(0.0)", "constant(-0.0)"),
    ("constant([0.0, 1.0])", "constant((-0.0, 1))"),
    ("linear(0, 1, 10)", "linear(False.real, True.real, int('10'))"),
    ("cyclic(0.1, 0.5, 3)", "cyclic(0.1, 0.5, 3, None, 'triangular')"),
    ("exponential_decay(1, gamma=0.5)", "exponential_decay(1, None, 0.5, 1, False)"),
    ("constant(1) * 2", "2 * constant(1.0)"),
    ("constant(1) * [1, 2]", "[1.0, 2.0] * constant(1)"),
    ("constant(1) + 2", "constant(1) + constant(2)"),
    ("linear(1, 0, 9).minimum(0.5)", "linear(1, 0, 9).minimum(constant(0.5))"),
    ("join([constant(1), constant(2)], [3])", "join((constant(1), constant(2)), (3,))"),
]
UNEQUAL = [
    ("linear(1, 0, 10)", "linear(1, 0, 11)"),
    ("linear(1, 0, 10)", "cosine(1, 0, 10)"),
    ("linear(1, 0, 10)", "linear([1], 0, 10)"),
    ("linear([1, 1], 0, 10)", "linear([[1, 1]], 0, 10)"),
    ("linear(1, 0, 10)", "linear(1, 5e-324, 10)"),
    ("linear(1, 0, 10)", "linear(1, 0, 10).with_past_end('zero')"),
    ("constant(1) * constant(2)", "constant(2) * constant(1)"),
    ("cyclic(0.1, 0.5, 3)", "cyclic(0.1, 0.5, 3, down=3)"),
    ("stack([constant(1)])", "constant([1])"),
]


@pytest.mark.parametrize(("a", "b"), EQUAL)
def test_spelling_makes_no_difference(a, b):
    assert is_one(built(a), built(b))


@pytest.mark.parametrize(("a", "b"), UNEQUAL)
def test_meaning_does(a, b):
    a, b = built(a), built(b)
    assert a != b
    assert not a == b  # noqa: SIM201, as each has a method of its own
    assert a.fingerprint != b.fingerprint


@pytest.mark.parametrize(
    "other",
    [None, 1.0, "linear(init=1.0, end=0.0, steps=10)", (), np.ones(3), object(), flr.Schedule],
)
def test_it_equals_nothing_else(other):
    schedule = flr.linear(1.0, 0.0, 10)
    assert (schedule == other) is False
    assert (other == schedule) is False
    assert (schedule != other) is True


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "g", "i1", "u8"])
def test_numbers_of_any_dtype_are_canonical(kind):
    assert is_one(flr.constant(np.array([1, 2], kind)), flr.constant([1.0, 2.0]))


# -- data ------------------------------------------------------------------------------------------


def plain(value: object) -> bool:
    """Whether data has only JSON's own types, no subclasses."""
    if type(value) is dict:
        return all(type(key) is str and plain(item) for key, item in value.items())
    if type(value) is list:
        return all(map(plain, value))
    return type(value) in (str, int, float, bool)


@every_example
@pytest.mark.exhaustive(one_in=5)
def test_a_spec_is_plain_data(text):
    spec = SCHEDULES[text].to_spec()
    assert plain(spec)
    assert list(spec) == ["fastlr", "schedule"]
    assert "None" not in repr(spec)


def test_a_spec_has_no_defaults():
    for text, written in [
        ("cosine(1, 0, 10)", {"cosine": {"init": 1.0, "end": 0.0, "steps": 10}}),
        ("cosine(1, 0, 10, 1.0, 1)", {"cosine": {"init": 1.0, "end": 0.0, "steps": 10}}),
        ("cosine(1, 0, 10, k=2)", {"cosine": {"init": 1.0, "end": 0.0, "steps": 10, "k": 2.0}}),
        ("constant(1).delay(3)", {"delay": {"self": {"constant": {"value": 1.0}}, "steps": 3}}),
        (
            "2 * constant([1])",
            {"scale": {"schedule": {"constant": {"value": [1.0]}}, "factor": 2.0}},
        ),
        ("stack([constant(1)])", {"stack": {"schedules": [{"constant": {"value": 1.0}}]}}),
    ]:
        assert built(text).to_spec() == {"fastlr": 1, "schedule": written}
        assert "=1.0, k" not in repr(built(text))


def test_a_spec_is_the_users_own():
    schedule = flr.linear([1.0, 2.0], 0.0, 10)
    schedule.to_spec()["schedule"]["linear"]["init"][0] = 9.0
    assert schedule.to_spec() == flr.linear([1.0, 2.0], 0.0, 10).to_spec()


def test_a_long_array_is_whole_in_the_spec_and_short_in_the_repr():
    schedule = flr.constant(np.linspace(0.5, 1.0, 1_001))
    assert repr(schedule) == "constant(value=<1,001 numbers from 0.5 to 1.0>)"
    assert is_one(through_json(schedule), schedule)
    with pytest.raises(ValueError, match="parse: text must be one expression"):
        flr.parse(repr(schedule))
    edge = flr.constant(np.linspace(0.5, 1.0, 1_000))
    assert flr.parse(repr(edge)) == edge


# from version 1 of the format: whoever stored one compares with it for ever
GOLDEN = [
    (
        "constant(0.1)",
        "1260249b4be4eccc2f1847ed7b7d11af0f50a0f177500e47df0186933f643d9c",
    ),
    (
        "cosine(1, 0, 10)",
        "37a81752bfebc229f616ccd441e6f1b6eb20ae8fd81b3fc43c1f5b0814ab87af",
    ),
    (
        "linear(0, 6e-4, 2000).then(cosine(6e-4, 6e-5, 598000))",
        "c9ea2ab57133e1dd5d49411a4df66265831e2c6a3ddebe537c6537732741cb7c",
    ),
    (
        "warmup_cosine([1e-4, 1e-3], 100, 1_000, end=1e-5)",
        "0bdbcebf51a77c2f1b75d2d41732b068d23e13204f208712ee763e24449d171e",
    ),
    (
        "stack([constant(1), noam(512, 40)]) * 0.5",
        "4b433793d0bf6e00b8cf05b61bbb684b1fb2daf3eb1f5ce927f5d1fe1619f121",
    ),
    (
        "linear(1, 0.5, 30).with_past_end('raise')",
        "944dbcc20c4653873d8dc8792dde1813ed9eae64a31fb4aef82696bda7ebded4",
    ),
]


@pytest.mark.parametrize(("text", "fingerprint"), GOLDEN)
def test_a_fingerprint_never_changes(text, fingerprint):
    assert built(text).fingerprint == fingerprint


def test_a_fingerprint_can_be_taken_without_fastlr():
    line = '{"linear":{"end":0.0,"init":0.1,"steps":[3,4]}}'
    text = f'{{"fastlr":1,"schedule":{{"scale":{{"factor":0.5,"schedule":{line}}}}}}}'
    assert built("linear(0.1, 0, [3, 4]) * 0.5").fingerprint == sha256(text.encode()).hexdigest()


def test_long_lists_are_digests_in_a_fingerprint():
    values = np.linspace(0.1, 0.2, 1_001)
    digest = sha256(values.astype("<f8").tobytes()).hexdigest()
    line = (
        '{"linear":{"end":0.0,"init":{"dtype":"float64","sha256":"' + digest + '","shape":[1001]},'
        '"steps":9}}'
    )
    text = f'{{"fastlr":1,"schedule":{line}}}'
    assert flr.linear(values, 0.0, 9).fingerprint == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("size", [999, 1_000, 1_001, 5_000])
def test_fingerprints_differ_in_the_last_bit_the_order_and_the_shape_of_a_list(size):
    values, steps = np.linspace(0.1, 0.2, size), np.arange(1, size + 1)
    later = values.copy()
    later[-1] = np.nextafter(later[-1], 1.0)
    different = [
        flr.linear(values, 0.0, 9),
        flr.linear(later, 0.0, 9),
        flr.linear(values[::-1], 0.0, 9),
        flr.linear(values[:, None], 0.0, 9),
        flr.linear(0.1, values, 9),
        flr.linear(0.1, 0.0, steps),
        flr.constant(values) * 0.5,
        flr.stack([*flr.linear(values, 0.0, 9)[-2:], flr.constant(0.1)]),
    ]
    assert len({schedule.fingerprint for schedule in different}) == len(different)
    for schedule in different:
        assert flr.from_spec(schedule.to_spec()).fingerprint == schedule.fingerprint
    strided = np.repeat(values, 2)[::2]
    assert flr.linear(strided, 0.0, 9).fingerprint == different[0].fingerprint


def test_another_process_gives_the_same():
    """A schedule pickled here is equal in a process with another hash seed, with the same bits."""
    program = (
        "import pickle, sys; found = pickle.load(sys.stdin.buffer); import test_value as t;"
        "assert all(t.is_one(s, t.SCHEDULES[text]) for text, s in found.items());"
        "print(*(s.fingerprint + t.rates(s).tobytes().hex() for s in found.values()))"
    )
    here = Path(__file__).parent
    folders = [str(Path(flr.__file__).parents[1]), str(here), str(here.parent)]
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            input=pickle.dumps(SCHEDULES),
            capture_output=True,
            check=False,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(folders)},
        )
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.decode().split() == [
            s.fingerprint + rates(s).tobytes().hex() for s in SCHEDULES.values()
        ]


# -- nothing changes it ----------------------------------------------------------------------------


def test_the_users_arrays_are_copied():
    init, steps, values, at = (
        np.array([1.0, 2.0]),
        np.array([5, 6]),
        np.array([1.0, 0.5, 0.1]),
        np.array([3, 7]),
    )
    some = [
        flr.linear(init, 0.0, steps),
        flr.sampled(values),
        flr.milestones(0.5, 0.1, at),
        init * flr.constant(1.0),
    ]
    before = [rates(schedule) for schedule in some]
    parts = [flr.constant(1.0), flr.constant(2.0)]
    stacked = flr.stack(parts)
    for array in (init, steps, values, at):
        array[:] = 4
    parts.clear()
    assert all(same(rates(schedule), old) for schedule, old in zip(some, before, strict=True))
    assert some[0] == flr.linear([1.0, 2.0], 0.0, [5, 6])
    assert stacked.shape == (2,)
    assert stacked[1] == flr.constant(2.0)


def test_a_copy_made_before_the_first_evaluation():
    """The first evaluation lowers; the numbers are fixed before."""
    init = np.array([1.0, 2.0])
    schedule = flr.linear(init, 0.0, 10)
    init[:] = 9.0
    assert rates(schedule)[:, 0].tolist() == [1.0, 2.0]


@every_example
@pytest.mark.exhaustive(one_in=5)
def test_its_numbers_are_read_only(text):
    def arrays(call: Call) -> list[np.ndarray]:
        found = []
        for value in call.arguments.values():
            for part in value if isinstance(value, tuple) else (value,):
                found += (
                    arrays(part)
                    if isinstance(part, Call)
                    else [part]
                    if isinstance(part, np.ndarray)
                    else []
                )
        return found

    schedule = pickle.loads(pickle.dumps(SCHEDULES[text]))
    assert not any(array.flags.writeable for array in arrays(schedule._call))
    assert not schedule.program.flags.writeable
    with pytest.raises(TypeError, match="does not support item assignment"):
        schedule._call.arguments["init"] = 1.0


def test_what_it_gives_is_the_users_own():
    schedule = flr.linear([1.0, 2.0], 0.0, 10)
    with flr.use_backend("reference"):
        for give in (lambda: schedule(3), lambda: schedule([3, 4]), lambda: schedule.table(5)):
            first = give()
            first[:] = -1.0
            assert (give() >= 0).all()


# -- along the batch axes --------------------------------------------------------------------------


@given(schedule=strategies.batches())
@examples(40)
def test_a_lane_is_the_schedule_of_its_own_numbers(schedule):
    all_rates = rates(schedule)
    assert len(schedule) == schedule.shape[0] == len(list(schedule))
    for i, lane in enumerate(schedule):
        assert lane.shape == ()
        assert same(rates(lane), all_rates[i])
        assert is_one(lane, schedule[i])
        assert is_one(lane, schedule[i - len(schedule)])
        assert is_one(lane, schedule[np.int8(i), *()])


LANES = [
    ("linear([1.0, 0.5], 0.1, [10, 20])", 1, "linear(0.5, 0.1, 20)"),
    ("linear([1.0, 0.5], 0.1, [[10], [20]])", (1, 0), "linear(1.0, 0.1, 20)"),
    ("linear([1.0, 0.5], 0.1, [[10], [20]])", 1, "linear([1.0, 0.5], 0.1, [20])"),
    ("linear([[1.0], [0.5]], 0.1, [10, 20, 30])", (1, 2), "linear(0.5, 0.1, 30)"),
    ("linear([[1.0], [0.5]], 0.1, [10, 20, 30])", 0, "linear([1.0], 0.1, [10, 20, 30])"),
    (
        "piecewise_constant([[0.1, 0.01], [0.2, 0.02]], [[20], [40]])",
        1,
        "piecewise_constant([0.2, 0.02], [40])",
    ),
    (
        "piecewise_constant([[0.1, 0.01], [0.2, 0.02]], [20])",
        1,
        "piecewise_constant([0.2, 0.02], [20])",
    ),
    ("milestones([0.1, 0.2], 0.1, [30, 60])", 1, "milestones(0.2, 0.1, [30, 60])"),
    ("sampled([[1.0, 0.5], [0.1, 0.2]], every=[4, 5])", 1, "sampled([0.1, 0.2], every=5)"),
    (
        "join([constant([1.0, 2.0]), constant(3.0)], [[3], [4]])",
        1,
        "join([constant(2.0), constant(3.0)], [4])",
    ),
    (
        "linear([1.0, 0.5], 0.0, 9).then(constant([3.0, 4.0])) * [5.0, 6.0]",
        1,
        "linear(0.5, 0, 9).then(constant(4.0)) * 6.0",
    ),
    ("linear([1.0, 0.5], 0.0, 9).repeat([2, 3])", 1, "linear(0.5, 0.0, 9).repeat(3)"),
    ("linear([1.0, 0.5], 0.0, 9).clip([0.1, 0.2], 0.4)", 1, "linear(0.5, 0.0, 9).clip(0.2, 0.4)"),
    ("linear([1.0, 0.5], 0.0, 9).delay([1, 2])", 1, "linear(0.5, 0.0, 9).delay(2)"),
    (
        "linear([1.0, 0.5], 0.0, 9).cooldown([4, 5], [6, 7])",
        1,
        "linear(0.5, 0.0, 9).cooldown(5, 7)",
    ),
    (
        "linear([1.0, 0.5], 0.0, 9).with_past_end('zero')",
        1,
        "linear(0.5, 0.0, 9).with_past_end('zero')",
    ),
    ("linear([1.0, 0.5], 0.0, 9) + [0.1, 0.2]", 1, "linear(0.5, 0.0, 9) + 0.2"),
    ("stack([constant(1.0), noam(512, 40)])", 1, "noam(512, 40)"),
    ("stack([constant(1.0), noam(512, 40)])", -2, "constant(1.0)"),
    ("stack([constant(1.0), noam(512, 40)]) * [2.0, 3.0]", 1, "noam(512, 40) * 3.0"),
    ("stack([constant([1.0, 2.0]), linear([1.0, 2.0], 0.0, 9)])", (1, 0), "linear(1.0, 0.0, 9)"),
    (
        "stack([stack([constant(1.0), noam(512, 40)]), linear([1.0, 2.0], 0.0, 9)])",
        (0, 1),
        "noam(512, 40)",
    ),
    (
        "stack([constant([1.0, 2.0]), constant([3.0, 4.0])]) * [5.0, 6.0]",
        (1, 0),
        "constant(3.0) * 5.0",
    ),
]


@pytest.mark.parametrize(("text", "index", "lane"), LANES)
def test_indexing_takes_each_parameter_apart(text, index, lane):
    batch, picked = built(text), built(lane)
    assert is_one(batch[index], picked)
    assert same(rates(batch)[index], rates(picked))


def test_a_batch_is_a_sequence():
    batch = built("stack([constant(1.0), noam(512, 40), constant(2.0)])")
    first, second, third = batch
    assert list(reversed(batch)) == [third, second, first]
    assert second in batch
    assert flr.constant(3.0) not in batch
    assert built("linear([[1.0], [0.5]], 0.1, [10, 20, 30])").shape == (2, 3)


def test_numbers_times_a_schedule_are_a_schedule():
    schedule = flr.linear([1.0, 2.0], 0.0, 10)
    for times in (np.array([3.0, 4.0]), np.array([3, 4]), [3, 4], (3.0, 4.0)):
        assert is_one(times * schedule, schedule * [3.0, 4.0])
    for twice in (2, 2.0, np.float64(2), np.float32(2), np.int64(2), np.array(2.0)):
        assert is_one(twice * schedule, schedule * 2.0)
        assert is_one(twice + schedule, schedule + 2.0)
    assert (np.ones((3, 1)) * schedule).shape == (3, 2)
    assert (np.ones((3, 1)) + schedule).shape == (3, 2)
    assert same(rates(sum([schedule, schedule])), rates(2 * schedule))


# -- a good citizen --------------------------------------------------------------------------------


def test_it_keys_a_dict():
    names = {schedule: text for text, schedule in SCHEDULES.items()}
    assert [names[built(text)] for text in TEXTS] == list(TEXTS)


def test_it_can_be_held_weakly():
    schedule = flr.linear(1.0, 0.0, 10)
    held = weakref.ref(schedule)
    rates(schedule)
    assert held() is schedule
    del schedule
    gc.collect()
    assert held() is None


# -- parts that are used several times -------------------------------------------------------------


def count_built(monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """A list that grows with each call of a constructor from data."""
    calls, build = list[str](), CONSTRUCTORS[name]
    monkeypatch.setitem(CONSTRUCTORS, name, lambda **given: calls.append(name) or build(**given))
    return calls


def doubled(schedule: flr.Schedule, times: int) -> flr.Schedule:
    for _ in range(times):
        schedule = schedule + schedule
    return schedule


def test_a_shared_part_is_built_once(monkeypatch):
    lanes = doubled(flr.linear([1.0, 2.0], 0.5, 10), 9)
    calls = count_built(monkeypatch, "add")
    again = pickle.loads(pickle.dumps(lanes))
    assert again == lanes
    assert len(calls) == 9
    assert lanes[0] == doubled(flr.linear(1.0, 0.5, 10), 9)
    assert len(calls) == 18


def test_data_that_occurs_several_times_is_built_once(monkeypatch):
    def data(times: int) -> dict[str, object]:
        plan: dict[str, object] = {"linear": {"init": 1.0, "end": 0.5, "steps": 10}}
        for _ in range(times):
            plan = {"add": {"a": plan, "b": plan}}
        return {"fastlr": 1, "schedule": plan}

    calls = count_built(monkeypatch, "add")
    assert flr.from_spec(data(9)) == doubled(flr.linear(1.0, 0.5, 10), 9)
    assert len(calls) == 9
    with pytest.raises(ValueError, match=r"^add: the program must have at most "):
        flr.from_spec(data(99))
    assert len(calls) <= 9 + 14


def test_a_copy_of_a_value_is_itself():
    schedule = flr.linear(1.0, 0.5, 10)
    assert copy.copy(schedule) is schedule
    assert copy.deepcopy([schedule])[0] is schedule


RULES = {
    name: kind.__metadata__[0]
    for name, kind in vars(rules).items()
    if typing.get_origin(kind) is typing.Annotated
}


def outcome(rule: Any, value: object) -> object:
    """Return the bytes that a rule makes of a value, or its error."""
    try:
        found = rule("x", value)
    except (TypeError, ValueError) as error:
        return type(error)
    return found.dtype, found.ravel().tobytes(), found.flags.writeable


@pytest.mark.parametrize(
    "name", [name for name, rule in RULES.items() if isinstance(rule, Number) and not rule.core]
)
@pytest.mark.parametrize(
    "value",
    [*INTEGERS, *REALS, True, np.int32(3), np.float32(0.5)],
    ids=lambda value: repr(value)[:20],
)
@pytest.mark.exhaustive(one_in=7)
def test_one_number_is_checked_as_a_list_of_it_is(name, value):
    assert outcome(RULES[name], value) == outcome(RULES[name], [value])
    if -(2**63) <= value < 2**63:
        assert outcome(RULES[name], np.array(value)) == outcome(RULES[name], np.array([value]))


@pytest.mark.parametrize("low", [1 / 3, 2**53 - 1, 2**53 + 2])
def test_one_number_at_the_end_of_a_range_is_checked_as_a_list_of_it_is(low):
    for rule in (
        Number("n", low, 1e300),
        Number("n", 0.0, low),
        Number("n", 0.0, low, beyond=True),
        Number("n", low, 2**60, whole=True),
    ):
        for value in (low, int(low), int(low) + 1, int(low) - 1, np.nextafter(low, 1e300).item()):
            assert outcome(rule, value) == outcome(rule, [value])


def test_a_refusal_of_many_parts_names_the_first_of_each_batch_shape():
    parts = [flr.constant([0.1, 0.2])] * 500 + [flr.constant([0.1, 0.2, 0.3])] * 500
    with pytest.raises(ValueError, match=r"got parts\[0\] \(2,\), parts\[500\] \(3,\)$"):
        flr.join(parts, range(1, 1_000))
