"""Train a small network on scikit-learn's digits, stop, resume, and change the plan.

Start a run and stop it at step 300. Then resume it in another process: the weights are the same, to
the bit, as without the stop.

    python examples/digits.py --steps 600 --optimizer adamw --checkpoint run.npz --stop 300
    python examples/digits.py --resume run.npz

Resume with a plan that ends 200 steps later. Another plan is an error that shows the difference,
unless --wins says which of the two counts.

    python examples/digits.py --resume run.npz --extend 200
    python examples/digits.py --resume run.npz --steps 800 --wins new

The rates of a run are ``groups(t) * plateau.scale``. ``groups`` has a schedule for each layer and
one for all biases. The rate falls from the last layer down. ``settings`` has every other setting
that changes with the step. Both are functions of the step, so a checkpoint needs only their specs
and one integer. The state of the plateau rule is six small arrays. Batches are a function of the
step as well.
"""

from __future__ import annotations

import argparse
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from optimizers import OPTIMIZERS, Optimizer, layout_of, views
from sklearn.datasets import load_digits

import fastlr as flr

Array = npt.NDArray[np.float64]

SHAPES = ((64, 64), (64,), (64, 32), (32,), (32, 10), (10,))
GROUPS = {"first": 0, "second": 1, "last": 2}  # the depth of each layer
# the biases of all layers are the fourth group
LAYOUT = layout_of(SHAPES, groups=[0, 3, 1, 3, 2, 3])
BATCH, EVERY = 64, 50  # samples per step, steps per validation
# peak rates of the last layer's weights, and of all biases
PEAKS = {"sgd": (0.1, 0.1), "adamw": (5e-3, 5e-3), "muon": (0.02, 5e-3)}


# -- the plan --------------------------------------------------------------------------------------


def groups_of(optimizer: str, steps: int, gain: float = 1.0) -> flr.Schedule:
    """The plan of each group: warmup, stable, cooldown."""
    curve = flr.wsd(
        1.0, warmup=steps // 20, stable=steps - steps // 20 - steps // 4, cooldown=steps // 4
    )
    weights, biases = (gain * peak for peak in PEAKS[optimizer])
    multipliers = flr.layer_decay(GROUPS, 0.8)
    return flr.stack(
        {
            **{name: curve * (weights * multipliers[name]) for name in GROUPS},
            "biases": curve * biases,
        }
    )


def settings_of(optimizer: str) -> flr.Bundle:
    """The other settings of the optimizer; momentum rises from 0.85 to 0.95 in 100 steps."""
    every = {
        "momentum": flr.linear(0.85, 0.95, steps=100),
        "beta1": flr.constant(0.9),
        "beta2": flr.constant(0.99),
        "weight_decay": flr.constant(5e-4 if optimizer == "sgd" else 0.05),
    }
    return flr.bundle(**{name: every[name] for name in OPTIMIZERS[optimizer].settings})


# -- the data and the network ----------------------------------------------------------------------


class Digits:
    """1,797 pictures of 8x8 pixels: 1,437 to train on and 360 for validation."""

    def __init__(self) -> None:
        pixels, labels = load_digits(return_X_y=True)
        order = np.random.default_rng(0).permutation(len(labels))
        self.pixels, self.labels = pixels[order] / 16.0, labels[order]
        self.training, self.validation = slice(360, None), slice(360)

    def batch(self, t: int) -> tuple[Array, npt.NDArray[np.int64]]:
        """The samples of step ``t``; each epoch has an order of its own."""
        pixels, labels = self.pixels[self.training], self.labels[self.training]
        epoch, i = divmod(t, len(labels) // BATCH)
        some = np.random.default_rng([1, epoch]).permutation(len(labels))[
            i * BATCH : (i + 1) * BATCH
        ]
        return pixels[some], labels[some]


def first_weights() -> Array:
    """Initial weights by He et al., *Delving Deep into Rectifiers* (2015); biases are 0."""
    weights, random = np.zeros(int(LAYOUT[:, 1] @ LAYOUT[:, 2])), np.random.default_rng(2)
    for part in views(weights, LAYOUT)[::2]:
        part[:] = random.normal(scale=np.sqrt(2.0 / len(part)), size=part.shape)
    return weights


def forward(weights: Array, pixels: Array) -> list[Array]:
    """The input of each layer, and last the log-probability of each digit."""
    w1, b1, w2, b2, w3, b3 = views(weights, LAYOUT)
    first = np.maximum(pixels @ w1 + b1, 0.0)
    second = np.maximum(first @ w2 + b2, 0.0)
    scores = second @ w3 + b3
    scores -= scores.max(axis=1, keepdims=True)
    return [pixels, first, second, scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))]


