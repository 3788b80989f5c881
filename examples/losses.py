"""Measured losses of pretraining runs, and loss laws that predict them.

    python examples/losses.py          test the published multi-power laws
    python examples/losses.py --fit    fit each family of laws to the same runs, and test them too

Each law is tested on the six runs of its model size that it was not fitted to. ``loss_curves/``
holds the measured losses; its README says where they come from.
"""

import argparse
from pathlib import Path

import numpy as np

import fastlr as flr

HERE = Path(__file__).parent / "loss_curves"
PEAK, END, WARMUP = 3e-4, 3e-5, 2_160

PUBLISHED = {
    "25M": flr.loss_laws.MultiPower(
        3.04045406, 0.52468604, 0.50786857, 363.78751622, 2.06560812, 0.58279013, 0.64142257
    ),
    "100M": flr.loss_laws.MultiPower(
        2.6514477, 0.60115152, 0.45295811, 437.9464276, 2.13245612, 0.59785199, 0.65523644
    ),
}
FAMILIES = (
    flr.loss_laws.MultiPower,
    flr.loss_laws.FunctionalScaling,
    flr.loss_laws.Annealing,
)
FITTED = ("cosine_24000", "constant_24000", "wsdcon_9")
PREDICTED = (
    "constant_72000",
    "cosine_72000",
    "wsd_20000_24000",
    "wsdld_20000_24000",
    "wsdcon_3",
    "wsdcon_18",
)


def held(rate: float, steps: int) -> flr.Schedule:
    """One rate for ``steps`` steps."""
    return flr.linear(rate, rate, steps)


def schedule(name: str) -> flr.Schedule:
    """The rates of a run, by the name of its file.

    >>> run = schedule("wsdcon_9")
    >>> run(2_159), run(7_999), run(8_000), run.steps
    (0.0003, 0.0003, 9e-05, 16000)
    """
    kind, *numbers = name.split("_")
    last = int(numbers[-1])
    # the warmup of these runs reaches the peak at its last step, not one later
    warmup, stable = flr.linear(0.0, PEAK, steps=WARMUP - 1), flr.constant(PEAK)
    if kind == "wsdcon":
        return flr.join([warmup, stable, held(last * 1e-5, 8_000)], at=[WARMUP, 8_000])
    if kind == "constant":
        return flr.join([warmup, held(PEAK, last - WARMUP)], at=[WARMUP])
    if kind == "cosine":
        return flr.join([warmup, flr.cosine(PEAK, END, steps=last - WARMUP)], at=[WARMUP])
    first = int(numbers[0])
    cooldown = flr.exponential if kind == "wsd" else flr.linear
    return flr.join([warmup, stable, cooldown(PEAK, END, steps=last - first)], at=[WARMUP, first])


def curve(size: str, name: str) -> tuple[flr.Schedule, np.ndarray, np.ndarray]:
    """The schedule of a run, the logged steps within it, and the losses at these steps.

    >>> _, steps, losses = curve("25M", "wsdcon_9")
    >>> steps[:3], losses[:3]
    (array([2176, 2304, 2432]), array([4.0723, 4.0197, 3.9733]))
    """
    run = schedule(name)
    steps, _, losses = np.loadtxt(
        HERE / size / f"{name}.csv", delimiter=",", skiprows=1, unpack=True
    )
    within = steps < run.steps
    return run, steps[within].astype(np.int64), losses[within]


def quality(law: flr.loss_laws.Law, size: str) -> flr.loss_laws.Metrics:
    """The errors of a law on the runs that it was not fitted to, averaged over the runs."""
    runs = [curve(size, name) for name in PREDICTED]
    return flr.loss_laws.averaged(
        [flr.loss_laws.metrics(law.curve(run, steps), losses) for run, steps, losses in runs]
    )


def main() -> None:
    """Print the errors of each law on runs that it was not fitted to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--fit", action="store_true", help="also fit each family of laws, and test it"
    )
    fits = parser.parse_args().fit
    print(f"{'law':<22}" + "".join(f"{name:>16}" for name in flr.loss_laws.Metrics._fields))
    for size, published in PUBLISHED.items():
        laws = {"published": published}
        for family in FAMILIES if fits else ():
            laws[family.__name__] = flr.loss_laws.fit(
                family, [curve(size, name) for name in FITTED]
            ).law
        for name, law in laws.items():
            print(
                f"{size + ' ' + name:<22}"
                + "".join(f"{number:>16.5f}" for number in quality(law, size))
            )


if __name__ == "__main__":
    main()
