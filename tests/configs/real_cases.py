"""Configs like those of users: old and new, with many keys that do not concern the rate.

They are written for these tests. The rates are formulas in plain Python.
"""

from math import ceil, cos, exp, log, pi, sqrt

from configs.format_cases import Case, Rate, adding_to, half_wave, line

CASES: dict[str, Case] = {}
case = adding_to(CASES)


def warm_cosine(lr: float, warmup: int, total: int, low: float = 0.0) -> Rate:
    """transformers' cosine, to a share ``low`` of the rate."""

    def rate(t: int) -> float:
        if t < warmup:
            return lr * t / warmup
        return half_wave(lr, low * lr, (t - warmup) / max(1, total - warmup))

    return rate


def warm_line(lr: float, warmup: int, total: int) -> Rate:
    """transformers' line to 0."""

    def rate(t: int) -> float:
        return lr * (t / warmup if t < warmup else (total - t) / max(1, total - warmup))

    return rate


def stairs(lr: float, factor: float, *marks: int) -> Rate:
    """A rate that is multiplied at each mark."""
    return lambda t: lr * factor ** sum(t >= mark for mark in marks)


# -- transformers and programs around it -----------------------------------------------------------

case(
    "transformers: the alignment handbook",
    ".yaml",
    "model_name_or_path: mistralai/Mistral-7B-v0.1\ntorch_dtype: bfloat16\n"
    "dataset_mixer:\n  HuggingFaceH4/ultrachat_200k: 1.0\ndataset_splits:\n- train_sft\n"
    "bf16: true\ngradient_accumulation_steps: 1\ngradient_checkpointing_kwargs:\n"
    "  use_reentrant: False\nlearning_rate: 2.0e-05\nlr_scheduler_type: cosine\n"
    "max_steps: -1\nnum_train_epochs: 1\nper_device_train_batch_size: 16\nwarmup_ratio: 0.1\n",
    warm_cosine(2e-5, 109, 1090),
    1090,
    steps=1090,
)
case(
    "transformers: a lowest rate, as Open R1 has it",
    ".yaml",
    "model_name_or_path: Qwen/Qwen2.5-1.5B-Instruct\nlearning_rate: 5.0e-05\n"
    "lr_scheduler_type: cosine_with_min_lr\nlr_scheduler_kwargs:\n  min_lr_rate: 0.1\n"
    "packing: true\nmax_steps: -1\nnum_train_epochs: 3\nwarmup_ratio: 0.05\n",
    warm_cosine(5e-5, 30, 600, 0.1),
    600,
    steps_per_epoch=200,
)
case(
    "transformers: LLaMA-Factory",
    ".yaml",
    "### model\nmodel_name_or_path: meta-llama/Meta-Llama-3-8B-Instruct\n### method\n"
    "stage: sft\ndo_train: true\nfinetuning_type: lora\n### dataset\ndataset: identity\n"
    "cutoff_len: 2048\n### train\nper_device_train_batch_size: 1\n"
    "gradient_accumulation_steps: 8\nlearning_rate: 1.0e-4\nnum_train_epochs: 3.0\n"
    "lr_scheduler_type: cosine\nwarmup_ratio: 0.1\nresume_from_checkpoint: null\n",
    warm_cosine(1e-4, ceil(0.1 * 405), 405),
    405,
    steps_per_epoch=135,
)
case(
    "transformers: steps of the warmup before the ratio",
    ".json",
    '{"output_dir": "out", "learning_rate": 3e-05, "weight_decay": 0.0, "max_steps": -1,'
    '"num_train_epochs": 2.0, "lr_scheduler_type": "linear", "lr_scheduler_kwargs": {},'
    '"warmup_ratio": 0.0, "warmup_steps": 500, "deepspeed": null, "optim": "adamw_torch",'
    '"per_device_train_batch_size": 12, "hub_token": "<HUB_TOKEN>"}',
    warm_line(3e-5, 500, 2000),
    2000,
    steps_per_epoch=1000,
)
case(
    "transformers: a share as the steps of the warmup",
    ".json",
    '{"learning_rate": 3e-05, "max_steps": 1000, "lr_scheduler_type": "cosine",'
    '"lr_scheduler_kwargs": null, "warmup_ratio": null, "warmup_steps": 0.05}',
    warm_cosine(3e-5, 50, 1000),
    1000,
)

case(
    "transformers: a script without a Trainer",
    ".json",
    '{"model_name_or_path": "gpt2", "learning_rate": 5e-05, "lr_scheduler_type": "linear",'
    '"num_warmup_steps": 100, "max_train_steps": 1000, "num_train_epochs": 3,'
    '"per_device_train_batch_size": 8}',
    warm_line(5e-5, 100, 1000),
    1000,
)

