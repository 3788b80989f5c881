"""Small configs of many formats, each with the rate that its framework computes at step t.

They are written for these tests. The rates are formulas in plain Python, after each framework's
source. None uses fastlr.
"""

from collections.abc import Callable
from math import cos, pi, sqrt
from typing import Any, NamedTuple

Rate = Callable[[int], float]


class Case(NamedTuple):
    """A file's text and suffix, what the caller gives, and the rates and the length to expect."""

    format: str
    suffix: str
    text: str
    given: dict[str, Any]
    rate: Rate
    length: int | None  # of the run in steps; None if the config leaves it open


def adding_to(cases: dict[str, Case]) -> Callable[..., None]:
    """Return a function that adds a case of the format that its name begins with."""

    def add(
        name: str, suffix: str, text: str, rate: Rate, length: int | None, **given: Any
    ) -> None:
        assert name not in cases
        cases[name] = Case(name.split(":")[0], suffix, text, given, rate, length)

    return add


CASES: dict[str, Case] = {}
case = adding_to(CASES)


def half_wave(high: float, low: float, share: float) -> float:
    """Half a cosine wave, ``share`` of the way down."""
    return low + (high - low) * (1 + cos(pi * share)) / 2


def line(high: float, low: float, share: float) -> float:
    """A line, ``share`` of the way."""
    return high + (low - high) * share


# -- Ultralytics: engine/trainer.py ----------------------------------------------------------------


def ultralytics(lr0: float, epochs: int, nb: int, lrf=0.01, cosine=False, warm=3.0) -> Rate:
    def rate(t: int) -> float:
        epoch = t // nb
        if cosine:
            factor = (1 - cos(epoch * pi / epochs)) / 2 * (lrf - 1) + 1
        else:
            factor = max(1 - epoch / epochs, 0) * (1.0 - lrf) + lrf
        nw = round(warm * nb)
        return lr0 * factor * (min(t / nw, 1.0) if nw else 1.0)

    return rate


# args.yaml has every key of its version; this one shows that it is of 8.4.103 or later
ULTRALYTICS = "task: detect\nmode: train\nmomentum: 0.937\nchannels_last: null\n"
case(
    "ultralytics: a line of epochs",
    ".yaml",
    ULTRALYTICS + "epochs: 10\nlr0: 0.02\nlrf: 0.1\ncos_lr: false\nwarmup_epochs: 3\n"
    "warmup_bias_lr: 0.1\noptimizer: SGD\ntime: null\n",
    ultralytics(0.02, 10, 7, 0.1),
    70,
    steps_per_epoch=7,
)
case(
    "ultralytics: a cosine of epochs",
    ".yaml",
    ULTRALYTICS + "epochs: 12\nlr0: 1e-3\nlrf: 0.05\ncos_lr: true\nwarmup_epochs: 2.5\n"
    "optimizer: AdamW\n",
    ultralytics(1e-3, 12, 9, 0.05, cosine=True, warm=2.5),
    108,
    steps_per_epoch=9,
)
case(
    "ultralytics: its defaults",
    ".yaml",
    ULTRALYTICS + "lr0: 0.01\noptimizer: SGD\nepochs: 100\n",
    ultralytics(0.01, 100, 5),
    500,
    steps_per_epoch=5,
)
case(
    "ultralytics: no warmup",
    ".yaml",
    ULTRALYTICS + "lr0: 0.01\nlrf: 0.01\noptimizer: SGD\nepochs: 4\nwarmup_epochs: 0\n",
    ultralytics(0.01, 4, 5, warm=0),
    20,
    steps_per_epoch=5,
)
case(
    "ultralytics: a rate for auto",
    ".yaml",
    ULTRALYTICS + "lr0: 0.01\nlrf: 0.01\noptimizer: auto\nepochs: 6\n",
    ultralytics(0.000119, 6, 5),
    30,
    steps_per_epoch=5,
    lr=0.000119,
)

# -- MMEngine: optim/scheduler ---------------------------------------------------------------------

