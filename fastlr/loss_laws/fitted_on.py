"""The runs that a law was fitted to: where its predictions are no extrapolations."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Period, Positive, short_repr, validate_scalar

__all__ = ["FittedOn", "checked_range"]

_ROUNDING = 1e-9  # of a peak
_LOG_ENDS = 0.05  # of a length: a log may end that long before its run


@with_types
class FittedOn(NamedTuple):
    """The runs that a law was fitted to. Outside their range its predictions are extrapolations.

    Parameters
    ----------
    peaks : tuple of float
        The smallest and the largest peak of the runs.
    steps : tuple of int
        The smallest and the largest number of steps to the last measured loss.

    Examples
    --------
    >>> runs = FittedOn(peaks=(1e-3, 2e-3), steps=(900, 1_000))
    >>> runs.covers_steps(1_000), runs.covers_peaks(4e-3).item()
    (True, False)
    """

    peaks: tuple[float, float]
    steps: tuple[int, int]

    def covers_peaks(self, peaks: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Return whether each peak is within the range, up to rounding.

        Parameters
        ----------
        peaks : float or array of float
            The highest rates of schedules.

        Returns
        -------
        numpy.ndarray of bool
            An array of the shape of ``peaks``.

        Examples
        --------
        >>> FittedOn(peaks=(1e-3, 2e-3), steps=(900, 1_000)).covers_peaks([1e-3, 3e-3])
        array([ True, False])
        """
        (low, high), given = self.peaks, np.asarray(peaks, dtype=np.float64)
        within: npt.NDArray[np.bool_] = (given >= low * (1 - _ROUNDING)) & (
            given <= high * (1 + _ROUNDING)
        )
        return within

    def covers_steps(self, steps: int) -> bool:
        """Return whether a length is within the range, or by 5 % outside: logs end before runs.

        Parameters
        ----------
        steps : int
            The length of a run.

        Returns
        -------
        bool
            Whether the law knows runs of this length.

        Examples
        --------
        >>> FittedOn(peaks=(1e-3, 2e-3), steps=(900, 1_000)).covers_steps(1_040)
        True
        """
        low, high = self.steps
        return low * (1 - _LOG_ENDS) <= steps <= high * (1 + _LOG_ENDS)


def checked_range(where: str, fitted_on: object) -> FittedOn:
    """Return two ranges, each with the smaller number first; errors begin with ``where``."""
    pairs = list(fitted_on) if isinstance(fitted_on, tuple | list) else []
    if len(pairs) != 2 or not all(
        isinstance(pair, tuple | list | np.ndarray) and len(pair) == 2 for pair in pairs
    ):
        raise TypeError(
            f"{where} must be FittedOn(peaks=(low, high), steps=(low, high)), got "
            f"{short_repr(fitted_on)}"
        )
    peaks = [validate_scalar(Positive, f"{where}: peaks", number) for number in pairs[0]]
    steps = [validate_scalar(Period, f"{where}: steps", number) for number in pairs[1]]
    if peaks[0] > peaks[1] or steps[0] > steps[1]:
        raise ValueError(f"{where} must have the smaller number first, got {short_repr(fitted_on)}")
    return FittedOn((peaks[0], peaks[1]), (steps[0], steps[1]))
