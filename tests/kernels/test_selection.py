"""Guarantee 7: the user chooses the backend, every backend gives the same bits, and fastlr leaves
the process as it was.
"""

import asyncio
import inspect
import os
import re
import shutil
import threading
from collections.abc import Callable

import numpy as np
import pytest
from example_schedules import BACKENDS, SCHEDULES, TEXTS
from numba.core.errors import TypingError
from processes import SITE, run

import fastlr as flr
from fastlr.kernels.selection import choose

STEPS = np.array([0, 1, 2, 3, 7, 29, 40, 99, 1_000, 2**31 + 1, 2**53])


# -- the choice ------------------------------------------------------------------------------------


def in_a_thread(work: Callable[[], object]) -> object:
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def test_the_fastest_is_the_default():
    assert list(flr.backends().items()) == [
        ("native", "ready"),
        ("jit", "ready"),
        ("reference", "ready"),
    ]
    assert flr.backend() == os.environ.get("FASTLR_BACKEND", "native")


def test_blocks_nest_and_end():
    before = flr.backend()
    with flr.use_backend("reference"):
        with flr.use_backend("jit"):
            assert flr.backend() == "jit"
            with pytest.raises(ZeroDivisionError), flr.use_backend("reference"):
                _ = 1 // 0
            assert flr.backend() == "jit"
        assert flr.backend() == "reference"
        with pytest.raises(
            ValueError,
            match="use_backend: name must be one of 'native', 'jit', 'reference', got 'cuda'",
        ):
            flr.use_backend("cuda").__enter__()
        assert flr.backend() == "reference"
    assert flr.backend() == before


def test_a_block_holds_in_its_own_thread_alone():
    before = flr.backend()
    [other, *_] = set(BACKENDS) - {before}
    with flr.use_backend(other):
        assert in_a_thread(flr.backend) == before
        assert flr.backend() == other


def test_the_process_is_set_but_for_blocks():
    before, schedule = flr.backend(), flr.linear(1.0, 0.0, 10)
    try:
        with flr.use_backend("jit"):
            flr.set_backend("reference")
            assert flr.backend() == "jit"
        assert flr.backend() == in_a_thread(flr.backend) == "reference"
        assert schedule(3) == 0.7
        with pytest.raises(
            ValueError,
            match="set_backend: name must be one of 'native', 'jit', 'reference', got 'C'",
        ):
            flr.set_backend("C")
        assert flr.backend() == "reference"
    finally:
        flr.set_backend(before)


def test_a_block_holds_in_its_own_task_alone():
    async def evaluate(name: str, mine: asyncio.Event, theirs: asyncio.Event) -> str:
        with flr.use_backend(name):
            mine.set()
            await theirs.wait()
            return flr.backend()

    async def both() -> list[str]:
        first, second = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(
            evaluate("jit", first, second), evaluate("reference", second, first)
        )

    assert asyncio.run(both()) == ["jit", "reference"]


def test_each_has_the_same_verbs():
    def written(function: Callable[..., object]) -> list[str]:
        return list(
            inspect.signature(getattr(function, "py_func", function) or function).parameters
        )

    for name in flr.backends():
        with flr.use_backend(name):
            chosen = choose()
        assert chosen.name == name
        assert written(chosen.table) == ["buffer", "lanes", "columns", "start", "step", "out"]
        assert written(chosen.steps) == ["buffer", "lanes", "columns", "t", "out"]
        assert written(chosen.rates) == ["buffer", "lanes", "t", "out"]


CHOICE = """
import json, sys, fastlr as flr
s = flr.linear(1.0, 0.0, 10)
try:
    s(3)
    found = {"backend": flr.backend(), "numba": "numba" in sys.modules}
except ValueError as error:
    found = {"error": str(error)}
print(json.dumps(found))
"""


