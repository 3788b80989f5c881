"""From nine logged runs to the schedule for the next: fit a loss law to three, predict the other
six, search a family.

    python examples/search.py --model 25M --out search.png

The runs are of Luo et al., arXiv 2503.12811 (2025), whose multi-power law predicts a training loss
from the rates alone. The law is fitted to three of them; how well it predicts the six others stands
beside what the paper publishes. Then every schedule of a warmup-stable-decay family,
loss_curves/family.toml, is judged by it, and the best are drawn with their predicted losses.
"""

import argparse

from losses import FITTED, HERE, PUBLISHED, curve, quality, schedule

import fastlr as flr
from fastlr.drawing import plots
from fastlr.sweeps.toml_files import read_toml, sweep_from

FIGURES = {  # that the paper publishes
    "25M": (0.9988, 0.00376, 0.00465, 0.00110, 0.00409),
    "100M": (0.9983, 0.00435, 0.00592, 0.00142, 0.00583),
}


def main() -> None:
    """Fit, predict, search, and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--model", choices=PUBLISHED, default="25M", help="whose runs, of 25M or 100M parameters"
    )
    parser.add_argument("--top", type=int, default=5, help="how many of the best schedules")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", help="a picture of the best, .png or .svg")
    options = parser.parse_args()

    law = flr.loss_laws.fit(
        flr.loss_laws.MultiPower, [curve(options.model, name) for name in FITTED]
    ).law
    print(law)
    print(f"{'':20}" + "".join(f"{name:>16}" for name in flr.loss_laws.Metrics._fields))
    for name, figures in (
        ("fitted here", quality(law, options.model)),
        ("published", FIGURES[options.model]),
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
