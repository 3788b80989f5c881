"""Find a schedule for the next run from nine logged runs.

    python examples/search.py --model 25M --out search.png

1. Fit the multi-power law to three of the runs. It predicts a training loss from the rates alone.
2. Predict the other six runs, and print the errors beside those that the paper publishes.
3. Predict the final loss of every schedule of the family in loss_curves/family.toml (warmup,
   stable, decay), and print and plot the best.

The runs and the law are of Luo et al., arXiv 2503.12811 (2025).
"""

import argparse

from losses import FITTED, HERE, PUBLISHED, curve, quality, schedule

import fastlr as flr
from fastlr.drawing import plots
from fastlr.sweeps.toml_files import read_toml, sweep_from

PUBLISHED_METRICS = {  # of the law with the paper's constants
    "25M": (0.9988, 0.00376, 0.00465, 0.00110, 0.00409),
    "100M": (0.9983, 0.00435, 0.00592, 0.00142, 0.00583),
}


def main() -> None:
    """Fit, predict and search; print the results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--model", choices=PUBLISHED, default="25M", help="size of the model in the runs"
    )
    parser.add_argument("--top", type=int, default=5, help="number of schedules to print and plot")
    parser.add_argument("--threads", type=int, default=1, help="threads for the search")
    parser.add_argument("--out", metavar="FILE", help="plot the best into this .png or .svg file")
    options = parser.parse_args()

    law = flr.loss_laws.fit(
        flr.loss_laws.MultiPower, [curve(options.model, name) for name in FITTED]
    ).law
    print(law)
    print(f"{'':20}" + "".join(f"{name:>16}" for name in flr.loss_laws.Metrics._fields))
    for name, figures in (
        ("fitted here", quality(law, options.model)),
        ("published", PUBLISHED_METRICS[options.model]),
    ):
        print(f"{name:20}" + "".join(f"{figure:>16.5f}" for figure in figures))

    family, steps = sweep_from(read_toml(HERE / "family.toml"))
    best = flr.rank(law, family, steps, options.top, threads=options.threads)
    print(
        f"the cosine ends at {law.final(schedule('cosine_24000'), steps):.5f}, the best "
        f"of {best.judged} schedules at"
    )
    for i, loss in enumerate(best.losses):
        print(
            f"  {loss:.5f}  "
            + ", ".join(f"{name}={values[i]:.4g}" for name, values in best.parameters.items())
        )
    if options.out:
        plots.save(best.plot()[0], options.out)
        print(options.out)


if __name__ == "__main__":
    main()
