"""What to write in place of the arguments that other libraries have for the same thing.

``Plateau`` and the adaptive rules show it if they are given such an argument.
"""

from types import MappingProxyType

__all__ = ["GREEDY", "KL", "NEW_BOB", "PLATEAU"]

_SCALE = "pass the first rate as rule.init(scale=rate), or to an adapter as scale="
_METRIC = (
    "report the metric with rule.update(state, metric), or give its name to the adapter: "
    "flr.adapters.lightning.Report(monitor), flr.adapters.keras.PlateauCallback(monitor), "
    "metric_for_best_model in transformers"
)
_EVERYWHERE = {
    **dict.fromkeys(("lr", "learning_rate", "initial_lr", "base_lr", "init_lr"), _SCALE),
    **dict.fromkeys(("monitor", "metric", "metric_for_best_model"), _METRIC),
    "optimizer": "pass it to the adapter: flr.adapters.torch.Scheduler(optimizer, schedule, "
    "plateau=rule)",
    "verbose": "leave it out, and print state.scale after an update",
    "last_epoch": "leave it out: the state of the rule has what it needs to resume",
}

_LOWEST = "pass rate_floor=, below which it does not reduce a rate; floor= limits the scale"
_RATES = "its scale only falls; flr.GreedyLR and flr.KLAdaptive raise a rate, up to max_lr"
_FIRST = "the first rate is that of the schedule, such as flr.constant(rate)"
PLATEAU = MappingProxyType(
    _EVERYWHERE
    | dict.fromkeys(("lr", "learning_rate", "initial_lr", "base_lr", "init_lr"), _FIRST)
    | dict.fromkeys(("min_lr", "lr_min", "min_learning_rate", "end_learning_rate"), _LOWEST)
    | dict.fromkeys(("max_lr", "lr_max"), _RATES)
    | dict.fromkeys(("min_delta", "delta", "epsilon"), "pass atol=; rtol= is a relative one")
    | dict.fromkeys(
        ("threshold", "lr_threshold"),
        "pass rtol= for threshold_mode='rel', torch's default, or atol= with rtol=0 for 'abs'",
    )
    | dict.fromkeys(
        ("gamma", "decay_rate", "lr_shrink", "shrink", "reduction_factor", "lr_decay"),
        "pass factor=, by which a reduction multiplies the scale",
    )
    | {
        "min_scale": "pass floor=, the lowest scale",
        "threshold_mode": "pass the threshold as rtol= for 'rel', or as atol= with rtol=0 for "
        "'abs'",
        "accumulation_size": "pass window=, the number of metrics that are averaged",
        "wait": "pass patience=, the bad updates that are tolerated",
    }
)

_TARGET = "pass kl_threshold=, the divergence to keep near"
_LIMITS = {
    **dict.fromkeys(("lr_min", "min_learning_rate"), "pass min_lr=, the lowest rate"),
    **dict.fromkeys(("lr_max", "max_learning_rate"), "pass max_lr=, the highest rate"),
}
KL = MappingProxyType(
    _EVERYWHERE
    | _LIMITS
    | dict.fromkeys(("desired_kl", "target_kl", "kl_target", "kl"), _TARGET)
    | {"schedule": "pass convention=, 'rsl_rl', 'rl_games' or 'skrl', and leave schedule out"}
)
NEW_BOB = MappingProxyType(
    _EVERYWHERE
    | {
        "initial_value": _SCALE,
        "factor": "pass annealing_factor=, by which a reduction multiplies the scale",
        "min_lr": "NewBob has no lowest rate; flr.Plateau has rate_floor=",
    }
)
GREEDY = MappingProxyType(
    _EVERYWHERE
    | _LIMITS
    | {
        "min_delta": "pass threshold=, with threshold_mode='abs', the default",
        "num_training_steps": "leave it out: it counts metrics, not steps",
    }
)
