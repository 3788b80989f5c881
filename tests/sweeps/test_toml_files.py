"""Read sweeps from TOML files: every key, and every mistake in one."""

import tomllib

import numpy as np
import pytest

import fastlr as flr
from fastlr.sweeps.toml_files import law_from, read_toml, sweep_from

WHOLE = """
family = "wsd(peak, warmup, 900 - cooldown, cooldown, end, shape=shape)"
steps = 1_000

[parameters]
peak = {from = 1e-4, to = 1e-2, count = 3, scale = "log"}
cooldown = {from = 100, to = 300, count = 3}
shape = "1-sqrt"

[[zip]]
warmup = [50, 100]

[[draw]]
method = "sobol"
size = 8
seed = 3
end = {uniform = [0.0, 1e-5]}
"""


def test_sweeps_of_files_that_differ_in_a_fixed_value_differ(tmp_path):
    one, other = (
        sweep_from(
            {
                "family": "cosine(1e-3, end * k, 100)",
                "steps": 9,
                "parameters": {"end": [0.0, 1e-4, 0.0], "k": k},
            }
        ).sweep
        for k in (1, 3)
    )
    assert one != other
    one.table(9, out=tmp_path / "rates.npy")
    with pytest.raises(ValueError, match="its fingerprint is"):
        other.table(9, out=tmp_path / "rates.npy")


def test_a_file_describes_a_sweep(tmp_path):
    (tmp_path / "family.toml").write_text(WHOLE)
    found = sweep_from(read_toml(tmp_path / "family.toml"))
    family = "wsd(peak, warmup, 900 - cooldown, cooldown, end, shape=shape)"
    draws = flr.sobol(8, seed=3, end=flr.Uniform(0.0, 1e-5))
    parameters = {
        "peak": np.geomspace(1e-4, 1e-2, 3),
        "cooldown": [100, 200, 300],
        "shape": "1-sqrt",
    }
    same = flr.sweep(family, flr.zipped(warmup=[50, 100]), draws, **parameters)
    assert (found.steps, found.sweep.shape) == (1_000, (2, 8, 3, 3))
    assert found.sweep.fingerprint == same.fingerprint
    assert [found.sweep[i] for i in (0, 71, 143)] == [same[i] for i in (0, 71, 143)]


def test_every_space_and_method_has_a_name():
    spaces = {
        "a": {"uniform": [0.1, 0.2]},
        "b": {"log_uniform": [0.1, 0.2]},
        "c": {"integers": [1, 9]},
        "d": {"choice": [0.3]},
    }
    family = "linear(a, b, c) + d"
    for method in ("random", "latin_hypercube", "sobol"):
        draw = {"method": method, "size": 16, "seed": 1, **spaces}
        found = sweep_from({"family": family, "steps": 9, "draw": [draw]}).sweep
        values = found.parameters(slice(None))
        assert values["a"].min() >= 0.1
        assert values["b"].max() <= 0.2
        assert values["c"].dtype == np.int64
        assert set(values["d"]) == {0.3}


PLAIN = {
    "family": "linear",
    "steps": 10,
    "parameters": {"init": [1.0, 2.0], "end": 0.0, "steps": 10},
}
DRAW = {"method": "random", "size": 4}