AXOLOTL = (
    "base_model: NousResearch/Llama-3.2-1B\nload_in_4bit: true\nstrict: false\ndatasets:\n"
    "  - path: teknium/GPT4-LLM-Cleaned\n    type: alpaca\nval_set_size: 0.1\nadapter: qlora\n"
    "sequence_len: 2048\nwandb_project:\ngradient_accumulation_steps: 4\nmicro_batch_size: 2\n"
)
case(
    "axolotl: steps of the warmup",
    ".yml",
    AXOLOTL + "num_epochs: 1\noptimizer: adamw_8bit\nlr_scheduler: cosine\n"
    "learning_rate: 0.0002\nbf16: auto\nwarmup_steps: 10\nfsdp:\nfsdp_config:\n",
    warm_cosine(2e-4, 10, 321),
    321,
    steps=321,
)
case(
    "axolotl: a constant after a ratio",
    ".yml",
    AXOLOTL + "num_epochs: 2\nlr_scheduler: constant_with_warmup\nlearning_rate: 2e-5\n"
    "warmup_ratio: 0.1\n",
    lambda t: 2e-5 * min(1, t / 20),
    200,
    steps_per_epoch=100,
)
case(
    "axolotl: its DeepSpeed config has no scheduler",
    ".yml",
    AXOLOTL + "num_epochs: 2\nlr_scheduler: cosine\ncosine_min_lr_ratio: 0.1\n"
    "learning_rate: 2e-5\nwarmup_steps: 20\ndeepspeed: deepspeed_configs/zero3_bf16.json\n",
    warm_cosine(2e-5, 20, 200, 0.1),
    200,
    steps=200,
)

# -- kohya: library/train_util.py ------------------------------------------------------------------

KOHYA = (
    '[model_arguments]\npretrained_model_name_or_path = "/models/sdxl.safetensors"\n'
    '[training_arguments]\noutput_dir = "out"\ntrain_batch_size = 4\nmixed_precision = "bf16"\n'
)
case(
    "kohya: Adafactor with the rates of the scheduler",
    ".toml",
    KOHYA + 'max_train_steps = 500\noptimizer_type = "Adafactor"\nlearning_rate = 4e-7\n'
    'optimizer_args = ["scale_parameter=False", "relative_step=False", "warmup_init=False"]\n'
    'lr_scheduler = "constant_with_warmup"\nlr_warmup_steps = 100\n',
    lambda t: 4e-7 * min(1, t / 100),
    500,
)
case(
    "kohya: a scheduler of torch by its name",
    ".toml",
    KOHYA + 'max_train_steps = 500\nlearning_rate = 1e-4\nlr_scheduler = "cosine"\n'
    'lr_scheduler_type = "CosineAnnealingLR"\nlr_warmup_steps = 0\n'
    'lr_scheduler_args = ["T_max=500", "eta_min=1e-6"]\n',
    lambda t: half_wave(1e-4, 1e-6, t / 500),
    500,
)


def restarts(t: int) -> float:
    begin, length = (0, 100) if t < 100 else (100, 200) if t < 300 else (300, 400)
    return half_wave(1e-4, 1e-6, (t - begin) / length)


case(
    "kohya: a scheduler of torch by its path",
    ".toml",
    KOHYA + "max_train_steps = 500\nlearning_rate = 1e-4\n"
    'lr_scheduler_type = "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts"\n'
    'lr_scheduler_args = ["T_0=100", "T_mult=2", "eta_min=1e-6"]\n',
    restarts,
    500,
)
case(
    "kohya: restarts over epochs",
    ".toml",
    KOHYA + "max_train_epochs = 10\nlearning_rate = 1e-4\nunet_lr = 1e-4\n"
    'text_encoder_lr = 1e-4\nlr_scheduler = "cosine_with_restarts"\n'
    'lr_scheduler_num_cycles = 3\nlr_warmup_steps = 50\nlr_scheduler_type = ""\n',
    lambda t: 1e-4 * (t / 50 if t < 50 else half_wave(1, 0, (3 * (t - 50) / 950) % 1)),
    1000,
    steps_per_epoch=100,
)
case(
    "kohya: a rate of 1 for Prodigy",
    ".toml",
    KOHYA + 'max_train_steps = 100\nlearning_rate = 1.0\noptimizer_type = "Prodigy"\n'
    'lr_scheduler = "cosine"\nnetwork_train_unet_only = true\n',
    warm_cosine(1.0, 0, 100),
    100,
)

# -- Darknet: network.c, and Caffe: sgd_solver.cpp -------------------------------------------------

