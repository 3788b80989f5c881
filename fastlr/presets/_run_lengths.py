"""Which argument of a preset is the length of the run.

Frameworks name it alike, so that most presets are found by the name of a parameter. A preset whose
parameter of that name means something else has an entry in ``OWN``, and so has one whose parameter
has a name that elsewhere means something else. Without a length a schedule has the steps of its
curves, and ``extend`` refuses it by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.program.tree import Numbers

__all__ = ["RunLength", "length_of"]

_NAMES = (
    "total_steps",
    "num_training_steps",
    "max_steps",
    "max_iters",
    "max_iter",
    "total_train_steps",
    "training_steps",
    "num_train_steps",
    "total_num_steps",
    "total_num_update",
    "max_update",
    "total_iters",
    "T_max",
    "t_max",
    "totalSteps",
    "MAX_ITER",
    "maxIter",
    "train_steps",
)


class RunLength(NamedTuple):
    """The length of a run: an argument, and others that are added to it."""

    parameter: str
    plus: tuple[str, ...] = ()
    product: tuple[str, ...] = ()  # its value if the argument is not given
    unless: str = ""  # a flag with which the schedule starts again and again

    def is_given(self, arguments: Mapping[str, Any]) -> bool:
        """Return whether these arguments give a run a length, and in steps."""
        if self.unless and arguments[self.unless]:
            return False
        names = self.product if arguments[self.parameter] is None else (self.parameter,)
        return bool(names) and all(isinstance(arguments[name], np.ndarray) for name in names)

    def steps(self, arguments: Mapping[str, Any]) -> npt.NDArray[np.int64] | None:
        """Return the steps of the run, or ``None`` if the arguments do not say."""
        if arguments[self.parameter] is None:
            factors = _whole(arguments[name] for name in self.product)
            return None if factors is None else reduce(np.multiply, factors)
        terms = _whole(arguments[name] for name in (self.parameter, *self.plus))
        return None if terms is None else reduce(np.add, terms)

    def argument(self, total: Numbers, arguments: Mapping[str, Any]) -> Any:
        """Return the argument of a run of ``total`` steps."""
        return np.asarray(total - sum(np.asarray(arguments[name]) for name in self.plus))


def _whole(values: Iterable[Any]) -> list[npt.NDArray[np.int64]] | None:
    """Return numbers, or arrays of one per lane, as integers, if all of them are whole."""
    numbers = list(values)
    if not all(isinstance(one, np.ndarray) and np.all(one == np.floor(one)) for one in numbers):
        return None
    return [one.astype(np.int64) for one in numbers]


_STEPS = RunLength("steps")
_DECAY = RunLength("decay_steps")

# None: no argument is the length of the whole run
OWN: Mapping[str, RunLength | None] = {
    "torch.ConstantLR": None,  # total_iters are the steps at the lower rate
    "oneflow.ConstantLR": None,
    "torch.OneCycleLR": RunLength("total_steps", product=("epochs", "steps_per_epoch")),
    "oneflow.OneCycleLR": RunLength("total_steps", product=("epochs", "steps_per_epoch")),
    "burn.CosineAnnealingLrSchedulerConfig": RunLength("num_iters"),
    "burn.LinearLrSchedulerConfig": RunLength("num_iters"),
    "caffe.poly": RunLength("max_iter"),
    "chainer.PolynomialShift": RunLength("max_count"),
    "darknet.poly": RunLength("max_batches"),
    "fairseq.tri_stage": None,  # its phases have lengths of their own
    "speechbrain.TriStageLRSchedule": None,
    "speechbrain.LinearScheduler": RunLength("epoch_count"),
    "fastai.SchedNo": _STEPS,
    "fastai.SchedLin": _STEPS,
    "fastai.SchedCos": _STEPS,
    "fastai.SchedExp": _STEPS,
    "fastai.SchedPoly": _STEPS,
    "fastai.combined_cos": _STEPS,
    "flux.OneCycle": RunLength("nsteps"),
    "jax.polynomial_decay": _DECAY,
    "keras.CosineDecay": RunLength("decay_steps", plus=("warmup_steps",)),
    "keras.PolynomialDecay": RunLength("decay_steps", unless="cycle"),
    "tf_keras.cosine_decay": _DECAY,
    "tf_keras.polynomial_decay": RunLength("decay_steps", unless="cycle"),
    "lightning.LinearWarmupCosineAnnealingLR": RunLength("max_epochs"),
    "maxtext.create_learning_rate_schedule": _STEPS,
    "megatron.OptimizerParamScheduler": RunLength("lr_decay_steps"),
    "mindspore.CosineDecayLR": _DECAY,
    "mindspore.PolynomialDecayLR": RunLength("decay_steps", unless="update_decay_steps"),
    "mlx.cosine_decay": _DECAY,
    "mlx.linear_schedule": _STEPS,
    "mmengine.CosineAnnealingLR": None,  # its steps are those from begin to end
    "mmengine.OneCycleLR": RunLength("total_steps", plus=("begin",)),
    "monai.LinearLR": RunLength("num_iter"),
    "monai.ExponentialLR": RunLength("num_iter"),
    "monai.WarmupCosineSchedule": RunLength("t_total"),
    "nanogpt.get_lr": RunLength("lr_decay_iters"),
    "nanotron.LRSchedulerArgs": None,  # the end of its decay is another argument
    "nnunet.Lin_incr_LRScheduler": None,  # max_steps are the steps of the warmup
    "oneflow.CosineDecayLR": _DECAY,
    "oneflow.PolynomialLR": RunLength("decay_batch", unless="cycle"),
    "optax.cosine_decay_schedule": _DECAY,
    "optax.cosine_onecycle_schedule": RunLength("transition_steps"),
    "optax.linear_onecycle_schedule": RunLength("transition_steps"),
    "optax.linear_schedule": RunLength("transition_steps", plus=("transition_begin",)),
    "optax.polynomial_schedule": RunLength("transition_steps", plus=("transition_begin",)),
    "optax.warmup_cosine_decay_schedule": _DECAY,
    "paddle.PolynomialDecay": RunLength("decay_steps", unless="cycle"),
    "paddle.polynomial_decay": RunLength("decay_steps", unless="cycle"),
    "papers.budgeted_linear": RunLength("budget"),
    "papers.chebyshev": _STEPS,
    "papers.d2z": RunLength("total"),
    "papers.deepseek_multi_step": RunLength("total"),
    "papers.htd": RunLength("total"),
    "papers.knee": RunLength("total"),
    "papers.rex": RunLength("total"),
    "papers.slanted_triangular": RunLength("total"),
    "papers.snapshot": RunLength("total"),
    "thinc.slanted_triangular": RunLength("num_steps"),
    "ultralytics.lf": RunLength("epochs"),
}


def length_of(label: str, parameters: Collection[str]) -> RunLength | None:
    """Return which argument of the preset ``framework.Name`` is the length of its run.

    >>> length_of("keras.CosineDecay", ["initial_learning_rate", "decay_steps"]).plus
    ('warmup_steps',)
    """
    if label in OWN:
        return OWN[label]
    return next((RunLength(name) for name in _NAMES if name in parameters), None)
