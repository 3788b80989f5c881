"""Print the rates that a framework itself gives for the corpus of configs, as JSON.

Run it in its own process: ``python config_frameworks.py timm``.
"""

import json
import math
import sys
import warnings
from argparse import Namespace
from pathlib import Path

FOLDER = Path(__file__).parent / "configs" / "corpus"
# what train.py's parser puts where a config has nothing
TIMM = {
    "epochs": 300,
    "warmup_epochs": 5,
    "warmup_lr": 1e-5,
    "lr_cycle_decay": 0.5,
    "decay_milestones": [90, 180, 270],
    "decay_epochs": 90,
    "decay_rate": 0.1,
}
# not training arguments as the installed version takes them: a log, a command, or two warmups
NOT_ARGUMENTS = ("wandb.yaml", "command.sh", "steps_and_ratio.json", "deepspeed_")


def optimizer(rate):
    """An optimizer of one parameter."""
    import torch

    return torch.optim.SGD([torch.zeros(1)], lr=rate)


def stepped(scheduler, inner, steps):
    """The rate of each step of a torch scheduler."""
    rates = []
    for _ in range(steps):
        rates.append(inner.param_groups[0]["lr"])
        inner.step()
        scheduler.step()
    return rates


def transformers(case, values):
    """``TrainingArguments`` and ``get_scheduler``, as the Trainer puts them together."""
    from transformers import TrainingArguments, get_scheduler

    if any(part in case["file"] for part in NOT_ARGUMENTS):
        return None
    given = case["given"]
    known = {key: value for key, value in values.items() if key != "warmup_ratio"}
    if "warmup_ratio" in values:  # its later name; the whole run cannot be written as a share
        if values["warmup_ratio"] >= 1:
            return None
        known["warmup_steps"] = values["warmup_ratio"]
    # YAML reads 1e-4 as a string
    known["learning_rate"] = float(known["learning_rate"])
    arguments = TrainingArguments(**{"output_dir": "out", **known})
    total = arguments.max_steps
    if total <= 0:
        per_epoch = given.get("steps_per_epoch", 0)
        total = given.get("steps") or math.ceil(arguments.num_train_epochs * per_epoch) or 300
    inner = optimizer(given.get("lr", arguments.learning_rate))
    scheduler = get_scheduler(
        arguments.lr_scheduler_type,
        inner,
        arguments.get_warmup_steps(total),
        total,
        scheduler_specific_kwargs=arguments.lr_scheduler_kwargs,
    )
    return stepped(scheduler, inner, total)


def timm(case, values):
    """``create_scheduler``, stepped as train.py does, and the number of epochs it reports."""
    from parity.timm import scheduler  # without the modules that need torchvision

    create_scheduler = scheduler().create_scheduler
    values = {**TIMM, **values}
    updates = case["given"].get("steps_per_epoch", 0)
    inner = optimizer(case["given"].get("lr", values["lr"]))
    made, epochs = create_scheduler(Namespace(**values), inner, updates)
    steps = epochs * (updates or 1)
    rates = []
    for t in range(steps):
        made.step_update(t) if updates else made.step(t)
        rates.append(inner.param_groups[0]["lr"])
    return rates


def keras(case, values):
    """Keras's own schedule or optimizer from its config."""
    import keras

    # the rest are configs of Keras 2, which Keras 3 does not take, or of whole models
    if case["given"] or "compile_config" in values or "module" not in values:
        return None
    if values["module"] == "keras.optimizers":
        found = keras.optimizers.deserialize(values)
        rate = found._learning_rate
        if not isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
            return [float(found.learning_rate)] * 100
    else:
        rate = keras.optimizers.schedules.deserialize(values)
    return [float(rate(t)) for t in range(case["steps"] or 100)]


def main(framework):
    """Print the rates for each file of a framework; null if it is none of its own configs."""
    warnings.simplefilter("ignore")
    import yaml

    found = {}
    for case in json.loads((FOLDER / "cases.json").read_text()):
        path = FOLDER / case["file"]
        if path.parent.name == framework and path.suffix != ".sh":
            values = yaml.safe_load(path.read_text())
            found[case["file"]] = globals()[framework](case, values)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
