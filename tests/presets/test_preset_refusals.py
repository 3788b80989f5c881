"""What presets refuse beyond the rules of their parameters, and rates of the branches that few
of their settings take.
"""

import numpy as np
import pytest
from test_refusals import NAMES, check_refused

import fastlr as flr

FRAMEWORKS = {**NAMES, **{name: getattr(flr.presets, name) for name in flr.presets.frameworks()}}

ROWS = [
    (
        "allennlp.CosineWithRestarts(0.1, 1000, 0.9999)",
        ValueError,
        "allennlp.CosineWithRestarts: t_mul must give at most 10,000 cycles where they "
        "shrink, got 0.9999",
    ),
    (
        "big_vision.create_learning_rate_schedule(100, warmup_steps=100)",
        ValueError,
        "big_vision.create_learning_rate_schedule: the warm-up must be below "
        "total_steps, got 100 of 100",
    ),
    (
        "big_vision.create_learning_rate_schedule(100, warmup_percent=1.0, decay_type='cosine')",
        ValueError,
        "big_vision.create_learning_rate_schedule: the warm-up must be below "
        "total_steps, got 100 of 100",
    ),
    (
        "big_vision.create_learning_rate_schedule(100, steps=[30, 60], mults=[0.1])",
        ValueError,
        "big_vision.create_learning_rate_schedule: mults must be as many as steps, got "
        "[0.1] for [30, 60]",
    ),
    (
        "big_vision.create_learning_rate_schedule(100, steps=[60, 30], mults=[0.1, 0.01])",
        ValueError,
        "big_vision.create_learning_rate_schedule: steps must never fall, got [60, 30]",
    ),
    (
        "big_vision.create_learning_rate_schedule(100, warmup_examples=1000)",
        ValueError,
        (
            "big_vision.create_learning_rate_schedule: batch_size must be given for "
            "what is told in examples or epochs or "
            "scaled by it, got None"
        ),
    ),
    (
        "big_vision.create_learning_rate_schedule(100, batch_size=10, warmup_epochs=2)",
        ValueError,
        (
            "big_vision.create_learning_rate_schedule: data_size must be given for what "
            "is told in examples or epochs or "
            "scaled by it, got None"
        ),
    ),
    (
        "big_vision.create_learning_rate_schedule(100, scale_with_batchsize=True)",
        ValueError,
        (
            "big_vision.create_learning_rate_schedule: batch_size must be given for "
            "what is told in examples or epochs or "
            "scaled by it, got None"
        ),
    ),
    (
        "big_vision.create_learning_rate_schedule(100, decay_type='rsqrt', "
        "timescale_examples=1000)",
        ValueError,
        (
            "big_vision.create_learning_rate_schedule: batch_size must be given for "
            "what is told in examples or epochs or "
            "scaled by it, got None"
        ),
    ),
    (
        "big_vision.create_learning_rate_schedule(100, warmup_steps=10, warmup_percent=0.1)",
        ValueError,
        "big_vision.create_learning_rate_schedule: warmup must be given once, got "
        "warmup_steps, warmup_percent",
    ),
    (
        "big_vision.create_learning_rate_schedule(100, cooldown_steps=10, cooldown_epochs=1)",
        ValueError,
        "big_vision.create_learning_rate_schedule: cooldown must be given once, got "
        "cooldown_steps, cooldown_epochs",
    ),
    (
        "caffe.sgdr(0.1, 10, 0.5, 0.9, 0.001)",
        ValueError,
        "caffe.sgdr: p_mult must be at least 1, got 0.5",
    ),
    (
        "chainer.LinearShift([0.1, 0.2, 0.3], [10, 20])",
        ValueError,
        "chainer.LinearShift: value_range must be two numbers, got [0.1, 0.2, 0.3]",
    ),
    (
        "chainer.LinearShift([0.1, 0.2], [10])",
        ValueError,
        "chainer.LinearShift: time_range must be two numbers, got [10]",
    ),
    (
        "composer.StepScheduler(0.1, 10)",
        TypeError,
        "composer.StepScheduler: step_size must be a time such as '10ba', '2ep', "
        "'1000sp', '1e6tok' or '0.1dur', got int 10",
    ),
    (
        "composer.StepScheduler(0.1, '10 epochs')",
        ValueError,
        "composer.StepScheduler: step_size must be a time such as '10ba', '2ep', "
        "'1000sp', '1e6tok' or '0.1dur', got '10 epochs'",
    ),
    (
        "composer.StepScheduler(0.1, '1e16ba')",
        ValueError,
        "composer.StepScheduler: step_size must be a time such as '10ba', '2ep', "
        "'1000sp', '1e6tok' or '0.1dur', got '1e16ba'",
    ),
    (
        "composer.StepScheduler(0.1, '1.5ba')",
        ValueError,
        "composer.StepScheduler: step_size must be a whole number of batches, got '1.5ba'",
    ),
    (
        "composer.StepScheduler(0.1, '0.5ep', batches_per_epoch=10)",
        ValueError,
        "composer.StepScheduler: step_size must be a whole number of epochs, got '0.5ep'",
    ),
    (
        "composer.MultiStepScheduler(0.1, '10ba')",
        TypeError,
        "composer.MultiStepScheduler: milestones must be a sequence of times, got str '10ba'",
    ),
    (
        "composer.MultiStepScheduler(0.1, ['10ba', 20])",
        TypeError,
        (
            "composer.MultiStepScheduler: milestones[1] must be a time such as '10ba', "
            "'2ep', '1000sp', '1e6tok' or '0.1dur',"
            " got int 20"
        ),
    ),
    (
        "composer.LinearScheduler(0.1, max_duration=0)",
        ValueError,
        "composer.LinearScheduler: max_duration must be from 1 to 2**53 batches, "
        "epochs, samples or tokens, got 0",
    ),
    (
        "composer.LinearScheduler(0.1, max_duration=-2)",
        ValueError,
        "composer.LinearScheduler: max_duration must be from 1 to 2**53 batches, "
        "epochs, samples or tokens, got -2",
    ),
    (
        "composer.LinearScheduler(0.1, max_duration='1dur')",
        ValueError,
        "composer.LinearScheduler: max_duration must be from 1 to 2**53 batches, "
        "epochs, samples or tokens, got '1dur'",
    ),
    (
        "composer.LinearScheduler(0.1, max_duration=True)",
        TypeError,
        (
            "composer.LinearScheduler: max_duration must be a time such as '10ba', "
            "'2ep', '1000sp', '1e6tok' or '0.1dur', got"
            " bool True"
        ),
    ),
    (
        "composer.LinearScheduler(0.1)",
        ValueError,
        "composer.LinearScheduler: max_duration must be given for a time in 'dur', got None",
    ),
    (
        "composer.LinearScheduler(0.1, max_duration='2ep')",
        ValueError,
        "composer.LinearScheduler: batches_per_epoch must be given for a time in epochs, got None",
    ),
    (
        "composer.LinearScheduler(0.1, t_max='1000sp')",
        ValueError,
        "composer.LinearScheduler: samples_per_batch must be given for a time in samples, got None",
    ),
    (
        "composer.LinearScheduler(0.1, t_max='1000tok')",
        ValueError,
        "composer.LinearScheduler: tokens_per_batch must be given for a time in tokens, got None",
    ),
    (
        "composer.LinearScheduler(0.1, max_duration='1ba', scale_schedule_ratio=0.5)",
        ValueError,
        "composer.LinearScheduler: scale_schedule_ratio must leave something of "
        "max_duration, 1ba, got 0.5",
    ),
    (
        "composer.LinearScheduler(0.1, t_max='0.01dur', max_duration='10ba')",
        ValueError,
        "composer.LinearScheduler: t_max must come to at least 1 of batches, got "
        "0.01dur, scale_schedule_ratio=1.0",
    ),
    (
        "composer.LinearScheduler(0.1, t_max='10ba', scale_schedule_ratio=0.01)",
        ValueError,
        "composer.LinearScheduler: t_max must come to at least 1 of batches, got 10ba, "
        "scale_schedule_ratio=0.01",
    ),
    (
        "composer.CosineAnnealingWithWarmupScheduler(0.1, '1ba', '9ba', "
        "scale_warmup=True, scale_schedule_ratio=0.5)",
        ValueError,
        (
            "composer.CosineAnnealingWithWarmupScheduler: scale_schedule_ratio must "
            "leave something of t_warmup, 1ba, with "
            "scale_warmup=True, got 0.5"
        ),
    ),
    (
        "composer.CosineAnnealingWithWarmupScheduler(0.1, '1ba', '10ba', max_duration='20ba')",
        ValueError,
        "composer.CosineAnnealingWithWarmupScheduler: t_max must be no less than "
        "max_duration, 20 batches, got 10",
    ),
    (
        "composer.CosineAnnealingWithWarmupScheduler(0.1, '1ba', '10ba', "
        "max_duration=2, batches_per_epoch=9)",
        ValueError,
        "composer.CosineAnnealingWithWarmupScheduler: t_max must be no less than "
        "max_duration, 18 batches, got 10",
    ),
    (
        "composer.CosineAnnealingWarmRestartsScheduler(1.0, '4ba', t_mult=0.5)(7)",
        ValueError,
        "s(t): t must be before the end, step 7, as past_end='raise', got 7",
    ),
    (
        "composer.CosineAnnealingWarmRestartsScheduler(1.0, '1ba', t_mult=0.5)(1)",
        ValueError,
        "s(t): t must be before the end, step 1, as past_end='raise', got 1",
    ),
    (
        "composer.InverseSquareRootWithWarmupScheduler(0.1, '1ba', '10ba', '5ba')",
        ValueError,
        "composer.InverseSquareRootWithWarmupScheduler: max_duration must be given for "
        "the unit of its times, got None",
    ),
    (
        "composer.InverseSquareRootWithWarmupScheduler(0.1, '1ba', '10ba', '5tok', "
        "max_duration='20ba')",
        ValueError,
        "composer.InverseSquareRootWithWarmupScheduler: t_cooldown must be in the unit "
        "of max_duration, batches, got tokens",
    ),
    (
        "composer.InverseSquareRootWithWarmupScheduler(0.1, '1ba', '9ba', '5ba', "
        "max_duration='20ba', alpha_f_cooldown=0.2)",
        ValueError,
        "composer.InverseSquareRootWithWarmupScheduler: alpha_f_cooldown must be at "
        "most alpha_f_decay, 0.0, got 0.2",
    ),
    (
        "darknet.steps([100, 200], [0.1])",
        ValueError,
        "darknet.steps: scales must be as many as steps, 2, got 1",
    ),
    (
        "deepspeed.OneCycle(0.1, 0.5, cycle_momentum=False, of='momentum')",
        ValueError,
        "deepspeed.OneCycle: of must be 'lr' with cycle_momentum=False, got 'momentum'",
    ),
    (
        "deepspeed.WarmupLR()",
        TypeError,
        "deepspeed.WarmupLR: lr must be given where warmup_max_lr is not, got None",
    ),
    (
        "detectron2.WarmupParamScheduler(constant(1.0), 0.001, 0.1, max_iter=90)",
        TypeError,
        "detectron2.WarmupParamScheduler: scheduler must be a function of a number of "
        "steps, got Schedule constant(value=1.0)",
    ),
    (
        "detectron2.WarmupParamScheduler(lambda n: linear(1.0, 0.0, n), 0.001, 1.0, "
        "rescale_interval=True, max_iter=90)",
        ValueError,
        "detectron2.WarmupParamScheduler: warmup_length must be below 1 with "
        "rescale_interval=True, got 1.0",
    ),
    (
        "detectron2.WarmupMultiStepLR(0.1, [60, 30])",
        ValueError,
        "detectron2.WarmupMultiStepLR: milestones must never fall, got [60, 30]",
    ),
    (
        "detectron2.build_lr_scheduler(0.1, MAX_ITER=90, STEPS=[30], RESCALE_INTERVAL=True)",
        ValueError,
        (
            "detectron2.build_lr_scheduler: WARMUP_ITERS must be below MAX_ITER with "
            "RESCALE_INTERVAL=True, got "
            "WARMUP_ITERS=1000, MAX_ITER=90"
        ),
    ),
    (
        "detectron2.build_lr_scheduler([0.1, 0.3], 'WarmupCosineLR', 90, BASE_LR_END=0.2)",
        ValueError,
        "detectron2.build_lr_scheduler: BASE_LR_END must be at most BASE_LR, got "
        "BASE_LR_END=0.2, lr=[0.1, 0.3], BASE_LR=None",
    ),
    (
        "detectron2.build_lr_scheduler(0.1, 'WarmupCosineLR', 90, BASE_LR=0.1, BASE_LR_END=0.2)",
        ValueError,
        "detectron2.build_lr_scheduler: BASE_LR_END must be at most BASE_LR, got "
        "BASE_LR_END=0.2, lr=0.1, BASE_LR=0.1",
    ),
    (
        "diffusers.get_piecewise_constant_schedule(0.1, 10)",
        TypeError,
        "diffusers.get_piecewise_constant_schedule: step_rules must be a string such as "
        "'1:10,0.1:20,0.01', got int 10",
    ),
    (
        "diffusers.get_piecewise_constant_schedule(0.1, '1:10')",
        ValueError,
        (
            "diffusers.get_piecewise_constant_schedule: step_rules must be factor:step "
            "pairs and a last factor, as "
            "'1:10,0.1:20,0.01', got '1:10'"
        ),
    ),
    (
        "diffusers.get_piecewise_constant_schedule(0.1, '1:1.5,0.1')",
        ValueError,
        (
            "diffusers.get_piecewise_constant_schedule: step_rules must be factor:step "
            "pairs and a last factor, as "
            "'1:10,0.1:20,0.01', got '1:1.5,0.1'"
        ),
    ),
    (
        "diffusers.get_piecewise_constant_schedule(0.1, '1:10:20,0.1')",
        ValueError,
        (
            "diffusers.get_piecewise_constant_schedule: step_rules must be factor:step "
            "pairs and a last factor, as "
            "'1:10,0.1:20,0.01', got '1:10:20,0.1'"
        ),
    ),
    (
        "diffusers.get_piecewise_constant_schedule(0.1, '-1:10,0.1')",
        ValueError,
        "diffusers.get_piecewise_constant_schedule: step_rules must have finite factors "
        ">= 0, got '-1:10,0.1'",
    ),
    (
        "diffusers.get_piecewise_constant_schedule(0.1, '1:10,nan')",
        ValueError,
        "diffusers.get_piecewise_constant_schedule: step_rules must have finite factors "
        ">= 0, got '1:10,nan'",
    ),
    (
        "diffusers.get_piecewise_constant_schedule(0.1, '1:9999999999999999,0.1')",
        ValueError,
        "diffusers.get_piecewise_constant_schedule: step_rules must have steps up to "
        "2**53, got '1:9999999999999999,0.1'",
    ),
    (
        "diffusers.get_polynomial_decay_schedule_with_warmup(0.1, 10, 100, lr_end=0.1)",
        ValueError,
        (
            "diffusers.get_polynomial_decay_schedule_with_warmup: lr_end must be below "
            "the initial lr, got lr_end=0.1, "
            "lr=0.1, default_lr=None"
        ),
    ),
    (
        "diffusers.get_polynomial_decay_schedule_with_warmup([0.1, 0.2], 10, 100, "
        "lr_end=0.3, default_lr=0.2)",
        ValueError,
        (
            "diffusers.get_polynomial_decay_schedule_with_warmup: lr_end must be below "
            "the initial lr, got lr_end=0.3, "
            "lr=[0.1, 0.2], default_lr=0.2"
        ),
    ),
    (
        "diffusers.get_scheduler('linear', 0.1)",
        ValueError,
        "diffusers.get_scheduler: num_warmup_steps must be given for name='linear', got None",
    ),
    (
        "diffusers.get_scheduler('linear', 0.1, num_warmup_steps=10)",
        ValueError,
        "diffusers.get_scheduler: num_training_steps must be given for name='linear', got None",
    ),
    (
        "diffusers.get_scheduler('piecewise_constant', 0.1)",
        ValueError,
        "diffusers.get_scheduler: step_rules must be given for name='piecewise_constant', got None",
    ),
    (
        "dl4j.MapSchedule({10: 0.1})",
        ValueError,
        "dl4j.MapSchedule: values must have one for step 0, got {10: 0.1}",
    ),
    (
        "dl4j.CycleSchedule(0.1, 10, annealingLength=11)",
        ValueError,
        "dl4j.CycleSchedule: annealingLength must be at most cycleLength, 10, got 11",
    ),
    (
        "dl4j.CycleSchedule([0.1, 0.3], 10, initialLearningRate=0.2)",
        ValueError,
        "dl4j.CycleSchedule: initialLearningRate must be at most maxLearningRate, [0.1, "
        "0.3], got 0.2",
    ),
    (
        "espnet.PiecewiseLinearWarmupLR(0.1, [10, 5], [0.1, 0.2])",
        ValueError,
        "espnet.PiecewiseLinearWarmupLR: warmup_steps_list must rise, as many as "
        "warmup_lr_list, got [10.0, 5.0] for [0.1, 0.2]",
    ),
    (
        "espnet.PiecewiseLinearWarmupLR(0.1, [10], [0.1, 0.2])",
        ValueError,
        "espnet.PiecewiseLinearWarmupLR: warmup_steps_list must rise, as many as "
        "warmup_lr_list, got [10.0] for [0.1, 0.2]",
    ),
    (
        "espnet.PiecewiseLinearWarmupLR(0.1, [], [])",
        ValueError,
        "espnet.PiecewiseLinearWarmupLR: warmup_steps_list must rise, as many as "
        "warmup_lr_list, got [] for []",
    ),
    (
        "espnet.TristageLR(0.1, warmup_ratio=0.5)",
        ValueError,
        "espnet.TristageLR: warmup_ratio, hold_ratio and decay_ratio must be 1 in all, "
        "got 0.5, 0.4 and 0.5",
    ),
    (
        "espnet.ExponentialDecayWarmup(0.1, 0.5, 0.01, 10, warmup_steps=10)",
        ValueError,
        "espnet.ExponentialDecayWarmup: warmup_steps must be below total_steps, got 10 and 10",
    ),
    (
        "espnet.CosineAnnealingWarmupRestarts(10, warmup_steps=10)",
        ValueError,
        "espnet.CosineAnnealingWarmupRestarts: warmup_steps must be below "
        "first_cycle_steps, got 10 and 10",
    ),
    (
        "espnet.CosineAnnealingWarmupRestarts(10, cycle_mult=0.5)",
        ValueError,
        (
            "espnet.CosineAnnealingWarmupRestarts: cycle_mult must be at least 1 "
            "without warmup_steps, got 0.5: cycles would "
            "come to no steps"
        ),
    ),
    (
        "espnet.LinearWarmupDecayLR(0.1, 100, 100)",
        ValueError,
        "espnet.LinearWarmupDecayLR: warmup_steps must be below total_steps, got 100 and 100",
    ),
    (
        "fairseq.fixed([0.1, 0.2])",
        TypeError,
        "fairseq.fixed: steps_per_epoch must be given where the rate hangs on the epoch, got None",
    ),
    (
        "fairseq.fixed(0.1, force_anneal=3)",
        TypeError,
        "fairseq.fixed: steps_per_epoch must be given where the rate hangs on the epoch, got None",
    ),
    (
        "fairseq.polynomial_decay([0.1, 0.2], 100)",
        TypeError,
        "fairseq.polynomial_decay: steps_per_epoch must be given where the rate hangs "
        "on the epoch, got None",
    ),
    (
        "fairseq.manual(0.1, {2: 0.01})",
        TypeError,
        "fairseq.manual: steps_per_epoch must be given where the rate hangs on the epoch, got None",
    ),
    (
        "fairseq.cosine(0.1)",
        ValueError,
        (
            "fairseq.cosine: lr_period_updates must be above 0, or max_update above "
            "warmup_updates, got "
            "lr_period_updates=-1.0, max_update=None, warmup_updates=0"
        ),
    ),
    (
        "fairseq.cosine(0.1, 100, max_update=100)",
        ValueError,
        (
            "fairseq.cosine: lr_period_updates must be above 0, or max_update above "
            "warmup_updates, got "
            "lr_period_updates=-1.0, max_update=100, warmup_updates=100"
        ),
    ),
    (
        "fairseq.triangular(0.1, 0.5, 1.5)",
        ValueError,
        "fairseq.triangular: lr_period_updates must be at least 2, got 1.5",
    ),
    (
        "fairseq.tri_stage(0.1, phase_ratio=[0.5, 0.5], max_update=100)",
        ValueError,
        "fairseq.tri_stage: phase_ratio must be three numbers whose sum is 1, got [0.5, 0.5]",
    ),
    (
        "fairseq.tri_stage(0.1, phase_ratio=[0.5, 0.5, 0.5], max_update=100)",
        ValueError,
        "fairseq.tri_stage: phase_ratio must be three numbers whose sum is 1, got [0.5, 0.5, 0.5]",
    ),
    (
        "fairseq.tri_stage(0.1, phase_ratio=[0.1, 0.4, 0.5])",
        TypeError,
        "fairseq.tri_stage: max_update must be given with phase_ratio, got None",
    ),
    (
        "fastai.combine_scheds([], [], 10)",
        TypeError,
        "fastai.combine_scheds: scheds must be functions of a number of steps, got list []",
    ),
    (
        "fastai.combine_scheds([1.0], constant(0.1), 10)",
        TypeError,
        "fastai.combine_scheds: scheds must be functions of a number of steps, got "
        "Schedule constant(value=0.1)",
    ),
    (
        "fastai.combine_scheds([1.0], [0.1], 10)",
        TypeError,
        "fastai.combine_scheds: scheds[0] must be a function of a number of steps, got float 0.1",
    ),
    (
        "fastai.combine_scheds([1.0], [constant, constant], 10)",
        ValueError,
        "fastai.combine_scheds: pcts must be one a sched, of sum 1, got [1.0] for 2 scheds",
    ),
    (
        "fastai.combine_scheds([0.5, 0.4], [constant, constant], 10)",
        ValueError,
        "fastai.combine_scheds: pcts must be one a sched, of sum 1, got [0.5, 0.4] for 2 scheds",
    ),
    (
        "fastai.fit_one_cycle(1, 0.1, 10, moms=[0.9, 0.8], of='momentum')",
        ValueError,
        "fastai.fit_one_cycle: moms must be three, got [0.9, 0.8]",
    ),
    (
        "flax.create_stepped_learning_rate_schedule(0.1, 10, [[1, 0.1, 2]])",
        ValueError,
        "flax.create_stepped_learning_rate_schedule: lr_sched_steps must be pairs, got "
        "[1.0, 0.1, 2.0] among them",
    ),
    (
        "flux.Sequence([constant(0.1)], [10, 20])",
        ValueError,
        "flux.Sequence: step_sizes must be at most 1, as schedules, got 2",
    ),
    (
        "fvcore.StepParamScheduler(10, [], max_iter=10)",
        ValueError,
        "fvcore.StepParamScheduler: values must be at least one, got []",
    ),
    (
        "fvcore.MultiStepParamScheduler([], 10, max_iter=10)",
        ValueError,
        (
            "fvcore.MultiStepParamScheduler: values, and num_updates or milestones, "
            "must be given, got 0 values, "
            "num_updates=10, milestones=None"
        ),
    ),
    (
        "fvcore.MultiStepParamScheduler([0.1, 0.01], max_iter=10)",
        ValueError,
        (
            "fvcore.MultiStepParamScheduler: values, and num_updates or milestones, "
            "must be given, got 2 values, "
            "num_updates=None, milestones=None"
        ),
    ),
    (
        "fvcore.MultiStepParamScheduler([0.1, 0.01], 10, [2, 5], max_iter=10)",
        ValueError,
        "fvcore.MultiStepParamScheduler: milestones must be one less than values, 2, got [2, 5]",
    ),
    (
        "fvcore.MultiStepParamScheduler([0.1, 0.01], milestones=[5], max_iter=10)",
        ValueError,
        "fvcore.MultiStepParamScheduler: milestones must be as many as values, 2, got [5]",
    ),
    (
        "fvcore.MultiStepParamScheduler([0.1, 0.01, 0.001], 10, [5, 2], max_iter=10)",
        ValueError,
        "fvcore.MultiStepParamScheduler: milestones must rise from above 0 to below "
        "num_updates, got [5, 2] and 10",
    ),
    (
        "fvcore.MultiStepParamScheduler([0.1, 0.01, 0.001], 2, max_iter=10)",
        ValueError,
        "fvcore.MultiStepParamScheduler: milestones must rise from above 0 to below "
        "num_updates, got [1, 2] and 2",
    ),
    (
        "fvcore.CompositeParamScheduler([constant], [1.0], ['fixed', 'fixed'], max_iter=10)",
        ValueError,
        (
            "fvcore.CompositeParamScheduler: lengths and interval_scaling must be as "
            "many as schedulers, got 1 schedulers, 1 "
            "lengths, 2 interval_scaling"
        ),
    ),
    (
        "fvcore.CompositeParamScheduler([constant, constant], [0.5, 0.4], ['fixed', "
        "'rescaled'], max_iter=10)",
        ValueError,
        "fvcore.CompositeParamScheduler: lengths must be 1 together, got [0.5, 0.4]",
    ),
    (
        "gpt_neox.AnnealingLR(0.1, 100, 100, 'linear')",
        ValueError,
        "gpt_neox.AnnealingLR: warmup_iter must be below total_iters, got 100.0 and 100",
    ),
    (
        "ignite.LinearCyclicalScheduler(0.0, 1.0, 10, warmup_duration=2)",
        ValueError,
        "ignite.LinearCyclicalScheduler: warmup_duration must go with monotonic=True, got 2",
    ),
    (
        "ignite.LinearCyclicalScheduler(0.0, 1.0, 4, cycle_mult=0.5)(7)",
        ValueError,
        "s(t): t must be before the end, step 7, as past_end='raise', got 7",
    ),
    (
        "ignite.ConcatScheduler([constant(0.1), constant(0.2)], [10, 20])",
        ValueError,
        "ignite.ConcatScheduler: durations must be one less than schedulers, and at "
        "least one, got 2 for 2 schedulers",
    ),
    (
        "ignite.ConcatScheduler([constant(0.1)], [])",
        ValueError,
        "ignite.ConcatScheduler: durations must be one less than schedulers, and at "
        "least one, got 0 for 1 schedulers",
    ),
    (
        "ignite.FastaiLRFinder(0.1, 10, start_lr=20.0)",
        ValueError,
        "ignite.FastaiLRFinder: start_lr must be below end_lr, 10.0, got 20.0",
    ),
    (
        "ignite.FastaiLRFinder([0.1, 10.0], 10)",
        ValueError,
        "ignite.FastaiLRFinder: start_lr must be below end_lr, 10.0, got [0.1, 10.0]",
    ),
    (
        "ignite.MultiStepStateScheduler(0.1, 0.5, [10, 5])",
        ValueError,
        "ignite.MultiStepStateScheduler: milestones must never fall, got [10, 5]",
    ),
    (
        "keras.PolynomialDecay(0.1, 10, end_learning_rate=0.2, cycle=True)",
        ValueError,
        "keras.PolynomialDecay: with cycle the first rate must be at least the last, "
        "got 0.1 and 0.2",
    ),
    (
        "levanter.lr_scheduler(100, lr_schedule='inv', min_lr_ratio=0)",
        ValueError,
        "levanter.lr_scheduler: min_lr_ratio must be above 0 with lr_schedule='inv', got 0.0",
    ),
    (
        "levanter.lr_scheduler(100, lr_schedule='power')",
        ValueError,
        (
            "levanter.lr_scheduler: batch_size and seq_length must be given, b below 0, "
            "with lr_schedule='power', got "
            "batch_size=None, seq_length=None, b=-0.51"
        ),
    ),
    (
        "levanter.lr_scheduler(100, lr_schedule='power', batch_size=10, seq_length=10, b=0.5)",
        ValueError,
        (
            "levanter.lr_scheduler: batch_size and seq_length must be given, b below 0, "
            "with lr_schedule='power', got "
            "batch_size=10, seq_length=10, b=0.5"
        ),
    ),
    (
        "levanter.lr_scheduler(100, warmup=1.5)",
        ValueError,
        "levanter.lr_scheduler: warmup must be a fraction up to 1 or whole steps, got 1.5",
    ),
    (
        "levanter.lr_scheduler(100, cooldown=10.5)",
        ValueError,
        "levanter.lr_scheduler: cooldown must be a fraction up to 1 or whole steps, got 10.5",
    ),
    (
        "levanter.lr_scheduler(100, cooldown=1.0)",
        ValueError,
        "levanter.lr_scheduler: cooldown must leave at least one step of 100, got 1.0",
    ),
    (
        "levanter.lr_scheduler(100, cooldown=200)",
        ValueError,
        "levanter.lr_scheduler: cooldown must leave at least one step of 100, got 200.0",
    ),
    (
        "levanter.lr_scheduler(100, cycle_length=10, cycles=2)",
        ValueError,
        "levanter.lr_scheduler: cycle_length or cycles must be given, not both, got 10.0 and 2",
    ),
    (
        "levanter.lr_scheduler(100, cycle_length=[10.5, 20])",
        ValueError,
        "levanter.lr_scheduler: cycle_length must be whole steps in a list, got [10.5, 20.0]",
    ),
    (
        "levanter.lr_scheduler(100, cycle_length=[50, 51])",
        ValueError,
        (
            "levanter.lr_scheduler: cycles must end one after another within the steps "
            "before the cooldown, got ends at [50, "
            "101] of 100 steps"
        ),
    ),
    (
        "levanter.lr_scheduler(100, cycle_length=0.001)",
        ValueError,
        "levanter.lr_scheduler: cycle_length must be at least one step, got 0.001 of 100",
    ),
    (
        "levanter.lr_scheduler(2**40, cycle_length=100)",
        ValueError,
        "levanter.lr_scheduler: cycle_length must give at most 10,000 cycles, got "
        "100.0, 10,995,116,277 of them",
    ),
    (
        "levanter.lr_scheduler(100, cycles=[50, 20])",
        ValueError,
        (
            "levanter.lr_scheduler: cycles must end one after another within the steps "
            "before the cooldown, got ends at [50, "
            "20] of 100 steps"
        ),
    ),
    (
        "levanter.lr_scheduler(2**40, cycles=20_000)",
        ValueError,
        "levanter.lr_scheduler: cycles must give at most 10,000 cycles, got 20000, 20,000 of them",
    ),
    (
        "lightning.LinearWarmupCosineAnnealingLR(0.1, 10, 10)",
        ValueError,
        "lightning.LinearWarmupCosineAnnealingLR: max_epochs must be above "
        "warmup_epochs, 10, got 10",
    ),
    (
        "lightning.linear_warmup_decay(0.1, 10, 100, linear=True)",
        ValueError,
        "lightning.linear_warmup_decay: linear must be False with cosine=True, got True",
    ),
    (
        "litgpt.get_lr_scheduler(0.1, 100, 100)",
        ValueError,
        "litgpt.get_lr_scheduler: warmup_steps must be below max_steps, got 100 and 100",
    ),
    (
        "megatron.OptimizerParamScheduler(0.0, 0.1, 0.0, 10, 100, 'linear', "
        "start_wd=0.01, end_wd=0.1, of='weight_decay')",
        ValueError,
        "megatron.OptimizerParamScheduler: start_wd must be end_wd with "
        "wd_incr_style='constant', got 0.01 and 0.1",
    ),
    (
        "megatron.OptimizerParamScheduler(0.0, 0.1, 0.0, 10, 100, 'WSD')",
        TypeError,
        (
            "megatron.OptimizerParamScheduler: wsd_decay_steps and lr_wsd_decay_style "
            "must be given with "
            "lr_decay_style='WSD', got wsd_decay_steps=None, lr_wsd_decay_style=None"
        ),
    ),
    (
        "megatron.OptimizerParamScheduler(0.0, 0.1, 0.0, 10, 100, 'WSD', wsd_decay_steps=20)",
        TypeError,
        (
            "megatron.OptimizerParamScheduler: wsd_decay_steps and lr_wsd_decay_style "
            "must be given with "
            "lr_decay_style='WSD', got wsd_decay_steps=20, lr_wsd_decay_style=None"
        ),
    ),
    (
        "mesh.product_learning_rate([])",
        TypeError,
        "mesh.product_learning_rate: factors must be schedules and numbers, at least "
        "one, got list []",
    ),
    (
        "mesh.product_learning_rate(0.1)",
        TypeError,
        "mesh.product_learning_rate: factors must be schedules and numbers, at least "
        "one, got float 0.1",
    ),
    (
        "mesh.slanted_triangular(100, ratio=1)",
        ValueError,
        "mesh.slanted_triangular: cut_fraction must give a step at least, ratio be "
        "above 1, got 0.1 of 100 steps and ratio=1.0",
    ),
    (
        "mesh.slanted_triangular(5)",
        ValueError,
        "mesh.slanted_triangular: cut_fraction must give a step at least, ratio be "
        "above 1, got 0.1 of 5 steps and ratio=32.0",
    ),
    (
        "mesh.linear_decay_learning_rate(10, offset=10)",
        ValueError,
        "mesh.linear_decay_learning_rate: offset must be below total_train_steps, got 10 and 10",
    ),
    (
        "mesh.learning_rate_schedule_noam(10, offset=20)",
        ValueError,
        "mesh.learning_rate_schedule_noam: offset must be below total_train_steps, got 20 and 10",
    ),
    (
        "mmcv.CyclicLrUpdaterHook(0.1, 10, target_ratio=(10, 1, 0.1))",
        ValueError,
        "mmcv.CyclicLrUpdaterHook: target_ratio must be one or two numbers >= 0, got (10, 1, 0.1)",
    ),
    (
        "mmcv.CyclicLrUpdaterHook(0.1, 10, target_ratio=[[10], [1]])",
        ValueError,
        "mmcv.CyclicLrUpdaterHook: target_ratio must be one or two numbers >= 0, got [[10], [1]]",
    ),
    (
        "mmcv.CosineRestartLrUpdaterHook(0.1, [5, 5], min_lr=0.0)",
        ValueError,
        "mmcv.CosineRestartLrUpdaterHook: periods must be as many as restart_weights, "
        "above 0 in all, got [5, 5] and [1.0]",
    ),
    (
        "mmcv.CosineRestartLrUpdaterHook(0.1, [0], min_lr=0.0)",
        ValueError,
        "mmcv.CosineRestartLrUpdaterHook: periods must be as many as restart_weights, "
        "above 0 in all, got [0] and [1.0]",
    ),
    (
        "mmcv.CyclicLrUpdaterHook(0.1, 10**6, cyclic_times=10_001)",
        ValueError,
        "mmcv.CyclicLrUpdaterHook: cyclic_times must be at most 10,000, got 10001",
    ),
    (
        "mmcv.OneCycleLrUpdaterHook(0.1, 10, pct_start=0.1)",
        ValueError,
        "mmcv.OneCycleLrUpdaterHook: pct_start=0.1, total_steps=10 must give each phase "
        "more than 0 steps, got ends at "
        "[0.0, 9.0]",
    ),
    (
        "mmcv.CosineAnnealingLrUpdaterHook(0.1, 10)",
        ValueError,
        "mmcv.CosineAnnealingLrUpdaterHook: min_lr or min_lr_ratio must be given, not "
        "both, got None and None",
    ),
    (
        "mmcv.LinearAnnealingLrUpdaterHook(0.1, 10, min_lr=0.01, min_lr_ratio=0.5)",
        ValueError,
        "mmcv.LinearAnnealingLrUpdaterHook: min_lr or min_lr_ratio must be given, not "
        "both, got 0.01 and 0.5",
    ),
    (
        "mmcv.FixedLrUpdaterHook(0.1)",
        ValueError,
        "mmcv.FixedLrUpdaterHook: epoch_length must be given with by_epoch=True, got None",
    ),
    (
        "mmcv.FixedLrUpdaterHook(0.1, False, 'linear', 5, warmup_by_epoch=True)",
        ValueError,
        "mmcv.FixedLrUpdaterHook: epoch_length must be given with warmup_by_epoch=True, got None",
    ),
    (
        "mmcv.ExpLrUpdaterHook(0.1, 0.9, by_epoch=False, warmup='exp')",
        ValueError,
        "mmcv.ExpLrUpdaterHook: warmup_iters must be above 0 with a warmup, got 0",
    ),
    (
        "mmengine.ConstantLR(0.1, begin=5, end=5)",
        ValueError,
        "mmengine.ConstantLR: end must be above begin, 5, got 5",
    ),
    (
        "mmengine.PolyLR(0.1, begin=5, end=3)",
        ValueError,
        "mmengine.PolyLR: end must be above begin, 5, got 3",
    ),
    (
        "mmengine.CosineRestartLR(0.1, [5, 0], [1, 1], eta_min=0.0)",
        ValueError,
        "mmengine.CosineRestartLR: periods must be above 0, as many as restart_weights, "
        "got [5, 0] and [1.0, 1.0]",
    ),
    (
        "mmengine.CosineRestartLR(0.1, [5, 5], eta_min=0.0)",
        ValueError,
        "mmengine.CosineRestartLR: periods must be above 0, as many as restart_weights, "
        "got [5, 5] and [1.0]",
    ),
    (
        "mmengine.CosineRestartLR(0.1, [5])",
        ValueError,
        "mmengine.CosineRestartLR: eta_min or eta_min_ratio must be given, got neither",
    ),
    (
        "mmengine.CosineAnnealingLR(0.1, 5, eta_min=0.01, eta_min_ratio=0.5)",
        ValueError,
        "mmengine.CosineAnnealingLR: eta_min_ratio must be None where eta_min is given, got 0.5",
    ),
    (
        "mmengine.CosineRestartLR(0.1, [5], eta_min=0.01, eta_min_ratio=0.5)",
        ValueError,
        "mmengine.CosineRestartLR: eta_min_ratio must be None where eta_min is given, got 0.5",
    ),
    (
        "mmengine.OneCycleLR(0.1, 1.0, 10, pct_start=0.1)",
        ValueError,
        "mmengine.OneCycleLR: pct_start=0.1, total_steps=10 must give each phase more "
        "than 0 steps, got ends at [0.0, 9.0]",
    ),
    (
        "mmengine.ReduceOnPlateauLR(factor=1.5)",
        ValueError,
        "mmengine.ReduceOnPlateauLR: factor must be a number from 0 up to, not "
        "including, 1, got 1.5",
    ),
    (
        "mxnet.FactorScheduler(10, base_lr=0.1, warmup_begin_lr=0.2)",
        ValueError,
        "mxnet.FactorScheduler: warmup_begin_lr must be at most base_lr, 0.1, got 0.2",
    ),
    (
        "mxnet.CosineScheduler(10, base_lr=0.1, warmup_begin_lr=[0.05, 0.2])",
        ValueError,
        "mxnet.CosineScheduler: warmup_begin_lr must be at most base_lr, 0.1, got [0.05, 0.2]",
    ),
    (
        "mxnet.MultiFactorScheduler([20, 10])",
        ValueError,
        "mxnet.MultiFactorScheduler: step must never fall, got [20, 10]",
    ),
    (
        "nemo.CosineAnnealing(0.1, 100, warmup_steps=10, warmup_ratio=0.1)",
        ValueError,
        "nemo.CosineAnnealing: warmup_ratio must not be given with warmup_steps, got 0.1 and 10",
    ),
    (
        "nemo.WarmupHoldPolicy(0.1, 100, hold_steps=0, hold_ratio=0.2)",
        ValueError,
        "nemo.WarmupHoldPolicy: hold_ratio must not be given with hold_steps, got 0.2 and 0",
    ),
    (
        "nemo.CosineAnnealing(0.1, 100, constant_steps=5, constant_ratio=0.2)",
        ValueError,
        "nemo.CosineAnnealing: constant_ratio must not be given with constant_steps, got 0.2 and 5",
    ),
    (
        "nemo.WarmupPolicy(0.1, warmup_ratio=0.1)",
        ValueError,
        "nemo.WarmupPolicy: warmup_ratio must go with max_steps, got 0.1 and None",
    ),
    (
        "nemo.CosineAnnealing(0.1, 100, min_lr=0.2)",
        ValueError,
        "nemo.CosineAnnealing: min_lr must be at most lr, got 0.2 and 0.1",
    ),
    (
        "nemo.NoamAnnealing([0.1, 0.3], 512, min_lr=0.2)",
        ValueError,
        "nemo.NoamAnnealing: min_lr must be at most lr, got 0.2 and [0.1, 0.3]",
    ),
    (
        "nemo.NoamHoldAnnealing(0.1, 100)",
        ValueError,
        "nemo.NoamHoldAnnealing: warmup_steps or warmup_ratio must give a step at "
        "least, got None and None of 100 steps",
    ),
    (
        "nemo.NoamHoldAnnealing(0.1, 100, warmup_ratio=0.001)",
        ValueError,
        "nemo.NoamHoldAnnealing: warmup_steps or warmup_ratio must give a step at "
        "least, got None and 0.001 of 100 steps",
    ),
    (
        "olmo_core.ComposableScheduler(0.1, [olmo_core.ComposableSchedulerStage(5)])",
        ValueError,
        "olmo_core.ComposableScheduler: stages[0].end_lr or end_lr_fraction must be "
        "given, not both, got None and None",
    ),
    (
        "olmo_core.ComposableScheduler(0.1, [olmo_core.ComposableSchedulerStage(5, "
        "end_lr=0.1, end_lr_fraction=0.5)])",
        ValueError,
        "olmo_core.ComposableScheduler: stages[0].end_lr or end_lr_fraction must be "
        "given, not both, got 0.1 and 0.5",
    ),
    (
        "olmo_core.ComposableScheduler(0.1, [olmo_core.ComposableSchedulerStage(5, "
        "'cosine', 0.2, 2.0, 0.0)])",
        ValueError,
        "olmo_core.ComposableScheduler: stages[0].start_lr and start_lr_fraction must "
        "not both be given, got 0.2 and 2.0",
    ),
    (
        "olmo_core.ComposableScheduler(0.1, [])",
        TypeError,
        "olmo_core.ComposableScheduler: stages must be ComposableSchedulerStages, at "
        "least one, got list []",
    ),
    (
        "olmo_core.ComposableScheduler(0.1, [5])",
        TypeError,
        "olmo_core.ComposableScheduler: stages must be ComposableSchedulerStages, at "
        "least one, got list [5]",
    ),
    (
        "olmo_core.ComposableScheduler(0.1, [olmo_core.ComposableSchedulerStage(5, "
        "end_lr=0.0)], 3)",
        TypeError,
        "olmo_core.ComposableScheduler: override_decay must be an OverrideDecay, got int 3",
    ),
    (
        "olmo_core.SequentialScheduler(0.1, 10, [], [])",
        TypeError,
        "olmo_core.SequentialScheduler: schedulers must be functions of (lr, t_max), at "
        "least one, got list []",
    ),
    (
        "olmo_core.SequentialScheduler(0.1, 10, [0.1], [])",
        TypeError,
        "olmo_core.SequentialScheduler: schedulers must be functions of (lr, t_max), at "
        "least one, got list [0.1]",
    ),
    (
        "olmo_core.PowerLR(0.1, 10, warmup=2, decay=10)",
        ValueError,
        "olmo_core.PowerLR: decay must be below t_max and b below 0, got 10, 10 and -0.51",
    ),
    (
        "olmo_core.PowerLR(0.1, 10, b=0.5, warmup=2)",
        ValueError,
        "olmo_core.PowerLR: decay must be below t_max and b below 0, got 1, 10 and 0.5",
    ),
    (
        "olmo_core.CosWithWarmupAndLinearDecay(0.1, 10, warmup=2, decay=11)",
        ValueError,
        "olmo_core.CosWithWarmupAndLinearDecay: decay must be at most t_max, got 11 and 10",
    ),
    (
        "olmo_core.SequentialScheduler(0.1, 10, [lambda lr, t_max: constant(lr)] * 2, [10])",
        ValueError,
        "olmo_core.SequentialScheduler: schedulers_max must be one fewer than "
        "schedulers, above 0, within t_max, got [10] "
        "for 2 and t_max=10",
    ),
    (
        "olmo_core.SequentialScheduler(0.1, 10, [lambda lr, t_max: constant(lr)], [5])",
        ValueError,
        "olmo_core.SequentialScheduler: schedulers_max must be one fewer than "
        "schedulers, above 0, within t_max, got [5] "
        "for 1 and t_max=10",
    ),
    (
        "olmo_core.WSDS(0.1, [])",
        ValueError,
        "olmo_core.WSDS: period_lr_multipliers must be as many as period_lengths, at "
        "least one, got [] and []",
    ),
    (
        "olmo_core.WSDS(0.1, [10, 20], [1.0], warmup=2, decay=3)",
        ValueError,
        "olmo_core.WSDS: period_lr_multipliers must be as many as period_lengths, at "
        "least one, got [10, 20] and [1.0]",
    ),
    (
        "olmo_core.WSDS(0.1, [10, 20], warmup=8, decay=3)",
        ValueError,
        "olmo_core.WSDS: period_lengths must hold their warm-up and decays, got [10, "
        "20] with a warm-up of 8 and decays of "
        "[3, 3]",
    ),
    (
        "olmo_core.WSDS(0.1, [10, 2], warmup=2, decay=3)",
        ValueError,
        "olmo_core.WSDS: period_lengths must hold their warm-up and decays, got [10, 2] "
        "with a warm-up of 2 and decays of [3, 3]",
    ),
    (
        "olmo_core.WSD(0.1, 10)",
        ValueError,
        "olmo_core.WSD: warmup or warmup_fraction must be given, not both, got None and None",
    ),
    (
        "olmo_core.WSD(0.1, 10, 2, decay=2, decay_fraction=0.2)",
        ValueError,
        "olmo_core.WSD: decay or decay_fraction must be given, not both, got 2 and 0.2",
    ),
    (
        "olmo_core.WSD(0.1, 5, 2)",
        ValueError,
        "olmo_core.WSD: decay_fraction must give at least 1 step, got 0.1 of 5",
    ),
    (
        "olmo_core.PowerLR(0.1, 100, warmup_fraction=0.001)",
        ValueError,
        "olmo_core.PowerLR: warmup_fraction must give at least 1 step, got 0.001 of 100",
    ),
    (
        "olmo_core.SequentialScheduler(0.1, 10, [lambda lr, t_max: constant(lr)], [], "
        "olmo_core.OverrideDecay(0, 5, end_lr=0.0))",
        ValueError,
        "olmo_core.SequentialScheduler: override_decay.start must be at least 1, got 0",
    ),
    (
        "oneflow.CosineAnnealingWarmRestarts(0.1, 10, restart_limit=20_000)",
        ValueError,
        "oneflow.CosineAnnealingWarmRestarts: restart_limit must be an integer from 0 "
        "to 10,000, got 20000",
    ),
    (
        "oneflow.SequentialLR([line, line], [5], 1)",
        TypeError,
        "oneflow.SequentialLR: interval_rescaling must be True or False, or a list of "
        "them, got int 1",
    ),
    (
        "oneflow.SequentialLR([line, line], [5], [0])",
        TypeError,
        "oneflow.SequentialLR: interval_rescaling must be True or False, or a list of "
        "them, got list [0]",
    ),
    (
        "oneflow.CyclicLR(0.2, 0.1)",
        ValueError,
        "oneflow.CyclicLR: max_lr must be at least base_lr, 0.2, got 0.1",
    ),
    (
        "oneflow.CyclicLR(0.1, 0.2, base_momentum=0.95, of='momentum')",
        ValueError,
        "oneflow.CyclicLR: max_momentum must be at least base_momentum, 0.95, got 0.9",
    ),
    (
        "oneflow.CyclicLR(0.1, 0.2, mode='exp_range', of='momentum')",
        ValueError,
        "oneflow.CyclicLR: of must be 'lr' with mode='exp_range', got 'momentum'",
    ),
    (
        "oneflow.OneCycleLR(0.1, epochs=3)",
        ValueError,
        "oneflow.OneCycleLR: total_steps, or both epochs and steps_per_epoch must be "
        "given, got epochs=3, steps_per_epoch=None",
    ),
    (
        "oneflow.OneCycleLR(0.1, 10, pct_start=0.1)",
        ValueError,
        "oneflow.OneCycleLR: pct_start=0.1, total_steps=10 must give each phase more "
        "than 0 steps, got ends at [0.0, 9.0]",
    ),
    (
        "oneflow.SequentialLR([line], [5])",
        ValueError,
        "oneflow.SequentialLR: schedulers must be one more than milestones, 1, got 1",
    ),
    (
        "oneflow.SequentialLR([line, line], [5], [True, False])",
        ValueError,
        "oneflow.SequentialLR: interval_rescaling must be as many as milestones, 1, got 2",
    ),
    (
        "oneflow.ChainedScheduler(0.0, [line])",
        ValueError,
        "oneflow.ChainedScheduler: lr must be above 0, got 0.0",
    ),
    (
        "oneflow.MultiStepLR(0.1, [20, 10])",
        ValueError,
        "oneflow.MultiStepLR: milestones must never fall, got [20, 10]",
    ),
    (
        "oneflow.PolynomialLR(0.1, 10, 0.5, cycle=True)",
        ValueError,
        "oneflow.PolynomialLR: with cycle the first rate must be at least the last, got "
        "0.1 and 0.5",
    ),
    (
        "optax.warmup_cosine_decay_schedule(0.0, 0.1, 10, 10)",
        ValueError,
        "optax.warmup_cosine_decay_schedule: decay_steps must be more than "
        "warmup_steps, got decay_steps=10, warmup_steps=10",
    ),
    (
        "optax.warmup_cosine_decay_schedule(0.0, 0.1, [5, 20], 10)",
        ValueError,
        "optax.warmup_cosine_decay_schedule: decay_steps must be more than "
        "warmup_steps, got decay_steps=10, "
        "warmup_steps=[5, 20]",
    ),
    (
        "optax.sgdr_schedule([])",
        TypeError,
        "optax.sgdr_schedule: cosine_kwargs must be mappings, each with the arguments "
        "of warmup_cosine_decay_schedule, got []",
    ),
    (
        "optax.sgdr_schedule({'init_value': 0.1})",
        TypeError,
        "optax.sgdr_schedule: cosine_kwargs must be mappings, each with the arguments "
        "of warmup_cosine_decay_schedule, got "
        "{'init_value': 0.1}",
    ),
    (
        "paddle.PiecewiseDecay([5, 10], [0.1, 0.01])",
        ValueError,
        "paddle.PiecewiseDecay: values must be more than boundaries, got 2 and 2",
    ),
    (
        "paddle.ReduceOnPlateau(cooldown=3)",
        ValueError,
        "paddle.ReduceOnPlateau: cooldown must be 0, got 3: Paddle's looks at no metric in it",
    ),
    (
        "paddle.OneCycleLR(0.1, 10, phase_pct=0.5, three_phase=True)",
        ValueError,
        "paddle.OneCycleLR: phase_pct must be below 0.5 with three_phase=True, got 0.5",
    ),
    (
        "paddle.OneCycleLR(0.1, 10, phase_pct=0.1)",
        ValueError,
        "paddle.OneCycleLR: phase_pct=0.1, total_steps=10 must give each phase more "
        "than 0 steps, got ends at [0.0, 9.0]",
    ),
    (
        "paddle.CyclicLR(0.2, 0.1, 10)",
        ValueError,
        "paddle.CyclicLR: max_learning_rate must be at least base_learning_rate, 0.2, got 0.1",
    ),
    (
        "paddle.LinearLR(0.1, 10, start_factor=0)",
        ValueError,
        "paddle.LinearLR: start_factor must be above 0, got 0: Paddle divides by it",
    ),
    (
        "paddle.piecewise_decay([5], [0.1, 0.01, 0.001])",
        ValueError,
        "paddle.piecewise_decay: values must be one more than boundaries, got 3 and 1",
    ),
    (
        "papers.wsd_s(0.1, 0.01, [], 5)",
        ValueError,
        "papers.wsd_s: ends must rise by no less than each decay and the warm-up take, "
        "got [], a warm-up of 0 and decays of 5",
    ),
    (
        "papers.wsd_s(0.1, 0.01, [20, 24], 5)",
        ValueError,
        "papers.wsd_s: ends must rise by no less than each decay and the warm-up take, "
        "got [20, 24], a warm-up of 0 and "
        "decays of 5",
    ),
    (
        "papers.wsd_s(0.1, 0.01, [10], 5, warmup=6)",
        ValueError,
        "papers.wsd_s: ends must rise by no less than each decay and the warm-up take, "
        "got [10], a warm-up of 6 and decays of 5",
    ),
    (
        "papers.wsd_s(0.1, 0.2, [10], 5)",
        ValueError,
        "papers.wsd_s: end must be at most lr, got 0.2 and 0.1",
    ),
    (
        "papers.power_scheduler(0.1, 8, 64, b=0.5)",
        ValueError,
        "papers.power_scheduler: b must be below 0, got 0.5",
    ),
    (
        "papers.htd(0.1, 10, lower=3, upper=3)",
        ValueError,
        "papers.htd: lower must be below upper, got 3.0 and 3.0",
    ),
    (
        "papers.slanted_triangular(0.1, 5)",
        ValueError,
        "papers.slanted_triangular: cut_frac must give a step at least, ratio be above "
        "1, got 0.1 of 5 steps and ratio=32.0",
    ),
    (
        "papers.slanted_triangular(0.1, 100, ratio=0.5)",
        ValueError,
        "papers.slanted_triangular: cut_frac must give a step at least, ratio be above "
        "1, got 0.1 of 100 steps and ratio=0.5",
    ),
    (
        "papers.power_decay(0.1, 10, 0.5)",
        ValueError,
        "papers.power_decay: beta must be above 1/2, got 0.5",
    ),
    (
        "papers.chebyshev(0.1, 12)",
        ValueError,
        "papers.chebyshev: steps must be a power of 2, small_m at most big_m, got 12, 0.05, 1.0",
    ),
    (
        "papers.chebyshev(0.1, 8, 2.0)",
        ValueError,
        "papers.chebyshev: steps must be a power of 2, small_m at most big_m, got 8, 2.0, 1.0",
    ),
    (
        "papers.knee(0.1, warmup=6, explore=5, total=10)",
        ValueError,
        "papers.knee: total must be at least warmup + explore, got 10 and 6 + 5",
    ),
    (
        "papers.cos_inf(0.1, 10, 8, 25.0, 100.0, n_inf=3)",
        ValueError,
        "papers.cos_inf: n_iterations must be at least n_warmup + n_inf, got 10 and 8 + 3",
    ),
    (
        "papers.d2z(0.1, warmup=11, total=10)",
        ValueError,
        "papers.d2z: total must be at least warmup, got 10 and 11",
    ),
    (
        "papers.infinite_cosine(0.1, 0.01, 5, 20, anneal_at=30)",
        ValueError,
        "papers.infinite_cosine: anneal_at must be at least 25, and end be given, got 30 and None",
    ),
    (
        "papers.infinite_inverse_sqrt(0.1, 0.01, 5, 20, end=0.001, anneal_at=24)",
        ValueError,
        "papers.infinite_inverse_sqrt: anneal_at must be at least 25, and end be given, "
        "got 24 and 0.001",
    ),
    (
        "papers.infinite_inverse_sqrt(0.1, 0.01, 5, 2**40)",
        ValueError,
        "papers.infinite_inverse_sqrt: cooldown must be an integer from 1 to 4,194,304, "
        "got 1099511627776",
    ),
    (
        "praxis.Linear((0, -1.0))",
        ValueError,
        "praxis.Linear: start must be a step and a value >= 0, (x, y), got (0, -1.0)",
    ),
    (
        "praxis.Polynomial(limit=(5, 1.0, 2.0))",
        ValueError,
        "praxis.Polynomial: limit must be a step and a value >= 0, (x, y), got (5, 1.0, 2.0)",
    ),
    (
        "praxis.Exponential((0, 1.0), (10, 0.0))",
        ValueError,
        "praxis.Exponential: start and limit must have values above 0, got [0.0, 1.0] "
        "and [10.0, 0.0]",
    ),
    (
        "praxis.LinearRampupExponentialDecay(5, 5, 10, min_ratio=0, max=0.1)",
        ValueError,
        "praxis.LinearRampupExponentialDecay: min_ratio must be above 0, got 0.0",
    ),
    (
        "praxis.LinearRampupPiecewiseConstant([0, 5], [0.1, 0.2])",
        ValueError,
        "praxis.LinearRampupPiecewiseConstant: boundaries must begin above 0, got [0, 5]",
    ),
    (
        "praxis.LinearRampupPiecewiseConstant([], [])",
        ValueError,
        "praxis.LinearRampupPiecewiseConstant: boundaries must begin above 0, got []",
    ),
    (
        "praxis.CycleSchedule([line], [5, 5])",
        ValueError,
        "praxis.CycleSchedule: steps must be as many as schedules, above 0 in all, got "
        "[5, 5] for 1 schedules",
    ),
    (
        "praxis.CycleSchedule([line, line], [0, 0])",
        ValueError,
        "praxis.CycleSchedule: steps must be as many as schedules, above 0 in all, got "
        "[0, 0] for 2 schedules",
    ),
    (
        "praxis.DelayedCosine((10, 1.0), (10, 0.5))",
        ValueError,
        "praxis.DelayedCosine: limit must come after start, got [10.0, 1.0] and [10.0, 0.5]",
    ),
    (
        "praxis.LinearRampupCosineDecay(5, 5, 10)",
        ValueError,
        "praxis.LinearRampupCosineDecay: max must be above 0, got 0.0",
    ),
    (
        "praxis.LinearRampupPolynomialDecay(5, 5, 5, max=0.1)",
        ValueError,
        "praxis.LinearRampupPolynomialDecay: decay_end must be above decay_start, and "
        "that no less than warmup_steps, got "
        "warmup_steps=5, decay_start=5, decay_end=5",
    ),
    (
        "praxis.PiecewiseConstant([5, 10], [0.1, 0.2])",
        ValueError,
        "praxis.PiecewiseConstant: boundaries must be one fewer than values and never "
        "fall, got [5, 10] for 2 values",
    ),
    (
        "praxis.LinearRampupPiecewiseConstant([10, 5], [0.1, 0.2])",
        ValueError,
        "praxis.LinearRampupPiecewiseConstant: boundaries must be as many as values and "
        "never fall, got [10, 5] for 2 values",
    ),
    (
        "pytorch_optimizer.ProportionScheduler(line, 0.1, max_value=1.0)",
        ValueError,
        "pytorch_optimizer.ProportionScheduler: max_value must be at least min_value, "
        "and the value at a rate of 0 no less "
        "than 0, got 1.0 and 2.0 at 0.1 and 0.0",
    ),
    (
        "pytorch_optimizer.ProportionScheduler(line, 0.2, 0.1, min_value=0.5)",
        ValueError,
        "pytorch_optimizer.ProportionScheduler: max_value must be at least min_value, "
        "and the value at a rate of 0 no less "
        "than 0, got 2.0 and 0.5 at 0.2 and 0.1",
    ),
    (
        "pytorch_optimizer.CosineAnnealingWarmupRestarts(10, warmup_steps=10)",
        ValueError,
        "pytorch_optimizer.CosineAnnealingWarmupRestarts: warmup_steps must be below "
        "first_cycle_steps, 10, got 10",
    ),
    (
        "pytorch_optimizer.LinearScheduler(10, 0.1, warmup_steps=10)",
        ValueError,
        "pytorch_optimizer.LinearScheduler: warmup_steps must be below t_max, max_lr "
        "not below min_lr, got 10 of 10 steps, "
        "0.1 and 0.0",
    ),
    (
        "pytorch_optimizer.PolyScheduler(10, 0.1, min_lr=0.2)",
        ValueError,
        "pytorch_optimizer.PolyScheduler: warmup_steps must be below t_max, max_lr not "
        "below min_lr, got 0 of 10 steps, 0.1 "
        "and 0.2",
    ),
    (
        "speechbrain.IntervalScheduler(0.1, 5)",
        TypeError,
        "speechbrain.IntervalScheduler: intervals must be a list of {'steps': ..., "
        "'lr': ...}, got int 5",
    ),
    (
        "speechbrain.IntervalScheduler(0.1, [{'steps': 5}])",
        TypeError,
        "speechbrain.IntervalScheduler: intervals must be a list of {'steps': ..., "
        "'lr': ...}, got list [{'steps': 5}]",
    ),
    (
        "speechbrain.IntervalScheduler(0.1, [{'steps': 5, 'lr': 0.01}, {'steps': 5, 'lr': 0.001}])",
        ValueError,
        "speechbrain.IntervalScheduler: intervals must have steps that rise strictly, "
        "got [{'steps': 5, 'lr': 0.01}, "
        "{'steps': 5, 'lr': 0.001}]",
    ),
    (
        "speechbrain.WarmAndExpDecayLRSchedule(0.1, 10, 10)",
        ValueError,
        "speechbrain.WarmAndExpDecayLRSchedule: n_warmup_steps must be below "
        "total_steps, got 10 and 10",
    ),
    (
        "speechbrain.StepScheduler(0.1, 0.5, half_life=3)",
        ValueError,
        "speechbrain.StepScheduler: half_life must go without decay_factor and "
        "decay_drop, got 3.0, 0.5 and None",
    ),
    (
        "speechbrain.NoamIntervalScheduler(0.1, 10, [20, 30], [0.5])",
        ValueError,
        "speechbrain.NoamIntervalScheduler: anneal_rates must be as many as "
        "anneal_steps, got 1 for 2",
    ),
    (
        "speechbrain.CyclicLRScheduler(0.2, 0.1)",
        ValueError,
        "speechbrain.CyclicLRScheduler: max_lr must not be below base_lr, got 0.1, 0.2",
    ),
    (
        "speechbrain.WarmCoolDecayLRSchedule(0.1, 2, 11, 10)",
        ValueError,
        "speechbrain.WarmCoolDecayLRSchedule: cooldown must be at most total_steps, got 11 and 10",
    ),
    (
        "t5x.create_learning_rate_scheduler(['constant'])",
        TypeError,
        "t5x.create_learning_rate_scheduler: factors must be names of factors, with * "
        "between them, got list ['constant']",
    ),
    (
        "tensor2tensor.learning_rate_schedule('single_cycle_cos_decay')",
        ValueError,
        "tensor2tensor.learning_rate_schedule: train_steps must be above "
        "learning_rate_warmup_steps, got 0 and 100",
    ),
    (
        "tensor2tensor.learning_rate_schedule('rsqrt_decay', learning_rate_warmup_steps=0)",
        ValueError,
        "tensor2tensor.learning_rate_schedule: learning_rate_warmup_steps must be above 0, got 0",
    ),
    (
        "tensor2tensor.legacy_learning_rate_schedule(learning_rate_decay_scheme='noam', "
        "learning_rate_warmup_steps=0)",
        ValueError,
        "tensor2tensor.legacy_learning_rate_schedule: learning_rate_warmup_steps must "
        "be above 0, got 0",
    ),
    (
        "tensor2tensor.legacy_learning_rate_schedule(learning_rate_boundaries=[5, 10], "
        "learning_rate_multiples=[0.1])",
        ValueError,
        "tensor2tensor.legacy_learning_rate_schedule: learning_rate_boundaries must be "
        "as many as learning_rate_multiples "
        "and never fall, got [5, 10] for [0.1]",
    ),
    (
        "tensor2tensor.legacy_learning_rate_schedule(learning_rate_boundaries=[10, 5], "
        "learning_rate_multiples=[0.1, 0.01])",
        ValueError,
        "tensor2tensor.legacy_learning_rate_schedule: learning_rate_boundaries must be "
        "as many as learning_rate_multiples "
        "and never fall, got [10, 5] for [0.1, 0.01]",
    ),
    (
        "tf_models.PolynomialDecayWithOffset(0.0, 10, 1.0, offset=10)",
        ValueError,
        "tf_models.PolynomialDecayWithOffset: offset must put the rate at step 0 no "
        "lower than 0, got 10, and -1.0 there",
    ),
    (
        "tf_models.StepCosineDecayWithOffset([0, 10], [0.1])",
        ValueError,
        "tf_models.StepCosineDecayWithOffset: values must be as many as boundaries, got 1 and 2",
    ),
    (
        "tf_models.StepCosineDecayWithOffset([10, 10], [0.1, 0.2])",
        ValueError,
        "tf_models.StepCosineDecayWithOffset: boundaries must rise strictly, at least "
        "one, got [10, 10]",
    ),
    (
        "tf_models.StepCosineDecayWithOffset([], [])",
        ValueError,
        "tf_models.StepCosineDecayWithOffset: boundaries must rise strictly, at least one, got []",
    ),
    (
        "tf_models.CosineDecayWithWarmup(256, 10, 10)",
        ValueError,
        "tf_models.CosineDecayWithWarmup: total_steps must be more than warmup_steps, "
        "got 10 and 10",
    ),
    (
        "tf_models.CosineLearningRateWithLinearWarmup(10, 0.0, 20, 0.1)",
        ValueError,
        "tf_models.CosineLearningRateWithLinearWarmup: total_steps must be more than "
        "warmup_steps, got 10 and 20",
    ),
    (
        "tf_models.StepLearningRateWithLinearWarmup(0.0, 5, 0.1, [0.01], [10, 20])",
        ValueError,
        "tf_models.StepLearningRateWithLinearWarmup: learning_rate_levels must be as "
        "many as learning_rate_steps, got 1 and 2",
    ),
    (
        "thinc.slanted_triangular(0.1, 5)",
        ValueError,
        "thinc.slanted_triangular: cut_frac must give a step at least, ratio be above "
        "1, got 0.1 of 5 steps and ratio=32.0",
    ),
    (
        "thinc.slanted_triangular(0.1, 100, ratio=1)",
        ValueError,
        "thinc.slanted_triangular: cut_frac must give a step at least, ratio be above "
        "1, got 0.1 of 100 steps and ratio=1.0",
    ),
    (
        "timm.StepLRScheduler(0.1, 30, noise_range_t=[1, 2, 3])",
        ValueError,
        "timm.StepLRScheduler: noise_range_t must be a step, or the first step with "
        "noise and the first without, got [1, 2, 3]",
    ),
    (
        "timm.noise([])",
        ValueError,
        "timm.noise: noise_range_t must be a step, or the first step with noise and the "
        "first without, got []",
    ),
    (
        "timm.noise([[0.0, 5.0]])",
        ValueError,
        "timm.noise: noise_range_t must be a step, or the first step with noise and the "
        "first without, got [[0.0, 5.0]]",
    ),
    (
        "timm.PlateauLRScheduler(1.0)",
        ValueError,
        "timm.PlateauLRScheduler: decay_rate must be a number from 0 up to, not "
        "including, 1, got 1.0",
    ),
    (
        "timm.TanhLRScheduler(0.1, 10, lb=3, ub=3)",
        ValueError,
        "timm.TanhLRScheduler: lb must be below ub, both from -300 to 300, got lb=3.0, ub=3.0",
    ),
    (
        "timm.TanhLRScheduler(0.1, 10, lb=-301)",
        ValueError,
        "timm.TanhLRScheduler: lb must be below ub, both from -300 to 300, got lb=-301.0, ub=3.0",
    ),
    (
        "timm.WSDLRScheduler(0.1, 10, 11)",
        ValueError,
        "timm.WSDLRScheduler: decay_t must be at most t_initial, got decay_t=11, t_initial=10",
    ),
    (
        "timm.WSDLRScheduler(0.1, 10, 5, stable_fn='rsqrt')",
        ValueError,
        "timm.WSDLRScheduler: stable_timescale must be given for 'rsqrt' without a "
        "warm-up, got None",
    ),
    (
        "timm.create_scheduler_v2(0.1, step_on_epochs=False)",
        ValueError,
        "timm.create_scheduler_v2: step_on_epochs must be True for a plateau, and where "
        "updates_per_epoch is 0, got "
        "updates_per_epoch=0, sched='cosine'",
    ),
    (
        "timm.create_scheduler_v2(0.1, 'plateau', step_on_epochs=False, updates_per_epoch=100)",
        ValueError,
        "timm.create_scheduler_v2: step_on_epochs must be True for a plateau, and where "
        "updates_per_epoch is 0, got "
        "updates_per_epoch=100, sched='plateau'",
    ),
    (
        "timm.create_scheduler_v2(0.1, 'wsd', 2)",
        ValueError,
        "timm.create_scheduler_v2: decay_epochs must give a step at least, and at most "
        "the stable and decay length, got "
        "0.2, 0 of 2 steps",
    ),
    (
        "timm.create_scheduler_v2(0.1, 'wsd', 10, 9.0, warmup_epochs=2)",
        ValueError,
        "timm.create_scheduler_v2: decay_epochs must give a step at least, and at most "
        "the stable and decay length, got "
        "9.0, 9 of 8 steps",
    ),
    (
        "timm.noise([1, 3], noise_std=1e300)",
        ValueError,
        "timm.noise: noise_std must let a draw in 100,000 be within noise_pct=0.67, got 1e+300",
    ),
    (
        "timm.PolyLRScheduler(0.1, 10_000_001, k_decay=2.0)",
        ValueError,
        "timm.PolyLRScheduler: cycles must end by step 10,000,000 with this power and "
        "k_decay, got t_initial=10000001, "
        "cycle_limit=1",
    ),
    (
        "torch.ChainedScheduler([0.1, 0.0], [constant(0.1)])",
        ValueError,
        "torch.ChainedScheduler: lr must be above 0, got [0.1, 0.0]",
    ),
    (
        "torch.LambdaLR(0.1, lambda t: 'fast', 10)",
        TypeError,
        "torch.LambdaLR: lr_lambda must be a function of the step that gives numbers, "
        "got str 'fast'",
    ),
    (
        "torch.LambdaLR(0.1, lambda t: None, 10)",
        TypeError,
        "torch.LambdaLR: lr_lambda must be a function of the step that gives numbers, "
        "got NoneType None",
    ),
    (
        "torch.CyclicLR(0.1, 0.2, mode='exp_range', of='momentum')",
        ValueError,
        "torch.CyclicLR: of must be 'lr' with mode='exp_range' or cycle_momentum=False, "
        "got 'momentum'",
    ),
    (
        "torch.CyclicLR(0.1, 0.2, cycle_momentum=False, of='momentum')",
        ValueError,
        "torch.CyclicLR: of must be 'lr' with mode='exp_range' or cycle_momentum=False, "
        "got 'momentum'",
    ),
    (
        "torch.CyclicLR([0.1, 0.3], 0.2)",
        ValueError,
        "torch.CyclicLR: max_lr must be at least base_lr, [0.1, 0.3], got 0.2",
    ),
    (
        "torch.CyclicLR(0.1, 0.2, base_momentum=0.95, of='momentum')",
        ValueError,
        "torch.CyclicLR: max_momentum must be at least base_momentum, 0.95, got 0.9",
    ),
    (
        "torch.OneCycleLR(0.1, 10, cycle_momentum=False, of='momentum')",
        ValueError,
        "torch.OneCycleLR: of must be 'lr' with cycle_momentum=False, got 'momentum'",
    ),
    (
        "torch.OneCycleLR(0.1, 10, pct_start=0.1)",
        ValueError,
        "torch.OneCycleLR: pct_start=0.1, total_steps=10 must give each phase more than "
        "0 steps, got ends at [0.0, 9.0]",
    ),
    (
        "torch.ChainedScheduler([0.1, 0.0], [line])",
        ValueError,
        "torch.ChainedScheduler: lr must be above 0, got [0.1, 0.0]",
    ),
    (
        "torch.ReduceLROnPlateau(factor=1.5)",
        ValueError,
        "torch.ReduceLROnPlateau: factor must be a number from 0 up to, not including, 1, got 1.5",
    ),
    (
        "transformers.get_polynomial_decay_schedule_with_warmup(0.1, 0, 10, lr_end=0.1)",
        ValueError,
        "transformers.get_polynomial_decay_schedule_with_warmup: lr_end must be below "
        "the initial lr, got lr_end=0.1, "
        "lr=0.1, default_lr=None",
    ),
    (
        "transformers.get_polynomial_decay_schedule_with_warmup(0.1, 0, 10, "
        "lr_end=0.05, default_lr=0.01)",
        ValueError,
        "transformers.get_polynomial_decay_schedule_with_warmup: lr_end must be below "
        "the initial lr, got lr_end=0.05, "
        "lr=0.1, default_lr=0.01",
    ),
    (
        "transformers.get_wsd_schedule(0.1, 5, 5)",
        ValueError,
        "transformers.get_wsd_schedule: num_training_steps or num_stable_steps must be "
        "given, got neither",
    ),
    (
        "transformers.get_scheduler('greedy', 0.1)",
        ValueError,
        "transformers.get_scheduler: name must be another than 'greedy': GreedyLR "
        "raises the rate after good metrics",
    ),
    (
        "transformers.get_scheduler('reduce_lr_on_plateau', 0.1, "
        "scheduler_specific_kwargs={'patience': -1})",
        ValueError,
        "transformers.get_reduce_on_plateau_schedule: patience must be an integer from "
        "0 to 2**53, got -1",
    ),
    (
        "transformers.get_reduce_on_plateau_schedule(factor=1.5)",
        ValueError,
        "transformers.get_reduce_on_plateau_schedule: factor must be a number from 0 up "
        "to, not including, 1, got 1.5",
    ),
    (
        "transformers.get_scheduler('cosine', 0.1, 10)",
        ValueError,
        "transformers.get_scheduler: num_training_steps must be given for name='cosine', got None",
    ),
    (
        "transformers.get_scheduler('inverse_sqrt', 0.1)",
        ValueError,
        "transformers.get_scheduler: num_warmup_steps must be given for "
        "name='inverse_sqrt', got None",
    ),
    (
        "transformers.get_cosine_with_min_lr_schedule_with_warmup(0.1, 0, 10)",
        ValueError,
        "transformers.get_cosine_with_min_lr_schedule_with_warmup: one of min_lr and "
        "min_lr_rate must be given, got "
        "min_lr=None, min_lr_rate=None",
    ),
    (
        "transformers.get_cosine_with_min_lr_schedule_with_warmup_lr_rate(0.1, 0, 10, "
        "min_lr=0.01, min_lr_rate=0.1)",
        ValueError,
        "transformers.get_cosine_with_min_lr_schedule_with_warmup_lr_rate: one of "
        "min_lr and min_lr_rate must be given, got "
        "min_lr=0.01, min_lr_rate=0.1",
    ),
    (
        "yolox.warm_cos_lr(0.1, 10, 10)",
        ValueError,
        "yolox.warm_cos_lr: warmup_total_iters must be below total_iters, got 10 and 10",
    ),
    (
        "yolox.yolox_semi_warm_cos_lr(0.1, 10, 5, 4, 6, 2, 1, 1)",
        ValueError,
        "yolox.yolox_semi_warm_cos_lr: warmup_total_iters must be at most normal_iters, "
        "and leave some of total_iters with "
        "no_aug_iters, got 6, 5, 4 of 10",
    ),
]

VALUES = [
    (
        "allennlp.CosineWithRestarts(1.0, 2, 3.0)",
        {0: 1.0, 1: 0.5, 2: 1.0, 5: 0.5, 8: 1.0, 17: 0.5, 26: 1.0},
    ),
    (
        "allennlp.CosineWithRestarts(1.0, 2, 1.5)",
        {1: 0.5, 2: 1.0, 3: 0.75, 4: 0.25, 5: 1.0, 7: 0.5, 9: 1.0, 12: 0.5},
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


@pytest.mark.parametrize(("text", "error", "words"), ROWS, ids=[text for text, _, _ in ROWS])
def test_a_preset_refuses(text, error, words):
    check_refused(text, error, words, FRAMEWORKS)


@pytest.mark.parametrize(("text", "rates"), VALUES, ids=[text for text, _ in VALUES])
def test_a_preset_has_these_rates(text, rates):
    found = eval(text, dict(FRAMEWORKS))(np.array(list(rates)))
    np.testing.assert_allclose(found, np.array(list(rates.values())), rtol=1e-12, atol=1e-300)
