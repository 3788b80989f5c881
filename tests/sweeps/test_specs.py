"""The JSON spec of a sweep gives an equal sweep with the same bits, and reading it runs no code."""

import json
import pickle

import numpy as np
import pytest

import fastlr as flr
from fastlr.sweeps.axes import Listed

SWEEPS = {
    "lists": flr.sweep(
        "wsd", peak=np.geomspace(1e-4, 1e-2, 5_000), warmup=range(1, 9), stable=50, cooldown=[5, 10]
    ),
    "constructor": flr.sweep(flr.linear, init=[0.1, 0.2], end=0.0, steps=[10, 20]),
    "preset": flr.sweep("torch.OneCycleLR", max_lr=[0.1, 0.2], total_steps=100),
    "preset as a function": flr.sweep(flr.presets.torch.StepLR, lr=[0.1, 0.2], step_size=5),
    "draws": flr.sweep(
        "cyclic",
        flr.zipped(low=np.float32([0.1, 0.2, 0.3]), high=[1, 2, 3]),
        flr.sobol(4, seed=7, down=flr.Integers(5, 90)),
        up=[10, 20],
        mode=["triangular", "cosine"],
    ),
    "order of draws": flr.sweep(
        "linear",
        flr.latin_hypercube(4, init=flr.Uniform(0.1, 0.9), end=flr.Uniform(0.1, 0.9)),
        steps=9,
    ),
    "vectors": flr.sweep(
        "piecewise_constant", values=[[1.0, 0.5], [1.0, 0.1]], boundaries=[[5], [7], [9]]
    ),
    "small integers": flr.sweep(
        "wsd(peak, 2, 90 - down, down, end, shape=shape)",
        flr.random(3, peak=flr.LogUniform(1e-4, 1e-2), end=flr.Choice(0.0, 1e-5)),
        down=np.uint8([3, 4]),
        shape="linear",
    ),
    "one": flr.sweep("constant", value=np.float32(0.1)),
}
every_sweep = pytest.mark.parametrize("sweep", SWEEPS.values(), ids=list(SWEEPS))


@every_sweep
@pytest.mark.parametrize("sort_keys", [False, True])
def test_a_sweep_comes_back_from_its_json(sweep, sort_keys):
    again = flr.Sweep.from_spec(json.loads(json.dumps(sweep.to_spec(), sort_keys=sort_keys)))
    assert again == sweep
    assert again.fingerprint == sweep.fingerprint
    assert [axis.names for axis in again.axes] == [axis.names for axis in sweep.axes]
    assert again.table(20).tobytes() == sweep.table(20).tobytes()


@every_sweep
def test_a_sweep_comes_back_from_a_pickle(sweep):
    again = pickle.loads(pickle.dumps(sweep))
    assert again == sweep
    assert again.table(20).tobytes() == sweep.table(20).tobytes()


def test_the_spec_is_no_longer_than_the_values_need():
    assert len(json.dumps(SWEEPS["lists"].to_spec())) < 1.4 * 8 * 5_000
    wide = flr.sweep("linear", init=[0.1], end=0.0, steps=range(1, 10**9))
    assert len(json.dumps(wide.to_spec())) < 200


class _Own(Listed):
    """An axis of a user."""


def test_code_has_no_spec():
    with pytest.raises(ValueError, match=r"to_spec: the family must be .*, got function <lambda>"):
        flr.sweep(lambda peak: flr.constant(peak), peak=[0.1]).to_spec()
    with pytest.raises(ValueError, match="to_spec: axes must be lists, zipped lists or draws"):
        flr.sweep("constant", _Own({"value": np.array([0.1])})).to_spec()


def changed(**content):
    return {"fastlr": 1, "sweep": {**SWEEPS["constructor"].to_spec()["sweep"], **content}}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ([], "spec must be a mapping"),
        ({"fastlr": 1, "schedule": {}}, "must have the keys 'fastlr' and 'sweep'"),
        ({"fastlr": 9, "sweep": {}}, "needs a newer fastlr"),
        ({"fastlr": 1, "sweep": {"family": "linear"}}, "'sweep' must have the keys"),
        (changed(family=["linear"]), "'family' must be a text"),
        (changed(family="os.system"), "must be a constructor, a preset or an expression"),
        (changed(family="__import__('os')"), "__import__"),
        (changed(axes={}), "'axes' must be a list"),
        (changed(axes=[{"listed": "init"}]), "an axis must be"),
        (changed(axes=[{"listed": [["init", [0.1]], ["init", [0.2]]]}]), "an axis must be"),
        (changed(axes=[{"halton": {"size": 2, "seed": 0, "spaces": []}}]), "an axis must be"),
        (
            changed(axes=[{"sobol": {"size": 2, "seed": 0, "spaces": [["init", "normal", [0]]]}}]),
            "a space must be one of uniform, log_uniform, integers, choice",
        ),
        (
            changed(axes=[{"sobol": {"size": 2, "seed": 0, "spaces": [["init", "uniform", [0]]]}}]),
            "uniform: ",
        ),
        (changed(fixed={"end": {"dtype": "object", "shape": [1], "base64": ""}}), "cannot be read"),
        (changed(fixed={"end": {"dtype": "int8", "shape": [9], "base64": "AA=="}}), "cannot be re"),
        (changed(fixed={"end": {"what": 1}}), "a value must be as to_spec writes it"),
        (changed(fixed={"end": [0.0, 0.1]}), "'fixed' must hold single values, got a list for end"),
    ],
)
def test_a_wrong_spec_is_refused(spec, message):
    with pytest.raises((TypeError, ValueError), match=message):
        flr.Sweep.from_spec(spec)
