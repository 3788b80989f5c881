"""Train a small transformer by hand over two processes, in Lightning or in a Trainer.

``python torch_training.py KIND FOLDER PLAN KILL ORDER`` trains 15 updates, or kills itself with
SIGKILL after KILL of them. Called again, it resumes from the last checkpoint in FOLDER. A loop by
hand loads the optimizer (o) and the scheduler (s) in the ORDER of these letters. At the end it
writes a digest of the weights.
"""

import hashlib
import json
import os
import signal
import sys
import warnings
from pathlib import Path

import torch
from torch import nn

import fastlr as flr

UPDATES, EVERY = 15, 3  # all updates, and those per epoch, evaluation and checkpoint
RULE = flr.Plateau(factor=0.5, patience=0, rtol=0.1)
SHORT = flr.warmup_cosine(0.02, warmup=4, steps=14)
PLANS = {"short": SHORT, "extended": SHORT.extend(20, at=8)}


class Net(nn.Module):
    """An encoder of two layers that sorts sequences into two classes."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        block = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
        self.embed = nn.Embedding(10, 8)
        self.body = nn.TransformerEncoder(block, 2, enable_nested_tensor=False)
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.body(self.embed(x)).mean(1))

    def loss(self, x, labels):
        return nn.functional.cross_entropy(self(x), labels)


def data(count, seed):
    draw = torch.Generator().manual_seed(seed)
    x = torch.randint(0, 10, (count, 6), generator=draw)
    return x, (x.sum(1) > 27).long()


TRAIN, VALID = data(4 * UPDATES, 1), data(16, 2)


def optimizer_of(model):
    return torch.optim.AdamW(flr.adapters.torch.groups(model, decay=0.1), lr=1e-3)


def bundle_of(plan):
    return flr.bundle(lr=PLANS[plan], weight_decay=flr.linear(0.1, 0.05, steps=20))


def kill(done, at):
    if done == at:
        os.kill(os.getpid(), signal.SIGKILL)


def finish(folder, model, scheduler, rank=0):
    """Write what two runs are compared by."""
    digest = hashlib.sha256()
    for parameter in model.state_dict().values():
        digest.update(parameter.detach().numpy().tobytes())
    found = {
        "weights": digest.hexdigest(),
        "scale": float(scheduler.plateau_state.scale),
        "step": scheduler.last_epoch,
        "rates": scheduler.values(),
    }
    Path(folder, f"final.{rank}.json").write_text(json.dumps(found))


def by_hand(folder, plan, at, order):
    """Distributed over the processes of gloo; each has half of each batch."""
    rank = int(os.environ["RANK"])
    store = torch.distributed.FileStore(os.environ["STORE"], 2)
    torch.distributed.init_process_group("gloo", store=store, rank=rank, world_size=2)
    net = Net()
    model, optimizer = nn.parallel.DistributedDataParallel(net), optimizer_of(net)
    wins = None if at else "new"
    scheduler = flr.adapters.torch.Scheduler(optimizer, bundle_of(plan), plateau=RULE, wins=wins)
    begin, file = 0, Path(folder, f"last.{rank}.pt")
    if file.is_file():
        saved = torch.load(file, weights_only=True)
        net.load_state_dict(saved["model"])
        for part in order:
            {"o": optimizer, "s": scheduler}[part].load_state_dict(saved[part])
        begin = saved["begin"]
    for t in range(begin, UPDATES):
        mine = slice(4 * t + 2 * rank, 4 * t + 2 * rank + 2)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(TRAIN[0][mine]), TRAIN[1][mine]).backward()
        optimizer.step()
        scheduler.step()
        if (t + 1) % EVERY == 0:
            half = slice(8 * rank, 8 * rank + 8)
            with torch.no_grad():
                loss = net.loss(VALID[0][half], VALID[1][half])
            torch.distributed.all_reduce(loss)
            scheduler.update(loss / 2)
            parts = {"model": net, "o": optimizer, "s": scheduler}
            saved = {name: part.state_dict() for name, part in parts.items()}
            torch.save(saved | {"begin": t + 1}, file.with_suffix(".new"))
            file.with_suffix(".new").replace(file)
        kill(t + 1, at)
    finish(folder, net, scheduler, rank)
    torch.distributed.destroy_process_group()


def in_lightning(folder, plan, at, order):
    import lightning

    class Model(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = Net()

        def training_step(self, batch, i):
            return self.net.loss(*batch)

        def validation_step(self, batch, i):
            self.log("val_loss", self.net.loss(*batch))

        def configure_optimizers(self):
            optimizer = optimizer_of(self.net)
            self.made = flr.adapters.torch.Scheduler(
                optimizer, bundle_of(plan), plateau=RULE, wins=None if at else "new"
            )
            return [optimizer], flr.adapters.lightning.configs(self.made)

        def on_train_batch_end(self, outputs, batch, i):
            kill(self.trainer.global_step, at)

    def load(part, count):
        rows = torch.utils.data.TensorDataset(*part)
        return torch.utils.data.DataLoader(rows, batch_size=count)

    epoch = tuple(part[: 4 * EVERY] for part in TRAIN)
    last = Path(folder, "last.ckpt")
    model = Model()
    trainer = lightning.Trainer(
        max_epochs=UPDATES // EVERY,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[
            lightning.pytorch.callbacks.ModelCheckpoint(folder, save_last=True),
            flr.adapters.lightning.Report("val_loss"),
        ],
    )
    resumed = {"ckpt_path": last, "weights_only": True} if last.is_file() else {}
    trainer.fit(model, load(epoch, 4), load(VALID, 16), **resumed)
    finish(folder, model.net, model.made)


def in_a_trainer(folder, plan, at, order):
    import transformers

    class Model(transformers.PreTrainedModel):
        config_class = transformers.PretrainedConfig

        def __init__(self, config):
            super().__init__(config)
            self.net = Net()
            self.post_init()

        def _init_weights(self, module):
            """Keep those of the seed."""

        def forward(self, x, labels=None):
            logits = self.net(x)
            return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}

    class Kill(transformers.TrainerCallback):
        def on_step_end(self, args, state, control, **kwargs):
            kill(state.global_step, at)

    arguments = transformers.TrainingArguments(
        folder,
        max_steps=UPDATES,
        per_device_train_batch_size=4,
        per_device_eval_batch_size=16,
        weight_decay=0.1,
        save_steps=EVERY,
        eval_strategy="steps",
        eval_steps=EVERY,
        metric_for_best_model="loss",
        greater_is_better=False,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    )

    def rows(part):
        return [{"x": x, "labels": y} for x, y in zip(*part, strict=True)]

    trainer = flr.adapters.transformers.Trainer(
        Model(transformers.PretrainedConfig()),
        arguments,
        train_dataset=rows(TRAIN),
        eval_dataset=rows(VALID),
        schedule=bundle_of(plan),
        plateau=RULE,
        wins=None if at else "new",
        callbacks=[Kill()],
    )
    trainer.train(resume_from_checkpoint=any(Path(folder).glob("checkpoint-*")))
    finish(folder, trainer.model.net, trainer.lr_scheduler)


KINDS = {"by hand": by_hand, "Lightning": in_lightning, "Trainer": in_a_trainer}

if __name__ == "__main__":
    kind, folder, plan, at, order = sys.argv[1:]
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    KINDS[kind](folder, plan, int(at), order)
