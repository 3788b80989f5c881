"""Compare double-double arithmetic with mpmath, to the precision that each function documents."""

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from fastlr.program import double_double

RNG = np.random.default_rng(0)
HIGH = np.concatenate(
    [RNG.uniform(0.1, 2.0, 40), 2.0 ** RNG.uniform(-300, 300, 20), [1.0, 3.0, 2.0**53 - 1]]
)
PAIR = HIGH, HIGH * RNG.uniform(-1, 1, HIGH.size) * 2.0**-54
OTHER = PAIR[0][::-1].copy(), PAIR[1][::-1].copy()


def real(pair: double_double.DoubleDouble, i: int) -> mpf:
    """Return the exact value of a pair."""
    return mpf(float(pair[0][i])) + mpf(float(pair[1][i]))


def off(pair: double_double.DoubleDouble, i: int, truth: mpf) -> float:
    """Return the binary logarithm of the relative error."""
    error = abs(real(pair, i) - truth) / max(abs(truth), mpf(2) ** -1000)
    return float(mpmath.log(error, 2)) if error else -9999.0


def near(pair: double_double.DoubleDouble, truths: list[mpf], bits: float) -> bool:
    """Whether the error is below 2^-bits everywhere, and the first word is the nearest."""
    rounded = [
        float(pair[0][i]) == float(pair[0][i]) + float(pair[1][i]) for i in range(len(truths))
    ]
    return all(rounded) and max(off(pair, i, truth) for i, truth in enumerate(truths)) <= -bits


@pytest.mark.parametrize(
    ("two_word", "plain", "bits"),
    [
        (double_double.add, lambda x, y: x + y, 103),
        (double_double.multiply, lambda x, y: x * y, 102),
        (double_double.divide, lambda x, y: x / y, 101),
        (lambda x, y: double_double.subtract(x, double_double.negate(y)), lambda x, y: x + y, 103),
        (lambda x, y: double_double.sqrt(x), lambda x, y: mpmath.sqrt(x), 103),
    ],
    ids=["add", "multiply", "divide", "subtract", "sqrt"],
)
def test_a_rule_of_arithmetic(two_word, plain, bits):
    with mpmath.workprec(2_000):
        got = two_word(PAIR, OTHER)
        assert near(got, [plain(real(PAIR, i), real(OTHER, i)) for i in range(HIGH.size)], bits)


def test_the_low_part_survives_where_the_high_parts_cancel():
    high, low = double_double.subtract(
        (np.array([1.0]), np.array([2.0**-60])), (np.array([1.0]), np.array([-(2.0**-61)]))
    )
    assert (high[0], low[0]) == (1.5 * 2.0**-60, 0.0)


def test_logarithms_and_powers():
    with mpmath.workprec(400):
        numbers = HIGH[:50]
        logs = double_double.log2(numbers)
        assert near(logs, [mpmath.log(mpf(float(x)), 2) for x in numbers], 99)
        assert near(double_double.exp2(logs), [mpf(2) ** real(logs, i) for i in range(50)], 92)
        whole = double_double.exp2(
            (np.array([-700.25, 0.5, 900.0]), np.array([1e-18, -1e-18, 0.0]))
        )
        exponents = [mpf(-700.25) + mpf(1e-18), mpf(0.5) - mpf(1e-18), mpf(900)]
        assert near(whole, [mpf(2) ** x for x in exponents], 100)
        u = np.linspace(0.0, 0.5, 21)[1:], np.full(20, 1e-19)
        sines = [mpmath.sin(mpmath.pi / 2 * real(u, i)) ** 2 for i in range(20)]
        assert near(double_double.sin_squared(u), sines, 88)
        assert [double_double.sin_squared(double_double.pair([0.0]))[k][0] for k in (0, 1)] == [
            0.0,
            0.0,
        ]


def test_powers_of_a_ratio():
    found = double_double.powers([0.3, 1.7], 9)
    assert len(found) == 9
    with mpmath.workprec(400):
        for n, pair in enumerate(found):
            assert near(pair, [mpf(0.3) ** n, mpf(1.7) ** n], 98)
    assert double_double.powers(0.3, 0) == []
    assert double_double.powers(np.array([2.0]), 1)[0][0].tolist() == [1.0]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64, 101])
def test_a_total_is_the_sum_as_a_double_double(count):
    values = RNG.normal(size=(3, count)) * 2.0 ** RNG.integers(-40, 40, (3, count))
    got = double_double.total(values)
    assert got[0].shape == got[1].shape == (3,)
    with mpmath.workprec(2_000):
        for i, row in enumerate(values):
            scale = max(abs(row))
            assert (
                abs(real(got, i) - sum(mpf(float(x)) for x in row))
                <= scale * count * mpf(2) ** -103
            )


def test_the_nearest_integer_of_a_double_double():
    tiny = 2.0**-60
    high = [2.5, 2.5, 2.5, 3.5, 3.5, 3.5, 2.0, -2.5, -2.5, 7.3, 2.0**52 + 1, 2.0**60]
    low = [0.0, tiny, -tiny, 0.0, tiny, -tiny, -tiny, tiny, -tiny, 0.0, 0.25, 3.0]
    whole = [2, 3, 2, 4, 4, 3, 2, -2, -3, 7, 2**52 + 1, 2**60 + 3]
    got = double_double.nearest((np.array(high), np.array(low)))
    assert [int(a) + int(b) for a, b in zip(*got, strict=True)] == whole


def test_powers_and_cosines_to_the_nearest():
    bases, exponents = RNG.uniform(0.1, 3.0, 300), RNG.uniform(-90.0, 90.0, 300)
    angles = np.concatenate([RNG.uniform(0.0, 1.0, 300), [0.0, 1.0]])
    with mpmath.workprec(200):
        powers = [float(mpf(b) ** mpf(x)) for b, x in zip(bases, exponents, strict=True)]
        cosines = [float(mpmath.cospi(mpf(u))) for u in angles]
    assert double_double.power(bases, exponents).tolist() == powers
    assert double_double.cosine(angles).tolist() == cosines
    assert abs(double_double.cosine(0.5)) < 2.0**-86
