"""Published laws of the best peak and batch size for a model and an amount of data.

>>> import fastlr as flr
>>> found = flr.peak_laws.step_law(parameters=1e9, tokens=100e9)
>>> float(f"{found.peak:.3g}"), round(found.batch, -3)
(0.00163, 1108000.0)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastlr.arguments.help_signatures import with_types
from fastlr.arguments.rules import Number, Positive, short_repr, validate
from fastlr.errors import public

__all__ = ["PeakAndBatch", "deepseek_law", "scale_peak", "step_law"]


_AMOUNT = Number("a number from 1 to 1e40", 1.0, 1e40)


class PeakAndBatch(NamedTuple):
    """What a law recommends.

    Parameters
    ----------
    peak : float or numpy.ndarray of float64
        The peak learning rate of AdamW.
    batch : float or numpy.ndarray of float64
        The batch size in tokens.

    Examples
    --------
    >>> import fastlr as flr
    >>> peak, batch = flr.peak_laws.step_law(parameters=1e9, tokens=100e9)
    >>> float(f"{peak:.3g}"), round(batch, -3)
    (0.00163, 1108000.0)
    """

    peak: Any
    batch: Any


@with_types
@public
def step_law(parameters: npt.ArrayLike, tokens: npt.ArrayLike) -> PeakAndBatch:
    """Recommend a peak and a batch size by Step Law.

    ``peak = 1.79 N^-0.713 D^0.307`` and ``batch = 0.58 D^0.571``.

    Parameters
    ----------
    parameters : float or array of float
        N, the parameters of the model without embeddings, from 1 to 1e40.
    tokens : float or array of float
        D, the tokens of the run, from 1 to 1e40. It broadcasts against ``parameters``.

    Returns
    -------
    PeakAndBatch
        The peak rate, and the batch size in tokens; floats for two numbers, otherwise arrays.

    Raises
    ------
    TypeError, ValueError
        If a number is out of range, or the shapes do not broadcast.

    Notes
    -----
    Measured on about 3,700 language models trained with AdamW, a warmup, and a cosine to the fixed
    rate 1e-5; dense models and mixtures of experts. It assumes that schedule: for another one move
    the peak with ``fastlr.transfer``. Far outside the sizes of its runs it is an extrapolation.

    References
    ----------
    Li et al., *Predictable Scale: Part I, Step Law* (2025), arXiv:2503.04715.

    Examples
    --------
    >>> import fastlr as flr
    >>> float(f"{flr.peak_laws.step_law(430e6, 40e9).peak:.3g}")
    0.00225
    """
    n = _AMOUNT("step_law: parameters", parameters)
    d = _AMOUNT("step_law: tokens", tokens)
    peak, batch = _broadcast("step_law", 1.79 * n**-0.713, d**0.307, 0.58 * d**0.571)
    return PeakAndBatch(peak, batch)


@with_types
@public
def deepseek_law(compute: npt.ArrayLike) -> PeakAndBatch:
    """Recommend a peak and a batch size by the law of DeepSeek LLM.

    ``peak = 0.3118 C^-0.125`` and ``batch = 0.2920 C^0.3271``.

    Parameters
    ----------
    compute : float or array of float
        C, the training compute in FLOPs, from 1 to 1e40: tokens times the FLOPs per token,
        forward and backward, without embeddings.

    Returns
    -------
    PeakAndBatch
        The peak rate, and the batch size in tokens; floats for a number, otherwise arrays.

    Raises
    ------
    TypeError, ValueError
        If a number is out of range.

    Notes
    -----
    Fitted to runs of 1e17 to 2e19 FLOPs with AdamW and a multi-step schedule (warmup of 2,000
    steps, drops to 31.6 % and 10 % after 80 % and 90 % of the tokens), on one data set. It gives a
    larger batch and a smaller peak for more compute, whatever the ratio of data to model.

    References
    ----------
    DeepSeek-AI, *DeepSeek LLM: Scaling Open-Source Language Models with Longtermism* (2024),
    arXiv:2401.02954, section 3.1.

    Examples
    --------
    >>> import fastlr as flr
    >>> found = flr.peak_laws.deepseek_law(1e20)
    >>> float(f"{found.peak:.3g}"), round(found.batch / 1e6, 2)
    (0.000986, 1.02)
    """
    c = _AMOUNT("deepseek_law: compute", compute)
    return PeakAndBatch(*(_plain(x) for x in (0.3118 * c**-0.125, 0.2920 * c**0.3271)))


@with_types
@public
def scale_peak(
    peak: npt.ArrayLike, batch: npt.ArrayLike, new_batch: npt.ArrayLike, rule: str
) -> Any:
    """Scale a tuned peak to another batch size: ``peak * (new_batch/batch)**power``.

    Parameters
    ----------
    peak : float or array of float
        The peak tuned at ``batch``, above 0.
    batch, new_batch : float or array of float
        Batch sizes in one unit, above 0. All three arguments broadcast.
    rule : {"sqrt", "linear"}
        The power 1/2, for Adam and its kin, or 1, for SGD. There is no default, because the wrong
        one gives a wrong rate.

    Returns
    -------
    float or numpy.ndarray of float64
        The new peak.

    Raises
    ------
    TypeError, ValueError
        If a number is not above 0, the shapes do not broadcast, or ``rule`` is neither.

    Notes
    -----
    Both rules fail above the critical batch size, where a larger batch needs no larger rate. For a
    batch that changes during the run see ``Schedule.follow``.

    References
    ----------
    Goyal et al., *Accurate, Large Minibatch SGD* (2017), arXiv:1706.02677. Malladi et al., *On the
    SDEs and Scaling Rules for Adaptive Gradient Algorithms* (2022), arXiv:2205.10287.

    Examples
    --------
    >>> import fastlr as flr
    >>> flr.peak_laws.scale_peak(1e-3, batch=256, new_batch=1_024, rule="sqrt")
    0.002
    """
    if not isinstance(rule, str) or rule not in ("sqrt", "linear"):
        raise ValueError(f"scale_peak: rule must be 'sqrt' or 'linear', got {short_repr(rule)}")
    tuned = validate(Positive, "scale_peak: peak", peak)
    new = validate(Positive, "scale_peak: new_batch", new_batch)
    old = validate(Positive, "scale_peak: batch", batch)
    growth = np.sqrt if rule == "sqrt" else np.asarray
    try:
        scaled = tuned * growth(new / old)
    except ValueError:
        raise ValueError(
            f"scale_peak: arguments must broadcast, got shapes {tuned.shape}, {old.shape} and "
            f"{new.shape}"
        ) from None
    return _plain(scaled)


def _broadcast(where: str, a: Any, b: Any, *others: Any) -> tuple[Any, ...]:
    """Return ``a*b``, and the others in its shape; floats where that is ``()``."""
    try:
        product = a * b
    except ValueError:
        raise ValueError(
            f"{where}: arguments must broadcast, got shapes {np.shape(a)} and {np.shape(b)}"
        ) from None
    return tuple(_plain(np.broadcast_to(x, np.shape(product))) for x in (product, *others))


def _plain(value: Any) -> Any:
    return value if np.ndim(value) else float(value)