@pytest.mark.parametrize(
    ("requested", "found"),
    [
        ("reference", {"backend": "reference", "numba": False}),
        ("jit", {"backend": "jit", "numba": True}),
        ("", {"backend": "native", "numba": False}),
        ("native", {"backend": "native", "numba": False}),
        (
            "cuda",
            {"error": "FASTLR_BACKEND must be one of 'native', 'jit', 'reference', got 'cuda'"},
        ),
        ("JIT", {"error": "FASTLR_BACKEND must be one of 'native', 'jit', 'reference', got 'JIT'"}),
    ],
)
@pytest.mark.exhaustive(one_in=5)
def test_the_environment_chooses_at_the_first_evaluation(requested, found):
    assert run(CHOICE, FASTLR_BACKEND=requested) == found


# -- quiet neighbours ------------------------------------------------------------------------------

QUIET = """
import json, sys
import fastlr as flr
heavy = {"numba", "llvmlite", "matplotlib", "click", "scipy", "torch", "asyncio"}
heavy |= {"multiprocessing"}
later = {"decimal", "fastlr.reductions.sums", "fastlr.kernels.reference"}  # a first rate needs none
found = {"import": sorted((heavy | later) & set(sys.modules))}
s = flr.parse("linear(0, [1.0, 2.0], 10).then(cosine(1.0, 0.1, 90)) * 0.5")
assert flr.from_spec(s.to_spec()) == s and str(s.program) and s.fingerprint
assert flr.recipe("bert-base")
found["build"] = sorted(heavy & set(sys.modules))
with flr.use_backend("reference"):
    s(3), s.table(50), s.sum(50), s[0].boundaries
found["evaluate"] = sorted(heavy & set(sys.modules))
print(json.dumps(found))
"""


def test_nothing_heavy_is_imported_before_it_is_needed_and_no_file_is_written(tmp_path):
    home = {
        key: str(tmp_path / "home")
        for key in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR")
    }
    assert run(QUIET, cwd=tmp_path, **home) == {"import": [], "build": [], "evaluate": []}
    assert list(tmp_path.iterdir()) == []


WITHOUT = """
import json, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in sys.argv[1].split():
            raise ERROR

sys.meta_path.insert(0, Absent())
import fastlr as flr

def refused(work):
    try:
        work()
    except (ValueError, ImportError) as error:
        return f"{type(error).__name__}: {error}"

s = flr.linear(1.0, 0.0, 10)
print(json.dumps({
    "requested": refused(lambda: flr.use_backend(sys.argv[2]).__enter__()),
    "backends": flr.backends(),
    "default": refused(flr.backend) or flr.backend(),
    "rates": refused(lambda: s(3)) or [s(3), *s.table(3), *s([5, 4]), *flr.stack([s, s])(6)],
}))
"""
NO_NUMBA, NO_CFFI = "not in this place", "cffi is not installed: pip install cffi"
GONE = WITHOUT.replace("ERROR", "ModuleNotFoundError('not in this place', name=name)")


@pytest.mark.parametrize(
    ("absent", "missing", "default"),
    [
        ("numba", {"jit": NO_NUMBA}, "native"),
        ("_cffi_backend", {"native": NO_CFFI}, "jit"),
        ("_cffi_backend numba", {"native": NO_CFFI, "jit": NO_NUMBA}, "reference"),
    ],
)
def test_what_is_left_runs_and_says_why(absent, missing, default):
    [requested, reason], *_ = missing.items()
    found = run(GONE, absent, requested)
    assert found["backends"] == dict.fromkeys(BACKENDS, "ready") | missing
    assert found["default"] == default
    assert found["rates"] == [0.7, 1.0, 0.9, 0.8, 0.5, 0.6, 0.4, 0.4]
    assert (
        found["requested"]
        == f"ValueError: use_backend: name: the {requested!r} backend cannot run here: {reason}"
    )


@pytest.mark.parametrize(
    ("absent", "requested", "reason"),
    [("numba", "jit", NO_NUMBA), ("_cffi_backend", "native", NO_CFFI)],
)
def test_an_unusable_backend_in_the_environment_is_an_error(absent, requested, reason):
    found = run(GONE, absent, requested, FASTLR_BACKEND=requested)
    assert found["default"] == found["rates"]
    assert (
        found["rates"]
        == f"ValueError: FASTLR_BACKEND: the {requested!r} backend cannot run here: {reason}"
    )


