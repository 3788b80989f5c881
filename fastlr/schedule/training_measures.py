"""What rates do in training: the share of a weight that decay leaves, a bound on the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Floats, Positive, short_repr
from fastlr.errors import public_methods
from fastlr.kernels.selection import choose
from fastlr.schedule.reduction_methods import Reductions, ends_of

if TYPE_CHECKING:
    from fastlr.reductions.last_iterate import BoundTerms

__all__ = ["TrainingMeasures"]

_MOST_ADDED = 1 << 33  # steps of a bound: half a minute of work

Array = npt.NDArray[np.float64]


@with_types
@public_methods("Schedule")
class TrainingMeasures(Reductions):
    """A value whose steps train a model: what its rates do to weights, and to a loss at best."""

    __slots__ = ()

    def retained(self, decay: Floats, start: int, stop: int | None = None) -> Any:
        """Find the share of a weight that decoupled weight decay leaves.

        It is the product of ``1 - decay*s(t)`` over the range, by which AdamW shrinks a weight. It
        is computed as the exponential of a sum of logarithms.

        Parameters
        ----------
        decay : float or array of float
            The weight decay, at least 0, one or one per lane: it broadcasts to ``s.shape``.
        start, stop : int
            The range, as in ``sum``.

        Returns
        -------
        float or numpy.ndarray of float64
            A number from 0 to 1: a float for a scalar schedule, otherwise an array of shape
            ``s.shape``. 1.0 for an empty range.

        Raises
        ------
        TypeError, ValueError
            As ``sum``; ``ValueError`` also if ``decay`` times a rate is above 1.

        References
        ----------
        Loshchilov and Hutter, *Decoupled Weight Decay Regularization* (2019).

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.constant(0.5).retained(0.5, 2)
        0.5625
        """
        from fastlr.reductions.weight_decay import retained

        steps = self._range("retained", start, stop, least=0)
        decays = self._decays("retained", decay, steps)
        first, last = ends_of(steps)
        return self._plain(
            self._found(
                "retained", lambda part, places: retained(part, first, last, decays[places])
            )
        )

    def timescale(self, decay: Floats, start: int, stop: int | None = None) -> Any:
        """Find over how many updates the final weights average.

        It is ``sum_t prod_{t<u<stop} (1 - decay*s(u))``: the number of updates in the range, each
        counted by the share of it that later steps leave.

        Parameters
        ----------
        decay : float or array of float
            The weight decay, at least 0, one or one per lane: it broadcasts to ``s.shape``.
        start, stop : int
            The range, as in ``sum``; at least one step.

        Returns
        -------
        float or numpy.ndarray of float64
            A number of updates: a float for a scalar schedule, otherwise an array of shape
            ``s.shape``.

        Raises
        ------
        TypeError, ValueError
            As ``retained``; ``ValueError`` also for an empty range.

        Notes
        -----
        With weight decay, weights are an exponential moving average of ``-update/decay``. The
        update of step t has the weight ``w_t = decay*s(t) * prod_{t<u<stop} (1 - decay*s(u))``.

        For ``n`` steps of a constant rate the result is ``(1 - r^n)/(decay*rate)``, where ``r = 1 -
        decay*rate``; without decay it is ``n``. For a long run it is the time scale
        ``1/(decay*rate)`` of Wang and Aitchison, in steps. Steps are added from the last one
        backwards, until at most 1e-17 of an update is left.

        References
        ----------
        Wang and Aitchison, *How to set AdamW's weight decay as you scale model and dataset size*
        (2024).

        Examples
        --------
        >>> import fastlr as flr
        >>> round(flr.constant(1e-3).timescale(0.1, 1_000_000))
        10000
        """
        from fastlr.reductions.weight_decay import timescale

        steps = self._range("timescale", start, stop, least=1)
        decays = self._decays("timescale", decay, steps)
        return self._plain(
            self._found("timescale", lambda part, places: timescale(part, steps, decays[places]))
        )

    def bound(
        self,
        start: int,
        stop: int | None = None,
        *,
        distance: Floats = 1.0,
        gradient: Floats = 1.0,
    ) -> Any:
        """Bound the expected loss, above the best one, after the last step of a range.

        With rates ``eta_1`` to ``eta_T``, ``beta_k = eta_k + ... + eta_T`` and ``gamma_k =
        eta_k^2 + ... + eta_T^2``, it is ``distance^2/(2 beta_1) + gradient^2 (gamma_1/(2 beta_1) +
        1/2 sum_{k<T} (eta_k/beta_{k+1}) (gamma_k/beta_k))``.

        Parameters
        ----------
        start, stop : int
            The range, as in ``sum``; at least one step.
        distance : float or array of float, default 1.0
            How far the first weights are from the best ones, above 0. It broadcasts to ``s.shape``.
        gradient : float or array of float, default 1.0
            The largest norm of a stochastic gradient, above 0. It broadcasts to ``s.shape``.

        Returns
        -------
        float or numpy.ndarray of float64
            A float for a scalar schedule, otherwise an array of shape ``s.shape``. Infinite where
            every rate of the range is 0.

        Raises
        ------
        TypeError, ValueError
            As ``mean``; ``ValueError`` also if ``distance`` or ``gradient`` is not above 0, or if
            the largest rate is above 0 and outside 1e-150 to 1e150, where squares leave float64;
            or for more than 2^33 steps.

        Notes
        -----
        The bound is proved for stochastic gradient descent on convex functions. It is not a
        prediction of a loss: use its shape, as ``fastlr.transfer`` does. Rates of 0 at the end
        count as steps that were not made. A last rate that is tiny beside the one before it makes
        the bound large, because that step averages nothing. The time grows with the number of
        steps; no table is made.

        References
        ----------
        Defazio, Cutkosky, Mehta and Mishchenko, *Optimal Linear Decay Learning Rate Schedules and
        Further Refinements* (2023), arXiv:2310.07831. Schaipp, Hägele, Taylor,
        Simsekli and Bach, *The Surprising Agreement Between Convex Optimization Theory and
        Learning-Rate Scheduling for Large Model Training* (2025), arXiv:2501.18965.

        Examples
        --------
        >>> import fastlr as flr
        >>> flr.constant(0.5).bound(1)
        1.25
        >>> round(flr.linear(0.1, 0.0, steps=100).bound(100), 6)
        0.203687
        """
        terms = self._bound_terms("bound", start, stop)
        lengths = self._levels("bound", "distance", distance, Positive)
        norms = self._levels("bound", "gradient", gradient, Positive)
        return self._plain(lengths**2 * terms.travel + norms**2 * terms.noise)

    def best_scale(self, start: int, stop: int | None = None) -> Any:
        """Find the factor on all rates that makes ``bound`` smallest, for ``distance = gradient``.

        With the two terms of ``bound`` it is ``sqrt(travel/noise)``. For other values multiply it
        by ``distance/gradient``.

        Parameters
        ----------
        start, stop : int
            The range, as in ``sum``; at least one step.

        Returns
        -------
        float or numpy.ndarray of float64
            A float for a scalar schedule, otherwise an array of shape ``s.shape``.

        Raises
        ------
        TypeError, ValueError
            As ``bound``; ``ValueError`` also if every rate of the range is 0.

        References
        ----------
        As ``bound``.

        Examples
        --------
        >>> import fastlr as flr
        >>> s = flr.constant(0.5)
        >>> s.best_scale(1)
        2.0
        >>> (s * 2.0).bound(1), (s * 1.9).bound(1) > 1.0, (s * 2.1).bound(1) > 1.0
        (1.0, True, True)
        """
        terms = self._bound_terms("best_scale", start, stop)
        if np.any(np.isinf(terms.noise) & np.isfinite(terms.travel)):
            raise ValueError(
                "best_scale: the bound must be finite, got a last rate that is too small beside "
                "the one before it; leave its step out of the range"
            )
        if np.any(np.isinf(terms.travel)):
            raise ValueError(
                "best_scale: a rate of the range must be above 0, got rates of 0 alone; "
                "no factor makes them train"
            )
        return self._plain(np.sqrt(terms.travel / terms.noise))

    # -- helpers -----------------------------------------------------------------------------------

    def _bound_terms(self, name: str, start: int, stop: int | None) -> BoundTerms:
        """Return the terms of the bound, of the batch shape."""
        from fastlr.reductions.last_iterate import BoundTerms, bound_terms

        highest, steps = self._extreme(name, start, stop)
        if np.any((highest > 0) & ((highest < 1e-150) | (highest > 1e150))):
            raise ValueError(
                f"{name}: the largest rate must be 0 or from 1e-150 to 1e150, got "
                f"{short_repr(np.min(highest[highest > 0]))} to {short_repr(np.max(highest))}"
            )
        if len(steps) > _MOST_ADDED:
            raise ValueError(
                f"{name}: steps must be at most 2**33, as each is evaluated, got {len(steps)}"
            )
        work = choose()
        terms = bound_terms(
            self._lowered(), highest.size, steps, work.table, work.last_iterate_sums
        )
        return BoundTerms(*(term.reshape(self.shape) for term in terms))

    def _decays(self, name: str, decay: Floats, steps: range) -> Array:
        """Return a weight decay per lane, or raise if a step would make a weight negative."""
        from fastlr.reductions.extrema import largest

        decays = self._levels(name, "decay", decay)
        if steps:
            first, last = ends_of(steps)
            with np.errstate(over="ignore"):  # an infinite product is refused below
                most = decays * self._found(name, lambda part, _: largest(part, first, last))
            if np.any(most > 1):
                raise ValueError(
                    f"{name}: decay times the largest rate must be at most 1, got "
                    f"{short_repr(np.max(most))}"
                )
        return decays.reshape(-1)