def loss_of(logs: Array, labels: npt.NDArray[np.int64]) -> float:
    """The cross-entropy."""
    return float(-logs[np.arange(len(labels)), labels].mean())


def backward(weights: Array, pixels: Array, labels: npt.NDArray[np.int64]) -> tuple[float, Array]:
    """The loss and its gradient."""
    gradient = np.empty_like(weights)
    arrays, into = views(weights, LAYOUT), views(gradient, LAYOUT)
    *inputs, logs = forward(weights, pixels)
    back = np.exp(logs)
    back[np.arange(len(labels)), labels] -= 1.0
    back /= len(labels)
    for layer in (2, 1, 0):
        into[2 * layer][:] = inputs[layer].T @ back
        into[2 * layer + 1][:] = back.sum(axis=0)
        back = (back @ arrays[2 * layer].T) * (inputs[layer] > 0.0)
    return loss_of(logs, labels), gradient


# -- a run -----------------------------------------------------------------------------------------


@dataclass
class Run:
    """The whole state of a run between two steps."""

    name: str
    groups: flr.Schedule
    settings: flr.Bundle
    rule: flr.Plateau
    weights: Array = field(default_factory=first_weights)
    step: int = 0
    rates: list[Array] = field(default_factory=list)  # as applied, one row per step

    def __post_init__(self) -> None:
        self.optimizer: Optimizer = OPTIMIZERS[self.name](LAYOUT)
        self.plateau: flr.PlateauState = self.rule.init()

    @property
    def steps(self) -> int:
        """The number of steps of the plan."""
        return int(np.max(self.groups.steps))

    def arrays(self) -> dict[str, Array]:
        """Everything but the plan, by name."""
        state = {f"optimizer.{name}": array for name, array in self.optimizer.state.items()}
        plateau = {f"plateau.{name}": array for name, array in self.plateau._asdict().items()}
        return {
            "weights": self.weights,
            "rates": np.reshape(self.rates, (-1, len(self.groups))),
            **state,
            **plateau,
        }


def start(name: str, steps: int, gain: float = 1.0, patience: int = 3) -> Run:
    """A new run at step 0."""
    return Run(
        name,
        groups_of(name, steps, gain),
        settings_of(name),
        flr.Plateau(factor=0.5, patience=patience),
    )


def save(run: Run, path: Path) -> None:
    """Write a checkpoint, in full or not at all: it is renamed when all of it is on the disk."""
    plan = {
        "optimizer": run.name,
        "rule": run.rule.to_spec(),
        "groups": flr.checkpoint(run.groups, run.step),
    }
    plan["settings"] = flr.checkpoint(run.settings.schedule, run.step)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            np.savez(file, plan=np.array(json.dumps(plan)), **run.arrays())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load(path: Path, groups: flr.Schedule | None = None, wins: str | None = None) -> Run:
    """The run in a checkpoint.

    Other ``groups`` than the saved ones are an error, unless ``wins`` says which of them count.
    """
    rule = f"{path} must be a complete checkpoint of this program"
    try:
        with np.load(path) as file:
            saved = dict(file)
    except (EOFError, ValueError, zipfile.BadZipFile):
        raise ValueError(f"{rule}, got another or a truncated file") from None
    try:
        return run_from(saved, json.loads(str(saved["plan"])), groups, wins)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{rule}, got {type(error).__name__}: {error}") from None


def run_from(
    saved: dict[str, Array], plan: dict[str, Any], groups: flr.Schedule | None, wins: str | None
) -> Run:
    """A run from the arrays and the plan of a checkpoint."""
    groups, step = flr.resume(plan["groups"], groups, wins=wins)
    settings, _ = flr.resume(plan["settings"])
    run = Run(
        plan["optimizer"],
        groups,
        flr.Bundle(settings),
        flr.Plateau.from_spec(plan["rule"]),
        saved["weights"],
        step,
    )
    run.rates = list(saved["rates"])
    run.optimizer.state = {name: saved[f"optimizer.{name}"] for name in run.optimizer.state}
    run.plateau = run.rule.restore(saved[f"plateau.{name}"] for name in flr.PlateauState._fields)
    return run


def advance(run: Run, digits: Digits, fused: bool = False) -> float:
    """Make one step of a run, and return the loss of its batch."""
    loss, gradient = backward(run.weights, *digits.batch(run.step))
    update = run.optimizer.fused if fused else run.optimizer.step
    update(run.weights, gradient, run.groups, run.settings, run.step, float(run.plateau.scale))
    run.rates.append(run.optimizer.rates.copy())
    run.step += 1
    return loss


