"""Plateau: a rule that reduces a rate when a metric stops improving.

A rule is immutable, like a schedule. Its state is a tuple of arrays: pass it to ``update``, and get
the next one back. Any checkpoint can hold it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import (
    BelowOne,
    Floats,
    Number,
    Numbers,
    Period,
    Rate,
    Words,
    broadcast,
    short_repr,
    validate,
    validate_scalar,
)
from fastlr.errors import other_names, public_methods
from fastlr.plateau.conventions import CONVENTIONS, lower, own_defaults
from fastlr.plateau.events import scales_of_run
from fastlr.plateau.other_names import PLATEAU
from fastlr.plateau.saved_state import parts_of
from fastlr.plateau.state import PlateauState, StateLayout, fill
from fastlr.plateau.updates import Updates
from fastlr.plateau.validation import HIGHEST, HIGHEST_SINGLE, MOST, Count, check_init, check_single
from fastlr.schedule.constructing import checked_arguments
from fastlr.schedule.constructor_names import constant, piecewise_constant
from fastlr.schedule.schedule import Schedule
from fastlr.schedule.value import a_schedule

__all__ = ["Plateau"]

Mode = Annotated[npt.ArrayLike, Words(("min", "max"))]
Window = Annotated[Numbers, Number("an integer from 1 to 2**31 - 1", 1, MOST, whole=True)]
Tolerance = Annotated[Numbers, Number("a number from 0 to 1", 0.0, 1.0)]


@with_types
@public_methods()
class Plateau(Updates[PlateauState]):
    """A rule that reduces a rate when a metric stops improving: an immutable value.

    With ``a`` the metric and ``b`` the best one so far, an update is *better* if

        a < b*(1 - rtol) - atol  (mode "min"),    a > b*(1 + rtol) + atol  (mode "max").

    Then ``b`` becomes ``a``. Otherwise the update is *bad*. After too many bad updates in a row,
    ``scale`` becomes ``max(scale*factor, floor)``, if that changes it by more than ``eps``, and a
    *cooldown* starts, in which no update counts as bad.

    ``scale`` starts at 1.0 and multiplies a schedule's rate: ``rate = s(t) * state.scale``. It may
    also start at a rate, ``init(scale=0.1)``, and then is the rate itself.

    Parameters
    ----------
    mode : {"min", "max"} or array of str, default "min"
        Whether a lower or a higher metric is better.
    factor : float or array of float, default 0.1
        The factor of a reduction, from 0 up to, not including, 1.
    patience : int or array of int, default 10
        The bad updates in a row that are tolerated, from 0 to 2^31 - 1; see the table below.
    rtol, atol : float or array of float, optional
        The relative tolerance, from 0 to 1, and the absolute one, from 0 to 1e290. The defaults
        are those of ``convention``.
    cooldown : int or array of int, default 0
        The updates after a reduction in which none is bad.
    floor : float or array of float, default 0.0
        The lowest scale.
    rate_floor : float or array of float, default 0.0
        The rate below which ``rate(s(t), state)`` does not reduce.
    warmup : int or array of int, default 0
        The updates at the beginning whose metrics are ignored.
    window : int or array of int, default 1
        The number of updates whose metrics are averaged and decide together.
    eps : float or array of float, optional
        The smallest change of the scale that is made. The default is that of ``convention``.
    nan : {"raise", "ignore", "bad"}, default "raise"
        What a NaN metric does: raise an error before anything changes, leave its lane
        unchanged, or do what the library does.
    convention : {"torch", "timm", "optax", "keras"}, default "torch"
        The library whose plateau logic the rule follows to the bit.
    precision : {"double", "single"}, optional
        ``"single"`` does what the library does if rates are float32. The default is that of
        ``convention``.

    Attributes
    ----------
    parameters : mapping of str to numpy.ndarray or str
        Every parameter, with the defaults of ``convention`` filled in; read-only.
    shape : tuple of int
        The shape of the lanes.

    Raises
    ------
    TypeError, ValueError
        If a parameter breaks its rule, if the shapes do not broadcast, or if ``convention`` has no
        use for a parameter that is not 0.

    Notes
    -----
    All numbers broadcast like NumPy arrays. Each number of the resulting shape is a *lane*.

    The conventions differ as follows. *Reduces at* is the bad update that reduces. Torch reduces
    only if the scale changes by more than 1e-8. In Keras the first metric is the best one, whatever
    it is.

    ==========  ============================  ================  ==========  =========
    convention  library                       reduces at        rtol, atol  precision
    ==========  ============================  ================  ==========  =========
    torch       ``ReduceLROnPlateau``         ``patience + 1``  1e-4, 0     double
    timm        ``PlateauLRScheduler``        ``patience + 1``  1e-4, 0     double
    optax       ``reduce_on_plateau``         ``patience``      1e-4, 0     double
    keras       ``ReduceLROnPlateau``         ``patience``      0, 1e-4     single
    ==========  ============================  ================  ==========  =========

    timm uses torch's logic. optax's function is in ``optax.contrib``. Keras's is a callback.

    Examples
    --------
    >>> import fastlr as flr
    >>> rule = flr.Plateau(factor=0.5, patience=1)
    >>> state = rule.init()
    >>> for loss in [1.0, 0.9, 0.9, 0.9]:
    ...     state = rule.update(state, loss)
    >>> float(state.scale), float(state.best)
    (0.5, 0.9)
    >>> rule.replay([1.0, 0.9, 0.9, 0.9, 0.8, 0.9])
    array([1. , 1. , 1. , 0.5, 0.5, 0.5])
    >>> flr.Plateau(patience=[1, 2], nan="ignore").shape
    (2,)
    """

    __slots__ = ()

    key: ClassVar[str] = "plateau"
    layout: ClassVar[StateLayout] = StateLayout(PlateauState, "torch")  # the same in all updates

    @other_names(PLATEAU)
    def __init__(
        self,
        mode: Mode = "min",
        factor: BelowOne = 0.1,
        patience: Count = 10,
        rtol: Tolerance | None = None,
        atol: Rate | None = None,
        cooldown: Count = 0,
        floor: Rate = 0.0,
        rate_floor: Rate = 0.0,
        warmup: Count = 0,
        window: Window = 1,
        eps: Rate | None = None,
        nan: Literal["raise", "ignore", "bad"] = "raise",
        convention: Literal["torch", "timm", "optax", "keras"] = "torch",
        precision: Literal["double", "single"] | None = None,
    ) -> None:
        given = {name: value for name, value in locals().items() if name in _DEFAULTS}
        ruled = checked_arguments("Plateau", Plateau.__init__, given, _DEFAULTS)
        defaults = {**_DEFAULTS, **own_defaults(CONVENTIONS[str(ruled["convention"])], ruled)}
        whole = {name: defaults[name] if value is None else value for name, value in ruled.items()}
        for name in ("atol", "floor", "eps") if whole["precision"] == "single" else ():
            check_single(f"Plateau: {name}", np.asarray(whole[name]))
        self._set_parameters(whole, defaults)
        self._set_buffer()

    @property
    def buffer(self) -> npt.NDArray[np.float64]:
        """The rule as kernels read it: one flat, read-only float64 array."""
        return self._buffer

    def _lower(self, lanes: tuple[int, ...]) -> npt.NDArray[np.float64]:
        return lower(self.parameters, lanes)

    def init(self, scale: Floats = 1.0, shape: int | tuple[int, ...] = ()) -> PlateauState:
        """Return the state before the first update.

        Parameters
        ----------
        scale : float or array of float, default 1.0
            The first scale, or the first rate, from 0 to 1e290.
        shape : int or tuple of int, default ()
            The shape of additional lanes. It broadcasts with those of the rule and ``scale``.

        Returns
        -------
        PlateauState
            A state with the lanes that the rule, ``scale`` and ``shape`` broadcast to.

        Raises
        ------
        TypeError, ValueError
            If ``scale`` breaks its rule, if the shapes do not broadcast, or if the state is larger
            than this machine's memory.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.Plateau(patience=[1, 2]).init(scale=0.1).scale
        array([0.1, 0.1])
        """
        first, lanes = check_init(self.shape, scale, shape)
        parameters = self.parameters
        state: PlateauState = self.layout.blank(lanes, self._windows)
        if parameters["precision"] == "single":
            check_single("init: scale", first)
            first = first.astype(np.float32)
        unseen = -1 if parameters["convention"] == "keras" else 0
        fill(
            state,
            (
                first,
                np.where(parameters["mode"] == "min", np.inf, -np.inf),
                unseen,
                -parameters["warmup"],
                0,
                0,
            ),
        )
        return state

    def restore(self, state: Iterable[npt.ArrayLike] | Mapping[str, Any]) -> PlateauState:
        """Check a state that was read from a checkpoint.

        Parameters
        ----------
        state : iterable of arrays, or mapping
            The parts of a ``PlateauState`` in their order, as arrays or as plain numbers and lists
            of JSON; a mapping of these parts by name; or the result of ``save``.

        Returns
        -------
        PlateauState
            The state, ready for ``update``.

        Raises
        ------
        TypeError, ValueError
            If a part has another shape or dtype; if it holds a number that no update of this rule
            gives, such as a scale below 0, or more metrics than the window has; or if another rule
            saved it.

        Examples
        --------
        >>> import fastlr as flr
        >>> rule = flr.Plateau()
        >>> rule.restore(rule.init()) == rule.init()
        True
        >>> rule.restore([0.5, 1.0, 0, 0, 0.0, 0]).scale
        array(0.5)
        """
        parts = parts_of(self, state, self.layout)
        state, parameters = self._checked("restore: state", parts), self.parameters
        keras = parameters["convention"] == "keras"
        good = {
            "scale": (state.scale >= 0)
            & (state.scale <= (HIGHEST_SINGLE if parameters["precision"] == "single" else HIGHEST)),
            "best": keras | ~np.isnan(state.best),
            "bad": state.bad >= (-1 if keras else 0),
            "cool": state.cool >= -parameters["warmup"],
            "mean": (not self._windows) | ~np.isnan(state.mean) | (parameters["nan"] != "raise"),
            "count": (not self._windows)
            | ((state.count >= 0) & (state.count < parameters["window"])),
        }
        for name, is_good in good.items():
            if not np.all(is_good):
                got = short_repr(getattr(state, name))
                raise ValueError(
                    f"restore: state.{name} must be a result of this rule's update, got {got}"
                )
        return state

    def rate(self, base: Floats, state: PlateauState) -> Any:
        """Reduce a schedule's rate: ``max(base*scale, min(base, rate_floor))``.

        Parameters
        ----------
        base : float or array of float
            The rate of the schedule, from 0 to 1e290. It broadcasts against the lanes.
        state : PlateauState
            The state in force.

        Returns
        -------
        float or numpy.ndarray of float64
            The reduced rate.

        Raises
        ------
        TypeError, ValueError
            If ``base`` breaks its rule, or the state is not one of this rule.

        Examples
        --------
        >>> rule = Plateau(rate_floor=1e-3)
        >>> rule.rate(0.1, rule.init(scale=1e-6)), rule.rate(1e-4, rule.init(scale=0.5))
        (0.001, 0.0001)
        """
        rates = validate(Rate, "rate: base", base)
        scale = self._usable("rate: state", state).scale
        broadcast("rate", {"state": scale.shape, "base": rates.shape})
        reduced = np.maximum(rates * scale, np.minimum(rates, self.parameters["rate_floor"]))
        return reduced if reduced.ndim else float(reduced)

    def realised(
        self,
        schedule: Schedule,
        scales: Floats,
        every: int = 1,
        init: Floats = 1.0,
    ) -> Schedule:
        """Return the rates that a run had, as a schedule: ``schedule`` times its scales.

        Parameters
        ----------
        schedule : Schedule
            The schedule whose rates were reduced.
        scales : array of float
            The scale after each update, of shape ``(updates, *lanes)``, from ``replay`` or from the
            log of the run.
        every : int, default 1
            Steps per update, from 1 to 2^53. The scale after update i, from 0, is in force from
            step ``(i + 1)*every`` on.
        init : float, default 1.0
            The scale before the first update.

        Returns
        -------
        Schedule
            At each step ``rule.rate(schedule(t), state)``, to the bit. The last scale is state.

        Raises
        ------
        TypeError, ValueError
            If an argument breaks its rule, or the shapes do not broadcast.

        Examples
        --------
        >>> import fastlr as flr
        >>> rule = flr.Plateau(patience=0, factor=0.5)
        >>> scales = rule.replay([1.0, 2.0, 0.5, 0.7])
        >>> rule.realised(flr.constant(0.1), scales, every=10).table(0, 50, 10)
        array([0.1  , 0.1  , 0.05 , 0.05 , 0.025])
        """
        a_schedule("realised: schedule", schedule, Schedule)
        levels = scales_of_run("realised", scales, init)
        changes = (
            np.flatnonzero((levels[1:] != levels[:-1]).any(axis=tuple(range(1, levels.ndim)))) + 1
        )
        values = np.moveaxis(levels[[0, *changes]], 0, -1)
        steps = changes * validate_scalar(Period, "realised: every", every)
        reduced = schedule * (
            piecewise_constant(values, steps) if changes.size else constant(values[..., 0])
        )
        floor = self.parameters["rate_floor"]
        return reduced.maximum(schedule.minimum(constant(floor))) if floor.any() else reduced


_DEFAULTS = {
    name: parameter.default for name, parameter in inspect.signature(Plateau).parameters.items()
}
