"""Sum a smooth curve, to within rounding, in a number of evaluations that grows with log(n).

Each curve is analytic except at points that its formula names: a power where its base is 0, a
quotient at its pole. A *panel* is a range of steps that keeps its distance from these points: they
are at least four times as far from its middle as its ends are. On the ellipse around the panel
whose semi-axes add up to rho = 4 + sqrt(15), in halves of the panel, the curve is analytic and of
its own magnitude. The Gauss-Legendre rule of 16 points then gives its integral to about rho^-32,
and its derivatives at the ends to rho^-16. With these, the formula of Euler and Maclaurin,

    sum_{j<n} f(j) = int_0^{n-1} f + (f(0) + f(n-1))/2 + [f']/12 - [f3]/720 + [f5]/30240 -
    [f7]/1209600 + ...,

with derivatives from end to end, gives the sum. From 32 steps on, the omitted terms are below 1e-18
of it. Together this is one rule of 16 weights that depend on n. Rates are positive, so nothing
cancels.

A panel begins where the last one ended, and the next may be longer by a factor. A range of few
steps is added up directly, and so are the first steps beside a singular point.

Of a curve that ``REACHES`` does not list, singular points are unknown. Its panels are checked: one
is halved until it agrees with the sum of its halves, to 2^-46. That takes three times the work and
more panels; beside it nothing depends on a curve's reach. A panel depends on the numbers of its
lane alone, so a lane has the same sum in every batch.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, reduce
from itertools import accumulate, pairwise
from math import factorial, log, perm, pi

import numpy as np
import numpy.typing as npt

from fastlr.kernels.reference import CURVES
from fastlr.program import double_double

__all__ = ["REACHES", "sum_in_panels"]

Array = npt.NDArray[np.float64]
Curve = Callable[[Array, Array, list[Array]], Array]  # (base, offsets, fields)
Reach = Callable[[Array, list[Array]], Array]  # (local steps, fields)

_POINTS = 16
# fewer steps are added one by one: there the terms omitted from the formula would be visible
_FEW = 32
_ORDERS = (1, 3, 5, 7)  # orders of the derivatives in the formula
_EULER_MACLAURIN = (1 / 12, -1 / 720, 1 / 30_240, -1 / 1_209_600)
_EXACT = 8  # polynomials up to this degree have no other derivatives
_AGREES = 2.0**-46  # rounding differs by less, and the halves' own error is far smaller
_NEGLIGIBLE = 2.0**-60  # of the sum: rates may be too small for their digits
_LN_2 = log(2.0)


@cache
def _rule() -> tuple[Array, Array]:
    """Return points in [-1, 1], and the weights that go with m/2, 1, 2/m, (2/m)^3, ..., m = n - 1.

    The polynomial through the values at the points is ``sum_k (2k+1)/2 * P_k * sum_i
    w_i*P_k(x_i)*f_i``. The r-th derivative of ``P_k`` at 1 is ``(k+r)!/(2^r*r!*(k-r)!)``. From end
    to end, an odd derivative is doubled for even k and 0 for odd k.
    """
    from numpy.polynomial.legendre import leggauss, legvander

    points, weights = leggauss(_POINTS)
    shares = legvander(points, _POINTS - 1) * weights[:, None] * (np.arange(_POINTS) + 0.5)
    even = np.arange(_POINTS) % 2 == 0
    rows = [weights, shares @ even]
    for r, factor in zip(_ORDERS, _EULER_MACLAURIN, strict=True):
        slopes = [
            2.0 * perm(k + r, 2 * r) / (2**r * factorial(r)) if k >= r else 0.0
            for k in range(_POINTS)
        ]
        rows.append(factor * (shares @ np.where(even, slopes, 0.0)))
    return points, np.array(rows)


def _panel(curve: Curve, fields: list[Array], base: Array, p: Array, n: Array) -> Array:
    """Return the sum over a panel of each lane."""
    _, rows = _rule()
    length = n - 1.0
    ratio = 2.0 / length
    weights = (
        np.stack([0.5 * length, np.ones(n.shape), *(ratio**r for r in _ORDERS)], axis=1) @ rows
    )
    total: Array = (weights * _rates_at_points(curve, fields, base, p, n)).sum(axis=1)
    return total


def _rates_at_points(curve: Curve, fields: list[Array], base: Array, p: Array, n: Array) -> Array:
    """Return the rates of each lane at the points of its panel."""
    points, _ = _rule()
    return curve(base[:, None], p[:, None] * ((n - 1.0)[:, None] * (0.5 + 0.5 * points)), fields)


def _add_one_by_one(curve: Curve, fields: list[Array], base: Array, p: Array, n: Array) -> Array:
    """Return the sum of the next few steps of each lane."""
    j = np.arange(_FEW)
    rates = curve(
        base[:, None], p[:, None] * np.minimum(j, np.maximum(n, 1.0)[:, None] - 1.0), fields
    )
    total: Array = np.where(j < n[:, None], rates, 0.0).sum(axis=1)
    return total


def sum_in_panels(
    curves: Sequence[str], c: Array, p: Array, n: Array, fields: list[list[Array]]
) -> Array:
    """Return ``sum(f(c + j*p) for j < n)`` of a curve, or of the product of several.

    The first of a curve's ``fields`` is the step at which it starts, then come those of its
    segment. All arrays have one entry per lane.
    """
    ends = [0, *accumulate(map(len, fields))]
    flat = [field for own in fields for field in own]

    def split(numbers: list[Array]) -> Iterator[tuple[str, list[Array]]]:
        return zip(curves, (numbers[i:j] for i, j in pairwise(ends)), strict=True)

    def product(base: Array, offsets: Array, numbers: list[Array]) -> Array:
        return reduce(
            np.multiply,
            (_rates(name, base - begin, offsets, own) for name, (begin, *own) in split(numbers)),
        )

    def reach(steps: Array, numbers: list[Array]) -> Array:
        reaches = [REACHES[name](steps - begin, *own) for name, (begin, *own) in split(numbers)]
        return reduce(np.minimum, reaches) / len(reaches)

    if all(name in REACHES for name in curves):
        return _sum_in_panels(product, reach, c, p, n, flat)
    return _sum_in_checked_panels(product, c, p, n, flat)


def _sum_in_panels(
    curve: Curve, reach: Reach, c: Array, p: Array, n: Array, fields: list[Array]
) -> Array:
    """Sum panel after panel, for all lanes that have not reached their end."""
    total, done = double_double.pair(np.zeros(c.shape)), np.zeros(c.shape)
    lanes = np.flatnonzero(n > 0)
    while lanes.size:
        own = [field[lanes] for field in fields]
        x, left = c[lanes] + p[lanes] * done[lanes], n[lanes] - done[lanes]
        count = np.minimum(np.floor(reach(x, own) / p[lanes]), left)
        few = count < _FEW
        count = np.where(few, np.minimum(left, _FEW), count)
        part = np.empty(lanes.size)
        for add, chosen in ((_add_one_by_one, few), (_panel, ~few)):
            if chosen.any():
                part[chosen] = add(
                    curve,
                    [field[chosen][:, None] for field in own],
                    x[chosen],
                    p[lanes][chosen],
                    count[chosen],
                )
        total[0][lanes], total[1][lanes] = double_double.add_number(
            (total[0][lanes], total[1][lanes]), part
        )
        done[lanes] += count
        lanes = lanes[done[lanes] < n[lanes]]
    return total[0]


def _sum_in_checked_panels(
    curve: Curve, c: Array, p: Array, n: Array, fields: list[Array]
) -> Array:
    """Sum panel after panel: each is halved until it agrees with the sum of its halves."""
    total, done, size = double_double.pair(np.zeros(c.shape)), np.zeros(c.shape), n.copy()
    ends = p * np.where(n > 0, n - 1.0, 0.0)
    least = np.maximum(curve(c, 0.0 * ends, fields), curve(c, ends, fields))  # of the sum
    lanes = np.flatnonzero(n > 0)
    while lanes.size:
        few = size[lanes] < 2 * _FEW
        count = np.where(few, np.minimum(n[lanes] - done[lanes], _FEW), size[lanes])
        part, agrees = np.empty(lanes.size), few.copy()
        for chosen in (few, ~few):
            own = lanes[chosen]
            at = ([field[own][:, None] for field in fields], c[own] + p[own] * done[own], p[own])
            if chosen is few:
                part[chosen] = _add_one_by_one(curve, *at, count[chosen])
            else:
                part[chosen], error = _sum_of_halves(curve, *at, count[chosen])
                agrees[chosen] = error <= _AGREES * part[chosen] + _NEGLIGIBLE * least[own]
        added = lanes[agrees]
        total[0][added], total[1][added] = double_double.add_number(
            (total[0][added], total[1][added]), part[agrees]
        )
        done[added] += count[agrees]
        size[lanes] = np.where(agrees, 4.0 * count, np.floor(0.5 * count))
        size = np.minimum(size, n - done)
        lanes = lanes[done[lanes] < n[lanes]]
    return total[0]


def _sum_of_halves(
    curve: Curve, fields: list[Array], base: Array, p: Array, n: Array
) -> tuple[Array, Array]:
    """Return the sum over the halves of a panel, and an estimate of its error."""
    first = np.floor(0.5 * n)
    left, right = (base, p, first), (base + p * first, p, n - first)
    halves = _panel(curve, fields, *left) + _panel(curve, fields, *right)
    error = np.abs(_panel(curve, fields, base, p, n) - halves)
    return halves, error + _unseen(curve, fields, *left) + _unseen(curve, fields, *right)


def _unseen(curve: Curve, fields: list[Array], base: Array, p: Array, n: Array) -> Array:
    """Estimate the sum between the ends of a panel and its outermost points.

    There a curve may be steep, as a long exponential is in its first steps. Then the rates at the
    ends are not those of the polynomial through the points. Both gaps are below 1/128 of the panel.
    """
    _, rows = _rule()
    expected = _rates_at_points(curve, fields, base, p, n) @ rows[1]
    ends = curve(base[:, None], p[:, None] * ((n - 1.0)[:, None] * np.array([0.0, 1.0])), fields)
    unseen: Array = np.abs(ends.mean(axis=1) - expected) * (n / 128.0)
    return unseen


# -- rates between steps: the weight of a height, from the progress and the remainder --------------


def _rates(name: str, base: Array, offsets: Array, fields: list[Array]) -> Array:
    """Return a curve at local steps ``base + offsets``, base a whole number.

    No part of the sum is rounded away.
    """
    if name == "tanh":  # the exponent is so small that one word suffices
        lo, hi, y, _, k, _ = fields
        return lo + (hi - lo) / (1.0 + np.exp2((y + k * base) + k * offsets))
    if name not in _WEIGHTS:
        return CURVES[name](base + offsets, *fields)
    length, lo, hi, *rest = fields
    gone, left = base + offsets, (np.abs(length) - base) - offsets
    return lo + _WEIGHTS[name](gone, left, length, *rest) * (hi - lo)


def _part(gone: Array, left: Array, length: Array) -> Array:
    part: Array = np.where(length > 0, left, gone) / np.abs(length)
    return part


def _weight_of_power(gone: Array, left: Array, length: Array, q: Array) -> Array:
    y = _part(gone, left, length)
    log = np.where(y < 0.5, np.log(y), np.log1p(-_part(left, gone, length)))
    grown = np.abs(q) * log
    weight: Array = np.where(q > 0, np.exp(grown), -np.expm1(grown))
    return weight


def _weight_of_square(gone: Array, left: Array, length: Array) -> Array:
    y = _part(gone, left, length)
    return np.where(length > 0, y * y, y * (2.0 - y))


def _weight_of_cosine(gone: Array, left: Array, length: Array) -> Array:
    return np.sin((0.5 * pi) * _part(gone, left, length)) ** 2


def _weight_of_cosine_power(gone: Array, left: Array, length: Array, x: Array, k: Array) -> Array:
    log = k * np.where(left < gone, np.log1p(-left / length), np.log(gone / length))
    past, rest = np.exp(log), -np.expm1(log)
    log_cosine = np.where(
        past > rest,
        np.log(np.sin((0.5 * pi) * rest)),
        0.5 * np.log1p(-(np.sin((0.5 * pi) * past) ** 2)),
    )
    grown = 2.0 * np.abs(x) * log_cosine
    return np.where(x > 0, np.exp(grown), -np.expm1(grown))


def _weight_of_rex(gone: Array, left: Array, length: Array, b: Array) -> Array:
    bottom = np.abs(length) * (1.0 - b) + b * left
    weight: Array = np.where(length > 0, left, (1.0 - b) * gone) / bottom
    return weight


def _weight_of_logarithm(gone: Array, left: Array, length: Array, d: Array, d_low: Array) -> Array:
    return np.log1p(np.where(length > 0, left / (gone + 1.0), gone)) / (d * log(2.0))


_WEIGHTS: dict[str, Callable[..., Array]] = {
    "linear": _part,
    "square": _weight_of_square,
    "power": _weight_of_power,
    "cosine": _weight_of_cosine,
    "cosine_power": _weight_of_cosine_power,
    "rex": _weight_of_rex,
    "logarithmic": _weight_of_logarithm,
}


# -- how far a panel may reach from step x: 2/3 of the distance behind, 2/5 of the one ahead


def _ahead(distance: Array) -> Array:
    return 0.4 * np.maximum(distance, 0.0)


def _behind(distance: Array) -> Array:
    return np.maximum(distance, 0.0) * (2.0 / 3.0)


def _to_base(x: Array, length: Array) -> Array:
    """Return the reach of a power of the remainder, or of the progress."""
    return np.where(length > 0, _ahead(length - x), _behind(x))


def _endless(x: Array, *fields: Array) -> Array:
    return np.full(x.shape, np.inf)


def _power(x: Array, length: Array, lo: Array, hi: Array, q: Array) -> Array:
    whole = (np.abs(q) <= _EXACT) & (q == np.rint(q))
    return np.where(whole, np.inf, _to_base(x, length) / (1.0 + np.abs(q) / 4.0))


def _cosine(x: Array, length: Array, *levels: Array) -> Array:
    return 0.5 * np.abs(length)


def _cosine_power(
    x: Array, length: Array, lo: Array, hi: Array, exponent: Array, k: Array
) -> Array:
    """Return the reach of a cosine's power.

    ``p^k`` is singular at 0. A power of its cosine is singular at 1 and at the k-th roots of 1 and
    3. The formula has no steps below 1.
    """
    begin = np.where(x < 1, 0.0, np.where(k == 1, np.inf, _behind(x)))
    reach = np.minimum(np.minimum(begin, _ahead(length - x)), 0.25 * length)
    return reach / ((1.0 + np.where(k == 1, 0.0, k)) * (1.0 + np.abs(exponent) / 2.0))


def _exponential(x: Array, a: Array, high: Array, low: Array) -> Array:
    return 4.0 / np.maximum(np.abs(high), 1e-300)


def _reciprocal(x: Array, a: Array, gain: Array, shift: Array, unit: Array) -> Array:
    return _behind(x + shift / np.maximum(gain, 1e-300))


def _inverse(x: Array, a: Array, gain: Array, shift: Array, unit: Array, q: Array) -> Array:
    return _reciprocal(x, a, gain, shift, unit) / (1.0 + q / 4.0)


def _tanh(x: Array, lo: Array, hi: Array, y: Array, y_low: Array, k: Array, k_low: Array) -> Array:
    """Return the reach of 1/(1 + e^y), which has poles at y = pi*i and its odd multiples.

    Below -42 it is 1 to within rounding, and above 750 it is 0.
    """
    now, pace = (y + x * k) * _LN_2, np.maximum(np.abs(k) * _LN_2, 1e-300)
    level = np.where(k > 0, now, -now)
    still = np.where(level < -42.0, -40.0 - level, np.where(level > 750.0, np.inf, 0.0))
    falls = np.where(
        k > 0, still, np.where(now < -42.0, np.inf, np.where(now > 752.0, now - 750.0, 0.0))
    )
    return np.maximum(falls, 0.5 * pi) / pace


def _rex(x: Array, length: Array, lo: Array, hi: Array, b: Array) -> Array:
    return _ahead(np.abs(length) / np.maximum(b, 1e-300) - x)


def _affine_exponential(
    x: Array, length: Array, lo: Array, hi: Array, high: Array, low: Array
) -> Array:
    return 4.0 / np.maximum(np.abs(high), 1e-300)


def _logarithmic(x: Array, *fields: Array) -> Array:
    return _behind(x + 1.0)


def _eden(x: Array, a: Array, d: Array, q: Array) -> Array:
    """Return the reach of a curve that is singular at d*i and -d*i."""
    return 0.5 * (x + d) / (1.0 + q / 2.0)


REACHES: dict[str, Callable[..., Array]] = {
    "constant": _endless,
    "linear": _endless,
    "square": _endless,
    "power": _power,
    "cosine": _cosine,
    "cosine_power": _cosine_power,
    "exponential": _exponential,
    "reciprocal": _reciprocal,
    "inverse": _inverse,
    "tanh": _tanh,
    "rex": _rex,
    "affine_exponential": _affine_exponential,
    "logarithmic": _logarithmic,
    "eden": _eden,
}
