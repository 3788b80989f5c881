"""Time loss laws: a whole loss curve against a NumPy loop, final losses of a sweep, and fits.

All losses are found equal before they are timed.
"""

import sys
from statistics import median

import numpy as np

import fastlr as flr
from bench.report import PROJECT, Row, target
from bench.timing import seconds, time_in_turns

sys.path.insert(0, str(PROJECT / "examples"))

import losses

HEAD: Row = ("operation", "fastlr, C", "compared with", "times as fast", "target")
STEPS, POINTS = 24_000, 16_000
LANES, ALL = 1_000, 10**5  # lanes that are timed, and lanes that the time is scaled to


def by_numpy(law: flr.loss_laws.MultiPower, rates: np.ndarray, steps: range) -> np.ndarray:
    """Every point by its own inner sum, vectorised."""
    sums, change, ratio = np.cumsum(rates), np.diff(rates), law.C * rates[1:] ** -law.gamma
    found = []
    for t in steps:
        share = 1.0 - (1.0 + ratio[:t] * (sums[t] - sums[:t])) ** -law.beta
        found.append(law.L0 + law.A * sums[t] ** -law.alpha + law.B * (change[:t] @ share))
    return np.array(found)


def curve_row() -> Row:
    law, rates = losses.PUBLISHED["25M"], flr.cosine(3e-4, 3e-5, POINTS).table(POINTS)
    np.testing.assert_allclose(
        law.curve(rates, POINTS)[::100], by_numpy(law, rates, range(0, POINTS, 100)), rtol=1e-9
    )
    # NumPy is timed on every 16th point only
    theirs = 16 * seconds(lambda: by_numpy(law, rates, range(8, POINTS, 16)))
    ours = median(time for [time] in time_in_turns([lambda: law.curve(rates, POINTS)], 9))
    ratio = theirs / ours
    what = f"multi-power law, {POINTS:,} points of a cosine of as many steps"
    return (
        what,
        f"{1e3 * ours:.1f} ms",
        f"NumPy: {theirs:.1f} s",
        f"{ratio:,.0f}",
        target("at least 200x", {"C": ratio >= 200}),
    )


def sweep_row(name: str, sweep: flr.Schedule, law: flr.loss_laws.Law, most: float) -> Row:
    np.testing.assert_allclose(
        law.final(sweep[:3], STEPS), [law.curve(lane, STEPS)[-1] for lane in sweep[:3]], rtol=1e-9
    )
    one, two = (
        1e9 * min(times) / LANES / STEPS
        for times in zip(
            *time_in_turns(
                [
                    lambda: law.final(sweep, STEPS),
                    lambda: law.final(sweep, STEPS, threads=2),
                ],
                5,
            ),
            strict=True,
        )
    )
    whole = [each * 1e-9 * ALL * STEPS for each in (one, two)]
    times = f"{one:.1f} ns per step; 10^5 lanes: {whole[0]:.0f} s, on two threads {whole[1]:.0f} s"
    return (
        f"final loss, {name} of {STEPS:,} steps",
        times,
        "",
        "",
        target(f"at most {most:g} s", {"C": whole[1] <= most}),
    )


def fit_row(size: str) -> Row:
    """A fit from scratch, and its quality on runs that it was not fitted to."""
    curves, found = [losses.curve(size, name) for name in losses.FITTED], []
    spent = seconds(lambda: found.append(flr.loss_laws.fit(flr.loss_laws.MultiPower, curves)))
    ours, published = (losses.quality(law, size) for law in (found[0].law, losses.PUBLISHED[size]))
    fitted = f"R2 {ours.r2:.4f}, mean error {ours.mean_relative:.5f}"
    paper = f"published: R2 {published.r2:.4f}, mean error {published.mean_relative:.5f}"
    good = ours.r2 >= published.r2 and ours.mean_relative <= published.mean_relative
    return (
        f"fit of three curves, {size}: {spent:.0f} s",
        fitted,
        paper,
        "",
        target("as good as published", {"C": good}),
    )


def rows() -> list[Row]:
    flr.set_backend("native")
    peaks = np.geomspace(1e-4, 1e-3, LANES)
    cosine = flr.warmup_cosine(peaks, 2_160, STEPS, end=3e-5)
    wsd = flr.wsd(peaks, warmup=2_160, stable=17_840, cooldown=4_000, end=3e-5)
    law = losses.PUBLISHED["25M"]
    return [
        curve_row(),
        sweep_row("multi-power law, cosines", cosine, law, 60.0),
        sweep_row("multi-power law, wsd", wsd, law, 60.0),
        sweep_row(
            "annealing law, cosines", cosine, flr.loss_laws.Annealing(2.7, 0.57, 0.5, 0.73), 60.0
        ),
        fit_row("25M"),
        fit_row("100M"),
    ]
