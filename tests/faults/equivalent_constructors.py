"""The fastlr constructor that equals each library's scheduler, by their common arguments."""

import fastlr as flr

LENGTH = 16  # of a schedule whose library has no length


def plateau(mode, factor, patience, threshold, cooldown, min_lr):
    return flr.Plateau(mode, factor, patience, rtol=threshold, cooldown=cooldown, floor=min_lr)


TORCH = {
    "StepLR": lambda lr, step_size, gamma: flr.step_decay(lr, gamma, step_size),
    "MultiStepLR": lambda lr, milestones, gamma: flr.milestones(lr, gamma, milestones),
    "ExponentialLR": lambda lr, gamma: flr.exponential_decay(lr, gamma=gamma),
    "PolynomialLR": lambda lr, total_iters, power: flr.polynomial(lr, 0.0, total_iters, power),
    "CosineAnnealingLR": lambda lr, T_max, eta_min: flr.cosine(lr, eta_min, T_max),
    "CosineAnnealingWarmRestarts": lambda lr, T_0, T_mult, eta_min: flr.cosine_restarts(
        lr, eta_min, T_0, T_mult
    ),
    "CyclicLR": lambda base_lr, max_lr, step_size_up, step_size_down, mode, gamma: flr.cyclic(
        base_lr, max_lr, step_size_up, step_size_down, mode, gamma
    ),
    "OneCycleLR": lambda max_lr, total_steps: flr.one_cycle(max_lr, total_steps),
    "SWALR": lambda lr, swa_lr, anneal_epochs: flr.cosine(lr, swa_lr, anneal_epochs),
    "ReduceLROnPlateau": plateau,
}


def cosine_with_min_lr(lr, num_warmup_steps, num_training_steps, min_lr):
    return flr.warmup_cosine(lr, num_warmup_steps, num_training_steps, min_lr)


def warmup_cosine_decay(init_value, peak_value, warmup_steps, decay_steps, end_value):
    return flr.warmup_cosine(peak_value, warmup_steps, decay_steps, end_value, init_value)


