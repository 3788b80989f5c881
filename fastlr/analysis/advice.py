"""What a run may do next: the extensions and cooldowns that are worth making from where it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Period, Whether, short_repr, validate_scalar
from fastlr.drawing.numbers import rate_text
from fastlr.drawing.text_tables import text_rows
from fastlr.errors import public
from fastlr.reductions.segment_view import naming
from fastlr.schedule.constructor_names import constant, stack
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import a_scalar

__all__ = ["Advice", "Option", "advise"]

_GROWTHS = (1.05, 1.1, 1.2, 1.4, 1.7, 2.0)  # lengths of the run that are compared, per step so far
_SHARES = (0.05, 0.1, 0.2, 0.4, 0.6)  # lengths of a cooldown, as shares of the run
_SHAPES: tuple[Literal["linear", "1-sqrt"], ...] = ("linear", "1-sqrt")
_HEADS = ("what next", "steps", "to go", "last rate", "loss", "against the plan")


@with_types
@dataclass(frozen=True)
class Option:
    """One thing that a run may do next.

    Parameters
    ----------
    what : str
        In words, such as "cooldown(at=8,000, steps=2,000, shape='linear')".
    schedule : Schedule
        The rates of the whole run. Those before the step in question are those of the old plan.
    steps : int
        The length of the whole run.
    loss : float
        The predicted loss at its last step.
    planned : bool
        Whether it is the plan as it stands.
    """

    what: str
    schedule: Schedule
    steps: int
    loss: float
    planned: bool = False


@with_types
@dataclass(frozen=True)
class Advice:
    """What a run may do next, as ``advise`` returns it. ``print`` shows a table.

    Parameters
    ----------
    step : int
        The number of steps that the run has taken.
    options : tuple of Option
        The shortest first. Each has a lower predicted loss than all shorter ones, except the plan,
        which is always there if the law knows its length and its peak.

    See Also
    --------
    advise : Compute it. Its example prints an ``Advice``.
    """

    step: int
    options: tuple[Option, ...]

    @property
    def plan(self) -> Option | None:
        """The plan as it stands; None if the law does not know its length or its peak."""
        return next((option for option in self.options if option.planned), None)

    def __str__(self) -> str:
        return "\n".join(text_rows(self.table, left=1))

    def _repr_html_(self) -> str:
        """Return the display of a notebook: the rates of each option, and the table."""
        from fastlr.analysis.display import options_html

        curves = {option.what: option.schedule for option in self.options}
        longest = max(option.steps for option in self.options)
        names, *rows = self.table
        return options_html(f"after step {self.step:,}", curves, longest, names, rows)

    @property
    def table(self) -> list[list[str]]:
        """The cells of the table: a row of names, and one per option."""
        plan = self.plan
        rows = [
            [
                option.what,
                f"{option.steps:,}",
                f"{option.steps - self.step:,}",
                rate_text(option.schedule(option.steps - 1)),
                f"{option.loss:.4f}",
                "" if plan is None or option is plan else f"{option.loss - plan.loss:+.4f}",
            ]
            for option in self.options
        ]
        return [list(_HEADS), *rows]


@with_types
@public
def advise(
    schedule: Schedule,
    step: int,
    *,
    law: Any,
    lengths: Sequence[int] | None = None,
    extrapolate: bool = False,
) -> Advice:
    """List the extensions and cooldowns worth making from a step of a run.

    For each length it predicts the final loss of the plan as it stands, of the extended plan, and
    of linear and 1-sqrt cooldowns over 5 to 60 % of the run, and over all of the rest. Before its
    cooldown the run follows the plan, or holds its rate. The option with the lowest loss stands for
    the length. It is worth making if its loss is below that of every shorter run.

    Parameters
    ----------
    schedule : Schedule
        The plan of the run, a scalar schedule.
    step : int
        The number of steps that the run has taken, from 1. The next update has the rate
        ``schedule(step)``.
    law : Law
        What predicts the losses, such as a law that ``fastlr.loss_laws.fit`` fitted to runs of the
        same model.
    lengths : sequence of int, optional
        Lengths of the whole run in steps, each above ``step``. Default: the length of the plan, and
        1.05 to 2 times ``step``; those that the law may predict.
    extrapolate : bool, default False
        Whether the law may predict peaks and lengths outside those that it was fitted to. By
        default, options with such a peak are left out.

    Returns
    -------
    Advice
        The options, the shortest first. ``print`` shows a table; a notebook draws the rates.

    Raises
    ------
    TypeError, ValueError
        If ``schedule`` is no scalar schedule, ``law`` predicts no losses, ``step`` or a length is
        out of range, or the rate at ``step`` is 0. Without ``extrapolate`` also if the peaks of
        all options, every default length or one of ``lengths`` is outside the runs that the law
        was fitted to.

    Notes
    -----
    Rates before ``step`` never change. Each option is a schedule to train with: ``resume`` from
    ``step`` with it.

    The advice is as good as the law. It was measured on 58 runs of a 124M-parameter language model
    (Hägele et al. 2024) with nine shapes. Of the shapes with one peak and length, the one that
    ``FunctionalScaling`` prefers was 0.001 worse than the best on average where each shape was
    predicted from the others, 0.003 by one law fitted to all runs, and at most 0.006. For
    ``Annealing`` it was 0.007 and at most 0.025. The losses themselves are off by 0.014 and 0.017
    on average. So a gain below 0.006 at one length, or below 0.02 over another length, decides
    nothing.

    It fails if the law was fitted to few shapes or lengths, or to another batch size or model. No
    option raises the rate, because laws prefer high rates that were never tried. The cost of the
    further steps is yours to weigh.

    References
    ----------
    Hägele et al., *Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations*
    (2024), arXiv:2405.18392: the runs.

    See Also
    --------
    fastlr.rank : Search a sweep of schedules for the lowest predicted loss.

    Examples
    --------
    >>> import fastlr as flr
    >>> law = flr.loss_laws.MultiPower(
    ...     L0=3.04, A=0.525, alpha=0.508, B=364.0, C=2.07, beta=0.583, gamma=0.641
    ... )
    >>> cosine = flr.warmup_cosine(3e-4, warmup=2_160, steps=24_000, end=3e-5)
    >>> found = flr.advise(cosine, 12_000, law=law, lengths=[16_000, 24_000])
    >>> for option in found.options:
    ...     print(option.steps, round(option.loss, 3), option.what)
    16000 3.333 hold 1.859e-4, cooldown(at=14,400, steps=1,600, shape='1-sqrt')
    24000 3.286 hold 1.859e-4, cooldown(at=21,600, steps=2,400, shape='1-sqrt')
    24000 3.315 as planned
    """
    plan = a_scalar("advise: schedule", schedule, Schedule)
    taken = validate_scalar(Period, "advise: step", step)
    _check_run(plan, taken, law)
    free = Whether()("advise: extrapolate", extrapolate)
    fitted = None if free else getattr(law, "fitted_on", None)
    compared = _lengths(plan, taken, lengths, fitted)
    found = [
        options for length in compared if (options := _predicted(plan, taken, length, law, fitted))
    ]
    if fitted is not None and not found:
        low, high = fitted.peaks
        raise ValueError(
            f"advise: the peak of the run must be from {low:g} to {high:g}, as the runs that the "
            f"law was fitted to, got {plan.max(taken + 1):g} up to step {taken}; pass "
            "extrapolate=True to predict it all the same"
        )
    return Advice(taken, _worth_making(found))


def _check_run(plan: Schedule, taken: int, law: Any) -> None:
    """Raise if the law predicts no losses, or the run has ended."""
    if isinstance(law, type) or not callable(getattr(law, "final", None)):
        raise TypeError(
            f"advise: law must predict losses, such as a law of fastlr.loss_laws, got "
            f"{type(law).__name__} {short_repr(law)}"
        )
    if plan.past_end == "raise" and plan.steps is not None and taken >= plan.steps:
        raise ValueError(
            f"advise: step must be before the end of the plan, step {plan.steps}, as "
            f"past_end='raise', got {taken}"
        )
    if plan(taken) == 0:
        raise ValueError(
            f"advise: the rate at step {taken} must be above 0, got 0: the run has ended; plan a "
            "new one with continue_from"
        )


def _worth_making(found: Sequence[Sequence[Option]]) -> tuple[Option, ...]:
    """Of the options of each length, the best that beats all shorter ones; and the plan itself."""
    planned = [option for options in found for option in options if option.planned]
    best = [min(options, key=lambda option: option.loss) for options in found]
    worth = [option for i, option in enumerate(best) if all(option.loss < b.loss for b in best[:i])]
    kept = [*worth, *(option for option in planned if option not in worth)]
    return tuple(sorted(kept, key=lambda option: option.steps))


def _lengths(plan: Schedule, step: int, given: Sequence[int] | None, fitted: Any) -> list[int]:
    """The lengths to compare, rising."""
    end = 0 if plan.steps is None else int(plan.steps)
    if given is None:
        each = {max(step + 1, round(step * growth)) for growth in _GROWTHS}
        each |= {end} if end > step else set()
        within = sorted(n for n in each if fitted is None or fitted.covers_steps(n))
        if not within:
            raise ValueError(
                f"advise: the run must go on to a length from {fitted.steps[0]} to "
                f"{fitted.steps[1]} steps, as the runs that the law was fitted to, got "
                f"{min(each)} to {max(each)}; give lengths, or pass extrapolate=True"
            )
        return within
    if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray) or not len(given):
        raise TypeError(
            f"advise: lengths must be a sequence of numbers of steps, got {short_repr(given)}"
        )
    each = {validate_scalar(Period, "advise: lengths", n) for n in given}
    for n in sorted(each):
        if n <= step:
            raise ValueError(f"advise: lengths must be above step, {step}, got {n}")
        if fitted is not None and not fitted.covers_steps(n):
            raise ValueError(
                f"advise: lengths must be from {fitted.steps[0]} to {fitted.steps[1]}, as the runs "
                f"that the law was fitted to, got {n}; pass extrapolate=True to predict them all "
                "the same"
            )
    return sorted(each)


@naming("advise", "lengths must be shorter")
def _predicted(plan: Schedule, step: int, length: int, law: Any, fitted: Any) -> list[Option]:
    """The options of one length whose peaks the law knows, with their predicted losses."""
    candidates = list(_candidates(plan, step, length))
    lanes = stack([rates.with_past_end("hold") for _, rates in candidates])
    if fitted is not None:
        # the plan may still rise, so the peak up to this step is not enough
        known = np.flatnonzero(fitted.covers_peaks(lanes.max(length)))
        if not known.size:
            return []
        candidates, lanes = [candidates[i] for i in known], lanes[known]
    losses = np.asarray(law.final(lanes, length))
    return [
        Option(what, rates, length, float(loss), planned=rates is plan)
        for (what, rates), loss in zip(candidates, losses, strict=True)
    ]


def _candidates(plan: Schedule, step: int, length: int) -> Iterator[tuple[str, Schedule]]:
    """What a run may do until it has so many steps, in words and as a schedule."""
    if plan.steps == length:
        yield "as planned", plan
    elif (longer := _extended(plan, step, length)) is not None:
        yield f"extend({length:,})", longer
    rate = plan(step)
    held = plan.continue_from(step, constant(rate))
    for steps in sorted({length - step, *(round(share * length) for share in _SHARES)}):
        at = length - steps
        for shape in _SHAPES if step <= at < length else ():
            words = f"cooldown(at={at:,}, steps={steps:,}, shape={shape!r})"
            if _follows(plan, at):
                yield words, plan.cooldown(at, steps, shape=shape)
            if at > step:
                yield f"hold {rate_text(rate)}, {words}", held.cooldown(at, steps, shape=shape)


def _follows(plan: Schedule, at: int) -> bool:
    """Whether a run can follow its plan up to a step, and cool down from there."""
    if plan.steps is not None and at >= plan.steps and plan.past_end == "raise":
        return False
    return plan(at) > 0


def _extended(plan: Schedule, step: int, length: int) -> Schedule | None:
    """The plan for a longer run; None if it cannot be built, as for some presets."""
    if plan.steps is None or plan.steps > length:
        return None
    try:
        return plan.extend(length, at=step)
    except ValueError:
        return None
