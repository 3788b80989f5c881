"""From nine logged runs to the schedule for the next: fit a loss law to three, predict the other six, search a family.

    python examples/search.py --model 25M --out search.png

The runs are of Luo et al., arXiv 2503.12811 (2025), whose multi-power law predicts a training loss from the rates alone. The law
is fitted to a cosine, a constant and a two-stage run; how well it predicts six others stands beside what the paper publishes.
Then every schedule of a warmup-stable-decay family is judged by it, and the best are drawn with their predicted losses.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

import fastlr as flr
from fastlr import plots
from fastlr.descriptions import contents_of, sweep_described

CURVES = Path(__file__).parent / "loss_curves"
WARMUP, PEAK, END, STEPS = 2_160, 3e-4, 3e-5, 24_000

FITTED = ("cosine_24000", "constant_24000", "wsdcon_9")
PREDICTED = ("constant_72000", "cosine_72000", "wsd_20000_24000", "wsdld_20000_24000", "wsdcon_3", "wsdcon_18")
PUBLISHED = {
    "25M": (0.9988, 0.00376, 0.00465, 0.00110, 0.00409),
    "100M": (0.9983, 0.00435, 0.00592, 0.00142, 0.00583),
}


def plan(run: str) -> flr.Schedule:
    """The schedule of a run, by its name."""
    kind, *numbers = run.split("_")
    last = int(numbers[-1])
    rests = {
        "constant": lambda: [(WARMUP, flr.constant(PEAK))],
        "cosine": lambda: [(WARMUP, flr.cosine(PEAK, END, last - WARMUP))],
        "wsd": lambda: [(WARMUP, flr.constant(PEAK)), (int(numbers[0]), flr.exponential(PEAK, END, last - int(numbers[0])))],
        "wsdld": lambda: [(WARMUP, flr.constant(PEAK)), (int(numbers[0]), flr.linear(PEAK, END, last - int(numbers[0])))],
        "wsdcon": lambda: [(WARMUP, flr.constant(PEAK)), (8_000, flr.constant(last * 1e-5))],
    }
    at, parts = zip(*rests[kind](), strict=True)
    return flr.join([flr.linear(0.0, PEAK, WARMUP - 1), *parts], at)  # the warm-up has both its ends


def logged(model: str, run: str) -> tuple[flr.Schedule, np.ndarray, np.ndarray]:
    """A run's schedule, the steps at which its loss was logged, and the losses."""
    with (CURVES / model / f"{run}.csv").open(newline="") as file:
        rows = [(int(row["step"]), float(row["loss"])) for row in csv.DictReader(file)]
    steps, losses = np.array(rows).T
    kept = steps < STEPS if run.endswith("24000") else slice(None)  # those stop before step 24,000
    return plan(run), steps[kept].astype(np.int64), losses[kept]


def quality(law: flr.laws.MultiPower, model: str) -> flr.laws.Metrics:
    """How near the law comes to the six runs that it has not seen."""
    runs = [logged(model, run) for run in PREDICTED]
    return flr.laws.averaged([flr.laws.metrics(law.curve(schedule, steps), losses) for schedule, steps, losses in runs])


def main() -> None:
    """Fit, predict, search, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", choices=PUBLISHED, default="25M", help="whose runs, of 25M or 100M parameters")
    parser.add_argument("--top", type=int, default=5, help="how many of the best schedules")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", help="a picture of the best, .png or .svg")
    options = parser.parse_args()

    law = flr.laws.fit(flr.laws.MultiPower, [logged(options.model, run) for run in FITTED]).law
    print(law)
    print(f"{'':10}{'R2':>9}{'MAE':>9}{'RMSE':>9}{'mean rel':>10}{'worst rel':>11}")
    for name, figures in (("fastlr", quality(law, options.model)), ("published", PUBLISHED[options.model])):
        print("{:10}{:9.4f}{:9.5f}{:9.5f}{:10.5f}{:11.5f}".format(name, *figures))

    family, steps = sweep_described(contents_of(CURVES / "family.toml"))
    best = flr.rank(law, family, steps, options.top, threads=options.threads)
    cosine = law.final(plan("cosine_24000"), steps)
    print(f"the cosine ends at {cosine:.5f}; of {best.judged} schedules the best at")
    for loss, *values in zip(best.losses, *best.parameters.values(), strict=True):
        shown = ", ".join(f"{name}={value:.4g}" for name, value in zip(best.parameters, values, strict=True))
        print(f"  {loss:.5f}  {shown}")
    if options.out:
        plots.save(best.plot()[0], options.out)
        print(options.out)


if __name__ == "__main__":
    main()