@pytest.mark.parametrize(
    "error", ["OSError('a library is missing')", "SystemError('built for another NumPy')"]
)
def test_a_broken_one_is_as_good_as_none(error):
    found = run(WITHOUT.replace("ERROR", error), "numba _cffi_backend", "jit")
    assert (found["default"], found["backends"]["jit"], found["backends"]["native"]) == (
        "reference",
        *[error.split("'")[1]] * 2,
    )


NEIGHBOUR = """
import ctypes, json, multiprocessing, os, threading
import numpy as np

def arithmetic():
    tiny, one = np.array([5e-324, 2.0**-1060]), np.float64(1.0)
    return {
        "subnormals": [
            (5e-324 / 1.0).hex(), (tiny * 1.0).tolist(), (tiny + tiny).tolist(), float(one * 5e-324)
        ],
        "rounding": [1.0 + 2.0**-53, -1.0 - 2.0**-53, 1.0 - 2.0**-55, 0.1 + 0.2, one / 3, -one / 3],
    }

before = arithmetic()
import fastlr as flr
found = {"import": arithmetic() == before}
decay = flr.exponential_decay(1.0, gamma=0.5)
s = flr.stack([decay, flr.constant(5e-324), flr.linear(5e-324, 55e-324, 10)])
expected = s.table(1_100)
subnormal = (expected[0, 1_074], expected[0, 1_022], expected[1, 7], s[1](3), s(3)[2])
found["subnormal rates"] = [rate.hex() for rate in subnormal]
found["evaluation"] = arithmetic() == before

def right(_=None):
    same = s.table(1_100).tobytes() == s.table(1_100, threads=2).tobytes() == expected.tobytes()
    return bool(same and s[0](1_074) == 5e-324 and s(3)[1] == 5e-324)

threads, answers = [threading.Thread(target=lambda: answers.append(right())) for _ in range(4)], []
[thread.start() for thread in threads], [thread.join() for thread in threads]
found["threads"] = answers
child = os.fork()
if child == 0:
    os._exit(0 if right() else 1)
found["fork"] = os.waitpid(child, 0)[1]
with multiprocessing.get_context("fork").Pool(2) as pool:
    found["pool"] = pool.map(right, range(4))
found["after"] = right() and arithmetic() == before
print(json.dumps(found))
"""


@pytest.fixture(scope="module", params=["native", "jit"])
def neighbour(request):
    """Start a process that imports fastlr, evaluates, uses threads and forks; return what it
    saw.
    """
    with flr.use_backend("jit"):  # fills the cache
        (
            flr.stack([flr.constant(1.0)]).table(1),
            flr.stack([flr.constant(1.0)])(0),
            flr.constant(1.0)(0),
        )
    return run(NEIGHBOUR, FASTLR_BACKEND=request.param)


@pytest.mark.parametrize("when", ["import", "evaluation", "after"])
def test_rounding_mode_and_subnormals_are_left_alone(neighbour, when):
    assert neighbour[when]


def test_subnormal_rates_are_rates(neighbour):
    assert neighbour["subnormal rates"] == [
        x.hex() for x in (5e-324, 2.0**-1022, 5e-324, 5e-324, 4 * 5e-324)
    ]


def test_threads_agree(neighbour):
    assert neighbour["threads"] == [True] * 4


def test_a_fork_after_use_agrees(neighbour):
    assert neighbour["fork"] == 0
    assert neighbour["pool"] == [True] * 4


# -- the cache on disk -----------------------------------------------------------------------------


def test_a_place_where_nothing_can_be_written_will_do(tmp_path):
    """Every possible cache folder is below a regular file, which stops even root."""
    file = tmp_path / "file"
    file.write_text("")
    shutil.copytree(
        SITE / "fastlr", tmp_path / "site" / "fastlr", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "site" / "fastlr" / "kernels" / "jit" / "__pycache__").write_text("")
    nowhere = {
        key: str(file / "below")
        for key in ("HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR", "TMPDIR", "IPYTHONDIR")
    }
    code = (
        "import json, fastlr as flr; from fastlr.kernels import jit;"
        "rate = flr.linear(1.0, 0.0, 10)(3);"
        "print(json.dumps([rate, flr.backend(), type(jit.quick_calls._scalar._cache).__name__, "
        "flr.__file__]))"
    )
    rate, backend, cache, where = run(
        code, cwd=tmp_path, site=tmp_path / "site", FASTLR_BACKEND="jit", **nowhere
    )
    assert (rate, backend, cache) == (0.7, "jit", "NullCache")
    assert where.startswith(str(tmp_path))


