"""Transformers: a Trainer that takes its rates from a schedule, also after a resume."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastlr.adapters._requirements import required_by
from fastlr.adapters._values import check_lasts, peaks_of, the_schedule
from fastlr.adapters.torch import Scheduler
from fastlr.adapters.torch.scheduler import check_rule
from fastlr.analysis.resume_plans import Wins
from fastlr.arguments.rules import short_repr
from fastlr.configs import from_config
from fastlr.published_runs import Recipe, recipe
from fastlr.schedule.bundles import Bundle
from fastlr.schedule.parser import parse
from fastlr.schedule.schedule import Schedule

with required_by("transformers"):
    import transformers
    from transformers import TrainerState
    from transformers.trainer import TRAINER_STATE_NAME

__all__ = ["Scheduled", "Trainer"]

Plan = Schedule | Bundle
Maker = Callable[[int], Plan]


class _CheckScheduler(transformers.TrainerCallback):
    """Check before training that nothing has made another scheduler than ours."""

    def on_train_begin(
        self, args: Any, state: Any, control: Any, lr_scheduler: Any = None, **_: Any
    ) -> None:
        found = getattr(lr_scheduler, "scheduler", lr_scheduler)  # DeepSpeed wraps it
        if not isinstance(found, Scheduler):
            raise ValueError(
                "Trainer: create_scheduler must make the scheduler of schedule=, got "
                f"{type(found).__name__} from an override in your class, or from the config of "
                "DeepSpeed; remove that, or leave schedule out and use Transformers' own Trainer"
            )


class Scheduled:
    """Add the argument ``schedule`` to a Trainer class.

    List it before the Trainer among the bases of a class, as ``Trainer`` in this module does.

    Parameters
    ----------
    *args, **options
        The arguments of the Trainer.
    schedule : Schedule, Bundle, callable or str
        What to train with. A function takes the number of training steps, which only the Trainer
        knows, and returns a Schedule or a Bundle. One that decays and ends before the training does
        is an error: extend it, or end it with ``.then(flr.constant(rate))``. A string is the name
        of a published run, which must have the Trainer's number of steps, or an expression that
        ``flr.parse`` takes.
    wins : {"saved", "new"}, optional
        Which schedule to use if a resumed checkpoint has another one. Default None: raise, as in
        ``fastlr.adapters.torch.Scheduler``.
    plateau : Plateau, GreedyLR, KLAdaptive or NewBob, optional
        A rule that changes the rate. It hears ``metric_for_best_model`` after each evaluation.
    scale : float, optional
        The first scale of the rule, as in ``fastlr.adapters.torch.Scheduler``.
    relative : bool
        Multiply each group's own initial rate by the schedule.

    Raises
    ------
    TypeError, ValueError
        If an argument breaks its rule, if ``optimizers`` has a scheduler too, or if a rule is given
        that would hear no metric. In ``train``: if something else has made another scheduler.
    """

    def __init__(
        self,
        *args: Any,
        schedule: Plan | Maker | str,
        wins: Wins | None = None,
        plateau: Any = None,
        scale: float | None = None,
        relative: bool = False,
        **options: Any,
    ) -> None:
        self._plan = _plan_of(schedule)
        self._options = {"wins": wins, "plateau": plateau, "scale": scale, "relative": relative}
        super().__init__(*args, **options)
        if (other := getattr(self, "lr_scheduler", None)) is not None:
            raise ValueError(
                "Trainer: optimizers must have None in place of a scheduler where schedule= is "
                f"given, got {type(other).__name__}"
            )
        self.add_callback(_CheckScheduler)  # type: ignore[attr-defined]
        _check_arguments(self.args, self._plan)  # type: ignore[attr-defined]
        if plateau is not None:
            check_rule("Trainer", plateau)
            _check_metric(plateau, self.args)  # type: ignore[attr-defined]
        steps = self.args.max_steps  # type: ignore[attr-defined]
        if steps > 0 and isinstance(self._plan, Plan | Recipe):
            self._planned(steps)  # raises before anything is loaded or trained

    def _planned(self, steps: int) -> Plan:
        """The plan for this number of steps."""
        plan = self._plan
        if isinstance(plan, Recipe):
            return _whole_run(plan, steps)
        made = plan if isinstance(plan, Plan) else plan(steps)
        if not isinstance(made, Plan):
            raise TypeError(
                "Trainer: schedule must return a Schedule or a Bundle for the number of training "
                f"steps, got {type(made).__name__} {short_repr(made)} for {steps:,} steps; a "
                "function f of the step is flr.sampled([f(t) for t in range(steps)])"
            )
        check_lasts("Trainer: schedule", made, steps)
        if not self._options["relative"]:
            _check_peak(self.args, made)  # type: ignore[attr-defined]
        return made

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Scheduler:
        """Create the scheduler, once. The Trainer calls this when it has an optimizer.

        Parameters
        ----------
        num_training_steps : int
            The number of training steps.
        optimizer : torch.optim.Optimizer, optional
            The optimizer. Default: that of the Trainer.

        Returns
        -------
        Scheduler
            The scheduler of ``fastlr.adapters.torch``.

        Raises
        ------
        TypeError, ValueError
            As ``fastlr.adapters.torch.Scheduler`` does; or if a published run has another number of
            steps.
        """
        if getattr(self, "lr_scheduler", None) is None:
            self.lr_scheduler = Scheduler(
                getattr(self, "optimizer", None) if optimizer is None else optimizer,
                self._planned(num_training_steps),
                step=0,  # also of a second train(), whose optimizer has made updates
                **self._options,
            )
            self._created_lr_scheduler = True
            self._reported = -1  # the step of the last metric that the rule heard
        return self.lr_scheduler

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        """Load both, and set the plan to the step of the run if the checkpoint has neither."""
        super()._load_optimizer_and_scheduler(checkpoint)  # type: ignore[misc]
        scheduler = self.lr_scheduler
        if checkpoint is None or not isinstance(scheduler, Scheduler) or scheduler.last_epoch:
            return
        file = Path(checkpoint, TRAINER_STATE_NAME)
        step = TrainerState.load_from_json(str(file)).global_step if file.is_file() else 0
        if step and scheduler.plateau is not None:
            raise ValueError(
                "Trainer: resume_from_checkpoint must have the state of the plateau rule, got "
                f"{short_repr(checkpoint)} without it, as save_only_model=True writes one; to "
                "begin the rule again, load the model from it and leave resume_from_checkpoint out"
            )
        if step:
            scheduler.jump(step)

    def _evaluate(
        self, trial: Any, ignore_keys_for_eval: Any, skip_scheduler: bool = False
    ) -> dict[str, float]:
        """Evaluate during training, and report the metric to the plateau rule."""
        metrics: dict[str, float] = super()._evaluate(  # type: ignore[misc]
            trial, ignore_keys_for_eval, skip_scheduler
        )
        step = self.state.global_step  # type: ignore[attr-defined]
        hears = self._options["plateau"] is not None and not skip_scheduler
        if hears and step != self._reported:  # the last step is evaluated twice
            self._reported = step
            name = self.args.metric_for_best_model  # type: ignore[attr-defined]
            key = name if name.startswith("eval_") else f"eval_{name}"
            if key not in metrics:
                raise ValueError(
                    "Trainer: metric_for_best_model must be a metric of the evaluation, one of "
                    f"{short_repr(sorted(metrics))}, got {name!r}"
                )
            self.lr_scheduler.update(metrics[key])
        return metrics


def _plan_of(schedule: Any) -> Any:
    """The plan that an argument stands for: a Schedule, a Bundle, a function or a Recipe."""
    if isinstance(schedule, str):
        return _plan_of_text(schedule)
    if isinstance(schedule, Plan | Recipe):
        return schedule
    if callable(schedule):
        _check_maker(schedule)
        return schedule
    return the_schedule("Trainer: schedule", schedule)  # raises


def _plan_of_text(text: str) -> Schedule | Recipe:
    """The expression or the published run that a text names."""
    if "(" in text:
        return parse(text)
    if text in {each.value for each in transformers.SchedulerType}:
        raise ValueError(
            "Trainer: schedule must be a Schedule, a function of the number of steps, or the name "
            f"of a published run, got {text!r}, an lr_scheduler_type; pass schedule=lambda steps: "
            f"flr.presets.transformers.get_scheduler({text!r}, rate, warmup, steps)"
        )
    return recipe(text)


def _check_maker(make: Any) -> None:
    """Raise unless this may be a function of the number of training steps."""
    rule = "Trainer: schedule must be a function of the number of training steps alone, got"
    try:
        signature = inspect.signature(make)
    except ValueError:  # one in C, of which Python knows no parameters
        return
    if next(iter(signature.parameters), "") == "optimizer":
        raise TypeError(
            f"{rule} {short_repr(make)} of an optimizer; the schedules of Transformers are in "
            "flr.presets.transformers"
        )
    try:
        signature.bind(1)
    except TypeError as error:
        raise TypeError(
            f"{rule} {short_repr(make)}: {error}; write schedule=lambda steps: ..."
        ) from None


def _whole_run(run: Recipe, steps: int) -> Schedule:
    """The schedule of a published run that is trained to its end."""
    if run.steps == steps:
        return run.schedule
    raise ValueError(
        f"Trainer: schedule {run.name!r} must be trained for its {run.steps:,} steps, got "
        f"{steps:,}; for the first {steps:,} of its rates pass "
        f"schedule=flr.recipe({run.name!r}).schedule, for a run of its form build one with your "
        "number of steps"
    )


# the arguments of Transformers that say what the rates are, with the values that say nothing
_REPLACED: dict[str, tuple[Any, ...]] = {
    "lr_scheduler_type": ("linear",),
    "lr_scheduler_kwargs": (None, {}),
    "warmup_steps": (None, 0),
    "warmup_ratio": (None, 0.0),
}


def _is_of_arguments(plan: Any, args: Any) -> bool:
    """Whether a plan is what ``flr.from_config`` reads from the arguments."""
    if not isinstance(plan, Schedule):
        return False
    try:
        return bool(from_config(args) == plan)
    except (TypeError, ValueError):  # arguments without a schedule of their own
        return False


def _check_arguments(args: Any, plan: Any) -> None:
    """Raise if an argument of Transformers says something else than the schedule."""
    if _is_of_arguments(plan, args):
        return
    for name, nothing in _REPLACED.items():
        given = getattr(args, name, None)
        if (value := getattr(given, "value", given)) not in nothing:
            raise ValueError(
                f"Trainer: {name} must be left out where schedule= is given, which replaces it, "
                f"got {short_repr(value)}; put it into the schedule, or pass "
                "schedule=flr.from_config(args), the schedule of the arguments"
            )


_OWN_RATE = 5e-5  # what Transformers takes if no learning_rate is given


def _check_peak(args: Any, plan: Any) -> None:
    """Raise if ``learning_rate`` says another rate than the peak of the schedule."""
    given = float(getattr(args, "learning_rate", _OWN_RATE))
    rate = plan["lr"] if isinstance(plan, Bundle) and "lr" in plan else plan
    if given == _OWN_RATE or isinstance(rate, Bundle) or _is_of_arguments(plan, args):
        return
    peaks = peaks_of(rate)
    if peaks is not None and given not in peaks:
        raise ValueError(
            "Trainer: learning_rate must be left out or be the peak of the schedule, "
            f"{short_repr(peaks.max())}, which is a rate, got {given!r}; to multiply the "
            "learning_rate by the schedule pass relative=True"
        )


def _check_metric(rule: Any, args: Any) -> None:
    """Raise unless a plateau rule hears a metric, and takes the same direction for better."""
    if args.metric_for_best_model is None:
        raise ValueError(
            "Trainer: metric_for_best_model must be given where plateau= is, got None; pass it to "
            "TrainingArguments, with greater_is_better"
        )
    if str(getattr(args.eval_strategy, "value", args.eval_strategy)) == "no":
        raise ValueError(
            "Trainer: eval_strategy must be 'steps' or 'epoch' where plateau= is given, got 'no'"
        )
    known = getattr(rule, "parameters", {})
    # NewBob takes lower metrics for better, and KLAdaptive none
    mode = known.get("mode", None if "kl_threshold" in known else "min")
    greater = args.greater_is_better
    if mode is not None and greater is not None and (str(mode) == "max") != greater:
        way = f"pass greater_is_better={not greater} to TrainingArguments"
        if greater:  # Transformers' own default, unless the name ends in "loss"
            way += f" if a lower {args.metric_for_best_model} is better"
        if "mode" in known:
            way += f", or mode={'max' if greater else 'min'!r} to the rule"
        else:
            way += f", or another rule: {type(rule).__name__} takes lower metrics for better"
        raise ValueError(
            f"Trainer: greater_is_better must agree with the mode of plateau, got {greater} and "
            f"mode {str(mode)!r}; {way}"
        )


class Trainer(Scheduled, transformers.Trainer):
    """The Trainer of Transformers with more arguments: ``schedule``, ``wins``, ``plateau``.

    ``schedule`` replaces ``lr_scheduler_type`` and the arguments that go with it. See ``Scheduled``
    for the parameters::

        Trainer(
            model,
            args,
            train_dataset=data,
            schedule=lambda steps: flr.warmup_cosine(3e-4, steps // 20, steps),
        )
    """
