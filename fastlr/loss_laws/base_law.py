"""The base class of loss laws: immutable values that predict the losses of runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.output_arrays import allocate, check_threads
from fastlr.arguments.rules import Period, validate_scalar
from fastlr.errors import public_methods
from fastlr.kernels.selection import Backend, choose
from fastlr.kernels.threads import split_over_threads
from fastlr.loss_laws.fitted_on import FittedOn, checked_range
from fastlr.loss_laws.run_rates import FEWER_LANES, Parts, parts_of, rising_steps, runs
from fastlr.schedule.schedule import Schedule

__all__ = ["Law"]

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.int64]

_SUMS_TOGETHER = 2**13  # sums whose losses are computed in one call, which takes 3 us by itself


@with_types
@public_methods()
class Law(ABC):
    """The base class of loss laws.

    A law is an immutable value with a few constants. It predicts losses from ``rates``: a schedule
    of any batch shape, or an array whose last axis is the step. Step 0 is the first update.

    See Also
    --------
    MultiPower, Annealing, FunctionalScaling : The laws.
    fit : Fit the constants to measured losses.

    Examples
    --------
    >>> import fastlr as flr
    >>> law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)
    >>> isinstance(law, flr.loss_laws.Law), law.constants["L0"]
    (True, 2.6)
    """

    kinds: ClassVar[dict[str, Any]]
    fitted_on: FittedOn | None

    def __post_init__(self) -> None:
        for name, kind in self.kinds.items():
            object.__setattr__(
                self,
                name,
                validate_scalar(kind, f"{type(self).__name__}: {name}", getattr(self, name)),
            )
        if self.fitted_on is not None:
            where = f"{type(self).__name__}: fitted_on"
            object.__setattr__(self, "fitted_on", checked_range(where, self.fitted_on))

    @property
    def constants(self) -> dict[str, float]:
        """The constants of the law by name."""
        return {name: getattr(self, name) for name in self.kinds}

    def identity(self) -> list[list[str]]:
        """Return plain JSON data that differs whenever a constant differs.

        Returns
        -------
        list of [str, str]
            Each constant by name, as a hexadecimal float.
        """
        return [[name, float(value).hex()] for name, value in self.constants.items()]

    def final(self, rates: Schedule | npt.ArrayLike, steps: int, threads: int = 1) -> Any:
        """Predict the loss at the last step of a run, step ``steps - 1``.

        Parameters
        ----------
        rates : Schedule, Sweep or array_like
            A schedule of any batch shape, a sweep, or rates whose last axis is the step; finite, at
            least 0. Zarr and Dask arrays are read in parts.
        steps : int
            The length of the run, from 1; at most the number of rates.
        threads : int
            The number of threads that share the lanes, default 1. It changes no bit.

        Returns
        -------
        float or array
            The loss: a float for one run, otherwise one per lane, of the shape of the batch or the
            sweep. It is ``inf`` for a run whose rates are all 0.

        Raises
        ------
        TypeError, ValueError
            Before any work, if an argument breaks its rule.

        Notes
        -----
        The terms are added one by one in float64, in O(steps) per lane. Only the rates of one lane
        are in memory at a time.

        Examples
        --------
        >>> import fastlr as flr
        >>> law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)
        >>> law.final(flr.linear([0.1, 0.2], 0.0, steps=100), 100).round(4)
        array([2.4395, 1.9119])
        """
        count = validate_scalar(Period, "final: steps", steps)
        losses = self._losses(
            "final", rates, np.array([count - 1]), check_threads("final", threads)
        )[..., 0]
        return losses if losses.ndim else float(losses)

    def curve(
        self, rates: Schedule | npt.ArrayLike, steps: int | npt.ArrayLike, threads: int = 1
    ) -> Array:
        """Predict the losses at many steps of a run.

        Parameters
        ----------
        rates : Schedule, Sweep or array_like
            A schedule of any batch shape, a sweep, or rates whose last axis is the step; finite, at
            least 0. Zarr and Dask arrays are read in parts.
        steps : int or array_like of int
            The steps ``range(steps)``, or an array of steps in any order.
        threads : int
            The number of threads that share the lanes, default 1. It changes no bit.

        Returns
        -------
        array
            The losses, of shape ``(*batch shape, number of steps)``. They are ``inf`` before the
            first rate above 0, unless A or alpha is 0.

        Raises
        ------
        TypeError, ValueError
            Before any work, if an argument breaks its rule.

        Notes
        -----
        The time is O(last step) per lane, however many steps you give. The absolute error is at
        most 1e-10 times B times the sum of the absolute changes of the rate.

        Examples
        --------
        >>> import fastlr as flr
        >>> law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)
        >>> law.curve(flr.linear(0.1, 0.0, steps=100), [99, 0]).round(4)
        array([2.4395, 4.291 ])
        """
        rising, places = rising_steps("curve", steps)
        losses = self._losses("curve", rates, rising, check_threads("curve", threads))
        return (
            losses
            if places.size == rising.size and (places[1:] > places[:-1]).all()
            else losses[..., places]
        )

    def _losses(self, where: str, rates: object, t: Steps, threads: int) -> Array:
        """Return the losses at rising steps ``t``, for each lane."""
        if (parts := parts_of(rates)) is not None:
            return self._losses_of_parts(where, parts, t, threads)
        batch, backend = runs(where, rates, int(t[-1]) + 1), choose()
        losses = allocate(where, (*batch.shape, t.size), np.dtype(np.float64))
        rows = losses.reshape(-1, t.size)

        def work(lanes: range, _: range) -> None:
            most, places = max(1, min(len(lanes), _SUMS_TOGETHER // t.size)), list[int]()
            area, other = np.empty((2, most, t.size))
            for place, run in batch.each(backend, lanes):
                area[len(places)], other[len(places)] = self._sums(backend, run, t)
                places.append(place)
                if len(places) == most:
                    rows[places] = self._losses_of(area, other)
                    places.clear()
            rows[places] = self._losses_of(area[: len(places)], other[: len(places)])

        split_over_threads(work, batch.lanes, batch.steps, threads, by_lanes=True)
        return losses

    def _losses_of_parts(self, where: str, parts: Parts, t: Steps, threads: int) -> Array:
        """Return the losses of a sweep or a stored array, computed in parts."""
        losses = allocate(where, (*parts.shape, t.size), np.dtype(np.float64), FEWER_LANES)
        rows = losses.reshape(-1, t.size)
        for lanes, part in parts.each():
            rows[lanes] = self._losses(where, part, t, threads).reshape(-1, t.size)
        return losses

    def _losses_at(self, backend: Backend, rates: Array, t: Steps) -> Array:
        """Predict the loss of one run at rising steps ``t``, with a backend. Nothing is checked."""
        return self._losses_of(*self._sums(backend, rates, t))

    @abstractmethod
    def _sums(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """Return two sums over the rates of one run up to ``t``: the area, and the law's own."""

    @abstractmethod
    def _losses_of(self, area: Array, other: Array) -> Array:
        """Return the losses of these sums, which may be those of many runs."""

    @abstractmethod
    def _slopes(self, backend: Backend, rates: Array, t: Steps) -> tuple[Array, Array]:
        """Return the losses at steps ``t``, and their derivatives.

        The derivatives have a row per step, and a column per constant.
        """