USERS_OWN = """
import json
import numpy as np
from numba import njit
import fastlr as flr

@njit(cache=True)
def every_rate(program, steps):
    rates = np.empty(steps)
    for t in range(steps):
        rates[t] = flr.jit.rate(program, t)
    return rates

@njit(cache=True)
def every_lane(program, t):
    rates = np.empty(int(program[1]))
    flr.jit.rates(program, t, rates)
    return rates

@njit(cache=True)
def every_update(rule, state, metrics):
    for metric in metrics:
        flr.jit.update(rule, state, metric)

def main():
    plateau = flr.Plateau(patience=1, factor=0.5, window=2)
    state, metrics = plateau.init(), np.linspace(0.5, 1.5, 21)
    every_update(plateau.buffer, state, metrics)
    s = flr.warmup_cosine(6e-4, 20, 100, end=6e-5) * flr.cyclic(0.5, 1.0, up=7)
    lanes = flr.stack([s, flr.constant(0.1), flr.linear([1.0], 0.0, 50)[0]])
    right = [
        every_rate(s.program, 120).tobytes() == np.array([s(t) for t in range(120)]).tobytes(),
        all(
            every_lane(lanes.program, t).tobytes() == lanes(t).tobytes()
            for t in (0, 3, 49, 50, 2**53)
        ),
        state == plateau.advance(plateau.init(), metrics) and state.scale < 1.0,
    ]
    functions = (every_rate, every_lane, every_update)
    hits = [sum(function.stats.cache_hits.values()) for function in functions]
    print(json.dumps({"right": list(map(bool, right)), "hits": hits}))
"""


@pytest.mark.parametrize("left_out", ["", "_native*"], ids=["with C", "without C"])
@pytest.mark.exhaustive(one_in=5)
def test_the_numba_interface_in_a_users_cached_function(tmp_path, left_out):
    """Compiled in one process, loaded from the cache in the next: the bits of s(t), and of a
    plateau's update, in both.
    """
    (tmp_path / "users_own.py").write_text(USERS_OWN)
    if left_out:
        ignored = shutil.ignore_patterns("__pycache__", left_out)
        shutil.copytree(SITE / "fastlr", tmp_path / "fastlr", ignore=ignored)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import users_own; users_own.main()"
    site = tmp_path if left_out else SITE
    assert run(code, site=site) == {"right": [True] * 3, "hits": [0] * 3}
    assert run(code, site=site) == {"right": [True] * 3, "hits": [1] * 3}


USERS_CHAIN = """
import json
from numba import njit
import fastlr as flr

@njit(cache=True)
def one(program, t):
    return flr.jit.rate(program, t)

@njit(cache=True)
def over(program, t):
    return one(program, t)

def main():
    s = flr.linear(1.0, 0.0, 8)
    rates = [over(s.program, 1), one(s.program, 1)]
    hits = [sum(function.stats.cache_hits.values()) for function in (over, one)]
    print(json.dumps({"rates": rates, "hits": hits}))
"""


@pytest.mark.exhaustive
def test_a_users_cached_function_is_compiled_again_for_another_fastlr(tmp_path):
    """The user's file is the same, and fastlr's arithmetic is another: the new rates, also by
    way of a second function. Without the C library, so that Numba kernels are called.
    """
    left_out = shutil.ignore_patterns("__pycache__", "_native*")
    shutil.copytree(SITE / "fastlr", tmp_path / "fastlr", ignore=left_out)
    (tmp_path / "users_chain.py").write_text(USERS_CHAIN)

    def main():
        code = "import users_chain; users_chain.main()"
        return run(
            code,
            cwd=tmp_path,
            site=tmp_path,
            NUMBA_CACHE_DIR=str(tmp_path / "cache"),
            FASTLR_BACKEND="reference",
        )

    assert main() == {"rates": [0.875, 0.875], "hits": [0, 0]}
    assert main() == {"rates": [0.875, 0.875], "hits": [1, 1]}
    source = tmp_path / "fastlr" / "kernels" / "jit" / "lines_and_cosines.py"
    changed = source.read_text().replace("return _from_nearer(", "return 0.5 * _from_nearer(")
    assert changed != source.read_text()
    source.write_text(changed)
    assert main() == {"rates": [0.4375, 0.4375], "hits": [0, 0]}
    assert main() == {"rates": [0.4375, 0.4375], "hits": [1, 1]}


