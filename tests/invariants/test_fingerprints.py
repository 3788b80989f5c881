"""Every backend, instruction set and number of threads gives the bits in tests/fingerprints.txt."""

import re

import fingerprints
import numpy as np
import pytest
from fingerprints import GROUPS, recorded
from instruction_sets import instruction_sets

import fastlr as flr
from fastlr.kernels import threads
from fastlr.schedule.rebuilding import CONSTRUCTORS

RECORD = recorded()


@pytest.fixture(scope="module", params=GROUPS)
def values(request):
    """Return the values of one part of the record, by name."""
    return GROUPS[request.param]()


def changed(values, threads=1):
    """Return the lines that differ from the record."""
    found = {name: fingerprints.fingerprint(value, threads) for name, value in values.items()}
    return {name: one for name, one in found.items() if one != RECORD[name]}


@pytest.mark.parametrize("backend", ["native", "jit"])
def test_each_has_the_bits_of_the_record(values, backend):
    with flr.use_backend(backend):
        found = {level: changed(values) for level in instruction_sets(backend)}
    assert not any(found.values()), found


@pytest.mark.parametrize("backend", ["native", "jit"])
@pytest.mark.exhaustive(one_in=5)
def test_so_have_three_threads(monkeypatch, values, backend):
    monkeypatch.setattr(threads, "_LEAST", 1)
    with flr.use_backend(backend):
        assert changed(values, threads=3) == {}


def apart(value, ours, theirs):
    """Return the largest difference in ulps, per operation that a value is made of."""
    error = np.abs(ours - theirs) / np.spacing(np.maximum(ours, theirs))
    return float(np.max(error, initial=0.0)) / max(1, repr(value).count("("))


def tables_of(value, backend):
    with flr.use_backend(backend):
        return (
            [fingerprints.scales(value, "float64")]
            if isinstance(value, fingerprints.Rule)
            else [*fingerprints.tables(value, "float64")]
        )


def test_reference_and_native_are_near(values):
    """NumPy's sines and powers depend on the processor, so the reference has a tolerance."""
    errors = {
        name: max(
            apart(value, *pair)
            for pair in zip(tables_of(value, "reference"), tables_of(value, "native"), strict=True)
        )
        for name, value in values.items()
    }
    assert {name: error for name, error in errors.items() if not error <= 8.0} == {}


def test_the_record_is_complete_and_has_nothing_else():
    assert sorted(RECORD) == sorted(name for group in GROUPS.values() for name in group())


def test_every_constructor_is_in_the_record():
    words = {word for name in RECORD for word in re.findall(r"\w+", name)}
    operators = {"multiply": "*", "scale": "*", "add": "+", "subtract": "-"}
    assert {
        name
        for name in CONSTRUCTORS
        if name not in words and operators.get(name, " ") not in "".join(RECORD)
    } == set()


def test_a_line_is_written_as_it_is_read():
    assert fingerprints.written(RECORD) == fingerprints.RECORD.read_text()


def test_a_changed_bit_is_seen():
    one, other = (
        fingerprints.fingerprint(flr.constant(rate)) for rate in (0.1, np.nextafter(0.1, 1.0))
    )
    assert one.spec != other.spec
    assert one.float64 != other.float64
    assert one.float32 == other.float32  # which has no room for it
