"""Small models and data that pages of the documentation assume."""

import tempfile

import torch
import transformers


class Classifier(torch.nn.Module):
    """A network that returns its loss, as Transformers' models do."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = torch.nn.Linear(4, 2)

    def forward(self, x, labels):
        logits = self.layer(x)
        return {"loss": torch.nn.functional.cross_entropy(logits, labels), "logits": logits}


def training_arguments(steps=4, **options):
    """Arguments of a Trainer that is short and silent."""
    return transformers.TrainingArguments(
        tempfile.mkdtemp(), max_steps=steps, use_cpu=True, report_to="none", disable_tqdm=True,
        per_device_train_batch_size=4, **options,
    )  # fmt: skip


model, net = torch.nn.Linear(4, 1), Classifier()
args = training_arguments()
data = [{"x": torch.randn(4), "labels": torch.tensor(i % 2)} for i in range(16)]