def validate(run: Run, digits: Digits) -> tuple[float, float]:
    """The loss and the accuracy on the validation data."""
    labels = digits.labels[digits.validation]
    logs = forward(run.weights, digits.pixels[digits.validation])[-1]
    return loss_of(logs, labels), float((logs.argmax(axis=1) == labels).mean())


def train(
    run: Run, digits: Digits, stop: int, path: Path | None = None, fused: bool = False
) -> Iterator[tuple[float, float]]:
    """Train up to step ``stop``.

    Yield the loss and the accuracy of each validation, after the plateau rule has its loss.
    """
    while run.step < stop:
        advance(run, digits, fused)
        validated = run.step % EVERY == 0
        if validated:
            loss, accuracy = validate(run, digits)
            run.plateau = run.rule.update(run.plateau, loss)
        if path and (validated or run.step == stop):
            save(run, path)
        if validated:
            yield loss, accuracy


# -- the command line ------------------------------------------------------------------------------


def count(text: str) -> int:
    """Read a positive integer from the command line."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be an integer from 1, got {text!r}")
    return int(text)


def new_run(arguments: argparse.Namespace) -> Run:
    """The run that the command line starts."""
    steps = 600 if arguments.steps is None else arguments.steps
    return start(
        arguments.optimizer or "adamw", steps, arguments.gain or 1.0, arguments.patience or 3
    )


def saved_run(arguments: argparse.Namespace) -> Run:
    """The run that the command line resumes, with another plan if it names one."""
    path, run = arguments.resume, load(arguments.resume)
    if arguments.extend is not None:
        longer = run.groups.extend(run.steps + arguments.extend, at=run.step)
        print(flr.diff(run.groups, longer))
        return load(path, longer, wins="new")
    if arguments.steps is not None:
        return load(
            path, groups_of(run.name, arguments.steps, arguments.gain or 1.0), arguments.wins
        )
    return run


def show(run: Run, digits: Digits, stop: int, path: Path | None, fused: bool) -> None:
    """Train, and print a row per validation: the scale of the next step, the rates of the last."""
    print(
        f"{'step':>6} {'loss':>7} {'accuracy':>8} {'scale':>7}",
        *(f"{name:>9}" for name in run.groups.names or ()),
    )
    for loss, accuracy in train(run, digits, stop, path, fused):
        rates = " ".join(f"{rate:9.3g}" for rate in run.rates[-1])
        print(f"{run.step:6} {loss:7.4f} {accuracy:8.4f} {float(run.plateau.scale):7.4g} {rates}")


def main() -> None:
    """Start or resume a run, as the command line says."""
    summary, usage = str(__doc__).split("\n\n", 1)
    parser = argparse.ArgumentParser(
        description=summary, epilog=usage, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--optimizer", choices=OPTIMIZERS, help="default: adamw")
    plan = parser.add_mutually_exclusive_group()
    plan.add_argument(
        "--steps",
        type=count,
        metavar="N",
        help="length of the plan, default 600; with --resume, that of another plan",
    )
    plan.add_argument(
        "--extend",
        type=count,
        metavar="N",
        help="with --resume: end N steps later than the saved plan",
    )
    parser.add_argument("--gain", type=float, help="factor for all rates of a new plan")
    parser.add_argument(
        "--patience",
        type=count,
        help="validations without progress before the rates are halved, default 3",
    )
    parser.add_argument(
        "--fused", action="store_true", help="use the compiled loop instead of NumPy"
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="save the run here, at each validation and at its end",
    )
    parser.add_argument(
        "--stop", type=count, metavar="STEP", help="stop at this step, before the end of the plan"
    )
    parser.add_argument("--resume", type=Path, metavar="FILE", help="resume a saved run")
    parser.add_argument(
        "--wins", choices=["saved", "new"], help="with --resume and --steps: which plan counts"
    )
    arguments = parser.parse_args()
    if not arguments.resume and (arguments.wins or arguments.extend is not None):
        parser.error("--extend and --wins need --resume")
    if arguments.resume and (
        arguments.optimizer or arguments.patience or (arguments.gain and not arguments.steps)
    ):
        parser.error(
            "--optimizer and --patience, and --gain without --steps, are for a new run: "
            "a saved run has its own"
        )
    path = arguments.checkpoint or arguments.resume
    if path and not path.parent.is_dir():
        parser.error(f"--checkpoint: the folder must exist, got {path}")
    try:
        run = saved_run(arguments) if arguments.resume else new_run(arguments)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    stop = run.steps if arguments.stop is None else arguments.stop
    if stop <= run.step:
        parser.error(f"--stop must be after the run's step {run.step}, got {stop}")
    show(run, Digits(), stop, path, arguments.fused)


if __name__ == "__main__":
    main()