case(
    "darknet: YOLOv2, whose first mark is before the first batch",
    ".cfg",
    "[net]\n# Testing\nbatch=1\n# Training\n# batch=64\nheight=416\nmomentum=0.9\n"
    "learning_rate=0.0001\nmax_batches = 45000\npolicy=steps\nsteps=-1,100,25000,35000\n"
    "scales=.1,10,.1,.1\n\n[convolutional]\nfilters=32\n",
    lambda t: 1e-5 * (10 if t >= 99 else 1) * 0.1 ** ((t >= 24999) + (t >= 34999)),
    45000,
)
case(
    "darknet: YOLOv3",
    ".cfg",
    "[net]\n# batch=1\nbatch=64\nsubdivisions=16\nlearning_rate=0.001\nburn_in=1000\n"
    "max_batches = 500200\npolicy=steps\nsteps=400000,450000\nscales=.1,.1\n[convolutional]\n",
    lambda t: 1e-3 * ((t + 1) / 1000) ** 4 if t < 999 else stairs(1e-3, 0.1, 399999, 449999)(t),
    500200,
)
case(
    "darknet: Darknet19",
    ".cfg",
    "[net]\nbatch=128\nlearning_rate=0.1\npolicy=poly\npower=4\nmax_batches=1600000\nangle=7\n",
    lambda t: 0.1 * (1 - (t + 1) / 1600000) ** 4,
    1600000,
)
case(
    "darknet: a sigmoid whose step is in the burn-in",
    ".cfg",
    "[net]\nbatch=128\nlearning_rate=0.1\nburn_in=100\npower=2\npolicy=sigmoid\ngamma=.01\n"
    "step=50\nmax_batches=1000\n",
    lambda t: 0.1 * (((t + 1) / 100) ** 2 if t < 99 else 1 / (1 + exp(0.01 * (t + 1 - 50)))),
    1000,
)
case(
    "caffe: SSD",
    ".prototxt",
    'train_net: "models/x/train.prototxt"\ntest_iter: 619\nbase_lr: 0.0010000000475\n'
    'display: 10\nmax_iter: 120000\nlr_policy: "multistep"\ngamma: 0.10000000149\n'
    "momentum: 0.899999976158\nsolver_mode: GPU\ndebug_info: false\nstepvalue: 80000\n"
    'stepvalue: 100000\nstepvalue: 120000\niter_size: 1\ntype: "SGD"\n',
    stairs(0.0010000000475, 0.10000000149, 80000, 100000, 120000),
    120000,
)
case(
    "caffe: LeNet",
    ".prototxt",
    '# The train/test net\nnet: "examples/mnist/lenet_train_test.prototxt"\nbase_lr: 0.01\n'
    'momentum: 0.9\n# The policy\nlr_policy: "inv"\ngamma: 0.0001\npower: 0.75\nmax_iter: 10000\n',
    lambda t: 0.01 * (1 + 1e-4 * t) ** -0.75,
    10000,
)
case(
    "caffe: Faster R-CNN, whose length is in the command",
    ".prototxt",
    'train_net: "a"\nbase_lr: 0.001\nlr_policy: "step"\ngamma: 0.1\nstepsize: 50000\n'
    "average_loss: 100\n# iter_size: 1\nmomentum: 0.9\nsnapshot: 0\n",
    lambda t: 0.001 * 0.1 ** (t // 50000),
    None,
)

# -- language models -------------------------------------------------------------------------------

case(
    "nanogpt: GPT-2",
    ".py",
    "# launch: torchrun --standalone\nwandb_log = True\nbatch_size = 12\n"
    "gradient_accumulation_steps = 5 * 8\n# 300B\nmax_iters = 600000\nlr_decay_iters = 600000\n"
    "weight_decay = 1e-1\n",
    lambda t: 6e-4 * (t + 1) / 2001 if t < 2000 else half_wave(6e-4, 6e-5, (t - 2000) / 598000),
    600001,
)
case(
    "nanogpt: a constant rate beside a name that only a run gives",
    ".py",
    "import time\n\nout_dir = 'out'\nwandb_run_name = 'ft-' + str(time.time())\n"
    "init_from = 'gpt2-xl'\nmax_iters = 20\nlearning_rate = 3e-5\ndecay_lr = False\n",
    lambda t: 3e-5,
    21,
)
case(
    "gpt_neox: Pythia",
    ".yml",
    '{"optimizer": {"type": "Adam", "params": {"lr": 0.0006}}, "min_lr": 0.00006,\n'
    '"train-iters": 143000, "lr-decay-iters": 143000, "distributed-backend": "nccl",\n'
    '"lr-decay-style": "cosine", "warmup": 0.01, "zero_optimization": {"stage": 1},\n'
    '"train_micro_batch_size_per_gpu": 32, "gas": 1, "fp16": {"fp16": true}}',
    lambda t: 6e-4 * max(1, t) / 1430 if t <= 1430 else half_wave(6e-4, 6e-5, (t - 1430) / 141570),
    143000,
)
OLMO = (
    "run_name: OLMo\nmodel:\n  d_model: 4096\n  max_sequence_length: 2048\noptimizer:\n"
    "  name: adamw\n  learning_rate: 3.0e-4\nglobal_train_batch_size: 2160\n"
)


def olmo(u: int, warmup: int, total: int, fall) -> float:
    if u < warmup:
        return line(3e-5, 3e-4, u / warmup)
    return fall(3e-4, 3e-5, min(1, (u - warmup) / (total - warmup)))


case(
    "olmo: OLMo 7B",
    ".yaml",
    OLMO + "scheduler:\n  name: linear_with_warmup\n  t_warmup: 5000\n  alpha_f: 0.1\n"
    "  grad_clip_warmup_steps: null\nmax_duration: 556_000\nstop_at: 556_000\n",
    lambda t: olmo(t + 1, 5000, 556000, line),
    556000,
)
case(
    "olmo: a run that stops before its schedule ends",
    ".yaml",
    OLMO + "scheduler:\n  name: cosine_with_warmup\n  t_warmup: 100\n  alpha_f: 0.1\n"
    "max_duration: 1000\nstop_at: 400\n",
    lambda t: olmo(t + 1, 100, 1000, half_wave),
    400,
)
case(
    "olmo: the larger of a cosine and an inverse square root",
    ".yaml",
    OLMO + "scheduler:\n  name: max_scheduler\n  t_warmup: 100\n  alpha_f: 0.1\n"
    "max_duration: 1000\n",
    lambda t: max(
        olmo(t + 1, 100, 1000, half_wave), 3e-4 * sqrt(100 / (t + 1)) if t >= 99 else 0.0
    ),
    1000,
)
case(
    "levanter: a cosine to a tenth by default",
    ".yaml",
    "data:\n  id: dlwh/wiki\nmodel:\n  type: llama\ntrainer:\n  mp: p=f32,c=bfloat16\n"
    "  train_batch_size: 1024\n  num_train_steps: 7500\noptimizer:\n  learning_rate: 3.0E-4\n"
    "  weight_decay: 0.1\n  min_lr_ratio: 0.1\n  warmup: 2000\n",
    lambda t: 3e-4 * t / 2000 if t < 2000 else half_wave(3e-4, 3e-5, (t - 2000) / 5500),
    7500,
)
case(
    "levanter: a decay of a share of the run",
    ".yaml",
    "trainer:\n  train_batch_size: 64\n  num_train_steps: 1000\noptimizer:\n"
    "  learning_rate: 1e-3\n  lr_schedule: linear\n  warmup: 100\n  decay: 0.2\n"
    "  min_lr_ratio: 0.0\n",
    lambda t: 1e-3 * (t / 100 if t < 100 else 1 if t < 800 else (1000 - t) / 200),
    1000,
)
case(
    "nanotron: its example",
    ".yaml",
    "optimizer:\n  accumulate_grad_in_fp32: true\n  learning_rate_scheduler:\n"
    "    learning_rate: 0.0003\n    lr_decay_starting_step: null\n    lr_decay_steps: 13\n"
    "    lr_decay_style: cosine\n    lr_warmup_steps: 2\n    lr_warmup_style: linear\n"
    "    min_decay_lr: 1.0e-05\n  zero_stage: 0\ntokens:\n  train_steps: 15\n",
    lambda t: 3e-4 * t / 2 if t <= 2 else half_wave(3e-4, 1e-5, (t - 2) / 13),
    15,
)
case(
    "nemo: Conformer-CTC",
    ".yaml",
    "model:\n  encoder:\n    d_model: 512\n  optim:\n    name: adamw\n    lr: 2.0\n"
    "    betas: [0.9, 0.98]\n    sched:\n      name: NoamAnnealing\n"
    "      d_model: ${model.encoder.d_model}\n      warmup_steps: 10000\n"
    "      warmup_ratio: null\n      min_lr: 1e-6\ntrainer:\n  max_epochs: 500\n  max_steps: -1\n",
    lambda t: 2 * 512**-0.5 * min(max(t, 1) ** -0.5, max(t, 1) * 10000**-1.5),
    20000,
    steps=20000,
)
case(
    "fairseq: wav2vec 2.0",
    ".yaml",
    "# @package _group_\ncommon:\n  fp16: true\noptimization:\n  max_update: 400000\n"
    "  lr: [0.0005]\noptimizer:\n  _name: adam\n  adam_betas: (0.9,0.98)\nlr_scheduler:\n"
    "  _name: polynomial_decay\n  warmup_updates: 32000\n",
    warm_line(5e-4, 32000, 400000),
    400000,
)
case(
    "fairseq: three stages of a fine-tuning",
    ".yaml",
    "optimization:\n  sentence_avg: true\n  lr: [0.00003]\n  max_update: 80000\n"
    "lr_scheduler:\n  _name: tri_stage\n  phase_ratio: [0.1, 0.4, 0.5]\n"
    "  final_lr_scale: 0.05\n",
    lambda t: (
        line(3e-7, 3e-5, t / 8000)
        if t < 8000
        else 3e-5 * (1 if t < 40000 else exp(log(0.05) * (t - 40000) / 40000))
    ),
    80000,
)
case(
    "fairseq: a language model",
    ".yaml",
    "task:\n  _name: language_modeling\noptimization:\n  max_update: 50000\n  lr: [0.0005]\n"
    "  update_freq: [16]\nlr_scheduler:\n  _name: inverse_sqrt\n  warmup_updates: 4000\n"
    "  warmup_init_lr: 1e-07\n",
    lambda t: line(1e-7, 5e-4, t / 4000) if t < 4000 else 5e-4 * sqrt(4000 / t),
    50000,
)
case(
    "verl: a cosine over epochs",
    ".yaml",
    "actor_rollout_ref:\n  actor:\n    strategy: fsdp\n    optim:\n      lr: 1e-6\n"
    "      lr_warmup_steps_ratio: 0.1\n      min_lr_ratio: 0.1\n      warmup_style: cosine\n"
    "      total_training_steps: -1\ncritic:\n  optim: {lr: 1e-5}\ntrainer: {total_epochs: 10}\n",
    warm_cosine(1e-6, 10, 100, 0.1),
    100,
    steps_per_epoch=10,
)
case(
    "mlx_lm: the rate of its example",
    ".yaml",
    'model: "mlx"\ntrain: true\nfine_tune_type: lora\nnum_layers: 16\nbatch_size: 4\n'
    'iters: 1000\nlearning_rate: 1e-5\nlora_parameters:\n  keys: ["self_attn.q_proj"]\n'
    "  rank: 8\n#lr_schedule:\n",
    lambda t: 1e-5,
    1000,
)
case(
    "torchtune: LoRA",
    ".yaml",
    "output_dir: /tmp\nmodel:\n  _component_: torchtune.models.llama3_1.lora_llama3_1_8b\n"
    "optimizer:\n  _component_: torch.optim.AdamW\n  fused: True\n  lr: 3e-4\nlr_scheduler:\n"
    "  _component_: torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup\n"
    "  num_warmup_steps: 100\nepochs: 1\nmax_steps_per_epoch: null\n",
    warm_cosine(3e-4, 100, 808),
    808,
    steps=808,
)

# -- robots and reinforcement learning -------------------------------------------------------------

case(
    "lerobot: ACT",
    ".json",
    '{"policy": {"type": "act", "optimizer_lr": 1e-05}, "seed": 1000, "batch_size": 8,'
    '"steps": 100000, "use_policy_training_preset": true, "optimizer": {"type": "adamw",'
    '"lr": 1e-05, "betas": [0.9, 0.999]}, "scheduler": null, "wandb": {"enable": false}}',
    lambda t: 1e-5,
    100000,
)


def pi0(t: int, warmup: int, decay: int) -> float:
    if t < warmup:
        return line(1e-4 / (warmup + 1), 1e-4, t / warmup)
    return half_wave(1e-4, 2.5e-6, t / decay)


LEROBOT = (
    '{{"policy": {{"type": "smolvla"}}, "steps": {}, "use_policy_training_preset": true, {}'
    '"optimizer": {{"type": "adamw", "lr": 0.0001}}, "scheduler": {{"num_warmup_steps": 900,'
    '"type": "cosine_decay_with_warmup", "num_decay_steps": 30000, "peak_lr": 0.0001,'
    '"decay_lr": 2.5e-06}}}}'
)
DUMPED = '"num_workers": 4, "save_freq": 20000, "seed": 1000, '
case(
    "lerobot: SmolVLA",
    ".json",
    LEROBOT.format(30000, ""),
    lambda t: pi0(t, 900, 30000),
    30000,
)
case(
    "lerobot: a short run of a version before 0.4",
    ".json",
    LEROBOT.format(20000, DUMPED),
    lambda t: pi0(t, 900, 30000),
    20000,
)
case(
    "lerobot: a short run of version 0.4",
    ".json",
    LEROBOT.format(20000, DUMPED + '"rename_map": {}, "checkpoint_path": null, '),
    lambda t: pi0(t, 600, 20000),
    20000,
)
case(
    "lerobot: a diffusion policy",
    ".json",
    '{"policy": {"type": "diffusion"}, "steps": 2000, "use_policy_training_preset": true,'
    '"optimizer": {"type": "adam", "lr": 0.0001}, "scheduler": {"type": "diffuser",'
    '"num_warmup_steps": 500, "name": "cosine"}}',
    warm_cosine(1e-4, 500, 2000),
    2000,
)
case(
    "rl_zoo: Atari",
    ".yml",
    "atari:\n  env_wrapper:\n    - stable_baselines3.common.atari_wrappers.AtariWrapper\n"
    "  frame_stack: 4\n  policy: 'CnnPolicy'\n  n_envs: 8\n  n_steps: 128\n  batch_size: 256\n"
    "  n_timesteps: !!float 1e7\n  learning_rate: lin_2.5e-4\n  clip_range: lin_0.1\n",
    lambda t: 2.5e-4 * max(0, 1 - (t + 1) * 1024 / 1e7),
    9766,
)

# -- vision ----------------------------------------------------------------------------------------


def old_ultralytics(t: int, batches: int) -> float:
    """Ultralytics before 8.4.103: a warmup of at least 100 batches."""
    return 0.01 * line(1, 0.01, (t // batches) / 100) * min(t / max(3 * batches, 100), 1)


YOLOV8 = (
    "task: detect\nmode: train\nmodel: yolov8n.pt\nepochs: 100\ntime: null\npatience: 50\n"
    "optimizer: SGD\ncos_lr: false\nclose_mosaic: 10\nhalf: false\nint8: false\nlr0: 0.01\n"
    "lrf: 0.01\nmomentum: 0.937\nwarmup_epochs: 3.0\nwarmup_bias_lr: 0.1\n"
)
for batches in (8, 80):
    case(
        f"ultralytics: YOLOv8 with {batches} batches per epoch",
        ".yaml",
        YOLOV8,
        lambda t, batches=batches: old_ultralytics(t, batches),
        100 * batches,
        steps_per_epoch=batches,
    )
case(
    "ultralytics: a version that the keys do not show, where all versions agree",
    ".yaml",
    "lr0: 0.01\nlrf: 0.01\noptimizer: SGD\nepochs: 100\nwarmup_epochs: 3\n",
    lambda t: old_ultralytics(t, 40),
    4000,
    steps_per_epoch=40,
)
case(
    "timm: the arguments of a run",
    ".yaml",
    "batch_size: 128\nclip_grad: null\ncooldown_epochs: 10\ndecay_epochs: 100\n"
    "decay_milestones:\n- 30\n- 60\ndecay_rate: 0.1\nepochs: 30\neval_metric: top1\nlr: 0.5\n"
    "lr_base: 0.1\nlr_base_scale: ''\nlr_base_size: 256\nlr_cycle_decay: 0.5\n"
    "lr_cycle_limit: 1\nlr_cycle_mul: 1.0\nlr_k_decay: 1.0\nlr_noise: null\nlr_noise_pct: 0.67\n"
    "lr_noise_std: 1.0\nmin_lr: 1.0e-05\npatience_epochs: 10\nsched: cosine\nseed: 42\n"
    "sched_on_updates: false\nwarmup_epochs: 5\nwarmup_lr: 0.0001\nwarmup_prefix: false\n",
    lambda e: line(1e-4, 0.5, e / 5) if e < 5 else half_wave(0.5, 1e-5, e / 30) if e < 30 else 1e-5,
    40,
)
case(
    "detectron2: LVIS",
    ".yaml",
    'MODEL:\n  WEIGHTS: "detectron2://ImageNetPretrained/MSRA/R-50.pkl"\n  MASK_ON: True\n'
    "SOLVER:\n  IMS_PER_BATCH: 16\n  BASE_LR: 0.02\n  STEPS: (210000, 250000)\n"
    "  MAX_ITER: 270000\nINPUT:\n  MIN_SIZE_TRAIN: (640, 672)\nVERSION: 2\n",
    lambda t: stairs(0.02, 0.1, 210000, 250000)(t) * line(0.001, 1, min(1, t / 1000)),
    270000,
)
case(
    "detectron2: Mask2Former",
    ".yaml",
    'MODEL:\n  WEIGHTS: "R-50.pkl"\nSOLVER:\n  IMS_PER_BATCH: 16\n  BASE_LR: 0.0001\n'
    "  STEPS: (327778, 355092)\n  MAX_ITER: 368750\n  WARMUP_FACTOR: 1.0\n  WARMUP_ITERS: 10\n"
    '  OPTIMIZER: "ADAMW"\n  BACKBONE_MULTIPLIER: 0.1\n  CLIP_GRADIENTS:\n    ENABLED: True\n',
    stairs(1e-4, 0.1, 327778, 355092),
    368750,
)
case(
    "maskrcnn_benchmark: Mask R-CNN",
    ".yaml",
    'MODEL:\n  META_ARCHITECTURE: "GeneralizedRCNN"\n  BACKBONE:\n    CONV_BODY: "R-50-FPN"\n'
    '  WEIGHT: "catalog://ImageNetPretrained/MSRA/R-50"\nSOLVER:\n  BASE_LR: 0.02\n'
    "  WEIGHT_DECAY: 0.0001\n  STEPS: (60000, 80000)\n  MAX_ITER: 90000\n",
    lambda t: stairs(0.02, 0.1, 60000, 80000)(t) * line(1 / 3, 1, min(1, t / 500)),
    90000,
)
case(
    "paddledetection: PP-YOLOE",
    ".yml",
    "epoch: 300\nLearningRate:\n  base_lr: 0.01\n  schedulers:\n    - !CosineDecay\n"
    "      max_epochs: 360\n    - !LinearWarmup\n      start_factor: 0.\n      epochs: 5\n"
    "OptimizerBuilder:\n  optimizer:\n    momentum: 0.9\n    type: Momentum\n",
    lambda t: 0.01 * t / 50 if t < 50 else half_wave(0.01, 0, (t - 50) / 3550),
    3000,
    steps_per_epoch=10,
)
case(
    "mmcv: Faster R-CNN of MMDetection 2",
    ".py",
    "# optimizer\noptimizer = dict(type='SGD', lr=0.02, momentum=0.9, weight_decay=0.0001)\n"
    "optimizer_config = dict(grad_clip=None)\nlr_config = dict(\n    policy='step',\n"
    "    warmup='linear',\n    warmup_iters=500,\n    warmup_ratio=0.001,\n    step=[8, 11])\n"
    "runner = dict(type='EpochBasedRunner', max_epochs=12)\n",
    lambda t: stairs(0.02, 0.1, 800, 1100)(t) * line(0.001, 1, min(1, t / 500)),
    1200,
    steps_per_epoch=100,
)
case(
    "mmengine: ResNet of MMPretrain",
    ".py",
    "optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9))\n"
    "param_scheduler = dict(\n"
    "    type='MultiStepLR', by_epoch=True, milestones=[30, 60, 90], gamma=0.1)\n"
    "train_cfg = dict(by_epoch=True, max_epochs=100, val_interval=1)\nval_cfg = dict()\n"
    "auto_scale_lr = dict(base_batch_size=256)\n",
    stairs(0.1, 0.1, 90, 180, 270),
    300,
    steps_per_epoch=3,
)
case(
    "mmengine: Swin of MMPretrain",
    ".py",
    "optim_wrapper = dict(optimizer=dict(type='AdamW', lr=5e-4 * 1024 / 512, eps=1e-8))\n"
    "param_scheduler = [\n    dict(type='LinearLR', start_factor=1e-3, by_epoch=True, end=20,\n"
    "         convert_to_iter_based=True),\n"
    "    dict(type='CosineAnnealingLR', eta_min=1e-5, by_epoch=True, begin=20)]\n"
    "train_cfg = dict(by_epoch=True, max_epochs=300, val_interval=1)\n",
    lambda t: (
        1e-3 * line(1e-3, 1, min(1, t / 79))
        if t < 80
        else half_wave(1e-3, 1e-5, (t // 4 - 20) / 280)
    ),
    1200,
    steps_per_epoch=4,
)
case(
    "mmengine: RTMDet of MMDetection",
    ".py",
    "max_epochs = 300\nbase_lr = 0.004\ntrain_cfg = dict(max_epochs=max_epochs)\n"
    "optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=base_lr))\n"
    "param_scheduler = [\n"
    "    dict(type='LinearLR', start_factor=1.0e-5, by_epoch=False, begin=0, end=1000),\n"
    "    dict(type='CosineAnnealingLR', eta_min=base_lr * 0.05, begin=max_epochs // 2,\n"
    "         end=max_epochs, T_max=max_epochs // 2, by_epoch=True,\n"
    "         convert_to_iter_based=True)]\n",
    lambda t: (
        0.004 * line(1e-5, 1, min(1, t / 999))
        if t < 3000
        else half_wave(0.004, 0.0002, (t - 3000) / 3000)
    ),
    6000,
    steps_per_epoch=20,
)
case(
    "mmengine: a warmup of a part of an epoch, as XTuner has it",
    ".py",
    "from mmengine.hooks import ParamSchedulerHook\n"
    "from mmengine.optim import AmpOptimWrapper, CosineAnnealingLR, LinearLR\n"
    "from torch.optim import AdamW\nfrom xtuner.engine.runner import TrainLoop\n"
    "accumulative_counts = 16\nmax_epochs = 3\noptim_type = AdamW\nlr = 2e-4\n"
    "warmup_ratio = 0.03\noptim_wrapper = dict(\n    type=AmpOptimWrapper,\n"
    "    optimizer=dict(type=optim_type, lr=lr), accumulative_counts=accumulative_counts)\n"
    "param_scheduler = [\n    dict(type=LinearLR, start_factor=1e-5, by_epoch=True, begin=0,\n"
    "         end=warmup_ratio * max_epochs, convert_to_iter_based=True),\n"
    "    dict(type=CosineAnnealingLR, eta_min=0.0, by_epoch=True,\n"
    "         begin=warmup_ratio * max_epochs, end=max_epochs, convert_to_iter_based=True)]\n"
    "train_cfg = dict(type=TrainLoop, max_epochs=max_epochs)\n"
    "custom_hooks = [dict(type=DatasetInfoHook, tokenizer=tokenizer)]\n"
    "default_hooks = dict(param_scheduler=dict(type=ParamSchedulerHook))\n",
    lambda t: 2e-4 * (line(1e-5, 1, t / 89) if t < 90 else (1 + cos(pi * (t - 90) / 2910)) / 2),
    3000,
    steps_per_epoch=1000,
)
case(
    "mmengine: YOLOX of MMDetection",
    ".py",
    "base_lr = 0.01\nmax_epochs = 300\nnum_last_epochs = 15\n"
    "optim_wrapper = dict(optimizer=dict(lr=base_lr))\nparam_scheduler = [\n"
    "    dict(type='mmdet.QuadraticWarmupLR', by_epoch=True, begin=0, end=5,\n"
    "         convert_to_iter_based=True),\n"
    "    dict(type='CosineAnnealingLR', eta_min=base_lr * 0.05, begin=5,\n"
    "         T_max=max_epochs - num_last_epochs, end=max_epochs - num_last_epochs,\n"
    "         by_epoch=True, convert_to_iter_based=True),\n"
    "    dict(type='ConstantLR', by_epoch=True, factor=1, begin=max_epochs - num_last_epochs,\n"
    "         end=max_epochs)]\n"
    "train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=max_epochs)\n",
    lambda t: (
        0.01 * ((t + 1) / 50) ** 2 if t < 50 else half_wave(0.01, 0.0005, min(t - 50, 2799) / 2850)
    ),
    3000,
    steps_per_epoch=10,
)

# -- torch and Keras -------------------------------------------------------------------------------

case(
    "hydra: milestones in a scheduler's config of Lightning",
    ".yaml",
    "model:\n  _target_: src.M\n  optimizer:\n    _target_: torch.optim.SGD\n"
    "    _partial_: true\n    lr: 0.1\n  scheduler:\n    scheduler:\n"
    "      _target_: torch.optim.lr_scheduler.MultiStepLR\n      _partial_: true\n"
    "      milestones: [30, 60]\n      gamma: 0.2\n    interval: epoch\n    frequency: 1\n"
    "trainer:\n  _target_: lightning.pytorch.trainer.Trainer\n  max_epochs: 90\n",
    stairs(0.1, 0.2, 150, 300),
    450,
    steps_per_epoch=5,
)
case(
    "hydra: LightningCLI, whose model has a rate too",
    ".yaml",
    "seed_everything: 42\ntrainer:\n  max_epochs: 20\n  callbacks:\n"
    "  - class_path: lightning.pytorch.callbacks.LearningRateMonitor\n    init_args:\n"
    "      logging_interval: epoch\nmodel:\n  class_path: my.Model\n  init_args:\n    lr: 5\n"
    "optimizer:\n  class_path: torch.optim.AdamW\n  init_args:\n    lr: 0.0005\nlr_scheduler:\n"
    "  class_path: torch.optim.lr_scheduler.CosineAnnealingLR\n  init_args:\n    T_max: 20\n"
    "    eta_min: 1.0e-06\n",
    lambda t: half_wave(5e-4, 1e-6, (t // 7) / 20),
    140,
    steps_per_epoch=7,
)
case(
    "keras: a model of Keras 3",
    ".json",
    '{"module": "keras.src.models.sequential", "class_name": "Sequential", "config": {"name":'
    '"s"}, "registered_name": "Sequential", "compile_config": {"optimizer": {"module":'
    '"keras.optimizers", "class_name": "Adam", "config": {"name": "adam", "learning_rate":'
    '{"module": "keras.optimizers.schedules", "class_name": "ExponentialDecay", "config":'
    '{"initial_learning_rate": 0.001, "decay_steps": 100, "decay_rate": 0.96, "staircase":'
    'true, "name": "ExponentialDecay"}, "registered_name": null}, "beta_1": 0.9},'
    '"registered_name": null}, "loss": "mse"}}',
    lambda t: 1e-3 * 0.96 ** (t // 100),
    None,
)
