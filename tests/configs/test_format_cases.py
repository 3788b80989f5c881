"""The configs of each format give the rates and the length of the framework's run, and exactly one
format matches each config.
"""

import numpy as np
import pytest
from configs import format_cases, real_cases

import fastlr as flr
from fastlr.configs import _READERS, _files

CASES = format_cases.CASES | real_cases.CASES
every_case = pytest.mark.parametrize("name", CASES)


@pytest.fixture
def written(tmp_path):
    """Write the text of a case to a file."""

    def write(name):
        case = CASES[name]
        if case.suffix in (".yaml", ".yml"):
            pytest.importorskip("yaml")
        path = tmp_path / f"config{case.suffix}"
        path.write_text(case.text)
        return path

    return write


def looked_at(length):
    """All steps of a short run; some of a long one."""
    last = 300 if length is None else length
    return range(last) if last <= 2_000 else [*range(0, last, last // 997), last - 1]


@every_case
def test_the_rates_and_the_length_are_those_of_the_framework(name, written):
    case = CASES[name]
    found = flr.from_config(written(name), **case.given)
    assert found.steps == case.length
    steps = np.array(looked_at(case.length))
    wanted = np.array([case.rate(int(t)) for t in steps])
    assert found(steps) == pytest.approx(wanted, rel=1e-11, abs=1e-14 * wanted.max())


@every_case
def test_one_format_claims_it(name, written):
    values = _files.parsed(written(name))
    assert [each for each, reader in _READERS.items() if reader.matches(values)] == [
        CASES[name].format
    ]


@every_case
@pytest.mark.exhaustive(one_in=5)
def test_a_mapping_is_read_as_the_file_is(name, written):
    case = CASES[name]
    path = written(name)
    from_file = flr.from_config(path, **case.given)
    from_values = flr.from_config(_files.parsed(path), case.format, **case.given)
    assert np.array_equal(from_file(np.arange(50)), from_values(np.arange(50)))
