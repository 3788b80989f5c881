"""Rules check a list of integers by a faster path, with the results of an array."""

import numpy as np
import pytest

from fastlr.arguments.rules import Boundaries, Paces, validate


@pytest.mark.parametrize("rule", [Boundaries, Paces])
@pytest.mark.parametrize("values", [[1], [3, 1, 2], [2**53, 1], [1, 1]])
def test_a_list_is_what_an_array_is(rule, values):
    found = validate(rule, "f: x", values)
    assert np.array_equal(found, validate(rule, "f: x", np.array(values)))
    assert found.dtype == np.int64
    assert not found.flags.writeable


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ([1, True], TypeError, r"got list \[1, True\]"),
        ([1, -1], ValueError, "got -1 in an array"),
        ([2**53 + 1], ValueError, "got 9007199254740993 in an array"),
        ([1, 2**64], ValueError, "an integer beyond 64 bits"),
        ([1, [2]], ValueError, "rows of unequal length"),
        ([1, 1.5], TypeError, r"got list \[1, 1.5\]"),
        ([1, None], TypeError, r"got list \[1, None\]"),
    ],
)
def test_other_lists_are_refused_as_before(values, error, message):
    with pytest.raises(error, match=rf"^f: x must be integers from 0 to 2\*\*53.*{message}"):
        validate(Boundaries, "f: x", values)


def test_whole_floats_in_a_list_are_integers():
    assert validate(Boundaries, "f: x", [1e5, 2]).tolist() == [100_000, 2]
