"""Read logs that transformers and Lightning write in a real run, each in its own process.

A test is skipped if a package is not installed, unless ``FASTLR_REQUIRE`` names it.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastlr as flr

TRANSFORMERS = """
import sys
import torch
from transformers import Trainer, TrainingArguments

class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, x, labels):
        return {"loss": ((self.layer(x) - labels) ** 2).mean()}

data = [{"x": torch.ones(2), "labels": torch.ones(1)} for _ in range(32)]
arguments = TrainingArguments(
    sys.argv[1], max_steps=40, warmup_steps=5, lr_scheduler_type="cosine", learning_rate=1e-3,
    logging_steps=1, save_steps=40, report_to=[], use_cpu=True, disable_tqdm=True,
)
Trainer(Model(), arguments, train_dataset=data).train()
"""

LIGHTNING = """
import sys
import lightning
import torch
from lightning.pytorch.callbacks import LearningRateMonitor
from lightning.pytorch.loggers import CSVLogger

class Model(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.a, self.b = torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)

    def training_step(self, batch, index):
        loss = self.b(self.a(batch)).mean()
        self.log("train_loss", loss)
        return loss

    def configure_optimizers(self):
        groups = [{"params": self.a.parameters(), "lr": 0.1},
                  {"params": self.b.parameters(), "lr": 0.01}]
        optimizer = torch.optim.SGD(groups)
        scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 0.5, 0.1, 20)
        return {"optimizer": optimizer,
                "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

lightning.Trainer(
    max_epochs=2, logger=CSVLogger(sys.argv[1], "log", version=0), log_every_n_steps=1,
    callbacks=[LearningRateMonitor("step")], enable_progress_bar=False,
    enable_checkpointing=False, accelerator="cpu",
).fit(Model(), torch.utils.data.DataLoader(torch.ones(64, 2), batch_size=4))
"""


def trained(folder: Path, package: str, code: str) -> None:
    """Run a training run of a package that writes into a folder."""
    if importlib.util.find_spec(package) is None:
        if package in os.environ.get("FASTLR_REQUIRE", "").split(","):
            pytest.fail(f"{package} is required, but not installed")
        pytest.skip(f"{package} is not installed")
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True)


@pytest.mark.exhaustive
def test_transformers(tmp_path):
    trained(tmp_path, "transformers", TRANSFORMERS)
    log = tmp_path / "checkpoint-40" / "trainer_state.json"
    plan = flr.warmup_cosine(1e-3, 5, 40)
    found = flr.compare_log(log, plan)
    assert found.agrees
    assert not flr.compare_log(log, flr.warmup_cosine(1e-3, 6, 40)).agrees
    explained = flr.explain(log)
    assert explained.facts["peak"] == "0.001 at step 5"
    assert explained.findings == ()


@pytest.mark.exhaustive
def test_lightning(tmp_path):
    trained(tmp_path, "lightning", LIGHTNING)
    log = tmp_path / "log" / "version_0" / "metrics.csv"
    plans = [flr.presets.torch.LinearLR(lr, 0.5, 0.1, 20) for lr in (0.1, 0.01)]
    assert flr.compare_log(log, flr.stack(plans)).agrees
    assert str(flr.identify(log).groups["lr-SGD/pg1"]) == (
        "linear(init=0.05, end=0.01, steps=20).then(constant(value=0.01))"
    )
