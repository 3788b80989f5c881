"""Compare published peak laws with their formulas and with figures in their papers."""

import numpy as np
import pytest

import fastlr as flr
from fastlr import peak_laws


def test_step_law():
    n, d = np.array([6e7, 1e9])[:, np.newaxis], np.array([2e9, 1e11, 8e11])
    found = peak_laws.step_law(n, d)
    assert found.peak.shape == found.batch.shape == (2, 3)
    assert found.peak == pytest.approx(1.79 * n**-0.713 * d**0.307)
    assert found.batch == pytest.approx(np.broadcast_to(0.58 * d**0.571, (2, 3)))


def test_deepseek_law():
    # section 3.1 of the paper: rates fall and batches grow with compute
    small, large = peak_laws.deepseek_law(1e17), peak_laws.deepseek_law(2e19)
    assert small.peak == pytest.approx(0.3118 * 1e17**-0.125)
    assert large.batch == pytest.approx(0.2920 * 2e19**0.3271)
    assert small.peak > large.peak
    assert small.batch < large.batch


@pytest.mark.parametrize(("rule", "factor"), [("sqrt", 3.0), ("linear", 9.0)])
def test_peaks_scale_with_the_batch(rule, factor):
    assert peak_laws.scale_peak(1e-3, 256, 2_304, rule) == pytest.approx(1e-3 * factor)
    lanes = flr.constant(1e-3).follow(flr.Ramp((256, 2_304), at=(5,)), rule)
    assert peak_laws.scale_peak(1e-3, 256, 2_304, rule) == lanes(5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: peak_laws.step_law(0, 1e9), r"step_law: parameters must be"),
        (
            lambda: peak_laws.step_law([1.0, 2.0], [1.0, 2.0, 3.0]),
            r"step_law: arguments must broad",
        ),
        (lambda: peak_laws.deepseek_law(-1), r"deepseek_law: compute must be"),
        (lambda: peak_laws.scale_peak(1.0, 1, 2, "root"), r"scale_peak: rule must be 'sqrt' or"),
        (lambda: peak_laws.scale_peak(1.0, 0, 2, "sqrt"), r"scale_peak: batch must be"),
    ],
)
def test_refusals(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_the_same_batch_keeps_the_peak():
    assert peak_laws.scale_peak(0.3, 49, 49, "linear") == 0.3
    assert peak_laws.scale_peak(0.3, 49, 98, "linear") == 0.6
    with pytest.raises(ValueError, match=r"scale_peak: rule must be"):
        peak_laws.scale_peak(1.0, 1, 2, np.array(["sqrt"]))