STEP = "t must be a step from 0 to 2**53, and before the end of a schedule with past_end='raise'"
SIZE = "out must have one element for each lane of the program"
WHOLE = "program must be one that this version of fastlr lowered, and whole"
STACKED = flr.stack(
    [flr.linear(1.0, 0.0, 10), flr.cosine(1.0, 0.1, 15), flr.linear(0.5, 0.0, 20)]
).with_past_end("raise")


def altered(change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return buffers that are no programs any more."""
    words = change(np.array(STACKED.program))
    words.flags.writeable = False
    return words


@pytest.mark.parametrize(
    ("program", "t", "size", "message"),
    [
        (STACKED.program, -1, 3, STEP),
        (STACKED.program, 10, 3, STEP),
        (flr.stack([*[flr.constant(0.1)] * 3]).program, 2**53 + 1, 3, STEP),
        (STACKED.program, 9, 2, SIZE),
        (STACKED.program, 9, 4, SIZE),
        (altered(lambda words: words[:3]), 9, 3, WHOLE),
        (altered(lambda words: words[:-1]), 9, 3, WHOLE),
        (altered(lambda words: np.where(words == words[0], words + 1.0, words)), 9, 3, WHOLE),
    ],
)
def test_the_numba_interface_refuses_what_kernels_do_not_check(program, t, size, message):
    out = np.full(size, -1.0)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        flr.jit.rates(program, t, out)
    assert (out == -1.0).all()
    if size == 3:
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            flr.jit.rate(program, t)


def test_the_numba_interface_gives_the_rates_of_all_lanes():
    for t in (0, 9):
        out = np.full(3, -1.0)
        flr.jit.rates(STACKED.program, t, out)
        assert out.tobytes() == STACKED(t).tobytes()
        with pytest.raises(ValueError, match="one lane; for a batch, call flr"):
            flr.jit.rate(STACKED.program, t)


# -- plateau updates in compiled code --------------------------------------------------------------

METRICS = np.random.default_rng(7).choice([0.5, 0.9, 1.0, 1.1, np.nan, np.inf], size=(60, 3))


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("window", [1, 3])
@pytest.mark.parametrize("convention", ["torch", "optax", "keras"])
@pytest.mark.exhaustive(one_in=5)
def test_an_update_in_compiled_code_is_that_of_the_rule(convention, window, precision):
    kind = {"convention": convention, "window": window, "precision": precision, "nan": "ignore"}
    one = flr.Plateau(patience=1, cooldown=1, warmup=2, factor=0.7, **kind)
    three = flr.Plateau(patience=[0, 1, 2], mode=["min", "max", "min"], factor=0.7, **kind)
    for rule, metrics in ((one, METRICS[:, 0]), (three, METRICS), (three, METRICS[:, 1])):
        state = mine = rule.init()
        for metric in metrics:
            state = rule.update(state, metric)
            flr.jit.update(rule.buffer, mine, metric)
            parts = zip(state, mine, strict=True)
            assert all(part.tobytes() == own.tobytes() for part, own in parts)
    assert three.parameters["warmup"] == 0
    assert (mine.scale != 1.0).any()


def test_a_rule_of_one_lane_updates_any_lanes_in_compiled_code():
    rule = flr.Plateau(patience=0, factor=0.5)
    many, metrics = rule.init(shape=(2, 400)), np.linspace(0.0, 1.0, 800).reshape(2, 400)
    for metric in (metrics, metrics[::-1].copy(), metrics):
        expected = rule.update(many, metric)
        flr.jit.update(rule.buffer, many, metric)
        assert all((part == own).all() for part, own in zip(expected, many, strict=True))
    flr.jit.update(rule.buffer, many, 7)
    assert (many.scale < 1.0).all()


OF_THREE = flr.Plateau(patience=[0, 1, 2])
ONE = flr.Plateau(patience=0)
LANES = "state must have the rule's lanes, as rule.init() has"
WINDOWS = "state.mean and state.count must have the shape that rule.init() has"
MEMORY = "the parts of state, and metric, must not share memory"
SHARED = np.ones(3)


@pytest.mark.parametrize(
    ("rule", "state", "metric", "message"),
    [
        (OF_THREE, ONE.init(shape=2), 1.0, LANES),
        (OF_THREE, ONE.init(shape=(1, 3)), 1.0, LANES),
        (OF_THREE, ONE.init(), 1.0, LANES),
        (OF_THREE, OF_THREE.init()._replace(bad=np.zeros(2, np.int32)), 1.0,
         "state must have parts of the same shape"),
        (OF_THREE, flr.Plateau(window=2).init(shape=3), 1.0, WINDOWS),
        (flr.Plateau(window=2), ONE.init(shape=3), 1.0, WINDOWS),
        (ONE, ONE.init(), np.nan, "metric must not be NaN where nan='raise'"),
        (OF_THREE, OF_THREE.init(), np.array([1.0, np.nan, 1.0]),
         "metric must not be NaN where nan='raise'"),
        (OF_THREE, OF_THREE.init(), np.ones(2), "metric must be one number, or have one number "
         "per lane"),
        (ONE, ONE.init()._replace(scale=np.array(-1.0)), 1.0,
         "state.scale must be finite and at least 0"),
        (ONE, ONE.init()._replace(scale=np.array(np.nan)), 1.0,
         "state.scale must be finite and at least 0"),
        (OF_THREE, OF_THREE.init()._replace(scale=SHARED, best=SHARED), 1.0, MEMORY),
        (OF_THREE, OF_THREE.init()._replace(scale=SHARED), SHARED, MEMORY),
    ],
)  # fmt: skip
def test_compiled_code_refuses_what_a_rule_refuses(rule, state, metric, message):
    before = [part.tobytes() for part in state]
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        flr.jit.update(rule.buffer, state, metric)
    assert [part.tobytes() for part in state] == before


@pytest.mark.parametrize(
    ("rule", "state", "metric", "message"),
    [
        (np.array(ONE.buffer), ONE.init(), 1.0, "rule must be read-only"),
        (ONE.buffer, tuple(ONE.init())[:5], 1.0, "state must be a PlateauState"),
        (ONE.buffer, ONE.init()._replace(bad=np.zeros((), np.int64)), 1.0, "state.bad must be a C"),
        (ONE.buffer, ONE.init()._replace(scale=np.ones(4)[::2]), 1.0, "state.scale must be a C"),
        (ONE.buffer, ONE.init(), np.ones(2), "metric must be a number, or a C-contiguous array"),
        (ONE.buffer, ONE.init(), True, "metric must be a number, or a C-contiguous array"),
    ],
)
@pytest.mark.exhaustive(one_in=5)
def test_compiled_code_refuses_types_that_are_no_state(rule, state, metric, message):
    with pytest.raises(TypingError, match=message):
        flr.jit.update(rule, state, metric)


def test_compiled_code_refuses_a_program_as_a_rule():
    with pytest.raises(ValueError, match=r"^rule must be the buffer of a Plateau of"):
        flr.jit.update(STACKED.program, ONE.init(), 1.0)


# -- the same rates --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.exhaustive(one_in=5)
def test_all_agree_on_every_example(text):
    schedule = SCHEDULES[text]
    steps = STEPS if schedule.past_end != "raise" else STEPS[np.min(schedule.steps) > STEPS]
    rates = {}
    for name in BACKENDS:
        with flr.use_backend(name):
            rates[name] = schedule(steps)
    assert rates["native"].tobytes() == rates["jit"].tobytes()
    bound = 8 * repr(schedule).count("(") * np.spacing(np.maximum(rates["jit"], rates["reference"]))
    assert (np.abs(rates["jit"] - rates["reference"]) <= bound).all()
