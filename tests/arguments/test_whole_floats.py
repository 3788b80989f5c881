"""Lengths in an array of floats: whole numbers of any precision pass, others are refused."""

import warnings

import numpy as np
import pytest

import fastlr as flr


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_whole_floats_of_any_precision_are_lengths(dtype):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = flr.linear(0.1, 0.0, steps=np.array([1, 2], dtype=dtype))
        assert found == flr.linear(0.1, 0.0, steps=[1, 2])
        for wrong in (1.5, np.inf, np.nan):
            with pytest.raises(TypeError, match="steps must be an integer from 0"):
                flr.linear(0.1, 0.0, steps=np.array([1, wrong], dtype=dtype))
