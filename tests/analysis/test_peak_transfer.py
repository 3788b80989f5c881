"""Compare transferred peaks with measured ones."""

import numpy as np
import pytest

import fastlr as flr

WARMUP = 300


def cosine(steps, end):
    return flr.warmup_cosine(1.0, WARMUP, steps, end=end)


def wsd(steps, share, shape="linear"):
    cooldown = round(share * steps)
    return flr.wsd(1.0, WARMUP, steps - WARMUP - cooldown, cooldown, shape=shape)


# Best peaks of a 124M-parameter language model, by a parabola through the losses at three peaks.
# The runs are those of Hägele et al. (2024), github.com/fabian-sp/lr-scheduling.
MEASURED = {
    25_000: [
        (cosine(25_000, 0.1), 1.487e-3),
        (cosine(25_000, 0.0), 2.299e-3),
        (wsd(25_000, 0.2, "1-sqrt"), 1.277e-3),
        (wsd(25_000, 0.1), 0.926e-3),
        (wsd(25_000, 0.2), 1.140e-3),
        (wsd(25_000, 0.4), 1.423e-3),
        (wsd(25_000, 0.6), 1.686e-3),
        (wsd(25_000, 0.8), 1.967e-3),
        (wsd(25_000, 0.9), 1.788e-3),
    ],
    15_000: [
        (wsd(15_000, 0.1), 1.094e-3),
        (wsd(15_000, 0.2), 1.292e-3),
        (wsd(15_000, 0.4), 1.383e-3),
        (wsd(15_000, 0.6), 1.708e-3),
        (wsd(15_000, 0.8), 1.787e-3),
        (wsd(15_000, 0.9), 2.105e-3),
    ],
}


@pytest.mark.parametrize("steps", MEASURED)
def test_transferred_peaks_follow_the_measured_ones(steps):
    schedules, peaks = zip(*MEASURED[steps], strict=True)
    moved = flr.transfer(peaks[0], schedules[0], flr.stack(list(schedules)), steps=steps)
    x, y = np.log(moved), np.log(peaks)
    assert np.corrcoef(x, y)[0, 1] >= 0.93
    assert 0.85 <= np.polyfit(x, y, 1)[0] <= 1.15


def test_only_the_curves_count():
    old, new = cosine(1_000, 0.0), wsd(1_000, 0.2)
    peak = flr.transfer(1e-3, old, new, steps=1_000)
    assert flr.transfer(1e-3, old * 3e-4, new * 7.0, steps=1_000) == pytest.approx(peak, rel=1e-14)
    assert flr.transfer(1e-3, old, old, steps=1_000) == 1e-3
    assert flr.transfer(peak, new, old, steps=1_000) == pytest.approx(1e-3, rel=1e-14)


def test_batches_and_sweeps():
    old = cosine(1_000, 0.0)
    family = flr.sweep(
        "wsd(1.0, 300, 700 - cooldown, cooldown, end)", cooldown=[100, 50], end=[0.0, 0.1]
    )
    found = flr.transfer(1e-3, old, family, steps=1_000)
    assert found.shape == family.shape == (2, 2)
    assert found[1, 0] == flr.transfer(1e-3, old, family[2], steps=1_000)
    peaks = flr.transfer([1e-3, 2e-3], old, family[0], steps=1_000)
    assert peaks.tolist() == [peaks[0], 2 * peaks[0]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, cosine(1_000, 0.0), cosine(1_000, 0.0)), r"transfer: peak must be"),
        ((1e-3, [0.1], cosine(1_000, 0.0)), r"transfer: old must be a Schedule or a Sweep, got"),
        ((1e-3, cosine(1_000, 0.0), cosine(1_001, 0.0)), r"transfer: steps must reach the end of"),
        (
            (1e-3, cosine(900, 0.0), cosine(1_000, 0.0)),
            r"transfer: old must train until step 999, got",
        ),
        (
            (1e-3, cosine(1_000, 0.0), flr.sweep("linear", init=1.0, end=0.0, steps=[1_000, 9])),
            r"transfer: new must train until step 999, got rate 0",
        ),
        (
            (1e-3, cosine(1_000, 0.0), flr.sweep("cosine", init=[0.1, 0.2], end=0.0, steps=1_500)),
            r"transfer: steps must reach the end of new, step 1500, got 1000",
        ),
        (
            (1e-3, flr.stack([flr.cosine(1.0, 0.0, 1_500), flr.constant(1.0)]), cosine(1_000, 0.0)),
            r"transfer: steps must reach the end of old, step 1500, got 1000",
        ),
        (
            (1e-3, cosine(1_000, 0.0), flr.sampled([1.0] * 999 + [1e-310])),
            r"best_scale: the bound must be finite",
        ),
        ((1e-3, cosine(1_000, 0.0), flr.constant(0.0)), r"transfer: new must train until"),
        (
            ([1.0, 2.0], cosine(1_000, 0.0), flr.constant([1.0, 2.0, 3.0])),
            r"transfer: peak, old and new must broadcast",
        ),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        flr.transfer(*arguments, steps=1_000)
