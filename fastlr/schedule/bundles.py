"""Bundles: several quantities scheduled over the same steps, such as a rate and a momentum.

A schedule need not be a learning rate. A bundle is a stack of schedules whose names say what they
schedule: a rate, a weight decay, a momentum, betas. The step is the only state of them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Floats, Rate, Steps, short_repr, validate
from fastlr.errors import public, public_methods
from fastlr.program.program import Program
from fastlr.schedule.adamw_time_scale import RunPair
from fastlr.schedule.constructor_names import cosine, cyclic, linear, one_cycle, stack
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.spec import from_spec
from fastlr.schedule.value import a_schedule

__all__ = ["Bundle", "bundle", "cyclic_bundle", "one_cycle_bundle"]

_ADAMW = ("lr", "weight_decay")


@with_types
@public_methods()
@dataclass(frozen=True)
class Bundle:
    """Several quantities by name, over the same steps.

    Parameters
    ----------
    schedule : Schedule
        A stack of schedules with names, one per quantity.

    Raises
    ------
    TypeError
        If ``schedule`` is not a stack with names.

    Notes
    -----
    Two bundles are equal if their stacks are. A bundle can be hashed and pickled, and written as
    the spec of its stack: ``Bundle.from_spec(b.to_spec()) == b``.

    See Also
    --------
    bundle : Build it from one schedule per quantity.

    Examples
    --------
    >>> import fastlr as flr
    >>> b = flr.Bundle(flr.stack({"lr": flr.constant(0.1), "momentum": flr.constant(0.9)}))
    >>> b(0)
    {'lr': 0.1, 'momentum': 0.9}
    """

    schedule: Schedule

    def __post_init__(self) -> None:
        if not isinstance(self.schedule, Schedule) or self.schedule.names is None:
            raise TypeError(
                f"Bundle: schedule must be a stack with names, got {type(self.schedule).__name__}"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the quantities, in the order of the first axis of ``table``."""
        return self.schedule.names or ()

    @property
    def program(self) -> Program:
        """The program of the stack, for ``flr.jit.rates(b.program, t, out)`` in a compiled loop.

        It evaluates to the quantities in the order of ``names``.
        """
        return self.schedule.program

    def __call__(
        self,
        t: int | np.integer[Any] = None,  # type: ignore[assignment]  # as Keras calls it
    ) -> dict[str, float]:
        """Evaluate all quantities at a step.

        Parameters
        ----------
        t : int
            The step, from 0 to 2**53.

        Returns
        -------
        dict of str to float, or to array of float64
            Each quantity by name: a float, or an array with one number per lane.
        """
        return self.schedule.row(t)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, as for a dict."""
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Schedule:
        """The schedule of one quantity. Raises ``KeyError`` for an unknown name."""
        return self.schedule[name]

    def row(self, t: int | np.integer[Any]) -> dict[str, float]:
        """Evaluate all quantities at a step, as a call of the bundle does.

        Parameters
        ----------
        t : int
            The step, from 0 to 2**53.

        Returns
        -------
        dict of str to float, or to array of float64
            Each quantity by name: a float, or an array with one number per lane.

        Raises
        ------
        TypeError, ValueError
            If ``t`` is not one valid step, or past the end with ``past_end="raise"``.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.bundle(lr=flr.linear(0.1, 0.0, steps=10), momentum=flr.constant(0.9)).row(5)
        {'lr': 0.05, 'momentum': 0.9}
        """
        return self.schedule.row(t)

    @property
    def steps(self) -> int | npt.NDArray[np.int64] | None:
        """The length of the run: where the last of the quantities ends; a constant does not count.

        An int, or an array with one number per lane; ``None`` if a quantity changes for ever, or
        all are constant.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.bundle(lr=flr.linear(0.1, 0.0, steps=10), weight_decay=flr.constant(0.01)).steps
        10
        """
        quantities = [self[name] for name in self if not _is_constant(self[name])]
        ends = [quantity.steps for quantity in quantities]
        if not ends or any(end is None for end in ends):
            return None
        longest = np.max(np.broadcast_arrays(*cast("list[Any]", ends)), axis=0)
        return longest if np.ndim(longest) else int(longest)

    @property
    def fingerprint(self) -> str:
        """64 hex digits that identify the stack, a str."""
        return self.schedule.fingerprint

    def to_spec(self) -> dict[str, object]:
        """Return the bundle as plain JSON data: the spec of its stack.

        Returns
        -------
        dict
            The spec, which ``Bundle.from_spec`` reads.

        Examples
        --------
        >>> import fastlr as flr
        >>> b = flr.bundle(lr=flr.constant(0.1), momentum=flr.constant(0.9))
        >>> flr.Bundle.from_spec(b.to_spec()) == b
        True
        """
        return self.schedule.to_spec()

    @classmethod
    def from_spec(cls, spec: Mapping[str, object]) -> Self:
        """Build the bundle that ``to_spec`` wrote. Reading a spec runs no code.

        Parameters
        ----------
        spec : mapping
            What ``to_spec`` returned, also after a round trip through JSON.

        Returns
        -------
        Bundle
            An equal bundle.

        Raises
        ------
        TypeError, ValueError
            As ``fastlr.from_spec``; also if the schedule is not a stack with names.

        Examples
        --------
        >>> import fastlr as flr
        >>> b = flr.bundle(lr=flr.constant(0.1), momentum=flr.constant(0.9))
        >>> flr.Bundle.from_spec(b.to_spec())(0)
        {'lr': 0.1, 'momentum': 0.9}
        """
        return cls(from_spec(spec))

    def extend(self, total: Floats, at: Floats = 0) -> Self:
        """Move the end of the run to step ``total``, for a run that takes longer.

        Every quantity that ends with the run is extended, as ``Schedule.extend`` does. One that
        ends earlier, as a warmup of a momentum, and one that never ends stay as they are.

        Parameters
        ----------
        total : int or array of int
            The new end, at least ``self.steps``.
        at : int or array of int, default 0
            The step that the run has reached, before its end.

        Returns
        -------
        Bundle
            The extended bundle.

        Raises
        ------
        ValueError
            As ``Schedule.extend``; also if a quantity ends with the run in some lanes only.

        Examples
        --------
        >>> import fastlr as flr
        >>> b = flr.bundle(lr=flr.linear(0.1, 0.0, steps=10), weight_decay=flr.constant(0.01))
        >>> b.extend(20)(10)
        {'lr': 0.05, 'weight_decay': 0.01}
        """
        ends = [self[name].steps for name in self]
        longest = np.max(np.broadcast_arrays(*(-1 if end is None else end for end in ends)), axis=0)
        return type(self)(
            stack({name: _extended(name, self[name], longest, total, at) for name in self})
        )

    def stretch(self, factor: Floats) -> Self:
        """Take ``factor`` times as many steps, in every quantity, as for another batch size.

        Parameters
        ----------
        factor : float or array of float
            New steps per step of this bundle, as in ``Schedule.stretch``.

        Returns
        -------
        Bundle
            The stretched bundle. A boundary at step ``b`` moves to ``round(b * factor)``.

        Raises
        ------
        TypeError, ValueError
            As ``Schedule.stretch``.

        Examples
        --------
        >>> import fastlr as flr
        >>> b = flr.bundle(lr=flr.linear(0.1, 0.0, steps=10), weight_decay=flr.constant(0.01))
        >>> b.stretch(2)(10)
        {'lr': 0.05, 'weight_decay': 0.01}
        """
        return type(self)(self.schedule.stretch(factor))

    def cooldown(self, at: Floats, steps: Floats, *, of: str = "lr", **options: Any) -> Self:
        """Cool one quantity down from a step; the others keep their plans.

        Parameters
        ----------
        at, steps : int or array of int
            Where the cooldown starts, and its length.
        of : str, default "lr"
            The name of the quantity.
        **options
            ``end``, ``shape`` and ``power``, as ``Schedule.cooldown`` takes them.

        Returns
        -------
        Bundle
            The new bundle.

        Raises
        ------
        KeyError
            If there is no quantity of this name.
        ValueError
            As ``Schedule.cooldown``.

        Examples
        --------
        >>> import fastlr as flr
        >>> b = flr.bundle(lr=flr.constant(0.1), weight_decay=flr.constant(0.01))
        >>> b.cooldown(at=10, steps=4)(12)
        {'lr': 0.05, 'weight_decay': 0.01}
        """
        cooled = self[of].cooldown(at, steps, **options)
        return type(self)(
            stack({name: cooled if name == of else _as_wide(self[name], cooled) for name in self})
        )

    def rescale(
        self,
        *,
        batch: tuple[int, int],
        tokens: tuple[float, float],
        by: Literal["lr", "weight_decay"],
    ) -> Self:
        """Hold the time scale of AdamW when the batch size or the amount of data changes.

        The time scale, as a share of the run, is ``batch / (lr * weight_decay * tokens)``. So
        ``lr * weight_decay`` is multiplied by ``(tokens[0]/batch[0]) / (tokens[1]/batch[1])``, the
        steps of the old run per step of the new one.

        Parameters
        ----------
        batch : (int, int)
            The batch sizes of the old and of the new run, from 1, in samples or tokens.
        tokens : (float, float)
            The data of the old and of the new run, from 1 to 1e18, in the unit of ``batch``.
        by : {"lr", "weight_decay"}
            The quantity that is multiplied. There is no default, because the two give different
            runs.

        Returns
        -------
        Bundle
            The plan with this quantity multiplied at every step. Its lengths do not change.

        Raises
        ------
        TypeError
            If ``batch`` or ``tokens`` is not a pair: one number could be that of either run.
        ValueError
            If a number is out of range, the bundle has no ``lr`` or no ``weight_decay``, one of
            them is 0 at every step, or the plan does not have the steps of the new run within 1 %.

        Notes
        -----
        Build the plan for the new run first, with the values that you tuned in the old one. A plan
        with the length of the old run is refused, because its warmup may keep its number of steps
        or its share of the data. A plan that never ends fits every run.

        It is for AdamW as torch and optax have it, whose update subtracts ``lr * weight_decay``
        times the weight. If your optimizer does not multiply the decay by the rate, the rate is no
        part of the time scale.

        Wang and Aitchison measured that the best time scale hardly changes with the amount of data,
        on ResNet-18, vision transformers and a 124M-parameter language model. Bergsma et al.
        measured language models with 111M to 3.3B parameters: at a fixed model and amount of data
        the best weight decay grows in proportion to the batch size, which ``by="weight_decay"``
        gives. It fails in two places. For very large batches the proportion no longer holds. If the
        tokens per parameter change, the best time scale falls as their power -0.53: so for twice
        the data on the same model, the weight decay that this gives is about 1.4 times too small.

        References
        ----------
        Wang and Aitchison, *How to set AdamW's weight decay as you scale model and dataset size*
        (2024), arXiv:2405.13698. Bergsma et al., *Power Lines: Scaling Laws for Weight Decay and
        Batch Size in LLM Pre-training* (2025), arXiv:2505.13738.

        Examples
        --------
        >>> import fastlr as flr
        >>> new = flr.bundle(
        ...     lr=flr.warmup_cosine(1e-3, warmup=300, steps=25_000),
        ...     weight_decay=flr.constant(0.1),
        ... )
        >>> plan = new.rescale(batch=(256, 1_024), tokens=(25.6e6, 25.6e6), by="weight_decay")
        >>> plan(300)
        {'lr': 0.001, 'weight_decay': 0.4}
        """
        runs = RunPair.of(batch, tokens)
        if not isinstance(by, str) or by not in _ADAMW:
            raise ValueError(
                f"rescale: by must be 'lr' or 'weight_decay', got {short_repr(by)}: the time scale "
                "holds if either of them changes"
            )
        if missing := [name for name in _ADAMW if name not in self]:
            raise ValueError(
                f"rescale: the plan must have lr and weight_decay, got {list(self.names)}, without "
                f"{missing[0]}; add it with bundle({missing[0]}=...)"
            )
        for name in _ADAMW:
            if np.any(self[name]._node.bound == 0):
                raise ValueError(
                    f"rescale: {name} must be above 0 at some step, got 0 at all: the time scale "
                    "would be infinite"
                )
        runs.check_length(self.steps)
        grown = self[by] * runs.factor
        return type(self)(stack({name: grown if name == by else self[name] for name in self}))

    def plot(self, **options: Any) -> Any:
        """Draw each quantity on axes of its own, one below the other.

        Parameters
        ----------
        **options
            ``steps``, ``boundaries``, ``log`` and the units, as ``fastlr.plot`` takes them. By
            default the whole run is shown.

        Returns
        -------
        tuple of matplotlib.axes.Axes
            The axes of each quantity, in the order of ``names``.

        Raises
        ------
        ImportError, TypeError, ValueError
            As ``fastlr.plot``.

        Examples
        --------
        >>> import fastlr as flr
        >>> b = flr.bundle(lr=flr.linear(0.1, 0.0, steps=10), momentum=flr.constant(0.9))
        >>> len(b.plot())
        2
        """
        from fastlr.drawing.panels import plot_panels

        if "steps" not in options and self.steps is not None:
            options["steps"] = int(np.max(self.steps))
        return plot_panels({name: self[name] for name in self}, **options)

    def _repr_html_(self) -> str:
        """Return the display of a notebook: the curve of each quantity."""
        from fastlr.schedule.display import quantities_html

        return quantities_html({name: self[name] for name in self})

    def table(
        self, start: int | None = None, stop: int | None = None, step: int = 1, **options: Any
    ) -> npt.NDArray[Any]:
        """Evaluate all quantities at a range of steps, by default at those of the run.

        Parameters
        ----------
        start, stop, step : int
            The steps, as in ``range``; ``range(start)`` if ``stop`` is None.
        **options
            ``dtype``, ``out`` and ``threads``, as ``Schedule.table`` takes them.

        Returns
        -------
        array of shape (quantities, ..., steps)
            The values, in the order of ``names`` along the first axis.

        Raises
        ------
        TypeError, ValueError
            As ``Schedule.table``; also without a range if the bundle has no length.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.bundle(lr=flr.linear(0.1, 0.0, steps=2), momentum=flr.constant(0.9)).table()
        array([[0.1 , 0.05],
               [0.9 , 0.9 ]])
        """
        if start is None and stop is None and self.steps is not None:
            stop = int(np.max(self.steps))
        return self.schedule.table(start, stop, step, **options)


def _is_constant(schedule: Schedule) -> bool:
    """Whether a quantity is the same at every step."""
    node = schedule._node
    while node.kind == "scale":
        [node] = node.parts
    return node.kind == "constant"


def _as_wide(schedule: Schedule, other: Schedule) -> Schedule:
    """A quantity with as many lanes as another that has got more."""
    return schedule if schedule.shape == other.shape else schedule * np.ones(other.shape)


def _extended(name: str, schedule: Schedule, longest: Any, total: Floats, at: Floats) -> Schedule:
    """A quantity that ends with the run, extended; any other as it is."""
    last = np.equal(-1 if schedule.steps is None else schedule.steps, longest)
    if np.any(last) and not np.all(last):
        raise ValueError(
            f"extend: {name} must end with the run in all lanes, or in none, got ends "
            f"{short_repr(schedule.steps)} of runs of {short_repr(longest)} steps; extend the "
            "schedules before you bundle them"
        )
    ends = schedule.steps is not None or schedule._node.has_preset
    return schedule.extend(total, at) if ends and np.all(last) else schedule


@with_types
@public
def bundle(**schedules: Schedule) -> Bundle:
    """Bundle several quantities over the same steps.

    Parameters
    ----------
    **schedules : Schedule
        One schedule per quantity, by name. Batch shapes broadcast: a quantity with fewer lanes is
        the same for every lane.

    Returns
    -------
    Bundle
        ``b(t)`` is a dict of all quantities at step t.

    Raises
    ------
    TypeError
        If a quantity is not a schedule.
    ValueError
        If no schedule is given, batch shapes do not broadcast, or policies past the end differ.

    Examples
    --------
    >>> import fastlr as flr
    >>> b = flr.bundle(lr=flr.linear(0.1, 0.0, steps=10), weight_decay=flr.constant(0.01))
    >>> b(5), b.table(3).shape
    ({'lr': 0.05, 'weight_decay': 0.01}, (2, 3))
    """
    if not schedules:
        raise ValueError(
            "bundle: at least one schedule must be given by name, such as bundle(lr=schedule)"
        )
    for name, schedule in schedules.items():
        a_schedule(f"bundle: {name}", schedule, Schedule)
    shapes = {name: schedule.shape for name, schedule in schedules.items()}
    try:
        lanes = np.broadcast_shapes(*shapes.values())
    except ValueError:
        detail = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(
            f"bundle: batch shapes must broadcast against each other, got {detail}"
        ) from None
    return Bundle(
        stack(
            {name: s if s.shape == lanes else s * np.ones(lanes) for name, s in schedules.items()}
        )
    )


@with_types
@public
def one_cycle_bundle(
    peak: Floats,
    steps: Floats,
    warmup: Floats | None = None,
    momentum: tuple[float, float] = (0.85, 0.95),
    shape: Literal["cosine", "linear"] = "cosine",
    phases: Literal[2, 3] = 2,
    init: Floats | None = None,
    end: Floats | None = None,
) -> Bundle:
    """Build one cycle of a rate, with a momentum that moves in the opposite direction.

    ``lr`` is ``one_cycle``. ``momentum`` falls from the larger of its two values to the smaller
    while the rate rises, and rises back while the rate falls.

    Parameters
    ----------
    peak : float or array
        Highest rate, at step ``warmup``, from 0 to 1e290.
    steps : int or array
        Length of the whole cycle in steps, from 0 to 2**53.
    warmup : int or array, optional
        Steps of the rise; ``round(0.3 * steps)`` if not given.
    momentum : (float, float), default (0.85, 0.95)
        Lowest and highest momentum, in either order.
    shape : {"cosine", "linear"}, default "cosine"
        Curve of each phase: half a cosine wave, or a straight line.
    phases : {2, 3}, default 2
        Number of phases, as in ``one_cycle``. In the third the momentum stays at its highest.
    init : float or array, optional
        Rate at step 0; ``peak/25`` if not given.
    end : float or array, optional
        Rate from step ``steps`` on; ``init/10_000`` if not given.

    Returns
    -------
    Bundle
        The quantities ``lr`` and ``momentum``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range, ``momentum`` is not two numbers, or the phases are longer
        than ``steps``.

    Notes
    -----
    At step 0 the momentum is highest; at step ``warmup`` it is lowest. Past the end both quantities
    hold their last value.

    References
    ----------
    Smith & Topin, *Super-Convergence: Very Fast Training of Neural Networks Using Large Learning
    Rates* (2018).

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.one_cycle_bundle(1.0, steps=100)(30)
    {'lr': 1.0, 'momentum': 0.85}
    """
    low, high = _two("one_cycle_bundle", momentum)
    whole = validate(Steps, "one_cycle_bundle: steps", steps)
    rise = (
        np.rint(0.3 * whole).astype(np.int64)
        if warmup is None
        else validate(Steps, "one_cycle_bundle: warmup", warmup)
    )
    # checks the other arguments too
    lr = one_cycle(peak, whole, warmup=rise, shape=shape, phases=phases, init=init, end=end)
    curve = cosine if shape == "cosine" else linear
    fall = rise if phases == 3 else whole - rise
    return bundle(lr=lr, momentum=curve(high, low, rise).then(curve(low, high, fall)))


@with_types
@public
def cyclic_bundle(
    low: Floats,
    high: Floats,
    up: Floats,
    down: Floats | None = None,
    mode: Literal["triangular", "triangular2", "cosine"] = "triangular",
    momentum: tuple[float, float] = (0.8, 0.9),
) -> Bundle:
    """Build a cyclic rate, with a momentum that mirrors it.

    ``lr`` is ``cyclic``. ``momentum`` is highest where the rate is ``low``, and lowest where the
    rate is ``high``.

    Parameters
    ----------
    low : float or array
        Rate at step 0 and at the end of each cycle, from 0 to 1e290.
    high : float or array
        Rate at step ``up``, from ``low`` to 1e290.
    up : int or array
        Steps of the rise, from 0 to 2**53.
    down : int or array, optional
        Steps of the fall, from 0 to 2**53; ``up`` if not given.
    mode : {"triangular", "triangular2", "cosine"}, default "triangular"
        Curve and height of the cycles, as in ``cyclic``.
    momentum : (float, float), default (0.8, 0.9)
        Lowest and highest momentum, in either order.

    Returns
    -------
    Bundle
        The quantities ``lr`` and ``momentum``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If an argument is out of range, ``momentum`` is not two numbers, ``low`` is above ``high``,
        or ``up + down`` is not from 1 to 2**53.

    Notes
    -----
    A cycle has ``up + down`` steps. The schedules never end.

    References
    ----------
    Smith, *A Disciplined Approach to Neural Network Hyper-Parameters: Part 1* (2018).

    Examples
    --------
    >>> import fastlr as flr
    >>> b = flr.cyclic_bundle(0.1, 0.5, up=2)
    >>> b(0), b(2)
    ({'lr': 0.1, 'momentum': 0.9}, {'lr': 0.5, 'momentum': 0.8})
    """
    least, most = _two("cyclic_bundle", momentum)
    return bundle(
        lr=cyclic(low, high, up, down, mode=mode),
        momentum=cyclic(least, most, up, down, mode=mode, inverse=True),
    )


def _two(where: str, momentum: tuple[float, float]) -> list[float]:
    """Two momenta, the smaller first."""
    both = validate(Rate, f"{where}: momentum", momentum)
    if both.shape != (2,):
        raise ValueError(f"{where}: momentum must be two numbers, got {short_repr(momentum)}")
    smaller_first: list[float] = np.sort(both).tolist()
    return smaller_first
