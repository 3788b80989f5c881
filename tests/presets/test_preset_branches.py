"""Rates of the branches of presets that few settings reach."""

import numpy as np
import pytest
from refused_calls import run

VALUES = [
    (
        "allennlp.CosineWithRestarts(1.0, 2, 3.0)",
        {0: 1.0, 1: 0.5, 2: 1.0, 5: 0.5, 8: 1.0, 17: 0.5, 26: 1.0},
    ),
    (
        "allennlp.CosineWithRestarts(1.0, 2, 1.5)",
        {1: 0.5, 2: 1.0, 3: 0.75, 4: 0.25, 5: 1.0, 7: 0.5, 9: 1.0, 12: 0.5},
    ),
    (
        "axolotl.get_cosine_schedule_with_quadratic_warmup(1.0, 4, 8)",
        {0: 0.0, 1: 0.0625, 2: 0.25, 4: 1.0, 6: 0.5, 8: 0.0, 10: 0.5},
    ),
    (
        "burn.ComposedLrSchedulerConfig([burn.ConstantLr(0.5), burn.StepLrSchedulerConfig("
        "1.0, 2, 0.5)], 'Avg')",
        {0: 0.75, 1: 0.75, 2: 0.5, 4: 0.375},
    ),
    (
        "burn.CosineAnnealingLrSchedulerConfig(0.5, 2, 0.1)",
        {0: 0.5, 1: 0.3, 2: 0.1, 3: 0.5, 4: 0.3, 5: 0.1, 6: 0.5},
    ),
    (
        "burn.SequentialLrSchedulerConfig([burn.LinearLrSchedulerConfig(0.5, 1.0, 2), "
        "burn.ExponentialLrSchedulerConfig(1.0, 0.5)], [3])",
        {0: 0.5, 1: 0.75, 2: 1.0, 3: 1.0, 4: 0.5},
    ),
    ("caffe.sigmoid(1.0, 300, 5)", {0: 0.0, 4: 0.0, 5: 0.5, 6: 1.0, 100: 1.0}),
    ("composer.CosineAnnealingWarmRestartsScheduler(1.0, '1ba', t_mult=0.5)", {0: 1.0}),
    (
        "composer.CosineAnnealingWarmRestartsScheduler(1.0, '4ba', t_mult=0.5)",
        {0: 1.0, 2: 0.5, 4: 1.0, 5: 0.5, 6: 1.0},
    ),
    (
        "composer.CosineAnnealingWarmRestartsScheduler(1.0, '8sp', t_mult=0.5, "
        "samples_per_batch=2)",
        {0: 1.0, 2: 0.5, 4: 1.0, 5: 0.5, 6: 1.0},
    ),
    ("darknet.sig(1.0, 300, 5)", {0: 0.0, 3: 0.0, 4: 0.5, 5: 0.0}),
    ("darknet.sig(1.0, 300, 5, flavour='AlexeyAB')", {0: 1.0, 3: 1.0, 4: 0.5, 5: 0.0}),
    ("dl4j.SigmoidSchedule(1.0, 300, 5)", {0: 0.0, 4: 0.0, 5: 0.5, 6: 1.0}),
    (
        "espnet.CosineAnnealingWarmupRestarts(4, 0.5, 1.0, 0.0, warmup_steps=2)",
        {
            0: 0.0,
            1: 0.5,
            2: 1.0,
            3: 0.5,
            4: 0.0,
            5: 0.5,
            6: 1.0,
            7: 0.0,
            8: 0.5,
            9: 0.0,
            10: 0.5,
            11: 0.0,
        },
    ),
    (
        "fastai.combine_scheds([0.1] * 10, [lambda n, i=i: linear(0.1 * i, 1.0, n) for "
        "i in range(10)], 20)",
        {0: 0.0, 1: 0.5, 2: 0.1, 3: 0.55, 18: 0.9, 19: 0.95},
    ),
    (
        "ignite.CosineAnnealingScheduler(1.0, 0.0, 2, cycle_mult=2.0, start_value_mult=0.5)",
        {0: 1.0, 1: 0.5, 2: 0.5, 4: 0.25, 6: 0.25, 10: 0.125, 14: 0.125},
    ),
    (
        "ignite.LinearCyclicalScheduler(0.0, 1.0, 2, cycle_mult=2.0, "
        "end_value_mult=0.5, warmup_duration=1, monotonic=True)",
        {
            0: 0.0,
            1: 0.5,
            2: 1.0,
            3: 0.0,
            5: 0.25,
            7: 0.5,
            8: 0.25,
            9: 0.0,
            13: 0.125,
            17: 0.25,
            19: 0.125,
            21: 0.0,
        },
    ),
    ("ignite.LinearCyclicalScheduler(0.0, 1.0, 2, cycle_mult=0.25)", {0: 0.0, 1: 1.0}),
    (
        "ignite.LinearCyclicalScheduler(0.0, 1.0, 4, cycle_mult=0.5)",
        {0: 0.0, 1: 0.5, 2: 1.0, 4: 0.0, 5: 1.0, 6: 0.0},
    ),
    (
        "ignite.LinearCyclicalScheduler(0.0, 1.0, 4, cycle_mult=2.0)",
        {2: 1.0, 4: 0.0, 6: 0.5, 8: 1.0, 12: 0.0, 20: 1.0},
    ),
    (
        "lerobot.CosineDecayWithWarmupSchedulerConfig(2.0, 100, 10, 200, 1.0, 0.1)",
        {0: 2 / 6, 4: 10 / 6, 50: 1.1, 100: 0.2, 200: 0.2},
    ),
    (
        "lerobot.VQBeTSchedulerConfig(1.0, 4, 2, 3)",
        {0: 1.0, 2: 1.0, 3: 0.0, 4: 0.5, 5: 1.0, 6: 0.5, 7: 0.0, 8: 0.5},
    ),
    (
        "maxtext.create_learning_rate_schedule(1.0, 12, 10, 'wsd', wsd_decay_steps_fraction=0.3)",
        {0: 0.0, 1: 1.0, 7: 1.0, 8: 0.55, 9: 0.1, 10: 0.0, 12: 0.0},
    ),
    (
        "maxtext.create_learning_rate_schedule(1.0, 4, None, 'wsd', 0.5, 0.25, "
        "warmup_steps_fraction=0.0)",
        {0: 1.0, 2: 1.0, 3: 1.0, 9: 1.0},
    ),
    (
        "maxtext.create_learning_rate_schedule(1.0, 6, warmup_steps_fraction=0.5)",
        {0: 0.0, 1: 1 / 3, 3: 1.0, 4: 0.55, 5: 0.1, 6: 0.55},
    ),
    (
        "monai.WarmupCosineSchedule(1.0, 2, 10, end_lr=0.3, warmup_multiplier=0.5)",
        {0: 0.5, 1: 0.75, 2: 1.0, 6: 0.5, 9: 0.3, 10: 0.3, 14: 0.5},
    ),
    ("nnunet.PolyLRScheduler(1.0, 4, 2.0)", {0: 1.0, 1: 0.5625, 2: 0.25, 4: 0.0, 9: 0.0}),
    ("nnunet.PolyLRScheduler_offset(1.0, 6, 2, 2.0)", {0: 1.0, 2: 1.0, 3: 0.5625, 6: 0.0}),
    (
        "papers.HyperbolicLR(1.0, 10, 4, 0.0, warmup_epochs=2)",
        {0: 1.0, 1: 0.5, 2: 1.0, 3: 0.4 + 0.17**0.5, 4: 0.4, 9: 0.4},
    ),
    (
        "papers.ExpHyperbolicLR(1.0, 10, 2, 0.01)",
        {0: 1.0, 1: 100 ** (0.17**0.5 - 0.6), 2: 100**-0.6},
    ),
    ("nemo.StepLR(1.0, 2, gamma=0.5)", {0: 1.0, 1: 1.0, 2: 0.5, 3: 0.5, 4: 0.25}),
    (
        "pytorch_optimizer.ProportionScheduler(line, 0.1, 0.1, max_value=3.0, min_value=2.0)",
        {0: 3.0, 5: 3.0, 10: 3.0},
    ),
    ("pytorch_optimizer.PolyScheduler(10, 1e290)", {0: 0.0, 1: 1e290, 2: 1e290, 9: 1e290}),
    (
        "pytorch_optimizer.LinearScheduler(10, 0.5, 0.5, 0.1, 4)",
        {0: 0.5, 1: 0.1, 3: 0.3, 5: 0.5, 9: 0.5},
    ),
    (
        "transformers.get_cosine_with_hard_restarts_schedule_with_warmup(1.0, 2, 6, num_cycles=0)",
        {0: 0.0, 1: 0.5, 2: 1.0, 5: 1.0, 6: 0.0},
    ),
]


@pytest.mark.parametrize(("text", "rates"), VALUES, ids=[text for text, _ in VALUES])
def test_a_preset_has_these_rates(text, rates):
    found = run(text)(np.array(list(rates)))
    np.testing.assert_allclose(found, np.array(list(rates.values())), rtol=1e-12, atol=1e-300)
