"""Test fastlr's column in docs/faults.md: rates are exact, bad inputs are refused or right, and
every resume continues with the right rates.

Tests that need another library run in their own process, if it is installed. ``FASTLR_REQUIRE`` in
the environment names the libraries that must be.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from faults import accuracy, calls, inputs, resume, stepping
from other_libraries import require

import fastlr as flr

ADAPTERS = {"torch": ["torch"], "optax": ["jax", "optax"], "Keras": ["keras", "jax"]}


@pytest.fixture(scope="module")
def apart():
    """Run functions in their own process, one for all that can share it."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        yield lambda function, *arguments: executor.submit(function, *arguments).result()


# -- accuracy --------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", accuracy.ROWS)
def test_rates_are_exact(row):
    way = accuracy.of_fastlr()[row]
    found = accuracy.measured(way, 1_000, np.float64)
    assert found.ulps <= 2.0
    assert found.beside_zero == 0


@pytest.mark.parametrize("row", ["cosine to 0", "polynomial 0.9 to 0", "one-cycle, torch's"])
def test_long_runs_are_as_exact(row, monkeypatch):
    monkeypatch.setattr(accuracy, "ANYWHERE", 200)
    monkeypatch.setattr(accuracy, "NEAR", 100)
    assert accuracy.measured(accuracy.of_fastlr()[row], 10**6, np.float64).ulps <= 2.0


def test_an_error_is_found():
    """The comparison finds an error of 1 ulp, and NaN."""
    way = accuracy.of_fastlr()["cosine to 0"]
    off = way._replace(
        rates=lambda n, steps: (
            np.nextafter(way.rates(n, steps), 1.0) + np.spacing(way.rates(n, steps))
        )
    )
    assert accuracy.measured(off, 1_000, np.float64).ulps > 2.0
    assert accuracy.measured(off, 1_000, np.float64).beside_zero == 1
    assert np.isnan(
        accuracy.measured(
            way._replace(rates=lambda n, steps: steps * np.nan), 1_000, np.float64
        ).ulps
    )
    assert (
        accuracy.measured(way._replace(rates=lambda n, steps: [][0]), 1_000, np.float64)
        == "IndexError"
    )


# -- bad inputs ------------------------------------------------------------------------------------


ACCEPTED = {
    "torch": 6,
    "transformers": 1,
    "timm": 4,
    "fvcore": 0,
    "ignite": 2,
    "mmengine": 3,
    "optax": 20,
    "keras": 3,
}


@pytest.mark.parametrize("library_name", inputs.LIBRARIES)
@pytest.mark.exhaustive(one_in=5)
def test_bad_inputs_are_refused_by_name_rule_and_value(library_name):
    cases = list(inputs.found(library_name, driven=False))
    assert len(cases) >= 100
    accepted = list(inputs.reasons(cases))
    assert [case for case, _, answer, why in accepted if not why or answer.kind != "accepted"] == []
    assert len(accepted) == ACCEPTED[library_name]
    for case in cases:
        named, said = (
            case.preset.text.split(": ")[1:3]
            if case.preset.kind == "clear"
            else (library_name, case.parameter)
        )
        assert named.split(".")[0] == library_name, case
        assert case.parameter in said, case


def test_what_is_wrong_about_a_call_is_refused():
    assert {
        text: answer for text, answer in calls.column("fastlr").items() if answer.kind != "clear"
    } == {}


@pytest.mark.parametrize("adapter_name", ADAPTERS)
def test_a_wrong_call_is_refused_by_an_adapter(adapter_name, apart):
    require(*ADAPTERS[adapter_name])
    answers = apart(calls.column, f"fastlr's {adapter_name} adapter")
    assert {text: answer for text, answer in answers.items() if answer.kind != "clear"} == {}


# -- resuming --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fastlr", "fastlr, Plateau"])
def test_no_resume_is_wrong(name):
    assert {
        schedule: counts for schedule, counts in resume.column(name).items() if any(counts.values())
    } == {}


def wrong_in_torch():
    """Count wrong resumes of some plans, in every order of loading."""
    import tempfile

    resume.plans = lambda: {
        name: resume.SCHEDULES[name] for name in ("warmup-cosine from 0", "restarts, doubling")
    }
    resume.STEPS = 30
    with tempfile.TemporaryDirectory() as folder:
        resume.saved("fastlr's torch adapter", folder)
        return resume.resumed("fastlr's torch adapter", folder), resume.changed(
            "fastlr's torch adapter"
        )


def test_no_resume_is_wrong_in_the_torch_adapter(apart):
    require("torch")
    wrong, changed = apart(wrong_in_torch)
    assert wrong == {schedule: dict.fromkeys(resume.ORDERS, 0) for schedule in wrong}
    assert len(wrong) == 2
    assert {words.split(", unless")[0] for words in changed.values()} == {
        "refused: ValueError: load_state_dict: resume: plan must be the saved one"
    }


def wrong_in_optax():
    with resume.quiet():
        plans = resume.optax_schedules(True)
        return {
            name: resume.wrong_counts(
                resume.optax_run, plan, *resume.interrupted(resume.optax_run, plan, 20)
            )
            for name, plan in plans.items()
        }


def test_no_resume_is_wrong_in_the_optax_adapter(apart):
    require("jax", "optax")
    assert apart(wrong_in_optax) == dict.fromkeys(resume.SOME, 0)


def test_a_wrong_resume_is_counted():
    """A state that starts the run again is right at its first step only."""
    rates, states = resume.interrupted(resume.schedule_run, flr.linear(1.0, 0.0, 10), 10)
    assert resume.wrong_counts(resume.schedule_run, flr.linear(1.0, 0.0, 10), rates, states) == 0
    assert (
        resume.wrong_counts(resume.schedule_run, flr.linear(1.0, 0.0, 10), rates, states[:1] * 10)
        == 9
    )


# -- stepping --------------------------------------------------------------------------------------


def test_every_way_of_asking_gives_the_same_bits(monkeypatch):
    monkeypatch.setattr(stepping, "LONG", 10_000)
    for name, (same, whole, _) in stepping.of_fastlr():
        assert same == whole >= 10_000, name