MISTAKES = [
    ({"steps": None}, "sweep: steps must be an integer from 1, got None"),
    ({"steps": 0}, "sweep: steps must be an integer from 1, got 0"),
    ({"famly": "linear"}, "sweep: 'famly' is unknown; did you mean 'family'?"),
    (
        {"family": "lineer"},
        "sweep: family must be a constructor, a preset or an expression, got 'lineer'; "
        "did you mean 'linear'?",
    ),
    ({"parameters": [1]}, "sweep: parameters must be a table of parameters, got list [1]"),
    (
        {"parameters": {"init": [1.0], "end": 0.0}},
        "sweep: linear must be given 'steps', got 'init', 'end'",
    ),
    ({"draw": {"method": "sobol"}}, "sweep: draw must be an array of tables, [[draw]], got dict"),
    (
        {"draw": [{**DRAW, "method": "halton"}]},
        "method must be one of 'random', 'latin_hypercube', 'sobol', got 'halton'",
    ),
    (
        {"draw": [{"method": "random"}]},
        "random: size must be an integer from 1 to 9007199254740992, got None",
    ),
    (
        {"draw": [{**DRAW, "seed": -1}]},
        "random: seed must be an integer from 0 to 9007199254740992, got -1",
    ),
    ({"draw": [DRAW]}, "random: at least one parameter must be given, got none"),
    (
        {"draw": [{**DRAW, "init": [1, 2]}]},
        "draw: init must be {uniform = [low, high]}, or log_uniform",
    ),
    (
        {"draw": [{**DRAW, "init": {"uniform": [1]}}]},
        "draw: init: uniform must be a list [low, high], got [1]",
    ),
    (
        {"draw": [{**DRAW, "init": {"uniform": [2, 1]}}]},
        "Uniform: low and high must be finite numbers with low <= high, got 2 and 1",
    ),
    (
        {"draw": [{**DRAW, "init": {"log_uniform": [0, 1]}}]},
        "LogUniform: low must be above 0, got 0",
    ),
    (
        {"draw": [{**DRAW, "init": {"integers": [0.5, 1]}}]},
        "Integers: low and high must be integers, got 0.5 and 1",
    ),
    (
        {"zip": [{"init": [1.0, 2.0], "steps": [1]}]},
        "zipped: parameters must be non-empty and of equal length, got lengths {'init': 2",
    ),
    ({"zip": [{"init": [1.0, 2.0]}]}, "sweep: each parameter must be given once, got 'init' twice"),
    (
        {"parameters": {"init": {"from": 1, "to": 2}}},
        "sweep: init: 'count' must be given, got ['from', 'to']",
    ),
    (
        {"parameters": {"init": {"from": 0, "to": 2, "count": 3, "scale": "log"}}},
        "init: from and to must be above 0 on a log",
    ),
    (
        {"parameters": {"init": {"from": 1, "to": 2, "count": 3, "scale": "l"}}},
        "init: scale must be one of 'linear', 'log', got",
    ),
    (
        {"parameters": {"init": {"from": 1, "to": "2", "count": 3}}},
        "sweep: init: from and to must be numbers, count an integer",
    ),
]


@pytest.mark.parametrize(
    ("change", "message"), MISTAKES, ids=[message[:60] for _, message in MISTAKES]
)
def test_a_mistake_is_reported(change, message):
    with pytest.raises((ValueError, TypeError)) as raised:
        sweep_from({**PLAIN, **change})
    assert message in str(raised.value)


def test_a_file_that_is_no_toml_is_reported(tmp_path):
    (tmp_path / "family.toml").write_text("family = ")
    with pytest.raises(ValueError, match=r"family.toml: must be a TOML file: Invalid value"):
        read_toml(tmp_path / "family.toml")
    assert tomllib.loads(WHOLE)["steps"] == 1_000


# -- laws ------------------------------------------------------------------------------------------

CONSTANTS = {"L0": 2.6, "A": 0.6, "alpha": 0.45, "C": 0.5, "decay": 0.99}
LAW = flr.loss_laws.Annealing(**CONSTANTS)
RUN = "cosine(1e-2, 1e-3, 1_000)"


def written(folder, text):
    (folder / "run.csv").write_text(text)
    return {"law": "Annealing", "curve": [{"file": "run.csv", "schedule": RUN, "before": 900}]}


def test_a_law_is_described_by_its_constants_or_by_runs(tmp_path):
    assert law_from({"law": "Annealing", "constants": CONSTANTS}, tmp_path) == LAW
    steps = range(0, 1_000, 20)
    # those from step 900 on are wrong
    losses = [*LAW.curve(flr.parse(RUN), steps)[:45].tolist(), *[9.0] * 5]
    rows = [f"{step},1e-3,{loss!r}" for step, loss in zip(steps, losses, strict=True)]
    fitted = law_from(written(tmp_path, "\n".join(["step,lr,loss", *rows])), tmp_path)
    assert pytest.approx(2.6, abs=1e-4) == fitted.L0


def test_a_law_is_fitted_to_final_losses(tmp_path):
    runs = [f"wsd({peak}, 20, {980 - n}, {n})" for peak in (3e-3, 1e-2) for n in (100, 500, 980)]
    curves = [
        {"schedule": run, "loss": LAW.final(flr.parse(run), steps), "steps": steps}
        for run in runs
        for steps in (800, 1_000)
    ]
    del curves[-1]["steps"]  # that of the schedule
    fitted = law_from({"law": "Annealing", "curve": curves}, tmp_path)
    assert fitted.final(flr.parse(RUN), 1_000) == pytest.approx(LAW.final(flr.parse(RUN), 1_000))
    assert fitted.fitted_on == flr.loss_laws.FittedOn((3e-3, 1e-2), (800, 1_000))


