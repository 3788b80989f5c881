"""pandas: results of a sweep or a batch in a DataFrame, one row per lane."""

from __future__ import annotations  # so that help() shows a parameter's rule by its name

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from fastlr.adapters._requirements import required_by
from fastlr.arguments.rules import short_repr
from fastlr.schedule.schedule import Schedule
from fastlr.sweeps.labels import labels, unit
from fastlr.sweeps.ranking import Ranked
from fastlr.sweeps.sweep import Sweep

with required_by("pandas"):
    import pandas

__all__ = ["frame"]


def frame(
    lanes: Sweep | Schedule | Ranked, results: Mapping[str, npt.ArrayLike] | None = None
) -> pandas.DataFrame:
    """Put results into a DataFrame, one row per lane.

    There is a column per parameter that varies and one per result.

    Parameters
    ----------
    lanes : Sweep, Schedule or Ranked
        What the results are of. A ranking gives one row per schedule, the best first, with its
        ``place`` in the sweep and its ``loss``.
    results : Mapping of str to array_like, optional
        Per name, one value per lane, of the shape of the sweep or flat in C order; of a ranking,
        in its order. May be left out for a ranking.

    Returns
    -------
    pandas.DataFrame
        The lanes in C order. ``attrs`` holds the spec as JSON, the fingerprint, and the units of
        the results.

    Raises
    ------
    TypeError
        If ``results`` is not a mapping.
    ValueError
        If a result does not have one value per lane, or has the name of a parameter, or is in the
        order of a ranking while the rows are not.

    Examples
    --------
    >>> import fastlr as flr
    >>> family = flr.sweep("linear", init=[0.1, 0.2], end=0.0, steps=[10, 20])
    >>> frame(family, {"last": [0.0, 0.05, 0.0, 0.1]})
       init  steps  last
    0   0.1     10  0.00
    1   0.1     20  0.05
    2   0.2     10  0.00
    3   0.2     20  0.10
    >>> law = flr.loss_laws.Annealing(L0=2.6, A=0.6, alpha=0.45, C=0.5, decay=0.9)
    >>> frame(flr.rank(law, family, 20, k=2)).round(4)
       place  init  steps    loss
    0      2   0.2     10  2.4019
    1      3   0.2     20  2.4689
    """
    if isinstance(lanes, Ranked):
        results = {"loss": lanes.losses, **(results or {})}
    if not isinstance(results, Mapping):
        raise TypeError(
            f"frame: results must be a mapping of names to arrays, got {type(results).__name__} "
            f"{short_repr(results)}"
        )
    named = labels(lanes)
    columns, size = named.of_lanes(), int(np.prod(named.shape))
    for name, result in results.items():
        values = np.asarray(named.shaped(f"frame: {name}", result))
        if values.size != size or name in columns:
            rule = (
                f"frame: {name} must have one value per lane, {size} in all, and must not have "
                "the name of a parameter"
            )
            raise ValueError(f"{rule}, got shape {values.shape} beside {short_repr(list(columns))}")
        columns[name] = values.reshape(-1)
    rows = pandas.DataFrame(columns, index=range(size))
    rows.attrs.update(named.attributes, units={name: unit(name) for name in results})
    return rows