TRANSFORMERS = {
    "get_constant_schedule": lambda lr: flr.constant(lr),
    "get_constant_schedule_with_warmup": lambda lr, num_warmup_steps: flr.warmup_constant(
        lr, num_warmup_steps
    ),
    "get_linear_schedule_with_warmup": lambda lr, num_warmup_steps, num_training_steps: (
        flr.warmup_linear(lr, num_warmup_steps, num_training_steps)
    ),
    "get_cosine_schedule_with_warmup": lambda lr, num_warmup_steps, num_training_steps: (
        flr.warmup_cosine(lr, num_warmup_steps, num_training_steps)
    ),
    "get_cosine_with_min_lr_schedule_with_warmup": cosine_with_min_lr,
    "get_inverse_sqrt_schedule": lambda lr, num_warmup_steps: flr.inverse_sqrt(
        lr, num_warmup_steps
    ),
    "get_wsd_schedule": lambda lr, num_warmup_steps, num_decay_steps, num_stable_steps: flr.wsd(
        lr, num_warmup_steps, num_stable_steps, num_decay_steps
    ),
    "get_reduce_on_plateau_schedule": plateau,
}
TIMM = {
    "CosineLRScheduler": lambda lr, t_initial, lr_min, k_decay: flr.cosine(
        lr, lr_min, t_initial, k=k_decay
    ),
    "TanhLRScheduler": lambda lr, t_initial, lr_min, lb, ub: flr.tanh(
        lr, lr_min, t_initial, lb, ub
    ),
    "PolyLRScheduler": lambda lr, t_initial, lr_min, power: flr.polynomial(
        lr, lr_min, t_initial, power
    ),
    "StepLRScheduler": lambda lr, decay_t, decay_rate: flr.step_decay(lr, decay_rate, decay_t),
    "MultiStepLRScheduler": lambda lr, decay_t, decay_rate: flr.milestones(lr, decay_rate, decay_t),
    "PlateauLRScheduler": lambda decay_rate, patience_t, threshold, cooldown_t, lr_min, mode: (
        flr.Plateau(mode, decay_rate, patience_t, threshold, cooldown=cooldown_t, floor=lr_min)
    ),
}
FVCORE = {
    "ConstantParamScheduler": lambda value: flr.constant(value),
    "LinearParamScheduler": lambda start_value, end_value: flr.linear(
        start_value, end_value, LENGTH
    ),
    "CosineParamScheduler": lambda start_value, end_value: flr.cosine(
        start_value, end_value, LENGTH
    ),
    "ExponentialParamScheduler": lambda start_value, decay: flr.exponential_decay(
        start_value, gamma=decay, every=LENGTH
    ),
    "PolynomialDecayParamScheduler": lambda base_value, power: flr.polynomial(
        base_value, 0.0, LENGTH, power
    ),
    "MultiStepParamScheduler": lambda values, milestones: flr.piecewise_constant(
        values, milestones
    ),
}
IGNITE = {
    "CosineAnnealingScheduler": lambda start_value, end_value, cycle_size: flr.cosine_restarts(
        start_value, end_value, cycle_size
    ),
    "FastaiLRFinder": lambda start_lr, end_lr, num_iter: flr.exponential(
        start_lr, end_lr, num_iter
    ),
    "ExpStateScheduler": lambda initial_value, gamma: flr.exponential_decay(
        initial_value, gamma=gamma
    ),
    "StepStateScheduler": lambda initial_value, gamma, step_size: flr.step_decay(
        initial_value, gamma, step_size
    ),
    "MultiStepStateScheduler": lambda initial_value, gamma, milestones: flr.milestones(
        initial_value, gamma, milestones
    ),
    "ReduceLROnPlateauScheduler": plateau,
}
MMENGINE = {
    "ExponentialLR": lambda lr, gamma: flr.exponential_decay(lr, gamma=gamma),
    "StepLR": lambda lr, step_size, gamma: flr.step_decay(lr, gamma, step_size),
    "MultiStepLR": lambda lr, milestones, gamma: flr.milestones(lr, gamma, milestones),
    "PolyLR": lambda lr, eta_min, power: flr.polynomial(lr, eta_min, LENGTH, power),
    "CosineAnnealingLR": lambda lr, T_max, eta_min: flr.cosine(lr, eta_min, T_max),
    "OneCycleLR": lambda eta_max, total_steps: flr.one_cycle(eta_max, total_steps),
    "ReduceOnPlateauLR": lambda factor, patience, threshold, cooldown, min_value: flr.Plateau(
        "min", factor, patience, threshold, cooldown=cooldown, floor=min_value
    ),
}
OPTAX = {
    "constant_schedule": lambda value: flr.constant(value),
    "polynomial_schedule": lambda init_value, end_value, power, transition_steps: flr.polynomial(
        init_value, end_value, transition_steps, power
    ),
    "linear_schedule": lambda init_value, end_value, transition_steps: flr.linear(
        init_value, end_value, transition_steps
    ),
    "cosine_decay_schedule": lambda init_value, decay_steps, exponent: flr.cosine(
        init_value, 0.0, decay_steps, exponent
    ),
    "exponential_decay": lambda init_value, transition_steps, decay_rate, staircase: (
        flr.exponential_decay(
            init_value, gamma=decay_rate, every=transition_steps, staircase=staircase
        )
    ),
    "cosine_onecycle_schedule": lambda transition_steps, peak_value: flr.one_cycle(
        peak_value, transition_steps
    ),
    "warmup_constant_schedule": lambda init_value, peak_value, warmup_steps: flr.warmup_constant(
        peak_value, warmup_steps, init_value
    ),
    "warmup_cosine_decay_schedule": warmup_cosine_decay,
    "reduce_on_plateau": lambda factor, patience, rtol, atol, cooldown, min_scale: flr.Plateau(
        "min", factor, patience, rtol, atol, cooldown, floor=min_scale, convention="optax"
    ),
}
KERAS = {
    "ExponentialDecay": lambda initial_learning_rate, decay_steps, decay_rate, staircase: (
        flr.exponential_decay(
            initial_learning_rate, gamma=decay_rate, every=decay_steps, staircase=staircase
        )
    ),
    "PiecewiseConstantDecay": lambda boundaries, values: flr.piecewise_constant(values, boundaries),
    "PolynomialDecay": lambda initial_learning_rate, decay_steps, end_learning_rate, power: (
        flr.polynomial(initial_learning_rate, end_learning_rate, decay_steps, power)
    ),
    "InverseTimeDecay": lambda initial_learning_rate, decay_steps, decay_rate: flr.inverse_time(
        initial_learning_rate, decay_rate, decay_steps
    ),
    "CosineDecay": lambda initial_learning_rate, decay_steps: flr.cosine(
        initial_learning_rate, 0.0, decay_steps
    ),
    "CosineDecayRestarts": lambda initial_learning_rate, first_decay_steps, t_mul, m_mul: (
        flr.cosine_restarts(initial_learning_rate, 0.0, first_decay_steps, t_mul, m_mul)
    ),
    "ReduceLROnPlateau": lambda factor, patience, mode, min_delta, cooldown, min_lr: flr.Plateau(
        mode, factor, patience, atol=min_delta, cooldown=cooldown, floor=min_lr, convention="keras"
    ),
}
CONSTRUCTORS = {
    f"{library}.{name}": build
    for library, builds in (
        ("torch", TORCH),
        ("transformers", TRANSFORMERS),
        ("timm", TIMM),
        ("fvcore", FVCORE),
        ("ignite", IGNITE),
        ("mmengine", MMENGINE),
        ("optax", OPTAX),
        ("keras", KERAS),
    )
    for name, build in builds.items()
}