def test_the_range_of_the_runs_behind_constants(tmp_path):
    fitted_on = {"peaks": [1e-4, 2e-3], "steps": [15_000, 25_000]}
    law = law_from({"law": "Annealing", "constants": CONSTANTS, "fitted_on": fitted_on}, tmp_path)
    assert law.fitted_on == flr.loss_laws.FittedOn((1e-4, 2e-3), (15_000, 25_000))
    with pytest.raises(ValueError, match=r"^rank: steps must be from 15000 to 25000"):
        flr.rank(law, flr.sweep("cosine", init=[1e-3], end=0.0, steps=100), 100)


LAW_MISTAKES = [
    ({}, "law: 'law' must be given, got []"),
    (
        {"law": "Chinchilla", "constants": {}},
        "law: law must be one of 'MultiPower', 'FunctionalScaling', 'Annealing', got 'Chinchilla'",
    ),
    ({"law": "Annealing"}, "law: either constants or curve must be given, got ['law']"),
    ({"law": "Annealing", "constants": {**CONSTANTS, "B": 1.0}}, "law: Annealing: 'B' is unknown"),
    (
        {"law": "Annealing", "constants": {"L0": 1.0}},
        "law: Annealing: 'A', 'alpha', 'C', 'decay' must be given, got ['L0']",
    ),
    ({"law": "Annealing", "constants": {**CONSTANTS, "alpha": "x"}}, "Annealing: alpha must be"),
    (
        {"law": "Annealing", "constants": CONSTANTS, "fitted_on": {"peaks": [1e-3, 2e-3]}},
        "law: fitted_on: 'steps' must be given, got ['peaks']",
    ),
    (
        {
            "law": "Annealing",
            "constants": CONSTANTS,
            "fitted_on": {"peaks": [2e-3, 1e-3], "steps": [1, 2]},
        },
        "Annealing: fitted_on must have the smaller number first, got FittedOn(",
    ),
    (
        {"law": "Annealing", "curve": [], "fitted_on": {"peaks": [1e-3, 2e-3], "steps": [1, 2]}},
        "law: fitted_on must be left out with curve",
    ),
    (
        {"law": "Annealing", "curve": [{"schedule": "constant(0.1)", "loss": 3.0}]},
        "law: curve: steps must be an integer from 1, the length of the run, got None",
    ),
    (
        {"law": "Annealing", "curve": [{"schedule": RUN, "loss": 3.0, "file": "run.csv"}]},
        "law: curve: 'file' is unknown",
    ),
    (
        {"law": "Annealing", "curve": [{"schedule": RUN, "loss": "x"}]},
        "fit: curves[0]: losses must be",
    ),
    (
        {"law": "Annealing", "curve": [{"file": "run.csv"}]},
        "law: curve: 'schedule' must be given, got ['file']",
    ),
]


@pytest.mark.parametrize(
    ("description", "message"), LAW_MISTAKES, ids=[message[:60] for _, message in LAW_MISTAKES]
)
def test_a_mistake_in_a_law_is_reported(description, message, tmp_path):
    with pytest.raises((ValueError, TypeError)) as raised:
        law_from(description, tmp_path)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "step,value\n1,2\n",
            "run.csv: must have the columns step and loss, got ['step', 'value']",
        ),
        ("", "run.csv: must have the columns step and loss, got None"),
        ("step,loss\n1,x\n", "run.csv: must have a number in each row of step and loss"),
        ("step,loss\n1\n", "run.csv: must have a number in each row of step and loss"),
        ("step,loss\n1,nan\n2,3.0\n", "fit: curves[0]: losses must be"),
        ("step,loss\n2,3.0\n1,2.0\n", "fit: curves[0]: steps must rise strictly, got 1 after 2"),
        (
            "step,loss\n1,3.0\n2,2.0\n",
            "fit: curves must have more losses than the law has constants",
        ),
    ],
)
def test_a_mistake_in_a_file_of_losses_is_reported(text, message, tmp_path):
    with pytest.raises((ValueError, TypeError)) as raised:
        law_from(written(tmp_path, text), tmp_path)
    assert message in str(raised.value)