case(
    "mmengine: warmup by iterations, milestones by epochs",
    ".py",
    "optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.02))\n"
    "param_scheduler = [\n"
    "    dict(type='LinearLR', start_factor=0.001, by_epoch=False, begin=0, end=20),\n"
    "    dict(type='MultiStepLR', begin=0, end=12, by_epoch=True, milestones=[8, 11], gamma=0.1)]\n"
    "train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=12, val_interval=1)\n",
    lambda t: 0.02 * line(0.001, 1.0, min(t / 19, 1)) * 0.1 ** sum(t // 6 >= m for m in (8, 11)),
    72,
    steps_per_epoch=6,
)
case(
    "mmengine: classes in place of their names",
    ".py",
    "from mmengine.config import read_base\n"
    "from mmengine.hooks import ParamSchedulerHook\n"
    "from mmengine.optim import LinearLR\n"
    "from mmengine.optim.scheduler.lr_scheduler import MultiStepLR as Steps\n"
    "from mmengine.runner.loops import EpochBasedTrainLoop\nfrom torch.optim import SGD\n"
    "optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type=SGD, lr=0.02))\n"
    "param_scheduler = [dict(type=LinearLR, start_factor=0.001, by_epoch=False, end=20),\n"
    "    dict(type=Steps, begin=0, end=12, by_epoch=True, milestones=[8, 11], gamma=0.1)]\n"
    "train_cfg = dict(type=EpochBasedTrainLoop, max_epochs=12, val_interval=1)\n"
    "default_hooks = dict(param_scheduler=dict(type=ParamSchedulerHook))\n",
    lambda t: 0.02 * line(0.001, 1.0, min(t / 19, 1)) * 0.1 ** sum(t // 6 >= m for m in (8, 11)),
    72,
    steps_per_epoch=6,
)
case(
    "mmengine: defaults of by_epoch and end",
    ".py",
    "optim_wrapper = dict(optimizer=dict(lr=0.1))\n"
    "param_scheduler = [dict(type='LinearLR', start_factor=.001, by_epoch=False, end=50),\n"
    "                   dict(type='MultiStepLR', milestones=[8, 11], gamma=0.1)]\n"
    "train_cfg = dict(max_epochs=12)\n",
    lambda t: 0.1 * line(0.001, 1.0, min(t / 49, 1)) * 0.1 ** sum(t // 10 >= m for m in (8, 11)),
    120,
    steps_per_epoch=10,
)
case(
    "mmengine: a polynomial by iterations after a warmup",
    ".py",
    "optimizer = dict(type='AdamW', lr=6e-5)\n"
    "optim_wrapper = dict(optimizer=optimizer)\n"
    "param_scheduler = [dict(type='LinearLR', start_factor=1e-6, by_epoch=False, end=10),\n"
    "    dict(type='PolyLR', eta_min=1e-6, power=0.9, begin=10, end=60, by_epoch=False)]\n"
    "train_cfg = dict(type='IterBasedTrainLoop', max_iters=60, val_interval=10)\n",
    lambda t: (
        6e-5 * line(1e-6, 1.0, t / 9)
        if t < 10
        else 1e-6 + (6e-5 - 1e-6) * (1 - min(t - 10, 49) / 49) ** 0.9
    ),
    60,
)
case(
    "mmengine: names, arithmetic and a conversion to iterations",
    ".py",
    "max_epochs = 10\nbase_lr = 4e-3\nstage2 = max_epochs // 2\n"
    "optim_wrapper = dict(optimizer=dict(type='AdamW', lr=base_lr, weight_decay=0.05))\n"
    "param_scheduler = [dict(type='LinearLR', start_factor=1.0e-5, by_epoch=False, end=8),\n"
    "    dict(type='CosineAnnealingLR', eta_min=base_lr * 0.05, begin=max_epochs // 2,\n"
    "         end=max_epochs, T_max=max_epochs // 2, by_epoch=True, convert_to_iter_based=True)]\n"
    "train_cfg = dict(by_epoch=True, max_epochs=max_epochs)\n",
    lambda t: (
        4e-3 * line(1e-5, 1.0, min(t / 7, 1))
        if t < 20
        else half_wave(4e-3, 4e-3 * 0.05, (min(t, 39) - 20) / 20)
    ),
    40,
    steps_per_epoch=4,
)
case(
    "mmengine: a conversion keeps the gamma of an exponential",
    ".py",
    "optim_wrapper = dict(optimizer=dict(lr=0.1))\n"
    "param_scheduler = dict(type='ExponentialLR', gamma=0.5, convert_to_iter_based=True)\n"
    "train_cfg = dict(max_epochs=5)\n",
    lambda t: 0.1 * 0.5**t,
    50,
    steps_per_epoch=10,
)
case(
    "mmengine: a constant warmup and steps, by epochs",
    ".py",
    "optim_wrapper = dict(optimizer=dict(lr=0.1))\n"
    "param_scheduler = [dict(type='ConstantLR', factor=0.1, begin=0, end=3),\n"
    "    dict(type='StepLR', step_size=4, gamma=0.5)]\n"
    "train_cfg = dict(max_epochs=10)\n",
    lambda t: 0.1 * (0.1 if t // 2 < 2 else 1.0) * 0.5 ** (t // 2 // 4),
    20,
    steps_per_epoch=2,
)
case(
    "mmengine: a cosine to 0 under a warmup multiplies it",
    ".py",
    "optim_wrapper = dict(optimizer=dict(lr=0.1))\n"
    "param_scheduler = [dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=11),\n"
    "    dict(type='CosineAnnealingLR', T_max=50, by_epoch=False, end=50)]\n"
    "train_cfg = dict(type='IterBasedTrainLoop', max_iters=50)\n",
    lambda t: half_wave(0.1, 0.0, min(t, 49) / 50) * line(0.1, 1.0, min(t / 10, 1)),
    50,
)
case(
    "mmengine: no scheduler",
    ".py",
    "optim_wrapper = dict(optimizer=dict(lr=0.1))\n"
    "train_cfg = dict(type='IterBasedTrainLoop', max_iters=50)\n",
    lambda t: 0.1,
    50,
)

# -- MMCV 1.x: runner/hooks/lr_updater.py ----------------------------------------------------------

case(
    "mmcv: steps of epochs with a linear warmup",
    ".py",
    "optimizer = dict(type='SGD', lr=0.02, momentum=0.9)\noptimizer_config = dict(grad_clip=None)\n"
    "lr_config = dict(policy='step', warmup='linear', warmup_iters=500, warmup_ratio=0.001,\n"
    "                 step=[8, 11])\n"
    "runner = dict(type='EpochBasedRunner', max_epochs=12)\n",
    lambda t: (
        0.02
        * 0.1 ** sum(t // 100 >= m for m in (8, 11))
        * (1 - (1 - min(t / 500, 1)) * (1 - 0.001))
    ),
    1200,
    steps_per_epoch=100,
)
case(
    "mmcv: a polynomial of iterations",
    ".py",
    "optimizer = dict(type='SGD', lr=0.01)\n"
    "lr_config = dict(policy='poly', power=0.9, min_lr=1e-4, by_epoch=False)\n"
    "runner = dict(type='IterBasedRunner', max_iters=400)\n",
    lambda t: (0.01 - 1e-4) * (1 - t / 400) ** 0.9 + 1e-4,
    400,
)
case(
    "mmcv: a cosine of epochs",
    ".py",
    "optimizer = dict(lr=0.1)\nlr_config = dict(policy='CosineAnnealing', min_lr_ratio=0.01,\n"
    "    warmup='exp', warmup_iters=20, warmup_ratio=0.25)\ntotal_epochs = 10\n",
    lambda t: half_wave(0.1, 0.001, t // 8 / 10) * 0.25 ** (1 - min(t / 20, 1)),
    80,
    steps_per_epoch=8,
)

# -- Hydra and LightningCLI: torch.optim.lr_scheduler ----------------------------------------------

case(
    "hydra: StepLR of epochs",
    ".yaml",
    "optimizer:\n  _target_: torch.optim.SGD\n  _partial_: true\n  lr: 0.1\n"
    "scheduler:\n  _target_: torch.optim.lr_scheduler.StepLR\n  _partial_: true\n"
    "  step_size: 10\n  gamma: 0.5\ntrainer:\n  max_epochs: 30\n",
    lambda t: 0.1 * 0.5 ** (t // 4 // 10),
    120,
    steps_per_epoch=4,
)
case(
    "hydra: a cosine of updates, with references",
    ".yaml",
    "trainer: {max_steps: 200}\nlr: 3e-4\n"
    "model:\n  _target_: my.Model\n  optimizer: {_target_: torch.optim.AdamW, lr: '${lr}'}\n"
    "  lr_scheduler:\n    interval: step\n    scheduler:\n"
    "      _target_: torch.optim.lr_scheduler.CosineAnnealingLR\n"
    "      T_max: ${trainer.max_steps}\n      eta_min: 1e-6\n",
    lambda t: half_wave(3e-4, 1e-6, t / 200),
    200,
)
case(
    "hydra: OneCycleLR brings its rate",
    ".yaml",
    "scheduler:\n  _target_: torch.optim.lr_scheduler.OneCycleLR\n  max_lr: 0.01\n"
    "  total_steps: 100\n  pct_start: 0.31\ninterval: step\n",
    lambda t: (
        half_wave(0.01 / 25, 0.01, t / 30)
        if t <= 30
        else half_wave(0.01, 0.01 / 25 / 1e4, (t - 30) / 69)
    ),
    100,
)
case(
    "hydra: LightningCLI counts epochs",
    ".yaml",
    "trainer:\n  max_epochs: 8\nmodel:\n  class_path: my.Module\n  init_args: {width: 3}\n"
    "optimizer:\n  class_path: torch.optim.Adam\n  init_args:\n    lr: 0.001\n"
    "lr_scheduler:\n  class_path: torch.optim.lr_scheduler.MultiStepLR\n"
    "  init_args:\n    milestones: [3, 6]\n    gamma: 0.1\n",
    lambda t: 0.001 * 0.1 ** sum(t // 5 >= m for m in (3, 6)),
    40,
    steps_per_epoch=5,
)
case(
    "hydra: two schedulers one after the other",
    ".yaml",
    "optimizer: {_target_: torch.optim.SGD, lr: 1.0}\ninterval: step\n"
    "scheduler:\n  _target_: torch.optim.lr_scheduler.SequentialLR\n  milestones: [10]\n"
    "  schedulers:\n  - {_target_: torch.optim.lr_scheduler.LinearLR, start_factor: 0.1,"
    " total_iters: 10}\n"
    "  - {_target_: torch.optim.lr_scheduler.ExponentialLR, gamma: 0.9}\n",
    lambda t: line(0.1, 1.0, t / 10) if t < 10 else 0.9 ** (t - 10),
    None,
)
case(
    "hydra: transformers' function",
    ".yaml",
    "optim: {_target_: torch.optim.AdamW, lr: 2e-5}\n"
    "scheduler: {_target_: transformers.get_linear_schedule_with_warmup, num_warmup_steps: 10}\n"
    "interval: step\n",
    lambda t: 2e-5 * (t / 10 if t < 10 else max(0, (100 - t) / 90)),
    100,
    steps=100,
)

# -- nanoGPT: train.py -----------------------------------------------------------------------------


def nanogpt(lr=6e-4, warm=2000, decay=600000, low=6e-5) -> Rate:
    def rate(t: int) -> float:
        if t < warm:
            return lr * (t + 1) / (warm + 1)
        if t > decay:
            return low
        return half_wave(lr, low, (t - warm) / (decay - warm))

    return rate


case(
    "nanogpt: all of it",
    ".py",
    "# train a miniature model\nout_dir = 'out'\neval_interval = 250\nlearning_rate = 1e-3\n"
    "max_iters = 500\nlr_decay_iters = 450 # less\nmin_lr = 1e-4\nwarmup_iters = 100\n"
    "gradient_accumulation_steps = 5 * 8\n",
    nanogpt(1e-3, 100, 450, 1e-4),
    501,
)
case(
    "nanogpt: the defaults of train.py",
    ".py",
    "batch_size = 12\nmax_iters = 600000\nlr_decay_iters = 600000\nwandb_run_name='gpt2-124M'\n",
    nanogpt(),
    600001,
)
case(
    "nanogpt: no decay and no warmup",
    ".py",
    "import time\nwandb_run_name = 'ft-' + str(time.time())\nlearning_rate = 3e-5\n"
    "decay_lr = False\nmax_iters = 20\n",
    lambda t: 3e-5,
    21,
)

# -- axolotl: core/builders and core/trainers/mixins/scheduler.py ----------------------------------


def warmed(peak: float, warm: int, body: Rate) -> Rate:
    return lambda t: peak * t / warm if t < warm else body(t)


AXOLOTL = "base_model: NousResearch/Llama-2-7b-hf\nmicro_batch_size: 2\noptimizer: adamw_bnb_8bit\n"
case(
    "axolotl: one epoch by default",
    ".yaml",
    AXOLOTL + "learning_rate: 0.0002\nlr_scheduler: linear\nwarmup_steps: 10\n",
    warmed(2e-4, 10, lambda t: 2e-4 * (100 - t) / 90),
    100,
    steps_per_epoch=100,
)
case(
    "axolotl: a ratio, cut",
    ".yaml",
    AXOLOTL + "learning_rate: 2e-4\nlr_scheduler: cosine\nwarmup_ratio: 0.1\nnum_epochs: 4\n",
    warmed(2e-4, 25, lambda t: half_wave(2e-4, 0, (t - 25) / 230)),
    255,
    steps=255,
)
case(
    "axolotl: its own warmup",
    ".yaml",
    "learning_rate: 0.0002\nlr_scheduler: linear\nnum_epochs: 3\n",
    warmed(2e-4, 9, lambda t: 2e-4 * (300 - t) / 291),
    300,
    steps_per_epoch=100,
)
case(
    "axolotl: its own warmup is at most 100 steps",
    ".yaml",
    AXOLOTL + "learning_rate: 1.0\nmax_steps: 9000\nlr_scheduler: constant_with_warmup\n",
    warmed(1.0, 100, lambda t: 1.0),
    9000,
)
case(
    "axolotl: a warmup of 1 step becomes 2",
    ".yaml",
    AXOLOTL + "learning_rate: 1e-3\nmax_steps: 50\nwarmup_steps: 1\n",
    warmed(1e-3, 2, lambda t: half_wave(1e-3, 0, (t - 2) / 48)),
    50,
)
case(
    "axolotl: a cosine to a share of the rate",
    ".yaml",
    AXOLOTL + "learning_rate: 1e-3\nmax_steps: 50\nwarmup_steps: 10\nlr_scheduler: cosine\n"
    "cosine_min_lr_ratio: 0.1\n",
    warmed(1e-3, 10, lambda t: half_wave(1e-3, 1e-4, (t - 10) / 40)),
    50,
)
case(
    "axolotl: a cosine that is held",
    ".yaml",
    AXOLOTL + "learning_rate: 1e-3\nmax_steps: 50\nwarmup_steps: 10\nlr_scheduler: cosine\n"
    "cosine_min_lr_ratio: 0.1\ncosine_constant_lr_ratio: 0.8\n",
    warmed(1e-3, 10, lambda t: half_wave(1e-3, 1e-4, (min(t, 40) - 10) / 30)),
    50,
)
case(
    "axolotl: a quadratic warmup",
    ".yaml",
    AXOLOTL + "learning_rate: 1e-3\nmax_steps: 50\nwarmup_steps: 10\nlr_scheduler: cosine\n"
    "lr_quadratic_warmup: true\n",
    lambda t: 1e-3 * (t / 10) ** 2 if t < 10 else half_wave(1e-3, 0, (t - 10) / 40),
    50,
)


def rex(t: int) -> float:
    if 1 <= t <= 10:
        return 1e-3 * t / 10
    left = (40 - (t - 10) % 40) / 40
    return 1e-3 * left / (0.1 + 0.9 * left) if t < 50 else 0.0


case(
    "axolotl: rex, whose step 0 is of its decay",
    ".yaml",
    AXOLOTL + "learning_rate: 1e-3\nmax_steps: 50\nwarmup_steps: 10\nlr_scheduler: rex\n",
    rex,
    50,
)
case(
    "axolotl: one_cycle",
    ".yaml",
    AXOLOTL + "learning_rate: 1e-3\nmax_steps: 50\nwarmup_steps: 11\nlr_scheduler: one_cycle\n"
    "lr_scheduler_kwargs: {final_div_factor: 100}\n",
    lambda t: half_wave(4e-5, 1e-3, t / 10) if t <= 10 else half_wave(1e-3, 4e-7, (t - 10) / 39),
    50,
)

# -- Darknet: network.c, get_current_rate, for batch t + 1 -----------------------------------------


def burned(rate: float, burn_in: int, body: Rate, power: float = 4.0) -> Rate:
    return lambda t: rate * ((t + 1) / burn_in) ** power if t + 1 < burn_in else body(t + 1)


case(
    "darknet: steps",
    ".cfg",
    "[net]\n# Training\nbatch=64\nlearning_rate=.00261\nburn_in=100\nmax_batches = 500\n"
    "policy=steps\nsteps=400,450\nscales=.1,.2\n\n[convolutional]\nfilters=32\n"
    "[convolutional]\nfilters=64\n",
    burned(0.00261, 100, lambda b: 0.00261 * (0.1 if b >= 400 else 1) * (0.2 if b >= 450 else 1)),
    500,
)
case(
    "darknet: one step",
    ".cfg",
    "[net]\nlearning_rate=0.1\nmax_batches=50\npolicy=steps\nsteps=40\nscales=.1\n",
    lambda t: 0.1 * (0.1 if t + 1 >= 40 else 1),
    50,
)
case(
    "darknet: poly with a burn-in of its power",
    ".cfg",
    "[network]\nlearning_rate=0.1\npolicy=poly\npower=2\nmax_batches=100\nburn_in=10\n",
    burned(0.1, 10, lambda b: 0.1 * (1 - min(b, 100) / 100) ** 2, power=2),
    100,
)
case(
    "darknet: step",
    ".cfg",
    "[net]\nbatch=1\nlearning_rate=0.1\npolicy=step\nstep=7\nscale=.5\nmax_batches=40\n",
    lambda t: 0.1 * 0.5 ** ((t + 1) // 7),
    40,
)
case(
    "darknet: exp",
    ".cfg",
    "[net]\nlearning_rate=0.1\npolicy=exp\ngamma=.99\nmax_batches=40\n",
    lambda t: 0.1 * 0.99 ** (t + 1),
    40,
)
case(
    "darknet: the default policy is constant",
    ".cfg",
    "[net]\nbatch=1\nlearning_rate=0.05\n",
    lambda t: 0.05,
    None,
)

# -- Caffe: sgd_solver.cpp -------------------------------------------------------------------------

SOLVER = 'net: "train_val.prototxt"\ntest_iter: 1000\nmomentum: 0.9 # heavy\nsolver_mode: GPU\n'
case(
    "caffe: poly",
    ".prototxt",
    SOLVER + 'base_lr: 0.05 lr_policy: "poly" power: 1 max_iter: 650\n',
    lambda t: 0.05 * (1 - t / 650),
    650,
)
case(
    "caffe: multistep",
    ".prototxt",
    SOLVER + "base_lr: 0.1\nlr_policy: 'multistep'\ngamma: 0.1\nstepvalue: 50\nstepvalue: 80\n"
    "max_iter: 100\n",
    lambda t: 0.1 * 0.1 ** sum(t >= m for m in (50, 80)),
    100,
)
case(
    "caffe: step",
    ".prototxt",
    SOLVER + 'base_lr: 0.1\nlr_policy: "step"\ngamma: 0.5\nstepsize: 30\nmax_iter: 100\n',
    lambda t: 0.1 * 0.5 ** (t // 30),
    100,
)
case(
    "caffe: inv",
    ".prototxt",
    SOLVER + 'base_lr: 0.01\nlr_policy: "inv"\ngamma: 0.0001\npower: 0.75\nmax_iter: 1000\n',
    lambda t: 0.01 * (1 + 0.0001 * t) ** -0.75,
    1000,
)
case(
    "caffe: fixed, and a message inside",
    ".prototxt",
    'net_param { name: "a" layer { type: "Data" } }\nbase_lr: 0.01\nlr_policy: "fixed"\n',
    lambda t: 0.01,
    None,
)

# -- GPT-NeoX: learning_rates.py -------------------------------------------------------------------


def neox(lr: float, share: float, steps: int, style: str, low: float = 0.0) -> Rate:
    warm = share * steps

    def rate(t: int) -> float:
        if warm > 0 and t <= warm:
            return lr * max(t, 1) / warm
        rest, done = steps - warm, t - warm
        if style == "linear":
            return max(lr * (rest - done) / rest, low)
        return max(half_wave(lr, low, done / rest) if style == "cosine" else lr, low)

    return rate


case(
    "gpt_neox: a cosine, with hyphens",
    ".yml",
    '{\n  "optimizer": {"type": "Adam", "params": {"lr": 0.0006, "betas": [0.9, 0.95]}},\n'
    '  "min-lr": 0.00006, # a tenth\n  "train-iters": 1430, "lr-decay-iters": 1430,\n'
    '  "distributed-backend": "nccl", "lr-decay-style": "cosine", "warmup": 0.01,\n}\n',
    neox(6e-4, 0.01, 1430, "cosine", 6e-5),
    1430,
)
case(
    "gpt_neox: a line, with underscores, by default",
    ".yml",
    "optimizer: {params: {lr: 1e-3}}\ntrain_iters: 300\nwarmup: 0.1\n",
    neox(1e-3, 0.1, 300, "linear"),
    300,
)
case(
    "gpt_neox: a decay of a share of the run",
    ".yml",
    "optimizer: {params: {lr: 1e-3}}\ntrain_iters: 300\nwarmup: 0.0\nlr_decay_fraction: 0.9\n"
    "lr_decay_style: cosine\nmin_lr: 1e-4\n",
    lambda t: half_wave(1e-3, 1e-4, t / 270),
    300,
)

# -- Stable-Baselines3's RL zoo --------------------------------------------------------------------

case(
    "rl_zoo: a line over updates",
    ".yml",
    "CartPole-v1:\n  n_envs: 8\n  n_timesteps: !!float 1e5\n  policy: 'MlpPolicy'\n"
    "  n_steps: 125\n  learning_rate: lin_0.001\n  clip_range: lin_0.2\n",
    lambda t: 0.001 * (1 - (t + 1) / 100),
    100,
)
case(
    "rl_zoo: the number of updates is given",
    ".yml",
    "learning_rate: lin_2.5e-4\n",
    lambda t: 2.5e-4 * (1 - (t + 1) / 400),
    400,
    steps=400,
)
case(
    "rl_zoo: a rollout that goes beyond the run",
    ".yml",
    "Ant-v4:\n  n_timesteps: 1000\n  policy: MlpPolicy\n  n_steps: 64\n  learning_rate: lin_1e-3\n",
    lambda t: max(1e-3 * (1 - (t + 1) * 64 / 1000), 0.0),
    16,
)
case(
    "rl_zoo: a constant rate",
    ".yml",
    "HalfCheetah-v4:\n  n_timesteps: !!float 1e6\n  policy: MlpPolicy\n  learning_rate: 7.3e-4\n"
    "  buffer_size: 300000\n",
    lambda t: 7.3e-4,
    None,
)

# -- torchtune: training/lr_schedulers.py ----------------------------------------------------------

TORCHTUNE = "model:\n  _component_: torchtune.models.llama3.llama3_8b\n"
case(
    "torchtune: a cosine",
    ".yaml",
    TORCHTUNE + "optimizer: {_component_: torch.optim.AdamW, lr: 2e-5}\nepochs: 3\n"
    "max_steps_per_epoch: null\nlr_scheduler:\n"
    "  _component_: torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup\n"
    "  num_warmup_steps: 10\n",
    warmed(2e-5, 10, lambda t: half_wave(2e-5, 0, (t - 10) / 110)),
    120,
    steps_per_epoch=40,
)
case(
    "torchtune: fewer steps per epoch",
    ".yaml",
    TORCHTUNE + "optimizer: {_component_: torch.optim.AdamW, lr: 2e-5}\nepochs: 3\n"
    "max_steps_per_epoch: 20\nlr_scheduler:\n"
    "  _component_: torchtune.modules.get_cosine_schedule_with_warmup\n"
    "  num_warmup_steps: 10\n  num_cycles: 1.5\n",
    warmed(2e-5, 10, lambda t: 2e-5 * 0.5 * (1 + cos(pi * 1.5 * 2 * (t - 10) / 50))),
    60,
    steps_per_epoch=40,
)
case(
    "torchtune: no scheduler",
    ".yaml",
    TORCHTUNE + "optimizer: {_component_: torch.optim.AdamW, lr: 2e-5}\n",
    lambda t: 2e-5,
    None,
)

# -- PaddleDetection: ppdet/optimizer/optimizer.py -------------------------------------------------

case(
    "paddledetection: pieces and a warmup",
    ".yml",
    "epoch: 14\nLearningRate:\n  base_lr: 0.0005\n  schedulers:\n"
    "  - name: PiecewiseDecay\n    gamma: 0.1\n    milestones: [9, 12]\n    use_warmup: true\n"
    "  - name: LinearWarmup\n    start_factor: 0.3333\n    steps: 50\n",
    lambda t: (
        5e-4 * (0.3333 * (1 - t / 50) + t / 50)
        if t < 50
        else 5e-4 * (1.0 if t < 90 else 0.1 if t < 120 else 0.01)
    ),
    140,
    steps_per_epoch=10,
)
case(
    "paddledetection: tags and a list of gammas",
    ".yml",
    "epoch: 12\nLearningRate:\n  base_lr: 0.01\n  schedulers:\n  - !PiecewiseDecay\n"
    "    gamma: [0.5, 0.05]\n    milestones: [8, 11]\n  - !LinearWarmup\n"
    "    start_factor: 0.1\n    epochs: 2\nOptimizerBuilder:\n  optimizer: {type: Momentum}\n",
    lambda t: (
        0.01 * (0.1 * (1 - t / 20) + t / 20)
        if t < 20
        else 0.01 * (1.0 if t < 80 else 0.5 if t < 110 else 0.05)
    ),
    120,
    steps_per_epoch=10,
)
case(
    "paddledetection: a single gamma is divided by 10",
    ".yml",
    "epoch: 9\nLearningRate:\n  base_lr: 1.0\n  schedulers:\n"
    "  - {name: PiecewiseDecay, gamma: 0.5, milestones: [3, 6], use_warmup: false}\n",
    lambda t: 1.0 if t < 6 else 0.5 if t < 12 else 0.05,
    18,
    steps_per_epoch=2,
)
case(
    "paddledetection: a cosine to a plateau",
    ".yml",
    "epoch: 10\nLearningRate:\n  base_lr: 0.01\n  schedulers:\n  - name: CosineDecay\n"
    "    max_epochs: 10\n    min_lr_ratio: 0.05\n    last_plateau_epochs: 2\n  - name: ExpWarmup\n"
    "    epochs: 1\n",
    lambda t: (
        0.01 * (t / 8) ** 2
        if t < 8
        else half_wave(0.01, 0.0005, (t - 8) / (80 - 8 - 16))
        if t < 64
        else 0.0005
    ),
    80,
    steps_per_epoch=8,
)
case(
    "paddledetection: a cosine of more epochs than the run",
    ".yml",
    "epoch: 8\nLearningRate:\n  base_lr: 0.01\n  schedulers:\n  - {name: CosineDecay, "
    "max_epochs: 10}\n  - {name: BurninWarmup, steps: 1000}\n",
    lambda t: 0.01 * (t / 8) ** 4 if t < 8 else half_wave(0.01, 0.0, (t - 8) / 72),
    64,
    steps_per_epoch=8,
)

# -- fairseq: optim/lr_scheduler -------------------------------------------------------------------


def fairseq(name: str, more: str = "", lr: str = "[0.0005]", run: str = "max_update: 400") -> str:
    return (
        f"optimization:\n  lr: {lr}\n  {run}\nlr_scheduler:\n  _name: {name}\n{more}"
        "optimizer:\n  _name: adam\n"
    )


case(
    "fairseq: polynomial_decay",
    ".yaml",
    fairseq("polynomial_decay", "  warmup_updates: 32\n"),
    lambda t: 5e-4 * t / 32 if t <= 32 else 5e-4 * (400 - t) / 368,
    400,
)
case(
    "fairseq: polynomial_decay to its own end",
    ".yaml",
    fairseq(
        "polynomial_decay",
        "  warmup_updates: 32\n  total_num_update: 300\n  end_learning_rate: 1e-5\n  power: 2.0\n",
    ),
    lambda t: (
        5e-4 * t / 32
        if t <= 32
        else 1e-5 + (5e-4 - 1e-5) * (1 - (t - 32) / 268) ** 2
        if t < 300
        else 1e-5
    ),
    400,
)
case(
    "fairseq: inverse_sqrt",
    ".yaml",
    fairseq("inverse_sqrt", "  warmup_updates: 40\n  warmup_init_lr: 1e-7\n"),
    lambda t: 1e-7 + t * (5e-4 - 1e-7) / 40 if t < 40 else 5e-4 * sqrt(40) / sqrt(t),
    400,
)
case(
    "fairseq: cosine",
    ".yaml",
    fairseq("cosine", "  warmup_updates: 40\n  min_lr: 1e-5\n  lr_period_updates: 360\n"),
    lambda t: 1e-5 + t * (5e-4 - 1e-5) / 40 if t < 40 else half_wave(5e-4, 1e-5, (t - 40) / 360),
    400,
)
case(
    "fairseq: tri_stage with shares as a word",
    ".yaml",
    fairseq("tri_stage", '  phase_ratio: "(0.1, 0.4, 0.5)"\n  final_lr_scale: 0.05\n'),
    lambda t: (
        5e-4 * (0.01 + 0.99 * t / 40)
        if t < 40
        else 5e-4
        if t < 200
        else 5e-4 * 0.05 ** ((t - 200) / 200)
    ),
    400,
)
case(
    "fairseq: a rate per epoch",
    ".yaml",
    fairseq("fixed", "", lr="[0.1, 0.05, 0.01]", run="max_epoch: 5"),
    lambda t: [0.1, 0.05, 0.01][min(t // 10, 2)],
    50,
    steps_per_epoch=10,
)

# -- OLMo: olmo/optim.py, for global_step t + 1 ----------------------------------------------------


def olmo(lr: float, warm: int, total: int, alpha: float, per: int = 1, kind="cosine") -> Rate:
    def rate(t: int) -> float:
        step = (t + 1) * per
        if step < warm:
            return lr * (0.1 + 0.9 * step / warm)
        if step >= total:
            return lr * alpha
        return (half_wave if kind == "cosine" else line)(
            lr, lr * alpha, (step - warm) / (total - warm)
        )

    return rate


case(
    "olmo: a cosine of steps",
    ".yaml",
    "max_duration: 7_00\nglobal_train_batch_size: 16\noptimizer:\n  name: adamw\n"
    "  learning_rate: 3.0e-4\nscheduler:\n  name: cosine_with_warmup\n  t_warmup: 50\n"
    "  alpha_f: 0.1\n",
    olmo(3e-4, 50, 700, 0.1),
    700,
)
case(
    "olmo: a line of tokens",
    ".yaml",
    "max_duration: 8e4T\nglobal_train_batch_size: 4\nmodel:\n  max_sequence_length: 50\n"
    "optimizer: {learning_rate: 4e-4}\nscheduler:\n  name: linear_with_warmup\n  units: tokens\n"
    "  t_warmup: 9100\n  t_max: 7e4\n  alpha_f: 0.0\n",
    olmo(4e-4, 9100, 70000, 0.0, per=200, kind="line"),
    400,
)
case(
    "olmo: epochs, and a warmup from 0",
    ".yaml",
    "max_duration: 2ep\noptimizer: {learning_rate: 1e-3}\n"
    "scheduler: {name: constant_with_warmup, t_warmup: 20, warmup_min_lr: 0}\n",
    lambda t: 1e-3 * min((t + 1) / 20, 1),
    80,
    steps_per_epoch=40,
)

# -- Levanter, nanotron, torchtitan ----------------------------------------------------------------

case(
    "levanter: a cosine, lengths as shares",
    ".yaml",
    "trainer:\n  num_train_steps: 1000\n  train_batch_size: 64\noptimizer:\n"
    "  learning_rate: 6E-4\n  weight_decay: 0.1\n  warmup: 0.05\n  min_lr_ratio: 0.1\n",
    warmed(6e-4, 50, lambda t: half_wave(6e-4, 6e-5, (t - 50) / 950)),
    1000,
)
case(
    "levanter: a schedule that is a mapping",
    ".yaml",
    "trainer:\n  num_train_steps: 100\noptimizer:\n  type: adam\n  learning_rate: 1e-3\n"
    "  lr_schedule: {type: cosine, exponent: 2.0}\n  warmup: 10\n  min_lr_ratio: 0.1\n"
    "  haps: null\n  cooldown: null\n",
    warmed(1e-3, 10, lambda t: 1e-3 * (0.9 * ((1 + cos(pi * (t - 10) / 90)) / 2) ** 2 + 0.1)),
    100,
)
case(
    "levanter: the power of a mapping",
    ".yaml",
    "trainer:\n  num_train_steps: 100\noptimizer:\n  learning_rate: 1e-2\n  warmup: 0\n"
    "  lr_schedule: {type: power, batch_size: 2, seq_length: 100, a: 0.1, b: -0.5}\n",
    lambda t: min(1e-2, 2 * 0.1 * (200 * t) ** -0.5) if t else 1e-2,
    100,
)
case(
    "levanter: warmup, stable, decay",
    ".yaml",
    "trainer:\n  num_train_steps: 1000\noptimizer:\n  type: adam\n  learning_rate: 1e-3\n"
    "  lr_schedule: linear\n  warmup_ratio: 0.1\n  decay: 0.2\n  min_lr_ratio: 0.0\n",
    warmed(1e-3, 100, lambda t: 1e-3 if t < 800 else 1e-3 * (1000 - t) / 200),
    1000,
)
case(
    "nanotron: a cosine",
    ".yaml",
    "optimizer:\n  learning_rate_scheduler:\n    learning_rate: 0.0003\n"
    "    lr_decay_style: cosine\n    lr_decay_steps: 80\n    lr_warmup_steps: 10\n"
    "    lr_warmup_style: linear\n"
    "    min_decay_lr: 1.0e-05\ntokens:\n  train_steps: 100\n  micro_batch_size: 2\n",
    lambda t: 3e-4 * t / 10 if t <= 10 else half_wave(3e-4, 1e-5, min(t - 10, 80) / 80),
    100,
)
case(
    "nanotron: a decay at the end",
    ".yaml",
    "optimizer:\n  learning_rate_scheduler: {learning_rate: 0.0003, lr_decay_style: 1-sqrt,\n"
    "    lr_decay_steps: 20, lr_decay_starting_step: 80, lr_warmup_steps: 10, min_decay_lr: 0}\n"
    "tokens: {train_steps: 100}\n",
    lambda t: 3e-4 * min(t / 10, 1) * (1 if t <= 80 else 1 - sqrt(min((t - 80) / 20, 1))),
    100,
)
case(
    "torchtitan: a line",
    ".toml",
    '[model]\nname = "llama3"\n[optimizer]\nname = "AdamW"\nlr = 3e-4\n[lr_scheduler]\n'
    "warmup_steps = 10\n[training]\nseq_len = 8192\nsteps = 110\n",
    lambda t: 3e-4 * (t + 1) / 10 if t < 10 else 3e-4 * (1 - max(t - 10, 0) / 100),
    110,
)
case(
    "torchtitan: a cosine at the end, to a tenth",
    ".toml",
    "[optimizer]\nlr = 3e-4\n[lr_scheduler]\nwarmup_steps = 10\ndecay_ratio = 0.5\n"
    'decay_type = "cosine"\nmin_lr_factor = 0.1\n[training]\nsteps = 100\n',
    lambda t: 3e-4 * (t + 1) / 10 if t < 10 else half_wave(3e-4, 3e-5, max(t - 50, 0) / 50),
    100,
)
case(
    "torchtitan: the first versions",
    ".toml",
    "[optimizer]\nlr = 3e-4\n[training]\nsteps = 100\nwarmup_steps = 20\n",
    lambda t: 3e-4 * (t + 1) / 21 if t < 20 else 3e-4 * (1 - (t - 20) / 80),
    100,
)

# -- NeMo: core/optim/lr_scheduler.py --------------------------------------------------------------

case(
    "nemo: a cosine of the trainer's steps",
    ".yaml",
    "trainer: {max_steps: 200}\nmodel:\n  optim:\n    name: fused_adam\n    lr: 2e-4\n    sched:\n"
    "      name: CosineAnnealing\n      warmup_steps: 20\n      min_lr: 2e-5\n",
    lambda t: (
        2e-4 * (t + 1) / 21 if t <= 20 else half_wave(2e-4, 2e-5, (t - 20) / 180) if t <= 200 else 0
    ),
    200,
)
case(
    "nemo: Noam, with a reference",
    ".yaml",
    "model:\n  encoder: {d_model: 256}\n  optim:\n    name: adamw\n    lr: 2.0\n    sched:\n"
    "      name: NoamAnnealing\n      d_model: ${model.encoder.d_model}\n      warmup_steps: 40\n"
    "      warmup_ratio: null\n      min_lr: 1e-6\n",
    lambda t: 2.0 * 256**-0.5 * min(max(t, 1) ** -0.5, max(t, 1) * 40**-1.5),
    None,
)
case(
    "nemo: a ratio of a run in epochs",
    ".yaml",
    "trainer: {max_epochs: 10, max_steps: -1}\nmodel:\n  optim:\n    name: sgd\n    lr: 0.1\n"
    "    sched: {name: WarmupAnnealing, warmup_ratio: 0.1}\n",
    lambda t: 0.1 * (t + 1) / 21 if t <= 20 else 0.1 * (200 - t) / 180,
    200,
    steps_per_epoch=20,
)

# -- mlx-lm: tuner/utils.py ------------------------------------------------------------------------

case(
    "mlx_lm: a cosine that begins a step late",
    ".yaml",
    "learning_rate: 1e-5\niters: 400\nlr_schedule:\n  name: cosine_decay\n  warmup: 100\n"
    "  warmup_init: 1e-7\n  arguments: [1e-5, 1000, 1e-7]\n",
    lambda t: (
        1e-7 + (1e-5 - 1e-7) * min(t, 100) / 100
        if t < 101
        else half_wave(1e-5, 1e-7, (t - 101) / 1000)
    ),
    400,
)
case(
    "mlx_lm: no warmup",
    ".yaml",
    "iters: 60\nlr_schedule: {name: step_decay, arguments: [1e-3, 0.5, 20]}\n",
    lambda t: 1e-3 * 0.5 ** (t // 20),
    60,
)
case(
    "mlx_lm: a rate", ".yaml", "learning_rate: 2e-5\niters: 60\nnum_layers: 4\n", lambda t: 2e-5, 60
)

# -- LeRobot: optim/schedulers.py ------------------------------------------------------------------


def lerobot(scheduler: str, steps: int = 300) -> str:
    return (
        f'{{"dataset": {{"repo_id": "a/b"}}, "steps": {steps}, "scheduler": {scheduler},\n'
        '"optimizer": {"type": "adam", "lr": 0.0001}, "use_policy_training_preset": true}\n'
    )


case(
    "lerobot: diffusers' cosine",
    ".json",
    lerobot('{"type": "diffuser", "num_warmup_steps": 50, "name": "cosine"}'),
    warmed(1e-4, 50, lambda t: half_wave(1e-4, 0, (t - 50) / 250)),
    300,
)


def pi0(t: int, warm: int, decay: int) -> float:
    if t < warm:
        return 1e-4 * (1 / (warm + 1) + (1 - 1 / (warm + 1)) * t / warm)
    return 1e-4 * ((1 - 0.1) * 0.5 * (1 + cos(pi * min(t, decay) / decay)) + 0.1)


PI0 = (
    '{"type": "cosine_decay_with_warmup", "num_warmup_steps": 40, "num_decay_steps": 200, '
    '"peak_lr": 2.5e-5, "decay_lr": 2.5e-6}'
)
case("lerobot: Pi0's", ".json", lerobot(PI0), lambda t: pi0(t, 40, 200), 300)
case(
    "lerobot: Pi0's, shortened",
    ".json",
    lerobot(PI0, 100).replace("{", '{"rename_map": {}, ', 1),
    lambda t: pi0(t, 20, 100),
    100,
)
case(
    "lerobot: VQ-BeT's",
    ".json",
    lerobot(
        '{"type": "vqbet", "num_warmup_steps": 20, "num_vqvae_training_steps": 60, '
        '"num_cycles": 0.5}'
    ),
    lambda t: (
        1e-4 if t < 60 else 1e-4 * (t - 60) / 20 if t < 80 else half_wave(1e-4, 0, (t - 80) / 280)
    ),
    300,
)
case(
    "lerobot: a constant rate after a warmup",
    ".json",
    lerobot('{"type": "constant_with_warmup"}'),
    lambda t: 1e-4 * min(t / 1_000, 1.0),
    300,
)
case(
    "lerobot: EVO1's cosine",
    ".json",
    lerobot('{"type": "cosine_annealing_with_warmup", "num_warmup_steps": 50}'),
    warmed(1e-4, 50, lambda t: half_wave(1e-4, 0, (t - 50) / 250)),
    300,
)
case("lerobot: no scheduler", ".json", lerobot("null"), lambda t: 1e-4, 300)

# -- kohya's sd-scripts: library/train_util.py -----------------------------------------------------

KOHYA = 'pretrained_model_name_or_path = "sd15.safetensors"\nnetwork_module = "networks.lora"\n'
case(
    "kohya: a cosine with a share as its warmup",
    ".toml",
    KOHYA + 'learning_rate = 1e-4\nlr_scheduler = "cosine"\nlr_warmup_steps = 0.05\n'
    "max_train_steps = 210\n",
    warmed(1e-4, 10, lambda t: half_wave(1e-4, 0, (t - 10) / 200)),
    210,
)
case(
    "kohya: sections, and epochs",
    ".toml",
    '[model]\npretrained_model_name_or_path = "a"\n[training]\nlearning_rate = 1e-4\n'
    'max_train_epochs = 10\n[scheduler]\nlr_scheduler = "cosine_with_restarts"\n'
    "lr_scheduler_num_cycles = 4\nlr_warmup_steps = 20\n",
    warmed(1e-4, 20, lambda t: half_wave(1e-4, 0, 4 * (t - 20) / 200 % 1)),
    220,
    steps_per_epoch=22,
)
case(
    "kohya: polynomial",
    ".toml",
    KOHYA + 'unet_lr = 1e-4\ntext_encoder_lr = 1e-4\nlr_scheduler = "polynomial"\n'
    "lr_scheduler_power = 2\nlr_warmup_steps = 0\nmax_train_steps = 100\n",
    lambda t: 1e-7 + (1e-4 - 1e-7) * (1 - t / 100) ** 2,
    100,
)
case(
    "kohya: the default is constant",
    ".toml",
    KOHYA + "learning_rate = 2e-4\nmax_train_steps = 100\n",
    lambda t: 2e-4,
    100,
)

# -- verl: workers/fsdp_workers.py, utils/torch_functional.py --------------------------------------


def verl(optim: str, more: str = "") -> str:
    return f"actor_rollout_ref:\n  actor:\n    optim:\n      lr: 1e-6\n{optim}{more}"


case(
    "verl: a constant rate after a warmup",
    ".yaml",
    verl("      lr_warmup_steps_ratio: 0.1\n      total_training_steps: 105\n"),
    lambda t: 1e-6 * min(t / 10, 1),
    105,
)
case(
    "verl: a cosine",
    ".yaml",
    verl(
        "      lr_warmup_steps: 5\n      warmup_style: cosine\n      min_lr_ratio: 0.1\n",
        "trainer:\n  total_training_steps: null\n  total_epochs: 5\n",
    ),
    warmed(1e-6, 5, lambda t: half_wave(1e-6, 1e-7, (t - 5) / 95)),
    100,
    steps_per_epoch=20,
)
case(
    "verl: a cosine that counts from 1",
    ".yaml",
    verl(
        "      lr_warmup_steps: 5\n      lr_scheduler_type: cosine\n      min_lr_ratio: null\n"
        "      num_cycles: 0.5\n      zero_indexed_step: false\n      total_training_steps: 50\n"
    ),
    lambda t: 1e-6 * (t + 1) / 5 if t + 1 < 5 else half_wave(1e-6, 0, (t - 4) / 45),
    50,
)
case(
    "verl: Megatron's workers",
    ".yaml",
    "actor_rollout_ref:\n  actor:\n    strategy: megatron\n    optim:\n      lr: 1e-6\n"
    "      min_lr: 1e-7\n      lr_decay_style: linear\n      lr_warmup_steps_ratio: 0.1\n"
    "      lr_decay_steps: 80\n      total_training_steps: 100\n",
    lambda t: 1e-6 * t / 8 if t <= 8 else line(1e-6, 1e-7, min((t - 8) / 72, 1)),
    100,
)
case("verl: a rate", ".yaml", verl(""), lambda t: 1e-6, None)
